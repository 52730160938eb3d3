/* The kernel's own limit: two processes with blocking stream sockets and nothing else between them. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS_MAX 60
#define WARM_UP_ROUND_TRIPS 200
#define BLOCK_BYTES_MAX (4u << 20)
#define SAMPLES_MAX (4u << 20)
#define SETTLE_NS (100 * NS_PER_MS)

struct plan
{
    int fd; /* the child's end */
    size_t bytes;
    uint64_t duration_ns;
    int paced;
};

static char block[BLOCK_BYTES_MAX];

/* Sends back every block; ends with the connection. */
static void echo_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    for (;;) {
        size_t have = 0;
        while (have < plan->bytes) {
            ssize_t n = read (plan->fd, block + have, plan->bytes - have);
            if (n <= 0)
                return;
            have += (size_t) n;
        }
        put (plan->fd, block, plan->bytes);
    }
}

static void writer_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    uint64_t deadline = now_ns () + plan->duration_ns;
    do {
        put (plan->fd, block, plan->bytes);
    } while (now_ns () < deadline);
}

/* Writes a block now and then, and says what the processor time of both processes was for each. */
static void trickle_process (const struct link *link)
{
    const struct plan *plan = link->argument;
    uint64_t blocks = plan->duration_ns / TRICKLE_NS, start = now_ns ();
    double cpu_ns = cpu_ns_with_parent ();
    for (uint64_t i = 0; i < blocks; i++) {
        sleep_until_ns (start + i * TRICKLE_NS);
        put (plan->fd, block, plan->bytes);
    }
    sleep_until_ns (now_ns () + SETTLE_NS);
    printf ("cpu_ns %.1f\n", (cpu_ns_with_parent () - cpu_ns) / (double) blocks);
}

static int compare (const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return x < y ? -1 : x > y;
}

static void latency (int fd, const struct plan *plan)
{
    size_t count = 0;
    double sum = 0;
    uint32_t *samples = malloc (SAMPLES_MAX * sizeof *samples);
    CHECK (samples != NULL);
    for (int i = 0; i < WARM_UP_ROUND_TRIPS; i++) {
        put (fd, block, plan->bytes);
        get (fd, block, plan->bytes);
    }
    uint64_t start = now_ns (), before = start;
    do {
        if (plan->paced) {
            sleep_until_ns (start + (count + 1) * NS_PER_MS);
            before = now_ns ();
        }
        put (fd, block, plan->bytes);
        get (fd, block, plan->bytes);
        uint64_t after = now_ns ();
        samples[count++] = (uint32_t) (after - before);
        sum += (double) (after - before);
        before = after;
    } while (before - start < plan->duration_ns && count < SAMPLES_MAX);
    qsort (samples, count, sizeof *samples, compare);
    printf ("mean %.3f\n", sum / (double) count / 2000);
    printf ("p50 %.3f\n", samples[count / 2] / 2000.0);
    printf ("p99 %.3f\n", samples[count - 1 - count / 100] / 2000.0);
    free (samples);
}

static void read_trickle (int fd, const struct plan *plan)
{
    uint64_t sum = 0;
    ssize_t n;
    while ((n = read (fd, block, plan->bytes)) > 0)
        sum += (uint64_t) n;
    CHECK (n == 0 && sum == plan->duration_ns / TRICKLE_NS * plan->bytes);
}

static void stream (int fd, const struct plan *plan)
{
    uint64_t sum = 0, start = now_ns ();
    ssize_t n;
    while ((n = read (fd, block, plan->bytes)) > 0)
        sum += (uint64_t) n;
    CHECK (n == 0);
    printf ("gbits %.3f\n", (double) sum * 8 / (double) (now_ns () - start));
}

static const struct
{
    const char *name;
    void (*child) (const struct link *);
    void (*parent) (int fd, const struct plan *plan);
} modes[] = {
  {"stream", writer_process, stream},
  {"trickle", trickle_process, read_trickle},
  {"hot", echo_process, latency},
  {"paced", echo_process, latency},
};

int main (int argc, char **argv)
{
    int fd[2];
    size_t mode = 0;
    while (argc == 5 && mode < sizeof modes / sizeof modes[0] && strcmp (argv[4], modes[mode].name) != 0)
        mode++;
    if (argc != 5 || mode == sizeof modes / sizeof modes[0]) {
        fprintf (stderr, "usage: %s tcp|ipc BYTES MILLISECONDS stream|trickle|hot|paced\n", argv[0]);
        return 2;
    }
    struct plan plan = {.bytes = number (argv[2]),
                        .duration_ns = number (argv[3]) * NS_PER_MS,
                        .paced = strcmp (argv[4], "paced") == 0};
    CHECK (plan.bytes > 0 && plan.bytes <= BLOCK_BYTES_MAX && plan.duration_ns >= TRICKLE_NS);
    bench_begin (SECONDS_MAX);
    memset (block, 'x', sizeof block);
    stream_pair (argv[1], fd);
    plan.fd = fd[1];
    struct child child = child_start (modes[mode].child, &plan);
    close (fd[1]);
    modes[mode].parent (fd[0], &plan);
    /* The echo ends when its copy of our end is closed too: it holds one since the fork. */
    shutdown (fd[0], SHUT_RDWR);
    child_wait (&child);
    return 0;
}
