/* NULL, PLAIN and CURVE, and the ZAP handler that is asked for each: who is let in, who is not, and what is told. */
#include "monitor.h"
#include "raw.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
/* In Debian's library, but not in its header. */
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

typedef struct {
    void *rep;
    /* What the handler answers; texts as in the protocol. */
    const char *status, *text, *user;
    /* Whether the reply is broken, and how. */
    const char *broken;
    int requests;
} handler_t;

static char server_public [41], server_secret [41], client_public [41], client_secret [41];

/* Answers one request, and prints it: all but what is different each time. */
static void answer (handler_t *handler)
{
    static const char *const names [] = {"version", "id", "domain", "address", "routing id", "mechanism"};
    char parts [10][256], plain [41];
    int sizes [10], count = 0, i;
    do {
        CHECK (count < 10);
        sizes [count] = zmq_recv (handler->rep, parts [count], 255, 0);
        CHECK (sizes [count] >= 0 && sizes [count] < 256);
        parts [count][sizes [count]] = 0;
        count++;
    } while (get_int (handler->rep, ZMQ_RCVMORE));
    CHECK (count >= 6);
    printf ("asked:");
    for (i = 0; i < count; i++) {
        if (i == 1)
            continue;
        printf (" %s [", i < 6 ? names [i] : "credential");
        if (i == 6 && strcmp (parts [5], "CURVE") == 0) {
            CHECK (sizes [i] == 32 && zmq_z85_encode (plain, (uint8_t *) parts [i], 32));
            printf ("%s", strcmp (plain, client_public) == 0 ? "the client's key" : "another key");
        } else
            print_bytes (parts [i], (size_t) sizes [i]);
        printf ("]");
    }
    printf ("\n");
    if (handler->broken && strcmp (handler->broken, "version") == 0)
        SEND (handler->rep, "9.9", ZMQ_SNDMORE);
    else
        SEND (handler->rep, "1.0", ZMQ_SNDMORE);
    if (handler->broken && strcmp (handler->broken, "id") == 0)
        SEND (handler->rep, "another id", ZMQ_SNDMORE);
    else
        CHECK (zmq_send (handler->rep, parts [1], (size_t) sizes [1], ZMQ_SNDMORE) == sizes [1]);
    if (handler->broken && strcmp (handler->broken, "parts") == 0) {
        SEND (handler->rep, handler->status, 0);
        return;
    }
    SEND (handler->rep, handler->status, ZMQ_SNDMORE);
    SEND (handler->rep, handler->text, ZMQ_SNDMORE);
    SEND (handler->rep, handler->user, ZMQ_SNDMORE);
    if (handler->broken && strcmp (handler->broken, "metadata") == 0)
        SEND (handler->rep, "\4name", 0);
    else if (strcmp (handler->status, "200") == 0)
        CHECK (zmq_send (handler->rep, "\5Hello\0\0\0\5World", 15, 0) == 15);
    else
        SEND (handler->rep, "", 0);
}

static void *handle (void *argument)
{
    handler_t *handler = argument;
    while (handler->requests--)
        answer (handler);
    OK (zmq_close (handler->rep));
    return NULL;
}

/* A handler that answers so many requests, all the same way. */
static pthread_t start_handler (void *context, handler_t *handler, const char *status, const char *broken, int requests)
{
    handler->rep = new_socket (context, ZMQ_REP);
    handler->status = status;
    handler->text = "text";
    handler->user = strcmp (status, "200") == 0 ? "somebody" : "";
    handler->broken = broken;
    handler->requests = requests;
    OK (zmq_bind (handler->rep, "inproc://zeromq.zap.01"));
    return start (handle, handler);
}

static void plain_client (void *s, const char *name, const char *password)
{
    set_text (s, ZMQ_PLAIN_USERNAME, name);
    set_text (s, ZMQ_PLAIN_PASSWORD, password);
}

static void curve_server (void *s)
{
    set_int (s, ZMQ_CURVE_SERVER, 1);
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, server_secret, 41));
}

static void curve_client (void *s, const char *server_key)
{
    OK (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, client_public, 41));
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, client_secret, 41));
    OK (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, server_key, 41));
}

enum { NO_MECHANISM, PLAIN, CURVE };

typedef struct {
    const char *title;
    int server, client;
    /* NULL: no handler at all. */
    const char *status, *broken, *domain;
    const char *server_key;
    /* Whether a domain is asked for. */
    int enforce;
} meeting_t;

