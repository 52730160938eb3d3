/*
 * A program of 2.x: compiled against original/zmq.h, linked to the stand-in of the original library, and run
 * with ours in its place. It calls every function, and knows nothing of ours but the numbers it was compiled with.
 */
#include "zmq.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The exit status tells a test which library it met: 3 for the stand-in. */
#define STAND_IN 3
#define REQUIRE(condition) \
    do { \
        if (!(condition)) { \
            fprintf (stderr, "line %d: not so: %s (%s)\n", __LINE__, #condition, zmq_strerror (zmq_errno ())); \
            exit (1); \
        } \
    } while (0)

static int freed;

static void free_body (void *data, void *hint)
{
    free (data);
    ++*(int *) hint;
}

static void *serve (void *context)
{
    void *s = zmq_socket (context, 4 /* REP */);
    zmq_msg_t request, reply;
    int rc;
    REQUIRE (s && zmq_connect (s, "inproc://back") == 0);
    REQUIRE (zmq_msg_init (&request) == 0);
    while ((rc = zmq_recv (s, &request, 0)) == 0) {
        REQUIRE (zmq_msg_init (&reply) == 0);
        REQUIRE (zmq_msg_copy (&reply, &request) == 0);
        REQUIRE (zmq_send (s, &reply, 0) == 0);
        REQUIRE (zmq_msg_close (&reply) == 0);
    }
    REQUIRE (rc == -1 && zmq_errno () == ETERM);
    REQUIRE (zmq_msg_close (&request) == 0);
    REQUIRE (zmq_close (s) == 0);
    return NULL;
}

static void *queue (void *sockets)
{
    void **ends = sockets;
    REQUIRE (zmq_device (3 /* QUEUE */, ends [0], ends [1]) == -1 && errno == ETERM);
    REQUIRE (zmq_close (ends [0]) == 0 && zmq_close (ends [1]) == 0);
    return NULL;
}

int main (void)
{
    int major, minor, patch, i;
    long long hwm = 100;
    size_t size = sizeof hwm;
    void *context, *ends [2], *client, *watch;
    pthread_t service, device;

    zmq_version (&major, &minor, &patch);
    if (major == 2 && minor == 1)
        return STAND_IN;
    REQUIRE (major == 2 && minor == 2 && patch == 0);
    alarm (200);

    watch = zmq_stopwatch_start ();
    REQUIRE ((context = zmq_init (1)) != NULL);
    REQUIRE ((ends [0] = zmq_socket (context, 6 /* XREP */)) != NULL);
    REQUIRE ((ends [1] = zmq_socket (context, 5 /* XREQ */)) != NULL);
    REQUIRE (zmq_bind (ends [0], "inproc://front") == 0 && zmq_bind (ends [1], "inproc://back") == 0);
    REQUIRE (pthread_create (&device, NULL, queue, ends) == 0);
    REQUIRE (pthread_create (&service, NULL, serve, context) == 0);

    REQUIRE ((client = zmq_socket (context, 3 /* REQ */)) != NULL);
    REQUIRE (zmq_setsockopt (client, 1 /* HWM */, &hwm, sizeof hwm) == 0);
    hwm = 0;
    REQUIRE (zmq_getsockopt (client, 1 /* HWM */, &hwm, &size) == 0 && hwm == 100 && size == sizeof hwm);
    REQUIRE (zmq_connect (client, "inproc://front") == 0);
    for (i = 0; i < 100; i++) {
        size_t length = (size_t) i * 7;
        char *body = malloc (length + 1);
        zmq_msg_t msg, moved;
        zmq_pollitem_t item;
        REQUIRE (body != NULL);
        memset (body, i, length);
        if (i % 2) {
            REQUIRE (zmq_msg_init_data (&msg, body, length, free_body, &freed) == 0);
        } else {
            REQUIRE (zmq_msg_init_size (&msg, length) == 0);
            memcpy (zmq_msg_data (&msg), body, length);
            free_body (body, &freed);
        }
        REQUIRE (zmq_send (client, &msg, 0) == 0);
        REQUIRE (zmq_msg_close (&msg) == 0);
        item.socket = client;
        item.fd = 0;
        item.events = 1 /* POLLIN */;
        REQUIRE (zmq_poll (&item, 1, -1) == 1 && item.revents == 1);
        REQUIRE (zmq_msg_init (&msg) == 0 && zmq_msg_init (&moved) == 0);
        REQUIRE (zmq_recv (client, &msg, 1 /* NOBLOCK */) == 0);
        REQUIRE (zmq_msg_move (&moved, &msg) == 0);
        REQUIRE (zmq_msg_size (&msg) == 0 && zmq_msg_size (&moved) == length);
        REQUIRE (length == 0 || ((char *) zmq_msg_data (&moved)) [length - 1] == (char) i);
        REQUIRE (zmq_msg_close (&msg) == 0 && zmq_msg_close (&moved) == 0);
    }
    REQUIRE (zmq_close (client) == 0);
    REQUIRE (zmq_term (context) == 0);
    REQUIRE (pthread_join (device, NULL) == 0 && pthread_join (service, NULL) == 0);
    REQUIRE (freed == 100);
    zmq_sleep (0);
    zmq_stopwatch_stop (watch);
    puts ("all replies came");
    return 0;
}
