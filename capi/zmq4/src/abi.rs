//! What zmq.h declares besides functions: constants, error codes and structures, with libzmq 4.3's numbers and
//! layout. The drafts are in draft.rs. Both files stand alone, so that the header's test can compile them too.
#![allow(dead_code)] // Some of it only the application uses.
#![allow(non_camel_case_types)] // The names are the ABI's.

use std::ffi::{c_int, c_short, c_uchar, c_void};

/// The version of the API: 4.3.5.
pub const ZMQ_VERSION_MAJOR: c_int = 4;
/// The version of the API: 4.3.5.
pub const ZMQ_VERSION_MINOR: c_int = 3;
/// The version of the API: 4.3.5.
pub const ZMQ_VERSION_PATCH: c_int = 5;

/// The library's own error codes start here, far from those of any system.
pub const ZMQ_HAUSNUMERO: c_int = 156384712;
/// The socket is not in a state to do this: a second request before the reply, say.
pub const EFSM: c_int = ZMQ_HAUSNUMERO + 51;
/// The endpoint's transport does not go with the socket's type.
pub const ENOCOMPATPROTO: c_int = ZMQ_HAUSNUMERO + 52;
/// The context was terminated.
pub const ETERM: c_int = ZMQ_HAUSNUMERO + 53;
/// The context has no I/O thread that could do this.
pub const EMTHREAD: c_int = ZMQ_HAUSNUMERO + 54;

/// Context option: how many threads do the sockets' I/O.
pub const ZMQ_IO_THREADS: c_int = 1;
/// Context option: how many sockets may be open at a time.
pub const ZMQ_MAX_SOCKETS: c_int = 2;
/// Context option, get only: the most that ZMQ_MAX_SOCKETS can be set to.
pub const ZMQ_SOCKET_LIMIT: c_int = 3;
/// Context option, set only: the I/O threads' priority.
pub const ZMQ_THREAD_PRIORITY: c_int = 3;
/// Context option: the I/O threads' scheduling policy, of sched.h.
pub const ZMQ_THREAD_SCHED_POLICY: c_int = 4;
/// Context option: the longest message part that is sent, in bytes.
pub const ZMQ_MAX_MSGSZ: c_int = 5;
/// Context option, get only: the size of zmq_msg_t.
pub const ZMQ_MSG_T_SIZE: c_int = 6;
/// Context option, set only: a processor that the I/O threads may run on.
pub const ZMQ_THREAD_AFFINITY_CPU_ADD: c_int = 7;
/// Context option, set only: undoes ZMQ_THREAD_AFFINITY_CPU_ADD.
pub const ZMQ_THREAD_AFFINITY_CPU_REMOVE: c_int = 8;
/// Context option: a number that the I/O threads' names start with.
pub const ZMQ_THREAD_NAME_PREFIX: c_int = 9;

/// The value of ZMQ_IO_THREADS in a new context.
pub const ZMQ_IO_THREADS_DFLT: c_int = 1;
/// The value of ZMQ_MAX_SOCKETS in a new context.
pub const ZMQ_MAX_SOCKETS_DFLT: c_int = 1023;
/// The value of ZMQ_THREAD_PRIORITY in a new context: the system's.
pub const ZMQ_THREAD_PRIORITY_DFLT: c_int = -1;
/// The value of ZMQ_THREAD_SCHED_POLICY in a new context: the system's.
pub const ZMQ_THREAD_SCHED_POLICY_DFLT: c_int = -1;

/// An extension: libzmq has no such option, and no option with a number near it. Extensions have names of their own,
/// and numbers from 0x6f780000 to 0x6f78ffff.
///
/// Context option, 0 to 1000: for how many microseconds a thread that waits may look again before it goes to sleep,
/// where that has paid lately. Counts for sockets made afterwards, and for the I/O threads until the first socket is
/// made; of several sockets in a zmq_poll, the least counts. The environment variable OXMQ_SPIN_US, if it is set, is
/// the most that there can be, and the value in a new context, otherwise 50. zmq_ctx_get gives what is in effect: 0
/// where there is one processor only.
///
/// What it costs: a message that is that near is received some 10 to 50 microseconds sooner, for as much processor
/// time as was waited. With 0 a thread sleeps at once, and must be woken for each message that comes by itself.
pub const OXMQ_CTX_SPIN_US: c_int = 0x6f78_0001;

