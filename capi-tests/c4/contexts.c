/* Contexts: their options, their limits, shutting them down and ending them. */
#include "check.h"
#include <dirent.h>

static const struct {
    int number;
    const char *name;
} options [] = {
#define O(name) {name, #name}
    O (ZMQ_IO_THREADS), O (ZMQ_MAX_SOCKETS), O (ZMQ_SOCKET_LIMIT), O (ZMQ_THREAD_PRIORITY),
    O (ZMQ_THREAD_SCHED_POLICY), O (ZMQ_MAX_MSGSZ), O (ZMQ_MSG_T_SIZE), O (ZMQ_THREAD_AFFINITY_CPU_ADD),
    O (ZMQ_THREAD_AFFINITY_CPU_REMOVE), O (ZMQ_THREAD_NAME_PREFIX), O (ZMQ_IPV6), O (ZMQ_BLOCKY), {0, "option 0"},
    {-1, "option -1"}, {1000, "option 1000"}
#undef O
};

static void values (void)
{
    static const int numbers [] = {0, 1, -1, 2, 16, 1023, 65535, 65536, 2147483647, -2147483647};
    size_t option, i;
    for (option = 0; option < sizeof options / sizeof options [0]; option++) {
        void *context = zmq_ctx_new ();
        errno = 0;
        printf ("%s: %d", options [option].name, zmq_ctx_get (context, options [option].number));
        printf (", %s\n", error_name (errno));
        for (i = 0; i < sizeof numbers / sizeof numbers [0]; i++) {
            errno = 0;
            if (zmq_ctx_set (context, options [option].number, numbers [i]) == -1)
                printf ("  = %d: %s\n", numbers [i], error_name (errno));
            else
                printf ("  = %d: set, now %d\n", numbers [i], zmq_ctx_get (context, options [option].number));
        }
        OK (zmq_ctx_term (context));
    }
}

static void limits (void)
{
    void *context = zmq_ctx_new (), *sockets [4];
    int i;
    TRY (zmq_ctx_set (context, ZMQ_MAX_SOCKETS, 3));
    for (i = 0; i < 3; i++)
        CHECK ((sockets [i] = zmq_socket (context, ZMQ_PAIR)) != NULL);
    TRY_POINTER (zmq_socket (context, ZMQ_PAIR));
    TRY (zmq_close (sockets [2]));
    /* The original needs a moment, until its own thread has put the socket away. */
    for (i = 0; i < 10000 && !(sockets [2] = zmq_socket (context, ZMQ_PAIR)); i++)
        a_moment ();
    CHECK (sockets [2] != NULL);
    for (i = 0; i < 3; i++)
        OK (zmq_close (sockets [i]));
    TRY (zmq_ctx_term (context));
    context = zmq_ctx_new ();
    TRY_POINTER (zmq_socket (context, -1));
    TRY_POINTER (zmq_socket (context, 100));
    TRY (zmq_ctx_term (context));
}

/* The old names. */
static void old_names (void)
{
    void *context = zmq_init (2);
    CHECK (context != NULL);
    TRY (zmq_ctx_get (context, ZMQ_IO_THREADS));
    TRY (zmq_term (context));
    TRY_POINTER (zmq_init (-1));
    context = zmq_init (0);
    CHECK (context != NULL);
    TRY (zmq_ctx_destroy (context));
}

