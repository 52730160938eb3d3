/* A fixed number of messages in bursts, for callgrind to count the instructions of sending and receiving them. */
#define _GNU_SOURCE
#include "bench.h"
#include "compat.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MAX 110
#define BURSTS 10
/* Nothing blocks: a sender learns of what was received when it is half of the high-water mark. */
#define BURST_MESSAGES_MAX (HWM_MESSAGES / 2 - 10)
/* The system takes less than this from a writer whose reader does not read. */
#define SYSTEM_BUFFER_BYTES (32 * 1024)
#define STOPPER_BYTES (1024 * 1024)

struct plan
{
    size_t bytes;
    int per_burst;
};

/* callgrind collects inside these two, and nowhere else when it is told so; hence they must stay functions. */
__attribute__ ((noinline)) void burst_send (void *socket, const struct plan *plan)
{
    for (int i = 0; i < plan->per_burst; i++)
        send_filled (socket, plan->bytes);
}

__attribute__ ((noinline)) void burst_recv (void *socket, const struct plan *plan)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    for (int i = 0; i < plan->per_burst; i++) {
        CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
        CHECK (zmq_msg_size (&message) == plan->bytes);
    }
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
}

static void *small_socket_new (void *context, int type)
{
    void *socket = socket_new (context, type, HWM_MESSAGES);
    CHECK_ZMQ (system_buffers_set (socket, SYSTEM_BUFFER_BYTES) == 0);
    return socket;
}

static void receiver_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX], done = 0;
    get (link->from_parent, endpoint, sizeof endpoint);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = small_socket_new (context, ZMQ_PULL);
    connect_to (socket, endpoint);
    for (int i = 0; i < BURSTS; i++) {
        CHECK (recv_any (socket) == STOPPER_BYTES);
        burst_recv (socket, plan);
        put (link->to_parent, &done, sizeof done);
    }
    wait_until_told (link);
    close_all (socket, context);
}

static void stop (const struct child *child)
{
    int status;
    CHECK (kill (child->pid, SIGSTOP) == 0);
    while (waitpid (child->pid, &status, WUNTRACED) < 0)
        CHECK (errno == EINTR);
    CHECK (WIFSTOPPED (status));
}

/* A stream whose sender is always ahead, as it is at full speed. Under callgrind a thread is so slow that each message
   would be sent alone; so the receiver is stopped, and a long message that stays half sent holds up the burst. */
static void run_processes (const char *transport, const struct plan *plan)
{
    char endpoint[ENDPOINT_BYTES_MAX], done;
    struct child receiver = child_start (receiver_process, plan);
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = small_socket_new (context, ZMQ_PUSH);
    bind_any (socket, transport, endpoint);
    put (receiver.to, endpoint, sizeof endpoint);
    for (int i = 0; i < BURSTS; i++) {
        /* The first burst's message waits for the connection. */
        if (i > 0)
            stop (&receiver);
        send_filled (socket, STOPPER_BYTES);
        burst_send (socket, plan);
        if (i > 0)
            CHECK (kill (receiver.pid, SIGCONT) == 0);
        get (receiver.from, &done, sizeof done);
    }
    tell (&receiver);
    child_wait (&receiver);
    close_all (socket, context);
}

static void run_inproc (const struct plan *plan)
{
    void *context = context_new (1, 0), *push, *pull;
    CHECK_ZMQ (context != NULL);
    inproc_pair (context, &push, &pull);
    for (int i = 0; i < BURSTS; i++) {
        burst_send (push, plan);
        burst_recv (pull, plan);
    }
    CHECK_ZMQ (zmq_close (push) == 0);
    close_all (pull, context);
}

int main (int argc, char **argv)
{
    if (argc != 4) {
        fprintf (stderr, "usage: %s tcp|ipc|inproc BYTES MESSAGES_PER_BURST\n", argv[0]);
        return 2;
    }
    struct plan plan = {.bytes = number (argv[2]), .per_burst = (int) number (argv[3])};
    CHECK (plan.bytes > 0 && plan.per_burst > 0 && plan.per_burst <= BURST_MESSAGES_MAX);
    bench_begin (SECONDS_MAX);
    /* How long a thread looks before it sleeps depends on the clock: that is not to be counted. */
    CHECK (setenv ("OXMQ_SPIN_US", "0", 1) == 0);
    printf ("sender %d\n", (int) getpid ());
    if (strcmp (argv[1], "inproc") == 0)
        run_inproc (&plan);
    else
        run_processes (argv[1], &plan);
    printf ("messages %d\n", BURSTS * plan.per_burst);
    return 0;
}
