/* One spelling for the calls that differ between the 0MQ 2.x and the 4.x C interface. */
#ifndef BENCH_COMPAT_H
#define BENCH_COMPAT_H

#include <stdint.h>
#include <zmq.h>

/* The functions are inline so that a benchmark measures the library's call and nothing around it. */

#if ZMQ_VERSION_MAJOR >= 4

static inline void *context_new (int io_threads, int sockets_max)
{
    void *context = zmq_ctx_new ();
    if (context == NULL || zmq_ctx_set (context, ZMQ_IO_THREADS, io_threads) != 0)
        return NULL;
    if (sockets_max > 0 && zmq_ctx_set (context, ZMQ_MAX_SOCKETS, sockets_max) != 0)
        return NULL;
    return context;
}

static inline int context_term (void *context)
{
    return zmq_ctx_term (context);
}

static inline int message_send (void *socket, zmq_msg_t *message, int flags)
{
    return zmq_msg_send (message, socket, flags) < 0 ? -1 : 0;
}

static inline int message_recv (void *socket, zmq_msg_t *message, int flags)
{
    return zmq_msg_recv (message, socket, flags) < 0 ? -1 : 0;
}

/* The high-water mark of both directions; 0 stands for no limit. */
static inline int hwm_set (void *socket, int messages_max)
{
    if (zmq_setsockopt (socket, ZMQ_SNDHWM, &messages_max, sizeof messages_max) != 0)
        return -1;
    return zmq_setsockopt (socket, ZMQ_RCVHWM, &messages_max, sizeof messages_max);
}

static inline int poll_ms (zmq_pollitem_t *items, int count, long timeout_ms)
{
    return zmq_poll (items, count, timeout_ms);
}

static inline int proxy_run (void *front, void *back, int device)
{
    (void) device;
    return zmq_proxy (front, back, NULL);
}

/* What zmq_device wants to be told, and zmq_proxy finds out by itself. */
#define DEVICE_STREAMER 0
#define DEVICE_QUEUE 0

#else

static inline void *context_new (int io_threads, int sockets_max)
{
    (void) sockets_max;
    return zmq_init (io_threads);
}

static inline int context_term (void *context)
{
    return zmq_term (context);
}

static inline int message_send (void *socket, zmq_msg_t *message, int flags)
{
    return zmq_send (socket, message, flags);
}

static inline int message_recv (void *socket, zmq_msg_t *message, int flags)
{
    return zmq_recv (socket, message, flags);
}

static inline int hwm_set (void *socket, int messages_max)
{
    uint64_t hwm = (uint64_t) messages_max;
    return zmq_setsockopt (socket, ZMQ_HWM, &hwm, sizeof hwm);
}

static inline int poll_ms (zmq_pollitem_t *items, int count, long timeout_ms)
{
    return zmq_poll (items, count, timeout_ms < 0 ? -1 : timeout_ms * 1000);
}

static inline int proxy_run (void *front, void *back, int device)
{
    return zmq_device (device, front, back);
}

#define DEVICE_STREAMER ZMQ_STREAMER
#define DEVICE_QUEUE ZMQ_QUEUE
#define ZMQ_DONTWAIT ZMQ_NOBLOCK

#endif

#endif
