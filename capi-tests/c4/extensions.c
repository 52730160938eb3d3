/* What this library has beside the interface of libzmq: OXMQ_CTX_SPIN_US. */
#include "check.h"
#include <sys/wait.h>

/* 0 where there is one processor only: then nobody looks again, whatever was asked for. */
static int possible (int us)
{
    void *context = zmq_ctx_new ();
    int now;
    OK (zmq_ctx_set (context, OXMQ_CTX_SPIN_US, 1));
    now = zmq_ctx_get (context, OXMQ_CTX_SPIN_US);
    OK (zmq_ctx_term (context));
    CHECK (now == 0 || now == 1);
    return now * us;
}

static void values (int in_a_new_context, int most)
{
    static const int good [] = {0, 1, 10, 50, 999, 1000};
    static const int bad [] = {-1, 1001, 2147483647, -2147483647};
    void *context = zmq_ctx_new ();
    size_t i;
    CHECK (zmq_ctx_get (context, OXMQ_CTX_SPIN_US) == possible (in_a_new_context));
    for (i = 0; i < sizeof good / sizeof good [0]; i++) {
        int wanted = good [i] < most ? good [i] : most;
        OK (zmq_ctx_set (context, OXMQ_CTX_SPIN_US, good [i]));
        CHECK (zmq_ctx_get (context, OXMQ_CTX_SPIN_US) == possible (wanted));
    }
    for (i = 0; i < sizeof bad / sizeof bad [0]; i++) {
        FAILS (zmq_ctx_set (context, OXMQ_CTX_SPIN_US, bad [i]), EINVAL);
        CHECK (zmq_ctx_get (context, OXMQ_CTX_SPIN_US) == possible (most));
    }
    FAILS (zmq_ctx_set (context, OXMQ_CTX_SPIN_US + 1, 0), EINVAL);
    FAILS (zmq_ctx_get (context, OXMQ_CTX_SPIN_US + 1), EINVAL);
    OK (zmq_ctx_term (context));
}

static void *answer (void *s)
{
    char bytes [4];
    int i;
    for (i = 0; i < 1000; i++) {
        CHECK (zmq_recv (s, bytes, sizeof bytes, 0) == 4);
        CHECK (zmq_send (s, bytes, 4, 0) == 4);
    }
    OK (zmq_close (s));
    return NULL;
}

/* Messages come, however long who waits for them looks. */
static void round_trips (int us, const char *endpoint)
{
    void *context = zmq_ctx_new (), *here, *there;
    char bound [256], bytes [4];
    size_t size = sizeof bound;
    pthread_t thread;
    int i;
    OK (zmq_ctx_set (context, OXMQ_CTX_SPIN_US, us));
    here = zmq_socket (context, ZMQ_REQ);
    there = zmq_socket (context, ZMQ_REP);
    OK (zmq_bind (there, endpoint));
    OK (zmq_getsockopt (there, ZMQ_LAST_ENDPOINT, bound, &size));
    OK (zmq_connect (here, bound));
    thread = start (answer, there);
    for (i = 0; i < 1000; i++) {
        zmq_pollitem_t item = {here, 0, ZMQ_POLLIN, 0};
        memcpy (bytes, &i, 4);
        CHECK (zmq_send (here, bytes, 4, 0) == 4);
        CHECK (i % 2 == 0 || zmq_poll (&item, 1, -1) == 1);
        CHECK (zmq_recv (here, bytes, 4, 0) == 4);
        CHECK (memcmp (bytes, &i, 4) == 0);
    }
    end (thread);
    OK (zmq_close (here));
    OK (zmq_ctx_term (context));
}

/* What the environment says is read once, so each has a process of its own. */
static void with_environment (const char *us, int in_a_new_context, int most)
{
    int status;
    pid_t pid = fork ();
    CHECK (pid != -1);
    if (pid == 0) {
        CHECK ((us ? setenv ("OXMQ_SPIN_US", us, 1) : unsetenv ("OXMQ_SPIN_US")) == 0);
        values (in_a_new_context, most);
        exit (0);
    }
    CHECK (waitpid (pid, &status, 0) == pid && WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

int main (void)
{
    static const int spins [] = {0, 50, 1000};
    size_t i;
    begin ();
    with_environment (NULL, 50, 1000);
    with_environment ("20", 20, 20);
    with_environment ("200", 200, 200);
    with_environment ("0", 0, 0);
    with_environment ("4000000", 1000, 1000);
    with_environment ("fast", 50, 1000);
    for (i = 0; i < sizeof spins / sizeof spins [0]; i++) {
        round_trips (spins [i], "tcp://127.0.0.1:*");
        round_trips (spins [i], "inproc://extensions");
    }
    return 0;
}
