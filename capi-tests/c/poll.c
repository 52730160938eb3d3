/* zmq_poll: sockets and descriptors together, what each is ready for, and how long it waits. */
#include "check.h"
#include <limits.h>
#include <pthread.h>
#include <time.h>

static long long microseconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void arguments (void *s)
{
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    long long start;

    FAILS (zmq_poll (NULL, 1, 0), EFAULT);
    FAILS (zmq_poll (&item, -1, 0), EINVAL);
    CHECK (zmq_poll (NULL, 0, 0) == 0);
    CHECK (zmq_poll (&item, 0, 0) == 0);

    /* The timeout is in microseconds, and none of it is cut off. */
    start = microseconds ();
    CHECK (zmq_poll (NULL, 0, 30000) == 0);
    CHECK (microseconds () - start >= 30000);
    item.socket = s;
    start = microseconds ();
    CHECK (zmq_poll (&item, 1, 30000) == 0 && item.revents == 0);
    CHECK (microseconds () - start >= 30000);
    item.socket = NULL;
    item.fd = -1;
    start = microseconds ();
    CHECK (zmq_poll (&item, 1, 30000) == 0 && item.revents == 0);
    CHECK (microseconds () - start >= 30000);
    CHECK (zmq_poll (&item, 1, 1) == 0);
}

/* What does not come is not waited for, and old revents are cleared. */
static void events (void *push, void *pull)
{
    zmq_pollitem_t items [3] = {{NULL, 0, 0, 0}, {NULL, 0, 0, 0}, {NULL, 0, 0, 0}};
    zmq_msg_t msg;
    int i;

    items [0].socket = pull;
    items [0].events = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR;
    items [1].socket = push;
    items [1].events = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR;
    items [2].socket = push;
    for (i = 0; i < 3; i++)
        items [i].revents = -1;
    CHECK (zmq_poll (items, 3, 0) == 1);
    CHECK (items [0].revents == 0 && items [1].revents == ZMQ_POLLOUT && items [2].revents == 0);

    send_text (push, "x", 0);
    CHECK (zmq_poll (items, 1, -1) == 1 && items [0].revents == ZMQ_POLLIN);
    CHECK (zmq_poll (items, 1, LONG_MAX) == 1);
    CHECK (zmq_poll (items, 1, LONG_MIN) == 1);
    CHECK (zmq_poll (items, 3, 0) == 2);
    items [0].events = ZMQ_POLLOUT;
    CHECK (zmq_poll (items, 1, 0) == 0 && items [0].revents == 0);
    OK (zmq_msg_init (&msg));
    OK (zmq_recv (pull, &msg, 0));
    OK (zmq_msg_close (&msg));
    items [0].events = ZMQ_POLLIN;
    CHECK (zmq_poll (items, 1, 0) == 0 && items [0].revents == 0);
}

