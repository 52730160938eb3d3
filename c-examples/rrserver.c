//
//  Minimal request-reply service
//  Receives requests on a REP socket and replies to each. It binds for its clients, or connects to a queue between
//  them and it, such as queue.c or zmq_deviced.
//
#include "helpers.h"

int main (int argc, char *argv [])
{
    const char *endpoint, *side;
    char request [64];
    long requests, request_nbr;
    void *context, *responder;

    check_usage (argc, argv, 3, "[ENDPOINT [bind|connect [REQUESTS]]]\n"
        "  ENDPOINT      for the clients (tcp://*:5566)\n"
        "  bind|connect  to it (bind)\n"
        "  REQUESTS      to serve before it ends (0: no end)");
    endpoint = text_argument (argc, argv, 1, "tcp://*:5566");
    side = text_argument (argc, argv, 2, "bind");
    requests = number_argument (argc, argv, 3, 0);

    context = new_context ();
    responder = new_socket (context, ZMQ_REP);
    if (strcmp (side, "bind") == 0)
        bind_to (responder, endpoint);
    else if (strcmp (side, "connect") == 0)
        connect_to (responder, endpoint);
    else {
        fprintf (stderr, "error: 'bind' or 'connect', not '%s'\n", side);
        return 2;
    }

    for (request_nbr = 1; requests == 0 || request_nbr <= requests; request_nbr++) {
        if (recv_text (responder, request, sizeof request) != 0)
            die ("receive", "a request");
        printf ("Received request %ld: [%s]\n", request_nbr, request);
        fflush (stdout);
        send_text (responder, "World");
    }
    close_socket (responder);
    end_context (context);
    return 0;
}
