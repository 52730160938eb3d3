//! What zmq.h declares besides functions: constants, error codes and structures, with 2.2's numbers and layout.
//! This file stands alone, so that the header's test can compile it too.
#![allow(dead_code)] // Some of it only the application uses.
#![allow(non_camel_case_types)] // The names are the ABI's.

use std::ffi::{c_int, c_short, c_uchar, c_void};

/// The version of the API: 2.2.0.
pub const ZMQ_VERSION_MAJOR: c_int = 2;
/// The version of the API: 2.2.0.
pub const ZMQ_VERSION_MINOR: c_int = 2;
/// The version of the API: 2.2.0.
pub const ZMQ_VERSION_PATCH: c_int = 0;

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

/// Bodies of up to this many bytes are kept in zmq_msg_t itself.
pub const ZMQ_MAX_VSM_SIZE: c_int = 30;
/// A value of zmq_msg_t's content: not a message.
pub const ZMQ_DELIMITER: c_int = 31;
/// A value of zmq_msg_t's content: the body is in vsm_data.
pub const ZMQ_VSM: c_int = 32;
/// In zmq_msg_t's flags: more parts of the same message follow.
pub const ZMQ_MSG_MORE: c_int = 1;
/// In zmq_msg_t's flags: the body may be shared with a copy.
pub const ZMQ_MSG_SHARED: c_int = 128;
/// The flags that have a meaning; all others are set in a message that is initialised.
pub const ZMQ_MSG_MASK: c_int = 129;

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
/// Socket type: receives requests with the sender's address, and sends replies to addresses.
pub const ZMQ_ROUTER: c_int = 6;
/// Socket type: receives from all its peers in turn.
pub const ZMQ_PULL: c_int = 7;
/// Socket type: sends to its peers in turn.
pub const ZMQ_PUSH: c_int = 8;
/// Socket type: a PUB that receives its subscribers' subscriptions.
pub const ZMQ_XPUB: c_int = 9;
/// Socket type: a SUB that sends its subscriptions as messages.
pub const ZMQ_XSUB: c_int = 10;
/// Another name of ZMQ_DEALER.
pub const ZMQ_XREQ: c_int = ZMQ_DEALER;
/// Another name of ZMQ_ROUTER.
pub const ZMQ_XREP: c_int = ZMQ_ROUTER;
/// Another name of ZMQ_PULL.
pub const ZMQ_UPSTREAM: c_int = ZMQ_PULL;
/// Another name of ZMQ_PUSH.
pub const ZMQ_DOWNSTREAM: c_int = ZMQ_PUSH;

/// Socket option, uint64_t: the most messages that wait for each peer, each way; 0: no limit.
pub const ZMQ_HWM: c_int = 1;
/// Socket option, int64_t: bytes on disk, for each peer, that take what is over the high-water mark.
pub const ZMQ_SWAP: c_int = 3;
/// Socket option, uint64_t: a bitmap of the I/O threads that may serve the socket; 0: all.
pub const ZMQ_AFFINITY: c_int = 4;
/// Socket option, 1 to 255 bytes, the first not zero: the socket's name, which makes it durable.
pub const ZMQ_IDENTITY: c_int = 5;
/// Socket option of a SUB, bytes, set only: receive what starts with them.
pub const ZMQ_SUBSCRIBE: c_int = 6;
/// Socket option of a SUB, bytes, set only: undo one such subscription.
pub const ZMQ_UNSUBSCRIBE: c_int = 7;
/// Socket option, int64_t: multicast rate in kbit/s.
pub const ZMQ_RATE: c_int = 8;
/// Socket option, int64_t: multicast recovery interval in seconds.
pub const ZMQ_RECOVERY_IVL: c_int = 9;
/// Socket option, int64_t, 0 or 1: multicast loopback.
pub const ZMQ_MCAST_LOOP: c_int = 10;
/// Socket option, uint64_t: the system's send buffer in bytes; 0: its default.
pub const ZMQ_SNDBUF: c_int = 11;
/// Socket option, uint64_t: the system's receive buffer in bytes; 0: its default.
pub const ZMQ_RCVBUF: c_int = 12;
/// Socket option, int64_t, get only: 1 when more parts of the message just received follow.
pub const ZMQ_RCVMORE: c_int = 13;
/// Socket option, int, get only: a file descriptor; readable (edge-triggered) means look at ZMQ_EVENTS.
pub const ZMQ_FD: c_int = 14;
/// Socket option, uint32_t, get only: ZMQ_POLLIN when a message can be received, ZMQ_POLLOUT when sent.
pub const ZMQ_EVENTS: c_int = 15;
/// Socket option, int, get only: the socket's type.
pub const ZMQ_TYPE: c_int = 16;
/// Socket option, int: milliseconds for which unsent messages are kept after zmq_close; -1: for ever.
pub const ZMQ_LINGER: c_int = 17;
/// Socket option, int: milliseconds before a lost connection is made again; -1: never.
pub const ZMQ_RECONNECT_IVL: c_int = 18;
/// Socket option, int: connections that may wait to be accepted.
pub const ZMQ_BACKLOG: c_int = 19;
/// Socket option, int64_t: multicast recovery interval in milliseconds; -1: ZMQ_RECOVERY_IVL counts.
pub const ZMQ_RECOVERY_IVL_MSEC: c_int = 20;
/// Socket option, int: milliseconds up to which ZMQ_RECONNECT_IVL doubles with each failure; 0: not at all.
pub const ZMQ_RECONNECT_IVL_MAX: c_int = 21;
/// Socket option, int: milliseconds that zmq_recv waits; -1: for ever.
pub const ZMQ_RCVTIMEO: c_int = 27;
/// Socket option, int: milliseconds that zmq_send waits; -1: for ever.
pub const ZMQ_SNDTIMEO: c_int = 28;
/// Socket option, string, get only: the endpoint last bound or connected to, with the port that the system
/// chose for port * or 0. An extension: 2.2 has no such option, later versions give it this number.
pub const ZMQ_LAST_ENDPOINT: c_int = 32;

/// Flag of zmq_send and zmq_recv: do not wait.
pub const ZMQ_NOBLOCK: c_int = 1;
/// Flag of zmq_send: more parts of the same message follow.
pub const ZMQ_SNDMORE: c_int = 2;

/// Poll event: a message, or a descriptor's bytes, can be received.
pub const ZMQ_POLLIN: c_short = 1;
/// Poll event: a message, or a descriptor's bytes, can be sent.
pub const ZMQ_POLLOUT: c_short = 2;
/// Poll event of a descriptor: an error is pending.
pub const ZMQ_POLLERR: c_short = 4;

/// Device: from PULL or UPSTREAM to PUSH.
pub const ZMQ_STREAMER: c_int = 1;
/// Device: from SUB to PUB.
pub const ZMQ_FORWARDER: c_int = 2;
/// Device: between XREP and XREQ, both ways.
pub const ZMQ_QUEUE: c_int = 3;

/// One part of a message. Its fields are the library's: use the zmq_msg_ functions.
#[repr(C)]
pub struct zmq_msg_t {
    /// ZMQ_VSM, or the shared body.
    pub content: *mut c_void,
    /// ZMQ_MSG_MORE, ZMQ_MSG_SHARED, and all bits outside ZMQ_MSG_MASK.
    pub flags: c_uchar,
    /// The length of a body that is in vsm_data.
    pub vsm_size: c_uchar,
    /// The body, when it is short enough.
    pub vsm_data: [c_uchar; 30],
}

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
    /// What to wait for: ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR.
    pub events: c_short,
    /// Which of them there are.
    pub revents: c_short,
}
