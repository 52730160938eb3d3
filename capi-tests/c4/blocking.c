/* Calls that wait, and what ends them: a signal, a time, a peer, the end of the context; from many threads; and forks. */
#include "check.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

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

static int do_recv (void *s)
{
    char byte;
    return zmq_recv (s, &byte, 1, 0);
}

static int do_msg_recv (void *s)
{
    zmq_msg_t msg;
    int result;
    OK (zmq_msg_init (&msg));
    result = zmq_msg_recv (&msg, s, 0);
    OK (zmq_msg_close (&msg));
    return result;
}

static int do_send (void *s)
{
    return zmq_send (s, "x", 1, 0);
}

static int do_poll (void *s)
{
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    return zmq_poll (&item, 1, -1);
}

/* Each call, with handlers that would have system calls begun again, and without. */
static void interrupted (void *context, const char *name, int type, int (*call) (void *), int flags)
{
    void *s = new_socket (context, type);
    struct sigaction action;
    waiting_t waiting;
    pthread_t thread;
    int ends [2], result;
    memset (&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    OK (sigaction (SIGUSR1, &action, NULL));
    set_int (s, ZMQ_RCVTIMEO, -1);
    set_int (s, ZMQ_SNDTIMEO, -1);
    OK (pipe (ends));
    waiting.thread = pthread_self ();
    waiting.over = ends [0];
    thread = start (interrupt, &waiting);
    errno = 0;
    result = call (s);
    printf ("%s: %d, %s\n", name, result, error_name (errno));
    while (write (ends [1], "x", 1) == -1)
        CHECK (errno == EINTR);
    end (thread);
    close (ends [0]);
    close (ends [1]);
    OK (zmq_close (s));
}

static void *send_later (void *endpoint)
{
    void *context = zmq_ctx_new (), *push = new_socket (context, ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, MS_MAX);
    OK (zmq_connect (push, endpoint));
    usleep (30000);
    SEND (push, "later", 0);
    OK (zmq_close (push));
    OK (zmq_ctx_term (context));
    return NULL;
}

/* A message that comes, a peer that comes. */
static void woken (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL);
    char endpoint [256];
    pthread_t thread;
    bind_tcp (pull, endpoint);
    thread = start (send_later, endpoint);
    print_message (pull, "woken");
    end (thread);
    OK (zmq_close (pull));
}

static void *wait_for_end (void *s)
{
    char byte;
    errno = 0;
    CHECK (zmq_recv (s, &byte, 1, 0) == -1 && errno == ETERM);
    OK (zmq_close (s));
    return NULL;
}

/* Many threads, each with its sockets, come and go in one context. */
static void *come_and_go (void *context)
{
    int i;
    for (i = 0; i < 30; i++) {
        char endpoint [64];
        void *left = new_socket (context, ZMQ_PAIR), *right = new_socket (context, ZMQ_PAIR);
        sprintf (endpoint, "inproc://%p-%d", (void *) &endpoint, i);
        OK (zmq_bind (left, endpoint));
        OK (zmq_connect (right, endpoint));
        SEND (left, "there", 0);
        EXPECT (right, "there", 0);
        OK (zmq_close (left));
        OK (zmq_close (right));
    }
    return NULL;
}

static void many_threads (void)
{
    void *context = zmq_ctx_new ();
    pthread_t busy [8], waiting [4];
    int i;
    for (i = 0; i < 4; i++)
        waiting [i] = start (wait_for_end, new_socket (context, ZMQ_PULL));
    for (i = 0; i < 8; i++)
        busy [i] = start (come_and_go, context);
    for (i = 0; i < 8; i++)
        end (busy [i]);
    OK (zmq_ctx_term (context));
    for (i = 0; i < 4; i++)
        end (waiting [i]);
    printf ("threads came and went\n");
}

/* A socket moves to another thread. */
static void *use (void *s)
{
    SEND (s, "from another thread", 0);
    return NULL;
}

static void moves (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    OK (zmq_bind (pull, "inproc://moves"));
    OK (zmq_connect (push, "inproc://moves"));
    SEND (push, "from this thread", 0);
    end (start (use, push));
    print_message (pull, "pull");
    print_message (pull, "pull");
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* Two threads use one socket, which they should not. Nothing is lost or broken here; the original may crash. */
static void *send_many (void *s)
{
    int i;
    for (i = 0; i < 5000; i++)
        SEND (s, "x", 0);
    return NULL;
}

static void misused (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH), *pull = new_socket (context, ZMQ_PULL);
    pthread_t threads [2];
    int i;
    OK (zmq_bind (pull, "inproc://misused"));
    OK (zmq_connect (push, "inproc://misused"));
    for (i = 0; i < 2; i++)
        threads [i] = start (send_many, push);
    for (i = 0; i < 10000; i++)
        EXPECT (pull, "x", 0);
    for (i = 0; i < 2; i++)
        end (threads [i]);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* A child closes what it inherited, begins anew, and the parent goes on. (The original's child hangs or aborts.) */
static void forked (void)
{
    void *context = zmq_ctx_new (), *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256];
    int status;
    pid_t child;
    bind_tcp (pull, endpoint);
    OK (zmq_connect (push, endpoint));
    SEND (push, "before", 0);
    EXPECT (pull, "before", 0);
    child = fork ();
    CHECK (child >= 0);
    if (child == 0) {
        void *own;
        alarm (SECONDS_MAX);
        OK (zmq_close (push));
        OK (zmq_close (pull));
        OK (zmq_ctx_term (context));
        own = zmq_ctx_new ();
        push = new_socket (own, ZMQ_PUSH);
        set_int (push, ZMQ_LINGER, MS_MAX);
        OK (zmq_connect (push, endpoint));
        SEND (push, "from the child", 0);
        OK (zmq_close (push));
        OK (zmq_ctx_term (own));
        _exit (0);
    }
    EXPECT (pull, "from the child", 0);
    CHECK (waitpid (child, &status, 0) == child && status == 0);
    SEND (push, "after", 0);
    EXPECT (pull, "after", 0);
    OK (zmq_close (push));
    OK (zmq_close (pull));
    OK (zmq_ctx_term (context));
}

int main (void)
{
    static const int flags [] = {0, SA_RESTART};
    void *context;
    int i;
    begin ();
    context = zmq_ctx_new ();
    for (i = 0; i < 2; i++) {
        interrupted (context, "zmq_recv", ZMQ_PULL, do_recv, flags [i]);
        interrupted (context, "zmq_msg_recv", ZMQ_SUB, do_msg_recv, flags [i]);
        interrupted (context, "zmq_send", ZMQ_PUSH, do_send, flags [i]);
        interrupted (context, "zmq_poll", ZMQ_ROUTER, do_poll, flags [i]);
    }
    woken (context);
    moves (context);
    if (ours ())
        misused (context);
    OK (zmq_ctx_term (context));
    many_threads ();
    if (ours ())
        forked ();
    return 0;
}