/// Socket type: talks to exactly one peer.
pub const ZMQ_PAIR: c_int = 0;
/// Socket type: sends to all subscribers.
pub const ZMQ_PUB: c_int = 1;
/// Socket type: receives what it subscribed to.
pub const ZMQ_SUB: c_int = 2;
/// Socket type: sends a request, then receives its reply.
pub const ZMQ_REQ: c_int = 3;
/// Socket type: receives a request, then sends its reply.
pub const ZMQ_REP: c_int = 4;
/// Socket type: sends requests and receives replies in any order.
pub const ZMQ_DEALER: c_int = 5;
/// Socket type: receives requests with the sender's routing id, and sends replies to routing ids.
pub const ZMQ_ROUTER: c_int = 6;
/// Socket type: receives from all its peers in turn.
pub const ZMQ_PULL: c_int = 7;
/// Socket type: sends to its peers in turn.
pub const ZMQ_PUSH: c_int = 8;
/// Socket type: a PUB that receives its subscribers' subscriptions.
pub const ZMQ_XPUB: c_int = 9;
/// Socket type: a SUB that sends its subscriptions as messages.
pub const ZMQ_XSUB: c_int = 10;
/// Socket type: talks to TCP peers that know nothing of messages.
pub const ZMQ_STREAM: c_int = 11;
/// Another name of ZMQ_DEALER.
pub const ZMQ_XREQ: c_int = ZMQ_DEALER;
/// Another name of ZMQ_ROUTER.
pub const ZMQ_XREP: c_int = ZMQ_ROUTER;

