//! Socket options: what a socket is told about itself. The ABIs translate numbers and C types to these.
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
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
    /// Multicast rate in kbit/s. Kept for the program that asks; no multicast transport uses it.
    pub multicast_rate: i64,
    /// Multicast recovery interval in milliseconds. Kept likewise.
    pub multicast_recovery_ms: i64,
    /// What 2.x sets in milliseconds, beside the interval that it sets in seconds. Kept likewise.
    pub multicast_recovery_exact_ms: Option<i64>,
    /// Multicast loopback. Kept likewise.
    pub multicast_loop: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            send_hwm: 1000,
            recv_hwm: 1000,
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
            multicast_rate: 100,
            multicast_recovery_ms: 10_000,
            multicast_recovery_exact_ms: None,
            multicast_loop: true,
        }
    }
}

impl Options {
    /// The defaults of 0MQ 2.x: no high-water mark, durable peers.
    pub fn for_2x() -> Options {
        Options { send_hwm: 0, recv_hwm: 0, durable_peers: true, ..Options::default() }
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
