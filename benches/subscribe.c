/* Many prefixes on one SUB: how long until the last has an effect at the publisher, whether all have, what each takes in
   memory, how fast messages find theirs, and how long until all are gone again. */
#include "bench.h"
#include "compat.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 60
#define SWEPT_MESSAGES_MIN 500000 /* of the timed sweeps together */
#define MATCHING_NS_MAX (30 * NS_PER_S)
#define PUBLISH_EVERY_NS (200 * NS_PER_US)
#define SYNC_TOPIC "sync"
#define END_TOPIC "sync end"
#define GONE_TOPIC "gone"
#define TOPIC_BYTES 8
/* Successive topics of a timed sweep are this far apart, which no count of ours divides: neighbours are too easy. */
#define TOPIC_STRIDE 7919

enum stage
{
    STAGE_SYNC = 's',  /* publish the sync topic, until told otherwise */
    STAGE_LAST = 'l',  /* publish the last topic, until told otherwise */
    STAGE_SWEEP = 'w', /* publish every topic once, then the end topic */
    STAGE_TIMED = 't', /* sweep until enough has been published to be timed, then publish the end topic */
    STAGE_MEMORY = 'm', /* say what the resident memory is, and publish the sync topic */
    STAGE_GONE = 'g',  /* publish the gone topic, until told otherwise */
    STAGE_STOP = 'x'
};

struct memory
{
    uint64_t publisher_bytes;
    uint64_t subscriber_bytes;
};

static void topic (char text[TOPIC_BYTES + 1], uint64_t index)
{
    text[0] = 't';
    text[TOPIC_BYTES] = '\0';
    for (int i = TOPIC_BYTES - 1; i > 0; i--, index /= 10)
        text[i] = (char) ('0' + index % 10);
}

static uint64_t timed_sweeps (uint64_t count)
{
    return count < SWEPT_MESSAGES_MIN ? SWEPT_MESSAGES_MIN / count : 1;
}

static void publish (void *socket, const char *text)
{
    zmq_msg_t message;
    size_t bytes = strlen (text);
    CHECK_ZMQ (zmq_msg_init_size (&message, bytes) == 0);
    memcpy (zmq_msg_data (&message), text, bytes);
    CHECK_ZMQ (message_send (socket, &message, 0) == 0);
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
}

/* The memory that is in use: what was is given back to the system first. */
static uint64_t memory_bytes (void)
{
    malloc_trim (0);
    return rss_bytes ();
}

/* Publishes every topic so many times, beginning with the first, then the end topic. */
static void sweep (void *socket, uint64_t count, uint64_t times)
{
    char text[TOPIC_BYTES + 1];
    uint64_t index = 0;
    for (uint64_t i = 0; i < count * times; i++) {
        topic (text, index);
        publish (socket, text);
        index = (index + TOPIC_STRIDE) % count;
    }
    publish (socket, END_TOPIC);
}

static void publisher_process (const struct link *link)
{
    const uint64_t *count = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX], text[TOPIC_BYTES + 1], stage = STAGE_SYNC;
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PUB, 0);
    bind_any (socket, "tcp", endpoint);
    put (link->to_parent, endpoint, sizeof endpoint);

    while (stage != STAGE_STOP) {
        if (stage == STAGE_SWEEP || stage == STAGE_TIMED) {
            sweep (socket, *count, stage == STAGE_TIMED ? timed_sweeps (*count) : 1);
            get (link->from_parent, &stage, sizeof stage);
            continue;
        }
        if (stage == STAGE_MEMORY) {
            uint64_t bytes = memory_bytes ();
            put (link->to_parent, &bytes, sizeof bytes);
            stage = STAGE_SYNC;
        }
        topic (text, *count - 1);
        publish (socket, stage == STAGE_SYNC ? SYNC_TOPIC : stage == STAGE_GONE ? GONE_TOPIC : text);
        sleep_until_ns (now_ns () + PUBLISH_EVERY_NS);
        if (get_ready (link->from_parent))
            get (link->from_parent, &stage, sizeof stage);
    }
    close_all (socket, context);
}

/* Receives until a given topic comes or the time is over. Counts what came in between. */
static int recv_until (void *socket, const char *wanted, uint64_t deadline_ns, uint64_t *others)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    zmq_msg_t message;
    int found = 0;

    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    while (!found) {
        uint64_t now = now_ns ();
        if (now >= deadline_ns)
            break;
        if (poll_ms (&item, 1, (long) ((deadline_ns - now) / NS_PER_MS) + 1) <= 0)
            break;
        while (!found && message_recv (socket, &message, ZMQ_DONTWAIT) == 0) {
            size_t bytes = zmq_msg_size (&message);
            found = bytes == strlen (wanted) && memcmp (zmq_msg_data (&message), wanted, bytes) == 0;
            *others += found ? 0 : 1;
        }
    }
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
    return found;
}

static void stage_set (const struct child *publisher, char stage)
{
    put (publisher->to, &stage, sizeof stage);
}

/* Has every topic published, some times over if it is to be timed, and receives them, from the first to the end topic:
   gives how many. A topic that was published before may come first: what does is not counted. */
