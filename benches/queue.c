/* The limit of two threads that share memory: a ring of slots as large as a message, or a word to and fro, and nothing
   else between them. Both threads look without ever sleeping. */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 60
#define SLOT_BYTES 40
#define SLOTS 1024 /* about the high-water mark of the other programs */
#define CLOCK_EVERY 4096
#define ROUND_TRIPS 256 /* between two looks at the clock */
#define CACHE_LINE 64

struct slot
{
    char bytes[SLOT_BYTES];
};

static struct slot slots[SLOTS];
static _Alignas (CACHE_LINE) atomic_size_t written;
static _Alignas (CACHE_LINE) atomic_size_t taken;
static _Alignas (CACHE_LINE) atomic_int ended;

static inline void pause_briefly (void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause ();
#endif
}

/* Writes slots until the time is over; shows each as it is written. */
static void *writer (void *argument)
{
    uint64_t deadline = now_ns () + *(const uint64_t *) argument;
    size_t at = 0, free_until = SLOTS;
    struct slot slot = {{0}};
    do {
        for (int i = 0; i < CLOCK_EVERY; i++) {
            while (at == free_until) {
                free_until = atomic_load_explicit (&taken, memory_order_acquire) + SLOTS;
                if (at == free_until)
                    pause_briefly ();
            }
            memcpy (slot.bytes, &at, sizeof at);
            slots[at % SLOTS] = slot;
            atomic_store_explicit (&written, ++at, memory_order_release);
        }
    } while (now_ns () < deadline);
    atomic_store_explicit (&ended, 1, memory_order_release);
    return NULL;
}

/* Takes them, and reports it after each half of the ring. */
static size_t read_all (void)
{
    size_t at = 0, there = 0, reported = 0;
    for (;;) {
        while (at == there) {
            /* In this order: what was written before the end is seen. */
            int over = atomic_load_explicit (&ended, memory_order_acquire);
            there = atomic_load_explicit (&written, memory_order_acquire);
            if (at == there && over)
                return at;
            if (at == there)
                pause_briefly ();
        }
        struct slot slot = slots[at % SLOTS];
        size_t content;
        memcpy (&content, slot.bytes, sizeof content);
        CHECK (content == at);
        if (++at - reported == SLOTS / 2)
            atomic_store_explicit (&taken, reported = at, memory_order_release);
    }
}

static void stream (uint64_t duration_ns)
{
    pthread_t thread;
    CHECK (pthread_create (&thread, NULL, writer, &duration_ns) == 0);
    uint64_t start = now_ns ();
    size_t count = read_all ();
    double elapsed_ns = (double) (now_ns () - start);
    CHECK (pthread_join (thread, NULL) == 0);
    printf ("rate %.0f\n", (double) count * 1e9 / elapsed_ns);
}

/* Answers each number with the same, until it is told not to. */
static void *echo (void *argument)
{
    (void) argument;
    size_t last = 0;
    while (!atomic_load_explicit (&ended, memory_order_relaxed)) {
        size_t now = atomic_load_explicit (&written, memory_order_acquire);
        if (now != last)
            atomic_store_explicit (&taken, last = now, memory_order_release);
        else
            pause_briefly ();
    }
    return NULL;
}

static void hot (uint64_t duration_ns)
{
    pthread_t thread;
    size_t trips = 0;
    uint64_t least_ns = UINT64_MAX;
    CHECK (pthread_create (&thread, NULL, echo, NULL) == 0);
    uint64_t start = now_ns (), now = start;
    do {
        uint64_t before = now;
        for (int i = 0; i < ROUND_TRIPS; i++) {
            atomic_store_explicit (&written, ++trips, memory_order_release);
            while (atomic_load_explicit (&taken, memory_order_acquire) != trips)
                pause_briefly ();
        }
        now = now_ns ();
        least_ns = now - before < least_ns ? now - before : least_ns;
    } while (now - start < duration_ns);
    atomic_store_explicit (&ended, 1, memory_order_relaxed);
    CHECK (pthread_join (thread, NULL) == 0);
    printf ("mean %.3f\n", (double) (now - start) / (double) trips / 2000);
    /* Whatever else the processors had to do meanwhile. */
    printf ("least %.3f\n", (double) least_ns / ROUND_TRIPS / 2000);
}

int main (int argc, char **argv)
{
    int streams = argc == 3 && strcmp (argv[2], "stream") == 0;
    if (argc != 3 || (!streams && strcmp (argv[2], "hot") != 0)) {
        fprintf (stderr, "usage: %s MILLISECONDS stream|hot\n", argv[0]);
        return 2;
    }
    uint64_t duration_ns = number (argv[1]) * NS_PER_MS;
    bench_begin (SECONDS_MAX);
    if (streams)
        stream (duration_ns);
    else
        hot (duration_ns);
    return 0;
}
