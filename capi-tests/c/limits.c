/* When the system has no descriptor left: calls say so, nothing is lost, and it goes on once there are some. */
#include "check.h"
#include <dirent.h>
#include <sys/resource.h>

#define FDS_MAX 64

static int taken [FDS_MAX];
static int count;

static void take_fds (void)
{
    int fd;
    while ((fd = dup (0)) >= 0) {
        CHECK (count < FDS_MAX);
        taken [count++] = fd;
    }
    CHECK (errno == EMFILE);
}

static void give_fds_back (int left)
{
    while (count > left)
        close (taken [--count]);
}

/* Whether all threads but this one sleep. */
static int others_sleep (void)
{
    char name [300], text [300];
    struct dirent *entry;
    DIR *tasks = opendir ("/proc/self/task");
    int asleep = 1;
    CHECK (tasks != NULL);
    while (asleep && (entry = readdir (tasks)) != NULL) {
        FILE *file;
        if (entry->d_name [0] == '.' || atoi (entry->d_name) == getpid ())
            continue;
        sprintf (name, "/proc/self/task/%s/stat", entry->d_name);
        file = fopen (name, "r");
        CHECK (file != NULL && fgets (text, sizeof text, file) != NULL);
        /* The number, the name in brackets, the state. */
        CHECK (strrchr (text, ')') != NULL);
        asleep = strrchr (text, ')') [2] == 'S';
        fclose (file);
    }
    closedir (tasks);
    return asleep;
}

/* The system sets a descriptor aside while a thread asks whether a peer has come: that too is to be had, a moment later. */
static void take_all_fds (void)
{
    int quiet;
    do {
        take_fds ();
        /* To look takes two, and there may be others who take some. */
        give_fds_back (count - 5);
        quiet = others_sleep ();
    } while (!quiet);
    take_fds ();
}

int main (void)
{
    struct rlimit limit = {FDS_MAX, FDS_MAX};
    char endpoint [64];
    void *context, *pull, *push, *other, *late;
    int fd;
    size_t size = sizeof fd;

    limit_time ();
    OK (setrlimit (RLIMIT_NOFILE, &limit));
    context = zmq_init (1);
    CHECK (context != NULL);
    pull = new_socket (context, ZMQ_PULL);
    push = new_socket (context, ZMQ_PUSH);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    bind_tcp (pull, endpoint);

    take_all_fds ();
    /* A new context needs some for its I/O thread, which starts with the first socket. */
    late = zmq_init (1);
    CHECK (late != NULL);
    NULL_FOR (zmq_socket (late, ZMQ_PAIR), EMFILE);
    other = new_socket (context, ZMQ_PAIR);
    FAILS (zmq_bind (other, "tcp://127.0.0.1:*"), EMFILE);
    FAILS (zmq_bind (other, "ipc://limits.ipc"), EMFILE);
    FAILS (zmq_getsockopt (other, ZMQ_FD, &fd, &size), EMFILE);
    /* What needs no descriptor works. */
    OK (zmq_bind (other, "inproc://limits"));
    OK (zmq_close (other));
    /* A connection is made later. */
    OK (zmq_connect (push, endpoint));
    send_text (push, "later", 0);
    give_fds_back (0);
    EXPECT_TEXT (pull, "later", 0);
    OK (zmq_close (new_socket (late, ZMQ_PAIR)));
    OK (zmq_term (late));

    OK (zmq_close (pull));
    OK (zmq_close (push));
    OK (zmq_term (context));
    return 0;
}
