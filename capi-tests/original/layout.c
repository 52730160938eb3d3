/*
 * The generated header against 2.2, when it is compiled: constants, sizes and offsets, and the functions'
 * types, which must be those of original/zmq.h.
 */
#include <zmq.h>
#include <zmq_utils.h>

#define NAME_2(line) assertion_in_line_ ## line
#define NAME(line) NAME_2 (line)
/* An array of -1 elements when it does not hold. */
#define ASSERT(condition) extern char NAME (__LINE__) [(condition) ? 1 : -1]

#define EACH(name, number) ASSERT ((name) == (number));
#include "constants.h"
#undef EACH

/* All of them can be used by the preprocessor too. */
#if ZMQ_VERSION < 20200 || ZMQ_VERSION >= ZMQ_MAKE_VERSION (3, 0, 0) || ETERM != 156384765 || ZMQ_POLLIN != 1
#error "a constant is not a number for the preprocessor"
#endif

typedef struct { void *content; unsigned char flags, vsm_size, vsm_data [30]; } original_msg;
typedef struct { void *socket; int fd; short events, revents; } original_pollitem;

ASSERT (sizeof (zmq_msg_t) == sizeof (original_msg));
ASSERT (sizeof (void *) != 8 || sizeof (zmq_msg_t) == 40);
ASSERT (offsetof (zmq_msg_t, content) == 0);
ASSERT (offsetof (zmq_msg_t, flags) == offsetof (original_msg, flags));
ASSERT (offsetof (zmq_msg_t, vsm_size) == offsetof (original_msg, vsm_size));
ASSERT (offsetof (zmq_msg_t, vsm_data) == offsetof (original_msg, vsm_data));
ASSERT (sizeof (((zmq_msg_t *) 0)->flags) == 1);
ASSERT (sizeof (((zmq_msg_t *) 0)->vsm_size) == 1);
ASSERT (sizeof (((zmq_msg_t *) 0)->vsm_data) == 30);
ASSERT (sizeof (zmq_pollitem_t) == sizeof (original_pollitem));
ASSERT (sizeof (void *) != 8 || sizeof (zmq_pollitem_t) == 16);
ASSERT (offsetof (zmq_pollitem_t, socket) == 0);
ASSERT (offsetof (zmq_pollitem_t, fd) == offsetof (original_pollitem, fd));
ASSERT (offsetof (zmq_pollitem_t, events) == offsetof (original_pollitem, events));
ASSERT (offsetof (zmq_pollitem_t, revents) == offsetof (original_pollitem, revents));
ASSERT (sizeof (((zmq_pollitem_t *) 0)->events) == 2);

/* A second declaration of another type is an error. */
void zmq_version (int *major, int *minor, int *patch);
int zmq_errno (void);
const char *zmq_strerror (int errnum);
int zmq_msg_init (zmq_msg_t *msg);
int zmq_msg_init_size (zmq_msg_t *msg, size_t size);
int zmq_msg_init_data (zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *ffn, void *hint);
int zmq_msg_close (zmq_msg_t *msg);
int zmq_msg_move (zmq_msg_t *dest, zmq_msg_t *src);
int zmq_msg_copy (zmq_msg_t *dest, zmq_msg_t *src);
void *zmq_msg_data (zmq_msg_t *msg);
size_t zmq_msg_size (zmq_msg_t *msg);
void *zmq_init (int io_threads);
int zmq_term (void *context);
void *zmq_socket (void *context, int type);
int zmq_close (void *s);
int zmq_setsockopt (void *s, int option, const void *optval, size_t optvallen);
int zmq_getsockopt (void *s, int option, void *optval, size_t *optvallen);
int zmq_bind (void *s, const char *addr);
int zmq_connect (void *s, const char *addr);
int zmq_send (void *s, zmq_msg_t *msg, int flags);
int zmq_recv (void *s, zmq_msg_t *msg, int flags);
int zmq_poll (zmq_pollitem_t *items, int nitems, long timeout);
int zmq_device (int device, void *insocket, void *outsocket);
void *zmq_stopwatch_start (void);
unsigned long zmq_stopwatch_stop (void *watch);
void zmq_sleep (int seconds);

/* zmq_free_fn is the function itself, not a pointer to it: it can declare one. */
zmq_free_fn declared_with_it;
extern void (*pointer_to_it) (void *data, void *hint);
extern zmq_free_fn *pointer_to_it;

int main (void)
{
    return 0;
}
