/*
 * Prints what every stable socket option, of every socket type, says to many values and sizes, to be compared between
 * two libraries. A line is: the socket type, the option, what was done; the outcome, and then what the option is for
 * room of several sizes.
 */
#include <zmq.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbers below the first and above the last are no options of sockets; those above 93 are drafts. */
#define FIRST (-1)
#define LAST 93
#define ROOM_MAX 300
#define COUNT(array) (sizeof (array) / sizeof *(array))

static void *context;

static const char *outcome (int rc)
{
    static char text [32];
    if (rc == 0)
        return "ok";
    if (errno == EINVAL)
        return "EINVAL";
    sprintf (text, "errno %d", errno);
    return text;
}

static void *new_socket (int type)
{
    int linger = 0;
    void *s = zmq_socket (context, type);
    /* Sockets that were closed may take a moment to be gone. */
    while (s == NULL && errno == EMFILE) {
        usleep (1000);
        s = zmq_socket (context, type);
    }
    if (s == NULL || zmq_setsockopt (s, ZMQ_LINGER, &linger, sizeof linger) != 0) {
        printf ("no socket of type %d: errno %d\n", type, errno);
        exit (1);
    }
    return s;
}

static void show (void *s, int option, size_t room)
{
    unsigned char value [ROOM_MAX];
    size_t length = room, i;
    int rc;

    memset (value, 0xEE, sizeof value);
    rc = zmq_getsockopt (s, option, value, &length);
    printf (" %lu:", (unsigned long) room);
    if (rc != 0) {
        printf ("%s", outcome (rc));
        return;
    }
    printf ("%lu=", (unsigned long) length);
    if (option == ZMQ_FD) {
        printf ("a descriptor");
        return;
    }
    for (i = 0; i < length && i < room; i++)
        printf ("%02x", value [i]);
    /* All of the room is written, and none beyond. */
    for (; i < sizeof value; i++)
        if (value [i] != (i < room ? 0 : 0xEE)) {
            printf (" but %02x at %lu", value [i], (unsigned long) i);
            break;
        }
}

static void set (int type, int option, const char *what, const void *value, size_t size)
{
    static const size_t rooms [] = {4, 8, 41, 256};
    void *s = new_socket (type);
    size_t i;

    printf ("%d %d %s;", type, option, what);
    printf (" %s;", outcome (zmq_setsockopt (s, option, value, size)));
    for (i = 0; i < COUNT (rooms); i++)
        show (s, option, rooms [i]);
    if (option == ZMQ_IPV4ONLY)
        show (s, ZMQ_IPV6, sizeof (int));
    if (option >= ZMQ_PLAIN_SERVER && option <= ZMQ_CURVE_SERVERKEY)
        show (s, ZMQ_MECHANISM, sizeof (int));
    printf ("\n");
    zmq_close (s);
}

static void get (int type, int option)
{
    static const size_t rooms [] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 31, 32, 33, 39, 40, 41, 42, 64, 255, 256, ROOM_MAX};
    void *s = new_socket (type);
    size_t i;

    printf ("%d %d get;", type, option);
    for (i = 0; i < COUNT (rooms); i++)
        show (s, option, rooms [i]);
    printf ("\n");
    zmq_close (s);
}

static void set_numbers (int type, int option)
{
    static const int ints [] = {
        INT_MIN, -1000, -100, -99, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 255, 256, 65535, 655350, 6553599, 6553600, INT_MAX
    };
    static const int64_t longs [] = {-2, -1, 0, 1, 1000, INT64_MAX};
    char what [40];
    size_t i;

    for (i = 0; i < COUNT (ints); i++) {
        sprintf (what, "int %d", ints [i]);
        set (type, option, what, &ints [i], sizeof ints [i]);
    }
    for (i = 0; i < COUNT (longs); i++) {
        sprintf (what, "int64 %ld", (long) longs [i]);
        set (type, option, what, &longs [i], sizeof longs [i]);
    }
}

static void set_bytes (int type, int option)
{
    static const size_t lengths [] = {0, 1, 2, 3, 5, 9, 15, 16, 17, 31, 32, 33, 39, 40, 41, 42, 254, 255, 256, 257};
    static const struct { const char *what, *value; size_t size; } values [] = {
        {"NULL", NULL, 0},
        {"a zero byte", "", 1},
        {"a zero byte first", "\0abc.", 5},
        {"a zero byte inside", "ab\0cd", 5},
        {"a zero byte last", "abcd", 5},
        {"a key", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", 41},
        {"a key without its end", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", 40},
        {"no key", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{L\"6", 41},
        {"127.0.0.1/8", "127.0.0.1/8", 11},
        {"127.0.0.1/8 and its end", "127.0.0.1/8", 12},
        {"127.0.0.1/33", "127.0.0.1/33", 12},
        {"127.0.0.1/", "127.0.0.1/", 10},
        {"127.0.0.1", "127.0.0.1", 9},
        {"::1/128", "::1/128", 7},
        {"localhost:1080", "localhost:1080", 14},
        {"lo", "lo", 2}
    };
    char text [ROOM_MAX], what [40];
    size_t i;

    memset (text, 'x', sizeof text);
    for (i = 0; i < COUNT (lengths); i++) {
        sprintf (what, "%lu characters", (unsigned long) lengths [i]);
        set (type, option, what, text, lengths [i]);
    }
    for (i = 0; i < COUNT (values); i++)
        set (type, option, values [i].what, values [i].value, values [i].size);
}

int main (void)
{
    int type, option;

    context = zmq_ctx_new ();
    for (type = ZMQ_PAIR; type <= ZMQ_STREAM; type++)
        for (option = FIRST; option <= LAST; option++) {
            get (type, option);
            set_numbers (type, option);
            set_bytes (type, option);
        }
    return zmq_ctx_term (context);
}
