/* ROUTER: routing ids, MANDATORY, HANDOVER, PROBE_ROUTER, CONNECT_ROUTING_ID, peers that come and go, ROUTER_RAW. */
#include "check.h"
#include "raw.h"

static void *named (void *context, int type, const char *id)
{
    void *s = new_socket (context, type);
    OK (zmq_setsockopt (s, ZMQ_ROUTING_ID, id, strlen (id)));
    return s;
}

/* Whom a message is from, and to whom the answer goes. */
static void envelopes (void *context)
{
    void *router = new_socket (context, ZMQ_ROUTER), *alice = named (context, ZMQ_DEALER, "alice"),
         *bob = named (context, ZMQ_REQ, "bob"), *nobody = new_socket (context, ZMQ_DEALER);
    char endpoint [256], id [8];
    bind_tcp (router, endpoint);
    OK (zmq_connect (alice, endpoint));
    SEND (alice, "from alice", 0);
    print_message (router, "router");
    OK (zmq_connect (bob, endpoint));
    SEND (bob, "from bob", 0);
    print_message (router, "router");
    SEND (router, "alice", ZMQ_SNDMORE);
    SEND (router, "one", ZMQ_SNDMORE);
    SEND (router, "two", 0);
    print_message (alice, "alice");
    SEND (router, "bob", ZMQ_SNDMORE);
    SEND (router, "", ZMQ_SNDMORE);
    SEND (router, "reply", 0);
    print_message (bob, "bob");
    /* To nobody: dropped. */
    SEND (router, "carol", ZMQ_SNDMORE);
    SEND (router, "lost", 0);
    SEND (router, "alice", 0);
    SEND (router, "alice", ZMQ_SNDMORE);
    SEND (router, "found", 0);
    print_message (alice, "alice");
    /* A peer without a name gets one: a zero and four bytes. */
    OK (zmq_connect (nobody, endpoint));
    SEND (nobody, "who am I", 0);
    CHECK (zmq_recv (router, id, sizeof id, 0) == 5 && id [0] == 0);
    EXPECT (router, "who am I", 0);
    CHECK (zmq_send (router, id, 5, ZMQ_SNDMORE) == 5);
    SEND (router, "somebody", 0);
    print_message (nobody, "nobody");
    OK (zmq_close (alice));
    OK (zmq_close (bob));
    OK (zmq_close (nobody));
    OK (zmq_close (router));
}

