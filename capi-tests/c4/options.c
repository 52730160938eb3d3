/* Every socket option: its default, its size, what it takes and what it refuses, on each type of socket. */
#include "check.h"

static const struct {
    int number;
    const char *name;
} options [] = {
#define O(name) {name, #name}
    O (ZMQ_AFFINITY), O (ZMQ_ROUTING_ID), O (ZMQ_SUBSCRIBE), O (ZMQ_UNSUBSCRIBE), O (ZMQ_RATE),
    O (ZMQ_RECOVERY_IVL), O (ZMQ_SNDBUF), O (ZMQ_RCVBUF), O (ZMQ_RCVMORE), O (ZMQ_EVENTS), O (ZMQ_TYPE),
    O (ZMQ_LINGER), O (ZMQ_RECONNECT_IVL), O (ZMQ_BACKLOG), O (ZMQ_RECONNECT_IVL_MAX), O (ZMQ_MAXMSGSIZE),
    O (ZMQ_SNDHWM), O (ZMQ_RCVHWM), O (ZMQ_MULTICAST_HOPS), O (ZMQ_RCVTIMEO), O (ZMQ_SNDTIMEO),
    O (ZMQ_LAST_ENDPOINT), O (ZMQ_ROUTER_MANDATORY), O (ZMQ_TCP_KEEPALIVE), O (ZMQ_TCP_KEEPALIVE_CNT),
    O (ZMQ_TCP_KEEPALIVE_IDLE), O (ZMQ_TCP_KEEPALIVE_INTVL), O (ZMQ_IMMEDIATE), O (ZMQ_XPUB_VERBOSE),
    O (ZMQ_IPV4ONLY), O (ZMQ_IPV6), O (ZMQ_MECHANISM), O (ZMQ_PLAIN_SERVER), O (ZMQ_PLAIN_USERNAME),
    O (ZMQ_PLAIN_PASSWORD), O (ZMQ_CURVE_SERVER), O (ZMQ_CURVE_PUBLICKEY), O (ZMQ_CURVE_SECRETKEY),
    O (ZMQ_CURVE_SERVERKEY), O (ZMQ_PROBE_ROUTER), O (ZMQ_REQ_CORRELATE), O (ZMQ_REQ_RELAXED), O (ZMQ_CONFLATE),
    O (ZMQ_ZAP_DOMAIN), O (ZMQ_ROUTER_HANDOVER), O (ZMQ_TOS), O (ZMQ_CONNECT_ROUTING_ID), O (ZMQ_HANDSHAKE_IVL),
    O (ZMQ_SOCKS_PROXY), O (ZMQ_XPUB_NODROP), O (ZMQ_BLOCKY), O (ZMQ_XPUB_MANUAL), O (ZMQ_XPUB_WELCOME_MSG),
    O (ZMQ_STREAM_NOTIFY), O (ZMQ_INVERT_MATCHING), O (ZMQ_HEARTBEAT_IVL), O (ZMQ_HEARTBEAT_TTL),
    O (ZMQ_HEARTBEAT_TIMEOUT), O (ZMQ_XPUB_VERBOSER), O (ZMQ_CONNECT_TIMEOUT), O (ZMQ_TCP_MAXRT),
    O (ZMQ_THREAD_SAFE), O (ZMQ_MULTICAST_MAXTPDU), O (ZMQ_USE_FD), O (ZMQ_BINDTODEVICE),
    {0, "option 0"}, {-1, "option -1"}, {2, "option 2"}, {12, "option 12"}, {20, "option 20"}, {1000, "option 1000"}
#undef O
};

#define OPTIONS (sizeof options / sizeof options [0])

static const struct {
    int number;
    const char *name;
} types [] = {{ZMQ_PAIR, "PAIR"}, {ZMQ_PUB, "PUB"}, {ZMQ_SUB, "SUB"}, {ZMQ_REQ, "REQ"}, {ZMQ_REP, "REP"},
    {ZMQ_DEALER, "DEALER"}, {ZMQ_ROUTER, "ROUTER"}, {ZMQ_PULL, "PULL"}, {ZMQ_PUSH, "PUSH"}, {ZMQ_XPUB, "XPUB"},
    {ZMQ_XSUB, "XSUB"}, {ZMQ_STREAM, "STREAM"}};

