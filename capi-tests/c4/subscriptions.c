/* PUB, SUB, XPUB and XSUB: matching, and every option that changes it. */
#include "check.h"

static void subscribe (void *sub, const char *topic)
{
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, strlen (topic)));
}

static void unsubscribe (void *sub, const char *topic)
{
    OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, strlen (topic)));
}

static void pair_of (void *context, void **pub, int pub_type, void **sub, int sub_type)
{
    *pub = new_socket (context, pub_type);
    *sub = new_socket (context, sub_type);
}

static void join (void *pub, void *sub)
{
    char endpoint [256];
    bind_tcp (pub, endpoint);
    OK (zmq_connect (sub, endpoint));
}

static void matching (void *context)
{
    void *pub, *sub;
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    join (pub, sub);
    subscribe (sub, "news");
    print_message (pub, "pub");
    SEND (pub, "new", 0);
    SEND (pub, "other news", 0);
    SEND (pub, "news", 0);
    SEND (pub, "newspaper", ZMQ_SNDMORE);
    SEND (pub, "of today", 0);
    print_message (sub, "sub");
    print_message (sub, "sub");
    /* Twice the same: the publisher hears of one, and it takes two to end it. */
    subscribe (sub, "news");
    unsubscribe (sub, "news");
    subscribe (sub, "mark");
    print_message (pub, "pub");
    SEND (pub, "news", 0);
    print_message (sub, "sub");
    unsubscribe (sub, "news");
    print_message (pub, "pub");
    SEND (pub, "news", 0);
    SEND (pub, "mark", 0);
    print_message (sub, "sub");
    /* Never subscribed to. */
    unsubscribe (sub, "nothing");
    subscribe (sub, "");
    print_message (pub, "pub");
    SEND (pub, "anything", 0);
    print_message (sub, "sub");
    OK (zmq_close (sub));
    /* In no order that is promised. */
    CHECK (zmq_recv (pub, NULL, 0, 0) + zmq_recv (pub, NULL, 0, 0) == 6);
    OK (zmq_close (pub));
}

/* Closing the subscriber takes back what it subscribed to. */
static void gone (void *context)
{
    void *pub, *sub;
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    join (pub, sub);
    subscribe (sub, "only");
    print_message (pub, "pub");
    OK (zmq_close (sub));
    print_message (pub, "pub");
    OK (zmq_close (pub));
}

static void verbose (void *context, int option)
{
    void *pub = new_socket (context, ZMQ_XPUB), *a = new_socket (context, ZMQ_SUB), *b = new_socket (context, ZMQ_SUB);
    char endpoint [256];
    printf ("option %d\n", option);
    if (option)
        set_int (pub, option, 1);
    bind_tcp (pub, endpoint);
    OK (zmq_connect (a, endpoint));
    OK (zmq_connect (b, endpoint));
    subscribe (a, "x");
    print_message (pub, "first");
    /* Connected: from here on, each goes out as it comes. */
    subscribe (b, "here");
    print_message (pub, "second");
    subscribe (b, "x");
    subscribe (b, "mark 1");
    print_message (pub, "second");
    if (option)
        print_message (pub, "second");
    unsubscribe (a, "x");
    subscribe (a, "mark 2");
    print_message (pub, "first off");
    if (option == ZMQ_XPUB_VERBOSER)
        print_message (pub, "first off");
    unsubscribe (b, "x");
    subscribe (b, "mark 3");
    print_message (pub, "second off");
    print_message (pub, "second off");
    OK (zmq_close (a));
    OK (zmq_close (b));
    OK (zmq_close (pub));
}