/// Socket option, uint64_t: a bitmap of the I/O threads that may serve the socket; 0: all.
pub const ZMQ_AFFINITY: c_int = 4;
/// Socket option, 1 to 255 bytes: the socket's name for its ROUTER peers; none is set to begin with.
pub const ZMQ_ROUTING_ID: c_int = 5;
/// Socket option of a SUB (and an XPUB with ZMQ_XPUB_MANUAL), bytes, set only: receive what starts with them.
pub const ZMQ_SUBSCRIBE: c_int = 6;
/// Socket option of a SUB (and an XPUB with ZMQ_XPUB_MANUAL), bytes, set only: undo one such subscription.
pub const ZMQ_UNSUBSCRIBE: c_int = 7;
/// Socket option, int: multicast rate in kbit/s.
pub const ZMQ_RATE: c_int = 8;
/// Socket option, int: multicast recovery interval in milliseconds.
pub const ZMQ_RECOVERY_IVL: c_int = 9;
/// Socket option, int: the system's send buffer in bytes; -1: its default.
pub const ZMQ_SNDBUF: c_int = 11;
/// Socket option, int: the system's receive buffer in bytes; -1: its default.
pub const ZMQ_RCVBUF: c_int = 12;
/// Socket option, int, get only: 1 when more parts of the message just received follow.
pub const ZMQ_RCVMORE: c_int = 13;
/// Socket option, zmq_fd_t, get only: a file descriptor; readable (edge-triggered) means look at ZMQ_EVENTS.
pub const ZMQ_FD: c_int = 14;
/// Socket option, int, get only: ZMQ_POLLIN when a message can be received, ZMQ_POLLOUT when sent.
pub const ZMQ_EVENTS: c_int = 15;
/// Socket option, int, get only: the socket's type.
pub const ZMQ_TYPE: c_int = 16;
/// Socket option, int: milliseconds for which unsent messages are kept after zmq_close; -1: for ever.
pub const ZMQ_LINGER: c_int = 17;
/// Socket option, int: milliseconds before a lost connection is made again; -1: never.
pub const ZMQ_RECONNECT_IVL: c_int = 18;
/// Socket option, int: connections that may wait to be accepted.
pub const ZMQ_BACKLOG: c_int = 19;
/// Socket option, int: milliseconds up to which ZMQ_RECONNECT_IVL doubles with each failure; 0: not at all.
pub const ZMQ_RECONNECT_IVL_MAX: c_int = 21;
/// Socket option, int64_t: the longest message part that is received, in bytes; -1: any.
pub const ZMQ_MAXMSGSIZE: c_int = 22;
/// Socket option, int: the most messages that wait to be sent to each peer; 0: no limit.
pub const ZMQ_SNDHWM: c_int = 23;
/// Socket option, int: the most messages that wait to be received from each peer; 0: no limit.
pub const ZMQ_RCVHWM: c_int = 24;
/// Socket option, int: how many network hops multicast packets travel.
pub const ZMQ_MULTICAST_HOPS: c_int = 25;
/// Socket option, int: milliseconds that a call waits to receive; -1: for ever.
pub const ZMQ_RCVTIMEO: c_int = 27;
/// Socket option, int: milliseconds that a call waits to send; -1: for ever.
pub const ZMQ_SNDTIMEO: c_int = 28;
/// Socket option, string, get only: the endpoint last bound or connected to, with the port that the system
/// chose for port * or 0.
pub const ZMQ_LAST_ENDPOINT: c_int = 32;
/// Socket option of a ROUTER, int, 0 or 1, set only: whether a message to nobody gives EHOSTUNREACH.
pub const ZMQ_ROUTER_MANDATORY: c_int = 33;
/// Socket option, int: whether the system probes idle TCP connections; -1: as it is set up to.
pub const ZMQ_TCP_KEEPALIVE: c_int = 34;
/// Socket option, int: probes without an answer that end a connection; -1: as the system is set up to.
pub const ZMQ_TCP_KEEPALIVE_CNT: c_int = 35;
/// Socket option, int: seconds of silence before the first probe; -1: as the system is set up to.
pub const ZMQ_TCP_KEEPALIVE_IDLE: c_int = 36;
/// Socket option, int: seconds between probes; -1: as the system is set up to.
pub const ZMQ_TCP_KEEPALIVE_INTVL: c_int = 37;
/// Socket option, int, 0 or 1: whether messages wait for a connection that is made, not one that is being made.
pub const ZMQ_IMMEDIATE: c_int = 39;
/// Socket option of an XPUB, int, 0 or 1, set only: whether it receives every subscription, not only new ones.
pub const ZMQ_XPUB_VERBOSE: c_int = 40;
/// Socket option of a ROUTER, int, 0 or 1, set only: whether its peers are TCP peers that know nothing of messages.
pub const ZMQ_ROUTER_RAW: c_int = 41;
/// Socket option, int, 0 or 1: whether names and interfaces may be of IPv6 too.
pub const ZMQ_IPV6: c_int = 42;
/// Socket option, int, get only: the security mechanism, ZMQ_NULL, ZMQ_PLAIN or ZMQ_CURVE.
pub const ZMQ_MECHANISM: c_int = 43;
/// Socket option, int, 0 or 1: whether this side is the server of PLAIN.
pub const ZMQ_PLAIN_SERVER: c_int = 44;
/// Socket option, string: the name that a client of PLAIN gives.
pub const ZMQ_PLAIN_USERNAME: c_int = 45;
/// Socket option, string: the password that a client of PLAIN gives.
pub const ZMQ_PLAIN_PASSWORD: c_int = 46;
/// Socket option, int, 0 or 1: whether this side is the server of CURVE.
pub const ZMQ_CURVE_SERVER: c_int = 47;
/// Socket option, 32 bytes or 40 characters of Z85: this side's public key.
pub const ZMQ_CURVE_PUBLICKEY: c_int = 48;
/// Socket option, 32 bytes or 40 characters of Z85: this side's secret key.
pub const ZMQ_CURVE_SECRETKEY: c_int = 49;
/// Socket option, 32 bytes or 40 characters of Z85: the server's public key, which a client knows beforehand.
pub const ZMQ_CURVE_SERVERKEY: c_int = 50;
/// Socket option of a REQ, DEALER or ROUTER, int, 0 or 1, set only: whether new peers are greeted with an empty
/// message.
pub const ZMQ_PROBE_ROUTER: c_int = 51;
/// Socket option of a REQ, int, 0 or 1, set only: whether requests have numbers, by which replies are told apart.
pub const ZMQ_REQ_CORRELATE: c_int = 52;
/// Socket option of a REQ, int, 0 or 1, set only: whether a request may be sent before the reply to the last.
pub const ZMQ_REQ_RELAXED: c_int = 53;
/// Socket option, int, 0 or 1: whether only the last message is kept, each way.
pub const ZMQ_CONFLATE: c_int = 54;
/// Socket option, string: the domain that the program's ZAP handler is asked with.
pub const ZMQ_ZAP_DOMAIN: c_int = 55;
/// Socket option of a ROUTER, int, 0 or 1, set only: whether a new peer takes a routing id over from another.
pub const ZMQ_ROUTER_HANDOVER: c_int = 56;
/// Socket option, int: the type-of-service byte of outgoing packets.
pub const ZMQ_TOS: c_int = 57;
/// Socket option of a ROUTER or STREAM, 1 to 255 bytes, set only: the routing id of the next peer connected to.
pub const ZMQ_CONNECT_ROUTING_ID: c_int = 61;
/// Socket option: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_SERVER: c_int = 62;
/// Socket option: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_PRINCIPAL: c_int = 63;
/// Socket option: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL: c_int = 64;
/// Socket option: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_PLAINTEXT: c_int = 65;
/// Socket option, int: milliseconds that a handshake may take; 0: no limit.
pub const ZMQ_HANDSHAKE_IVL: c_int = 66;
/// Socket option, string: host and port of a SOCKS 5 proxy for outgoing TCP connections.
pub const ZMQ_SOCKS_PROXY: c_int = 68;
/// Socket option of an XPUB or PUB, int, 0 or 1, set only: whether a message waits for room at every subscriber.
pub const ZMQ_XPUB_NODROP: c_int = 69;
/// Context option: whether zmq_ctx_term waits for messages that nobody takes; 0: new sockets have a ZMQ_LINGER of 0.
pub const ZMQ_BLOCKY: c_int = 70;
/// Socket option of an XPUB, int, 0 or 1, set only: whether the application subscribes its peers itself.
pub const ZMQ_XPUB_MANUAL: c_int = 71;
/// Socket option of an XPUB, bytes, set only: what each new subscriber is sent first.
pub const ZMQ_XPUB_WELCOME_MSG: c_int = 72;
/// Socket option of a STREAM, int, 0 or 1, set only: whether an empty message tells of peers that come and go.
pub const ZMQ_STREAM_NOTIFY: c_int = 73;
/// Socket option of a PUB, XPUB or SUB, int, 0 or 1: whether messages go to those who have not subscribed to them.
pub const ZMQ_INVERT_MATCHING: c_int = 74;
/// Socket option, int: milliseconds between heartbeats; 0: none.
pub const ZMQ_HEARTBEAT_IVL: c_int = 75;
/// Socket option, int: milliseconds after which the peer gives up, if nothing came; 0: it is not told.
pub const ZMQ_HEARTBEAT_TTL: c_int = 76;
/// Socket option, int: milliseconds to wait for a sign of the peer after a heartbeat; -1: ZMQ_HEARTBEAT_IVL.
pub const ZMQ_HEARTBEAT_TIMEOUT: c_int = 77;
/// Socket option of an XPUB, int, 0 or 1, set only: as ZMQ_XPUB_VERBOSE, and every cancellation too.
pub const ZMQ_XPUB_VERBOSER: c_int = 78;
/// Socket option, int: milliseconds that one attempt to connect may take; 0: as long as the system tries.
pub const ZMQ_CONNECT_TIMEOUT: c_int = 79;
/// Socket option, int: milliseconds that unacknowledged bytes keep a TCP connection; 0: as the system is set up to.
pub const ZMQ_TCP_MAXRT: c_int = 80;
/// Socket option, int, get only: 1 when threads may share the socket.
pub const ZMQ_THREAD_SAFE: c_int = 81;
/// Socket option, int: the longest multicast packet in bytes.
pub const ZMQ_MULTICAST_MAXTPDU: c_int = 84;
/// Socket option: VMCI, which this library does not have.
pub const ZMQ_VMCI_BUFFER_SIZE: c_int = 85;
/// Socket option: VMCI, which this library does not have.
pub const ZMQ_VMCI_BUFFER_MIN_SIZE: c_int = 86;
/// Socket option: VMCI, which this library does not have.
pub const ZMQ_VMCI_BUFFER_MAX_SIZE: c_int = 87;
/// Socket option: VMCI, which this library does not have.
pub const ZMQ_VMCI_CONNECT_TIMEOUT: c_int = 88;
/// Socket option, int: a socket of the system to bind or connect with; -1: none.
pub const ZMQ_USE_FD: c_int = 89;
/// Socket option: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_PRINCIPAL_NAMETYPE: c_int = 90;
/// Socket option: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: c_int = 91;
/// Socket option, string: the network interface that traffic is bound to.
pub const ZMQ_BINDTODEVICE: c_int = 92;

