/* Messages in the draft API: copies of buffers, routing ids, groups. The original of Debian does not have it. */
#ifndef ZMQ_BUILD_DRAFT_API
#define ZMQ_BUILD_DRAFT_API
#endif
#include "check.h"

static void buffers (void)
{
    static const size_t sizes [] = {0, 1, 30, 31, 1000, 100000};
    static char from [100000];
    zmq_msg_t a;
    size_t i;
    for (i = 0; i < sizeof from; i++)
        from [i] = (char) (i * 3);
    for (i = 0; i < sizeof sizes / sizeof sizes [0]; i++) {
        OK (zmq_msg_init_buffer (&a, from, sizes [i]));
        CHECK (zmq_msg_size (&a) == sizes [i] && memcmp (zmq_msg_data (&a), from, sizes [i]) == 0);
        CHECK (zmq_msg_get (&a, ZMQ_SHARED) == 0);
        OK (zmq_msg_close (&a));
    }
    OK (zmq_msg_init_buffer (&a, NULL, 0));
    OK (zmq_msg_close (&a));
    FAILS (zmq_msg_init_buffer (&a, NULL, 1), EFAULT);
    FAILS (zmq_msg_init_buffer (NULL, from, 1), EFAULT);
}

static void tags (void)
{
    char long_group [ZMQ_GROUP_MAX_LENGTH + 2];
    zmq_msg_t a, b;
    memset (long_group, 'x', sizeof long_group);
    long_group [sizeof long_group - 1] = 0;
    OK (zmq_msg_init_size (&a, 10));
    OK (zmq_msg_init (&b));
    CHECK (zmq_msg_routing_id (&a) == 0 && strcmp (zmq_msg_group (&a), "") == 0);
    FAILS (zmq_msg_set_routing_id (&a, 0), EINVAL);
    FAILS (zmq_msg_set_group (&a, long_group), EINVAL);
    FAILS (zmq_msg_set_group (&a, NULL), EFAULT);
    OK (zmq_msg_set_routing_id (&a, 5));
    OK (zmq_msg_set_group (&a, long_group + 1));
    CHECK (zmq_msg_routing_id (&a) == 5 && strcmp (zmq_msg_group (&a), long_group + 1) == 0);
    OK (zmq_msg_set_group (&a, "short"));
    OK (zmq_msg_copy (&b, &a));
    CHECK (zmq_msg_routing_id (&b) == 5 && strcmp (zmq_msg_group (&b), "short") == 0);
    OK (zmq_msg_set_group (&a, ""));
    CHECK (strcmp (zmq_msg_group (&a), "") == 0 && strcmp (zmq_msg_group (&b), "short") == 0);
    OK (zmq_msg_move (&a, &b));
    CHECK (zmq_msg_routing_id (&b) == 0 && strcmp (zmq_msg_group (&b), "") == 0);
    CHECK (zmq_msg_routing_id (&a) == 5 && strcmp (zmq_msg_group (&a), "short") == 0);
    OK (zmq_msg_close (&a));
    OK (zmq_msg_close (&b));
    FAILS (zmq_msg_set_routing_id (&a, 1), EFAULT);
    FAILS (zmq_msg_set_group (&a, "x"), EFAULT);
    CHECK (zmq_msg_routing_id (&a) == 0 && zmq_msg_group (&a) == NULL && errno == EFAULT);
}

