/* zmq_poll: sockets, descriptors, times, errors; and ZMQ_EVENTS and ZMQ_FD, for those who poll themselves. */
#include "check.h"
#include <poll.h>
#include <signal.h>

static void *later (void *push)
{
    usleep (50000);
    SEND (push, "later", 0);
    return NULL;
}

static void sockets (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    zmq_pollitem_t items [2];
    pthread_t thread;
    OK (zmq_bind (pull, "inproc://poll"));
    memset (items, 0, sizeof items);
    items [0].socket = pull;
    items [0].events = ZMQ_POLLIN;
    items [1].socket = push;
    items [1].events = ZMQ_POLLOUT;
    TRY (zmq_poll (items, 2, 0));
    TRY (items [1].revents);
    OK (zmq_connect (push, "inproc://poll"));
    TRY (zmq_poll (items, 2, -1));
    TRY (items [0].revents);
    TRY (items [1].revents);
    SEND (push, "x", 0);
    TRY (zmq_poll (items, 1, -1));
    TRY (items [0].revents);
    EXPECT (pull, "x", 0);
    TRY (zmq_poll (items, 1, 0));
    TRY (items [0].revents);
    TRY (zmq_poll (items, 1, 20));
    items [0].events = 0;
    SEND (push, "x", 0);
    TRY (zmq_poll (items, 1, 20));
    items [0].events = ZMQ_POLLOUT | ZMQ_POLLERR | ZMQ_POLLPRI;
    TRY (zmq_poll (items, 1, 20));
    EXPECT (pull, "x", 0);
    items [0].events = ZMQ_POLLIN;
    thread = start (later, push);
    TRY (zmq_poll (items, 1, -1));
    EXPECT (pull, "later", 0);
    end (thread);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

static void descriptors (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    zmq_pollitem_t items [3];
    int ends [2];
    char byte;
    pthread_t thread;
    OK (pipe (ends));
    OK (zmq_bind (pull, "inproc://descriptors"));
    OK (zmq_connect (push, "inproc://descriptors"));
    memset (items, 0, sizeof items);
    items [0].socket = pull;
    items [0].events = ZMQ_POLLIN;
    items [1].fd = ends [0];
    items [1].events = ZMQ_POLLIN;
    items [2].fd = ends [1];
    items [2].events = ZMQ_POLLOUT;
    TRY (zmq_poll (items, 3, -1));
    TRY (items [1].revents);
    TRY (items [2].revents);
    CHECK (write (ends [1], "x", 1) == 1);
    TRY (zmq_poll (items, 2, -1));
    TRY (items [0].revents);
    TRY (items [1].revents);
    SEND (push, "x", 0);
    TRY (zmq_poll (items, 2, -1));
    CHECK (read (ends [0], &byte, 1) == 1);
    EXPECT (pull, "x", 0);
    thread = start (later, push);
    TRY (zmq_poll (items, 2, -1));
    EXPECT (pull, "later", 0);
    end (thread);
    close (ends [1]);
    TRY (zmq_poll (items, 2, -1));
    TRY (items [1].revents);
    close (ends [0]);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

static void errors (void *context)
{
    void *s = new_socket (context, ZMQ_PULL);
    zmq_pollitem_t item = {NULL, 0, 0, 0};
    char zeros [1024];
    memset (zeros, 0, sizeof zeros);
    TRY (zmq_poll (NULL, 0, 0));
    TRY (zmq_poll (NULL, 0, 20));
    TRY (zmq_poll (NULL, 1, 0));
    TRY (zmq_poll (&item, -1, 0));
    item.socket = zeros;
    item.events = ZMQ_POLLIN;
    TRY (zmq_poll (&item, 1, 0));
    item.socket = s;
    TRY (zmq_poll (&item, 0, 0));
    OK (zmq_close (s));
}

static void handler (int signal)
{
    (void) signal;
}

/* A thread that waits, and a pipe that becomes readable when it waits no more. */
typedef struct {
    pthread_t thread;
    int over;
} waiting_t;

/* Signals come again and again: the first may come before the thread waits. */
static void *interrupt (void *argument)
{
    waiting_t *waiting = argument;
    struct pollfd item = {0, POLLIN, 0};
    item.fd = waiting->over;
    do
        OK (pthread_kill (waiting->thread, SIGUSR1));
    while (poll (&item, 1, 2) == 0);
    return NULL;
}

/* A signal ends waiting. */
static void interrupted (void *context)
{
    void *s = new_socket (context, ZMQ_PULL);
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    struct sigaction action;
    pthread_t thread;
    waiting_t waiting;
    int ends [2];
    OK (pipe (ends));
    waiting.thread = pthread_self ();
    waiting.over = ends [0];
    memset (&action, 0, sizeof action);
    action.sa_handler = handler;
    OK (sigaction (SIGUSR1, &action, NULL));
    thread = start (interrupt, &waiting);
    errno = 0;
    CHECK (zmq_poll (&item, 1, -1) == -1);
    printf ("poll: %s\n", error_name (errno));
    /* Interrupted too, perhaps. */
    while (write (ends [1], "x", 1) == -1)
        CHECK (errno == EINTR);
    end (thread);
    close (ends [0]);
    close (ends [1]);
    OK (zmq_close (s));
}

static int is_quiet (int fd)
{
    struct pollfd item;
    item.fd = fd;
    item.events = POLLIN;
    return poll (&item, 1, 0) == 0;
}

/* A program's own poll: the descriptor says that something changed, ZMQ_EVENTS says what. */
static void own_poll (void *context)
{
    void *left = new_socket (context, ZMQ_DEALER), *right = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int fd, i;
    bind_tcp (left, endpoint);
    fd = get_int (right, ZMQ_FD);
    CHECK (fd >= 0 && fd == get_int (right, ZMQ_FD));
    TRY (get_int (right, ZMQ_EVENTS));
    /* Nothing has happened: a loop that looks at it would sleep. */
    CHECK (is_quiet (fd));
    OK (zmq_connect (right, endpoint));
    TRY (get_int (right, ZMQ_EVENTS));
    for (i = 0; i < 200; i++) {
        SEND (left, "x", 0);
        while (!(get_int (right, ZMQ_EVENTS) & ZMQ_POLLIN)) {
            struct pollfd item;
            item.fd = fd;
            item.events = POLLIN;
            CHECK (poll (&item, 1, MS_MAX) == 1);
        }
        EXPECT (right, "x", 0);
    }
    TRY (get_int (right, ZMQ_EVENTS));
    TRY (get_int (left, ZMQ_EVENTS));
    OK (zmq_close (left));
    OK (zmq_close (right));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    sockets (context);
    descriptors (context);
    errors (context);
    interrupted (context);
    own_poll (context);
    OK (zmq_ctx_term (context));
    return 0;
}
