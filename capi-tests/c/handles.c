/* Contexts and sockets that are none: NULL, closed, of another kind, or no handle at all. */
#include "check.h"

/* Every function refuses it. */
static void not_a_socket (void *bad, void *good)
{
    zmq_msg_t msg;
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    char value [8] = {0};
    size_t size = sizeof value;

    FAILS (zmq_close (bad), ENOTSOCK);
    FAILS (zmq_bind (bad, "inproc://x"), ENOTSOCK);
    FAILS (zmq_bind (bad, NULL), ENOTSOCK);
    FAILS (zmq_connect (bad, "inproc://x"), ENOTSOCK);
    FAILS (zmq_connect (bad, "nonsense"), ENOTSOCK);
    FAILS (zmq_setsockopt (bad, ZMQ_HWM, value, sizeof value), ENOTSOCK);
    FAILS (zmq_setsockopt (bad, ZMQ_HWM, NULL, 8), ENOTSOCK);
    FAILS (zmq_setsockopt (bad, ZMQ_SUBSCRIBE, "", 0), ENOTSOCK);
    FAILS (zmq_getsockopt (bad, ZMQ_HWM, value, &size), ENOTSOCK);
    FAILS (zmq_getsockopt (bad, ZMQ_TYPE, value, &size), ENOTSOCK);
    FAILS (zmq_getsockopt (bad, ZMQ_EVENTS, value, &size), ENOTSOCK);
    FAILS (zmq_getsockopt (bad, ZMQ_FD, value, &size), ENOTSOCK);
    FAILS (zmq_getsockopt (bad, ZMQ_RCVMORE, value, &size), ENOTSOCK);
    FAILS (zmq_getsockopt (bad, ZMQ_LAST_ENDPOINT, value, &size), ENOTSOCK);

    OK (zmq_msg_init_size (&msg, 3));
    memcpy (zmq_msg_data (&msg), "abc", 3);
    FAILS (zmq_send (bad, &msg, 0), ENOTSOCK);
    FAILS (zmq_recv (bad, &msg, 0), ENOTSOCK);
    FAILS (zmq_send (bad, &msg, ZMQ_NOBLOCK), ENOTSOCK);
    FAILS (zmq_recv (bad, &msg, ZMQ_NOBLOCK), ENOTSOCK);
    FAILS (zmq_send (bad, NULL, 0), ENOTSOCK);
    FAILS (zmq_recv (bad, NULL, 0), ENOTSOCK);
    CHECK (zmq_msg_size (&msg) == 3 && memcmp (zmq_msg_data (&msg), "abc", 3) == 0);
    OK (zmq_msg_close (&msg));

    if (bad) {
        item.socket = bad;
        FAILS (zmq_poll (&item, 1, 0), ENOTSOCK);
        FAILS (zmq_poll (&item, 1, -1), ENOTSOCK);
    }
    FAILS (zmq_device (ZMQ_QUEUE, bad, good), ENOTSOCK);
    FAILS (zmq_device (ZMQ_QUEUE, good, bad), ENOTSOCK);
}

static void not_a_context (void *bad)
{
    FAILS (zmq_term (bad), EFAULT);
    NULL_FOR (zmq_socket (bad, ZMQ_PAIR), EFAULT);
}

static void versions_and_texts (void)
{
    static const int own [] = {EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD};
    int major = 0, minor = 0, patch = -1;
    size_t i, j;

    zmq_version (&major, &minor, &patch);
    CHECK (major == ZMQ_VERSION_MAJOR && minor == ZMQ_VERSION_MINOR && patch == ZMQ_VERSION_PATCH);
    zmq_version (NULL, NULL, NULL);
    CHECK (ZMQ_VERSION == 20200 && ZMQ_VERSION >= ZMQ_MAKE_VERSION (2, 1, 11));

    for (i = 0; i < sizeof own / sizeof own [0]; i++)
        for (j = 0; j <= i; j++)
            CHECK ((strcmp (zmq_strerror (own [i]), zmq_strerror (own [j])) == 0) == (i == j));
    CHECK (strcmp (zmq_strerror (EINVAL), strerror (EINVAL)) == 0);
    CHECK (strlen (zmq_strerror (ETERM + 1000)) > 0 && strlen (zmq_strerror (-1)) > 0);
    errno = EFSM;
    CHECK (zmq_errno () == EFSM);
}

int main (void)
{
    int variable = 0;
    void *context, *s, *closed;
    size_t bit;

    limit_time ();
    versions_and_texts ();

    NULL_FOR (zmq_init (-1), EINVAL);
    NULL_FOR (zmq_init (-2147483647 - 1), EINVAL);
    context = zmq_init (1);
    CHECK (context != NULL);
    s = new_socket (context, ZMQ_XREP);

    NULL_FOR (zmq_socket (context, -1), EINVAL);
    NULL_FOR (zmq_socket (context, ZMQ_XSUB + 1), EINVAL);
    NULL_FOR (zmq_socket (context, 2147483647), EINVAL);

    closed = new_socket (context, ZMQ_PUSH);
    OK (zmq_close (closed));
    not_a_socket (closed, s);
    not_a_socket (NULL, s);
    not_a_socket (&variable, s);
    not_a_socket (context, s);
    not_a_socket ((void *) -1, s);
    not_a_context (NULL);
    not_a_context (&variable);
    not_a_context (s);
    not_a_context ((void *) -1);
    /* One bit away from a handle that is in use. */
    for (bit = 0; bit < 8 * sizeof s; bit++) {
        void *near_socket = (void *) ((uintptr_t) s ^ (uintptr_t) 1 << bit);
        void *near_context = (void *) ((uintptr_t) context ^ (uintptr_t) 1 << bit);
        FAILS (zmq_bind (near_socket, "inproc://x"), ENOTSOCK);
        not_a_context (near_context);
    }

    /* The place of a closed socket is taken by the next: the old handle stays dead. */
    {
        int i;
        for (i = 0; i < 100; i++) {
            void *next = new_socket (context, ZMQ_PUSH);
            CHECK (next != closed);
            FAILS (zmq_close (closed), ENOTSOCK);
            OK (zmq_close (next));
        }
    }

    OK (zmq_close (s));
    FAILS (zmq_close (s), ENOTSOCK);
    OK (zmq_term (context));
    not_a_context (context);
    not_a_socket (s, s);

    /* A context without I/O threads, and several at a time. */
    context = zmq_init (0);
    CHECK (context != NULL);
    s = zmq_init (3);
    CHECK (s != NULL && s != context);
    OK (zmq_term (s));
    OK (zmq_term (context));
    return 0;
}
