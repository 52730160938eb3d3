/* Socket options: number, type, default, range, and which can be set and got. */
#include "check.h"

enum type { INT, UINT32, INT64, UINT64 };
enum access { GET_AND_SET, GET_ONLY };

static const size_t sizes [] = {sizeof (int), sizeof (uint32_t), sizeof (int64_t), sizeof (uint64_t)};

/* A number, and what zmq_setsockopt says to values of it. */
struct option {
    int number;
    enum type type;
    enum access access;
    long long initial;
    long long good [4];
    long long bad [3];
    int good_count, bad_count;
};

#define MS_RANGE {-1, 0, 1, 2147483647}, {-2, -2147483647 - 1LL}, 4, 2

static const struct option numbers [] = {
    {ZMQ_HWM, UINT64, GET_AND_SET, 0, {0, 1, 1000, 5000000000LL}, {0}, 4, 0},
    {ZMQ_SWAP, INT64, GET_AND_SET, 0, {0, 1, 5000000000LL}, {-1}, 3, 1},
    {ZMQ_AFFINITY, UINT64, GET_AND_SET, 0, {0, 1, 0x7fffffffffffffffLL}, {0}, 3, 0},
    {ZMQ_RATE, INT64, GET_AND_SET, 100, {1, 1000}, {0, -1}, 2, 2},
    {ZMQ_RECOVERY_IVL, INT64, GET_AND_SET, 10, {0, 10, 3600}, {-1}, 3, 1},
    {ZMQ_MCAST_LOOP, INT64, GET_AND_SET, 1, {0, 1}, {2, -1}, 2, 2},
    {ZMQ_SNDBUF, UINT64, GET_AND_SET, 0, {0, 4096, 1000000}, {-1}, 3, 1},
    {ZMQ_RCVBUF, UINT64, GET_AND_SET, 0, {0, 4096, 1000000}, {-1}, 3, 1},
    {ZMQ_RCVMORE, INT64, GET_ONLY, 0, {0}, {0}, 0, 0},
    {ZMQ_EVENTS, UINT32, GET_ONLY, 0, {0}, {0}, 0, 0},
    {ZMQ_TYPE, INT, GET_ONLY, ZMQ_SUB, {0}, {0}, 0, 0},
    {ZMQ_LINGER, INT, GET_AND_SET, -1, MS_RANGE},
    {ZMQ_RECONNECT_IVL, INT, GET_AND_SET, 100, MS_RANGE},
    {ZMQ_BACKLOG, INT, GET_AND_SET, 100, {1, 10, 1000}, {-1}, 3, 1},
    {ZMQ_RECOVERY_IVL_MSEC, INT64, GET_AND_SET, -1, {-1, 0, 500}, {-2}, 3, 1},
    {ZMQ_RECONNECT_IVL_MAX, INT, GET_AND_SET, 0, {0, 1, 60000}, {-1}, 3, 1},
    {ZMQ_RCVTIMEO, INT, GET_AND_SET, -1, MS_RANGE},
    {ZMQ_SNDTIMEO, INT, GET_AND_SET, -1, MS_RANGE},
};

/* The value as C has it. */
static void store (enum type type, long long value, char bytes [8])
{
    int as_int = (int) value;
    uint32_t as_uint32 = (uint32_t) value;
    int64_t as_int64 = value;
    uint64_t as_uint64 = (uint64_t) value;
    memset (bytes, 0, 8);
    switch (type) {
    case INT: memcpy (bytes, &as_int, sizeof as_int); break;
    case UINT32: memcpy (bytes, &as_uint32, sizeof as_uint32); break;
    case INT64: memcpy (bytes, &as_int64, sizeof as_int64); break;
    case UINT64: memcpy (bytes, &as_uint64, sizeof as_uint64); break;
    }
}

static void expect (void *s, const struct option *option, long long value)
{
    char room [16], expected [8];
    size_t size, length = sizes [option->type];

    store (option->type, value, expected);
    for (size = length; size <= sizeof room; size++) {
        size_t given = size;
        memset (room, 0x55, sizeof room);
        OK (zmq_getsockopt (s, option->number, room, &given));
        CHECK (given == length);
        CHECK (memcmp (room, expected, length) == 0);
        CHECK (length == sizeof room || room [length] == 0x55);
    }
    for (size = 0; size < length; size++) {
        size_t given = size;
        memset (room, 0x55, sizeof room);
        FAILS (zmq_getsockopt (s, option->number, room, &given), EINVAL);
        CHECK (given == size && room [0] == 0x55);
    }
    size = length;
    FAILS (zmq_getsockopt (s, option->number, NULL, &size), EINVAL);
    FAILS (zmq_getsockopt (s, option->number, room, NULL), EINVAL);
}

static void check_number (void *s, const struct option *option)
{
    char bytes [16] = {0};
    size_t length = sizes [option->type], size;
    int i;

    expect (s, option, option->initial);
    if (option->access == GET_ONLY) {
        store (option->type, option->initial, bytes);
        FAILS (zmq_setsockopt (s, option->number, bytes, length), EINVAL);
        return;
    }
    for (i = 0; i < option->good_count; i++) {
        store (option->type, option->good [i], bytes);
        OK (zmq_setsockopt (s, option->number, bytes, length));
        expect (s, option, option->good [i]);
    }
    store (option->type, option->good [0], bytes);
    OK (zmq_setsockopt (s, option->number, bytes, length));
    for (i = 0; i < option->bad_count; i++) {
        store (option->type, option->bad [i], bytes);
        FAILS (zmq_setsockopt (s, option->number, bytes, length), EINVAL);
    }
    memset (bytes, 0, sizeof bytes);
    for (size = 0; size <= sizeof bytes; size++)
        if (size != length)
            FAILS (zmq_setsockopt (s, option->number, bytes, size), EINVAL);
    FAILS (zmq_setsockopt (s, option->number, NULL, length), EINVAL);
    expect (s, option, option->good [0]);
}

