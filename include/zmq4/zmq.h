/*
 * zmq.h: the C interface of libzmq 4.3, for libzmq.so.5 of the oxmq engine.
 * Generated from the Rust source by cbindgen: run "make headers ABI=4" rather than change it here.
 */

#ifndef __ZMQ_H_INCLUDED__
#define __ZMQ_H_INCLUDED__

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#if defined _WIN32
#include <winsock2.h>
#endif

/* Functions come from a shared library. Define ZMQ_STATIC to link to the static one on Windows. */
#if !defined _WIN32
#if defined __SUNPRO_C || defined __SUNPRO_CC
#define ZMQ_EXPORT __global
#elif (defined __GNUC__ && __GNUC__ >= 4) || defined __INTEL_COMPILER
#define ZMQ_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQ_EXPORT
#endif
#elif defined ZMQ_STATIC
#define ZMQ_EXPORT
#elif defined DLL_EXPORT
#define ZMQ_EXPORT __declspec(dllexport)
#else
#define ZMQ_EXPORT __declspec(dllimport)
#endif

/* uint8_t, uint16_t, uint32_t, int32_t and uint64_t are there. */
#define ZMQ_DEFINED_STDINT 1
#if defined _MSC_VER && _MSC_VER < 1600
#ifndef uint8_t
typedef unsigned __int8 uint8_t;
#endif
#ifndef uint16_t
typedef unsigned __int16 uint16_t;
#endif
#ifndef uint32_t
typedef unsigned __int32 uint32_t;
#endif
#ifndef int32_t
typedef __int32 int32_t;
#endif
#ifndef uint64_t
typedef unsigned __int64 uint64_t;
#endif
#else
#include <stdint.h>
#endif

/* A version as one number, so that versions can be compared. */
#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))

/* The version of this interface as one number: 40305. */
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
#ifndef EMSGSIZE
#define EMSGSIZE (ZMQ_HAUSNUMERO + 10)
#endif
#ifndef EAFNOSUPPORT
#define EAFNOSUPPORT (ZMQ_HAUSNUMERO + 11)
#endif
#ifndef ENETUNREACH
#define ENETUNREACH (ZMQ_HAUSNUMERO + 12)
#endif
#ifndef ECONNABORTED
#define ECONNABORTED (ZMQ_HAUSNUMERO + 13)
#endif
#ifndef ECONNRESET
#define ECONNRESET (ZMQ_HAUSNUMERO + 14)
#endif
#ifndef ENOTCONN
#define ENOTCONN (ZMQ_HAUSNUMERO + 15)
#endif
#ifndef ETIMEDOUT
#define ETIMEDOUT (ZMQ_HAUSNUMERO + 16)
#endif
#ifndef EHOSTUNREACH
#define EHOSTUNREACH (ZMQ_HAUSNUMERO + 17)
#endif
#ifndef ENETRESET
#define ENETRESET (ZMQ_HAUSNUMERO + 18)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* zmq_timers_new and what belongs to it can be called. */
#define ZMQ_HAVE_TIMERS

#if defined(ZMQ_BUILD_DRAFT_API)
/* zmq_poller_new and what belongs to it can be called. */
#define ZMQ_HAVE_POLLER

/* zmq_ppoll can be called. */
#define ZMQ_HAVE_PPOLL

/* Message property: the peer's routing id. */
#define ZMQ_MSG_PROPERTY_ROUTING_ID "Routing-Id"

/* Message property: the type of the peer's socket. */
#define ZMQ_MSG_PROPERTY_SOCKET_TYPE "Socket-Type"

/* Message property: the user that the ZAP handler told. */
#define ZMQ_MSG_PROPERTY_USER_ID "User-Id"

/* Message property: the peer's address. */
#define ZMQ_MSG_PROPERTY_PEER_ADDRESS "Peer-Address"
#endif

/* One part of a message. Its bytes are the library's: use the zmq_msg_ functions. */
typedef struct zmq_msg_t {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    __declspec(align(8)) unsigned char _[64];
#elif defined(_MSC_VER)
    __declspec(align(4)) unsigned char _[64];
#elif defined(__GNUC__) || defined(__INTEL_COMPILER) || defined(__SUNPRO_C) || defined(__SUNPRO_CC)
    unsigned char _[64] __attribute__ ((aligned (sizeof (void *))));
#else
    unsigned char _[64];
#endif
} zmq_msg_t;

/* A function that frees the data of zmq_msg_init_data, given its hint. */
typedef void (zmq_free_fn) (void *data, void *hint);

/* What a thread of zmq_threadstart runs. */
typedef void (zmq_thread_fn) (void *arg);

/* What a timer calls when its time has come. */
typedef void (zmq_timer_fn) (int timer_id, void *arg);

/* Of sys/uio.h. */
struct iovec;

/* What a descriptor is. */
#if defined _WIN32
typedef SOCKET zmq_fd_t;
#else
typedef int zmq_fd_t;
#endif

/* The version of the API: 4.3.5. */
#define ZMQ_VERSION_MAJOR 4

/* The version of the API: 4.3.5. */
#define ZMQ_VERSION_MINOR 3

/* The version of the API: 4.3.5. */
#define ZMQ_VERSION_PATCH 5

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

/* Context option: how many threads do the sockets' I/O. */
#define ZMQ_IO_THREADS 1

/* Context option: how many sockets may be open at a time. */
#define ZMQ_MAX_SOCKETS 2

/* Context option, get only: the most that ZMQ_MAX_SOCKETS can be set to. */
#define ZMQ_SOCKET_LIMIT 3

/* Context option, set only: the I/O threads' priority. */
#define ZMQ_THREAD_PRIORITY 3

/* Context option: the I/O threads' scheduling policy, of sched.h. */
#define ZMQ_THREAD_SCHED_POLICY 4

/* Context option: the longest message part that is sent, in bytes. */
#define ZMQ_MAX_MSGSZ 5

/* Context option, get only: the size of zmq_msg_t. */
#define ZMQ_MSG_T_SIZE 6

/* Context option, set only: a processor that the I/O threads may run on. */
#define ZMQ_THREAD_AFFINITY_CPU_ADD 7

/* Context option, set only: undoes ZMQ_THREAD_AFFINITY_CPU_ADD. */
#define ZMQ_THREAD_AFFINITY_CPU_REMOVE 8

/* Context option: a number that the I/O threads' names start with. */
#define ZMQ_THREAD_NAME_PREFIX 9

/* The value of ZMQ_IO_THREADS in a new context. */
#define ZMQ_IO_THREADS_DFLT 1

/* The value of ZMQ_MAX_SOCKETS in a new context. */
#define ZMQ_MAX_SOCKETS_DFLT 1023

/* The value of ZMQ_THREAD_PRIORITY in a new context: the system's. */
#define ZMQ_THREAD_PRIORITY_DFLT -1

/* The value of ZMQ_THREAD_SCHED_POLICY in a new context: the system's. */
#define ZMQ_THREAD_SCHED_POLICY_DFLT -1

/*
 * An extension: libzmq has no such option, and no option with a number near it. Extensions have names of their own,
 * and numbers from 0x6f780000 to 0x6f78ffff.
 *
 * Context option, 0 to 1000: for how many microseconds a thread that waits may look again before it goes to sleep,
 * where that has paid lately. Counts for sockets made afterwards, and for the I/O threads until the first socket is
 * made; of several sockets in a zmq_poll, the least counts. The environment variable OXMQ_SPIN_US, if it is set, is
 * the most that there can be, and the value in a new context, otherwise 50. zmq_ctx_get gives what is in effect: 0
 * where there is one processor only.
 *
 * What it costs: a message that is that near is received some 10 to 50 microseconds sooner, for as much processor
 * time as was waited. With 0 a thread sleeps at once, and must be woken for each message that comes by itself.
 */
