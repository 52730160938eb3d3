/* zmq_device, by each of its names. */
#include "check.h"

typedef struct {
    void *context, *frontend, *backend;
    int device, result, error;
} device_t;

static void *run (void *argument)
{
    device_t *device = argument;
    device->result = zmq_device (device->device, device->frontend, device->backend);
    device->error = errno;
    OK (zmq_close (device->frontend));
    OK (zmq_close (device->backend));
    return NULL;
}

static void passes (const char *name, int number, int from_type, int frontend, int backend, int to_type)
{
    device_t device;
    pthread_t thread;
    void *from, *to;
    device.context = zmq_ctx_new ();
    device.device = number;
    device.frontend = new_socket (device.context, frontend);
    device.backend = new_socket (device.context, backend);
    OK (zmq_bind (device.frontend, "inproc://frontend"));
    OK (zmq_bind (device.backend, "inproc://backend"));
    if (frontend == ZMQ_SUB)
        set_text (device.frontend, ZMQ_SUBSCRIBE, "");
    from = new_socket (device.context, from_type);
    to = new_socket (device.context, to_type);
    if (to_type == ZMQ_SUB)
        set_text (to, ZMQ_SUBSCRIBE, "");
    OK (zmq_connect (from, "inproc://frontend"));
    OK (zmq_connect (to, "inproc://backend"));
    thread = start (run, &device);
    if (from_type == ZMQ_PUB)
        /* Until the subscriptions have come. */
        do {
            SEND (from, "first", 0);
            a_moment ();
        } while (!(get_int (to, ZMQ_EVENTS) & ZMQ_POLLIN));
    SEND (from, "a", ZMQ_SNDMORE);
    SEND (from, "b", 0);
    if (from_type == ZMQ_PUB) {
        char got [16];
        do {
            memset (got, 0, sizeof got);
            CHECK (zmq_recv (to, got, sizeof got, 0) > 0);
        } while (strcmp (got, "first") == 0);
        CHECK (strcmp (got, "a") == 0 && get_int (to, ZMQ_RCVMORE) == 1);
        printf ("%s: the message came\n", name);
        EXPECT (to, "b", 0);
    } else
        print_message (to, name);
    OK (zmq_close (from));
    OK (zmq_close (to));
    OK (zmq_ctx_shutdown (device.context));
    end (thread);
    printf ("%s ended: %d %s\n", name, device.result, error_name (device.error));
    OK (zmq_ctx_term (device.context));
}

int main (void)
{
    begin ();
    passes ("streamer", ZMQ_STREAMER, ZMQ_PUSH, ZMQ_PULL, ZMQ_PUSH, ZMQ_PULL);
    passes ("forwarder", ZMQ_FORWARDER, ZMQ_PUB, ZMQ_SUB, ZMQ_PUB, ZMQ_SUB);
    passes ("queue", ZMQ_QUEUE, ZMQ_DEALER, ZMQ_DEALER, ZMQ_DEALER, ZMQ_DEALER);
    return 0;
}