static void mandatory (void *context)
{
    void *router = new_socket (context, ZMQ_ROUTER), *dealer = named (context, ZMQ_DEALER, "full");
    char endpoint [256];
    int sent = 0;
    zmq_msg_t msg;
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_int (router, ZMQ_SNDHWM, 1);
    set_int (dealer, ZMQ_RCVHWM, 1);
    TRY (zmq_send (router, "nobody", 6, ZMQ_SNDMORE));
    OK (zmq_msg_init_size (&msg, 6));
    memcpy (zmq_msg_data (&msg), "nobody", 6);
    TRY (zmq_msg_send (&msg, router, ZMQ_SNDMORE));
    TRY (zmq_msg_size (&msg));
    OK (zmq_msg_close (&msg));
    OK (zmq_bind (router, "inproc://mandatory"));
    OK (zmq_connect (dealer, "inproc://mandatory"));
    SEND (dealer, "here", 0);
    print_message (router, "router");
    /* Its queue is full. */
    while (zmq_send (router, "full", 4, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 4) {
        SEND (router, "x", 0);
        sent++;
    }
    printf ("sent %d, then %s\n", sent, error_name (errno));
    set_int (router, ZMQ_SNDTIMEO, 20);
    TRY (zmq_send (router, "full", 4, ZMQ_SNDMORE));
    while (sent--)
        EXPECT (dealer, "x", 0);
    OK (zmq_close (dealer));
    bind_tcp (router, endpoint);
    dealer = named (context, ZMQ_DEALER, "gone");
    OK (zmq_connect (dealer, endpoint));
    SEND (dealer, "here", 0);
    print_message (router, "router");
    TRY (zmq_send (router, "gone", 4, ZMQ_SNDMORE));
    TRY (zmq_send (router, "x", 1, 0));
    print_message (dealer, "dealer");
    OK (zmq_close (dealer));
    /* Until it is seen that it has gone. */
    set_int (router, ZMQ_SNDTIMEO, MS_MAX);
    while (zmq_send (router, "gone", 4, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 4 || errno == EAGAIN) {
        zmq_send (router, "x", 1, ZMQ_DONTWAIT);
        a_moment ();
    }
    printf ("gone: %s\n", error_name (errno));
    OK (zmq_close (router));
}

/* Two peers with the same name. */
static void same_name (void *context, int handover)
{
    void *router = new_socket (context, ZMQ_ROUTER), *first = named (context, ZMQ_DEALER, "same"),
         *second = named (context, ZMQ_DEALER, "same");
    char endpoint [256];
    printf ("handover %d\n", handover);
    set_int (router, ZMQ_ROUTER_HANDOVER, handover);
    bind_tcp (router, endpoint);
    OK (zmq_connect (first, endpoint));
    SEND (first, "first", 0);
    print_message (router, "router");
    OK (zmq_connect (second, endpoint));
    SEND (second, "second", 0);
    if (handover)
        print_message (router, "router");
    else
        print_quiet (router, "router");
    SEND (router, "same", ZMQ_SNDMORE);
    SEND (router, "to whom", 0);
    print_message (handover ? second : first, handover ? "second" : "first");
    print_quiet (handover ? first : second, handover ? "first" : "second");
    OK (zmq_close (first));
    OK (zmq_close (second));
    OK (zmq_close (router));
}

static void probe (void *context, int type, const char *endpoint)
{
    void *router = named (context, ZMQ_ROUTER, "router"), *prober = named (context, type, "prober");
    char tcp [256];
    set_int (prober, ZMQ_PROBE_ROUTER, 1);
    OK (zmq_bind (router, endpoint));
    OK (zmq_connect (prober, last_endpoint (router, tcp)));
    print_message (router, "probe");
    SEND (router, "prober", ZMQ_SNDMORE);
    if (type == ZMQ_REQ)
        SEND (router, "unasked", 0);
    else {
        SEND (router, "hello", 0);
        print_message (prober, "prober");
    }
    OK (zmq_close (prober));
    OK (zmq_close (router));
}

/* The one who connects says by what name it will call the other. */
static void connect_as (void *context)
{
    void *router = new_socket (context, ZMQ_ROUTER), *dealer = new_socket (context, ZMQ_DEALER),
         *other = named (context, ZMQ_ROUTER, "its own name");
    char endpoint [256];
    bind_tcp (dealer, endpoint);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_text (router, ZMQ_CONNECT_ROUTING_ID, "my name for it");
    OK (zmq_connect (router, endpoint));
    /* At once, before there is a connection. */
    SEND (router, "my name for it", ZMQ_SNDMORE);
    SEND (router, "hello", 0);
    print_message (dealer, "dealer");
    SEND (dealer, "hello to you", 0);
    print_message (router, "router");
    bind_tcp (other, endpoint);
    /* Used up: this one has its own name. */
    OK (zmq_connect (router, endpoint));
    while (zmq_send (router, "its own name", 12, ZMQ_SNDMORE) == -1) {
        CHECK (errno == EHOSTUNREACH);
        a_moment ();
    }
    SEND (router, "found", 0);
    CHECK (zmq_recv (other, NULL, 0, 0) == 5 && get_int (other, ZMQ_RCVMORE) == 1);
    EXPECT (other, "found", 0);
    OK (zmq_close (router));
    OK (zmq_close (dealer));
    OK (zmq_close (other));
}

/* A peer that goes and comes again keeps its name. */
static void comes_again (void *context)
{
    void *router = new_socket (context, ZMQ_ROUTER);
    char endpoint [256], text [8];
    int i;
    bind_tcp (router, endpoint);
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    for (i = 0; i < 5; i++) {
        void *dealer = named (context, ZMQ_DEALER, "again");
        OK (zmq_connect (dealer, endpoint));
        sprintf (text, "%d", i);
        SEND (dealer, text, 0);
        print_message (router, "router");
        SEND (router, "again", ZMQ_SNDMORE);
        SEND (router, text, 0);
        print_message (dealer, "dealer");
        OK (zmq_close (dealer));
    }
    OK (zmq_close (router));
}

/* Plain TCP, as before there was STREAM. */
static void plain_tcp (void *context)
{
    void *router = new_socket (context, ZMQ_ROUTER);
    char endpoint [256], id [8], bytes [16];
    int fd;
    set_int (router, ZMQ_ROUTER_RAW, 1);
    bind_tcp (router, endpoint);
    fd = raw_connect (endpoint);
    /* It has come. */
    CHECK (zmq_recv (router, NULL, 0, 0) == 5 && get_int (router, ZMQ_RCVMORE));
    EXPECT (router, "", 0);
    raw_send (fd, "GET", 3);
    CHECK (zmq_recv (router, id, sizeof id, 0) == 5 && id [0] == 0 && get_int (router, ZMQ_RCVMORE));
    EXPECT (router, "GET", 0);
    CHECK (zmq_send (router, id, 5, ZMQ_SNDMORE) == 5);
    SEND (router, "OK", 0);
    CHECK (raw_recv (fd, bytes, 2) == 2 && memcmp (bytes, "OK", 2) == 0);
    /* To send nothing is to end it. */
    CHECK (zmq_send (router, id, 5, ZMQ_SNDMORE) == 5);
    SEND (router, "", 0);
    await_bytes (fd, router);
    raw_until_end (fd);
    close (fd);
    OK (zmq_close (router));
}

/* Each is heard in turn, and a message's parts stay together. */
static void fair (void *context)
{
    void *router = new_socket (context, ZMQ_ROUTER), *dealers [3];
    int i, round;
    OK (zmq_bind (router, "inproc://fair"));
    for (i = 0; i < 3; i++) {
        char name [2] = {(char) ('a' + i), 0};
        dealers [i] = named (context, ZMQ_DEALER, name);
        OK (zmq_connect (dealers [i], "inproc://fair"));
        for (round = 0; round < 50; round++) {
            SEND (dealers [i], "x", ZMQ_SNDMORE);
            SEND (dealers [i], "y", 0);
        }
    }
    for (round = 0; round < 50; round++) {
        int heard = 0;
        for (i = 0; i < 3; i++) {
            char name;
            CHECK (zmq_recv (router, &name, 1, 0) == 1);
            heard |= 1 << (name - 'a');
            EXPECT (router, "x", 1);
            EXPECT (router, "y", 0);
        }
        CHECK (heard == 7);
    }
    for (i = 0; i < 3; i++)
        OK (zmq_close (dealers [i]));
    OK (zmq_close (router));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    envelopes (context);
    mandatory (context);
    same_name (context, 0);
    same_name (context, 1);
    probe (context, ZMQ_DEALER, "tcp://127.0.0.1:*");
    probe (context, ZMQ_ROUTER, "ipc://probe.ipc");
    probe (context, ZMQ_REQ, "tcp://127.0.0.1:*");
    probe (context, ZMQ_DEALER, "inproc://probe");
    connect_as (context);
    comes_again (context);
    plain_tcp (context);
    fair (context);
    OK (zmq_ctx_term (context));
    return 0;
}