#define OXMQ_CTX_SPIN_US 1870135297

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

/* Socket type: receives requests with the sender's routing id, and sends replies to routing ids. */
#define ZMQ_ROUTER 6

/* Socket type: receives from all its peers in turn. */
#define ZMQ_PULL 7

/* Socket type: sends to its peers in turn. */
#define ZMQ_PUSH 8

/* Socket type: a PUB that receives its subscribers' subscriptions. */
#define ZMQ_XPUB 9

/* Socket type: a SUB that sends its subscriptions as messages. */
#define ZMQ_XSUB 10

/* Socket type: talks to TCP peers that know nothing of messages. */
#define ZMQ_STREAM 11

/* Another name of ZMQ_DEALER. */
#define ZMQ_XREQ ZMQ_DEALER

/* Another name of ZMQ_ROUTER. */
#define ZMQ_XREP ZMQ_ROUTER

/* Socket option, uint64_t: a bitmap of the I/O threads that may serve the socket; 0: all. */
#define ZMQ_AFFINITY 4

/* Socket option, 1 to 255 bytes: the socket's name for its ROUTER peers; none is set to begin with. */
#define ZMQ_ROUTING_ID 5

/* Socket option of a SUB (and an XPUB with ZMQ_XPUB_MANUAL), bytes, set only: receive what starts with them. */
#define ZMQ_SUBSCRIBE 6

/* Socket option of a SUB (and an XPUB with ZMQ_XPUB_MANUAL), bytes, set only: undo one such subscription. */
#define ZMQ_UNSUBSCRIBE 7

/* Socket option, int: multicast rate in kbit/s. */
#define ZMQ_RATE 8

/* Socket option, int: multicast recovery interval in milliseconds. */
#define ZMQ_RECOVERY_IVL 9

/* Socket option, int: the system's send buffer in bytes; -1: its default. */
#define ZMQ_SNDBUF 11

/* Socket option, int: the system's receive buffer in bytes; -1: its default. */
#define ZMQ_RCVBUF 12

/* Socket option, int, get only: 1 when more parts of the message just received follow. */
#define ZMQ_RCVMORE 13

/* Socket option, zmq_fd_t, get only: a file descriptor; readable (edge-triggered) means look at ZMQ_EVENTS. */
#define ZMQ_FD 14

/* Socket option, int, get only: ZMQ_POLLIN when a message can be received, ZMQ_POLLOUT when sent. */
#define ZMQ_EVENTS 15

/* Socket option, int, get only: the socket's type. */
#define ZMQ_TYPE 16

/* Socket option, int: milliseconds for which unsent messages are kept after zmq_close; -1: for ever. */
#define ZMQ_LINGER 17

/* Socket option, int: milliseconds before a lost connection is made again; -1: never. */
#define ZMQ_RECONNECT_IVL 18

/* Socket option, int: connections that may wait to be accepted. */
#define ZMQ_BACKLOG 19

/* Socket option, int: milliseconds up to which ZMQ_RECONNECT_IVL doubles with each failure; 0: not at all. */
#define ZMQ_RECONNECT_IVL_MAX 21

/* Socket option, int64_t: the longest message part that is received, in bytes; -1: any. */
#define ZMQ_MAXMSGSIZE 22

/* Socket option, int: the most messages that wait to be sent to each peer; 0: no limit. */
#define ZMQ_SNDHWM 23

/* Socket option, int: the most messages that wait to be received from each peer; 0: no limit. */
#define ZMQ_RCVHWM 24

/* Socket option, int: how many network hops multicast packets travel. */
#define ZMQ_MULTICAST_HOPS 25

/* Socket option, int: milliseconds that a call waits to receive; -1: for ever. */
#define ZMQ_RCVTIMEO 27

/* Socket option, int: milliseconds that a call waits to send; -1: for ever. */
#define ZMQ_SNDTIMEO 28

/*
 * Socket option, string, get only: the endpoint last bound or connected to, with the port that the system
 * chose for port * or 0.
 */
#define ZMQ_LAST_ENDPOINT 32

/* Socket option of a ROUTER, int, 0 or 1, set only: whether a message to nobody gives EHOSTUNREACH. */
#define ZMQ_ROUTER_MANDATORY 33

/* Socket option, int: whether the system probes idle TCP connections; -1: as it is set up to. */
#define ZMQ_TCP_KEEPALIVE 34

/* Socket option, int: probes without an answer that end a connection; -1: as the system is set up to. */
#define ZMQ_TCP_KEEPALIVE_CNT 35

/* Socket option, int: seconds of silence before the first probe; -1: as the system is set up to. */
#define ZMQ_TCP_KEEPALIVE_IDLE 36

/* Socket option, int: seconds between probes; -1: as the system is set up to. */
#define ZMQ_TCP_KEEPALIVE_INTVL 37

/* Socket option, int, 0 or 1: whether messages wait for a connection that is made, not one that is being made. */
#define ZMQ_IMMEDIATE 39

/* Socket option of an XPUB, int, 0 or 1, set only: whether it receives every subscription, not only new ones. */
#define ZMQ_XPUB_VERBOSE 40

/* Socket option of a ROUTER, int, 0 or 1, set only: whether its peers are TCP peers that know nothing of messages. */
#define ZMQ_ROUTER_RAW 41

/* Socket option, int, 0 or 1: whether names and interfaces may be of IPv6 too. */
#define ZMQ_IPV6 42

/* Socket option, int, get only: the security mechanism, ZMQ_NULL, ZMQ_PLAIN or ZMQ_CURVE. */
#define ZMQ_MECHANISM 43

/* Socket option, int, 0 or 1: whether this side is the server of PLAIN. */
#define ZMQ_PLAIN_SERVER 44

/* Socket option, string: the name that a client of PLAIN gives. */
#define ZMQ_PLAIN_USERNAME 45

/* Socket option, string: the password that a client of PLAIN gives. */
#define ZMQ_PLAIN_PASSWORD 46

/* Socket option, int, 0 or 1: whether this side is the server of CURVE. */
#define ZMQ_CURVE_SERVER 47

/* Socket option, 32 bytes or 40 characters of Z85: this side's public key. */
#define ZMQ_CURVE_PUBLICKEY 48

/* Socket option, 32 bytes or 40 characters of Z85: this side's secret key. */
#define ZMQ_CURVE_SECRETKEY 49

/* Socket option, 32 bytes or 40 characters of Z85: the server's public key, which a client knows beforehand. */
#define ZMQ_CURVE_SERVERKEY 50

/*
 * Socket option of a REQ, DEALER or ROUTER, int, 0 or 1, set only: whether new peers are greeted with an empty
 * message.
 */
#define ZMQ_PROBE_ROUTER 51

/* Socket option of a REQ, int, 0 or 1, set only: whether requests have numbers, by which replies are told apart. */
#define ZMQ_REQ_CORRELATE 52

/* Socket option of a REQ, int, 0 or 1, set only: whether a request may be sent before the reply to the last. */
#define ZMQ_REQ_RELAXED 53

/* Socket option, int, 0 or 1: whether only the last message is kept, each way. */
#define ZMQ_CONFLATE 54

/* Socket option, string: the domain that the program's ZAP handler is asked with. */
#define ZMQ_ZAP_DOMAIN 55

