/* PUSH to PULL with a message each 100 us: what one costs when the receiver has to wait for it, in processor time. */
#include "bench.h"
#include "compat.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60
/* What the start leaves to be done is done by then, and what the last message does. */
#define SETTLE_NS (100 * NS_PER_MS)

struct plan
{
    size_t bytes;
    uint64_t duration_ns;
};

struct sender
{
    void *context;
    const char *endpoint;
    const struct plan *plan;
    double (*cpu_ns) (void); /* of all that takes part */
};

/* Sends one message, and after a pause those that are measured; an empty one is the last. */
static void *sender_thread (void *argument)
{
    const struct sender *sender = argument;
    void *socket = socket_new (sender->context, ZMQ_PUSH, HWM_MESSAGES);
    connect_to (socket, sender->endpoint);
    send_filled (socket, sender->plan->bytes);
    sleep_until_ns (now_ns () + SETTLE_NS);

    uint64_t messages = sender->plan->duration_ns / TRICKLE_NS, start = now_ns ();
    double cpu_ns = sender->cpu_ns ();
    for (uint64_t i = 0; i < messages; i++) {
        sleep_until_ns (start + i * TRICKLE_NS);
        send_filled (socket, sender->plan->bytes);
    }
    uint64_t elapsed_ns = now_ns () - start;
    sleep_until_ns (now_ns () + SETTLE_NS);
    cpu_ns = sender->cpu_ns () - cpu_ns;
    printf ("messages %llu\n", (unsigned long long) messages);
    printf ("rate %.0f\n", (double) messages * 1e9 / (double) elapsed_ns);
    printf ("cpu_ns %.1f\n", cpu_ns / (double) messages);
    send_filled (socket, 0);
    CHECK_ZMQ (zmq_close (socket) == 0);
    return NULL;
}

static void sender_process (const struct link *link)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    get (link->from_parent, endpoint, sizeof endpoint);
    struct sender sender = {context_new (1, 0), endpoint, link->argument, cpu_ns_with_parent};
    CHECK_ZMQ (sender.context != NULL);
    sender_thread (&sender);
    CHECK_ZMQ (context_term (sender.context) == 0);
}

static void recv_all (void *socket, const struct plan *plan)
{
    uint64_t messages = 0;
    size_t bytes;
    while ((bytes = recv_any (socket)) > 0) {
        CHECK (bytes == plan->bytes);
        messages++;
    }
    CHECK (messages == plan->duration_ns / TRICKLE_NS + 1);
}

int main (int argc, char **argv)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    struct child child;
    pthread_t thread;

    if (argc != 4) {
        fprintf (stderr, "usage: %s tcp|ipc|inproc BYTES MILLISECONDS\n", argv[0]);
        return 2;
    }
    int threads = strcmp (argv[1], "inproc") == 0;
    struct plan plan = {.bytes = number (argv[2]), .duration_ns = number (argv[3]) * NS_PER_MS};
    CHECK (plan.bytes > 0 && plan.duration_ns >= TRICKLE_NS);
    bench_begin (SECONDS_MAX);
    if (!threads)
        child = child_start (sender_process, &plan);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    bind_any (socket, argv[1], endpoint);
    struct sender sender = {context, endpoint, &plan, cpu_ns_of_process};
    if (threads)
        CHECK (pthread_create (&thread, NULL, sender_thread, &sender) == 0);
    else
        put (child.to, endpoint, sizeof endpoint);
    recv_all (socket, &plan);
    if (threads)
        CHECK (pthread_join (thread, NULL) == 0);
    else
        child_wait (&child);
    close_all (socket, context);
    return 0;
}
