/* Messages through a proxy in a process of its own: a stream PUSH to PULL, or requests of several clients. */
#include "bench.h"
#include "compat.h"
#include "flow.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60
#define CLIENTS_MAX 32
#define WARM_UP_REQUESTS 50

struct proxy_kind
{
    int front_type;
    int back_type;
    int device;
};

struct endpoints
{
    char front[ENDPOINT_BYTES_MAX];
    char back[ENDPOINT_BYTES_MAX];
};

static const struct proxy_kind STREAMER = {ZMQ_PULL, ZMQ_PUSH, DEVICE_STREAMER};
static const struct proxy_kind QUEUE = {ZMQ_XREP, ZMQ_XREQ, DEVICE_QUEUE};

/* Runs until the parent ends it. */
static void proxy_process (const struct link *link)
{
    const struct proxy_kind *kind = link->argument;
    struct endpoints endpoints;
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *front = socket_new (context, kind->front_type, HWM_MESSAGES);
    void *back = socket_new (context, kind->back_type, HWM_MESSAGES);
    bind_any (front, "tcp", endpoints.front);
    bind_any (back, "tcp", endpoints.back);
    put (link->to_parent, &endpoints, sizeof endpoints);
    CHECK_ZMQ (proxy_run (front, back, kind->device) == 0);
}

static void sender_process (const struct link *link)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PUSH, HWM_MESSAGES);
    connect_to (socket, endpoint);
    flow_send (socket, link->argument);
    wait_until_told (link);
    close_all (socket, context);
}

static void run_stream (const struct flow *flow)
{
    struct endpoints endpoints;
    struct child sender = child_start (sender_process, flow);
    struct child proxy = child_start (proxy_process, &STREAMER);
    get (proxy.from, &endpoints, sizeof endpoints);

    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    connect_to (socket, endpoints.back);
    put (sender.to, endpoints.front, sizeof endpoints.front);
    struct flow_result result = flow_recv (socket, flow);
    tell (&sender);
    child_wait (&sender);
    child_end (&proxy);
    flow_print (flow, &result);
    close_all (socket, context);
}

/* Sends back what comes, until the parent ends it. */
static void worker_process (const struct link *link)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    zmq_msg_t message;
    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_REP, HWM_MESSAGES);
    connect_to (socket, endpoint);
    for (;;) {
        CHECK_ZMQ (zmq_msg_init (&message) == 0);
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        CHECK_ZMQ (message_send (socket, &message, 0) == 0);
    }
}

static void request (void *socket, size_t bytes)
{
    send_filled (socket, bytes);
    CHECK (recv_any (socket) == bytes);
}

/* Warms up, reports so, waits for the start that all clients share, and reports how many replies it got. */
static void client_process (const struct link *link)
{
    const struct flow *flow = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX];
    uint64_t start, replies = 0;
    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_REQ, HWM_MESSAGES);
    connect_to (socket, endpoint);
    for (int i = 0; i < WARM_UP_REQUESTS; i++)
        request (socket, flow->bytes);
    put (link->to_parent, &replies, sizeof replies);
    get (link->from_parent, &start, sizeof start);
    for (; now_ns () < start + flow->duration_ns; replies++)
        request (socket, flow->bytes);
    put (link->to_parent, &replies, sizeof replies);
    close_all (socket, context);
}

static void run_queue (const struct flow *flow, uint64_t client_count)
{
    struct child clients[CLIENTS_MAX];
    struct endpoints endpoints;
    uint64_t replies, sum = 0;
    struct child proxy = child_start (proxy_process, &QUEUE);
    struct child worker = child_start (worker_process, NULL);

    get (proxy.from, &endpoints, sizeof endpoints);
    put (worker.to, endpoints.back, sizeof endpoints.back);
    for (uint64_t i = 0; i < client_count; i++) {
        clients[i] = child_start (client_process, flow);
        put (clients[i].to, endpoints.front, sizeof endpoints.front);
    }
    for (uint64_t i = 0; i < client_count; i++)
        get (clients[i].from, &replies, sizeof replies);
    uint64_t start = now_ns ();
    for (uint64_t i = 0; i < client_count; i++)
        put (clients[i].to, &start, sizeof start);
    for (uint64_t i = 0; i < client_count; i++) {
        get (clients[i].from, &replies, sizeof replies);
        sum += replies;
    }
    uint64_t elapsed = now_ns () - start;
    for (uint64_t i = 0; i < client_count; i++)
        child_wait (&clients[i]);
    child_end (&worker);
    child_end (&proxy);
    printf ("replies %llu\n", (unsigned long long) sum);
    printf ("rate %.0f\n", (double) sum * (double) NS_PER_S / (double) elapsed);
}

int main (int argc, char **argv)
{
    if (argc < 4 || (strcmp (argv[1], "stream") != 0 && (strcmp (argv[1], "queue") != 0 || argc != 5))) {
        fprintf (stderr, "usage: %s stream BYTES MILLISECONDS\n       %s queue BYTES MILLISECONDS CLIENTS\n", argv[0],
                 argv[0]);
        return 2;
    }
    struct flow flow = {.bytes = number (argv[2]), .duration_ns = number (argv[3]) * NS_PER_MS};
    CHECK (flow.bytes > 0);
    bench_begin (SECONDS_MAX);
    if (strcmp (argv[1], "stream") == 0) {
        run_stream (&flow);
    } else {
        uint64_t client_count = number (argv[4]);
        CHECK (client_count > 0 && client_count <= CLIENTS_MAX);
        run_queue (&flow, client_count);
    }
    return 0;
}
