/* What is said on the wire: greetings and handshakes of every version, subscriptions, PING and PONG, heartbeats. */
#include "check.h"
#include "raw.h"

static void ready_of (void *context, int type, const char *peer, int minor)
{
    void *s = new_socket (context, type);
    char endpoint [256];
    int fd;
    /* Those types that may have a ROUTER for their peer say who they are. Here the others do so too, for peers of 2.x,
       when they have a name. */
    if (type == ZMQ_REQ || type == ZMQ_DEALER || type == ZMQ_ROUTER)
        OK (zmq_setsockopt (s, ZMQ_ROUTING_ID, "myself", 6));
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, minor, peer);
    close (fd);
    OK (zmq_close (s));
}

static void ready (void *context)
{
    ready_of (context, ZMQ_PAIR, "PAIR", 1);
    ready_of (context, ZMQ_PUB, "SUB", 1);
    ready_of (context, ZMQ_SUB, "PUB", 1);
    ready_of (context, ZMQ_XPUB, "XSUB", 1);
    ready_of (context, ZMQ_XSUB, "XPUB", 1);
    ready_of (context, ZMQ_REQ, "REP", 1);
    ready_of (context, ZMQ_REP, "REQ", 1);
    ready_of (context, ZMQ_DEALER, "ROUTER", 1);
    ready_of (context, ZMQ_ROUTER, "DEALER", 0);
    ready_of (context, ZMQ_PUSH, "PULL", 0);
    ready_of (context, ZMQ_PULL, "PUSH", 0);
}

/* Subscriptions are messages for a peer of 3.0. (For one of 3.1 they are commands; the original writes messages.) */
static void subscribes (void *context)
{
    void *sub = new_socket (context, ZMQ_SUB);
    char endpoint [256];
    int fd;
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "before", 6));
    bind_tcp (sub, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, 0, "PUB");
    await_bytes (fd, sub);
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "after", 5));
    print_frame (fd, "wire");
    print_frame (fd, "wire");
    OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "before", 6));
    print_frame (fd, "wire");
    send_frame (fd, 0, "after all", 9);
    send_frame (fd, 0, "before", 6);
    send_frame (fd, 1, "after", 5);
    send_frame (fd, 0, "that", 4);
    print_message (sub, "sub");
    print_message (sub, "sub");
    close (fd);
    OK (zmq_close (sub));
}

/* A publisher takes both. */
static void publishes (void *context, int minor, int commands)
{
    void *pub = new_socket (context, ZMQ_XPUB);
    char endpoint [256];
    int fd;
    printf ("minor %d, commands %d\n", minor, commands);
    bind_tcp (pub, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, minor, "SUB");
    if (commands)
        send_frame (fd, 4, "\11SUBSCRIBEnews", 14);
    else
        send_frame (fd, 0, "\1news", 5);
    print_message (pub, "pub");
    SEND (pub, "weather", 0);
    SEND (pub, "news", ZMQ_SNDMORE);
    SEND (pub, "of today", 0);
    print_frame (fd, "wire");
    print_frame (fd, "wire");
    if (commands)
        send_frame (fd, 4, "\6CANCELnews", 11);
    else
        send_frame (fd, 0, "\0news", 5);
    print_message (pub, "pub");
    close (fd);
    OK (zmq_close (pub));
}

/* A PING is answered, its context given back; the wait that it announces is kept. */
static void pings (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int fd;
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, 1, "DEALER");
    send_frame (fd, 4, "\4PING\0\0", 7);
    print_frame (fd, "wire");
    send_frame (fd, 4, "\4PING\0\144context", 14);
    print_frame (fd, "wire");
    SEND (s, "hello", 0);
    print_frame (fd, "wire");
    close (fd);
    OK (zmq_close (s));
}

