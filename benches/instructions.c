/* A fixed number of messages in small bursts, for callgrind to count the instructions of sending or receiving them. */
#include "bench.h"
#include "compat.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 110
#define BURST_MESSAGES 200 /* below every high-water mark, so that nothing blocks */
#define SETTLE_NS (20 * NS_PER_MS)

struct plan
{
    size_t bytes;
    uint64_t bursts;
    int sends; /* the parent, the process that is counted, sends */
};

/* callgrind collects inside these two, and nowhere else when it is told so; hence they must stay functions. */
__attribute__ ((noinline)) void burst_send (void *socket, size_t bytes)
{
    for (int i = 0; i < BURST_MESSAGES; i++)
        send_filled (socket, bytes);
}

__attribute__ ((noinline)) void burst_recv (void *socket)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    for (int i = 0; i < BURST_MESSAGES; i++)
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
}

static void pass_on (void *socket, const struct plan *plan, int sends)
{
    if (sends)
        burst_send (socket, plan->bytes);
    else
        burst_recv (socket);
}

/* Does the other half of each burst, under names of its own. */
static void peer_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX], done = 0;
    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, plan->sends ? ZMQ_PULL : ZMQ_PUSH, HWM_MESSAGES);
    connect_to (socket, endpoint);
    for (uint64_t i = 0; i < plan->bursts; i++) {
        for (int k = 0; k < BURST_MESSAGES; k++) {
            if (plan->sends)
                recv_any (socket);
            else
                send_filled (socket, plan->bytes);
        }
        put (link->to_parent, &done, sizeof done);
        wait_until_told (link);
    }
    close_all (socket, context);
}

static void run_processes (const char *transport, const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX], done;
    struct child peer = child_start (peer_process, plan);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, plan->sends ? ZMQ_PUSH : ZMQ_PULL, HWM_MESSAGES);
    bind_any (socket, transport, endpoint);
    put (peer.to, endpoint, sizeof endpoint);
    for (uint64_t i = 0; i < plan->bursts; i++) {
        if (plan->sends) {
            pass_on (socket, plan, 1);
            get (peer.from, &done, sizeof done);
        } else {
            get (peer.from, &done, sizeof done);
            /* A pause in which the burst arrives, so that receiving it is counted and not waiting for it. */
            sleep_until_ns (now_ns () + SETTLE_NS);
            pass_on (socket, plan, 0);
        }
        tell (&peer);
    }
    child_wait (&peer);
    close_all (socket, context);
}

static void run_inproc (const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *pull = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    void *push = socket_new (context, ZMQ_PUSH, HWM_MESSAGES);
    bind_any (pull, "inproc", endpoint);
    connect_to (push, endpoint);
    for (uint64_t i = 0; i < plan->bursts; i++) {
        pass_on (push, plan, 1);
        pass_on (pull, plan, 0);
    }
    CHECK_ZMQ (zmq_close (push) == 0);
    close_all (pull, context);
}

int main (int argc, char **argv)
{
    if (argc != 5 || (strcmp (argv[1], "send") != 0 && strcmp (argv[1], "recv") != 0)) {
        fprintf (stderr, "usage: %s send|recv tcp|ipc|inproc BYTES BURSTS\n", argv[0]);
        return 2;
    }
    struct plan plan = {
      .bytes = number (argv[3]), .bursts = number (argv[4]), .sends = strcmp (argv[1], "send") == 0};
    CHECK (plan.bytes > 0 && plan.bursts > 0);
    bench_begin (SECONDS_MAX);
    if (strcmp (argv[2], "inproc") == 0)
        run_inproc (&plan);
    else
        run_processes (argv[2], &plan);
    printf ("messages %llu\n", (unsigned long long) (plan.bursts * BURST_MESSAGES));
    return 0;
}
