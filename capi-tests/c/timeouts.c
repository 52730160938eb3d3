/* ZMQ_RCVTIMEO and ZMQ_SNDTIMEO: a call waits as long as they say, then gives EAGAIN. */
#include "check.h"
#include <time.h>

static long long milliseconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int main (void)
{
    void *context, *pull, *push;
    zmq_msg_t msg;
    long long start;

    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    pull = new_socket (context, ZMQ_PULL);
    push = new_socket (context, ZMQ_PUSH);
    OK (zmq_bind (pull, "inproc://timeouts"));
    OK (zmq_msg_init_size (&msg, 50));

    set_int (pull, ZMQ_RCVTIMEO, 50);
    start = milliseconds ();
    FAILS (zmq_recv (pull, &msg, 0), EAGAIN);
    CHECK (milliseconds () - start >= 49);
    CHECK (zmq_msg_size (&msg) == 50);

    set_int (push, ZMQ_SNDTIMEO, 50);
    start = milliseconds ();
    FAILS (zmq_send (push, &msg, 0), EAGAIN);
    CHECK (milliseconds () - start >= 49);
    CHECK (zmq_msg_size (&msg) == 50);

    /* 0 is not to wait; ZMQ_NOBLOCK is not to wait whatever they say. */
    set_int (pull, ZMQ_RCVTIMEO, 0);
    set_int (push, ZMQ_SNDTIMEO, 0);
    FAILS (zmq_recv (pull, &msg, 0), EAGAIN);
    FAILS (zmq_send (push, &msg, 0), EAGAIN);
    set_int (pull, ZMQ_RCVTIMEO, -1);
    set_int (push, ZMQ_SNDTIMEO, -1);
    FAILS (zmq_recv (pull, &msg, ZMQ_NOBLOCK), EAGAIN);
    FAILS (zmq_send (push, &msg, ZMQ_NOBLOCK), EAGAIN);

    /* What can be done at once is not delayed. */
    set_int (pull, ZMQ_RCVTIMEO, 0);
    set_int (push, ZMQ_SNDTIMEO, 0);
    OK (zmq_connect (push, "inproc://timeouts"));
    OK (zmq_send (push, &msg, 0));
    OK (zmq_recv (pull, &msg, 0));
    CHECK (zmq_msg_size (&msg) == 50);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (pull));
    OK (zmq_close (push));
    OK (zmq_term (context));
    return 0;
}