/* Socket option of a ROUTER, int, 0 or 1, set only: whether a new peer takes a routing id over from another. */
#define ZMQ_ROUTER_HANDOVER 56

/* Socket option, int: the type-of-service byte of outgoing packets. */
#define ZMQ_TOS 57

/* Socket option of a ROUTER or STREAM, 1 to 255 bytes, set only: the routing id of the next peer connected to. */
#define ZMQ_CONNECT_ROUTING_ID 61

/* Socket option: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_SERVER 62

/* Socket option: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_PRINCIPAL 63

/* Socket option: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL 64

/* Socket option: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_PLAINTEXT 65

/* Socket option, int: milliseconds that a handshake may take; 0: no limit. */
#define ZMQ_HANDSHAKE_IVL 66

/* Socket option, string: host and port of a SOCKS 5 proxy for outgoing TCP connections. */
#define ZMQ_SOCKS_PROXY 68

/* Socket option of an XPUB or PUB, int, 0 or 1, set only: whether a message waits for room at every subscriber. */
#define ZMQ_XPUB_NODROP 69

/* Context option: whether zmq_ctx_term waits for messages that nobody takes; 0: new sockets have a ZMQ_LINGER of 0. */
#define ZMQ_BLOCKY 70

/* Socket option of an XPUB, int, 0 or 1, set only: whether the application subscribes its peers itself. */
#define ZMQ_XPUB_MANUAL 71

/* Socket option of an XPUB, bytes, set only: what each new subscriber is sent first. */
#define ZMQ_XPUB_WELCOME_MSG 72

/* Socket option of a STREAM, int, 0 or 1, set only: whether an empty message tells of peers that come and go. */
#define ZMQ_STREAM_NOTIFY 73

/* Socket option of a PUB, XPUB or SUB, int, 0 or 1: whether messages go to those who have not subscribed to them. */
#define ZMQ_INVERT_MATCHING 74

/* Socket option, int: milliseconds between heartbeats; 0: none. */
#define ZMQ_HEARTBEAT_IVL 75

/* Socket option, int: milliseconds after which the peer gives up, if nothing came; 0: it is not told. */
#define ZMQ_HEARTBEAT_TTL 76

/* Socket option, int: milliseconds to wait for a sign of the peer after a heartbeat; -1: ZMQ_HEARTBEAT_IVL. */
#define ZMQ_HEARTBEAT_TIMEOUT 77

/* Socket option of an XPUB, int, 0 or 1, set only: as ZMQ_XPUB_VERBOSE, and every cancellation too. */
#define ZMQ_XPUB_VERBOSER 78

/* Socket option, int: milliseconds that one attempt to connect may take; 0: as long as the system tries. */
#define ZMQ_CONNECT_TIMEOUT 79

/* Socket option, int: milliseconds that unacknowledged bytes keep a TCP connection; 0: as the system is set up to. */
#define ZMQ_TCP_MAXRT 80

/* Socket option, int, get only: 1 when threads may share the socket. */
#define ZMQ_THREAD_SAFE 81

/* Socket option, int: the longest multicast packet in bytes. */
#define ZMQ_MULTICAST_MAXTPDU 84

/* Socket option: VMCI, which this library does not have. */
#define ZMQ_VMCI_BUFFER_SIZE 85

/* Socket option: VMCI, which this library does not have. */
#define ZMQ_VMCI_BUFFER_MIN_SIZE 86

/* Socket option: VMCI, which this library does not have. */
#define ZMQ_VMCI_BUFFER_MAX_SIZE 87

/* Socket option: VMCI, which this library does not have. */
#define ZMQ_VMCI_CONNECT_TIMEOUT 88

/* Socket option, int: a socket of the system to bind or connect with; -1: none. */
#define ZMQ_USE_FD 89

/* Socket option: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_PRINCIPAL_NAMETYPE 90

/* Socket option: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE 91

/* Socket option, string: the network interface that traffic is bound to. */
#define ZMQ_BINDTODEVICE 92

/* Message property: 1 when more parts of the same message follow. */
#define ZMQ_MORE 1

/* Message property: 1 when the body may be shared with a copy. */
#define ZMQ_SHARED 3

/* Flag of the functions that send and receive: do not wait. */
#define ZMQ_DONTWAIT 1

/* Flag of the functions that send: more parts of the same message follow. */
#define ZMQ_SNDMORE 2

/* Security mechanism: none. */
#define ZMQ_NULL 0

/* Security mechanism: a name and a password in the clear. */
#define ZMQ_PLAIN 1

/* Security mechanism: keys of elliptic curves, and everything encrypted. */
#define ZMQ_CURVE 2

/* Security mechanism: GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI 3

/* The longest name of a group, in bytes. */
#define ZMQ_GROUP_MAX_LENGTH 255

/* The older name of ZMQ_ROUTING_ID. */
#define ZMQ_IDENTITY ZMQ_ROUTING_ID

/* The older name of ZMQ_CONNECT_ROUTING_ID. */
#define ZMQ_CONNECT_RID ZMQ_CONNECT_ROUTING_ID

/* Socket option, string, set only: adds a network (address, slash, length) that connections are accepted from. */
#define ZMQ_TCP_ACCEPT_FILTER 38

/* Socket option, pid_t, set only: adds a process that may connect over ipc. */
#define ZMQ_IPC_FILTER_PID 58

/* Socket option, uid_t, set only: adds a user who may connect over ipc. */
#define ZMQ_IPC_FILTER_UID 59

/* Socket option, gid_t, set only: adds a group whose members may connect over ipc. */
#define ZMQ_IPC_FILTER_GID 60

/* Socket option, int, 0 or 1: the opposite of ZMQ_IPV6, which is to be used instead. */
#define ZMQ_IPV4ONLY 31

/* The older name of ZMQ_IMMEDIATE. */
#define ZMQ_DELAY_ATTACH_ON_CONNECT ZMQ_IMMEDIATE

/* The older name of ZMQ_DONTWAIT. */
#define ZMQ_NOBLOCK ZMQ_DONTWAIT

/* An older name of ZMQ_ROUTER_MANDATORY. */
#define ZMQ_FAIL_UNROUTABLE ZMQ_ROUTER_MANDATORY

/* An older name of ZMQ_ROUTER_MANDATORY. */
#define ZMQ_ROUTER_BEHAVIOR ZMQ_ROUTER_MANDATORY

/* Message property that nothing sets any more. */
#define ZMQ_SRCFD 2

/* Kind of name for GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_NT_HOSTBASED 0

/* Kind of name for GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_NT_USER_NAME 1

/* Kind of name for GSSAPI, which this library does not have. */
#define ZMQ_GSSAPI_NT_KRB5_PRINCIPAL 2

/* Monitor event: a connection was made; its value is the descriptor. */
#define ZMQ_EVENT_CONNECTED 1

/* Monitor event: a connection is being made. */
#define ZMQ_EVENT_CONNECT_DELAYED 2

/* Monitor event: a connection will be tried again; its value is the milliseconds until then. */
#define ZMQ_EVENT_CONNECT_RETRIED 4

/* Monitor event: an endpoint was bound; its value is the descriptor. */
#define ZMQ_EVENT_LISTENING 8

/* Monitor event: an endpoint could not be bound; its value is the errno. */
#define ZMQ_EVENT_BIND_FAILED 16

/* Monitor event: a connection was accepted; its value is the descriptor. */
#define ZMQ_EVENT_ACCEPTED 32

