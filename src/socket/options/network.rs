//! Options of connections and listeners: what the system, and the protocol below the messages, are told.
#![forbid(unsafe_code)]

use std::net::IpAddr;
use std::time::Duration;

/// What endpoints mean in detail, which 2.x and 4.x do not agree on.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// With IPv6, every listener is of IPv6 and takes peers of IPv4 too, `*` stands for all of both, and an IPv4
    /// address is written as one of IPv6; otherwise a listener is of one of the two, and `*` of IPv4.
    pub dual_stack: bool,
    /// Whether binding takes an ipc path over from a listener that is there; otherwise it is in use.
    pub takes_over_paths: bool,
    /// Whether a PUB, SUB, REQ or DEALER ignores a connect to an endpoint that it is connected to.
    pub ignores_repeats: bool,
}

/// Heartbeats (RFC 37): pings that find out whether a silent peer is still there.
#[derive(Debug, Clone, Default)]
pub struct Heartbeat {
    /// ZMQ_HEARTBEAT_IVL: the time between pings; zero: none.
    pub interval: Duration,
    /// ZMQ_HEARTBEAT_TTL: how long the peer is to wait for our next sign; zero: it is not told. Tenths of a second, up to 6553.
    pub ttl: Duration,
    /// ZMQ_HEARTBEAT_TIMEOUT: how long to wait for any sign of the peer after a ping; `None`: as the interval.
    pub timeout: Option<Duration>,
}

/// Options of TCP connections. `None` leaves the system's default.
#[derive(Debug, Clone, Default)]
pub struct Tcp {
    /// ZMQ_TCP_KEEPALIVE: whether the system probes idle connections.
    pub keepalive: Option<bool>,
    /// ZMQ_TCP_KEEPALIVE_CNT: probes without an answer that end a connection.
    pub keepalive_count: Option<i32>,
    /// ZMQ_TCP_KEEPALIVE_IDLE: seconds of silence before the first probe.
    pub keepalive_idle_s: Option<i32>,
    /// ZMQ_TCP_KEEPALIVE_INTVL: seconds between probes.
    pub keepalive_interval_s: Option<i32>,
    /// ZMQ_TCP_MAXRT: milliseconds that unacknowledged bytes keep a connection.
    pub max_retransmit_ms: Option<i32>,
    /// ZMQ_TOS: the type-of-service byte of outgoing packets.
    pub type_of_service: Option<i32>,
    /// ZMQ_PRIORITY: the packets' priority in the system's queues.
    pub priority: Option<i32>,
    /// ZMQ_BINDTODEVICE: the interface that traffic is bound to; empty: any.
    pub bind_to_device: String,
    /// ZMQ_BUSY_POLL: whether the system polls the network card for waiting reads.
    pub busy_poll: bool,
    /// ZMQ_LOOPBACK_FASTPATH. Kept for the program that asks; only Windows knows it.
    pub loopback_fastpath: bool,
    /// ZMQ_TCP_ACCEPT_FILTER: networks (address and prefix length) from which connections are accepted; none: all.
    pub accept_filters: Vec<(IpAddr, u8)>,
}

/// Who may connect to an ipc endpoint; all lists empty: everybody.
#[derive(Debug, Clone, Default)]
pub struct IpcFilter {
    /// ZMQ_IPC_FILTER_PID.
    pub pids: Vec<i32>,
    /// ZMQ_IPC_FILTER_UID.
    pub uids: Vec<u32>,
    /// ZMQ_IPC_FILTER_GID: also the supplementary groups of the peer's user.
    pub gids: Vec<u32>,
}

/// A SOCKS 5 proxy for outgoing TCP connections (RFC 1928, RFC 1929).
#[derive(Debug, Clone, Default)]
pub struct Socks {
    /// ZMQ_SOCKS_PROXY: its host and port; empty: none.
    pub proxy: String,
    /// ZMQ_SOCKS_USERNAME; empty: no authentication.
    pub username: String,
    /// ZMQ_SOCKS_PASSWORD.
    pub password: String,
}

/// ZMQ_RECONNECT_STOP: after what a connecting endpoint gives up.
#[derive(Debug, Clone, Default)]
pub struct ReconnectStop {
    /// After the peer refused a connection attempt.
    pub conn_refused: bool,
    /// After a handshake that failed.
    pub handshake_failed: bool,
    /// After zmq_disconnect.
    pub after_disconnect: bool,
}
