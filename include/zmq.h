/*
 * zmq.h: the C interface of 0MQ 2.x, for libzmq.so.1 of the oxmq engine.
 * Generated from the Rust source by cbindgen: run "make headers" rather than change it here.
 */

#ifndef __ZMQ_H_INCLUDED__
#define __ZMQ_H_INCLUDED__

#include <errno.h>
#include <stddef.h>

#if defined _WIN32
#include <winsock2.h>
#endif

/* Functions come from a shared library. Define ZMQ_STATIC to link to the static one on Windows. */
#if !defined _WIN32
#if defined __GNUC__ && __GNUC__ >= 4
#define ZMQ_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQ_EXPORT
#endif
#elif defined DLL_EXPORT
#define ZMQ_EXPORT __declspec(dllexport)
#elif defined ZMQ_STATIC
#define ZMQ_EXPORT
#else
#define ZMQ_EXPORT __declspec(dllimport)
#endif

/* A version as one number, so that versions can be compared. */
#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))

/* The version of this interface as one number: 20200. */
#define ZMQ_VERSION ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

/* Error codes that a platform may lack. */
#ifndef ENOTSUP
#define ENOTSUP (ZMQ_HAUSNUMERO + 1)
#endif
#ifndef EPROTONOSUPPORT
#define EPROTONOSUPPORT (ZMQ_HAUSNUMERO + 2)
#endif
#ifndef ENOBUFS
#define ENOBUFS (ZMQ_HAUSNUMERO + 3)
#endif
#ifndef ENETDOWN
#define ENETDOWN (ZMQ_HAUSNUMERO + 4)
#endif
#ifndef EADDRINUSE
#define EADDRINUSE (ZMQ_HAUSNUMERO + 5)
#endif
#ifndef EADDRNOTAVAIL
#define EADDRNOTAVAIL (ZMQ_HAUSNUMERO + 6)
#endif
#ifndef ECONNREFUSED
#define ECONNREFUSED (ZMQ_HAUSNUMERO + 7)
#endif
#ifndef EINPROGRESS
#define EINPROGRESS (ZMQ_HAUSNUMERO + 8)
#endif
#ifndef ENOTSOCK
#define ENOTSOCK (ZMQ_HAUSNUMERO + 9)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A function that frees the data of zmq_msg_init_data, given its hint. */
typedef void (zmq_free_fn) (void *data, void *hint);

/* What a descriptor is. */
#if defined _WIN32
typedef SOCKET zmq_fd_t;
#else
typedef int zmq_fd_t;
#endif

/* The version of the API: 2.2.0. */
#define ZMQ_VERSION_MAJOR 2

/* The version of the API: 2.2.0. */
#define ZMQ_VERSION_MINOR 2

/* The version of the API: 2.2.0. */
#define ZMQ_VERSION_PATCH 0

/* The library's own error codes start here, far from those of any system. */
#define ZMQ_HAUSNUMERO 156384712

/* The socket is not in a state to do this: a second request before the reply, say. */
#define EFSM (ZMQ_HAUSNUMERO + 51)

/* The endpoint's transport does not go with the socket's type. */
#define ENOCOMPATPROTO (ZMQ_HAUSNUMERO + 52)

/* The context was terminated. */
#define ETERM (ZMQ_HAUSNUMERO + 53)

/* The context has no I/O thread that could do this. */
#define EMTHREAD (ZMQ_HAUSNUMERO + 54)

/* Bodies of up to this many bytes are kept in zmq_msg_t itself. */
#define ZMQ_MAX_VSM_SIZE 30

/* A value of zmq_msg_t's content: not a message. */
#define ZMQ_DELIMITER 31

/* A value of zmq_msg_t's content: the body is in vsm_data. */
#define ZMQ_VSM 32

/* In zmq_msg_t's flags: more parts of the same message follow. */
#define ZMQ_MSG_MORE 1

/* In zmq_msg_t's flags: the body may be shared with a copy. */
#define ZMQ_MSG_SHARED 128

/* The flags that have a meaning; all others are set in a message that is initialised. */
#define ZMQ_MSG_MASK 129

/* Socket type: talks to exactly one peer. */
#define ZMQ_PAIR 0

/* Socket type: sends to all subscribers. */
#define ZMQ_PUB 1

/* Socket type: receives what it subscribed to. */
#define ZMQ_SUB 2

/* Socket type: sends a request, then receives its reply. */
#define ZMQ_REQ 3

/* Socket type: receives a request, then sends its reply. */
#define ZMQ_REP 4

/* Socket type: sends requests and receives replies in any order. */
#define ZMQ_DEALER 5

/* Socket type: receives requests with the sender's address, and sends replies to addresses. */
#define ZMQ_ROUTER 6

/* Socket type: receives from all its peers in turn. */
#define ZMQ_PULL 7

