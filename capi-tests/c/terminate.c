/* zmq_term while other threads wait: each gets ETERM, closes its socket, and then zmq_term returns. */
#include "check.h"
#include <pthread.h>

typedef void (*waiter) (void *context);

static void say_ready (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH);
    OK (zmq_connect (push, "inproc://ready"));
    send_text (push, "ready", 0);
    OK (zmq_close (push));
}

static void in_recv (void *context)
{
    void *s = zmq_socket (context, ZMQ_PULL);
    zmq_msg_t msg;
    CHECK (s != NULL);
    say_ready (context);
    OK (zmq_msg_init_size (&msg, 100));
    FAILS (zmq_recv (s, &msg, 0), ETERM);
    CHECK (zmq_msg_size (&msg) == 100);
    FAILS (zmq_recv (s, &msg, ZMQ_NOBLOCK), ETERM);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (s));
}

static void in_send (void *context)
{
    void *s = zmq_socket (context, ZMQ_PUSH);
    zmq_msg_t msg;
    CHECK (s != NULL);
    say_ready (context);
    OK (zmq_msg_init_size (&msg, 100));
    FAILS (zmq_send (s, &msg, 0), ETERM);
    CHECK (zmq_msg_size (&msg) == 100);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (s));
}

static void in_poll (void *context)
{
    void *s = zmq_socket (context, ZMQ_SUB);
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    CHECK (s != NULL);
    say_ready (context);
    item.socket = s;
    FAILS (zmq_poll (&item, 1, -1), ETERM);
    OK (zmq_close (s));
}

static void in_poll_with_fd (void *context)
{
    void *s = zmq_socket (context, ZMQ_SUB);
    zmq_pollitem_t items [2] = {{NULL, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    int fds [2];
    CHECK (s != NULL);
    say_ready (context);
    OK (pipe (fds));
    items [0].fd = fds [0];
    items [1].socket = s;
    FAILS (zmq_poll (items, 2, -1), ETERM);
    OK (zmq_close (s));
    close (fds [0]);
    close (fds [1]);
}

static void in_device (void *context)
{
    void *front = zmq_socket (context, ZMQ_XREP), *back = zmq_socket (context, ZMQ_XREQ);
    CHECK (front != NULL && back != NULL);
    OK (zmq_bind (front, "inproc://front"));
    OK (zmq_bind (back, "inproc://back"));
    say_ready (context);
    FAILS (zmq_device (ZMQ_QUEUE, front, back), ETERM);
    OK (zmq_close (front));
    OK (zmq_close (back));
}

/* Every call but zmq_close gives ETERM from then on. */
static void afterwards (void *context)
{
    void *s = zmq_socket (context, ZMQ_SUB);
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    zmq_msg_t msg;
    uint64_t hwm = 1;
    size_t size = sizeof hwm;
    CHECK (s != NULL);
    say_ready (context);
    OK (zmq_msg_init (&msg));
    FAILS (zmq_recv (s, &msg, 0), ETERM);
    FAILS (zmq_bind (s, "inproc://late"), ETERM);
    FAILS (zmq_connect (s, "inproc://late"), ETERM);
    FAILS (zmq_setsockopt (s, ZMQ_HWM, &hwm, sizeof hwm), ETERM);
    FAILS (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0), ETERM);
    FAILS (zmq_getsockopt (s, ZMQ_HWM, &hwm, &size), ETERM);
    item.socket = s;
    FAILS (zmq_poll (&item, 1, 0), ETERM);
    NULL_FOR (zmq_socket (context, ZMQ_PAIR), ETERM);
    OK (zmq_close (s));
    OK (zmq_msg_close (&msg));
}

struct start {
    waiter wait;
    void *context;
};

static void *run (void *argument)
{
    struct start *start = argument;
    start->wait (start->context);
    return NULL;
}

/* A thread that waits on a socket it has made itself: zmq_term may come before, while or after it starts to. */
static void *run_if_early (void *context)
{
    void *s = zmq_socket (context, ZMQ_PULL);
    zmq_msg_t msg;
    if (!s) {
        CHECK (errno == ETERM || errno == EFAULT);
        return NULL;
    }
    OK (zmq_msg_init (&msg));
    FAILS (zmq_recv (s, &msg, 0), ETERM);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (s));
    return NULL;
}