static void check_identity (void *s)
{
    char name [256], room [256];
    size_t size = sizeof room;
    memset (name, 'n', sizeof name);

    OK (zmq_getsockopt (s, ZMQ_IDENTITY, room, &size));
    CHECK (size == 0);
    FAILS (zmq_setsockopt (s, ZMQ_IDENTITY, name, 0), EINVAL);
    FAILS (zmq_setsockopt (s, ZMQ_IDENTITY, name, 256), EINVAL);
    FAILS (zmq_setsockopt (s, ZMQ_IDENTITY, "\0ab", 3), EINVAL);
    OK (zmq_setsockopt (s, ZMQ_IDENTITY, name, 255));
    OK (zmq_setsockopt (s, ZMQ_IDENTITY, "a\0b", 3));
    size = sizeof room;
    OK (zmq_getsockopt (s, ZMQ_IDENTITY, room, &size));
    CHECK (size == 3 && memcmp (room, "a\0b", 3) == 0);
    size = 2;
    FAILS (zmq_getsockopt (s, ZMQ_IDENTITY, room, &size), EINVAL);
}

static void check_subscriptions (void *context, void *sub)
{
    static const int others [] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_REQ, ZMQ_REP, ZMQ_XREQ, ZMQ_XREP, ZMQ_PULL, ZMQ_PUSH,
        ZMQ_XPUB, ZMQ_XSUB};
    char room [16];
    size_t size = sizeof room, i;

    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 0));
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "a\0b", 3));
    FAILS (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 3), EINVAL);
    OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "a\0b", 3));
    OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "", 0));
    OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "", 0));
    FAILS (zmq_getsockopt (sub, ZMQ_SUBSCRIBE, room, &size), EINVAL);
    FAILS (zmq_getsockopt (sub, ZMQ_UNSUBSCRIBE, room, &size), EINVAL);
    for (i = 0; i < sizeof others / sizeof others [0]; i++) {
        void *s = new_socket (context, others [i]);
        int type = -1;
        size = sizeof type;
        OK (zmq_getsockopt (s, ZMQ_TYPE, &type, &size));
        CHECK (type == others [i]);
        FAILS (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0), EINVAL);
        FAILS (zmq_setsockopt (s, ZMQ_UNSUBSCRIBE, "", 0), EINVAL);
        OK (zmq_close (s));
    }
}

static void check_fd (void *s)
{
    int fd = -1, again = -1;
    size_t size = sizeof fd;
    OK (zmq_getsockopt (s, ZMQ_FD, &fd, &size));
    CHECK (fd >= 0 && size == sizeof fd);
    OK (zmq_getsockopt (s, ZMQ_FD, &again, &size));
    CHECK (fd == again);
    FAILS (zmq_setsockopt (s, ZMQ_FD, &fd, sizeof fd), EINVAL);
    size = sizeof fd - 1;
    FAILS (zmq_getsockopt (s, ZMQ_FD, &fd, &size), EINVAL);
}

static void check_last_endpoint (void *context)
{
    char endpoint [64], room [64];
    size_t size = sizeof room;
    void *s = new_socket (context, ZMQ_PULL);

    OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, room, &size));
    CHECK (size == 1 && room [0] == '\0');
    bind_tcp (s, endpoint);
    size = strlen (endpoint);
    FAILS (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, room, &size), EINVAL);
    OK (zmq_bind (s, "inproc://options"));
    size = sizeof room;
    OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, room, &size));
    CHECK (strcmp (room, "inproc://options") == 0);
    FAILS (zmq_setsockopt (s, ZMQ_LAST_ENDPOINT, room, size), EINVAL);
    OK (zmq_close (s));
}

int main (void)
{
    static const int unknown [] = {-2147483647 - 1, -1, 0, 2, 22, 23, 24, 25, 26, 29, 30, 31, 33, 1000, 2147483647};
    char room [8] = {0};
    size_t i;
    void *context, *sub;

    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    sub = zmq_socket (context, ZMQ_SUB);
    CHECK (sub != NULL);

    for (i = 0; i < sizeof numbers / sizeof numbers [0]; i++)
        check_number (sub, &numbers [i]);
    for (i = 0; i < sizeof unknown / sizeof unknown [0]; i++) {
        size_t size = sizeof room;
        FAILS (zmq_setsockopt (sub, unknown [i], room, sizeof (int)), EINVAL);
        FAILS (zmq_setsockopt (sub, unknown [i], room, sizeof room), EINVAL);
        FAILS (zmq_getsockopt (sub, unknown [i], room, &size), EINVAL);
    }
    check_identity (sub);
    check_subscriptions (context, sub);
    check_fd (sub);
    check_last_endpoint (context);
    OK (zmq_close (sub));
    OK (zmq_term (context));
    return 0;
}