/* Monitor event: a connection could not be accepted; its value is the errno. */
#define ZMQ_EVENT_ACCEPT_FAILED 64

/* Monitor event: a connection or listener was closed; its value is the descriptor. */
#define ZMQ_EVENT_CLOSED 128

/* Monitor event: a connection or listener could not be closed; its value is the errno. */
#define ZMQ_EVENT_CLOSE_FAILED 256

/* Monitor event: a connection was lost; its value is the descriptor. */
#define ZMQ_EVENT_DISCONNECTED 512

/* Monitor event: monitoring ended. */
#define ZMQ_EVENT_MONITOR_STOPPED 1024

/* All monitor events. */
#define ZMQ_EVENT_ALL 65535

/* Monitor event: a handshake failed for a reason of the system's; its value is the errno. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL 2048

/* Monitor event: a handshake succeeded. */
#define ZMQ_EVENT_HANDSHAKE_SUCCEEDED 4096

/* Monitor event: the peer, or the ZAP handler, broke the protocol; its value is a ZMQ_PROTOCOL_ERROR_ code. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL 8192

/* Monitor event: the ZAP handler refused a peer; its value is the status, 300, 400 or 500. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_AUTH 16384

/* Protocol error of a peer: any other. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED 268435456

/* Protocol error of a peer: a command that is not to be expected now. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND 268435457

/* Protocol error of a peer: a message out of order, or repeated. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE 268435458

/* Protocol error of a peer: keys could not be exchanged. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE 268435459

/* Protocol error of a peer: a command that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED 268435473

/* Protocol error of a peer: a MESSAGE that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE 268435474

/* Protocol error of a peer: a HELLO that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO 268435475

/* Protocol error of a peer: an INITIATE that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE 268435476

/* Protocol error of a peer: an ERROR that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR 268435477

/* Protocol error of a peer: a READY that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY 268435478

/* Protocol error of a peer: a WELCOME that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME 268435479

/* Protocol error of a peer: metadata that is not well formed, or does not go with this socket. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA 268435480

/* Protocol error of a peer: something could not be decrypted; its keys may be wrong. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC 285212673

/* Protocol error of a peer: it uses another security mechanism. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH 285212674

/* Protocol error of the ZAP handler: any other. */
#define ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED 536870912

/* Protocol error of the ZAP handler: a reply that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY 536870913

/* Protocol error of the ZAP handler: a reply to another request. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID 536870914

/* Protocol error of the ZAP handler: a version that is not known. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION 536870915

/* Protocol error of the ZAP handler: a status code that is not known. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE 536870916

/* Protocol error of the ZAP handler: metadata that is not well formed. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA 536870917

/* Protocol error of a WebSocket peer. */
#define ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED 805306368

/* Poll event: a message, or a descriptor's bytes, can be received. */
#define ZMQ_POLLIN 1

/* Poll event: a message, or a descriptor's bytes, can be sent. */
#define ZMQ_POLLOUT 2

/* Poll event of a descriptor: an error is pending. */
#define ZMQ_POLLERR 4

/* Poll event of a descriptor: urgent bytes can be received. */
#define ZMQ_POLLPRI 8

/* How many items of zmq_poll are common. */
#define ZMQ_POLLITEMS_DFLT 16

/* zmq_has can be called. */
#define ZMQ_HAS_CAPABILITIES 1

/* Device: from PULL to PUSH. */
#define ZMQ_STREAMER 1

/* Device: from SUB to PUB. */
#define ZMQ_FORWARDER 2

/* Device: between ROUTER and DEALER, both ways. */
#define ZMQ_QUEUE 3

#if defined(ZMQ_BUILD_DRAFT_API)
/* Socket type: receives from CLIENTs with their routing ids, and sends to routing ids. Threads may share it. */
#define ZMQ_SERVER 12

/* Socket type: sends to SERVERs and receives from them. Threads may share it. */
#define ZMQ_CLIENT 13

/* Socket type: sends to groups. Threads may share it. */
#define ZMQ_RADIO 14

/* Socket type: receives what is sent to the groups that it joined. Threads may share it. */
#define ZMQ_DISH 15

/* Socket type: receives from SCATTERs in turn. Threads may share it. */
#define ZMQ_GATHER 16

/* Socket type: sends to GATHERs in turn. Threads may share it. */
#define ZMQ_SCATTER 17

/* Socket type: sends and receives UDP packets. */
#define ZMQ_DGRAM 18

/* Socket type: talks to other PEERs by routing ids. Threads may share it. */
#define ZMQ_PEER 19

/* Socket type: a PAIR that threads may share. */
#define ZMQ_CHANNEL 20

/* Socket option, int, 0 or 1: whether peers are refused when the program has no ZAP handler. */
#define ZMQ_ZAP_ENFORCE_DOMAIN 93

/* Socket option, int, 0 or 1: a faster way on Windows. Kept for the program that asks. */
#define ZMQ_LOOPBACK_FASTPATH 94

/* Socket option, string, set only: a property that peers are told, "X-name:value". */
#define ZMQ_METADATA 95

/* Socket option, int, 0 or 1: whether multicast packets come back to this machine. */
#define ZMQ_MULTICAST_LOOP 96

/* Socket option of a ROUTER, int: ZMQ_NOTIFY_CONNECT and ZMQ_NOTIFY_DISCONNECT: an empty message tells of peers. */
#define ZMQ_ROUTER_NOTIFY 97

/*
 * Socket option of an XPUB, int, 0 or 1, set only: as ZMQ_XPUB_MANUAL, and what is sent after a subscription goes
 * to the last subscriber only.
 */
#define ZMQ_XPUB_MANUAL_LAST_VALUE 98

/* Socket option, string: the name for the SOCKS 5 proxy; empty: none is asked for. */
#define ZMQ_SOCKS_USERNAME 99

/* Socket option, string: the password for the SOCKS 5 proxy. */
#define ZMQ_SOCKS_PASSWORD 100

/* Socket option, int, 1 or more: bytes received at a time. Kept for the program that asks. */
#define ZMQ_IN_BATCH_SIZE 101

/* Socket option, int, 1 or more: bytes sent at a time. Kept for the program that asks. */
#define ZMQ_OUT_BATCH_SIZE 102

/* Socket option: WebSockets, which this library does not have. */
#define ZMQ_WSS_KEY_PEM 103

/* Socket option: WebSockets, which this library does not have. */
#define ZMQ_WSS_CERT_PEM 104

/* Socket option: WebSockets, which this library does not have. */
#define ZMQ_WSS_TRUST_PEM 105

/* Socket option: WebSockets, which this library does not have. */
#define ZMQ_WSS_HOSTNAME 106

/* Socket option: WebSockets, which this library does not have. */
#define ZMQ_WSS_TRUST_SYSTEM 107

/*
 * Socket option of an XPUB or XSUB, int, 0 or 1, set only: whether only a message's first part can be a
 * subscription.
 */
#define ZMQ_ONLY_FIRST_SUBSCRIBE 108

/* Socket option, int: the ZMQ_RECONNECT_STOP_ events after which an endpoint is given up. */
#define ZMQ_RECONNECT_STOP 109

/* Socket option, bytes, set only: what each new peer is sent first. */
#define ZMQ_HELLO_MSG 110

/* Socket option, bytes, set only: what is received when a peer is gone. */
#define ZMQ_DISCONNECT_MSG 111

/* Socket option, int: the packets' priority in the system's queues. */
#define ZMQ_PRIORITY 112

