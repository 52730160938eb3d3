/* Nothing is left after zmq_term: no descriptor, no thread, no file, no connection. */
#include "check.h"
#include <dirent.h>
#include <pthread.h>

static int entries (const char *path)
{
    DIR *dir = opendir (path);
    int count = 0;
    CHECK (dir != NULL);
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

static void work (int round)
{
    static const char *const endpoints [] = {"tcp", "inproc://leaks", "ipc://leaks.ipc"};
    void *context = zmq_init (1 + round % 3);
    size_t i;
    CHECK (context != NULL);
    for (i = 0; i < 3; i++) {
        char tcp [64];
        const char *endpoint = endpoints [i];
        void *req = new_socket (context, ZMQ_REQ), *rep = new_socket (context, ZMQ_REP);
        zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
        int fd;
        size_t size = sizeof fd;
        if (i == 0)
            endpoint = bind_tcp (rep, tcp);
        else
            OK (zmq_bind (rep, endpoint));
        OK (zmq_connect (req, endpoint));
        send_text (req, "a question that does not fit into the structure itself", 0);
        item.socket = rep;
        CHECK (zmq_poll (&item, 1, -1) == 1);
        OK (zmq_getsockopt (rep, ZMQ_FD, &fd, &size));
        EXPECT_TEXT (rep, "a question that does not fit into the structure itself", 0);
        send_text (rep, "answer", 0);
        /* Some end in the middle of things. */
        if (round % 2)
            EXPECT_TEXT (req, "answer", 0);
        OK (zmq_close (req));
        OK (zmq_close (rep));
    }
    /* One that nobody answers. */
    {
        void *push = new_socket (context, ZMQ_PUSH);
        set_int (push, ZMQ_LINGER, 0);
        OK (zmq_connect (push, "ipc://nobody.ipc"));
        send_text (push, "to nobody", 0);
        OK (zmq_close (push));
    }
    OK (zmq_term (context));
}

/* A thread that has been joined is in the list for a moment still. */
static void settle (const char *path, int expected)
{
    int tries;
    for (tries = 0; tries < 10000 && entries (path) != expected; tries++)
        zmq_poll (NULL, 0, 1000);
    CHECK (entries (path) == expected);
}

int main (void)
{
    int round, fds, threads, files = entries (".");
    limit_time ();
    threads = entries ("/proc/self/task");
    fds = entries ("/proc/self/fd");
    for (round = 0; round < 50; round++) {
        work (round);
        settle ("/proc/self/task", threads);
        settle ("/proc/self/fd", fds);
        CHECK (entries (".") == files);
    }
    return 0;
}