/* Socket type: sends to its peers in turn. */
#define ZMQ_PUSH 8

/* Socket type: a PUB that receives its subscribers' subscriptions. */
#define ZMQ_XPUB 9

/* Socket type: a SUB that sends its subscriptions as messages. */
#define ZMQ_XSUB 10

/* Another name of ZMQ_DEALER. */
#define ZMQ_XREQ ZMQ_DEALER

/* Another name of ZMQ_ROUTER. */
#define ZMQ_XREP ZMQ_ROUTER

/* Another name of ZMQ_PULL. */
#define ZMQ_UPSTREAM ZMQ_PULL

/* Another name of ZMQ_PUSH. */
#define ZMQ_DOWNSTREAM ZMQ_PUSH

/* Socket option, uint64_t: the most messages that wait for each peer, each way; 0: no limit. */
#define ZMQ_HWM 1

/* Socket option, int64_t: bytes on disk, for each peer, that take what is over the high-water mark. */
#define ZMQ_SWAP 3

/* Socket option, uint64_t: a bitmap of the I/O threads that may serve the socket; 0: all. */
#define ZMQ_AFFINITY 4

/* Socket option, 1 to 255 bytes, the first not zero: the socket's name, which makes it durable. */
#define ZMQ_IDENTITY 5

/* Socket option of a SUB, bytes, set only: receive what starts with them. */
#define ZMQ_SUBSCRIBE 6

/* Socket option of a SUB, bytes, set only: undo one such subscription. */
#define ZMQ_UNSUBSCRIBE 7

/* Socket option, int64_t: multicast rate in kbit/s. */
#define ZMQ_RATE 8

/* Socket option, int64_t: multicast recovery interval in seconds. */
#define ZMQ_RECOVERY_IVL 9

/* Socket option, int64_t, 0 or 1: multicast loopback. */
#define ZMQ_MCAST_LOOP 10

/* Socket option, uint64_t: the system's send buffer in bytes; 0: its default. */
#define ZMQ_SNDBUF 11

/* Socket option, uint64_t: the system's receive buffer in bytes; 0: its default. */
#define ZMQ_RCVBUF 12

/* Socket option, int64_t, get only: 1 when more parts of the message just received follow. */
#define ZMQ_RCVMORE 13

/* Socket option, int, get only: a file descriptor; readable (edge-triggered) means look at ZMQ_EVENTS. */
#define ZMQ_FD 14

/* Socket option, uint32_t, get only: ZMQ_POLLIN when a message can be received, ZMQ_POLLOUT when sent. */
#define ZMQ_EVENTS 15

/* Socket option, int, get only: the socket's type. */
#define ZMQ_TYPE 16

/* Socket option, int: milliseconds for which unsent messages are kept after zmq_close; -1: for ever. */
#define ZMQ_LINGER 17

/* Socket option, int: milliseconds before a lost connection is made again; -1: never. */
#define ZMQ_RECONNECT_IVL 18

/* Socket option, int: connections that may wait to be accepted. */
#define ZMQ_BACKLOG 19

/* Socket option, int64_t: multicast recovery interval in milliseconds; -1: ZMQ_RECOVERY_IVL counts. */
#define ZMQ_RECOVERY_IVL_MSEC 20

/* Socket option, int: milliseconds up to which ZMQ_RECONNECT_IVL doubles with each failure; 0: not at all. */
#define ZMQ_RECONNECT_IVL_MAX 21

/* Socket option, int: milliseconds that zmq_recv waits; -1: for ever. */
#define ZMQ_RCVTIMEO 27

/* Socket option, int: milliseconds that zmq_send waits; -1: for ever. */
#define ZMQ_SNDTIMEO 28

/*
 * Socket option, string, get only: the endpoint last bound or connected to, with the port that the system
 * chose for port * or 0. An extension: 2.2 has no such option, later versions give it this number.
 */
#define ZMQ_LAST_ENDPOINT 32

/* Flag of zmq_send and zmq_recv: do not wait. */
#define ZMQ_NOBLOCK 1

/* Flag of zmq_send: more parts of the same message follow. */
#define ZMQ_SNDMORE 2

/* Poll event: a message, or a descriptor's bytes, can be received. */
#define ZMQ_POLLIN 1

/* Poll event: a message, or a descriptor's bytes, can be sent. */
#define ZMQ_POLLOUT 2

/* Poll event of a descriptor: an error is pending. */
#define ZMQ_POLLERR 4

/* Device: from PULL or UPSTREAM to PUSH. */
#define ZMQ_STREAMER 1

/* Device: from SUB to PUB. */
#define ZMQ_FORWARDER 2

/* Device: between XREP and XREQ, both ways. */
#define ZMQ_QUEUE 3

