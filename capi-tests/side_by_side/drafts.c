/*
 * What of the draft API belongs to contexts, options and waiting. Debian's library was built without it, so there is
 * nothing to compare with: what must be is asserted here.
 */
#define ZMQ_BUILD_DRAFT_API
#include <zmq.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf (stderr, "line %d: %s; errno %d\n", __LINE__, #condition, zmq_errno ()); \
            exit (1);                                                                     \
        }                                                                                 \
    } while (0)
#define FAILS(call, code) CHECK ((call) == -1 && zmq_errno () == (code))

static void context_options (void)
{
    void *context = zmq_ctx_new ();
    char prefix [16];
    size_t length = sizeof prefix;
    int number = 7;

    CHECK (zmq_ctx_get (context, ZMQ_ZERO_COPY_RECV) == 1);
    CHECK (zmq_ctx_set_ext (context, ZMQ_IO_THREADS, &number, sizeof number) == 0);
    CHECK (zmq_ctx_get (context, ZMQ_IO_THREADS) == 7);
    number = 0;
    length = sizeof number;
    CHECK (zmq_ctx_get_ext (context, ZMQ_IO_THREADS, &number, &length) == 0 && number == 7 && length == sizeof number);
    FAILS (zmq_ctx_set_ext (context, ZMQ_IO_THREADS, "ab", 2), EINVAL);
    length = 3;
    FAILS (zmq_ctx_get_ext (context, ZMQ_IO_THREADS, &number, &length), EINVAL);
    FAILS (zmq_ctx_get_ext (context, ZMQ_IO_THREADS, &number, NULL), EINVAL);
    FAILS (zmq_ctx_set_ext (context, 999, &number, sizeof number), EINVAL);
    FAILS (zmq_ctx_set_ext (NULL, ZMQ_IO_THREADS, &number, sizeof number), EFAULT);

    /* A name may be text, or a number. */
    CHECK (zmq_ctx_set_ext (context, ZMQ_THREAD_NAME_PREFIX, "worker", 6) == 0);
    length = sizeof prefix;
    CHECK (zmq_ctx_get_ext (context, ZMQ_THREAD_NAME_PREFIX, prefix, &length) == 0);
    CHECK (length == 6 && memcmp (prefix, "worker", 6) == 0);
    length = 5;
    FAILS (zmq_ctx_get_ext (context, ZMQ_THREAD_NAME_PREFIX, prefix, &length), EINVAL);
    FAILS (zmq_ctx_set_ext (context, ZMQ_THREAD_NAME_PREFIX, "longer than sixteen", 19), EINVAL);
    FAILS (zmq_ctx_set_ext (context, ZMQ_THREAD_NAME_PREFIX, "", 0), EINVAL);
    CHECK (zmq_ctx_set (context, ZMQ_THREAD_NAME_PREFIX, 42) == 0);
    CHECK (zmq_ctx_get (context, ZMQ_THREAD_NAME_PREFIX) == 42);
    CHECK (zmq_ctx_term (context) == 0);
}

static void nothing (int signal)
{
    (void) signal;
}

