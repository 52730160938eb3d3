/* The draft API's options, by what they do. The original of Debian does not have them. */
#ifndef ZMQ_BUILD_DRAFT_API
#define ZMQ_BUILD_DRAFT_API
#endif
#include "monitor.h"
#include "raw.h"
#include "socks.h"

static void set_bytes (void *s, int option, const char *value)
{
    OK (zmq_setsockopt (s, option, value, strlen (value)));
}

/* What each new peer is told first, over each transport, and again on each connection. */
static void hello (void *context)
{
    static const char *const addresses [] = {"tcp://127.0.0.1:*", "ipc://hello.ipc", "inproc://hello"};
    size_t i;
    for (i = 0; i < 3; i++) {
        void *server = new_socket (context, ZMQ_ROUTER), *client = new_socket (context, ZMQ_DEALER);
        char endpoint [256];
        set_bytes (server, ZMQ_HELLO_MSG, "welcome");
        set_bytes (client, ZMQ_HELLO_MSG, "here I am");
        set_text (client, ZMQ_ROUTING_ID, "client");
        OK (zmq_bind (server, addresses [i]));
        OK (zmq_connect (client, last_endpoint (server, endpoint)));
        EXPECT (client, "welcome", 0);
        EXPECT (server, "client", 1);
        EXPECT (server, "here I am", 0);
        OK (zmq_close (client));
        OK (zmq_close (server));
    }
}

/* What is received when a peer goes, and when the connection to it is to be made again. */
static void goodbye (void *context)
{
    void *server = new_socket (context, ZMQ_ROUTER), *client = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int listener, fd;
    set_bytes (server, ZMQ_DISCONNECT_MSG, "gone");
    set_text (client, ZMQ_ROUTING_ID, "client");
    bind_tcp (server, endpoint);
    OK (zmq_connect (client, endpoint));
    SEND (client, "last words", 0);
    EXPECT (server, "client", 1);
    EXPECT (server, "last words", 0);
    OK (zmq_close (client));
    EXPECT (server, "client", 1);
    EXPECT (server, "gone", 0);
    OK (zmq_close (server));

    client = new_socket (context, ZMQ_DEALER);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    set_bytes (client, ZMQ_HICCUP_MSG, "hiccup");
    listener = raw_listen (endpoint);
    OK (zmq_connect (client, endpoint));
    fd = raw_accept (listener);
    shake_hands (fd, 0, "DEALER");
    send_frame (fd, 0, "before", 6);
    EXPECT (client, "before", 0);
    close (fd);
    EXPECT (client, "hiccup", 0);
    fd = raw_accept (listener);
    shake_hands (fd, 0, "DEALER");
    send_frame (fd, 0, "after", 5);
    EXPECT (client, "after", 0);
    close (fd);
    close (listener);
    OK (zmq_close (client));
}

/* A ROUTER hears who comes and who goes: a routing id and an empty part. */
static void router_notify (void *context, int notify)
{
    void *router = new_socket (context, ZMQ_ROUTER), *dealer = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    set_int (router, ZMQ_ROUTER_NOTIFY, notify);
    CHECK (get_int (router, ZMQ_ROUTER_NOTIFY) == notify);
    set_text (dealer, ZMQ_ROUTING_ID, "dealer");
    bind_tcp (router, endpoint);
    OK (zmq_connect (dealer, endpoint));
    if (notify & ZMQ_NOTIFY_CONNECT) {
        EXPECT (router, "dealer", 1);
        EXPECT (router, "", 0);
    }
    SEND (dealer, "hello", 0);
    EXPECT (router, "dealer", 1);
    EXPECT (router, "hello", 0);
    OK (zmq_close (dealer));
    if (notify & ZMQ_NOTIFY_DISCONNECT) {
        EXPECT (router, "dealer", 1);
        EXPECT (router, "", 0);
    } else {
        set_int (router, ZMQ_RCVTIMEO, MS_QUIET);
        FAILS (zmq_recv (router, NULL, 0, 0), EAGAIN);
    }
    OK (zmq_close (router));
}

static void pub_and_sub (void *context, void **pub, int pub_type, void **sub, int sub_type)
{
    *pub = new_socket (context, pub_type);
    *sub = new_socket (context, sub_type);
}

