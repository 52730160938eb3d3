//! `Tags`: what a message has beside its bytes, where its socket's type knows of such things.
#![forbid(unsafe_code)]

/// The longest group, in bytes (RFC 48).
pub const GROUP_BYTES_MAX: usize = 255;

/// What goes with a message that is sent, or came with one that was received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// SERVER and PEER: the peer that the message goes to or comes from; 0: none.
    pub routing_id: u32,
    /// RADIO and DISH: the message's group; `None` means the group without a name.
    pub group: Option<Box<[u8]>>,
    /// The connection that a received message came over; 0: none, or not known.
    pub origin: u64,
}