/* A signal that the thread holds back comes through while zmq_ppoll waits, and only then. */
static void ppoll (void)
{
    void *context = zmq_ctx_new ();
    void *one = zmq_socket (context, ZMQ_PAIR);
    void *two = zmq_socket (context, ZMQ_PAIR);
    zmq_pollitem_t items [] = {{NULL, 0, ZMQ_POLLIN, 0}, {NULL, -1, ZMQ_POLLIN, 0}};
    struct sigaction action;
    sigset_t held, open;
    int count;

    items [0].socket = two;
    CHECK (zmq_bind (one, "inproc://ppoll") == 0 && zmq_connect (two, "inproc://ppoll") == 0);
    memset (&action, 0, sizeof action);
    action.sa_handler = nothing;
    action.sa_flags = SA_RESTART;
    sigaction (SIGUSR1, &action, NULL);
    sigemptyset (&held);
    sigaddset (&held, SIGUSR1);
    pthread_sigmask (SIG_BLOCK, &held, &open);

    for (count = 0; count <= 2; count++) {
        pthread_kill (pthread_self (), SIGUSR1);
        CHECK (zmq_ppoll (items, count, 1, NULL) == 0);
        CHECK (zmq_ppoll (items, count, 1, &held) == 0);
        FAILS (zmq_ppoll (items, count, -1, &open), EINTR);
        CHECK (zmq_ppoll (items, count, 1, &open) == 0);
    }
    CHECK (zmq_send (one, "x", 1, 0) == 1);
    CHECK (zmq_ppoll (items, 2, -1, &open) == 1 && items [0].revents == ZMQ_POLLIN && items [1].revents == 0);
    FAILS (zmq_ppoll (NULL, 1, 0, &open), EFAULT);
    FAILS (zmq_ppoll (items, -1, 0, &open), EINVAL);
    zmq_close (one);
    zmq_close (two);
    CHECK (zmq_ctx_term (context) == 0);
}

static int topics (void *s)
{
    int count = -1;
    size_t length = sizeof count;
    CHECK (zmq_getsockopt (s, ZMQ_TOPICS_COUNT, &count, &length) == 0 && length == sizeof count);
    return count;
}

static void topics_count (void)
{
    void *context = zmq_ctx_new ();
    void *sub = zmq_socket (context, ZMQ_SUB);
    void *pair = zmq_socket (context, ZMQ_PAIR);
    int count;
    size_t length = sizeof count;

    CHECK (topics (sub) == 0);
    CHECK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "a", 1) == 0 && zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "a", 1) == 0);
    CHECK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "b", 1) == 0 && topics (sub) == 2);
    CHECK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "a", 1) == 0 && topics (sub) == 2);
    CHECK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "a", 1) == 0 && topics (sub) == 1);
    FAILS (zmq_getsockopt (pair, ZMQ_TOPICS_COUNT, &count, &length), EINVAL);
    length = 3;
    FAILS (zmq_getsockopt (sub, ZMQ_TOPICS_COUNT, &count, &length), EINVAL);
    zmq_close (sub);
    zmq_close (pair);
    CHECK (zmq_ctx_term (context) == 0);
}

static void groups (void)
{
    void *context = zmq_ctx_new ();
    void *dish = zmq_socket (context, ZMQ_DISH);
    void *pair = zmq_socket (context, ZMQ_PAIR);
    int is_safe = 0;
    size_t length = sizeof is_safe;

    CHECK (zmq_getsockopt (dish, ZMQ_THREAD_SAFE, &is_safe, &length) == 0 && is_safe == 1);
    CHECK (zmq_join (dish, "movies") == 0);
    FAILS (zmq_join (dish, "movies"), EINVAL);
    FAILS (zmq_leave (dish, "news"), EINVAL);
    CHECK (zmq_leave (dish, "movies") == 0);
    FAILS (zmq_join (dish, NULL), EFAULT);
    FAILS (zmq_join (pair, "movies"), ENOTSUP);
    FAILS (zmq_join (NULL, "movies"), ENOTSOCK);
    CHECK (zmq_connect_peer (pair, "inproc://nowhere") == 0 && zmq_errno () == ENOTSUP);
    CHECK (zmq_connect_peer (NULL, "inproc://nowhere") == 0 && zmq_errno () == ENOTSOCK);
    FAILS (zmq_disconnect_peer (pair, 1), ENOTSUP);
    FAILS (zmq_disconnect_peer (NULL, 1), ENOTSOCK);
    zmq_close (dish);
    zmq_close (pair);
    CHECK (zmq_ctx_term (context) == 0);
}

int main (void)
{
    context_options ();
    ppoll ();
    topics_count ();
    groups ();
    return 0;
}
