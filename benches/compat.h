/* One spelling for the calls that differ between the 0MQ 2.x and the 4.x C interface. */
#ifndef BENCH_COMPAT_H
#define BENCH_COMPAT_H

#include <errno.h>
#include <stdint.h>
#include <zmq.h>

/* The keys of both ends of a CURVE connection, as text. */
struct curve_keys
{
    char server_public[41];
    char server_secret[41];
    char client_public[41];
    char client_secret[41];
};

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

/* What the system keeps for a connection, each way. */
static inline int system_buffers_set (void *socket, int bytes)
{
    if (zmq_setsockopt (socket, ZMQ_SNDBUF, &bytes, sizeof bytes) != 0)
        return -1;
    return zmq_setsockopt (socket, ZMQ_RCVBUF, &bytes, sizeof bytes);
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

static inline int curve_keys_make (struct curve_keys *keys)
{
    if (zmq_curve_keypair (keys->server_public, keys->server_secret) != 0)
        return -1;
    return zmq_curve_keypair (keys->client_public, keys->client_secret);
}

static inline int curve_server_set (void *socket, const struct curve_keys *keys)
{
    int on = 1;
    if (zmq_setsockopt (socket, ZMQ_CURVE_SERVER, &on, sizeof on) != 0)
        return -1;
    return zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, keys->server_secret, sizeof keys->server_secret);
}

static inline int curve_client_set (void *socket, const struct curve_keys *keys)
{
    if (zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, keys->server_public, sizeof keys->server_public) != 0 ||
        zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, keys->client_public, sizeof keys->client_public) != 0)
        return -1;
    return zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, keys->client_secret, sizeof keys->client_secret);
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

static inline int system_buffers_set (void *socket, int bytes)
{
    uint64_t size = (uint64_t) bytes;
    if (zmq_setsockopt (socket, ZMQ_SNDBUF, &size, sizeof size) != 0)
        return -1;
    return zmq_setsockopt (socket, ZMQ_RCVBUF, &size, sizeof size);
}

static inline int poll_ms (zmq_pollitem_t *items, int count, long timeout_ms)
{
    return zmq_poll (items, count, timeout_ms < 0 ? -1 : timeout_ms * 1000);
}

static inline int proxy_run (void *front, void *back, int device)
{
    return zmq_device (device, front, back);
}

/* The 2.x interface has no way to ask for CURVE. */
static inline int curve_keys_make (struct curve_keys *keys)
{
    (void) keys;
    errno = ENOTSUP;
    return -1;
}

static inline int curve_server_set (void *socket, const struct curve_keys *keys)
{
    (void) socket;
    (void) keys;
    errno = ENOTSUP;
    return -1;
}

static inline int curve_client_set (void *socket, const struct curve_keys *keys)
{
    return curve_server_set (socket, keys);
}

#define DEVICE_STREAMER ZMQ_STREAMER
#define DEVICE_QUEUE ZMQ_QUEUE
#define ZMQ_DONTWAIT ZMQ_NOBLOCK

#endif

#endif
