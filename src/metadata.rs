//! Metadata: what is known of the connection that a message came over (zmq_msg_gets(3)).
//!
//! A message does not carry its metadata, nor a reference to them: it comes out of a pipe, and the pipe knows the
//! connection's *origin*, a number. The origins' table says what is behind a number, also for a while after the
//! connection has ended, as its messages are looked at later.
#![forbid(unsafe_code)]

use crate::socket::kind::SocketType;
use crate::socket::monitor::Endpoints;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::ffi::CStr;
use std::num::NonZeroU64;
use std::os::fd::RawFd;
use std::sync::{Arc, LazyLock};

/// Connections that have ended whose metadata are kept.
const ENDED_MAX: usize = 16_384;

/// The name of the peer's address among the properties.
const PEER_ADDRESS: &str = "Peer-Address";
/// The name that the protocol has for a peer's routing id, and the one that programs use.
const IDENTITY: &str = "Identity";
const ROUTING_ID: &str = "Routing-Id";
const SOCKET_TYPE: &str = "Socket-Type";

static ORIGINS: LazyLock<Mutex<Origins>> = LazyLock::new(Mutex::default);

/// What is known of a connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Names and values in turn, a zero byte behind each.
    properties: Box<[u8]>,
    fd: RawFd,
    /// The two sides, where the socket's monitor wants to know.
    endpoints: Option<Box<Endpoints>>,
}

impl Metadata {
    /// Of a connection with a peer of this type (if it is known) and address (if it has one), and what the peer, or
    /// whoever vouches for it, says of it.
    pub(crate) fn new(
        kind: Option<SocketType>,
        said: Vec<(String, Vec<u8>)>,
        address: &str,
        fd: RawFd,
    ) -> Metadata {
        let mut properties = Vec::new();
        let mut put = |name: &str, value: &[u8]| {
            // What is behind a zero byte cannot be shown in a string.
            let value = value.split(|byte| *byte == 0).next().unwrap_or_default();
            properties.extend_from_slice(name.as_bytes());
            properties.push(0);
            properties.extend_from_slice(value);
            properties.push(0);
        };
        // First, so that a peer cannot pass for another by a property of its own.
        if !address.is_empty() {
            put(PEER_ADDRESS, address.as_bytes());
        }
        if let Some(kind) = kind {
            put(SOCKET_TYPE, kind.wire_name().as_bytes());
        }
        for (name, value) in &said {
            let name = if name.eq_ignore_ascii_case(IDENTITY) { ROUTING_ID } else { name };
            put(name, value);
        }
        Metadata { properties: properties.into_boxed_slice(), fd, endpoints: None }
    }

    /// The same, with both sides of the connection.
    pub(crate) fn with_endpoints(self, endpoints: Endpoints) -> Metadata {
        Metadata { endpoints: Some(Box::new(endpoints)), ..self }
    }

    /// Both sides of the connection, if they were given.
    pub(crate) fn endpoints(&self) -> Option<&Endpoints> {
        self.endpoints.as_deref()
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&CStr> {
        let name = if name == IDENTITY { ROUTING_ID } else { name };
        let mut rest = &self.properties[..];
        while let Ok(found) = CStr::from_bytes_until_nul(rest) {
            rest = rest.get(found.count_bytes() + 1..)?;
            let value = CStr::from_bytes_until_nul(rest).ok()?;
            if found.to_bytes() == name.as_bytes() {
                return Some(value);
            }
            rest = rest.get(value.count_bytes() + 1..)?;
        }
        None
    }

    /// The number that the connection's descriptor has, or had.
    pub fn fd(&self) -> i32 {
        self.fd
    }
}

/// What is known of the connection with this origin. `None` for 0, and for one that ended long ago.
pub fn lookup(origin: u64) -> Option<Arc<Metadata>> {
    let origin = NonZeroU64::new(origin)?;
    ORIGINS.lock().known.get(&origin).cloned()
}

#[derive(Default)]
struct Origins {
    known: HashMap<NonZeroU64, Arc<Metadata>>,
    /// Those of them whose connections have ended, the oldest first.
    ended: VecDeque<NonZeroU64>,
    last: u64,
}

/// A place in the table, for as long as the connection lasts.
#[derive(Debug)]
pub(crate) struct Origin(NonZeroU64);

impl Origin {
    /// A new place.
    pub(crate) fn new(metadata: Metadata) -> Origin {
        let mut origins = ORIGINS.lock();
        origins.last += 1;
        let number = NonZeroU64::MIN.saturating_add(origins.last - 1);
        origins.known.insert(number, Arc::new(metadata));
        Origin(number)
    }

    /// Gives the place to the next connection. Nothing has come over the last one.
    pub(crate) fn replace(&self, metadata: Metadata) {
        ORIGINS.lock().known.insert(self.0, Arc::new(metadata));
    }

    /// The number.
    pub(crate) fn number(&self) -> u64 {
        self.0.get()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        let mut origins = ORIGINS.lock();
        origins.ended.push_back(self.0);
        if origins.ended.len() > ENDED_MAX
            && let Some(oldest) = origins.ended.pop_front()
        {
            origins.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(said: &[(&str, &[u8])], address: &str) -> Metadata {
        let said = said.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
        Metadata::new(Some(SocketType::Dealer), said.collect(), address, 7)
    }

    fn text<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a str> {
        metadata.get(name).map(|value| value.to_str().unwrap())
    }

    #[test]
    fn properties_are_found_by_name() {
        let said: [(&str, &[u8]); 5] = [
            ("Socket-Type", b"ROUTER"),
            ("identity", b"me"),
            ("X-a", b""),
            ("X-b", b"1\x002"),
            ("Peer-Address", b"elsewhere"),
        ];
        let metadata = metadata(&said, "127.0.0.1");
        assert_eq!(text(&metadata, "Socket-Type"), Some("DEALER"));
        assert_eq!(text(&metadata, "Identity"), Some("me"));
        assert_eq!(text(&metadata, "Routing-Id"), Some("me"));
        assert_eq!(text(&metadata, "X-a"), Some(""));
        assert_eq!(text(&metadata, "X-b"), Some("1"), "as far as a string can show it");
        assert_eq!(text(&metadata, "Peer-Address"), Some("127.0.0.1"));
        assert_eq!(metadata.fd(), 7);
        for name in ["", "1", "2", "me", "DEALER", "X-c", "x-a", "User-Id"] {
            assert_eq!(metadata.get(name), None, "{name}");
        }
    }

    #[test]
    fn what_has_ended_is_kept_for_a_while() {
        let make = |address: &str| Origin::new(metadata(&[], address));
        let (first, second) = (make("1"), make("2"));
        let (one, two) = (first.number(), second.number());
        first.replace(metadata(&[], "3"));
        drop(first);
        assert_eq!(text(&lookup(one).unwrap(), PEER_ADDRESS), Some("3"));
        (0..ENDED_MAX).for_each(|_| drop(make("")));
        assert_eq!(lookup(one), None);
        assert_eq!(text(&lookup(two).unwrap(), PEER_ADDRESS), Some("2"), "it has not ended");
        assert_eq!(lookup(0), None);
    }
}
