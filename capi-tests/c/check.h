/* What the programs share: checks that say what was wrong, and a limit on how long a program may hang. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* Longer than anything here takes on the slowest machine: only a program that hangs gets there. */
#define SECONDS_MAX 200
#define MS_MAX 100000

#if defined __GNUC__
#define MAYBE_UNUSED __attribute__ ((unused))
#else
#define MAYBE_UNUSED
#endif

static MAYBE_UNUSED void failed (const char *file, int line, const char *what)
{
    int error = errno;
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

/* The call gives NULL and this errno. */
#define NULL_FOR(call, error) \
    do { \
        errno = 0; \
        CHECK ((call) == NULL); \
        if (errno != (error)) \
            failed (__FILE__, __LINE__, #call " sets errno to " #error); \
    } while (0)

static MAYBE_UNUSED void limit_time (void)
{
    alarm (SECONDS_MAX);
}

static MAYBE_UNUSED void *new_socket (void *context, int type)
{
    void *s = zmq_socket (context, type);
    int ms = MS_MAX;
    CHECK (s != NULL);
    /* A message that does not come fails the program, instead of hanging it. */
    OK (zmq_setsockopt (s, ZMQ_RCVTIMEO, &ms, sizeof ms));
    OK (zmq_setsockopt (s, ZMQ_SNDTIMEO, &ms, sizeof ms));
    return s;
}

static MAYBE_UNUSED void set_int (void *s, int option, int value)
{
    OK (zmq_setsockopt (s, option, &value, sizeof value));
}

static MAYBE_UNUSED void set_hwm (void *s, uint64_t hwm)
{
    OK (zmq_setsockopt (s, ZMQ_HWM, &hwm, sizeof hwm));
}

/* Sends a string without its NUL. */
static MAYBE_UNUSED void send_text (void *s, const char *text, int flags)
{
    zmq_msg_t msg;
    OK (zmq_msg_init_size (&msg, strlen (text)));
    memcpy (zmq_msg_data (&msg), text, strlen (text));
    OK (zmq_send (s, &msg, flags));
    CHECK (zmq_msg_size (&msg) == 0);
    OK (zmq_msg_close (&msg));
}

static MAYBE_UNUSED int more_follows (void *s)
{
    int64_t more = -1;
    size_t size = sizeof more;
    OK (zmq_getsockopt (s, ZMQ_RCVMORE, &more, &size));
    CHECK (size == sizeof more && (more == 0 || more == 1));
    return (int) more;
}

/* The next message part is this text, and more follow or not. */
#define EXPECT_TEXT(s, text, more) expect_text ((s), (text), (more), __FILE__, __LINE__)

static MAYBE_UNUSED void expect_text (void *s, const char *text, int more, const char *file, int line)
{
    zmq_msg_t msg;
    zmq_msg_init (&msg);
    if (zmq_recv (s, &msg, 0) != 0)
        failed (file, line, text);
    if (zmq_msg_size (&msg) != strlen (text) || memcmp (zmq_msg_data (&msg), text, strlen (text)) != 0
        || more_follows (s) != more)
        failed (file, line, text);
    zmq_msg_close (&msg);
}

/* Binds to a tcp port that the system chooses, and gives the endpoint. */
static MAYBE_UNUSED const char *bind_tcp (void *s, char endpoint [64])
{
    size_t size = 64;
    OK (zmq_bind (s, "tcp://127.0.0.1:*"));
    OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, endpoint, &size));
    CHECK (size == strlen (endpoint) + 1);
    CHECK (strncmp (endpoint, "tcp://127.0.0.1:", 16) == 0 && atoi (endpoint + 16) > 0);
    return endpoint;
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

#endif
