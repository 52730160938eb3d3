/* fork: the child can close what it inherited, and the parent does not notice, nor does a thread of the parent's that
   waits for messages. */
#include "check.h"
#include <pthread.h>
#include <sys/wait.h>

static void *context, *pull, *push, *open_pair, *near, *far, *asking, *answering;

/* Sleeps on the connections of its socket; sends back what comes, up to an empty message. */
static void *answer (void *none)
{
    zmq_msg_t msg;
    size_t size;
    do {
        OK (zmq_msg_init (&msg));
        OK (zmq_recv (answering, &msg, 0));
        size = zmq_msg_size (&msg);
        OK (zmq_send (answering, &msg, 0));
        OK (zmq_msg_close (&msg));
    } while (size > 0);
    return none;
}

static void round_trip (const char *text)
{
    send_text (push, text, 0);
    EXPECT_TEXT (pull, text, 0);
    send_text (near, text, 0);
    EXPECT_TEXT (far, text, 0);
    send_text (asking, text, 0);
    EXPECT_TEXT (asking, text, 0);
}

/* What a child does, and then ends with 0. */
static void in_child (void (*act) (void))
{
    int status;
    pid_t child = fork ();
    CHECK (child >= 0);
    if (child == 0) {
        limit_time ();
        act ();
        _exit (0);
    }
    round_trip ("while the child is at work");
    CHECK (waitpid (child, &status, 0) == child);
    CHECK (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    round_trip ("after it");
}

static void nothing (void)
{
}

static void close_and_term (void)
{
    OK (zmq_close (push));
    OK (zmq_close (pull));
    OK (zmq_close (open_pair));
    OK (zmq_close (near));
    OK (zmq_close (far));
    OK (zmq_close (asking));
    /* Not the one that the parent's thread may have been using in that moment. */
    OK (zmq_term (context));
}

/* What was sent and received before makes no difference. */
static void use_inherited (void)
{
    void *sockets [6];
    int at;
    sockets [0] = push, sockets [1] = pull, sockets [2] = near, sockets [3] = far, sockets [4] = asking;
    sockets [5] = open_pair;
    for (at = 0; at < 6; at++) {
        zmq_msg_t msg;
        OK (zmq_msg_init (&msg));
        FAILS (zmq_send (sockets [at], &msg, ZMQ_NOBLOCK), ETERM);
        FAILS (zmq_recv (sockets [at], &msg, ZMQ_NOBLOCK), ETERM);
        OK (zmq_msg_close (&msg));
    }
}

static void own_context (void)
{
    void *own = zmq_init (1), *a, *b;
    char endpoint [64];
    CHECK (own != NULL);
    /* A name of the parent's is free in the child's own context. */
    a = new_socket (own, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://forked"));
    OK (zmq_close (a));
    a = new_socket (own, ZMQ_PULL);
    b = new_socket (own, ZMQ_PUSH);
    OK (zmq_connect (b, bind_tcp (a, endpoint)));
    send_text (b, "in the child", 0);
    EXPECT_TEXT (a, "in the child", 0);
    OK (zmq_close (a));
    OK (zmq_close (b));
    OK (zmq_term (own));
}

static void both (void)
{
    close_and_term ();
    own_context ();
}

int main (void)
{
    char endpoint [64];
    int round;
    pthread_t thread;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    pull = new_socket (context, ZMQ_PULL);
    push = new_socket (context, ZMQ_PUSH);
    open_pair = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (open_pair, "ipc://forked.ipc"));
    OK (zmq_connect (push, bind_tcp (pull, endpoint)));
    near = new_socket (context, ZMQ_PAIR);
    far = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (near, "inproc://forked"));
    OK (zmq_connect (far, "inproc://forked"));
    asking = new_socket (context, ZMQ_XREQ);
    answering = new_socket (context, ZMQ_XREQ);
    OK (zmq_connect (asking, bind_tcp (answering, endpoint)));
    OK (pthread_create (&thread, NULL, answer, NULL));
    round_trip ("before");
    for (round = 0; round < 5; round++) {
        in_child (nothing);
        in_child (use_inherited);
        in_child (close_and_term);
        in_child (own_context);
        in_child (both);
        /* The name that the child closed is still the parent's. */
        CHECK (access ("forked.ipc", F_OK) == 0);
    }
    send_text (asking, "", 0);
    EXPECT_TEXT (asking, "", 0);
    OK (pthread_join (thread, NULL));
    OK (zmq_close (asking));
    OK (zmq_close (answering));
    OK (zmq_close (pull));
    OK (zmq_close (push));
    OK (zmq_close (open_pair));
    OK (zmq_close (near));
    OK (zmq_close (far));
    OK (zmq_term (context));
    return 0;
}