/* One part of a message. Its fields are the library's: use the zmq_msg_ functions. */
typedef struct {
    /* ZMQ_VSM, or the shared body. */
    void *content;
    /* ZMQ_MSG_MORE, ZMQ_MSG_SHARED, and all bits outside ZMQ_MSG_MASK. */
    unsigned char flags;
    /* The length of a body that is in vsm_data. */
    unsigned char vsm_size;
    /* The body, when it is short enough. */
    unsigned char vsm_data[30];
} zmq_msg_t;

/* What zmq_poll is to wait for, and what it found. */
typedef struct {
    /* The socket; NULL for a descriptor. */
    void *socket;
    /* The descriptor, when socket is NULL. */
    zmq_fd_t fd;
    /* What to wait for: ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR. */
    short events;
    /* Which of them there are. */
    short revents;
} zmq_pollitem_t;

/* Gives the calling thread's errno, for programs whose C library is not the one this library uses. */
ZMQ_EXPORT int zmq_errno(void);

/*
 * Gives a text for an error code: one of the library's own, or one of the system's.
 * The text is never NULL, and must not be changed or freed. A later call may replace it.
 */
ZMQ_EXPORT const char *zmq_strerror(int errnum);

/* Gives the version of the library: 2, 2 and 0. NULL for a number that is not wanted. */
ZMQ_EXPORT void zmq_version(int *major, int *minor, int *patch);

/*
 * Makes a context, which holds sockets and the threads that do their I/O. One I/O thread serves most programs;
 * none is enough for a program that uses inproc only.
 *
 * Returns the context, to be given to zmq_term; or NULL and errno.
 *
 * Errors:
 * EINVAL: io_threads is negative.
 * EMFILE, ENOMEM: the system has no thread, descriptor or memory to spare.
 */
ZMQ_EXPORT void *zmq_init(int io_threads);

/*
 * Terminates a context. Calls that wait on its sockets, and all later ones but zmq_close, give ETERM. Returns
 * once every socket is closed and what they sent is delivered or its ZMQ_LINGER has passed.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a context.
 * EINTR: a signal came; call again.
 */
ZMQ_EXPORT int zmq_term(void *context);

/*
 * Makes an empty message, to receive into. What the structure held is not looked at: a message that was there is
 * not closed.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: msg is NULL.
 */
ZMQ_EXPORT int zmq_msg_init(zmq_msg_t *msg);

/*
 * Makes a message of size bytes, for the caller to fill through zmq_msg_data.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * ENOMEM: there is no memory for it.
 * EFAULT: msg is NULL.
 */
ZMQ_EXPORT int zmq_msg_init_size(zmq_msg_t *msg, size_t size);

/*
 * Makes a message of the size bytes at data, which are not copied: they must stay as they are until the library
 * calls ffn with data and hint. It does so once, after the last use of the message and of every copy of it, on
 * whatever thread that is. With a NULL ffn it never frees the bytes.
 *
 * Returns 0; or -1 and errno, and then ffn is not called.
 *
 * Errors:
 * ENOMEM: there is no memory for it.
 * EFAULT: msg is NULL, or data is with a size that is not 0.
 */
ZMQ_EXPORT int zmq_msg_init_data(zmq_msg_t *msg, void *data, size_t size, zmq_free_fn * ffn, void *hint);

/*
 * Ends a message: lets go of its body. A message that was sent or moved from is empty, and is ended likewise.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a message, or one that was closed.
 */
ZMQ_EXPORT int zmq_msg_close(zmq_msg_t *msg);

/*
 * Moves src's body to dest, in place of what dest held, and leaves src empty.
 *
 * Returns 0; or -1 and errno, and then changes nothing.
 *
 * Errors:
 * EFAULT: dest or src is not a message.
 */
ZMQ_EXPORT int zmq_msg_move(zmq_msg_t *dest, zmq_msg_t *src);

/*
 * Makes dest a copy of src, in place of what dest held. A long body is shared, not copied: neither may be written
 * to any more.
 *
 * Returns 0; or -1 and errno, and then changes nothing.
 *
 * Errors:
 * EFAULT: dest or src is not a message.
 */
ZMQ_EXPORT int zmq_msg_copy(zmq_msg_t *dest, zmq_msg_t *src);

/*
 * Gives the message's bytes: zmq_msg_size of them, until the message is closed, sent or moved from.
 *
 * Returns NULL and errno when msg is not a message.
 *
 * Errors:
 * EFAULT: not a message.
 */
ZMQ_EXPORT void *zmq_msg_data(zmq_msg_t *msg);

/*
 * Gives the number of the message's bytes.
 *
 * Returns 0 and errno when msg is not a message.
 *
 * Errors:
 * EFAULT: not a message.
 */
ZMQ_EXPORT size_t zmq_msg_size(zmq_msg_t *msg);