static void print_value (void *s, size_t room)
{
    size_t option;
    for (option = 0; option < OPTIONS; option++) {
        unsigned char value [300];
        size_t size = room;
        memset (value, 0xee, sizeof value);
        errno = 0;
        if (zmq_getsockopt (s, options [option].number, value, &size) == -1)
            printf ("  %s in %d: %s\n", options [option].name, (int) room, error_name (errno));
        else {
            printf ("  %s in %d: ", options [option].name, (int) room);
            print_bytes (value, size);
            printf ("\n");
            CHECK (size <= room && value [room] == 0xee);
        }
    }
}

static int get_number (void *s, int option, size_t size, int64_t *number)
{
    int32_t small;
    size_t room = size;
    if (size == 8)
        return zmq_getsockopt (s, option, number, &room);
    if (zmq_getsockopt (s, option, &small, &room) == -1)
        return -1;
    *number = small;
    return 0;
}

/* What is set, and what is had back. */
static void try_number (void *s, size_t option, int64_t number, size_t size)
{
    int32_t small = (int32_t) number;
    int64_t back = 0;
    int result;
    errno = 0;
    result = zmq_setsockopt (s, options [option].number, size == 8 ? (void *) &number : (void *) &small, size);
    printf ("  %s = %lld of %d: %s", options [option].name, (long long) number, (int) size,
            result == 0 ? "set" : error_name (errno));
    if (result == 0 && get_number (s, options [option].number, size, &back) == 0)
        printf (", now %lld", (long long) back);
    printf ("\n");
}

static void try_numbers (int type)
{
    static const int64_t numbers [] = {0, 1, 2, -1, -2, 100, 255, 256, 65535, 65536, 6553600, 2147483647, -2147483647};
    size_t option, i;
    for (option = 0; option < OPTIONS; option++) {
        /* Anew for each, since some take a value only once or change others. */
        void *context = zmq_ctx_new (), *s = new_socket (context, type);
        /* What it means is not for numbers. */
        int text = options [option].number == ZMQ_SUBSCRIBE || options [option].number == ZMQ_ROUTING_ID
                   || options [option].number == ZMQ_SOCKS_PROXY || options [option].number == ZMQ_BINDTODEVICE;
        for (i = 0; i < sizeof numbers / sizeof numbers [0] && !text; i++) {
            if (options [option].number == ZMQ_USE_FD && numbers [i] >= 0)
                continue;
            try_number (s, option, numbers [i], 4);
        }
        if (!text)
            try_number (s, option, 1, 8);
        OK (zmq_close (s));
        OK (zmq_ctx_term (context));
    }
}

static void try_bytes (void *s, size_t option, const char *bytes, size_t size)
{
    char back [300];
    size_t room = sizeof back;
    int result;
    errno = 0;
    result = zmq_setsockopt (s, options [option].number, bytes, size);
    printf ("  %s of %d bytes: %s", options [option].name, (int) size, result == 0 ? "set" : error_name (errno));
    if (result == 0 && zmq_getsockopt (s, options [option].number, back, &room) == 0) {
        printf (", now of %d: ", (int) room);
        print_bytes (back, room);
    }
    printf ("\n");
}

static void try_texts (int type)
{
    static char letters [600];
    static const size_t sizes [] = {0, 1, 3, 5, 16, 31, 32, 33, 39, 40, 41, 254, 255, 256, 512};
    size_t option, i;
    memset (letters, 'a', sizeof letters);
    for (option = 0; option < OPTIONS; option++) {
        void *context = zmq_ctx_new ();
        for (i = 0; i < sizeof sizes / sizeof sizes [0]; i++) {
            void *s = new_socket (context, type);
            if (options [option].number != ZMQ_BINDTODEVICE)
                try_bytes (s, option, letters, sizes [i]);
            OK (zmq_close (s));
        }
        OK (zmq_ctx_term (context));
    }
}

