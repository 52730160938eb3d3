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
    /// Talks to peers that speak no ZMTP: bytes as they come, over tcp and ipc.
    Stream = 11,
    /// Answers its CLIENT peers, whom it knows by numbers (RFC 41). Thread-safe.
    Server = 12,
    /// Talks to its SERVER peers in turn (RFC 41). Thread-safe.
    Client = 13,
    /// Sends each message to those who have joined its group (RFC 48). Thread-safe.
    Radio = 14,
    /// Receives what is sent to the groups that it has joined (RFC 48). Thread-safe.
    Dish = 15,
    /// Receives from all SCATTER peers in turn (RFC 49). Thread-safe.
    Gather = 16,
    /// Sends to its GATHER peers in turn (RFC 49). Thread-safe.
    Scatter = 17,
    /// Sends and receives datagrams, over udp only.
    Dgram = 18,
    /// Talks to other PEERs, which it knows by numbers (RFC 51). Thread-safe.
    Peer = 19,
    /// Talks to exactly one CHANNEL (RFC 52). Thread-safe.
    Channel = 20,
}

use SocketType::*;

impl SocketType {
    /// All of them, by number.
    pub const ALL: [SocketType; 21] = [
        Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, Xpub, Xsub, Stream, Server, Client, Radio,
        Dish, Gather, Scatter, Dgram, Peer, Channel,
    ];

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
            Stream => "STREAM",
            Server => "SERVER",
            Client => "CLIENT",
            Radio => "RADIO",
            Dish => "DISH",
            Gather => "GATHER",
            Scatter => "SCATTER",
            Dgram => "DGRAM",
            Peer => "PEER",
            Channel => "CHANNEL",
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
            // Their peers are no sockets of ZMTP.
            Stream | Dgram => false,
            Server => peer == Client,
            Client => peer == Server,
            Radio => peer == Dish,
            Dish => peer == Radio,
            Gather => peer == Scatter,
            Scatter => peer == Gather,
            Peer => peer == Peer,
            Channel => peer == Channel,
        }
    }

    /// Whether several threads may use a socket of the type at once. Its messages have one part.
    pub fn is_thread_safe(self) -> bool {
        matches!(self, Server | Client | Radio | Dish | Gather | Scatter | Peer | Channel)
    }

    /// Whether the type's outgoing messages are subscriptions, to prefixes or groups: state that is kept and
    /// replayed rather than queued.
    pub(crate) fn subscribes(self) -> bool {
        matches!(self, Sub | Xsub | Dish)
    }

    /// Whether ZMQ_CONFLATE is for the type.
    pub(crate) fn conflates(self) -> bool {
        matches!(self, Pub | Sub | Dealer | Pull | Push)
    }

    /// Whether ZMQ_PROBE_ROUTER is for the type.
    pub(crate) fn probes(self) -> bool {
        matches!(self, Req | Dealer | Router)
    }

    /// Whether ZMQ_HELLO_MSG is for the type.
    pub(crate) fn says_hello(self) -> bool {
        matches!(self, Dealer | Router | Client | Server | Peer)
    }

    /// Whether ZMQ_DISCONNECT_MSG is for the type.
    pub(crate) fn hears_of_disconnects(self) -> bool {
        matches!(self, Router | Server | Peer)
    }

    /// Whether ZMQ_HICCUP_MSG is for the type.
    pub(crate) fn hears_of_hiccups(self) -> bool {
        matches!(self, Dealer | Client | Peer)
    }

    /// Whether the application receives from sockets of the type.
    pub(crate) fn receives(self) -> bool {
        !matches!(self, Push | Pub | Radio | Scatter)
    }

    /// Whether the type takes subscriptions from its peers.
    pub(crate) fn publishes(self) -> bool {
        matches!(self, Pub | Xpub | Radio)
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
        assert_eq!(SocketType::from_number(21), None);
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
