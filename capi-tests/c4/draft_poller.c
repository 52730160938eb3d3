/* Pollers, which are of the draft API. The original of Debian does not have it. */
#ifndef ZMQ_BUILD_DRAFT_API
#define ZMQ_BUILD_DRAFT_API
#endif
#include "check.h"
#include <poll.h>
#include <sys/socket.h>

static void *context;

static void no_pollers (void)
{
    void *none = NULL, *s = new_socket (context, ZMQ_PAIR);
    zmq_poller_event_t event;
    zmq_fd_t fd;
    void *const bad [] = {NULL, &none, s};
    size_t i;
    FAILS (zmq_poller_destroy (NULL), EFAULT);
    for (i = 0; i < sizeof bad / sizeof bad [0]; i++) {
        void *poller = bad [i];
        FAILS (zmq_poller_destroy (&poller), EFAULT);
        FAILS (zmq_poller_size (poller), EFAULT);
        FAILS (zmq_poller_add (poller, s, NULL, ZMQ_POLLIN), EFAULT);
        FAILS (zmq_poller_modify (poller, s, ZMQ_POLLIN), EFAULT);
        FAILS (zmq_poller_remove (poller, s), EFAULT);
        FAILS (zmq_poller_add_fd (poller, 0, NULL, ZMQ_POLLIN), EFAULT);
        FAILS (zmq_poller_modify_fd (poller, 0, ZMQ_POLLIN), EFAULT);
        FAILS (zmq_poller_remove_fd (poller, 0), EFAULT);
        FAILS (zmq_poller_wait (poller, &event, 0), EFAULT);
        FAILS (zmq_poller_wait_all (poller, &event, 1, 0), EFAULT);
        FAILS (zmq_poller_fd (poller, &fd), EFAULT);
    }
    OK (zmq_close (s));
}

static void registrations (void)
{
    void *poller = zmq_poller_new (), *gone, *s = new_socket (context, ZMQ_PAIR);
    zmq_poller_event_t events [2];
    int pair [2];
    CHECK (poller != NULL);
    OK (socketpair (AF_UNIX, SOCK_STREAM, 0, pair));
    CHECK (zmq_poller_size (poller) == 0);
    FAILS (zmq_poller_add (poller, NULL, NULL, ZMQ_POLLIN), ENOTSOCK);
    FAILS (zmq_poller_add (poller, poller, NULL, ZMQ_POLLIN), ENOTSOCK);
    FAILS (zmq_poller_add (poller, s, NULL, 0x7fff), EINVAL);
    FAILS (zmq_poller_modify (poller, NULL, ZMQ_POLLIN), ENOTSOCK);
    FAILS (zmq_poller_modify (poller, s, ZMQ_POLLIN), EINVAL);
    FAILS (zmq_poller_remove (poller, NULL), ENOTSOCK);
    FAILS (zmq_poller_remove (poller, s), EINVAL);
    FAILS (zmq_poller_add_fd (poller, -1, NULL, ZMQ_POLLIN), EBADF);
    FAILS (zmq_poller_modify_fd (poller, -1, ZMQ_POLLIN), EBADF);
    FAILS (zmq_poller_remove_fd (poller, -1), EBADF);
    FAILS (zmq_poller_modify_fd (poller, pair [0], ZMQ_POLLIN), EINVAL);
    FAILS (zmq_poller_remove_fd (poller, pair [0]), EINVAL);
    /* Nothing that a wait could end with. */
    FAILS (zmq_poller_wait (poller, events, -1), EFAULT);
    FAILS (zmq_poller_wait (poller, events, 0), EAGAIN);
    FAILS (zmq_poller_wait (poller, events, 20), EAGAIN);
    OK (zmq_poller_add (poller, s, NULL, 0));
    FAILS (zmq_poller_add (poller, s, NULL, ZMQ_POLLIN), EINVAL);
    FAILS (zmq_poller_wait (poller, events, -1), EFAULT);
    OK (zmq_poller_modify (poller, s, ZMQ_POLLIN));
    FAILS (zmq_poller_modify (poller, s, 0x7fff), EINVAL);
    OK (zmq_poller_add_fd (poller, pair [0], NULL, ZMQ_POLLIN));
    FAILS (zmq_poller_add_fd (poller, pair [0], NULL, ZMQ_POLLIN), EINVAL);
    CHECK (zmq_poller_size (poller) == 2);
    FAILS (zmq_poller_wait (poller, NULL, 0), EFAULT);
    FAILS (zmq_poller_wait_all (poller, NULL, 2, 0), EFAULT);
    FAILS (zmq_poller_wait_all (poller, events, -1, 0), EINVAL);
    FAILS (zmq_poller_wait_all (poller, events, 0, 0), EAGAIN);
    FAILS (zmq_poller_wait_all (poller, events, 2, 20), EAGAIN);
    events [0].socket = s;
    FAILS (zmq_poller_wait (poller, events, 0), EAGAIN);
    CHECK (events [0].socket == NULL && events [0].fd == -1 && events [0].events == 0);
    OK (zmq_poller_remove_fd (poller, pair [0]));
    FAILS (zmq_poller_remove_fd (poller, pair [0]), EINVAL);
    CHECK (zmq_poller_size (poller) == 1);
    /* A socket that was closed too early. */
    OK (zmq_close (s));
    FAILS (zmq_poller_wait (poller, events, 0), ENOTSOCK);
    OK (zmq_poller_remove (poller, s));
    FAILS (zmq_poller_remove (poller, s), ENOTSOCK);
    CHECK (zmq_poller_size (poller) == 0);
    gone = poller;
    OK (zmq_poller_destroy (&poller));
    CHECK (poller == NULL);
    FAILS (zmq_poller_destroy (&gone), EFAULT);
    close (pair [0]);
    close (pair [1]);
}