/// Message property: 1 when more parts of the same message follow.
pub const ZMQ_MORE: c_int = 1;
/// Message property: 1 when the body may be shared with a copy.
pub const ZMQ_SHARED: c_int = 3;

/// Flag of the functions that send and receive: do not wait.
pub const ZMQ_DONTWAIT: c_int = 1;
/// Flag of the functions that send: more parts of the same message follow.
pub const ZMQ_SNDMORE: c_int = 2;

/// Security mechanism: none.
pub const ZMQ_NULL: c_int = 0;
/// Security mechanism: a name and a password in the clear.
pub const ZMQ_PLAIN: c_int = 1;
/// Security mechanism: keys of elliptic curves, and everything encrypted.
pub const ZMQ_CURVE: c_int = 2;
/// Security mechanism: GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI: c_int = 3;

/// The longest name of a group, in bytes.
pub const ZMQ_GROUP_MAX_LENGTH: c_int = 255;

/// The older name of ZMQ_ROUTING_ID.
pub const ZMQ_IDENTITY: c_int = ZMQ_ROUTING_ID;
/// The older name of ZMQ_CONNECT_ROUTING_ID.
pub const ZMQ_CONNECT_RID: c_int = ZMQ_CONNECT_ROUTING_ID;
/// Socket option, string, set only: adds a network (address, slash, length) that connections are accepted from.
pub const ZMQ_TCP_ACCEPT_FILTER: c_int = 38;
/// Socket option, pid_t, set only: adds a process that may connect over ipc.
pub const ZMQ_IPC_FILTER_PID: c_int = 58;
/// Socket option, uid_t, set only: adds a user who may connect over ipc.
pub const ZMQ_IPC_FILTER_UID: c_int = 59;
/// Socket option, gid_t, set only: adds a group whose members may connect over ipc.
pub const ZMQ_IPC_FILTER_GID: c_int = 60;
/// Socket option, int, 0 or 1: the opposite of ZMQ_IPV6, which is to be used instead.
pub const ZMQ_IPV4ONLY: c_int = 31;
/// The older name of ZMQ_IMMEDIATE.
pub const ZMQ_DELAY_ATTACH_ON_CONNECT: c_int = ZMQ_IMMEDIATE;
/// The older name of ZMQ_DONTWAIT.
pub const ZMQ_NOBLOCK: c_int = ZMQ_DONTWAIT;
/// An older name of ZMQ_ROUTER_MANDATORY.
pub const ZMQ_FAIL_UNROUTABLE: c_int = ZMQ_ROUTER_MANDATORY;
/// An older name of ZMQ_ROUTER_MANDATORY.
pub const ZMQ_ROUTER_BEHAVIOR: c_int = ZMQ_ROUTER_MANDATORY;
/// Message property that nothing sets any more.
pub const ZMQ_SRCFD: c_int = 2;

