/* Options of connections, by what they do: what the system is told of a socket, how long attempts take and when the next
   one comes, who is let in, and by which way. */
#include "monitor.h"
#include "raw.h"
#include "socks.h"
#include <netinet/tcp.h>
#include <sys/un.h>

static int kernel_int (int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    OK (getsockopt (fd, level, option, &value, &size));
    return value;
}

static void print_kernel (int fd, const char *name, int buffers)
{
    char device [32];
    socklen_t size = sizeof device;
    printf ("  %s: nodelay %d, keepalive %d", name, kernel_int (fd, IPPROTO_TCP, TCP_NODELAY) != 0,
            kernel_int (fd, SOL_SOCKET, SO_KEEPALIVE));
    printf (", count %d, idle %d, interval %d", kernel_int (fd, IPPROTO_TCP, TCP_KEEPCNT),
            kernel_int (fd, IPPROTO_TCP, TCP_KEEPIDLE), kernel_int (fd, IPPROTO_TCP, TCP_KEEPINTVL));
    printf (", user timeout %d, tos %d", kernel_int (fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
            kernel_int (fd, IPPROTO_IP, IP_TOS));
    if (buffers)
        /* Those that the system chooses change by themselves. */
        printf (", buffers %d %d", kernel_int (fd, SOL_SOCKET, SO_SNDBUF), kernel_int (fd, SOL_SOCKET, SO_RCVBUF));
    memset (device, 0, sizeof device);
    OK (getsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, device, &size));
    printf (", device [%.*s]\n", (int) size, device);
}

typedef struct {
    int option, value;
} setting_t;

/* What the system says of both ends of a connection, and of the listener, when both sockets have these options. */
static void told_to_the_system (void *context, const char *title, const setting_t *settings, const char *device)
{
    void *server = new_socket (context, ZMQ_DEALER), *client = new_socket (context, ZMQ_DEALER), *at_server;
    char endpoint [256];
    int buffers = 0, listener;
    struct tcp_info info;
    socklen_t size = sizeof info;
    printf ("%s\n", title);
    for (; settings->option; settings++) {
        set_int (server, settings->option, settings->value);
        set_int (client, settings->option, settings->value);
        buffers |= settings->option == ZMQ_SNDBUF;
    }
    if (device) {
        set_text (server, ZMQ_BINDTODEVICE, device);
        set_text (client, ZMQ_BINDTODEVICE, device);
    }
    at_server = watch (context, server, ZMQ_EVENT_LISTENING);
    bind_tcp (server, endpoint);
    listener = next_event (at_server).value;
    OK (getsockopt (listener, IPPROTO_TCP, TCP_INFO, &info, &size));
    /* Of a listener this is the length of its queue. */
    printf ("  backlog %d\n", (int) info.tcpi_sacked);
    OK (zmq_connect (client, endpoint));
    SEND (client, "hello", 0);
    print_kernel (receive_descriptor (server), "server", buffers);
    SEND (server, "hello", 0);
    print_kernel (receive_descriptor (client), "client", buffers);
    OK (zmq_close (server));
    OK (zmq_close (client));
    OK (zmq_close (at_server));
}

static void kernel (void *context)
{
    static const setting_t none [] = {{0, 0}}, alive [] = {{ZMQ_TCP_KEEPALIVE, 1}, {ZMQ_TCP_KEEPALIVE_CNT, 5},
        {ZMQ_TCP_KEEPALIVE_IDLE, 100}, {ZMQ_TCP_KEEPALIVE_INTVL, 10}, {0, 0}},
        system [] = {{ZMQ_TCP_KEEPALIVE, 1}, {0, 0}},
        not_alive [] = {{ZMQ_TCP_KEEPALIVE, 0}, {ZMQ_TCP_KEEPALIVE_CNT, 5}, {0, 0}},
        rest [] = {{ZMQ_TCP_MAXRT, 12345}, {ZMQ_TOS, 0x20}, {ZMQ_BACKLOG, 7}, {ZMQ_SNDBUF, 20000}, {ZMQ_RCVBUF, 30000},
            {0, 0}};
    told_to_the_system (context, "as it is", none, NULL);
    told_to_the_system (context, "kept alive", alive, NULL);
    told_to_the_system (context, "kept alive as the system does", system, NULL);
    told_to_the_system (context, "not kept alive", not_alive, NULL);
    told_to_the_system (context, "the rest", rest, NULL);
    told_to_the_system (context, "a device", none, "lo");
}

/* A device that is not there: nothing is bound to it. */
static void no_device (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    set_text (s, ZMQ_BINDTODEVICE, "nosuchdevice0");
    TRY (zmq_bind (s, "tcp://127.0.0.1:*"));
    OK (zmq_close (s));
}

