//! The socket types: their numbers in both ABIs, their names on the wire, and who may talk to whom.
#![forbid(unsafe_code)]

/// A socket type; the discriminant is its number in both C ABIs and in ZMTP 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SocketType {
    /// Talks to exactly one PAIR (RFC 31).
    Pair = 0,
    /// Sends to all subscribers (RFC 29).
    Pub = 1,
    /// Receives what it has subscribed to (RFC 29).
    Sub = 2,
    /// Sends a request, then receives its reply (RFC 28).
    Req = 3,
    /// Receives a request, then sends its reply (RFC 28).
    Rep = 4,
    /// An asynchronous REQ: XREQ in 2.x (RFC 28).
    Dealer = 5,
    /// An asynchronous REP that addresses its peers: XREP in 2.x (RFC 28).
    Router = 6,
    /// Receives from all PUSH peers in turn (RFC 30).
    Pull = 7,
    /// Sends to its PULL peers in turn (RFC 30).
    Push = 8,
    /// A PUB that receives the subscriptions as messages (RFC 29).
    Xpub = 9,
    /// A SUB that sends its subscriptions as messages (RFC 29).
    Xsub = 10,
}

use SocketType::*;

impl SocketType {
    /// All of them, by number.
    pub const ALL: [SocketType; 11] = [Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, Xpub, Xsub];

    /// The type with this number in the C ABIs.
    pub fn from_number(number: i32) -> Option<SocketType> {
        usize::try_from(number).ok().and_then(|index| SocketType::ALL.get(index).copied())
    }

    /// The name in the `Socket-Type` property of a ZMTP 3 handshake (RFC 23).
    pub fn wire_name(self) -> &'static str {
        match self {
            Pair => "PAIR",
            Pub => "PUB",
            Sub => "SUB",
            Req => "REQ",
            Rep => "REP",
            Dealer => "DEALER",
            Router => "ROUTER",
            Pull => "PULL",
            Push => "PUSH",
            Xpub => "XPUB",
            Xsub => "XSUB",
        }
    }

    /// The type with this name on the wire.
    pub fn from_wire_name(name: &[u8]) -> Option<SocketType> {
        SocketType::ALL.into_iter().find(|kind| kind.wire_name().as_bytes() == name)
    }

    /// Whether sockets of the two types may be connected (RFC 23, "The Socket-Type Property").
    pub fn accepts(self, peer: SocketType) -> bool {
        match self {
            Pair => peer == Pair,
            Pub | Xpub => matches!(peer, Sub | Xsub),
            Sub | Xsub => matches!(peer, Pub | Xpub),
            Req => matches!(peer, Rep | Router),
            Rep => matches!(peer, Req | Dealer),
            Dealer => matches!(peer, Rep | Dealer | Router),
            Router => matches!(peer, Req | Dealer | Router),
            Pull => peer == Push,
            Push => peer == Pull,
        }
    }

    /// Whether the type's outgoing messages are subscriptions: state that is kept and replayed rather
    /// Whether several threads may use a socket of the type at once.
    pub fn is_thread_safe(self) -> bool {
        false
    }

    /// than queued.
    pub(crate) fn subscribes(self) -> bool {
        matches!(self, Sub | Xsub)
    }

    /// Whether the type takes subscriptions from its peers.
    pub(crate) fn publishes(self) -> bool {
        matches!(self, Pub | Xpub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back() {
        for (number, kind) in SocketType::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(SocketType::from_number(number as i32), Some(kind));
            assert_eq!(SocketType::from_wire_name(kind.wire_name().as_bytes()), Some(kind));
        }
        assert_eq!(SocketType::from_number(-1), None);
        assert_eq!(SocketType::from_number(11), None);
    }

    #[test]
    fn compatibility_is_mutual() {
        for a in SocketType::ALL {
            for b in SocketType::ALL {
                assert_eq!(a.accepts(b), b.accepts(a), "{a:?} and {b:?}");
            }
        }
    }
}
