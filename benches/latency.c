/* REQ and REP in turn: half a round trip, back to back or with one request a millisecond; if asked for, with this
   library's threads going to sleep at once where they wait. */
#include "bench.h"
#include "compat.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 60
#define WARM_UP_ROUND_TRIPS 200
#define SAMPLES_MAX (4u << 20)
#define PACE_NS NS_PER_MS

struct plan
{
    size_t bytes;
    uint64_t duration_ns;
    int paced;
};

struct replier
{
    void *context;
    const char *endpoint;
};

/* Sends back what comes; an empty request is the last. */
static void *replier_thread (void *argument)
{
    const struct replier *replier = argument;
    size_t bytes;
    zmq_msg_t message;
    void *socket = socket_new (replier->context, ZMQ_REP, HWM_MESSAGES);
    connect_to (socket, replier->endpoint);
    do {
        CHECK_ZMQ (zmq_msg_init (&message) == 0);
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        bytes = zmq_msg_size (&message);
        CHECK_ZMQ (message_send (socket, &message, 0) == 0);
    } while (bytes > 0);
    CHECK_ZMQ (zmq_close (socket) == 0);
    return NULL;
}

static void replier_process (const struct link *link)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    get (link->from_parent, endpoint, sizeof endpoint);
    struct replier replier = {context_new (1, 0), endpoint};
    CHECK_ZMQ (replier.context != NULL);
    replier_thread (&replier);
    CHECK_ZMQ (context_term (replier.context) == 0);
}

static void round_trip (void *socket, size_t bytes)
{
    send_filled (socket, bytes);
    CHECK (recv_any (socket) == bytes);
}

static int compare (const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return x < y ? -1 : x > y;
}

/* Samples are of whole round trips in nanoseconds; what is printed is one way in microseconds. */
static void print (uint32_t *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += samples[i];
    qsort (samples, count, sizeof *samples, compare);
    printf ("round_trips %zu\n", count);
    printf ("mean %.3f\n", sum / (double) count / 2000);
    printf ("p50 %.3f\n", samples[count / 2] / 2000.0);
    printf ("p99 %.3f\n", samples[count - 1 - count / 100] / 2000.0);
}

static void measure (void *socket, const struct plan *plan)
{
    size_t count = 0;
    uint32_t *samples = malloc (SAMPLES_MAX * sizeof *samples);
    CHECK (samples != NULL);

    for (int i = 0; i < WARM_UP_ROUND_TRIPS; i++)
        round_trip (socket, plan->bytes);
    uint64_t start = now_ns (), before = start;
    do {
        if (plan->paced) {
            sleep_until_ns (start + (count + 1) * PACE_NS);
            before = now_ns ();
        }
        round_trip (socket, plan->bytes);
        uint64_t after = now_ns ();
        samples[count++] = after - before > UINT32_MAX ? UINT32_MAX : (uint32_t) (after - before);
        before = after;
    } while (before - start < plan->duration_ns && count < SAMPLES_MAX);
    round_trip (socket, 0);
    print (samples, count);
    free (samples);
}

static void run_threads (const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    pthread_t thread;
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_REQ, HWM_MESSAGES);
    bind_any (socket, "inproc", endpoint);
    struct replier replier = {context, endpoint};
    CHECK (pthread_create (&thread, NULL, replier_thread, &replier) == 0);
    measure (socket, plan);
    CHECK (pthread_join (thread, NULL) == 0);
    close_all (socket, context);
}

static void run_processes (const char *transport, const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    struct child child = child_start (replier_process, NULL);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_REQ, HWM_MESSAGES);
    bind_any (socket, transport, endpoint);
    put (child.to, endpoint, sizeof endpoint);
    measure (socket, plan);
    child_wait (&child);
    close_all (socket, context);
}

int main (int argc, char **argv)
{
    int sleeps = argc == 6 && strcmp (argv[5], "nospin") == 0;
    if (argc < 5 || argc > 6 || (argc == 6 && !sleeps) || (strcmp (argv[4], "hot") != 0 && strcmp (argv[4], "paced") != 0)) {
        fprintf (stderr, "usage: %s tcp|ipc|inproc BYTES MILLISECONDS hot|paced [nospin]\n", argv[0]);
        return 2;
    }
    struct plan plan = {.bytes = number (argv[2]),
                        .duration_ns = number (argv[3]) * NS_PER_MS,
                        .paced = strcmp (argv[4], "paced") == 0};
    CHECK (plan.bytes > 0);
    bench_begin (SECONDS_MAX);
    CHECK (!sleeps || setenv ("OXMQ_SPIN_US", "0", 1) == 0);
    if (strcmp (argv[1], "inproc") == 0)
        run_threads (&plan);
    else
        run_processes (argv[1], &plan);
    return 0;
}