/* Pings a peer that says nothing, and gives it up. */
static void heartbeats (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int fd;
    set_int (s, ZMQ_HEARTBEAT_IVL, 30);
    set_int (s, ZMQ_HEARTBEAT_TIMEOUT, 200);
    set_int (s, ZMQ_HEARTBEAT_TTL, 2000);
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, 1, "DEALER");
    print_frame (fd, "wire");
    /* Until it is given up. */
    raw_until_end (fd);
    printf ("given up\n");
    close (fd);

    /* A PONG for every PING keeps it. */
    fd = raw_connect (endpoint);
    shake_hands (fd, 1, "DEALER");
    {
        int i;
        for (i = 0; i < 20; i++) {
            print_frame (fd, "wire");
            send_frame (fd, 4, "\4PONG", 5);
        }
    }
    send_frame (fd, 0, "still there", 11);
    print_message (s, "still there");
    close (fd);
    OK (zmq_close (s));
}

/* A peer's TTL: it says how long to wait for it at most. */
static void ttl (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int fd;
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, 1, "DEALER");
    send_frame (fd, 4, "\4PING\0\2", 7);
    print_frame (fd, "wire");
    raw_until_end (fd);
    printf ("given up after its time to live\n");
    close (fd);
    OK (zmq_close (s));
}

/* Two sockets that ping each other stay connected. */
static void both (void *context)
{
    void *a = new_socket (context, ZMQ_DEALER), *b = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    set_int (a, ZMQ_HEARTBEAT_IVL, 20);
    set_int (b, ZMQ_HEARTBEAT_IVL, 20);
    set_int (b, ZMQ_HEARTBEAT_TTL, 5000);
    bind_tcp (a, endpoint);
    OK (zmq_connect (b, endpoint));
    SEND (b, "hello", 0);
    EXPECT (a, "hello", 0);
    print_quiet (a, "pings are not seen");
    SEND (a, "hello", 0);
    EXPECT (b, "hello", 0);
    OK (zmq_close (a));
    OK (zmq_close (b));
}

/* Greets and says nothing more: it is not waited for for ever. */
static void handshake_interval (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int fd;
    set_int (s, ZMQ_HANDSHAKE_IVL, 100);
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    greet (fd, 0, "NULL");
    raw_until_end (fd);
    printf ("ended\n");
    close (fd);
    OK (zmq_close (s));
}

/* ZMTP 1.0: a routing id, then frames whose length counts their flags. */
static void version_1 (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    unsigned char bytes [32];
    int fd;
    OK (zmq_setsockopt (s, ZMQ_ROUTING_ID, "me", 2));
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    raw_send (fd, "\1\0", 2);
    CHECK (raw_recv (fd, bytes, 10) == 10);
    CHECK (bytes [0] == 0xff && bytes [9] == 0x7f);
    raw_send (fd, "\6\0hello", 7);
    print_message (s, "1.0");
    SEND (s, "hello", 0);
    CHECK (raw_recv (fd, bytes, 9) == 9);
    printf ("wire: ");
    print_bytes (bytes, 9);
    printf ("\n");
    close (fd);
    OK (zmq_close (s));
}

/* ZMTP 2.0: a longer greeting, a type, a routing id. */
static void version_2 (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    unsigned char bytes [32];
    int fd;
    OK (zmq_setsockopt (s, ZMQ_ROUTING_ID, "me", 2));
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    raw_send (fd, "\377\0\0\0\0\0\0\0\1\177\1\5\0\0", 14);
    CHECK (raw_recv (fd, bytes, 12) == 12);
    printf ("type %d\n", bytes [11]);
    send_frame (fd, 0, "hello", 5);
    print_message (s, "2.0");
    CHECK (raw_recv (fd, bytes, 4) == 4);
    printf ("wire: ");
    print_bytes (bytes, 4);
    printf ("\n");
    SEND (s, "hello", 0);
    print_frame (fd, "wire");
    close (fd);
    OK (zmq_close (s));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    ready (context);
    subscribes (context);
    publishes (context, 0, 0);
    publishes (context, 1, 0);
    publishes (context, 1, 1);
    pings (context);
    heartbeats (context);
    ttl (context);
    both (context);
    handshake_interval (context);
    version_1 (context);
    version_2 (context);
    OK (zmq_ctx_term (context));
    return 0;
}
