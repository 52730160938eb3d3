//
//  A queue written by hand
//  Moves requests from clients (XREP) to services (XREQ) and replies back, part by part: what
//  zmq_device (ZMQ_QUEUE, frontend, backend) does. Clients and services both connect to it.
//
#include "helpers.h"

//  Moves one whole message, with all its parts, from one socket to the other
static void forward (void *from, void *to)
{
    int64_t more = 1;

    while (more) {
        zmq_msg_t part;
        size_t more_size = sizeof more;

        if (zmq_msg_init (&part) != 0)
            die ("make", "a message");
        if (recv_message (from, &part) != 0)
            die ("receive", "a part");
        //  Does another part follow this one?
        if (zmq_getsockopt (from, ZMQ_RCVMORE, &more, &more_size) != 0)
            die ("get", "ZMQ_RCVMORE");
        if (send_message (to, &part, more ? ZMQ_SNDMORE : 0) != 0)
            die ("send", "a part");
        if (zmq_msg_close (&part) != 0)
            die ("close", "a message");
    }
}

int main (int argc, char *argv [])
{
    const char *frontend_endpoint, *backend_endpoint;
    void *context, *frontend, *backend;

    check_usage (argc, argv, 2, "[FRONTEND [BACKEND]]\n"
        "  FRONTEND  to bind for the clients (tcp://*:5559)\n"
        "  BACKEND   to bind for the services (tcp://*:5560)");
    frontend_endpoint = text_argument (argc, argv, 1, "tcp://*:5559");
    backend_endpoint = text_argument (argc, argv, 2, "tcp://*:5560");

    context = new_context ();
    frontend = new_socket (context, ZMQ_XREP);
    bind_to (frontend, frontend_endpoint);
    backend = new_socket (context, ZMQ_XREQ);
    bind_to (backend, backend_endpoint);
    printf ("Queue from %s to %s\n", frontend_endpoint, backend_endpoint);
    fflush (stdout);

    while (1) {
        zmq_pollitem_t items [] = {
            { frontend, 0, ZMQ_POLLIN, 0 },
            { backend, 0, ZMQ_POLLIN, 0 }
        };

        if (zmq_poll (items, 2, -1) < 0) {
            if (zmq_errno () == EINTR)
                continue;
            die ("poll", "the sockets");
        }
        if (items [0].revents & ZMQ_POLLIN)
            forward (frontend, backend);
        if (items [1].revents & ZMQ_POLLIN)
            forward (backend, frontend);
    }
}
