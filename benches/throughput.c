/* PUSH to PULL as fast as it goes: two processes over tcp or ipc, two threads over inproc. */
#include "bench.h"
#include "compat.h"
#include "flow.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60

struct sender
{
    void *context;
    const char *endpoint;
    const struct flow *flow;
    const struct link *link; /* of a sender that is a process */
};

static void *sender_thread (void *argument)
{
    const struct sender *sender = argument;
    void *socket = socket_new (sender->context, ZMQ_PUSH, HWM_MESSAGES);
    connect_to (socket, sender->endpoint);
    flow_send (socket, sender->flow);
    if (sender->link != NULL)
        wait_until_told (sender->link);
    CHECK_ZMQ (zmq_close (socket) == 0);
    return NULL;
}

static void sender_process (const struct link *link)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    get (link->from_parent, endpoint, sizeof endpoint);
    struct sender sender = {context_new (1, 0), endpoint, link->argument, link};
    CHECK_ZMQ (sender.context != NULL);
    sender_thread (&sender);
    CHECK_ZMQ (context_term (sender.context) == 0);
}

static struct flow_result run_threads (const struct flow *flow)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    pthread_t thread;
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    bind_any (socket, "inproc", endpoint);
    struct sender sender = {context, endpoint, flow, NULL};
    CHECK (pthread_create (&thread, NULL, sender_thread, &sender) == 0);
    struct flow_result result = flow_recv (socket, flow);
    CHECK (pthread_join (thread, NULL) == 0);
    close_all (socket, context);
    return result;
}

static struct flow_result run_processes (const char *transport, const struct flow *flow)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    struct child child = child_start (sender_process, flow);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    bind_any (socket, transport, endpoint);
    put (child.to, endpoint, sizeof endpoint);
    struct flow_result result = flow_recv (socket, flow);
    tell (&child);
    child_wait (&child);
    close_all (socket, context);
    return result;
}

int main (int argc, char **argv)
{
    if (argc != 4) {
        fprintf (stderr, "usage: %s tcp|ipc|inproc BYTES MILLISECONDS\n", argv[0]);
        return 2;
    }
    struct flow flow = {.bytes = number (argv[2]), .duration_ns = number (argv[3]) * NS_PER_MS};
    CHECK (flow.bytes > 0);
    bench_begin (SECONDS_MAX);
    struct flow_result result =
      strcmp (argv[1], "inproc") == 0 ? run_threads (&flow) : run_processes (argv[1], &flow);
    flow_print (&flow, &result);
    return 0;
}