static void join (void *pub, void *sub)
{
    char endpoint [256];
    OK (zmq_connect (sub, bind_tcp (pub, endpoint)));
}

/* Of a message in parts, only the first is a subscription. */
static void only_first_subscribe (void *context, int only_first)
{
    void *pub, *sub;
    pub_and_sub (context, &pub, ZMQ_XPUB, &sub, ZMQ_XSUB);
    set_int (pub, ZMQ_ONLY_FIRST_SUBSCRIBE, only_first);
    set_int (sub, ZMQ_ONLY_FIRST_SUBSCRIBE, only_first);
    join (pub, sub);
    /* What is no subscription is for publishers that are there. */
    SEND (sub, "\1connected", 0);
    EXPECT (pub, "\1connected", 0);
    SEND (sub, "\1a", ZMQ_SNDMORE);
    SEND (sub, "\1b", 0);
    SEND (sub, "\1mark", 0);
    EXPECT (pub, "\1a", 0);
    EXPECT (pub, "\1b", 0);
    EXPECT (pub, "\1mark", 0);
    SEND (pub, "b", 0);
    SEND (pub, "a", 0);
    if (!only_first)
        EXPECT (sub, "b", 0);
    EXPECT (sub, "a", 0);
    OK (zmq_close (pub));
    OK (zmq_close (sub));
}

/* An XSUB passes on every cancellation, not just the last. */
static void verbose_unsubscribe (void *context, int verbose)
{
    void *pub, *sub;
    pub_and_sub (context, &pub, ZMQ_XPUB, &sub, ZMQ_XSUB);
    set_int (sub, ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, verbose);
    set_int (pub, ZMQ_XPUB_VERBOSER, 1);
    join (pub, sub);
    SEND (sub, "\1a", 0);
    EXPECT (pub, "\1a", 0);
    SEND (sub, "\1a", 0);
    EXPECT (pub, "\1a", 0);
    /* Nobody asked for this one. */
    CHECK (zmq_send (sub, "\0never", 6, 0) == 6);
    CHECK (zmq_send (sub, "\0a", 2, 0) == 2);
    CHECK (zmq_send (sub, "\0a", 2, 0) == 2);
    SEND (sub, "\1mark", 0);
    {
        char got [16];
        int size, nevers = 0, as = 0;
        while ((size = zmq_recv (pub, got, sizeof got, 0)) != 5) {
            CHECK (size > 0 && got [0] == 0);
            nevers += size == 6;
            as += size == 2;
        }
        CHECK (memcmp (got, "\1mark", 5) == 0);
        CHECK (verbose ? as == 2 : as == 1);
        CHECK (nevers == verbose);
    }
    OK (zmq_close (pub));
    OK (zmq_close (sub));
}

/* Whoever subscribed last gets the next message alone: so the last value of a topic can be given to those who come late. */
static void last_value (void *context)
{
    void *pub, *first, *second = new_socket (context, ZMQ_SUB);
    char endpoint [256];
    pub_and_sub (context, &pub, ZMQ_XPUB, &first, ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_MANUAL_LAST_VALUE, 1);
    set_text (first, ZMQ_SUBSCRIBE, "A");
    set_text (second, ZMQ_SUBSCRIBE, "A");
    bind_tcp (pub, endpoint);
    OK (zmq_connect (first, endpoint));
    EXPECT (pub, "\1A", 0);
    set_text (pub, ZMQ_SUBSCRIBE, "A");
    SEND (pub, "A for the first", 0);
    EXPECT (first, "A for the first", 0);
    OK (zmq_connect (second, endpoint));
    EXPECT (pub, "\1A", 0);
    set_text (pub, ZMQ_SUBSCRIBE, "A");
    SEND (pub, "A for the second", 0);
    EXPECT (second, "A for the second", 0);
    SEND (pub, "A for both", 0);
    EXPECT (second, "A for both", 0);
    EXPECT (first, "A for both", 0);
    OK (zmq_close (pub));
    OK (zmq_close (first));
    OK (zmq_close (second));
}

