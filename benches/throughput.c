/* PUSH to PULL as fast as it goes: two processes over tcp or ipc, with CURVE if asked for, two threads over inproc. */
#include "bench.h"
#include "compat.h"
#include "flow.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60

struct plan
{
    struct flow flow;
    int curve;
    struct curve_keys keys; /* with curve */
};

struct sender
{
    void *context;
    const char *endpoint;
    const struct plan *plan;
    const struct link *link; /* of a sender that is a process */
};

static void *sender_thread (void *argument)
{
    const struct sender *sender = argument;
    void *socket = socket_new (sender->context, ZMQ_PUSH, HWM_MESSAGES);
    if (sender->plan->curve)
        CHECK_ZMQ (curve_client_set (socket, &sender->plan->keys) == 0);
    connect_to (socket, sender->endpoint);
    flow_send (socket, &sender->plan->flow);
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

static struct flow_result run_threads (const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    pthread_t thread;
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    bind_any (socket, "inproc", endpoint);
    struct sender sender = {context, endpoint, plan, NULL};
    CHECK (pthread_create (&thread, NULL, sender_thread, &sender) == 0);
    struct flow_result result = flow_recv (socket, &plan->flow);
    CHECK (pthread_join (thread, NULL) == 0);
    close_all (socket, context);
    return result;
}

static struct flow_result run_processes (const char *transport, const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    struct child child = child_start (sender_process, plan);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    if (plan->curve)
        CHECK_ZMQ (curve_server_set (socket, &plan->keys) == 0);
    bind_any (socket, transport, endpoint);
    put (child.to, endpoint, sizeof endpoint);
    struct flow_result result = flow_recv (socket, &plan->flow);
    tell (&child);
    child_wait (&child);
    close_all (socket, context);
    return result;
}

int main (int argc, char **argv)
{
    struct plan plan = {.curve = argc == 5 && strcmp (argv[4], "curve") == 0};
    int threads = argc > 1 && strcmp (argv[1], "inproc") == 0;
    if (argc < 4 || argc > 5 || (argc == 5 && (!plan.curve || threads))) {
        fprintf (stderr, "usage: %s tcp|ipc BYTES MILLISECONDS [curve]\n       %s inproc BYTES MILLISECONDS\n", argv[0],
                 argv[0]);
        return 2;
    }
    plan.flow.bytes = number (argv[2]);
    plan.flow.duration_ns = number (argv[3]) * NS_PER_MS;
    CHECK (plan.flow.bytes > 0);
    bench_begin (SECONDS_MAX);
    if (plan.curve)
        CHECK_ZMQ (curve_keys_make (&plan.keys) == 0);
    struct flow_result result = threads ? run_threads (&plan) : run_processes (argv[1], &plan);
    flow_print (&plan.flow, &result);
    return 0;
}
