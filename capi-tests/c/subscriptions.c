/* Publish and subscribe: prefixes of bytes, which add up and count, and what XPUB and XSUB see of them. */
#include "check.h"

static void subscribe (void *s, const void *prefix, size_t size)
{
    OK (zmq_setsockopt (s, ZMQ_SUBSCRIBE, prefix, size));
}

static void unsubscribe (void *s, const void *prefix, size_t size)
{
    OK (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, prefix, size));
}

/* What the subscriber hears is what follows until "end", which it must be subscribed to. */
static void publish_all (void *pub)
{
    static const char *const texts [] = {"", "a", "ab", "abc", "b", "end"};
    size_t i;
    for (i = 0; i < sizeof texts / sizeof texts [0]; i++)
        send_text (pub, texts [i], 0);
}

static void prefixes (void *pub, void *sub)
{
    subscribe (sub, "end", 3);
    publish_all (pub);
    EXPECT_TEXT (sub, "end", 0);

    subscribe (sub, "ab", 2);
    publish_all (pub);
    EXPECT_TEXT (sub, "ab", 0);
    EXPECT_TEXT (sub, "abc", 0);
    EXPECT_TEXT (sub, "end", 0);

    /* Twice subscribed: still once heard, and to be undone twice. */
    subscribe (sub, "ab", 2);
    subscribe (sub, "abc", 3);
    publish_all (pub);
    EXPECT_TEXT (sub, "ab", 0);
    EXPECT_TEXT (sub, "abc", 0);
    EXPECT_TEXT (sub, "end", 0);
    unsubscribe (sub, "ab", 2);
    publish_all (pub);
    EXPECT_TEXT (sub, "ab", 0);
    EXPECT_TEXT (sub, "abc", 0);
    EXPECT_TEXT (sub, "end", 0);
    unsubscribe (sub, "ab", 2);
    publish_all (pub);
    EXPECT_TEXT (sub, "abc", 0);
    EXPECT_TEXT (sub, "end", 0);
    unsubscribe (sub, "abc", 3);
    publish_all (pub);
    EXPECT_TEXT (sub, "end", 0);

    /* The empty prefix is all there is. */
    subscribe (sub, "", 0);
    publish_all (pub);
    EXPECT_TEXT (sub, "", 0);
    EXPECT_TEXT (sub, "a", 0);
    EXPECT_TEXT (sub, "ab", 0);
    EXPECT_TEXT (sub, "abc", 0);
    EXPECT_TEXT (sub, "b", 0);
    EXPECT_TEXT (sub, "end", 0);
    unsubscribe (sub, "", 0);
    publish_all (pub);
    EXPECT_TEXT (sub, "end", 0);
}

/* Prefixes are bytes, whichever, and only the first part of a message counts. */
static void bytes_and_parts (void *pub, void *sub)
{
    static const unsigned char topic [] = {0, 255, 0, 128};
    zmq_msg_t msg;
    subscribe (sub, topic, sizeof topic);
    OK (zmq_msg_init_size (&msg, sizeof topic + 1));
    memcpy (zmq_msg_data (&msg), topic, sizeof topic);
    OK (zmq_send (pub, &msg, 0));
    OK (zmq_recv (sub, &msg, 0));
    CHECK (zmq_msg_size (&msg) == sizeof topic + 1);
    CHECK (memcmp (zmq_msg_data (&msg), topic, sizeof topic) == 0);
    OK (zmq_msg_close (&msg));

    send_text (pub, "not heard", ZMQ_SNDMORE);
    send_text (pub, "end", 0);
    send_text (pub, "end", ZMQ_SNDMORE);
    send_text (pub, "not a topic", 0);
    EXPECT_TEXT (sub, "end", 1);
    EXPECT_TEXT (sub, "not a topic", 0);
}

static void expect_bytes (void *s, const char *bytes, size_t size)
{
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    OK (zmq_recv (s, &msg, 0));
    CHECK (zmq_msg_size (&msg) == size && memcmp (zmq_msg_data (&msg), bytes, size) == 0);
    OK (zmq_msg_close (&msg));
}

static void send_bytes (void *s, const char *bytes, size_t size)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, size));
    memcpy (zmq_msg_data (&msg), bytes, size);
    OK (zmq_send (s, &msg, 0));
    OK (zmq_msg_close (&msg));
}

/* An XPUB receives subscriptions, 1 and the prefix, and their ends, 0 and the prefix; an XSUB sends them. */
static void raw (void *context, const char *endpoint)
{
    char tcp [64];
    void *xpub = new_socket (context, ZMQ_XPUB), *xsub = new_socket (context, ZMQ_XSUB),
         *sub = new_socket (context, ZMQ_SUB);
    if (endpoint)
        OK (zmq_bind (xpub, endpoint));
    else
        endpoint = bind_tcp (xpub, tcp);
    OK (zmq_connect (xsub, endpoint));
    send_bytes (xsub, "\1news", 5);
    expect_bytes (xpub, "\1news", 5);
    send_text (xpub, "weather", 0);
    send_text (xpub, "news of the day", 0);
    EXPECT_TEXT (xsub, "news of the day", 0);

    OK (zmq_connect (sub, endpoint));
    subscribe (sub, "sports", 6);
    expect_bytes (xpub, "\1sports", 7);
    send_text (xpub, "sports", 0);
    EXPECT_TEXT (sub, "sports", 0);
    unsubscribe (sub, "sports", 6);
    expect_bytes (xpub, "\0sports", 7);
    send_bytes (xsub, "\0news", 5);
    expect_bytes (xpub, "\0news", 5);

    /* A subscriber that goes takes its subscriptions with it. */
    subscribe (sub, "last", 4);
    expect_bytes (xpub, "\1last", 5);
    OK (zmq_close (sub));
    expect_bytes (xpub, "\0last", 5);
    OK (zmq_close (xsub));
    OK (zmq_close (xpub));
}

static void over (void *context, const char *endpoint)
{
    /* Of an XPUB it is known when a subscription has arrived: here inproc, where it is at once. */
    void *pub = new_socket (context, ZMQ_PUB), *sub = new_socket (context, ZMQ_SUB);
    OK (zmq_bind (pub, endpoint));
    OK (zmq_connect (sub, endpoint));
    prefixes (pub, sub);
    bytes_and_parts (pub, sub);
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

int main (void)
{
    void *context;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    over (context, "inproc://subscriptions");
    raw (context, "inproc://raw");
    raw (context, NULL);
    raw (context, "ipc://raw.ipc");
    OK (zmq_term (context));
    return 0;
}