static void descriptors (void *push, void *pull)
{
    zmq_pollitem_t items [3] = {{NULL, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLOUT, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    int fds [2];
    char byte;

    OK (pipe (fds));
    items [0].fd = fds [0];
    items [1].fd = fds [1];
    items [2].socket = pull;
    CHECK (zmq_poll (items, 1, 0) == 0);
    CHECK (zmq_poll (items, 3, -1) == 1);
    CHECK (items [0].revents == 0 && items [1].revents == ZMQ_POLLOUT && items [2].revents == 0);
    CHECK (write (fds [1], "x", 1) == 1);
    CHECK (zmq_poll (items, 3, -1) == 2);
    CHECK (items [0].revents == ZMQ_POLLIN && items [1].revents == ZMQ_POLLOUT);
    send_text (push, "x", 0);
    items [1].events = 0;
    while (zmq_poll (items, 3, -1) != 2)
        CHECK (items [0].revents == ZMQ_POLLIN);
    CHECK (items [0].revents == ZMQ_POLLIN && items [1].revents == 0 && items [2].revents == ZMQ_POLLIN);
    EXPECT_TEXT (pull, "x", 0);

    /* A pipe nobody reads from any more. */
    CHECK (read (fds [0], &byte, 1) == 1);
    close (fds [0]);
    items [1].events = ZMQ_POLLOUT | ZMQ_POLLERR;
    CHECK (zmq_poll (items + 1, 1, -1) == 1 && items [1].revents & ZMQ_POLLERR);
    close (fds [1]);
}

/* Woken by another thread: through a socket, and through a descriptor. */
struct work {
    void *context;
    const char *endpoint;
    int fd;
};

static void *send_later (void *argument)
{
    struct work *work = argument;
    void *push = new_socket (work->context, ZMQ_PUSH);
    OK (zmq_connect (push, work->endpoint));
    send_text (push, "wake up", 0);
    OK (zmq_close (push));
    return NULL;
}

static void *write_later (void *argument)
{
    struct work *work = argument;
    CHECK (write (work->fd, "x", 1) == 1);
    return NULL;
}

static void woken (void *context, void *pull, const char *endpoint)
{
    zmq_pollitem_t items [2] = {{NULL, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    struct work work;
    pthread_t thread;
    int fds [2], round;
    char byte;

    OK (pipe (fds));
    work.context = context;
    work.endpoint = endpoint;
    work.fd = fds [1];
    items [0].socket = pull;
    items [1].fd = fds [0];
    for (round = 0; round < 20; round++) {
        /* Only the socket, then both. */
        OK (pthread_create (&thread, NULL, send_later, &work));
        CHECK (zmq_poll (items, 1 + round % 2, -1) == 1);
        CHECK (items [0].revents == ZMQ_POLLIN);
        EXPECT_TEXT (pull, "wake up", 0);
        OK (pthread_join (thread, NULL));

        OK (pthread_create (&thread, NULL, write_later, &work));
        CHECK (zmq_poll (items, 2, -1) == 1);
        CHECK (items [0].revents == 0 && items [1].revents == ZMQ_POLLIN);
        CHECK (read (fds [0], &byte, 1) == 1);
        OK (pthread_join (thread, NULL));
    }
    close (fds [0]);
    close (fds [1]);
}

/* ZMQ_EVENTS says the same as zmq_poll, and ZMQ_FD wakes an outside event loop. */
static void outside_loop (void *context, void *pull, const char *endpoint)
{
    struct work work;
    pthread_t thread;
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    uint32_t events = 0;
    size_t size = sizeof item.fd;
    int round;

    work.context = context;
    work.endpoint = endpoint;
    work.fd = -1;
    OK (zmq_getsockopt (pull, ZMQ_FD, &item.fd, &size));
    for (round = 0; round < 20; round++) {
        size = sizeof events;
        OK (zmq_getsockopt (pull, ZMQ_EVENTS, &events, &size));
        CHECK (events == 0);
        OK (pthread_create (&thread, NULL, send_later, &work));
        /* Readable means: look at ZMQ_EVENTS. It may be so for another reason. */
        while (!(events & ZMQ_POLLIN)) {
            CHECK (zmq_poll (&item, 1, -1) == 1);
            OK (zmq_getsockopt (pull, ZMQ_EVENTS, &events, &size));
        }
        EXPECT_TEXT (pull, "wake up", 0);
        OK (pthread_join (thread, NULL));
    }
}

/* More items than fit any table of fixed size. */
static void many (void *context)
{
    enum { COUNT = 300 };
    zmq_pollitem_t items [COUNT];
    void *push = new_socket (context, ZMQ_PUSH);
    int i;
    for (i = 0; i < COUNT; i++) {
        char endpoint [32];
        items [i].socket = new_socket (context, ZMQ_PULL);
        items [i].fd = 0;
        items [i].events = ZMQ_POLLIN;
        items [i].revents = 0;
        sprintf (endpoint, "inproc://many-%d", i);
        OK (zmq_bind (items [i].socket, endpoint));
        if (i % 3 == 0)
            OK (zmq_connect (push, endpoint));
    }
    for (i = 0; i < COUNT / 3; i++)
        send_text (push, "x", 0);
    CHECK (zmq_poll (items, COUNT, -1) == COUNT / 3);
    for (i = 0; i < COUNT; i++) {
        CHECK (items [i].revents == (i % 3 == 0 ? ZMQ_POLLIN : 0));
        OK (zmq_close (items [i].socket));
    }
    OK (zmq_close (push));
}

static void over (void *context, const char *endpoint)
{
    char tcp [64];
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    if (endpoint)
        OK (zmq_bind (pull, endpoint));
    else
        endpoint = bind_tcp (pull, tcp);
    OK (zmq_connect (push, endpoint));
    /* Once one message has come through, the connection is there. */
    send_text (push, "first", 0);
    EXPECT_TEXT (pull, "first", 0);
    events (push, pull);
    descriptors (push, pull);
    OK (zmq_close (push));
    woken (context, pull, endpoint);
    outside_loop (context, pull, endpoint);
    OK (zmq_close (pull));
}

int main (void)
{
    void *context, *s;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    s = new_socket (context, ZMQ_PULL);
    arguments (s);
    OK (zmq_close (s));
    over (context, "inproc://poll");
    over (context, NULL);
    over (context, "ipc://poll.ipc");
    many (context);
    OK (zmq_term (context));
    return 0;
}
