/* One PUSH and one PULL with many tcp connections between them: how long they take to set up, what a message costs that
   goes over each in turn, and what the processes do while nothing is sent. */
#include "bench.h"
#include "compat.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60
#define MESSAGE_BYTES 64
#define BACKLOG 4096
#define CLOCK_EVERY_MESSAGES 256
/* What the start leaves to be done is done by then. */
#define SETTLE_NS (300 * NS_PER_MS)

struct plan
{
    uint64_t connections;
    uint64_t stream_ns;
    uint64_t idle_ns;
};

/* Processor time of both processes. */
struct account
{
    double cpu_ns;      /* for the stream */
    double idle_cpu_ns; /* while nothing was sent */
};

/* The body of the message that is sent last, which is longer than the others. They may overtake each other. */
struct last
{
    char filling[MESSAGE_BYTES];
    uint64_t messages; /* that were sent before it */
};

static void sender_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX];
    struct account account;
    struct last last = {.messages = 0};
    zmq_msg_t message;

    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PUSH, HWM_MESSAGES);
    uint64_t start = now_ns ();
    put (link->to_parent, &start, sizeof start);
    for (uint64_t i = 0; i < plan->connections; i++)
        connect_to (socket, endpoint);
    /* One over each, since they take turns. */
    for (uint64_t i = 0; i < plan->connections; i++)
        send_filled (socket, MESSAGE_BYTES);

    wait_until_told (link);
    sleep_until_ns (now_ns () + SETTLE_NS);
    account.idle_cpu_ns = cpu_ns_with_parent ();
    sleep_until_ns (now_ns () + plan->idle_ns);
    account.cpu_ns = cpu_ns_with_parent ();
    account.idle_cpu_ns = account.cpu_ns - account.idle_cpu_ns;

    uint64_t deadline = now_ns () + plan->stream_ns;
    do {
        for (int i = 0; i < CLOCK_EVERY_MESSAGES; i++)
            send_filled (socket, MESSAGE_BYTES);
        last.messages += CLOCK_EVERY_MESSAGES;
    } while (now_ns () < deadline);
    CHECK_ZMQ (zmq_msg_init_size (&message, sizeof last) == 0);
    memcpy (zmq_msg_data (&message), &last, sizeof last);
    CHECK_ZMQ (message_send (socket, &message, 0) == 0);
    wait_until_told (link);
    account.cpu_ns = cpu_ns_with_parent () - account.cpu_ns;
    put (link->to_parent, &account, sizeof account);
    close_all (socket, context);
}

/* Receives all that is streamed; the first message has come. Gives their number. */
static uint64_t recv_stream (void *socket)
{
    struct last last;
    uint64_t seen = 1, expected = UINT64_MAX;
    zmq_msg_t message;

    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    while (seen < expected) {
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        seen++;
        if (zmq_msg_size (&message) == MESSAGE_BYTES)
            continue;
        CHECK (zmq_msg_size (&message) == sizeof last);
        memcpy (&last, zmq_msg_data (&message), sizeof last);
        expected = last.messages + 1;
    }
    CHECK (seen == expected);
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
    return seen;
}

int main (int argc, char **argv)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    struct account account;
    uint64_t connecting_ns;
    int backlog = BACKLOG;

    if (argc != 4) {
        fprintf (stderr, "usage: %s CONNECTIONS MILLISECONDS IDLE_MILLISECONDS\n", argv[0]);
        return 2;
    }
    struct plan plan = {.connections = number (argv[1]),
                        .stream_ns = number (argv[2]) * NS_PER_MS,
                        .idle_ns = number (argv[3]) * NS_PER_MS};
    CHECK (plan.connections > 0);
    bench_begin (SECONDS_MAX);
    if (descriptors_raise () < plan.connections + DESCRIPTORS_RESERVED) {
        printf ("connect_ms no-room\nrate no-room\ncpu_ns no-room\nidle_us no-room\n");
        return 0;
    }

    struct child sender = child_start (sender_process, &plan);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_BACKLOG, &backlog, sizeof backlog) == 0);
    bind_any (socket, "tcp", endpoint);
    put (sender.to, endpoint, sizeof endpoint);
    get (sender.from, &connecting_ns, sizeof connecting_ns);
    for (uint64_t i = 0; i < plan.connections; i++)
        CHECK (recv_any (socket) == MESSAGE_BYTES);
    connecting_ns = now_ns () - connecting_ns;

    tell (&sender);
    /* Waits for a message while none is sent, as a server does. */
    CHECK (recv_any (socket) == MESSAGE_BYTES);
    uint64_t start = now_ns ();
    uint64_t messages = recv_stream (socket);
    uint64_t elapsed_ns = now_ns () - start;
    tell (&sender);
    get (sender.from, &account, sizeof account);
    child_wait (&sender);
    close_all (socket, context);

    printf ("connect_ms %.1f\n", (double) connecting_ns / (double) NS_PER_MS);
    printf ("messages %llu\n", (unsigned long long) messages);
    printf ("rate %.0f\n", (double) messages * 1e9 / (double) elapsed_ns);
    printf ("cpu_ns %.1f\n", account.cpu_ns / (double) messages);
    if (plan.idle_ns > 0)
        printf ("idle_us %.2f\n", account.idle_cpu_ns / 1e3 / ((double) plan.idle_ns / (double) NS_PER_S));
    return 0;
}