static void try_null (void *s)
{
    size_t option;
    for (option = 0; option < OPTIONS; option++) {
        static const int null_is_fine [] = {ZMQ_PLAIN_USERNAME, ZMQ_PLAIN_PASSWORD, ZMQ_SOCKS_PROXY};
        size_t i;
        int fine = 0;
        for (i = 0; i < 3; i++)
            fine |= options [option].number == null_is_fine [i];
        if (!fine)
            continue;
        errno = 0;
        printf ("  %s = NULL: ", options [option].name);
        printf ("%s\n", zmq_setsockopt (s, options [option].number, NULL, 0) == 0 ? "set" : error_name (errno));
    }
}

/* Names and passwords choose the mechanism. */
static void mechanisms (void *context)
{
    void *s = new_socket (context, ZMQ_DEALER);
    char key [32], text [41];
    size_t size;
    TRY (get_int (s, ZMQ_MECHANISM));
    set_text (s, ZMQ_PLAIN_USERNAME, "name");
    TRY (get_int (s, ZMQ_MECHANISM));
    set_text (s, ZMQ_PLAIN_PASSWORD, "password");
    TRY (get_int (s, ZMQ_MECHANISM));
    set_int (s, ZMQ_PLAIN_SERVER, 0);
    TRY (get_int (s, ZMQ_MECHANISM));
    set_int (s, ZMQ_PLAIN_SERVER, 1);
    TRY (get_int (s, ZMQ_MECHANISM));
    set_int (s, ZMQ_CURVE_SERVER, 1);
    TRY (get_int (s, ZMQ_MECHANISM));
    memset (key, 'k', sizeof key);
    OK (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, key, 32));
    TRY (get_int (s, ZMQ_MECHANISM));
    TRY (get_int (s, ZMQ_CURVE_SERVER));
    OK (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 40));
    TRY (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs", 41));
    for (size = 30; size <= 42; size++) {
        size_t room = size;
        errno = 0;
        printf ("public key in %d: %s", (int) size,
                zmq_getsockopt (s, ZMQ_CURVE_PUBLICKEY, text, &room) == 0 ? "had" : error_name (errno));
        printf (", size %d\n", (int) room);
        if (size > 41)
            break;
    }
    size = 41;
    OK (zmq_getsockopt (s, ZMQ_CURVE_PUBLICKEY, text, &size));
    printf ("%s\n", text);
    OK (zmq_getsockopt (s, ZMQ_CURVE_SECRETKEY, text, &size));
    printf ("%s\n", text);
    OK (zmq_setsockopt (s, ZMQ_PLAIN_USERNAME, NULL, 0));
    TRY (get_int (s, ZMQ_MECHANISM));
    OK (zmq_close (s));
}

/* Once bound, what is set holds for endpoints that come later. */
static void afterwards (void *context)
{
    void *s = new_socket (context, ZMQ_ROUTER);
    char endpoint [256];
    bind_tcp (s, endpoint);
    TRY (zmq_setsockopt (s, ZMQ_ROUTING_ID, "late", 4));
    set_int (s, ZMQ_SNDHWM, 3);
    TRY (get_int (s, ZMQ_SNDHWM));
    set_int (s, ZMQ_ROUTER_MANDATORY, 1);
    OK (zmq_close (s));
}

int main (void)
{
    void *context, *s;
    size_t type, size = sizeof (int);
    int value = 0;
    begin ();
    context = zmq_ctx_new ();
    for (type = 0; type < sizeof types / sizeof types [0]; type++) {
        printf ("%s\n", types [type].name);
        s = zmq_socket (context, types [type].number);
        CHECK (s != NULL);
        print_value (s, 4);
        print_value (s, 8);
        print_value (s, 255);
        print_value (s, 0);
        print_value (s, 1);
        try_null (s);
        OK (zmq_close (s));
        try_numbers (types [type].number);
        try_texts (types [type].number);
    }
    mechanisms (context);
    afterwards (context);
    s = new_socket (context, ZMQ_PAIR);
    TRY (zmq_getsockopt (NULL, ZMQ_TYPE, &value, &size));
    TRY (zmq_setsockopt (NULL, ZMQ_LINGER, &value, sizeof value));
    TRY (zmq_getsockopt (&value, ZMQ_TYPE, &value, &size));
    OK (zmq_close (s));
    OK (zmq_ctx_term (context));
    return 0;
}
