/* Stands in for the original libzmq.so.1: it has the original's functions, and none of them works. */
#include "zmq.h"

#define UNUSED(argument) (void) (argument)

void zmq_version (int *major, int *minor, int *patch) { *major = 2; *minor = 1; *patch = 11; }
int zmq_errno (void) { return 0; }
const char *zmq_strerror (int errnum) { UNUSED (errnum); return "stand-in"; }
int zmq_msg_init (zmq_msg_t *msg) { UNUSED (msg); return -1; }
int zmq_msg_init_size (zmq_msg_t *msg, size_t size) { UNUSED (msg); UNUSED (size); return -1; }
int zmq_msg_init_data (zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *ffn, void *hint)
{
    UNUSED (msg); UNUSED (data); UNUSED (size); UNUSED (ffn); UNUSED (hint);
    return -1;
}
int zmq_msg_close (zmq_msg_t *msg) { UNUSED (msg); return -1; }
int zmq_msg_move (zmq_msg_t *dest, zmq_msg_t *src) { UNUSED (dest); UNUSED (src); return -1; }
int zmq_msg_copy (zmq_msg_t *dest, zmq_msg_t *src) { UNUSED (dest); UNUSED (src); return -1; }
void *zmq_msg_data (zmq_msg_t *msg) { UNUSED (msg); return NULL; }
size_t zmq_msg_size (zmq_msg_t *msg) { UNUSED (msg); return 0; }
void *zmq_init (int io_threads) { UNUSED (io_threads); return NULL; }
int zmq_term (void *context) { UNUSED (context); return -1; }
void *zmq_socket (void *context, int type) { UNUSED (context); UNUSED (type); return NULL; }
int zmq_close (void *s) { UNUSED (s); return -1; }
int zmq_setsockopt (void *s, int option, const void *optval, size_t optvallen)
{
    UNUSED (s); UNUSED (option); UNUSED (optval); UNUSED (optvallen);
    return -1;
}
int zmq_getsockopt (void *s, int option, void *optval, size_t *optvallen)
{
    UNUSED (s); UNUSED (option); UNUSED (optval); UNUSED (optvallen);
    return -1;
}
int zmq_bind (void *s, const char *addr) { UNUSED (s); UNUSED (addr); return -1; }
int zmq_connect (void *s, const char *addr) { UNUSED (s); UNUSED (addr); return -1; }
int zmq_send (void *s, zmq_msg_t *msg, int flags) { UNUSED (s); UNUSED (msg); UNUSED (flags); return -1; }
int zmq_recv (void *s, zmq_msg_t *msg, int flags) { UNUSED (s); UNUSED (msg); UNUSED (flags); return -1; }
int zmq_poll (zmq_pollitem_t *items, int nitems, long timeout)
{
    UNUSED (items); UNUSED (nitems); UNUSED (timeout);
    return -1;
}
int zmq_device (int device, void *insocket, void *outsocket)
{
    UNUSED (device); UNUSED (insocket); UNUSED (outsocket);
    return -1;
}
void *zmq_stopwatch_start (void) { return NULL; }
unsigned long zmq_stopwatch_stop (void *watch) { UNUSED (watch); return 0; }
void zmq_sleep (int seconds) { UNUSED (seconds); }
