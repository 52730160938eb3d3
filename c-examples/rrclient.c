//
//  Minimal request-reply client
//  Sends one request on a REQ socket and waits for its reply. The service may be started later.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    char reply [64];
    void *context, *requester;

    check_usage (argc, argv, 1, "[ENDPOINT]\n"
        "  ENDPOINT  of the service (tcp://localhost:5566)");
    endpoint = text_argument (argc, argv, 1, "tcp://localhost:5566");

    context = new_context ();
    requester = new_socket (context, ZMQ_REQ);
    connect_to (requester, endpoint);

    send_text (requester, "Hello");
    if (recv_text (requester, reply, sizeof reply) != 0)
        die ("receive", "the reply");
    printf ("Received reply: [%s]\n", reply);

    close_socket (requester);
    end_context (context);
    return 0;
}
