/* Many sockets that are connected to nothing: what each costs in memory. */
#include "bench.h"
#include "compat.h"

#include <stdio.h>
#include <stdlib.h>

#define SECONDS_MAX 60
/* A socket may need a descriptor for its own wake-up. */
#define DESCRIPTORS_PER_SOCKET 1

int main (int argc, char **argv)
{
    if (argc != 2) {
        fprintf (stderr, "usage: %s SOCKETS\n", argv[0]);
        return 2;
    }
    uint64_t count = number (argv[1]);
    CHECK (count > 0 && count < INT32_MAX);
    bench_begin (SECONDS_MAX);
    if (descriptors_raise () < count * DESCRIPTORS_PER_SOCKET + DESCRIPTORS_RESERVED) {
        printf ("socket_bytes no-room\n");
        return 0;
    }
    void **sockets = calloc (count, sizeof *sockets);
    CHECK (sockets != NULL);
    void *context = context_new (1, (int) count + 1);
    CHECK_ZMQ (context != NULL);
    /* The first one starts the context's threads. */
    void *first = socket_new (context, ZMQ_DEALER, HWM_MESSAGES);
    uint64_t before = rss_bytes ();
    for (uint64_t i = 0; i < count; i++)
        sockets[i] = socket_new (context, ZMQ_DEALER, HWM_MESSAGES);
    printf ("socket_bytes %.0f\n", ((double) rss_bytes () - (double) before) / (double) count);
    for (uint64_t i = 0; i < count; i++)
        CHECK_ZMQ (zmq_close (sockets[i]) == 0);
    close_all (first, context);
    free (sockets);
    return 0;
}
