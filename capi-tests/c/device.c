/* zmq_device: queue, forwarder and streamer, between clients and services, until the context ends. */
#include "check.h"
#include <pthread.h>

struct device {
    void *context;
    int kind;
    int front_type, back_type;
    char front_endpoint [64], back_endpoint [64];
    void *front, *back;
    pthread_t thread;
};

static void *run (void *argument)
{
    struct device *device = argument;
    FAILS (zmq_device (device->kind, device->front, device->back), ETERM);
    OK (zmq_close (device->front));
    OK (zmq_close (device->back));
    return NULL;
}

static void start (struct device *device)
{
    device->front = zmq_socket (device->context, device->front_type);
    device->back = zmq_socket (device->context, device->back_type);
    CHECK (device->front && device->back);
    if (device->front_type == ZMQ_SUB)
        OK (zmq_setsockopt (device->front, ZMQ_SUBSCRIBE, "", 0));
    bind_tcp (device->front, device->front_endpoint);
    bind_tcp (device->back, device->back_endpoint);
    OK (pthread_create (&device->thread, NULL, run, device));
}

static void stop (struct device *device)
{
    OK (zmq_term (device->context));
    OK (pthread_join (device->thread, NULL));
}

static void queue (void *context)
{
    struct device device = {NULL, ZMQ_QUEUE, ZMQ_XREP, ZMQ_XREQ, "", "", NULL, NULL, 0};
    void *clients [3], *service = new_socket (context, ZMQ_REP);
    int i, round;
    device.context = zmq_init (1);
    start (&device);
    OK (zmq_connect (service, device.back_endpoint));
    for (i = 0; i < 3; i++) {
        clients [i] = new_socket (context, ZMQ_REQ);
        OK (zmq_connect (clients [i], device.front_endpoint));
    }
    for (round = 0; round < 10; round++)
        for (i = 0; i < 3; i++) {
            char request [16], reply [16];
            sprintf (request, "request %d", i);
            sprintf (reply, "reply %d", i);
            send_text (clients [i], request, ZMQ_SNDMORE);
            send_text (clients [i], "", 0);
            EXPECT_TEXT (service, request, 1);
            EXPECT_TEXT (service, "", 0);
            send_text (service, reply, ZMQ_SNDMORE);
            send_text (service, "end", 0);
            EXPECT_TEXT (clients [i], reply, 1);
            EXPECT_TEXT (clients [i], "end", 0);
        }
    for (i = 0; i < 3; i++)
        OK (zmq_close (clients [i]));
    OK (zmq_close (service));
    stop (&device);
}

static void streamer (void *context)
{
    struct device device = {NULL, ZMQ_STREAMER, ZMQ_PULL, ZMQ_PUSH, "", "", NULL, NULL, 0};
    void *source = new_socket (context, ZMQ_PUSH), *sink = new_socket (context, ZMQ_PULL);
    int i;
    device.context = zmq_init (1);
    start (&device);
    OK (zmq_connect (source, device.front_endpoint));
    OK (zmq_connect (sink, device.back_endpoint));
    for (i = 0; i < 1000; i++) {
        char text [16];
        sprintf (text, "%d", i);
        send_text (source, text, i % 2 ? 0 : ZMQ_SNDMORE);
    }
    for (i = 0; i < 1000; i++) {
        char text [16];
        sprintf (text, "%d", i);
        EXPECT_TEXT (sink, text, i % 2 == 0);
    }
    OK (zmq_close (source));
    OK (zmq_close (sink));
    stop (&device);
}

static void forwarder (void *context)
{
    struct device device = {NULL, ZMQ_FORWARDER, ZMQ_SUB, ZMQ_PUB, "", "", NULL, NULL, 0};
    void *pub = new_socket (context, ZMQ_PUB), *sub = new_socket (context, ZMQ_SUB);
    zmq_msg_t msg;
    int got = -1;
    device.context = zmq_init (1);
    start (&device);
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "weather", 7));
    OK (zmq_connect (sub, device.back_endpoint));
    OK (zmq_connect (pub, device.front_endpoint));
    set_int (sub, ZMQ_RCVTIMEO, 10);
    OK (zmq_msg_init (&msg));
    /* A publisher does not wait for subscribers: it says it until somebody hears it. */
    while (got != 0) {
        send_text (pub, "sports", 0);
        send_text (pub, "weather", ZMQ_SNDMORE);
        send_text (pub, "fine", 0);
        got = zmq_recv (sub, &msg, 0);
        CHECK (got == 0 || errno == EAGAIN);
    }
    CHECK (zmq_msg_size (&msg) == 7 && memcmp (zmq_msg_data (&msg), "weather", 7) == 0);
    CHECK (more_follows (sub));
    EXPECT_TEXT (sub, "fine", 0);
    OK (zmq_msg_close (&msg));
    OK (zmq_close (pub));
    OK (zmq_close (sub));
    stop (&device);
}

int main (void)
{
    void *context, *a, *b;
    limit_time ();
    context = zmq_init (1);
    CHECK (context != NULL);
    a = new_socket (context, ZMQ_XREP);
    b = new_socket (context, ZMQ_XREQ);
    FAILS (zmq_device (0, a, b), EINVAL);
    FAILS (zmq_device (4, a, b), EINVAL);
    FAILS (zmq_device (-1, a, b), EINVAL);
    OK (zmq_close (a));
    OK (zmq_close (b));
    queue (context);
    streamer (context);
    forwarder (context);
    OK (zmq_term (context));
    return 0;
}
