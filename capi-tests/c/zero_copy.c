/* Messages over the application's own memory: freed once, after the last use, whatever becomes of them. */
#include "check.h"

static int freed;

static void count_free (void *data, void *hint)
{
    free (data);
    __sync_fetch_and_add ((int *) hint, 1);
}

static void lend (zmq_msg_t *msg, size_t size)
{
    char *bytes = malloc (size ? size : 1);
    CHECK (bytes != NULL);
    memset (bytes, (int) (size & 0x7f), size);
    OK (zmq_msg_init_data (msg, bytes, size, count_free, &freed));
}

static void expect_size (void *s, size_t size)
{
    zmq_msg_t msg;
    const char *bytes;
    size_t at;
    OK (zmq_msg_init (&msg));
    OK (zmq_recv (s, &msg, 0));
    CHECK (zmq_msg_size (&msg) == size);
    bytes = zmq_msg_data (&msg);
    for (at = 0; at < size; at++)
        CHECK (bytes [at] == (char) (size & 0x7f));
    OK (zmq_msg_close (&msg));
}

/* Sent over an endpoint; after zmq_term, every one is freed. */
static void sent (const char *endpoint)
{
    static const size_t sizes [] = {0, 1, 5, 30, 31, 100, 8192, 100000, 3000000};
    const size_t count = sizeof sizes / sizeof sizes [0];
    char tcp [64];
    size_t i;
    void *context = zmq_init (1);
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);

    freed = 0;
    if (endpoint)
        OK (zmq_bind (pull, endpoint));
    else
        endpoint = bind_tcp (pull, tcp);
    OK (zmq_connect (push, endpoint));
    for (i = 0; i < count; i++) {
        zmq_msg_t msg;
        lend (&msg, sizes [i]);
        OK (zmq_send (push, &msg, 0));
        CHECK (zmq_msg_size (&msg) == 0);
        OK (zmq_msg_close (&msg));
        expect_size (pull, sizes [i]);
    }
    OK (zmq_close (push));
    OK (zmq_close (pull));
    OK (zmq_term (context));
    CHECK (freed == (int) count);
}

/* A refused send leaves it with the application. */
static void refused (void)
{
    zmq_msg_t msg;
    void *context = zmq_init (1), *push = new_socket (context, ZMQ_PUSH), *data;
    freed = 0;
    lend (&msg, 100);
    data = zmq_msg_data (&msg);
    FAILS (zmq_send (push, &msg, ZMQ_NOBLOCK), EAGAIN);
    FAILS (zmq_send (context, &msg, 0), ENOTSOCK);
    CHECK (freed == 0 && zmq_msg_data (&msg) == data && zmq_msg_size (&msg) == 100);
    OK (zmq_msg_close (&msg));
    CHECK (freed == 1);
    OK (zmq_close (push));
    OK (zmq_term (context));
}

/* Dropped: by a publisher nobody listens to, by a queue that is closed with it inside, by being replaced. */
static void dropped (void)
{
    zmq_msg_t msg;
    int i;
    void *context = zmq_init (1), *pub = new_socket (context, ZMQ_PUB), *push = new_socket (context, ZMQ_PUSH),
         *a = new_socket (context, ZMQ_PAIR), *b = new_socket (context, ZMQ_PAIR);
    freed = 0;
    lend (&msg, 100);
    OK (zmq_send (pub, &msg, 0));
    OK (zmq_msg_close (&msg));

    set_int (push, ZMQ_LINGER, 0);
    OK (zmq_connect (push, "ipc://nobody.ipc"));
    for (i = 0; i < 10; i++) {
        lend (&msg, 100);
        OK (zmq_send (push, &msg, 0));
        OK (zmq_msg_close (&msg));
    }

    OK (zmq_bind (a, "inproc://dropped"));
    OK (zmq_connect (b, "inproc://dropped"));
    send_text (a, "replaces it", 0);
    lend (&msg, 100);
    OK (zmq_recv (b, &msg, 0));
    CHECK (zmq_msg_size (&msg) == 11);
    OK (zmq_msg_close (&msg));
    for (i = 0; i < 10; i++) {
        lend (&msg, 20);
        OK (zmq_send (a, &msg, 0));
        OK (zmq_msg_close (&msg));
    }
    OK (zmq_close (pub));
    OK (zmq_close (push));
    OK (zmq_close (a));
    OK (zmq_close (b));
    OK (zmq_term (context));
    CHECK (freed == 22);
}

/* To many subscribers, and kept as a copy: one body. */
static void shared (void)
{
    void *context = zmq_init (1), *pub = new_socket (context, ZMQ_PUB), *subs [4];
    zmq_msg_t msg, copy;
    int i;
    freed = 0;
    OK (zmq_bind (pub, "inproc://shared"));
    for (i = 0; i < 4; i++) {
        subs [i] = new_socket (context, ZMQ_SUB);
        OK (zmq_setsockopt (subs [i], ZMQ_SUBSCRIBE, "", 0));
        OK (zmq_connect (subs [i], "inproc://shared"));
    }
    lend (&msg, 1000);
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_copy (&copy, &msg));
    OK (zmq_send (pub, &msg, 0));
    OK (zmq_msg_close (&msg));
    for (i = 0; i < 4; i++)
        expect_size (subs [i], 1000);
    CHECK (freed == 0);
    OK (zmq_msg_close (&copy));
    for (i = 0; i < 4; i++)
        OK (zmq_close (subs [i]));
    OK (zmq_close (pub));
    OK (zmq_term (context));
    CHECK (freed == 1);
}

int main (void)
{
    limit_time ();
    sent ("inproc://sent");
    sent (NULL);
    sent ("ipc://sent.ipc");
    refused ();
    dropped ();
    shared ();
    return 0;
}