/* Socket option, int, 0 or 1: whether the system polls the network card for waiting reads. */
#define ZMQ_BUSY_POLL 113

/* Socket option, bytes, set only: what is received when a connection is lost and will be made again. */
#define ZMQ_HICCUP_MSG 114

/* Socket option of an XSUB, int, 0 or 1, set only: whether every cancellation is passed upstream. */
#define ZMQ_XSUB_VERBOSE_UNSUBSCRIBE 115

/* Socket option of a PUB, XPUB, SUB or XSUB, int, get only: how many different subscriptions there are. */
#define ZMQ_TOPICS_COUNT 116

/* Of ZMQ_RECONNECT_STOP: after the peer refused a connection. */
#define ZMQ_RECONNECT_STOP_CONN_REFUSED 1

/* Of ZMQ_RECONNECT_STOP: after a handshake that failed. */
#define ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED 2

/* Of ZMQ_RECONNECT_STOP: after zmq_disconnect. */
#define ZMQ_RECONNECT_STOP_AFTER_DISCONNECT 4

/* Context option: whether long messages are received in place. Kept for the program that asks. */
#define ZMQ_ZERO_COPY_RECV 10

/* Of ZMQ_ROUTER_NOTIFY: tell of peers that connect. */
#define ZMQ_NOTIFY_CONNECT 1

/* Of ZMQ_ROUTER_NOTIFY: tell of peers that disconnect. */
#define ZMQ_NOTIFY_DISCONNECT 2

/* Monitor event: how many messages wait in the socket's queues. */
#define ZMQ_EVENT_PIPES_STATS 65536

/* The version of monitor events that zmq_socket_monitor asks for. */
#define ZMQ_CURRENT_EVENT_VERSION 1

/* The newest version of monitor events. */
#define ZMQ_CURRENT_EVENT_VERSION_DRAFT 2

/* All monitor events of version 1. */
#define ZMQ_EVENT_ALL_V1 65535

/* All monitor events of version 2. */
#define ZMQ_EVENT_ALL_V2 (ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS)
#endif

/* What zmq_poll is to wait for, and what it found. */
typedef struct zmq_pollitem_t {
    /* The socket; NULL for a descriptor. */
    void *socket;
    /* The descriptor, when socket is NULL. */
    zmq_fd_t fd;
    /* What to wait for: ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR, ZMQ_POLLPRI. */
    short events;
    /* Which of them there are. */
    short revents;
} zmq_pollitem_t;

#if defined(ZMQ_BUILD_DRAFT_API)
/* What zmq_poller_wait found. */
typedef struct zmq_poller_event_t {
    /* The socket; NULL for a descriptor. */
    void *socket;
    /* The descriptor, when socket is NULL. */
    zmq_fd_t fd;
    /* What zmq_poller_add was given with it. */
    void *user_data;
    /* What it is ready for: ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR, ZMQ_POLLPRI. */
    short events;
} zmq_poller_event_t;
#endif

/* Gives the calling thread's errno, for programs whose C library is not the one this library uses. */
ZMQ_EXPORT int zmq_errno(void);

/*
 * Gives a text for an error code: one of the library's own, or one of the system's.
 * The text is never NULL, and must not be changed or freed. A later call may replace it.
 */
ZMQ_EXPORT const char *zmq_strerror(int errnum);

/* Gives the version of the library: 4, 3 and 5. NULL for a number that is not wanted. */
ZMQ_EXPORT void zmq_version(int *major, int *minor, int *patch);

/*
 * Makes a context, which holds sockets and the threads that do their I/O.
 *
 * Returns the context, to be given to zmq_ctx_term; or NULL and errno.
 *
 * Errors:
 * EMFILE, ENOMEM: the system has no descriptor or memory to spare.
 */
ZMQ_EXPORT void *zmq_ctx_new(void);

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
ZMQ_EXPORT int zmq_ctx_term(void *context);

/*
 * Makes calls that wait on a context's sockets, and all later ones but zmq_close, give ETERM. Does not wait.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a context.
 */
ZMQ_EXPORT int zmq_ctx_shutdown(void *context);

/*
 * Sets an option of a context. What the I/O threads are told counts until the first socket is made; what
 * sockets are told counts for those made afterwards.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or a value that it cannot have.
 * EFAULT: not a context.
 */
ZMQ_EXPORT int zmq_ctx_set(void *context, int option, int optval);

/*
 * Gets an option of a context.
 *
 * Returns its value; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option.
 * EFAULT: not a context.
 */
ZMQ_EXPORT int zmq_ctx_get(void *context, int option);

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * As zmq_ctx_set, with a value of any type: an int, or bytes for ZMQ_THREAD_NAME_PREFIX.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or the length or the value is not one of the option's.
 * EFAULT: not a context.
 */
ZMQ_EXPORT int zmq_ctx_set_ext(void *context, int option, const void *optval, size_t optvallen);

/*
 * As zmq_ctx_get, with a value of any type: an int, or for ZMQ_THREAD_NAME_PREFIX bytes, when there is room for
 * more or fewer than an int has. optvallen holds the room at optval, and then the length of the value.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or the room is too small.
 * EFAULT: not a context.
 */
ZMQ_EXPORT int zmq_ctx_get_ext(void *context, int option, void *optval, size_t *optvallen);
#endif

/*
 * The older way to make a context: zmq_ctx_new, with that many I/O threads.
 *
 * Returns the context, to be given to zmq_term; or NULL and errno.
 *
 * Errors:
 * EINVAL: io_threads is negative.
 * EMFILE, ENOMEM: the system has no descriptor or memory to spare.
 */
ZMQ_EXPORT void *zmq_init(int io_threads);

/* The older name of zmq_ctx_term. */
ZMQ_EXPORT int zmq_term(void *context);

/* An older name of zmq_ctx_term. */
ZMQ_EXPORT int zmq_ctx_destroy(void *context);

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

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * Makes a message of a copy of the size bytes at buf.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * ENOMEM: there is no memory for it.
 * EFAULT: msg is NULL, or buf is with a size that is not 0.
 */
ZMQ_EXPORT int zmq_msg_init_buffer(zmq_msg_t *msg, const void *buf, size_t size);
#endif

/*
 * Makes a message of the size bytes at data, which are not copied: they must stay as they are until the library
 * calls ffn with data and hint. It does so once, after the last use of the message and of every copy of it, on
 * whatever thread that is. With a NULL ffn the bytes are taken for constant, and are never freed.
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
 * Moves src to dest, in place of what dest held, and leaves src empty.
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
ZMQ_EXPORT size_t zmq_msg_size(const zmq_msg_t *msg);

/*
 * Tells whether more parts of the same message follow: 1 or 0. 0 and errno when msg is not a message.
 *
 * Errors:
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_msg_more(const zmq_msg_t *msg);

/*
 * Gives a property of a message: ZMQ_MORE, 1 when more parts of the same message follow; ZMQ_SHARED, 1 when the body
 * may be shared with a copy; ZMQ_SRCFD, the descriptor of the connection that the message came over.
 *
 * Returns it; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such property, or the message has none.
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_msg_get(const zmq_msg_t *msg, int property);

/*
 * Sets a property of a message. There is none that could be set.
 *
 * Returns -1 and errno.
 *
 * Errors:
 * EINVAL: no such property.
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_msg_set(zmq_msg_t *msg, int property, int optval);

/*
 * Gives a property of the connection that a message came over: "Socket-Type" and "Routing-Id" (or "Identity") of the
 * peer, "Peer-Address", "User-Id" where the peer was authenticated, and whatever the peer or the ZAP handler told.
 * The string is the message's, and stays until the message is closed, sent, moved from or received into.
 *
 * Returns the string; or NULL and errno.
 *
 * Errors:
 * EINVAL: the message has no such property.
 * EFAULT: not a message, or property is NULL.
 */