/// Kind of name for GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_NT_HOSTBASED: c_int = 0;
/// Kind of name for GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_NT_USER_NAME: c_int = 1;
/// Kind of name for GSSAPI, which this library does not have.
pub const ZMQ_GSSAPI_NT_KRB5_PRINCIPAL: c_int = 2;

/// Monitor event: a connection was made; its value is the descriptor.
pub const ZMQ_EVENT_CONNECTED: c_int = 0x0001;
/// Monitor event: a connection is being made.
pub const ZMQ_EVENT_CONNECT_DELAYED: c_int = 0x0002;
/// Monitor event: a connection will be tried again; its value is the milliseconds until then.
pub const ZMQ_EVENT_CONNECT_RETRIED: c_int = 0x0004;
/// Monitor event: an endpoint was bound; its value is the descriptor.
pub const ZMQ_EVENT_LISTENING: c_int = 0x0008;
/// Monitor event: an endpoint could not be bound; its value is the errno.
pub const ZMQ_EVENT_BIND_FAILED: c_int = 0x0010;
/// Monitor event: a connection was accepted; its value is the descriptor.
pub const ZMQ_EVENT_ACCEPTED: c_int = 0x0020;
/// Monitor event: a connection could not be accepted; its value is the errno.
pub const ZMQ_EVENT_ACCEPT_FAILED: c_int = 0x0040;
/// Monitor event: a connection or listener was closed; its value is the descriptor.
pub const ZMQ_EVENT_CLOSED: c_int = 0x0080;
/// Monitor event: a connection or listener could not be closed; its value is the errno.
pub const ZMQ_EVENT_CLOSE_FAILED: c_int = 0x0100;
/// Monitor event: a connection was lost; its value is the descriptor.
pub const ZMQ_EVENT_DISCONNECTED: c_int = 0x0200;
/// Monitor event: monitoring ended.
pub const ZMQ_EVENT_MONITOR_STOPPED: c_int = 0x0400;
/// All monitor events.
pub const ZMQ_EVENT_ALL: c_int = 0xFFFF;
/// Monitor event: a handshake failed for a reason of the system's; its value is the errno.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: c_int = 0x0800;
/// Monitor event: a handshake succeeded.
pub const ZMQ_EVENT_HANDSHAKE_SUCCEEDED: c_int = 0x1000;
/// Monitor event: the peer, or the ZAP handler, broke the protocol; its value is a ZMQ_PROTOCOL_ERROR_ code.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: c_int = 0x2000;
/// Monitor event: the ZAP handler refused a peer; its value is the status, 300, 400 or 500.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: c_int = 0x4000;

