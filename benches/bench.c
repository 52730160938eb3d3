/* What every benchmark program shares: the clock, bounds, child processes, endpoints and sockets. */
#define _GNU_SOURCE
#include "bench.h"
#include "compat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 64
#define BIND_ATTEMPTS_MAX 50

static unsigned life_seconds_max;
static pid_t children[CHILDREN_MAX];
static int child_count;
static char ipc_path[ENDPOINT_BYTES_MAX];
static pid_t ipc_owner;

static void clean_up (void)
{
    for (int i = 0; i < child_count; i++)
        if (children[i] > 0)
            kill (children[i], SIGKILL);
    if (ipc_path[0] != '\0' && ipc_owner == getpid ())
        unlink (ipc_path);
}

void die (const char *what)
{
    fprintf (stderr, "bench: %s: %s\n", what, strerror (errno));
    exit (1);
}

void die_zmq (const char *what)
{
    fprintf (stderr, "bench: %s: %s\n", what, zmq_strerror (zmq_errno ()));
    exit (1);
}

void bench_begin (unsigned seconds_max)
{
    life_seconds_max = seconds_max;
    signal (SIGPIPE, SIG_IGN);
    CHECK (atexit (clean_up) == 0);
    alarm (seconds_max);
}

uint64_t number (const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull (text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        fprintf (stderr, "bench: not a number: %s\n", text);
        exit (2);
    }
    return value;
}

uint64_t now_ns (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * NS_PER_S + (uint64_t) t.tv_nsec;
}

