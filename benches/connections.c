/* Many idle tcp connections: what each costs the server and the client in memory, and how long they take to set up. */
#include "bench.h"
#include "compat.h"

#include <stdio.h>
#include <stdlib.h>

#define SECONDS_MAX 90
#define MESSAGE_BYTES 16
#define BACKLOG 4096
/* A client socket may need a descriptor for the connection and one for its own wake-up. */
#define FDS_PER_CONNECTION 2

struct rss
{
    uint64_t before_bytes;
    uint64_t after_bytes;
};

/* Raises the limit of descriptors as far as allowed; gives how many connections it has room for. */
static uint64_t connections_max (uint64_t wanted)
{
    uint64_t descriptors = descriptors_raise ();
    CHECK (descriptors > DESCRIPTORS_RESERVED + FDS_PER_CONNECTION);
    uint64_t room = (descriptors - DESCRIPTORS_RESERVED) / FDS_PER_CONNECTION;
    return wanted < room ? wanted : room;
}

static void echo (void *socket)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
    CHECK_ZMQ (message_send (socket, &message, 0) == 0);
}

/* Echoes one message of each connection; measures before all but the first, and when the clients have theirs. */
static void server_process (const struct link *link)
{
    const uint64_t *count = link->argument;
    char endpoint[ENDPOINT_BYTES_MAX], ready = 0;
    struct rss rss;
    int backlog = BACKLOG;
    void *context = context_new (1, 0);
    CHECK_ZMQ (context != NULL);
    void *socket = socket_new (context, ZMQ_REP, HWM_MESSAGES);
    CHECK_ZMQ (zmq_setsockopt (socket, ZMQ_BACKLOG, &backlog, sizeof backlog) == 0);
    bind_any (socket, "tcp", endpoint);
    put (link->to_parent, endpoint, sizeof endpoint);

    echo (socket);
    wait_until_told (link);
    rss.before_bytes = rss_bytes ();
    put (link->to_parent, &ready, sizeof ready);
    for (uint64_t i = 0; i < *count; i++)
        echo (socket);
    wait_until_told (link);
    rss.after_bytes = rss_bytes ();
    put (link->to_parent, &rss, sizeof rss);
    wait_until_told (link);
    close_all (socket, context);
}

static void *client_new (void *context, const char *endpoint)
{
    void *socket = socket_new (context, ZMQ_REQ, HWM_MESSAGES);
    connect_to (socket, endpoint);
    return socket;
}

/* All connect, all ask, all get their reply. */
static uint64_t connect_and_echo (void *context, const char *endpoint, void **sockets, uint64_t count)
{
    uint64_t start = now_ns ();
    for (uint64_t i = 0; i < count; i++)
        sockets[i] = client_new (context, endpoint);
    for (uint64_t i = 0; i < count; i++)
        send_filled (sockets[i], MESSAGE_BYTES);
    for (uint64_t i = 0; i < count; i++)
        CHECK (recv_any (sockets[i]) == MESSAGE_BYTES);
    return now_ns () - start;
}

static void print (uint64_t count, const struct rss *server, const struct rss *client, uint64_t elapsed_ns)
{
    double n = (double) count;
    printf ("connections %llu\n", (unsigned long long) count);
    printf ("server_bytes %.0f\n", ((double) server->after_bytes - (double) server->before_bytes) / n);
    printf ("client_bytes %.0f\n", ((double) client->after_bytes - (double) client->before_bytes) / n);
    printf ("connect_ms %.1f\n", (double) elapsed_ns / (double) NS_PER_MS);
}

int main (int argc, char **argv)
{
    char endpoint[ENDPOINT_BYTES_MAX], ready;
    struct rss server_rss, client_rss;

    if (argc != 2) {
        fprintf (stderr, "usage: %s CONNECTIONS\n", argv[0]);
        return 2;
    }
    bench_begin (SECONDS_MAX);
    uint64_t count = connections_max (number (argv[1]));
    CHECK (count > 0);
    void **sockets = calloc (count, sizeof *sockets);
    CHECK (sockets != NULL);

    struct child server = child_start (server_process, &count);
    get (server.from, endpoint, sizeof endpoint);
    void *context = context_new (1, (int) count + 1);
    CHECK_ZMQ (context != NULL);
    void *first;
    connect_and_echo (context, endpoint, &first, 1);
    tell (&server);
    get (server.from, &ready, sizeof ready);
    client_rss.before_bytes = rss_bytes ();

    uint64_t elapsed_ns = connect_and_echo (context, endpoint, sockets, count);
    client_rss.after_bytes = rss_bytes ();
    tell (&server);
    get (server.from, &server_rss, sizeof server_rss);
    print (count, &server_rss, &client_rss, elapsed_ns);

    tell (&server);
    for (uint64_t i = 0; i < count; i++)
        CHECK_ZMQ (zmq_close (sockets[i]) == 0);
    close_all (first, context);
    child_wait (&server);
    free (sockets);
    return 0;
}
