/* What a socket's monitor says, one event at a time. */
#ifndef MONITOR_H
#define MONITOR_H

#include "check.h"

typedef struct {
    unsigned event;
    int value;
    char address [256];
} event_t;

static MAYBE_UNUSED const char *event_name (unsigned event)
{
    switch (event) {
        case ZMQ_EVENT_CONNECTED: return "CONNECTED";
        case ZMQ_EVENT_CONNECT_DELAYED: return "CONNECT_DELAYED";
        case ZMQ_EVENT_CONNECT_RETRIED: return "CONNECT_RETRIED";
        case ZMQ_EVENT_LISTENING: return "LISTENING";
        case ZMQ_EVENT_BIND_FAILED: return "BIND_FAILED";
        case ZMQ_EVENT_ACCEPTED: return "ACCEPTED";
        case ZMQ_EVENT_ACCEPT_FAILED: return "ACCEPT_FAILED";
        case ZMQ_EVENT_CLOSED: return "CLOSED";
        case ZMQ_EVENT_CLOSE_FAILED: return "CLOSE_FAILED";
        case ZMQ_EVENT_DISCONNECTED: return "DISCONNECTED";
        case ZMQ_EVENT_MONITOR_STOPPED: return "MONITOR_STOPPED";
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return "HANDSHAKE_FAILED_NO_DETAIL";
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return "HANDSHAKE_SUCCEEDED";
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return "HANDSHAKE_FAILED_PROTOCOL";
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return "HANDSHAKE_FAILED_AUTH";
        default: return "unknown";
    }
}

/* Has the socket monitored, and gives the socket that its events come from. */
static MAYBE_UNUSED void *monitor (void *context, void *s, const char *endpoint, int events)
{
    void *pair = new_socket (context, ZMQ_PAIR);
    OK (zmq_socket_monitor (s, endpoint, events));
    OK (zmq_connect (pair, endpoint));
    return pair;
}

/* The same with an endpoint of its own: the original frees those of former ones some time later. */
static MAYBE_UNUSED void *watch (void *context, void *s, int events)
{
    static int number;
    char endpoint [64];
    sprintf (endpoint, "inproc://monitor-%d", number++);
    return monitor (context, s, endpoint, events);
}

/* The next event. */
static MAYBE_UNUSED event_t next_event (void *pair)
{
    event_t event;
    unsigned char frame [6];
    uint16_t number;
    int size;
    CHECK (zmq_recv (pair, frame, sizeof frame, 0) == 6 && get_int (pair, ZMQ_RCVMORE) == 1);
    memcpy (&number, frame, 2);
    event.event = number;
    memcpy (&event.value, frame + 2, 4);
    size = zmq_recv (pair, event.address, sizeof event.address - 1, 0);
    CHECK (size >= 0 && size < 255 && get_int (pair, ZMQ_RCVMORE) == 0);
    event.address [size] = 0;
    return event;
}

/* Waits for this event, and passes over others. */
static MAYBE_UNUSED event_t await_event (void *pair, unsigned wanted)
{
    for (;;) {
        event_t event = next_event (pair);
        if (event.event == wanted)
            return event;
    }
}

/* Waits until a handshake has failed or is complete. */
static MAYBE_UNUSED event_t next_handshake (void *pair)
{
    for (;;) {
        event_t event = next_event (pair);
        if (event.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || event.event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            || event.event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL || event.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            return event;
    }
}

/* Waits for it, and prints which, with its value. */
static MAYBE_UNUSED void print_handshake (void *pair, const char *name)
{
    event_t event = next_handshake (pair);
    printf ("%s: %s", name, event_name (event.event));
    if (event.event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        printf (" 0x%x", (unsigned) event.value);
    else if (event.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        printf (" %d", event.value);
    /* The error number of one without details depends on who is faster. */
    printf ("\n");
}

/* Closes a socket whose every event is watched, and then the other one. The original's reaper waits until it can tell
   the last event: were nobody there to hear it, it would wait for ever, and all other closing with it. */
static MAYBE_UNUSED void close_watched (void *s, void *pair)
{
    OK (zmq_close (s));
    await_event (pair, ZMQ_EVENT_MONITOR_STOPPED);
    OK (zmq_close (pair));
}

#endif
