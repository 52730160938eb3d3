/* What monitors and routers tell in the draft API: events in the second format, what waits in pipes, a peer's state; and
   what is told when there are no descriptors left, on which the original does not survive. */
#ifndef ZMQ_BUILD_DRAFT_API
#define ZMQ_BUILD_DRAFT_API
#endif
#include "check.h"
#include "raw.h"
#include <sys/resource.h>

/* The next part: a number in 64 bits. More follow. */
static uint64_t number (void *s)
{
    uint64_t value;
    CHECK (zmq_recv (s, &value, sizeof value, 0) == sizeof value && get_int (s, ZMQ_RCVMORE) == 1);
    return value;
}

/* Waits for an event, and gives how many values it has, and the first two. */
static uint64_t await_event (void *s, uint64_t wanted, uint64_t values [2], char endpoint [256])
{
    for (;;) {
        uint64_t event = number (s), count = number (s), i;
        int size;
        for (i = 0; i < count; i++) {
            uint64_t value = number (s);
            if (i < 2)
                values [i] = value;
        }
        size = zmq_recv (s, endpoint, 255, 0);
        CHECK (size >= 0 && size < 255 && get_int (s, ZMQ_RCVMORE) == 1);
        endpoint [size] = 0;
        CHECK (zmq_recv (s, NULL, 0, 0) >= 0 && get_int (s, ZMQ_RCVMORE) == 0);
        if (event == wanted)
            return count;
    }
}

static void second_format (int monitor_type, int reader_type)
{
    void *context = zmq_ctx_new ();
    void *server = new_socket (context, ZMQ_PULL), *client = new_socket (context, ZMQ_PUSH);
    void *reader = new_socket (context, reader_type);
    char endpoint [256], told [256];
    uint64_t values [2];

    if (reader_type == ZMQ_SUB)
        set_text (reader, ZMQ_SUBSCRIBE, "");
    OK (zmq_socket_monitor_versioned (server, "inproc://monitor", ZMQ_EVENT_ALL_V2, 2, monitor_type));
    OK (zmq_connect (reader, "inproc://monitor"));
    bind_tcp (server, endpoint);
    if (reader_type != ZMQ_SUB) {
        CHECK (await_event (reader, ZMQ_EVENT_LISTENING, values, told) == 1 && strcmp (told, endpoint) == 0);
        FAILS (zmq_socket_monitor_pipes_stats (server), EAGAIN);
    }
    OK (zmq_connect (client, endpoint));
    SEND (client, "one", 0);
    wait_for_events (server, ZMQ_POLLIN);
    OK (zmq_socket_monitor_pipes_stats (server));
    CHECK (await_event (reader, ZMQ_EVENT_PIPES_STATS, values, told) == 2);
    CHECK (values [0] == 0);
    OK (zmq_socket_monitor_versioned (server, NULL, 0, 2, monitor_type));
    FAILS (zmq_socket_monitor_pipes_stats (server), EINVAL);
    OK (zmq_close (server));
    OK (zmq_close (client));
    OK (zmq_close (reader));
    OK (zmq_ctx_term (context));
}

static void monitor_errors (void)
{
    void *context = zmq_ctx_new ();
    void *s = new_socket (context, ZMQ_PULL);
    FAILS (zmq_socket_monitor_versioned (s, "inproc://m", ZMQ_EVENT_ALL_V2, 3, ZMQ_PAIR), EINVAL);
    FAILS (zmq_socket_monitor_versioned (s, "inproc://m", ZMQ_EVENT_ALL_V2, 1, ZMQ_PAIR), EINVAL);
    FAILS (zmq_socket_monitor_versioned (s, "inproc://m", ZMQ_EVENT_ALL_V1, 1, ZMQ_REP), EINVAL);
    FAILS (zmq_socket_monitor_versioned (s, "tcp://127.0.0.1:*", ZMQ_EVENT_ALL_V1, 1, ZMQ_PAIR), EPROTONOSUPPORT);
    FAILS (zmq_socket_monitor_versioned (NULL, "inproc://m", ZMQ_EVENT_ALL_V1, 1, ZMQ_PAIR), ENOTSOCK);
    FAILS (zmq_socket_monitor_pipes_stats (s), EINVAL);
    FAILS (zmq_socket_monitor_pipes_stats (NULL), ENOTSOCK);
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
}

/* A connection for which there is no descriptor is told of, and accepted later. */
static void no_descriptors (void)
{
    void *context = zmq_ctx_new ();
    void *server = new_socket (context, ZMQ_PULL), *reader = new_socket (context, ZMQ_PAIR);
    char endpoint [256], told [256];
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct rlimit limit, before;
    uint64_t values [2];
    int fd = socket (AF_INET, SOCK_STREAM, 0), free_fd;

    OK (zmq_socket_monitor_versioned (server, "inproc://monitor", ZMQ_EVENT_ALL_V2, 2, ZMQ_PAIR));
    OK (zmq_connect (reader, "inproc://monitor"));
    bind_tcp (server, endpoint);
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    address.sin_port = htons (port_of (endpoint));
    CHECK (await_event (reader, ZMQ_EVENT_LISTENING, values, told) == 1);

    OK (getrlimit (RLIMIT_NOFILE, &before));
    limit = before;
    free_fd = dup (fd);
    CHECK (free_fd != -1);
    close (free_fd);
    limit.rlim_cur = (rlim_t) free_fd;
    OK (setrlimit (RLIMIT_NOFILE, &limit));
    OK (connect (fd, (struct sockaddr *) &address, sizeof address));
    CHECK (await_event (reader, ZMQ_EVENT_ACCEPT_FAILED, values, told) == 1 && values [0] == EMFILE);
    CHECK (strcmp (told, endpoint) == 0);
    OK (setrlimit (RLIMIT_NOFILE, &before));
    CHECK (await_event (reader, ZMQ_EVENT_ACCEPTED, values, told) == 1);
    close (fd);
    OK (zmq_close (server));
    OK (zmq_close (reader));
    OK (zmq_ctx_term (context));
}

static void peer_state (void)
{
    void *context = zmq_ctx_new ();
    void *router = new_socket (context, ZMQ_ROUTER), *dealer = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int state;

    set_text (dealer, ZMQ_ROUTING_ID, "peer");
    bind_tcp (router, endpoint);
    FAILS (zmq_socket_get_peer_state (router, "peer", 4), EHOSTUNREACH);
    OK (zmq_connect (dealer, endpoint));
    SEND (dealer, "x", 0);
    wait_for_events (router, ZMQ_POLLIN);
    state = zmq_socket_get_peer_state (router, "peer", 4);
    CHECK (state != -1 && (state & ZMQ_POLLOUT));
    FAILS (zmq_socket_get_peer_state (router, "pee", 3), EHOSTUNREACH);
    FAILS (zmq_socket_get_peer_state (dealer, "peer", 4), ENOTSUP);
    FAILS (zmq_socket_get_peer_state (router, NULL, 4), EINVAL);
    FAILS (zmq_socket_get_peer_state (NULL, "peer", 4), ENOTSOCK);
    OK (zmq_close (router));
    OK (zmq_close (dealer));
    OK (zmq_ctx_term (context));
}

int main (void)
{
    begin ();
    second_format (ZMQ_PAIR, ZMQ_PAIR);
    second_format (ZMQ_PUSH, ZMQ_PULL);
    second_format (ZMQ_PUB, ZMQ_SUB);
    monitor_errors ();
    peer_state ();
    no_descriptors ();
    return 0;
}
