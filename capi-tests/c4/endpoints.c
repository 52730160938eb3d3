/* Endpoints: binding, unbinding, connecting, disconnecting, what is refused, and the endpoint bound last. */
#include "check.h"
#include "raw.h"

static void refused (void *context)
{
    static const char *const bad [] = {"", "tcp", "tcp:", "tcp:/", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:",
        "tcp://127.0.0.1:port", "://x", "inproc://", "127.0.0.1:5555", "nonsense://x", "TCP://127.0.0.1:5555",
        "tcp://*"};
    /* The original takes these for something else, and binds or connects to that. */
    static const char *const careless [] = {"tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:80x",
        "tcp://[::1]", "tcp://[::1:5555", "tcp://127.0.0.1:5555;"};
    void *s = new_socket (context, ZMQ_ROUTER);
    size_t i;
    for (i = 0; i < sizeof bad / sizeof bad [0]; i++) {
        printf ("%s\n", bad [i]);
        TRY (zmq_bind (s, bad [i]));
        TRY (zmq_connect (s, bad [i]));
        TRY (zmq_unbind (s, bad [i]));
        TRY (zmq_disconnect (s, bad [i]));
    }
    if (ours ()) {
        for (i = 0; i < sizeof careless / sizeof careless [0]; i++) {
            FAILS (zmq_bind (s, careless [i]), EINVAL);
            FAILS (zmq_connect (s, careless [i]), EINVAL);
        }
        /* No port to connect to. */
        FAILS (zmq_connect (s, "tcp://127.0.0.1:0"), EINVAL);
        /* The original aborts. */
        FAILS (zmq_bind (s, NULL), EINVAL);
        FAILS (zmq_connect (s, NULL), EINVAL);
        FAILS (zmq_unbind (s, NULL), EINVAL);
        FAILS (zmq_disconnect (s, NULL), EINVAL);
    }
    TRY (zmq_bind (NULL, "tcp://127.0.0.1:*"));
    TRY (zmq_connect (NULL, "tcp://127.0.0.1:1"));
    TRY (zmq_unbind (NULL, "tcp://127.0.0.1:1"));
    TRY (zmq_disconnect (NULL, "tcp://127.0.0.1:1"));
    TRY (zmq_bind (s, "tcp://nosuchinterface0:5555"));
    /* An address set aside for documentation: no machine has it. */
    TRY (zmq_bind (s, "tcp://192.0.2.1:5555"));
    TRY (zmq_bind (s, "ipc:///nosuchdirectory/x"));
    TRY (zmq_connect (s, "tcp://*:5555"));
    OK (zmq_close (s));
}

/* A path longer than any Unix socket's. */
static void long_paths (void *context)
{
    char path [300];
    void *s = new_socket (context, ZMQ_ROUTER);
    memset (path, 'x', sizeof path);
    memcpy (path, "ipc://", 6);
    path [299] = 0;
    printf ("a long path\n");
    errno = 0;
    print_result ("bind", zmq_bind (s, path));
    errno = 0;
    print_result ("connect", zmq_connect (s, path));
    OK (zmq_close (s));
}

/* A port that somebody has already: another program, and this one. */
static void in_use (void *context)
{
    char endpoint [256];
    int fd = raw_listen (endpoint);
    void *s = new_socket (context, ZMQ_ROUTER), *other = new_socket (context, ZMQ_ROUTER);
    TRY (zmq_bind (s, endpoint));
    close (fd);
    bind_tcp (s, endpoint);
    TRY (zmq_bind (s, endpoint));
    TRY (zmq_bind (other, endpoint));
    TRY (zmq_bind (s, "inproc://name"));
    TRY (zmq_bind (s, "inproc://name"));
    TRY (zmq_bind (other, "inproc://name"));
    OK (zmq_close (s));
    OK (zmq_close (other));
}

/* A message goes from one end to the other. */
static void passes (void *push, void *pull)
{
    SEND (push, "hello", 0);
    EXPECT (pull, "hello", 0);
}