/// Protocol error of a peer: any other.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED: c_int = 0x1000_0000;
/// Protocol error of a peer: a command that is not to be expected now.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND: c_int = 0x1000_0001;
/// Protocol error of a peer: a message out of order, or repeated.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE: c_int = 0x1000_0002;
/// Protocol error of a peer: keys could not be exchanged.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE: c_int = 0x1000_0003;
/// Protocol error of a peer: a command that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: c_int = 0x1000_0011;
/// Protocol error of a peer: a MESSAGE that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE: c_int = 0x1000_0012;
/// Protocol error of a peer: a HELLO that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO: c_int = 0x1000_0013;
/// Protocol error of a peer: an INITIATE that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE: c_int = 0x1000_0014;
/// Protocol error of a peer: an ERROR that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR: c_int = 0x1000_0015;
/// Protocol error of a peer: a READY that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY: c_int = 0x1000_0016;
/// Protocol error of a peer: a WELCOME that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME: c_int = 0x1000_0017;
/// Protocol error of a peer: metadata that is not well formed, or does not go with this socket.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA: c_int = 0x1000_0018;
/// Protocol error of a peer: something could not be decrypted; its keys may be wrong.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: c_int = 0x1100_0001;
/// Protocol error of a peer: it uses another security mechanism.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: c_int = 0x1100_0002;
/// Protocol error of the ZAP handler: any other.
pub const ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED: c_int = 0x2000_0000;
/// Protocol error of the ZAP handler: a reply that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY: c_int = 0x2000_0001;
/// Protocol error of the ZAP handler: a reply to another request.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID: c_int = 0x2000_0002;
/// Protocol error of the ZAP handler: a version that is not known.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION: c_int = 0x2000_0003;
/// Protocol error of the ZAP handler: a status code that is not known.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE: c_int = 0x2000_0004;
/// Protocol error of the ZAP handler: metadata that is not well formed.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA: c_int = 0x2000_0005;
/// Protocol error of a WebSocket peer.
pub const ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED: c_int = 0x3000_0000;