static void *send_later (void *s)
{
    usleep (20000);
    SEND (s, "later", 0);
    return NULL;
}

static void waiting (void)
{
    void *poller = zmq_poller_new (), *s [2];
    zmq_poller_event_t events [4];
    char byte, text [10];
    int pair [2], data [3], i;
    pthread_t thread;
    s [0] = new_socket (context, ZMQ_PAIR);
    s [1] = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (s [0], "inproc://waiting"));
    OK (zmq_connect (s [1], "inproc://waiting"));
    OK (socketpair (AF_UNIX, SOCK_STREAM, 0, pair));
    OK (zmq_poller_add (poller, s [0], &data [0], ZMQ_POLLIN));
    OK (zmq_poller_add_fd (poller, pair [0], &data [1], ZMQ_POLLIN));
    OK (zmq_poller_add (poller, s [1], &data [2], ZMQ_POLLIN | ZMQ_POLLOUT));
    OK (zmq_poller_wait (poller, events, -1));
    CHECK (events [0].socket == s [1] && events [0].fd == -1);
    CHECK (events [0].user_data == &data [2] && events [0].events == ZMQ_POLLOUT);
    OK (zmq_poller_modify (poller, s [1], ZMQ_POLLIN));
    OK (pthread_create (&thread, NULL, send_later, s [1]));
    OK (zmq_poller_wait (poller, events, MS_MAX));
    OK (pthread_join (thread, NULL));
    CHECK (events [0].socket == s [0] && events [0].user_data == &data [0] && events [0].events == ZMQ_POLLIN);
    CHECK (write (pair [1], "x", 1) == 1);
    CHECK (zmq_poller_wait_all (poller, events, 4, -1) == 2);
    CHECK (events [0].socket == s [0] && events [1].socket == NULL && events [1].fd == pair [0]);
    CHECK (events [1].user_data == &data [1] && events [1].events == ZMQ_POLLIN);
    /* Each gets its turn, though there is room for one only. */
    for (i = 0; i < 4; i++) {
        CHECK (zmq_poller_wait_all (poller, events, 1, -1) == 1);
        CHECK ((events [0].socket == s [0]) == (i % 2 == 0));
    }
    CHECK (read (pair [0], &byte, 1) == 1);
    CHECK (zmq_recv (s [0], text, sizeof text, 0) == 5);
    OK (zmq_poller_modify_fd (poller, pair [0], ZMQ_POLLOUT));
    OK (zmq_poller_wait (poller, events, MS_MAX));
    CHECK (events [0].fd == pair [0] && events [0].events == ZMQ_POLLOUT);
    OK (zmq_poller_modify_fd (poller, pair [0], 0));
    FAILS (zmq_poller_wait (poller, events, 0), EAGAIN);
    OK (zmq_ctx_shutdown (context));
    FAILS (zmq_poller_wait (poller, events, -1), ETERM);
    /* Registrations need not be undone. */
    OK (zmq_poller_destroy (&poller));
    OK (zmq_close (s [0]));
    OK (zmq_close (s [1]));
    close (pair [0]);
    close (pair [1]);
}

