/* What the programs share. Each runs on the original libzmq and on this library, and must print the same on both:
   what calls give, and what arrives. Where this library is better, `ours` tells the two apart. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* Longer than anything here takes on the slowest machine: only a program that hangs gets there. */
#define SECONDS_MAX 120
#define MS_MAX 60000
/* How long to wait for what must not come. */
#define MS_QUIET 150

#if defined __GNUC__
#define MAYBE_UNUSED __attribute__ ((unused))
#else
#define MAYBE_UNUSED
#endif

static MAYBE_UNUSED const char *error_name (int error)
{
    static const struct {
        int value;
        const char *name;
    } names [] = {{0, "no error"}, {EAGAIN, "EAGAIN"}, {EINVAL, "EINVAL"}, {EFAULT, "EFAULT"}, {EINTR, "EINTR"},
        {ENOTSOCK, "ENOTSOCK"}, {ETERM, "ETERM"}, {EFSM, "EFSM"}, {ENOTSUP, "ENOTSUP"}, {ENODEV, "ENODEV"},
        {ENOENT, "ENOENT"}, {EMFILE, "EMFILE"}, {EMTHREAD, "EMTHREAD"}, {ENOMEM, "ENOMEM"},
        {EPROTONOSUPPORT, "EPROTONOSUPPORT"}, {ENOCOMPATPROTO, "ENOCOMPATPROTO"}, {EADDRINUSE, "EADDRINUSE"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"}, {ECONNREFUSED, "ECONNREFUSED"}, {EHOSTUNREACH, "EHOSTUNREACH"},
        {ENETDOWN, "ENETDOWN"}, {ENOBUFS, "ENOBUFS"}, {ENOTCONN, "ENOTCONN"}, {ENAMETOOLONG, "ENAMETOOLONG"},
        {EPERM, "EPERM"}, {EACCES, "EACCES"}, {EBADF, "EBADF"}, {EMSGSIZE, "EMSGSIZE"}, {EPIPE, "EPIPE"},
        {ECONNRESET, "ECONNRESET"}, {ENOTDIR, "ENOTDIR"}, {EBUSY, "EBUSY"}};
    size_t i;
    for (i = 0; i < sizeof names / sizeof names [0]; i++)
        if (names [i].value == error)
            return names [i].name;
    return zmq_strerror (error);
}

static MAYBE_UNUSED void failed (const char *file, int line, const char *what)
{
    int error = errno;
    fflush (stdout);
    fprintf (stderr, "%s:%d: not so: %s (errno %d, %s)\n", file, line, what, error, zmq_strerror (error));
    _exit (1);
}

/* The condition holds. */
#define CHECK(condition) \
    do { \
        if (!(condition)) \
            failed (__FILE__, __LINE__, #condition); \
    } while (0)

/* The call gives 0. */
#define OK(call) CHECK ((call) == 0)

/* The call gives -1 and this errno. */
#define FAILS(call, error) \
    do { \
        errno = 0; \
        CHECK ((call) == -1); \
        if (errno != (error)) \
            failed (__FILE__, __LINE__, #call " sets errno to " #error); \
    } while (0)

/* Prints the call and what it gives: a number, or the name of the error. */
#define TRY(call) \
    do { \
        int tried; \
        errno = 0; \
        tried = (int) (call); \
        print_result (#call, tried); \
    } while (0)

/* The same for a call that gives a pointer. */
#define TRY_POINTER(call) \
    do { \
        errno = 0; \
        print_result (#call, (call) ? 0 : -1); \
    } while (0)

static MAYBE_UNUSED void print_result (const char *what, int result)
{
    int error = errno;
    if (result == -1)
        printf ("%s: %s\n", what, error_name (error));
    else
        printf ("%s: %d\n", what, result);
}

/* Whether this is the library under test, rather than the original: whoever runs the program says so. */
static MAYBE_UNUSED int ours (void)
{
    return getenv ("OXMQ_OURS") != NULL;
}

/* The first call of each program: it ends, and what it printed is seen even when it does not end well. */
static MAYBE_UNUSED void begin (void)
{
    alarm (SECONDS_MAX);
    setvbuf (stdout, NULL, _IOLBF, 0);
}

static MAYBE_UNUSED void set_int (void *s, int option, int value)
{
    if (zmq_setsockopt (s, option, &value, sizeof value) != 0) {
        char text [64];
        sprintf (text, "option %d takes %d", option, value);
        failed (__FILE__, __LINE__, text);
    }
}

static MAYBE_UNUSED int get_int (void *s, int option)
{
    int value = -12345;
    size_t size = sizeof value;
    if (zmq_getsockopt (s, option, &value, &size) != 0 || size != sizeof value) {
        char text [64];
        sprintf (text, "option %d can be had", option);
        failed (__FILE__, __LINE__, text);
    }
    return value;
}

static MAYBE_UNUSED void set_text (void *s, int option, const char *value)
{
    OK (zmq_setsockopt (s, option, value, strlen (value)));
}

static MAYBE_UNUSED void *new_socket (void *context, int type)
{
    void *s = zmq_socket (context, type);
    CHECK (s != NULL);
    /* A message that does not come fails the program, instead of hanging it. */
    set_int (s, ZMQ_RCVTIMEO, MS_MAX);
    set_int (s, ZMQ_SNDTIMEO, MS_MAX);
    set_int (s, ZMQ_LINGER, 0);
    return s;
}

/* The endpoint bound last. */
static MAYBE_UNUSED const char *last_endpoint (void *s, char endpoint [256])
{
    size_t size = 256;
    OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, endpoint, &size));
    CHECK (size == strlen (endpoint) + 1);
    return endpoint;
}

/* Binds to a tcp port that the system chooses, and gives the endpoint. */
static MAYBE_UNUSED const char *bind_tcp (void *s, char endpoint [256])
{
    OK (zmq_bind (s, "tcp://127.0.0.1:*"));
    return last_endpoint (s, endpoint);
}

/* A tcp endpoint that nobody else has, for what must know it before it is bound, or binds it again: an address of the
   loopback network of this process's own, and a port that is given to nobody unasked. */
static MAYBE_UNUSED const char *own_endpoint (char *endpoint)
{
    static int serial;
    int process = (int) getpid ();
    sprintf (endpoint, "tcp://127.%d.%d.1:%d", 1 + (process >> 16) % 250, (process >> 8) % 256,
             10000 + process % 256 * 64 + serial++ % 64);
    return endpoint;
}

static MAYBE_UNUSED int port_of (const char *endpoint)
{
    return atoi (strrchr (endpoint, ':') + 1);
}

/* Sends a string without its NUL. */
#define SEND(s, text, flags) CHECK (zmq_send ((s), (text), strlen (text), (flags)) == (int) strlen (text))

/* The next message part is this text, and more follow or not. */
#define EXPECT(s, text, more) expect_text ((s), (text), (more), __FILE__, __LINE__)

static MAYBE_UNUSED void expect_text (void *s, const char *text, int more, const char *file, int line)
{
    char got [300];
    int size = zmq_recv (s, got, sizeof got - 1, 0);
    if (size < 0)
        failed (file, line, text);
    got [size < 299 ? size : 299] = 0;
    if (size != (int) strlen (text) || memcmp (got, text, strlen (text)) != 0 || get_int (s, ZMQ_RCVMORE) != more) {
        fprintf (stderr, "got \"%s\"\n", got);
        failed (file, line, text);
    }
}

static MAYBE_UNUSED void print_bytes (const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t i;
    for (i = 0; i < size; i++)
        if (bytes [i] >= 32 && bytes [i] < 127 && bytes [i] != '\\')
            putchar (bytes [i]);
        else
            printf ("\\%02x", bytes [i]);
}

/* Prints the next message, all its parts on one line; or the error, when none comes within the time. */
static MAYBE_UNUSED int print_message_within (void *s, const char *name, int ms)
{
    int timeout = get_int (s, ZMQ_RCVTIMEO), more = 1, parts = 0;
    set_int (s, ZMQ_RCVTIMEO, ms);
    printf ("%s:", name);
    while (more) {
        zmq_msg_t msg;
        OK (zmq_msg_init (&msg));
        if (zmq_msg_recv (&msg, s, 0) == -1) {
            CHECK (parts == 0);
            printf (" %s", error_name (errno));
            more = 0;
        } else {
            printf (" [");
            print_bytes (zmq_msg_data (&msg), zmq_msg_size (&msg));
            printf ("]");
            more = zmq_msg_more (&msg);
            parts++;
        }
        OK (zmq_msg_close (&msg));
    }
    printf ("\n");
    set_int (s, ZMQ_RCVTIMEO, timeout);
    return parts;
}

static MAYBE_UNUSED void print_message (void *s, const char *name)
{
    print_message_within (s, name, MS_MAX);
}

/* Nothing comes: waited for a little, and a library that is slow to send what it should not is not caught. */
static MAYBE_UNUSED void print_quiet (void *s, const char *name)
{
    print_message_within (s, name, MS_QUIET);
}

/* The descriptor of the connection that the next message, of five bytes, comes over. */
static MAYBE_UNUSED int receive_descriptor (void *s)
{
    zmq_msg_t msg;
    int fd;
    OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_recv (&msg, s, 0) == 5);
    fd = zmq_msg_get (&msg, ZMQ_SRCFD);
    CHECK (fd > 2);
    OK (zmq_msg_close (&msg));
    return fd;
}

/* Waits for this event, at most for a long time; for conditions that only polling shows. */
static MAYBE_UNUSED void wait_for_events (void *s, int events)
{
    zmq_pollitem_t item = {s, 0, (short) events, 0};
    CHECK (zmq_poll (&item, 1, MS_MAX) == 1 && (item.revents & events) == events);
}

/* For loops that wait for a condition. */
static MAYBE_UNUSED void a_moment (void)
{
    usleep (2000);
}

static MAYBE_UNUSED pthread_t start (void *(*run) (void *), void *argument)
{
    pthread_t thread;
    OK (pthread_create (&thread, NULL, run, argument));
    return thread;
}

static MAYBE_UNUSED void *end (pthread_t thread)
{
    void *result;
    OK (pthread_join (thread, &result));
    return result;
}

#endif
