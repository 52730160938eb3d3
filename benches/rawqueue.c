/* The kernel's own limit for requests through a queue: clients, a process between, and a worker, with blocking stream
   sockets and one poll. */
#include "bench.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS_MAX 60
#define CLIENTS_MAX 32
#define BYTES_MAX 4096
#define WARM_UP_REQUESTS 50

/* A request or reply on its way between the queue and the worker. */
struct parcel
{
    uint64_t client;
    char body[BYTES_MAX];
};

struct plan
{
    size_t bytes;
    uint64_t duration_ns, client_count;
    int client[CLIENTS_MAX][2]; /* a client's end, and the queue's */
    int worker[2];              /* the queue's end, and the worker's */
};

struct client
{
    const struct plan *plan;
    int fd;
};

static char parcels[CLIENTS_MAX * sizeof (struct parcel)];

static size_t parcel_bytes (const struct plan *plan)
{
    return sizeof (uint64_t) + plan->bytes;
}

/* Sends back what comes, as much as there is. */
static void worker_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    ssize_t n;
    while ((n = read (plan->worker[1], parcels, sizeof parcels)) > 0)
        put (plan->worker[1], parcels, (size_t) n);
}

/* Requests of all clients that have one go to the worker in one piece; the replies that came go to their clients. */
static void queue_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    const size_t count = plan->client_count, each = parcel_bytes (plan);
    struct pollfd fds[CLIENTS_MAX + 1];
    static char replies[sizeof parcels];
    size_t have = 0;
    for (size_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = plan->client[i][1], .events = POLLIN};
    fds[count] = (struct pollfd){.fd = plan->worker[0], .events = POLLIN};
    for (;;) {
        size_t filled = 0;
        CHECK (poll (fds, count + 1, -1) > 0);
        for (uint64_t i = 0; i < count; i++) {
            if (fds[i].revents == 0)
                continue;
            ssize_t n = read (fds[i].fd, parcels + filled + sizeof i, plan->bytes);
            if (n == 0) {
                fds[i].fd = -1;
                continue;
            }
            CHECK (n == (ssize_t) plan->bytes);
            memcpy (parcels + filled, &i, sizeof i);
            filled += each;
        }
        if (filled > 0)
            put (plan->worker[0], parcels, filled);
        if (fds[count].revents == 0)
            continue;
        ssize_t n = read (plan->worker[0], replies + have, sizeof replies - have);
        CHECK (n > 0);
        have += (size_t) n;
        size_t done = 0;
        for (; have - done >= each; done += each) {
            uint64_t client;
            memcpy (&client, replies + done, sizeof client);
            CHECK (client < count);
            put (plan->client[client][1], replies + done + sizeof client, plan->bytes);
        }
        memmove (replies, replies + done, have -= done);
    }
}

static void client_process (const struct link *link)
{
    const struct client *client = link->argument;
    const struct plan *plan = client->plan;
    char body[BYTES_MAX];
    uint64_t start, replies = 0;
    memset (body, 'x', sizeof body);
    for (int i = 0; i < WARM_UP_REQUESTS; i++) {
        put (client->fd, body, plan->bytes);
        get (client->fd, body, plan->bytes);
    }
    put (link->to_parent, &replies, sizeof replies);
    get (link->from_parent, &start, sizeof start);
    for (; now_ns () < start + plan->duration_ns; replies++) {
        put (client->fd, body, plan->bytes);
        get (client->fd, body, plan->bytes);
    }
    put (link->to_parent, &replies, sizeof replies);
}

int main (int argc, char **argv)
{
    static struct plan plan;
    struct client client[CLIENTS_MAX];
    struct child clients[CLIENTS_MAX];
    uint64_t replies, sum = 0;
    if (argc != 5) {
        fprintf (stderr, "usage: %s tcp|ipc BYTES MILLISECONDS CLIENTS\n", argv[0]);
        return 2;
    }
    plan.bytes = number (argv[2]);
    plan.duration_ns = number (argv[3]) * NS_PER_MS;
    plan.client_count = number (argv[4]);
    CHECK (plan.bytes > 0 && plan.bytes <= BYTES_MAX);
    CHECK (plan.client_count > 0 && plan.client_count <= CLIENTS_MAX);
    bench_begin (SECONDS_MAX);
    stream_pair (argv[1], plan.worker);
    for (uint64_t i = 0; i < plan.client_count; i++)
        stream_pair (argv[1], plan.client[i]);
    struct child queue = child_start (queue_process, &plan);
    struct child worker = child_start (worker_process, &plan);
    for (uint64_t i = 0; i < plan.client_count; i++) {
        client[i] = (struct client){&plan, plan.client[i][0]};
        clients[i] = child_start (client_process, &client[i]);
    }
    for (uint64_t i = 0; i < plan.client_count; i++)
        get (clients[i].from, &replies, sizeof replies);
    uint64_t start = now_ns ();
    for (uint64_t i = 0; i < plan.client_count; i++)
        put (clients[i].to, &start, sizeof start);
    for (uint64_t i = 0; i < plan.client_count; i++) {
        get (clients[i].from, &replies, sizeof replies);
        sum += replies;
    }
    uint64_t elapsed = now_ns () - start;
    for (uint64_t i = 0; i < plan.client_count; i++)
        child_wait (&clients[i]);
    child_end (&worker);
    child_end (&queue);
    printf ("rate %.0f\n", (double) sum * (double) NS_PER_S / (double) elapsed);
    return 0;
}
