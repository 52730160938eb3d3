//! ZMTP, every version of it, as pure functions of bytes: no I/O and no clock.
//!
//! A connection lives through two stages. In the first a [`Handshake`](handshake::Handshake) finds out
//! which version the peer speaks, by its greeting, and exchanges what the two sides say of themselves.
//! In the second a [`Decoder`](decoder::Decoder) turns the peer's bytes into messages and commands, and
//! an [`Encoder`](encoder::Encoder) turns ours into a [`Batch`](batch::Batch) of bytes. Whoever drives the
//! connection moves the bytes, keeps the time (heartbeats are the decoder's PING and PONG commands, and
//! the encoder's), and disconnects the peer on the first [`WireError`].
//!
//! | file | what it holds |
//! |---|---|
//! | `handshake` | greeting, version detection, identity or metadata exchange |
//! | `mechanism` | what a security mechanism does in a handshake |
//! | `null`, `plain`, `curve` | the mechanisms: RFC 23, 24, 25 and 26 |
//! | `zap` | what is asked of who decides about peers (RFC 27) |
//! | `boxes`, `cipher` | the cryptography of CURVE; traffic encrypted with it |
//! | `metadata` | the property lists of ZMTP 3 |
//! | `frame` | frame headers, read and written |
//! | `command` | the commands of ZMTP 3 |
//! | `decoder`, `encoder`, `batch` | traffic |
//!
//! The specifications: RFC 13 (1.0), 15 (2.0), 23 (3.0) and 37 (3.1) of rfc.zeromq.org.
#![deny(unsafe_code)]

pub(crate) mod batch;
#[cfg(feature = "curve")]
pub(crate) mod boxes;
#[cfg_attr(not(feature = "curve"), path = "no_cipher.rs")]
pub(crate) mod cipher;
pub(crate) mod command;
#[cfg(feature = "curve")]
mod curve;
pub(crate) mod decoder;
pub(crate) mod encoder;
pub(crate) mod error;
mod frame;
#[cfg(fuzzing)]
pub mod fuzzing;
pub(crate) mod handshake;
mod mechanism;
mod metadata;
mod null;
mod plain;
#[cfg(feature = "curve")]
mod sodium;
#[cfg(test)]
mod tests;
pub(crate) mod zap;

pub(crate) use error::{Failure, WireError};

use crate::socket::kind::SocketType;

/// Bodies from this many bytes on are worth a system call's trouble of their own: they are sent by
/// reference, and received straight into their own memory.
pub(crate) const LARGE_BODY_BYTES_MIN: usize = 8 * 1024;

/// The longest identity that a peer may have.
pub(crate) const IDENTITY_BYTES_MAX: usize = 255;

/// A version of ZMTP, as used on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Version {
    /// None: bytes as they are, in pieces of no meaning. What STREAM speaks.
    Raw,
    /// What 0MQ 2.x speaks: no greeting, no socket types, the subscriber filters.
    V1_0,
    /// What libzmq 3.x speaks: socket types, subscriptions sent upstream as messages.
    V2_0,
    /// What libzmq 4.0 to 4.2 speak: mechanisms, commands, metadata.
    V3_0,
    /// What libzmq 4.3 speaks: subscriptions and heartbeats are commands.
    V3_1,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Version::Raw => "none",
            Version::V1_0 => "1.0",
            Version::V2_0 => "2.0",
            Version::V3_0 => "3.0",
            Version::V3_1 => "3.1",
        })
    }
}

/// What this side says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    /// The type of the socket.
    pub(crate) kind: SocketType,
    /// The socket's identity, at most [`IDENTITY_BYTES_MAX`] bytes; empty for an anonymous one.
    pub(crate) identity: Vec<u8>,
    /// Properties of the application's own.
    pub(crate) metadata: Vec<(String, String)>,
}

/// What a handshake found out about the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerInfo {
    /// The version to speak from here on.
    pub(crate) version: Version,
    /// The type of its socket, where it says: a 1.0 peer does not.
    pub(crate) kind: Option<SocketType>,
    /// Its identity; empty if it is anonymous. Never begins with a zero byte: those are made up here.
    pub(crate) identity: Vec<u8>,
    /// All of its metadata in the order given, `Socket-Type` and `Identity` included; 3.x only. Before it, what a
    /// handler of ZAP says of the peer, with its user's name as `User-Id`.
    pub(crate) properties: Vec<(String, Vec<u8>)>,
}

impl PeerInfo {
    /// A peer that speaks no ZMTP and so says nothing of itself.
    pub(crate) fn raw() -> PeerInfo {
        PeerInfo { version: Version::Raw, kind: None, identity: Vec::new(), properties: Vec::new() }
    }
}
