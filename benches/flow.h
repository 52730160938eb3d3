/* A one-way stream of equal messages: sent for a given time, counted and timed where it arrives. */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stddef.h>
#include <stdint.h>

struct flow
{
    size_t bytes;         /* of each message, at least 1 */
    uint64_t duration_ns; /* how long the sender goes on after its warm-up */
};

struct flow_result
{
    uint64_t messages;
    uint64_t elapsed_ns;
};

/* Sends the warm-up, then messages until the time is over, then an empty message that says so. */
void flow_send (void *socket, const struct flow *flow);

/* Receives such a stream; times it from the last message of the warm-up to the empty one. */
struct flow_result flow_recv (void *socket, const struct flow *flow);

/* Prints messages and gigabits a second, and the processor time that each message took in this process and in its
   children that have ended. */
void flow_print (const struct flow *flow, const struct flow_result *result);

#endif