/* Whether a message passes, and what the two monitors say of the handshake. */
static void meet (const meeting_t *meeting, int passes)
{
    void *context = zmq_ctx_new (), *server = new_socket (context, ZMQ_DEALER),
         *client = new_socket (context, ZMQ_DEALER), *at_server, *at_client;
    char endpoint [256];
    handler_t handler;
    pthread_t thread = 0;
    printf ("%s\n", meeting->title);
    if (meeting->status)
        thread = start_handler (context, &handler, meeting->status, meeting->broken, 1);
    if (meeting->domain)
        set_text (server, ZMQ_ZAP_DOMAIN, meeting->domain);
    set_int (server, ZMQ_ZAP_ENFORCE_DOMAIN, meeting->enforce);
    if (meeting->server == PLAIN)
        set_int (server, ZMQ_PLAIN_SERVER, 1);
    else if (meeting->server == CURVE)
        curve_server (server);
    if (meeting->client == PLAIN)
        plain_client (client, "admin", "secret");
    else if (meeting->client == CURVE)
        curve_client (client, meeting->server_key ? meeting->server_key : server_public);
    /* Only the first attempt. */
    set_int (client, ZMQ_RECONNECT_IVL, -1);
    OK (zmq_setsockopt (client, ZMQ_ROUTING_ID, "client", 6));
    at_server = monitor (context, server, "inproc://at-server", ZMQ_EVENT_ALL);
    at_client = monitor (context, client, "inproc://at-client", ZMQ_EVENT_ALL);
    bind_tcp (server, endpoint);
    OK (zmq_connect (client, endpoint));
    print_handshake (at_server, "  server");
    if (passes) {
        zmq_msg_t msg;
        const char *user;
        print_handshake (at_client, "  client");
        SEND (client, "hello", 0);
        OK (zmq_msg_init (&msg));
        CHECK (zmq_msg_recv (&msg, server, 0) == 5);
        errno = 0;
        user = zmq_msg_gets (&msg, "User-Id");
        printf ("  user %s", user ? user : error_name (errno));
        errno = 0;
        user = zmq_msg_gets (&msg, "Hello");
        printf (", Hello %s\n", user ? user : error_name (errno));
        OK (zmq_msg_close (&msg));
        SEND (server, "hello to you", 0);
        EXPECT (client, "hello to you", 0);
    } else {
        /* Refused when the client has given up, queued for nobody otherwise. */
        zmq_send (client, "hello", 5, ZMQ_DONTWAIT);
        print_quiet (server, "  message");
    }
    if (meeting->status)
        end (thread);
    close_watched (server, at_server);
    close_watched (client, at_client);
    OK (zmq_ctx_term (context));
}

static void let_in (void)
{
    static const meeting_t meetings [] = {
        {"NULL", NO_MECHANISM, NO_MECHANISM, NULL, NULL, NULL, NULL, 0},
        {"NULL, a domain, a handler", NO_MECHANISM, NO_MECHANISM, "200", NULL, "global", NULL, 0},
        {"PLAIN, a handler", PLAIN, PLAIN, "200", NULL, "global", NULL, 0},
        {"PLAIN, a handler, no domain", PLAIN, PLAIN, "200", NULL, NULL, NULL, 0},
        {"CURVE, no handler", CURVE, CURVE, NULL, NULL, NULL, NULL, 0},
        {"CURVE, a handler", CURVE, CURVE, "200", NULL, "global", NULL, 0},
        {"CURVE, a handler, no domain", CURVE, CURVE, "200", NULL, NULL, NULL, 0},
        {"CURVE, a handler, a domain that must be", CURVE, CURVE, "200", NULL, "global", NULL, 1},
        {"PLAIN, a handler, a domain that must be", PLAIN, PLAIN, "200", NULL, "global", NULL, 1},
        {"NULL, a handler, a domain that must be", NO_MECHANISM, NO_MECHANISM, "200", NULL, "global", NULL, 1},
        {"NULL, no handler, no domain", NO_MECHANISM, NO_MECHANISM, NULL, NULL, NULL, NULL, 1}};
    size_t i;
    for (i = 0; i < sizeof meetings / sizeof meetings [0]; i++)
        meet (&meetings [i], 1);
}

static void kept_out (void)
{
    static const meeting_t meetings [] = {
        {"NULL, refused", NO_MECHANISM, NO_MECHANISM, "400", NULL, "global", NULL, 0},
        {"PLAIN, refused", PLAIN, PLAIN, "400", NULL, "global", NULL, 0},
        {"PLAIN, an error of the handler's", PLAIN, PLAIN, "500", NULL, "global", NULL, 0},
        {"CURVE, refused", CURVE, CURVE, "400", NULL, "global", NULL, 0},
        {"NULL with PLAIN", NO_MECHANISM, PLAIN, NULL, NULL, NULL, NULL, 0},
        {"PLAIN with NULL", PLAIN, NO_MECHANISM, NULL, NULL, NULL, NULL, 0},
        {"CURVE with NULL", CURVE, NO_MECHANISM, NULL, NULL, NULL, NULL, 0},
        {"CURVE with PLAIN", CURVE, PLAIN, NULL, NULL, NULL, NULL, 0},
        {"NULL with CURVE", NO_MECHANISM, CURVE, NULL, NULL, NULL, NULL, 0},
        {"CURVE, another server's key", CURVE, CURVE, NULL, NULL, NULL, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 0},
        {"PLAIN, a reply of another version", PLAIN, PLAIN, "200", "version", "global", NULL, 0},
        {"PLAIN, a reply to another request", PLAIN, PLAIN, "200", "id", "global", NULL, 0},
        {"PLAIN, half a reply", PLAIN, PLAIN, "200", "parts", "global", NULL, 0},
        {"PLAIN, a status that does not exist", PLAIN, PLAIN, "600", NULL, "global", NULL, 0}};
    size_t i;
    for (i = 0; i < sizeof meetings / sizeof meetings [0]; i++)
        meet (&meetings [i], 0);
}