static void all_at_once (void)
{
    static const waiter waiters [] = {in_recv, in_send, in_poll, in_poll_with_fd, in_device, afterwards};
    enum { COUNT = sizeof waiters / sizeof waiters [0] };
    pthread_t threads [COUNT];
    struct start starts [COUNT];
    void *context = zmq_init (2);
    void *ready = new_socket (context, ZMQ_PULL);
    size_t i;

    CHECK (context != NULL);
    OK (zmq_bind (ready, "inproc://ready"));
    for (i = 0; i < COUNT; i++) {
        starts [i].wait = waiters [i];
        starts [i].context = context;
        OK (pthread_create (&threads [i], NULL, run, &starts [i]));
    }
    /* Each says when its socket exists; whether it has begun to wait makes no difference to what it sees. */
    for (i = 0; i < COUNT; i++)
        EXPECT_TEXT (ready, "ready", 0);
    OK (zmq_close (ready));
    OK (zmq_term (context));
    for (i = 0; i < COUNT; i++)
        OK (pthread_join (threads [i], NULL));
}

static void at_any_time (void)
{
    int round, i;
    for (round = 0; round < 100; round++) {
        pthread_t threads [4];
        void *context = zmq_init (1);
        CHECK (context != NULL);
        for (i = 0; i < 4; i++)
            OK (pthread_create (&threads [i], NULL, run_if_early, context));
        OK (zmq_term (context));
        for (i = 0; i < 4; i++)
            OK (pthread_join (threads [i], NULL));
    }
}

/* zmq_term waits until what was sent is delivered. */
static void *receive_all (void *argument)
{
    void **ends = argument;
    void *pull = zmq_socket (ends [0], ZMQ_PULL);
    zmq_msg_t msg;
    int i;
    CHECK (pull != NULL);
    OK (zmq_connect (pull, ends [1]));
    OK (zmq_msg_init (&msg));
    for (i = 0; i < 1000; i++)
        OK (zmq_recv (pull, &msg, 0));
    OK (zmq_msg_close (&msg));
    OK (zmq_close (pull));
    return NULL;
}

static void delivery (void)
{
    char endpoint [64];
    void *sender = zmq_init (1), *receiver = zmq_init (1), *push = new_socket (sender, ZMQ_PUSH), *ends [2];
    pthread_t thread;
    int i;
    ends [0] = receiver;
    ends [1] = (void *) bind_tcp (push, endpoint);
    OK (pthread_create (&thread, NULL, receive_all, ends));
    for (i = 0; i < 1000; i++)
        send_text (push, "to be delivered, though the socket is closed and the context terminated", 0);
    OK (zmq_close (push));
    OK (zmq_term (sender));
    OK (pthread_join (thread, NULL));
    OK (zmq_term (receiver));
}

/* Unless ZMQ_LINGER says that it should not. */
static void no_delivery (void)
{
    void *context = zmq_init (1), *push = new_socket (context, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, 0);
    OK (zmq_connect (push, "ipc://nobody.ipc"));
    send_text (push, "to nobody", 0);
    OK (zmq_close (push));
    OK (zmq_term (context));

    context = zmq_init (1);
    push = new_socket (context, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, 50);
    OK (zmq_connect (push, "ipc://nobody.ipc"));
    send_text (push, "to nobody", 0);
    OK (zmq_close (push));
    OK (zmq_term (context));
}

int main (void)
{
    limit_time ();
    all_at_once ();
    at_any_time ();
    delivery ();
    no_delivery ();
    return 0;
}