static void last (void *context)
{
    void *s = new_socket (context, ZMQ_PULL);
    char endpoint [256];
    size_t size;
    printf ("at first: [%s]\n", last_endpoint (s, endpoint));
    OK (zmq_bind (s, "inproc://last"));
    printf ("inproc: [%s]\n", last_endpoint (s, endpoint));
    OK (zmq_bind (s, "ipc://last.ipc"));
    printf ("ipc: [%s]\n", last_endpoint (s, endpoint));
    OK (zmq_bind (s, "tcp://127.0.0.1:*"));
    CHECK (strncmp (last_endpoint (s, endpoint), "tcp://127.0.0.1:", 16) == 0 && port_of (endpoint) > 0);
    OK (zmq_bind (s, "tcp://*:*"));
    CHECK (strncmp (last_endpoint (s, endpoint), "tcp://0.0.0.0:", 14) == 0 && port_of (endpoint) > 0);
    OK (zmq_bind (s, "tcp://127.0.0.1:0"));
    CHECK (strncmp (last_endpoint (s, endpoint), "tcp://127.0.0.1:", 16) == 0 && port_of (endpoint) > 0);
    OK (zmq_bind (s, "tcp://lo:*"));
    CHECK (strncmp (last_endpoint (s, endpoint), "tcp://127.0.0.1:", 16) == 0 && port_of (endpoint) > 0);
    size = 10;
    TRY (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, endpoint, &size));
    /* A path that the system chooses. */
    OK (zmq_bind (s, "ipc://*"));
    CHECK (strncmp (last_endpoint (s, endpoint), "ipc://", 6) == 0);
    CHECK (access (endpoint + 6, F_OK) == 0);
    OK (zmq_unbind (s, endpoint));
    {
        void *push = new_socket (context, ZMQ_PUSH);
        OK (zmq_connect (push, "inproc://last"));
        printf ("connected: [%s]\n", last_endpoint (push, endpoint));
        OK (zmq_close (push));
    }
    OK (zmq_connect (s, "tcp://127.0.0.1:1"));
    printf ("connected: [%s]\n", last_endpoint (s, endpoint));
    OK (zmq_close (s));
}

/* Where nothing is bound any more, the next may bind; what was connected stays so. */
static void unbind (void *context, const char *address)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256];
    int inproc = strncmp (address, "inproc", 6) == 0, i;
    printf ("unbind %s\n", address);
    OK (zmq_bind (pull, address));
    last_endpoint (pull, endpoint);
    OK (zmq_connect (push, endpoint));
    passes (push, pull);
    errno = 0;
    print_result ("unbind", zmq_unbind (pull, endpoint));
    errno = 0;
    print_result ("again", zmq_unbind (pull, endpoint));
    if (inproc)
        /* Those connected are let go. */
        print_message_within (pull, "after", MS_QUIET);
    /* The original frees the port on a thread of its own. */
    for (i = 0; zmq_bind (pull, endpoint) == -1; i++) {
        CHECK (errno == EADDRINUSE && i < 10000);
        a_moment ();
    }
    OK (zmq_close (push));
    push = new_socket (context, ZMQ_PUSH);
    OK (zmq_connect (push, endpoint));
    passes (push, pull);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

static void disconnect (void *context, const char *address)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256];
    printf ("disconnect %s\n", address);
    OK (zmq_bind (pull, address));
    last_endpoint (pull, endpoint);
    OK (zmq_connect (push, endpoint));
    passes (push, pull);
    errno = 0;
    print_result ("disconnect", zmq_disconnect (push, endpoint));
    errno = 0;
    print_result ("again", zmq_disconnect (push, endpoint));
    /* Nobody is there now. */
    TRY (zmq_send (push, "x", 1, ZMQ_DONTWAIT));
    OK (zmq_connect (push, endpoint));
    passes (push, pull);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