static void shut_down (void)
{
    void *context = zmq_ctx_new (), *s = zmq_socket (context, ZMQ_PAIR), *other = zmq_socket (context, ZMQ_ROUTER);
    char bytes [4];
    int value = 0;
    size_t size = sizeof value;
    zmq_msg_t msg;
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    TRY (zmq_ctx_shutdown (context));
    TRY (zmq_ctx_shutdown (context));
    TRY (zmq_send (s, "x", 1, 0));
    TRY (zmq_recv (s, bytes, sizeof bytes, 0));
    TRY (zmq_recv (s, bytes, sizeof bytes, ZMQ_DONTWAIT));
    TRY (zmq_bind (s, "inproc://x"));
    TRY (zmq_connect (s, "inproc://x"));
    TRY (zmq_unbind (s, "inproc://x"));
    TRY (zmq_disconnect (s, "inproc://x"));
    TRY (zmq_setsockopt (s, ZMQ_LINGER, &value, sizeof value));
    TRY (zmq_getsockopt (s, ZMQ_LINGER, &value, &size));
    TRY (zmq_poll (&item, 1, -1));
    TRY (zmq_poll (&item, 1, 0));
    TRY (zmq_socket_monitor (s, "inproc://monitor", ZMQ_EVENT_ALL));
    TRY_POINTER (zmq_socket (context, ZMQ_PAIR));
    TRY (zmq_proxy (s, other, NULL));
    OK (zmq_msg_init (&msg));
    TRY (zmq_msg_send (&msg, s, 0));
    TRY (zmq_msg_recv (&msg, s, 0));
    OK (zmq_msg_close (&msg));
    TRY (zmq_close (s));
    TRY (zmq_close (other));
    TRY (zmq_ctx_term (context));
}

/* Shut down before there was a socket. */
static void shut_down_at_once (void)
{
    void *context = zmq_ctx_new ();
    TRY (zmq_ctx_shutdown (context));
    TRY_POINTER (zmq_socket (context, ZMQ_PAIR));
    TRY (zmq_ctx_term (context));
}

static void *wait_for_message (void *s)
{
    char byte;
    int result = zmq_recv (s, &byte, 1, 0);
    CHECK (result == -1 && errno == ETERM);
    CHECK (zmq_recv (s, &byte, 1, 0) == -1 && errno == ETERM);
    OK (zmq_close (s));
    return NULL;
}

/* Blocked calls return; ending the context waits for the sockets. */
static void blocked (void)
{
    void *context = zmq_ctx_new ();
    pthread_t threads [3];
    int i;
    static const int types [] = {ZMQ_PULL, ZMQ_SUB, ZMQ_ROUTER};
    for (i = 0; i < 3; i++) {
        void *s = zmq_socket (context, types [i]);
        CHECK (s != NULL);
        threads [i] = start (wait_for_message, s);
    }
    TRY (zmq_ctx_term (context));
    for (i = 0; i < 3; i++)
        end (threads [i]);
}

/* What the context says of IPv6 and of lingering holds for its sockets. */
static void inherited (void)
{
    void *context = zmq_ctx_new (), *s;
    OK (zmq_ctx_set (context, ZMQ_IPV6, 1));
    OK (zmq_ctx_set (context, ZMQ_BLOCKY, 0));
    s = zmq_socket (context, ZMQ_PUSH);
    TRY (get_int (s, ZMQ_IPV6));
    TRY (get_int (s, ZMQ_LINGER));
    OK (zmq_connect (s, "inproc://nobody"));
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
    context = zmq_ctx_new ();
    s = zmq_socket (context, ZMQ_PUSH);
    TRY (get_int (s, ZMQ_IPV6));
    TRY (get_int (s, ZMQ_LINGER));
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
}

/* What the system says of the I/O threads: their names, how they are scheduled, and where they may run. (Of the original's
   two kinds of threads this library has one.) */
static void describe_threads (char text [1000])
{
    DIR *tasks = opendir ("/proc/self/task");
    struct dirent *task;
    char threads [8][128];
    int count = 0, i, j;
    CHECK (tasks != NULL);
    while ((task = readdir (tasks)) != NULL) {
        char path [300], line [1000], name [32] = "", allowed [64] = "", *field;
        int policy = -1;
        FILE *file;
        sprintf (path, "/proc/self/task/%.200s/status", task->d_name);
        file = task->d_name [0] == '.' ? NULL : fopen (path, "r");
        while (file && fgets (line, sizeof line, file))
            if (sscanf (line, "Name: %31s", name) != 1)
                sscanf (line, "Cpus_allowed_list: %63s", allowed);
        if (file)
            fclose (file);
        if (!strstr (name, "IO/"))
            continue;
        sprintf (path, "/proc/self/task/%.200s/stat", task->d_name);
        file = fopen (path, "r");
        /* It may have ended. The policy is the 41st field, of which the second is in brackets. */
        field = file && fgets (line, sizeof line, file) ? strrchr (line, ')') : NULL;
        for (i = 2; i < 41 && field; i++)
            field = strchr (field + 1, ' ');
        if (field)
            sscanf (field, "%d", &policy);
        if (file)
            fclose (file);
        CHECK (count < 8);
        sprintf (threads [count++], "[%s, policy %d, on %s]", name, policy, allowed);
    }
    closedir (tasks);
    text [0] = 0;
    /* In the order of their names. */
    for (i = 0; i < count; i++) {
        int least = 0;
        for (j = 1; j < count; j++)
            if (strcmp (threads [j], threads [least]) < 0)
                least = j;
        strcat (text, threads [least]);
        threads [least][0] = '~';
    }
}