ZMQ_EXPORT const char *zmq_msg_gets(const zmq_msg_t *msg, const char *property);

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * Says which peer of a SERVER or PEER a message is for.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: routing_id is 0.
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_msg_set_routing_id(zmq_msg_t *msg, uint32_t routing_id);

/*
 * Gives the peer of a SERVER or PEER that a message came from, or is for; 0 when there is none.
 *
 * Errors:
 * EFAULT: not a message.
 */
ZMQ_EXPORT uint32_t zmq_msg_routing_id(zmq_msg_t *msg);

/*
 * Says which group the message of a RADIO is for: up to ZMQ_GROUP_MAX_LENGTH bytes.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the group's name is too long.
 * EFAULT: not a message, or group is NULL.
 */
ZMQ_EXPORT int zmq_msg_set_group(zmq_msg_t *msg, const char *group);

/*
 * Gives the group that the message of a DISH came from, or that of a RADIO is for: "" when there is none. The string
 * is the message's.
 *
 * Returns NULL and errno when msg is not a message.
 *
 * Errors:
 * EFAULT: not a message.
 */
ZMQ_EXPORT const char *zmq_msg_group(zmq_msg_t *msg);
#endif

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
 * Accepts connections on an endpoint: "tcp://interface:port", "ipc://path", "inproc://name" or, for some types,
 * "udp://address:port". For tcp, the interface may be * for all, a name or an address, the port * for one that
 * the system chooses (ZMQ_LAST_ENDPOINT tells which).
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
 * Connects to an endpoint: "tcp://host:port", "ipc://path", "inproc://name" or, for some types,
 * "udp://address:port". Returns at once; the connection is made, and made again when it is lost, in the
 * background. Nobody need be there yet. For tcp, "source:port;host:port" says where to connect from.
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
 * Undoes zmq_bind: no more connections are accepted there. Those that were stay. The endpoint is the one that
 * was bound, or ZMQ_LAST_ENDPOINT told.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the endpoint is not well formed.
 * ENOENT: the socket is not bound there.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_unbind(void *s, const char *addr);

/*
 * Undoes zmq_connect. What was not delivered is kept for as long as the socket's ZMQ_LINGER says.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the endpoint is not well formed.
 * ENOENT: the socket is not connected there.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_disconnect(void *s, const char *addr);

/*
 * Sets an option of a socket; for most, it counts for the endpoints that are bound or connected afterwards. Each
 * option's type is with its constant.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or not of this socket type, or the length or the value is not one of the option's.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came first.
 */
ZMQ_EXPORT int zmq_setsockopt(void *s, int option, const void *optval, size_t optvallen);

/*
 * Gets an option of a socket. optvallen holds the room at optval, and then the length of the value. The room
 * must be that of the option's type; for strings and bytes it may be more.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no such option, or not of this socket type, or the room is not right.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came first.
 */
ZMQ_EXPORT int zmq_getsockopt(void *s, int option, void *optval, size_t *optvallen);

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * Has a DISH receive what is sent to a group.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the socket has joined the group already, or its name is longer than ZMQ_GROUP_MAX_LENGTH.
 * ENOTSUP: the socket is not a DISH.
 * EFAULT: group is NULL.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_join(void *s, const char *group);

/*
 * Undoes zmq_join.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the socket has not joined the group.
 * ENOTSUP: the socket is not a DISH.
 * EFAULT: group is NULL.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_leave(void *s, const char *group);

/*
 * As zmq_connect, for a PEER: and says by which routing id messages go there.
 *
 * Returns the routing id; or 0 and errno.
 *
 * Errors:
 * ENOTSUP: the socket is not a PEER.
 * As zmq_connect.
 */
ZMQ_EXPORT uint32_t zmq_connect_peer(void *s, const char *addr);

/*
 * Ends the connection to the peer of a PEER or SERVER that has this routing id.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EHOSTUNREACH: there is no such peer.
 * ENOTSUP: the socket is neither a PEER nor a SERVER.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_disconnect_peer(void *s, uint32_t routing_id);
#endif

/*
 * Sends a message part. flags: ZMQ_DONTWAIT, not to wait for a peer that can take it; ZMQ_SNDMORE, when more parts
 * follow. The parts of a message arrive all together, or not at all.
 *
 * Returns the part's size, INT_MAX when it is greater, and leaves msg empty; or -1 and errno, and leaves it as it is.
 *
 * Errors:
 * EAGAIN: no peer can take it, and the call was not to wait, or ZMQ_SNDTIMEO has passed.
 * ENOTSUP: sockets of this type do not send.
 * EINVAL: sockets of this type send no more than one part, and more were to follow.
 * EFSM: the socket is not in a state to send: a REP without a request, say.
 * EHOSTUNREACH: there is no such peer.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 * EINTR: a signal came before anything was sent.
 * EFAULT: not a message.
 */
ZMQ_EXPORT int zmq_msg_send(zmq_msg_t *msg, void *s, int flags);

/*
 * Receives a message part, in place of what msg held. flags: ZMQ_DONTWAIT, not to wait for one. zmq_msg_more tells
 * whether more parts of the same message follow.
 *
 * Returns the part's size, INT_MAX when it is greater; or -1 and errno, and leaves msg as it is.
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
ZMQ_EXPORT int zmq_msg_recv(zmq_msg_t *msg, void *s, int flags);

/* zmq_msg_send with its arguments in another order. Deprecated. */
ZMQ_EXPORT int zmq_sendmsg(void *s, zmq_msg_t *msg, int flags);

/* zmq_msg_recv with its arguments in another order. Deprecated. */
ZMQ_EXPORT int zmq_recvmsg(void *s, zmq_msg_t *msg, int flags);

/*
 * Sends a copy of the len bytes at buf as a message part. flags: as with zmq_msg_send.
 *
 * Returns the number of bytes; or -1 and errno.
 *
 * Errors:
 * As zmq_msg_send; EFAULT: buf is NULL, and len is not 0. ENOMEM: there is no memory for the copy.
 */
ZMQ_EXPORT int zmq_send(void *s, const void *buf, size_t len, int flags);

/*
 * Sends the len bytes at buf, which are constant, as a message part. They are not copied when they are many.
 * flags: as with zmq_msg_send.
 *
 * Returns the number of bytes; or -1 and errno.
 *
 * Errors:
 * As zmq_send.
 */
ZMQ_EXPORT int zmq_send_const(void *s, const void *buf, size_t len, int flags);

/*
 * Receives a message part, and writes its bytes to buf: no more than len of them. flags: as with zmq_msg_recv.
 * ZMQ_RCVMORE tells whether more parts of the same message follow.
 *
 * Returns the part's size, which may be greater than len, INT_MAX when it is greater than that; or -1 and errno.
 *
 * Errors:
 * As zmq_msg_recv; EFAULT: buf is NULL, and len is not 0.
 */
ZMQ_EXPORT int zmq_recv(void *s, void *buf, size_t len, int flags);

/*
 * Sends count message parts, each a copy of what a iovec names. The last one ends the message, whatever flags says;
 * those before are followed by more when flags has ZMQ_SNDMORE, and are messages of their own when not.
 *
 * Returns the size of the last part; or -1 and errno: what comes before the part that was refused has been sent.
 *
 * Errors:
 * As zmq_send; EINVAL: count is 0 or iov is NULL.
 */
