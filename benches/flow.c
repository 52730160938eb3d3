/* A one-way stream of equal messages: sent for a given time, counted and timed where it arrives. */
#include "flow.h"
#include "bench.h"
#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define WARM_UP_MESSAGES_MAX 20000
#define WARM_UP_BYTES_MAX (32u << 20)
#define CLOCK_EVERY_BYTES (256u << 10)
#define CLOCK_EVERY_MESSAGES_MAX 256

static uint64_t warm_up_messages (const struct flow *flow)
{
    uint64_t messages = WARM_UP_BYTES_MAX / flow->bytes;
    return messages < 1 ? 1 : messages > WARM_UP_MESSAGES_MAX ? WARM_UP_MESSAGES_MAX : messages;
}

/* Reading the clock for every message would show in the rate of small ones. */
static uint64_t clock_every_messages (const struct flow *flow)
{
    uint64_t messages = CLOCK_EVERY_BYTES / flow->bytes;
    return messages < 1 ? 1 : messages > CLOCK_EVERY_MESSAGES_MAX ? CLOCK_EVERY_MESSAGES_MAX : messages;
}

void flow_send (void *socket, const struct flow *flow)
{
    uint64_t batch = clock_every_messages (flow);

    for (uint64_t i = warm_up_messages (flow); i > 0; i--)
        send_filled (socket, flow->bytes);
    uint64_t deadline = now_ns () + flow->duration_ns;
    do {
        for (uint64_t i = 0; i < batch; i++)
            send_filled (socket, flow->bytes);
    } while (now_ns () < deadline);
    send_filled (socket, 0);
}

struct flow_result flow_recv (void *socket, const struct flow *flow)
{
    struct flow_result result = {0, 0};
    zmq_msg_t message;

    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    for (uint64_t i = warm_up_messages (flow); i > 0; i--)
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
    uint64_t start = now_ns ();
    for (;;) {
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        size_t bytes = zmq_msg_size (&message);
        if (bytes != flow->bytes) {
            if (bytes == 0)
                break;
            fprintf (stderr, "bench: a message of %zu bytes, not %zu\n", bytes, flow->bytes);
            exit (1);
        }
        result.messages++;
    }
    result.elapsed_ns = now_ns () - start;
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
    return result;
}

/* User and system time of all threads. */
static double cpu_ns (int who)
{
    struct rusage usage;
    CHECK (getrusage (who, &usage) == 0);
    return ((double) usage.ru_utime.tv_sec + (double) usage.ru_stime.tv_sec) * 1e9 +
           ((double) usage.ru_utime.tv_usec + (double) usage.ru_stime.tv_usec) * 1e3;
}

void flow_print (const struct flow *flow, const struct flow_result *result)
{
    double seconds = (double) result->elapsed_ns / (double) NS_PER_S;
    double rate = (double) result->messages / seconds;
    printf ("messages %llu\n", (unsigned long long) result->messages);
    printf ("seconds %.3f\n", seconds);
    printf ("rate %.0f\n", rate);
    printf ("cpu_ns %.1f\n", (cpu_ns (RUSAGE_SELF) + cpu_ns (RUSAGE_CHILDREN)) /
                               (double) (result->messages + warm_up_messages (flow)));
    printf ("gbits %.3f\n", rate * (double) flow->bytes * 8 / 1e9);
}
