/* STREAM: plain TCP peers, each with its routing id; notifications, connecting, closing. */
#include "check.h"
#include "raw.h"

/* The id of the peer that the next message is from; the message's other part comes next. */
static int receive_id (void *s, char id [5])
{
    int size = zmq_recv (s, id, 5, 0);
    CHECK (size == 5 && id [0] == 0 && get_int (s, ZMQ_RCVMORE) == 1);
    return size;
}

static void send_to (void *s, const char id [5], const char *text)
{
    CHECK (zmq_send (s, id, 5, ZMQ_SNDMORE) == 5);
    SEND (s, text, 0);
}

static void serves (void *context, int notify)
{
    void *s = new_socket (context, ZMQ_STREAM);
    char endpoint [256], id [5], other [5], bytes [16];
    int fd, second;
    printf ("notify %d\n", notify);
    set_int (s, ZMQ_STREAM_NOTIFY, notify);
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    if (notify) {
        receive_id (s, id);
        EXPECT (s, "", 0);
    }
    raw_send (fd, "hello", 5);
    receive_id (s, id);
    EXPECT (s, "hello", 0);
    send_to (s, id, "answer");
    CHECK (raw_recv (fd, bytes, 6) == 6 && memcmp (bytes, "answer", 6) == 0);
    second = raw_connect (endpoint);
    if (notify) {
        receive_id (s, other);
        EXPECT (s, "", 0);
    }
    raw_send (second, "me too", 6);
    receive_id (s, other);
    EXPECT (s, "me too", 0);
    CHECK (memcmp (id, other, 5) != 0);
    send_to (s, other, "two");
    CHECK (raw_recv (second, bytes, 3) == 3 && memcmp (bytes, "two", 3) == 0);
    /* The peer goes. */
    close (fd);
    if (notify) {
        char gone [5];
        receive_id (s, gone);
        CHECK (memcmp (gone, id, 5) == 0);
        EXPECT (s, "", 0);
    } else
        print_quiet (s, "no notice");
    /* An empty message ends the connection. */
    send_to (s, other, "");
    await_bytes (second, s);
    raw_until_end (second);
    close (second);
    if (notify)
        print_quiet (s, "after an empty message");
    /* Nobody has this id. */
    TRY (zmq_send (s, "\0nope", 5, ZMQ_SNDMORE));
    TRY (zmq_send (s, "x", 1, ZMQ_DONTWAIT));
    OK (zmq_close (s));
}

/* Many at once: each gets its own bytes back, whatever comes in between, and is told apart when it goes. */
static void many (void *context)
{
    enum { MANY = 20 };
    void *s = new_socket (context, ZMQ_STREAM);
    char endpoint [256], ids [MANY][5], text [16], back [16];
    int fds [MANY], i, round;
    bind_tcp (s, endpoint);
    for (i = 0; i < MANY; i++) {
        fds [i] = raw_connect (endpoint);
        receive_id (s, ids [i]);
        EXPECT (s, "", 0);
        for (round = 0; round < i; round++)
            CHECK (memcmp (ids [i], ids [round], 5) != 0);
    }
    for (round = 0; round < 3; round++) {
        for (i = 0; i < MANY; i++) {
            sprintf (text, "%2d says %d", i, round);
            raw_send (fds [i], text, strlen (text));
        }
        for (i = 0; i < MANY; i++) {
            char id [5];
            int size;
            receive_id (s, id);
            size = zmq_recv (s, text, sizeof text, 0);
            CHECK (size == 9 && memcmp (id, ids [atoi (text)], 5) == 0);
            CHECK (zmq_send (s, id, 5, ZMQ_SNDMORE) == 5 && zmq_send (s, text, 9, 0) == 9);
        }
        for (i = 0; i < MANY; i++) {
            sprintf (text, "%2d says %d", i, round);
            await_bytes (fds [i], s);
            CHECK (raw_recv (fds [i], back, 9) == 9 && memcmp (back, text, 9) == 0);
        }
    }
    for (i = MANY - 1; i >= 0; i--) {
        char id [5];
        close (fds [i]);
        receive_id (s, id);
        EXPECT (s, "", 0);
        CHECK (memcmp (id, ids [i], 5) == 0);
    }
    printf ("each had its own\n");
    OK (zmq_close (s));
}