static uint64_t recv_sweep (void *socket, const struct child *publisher, char stage, uint64_t deadline_ns, uint64_t *ns)
{
    char text[TOPIC_BYTES + 1];
    uint64_t seen = 1, ignored = 0;
    topic (text, 0);
    stage_set (publisher, stage);
    if (!recv_until (socket, text, deadline_ns, &ignored))
        return 0;
    uint64_t start = now_ns ();
    CHECK (recv_until (socket, END_TOPIC, deadline_ns, &seen));
    *ns = now_ns () - start;
    return seen;
}

/* Memory of both processes. */
static struct memory memory (const struct child *publisher)
{
    struct memory memory;
    stage_set (publisher, STAGE_MEMORY);
    get (publisher->from, &memory.publisher_bytes, sizeof memory.publisher_bytes);
    memory.subscriber_bytes = memory_bytes ();
    return memory;
}

/* Cancels all, and then asks for something else, which comes when all have had their effect. */
static void measure_cancelling (void *socket, const struct child *publisher, uint64_t count, uint64_t bound_ns)
{
    char text[TOPIC_BYTES + 1];
    uint64_t ignored = 0;
    stage_set (publisher, STAGE_GONE);
    uint64_t start = now_ns ();
    for (uint64_t i = 0; i < count; i++) {
        topic (text, i);
        CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_UNSUBSCRIBE, text, TOPIC_BYTES) == 0);
    }
    CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, GONE_TOPIC, strlen (GONE_TOPIC)) == 0);
    int gone = recv_until (socket, GONE_TOPIC, start + bound_ns, &ignored);
    uint64_t end = now_ns ();
    if (gone)
        printf ("cancel_rate %.0f\n", (double) count * (double) NS_PER_S / (double) (end - start));
    else
        printf ("cancel_rate stalls\n");
}

static void measure (void *socket, const struct child *publisher, uint64_t count, uint64_t bound_ns)
{
    char text[TOPIC_BYTES + 1];
    uint64_t ignored = 0, sweep_ns = 0;

    CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, SYNC_TOPIC, strlen (SYNC_TOPIC)) == 0);
    CHECK (recv_until (socket, SYNC_TOPIC, now_ns () + bound_ns, &ignored));
    struct memory before = memory (publisher);
    stage_set (publisher, STAGE_LAST);
    uint64_t start = now_ns ();
    for (uint64_t i = 0; i < count; i++) {
        topic (text, i);
        CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, text, TOPIC_BYTES) == 0);
    }
    uint64_t called = now_ns ();
    int effective = recv_until (socket, text, start + bound_ns, &ignored);
    uint64_t end = now_ns ();

    /* Others than the last may be missing. */
    uint64_t seen = recv_sweep (socket, publisher, STAGE_SWEEP, now_ns () + bound_ns, &sweep_ns);
    printf ("calls_ms %.1f\n", (double) (called - start) / (double) NS_PER_MS);
    printf ("effective %llu\n", (unsigned long long) seen);
    if (effective && seen == count) {
        printf ("effective_ms %.1f\n", (double) (end - start) / (double) NS_PER_MS);
        printf ("rate %.0f\n", (double) count * (double) NS_PER_S / (double) (end - start));
        struct memory after = memory (publisher);
        printf ("publisher_bytes %.1f\n", ((double) after.publisher_bytes - (double) before.publisher_bytes) / (double) count);
        printf ("subscriber_bytes %.1f\n",
                ((double) after.subscriber_bytes - (double) before.subscriber_bytes) / (double) count);
        /* A sweep that is long enough to be timed has been. */
        uint64_t messages = count * timed_sweeps (count);
        if (timed_sweeps (count) > 1)
            CHECK (recv_sweep (socket, publisher, STAGE_TIMED, now_ns () + MATCHING_NS_MAX, &sweep_ns) == messages);
        printf ("matched_rate %.0f\n", (double) messages * (double) NS_PER_S / (double) sweep_ns);
        measure_cancelling (socket, publisher, count, bound_ns);
    } else {
        printf ("rate stalls\npublisher_bytes stalls\nsubscriber_bytes stalls\nmatched_rate stalls\ncancel_rate stalls\n");
    }
}

int main (int argc, char **argv)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    if (argc != 4) {
        fprintf (stderr, "usage: %s PREFIXES BOUND_MILLISECONDS HIGH_WATER_MARK\n", argv[0]);
        return 2;
    }
    uint64_t count = number (argv[1]), bound_ns = number (argv[2]) * NS_PER_MS;
    int hwm_messages = (int) number (argv[3]);
    CHECK (count >= 2 && count % TOPIC_STRIDE != 0);
    bench_begin (SECONDS_MAX);
    struct child publisher = child_start (publisher_process, &count);
    get (publisher.from, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_SUB, hwm_messages);
    connect_to (socket, endpoint);
    measure (socket, &publisher, count, bound_ns);
    stage_set (&publisher, STAGE_STOP);
    child_wait (&publisher);
    close_all (socket, context);
    return 0;
}