/* Sockets that threads may share have a descriptor that tells of them. */
static void descriptor (void)
{
    void *poller = zmq_poller_new (), *pair = new_socket (context, ZMQ_PAIR);
    void *server = new_socket (context, ZMQ_SERVER), *client = new_socket (context, ZMQ_CLIENT);
    zmq_poller_event_t event;
    struct pollfd item;
    char endpoint [256], text [10];
    zmq_fd_t fd, again;
    int i;
    FAILS (zmq_poller_fd (poller, &fd), EINVAL);
    OK (zmq_poller_add (poller, pair, NULL, ZMQ_POLLIN));
    FAILS (zmq_poller_fd (poller, &fd), EINVAL);
    OK (zmq_poller_add (poller, server, NULL, ZMQ_POLLIN));
    FAILS (zmq_poller_fd (poller, NULL), EFAULT);
    OK (zmq_poller_fd (poller, &fd));
    OK (zmq_poller_fd (poller, &again));
    CHECK (fd >= 0 && fd == again);
    OK (zmq_connect (client, bind_tcp (server, endpoint)));
    item.fd = fd;
    item.events = POLLIN;
    for (i = 0; i < 3; i++) {
        SEND (client, "ping", 0);
        while (zmq_poller_wait (poller, &event, 0) == -1) {
            CHECK (errno == EAGAIN);
            CHECK (poll (&item, 1, MS_MAX) == 1);
        }
        CHECK (event.socket == server);
        CHECK (zmq_recv (server, text, sizeof text, 0) == 4);
    }
    OK (zmq_poller_remove (poller, server));
    FAILS (zmq_poller_fd (poller, &fd), EINVAL);
    OK (zmq_poller_destroy (&poller));
    OK (zmq_close (pair));
    OK (zmq_close (server));
    OK (zmq_close (client));
}

static void *wait_for_it (void *s)
{
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    char text [10];
    int got = 0;
    OK (zmq_poller_add (poller, s, NULL, ZMQ_POLLIN));
    while (zmq_poller_wait (poller, &event, 2000) == 0) {
        int size = zmq_recv (s, text, sizeof text, ZMQ_DONTWAIT);
        CHECK (size >= 0 || errno == EAGAIN);
        if (size == 3)
            break;
        got += size > 0;
    }
    OK (zmq_poller_destroy (&poller));
    return (void *) (intptr_t) got;
}

/* One thread-safe socket in the pollers of two threads. */
static void shared (void)
{
    void *server = new_socket (context, ZMQ_SERVER), *client = new_socket (context, ZMQ_CLIENT), *got;
    pthread_t threads [2];
    char endpoint [256];
    int i, sum = 0;
    OK (zmq_connect (client, bind_tcp (server, endpoint)));
    for (i = 0; i < 2; i++)
        OK (pthread_create (&threads [i], NULL, wait_for_it, server));
    for (i = 0; i < 500; i++)
        SEND (client, "x", 0);
    for (i = 0; i < 2; i++)
        SEND (client, "end", 0);
    for (i = 0; i < 2; i++) {
        OK (pthread_join (threads [i], &got));
        sum += (int) (intptr_t) got;
    }
    CHECK (sum == 500);
    OK (zmq_close (server));
    OK (zmq_close (client));
}

int main (void)
{
    begin ();
    context = zmq_ctx_new ();
    no_pollers ();
    registrations ();
    descriptor ();
    shared ();
    waiting ();
    OK (zmq_ctx_term (context));
    return 0;
}