ZMQ_EXPORT int zmq_sendiov(void *s, struct iovec *iov, size_t count, int flags);

/*
 * Receives the parts of a message, no more than count says, and writes the address and the size of each to iov. The
 * bytes are the caller's, who frees them with free. flags: as with zmq_msg_recv. Writes the number of parts to count.
 *
 * Returns the number of parts; or -1 and errno.
 *
 * Errors:
 * As zmq_msg_recv; EINVAL: count or iov is NULL, or count says 0. ENOMEM: there is no memory for the bytes.
 */
ZMQ_EXPORT int zmq_recviov(void *s, struct iovec *iov, size_t *count, int flags);

/*
 * Waits until one of nitems sockets and descriptors is ready for what its events say, and writes what each is
 * ready for to its revents. timeout is in milliseconds: 0 for not to wait, -1 for without end.
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
ZMQ_EXPORT int zmq_poll(struct zmq_pollitem_t *items, int nitems, long timeout);

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * As zmq_poll; and while it waits, the signals held back are those of sigmask, a sigset_t, rather than those of
 * the thread. With NULL, it is zmq_poll.
 *
 * Returns the number of items with revents, 0 when the time has passed; or -1 and errno.
 *
 * Errors:
 * As zmq_poll.
 */
ZMQ_EXPORT int zmq_ppoll(struct zmq_pollitem_t *items, int nitems, long timeout, const void *sigmask);
#endif

/*
 * Passes on messages between two sockets, both ways, until there is an error. What is passed on is sent to
 * capture as well, unless that is NULL.
 *
 * Returns -1 and errno.
 *
 * Errors:
 * ETERM: the context was terminated.
 * EFAULT: one of the two is NULL.
 * ENOTSOCK: one of them is not an open socket.
 * EINTR: a signal came while there was nothing to pass on.
 */
ZMQ_EXPORT int zmq_proxy(void *frontend, void *backend, void *capture);

/*
 * As zmq_proxy, and obeys the messages that come from the socket control, unless that is NULL: "PAUSE", "RESUME",
 * "TERMINATE", and "STATISTICS", which is answered with eight parts, each a uint64_t: messages and bytes received
 * from the frontend, messages and bytes sent to it; and the same of the backend. A REP gets an empty answer to
 * everything else.
 *
 * Returns 0 after "TERMINATE"; or -1 and errno.
 *
 * Errors:
 * As zmq_proxy.
 */
ZMQ_EXPORT int zmq_proxy_steerable(void *frontend, void *backend, void *capture, void *control);

/*
 * The older way to have a proxy. The type is not looked at.
 *
 * Returns -1 and errno, as zmq_proxy.
 */
ZMQ_EXPORT int zmq_device(int _type, void *frontend, void *backend);

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * Makes a poller, with nothing registered.
 *
 * Returns it, to be given to zmq_poller_destroy; or NULL and errno.
 *
 * Errors:
 * EMFILE: there are too many.
 */
ZMQ_EXPORT void *zmq_poller_new(void);

/*
 * Ends a poller, and sets what poller_p points to to NULL.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: poller_p is NULL, or does not point to a poller.
 */
ZMQ_EXPORT int zmq_poller_destroy(void **poller_p);

/*
 * Tells how many sockets and descriptors are registered.
 *
 * Returns their number; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a poller.
 */
ZMQ_EXPORT int zmq_poller_size(void *poller);

/*
 * Registers a socket. events: ZMQ_POLLIN, ZMQ_POLLOUT, both, or none for now. user_data is given back with each event.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a poller.
 * ENOTSOCK: not an open socket.
 * EINVAL: the socket is registered, or there are no such events.
 * EMFILE: the system has no descriptor to spare.
 * ENOMEM: there is no memory for it.
 */
ZMQ_EXPORT int zmq_poller_add(void *poller, void *socket, void *user_data, short events);

/*
 * Registers a descriptor. events: any of ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR and ZMQ_POLLPRI.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * As zmq_poller_add; EBADF: fd is negative.
 */
ZMQ_EXPORT int zmq_poller_add_fd(void *poller, zmq_fd_t fd, void *user_data, short events);

/*
 * Changes the events of a socket that is registered.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a poller.
 * ENOTSOCK: not an open socket.
 * EINVAL: the socket is not registered, or there are no such events.
 */
ZMQ_EXPORT int zmq_poller_modify(void *poller, void *socket, short events);

/*
 * Changes the events of a descriptor that is registered.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * As zmq_poller_modify; EBADF: fd is negative.
 */
ZMQ_EXPORT int zmq_poller_modify_fd(void *poller, zmq_fd_t fd, short events);

/*
 * Undoes the registration of a socket.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a poller.
 * ENOTSOCK: not an open socket, nor one that was registered.
 * EINVAL: the socket is not registered.
 */
ZMQ_EXPORT int zmq_poller_remove(void *poller, void *socket);

/*
 * Undoes the registration of a descriptor.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * As zmq_poller_remove; EBADF: fd is negative.
 */
ZMQ_EXPORT int zmq_poller_remove_fd(void *poller, zmq_fd_t fd);

/*
 * Waits until one of the sockets and descriptors is ready for what it is registered for, and writes which to event.
 * timeout is in milliseconds: 0 for not to wait, -1 for without end.
 *
 * Returns 0; or -1 and errno, and then event names nothing.
 *
 * Errors:
 * EAGAIN: the time has passed.
 * EFAULT: not a poller, or event is NULL, or nothing is waited for and timeout is -1.
 * ETERM: the context of one of the sockets was terminated.
 * ENOTSOCK: one of the sockets was closed.
 * EINTR: a signal came before anything was ready.
 */
ZMQ_EXPORT int zmq_poller_wait(void *poller, struct zmq_poller_event_t *event, long timeout);

/*
 * Waits until some of the sockets and descriptors are ready for what they are registered for, and writes which to
 * events: no more than n_events of them. When there are more, the others come first the next time.
 * timeout is in milliseconds: 0 for not to wait, -1 for without end.
 *
 * Returns their number, which is not 0; or -1 and errno.
 *
 * Errors:
 * As zmq_poller_wait; EINVAL: n_events is negative.
 */
ZMQ_EXPORT int zmq_poller_wait_all(void *poller, struct zmq_poller_event_t *events, int n_events, long timeout);

/*
 * Gives a descriptor that becomes readable when something may have happened on one of the poller's thread-safe
 * sockets. It is the poller's.
 *
 * Returns 0 and writes it to fd; or -1 and errno.
 *
 * Errors:
 * EINVAL: none of the sockets is thread-safe.
 * EFAULT: not a poller, or fd is NULL.
 * EMFILE: the system has no descriptor to spare.
 */
ZMQ_EXPORT int zmq_poller_fd(void *poller, zmq_fd_t *fd);
#endif

/*
 * Has a socket tell of what happens to its connections: of the events asked for, each as a message of two parts,
 * from a PAIR socket that is bound to addr, an inproc endpoint. The first part is the event's number, in 16 bits, and
 * its value, in 32; the second the endpoint. A monitor that was there before is stopped; with addr NULL that is all.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: the endpoint is not well formed, or there are no such events.
 * EPROTONOSUPPORT: it is not an inproc endpoint.
 * EADDRINUSE: the endpoint is in use.
 * EMFILE: too many sockets are open.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_socket_monitor(void *s, const char *addr, int events);

#if defined(ZMQ_BUILD_DRAFT_API)
/*
 * As zmq_socket_monitor, with a choice of the format and of the type of the monitor's socket: ZMQ_PAIR, ZMQ_PUB or
 * ZMQ_PUSH. In version 2 the parts are the event's number, the number of values, each value, in 64 bits each, and the
 * local and the remote endpoint.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: also when there is no such version, or the type is none of these.
 */
