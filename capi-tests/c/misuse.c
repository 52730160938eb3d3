/* What an application should not do, and must survive: one socket on many threads, closing under a waiter. */
#include "check.h"
#include <pthread.h>

#define THREADS 4
#define MESSAGES 2000

struct pair {
    void *push, *pull;
    int received;
};

static void *send_many (void *argument)
{
    struct pair *pair = argument;
    int i;
    for (i = 0; i < MESSAGES; i++)
        send_text (pair->push, i % 2 ? "short" : "a message that is too long for the structure itself", 0);
    return NULL;
}

static void *recv_many (void *argument)
{
    struct pair *pair = argument;
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    while (__sync_fetch_and_add (&pair->received, 1) < THREADS * MESSAGES) {
        OK (zmq_recv (pair->pull, &msg, 0));
        CHECK (zmq_msg_size (&msg) == 5 || zmq_msg_size (&msg) == 51);
    }
    OK (zmq_msg_close (&msg));
    return NULL;
}

/* Calls take turns: every message arrives once, and whole. */
static void shared_sockets (void *context)
{
    struct pair pair;
    pthread_t senders [THREADS], receivers [THREADS];
    zmq_msg_t msg;
    int i;
    pair.push = new_socket (context, ZMQ_PUSH);
    pair.pull = new_socket (context, ZMQ_PULL);
    pair.received = 0;
    OK (zmq_bind (pair.pull, "inproc://misuse"));
    OK (zmq_connect (pair.push, "inproc://misuse"));
    for (i = 0; i < THREADS; i++) {
        OK (pthread_create (&senders [i], NULL, send_many, &pair));
        OK (pthread_create (&receivers [i], NULL, recv_many, &pair));
    }
    for (i = 0; i < THREADS; i++) {
        OK (pthread_join (senders [i], NULL));
        OK (pthread_join (receivers [i], NULL));
    }
    OK (zmq_msg_init (&msg));
    FAILS (zmq_recv (pair.pull, &msg, ZMQ_NOBLOCK), EAGAIN);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (pair.push));
    OK (zmq_close (pair.pull));
}

static void *recv_until_closed (void *s)
{
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    FAILS (zmq_recv (s, &msg, 0), ENOTSOCK);
    OK (zmq_msg_close (&msg));
    return NULL;
}

static void *poll_until_closed (void *s)
{
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    item.socket = s;
    FAILS (zmq_poll (&item, 1, -1), ENOTSOCK);
    return NULL;
}

static void close_under_waiters (void *context)
{
    int round;
    for (round = 0; round < 50; round++) {
        pthread_t recv_thread, poll_thread;
        void *s = zmq_socket (context, ZMQ_PULL);
        CHECK (s != NULL);
        OK (pthread_create (&recv_thread, NULL, recv_until_closed, s));
        OK (pthread_create (&poll_thread, NULL, poll_until_closed, s));
        OK (zmq_close (s));
        OK (pthread_join (recv_thread, NULL));
        OK (pthread_join (poll_thread, NULL));
    }
}

/* Of many who close it, one does. */
static int closed;

static void *close_it (void *s)
{
    if (zmq_close (s) == 0)
        __sync_fetch_and_add (&closed, 1);
    else
        CHECK (errno == ENOTSOCK);
    return NULL;
}

static void close_together (void *context)
{
    int round, i;
    for (round = 0; round < 50; round++) {
        pthread_t threads [THREADS];
        void *s = new_socket (context, ZMQ_PAIR);
        closed = 0;
        for (i = 0; i < THREADS; i++)
            OK (pthread_create (&threads [i], NULL, close_it, s));
        for (i = 0; i < THREADS; i++)
            OK (pthread_join (threads [i], NULL));
        CHECK (closed == 1);
    }
}

int main (void)
{
    void *context;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    shared_sockets (context);
    close_under_waiters (context);
    close_together (context);
    OK (zmq_term (context));
    return 0;
}