/* Metadata that end in the middle: refused. The original takes what comes before. */
static void broken_metadata (void)
{
    void *context = zmq_ctx_new (), *server = new_socket (context, ZMQ_DEALER),
         *client = new_socket (context, ZMQ_DEALER), *at_server;
    char endpoint [256];
    handler_t handler;
    pthread_t thread = start_handler (context, &handler, "200", "metadata", 1);
    set_int (server, ZMQ_PLAIN_SERVER, 1);
    plain_client (client, "admin", "secret");
    set_int (client, ZMQ_RECONNECT_IVL, -1);
    at_server = monitor (context, server, "inproc://at-server", ZMQ_EVENT_ALL);
    bind_tcp (server, endpoint);
    OK (zmq_connect (client, endpoint));
    if (ours ())
        CHECK (await_event (at_server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value
               == ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA);
    else
        await_event (at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    end (thread);
    close_watched (server, at_server);
    OK (zmq_close (client));
    OK (zmq_ctx_term (context));
}

/* PLAIN as a peer sees it. */
static void on_the_wire (void)
{
    void *context = zmq_ctx_new (), *server = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    handler_t handler;
    pthread_t thread = start_handler (context, &handler, "200", NULL, 1);
    int fd;
    printf ("on the wire\n");
    set_int (server, ZMQ_PLAIN_SERVER, 1);
    bind_tcp (server, endpoint);
    fd = raw_connect (endpoint);
    greet (fd, 0, "PLAIN");
    send_frame (fd, 4, "\5HELLO\5admin\6secret", 19);
    print_frame (fd, "wire");
    send_frame (fd, 4, "\10INITIATE\13Socket-Type\0\0\0\6DEALER", 31);
    print_frame (fd, "wire");
    send_frame (fd, 0, "hello", 5);
    print_message (server, "server");
    close (fd);
    end (thread);
    OK (zmq_close (server));
    OK (zmq_ctx_term (context));
}

/* Nothing of a message is seen on the wire. */
static void encrypted (void)
{
    void *context = zmq_ctx_new (), *client = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    unsigned char hello [202];
    int listener = raw_listen (endpoint), fd;
    curve_client (client, server_public);
    OK (zmq_connect (client, endpoint));
    fd = raw_accept (listener);
    greet (fd, 0, "CURVE");
    CHECK (raw_recv (fd, hello, sizeof hello) == sizeof hello);
    printf ("HELLO: ");
    print_bytes (hello, 10);
    printf ("\n");
    close (fd);
    close (listener);
    OK (zmq_close (client));
    OK (zmq_ctx_term (context));
}

/* Large messages, many parts, both ways. */
static void traffic (void)
{
    void *context = zmq_ctx_new (), *server = new_socket (context, ZMQ_REP), *client = new_socket (context, ZMQ_REQ);
    char endpoint [256];
    static char bytes [200000], back [200000];
    size_t size;
    curve_server (server);
    curve_client (client, server_public);
    bind_tcp (server, endpoint);
    OK (zmq_connect (client, endpoint));
    for (size = 0; size < sizeof bytes; size = size * 3 + 1) {
        size_t i;
        for (i = 0; i < size; i++)
            bytes [i] = (char) (i * 7 + size);
        CHECK (zmq_send (client, bytes, size, ZMQ_SNDMORE) == (int) size);
        SEND (client, "", ZMQ_SNDMORE);
        CHECK (zmq_send (client, bytes, size, 0) == (int) size);
        CHECK (zmq_recv (server, back, sizeof back, 0) == (int) size && memcmp (bytes, back, size) == 0);
        EXPECT (server, "", 1);
        CHECK (zmq_recv (server, back, sizeof back, 0) == (int) size && memcmp (bytes, back, size) == 0);
        CHECK (zmq_send (server, back, size, 0) == (int) size);
        CHECK (zmq_recv (client, back, sizeof back, 0) == (int) size && memcmp (bytes, back, size) == 0);
    }
    OK (zmq_close (server));
    OK (zmq_close (client));
    OK (zmq_ctx_term (context));
}

int main (void)
{
    begin ();
    OK (zmq_curve_keypair (server_public, server_secret));
    OK (zmq_curve_keypair (client_public, client_secret));
    let_in ();
    kept_out ();
    broken_metadata ();
    on_the_wire ();
    encrypted ();
    traffic ();
    return 0;
}
