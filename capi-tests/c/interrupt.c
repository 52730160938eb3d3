/* Signals: a call that waits gives EINTR, with a handler of either kind, and can be made again. */
#include "check.h"
#include <pthread.h>
#include <signal.h>

static void nothing (int number)
{
    (void) number;
}

/* Sends the waiting thread signals until it says that it is through. */
struct nudge {
    pthread_t thread;
    pthread_t target;
    volatile int through;
};

static void *keep_nudging (void *argument)
{
    struct nudge *nudge = argument;
    struct timespec pause = {0, 2000000};
    while (!__sync_fetch_and_add (&nudge->through, 0)) {
        pthread_kill (nudge->target, SIGUSR1);
        nanosleep (&pause, NULL);
    }
    return NULL;
}

static void start_nudging (struct nudge *nudge)
{
    nudge->target = pthread_self ();
    nudge->through = 0;
    OK (pthread_create (&nudge->thread, NULL, keep_nudging, nudge));
}

static void stop_nudging (struct nudge *nudge)
{
    __sync_fetch_and_add (&nudge->through, 1);
    OK (pthread_join (nudge->thread, NULL));
}

/* A thread that terminates a context with a socket still open. */
static void term_waits (void)
{
    struct nudge nudge;
    void *context = zmq_init (1), *s = new_socket (context, ZMQ_PAIR);
    start_nudging (&nudge);
    FAILS (zmq_term (context), EINTR);
    FAILS (zmq_term (context), EINTR);
    stop_nudging (&nudge);
    OK (zmq_close (s));
    OK (zmq_term (context));
}

static void calls_wait (void *context)
{
    struct nudge nudge;
    zmq_msg_t msg;
    zmq_pollitem_t items [2] = {{NULL, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    void *pull = zmq_socket (context, ZMQ_PULL), *push = zmq_socket (context, ZMQ_PUSH);
    void *front = zmq_socket (context, ZMQ_PULL), *back = zmq_socket (context, ZMQ_PUSH);
    int fds [2];

    CHECK (pull && push && front && back);
    OK (pipe (fds));
    OK (zmq_bind (pull, "inproc://interrupt"));
    OK (zmq_msg_init_size (&msg, 100));
    items [0].socket = pull;
    items [1].fd = fds [0];
    start_nudging (&nudge);
    FAILS (zmq_recv (pull, &msg, 0), EINTR);
    FAILS (zmq_send (push, &msg, 0), EINTR);
    CHECK (zmq_msg_size (&msg) == 100);
    FAILS (zmq_poll (items, 1, -1), EINTR);
    FAILS (zmq_poll (items, 2, -1), EINTR);
    FAILS (zmq_poll (items + 1, 1, -1), EINTR);
    FAILS (zmq_device (ZMQ_STREAMER, front, back), EINTR);
    stop_nudging (&nudge);

    /* Nothing was lost by it. */
    OK (zmq_connect (push, "inproc://interrupt"));
    OK (zmq_send (push, &msg, 0));
    OK (zmq_recv (pull, &msg, 0));
    CHECK (zmq_msg_size (&msg) == 100);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (pull));
    OK (zmq_close (push));
    OK (zmq_close (front));
    OK (zmq_close (back));
    close (fds [0]);
    close (fds [1]);
}

/* The library's own threads take no signals: a handler runs where the application runs. */
static pthread_t main_thread;
static volatile sig_atomic_t elsewhere;

static void where (int number)
{
    (void) number;
    if (!pthread_equal (pthread_self (), main_thread))
        elsewhere = 1;
}

static void signals_stay_out (void)
{
    struct sigaction action;
    sigset_t blocked;
    void *context;
    memset (&action, 0, sizeof action);
    action.sa_handler = where;
    OK (sigaction (SIGUSR2, &action, NULL));
    main_thread = pthread_self ();
    context = zmq_init (2);
    OK (zmq_close (new_socket (context, ZMQ_PAIR)));
    /* To the process, while this thread does not take it: it must wait until this thread does. */
    sigemptyset (&blocked);
    sigaddset (&blocked, SIGUSR2);
    OK (pthread_sigmask (SIG_BLOCK, &blocked, NULL));
    OK (kill (getpid (), SIGUSR2));
    OK (pthread_sigmask (SIG_UNBLOCK, &blocked, NULL));
    OK (zmq_term (context));
    CHECK (!elsewhere);
}

int main (void)
{
    static const int flags [] = {0, SA_RESTART};
    void *context;
    size_t i;

    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    for (i = 0; i < sizeof flags / sizeof flags [0]; i++) {
        struct sigaction action;
        memset (&action, 0, sizeof action);
        action.sa_handler = nothing;
        action.sa_flags = flags [i];
        OK (sigaction (SIGUSR1, &action, NULL));
        calls_wait (context);
        term_waits ();
    }
    OK (zmq_term (context));
    signals_stay_out ();
    return 0;
}