static void priority (void *context)
{
    void *server = new_socket (context, ZMQ_DEALER), *client = new_socket (context, ZMQ_DEALER);
    char endpoint [256];
    int value = -1;
    socklen_t size = sizeof value;
    set_int (server, ZMQ_PRIORITY, 5);
    set_int (client, ZMQ_PRIORITY, 5);
    /* What the system may refuse to those who are not its administrator does no harm. */
    set_int (client, ZMQ_BUSY_POLL, 1);
    OK (zmq_connect (client, bind_tcp (server, endpoint)));
    SEND (client, "hello", 0);
    OK (getsockopt (receive_descriptor (server), SOL_SOCKET, SO_PRIORITY, &value, &size));
    CHECK (value == 5);
    SEND (server, "hello", 0);
    OK (getsockopt (receive_descriptor (client), SOL_SOCKET, SO_PRIORITY, &value, &size));
    CHECK (value == 5);
    OK (zmq_close (server));
    OK (zmq_close (client));
}

/* A handshake that fails, or a connection that ends, is the end of trying, if so wished. */
static void reconnect_stop (void *context, int stop, int after_handshake)
{
    void *client = new_socket (context, ZMQ_DEALER), *pair;
    char endpoint [256];
    int listener = raw_listen (endpoint), fd;
    struct pollfd item;
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    set_int (client, ZMQ_RECONNECT_STOP, stop);
    pair = watch (context, client, ZMQ_EVENT_ALL);
    OK (zmq_connect (client, endpoint));
    fd = raw_accept (listener);
    if (after_handshake) {
        shake_hands (fd, 0, "DEALER");
        await_event (pair, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        if (stop == ZMQ_RECONNECT_STOP_AFTER_DISCONNECT)
            OK (zmq_disconnect (client, endpoint));
    } else {
        unsigned char greeting [64];
        make_greeting (greeting, 0, "NULL", 0);
        raw_send (fd, greeting, sizeof greeting);
        send_frame (fd, 4, "\4NOPE", 5);
        await_event (pair, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    }
    close (fd);
    item.fd = listener;
    item.events = POLLIN;
    if (stop && (after_handshake == (stop == ZMQ_RECONNECT_STOP_AFTER_DISCONNECT)))
        CHECK (poll (&item, 1, MS_QUIET) == 0);
    else
        CHECK (poll (&item, 1, MS_MAX) == 1);
    close (listener);
    close_watched (client, pair);
}

/* A proxy that wants a name and a password. */
static void socks_name (void *context)
{
    void *pull = new_socket (context, ZMQ_PULL), *push = new_socket (context, ZMQ_PUSH);
    char endpoint [256], address [64], text [32];
    size_t size = sizeof text;
    proxy_t proxy;
    pthread_t thread;
    memset (&proxy, 0, sizeof proxy);
    proxy.listener = raw_listen (endpoint);
    proxy.wants_name = 1;
    bind_tcp (pull, proxy.endpoint);
    thread = start (run_proxy, &proxy);
    set_text (push, ZMQ_SOCKS_PROXY, endpoint + strlen ("tcp://"));
    set_text (push, ZMQ_SOCKS_USERNAME, "somebody");
    set_text (push, ZMQ_SOCKS_PASSWORD, "secret");
    OK (zmq_getsockopt (push, ZMQ_SOCKS_USERNAME, text, &size));
    CHECK (size == 9 && strcmp (text, "somebody") == 0);
    sprintf (address, "tcp://localhost:%d", port_of (proxy.endpoint));
    OK (zmq_connect (push, address));
    SEND (push, "through the proxy", 0);
    EXPECT (pull, "through the proxy", 0);
    OK (zmq_close (push));
    end (thread);
    close (proxy.listener);
    /* It may be spoken to without a name, or with one. */
    CHECK (proxy.greeting [0] == 5 && memchr (proxy.greeting + 2, 2, proxy.greeting [1]) != NULL);
    CHECK (proxy.name_size == 17 && memcmp (proxy.name, "\1\10somebody\6secret", 17) == 0);
    OK (zmq_close (pull));
}

/* Over udp to a group of addresses. (On the loopback interface, ZMQ_MULTICAST_LOOP changes nothing: what is sent comes.) */
static void multicast (void *context)
{
    void *radio = new_socket (context, ZMQ_RADIO), *dish = new_socket (context, ZMQ_DISH);
    char endpoint [64];
    int fd = socket (AF_INET, SOCK_DGRAM, 0), size = -1, is_there;
    struct ip_mreq membership;
    CHECK (fd >= 0);
    memset (&membership, 0, sizeof membership);
    membership.imr_multiaddr.s_addr = inet_addr ("239.255.77.77");
    membership.imr_interface.s_addr = htonl (INADDR_LOOPBACK);
    is_there = setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == 0;
    close (fd);
    sprintf (endpoint, "udp://lo;239.255.77.77:%d", port_of (own_endpoint (endpoint)));
    set_int (radio, ZMQ_MULTICAST_HOPS, 1);
    set_int (radio, ZMQ_MULTICAST_LOOP, 1);
    set_int (dish, ZMQ_RCVTIMEO, 20);
    OK (zmq_join (dish, "movies"));
    /* Where the system has no groups there is nothing to send. */
    if (is_there) {
        OK (zmq_bind (dish, endpoint));
        OK (zmq_connect (radio, endpoint));
    }
    while (is_there && size == -1) {
        char text [16];
        zmq_msg_t msg;
        OK (zmq_msg_init_buffer (&msg, "film", 4));
        OK (zmq_msg_set_group (&msg, "movies"));
        CHECK (zmq_msg_send (&msg, radio, 0) == 4);
        size = zmq_recv (dish, text, sizeof text, 0);
    }
    CHECK (!is_there || size == 4);
    OK (zmq_close (radio));
    OK (zmq_close (dish));
}

/* How far what is sent to a group of addresses goes. */
static void hops (void *context, int hops)
{
    void *radio = new_socket (context, ZMQ_RADIO);
    char endpoint [64], bytes [64], control [CMSG_SPACE (sizeof (int))];
    int fd = socket (AF_INET, SOCK_DGRAM, 0), on = 1, is_there, size = -1, left;
    struct ip_mreq membership;
    struct sockaddr_in address;
    socklen_t address_size = sizeof address;
    struct timeval limit = {0, 20000};
    struct iovec bytes_at = {bytes, sizeof bytes};
    CHECK (fd >= 0);
    memset (&membership, 0, sizeof membership);
    membership.imr_multiaddr.s_addr = inet_addr ("239.255.77.78");
    membership.imr_interface.s_addr = htonl (INADDR_LOOPBACK);
    is_there = setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == 0;
    OK (setsockopt (fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
    OK (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    memset (&address, 0, sizeof address);
    address.sin_family = AF_INET;
    OK (bind (fd, (struct sockaddr *) &address, sizeof address));
    OK (getsockname (fd, (struct sockaddr *) &address, &address_size));
    if (hops)
        set_int (radio, ZMQ_MULTICAST_HOPS, hops);
    CHECK (get_int (radio, ZMQ_MULTICAST_HOPS) == (hops ? hops : 1));
    sprintf (endpoint, "udp://lo;239.255.77.78:%d", ntohs (address.sin_port));
    /* Where the system has no groups there is nothing to send. */
    if (is_there)
        OK (zmq_connect (radio, endpoint));
    while (is_there && size == -1) {
        struct msghdr header;
        zmq_msg_t msg;
        OK (zmq_msg_init_buffer (&msg, "film", 4));
        OK (zmq_msg_set_group (&msg, "movies"));
        CHECK (zmq_msg_send (&msg, radio, 0) == 4);
        memset (&header, 0, sizeof header);
        header.msg_iov = &bytes_at;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        size = (int) recvmsg (fd, &header, 0);
        if (size != -1) {
            CHECK (size == 11 && memcmp (bytes, "\6moviesfilm", 11) == 0);
            CHECK (CMSG_FIRSTHDR (&header) && CMSG_FIRSTHDR (&header)->cmsg_type == IP_TTL);
            memcpy (&left, CMSG_DATA (CMSG_FIRSTHDR (&header)), sizeof left);
            CHECK (left == (hops ? hops : 1));
        }
    }
    close (fd);
    OK (zmq_close (radio));
}

/* Groups are joined and left while the connection is there. */
static void leave (void *context)
{
    void *radio = new_socket (context, ZMQ_RADIO), *dish = new_socket (context, ZMQ_DISH);
    char endpoint [256], text [16];
    int of_news;
    OK (zmq_connect (dish, bind_tcp (radio, endpoint)));
    OK (zmq_join (dish, "news"));
    OK (zmq_join (dish, "movies"));
    set_int (dish, ZMQ_RCVTIMEO, 5);
    for (of_news = 1; of_news >= 0; of_news--) {
        static const char *const groups [] = {"movies", "news"};
        /* Until what was joined last is heard of; after leaving, until what was left is not. */
        int heard = 0, quiet = 0;
        while (!heard || (!of_news && quiet < 3)) {
            zmq_msg_t msg;
            int i, news = 0;
            for (i = 1; i >= 0; i--) {
                OK (zmq_msg_init_buffer (&msg, groups [i], strlen (groups [i])));
                OK (zmq_msg_set_group (&msg, groups [i]));
                CHECK (zmq_msg_send (&msg, radio, 0) == (int) strlen (groups [i]));
            }
            /* The one that is always joined comes second. */
            for (;;) {
                int size = zmq_recv (dish, text, sizeof text, 0);
                if (size == -1)
                    break;
                news |= size == 4;
                if (size == 6) {
                    heard |= of_news ? news : 1;
                    quiet = news ? 0 : quiet + 1;
                    break;
                }
            }
        }
        if (of_news) {
            OK (zmq_leave (dish, "news"));
            FAILS (zmq_leave (dish, "news"), EINVAL);
        }
    }
    OK (zmq_close (radio));
    OK (zmq_close (dish));
}

/* Threads share a CLIENT: each request is answered, to whichever of them it is. */
static void *ask (void *client)
{
    int i;
    for (i = 0; i < 300; i++) {
        char text [8];
        SEND (client, "ask", 0);
        CHECK (zmq_recv (client, text, sizeof text, 0) == 3);
    }
    return NULL;
}

static void *answer (void *server)
{
    int i;
    for (i = 0; i < 4 * 300; i++) {
        zmq_msg_t msg;
        OK (zmq_msg_init (&msg));
        CHECK (zmq_msg_recv (&msg, server, 0) == 3);
        CHECK (zmq_msg_send (&msg, server, 0) == 3);
    }
    return NULL;
}

static void shared (void *context)
{
    void *server = new_socket (context, ZMQ_SERVER), *client = new_socket (context, ZMQ_CLIENT);
    char endpoint [256];
    pthread_t threads [5];
    int i;
    CHECK (get_int (client, ZMQ_THREAD_SAFE) == 1 && get_int (server, ZMQ_THREAD_SAFE) == 1);
    OK (zmq_connect (client, bind_tcp (server, endpoint)));
    threads [4] = start (answer, server);
    for (i = 0; i < 4; i++)
        threads [i] = start (ask, client);
    for (i = 0; i < 5; i++)
        end (threads [i]);
    OK (zmq_close (server));
    OK (zmq_close (client));
}

int main (void)
{
    void *context;
    int i;
    begin ();
    context = zmq_ctx_new ();
    hello (context);
    goodbye (context);
    for (i = 0; i <= (ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT); i++)
        router_notify (context, i);
    only_first_subscribe (context, 0);
    only_first_subscribe (context, 1);
    verbose_unsubscribe (context, 0);
    verbose_unsubscribe (context, 1);
    last_value (context);
    priority (context);
    reconnect_stop (context, 0, 0);
    reconnect_stop (context, 0, 1);
    reconnect_stop (context, ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED, 0);
    reconnect_stop (context, ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED, 1);
    reconnect_stop (context, ZMQ_RECONNECT_STOP_AFTER_DISCONNECT, 0);
    reconnect_stop (context, ZMQ_RECONNECT_STOP_AFTER_DISCONNECT, 1);
    socks_name (context);
    multicast (context);
    hops (context, 0);
    hops (context, 7);
    leave (context);
    shared (context);
    OK (zmq_ctx_term (context));
    return 0;
}
