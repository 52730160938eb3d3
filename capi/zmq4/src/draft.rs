//! What zmq.h declares for those who define ZMQ_BUILD_DRAFT_API: constants and structures of the draft API. The
//! functions are always there. `drafts` is always set: it is a mark for cbindgen.
#![allow(dead_code)] // Some of it only the application uses.
#![allow(non_camel_case_types)] // The names are the ABI's.

use super::abi::Fd;
use std::ffi::{c_int, c_short, c_void};

/// Socket type: receives from CLIENTs with their routing ids, and sends to routing ids. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_SERVER: c_int = 12;
/// Socket type: sends to SERVERs and receives from them. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_CLIENT: c_int = 13;
/// Socket type: sends to groups. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_RADIO: c_int = 14;
/// Socket type: receives what is sent to the groups that it joined. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_DISH: c_int = 15;
/// Socket type: receives from SCATTERs in turn. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_GATHER: c_int = 16;
/// Socket type: sends to GATHERs in turn. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_SCATTER: c_int = 17;
/// Socket type: sends and receives UDP packets.
#[cfg(drafts)]
pub const ZMQ_DGRAM: c_int = 18;
/// Socket type: talks to other PEERs by routing ids. Threads may share it.
#[cfg(drafts)]
pub const ZMQ_PEER: c_int = 19;
/// Socket type: a PAIR that threads may share.
#[cfg(drafts)]
pub const ZMQ_CHANNEL: c_int = 20;

/// Socket option, int, 0 or 1: whether peers are refused when the program has no ZAP handler.
#[cfg(drafts)]
pub const ZMQ_ZAP_ENFORCE_DOMAIN: c_int = 93;
/// Socket option, int, 0 or 1: a faster way on Windows. Kept for the program that asks.
#[cfg(drafts)]
pub const ZMQ_LOOPBACK_FASTPATH: c_int = 94;
/// Socket option, string, set only: a property that peers are told, "X-name:value".
#[cfg(drafts)]
pub const ZMQ_METADATA: c_int = 95;
/// Socket option, int, 0 or 1: whether multicast packets come back to this machine.
#[cfg(drafts)]
pub const ZMQ_MULTICAST_LOOP: c_int = 96;
/// Socket option of a ROUTER, int: ZMQ_NOTIFY_CONNECT and ZMQ_NOTIFY_DISCONNECT: an empty message tells of peers.
#[cfg(drafts)]
pub const ZMQ_ROUTER_NOTIFY: c_int = 97;
/// Socket option of an XPUB, int, 0 or 1, set only: as ZMQ_XPUB_MANUAL, and what is sent after a subscription goes
/// to the last subscriber only.
#[cfg(drafts)]
pub const ZMQ_XPUB_MANUAL_LAST_VALUE: c_int = 98;
/// Socket option, string: the name for the SOCKS 5 proxy; empty: none is asked for.
#[cfg(drafts)]
pub const ZMQ_SOCKS_USERNAME: c_int = 99;
/// Socket option, string: the password for the SOCKS 5 proxy.
#[cfg(drafts)]
pub const ZMQ_SOCKS_PASSWORD: c_int = 100;
/// Socket option, int, 1 or more: bytes received at a time. Kept for the program that asks.
#[cfg(drafts)]
pub const ZMQ_IN_BATCH_SIZE: c_int = 101;
/// Socket option, int, 1 or more: bytes sent at a time. Kept for the program that asks.
#[cfg(drafts)]
pub const ZMQ_OUT_BATCH_SIZE: c_int = 102;
/// Socket option: WebSockets, which this library does not have.
#[cfg(drafts)]
pub const ZMQ_WSS_KEY_PEM: c_int = 103;
/// Socket option: WebSockets, which this library does not have.
#[cfg(drafts)]
pub const ZMQ_WSS_CERT_PEM: c_int = 104;
/// Socket option: WebSockets, which this library does not have.
#[cfg(drafts)]
pub const ZMQ_WSS_TRUST_PEM: c_int = 105;
/// Socket option: WebSockets, which this library does not have.
#[cfg(drafts)]
pub const ZMQ_WSS_HOSTNAME: c_int = 106;
/// Socket option: WebSockets, which this library does not have.
#[cfg(drafts)]
pub const ZMQ_WSS_TRUST_SYSTEM: c_int = 107;
/// Socket option of an XPUB or XSUB, int, 0 or 1, set only: whether only a message's first part can be a
/// subscription.
#[cfg(drafts)]
pub const ZMQ_ONLY_FIRST_SUBSCRIBE: c_int = 108;
/// Socket option, int: the ZMQ_RECONNECT_STOP_ events after which an endpoint is given up.
#[cfg(drafts)]
pub const ZMQ_RECONNECT_STOP: c_int = 109;
/// Socket option, bytes, set only: what each new peer is sent first.
#[cfg(drafts)]
pub const ZMQ_HELLO_MSG: c_int = 110;
/// Socket option, bytes, set only: what is received when a peer is gone.
#[cfg(drafts)]
pub const ZMQ_DISCONNECT_MSG: c_int = 111;
/// Socket option, int: the packets' priority in the system's queues.
#[cfg(drafts)]
pub const ZMQ_PRIORITY: c_int = 112;
/// Socket option, int, 0 or 1: whether the system polls the network card for waiting reads.
#[cfg(drafts)]
pub const ZMQ_BUSY_POLL: c_int = 113;
/// Socket option, bytes, set only: what is received when a connection is lost and will be made again.
#[cfg(drafts)]
pub const ZMQ_HICCUP_MSG: c_int = 114;
/// Socket option of an XSUB, int, 0 or 1, set only: whether every cancellation is passed upstream.
#[cfg(drafts)]
pub const ZMQ_XSUB_VERBOSE_UNSUBSCRIBE: c_int = 115;
/// Socket option of a PUB, XPUB, SUB or XSUB, int, get only: how many different subscriptions there are.
#[cfg(drafts)]
pub const ZMQ_TOPICS_COUNT: c_int = 116;

