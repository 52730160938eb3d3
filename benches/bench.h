/* What every benchmark program shares: the clock, bounds, child processes, endpoints and sockets. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ENDPOINT_BYTES_MAX 128
#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull
#define NS_PER_US 1000ull

/* Descriptors that a program has open beside those of its connections. */
#define DESCRIPTORS_RESERVED 64

/* The mark that every case sets on both ends unless it says otherwise. */
#define HWM_MESSAGES 1000

/* The time between two messages of a stream that is no hurry: 10,000 a second. */
#define TRICKLE_NS (100 * NS_PER_US)

/* A forked process and a pipe each way. */
struct child
{
    pid_t pid;
    int to;   /* the parent writes, the child reads */
    int from; /* the child writes, the parent reads */
};

/* What a child knows: its pipes to the parent, and its argument. */
struct link
{
    int from_parent;
    int to_parent;
    const void *argument;
};

/* Ends the program, and with it its children, with a message that names the cause. */
void die (const char *what) __attribute__ ((noreturn));

/* As `die`, with the library's own word for its last error. */
void die_zmq (const char *what) __attribute__ ((noreturn));

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            die (#condition);                                                                                          \
    } while (0)

#define CHECK_ZMQ(condition)                                                                                           \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            die_zmq (#condition);                                                                                      \
    } while (0)

/* Bounds the life of this process, and of the children that it starts later, to so many seconds. */
void bench_begin (unsigned seconds_max);

/* A positive number from an argument, or the program ends. */
uint64_t number (const char *text);

uint64_t now_ns (void);

/* Processor time of all threads of this process, user and system; and of its parent's too. */
double cpu_ns_of_process (void);
double cpu_ns_with_parent (void);

void sleep_until_ns (uint64_t when);

/* Starts a process that runs `role` and ends. Call it before the first context: a fork keeps no threads. */
struct child child_start (void (*role) (const struct link *), const void *argument);

/* Waits for a child that ends by itself, and ends this program if the child failed. */
void child_wait (struct child *child);

/* Ends a child that would run for ever. */
void child_end (struct child *child);

/* Raises the limit of open descriptors as far as allowed, also for children that are started later, and says what it
   is. */
uint64_t descriptors_raise (void);

/* The resident memory of this process. */
uint64_t rss_bytes (void);

/* Whole records over the pipes; a closed pipe ends the program. */
void put (int fd, const void *record, size_t bytes);
void get (int fd, void *record, size_t bytes);

/* A sender stays until its receiver has everything: libzmq 4.3 loses what an ipc receiver at its high-water mark has not
   read when the sender closes. */
void tell (const struct child *child);
void wait_until_told (const struct link *link);

/* Two connected stream sockets, "tcp" or "ipc". */
void stream_pair (const char *transport, int fd[2]);

/* Whether a record is waiting; never blocks. */
int get_ready (int fd);

/* A socket with the given high-water mark. */
void *socket_new (void *context, int type, int hwm_messages);

/* Binds to an endpoint of "tcp", "ipc" or "inproc" that nobody uses, and says which. */
void bind_any (void *socket, const char *transport, char endpoint[ENDPOINT_BYTES_MAX]);

void connect_to (void *socket, const char *endpoint);

/* A PUSH and the PULL that it is connected to, over inproc. */
void inproc_pair (void *context, void **push, void **pull);

void close_all (void *socket, void *context);

/* A message of `bytes` bytes, each of them written, is sent or received; a failure ends the program. */
void send_filled (void *socket, size_t bytes);
size_t recv_any (void *socket);

#endif
