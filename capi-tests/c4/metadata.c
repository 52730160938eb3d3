/* What a message says of the peer that it came from. */
#include "check.h"

static void print_property (zmq_msg_t *msg, const char *name)
{
    const char *value;
    errno = 0;
    value = zmq_msg_gets (msg, name);
    printf ("  %s: %s\n", name, value ? value : error_name (errno));
}

static void properties (void *context, int type, int peer_type, const char *address)
{
    void *s = new_socket (context, type), *peer = new_socket (context, peer_type);
    char endpoint [256];
    zmq_msg_t msg, copy;
    const char *address_of_peer;
    printf ("type %d from type %d over %s\n", type, peer_type, address);
    if (peer_type == ZMQ_DEALER || peer_type == ZMQ_REQ)
        set_text (peer, ZMQ_ROUTING_ID, "the peer");
    if (type == ZMQ_SUB)
        OK (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0));
    OK (zmq_bind (s, address));
    OK (zmq_connect (peer, last_endpoint (s, endpoint)));
    if (peer_type == ZMQ_XPUB) {
        /* The original subscribes in some call of the subscriber's. */
        while (!(get_int (peer, ZMQ_EVENTS) & ZMQ_POLLIN)) {
            get_int (s, ZMQ_EVENTS);
            a_moment ();
        }
        CHECK (zmq_recv (peer, NULL, 0, 0) == 1);
    }
    SEND (peer, "first part", ZMQ_SNDMORE);
    SEND (peer, "second part", 0);
    OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_recv (&msg, s, 0) >= 0);
    if (type == ZMQ_ROUTER)
        CHECK (zmq_msg_recv (&msg, s, 0) >= 0);
    print_property (&msg, "Socket-Type");
    if (ours () && type == ZMQ_ROUTER) {
        /* The newer name, which the original's documentation has, but not its library. */
        const char *id = zmq_msg_gets (&msg, "Routing-Id");
        CHECK (id && strcmp (id, "the peer") == 0);
    }
    print_property (&msg, "Identity");
    print_property (&msg, "User-Id");
    print_property (&msg, "X-nothing");
    print_property (&msg, "");
    address_of_peer = zmq_msg_gets (&msg, "Peer-Address");
    printf ("  Peer-Address: %s\n",
            !address_of_peer ? error_name (errno)
            : strcmp (address_of_peer, "127.0.0.1") == 0 ? "127.0.0.1"
            : strncmp (address_of_peer, "::", 2) == 0 ? "IPv6"
                                                       : "something");
    /* A copy says the same, when the message has gone. */
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_copy (&copy, &msg));
    OK (zmq_msg_close (&msg));
    print_property (&copy, "Socket-Type");
    OK (zmq_msg_init (&msg));
    OK (zmq_msg_move (&msg, &copy));
    print_property (&msg, "Socket-Type");
    /* So does the next part, and what lasts longer than the connection. */
    CHECK (zmq_msg_recv (&msg, s, 0) == 11 || type == ZMQ_REP);
    OK (zmq_close (peer));
    print_property (&msg, "Socket-Type");
    OK (zmq_close (s));
    print_property (&msg, "Socket-Type");
    OK (zmq_msg_close (&msg));
    OK (zmq_msg_close (&copy));
}

/* A message of one's own says nothing. */
static void of_ones_own (void)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, 10));
    print_property (&msg, "Socket-Type");
    OK (zmq_msg_close (&msg));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    properties (context, ZMQ_ROUTER, ZMQ_DEALER, "tcp://127.0.0.1:*");
    properties (context, ZMQ_PULL, ZMQ_PUSH, "tcp://127.0.0.1:*");
    properties (context, ZMQ_REP, ZMQ_REQ, "tcp://127.0.0.1:*");
    properties (context, ZMQ_SUB, ZMQ_XPUB, "tcp://127.0.0.1:*");
    properties (context, ZMQ_PAIR, ZMQ_PAIR, "tcp://127.0.0.1:*");
    properties (context, ZMQ_DEALER, ZMQ_DEALER, "ipc://metadata.ipc");
    of_ones_own ();
    OK (zmq_ctx_term (context));
    return 0;
}