ZMQ_EXPORT int zmq_socket_monitor_versioned(void *s, const char *addr, uint64_t events, int event_version, int type);

/*
 * Has a socket's monitor tell, for each of its connections, how many messages wait to be sent and to be received:
 * ZMQ_EVENT_PIPES_STATS.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: no monitor was asked for this event.
 * EAGAIN: there is no connection.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_socket_monitor_pipes_stats(void *s);

/*
 * Says what can be done at once with the peer of a ROUTER that has this routing id: ZMQ_POLLOUT if there is room for
 * a message to it, ZMQ_POLLIN if it has sent one that is not received yet.
 *
 * Returns these, or 0; or -1 and errno.
 *
 * Errors:
 * EHOSTUNREACH: there is no such peer.
 * ENOTSUP: the socket's type has no routing ids.
 * EINVAL: routing_id is NULL.
 * ETERM: the context was terminated.
 * ENOTSOCK: not an open socket.
 */
ZMQ_EXPORT int zmq_socket_get_peer_state(void *socket, const void *routing_id, size_t routing_id_size);
#endif

/*
 * Writes the size bytes at data as printable characters to dest, which has room for 5 for each 4 bytes, and a NUL.
 *
 * Returns dest; or NULL and errno.
 *
 * Errors:
 * EINVAL: size is not divisible by 4.
 * EFAULT: dest is NULL, or data is with a size that is not 0.
 */
ZMQ_EXPORT char *zmq_z85_encode(char *dest, const uint8_t *data, size_t size);

/*
 * Writes the bytes that string stands for to dest, which has room for 4 for each 5 characters.
 *
 * Returns dest; or NULL and errno, and then may have written some.
 *
 * Errors:
 * EINVAL: string is empty, its length is not divisible by 5, or it stands for no bytes.
 * EFAULT: dest or string is NULL.
 */
ZMQ_EXPORT uint8_t *zmq_z85_decode(uint8_t *dest, const char *string);

/*
 * Makes a new pair of keys, as text: 40 characters and a NUL each.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: one of the two is NULL.
 * EMFILE: the system gives no random numbers.
 */
ZMQ_EXPORT int zmq_curve_keypair(char *z85_public_key, char *z85_secret_key);

/*
 * Gives the public key that belongs to a secret one, as text.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EINVAL: z85_secret_key is not a key.
 * EFAULT: one of the two is NULL.
 */
ZMQ_EXPORT int zmq_curve_public(char *z85_public_key, const char *z85_secret_key);

/*
 * Makes a counter that says 0.
 *
 * Returns it, to be given to zmq_atomic_counter_destroy.
 */
ZMQ_EXPORT void *zmq_atomic_counter_new(void);

/*
 * Lets the counter say value.
 *
 * Errors:
 * EFAULT: not a counter; so with the others, which then return 0.
 */
ZMQ_EXPORT void zmq_atomic_counter_set(void *counter, int value);

/*
 * Adds 1 to the counter.
 *
 * Returns what it said before.
 */
ZMQ_EXPORT int zmq_atomic_counter_inc(void *counter);

/*
 * Takes 1 from the counter.
 *
 * Returns 0 when it now says 0, and 1 when not.
 */
ZMQ_EXPORT int zmq_atomic_counter_dec(void *counter);

/* Gives what the counter says. */
ZMQ_EXPORT int zmq_atomic_counter_value(void *counter);

/*
 * Ends the counter, and sets what counter_p points to to NULL.
 *
 * Errors:
 * EFAULT: counter_p is NULL, or does not point to a counter.
 */
ZMQ_EXPORT void zmq_atomic_counter_destroy(void **counter_p);

/*
 * Makes a set of timers, empty.
 *
 * Returns it, to be given to zmq_timers_destroy; or NULL and errno.
 *
 * Errors:
 * EMFILE: there are too many.
 */
ZMQ_EXPORT void *zmq_timers_new(void);

/*
 * Ends a set of timers, and sets what timers_p points to to NULL.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: timers_p is NULL, or does not point to a set of timers.
 */
ZMQ_EXPORT int zmq_timers_destroy(void **timers_p);

/*
 * Adds a timer: handler is called with the timer's number and arg after interval milliseconds, and again after as
 * many more, until it is cancelled.
 *
 * Returns the timer's number, which is above 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a set of timers, or handler is NULL.
 */
ZMQ_EXPORT int zmq_timers_add(void *timers, size_t interval, zmq_timer_fn * handler, void *arg);

/*
 * Cancels a timer: it is not called any more.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a set of timers.
 * EINVAL: there is no such timer.
 */
ZMQ_EXPORT int zmq_timers_cancel(void *timers, int timer_id);

/*
 * Gives a timer another interval, which begins now.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * As zmq_timers_cancel.
 */
ZMQ_EXPORT int zmq_timers_set_interval(void *timers, int timer_id, size_t interval);

/*
 * Begins a timer's interval anew.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * As zmq_timers_cancel.
 */
ZMQ_EXPORT int zmq_timers_reset(void *timers, int timer_id);

/*
 * Tells how long until the next timer is due.
 *
 * Returns milliseconds, -1 when there is no timer; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a set of timers.
 */
ZMQ_EXPORT long zmq_timers_timeout(void *timers);

/*
 * Calls the functions of all timers that are due. They may add, change and cancel timers; what they add is not called
 * before the next time.
 *
 * Returns 0; or -1 and errno.
 *
 * Errors:
 * EFAULT: not a set of timers.
 */
ZMQ_EXPORT int zmq_timers_execute(void *timers);

/*
 * Starts a stopwatch.
 *
 * Returns it, to be given to zmq_stopwatch_intermediate and zmq_stopwatch_stop.
 */
ZMQ_EXPORT void *zmq_stopwatch_start(void);

/* Gives the microseconds since the stopwatch was started. */
ZMQ_EXPORT unsigned long zmq_stopwatch_intermediate(void *watch);

/*
 * Stops a stopwatch.
 *
 * Returns the microseconds since it was started.
 */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop(void *watch);

/* Sleeps for some seconds, less when a signal comes. */
ZMQ_EXPORT void zmq_sleep(int seconds);

/*
 * Starts a thread that calls func with arg. Signals are not handled on it.
 *
 * Returns the thread, to be given to zmq_threadclose; or NULL and errno.
 *
 * Errors:
 * EFAULT: func is NULL.
 * EAGAIN, EMFILE: there are too many threads.
 */
ZMQ_EXPORT void *zmq_threadstart(zmq_thread_fn * func, void *arg);

/*
 * Waits until a thread of zmq_threadstart has ended.
 *
 * Errors:
 * EFAULT: not such a thread, or it was closed.
 */
ZMQ_EXPORT void zmq_threadclose(void *thread);

/*
 * Tells whether the library can do something: "ipc", "curve", "draft", say.
 *
 * Returns 1 if it can; 0 if not.
 */
ZMQ_EXPORT int zmq_has(const char *capability);

#undef ZMQ_EXPORT

#ifdef __cplusplus
}
#endif

#endif /* __ZMQ_H_INCLUDED__ */