/* A request with its sender's routing id, and the reply to it: with the message, or with a new one. */
static void routing_ids (void *context, const char *transport)
{
    void *server = new_socket (context, ZMQ_SERVER), *client = new_socket (context, ZMQ_CLIENT);
    char endpoint [256], text [8];
    zmq_msg_t a, b;
    uint32_t id;
    OK (zmq_bind (server, transport));
    OK (zmq_connect (client, last_endpoint (server, endpoint)));
    SEND (client, "one", 0);
    OK (zmq_msg_init (&a));
    CHECK (zmq_msg_recv (&a, server, 0) == 3);
    id = zmq_msg_routing_id (&a);
    CHECK (id != 0);
    /* It is sent back as it came. */
    CHECK (zmq_msg_send (&a, server, 0) == 3);
    CHECK (zmq_msg_routing_id (&a) == 0 && zmq_msg_size (&a) == 0);
    EXPECT (client, "one", 0);
    OK (zmq_msg_init_size (&b, 3));
    memcpy (zmq_msg_data (&b), "two", 3);
    FAILS (zmq_msg_send (&b, server, ZMQ_DONTWAIT), EHOSTUNREACH);
    OK (zmq_msg_set_routing_id (&b, id));
    FAILS (zmq_msg_send (&b, server, ZMQ_SNDMORE), EINVAL);
    CHECK (zmq_msg_routing_id (&b) == id && zmq_msg_size (&b) == 3);
    CHECK (zmq_msg_send (&b, server, 0) == 3);
    EXPECT (client, "two", 0);
    OK (zmq_msg_set_routing_id (&b, id + 1000));
    FAILS (zmq_msg_send (&b, server, 0), EHOSTUNREACH);
    FAILS (zmq_send (server, "x", 1, 0), EHOSTUNREACH);
    /* A buffer has no room for a routing id, and a message that had one takes that of the next. */
    SEND (client, "three", 0);
    CHECK (zmq_recv (server, text, sizeof text, 0) == 5);
    SEND (client, "four", 0);
    CHECK (zmq_msg_recv (&b, server, 0) == 4 && zmq_msg_routing_id (&b) == id);
    CHECK (zmq_msg_send (&b, server, 0) == 4);
    CHECK (zmq_msg_recv (&b, client, 0) == 4 && zmq_msg_routing_id (&b) == 0);
    OK (zmq_msg_close (&a));
    OK (zmq_msg_close (&b));
    OK (zmq_close (client));
    OK (zmq_close (server));
}

static void groups (void *context, const char *transport)
{
    void *radio = new_socket (context, ZMQ_RADIO), *dish = new_socket (context, ZMQ_DISH);
    char endpoint [256], long_group [ZMQ_GROUP_MAX_LENGTH + 1];
    zmq_msg_t a;
    int i;
    memset (long_group, 'g', sizeof long_group);
    long_group [sizeof long_group - 1] = 0;
    OK (zmq_join (dish, "movies"));
    OK (zmq_join (dish, long_group));
    OK (zmq_bind (radio, transport));
    OK (zmq_connect (dish, last_endpoint (radio, endpoint)));
    set_int (dish, ZMQ_RCVTIMEO, 20);
    OK (zmq_msg_init (&a));
    for (i = 0; i < 2; i++) {
        const char *group = i == 0 ? "movies" : long_group;
        /* Until the dish has joined, nothing comes. */
        do {
            OK (zmq_msg_close (&a));
            OK (zmq_msg_init_buffer (&a, "not for it", 10));
            OK (zmq_msg_set_group (&a, "sports"));
            CHECK (zmq_msg_send (&a, radio, 0) == 10);
            CHECK (strcmp (zmq_msg_group (&a), "") == 0);
            OK (zmq_msg_close (&a));
            OK (zmq_msg_init_buffer (&a, "for it", 6));
            OK (zmq_msg_set_group (&a, group));
            CHECK (zmq_msg_send (&a, radio, 0) == 6);
        } while (zmq_msg_recv (&a, dish, 0) == -1);
        CHECK (zmq_msg_size (&a) == 6 && strcmp (zmq_msg_group (&a), group) == 0);
        while (zmq_msg_recv (&a, dish, ZMQ_DONTWAIT) != -1)
            CHECK (strcmp (zmq_msg_group (&a), group) == 0);
    }
    OK (zmq_msg_close (&a));
    OK (zmq_close (dish));
    OK (zmq_close (radio));
}

int main (void)
{
    void *context = zmq_ctx_new ();
    begin ();
    buffers ();
    tags ();
    routing_ids (context, "inproc://server");
    routing_ids (context, "tcp://127.0.0.1:*");
    groups (context, "inproc://radio");
    groups (context, "tcp://127.0.0.1:*");
    OK (zmq_ctx_term (context));
    return 0;
}
