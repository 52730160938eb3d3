//
//  Client of the multithreaded service
//  Sends "Hello" on a REQ socket, waits for the reply, and does so again.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint;
    char reply [64];
    long requests, request_nbr;
    void *context, *requester;

    check_usage (argc, argv, 2, "[ENDPOINT [REQUESTS]]\n"
        "  ENDPOINT  of the service (tcp://localhost:5555)\n"
        "  REQUESTS  to send (10)");
    endpoint = text_argument (argc, argv, 1, "tcp://localhost:5555");
    requests = number_argument (argc, argv, 2, 10);

    context = new_context ();
    requester = new_socket (context, ZMQ_REQ);
    connect_to (requester, endpoint);

    for (request_nbr = 1; request_nbr <= requests; request_nbr++) {
        send_text (requester, "Hello");
        if (recv_text (requester, reply, sizeof reply) != 0)
            die ("receive", "the reply");
        printf ("Received reply %ld: [%s]\n", request_nbr, reply);
        fflush (stdout);
    }
    close_socket (requester);
    end_context (context);
    return 0;
}
