/* PUSH, PULL and PAIR: turns, high-water marks, IMMEDIATE, LINGER, message sizes. */
#include "check.h"
#include "raw.h"

static void in_turn (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull [3];
    int i, round;
    for (i = 0; i < 3; i++) {
        char endpoint [32];
        sprintf (endpoint, "inproc://turn-%d", i);
        pull [i] = new_socket (context, ZMQ_PULL);
        OK (zmq_bind (pull [i], endpoint));
        OK (zmq_connect (push, endpoint));
    }
    for (round = 0; round < 60; round++) {
        SEND (push, "a", ZMQ_SNDMORE);
        SEND (push, "b", 0);
    }
    for (i = 0; i < 3; i++) {
        for (round = 0; round < 20; round++) {
            EXPECT (pull [i], "a", 1);
            EXPECT (pull [i], "b", 0);
        }
        CHECK (zmq_recv (pull [i], NULL, 0, ZMQ_DONTWAIT) == -1);
        OK (zmq_close (pull [i]));
    }
    OK (zmq_close (push));
}

/* How many messages fit between two sockets. */
static void marks (void *context, int send_mark, int receive_mark, int bind_first)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    char endpoint [64];
    int sent = 0, got = 0;
    sprintf (endpoint, "inproc://marks-%d-%d-%d", send_mark, receive_mark, bind_first);
    set_int (push, ZMQ_SNDHWM, send_mark);
    set_int (pull, ZMQ_RCVHWM, receive_mark);
    if (bind_first)
        OK (zmq_bind (pull, endpoint));
    OK (zmq_connect (push, endpoint));
    if (!bind_first)
        OK (zmq_bind (pull, endpoint));
    while (sent < 5000 && zmq_send (push, "x", 1, ZMQ_DONTWAIT) == 1)
        sent++;
    printf ("%s: sent %d\n", endpoint, sent);
    while (zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT) == 1)
        got++;
    CHECK (got == sent);
    SEND (push, "there is room again", 0);
    EXPECT (pull, "there is room again", 0);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* Messages wait for connections that are there, not for those that may come. */
static void immediate (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL),
         *late = new_socket (context, ZMQ_PULL);
    char there [256], not_there [256];
    int i;
    set_int (push, ZMQ_IMMEDIATE, 1);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    own_endpoint (not_there);
    OK (zmq_connect (push, not_there));
    TRY (zmq_send (push, "x", 1, ZMQ_DONTWAIT));
    bind_tcp (pull, there);
    OK (zmq_connect (push, there));
    for (i = 0; i < 10; i++)
        SEND (push, "x", 0);
    for (i = 0; i < 10; i++)
        EXPECT (pull, "x", 0);
    OK (zmq_close (pull));
    /* Gone: sending waits until another is there. */
    while (zmq_send (push, "y", 1, ZMQ_DONTWAIT) == 1)
        a_moment ();
    printf ("gone: %s\n", error_name (errno));
    OK (zmq_bind (late, not_there));
    SEND (push, "z", 0);
    EXPECT (late, "z", 0);
    OK (zmq_close (push));
    OK (zmq_close (late));
}

/* Without IMMEDIATE a message waits with a connection that is not there yet. */
static void not_immediate (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *late = new_socket (context, ZMQ_PULL);
    char endpoint [256];
    own_endpoint (endpoint);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    OK (zmq_connect (push, endpoint));
    TRY (zmq_send (push, "waits", 5, ZMQ_DONTWAIT));
    OK (zmq_bind (late, endpoint));
    EXPECT (late, "waits", 0);
    OK (zmq_close (push));
    OK (zmq_close (late));
}

/* What was sent arrives though the socket is closed and the context ends. */
static void lingers (const char *address)
{
    void *context = zmq_ctx_new (), *other = zmq_ctx_new (), *push = new_socket (context, ZMQ_PUSH),
         *pull = new_socket (other, ZMQ_PULL);
    char endpoint [256];
    int i;
    set_int (push, ZMQ_LINGER, -1);
    OK (zmq_bind (pull, address));
    OK (zmq_connect (push, last_endpoint (pull, endpoint)));
    for (i = 0; i < 500; i++)
        SEND (push, "x", 0);
    OK (zmq_close (push));
    OK (zmq_ctx_term (context));
    for (i = 0; i < 500; i++)
        EXPECT (pull, "x", 0);
    printf ("all there\n");
    OK (zmq_close (pull));
    OK (zmq_ctx_term (other));
}

/* Nobody takes it: after its time the context ends all the same. */
static void gives_up (int linger)
{
    void *context = zmq_ctx_new (), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256];
    own_endpoint (endpoint);
    set_int (push, ZMQ_LINGER, linger);
    OK (zmq_connect (push, endpoint));
    SEND (push, "x", 0);
    OK (zmq_close (push));
    OK (zmq_ctx_term (context));
    printf ("gave up after %d\n", linger);
}

