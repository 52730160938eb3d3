//! Socket options: what a socket is told about itself. The ABIs translate numbers and C types to these.
#![forbid(unsafe_code)]

mod common;
mod network;
mod patterns;
mod security;

use crate::error::{Error, Result};
use crate::socket::kind::SocketType;
pub use common::Common;
pub use network::{Endpoints, Heartbeat, IpcFilter, ReconnectStop, Socks, Tcp};
pub use patterns::{Publishing, Requests, Routing};
pub use security::{CURVE_KEY_BYTES, Mechanism, Security};
use std::sync::LazyLock;
use std::time::Duration;

/// The longest identity (routing id), in bytes.
pub const IDENTITY_BYTES_MAX: usize = 255;

/// A socket's options, with the defaults of the original documentation unless an ABI sets others.
#[derive(Debug, Clone)]
pub struct Options {
    /// High-water mark for what is sent, in messages for each peer; 0: none.
    pub send_hwm: usize,
    /// High-water mark for what is received, in messages for each peer; 0: none.
    pub recv_hwm: usize,
    /// Whether high-water marks that are changed hold for the peers that are there, too, as in 4.x.
    pub live_hwm: bool,
    /// Bytes on disk, for each peer, that take what is over the high-water mark; 0: none.
    pub swap_bytes: u64,
    /// Which I/O threads may serve the socket: a bitmap; 0: all.
    pub affinity: u64,
    /// The socket's identity (routing id), empty for none.
    pub identity: Vec<u8>,
    /// Whether a peer with an identity keeps its queue while it is away (the durable sockets of 2.x).
    pub durable_peers: bool,
    /// How long what was sent is kept for delivery after the socket is closed; `None`: for ever.
    pub linger: Option<Duration>,
    /// How long to wait before connecting again; `None`: never connect again.
    pub reconnect_interval: Option<Duration>,
    /// How far the wait is doubled with every failure; zero: not at all.
    pub reconnect_interval_max: Duration,
    /// Pending connections that the system keeps for a listener.
    pub backlog: i32,
    /// The system's send buffer in bytes; `None`: its default.
    pub send_buffer_bytes: Option<usize>,
    /// The system's receive buffer in bytes; `None`: its default.
    pub recv_buffer_bytes: Option<usize>,
    /// How long a send waits; `None`: for ever.
    pub send_timeout: Option<Duration>,
    /// How long a receive waits; `None`: for ever.
    pub recv_timeout: Option<Duration>,
    /// How long a handshake may take; `None`: for ever.
    pub handshake_timeout: Option<Duration>,
    /// The longest message part that is accepted, in bytes; `None`: any.
    pub message_bytes_max: Option<u64>,
    /// ZMQ_CONNECT_TIMEOUT: how long one attempt to connect may take; `None`: as long as the system tries.
    pub connect_timeout: Option<Duration>,
    /// ZMQ_RECONNECT_STOP: when to give an endpoint up.
    pub reconnect_stop: ReconnectStop,
    /// ZMQ_CONFLATE: keep the last message only, each way.
    pub conflate: bool,
    /// ZMQ_IMMEDIATE: messages wait for a connection that is made, not for one that is being made.
    pub immediate: bool,
    /// ZMQ_IPV6: whether names and interfaces may be of IPv6 too.
    pub ipv6: bool,
    /// What endpoints mean in detail.
    pub endpoints: Endpoints,
    /// ZMQ_USE_FD: a socket of the system, made by the application, for the next bind or connect; -1 for none. It
    /// must be listening to bind with; to connect with, it may be connected. It is the library's from then on, which
    /// closes it, and the option is -1 again.
    pub use_fd: i32,
    /// ZMQ_HEARTBEAT_IVL and what belongs to it.
    pub heartbeat: Heartbeat,
    /// Options of TCP connections.
    pub tcp: Common<Tcp>,
    /// Who may connect over ipc.
    pub ipc_filter: Common<IpcFilter>,
    /// A proxy for outgoing TCP connections.
    pub socks: Common<Socks>,
    /// Who may connect, and how that is proved.
    pub security: Common<Security>,
    /// What a ROUTER does differently.
    pub routing: Routing,
    /// What a REQ does differently.
    pub requests: Requests,
    /// What publishers and subscribers do differently.
    pub publishing: Publishing,
    /// ZMQ_HELLO_MSG: what each new peer is sent first; empty: nothing.
    pub hello_message: Vec<u8>,
    /// ZMQ_DISCONNECT_MSG: what the application receives when a peer is gone; empty: nothing.
    pub disconnect_message: Vec<u8>,
    /// ZMQ_HICCUP_MSG: what the application receives when a connection is to be made again; empty: nothing.
    pub hiccup_message: Vec<u8>,
    /// ZMQ_METADATA: properties of the handshake that the application adds, with names that start with `X-`;
    /// see [`Options::set_metadata`].
    pub metadata: Vec<(String, String)>,
    /// ZMQ_MULTICAST_HOPS: how far multicast and its like go. udp uses it.
    pub multicast_hops: i32,
    /// ZMQ_MULTICAST_MAXTPDU: the longest packet in bytes. Kept for the program that asks.
    pub multicast_packet_bytes_max: i32,
    /// ZMQ_IN_BATCH_SIZE and ZMQ_OUT_BATCH_SIZE. Kept for the program that asks: batches find their own size.
    pub batch_bytes: [i32; 2],
    /// Multicast rate in kbit/s. Kept for the program that asks; no multicast transport uses it.
    pub multicast_rate: i64,
    /// Multicast recovery interval in milliseconds. Kept likewise.
    pub multicast_recovery_ms: i64,
    /// What 2.x sets in milliseconds, beside the interval that it sets in seconds. Kept likewise.
    pub multicast_recovery_exact_ms: Option<i64>,
    /// Multicast loopback. Kept likewise.
    pub multicast_loop: bool,
}