/* The same endpoint twice: two connections, except to those types that want only one. */
static void twice (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH),
         *sub = new_socket (context, ZMQ_SUB), *pub = new_socket (context, ZMQ_XPUB);
    char endpoint [256];
    bind_tcp (pull, endpoint);
    OK (zmq_connect (push, endpoint));
    OK (zmq_connect (push, endpoint));
    TRY (zmq_disconnect (push, endpoint));
    TRY (zmq_disconnect (push, endpoint));
    bind_tcp (pub, endpoint);
    OK (zmq_connect (sub, endpoint));
    OK (zmq_connect (sub, endpoint));
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "a", 1));
    print_message (pub, "first");
    print_quiet (pub, "second");
    TRY (zmq_disconnect (sub, endpoint));
    /* The original ends the connection in the socket's next call. */
    while (!(get_int (pub, ZMQ_EVENTS) & ZMQ_POLLIN)) {
        get_int (sub, ZMQ_EVENTS);
        a_moment ();
    }
    print_message (pub, "gone");
    TRY (zmq_disconnect (sub, endpoint));
    OK (zmq_close (push));
    OK (zmq_close (pull));
    OK (zmq_close (sub));
    OK (zmq_close (pub));
}

/* The one who connects need not wait for the one who binds, nor need they agree on how a host is written. */
static void early (void *context, const char *endpoint)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    set_int (push, ZMQ_RECONNECT_IVL, 10);
    OK (zmq_connect (push, endpoint));
    SEND (push, "early", 0);
    OK (zmq_bind (pull, endpoint));
    EXPECT (pull, "early", 0);
    OK (zmq_close (push));
    OK (zmq_close (pull));
}

static void spellings (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL), *push;
    char endpoint [256], address [64];
    static const char *const forms [] = {"tcp://localhost:%d", "tcp://127.1:%d", "tcp://127.0.0.1:0;127.0.0.1:%d"};
    size_t i;
    bind_tcp (pull, endpoint);
    for (i = 0; i < sizeof forms / sizeof forms [0]; i++) {
        push = new_socket (context, ZMQ_PUSH);
        sprintf (address, forms [i], port_of (endpoint));
        if (zmq_connect (push, address) == 0) {
            passes (push, pull);
            printf ("%s works\n", forms [i]);
        } else
            printf ("%s: %s\n", forms [i], error_name (errno));
        OK (zmq_close (push));
    }
    OK (zmq_close (pull));
}

static void without_threads (void)
{
    void *context = zmq_ctx_new (), *s;
    OK (zmq_ctx_set (context, ZMQ_IO_THREADS, 0));
    s = new_socket (context, ZMQ_PAIR);
    TRY (zmq_bind (s, "tcp://127.0.0.1:*"));
    TRY (zmq_connect (s, "tcp://127.0.0.1:5555"));
    TRY (zmq_bind (s, "ipc://without.ipc"));
    TRY (zmq_bind (s, "inproc://without"));
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
}

static void incompatible (void *context)
{
    void *s = new_socket (context, ZMQ_PUSH);
    TRY (zmq_connect (s, "inproc://a"));
    TRY (zmq_disconnect (s, "inproc://a"));
    TRY (zmq_disconnect (s, "inproc://b"));
    TRY (zmq_unbind (s, "inproc://b"));
    TRY (zmq_unbind (s, "tcp://127.0.0.1:5555"));
    TRY (zmq_disconnect (s, "tcp://127.0.0.1:5555"));
    OK (zmq_close (s));
}

int main (void)
{
    void *context;
    char abstract [64];
    begin ();
    context = zmq_ctx_new ();
    refused (context);
    long_paths (context);
    in_use (context);
    last (context);
    unbind (context, "tcp://127.0.0.1:*");
    unbind (context, "ipc://unbind.ipc");
    unbind (context, "inproc://unbind");
    disconnect (context, "tcp://127.0.0.1:*");
    disconnect (context, "ipc://disconnect.ipc");
    disconnect (context, "inproc://disconnect");
    twice (context);
    early (context, "inproc://early");
    early (context, "ipc://early.ipc");
    sprintf (abstract, "ipc://@oxmq-test-%ld", (long) getpid ());
    early (context, abstract);
    spellings (context);
    without_threads ();
    incompatible (context);
    OK (zmq_ctx_term (context));
    return 0;
}