/* Larger than the other end allows: it ends the connection. */
static void too_large (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    char endpoint [256];
    static char large [2000];
    int64_t limit = 1000;
    OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    bind_tcp (pull, endpoint);
    OK (zmq_connect (push, endpoint));
    SEND (push, "small", 0);
    EXPECT (pull, "small", 0);
    CHECK (zmq_send (push, large, 1000, 0) == 1000);
    CHECK (zmq_recv (pull, NULL, 0, 0) == 1000);
    CHECK (zmq_send (push, large, 1001, 0) == 1001);
    print_quiet (pull, "too large");
    while (!(get_int (pull, ZMQ_EVENTS) & ZMQ_POLLIN)) {
        zmq_send (push, "after", 5, ZMQ_DONTWAIT);
        a_moment ();
    }
    print_message (pull, "connected again");
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* Sizes around every border of the framing. */
static void sizes (void *context, const char *address)
{
    static const size_t sizes [] = {0, 1, 32, 33, 34, 64, 254, 255, 256, 257, 8191, 8192, 8193, 65535, 65536, 1000000};
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    char endpoint [256];
    size_t i, j;
    OK (zmq_bind (pull, address));
    OK (zmq_connect (push, last_endpoint (pull, endpoint)));
    for (i = 0; i < sizeof sizes / sizeof sizes [0]; i++) {
        zmq_msg_t out, in;
        OK (zmq_msg_init_size (&out, sizes [i]));
        for (j = 0; j < sizes [i]; j++)
            ((unsigned char *) zmq_msg_data (&out)) [j] = (unsigned char) (j * 7 + j / 256);
        CHECK (zmq_msg_send (&out, push, 0) == (int) sizes [i]);
        OK (zmq_msg_init (&in));
        CHECK (zmq_msg_recv (&in, pull, 0) == (int) sizes [i] && zmq_msg_size (&in) == sizes [i]);
        for (j = 0; j < sizes [i]; j++)
            CHECK (((unsigned char *) zmq_msg_data (&in)) [j] == (unsigned char) (j * 7 + j / 256));
        OK (zmq_msg_close (&in));
    }
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* A PAIR has one peer; a second one waits, in vain. */
static void pairs (void *context)
{
    void *first = new_socket (context, ZMQ_PAIR), *second = new_socket (context, ZMQ_PAIR),
         *third = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (first, "inproc://pairs"));
    OK (zmq_connect (second, "inproc://pairs"));
    SEND (second, "hello", 0);
    EXPECT (first, "hello", 0);
    SEND (first, "hello", 0);
    EXPECT (second, "hello", 0);
    OK (zmq_connect (third, "inproc://pairs"));
    print_quiet (third, "third");
    SEND (first, "to the second", 0);
    EXPECT (second, "to the second", 0);
    OK (zmq_close (second));
    OK (zmq_close (third));
    OK (zmq_close (first));
}

/* The marks hold for each peer. */
static void dealers (void *context)
{
    void *dealer = new_socket (context, ZMQ_DEALER), *a = new_socket (context, ZMQ_DEALER),
         *b = new_socket (context, ZMQ_DEALER);
    int sent = 0;
    set_int (dealer, ZMQ_SNDHWM, 2);
    set_int (a, ZMQ_RCVHWM, 2);
    set_int (b, ZMQ_RCVHWM, 2);
    OK (zmq_bind (a, "inproc://a"));
    OK (zmq_bind (b, "inproc://b"));
    OK (zmq_connect (dealer, "inproc://a"));
    OK (zmq_connect (dealer, "inproc://b"));
    while (zmq_send (dealer, "x", 1, ZMQ_DONTWAIT) == 1)
        sent++;
    printf ("dealer: sent %d\n", sent);
    TRY (get_int (dealer, ZMQ_EVENTS));
    OK (zmq_close (dealer));
    OK (zmq_close (a));
    OK (zmq_close (b));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    in_turn (context);
    marks (context, 1, 1, 1);
    marks (context, 10, 20, 1);
    marks (context, 10, 20, 0);
    marks (context, 1000, 1000, 1);
    marks (context, 0, 1, 1);
    marks (context, 1, 0, 1);
    marks (context, 0, 0, 0);
    immediate (context);
    not_immediate (context);
    lingers ("tcp://127.0.0.1:*");
    lingers ("ipc://lingers.ipc");
    gives_up (0);
    gives_up (30);
    too_large (context);
    sizes (context, "tcp://127.0.0.1:*");
    sizes (context, "ipc://sizes.ipc");
    sizes (context, "inproc://sizes");
    pairs (context);
    dealers (context);
    OK (zmq_ctx_term (context));
    return 0;
}
