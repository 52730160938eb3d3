/* Endpoints: what zmq_bind and zmq_connect take, and what they say to what they do not take. */
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void both_fail (void *s, const char *endpoint, int error)
{
    FAILS (zmq_bind (s, endpoint), error);
    FAILS (zmq_connect (s, endpoint), error);
}

static void malformed (void *s)
{
    static const char *const bad [] = {"", "tcp", "tcp:", "tcp:/", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:",
        "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:port", "tcp://127.0.0.1:80x", "://x",
        "inproc://", "ipc://", "127.0.0.1:5555", "\xff\xfe://x", "tcp://\xff:1"};
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad [0]; i++)
        both_fail (s, bad [i], EINVAL);
    both_fail (s, NULL, EINVAL);
}

/* Longer than any endpoint can be. */
static void long_names (void *s)
{
    static const char *const transports [] = {"tcp://", "ipc://", "inproc://"};
    static char endpoint [100000];
    size_t i;
    memset (endpoint, 'x', sizeof endpoint - 1);
    for (i = 0; i < sizeof transports / sizeof transports [0]; i++) {
        memcpy (endpoint, transports [i], strlen (transports [i]));
        both_fail (s, endpoint, EINVAL);
    }
}

/* A port that another program has. */
static void foreign_port (void *s)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    char endpoint [64];
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    CHECK (fd >= 0);
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    OK (bind (fd, (struct sockaddr *) &address, sizeof address));
    OK (listen (fd, 1));
    OK (getsockname (fd, (struct sockaddr *) &address, &size));
    sprintf (endpoint, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    FAILS (zmq_bind (s, endpoint), EADDRINUSE);
    close (fd);
}

/* A message goes from one end of the endpoint to the other. */
static void works (void *context, const char *bind_to, const char *connect_to)
{
    char endpoint [256];
    size_t size = sizeof endpoint;
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    OK (zmq_bind (pull, bind_to));
    if (!connect_to) {
        OK (zmq_getsockopt (pull, ZMQ_LAST_ENDPOINT, endpoint, &size));
        connect_to = endpoint;
    }
    OK (zmq_connect (push, connect_to));
    send_text (push, "hello", 0);
    EXPECT_TEXT (pull, "hello", 0);

    /* It is in use, until it is closed. */
    {
        void *second = new_socket (context, ZMQ_PULL);
        FAILS (zmq_bind (second, connect_to), EADDRINUSE);
        OK (zmq_close (second));
    }
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* The one who connects need not wait for the one who binds. */
static void connect_first (void *context, const char *endpoint)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    OK (zmq_connect (push, endpoint));
    OK (zmq_bind (pull, endpoint));
    send_text (push, "early", 0);
    EXPECT_TEXT (pull, "early", 0);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* One socket, many endpoints, both ways. */
static void many (void *context)
{
    char endpoint [64];
    void *pull = new_socket (context, ZMQ_PULL), *a = new_socket (context, ZMQ_PUSH),
         *b = new_socket (context, ZMQ_PUSH), *c = new_socket (context, ZMQ_PUSH);
    OK (zmq_connect (a, bind_tcp (pull, endpoint)));
    OK (zmq_bind (pull, "inproc://many"));
    OK (zmq_connect (b, "inproc://many"));
    OK (zmq_connect (pull, bind_tcp (c, endpoint)));
    send_text (a, "x", 0);
    send_text (b, "x", 0);
    send_text (c, "x", 0);
    EXPECT_TEXT (pull, "x", 0);
    EXPECT_TEXT (pull, "x", 0);
    EXPECT_TEXT (pull, "x", 0);
    OK (zmq_close (a));
    OK (zmq_close (b));
    OK (zmq_close (c));
    OK (zmq_close (pull));
}

int main (void)
{
    void *context, *s, *other;
    char abstract [64];

    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    s = new_socket (context, ZMQ_XREP);
    malformed (s);
    long_names (s);
    both_fail (s, "nonsense://x", EPROTONOSUPPORT);
    both_fail (s, "udp://127.0.0.1:5555", EPROTONOSUPPORT);
    both_fail (s, "TCP//x", EINVAL);
    FAILS (zmq_bind (s, "tcp://nosuchinterface0:5555"), ENODEV);
    /* An address set aside for documentation: no machine has it. */
    FAILS (zmq_bind (s, "tcp://192.0.2.1:5555"), EADDRNOTAVAIL);
    foreign_port (s);
    OK (zmq_close (s));

    works (context, "tcp://127.0.0.1:*", NULL);
    works (context, "tcp://127.0.0.1:0", NULL);
    works (context, "tcp://lo:*", NULL);
    works (context, "ipc://here.ipc", "ipc://here.ipc");
    CHECK (access ("here.ipc", F_OK) == -1 && errno == ENOENT);
    sprintf (abstract, "ipc://@oxmq-test-%ld", (long) getpid ());
    works (context, abstract, abstract);
    works (context, "inproc://here", "inproc://here");
    connect_first (context, "inproc://early");
    connect_first (context, "ipc://early.ipc");
    many (context);

    /* Names of inproc are the context's own. */
    other = zmq_init (0);
    s = new_socket (context, ZMQ_PAIR);
    OK (zmq_bind (s, "inproc://name"));
    {
        void *elsewhere = new_socket (other, ZMQ_PAIR);
        OK (zmq_bind (elsewhere, "inproc://name"));
        OK (zmq_close (elsewhere));
    }
    OK (zmq_term (other));
    OK (zmq_close (s));

    /* Without an I/O thread, only inproc works. */
    other = zmq_init (0);
    s = new_socket (other, ZMQ_PAIR);
    both_fail (s, "tcp://127.0.0.1:5555", EMTHREAD);
    both_fail (s, "ipc://x.ipc", EMTHREAD);
    OK (zmq_bind (s, "inproc://x"));
    OK (zmq_close (s));
    OK (zmq_term (other));
    OK (zmq_term (context));
    return 0;
}
