/* What the calls cost: one thread sends some messages over inproc to itself, and then receives them, again and again. */
#include "bench.h"
#include "compat.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60
/* Nothing blocks: a sender learns of what was received when it is half of the high-water mark. */
#define BURST_MESSAGES (HWM_MESSAGES / 2 - 10)

/* Makes, fills and ends a message: what the calls that send one cost without sending it. */
static void make_filled (size_t bytes)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init_size (&message, bytes) == 0);
    memset (zmq_msg_data (&message), 'x', bytes);
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
}

static void burst_recv (void *socket, size_t bytes)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    for (int i = 0; i < BURST_MESSAGES; i++) {
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        CHECK (zmq_msg_size (&message) == bytes);
    }
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
}

static uint64_t at_most (uint64_t least, uint64_t begun)
{
    uint64_t took = now_ns () - begun;
    return took < least ? took : least;
}

int main (int argc, char **argv)
{
    if (argc != 3) {
        fprintf (stderr, "usage: %s BYTES MILLISECONDS\n", argv[0]);
        return 2;
    }
    size_t bytes = number (argv[1]);
    CHECK (bytes > 0);
    bench_begin (SECONDS_MAX);
    void *context = context_new (1, 0), *push, *pull;
    CHECK_ZMQ (context != NULL);
    inproc_pair (context, &push, &pull);
    /* The least of all bursts: the others were disturbed. */
    uint64_t make = UINT64_MAX, send = UINT64_MAX, recv = UINT64_MAX;
    for (uint64_t end = now_ns () + number (argv[2]) * 1000000; now_ns () < end;) {
        uint64_t begun = now_ns ();
        for (int i = 0; i < BURST_MESSAGES; i++)
            make_filled (bytes);
        make = at_most (make, begun);
        begun = now_ns ();
        for (int i = 0; i < BURST_MESSAGES; i++)
            send_filled (push, bytes);
        send = at_most (send, begun);
        begun = now_ns ();
        burst_recv (pull, bytes);
        recv = at_most (recv, begun);
    }
    printf ("make %.1f\nsend %.1f\nrecv %.1f\n", (double) make / BURST_MESSAGES, (double) send / BURST_MESSAGES,
            (double) recv / BURST_MESSAGES);
    CHECK_ZMQ (zmq_close (push) == 0);
    close_all (pull, context);
    return 0;
}
