/* One PUB to several SUB processes over tcp: deliveries a second, with and without messages dropped. */
#include "bench.h"
#include "compat.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 90
#define SUBSCRIBERS_MAX 64
#define HELLO_BYTES 1
#define END_BYTES 0

struct plan
{
    size_t bytes;
    uint64_t subscribers;
    uint64_t messages;    /* of a run that drops none; 0 for a run that may drop */
    uint64_t duration_ns; /* of a run that may drop */
};

struct delivered
{
    uint64_t messages;
    uint64_t start_ns;
    uint64_t end_ns;
};

static int hwm (const struct plan *plan)
{
    return plan->messages > 0 ? 0 : HWM_MESSAGES;
}

/* Reports once that messages reach it, then what it got until the end mark. */
static void subscriber_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX];
    struct delivered delivered = {0, 0, 0};
    size_t bytes;
    zmq_msg_t message;

    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_SUB, hwm (plan));
    CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    connect_to (socket, endpoint);
    CHECK (recv_any (socket) == HELLO_BYTES);
    put (link->to_parent, &delivered, sizeof delivered);

    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    do {
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        bytes = zmq_msg_size (&message);
        if (bytes == plan->bytes && delivered.messages++ == 0)
            delivered.start_ns = now_ns ();
    } while (bytes != END_BYTES);
    delivered.end_ns = now_ns ();
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
    put (link->to_parent, &delivered, sizeof delivered);
    close_all (socket, context);
}

/* Publishes a mark each millisecond until every subscriber has reported. */
static void mark_until_reported (void *socket, size_t mark_bytes, const struct child *subscribers, uint64_t count,
                                 struct delivered *reports)
{
    for (uint64_t i = 0; i < count; i++) {
        while (!get_ready (subscribers[i].from)) {
            send_filled (socket, mark_bytes);
            sleep_until_ns (now_ns () + NS_PER_MS);
        }
        get (subscribers[i].from, &reports[i], sizeof reports[i]);
    }
}

static uint64_t publish (void *socket, const struct plan *plan)
{
    uint64_t sent = 0, deadline = now_ns () + plan->duration_ns;
    if (plan->messages > 0) {
        for (; sent < plan->messages; sent++)
            send_filled (socket, plan->bytes);
        return sent;
    }
    do {
        for (int i = 0; i < 256; i++, sent++)
            send_filled (socket, plan->bytes);
    } while (now_ns () < deadline);
    return sent;
}

static void print (const struct plan *plan, uint64_t sent, const struct delivered *reports)
{
    uint64_t deliveries = 0, start = UINT64_MAX, end = 0;
    for (uint64_t i = 0; i < plan->subscribers; i++) {
        CHECK (plan->messages == 0 || reports[i].messages == sent);
        CHECK (reports[i].messages > 0);
        deliveries += reports[i].messages;
        start = reports[i].start_ns < start ? reports[i].start_ns : start;
        end = reports[i].end_ns > end ? reports[i].end_ns : end;
    }
    printf ("sent %llu\n", (unsigned long long) sent);
    printf ("deliveries %llu\n", (unsigned long long) deliveries);
    printf ("dropped_percent %.1f\n", 100 - 100 * (double) deliveries / ((double) sent * (double) plan->subscribers));
    printf ("rate %.0f\n", (double) deliveries * (double) NS_PER_S / (double) (end - start));
}

int main (int argc, char **argv)
{
    struct child subscribers[SUBSCRIBERS_MAX];
    struct delivered reports[SUBSCRIBERS_MAX];
    char endpoint[ENDPOINT_BYTES_MAX];

    if (argc != 5 || (strcmp (argv[3], "all") != 0 && strcmp (argv[3], "drop") != 0)) {
        fprintf (stderr, "usage: %s SUBSCRIBERS BYTES all MESSAGES\n       %s SUBSCRIBERS BYTES drop MILLISECONDS\n",
                 argv[0], argv[0]);
        return 2;
    }
    struct plan plan = {.subscribers = number (argv[1]), .bytes = number (argv[2])};
    CHECK (plan.bytes > HELLO_BYTES && plan.subscribers > 0 && plan.subscribers <= SUBSCRIBERS_MAX);
    if (strcmp (argv[3], "all") == 0)
        plan.messages = number (argv[4]);
    else
        plan.duration_ns = number (argv[4]) * NS_PER_MS;
    bench_begin (SECONDS_MAX);

    for (uint64_t i = 0; i < plan.subscribers; i++)
        subscribers[i] = child_start (subscriber_process, &plan);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PUB, hwm (&plan));
    bind_any (socket, "tcp", endpoint);
    for (uint64_t i = 0; i < plan.subscribers; i++)
        put (subscribers[i].to, endpoint, sizeof endpoint);
    mark_until_reported (socket, HELLO_BYTES, subscribers, plan.subscribers, reports);
    uint64_t sent = publish (socket, &plan);
    mark_until_reported (socket, END_BYTES, subscribers, plan.subscribers, reports);
    for (uint64_t i = 0; i < plan.subscribers; i++)
        child_wait (&subscribers[i]);
    print (&plan, sent, reports);
    close_all (socket, context);
    return 0;
}