/// Poll event: a message, or a descriptor's bytes, can be received.
pub const ZMQ_POLLIN: c_short = 1;
/// Poll event: a message, or a descriptor's bytes, can be sent.
pub const ZMQ_POLLOUT: c_short = 2;
/// Poll event of a descriptor: an error is pending.
pub const ZMQ_POLLERR: c_short = 4;
/// Poll event of a descriptor: urgent bytes can be received.
pub const ZMQ_POLLPRI: c_short = 8;
/// How many items of zmq_poll are common.
pub const ZMQ_POLLITEMS_DFLT: c_int = 16;

/// zmq_has can be called.
pub const ZMQ_HAS_CAPABILITIES: c_int = 1;

/// Device: from PULL to PUSH.
pub const ZMQ_STREAMER: c_int = 1;
/// Device: from SUB to PUB.
pub const ZMQ_FORWARDER: c_int = 2;
/// Device: between ROUTER and DEALER, both ways.
pub const ZMQ_QUEUE: c_int = 3;

/// One part of a message. Its bytes are the library's: use the zmq_msg_ functions.
#[repr(C)]
#[cfg_attr(target_pointer_width = "64", repr(align(8)))]
#[cfg_attr(target_pointer_width = "32", repr(align(4)))]
pub struct zmq_msg_t {
    /// `_` in C.
    pub bytes: [c_uchar; 64],
}

/// zmq_free_fn: frees the data of zmq_msg_init_data, given its hint. NULL in C is `None` here.
pub type FreeFn = Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>;

/// zmq_thread_fn: what a thread of zmq_threadstart runs.
pub type ThreadFn = Option<unsafe extern "C" fn(*mut c_void)>;

/// zmq_timer_fn: what a timer calls, with its number and its argument.
pub type TimerFn = Option<unsafe extern "C" fn(c_int, *mut c_void)>;

/// zmq_fd_t: what a descriptor is; a SOCKET on Windows.
#[cfg(windows)]
pub type Fd = usize;
/// zmq_fd_t: what a descriptor is; a SOCKET on Windows.
#[cfg(not(windows))]
pub type Fd = c_int;

/// What zmq_poll is to wait for, and what it found.
#[repr(C)]
pub struct zmq_pollitem_t {
    /// The socket; NULL for a descriptor.
    pub socket: *mut c_void,
    /// The descriptor, when socket is NULL.
    pub fd: Fd,
    /// What to wait for: ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR, ZMQ_POLLPRI.
    pub events: c_short,
    /// Which of them there are.
    pub revents: c_short,
}
