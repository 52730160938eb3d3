/* Socket types of the draft API that have no tests elsewhere, metadata of the application's, and when not to try again. */
#ifndef ZMQ_BUILD_DRAFT_API
#define ZMQ_BUILD_DRAFT_API
#endif
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const char *const transports [] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://types"};
#define TRANSPORTS (sizeof transports / sizeof transports [0])

static const char *bind_to (void *s, const char *transport, char endpoint [256])
{
    OK (zmq_bind (s, transport));
    return last_endpoint (s, endpoint);
}

/* One socket's messages, of one part each, come to the other, in order. */
static void passes (void *context, int from_type, int to_type, const char *transport)
{
    void *from = new_socket (context, from_type), *to = new_socket (context, to_type);
    char endpoint [256];
    OK (zmq_connect (from, bind_to (to, transport, endpoint)));
    FAILS (zmq_send (from, "part", 4, ZMQ_SNDMORE), EINVAL);
    SEND (from, "one", 0);
    SEND (from, "two", 0);
    EXPECT (to, "one", 0);
    EXPECT (to, "two", 0);
    if (from_type == ZMQ_CHANNEL) {
        SEND (to, "back", 0);
        EXPECT (from, "back", 0);
    } else {
        FAILS (zmq_recv (from, NULL, 0, 0), ENOTSUP);
        FAILS (zmq_send (to, "x", 1, 0), ENOTSUP);
    }
    OK (zmq_close (from));
    OK (zmq_close (to));
}

static void send_to (void *s, uint32_t peer, const char *text)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_buffer (&msg, text, strlen (text)));
    OK (zmq_msg_set_routing_id (&msg, peer));
    CHECK (zmq_msg_send (&msg, s, 0) == (int) strlen (text));
}

static uint32_t receive_from (void *s, const char *text)
{
    zmq_msg_t msg;
    uint32_t peer;
    OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_recv (&msg, s, 0) == (int) strlen (text));
    CHECK (memcmp (zmq_msg_data (&msg), text, strlen (text)) == 0);
    peer = zmq_msg_routing_id (&msg);
    OK (zmq_msg_close (&msg));
    return peer;
}

/* Whoever connects knows its peer's number at once. */
static void peers (void *context, const char *transport)
{
    void *one = new_socket (context, ZMQ_PEER), *other = new_socket (context, ZMQ_PEER);
    char endpoint [256];
    uint32_t id = zmq_connect_peer (other, bind_to (one, transport, endpoint)), back;
    CHECK (id != 0);
    send_to (other, id, "hello");
    back = receive_from (one, "hello");
    CHECK (back != 0);
    send_to (one, back, "world");
    CHECK (receive_from (other, "world") == id);
    OK (zmq_disconnect_peer (other, id));
    FAILS (zmq_disconnect_peer (other, id), EHOSTUNREACH);
    OK (zmq_close (one));
    OK (zmq_close (other));
}

/* A DGRAM's messages have two parts: whom from or to, and what. */
static void datagrams (void *context)
{
    void *one = new_socket (context, ZMQ_DGRAM), *other = new_socket (context, ZMQ_DGRAM);
    char endpoint [256], from [256];
    int size;
    OK (zmq_bind (one, "udp://127.0.0.1:*"));
    OK (zmq_bind (other, "udp://127.0.0.1:*"));
    last_endpoint (one, endpoint);
    SEND (other, endpoint + strlen ("udp://"), ZMQ_SNDMORE);
    SEND (other, "hello", 0);
    size = zmq_recv (one, from, sizeof from, 0);
    CHECK (size > 0 && size < 255);
    from [size] = 0;
    EXPECT (one, "hello", 0);
    SEND (one, from, ZMQ_SNDMORE);
    SEND (one, "world", 0);
    CHECK (zmq_recv (other, from, sizeof from, 0) > 0);
    EXPECT (other, "world", 0);
    FAILS (zmq_bind (one, "tcp://127.0.0.1:*"), ENOCOMPATPROTO);
    OK (zmq_close (one));
    OK (zmq_close (other));
}

/* What one says of itself in ZMQ_METADATA, the other finds with the messages. */
static void metadata (void *context)
{
    void *from = new_socket (context, ZMQ_PUSH), *to = new_socket (context, ZMQ_PULL);
    char endpoint [256];
    zmq_msg_t msg;
    set_text (from, ZMQ_METADATA, "X-name:value");
    FAILS (zmq_setsockopt (from, ZMQ_METADATA, "name:value", 10), EINVAL);
    OK (zmq_connect (from, bind_tcp (to, endpoint)));
    SEND (from, "x", 0);
    OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_recv (&msg, to, 0) == 1);
    CHECK (zmq_msg_gets (&msg, "X-name") && strcmp (zmq_msg_gets (&msg, "X-name"), "value") == 0);
    CHECK (zmq_msg_gets (&msg, "X-other") == NULL && errno == EINVAL);
    CHECK (strcmp (zmq_msg_gets (&msg, ZMQ_MSG_PROPERTY_SOCKET_TYPE), "PUSH") == 0);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (from));
    OK (zmq_close (to));
}

/* A connection that is refused is tried again, unless the socket is told not to. */
static void reconnect_stop (void *context, int stop)
{
    void *client = new_socket (context, ZMQ_PUSH), *pair = new_socket (context, ZMQ_PAIR);
    char endpoint [256], frame [6];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    /* A port that somebody has, and nobody listens on. */
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    OK (bind (fd, (struct sockaddr *) &address, size));
    OK (getsockname (fd, (struct sockaddr *) &address, &size));
    sprintf (endpoint, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    OK (zmq_socket_monitor (client, "inproc://stop", ZMQ_EVENT_CONNECT_RETRIED));
    OK (zmq_connect (pair, "inproc://stop"));
    set_int (client, ZMQ_RECONNECT_STOP, stop);
    CHECK (get_int (client, ZMQ_RECONNECT_STOP) == stop);
    OK (zmq_connect (client, endpoint));
    if (stop & ZMQ_RECONNECT_STOP_CONN_REFUSED) {
        set_int (pair, ZMQ_RCVTIMEO, MS_QUIET);
        FAILS (zmq_recv (pair, frame, sizeof frame, 0), EAGAIN);
    } else
        CHECK (zmq_recv (pair, frame, sizeof frame, 0) == sizeof frame);
    close (fd);
    OK (zmq_close (client));
    OK (zmq_close (pair));
}

int main (void)
{
    void *context;
    size_t i;
    begin ();
    context = zmq_ctx_new ();
    for (i = 0; i < TRANSPORTS; i++) {
        passes (context, ZMQ_SCATTER, ZMQ_GATHER, transports [i]);
        passes (context, ZMQ_CHANNEL, ZMQ_CHANNEL, transports [i]);
        peers (context, transports [i]);
    }
    datagrams (context);
    metadata (context);
    reconnect_stop (context, 0);
    reconnect_stop (context, ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED | ZMQ_RECONNECT_STOP_AFTER_DISCONNECT);
    reconnect_stop (context, ZMQ_RECONNECT_STOP_CONN_REFUSED);
    OK (zmq_ctx_term (context));
    return 0;
}