/* Attempts to which the system gets no answer: the listener's queue is full. */
static void connect_timeout (void *context)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    void *client = new_socket (context, ZMQ_DEALER), *at_client;
    char endpoint [256];
    int listener = raw_listen (endpoint), filling [200], count = 0, waits = 0, i;
    OK (getsockname (listener, (struct sockaddr *) &address, &size));
    OK (listen (listener, 0));
    /* The attempts of these end only when they are answered. */
    while (!waits) {
        struct pollfd item;
        int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        CHECK (fd >= 0 && count < 200);
        if (connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
            CHECK (errno == EINPROGRESS);
        item.fd = fd;
        item.events = POLLOUT;
        waits = poll (&item, 1, MS_QUIET) == 0;
        filling [count++] = fd;
    }
    set_int (client, ZMQ_CONNECT_TIMEOUT, 20);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    at_client = watch (context, client, ZMQ_EVENT_ALL);
    OK (zmq_connect (client, endpoint));
    /* The system itself would try for minutes. */
    for (i = 0; i < 6; i++)
        printf ("%s\n", event_name (next_event (at_client).event));
    while (count)
        close (filling [--count]);
    close (listener);
    close_watched (client, at_client);
}

/* Nobody is there: when the next attempt comes is told, and is longer each time up to a limit. There is some chance in
   each, up to the first interval; what it should be at least and at most is the same everywhere. */
static void intervals (void *context)
{
    void *client = new_socket (context, ZMQ_DEALER), *at_client;
    char endpoint [256];
    int i, first = 1000, last = 0;
    own_endpoint (endpoint);
    set_int (client, ZMQ_RECONNECT_IVL, 4);
    set_int (client, ZMQ_RECONNECT_IVL_MAX, 20);
    at_client = watch (context, client, ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_MONITOR_STOPPED);
    OK (zmq_connect (client, endpoint));
    for (i = 0; i < 10; i++) {
        int interval = next_event (at_client).value;
        CHECK (interval >= 4 && interval <= 24);
        if (i == 0)
            first = interval;
        last = interval;
    }
    CHECK (first < 12 && last >= 16);
    close_watched (client, at_client);

    /* Without a limit they stay as they are. */
    client = new_socket (context, ZMQ_DEALER);
    set_int (client, ZMQ_RECONNECT_IVL, 4);
    at_client = watch (context, client, ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_MONITOR_STOPPED);
    OK (zmq_connect (client, endpoint));
    for (i = 0; i < 10; i++) {
        int interval = next_event (at_client).value;
        CHECK (interval >= 4 && interval < 8);
    }
    close_watched (client, at_client);

    /* One attempt, and no more. */
    client = new_socket (context, ZMQ_DEALER);
    set_int (client, ZMQ_RECONNECT_IVL, -1);
    at_client = watch (context, client, ZMQ_EVENT_ALL);
    OK (zmq_connect (client, endpoint));
    printf ("%s\n", event_name (next_event (at_client).event));
    printf ("%s\n", event_name (next_event (at_client).event));
    print_quiet (at_client, "no other attempt");
    close_watched (client, at_client);
}

/* Whether a peer may stay: it is greeted, or the connection ends. */
static void print_admission (const char *title, int fd)
{
    unsigned char greeting [10];
    printf ("%s: %s\n", title, raw_recv (fd, greeting, sizeof greeting) == sizeof greeting ? "let in" : "turned away");
    close (fd);
}

static void accept_filters (void *context)
{
    static const char *const filters [][3] = {{"127.0.0.1", NULL}, {"127.0.0.0/8", NULL}, {"127.0.0.2", NULL},
        {"10.0.0.0/8", NULL}, {"10.0.0.0/8", "127.0.0.1/32", NULL}};
    size_t i, j;
    for (i = 0; i < sizeof filters / sizeof filters [0]; i++) {
        void *s = new_socket (context, ZMQ_DEALER);
        char endpoint [256];
        for (j = 0; filters [i][j]; j++)
            set_text (s, ZMQ_TCP_ACCEPT_FILTER, filters [i][j]);
        bind_tcp (s, endpoint);
        print_admission (filters [i][j - 1], raw_connect (endpoint));
        OK (zmq_close (s));
    }
    /* Taken back. */
    {
        void *s = new_socket (context, ZMQ_DEALER);
        char endpoint [256];
        set_text (s, ZMQ_TCP_ACCEPT_FILTER, "10.0.0.0/8");
        OK (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, NULL, 0));
        bind_tcp (s, endpoint);
        print_admission ("none", raw_connect (endpoint));
        OK (zmq_close (s));
    }
}