static void connects (void *context)
{
    void *s = new_socket (context, ZMQ_STREAM);
    char endpoint [256], id [5], bytes [16];
    int listener = raw_listen (endpoint), fd;
    OK (zmq_connect (s, endpoint));
    fd = raw_accept (listener);
    receive_id (s, id);
    EXPECT (s, "", 0);
    send_to (s, id, "GET");
    CHECK (raw_recv (fd, bytes, 3) == 3 && memcmp (bytes, "GET", 3) == 0);
    raw_send (fd, "OK", 2);
    receive_id (s, id);
    EXPECT (s, "OK", 0);
    close (fd);
    receive_id (s, id);
    EXPECT (s, "", 0);
    OK (zmq_close (s));
    close (listener);
}

/* The name given to a connection, and the routing id asked for as an option. */
static void named (void *context)
{
    void *s = new_socket (context, ZMQ_STREAM);
    char endpoint [256], id [256], bytes [16];
    size_t size = sizeof id;
    int listener = raw_listen (endpoint), fd;
    set_text (s, ZMQ_CONNECT_ROUTING_ID, "server");
    OK (zmq_connect (s, endpoint));
    OK (zmq_getsockopt (s, ZMQ_ROUTING_ID, id, &size));
    /* The original gives only those that it has made up itself. */
    CHECK (!ours () || (size == 6 && memcmp (id, "server", 6) == 0));
    fd = raw_accept (listener);
    print_message (s, "connected");
    SEND (s, "server", ZMQ_SNDMORE);
    SEND (s, "by name", 0);
    CHECK (raw_recv (fd, bytes, 7) == 7 && memcmp (bytes, "by name", 7) == 0);
    raw_send (fd, "reply", 5);
    print_message (s, "reply");
    close (fd);
    print_message (s, "gone");
    OK (zmq_close (s));
    close (listener);
}

/* Two of them. */
static void both (void *context)
{
    void *server = new_socket (context, ZMQ_STREAM), *client = new_socket (context, ZMQ_STREAM);
    char endpoint [256], at_server [5], at_client [5];
    bind_tcp (server, endpoint);
    OK (zmq_connect (client, endpoint));
    receive_id (server, at_server);
    EXPECT (server, "", 0);
    receive_id (client, at_client);
    EXPECT (client, "", 0);
    send_to (client, at_client, "ping");
    receive_id (server, at_server);
    EXPECT (server, "ping", 0);
    send_to (server, at_server, "pong");
    receive_id (client, at_client);
    EXPECT (client, "pong", 0);
    OK (zmq_close (client));
    receive_id (server, at_server);
    EXPECT (server, "", 0);
    OK (zmq_close (server));
}

/* Much, in pieces of any size. */
static void *writer (void *argument)
{
    static char bytes [100000];
    int fd = *(int *) argument, i;
    memset (bytes, 'x', sizeof bytes);
    for (i = 0; i < 20; i++)
        raw_send (fd, bytes, sizeof bytes);
    return NULL;
}

static void much (void *context)
{
    void *s = new_socket (context, ZMQ_STREAM);
    char endpoint [256], id [5];
    int fd;
    size_t got = 0;
    pthread_t thread;
    bind_tcp (s, endpoint);
    fd = raw_connect (endpoint);
    receive_id (s, id);
    EXPECT (s, "", 0);
    thread = start (writer, &fd);
    while (got < 2000000) {
        zmq_msg_t msg;
        receive_id (s, id);
        OK (zmq_msg_init (&msg));
        CHECK (zmq_msg_recv (&msg, s, 0) > 0 && !zmq_msg_more (&msg));
        got += zmq_msg_size (&msg);
        OK (zmq_msg_close (&msg));
    }
    CHECK (got == 2000000);
    end (thread);
    close (fd);
    OK (zmq_close (s));
}

static void refused (void *context)
{
    void *s = new_socket (context, ZMQ_STREAM);
    TRY (zmq_bind (s, "ipc://stream.ipc"));
    TRY (zmq_send (s, "nobody", 6, ZMQ_SNDMORE));
    OK (zmq_close (s));
}

int main (void)
{
    void *context;
    begin ();
    context = zmq_ctx_new ();
    serves (context, 1);
    serves (context, 0);
    many (context);
    connects (context);
    named (context);
    both (context);
    much (context);
    refused (context);
    OK (zmq_ctx_term (context));
    return 0;
}