/* The application decides what a subscriber gets. */
static void manual (void *context)
{
    void *pub, *sub;
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_MANUAL, 1);
    join (pub, sub);
    subscribe (sub, "asked for");
    print_message (pub, "pub");
    OK (zmq_setsockopt (pub, ZMQ_SUBSCRIBE, "given", 5));
    SEND (pub, "asked for, not given", 0);
    SEND (pub, "given", 0);
    print_quiet (sub, "sub gets what it subscribed to only");
    subscribe (sub, "");
    print_message (pub, "pub");
    SEND (pub, "given again", 0);
    print_message (sub, "sub");
    unsubscribe (sub, "asked for");
    print_message (pub, "pub");
    OK (zmq_setsockopt (pub, ZMQ_UNSUBSCRIBE, "given", 5));
    SEND (pub, "given", 0);
    print_quiet (sub, "sub");
    OK (zmq_close (sub));
    print_message (pub, "gone");
    OK (zmq_close (pub));
}

static void welcome (void *context)
{
    void *pub, *sub;
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    OK (zmq_setsockopt (pub, ZMQ_XPUB_WELCOME_MSG, "welcome", 7));
    subscribe (sub, "welcome");
    join (pub, sub);
    print_message (pub, "pub");
    print_message (sub, "sub");
    OK (zmq_setsockopt (pub, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
    OK (zmq_close (sub));
    print_message (pub, "gone");
    sub = new_socket (context, ZMQ_SUB);
    subscribe (sub, "");
    {
        char endpoint [256];
        OK (zmq_connect (sub, last_endpoint (pub, endpoint)));
    }
    print_message (pub, "pub");
    SEND (pub, "first", 0);
    print_message (sub, "sub");
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

/* A full subscriber: dropped, or told of. */
static void full (void *context, int no_drop)
{
    void *pub, *sub;
    int sent = 0, got = 0;
    char bytes [8];
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    printf ("no drop %d\n", no_drop);
    set_int (pub, ZMQ_SNDHWM, 3);
    set_int (sub, ZMQ_RCVHWM, 3);
    set_int (pub, ZMQ_XPUB_NODROP, no_drop);
    OK (zmq_bind (pub, no_drop ? "inproc://full" : "inproc://drop"));
    OK (zmq_connect (sub, no_drop ? "inproc://full" : "inproc://drop"));
    subscribe (sub, "");
    print_message (pub, "pub");
    while (sent < 20 && zmq_send (pub, "x", 1, ZMQ_DONTWAIT) == 1)
        sent++;
    printf ("sent %d, then %s\n", sent, sent < 20 ? error_name (errno) : "no error");
    while (zmq_recv (sub, bytes, sizeof bytes, ZMQ_DONTWAIT) == 1)
        got++;
    printf ("got %d\n", got);
    /* Once the publisher has seen that there is room again. */
    while (!(get_int (sub, ZMQ_EVENTS) & ZMQ_POLLIN)) {
        zmq_send (pub, "y", 1, ZMQ_DONTWAIT);
        a_moment ();
    }
    print_message (sub, "sub");
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

/* Everything but what was subscribed to. */
static void inverted (void *context)
{
    void *pub, *sub;
    char endpoint [256];
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    set_int (pub, ZMQ_INVERT_MATCHING, 1);
    set_int (sub, ZMQ_INVERT_MATCHING, 1);
    bind_tcp (pub, endpoint);
    OK (zmq_connect (sub, endpoint));
    subscribe (sub, "not this");
    print_message (pub, "pub");
    SEND (pub, "not this one", 0);
    SEND (pub, "but this", 0);
    print_message (sub, "sub");
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

/* Messages between XSUB and XPUB that are no subscriptions. */
static void upstream (void *context)
{
    void *pub, *sub;
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_XSUB);
    join (pub, sub);
    SEND (sub, "\1a", 0);
    print_message (pub, "pub");
    SEND (sub, "plain", 0);
    print_message (pub, "pub");
    SEND (sub, "in", ZMQ_SNDMORE);
    SEND (sub, "parts", 0);
    print_message (pub, "pub");
    SEND (sub, "\1a", 0);
    SEND (sub, "\1b", 0);
    print_message (pub, "pub");
    SEND (pub, "b", 0);
    SEND (pub, "c", 0);
    SEND (pub, "a", 0);
    print_message (sub, "sub");
    print_message (sub, "sub");
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

/* Only the newest. */
static void conflate (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    char text [16];
    int i;
    set_int (pull, ZMQ_CONFLATE, 1);
    OK (zmq_bind (pull, "inproc://conflate"));
    OK (zmq_connect (push, "inproc://conflate"));
    for (i = 0; i < 10; i++) {
        sprintf (text, "message %d", i);
        SEND (push, text, 0);
    }
    if (ours ())
        EXPECT (pull, "message 9", 0);
    else
        zmq_recv (pull, text, sizeof text, 0);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

static void conflate_tcp (void *context)
{
    void *pub = new_socket (context, ZMQ_XPUB), *sub = new_socket (context, ZMQ_SUB), *other = new_socket (context, ZMQ_SUB);
    char endpoint [256], text [16];
    int i;
    set_int (sub, ZMQ_CONFLATE, 1);
    subscribe (sub, "");
    subscribe (other, "");
    bind_tcp (pub, endpoint);
    set_int (pub, ZMQ_XPUB_VERBOSE, 1);
    OK (zmq_connect (sub, endpoint));
    OK (zmq_connect (other, endpoint));
    print_message (pub, "pub");
    print_message (pub, "pub");
    for (i = 0; i < 10; i++) {
        sprintf (text, "message %d", i);
        SEND (pub, text, 0);
    }
    for (i = 0; i < 10; i++) {
        sprintf (text, "message %d", i);
        EXPECT (other, text, 0);
    }
    do
        CHECK (zmq_recv (sub, text, sizeof text, 0) == 9);
    while (memcmp (text, "message 9", 9) != 0);
    print_quiet (sub, "sub");
    OK (zmq_close (pub));
    OK (zmq_close (sub));
    OK (zmq_close (other));
}

/* More prefixes than any high-water mark. The original loses some. */
static void many (void *context)
{
    enum { MANY = 5000 };
    void *pub, *sub;
    char topic [16];
    int i, lasts = 0;
    pair_of (context, &pub, ZMQ_XPUB, &sub, ZMQ_SUB);
    join (pub, sub);
    for (i = 0; i < MANY; i++) {
        sprintf (topic, "topic %d.", i);
        subscribe (sub, topic);
    }
    subscribe (sub, "last");
    /* In whatever order: a connection that is made meanwhile begins with those that there are. */
    for (i = 0; ours () ? i <= MANY : 0; i++) {
        char got [32];
        int size = zmq_recv (pub, got, sizeof got, 0);
        CHECK (size >= 5 && got [0] == 1);
        lasts += size == 5 && memcmp (got + 1, "last", 4) == 0;
    }
    if (ours ()) {
        CHECK (lasts == 1);
        printf ("last: [\\01last]\n");
        for (i = 0; i < MANY; i++) {
            sprintf (topic, "topic %d.", i);
            SEND (pub, topic, 0);
            EXPECT (sub, topic, 0);
        }
    } else
        printf ("last: [\\01last]\n");
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

static void refused (void *context)
{
    static const int types [] = {ZMQ_PUB, ZMQ_XPUB, ZMQ_XSUB, ZMQ_PULL};
    size_t i;
    for (i = 0; i < 4; i++) {
        void *s = new_socket (context, types [i]);
        printf ("type %d\n", types [i]);
        TRY (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "x", 1));
        TRY (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "x", 1));
        OK (zmq_close (s));
    }
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    matching (context);
    gone (context);
    verbose (context, 0);
    verbose (context, ZMQ_XPUB_VERBOSE);
    verbose (context, ZMQ_XPUB_VERBOSER);
    manual (context);
    welcome (context);
    full (context, 0);
    full (context, 1);
    inverted (context);
    upstream (context);
    conflate (context);
    conflate_tcp (context);
    many (context);
    refused (context);
    OK (zmq_ctx_term (context));
    return 0;
}
