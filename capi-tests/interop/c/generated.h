/* Generated messages: what a seed and a number stand for, so that both ends know every byte. */

#ifndef GENERATED_H
#define GENERATED_H

#include <zmq.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static uint32_t mix (uint32_t seed, uint32_t number, uint32_t part)
{
    uint32_t x = seed * 2654435761u ^ number * 2246822519u ^ part * 3266489917u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return x;
}

static unsigned parts_of (uint32_t seed, uint32_t number)
{
    return 1 + mix (seed, number, 1000) % 4 % 3;
}

/* Sizes around every border there is: inline bodies, one-byte lengths, buffers; now and then a large one. */
static size_t size_of_part (uint32_t seed, uint32_t number, uint32_t part)
{
    static const size_t sizes [] = {0, 1, 2, 7, 29, 30, 31, 32, 33, 34, 63, 64, 100, 253, 254, 255, 256, 257,
                                    511, 1000, 1023, 1024, 1025, 4095, 8191, 8192, 8193, 16384, 65535, 65536};
    uint32_t x = mix (seed, number, part);
    if (number % 97 == 50)
        return 1048576 - x % 3;
    return sizes [(x >> 8) % (sizeof sizes / sizeof sizes [0])];
}

static unsigned char byte_at (uint32_t key, size_t at)
{
    return (unsigned char) (key + at * 7 + (at >> 8) * 31 + (at >> 16));
}

/* Memory lent to the library, and how often it was given back; the library may do so on its own threads. */
static pthread_mutex_t account = PTHREAD_MUTEX_INITIALIZER;
static long lent, returned;

static void give_back (void *data, void *hint)
{
    pthread_mutex_lock (&account);
    returned++;
    pthread_mutex_unlock (&account);
    if (hint != (void *) &account)
        abort ();
    free (data);
}

/* A part, every other one in memory of the program's own that the library gives back. */
static int make_part (zmq_msg_t *message, uint32_t seed, uint32_t number, uint32_t part)
{
    size_t size = size_of_part (seed, number, part);
    uint32_t key = mix (seed, number, part);
    unsigned char *data;
    size_t at;
    if ((number + part) % 2) {
        if (zmq_msg_init_size (message, size) != 0)
            return -1;
        data = zmq_msg_data (message);
    } else {
        data = malloc (size + 1);
        if (!data || zmq_msg_init_data (message, data, size, give_back, &account) != 0)
            return -1;
        pthread_mutex_lock (&account);
        lent++;
        pthread_mutex_unlock (&account);
    }
    for (at = 0; at < size; at++)
        data [at] = byte_at (key, at);
    return 0;
}

/* Compares one received part with the generated one. NULL if they are equal, else what differs. */
static const char *compare_part (zmq_msg_t *message, uint32_t seed, uint32_t number, uint32_t part)
{
    size_t size = size_of_part (seed, number, part);
    uint32_t key = mix (seed, number, part);
    const unsigned char *data = zmq_msg_data (message);
    size_t at;
    if (zmq_msg_size (message) != size)
        return "another size";
    for (at = 0; at < size; at++)
        if (data [at] != byte_at (key, at))
            return "other bytes";
    return NULL;
}

#endif
