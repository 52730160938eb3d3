/* Monitors: every event in its order, for both ends, over tcp and ipc; and what is refused. */
#include "monitor.h"
#include "raw.h"

/* Prints events up to this one. Descriptors and times are not the same everywhere, and are not printed. */
static void print_until (void *pair, const char *name, const char *endpoint, unsigned last)
{
    event_t event;
    do {
        event = next_event (pair);
        printf ("%s: %s%s\n", name, event_name (event.event),
                strcmp (event.address, endpoint) == 0 ? ", of the endpoint" : event.address [0] ? ", of another" : "");
        if (event.event == ZMQ_EVENT_LISTENING || event.event == ZMQ_EVENT_ACCEPTED
            || event.event == ZMQ_EVENT_CONNECTED || event.event == ZMQ_EVENT_CLOSED
            || event.event == ZMQ_EVENT_DISCONNECTED)
            CHECK (event.value > 2);
        if (event.event == ZMQ_EVENT_CONNECT_RETRIED)
            CHECK (event.value > 0);
    } while (event.event != last);
}

static void both_ends (void *context, const char *address)
{
    void *server = new_socket (context, ZMQ_ROUTER), *client = new_socket (context, ZMQ_DEALER), *at_server,
         *at_client;
    char endpoint [256];
    printf ("%s\n", address);
    at_server = monitor (context, server, "inproc://server", ZMQ_EVENT_ALL);
    at_client = monitor (context, client, "inproc://client", ZMQ_EVENT_ALL);
    OK (zmq_bind (server, address));
    last_endpoint (server, endpoint);
    print_until (at_server, "server", endpoint, ZMQ_EVENT_LISTENING);
    OK (zmq_connect (client, endpoint));
    print_until (at_client, "client", endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    print_until (at_server, "server", endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    OK (zmq_close (client));
    print_until (at_server, "server", endpoint, ZMQ_EVENT_DISCONNECTED);
    print_until (at_client, "client", endpoint, ZMQ_EVENT_MONITOR_STOPPED);
    OK (zmq_unbind (server, endpoint));
    print_until (at_server, "server", endpoint, ZMQ_EVENT_CLOSED);
    OK (zmq_close (server));
    print_until (at_server, "server", endpoint, ZMQ_EVENT_MONITOR_STOPPED);
    OK (zmq_close (at_server));
    OK (zmq_close (at_client));
}

/* The other end goes, and comes again. */
static void comes_again (void *context)
{
    void *client = new_socket (context, ZMQ_DEALER), *at_client;
    char endpoint [256];
    int listener = raw_listen (endpoint), fd;
    set_int (client, ZMQ_RECONNECT_IVL, 20);
    at_client = monitor (context, client, "inproc://client", ZMQ_EVENT_ALL);
    OK (zmq_connect (client, endpoint));
    fd = raw_accept (listener);
    shake_hands (fd, 0, "ROUTER");
    print_until (at_client, "client", endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (fd);
    print_until (at_client, "client", endpoint, ZMQ_EVENT_DISCONNECTED);
    fd = raw_accept (listener);
    shake_hands (fd, 0, "ROUTER");
    print_until (at_client, "client", endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_watched (client, at_client);
    raw_until_end (fd);
    close (fd);
    close (listener);
}

/* Nobody is there, again and again. */
static void nobody (void *context)
{
    void *client = new_socket (context, ZMQ_DEALER), *at_client;
    char endpoint [256];
    own_endpoint (endpoint);
    set_int (client, ZMQ_RECONNECT_IVL, 5);
    at_client = monitor (context, client, "inproc://client", ZMQ_EVENT_ALL);
    OK (zmq_connect (client, endpoint));
    print_until (at_client, "client", endpoint, ZMQ_EVENT_CONNECT_RETRIED);
    print_until (at_client, "client", endpoint, ZMQ_EVENT_CONNECT_RETRIED);
    close_watched (client, at_client);
}

static void bind_fails (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER), *pair;
    char endpoint [256];
    event_t event;
    int fd = raw_listen (endpoint);
    pair = monitor (context, s, "inproc://fails", ZMQ_EVENT_ALL);
    TRY (zmq_bind (s, endpoint));
    /* The original closes a descriptor first. */
    event = await_event (pair, ZMQ_EVENT_BIND_FAILED);
    printf ("%s %s\n", event_name (event.event), error_name (event.value));
    CHECK (!ours () || strcmp (event.address, endpoint) == 0);
    close (fd);
    close_watched (s, pair);
}

/* Only what was asked for. */
static void chosen (void *context)
{
    void *server = new_socket (context, ZMQ_ROUTER), *at_server;
    char endpoint [256];
    int fd;
    at_server = monitor (context, server, "inproc://chosen", ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED);
    bind_tcp (server, endpoint);
    fd = raw_connect (endpoint);
    shake_hands (fd, 0, "DEALER");
    send_frame (fd, 0, "x", 1);
    CHECK (zmq_recv (server, NULL, 0, 0) == 5);
    EXPECT (server, "x", 0);
    close (fd);
    print_until (at_server, "server", endpoint, ZMQ_EVENT_DISCONNECTED);
    OK (zmq_socket_monitor (server, NULL, 0));
    OK (zmq_close (server));
    OK (zmq_close (at_server));
}

/* The peer breaks the protocol. */
static void broken (void *context)
{
    void *server = new_socket (context, ZMQ_ROUTER), *at_server;
    char endpoint [256];
    int fd;
    unsigned char greeting [64];
    at_server = monitor (context, server, "inproc://broken", ZMQ_EVENT_ALL);
    bind_tcp (server, endpoint);

    /* It goes before it has said anything. Whether it is found gone or resets the connection is a matter of time. */
    fd = raw_connect (endpoint);
    close (fd);
    await_event (at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);

    /* In the middle of its greeting. */
    fd = raw_connect (endpoint);
    make_greeting (greeting, 0, "NULL", 0);
    raw_send (fd, greeting, 40);
    close (fd);
    await_event (at_server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);

    /* Another mechanism. */
    fd = raw_connect (endpoint);
    make_greeting (greeting, 0, "PLAIN", 0);
    raw_send (fd, greeting, 64);
    raw_until_end (fd);
    close (fd);
    print_handshake (at_server, "another mechanism");

    /* A mechanism that nobody knows. */
    fd = raw_connect (endpoint);
    make_greeting (greeting, 0, "MAGIC", 0);
    raw_send (fd, greeting, 64);
    raw_until_end (fd);
    close (fd);
    print_handshake (at_server, "unknown mechanism");

    /* Another command than READY. */
    fd = raw_connect (endpoint);
    make_greeting (greeting, 0, "NULL", 0);
    raw_send (fd, greeting, 64);
    send_frame (fd, 4, "\5HELLO", 6);
    raw_until_end (fd);
    close (fd);
    print_handshake (at_server, "another command");

    /* READY with half a property. */
    fd = raw_connect (endpoint);
    raw_send (fd, greeting, 64);
    send_frame (fd, 4, "\5READY\13Socket-T", 15);
    raw_until_end (fd);
    close (fd);
    /* The original ends the connection and says nothing. */
    if (ours ())
        CHECK (await_event (at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value
               == ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA);

    /* A type that does not fit. */
    fd = raw_connect (endpoint);
    raw_send (fd, greeting, 64);
    send_ready (fd, "PUB");
    raw_until_end (fd);
    close (fd);
    if (ours ())
        CHECK (await_event (at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value
               == ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA);

    /* A message instead of a command. */
    fd = raw_connect (endpoint);
    raw_send (fd, greeting, 64);
    send_frame (fd, 0, "hello", 5);
    raw_until_end (fd);
    close (fd);
    print_handshake (at_server, "a message");

    /* The peer's own refusal. */
    fd = raw_connect (endpoint);
    raw_send (fd, greeting, 64);
    send_frame (fd, 4, "\5ERROR\3" "400", 10);
    raw_until_end (fd);
    close (fd);
    print_handshake (at_server, "ERROR 400");
    close_watched (server, at_server);
}

static void refused (void *context)
{
    void *s = new_socket (context, ZMQ_PAIR), *other = new_socket (context, ZMQ_PAIR), *first, *second;
    TRY (zmq_socket_monitor (NULL, "inproc://a", ZMQ_EVENT_ALL));
    TRY (zmq_socket_monitor (s, "", ZMQ_EVENT_ALL));
    TRY (zmq_socket_monitor (s, "tcp://127.0.0.1:5555", ZMQ_EVENT_ALL));
    TRY (zmq_socket_monitor (s, "ipc://monitor", ZMQ_EVENT_ALL));
    TRY (zmq_socket_monitor (s, "nonsense", ZMQ_EVENT_ALL));
    OK (zmq_bind (other, "inproc://taken"));
    TRY (zmq_socket_monitor (s, "inproc://taken", ZMQ_EVENT_ALL));
    /* A second monitor ends the first. */
    first = monitor (context, s, "inproc://first", ZMQ_EVENT_ALL);
    second = monitor (context, s, "inproc://second", ZMQ_EVENT_ALL);
    printf ("first: %s\n", event_name (next_event (first).event));
    TRY (zmq_socket_monitor (s, NULL, 0));
    printf ("second: %s\n", event_name (next_event (second).event));
    TRY (zmq_socket_monitor (s, NULL, 0));
    OK (zmq_close (s));
    OK (zmq_close (other));
    OK (zmq_close (first));
    OK (zmq_close (second));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    both_ends (context, "tcp://127.0.0.1:*");
    OK (zmq_ctx_term (context));
    context = zmq_ctx_new ();
    both_ends (context, "ipc://monitor.ipc");
    OK (zmq_ctx_term (context));
    context = zmq_ctx_new ();
    comes_again (context);
    OK (zmq_ctx_term (context));
    context = zmq_ctx_new ();
    nobody (context);
    bind_fails (context);
    chosen (context);
    broken (context);
    refused (context);
    OK (zmq_ctx_term (context));
    return 0;
}