/// The defaults of the original documentation.
static DEFAULTS: LazyLock<Options> = LazyLock::new(Options::documented);

impl Default for Options {
    fn default() -> Options {
        DEFAULTS.clone()
    }
}

impl Options {
    fn documented() -> Options {
        Options {
            send_hwm: 1000,
            recv_hwm: 1000,
            live_hwm: false,
            swap_bytes: 0,
            affinity: 0,
            identity: Vec::new(),
            durable_peers: false,
            linger: None,
            reconnect_interval: Some(Duration::from_millis(100)),
            reconnect_interval_max: Duration::ZERO,
            backlog: 100,
            send_buffer_bytes: None,
            recv_buffer_bytes: None,
            send_timeout: None,
            recv_timeout: None,
            handshake_timeout: Some(Duration::from_secs(30)),
            message_bytes_max: None,
            connect_timeout: None,
            reconnect_stop: ReconnectStop::default(),
            conflate: false,
            immediate: false,
            ipv6: true,
            endpoints: Endpoints::default(),
            use_fd: -1,
            heartbeat: Heartbeat::default(),
            tcp: Common::default(),
            ipc_filter: Common::default(),
            socks: Common::default(),
            security: Common::default(),
            routing: Routing::default(),
            requests: Requests::default(),
            publishing: Publishing { strict_cancel: true, ..Publishing::default() },
            hello_message: Vec::new(),
            disconnect_message: Vec::new(),
            hiccup_message: Vec::new(),
            metadata: Vec::new(),
            multicast_hops: 1,
            multicast_packet_bytes_max: 1500,
            batch_bytes: [8192; 2],
            multicast_rate: 100,
            multicast_recovery_ms: 10_000,
            multicast_recovery_exact_ms: None,
            multicast_loop: true,
        }
    }

    /// The defaults of 0MQ 2.x: no high-water mark, durable peers.
    pub fn for_2x() -> Options {
        let publishing = Publishing { xsub_filters: true, strict_cancel: true, ..Publishing::default() };
        Options { send_hwm: 0, recv_hwm: 0, durable_peers: true, publishing, ..Options::default() }
    }

    /// The defaults of libzmq 4.3: IPv4 only, unless ZMQ_IPV6 is set.
    pub fn for_4x() -> Options {
        let routing = Routing { stream_notify: true, ..Routing::default() };
        let publishing = Publishing { repeats_subscriptions: true, ..Publishing::default() };
        let endpoints = Endpoints { dual_stack: true, takes_over_paths: true, ignores_repeats: true };
        Options { ipv6: false, live_hwm: true, routing, publishing, endpoints, ..Options::default() }
    }

    /// Whether the peers of a socket of this type speak no ZMTP.
    pub(crate) fn is_raw(&self, kind: SocketType) -> bool {
        kind == SocketType::Stream || kind == SocketType::Router && self.routing.raw
    }

    /// Adds a property of the application's to those of the handshake, or changes it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the name begins with `X-`, has at most 255 bytes, all of them letters, digits,
    /// or one of `-_.+`, and the value is not empty.
    pub fn set_metadata(&mut self, name: &str, value: &str) -> Result<()> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        let is_name = name.starts_with("X-") && name.len() <= 255 && name.bytes().all(allowed);
        if !is_name || value.is_empty() || i32::try_from(value.len()).is_err() {
            return Err(Error::InvalidArgument);
        }
        self.metadata.retain(|(other, _)| other != name);
        self.metadata.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Sets the identity.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless it has 1 to 255 bytes, the first of them not zero.
    pub fn set_identity(&mut self, identity: &[u8]) -> Result<()> {
        if identity.is_empty() || identity.len() > IDENTITY_BYTES_MAX || identity[0] == 0 {
            return Err(Error::InvalidArgument);
        }
        self.identity = identity.to_vec();
        Ok(())
    }
}