static double clock_ns (clockid_t clock)
{
    struct timespec t;
    CHECK (clock_gettime (clock, &t) == 0);
    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

double cpu_ns_of_process (void)
{
    return clock_ns (CLOCK_PROCESS_CPUTIME_ID);
}

double cpu_ns_with_parent (void)
{
    clockid_t parent;
    CHECK (clock_getcpuclockid (getppid (), &parent) == 0);
    return cpu_ns_of_process () + clock_ns (parent);
}

void sleep_until_ns (uint64_t when)
{
    struct timespec t = {.tv_sec = (time_t) (when / NS_PER_S), .tv_nsec = (long) (when % NS_PER_S)};
    while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

struct child child_start (void (*role) (const struct link *), const void *argument)
{
    int down[2], up[2];
    pid_t parent = getpid ();

    CHECK (child_count < CHILDREN_MAX);
    CHECK (pipe (down) == 0 && pipe (up) == 0);
    fflush (NULL);
    pid_t pid = fork ();
    CHECK (pid >= 0);
    if (pid == 0) {
        /* A child dies with its parent, whatever ends the parent, and has no children of its own. */
        child_count = 0;
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        if (getppid () != parent)
            _exit (1);
        alarm (life_seconds_max);
        close (down[1]);
        close (up[0]);
        struct link link = {.from_parent = down[0], .to_parent = up[1], .argument = argument};
        role (&link);
        exit (0);
    }
    close (down[0]);
    close (up[1]);
    children[child_count++] = pid;
    return (struct child){.pid = pid, .to = down[1], .from = up[0]};
}

/* The child is gone: its number may soon be another process's. */
static void child_forget (struct child *child)
{
    for (int i = 0; i < child_count; i++)
        if (children[i] == child->pid)
            children[i] = 0;
    close (child->to);
    close (child->from);
    child->pid = 0;
}

void child_wait (struct child *child)
{
    int status;
    while (waitpid (child->pid, &status, 0) < 0)
        CHECK (errno == EINTR);
    child_forget (child);
    if (!WIFEXITED (status) || WEXITSTATUS (status) != 0) {
        fprintf (stderr, "bench: a child process failed\n");
        exit (1);
    }
}

void child_end (struct child *child)
{
    kill (child->pid, SIGKILL);
    while (waitpid (child->pid, NULL, 0) < 0)
        CHECK (errno == EINTR);
    child_forget (child);
}

uint64_t descriptors_raise (void)
{
    struct rlimit limit;
    CHECK (getrlimit (RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK (setrlimit (RLIMIT_NOFILE, &limit) == 0);
    return limit.rlim_max;
}

uint64_t rss_bytes (void)
{
    unsigned long long total, resident;
    FILE *file = fopen ("/proc/self/statm", "r");
    CHECK (file != NULL);
    CHECK (fscanf (file, "%llu %llu", &total, &resident) == 2);
    fclose (file);
    return resident * (uint64_t) sysconf (_SC_PAGESIZE);
}

void put (int fd, const void *record, size_t bytes)
{
    const char *next = record;
    while (bytes > 0) {
        ssize_t n = write (fd, next, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        CHECK (n > 0);
        next += n;
        bytes -= (size_t) n;
    }
}

void get (int fd, void *record, size_t bytes)
{
    char *next = record;
    while (bytes > 0) {
        ssize_t n = read (fd, next, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0) {
            fprintf (stderr, "bench: the other process is gone\n");
            exit (1);
        }
        CHECK (n > 0);
        next += n;
        bytes -= (size_t) n;
    }
}

void tell (const struct child *child)
{
    char byte = 0;
    put (child->to, &byte, sizeof byte);
}

void wait_until_told (const struct link *link)
{
    char byte;
    get (link->from_parent, &byte, sizeof byte);
}

int get_ready (int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return poll (&item, 1, 0) > 0;
}

void *socket_new (void *context, int type, int hwm_messages)
{
    void *socket = zmq_socket (context, type);
    CHECK_ZMQ (socket != NULL);
    CHECK_ZMQ (hwm_set (socket, hwm_messages) == 0);
    return socket;
}

/* A port that was free a moment ago. The 2.x interface cannot tell which port it bound to, so we choose. */
static unsigned port_pick (void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    CHECK (bind (fd, (struct sockaddr *) &address, sizeof address) == 0);
    CHECK (getsockname (fd, (struct sockaddr *) &address, &length) == 0);
    close (fd);
    return ntohs (address.sin_port);
}

void bind_any (void *socket, const char *transport, char endpoint[ENDPOINT_BYTES_MAX])
{
    static unsigned serial;
    const char *directory = getenv ("TMPDIR");

    memset (endpoint, 0, ENDPOINT_BYTES_MAX);
    for (int attempt = 0; attempt < BIND_ATTEMPTS_MAX; attempt++) {
        if (strcmp (transport, "tcp") == 0) {
            snprintf (endpoint, ENDPOINT_BYTES_MAX, "tcp://127.0.0.1:%u", port_pick ());
        } else if (strcmp (transport, "ipc") == 0) {
            snprintf (ipc_path, sizeof ipc_path, "%s/bench-%d-%u.ipc", directory ? directory : "/tmp",
                      (int) getpid (), serial++);
            ipc_owner = getpid ();
            CHECK (snprintf (endpoint, ENDPOINT_BYTES_MAX, "ipc://%s", ipc_path) < ENDPOINT_BYTES_MAX);
        } else if (strcmp (transport, "inproc") == 0) {
            snprintf (endpoint, ENDPOINT_BYTES_MAX, "inproc://bench-%u", serial++);
        } else {
            fprintf (stderr, "bench: no such transport: %s\n", transport);
            exit (2);
        }
        if (zmq_bind (socket, endpoint) == 0)
            return;
        CHECK_ZMQ (zmq_errno () == EADDRINUSE);
    }
    die_zmq ("zmq_bind");
}

void connect_to (void *socket, const char *endpoint)
{
    CHECK_ZMQ (zmq_connect (socket, endpoint) == 0);
}

void inproc_pair (void *context, void **push, void **pull)
{
    char endpoint[ENDPOINT_BYTES_MAX];
    *pull = socket_new (context, ZMQ_PULL, HWM_MESSAGES);
    *push = socket_new (context, ZMQ_PUSH, HWM_MESSAGES);
    bind_any (*pull, "inproc", endpoint);
    connect_to (*push, endpoint);
}

void close_all (void *socket, void *context)
{
    CHECK_ZMQ (zmq_close (socket) == 0);
    CHECK_ZMQ (context_term (context) == 0);
}

void send_filled (void *socket, size_t bytes)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init_size (&message, bytes) == 0);
    memset (zmq_msg_data (&message), 'x', bytes);
    CHECK_ZMQ (message_send (socket, &message, 0) == 0);
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
}

size_t recv_any (void *socket)
{
    zmq_msg_t message;
    CHECK_ZMQ (zmq_msg_init (&message) == 0);
    CHECK_ZMQ (message_recv (socket, &message, 0) == 0);
    size_t bytes = zmq_msg_size (&message);
    CHECK_ZMQ (zmq_msg_close (&message) == 0);
    return bytes;
}

void stream_pair (const char *transport, int fd[2])
{
    if (strcmp (transport, "ipc") == 0) {
        CHECK (socketpair (AF_UNIX, SOCK_STREAM, 0, fd) == 0);
        return;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int on = 1, listener = socket (AF_INET, SOCK_STREAM, 0);
    CHECK (listener >= 0 && bind (listener, (struct sockaddr *) &address, sizeof address) == 0);
    CHECK (listen (listener, 1) == 0 && getsockname (listener, (struct sockaddr *) &address, &length) == 0);
    CHECK ((fd[0] = socket (AF_INET, SOCK_STREAM, 0)) >= 0);
    CHECK (connect (fd[0], (struct sockaddr *) &address, sizeof address) == 0);
    CHECK ((fd[1] = accept (listener, NULL, NULL)) >= 0);
    for (int i = 0; i < 2; i++)
        CHECK (setsockopt (fd[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    close (listener);
}