static int raw_connect_ipc (const char *endpoint)
{
    struct sockaddr_un address;
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    CHECK (fd >= 0);
    memset (&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    CHECK (strlen (endpoint + 6) < sizeof address.sun_path);
    strcpy (address.sun_path, endpoint + 6);
    OK (connect (fd, (struct sockaddr *) &address, sizeof address));
    patience (fd);
    return fd;
}

/* One right answer is enough. */
static void ipc_filters (void *context)
{
    const struct {
        const char *title;
        int option;
        int value;
        int other_option, other_value;
    } filters [] = {{"this process", ZMQ_IPC_FILTER_PID, (int) getpid (), 0, 0},
        {"another process", ZMQ_IPC_FILTER_PID, 1 << 30, 0, 0},
        {"this user", ZMQ_IPC_FILTER_UID, (int) getuid (), 0, 0},
        {"another user", ZMQ_IPC_FILTER_UID, (int) getuid () + 77, 0, 0},
        {"this group", ZMQ_IPC_FILTER_GID, (int) getgid (), 0, 0},
        {"another group", ZMQ_IPC_FILTER_GID, (int) getgid () + 77777, 0, 0},
        {"another process, this user", ZMQ_IPC_FILTER_PID, 1 << 30, ZMQ_IPC_FILTER_UID, (int) getuid ()},
        {"another user, this group", ZMQ_IPC_FILTER_UID, (int) getuid () + 77, ZMQ_IPC_FILTER_GID, (int) getgid ()}};
    size_t i;
    for (i = 0; i < sizeof filters / sizeof filters [0]; i++) {
        void *s = new_socket (context, ZMQ_DEALER);
        char endpoint [64];
        set_int (s, filters [i].option, filters [i].value);
        if (filters [i].other_option)
            set_int (s, filters [i].other_option, filters [i].other_value);
        sprintf (endpoint, "ipc://filter-%d.ipc", (int) i);
        OK (zmq_bind (s, endpoint));
        print_admission (filters [i].title, raw_connect_ipc (endpoint));
        OK (zmq_close (s));
    }
}

/* How many connections the system keeps until they are accepted. */
static void backlog (void *context)
{
    int backlogs [] = {0, 1, 7}, i;
    for (i = 0; i < 3; i++) {
        void *s = new_socket (context, ZMQ_PULL), *at_s = watch (context, s, ZMQ_EVENT_ALL);
        char endpoint [256];
        struct tcp_info info;
        socklen_t size = sizeof info;
        if (backlogs [i])
            set_int (s, ZMQ_BACKLOG, backlogs [i]);
        bind_tcp (s, endpoint);
        OK (getsockopt (await_event (at_s, ZMQ_EVENT_LISTENING).value, IPPROTO_TCP, TCP_INFO, &info, &size));
        /* Of a socket that listens, this is what listen() was told. */
        printf ("backlog %d: %d\n", get_int (s, ZMQ_BACKLOG), (int) info.tcpi_sacked);
        close_watched (s, at_s);
    }
}

/* A listener of the application's own. */
static void given_listener (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256], bound [256];
    int fd = raw_listen (endpoint);
    set_int (pull, ZMQ_USE_FD, fd);
    OK (zmq_bind (pull, endpoint));
    CHECK (strcmp (last_endpoint (pull, bound), endpoint) == 0);
    OK (zmq_connect (push, endpoint));
    SEND (push, "hello", 0);
    print_message (pull, "through a given listener");
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* Over IPv6, where there is such: also names that stand for both. */
static void ipv6 (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256];
    set_int (pull, ZMQ_IPV6, 1);
    set_int (push, ZMQ_IPV6, 1);
    TRY (get_int (pull, ZMQ_IPV4ONLY));
    if (zmq_bind (pull, "tcp://[::1]:*") == 0) {
        zmq_msg_t msg;
        CHECK (strncmp (last_endpoint (pull, endpoint), "tcp://[::1]:", 12) == 0);
        OK (zmq_connect (push, endpoint));
        SEND (push, "hello", 0);
        OK (zmq_msg_init (&msg));
        CHECK (zmq_msg_recv (&msg, pull, 0) == 5);
        printf ("from %s\n", zmq_msg_gets (&msg, "Peer-Address"));
        OK (zmq_msg_close (&msg));
    } else
        printf ("no IPv6\n");
    OK (zmq_close (push));
    OK (zmq_close (pull));
    pull = new_socket (context, ZMQ_PULL);
    push = new_socket (context, ZMQ_PUSH);
    set_int (pull, ZMQ_IPV6, 1);
    OK (zmq_bind (pull, "tcp://*:*"));
    /* One that knows IPv4 only. */
    sprintf (endpoint + 128, "tcp://127.0.0.1:%d", port_of (last_endpoint (pull, endpoint)));
    OK (zmq_connect (push, endpoint + 128));
    SEND (push, "from IPv4", 0);
    print_message (pull, "pull");
    OK (zmq_close (push));
    OK (zmq_close (pull));
    /* Not asked for, it is not there. */
    pull = new_socket (context, ZMQ_PULL);
    TRY (zmq_bind (pull, "tcp://[::1]:*"));
    OK (zmq_close (pull));
}