/* Threads say what they are once they run: it comes to be so. */
static void await_threads (const char *expected)
{
    char text [1000];
    int i;
    describe_threads (text);
    for (i = 0; i < MS_MAX / 2 && strcmp (text, expected) != 0; i++) {
        a_moment ();
        describe_threads (text);
    }
    printf ("threads: %s\n", text);
}

static void threads (void)
{
    void *context = zmq_ctx_new (), *s;
    OK (zmq_ctx_set (context, ZMQ_IO_THREADS, 2));
    OK (zmq_ctx_set (context, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    s = new_socket (context, ZMQ_PAIR);
    await_threads ("[ZMQbg/IO/0, policy 0, on 0][ZMQbg/IO/1, policy 0, on 0]");
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));

    context = zmq_ctx_new ();
    OK (zmq_ctx_set (context, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    OK (zmq_ctx_set (context, ZMQ_THREAD_AFFINITY_CPU_ADD, 1));
    OK (zmq_ctx_set (context, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 1));
    /* SCHED_BATCH, which everybody may have. */
    OK (zmq_ctx_set (context, ZMQ_THREAD_SCHED_POLICY, 3));
    OK (zmq_ctx_set (context, ZMQ_THREAD_NAME_PREFIX, 7));
    s = new_socket (context, ZMQ_PAIR);
    await_threads ("[7/ZMQbg/IO/0, policy 3, on 0]");
    /* Too late. */
    TRY (zmq_ctx_set (context, ZMQ_THREAD_NAME_PREFIX, 8));
    OK (zmq_ctx_set (context, ZMQ_IO_THREADS, 4));
    await_threads ("[7/ZMQbg/IO/0, policy 3, on 0]");
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
    await_threads ("");
}

static void not_a_context (void)
{
    char zeros [1024];
    void *context = zmq_ctx_new (), *s = zmq_socket (context, ZMQ_PAIR);
    memset (zeros, 0, sizeof zeros);
    TRY (zmq_ctx_term (NULL));
    TRY (zmq_ctx_destroy (NULL));
    TRY (zmq_term (NULL));
    TRY (zmq_ctx_shutdown (NULL));
    TRY (zmq_ctx_set (NULL, ZMQ_IO_THREADS, 1));
    TRY (zmq_ctx_get (NULL, ZMQ_IO_THREADS));
    TRY_POINTER (zmq_socket (NULL, ZMQ_PAIR));
    TRY (zmq_ctx_term (zeros));
    TRY (zmq_ctx_set (zeros, ZMQ_IO_THREADS, 1));
    TRY (zmq_ctx_get (zeros, ZMQ_IO_THREADS));
    TRY_POINTER (zmq_socket (zeros, ZMQ_PAIR));
    TRY (zmq_close (NULL));
    TRY (zmq_close (zeros));
    TRY (zmq_close (context));
    TRY (zmq_close (s));
    if (ours ()) {
        /* The original may crash here; here it is seen that the handle is gone. */
        FAILS (zmq_close (s), ENOTSOCK);
        FAILS (zmq_ctx_term (s), EFAULT);
    }
    OK (zmq_ctx_term (context));
    if (ours ())
        FAILS (zmq_ctx_term (context), EFAULT);
}

int main (void)
{
    begin ();
    values ();
    limits ();
    old_names ();
    shut_down ();
    shut_down_at_once ();
    blocked ();
    inherited ();
    threads ();
    not_a_context ();
    return 0;
}