/*
 * Makes a socket of a type: ZMQ_REQ, say.
 *
 * Returns the socket, to be given to zmq_close; or NULL and errno.
 *
 * Errors:
 * EINVAL: no such type.
 * EFAULT: not a context.
 * EMFILE: too many sockets are open.
 * ETERM: the context was terminated.
 */
ZMQ_EXPORT void *zmq_socket(void *context, int type);

/*
 * Closes a socket. What it sent is still delivered, for as long as its ZMQ_LINGER says; what it has not received
 * is dropped.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_close(void *s);

/*
 * Accepts connections on an endpoint: "tcp://interface:port", "ipc://path" or "inproc://name". For tcp, the
 * interface may be * for all, a name or an address, the port * for one that the system chooses
 * (ZMQ_LAST_ENDPOINT tells which).
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the endpoint is not well formed.
 * EPROTONOSUPPORT: the transport is not known.
 * ENOCOMPATPROTO: the transport does not go with the socket's type.
 * EADDRINUSE: the endpoint is in use.
 * EADDRNOTAVAIL: the address is not one of this machine.
 * ENODEV: no such network interface.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EMTHREAD: the context has no I/O thread for this.
 */
ZMQ_EXPORT int zmq_bind(void *s, const char *addr);

/*
 * Connects to an endpoint: "tcp://host:port", "ipc://path" or "inproc://name". Returns at once; the connection is
 * made, and made again when it is lost, in the background. Nobody need be there yet.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the endpoint is not well formed.
 * EPROTONOSUPPORT: the transport is not known.
 * ENOCOMPATPROTO: the transport, or the socket bound there, does not go with the socket's type.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EMTHREAD: the context has no I/O thread for this.
 */
ZMQ_EXPORT int zmq_connect(void *s, const char *addr);

/*
 * Sends a message part. flags: ZMQ_NOBLOCK, not to wait for a peer that can take it; ZMQ_SNDMORE, when more parts
 * follow. The parts of a message arrive all together, or not at all.
 *
 * Returns 0 and leaves the message empty; or -1 and errno, and leaves it as it is.
 *
 * Errors:
 * EAGAIN: no peer can take it, and the call was not to wait, or ZMQ_SNDTIMEO has passed.
 * ENOTSUP: sockets of this type do not send.
 * EFSM: the socket is not in a state to send: a REP without a request, say.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came before anything was sent.
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_send(void *s, zmq_msg_t *msg, int flags);

/*
 * Receives a message part, in place of what the message held. flags: ZMQ_NOBLOCK, not to wait for one.
 * ZMQ_RCVMORE tells whether more parts of the same message follow.
 *
 * Returns 0; or -1 and errno, and leaves the message as it is.
 *
 * Errors:
 * EAGAIN: there is none, and the call was not to wait, or ZMQ_RCVTIMEO has passed.
 * ENOTSUP: sockets of this type do not receive.
 * EFSM: the socket is not in a state to receive: a REQ without a request, say.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came before there was one.
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_recv(void *s, zmq_msg_t *msg, int flags);

/*
 * Sets an option of a socket; for most, it counts for the endpoints that are bound or connected afterwards. Each
 * option's type is with its constant.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or the length or the value is not one of the option's.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came first.
 */
ZMQ_EXPORT int zmq_setsockopt(void *s, int option, const void *optval, size_t optvallen);

/*
 * Gets an option of a socket. optvallen holds the room at optval, and then the length of the value.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or the room is too small.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came first.
 */
ZMQ_EXPORT int zmq_getsockopt(void *s, int option, void *optval, size_t *optvallen);

/*
 * Waits until one of nitems sockets and descriptors is ready for what its events say, and writes what each is
 * ready for to its revents. timeout is in microseconds: 0 for not to wait, -1 for without end.
 *
 * Returns the number of items with revents, 0 when the time has passed; or -1 and errno.
 *
 * Errors:
 * ETERM: the context of one of the sockets was terminated.
 * EFAULT: items is NULL, and nitems is not 0.
 * EINVAL: nitems is negative.
 * ENOTSOCK: one of the sockets is not an open one.
 * EINTR: a signal came before anything was ready.
 */
ZMQ_EXPORT int zmq_poll(zmq_pollitem_t *items, int nitems, long timeout);

/*
 * Passes on messages between two sockets: from insocket to outsocket, and for a queue the replies back. Does so
 * until there is an error.
 *
 * Returns -1 and errno.
 *
 * Errors:
 * EINVAL: no such device.
 * ENOTSOCK: one of the two is not an open socket.
 * ETERM: the context was terminated.
 * EINTR: a signal came while there was nothing to pass on.
 */
ZMQ_EXPORT int zmq_device(int device, void *insocket, void *outsocket);

#ifdef __cplusplus
}
#endif

#endif /* __ZMQ_H_INCLUDED__ */