/* A connection that comes from an address and a port of our choice. */
static void source_address (void *context)
{
    void *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256], with_source [300];
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int listener = raw_listen (endpoint), fd;
    sprintf (with_source, "tcp://127.0.0.2:0;127.0.0.1:%d", port_of (endpoint));
    OK (zmq_connect (push, with_source));
    fd = accept (listener, (struct sockaddr *) &peer, &size);
    CHECK (fd >= 0);
    printf ("comes from %s\n", inet_ntoa (peer.sin_addr));
    close (fd);
    close (listener);
    OK (zmq_close (push));
}

/* Which threads may do the work: those that are not there cannot. */
static void affinity (void)
{
    static const uint64_t masks [] = {0, 1, 2, 3, 4, 6, (uint64_t) 1 << 63};
    size_t i;
    void *context = zmq_ctx_new ();
    OK (zmq_ctx_set (context, ZMQ_IO_THREADS, 2));
    for (i = 0; i < sizeof masks / sizeof masks [0]; i++) {
        void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
        char endpoint [256];
        OK (zmq_setsockopt (pull, ZMQ_AFFINITY, &masks [i], sizeof masks [i]));
        OK (zmq_setsockopt (push, ZMQ_AFFINITY, &masks [i], sizeof masks [i]));
        errno = 0;
        if (zmq_bind (pull, "tcp://127.0.0.1:*") == 0) {
            OK (zmq_connect (push, last_endpoint (pull, endpoint)));
            SEND (push, "hello", 0);
            EXPECT (pull, "hello", 0);
            printf ("threads %lx: work\n", (unsigned long) masks [i]);
        } else
            printf ("threads %lx: %s, %s\n", (unsigned long) masks [i], error_name (errno),
                    zmq_connect (push, "tcp://127.0.0.1:1") == 0 ? "connected" : error_name (errno));
        OK (zmq_close (push));
        OK (zmq_close (pull));
    }
    OK (zmq_ctx_term (context));
}

/* By way of a proxy, which is told where to. */
static void socks (void *context, const char *host, int refusal)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH), *at_push;
    char endpoint [256], address [256];
    proxy_t proxy;
    pthread_t thread;
    memset (&proxy, 0, sizeof proxy);
    proxy.listener = raw_listen (endpoint);
    proxy.refusal = refusal;
    bind_tcp (pull, proxy.endpoint);
    thread = start (run_proxy, &proxy);
    set_text (push, ZMQ_SOCKS_PROXY, endpoint + strlen ("tcp://"));
    at_push = watch (context, push, ZMQ_EVENT_ALL);
    sprintf (address, "tcp://%s:%d", host, port_of (proxy.endpoint));
    OK (zmq_connect (push, address));
    if (refusal) {
        /* It tries again, which is for another test. */
        end (thread);
        close (proxy.listener);
        await_event (at_push, ZMQ_EVENT_CONNECT_RETRIED);
        close_watched (push, at_push);
    } else {
        SEND (push, "through the proxy", 0);
        print_message (pull, "pull");
        close_watched (push, at_push);
        end (thread);
        close (proxy.listener);
    }
    print_asked (&proxy);
    OK (zmq_close (pull));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    kernel (context);
    no_device (context);
    connect_timeout (context);
    intervals (context);
    accept_filters (context);
    ipc_filters (context);
    backlog (context);
    given_listener (context);
    ipv6 (context);
    source_address (context);
    affinity ();
    socks (context, "127.0.0.1", 0);
    socks (context, "localhost", 0);
    socks (context, "a.name.that.only.the.proxy.knows", 0);
    if (ours ())
        /* The original aborts. */
        socks (context, "localhost", 4);
    else
        puts ("asked: [\\05\\01\\00] [] [\\05\\01\\00\\03\\09localhost]");
    OK (zmq_ctx_term (context));
    return 0;
}
