/*  What the example programs share: ending with a clear message, arguments with defaults, strings as messages. */

#ifndef EXAMPLES_HELPERS_H
#define EXAMPLES_HELPERS_H

#include <zmq.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*  Ends the program: says what cannot be done, to which endpoint or the like, and why. */
static inline void die (const char *what, const char *which)
{
    const char *reason = zmq_strerror (zmq_errno ());

    fflush (stdout);
    fprintf (stderr, "error: cannot %s %s: %s\n", what, which, reason);
    exit (1);
}

/*  The argument at this position, or its default. */
static inline const char *text_argument (int argc, char *argv [], int position, const char *by_default)
{
    return position < argc ? argv [position] : by_default;
}

/*  The same for a number, which must be whole and from 0 to 1,000,000,000. */
static inline long number_argument (int argc, char *argv [], int position, long by_default)
{
    char *end;
    long number;

    if (position >= argc)
        return by_default;
    errno = 0;
    number = strtol (argv [position], &end, 10);
    if (end == argv [position] || *end || errno || number < 0 || number > 1000000000) {
        fprintf (stderr, "error: argument %d must be a whole number from 0 to 1000000000, not '%s'\n",
            position, argv [position]);
        exit (2);
    }
    return number;
}

/*  Ends the program with a line on its use when it has more arguments than it takes, or is asked for help. */
static inline void check_usage (int argc, char *argv [], int arguments_max, const char *usage)
{
    int help = argc > 1 && (strcmp (argv [1], "-h") == 0 || strcmp (argv [1], "--help") == 0);

    if (help || argc > arguments_max + 1) {
        fprintf (help ? stdout : stderr, "usage: %s %s\n", argv [0], usage);
        exit (help ? 0 : 2);
    }
}

/*  A new context with one I/O thread. */
static inline void *new_context (void)
{
    void *context = zmq_init (1);

    if (!context)
        die ("create", "a context");
    return context;
}

/*  A new socket of this type. */
static inline void *new_socket (void *context, int type)
{
    void *socket = zmq_socket (context, type);

    if (!socket)
        die ("create", "a socket");
    return socket;
}

static inline void bind_to (void *socket, const char *endpoint)
{
    if (zmq_bind (socket, endpoint) != 0)
        die ("bind to", endpoint);
}

static inline void connect_to (void *socket, const char *endpoint)
{
    if (zmq_connect (socket, endpoint) != 0)
        die ("connect to", endpoint);
}

static inline void subscribe (void *socket, const char *prefix)
{
    if (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, prefix, strlen (prefix)) != 0)
        die ("subscribe to", *prefix ? prefix : "everything");
}

/*  Limits the messages that wait for one peer, so that a slow one cannot use up our memory. */
static inline void set_high_water_mark (void *socket, long messages)
{
    uint64_t limit = (uint64_t) messages;

    if (zmq_setsockopt (socket, ZMQ_HWM, &limit, sizeof limit) != 0)
        die ("set", "the high-water mark");
}

/*  Sends a message, with or without further parts to follow; a signal (the program was stopped and goes on, say)
    does not end the wait. Gives -1 only when the context was terminated. */
static inline int send_message (void *socket, zmq_msg_t *message, int flags)
{
    int rc;

    do
        rc = zmq_send (socket, message, flags);
    while (rc != 0 && zmq_errno () == EINTR);
    if (rc != 0 && zmq_errno () != ETERM)
        die ("send", "a message");
    return rc;
}

/*  Sends bytes as a message. */
static inline void send_bytes (void *socket, const void *bytes, size_t size)
{
    zmq_msg_t message;

    if (zmq_msg_init_size (&message, size) != 0)
        die ("make", "a message");
    memcpy (zmq_msg_data (&message), bytes, size);
    if (send_message (socket, &message, 0) != 0)
        die ("send", "a message");
    if (zmq_msg_close (&message) != 0)
        die ("close", "a message");
}

/*  Sends a string with its terminating zero, as the guide's programs of this generation expect it: a receiver
    in C can use it where it lies. */
static inline void send_text (void *socket, const char *text)
{
    send_bytes (socket, text, strlen (text) + 1);
}

/*  Sends a message of no bytes: that it comes is all it says. */
static inline void send_signal (void *socket)
{
    send_bytes (socket, "", 0);
}

/*  Receives a message. Like send_message it gives -1 only when the context was terminated. */
static inline int recv_message (void *socket, zmq_msg_t *message)
{
    int rc;

    do
        rc = zmq_recv (socket, message, 0);
    while (rc != 0 && zmq_errno () == EINTR);
    if (rc != 0 && zmq_errno () != ETERM)
        die ("receive", "a message");
    return rc;
}

/*  Copies a message's bytes as a string, whether or not they end with a zero; what is too long is cut off. */
static inline void copy_text (zmq_msg_t *message, char *text, size_t text_size)
{
    size_t size = zmq_msg_size (message);

    if (size > text_size - 1)
        size = text_size - 1;
    memcpy (text, zmq_msg_data (message), size);
    text [size] = 0;
}

/*  Receives a message as a string; gives -1 only when the context was terminated. */
static inline int recv_text (void *socket, char *text, size_t text_size)
{
    zmq_msg_t message;
    int rc;

    if (zmq_msg_init (&message) != 0)
        die ("make", "a message");
    rc = recv_message (socket, &message);
    if (rc == 0)
        copy_text (&message, text, text_size);
    if (zmq_msg_close (&message) != 0)
        die ("close", "a message");
    return rc;
}

/*  Closes a socket; what it was given to send is still delivered while zmq_term waits. */
static inline void close_socket (void *socket)
{
    if (zmq_close (socket) != 0)
        die ("close", "a socket");
}

static inline void end_context (void *context)
{
    int rc;

    do
        rc = zmq_term (context);
    while (rc != 0 && zmq_errno () == EINTR);
    if (rc != 0)
        die ("terminate", "the context");
}

static inline void sleep_msec (long msec)
{
    struct timespec left;

    left.tv_sec = msec / 1000;
    left.tv_nsec = (msec % 1000) * 1000000;
    while (nanosleep (&left, &left) != 0 && errno == EINTR)
        ;
}

/*  Milliseconds on a clock that only goes forward. */
static inline long now_msec (void)
{
    struct timespec now;

    if (clock_gettime (CLOCK_MONOTONIC, &now) != 0)
        die ("read", "the clock");
    return (long) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*  A random number from 0 to below the limit. */
static inline long random_below (long limit)
{
    return random () % limit;
}

#endif