/// Of ZMQ_RECONNECT_STOP: after the peer refused a connection.
#[cfg(drafts)]
pub const ZMQ_RECONNECT_STOP_CONN_REFUSED: c_int = 0x1;
/// Of ZMQ_RECONNECT_STOP: after a handshake that failed.
#[cfg(drafts)]
pub const ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED: c_int = 0x2;
/// Of ZMQ_RECONNECT_STOP: after zmq_disconnect.
#[cfg(drafts)]
pub const ZMQ_RECONNECT_STOP_AFTER_DISCONNECT: c_int = 0x4;

/// Context option: whether long messages are received in place. Kept for the program that asks.
#[cfg(drafts)]
pub const ZMQ_ZERO_COPY_RECV: c_int = 10;

/// Of ZMQ_ROUTER_NOTIFY: tell of peers that connect.
#[cfg(drafts)]
pub const ZMQ_NOTIFY_CONNECT: c_int = 1;
/// Of ZMQ_ROUTER_NOTIFY: tell of peers that disconnect.
#[cfg(drafts)]
pub const ZMQ_NOTIFY_DISCONNECT: c_int = 2;

/// Monitor event: how many messages wait in the socket's queues.
#[cfg(drafts)]
pub const ZMQ_EVENT_PIPES_STATS: c_int = 0x10000;
/// The version of monitor events that zmq_socket_monitor asks for.
#[cfg(drafts)]
pub const ZMQ_CURRENT_EVENT_VERSION: c_int = 1;
/// The newest version of monitor events.
#[cfg(drafts)]
pub const ZMQ_CURRENT_EVENT_VERSION_DRAFT: c_int = 2;
/// All monitor events of version 1.
#[cfg(drafts)]
pub const ZMQ_EVENT_ALL_V1: c_int = 0xFFFF;
/// All monitor events of version 2.
#[cfg(drafts)]
pub const ZMQ_EVENT_ALL_V2: c_int = ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS;

/// What zmq_poller_wait found.
#[cfg(drafts)]
#[repr(C)]
pub struct zmq_poller_event_t {
    /// The socket; NULL for a descriptor.
    pub socket: *mut c_void,
    /// The descriptor, when socket is NULL.
    pub fd: Fd,
    /// What zmq_poller_add was given with it.
    pub user_data: *mut c_void,
    /// What it is ready for: ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR, ZMQ_POLLPRI.
    pub events: c_short,
}
