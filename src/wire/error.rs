//! WireError: why a peer is disconnected.
#![forbid(unsafe_code)]

use super::IDENTITY_BYTES_MAX;
use crate::message::OutOfMemory;
use crate::socket::kind::SocketType;
use std::fmt;

/// What a monitor is told of a handshake in which the protocol was not kept: the values of
/// ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL (zmq_socket_monitor(3)).
#[allow(missing_docs, reason = "the names say it, and zmq_socket_monitor(3) has no more")]
pub mod protocol_error {
    pub const ZMTP_UNSPECIFIED: u32 = 0x1000_0000;
    pub const ZMTP_UNEXPECTED_COMMAND: u32 = 0x1000_0001;
    pub const ZMTP_INVALID_SEQUENCE: u32 = 0x1000_0002;
    pub const ZMTP_KEY_EXCHANGE: u32 = 0x1000_0003;
    pub const ZMTP_MALFORMED_COMMAND_UNSPECIFIED: u32 = 0x1000_0011;
    pub const ZMTP_MALFORMED_COMMAND_MESSAGE: u32 = 0x1000_0012;
    pub const ZMTP_MALFORMED_COMMAND_HELLO: u32 = 0x1000_0013;
    pub const ZMTP_MALFORMED_COMMAND_INITIATE: u32 = 0x1000_0014;
    pub const ZMTP_MALFORMED_COMMAND_ERROR: u32 = 0x1000_0015;
    pub const ZMTP_MALFORMED_COMMAND_READY: u32 = 0x1000_0016;
    pub const ZMTP_MALFORMED_COMMAND_WELCOME: u32 = 0x1000_0017;
    pub const ZMTP_INVALID_METADATA: u32 = 0x1000_0018;
    pub const ZMTP_CRYPTOGRAPHIC: u32 = 0x1100_0001;
    pub const ZMTP_MECHANISM_MISMATCH: u32 = 0x1100_0002;
    pub const ZAP_UNSPECIFIED: u32 = 0x2000_0000;
    pub const ZAP_MALFORMED_REPLY: u32 = 0x2000_0001;
    pub const ZAP_BAD_REQUEST_ID: u32 = 0x2000_0002;
    pub const ZAP_BAD_VERSION: u32 = 0x2000_0003;
    pub const ZAP_INVALID_STATUS_CODE: u32 = 0x2000_0004;
    pub const ZAP_INVALID_METADATA: u32 = 0x2000_0005;
}

/// What a failed handshake was to a monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The protocol was not kept; one of [`protocol_error`].
    Protocol(u32),
    /// One side refused the other; the status code (RFC 27).
    Refused(u32),
    /// There was nobody to ask whether the peer may come in.
    NobodyAsked,
    /// The system is short of something: neither side is to blame.
    OutOfMemory,
    NoRandomness,
}

/// Why the peer is disconnected. Nothing can be decoded from the connection after it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "curve"), expect(dead_code, reason = "some are of CURVE alone"))]
pub(crate) enum WireError {
    /// The peer's identity is too long, or begins with the zero byte of made-up identities.
    BadIdentity,
    /// The peer's security mechanism is not ours; its name.
    MechanismMismatch(String),
    /// The peer's socket has a type that this library does not know; its name or number.
    UnknownSocketType(String),
    /// Sockets of these two types are not to be connected.
    IncompatibleSocketTypes {
        /// The type of this side's socket.
        ours: SocketType,
        /// The type of the peer's.
        peer: SocketType,
    },
    /// The peer ended the handshake with an ERROR command; its reason.
    Refused(String),
    /// A message before the end of the handshake.
    MessageInHandshake,
    /// A command that has no place in the handshake of the mechanism; its name.
    UnexpectedCommand(String),
    /// A subscription between the parts of a message, which it would tear apart.
    SubscriptionInMessage,
    /// A command that is not of its form; what is wrong with it.
    MalformedCommand(&'static str),
    /// An ERROR whose reason is not of the length that it says.
    MalformedError,
    /// A property list that is not of its form; what is wrong with it.
    MalformedMetadata(&'static str),
    /// A frame whose flags the version does not allow.
    BadFlags(u8),
    /// A 1.0 frame too short to hold its own flags.
    EmptyFrame,
    /// A message part longer than allowed.
    MessageTooLong {
        /// The length that the peer announced.
        bytes: u64,
        /// What is allowed.
        bytes_max: u64,
    },
    /// A command longer than allowed.
    CommandTooLong {
        /// The length that the peer announced.
        bytes: u64,
        /// What is allowed.
        bytes_max: u64,
    },
    /// There was no memory for a message of the peer.
    OutOfMemory,
    /// The peer's version of ZMTP knows no security, and this socket asks for some.
    Insecure,
    /// Both sides are the server of their mechanism.
    TwoServers,
    /// A command of PLAIN or CURVE that is not of its form; its name.
    MalformedHandshake(&'static str),
    /// A command of CURVE that was not sealed with the right keys, or was altered.
    Cryptographic,
    /// A command of CURVE that came before, or too late.
    NonceSequence,
    /// A public key with which no secret can be made.
    KeyExchange,
    /// The system has no random numbers.
    NoRandomness,
    /// Nobody handles ZAP requests, and the peer is not to be let in without.
    NoZapHandler,
    /// The handler of ZAP ended before it answered.
    ZapHandlerGone,
    /// The handler of ZAP refused the peer; its status: 300, 400 or 500.
    Denied(u16),
    /// The reply of the handler of ZAP has not seven frames, the first of them empty.
    ZapMalformedReply,
    /// The reply of the handler of ZAP is of another version.
    ZapBadVersion,
    /// The reply of the handler of ZAP is not to this request.
    ZapBadRequestId,
    /// The status in the reply of the handler of ZAP is none.
    ZapInvalidStatus,
    /// The metadata in the reply of the handler of ZAP are malformed.
    ZapInvalidMetadata,
}

impl WireError {
    /// The status with which a handler of ZAP refused a peer, or the peer's handler refused us.
    pub(super) fn denied(&self) -> Option<u16> {
        match self {
            WireError::Denied(status) => Some(*status),
            WireError::Refused(reason) => match reason.as_str() {
                "300" => Some(300),
                "400" => Some(400),
                "500" => Some(500),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the error is to a monitor, when it ended a handshake.
    pub(crate) fn failure(&self) -> Failure {
        use protocol_error::*;
        if let Some(status) = self.denied() {
            return Failure::Refused(status.into());
        }
        Failure::Protocol(match self {
            WireError::OutOfMemory => return Failure::OutOfMemory,
            WireError::NoRandomness => return Failure::NoRandomness,
            WireError::NoZapHandler | WireError::ZapHandlerGone => return Failure::NobodyAsked,
            WireError::MechanismMismatch(_) | WireError::Insecure | WireError::TwoServers => {
                ZMTP_MECHANISM_MISMATCH
            }
            WireError::Cryptographic => ZMTP_CRYPTOGRAPHIC,
            WireError::NonceSequence => ZMTP_INVALID_SEQUENCE,
            WireError::KeyExchange => ZMTP_KEY_EXCHANGE,
            WireError::MalformedHandshake("HELLO") => ZMTP_MALFORMED_COMMAND_HELLO,
            WireError::MalformedHandshake("INITIATE") => ZMTP_MALFORMED_COMMAND_INITIATE,
            WireError::MalformedHandshake("READY") => ZMTP_MALFORMED_COMMAND_READY,
            WireError::MalformedHandshake("WELCOME") => ZMTP_MALFORMED_COMMAND_WELCOME,
            WireError::MalformedHandshake("MESSAGE") => ZMTP_MALFORMED_COMMAND_MESSAGE,
            WireError::MalformedHandshake(_) => ZMTP_MALFORMED_COMMAND_UNSPECIFIED,
            WireError::ZapMalformedReply => ZAP_MALFORMED_REPLY,
            WireError::ZapBadVersion => ZAP_BAD_VERSION,
            WireError::ZapBadRequestId => ZAP_BAD_REQUEST_ID,
            WireError::ZapInvalidStatus => ZAP_INVALID_STATUS_CODE,
            WireError::ZapInvalidMetadata => ZAP_INVALID_METADATA,
            WireError::BadIdentity
            | WireError::UnknownSocketType(_)
            | WireError::IncompatibleSocketTypes { .. }
            | WireError::MalformedMetadata(_) => ZMTP_INVALID_METADATA,
            WireError::MessageInHandshake
            | WireError::UnexpectedCommand(_)
            | WireError::SubscriptionInMessage => ZMTP_UNEXPECTED_COMMAND,
            WireError::MalformedError => ZMTP_MALFORMED_COMMAND_ERROR,
            WireError::MalformedCommand(_) | WireError::CommandTooLong { .. } => {
                ZMTP_MALFORMED_COMMAND_UNSPECIFIED
            }
            WireError::BadFlags(_)
            | WireError::EmptyFrame
            | WireError::MessageTooLong { .. }
            | WireError::Refused(_)
            | WireError::Denied(_) => ZMTP_UNSPECIFIED,
        })
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::BadIdentity => write!(
                f,
                "the peer's identity is longer than {IDENTITY_BYTES_MAX} bytes or begins with a zero byte"
            ),
            WireError::MechanismMismatch(name) => {
                write!(f, "the peer uses the security mechanism \"{name}\", this socket another one")
            }
            WireError::UnknownSocketType(name) => write!(f, "the peer's socket type \"{name}\" is unknown"),
            WireError::IncompatibleSocketTypes { ours, peer } => {
                write!(f, "a {} socket does not talk to the peer's {}", ours.wire_name(), peer.wire_name())
            }
            WireError::Refused(reason) if reason.is_empty() => write!(f, "the peer refused the connection"),
            WireError::Refused(reason) => write!(f, "the peer refused the connection: {reason}"),
            WireError::MessageInHandshake => {
                write!(f, "the peer sent a message before its handshake was over")
            }
            WireError::UnexpectedCommand(name) => {
                write!(f, "the peer sent the command \"{name}\" in its handshake, where it has no place")
            }
            WireError::SubscriptionInMessage => {
                write!(f, "the peer sent a subscription between the parts of a message")
            }
            WireError::MalformedCommand(what) => write!(f, "the peer sent a malformed command: {what}"),
            WireError::MalformedError => {
                write!(f, "the peer sent an ERROR whose reason is not of the length it says")
            }
            WireError::MalformedMetadata(what) => write!(f, "the peer sent malformed metadata: {what}"),
            WireError::BadFlags(flags) => write!(f, "the peer sent a frame with the flags {flags:#04x}"),
            WireError::EmptyFrame => write!(f, "the peer sent a frame of length zero"),
            WireError::MessageTooLong { bytes, bytes_max } => {
                write!(f, "the peer announced a message part of {bytes} bytes; {bytes_max} are allowed")
            }
            WireError::CommandTooLong { bytes, bytes_max } => {
                write!(f, "the peer announced a command of {bytes} bytes; {bytes_max} are allowed")
            }
            WireError::OutOfMemory => write!(f, "there is no memory for a message of the peer"),
            WireError::Insecure => {
                write!(f, "the peer's version of ZMTP knows no security, which this socket asks for")
            }
            WireError::TwoServers => write!(f, "both sides are the server of the security mechanism"),
            WireError::MalformedHandshake(name) => write!(f, "the peer sent a malformed {name}"),
            WireError::Cryptographic => {
                write!(f, "the peer sent what was not encrypted with the right keys, or was altered")
            }
            WireError::NonceSequence => write!(f, "the peer sent something twice or in the wrong order"),
            WireError::KeyExchange => write!(f, "a public key is of no use"),
            WireError::NoRandomness => write!(f, "the system has no random numbers"),
            WireError::NoZapHandler => write!(f, "nobody handles the authentication request for the peer"),
            WireError::ZapHandlerGone => write!(f, "the authentication handler ended without an answer"),
            WireError::Denied(status) => {
                write!(f, "the authentication handler refused the peer with status {status}")
            }
            WireError::ZapMalformedReply => write!(f, "the authentication handler's reply is malformed"),
            WireError::ZapBadVersion => write!(f, "the authentication handler's reply is of another version"),
            WireError::ZapBadRequestId => {
                write!(f, "the authentication handler's reply is to another request")
            }
            WireError::ZapInvalidStatus => write!(f, "the authentication handler's status is none"),
            WireError::ZapInvalidMetadata => {
                write!(f, "the authentication handler's metadata are malformed")
            }
        }
    }
}

impl std::error::Error for WireError {}

impl From<OutOfMemory> for WireError {
    fn from(_: OutOfMemory) -> WireError {
        WireError::OutOfMemory
    }
}

/// A peer's text for people: printable ASCII stays, the rest is escaped, long texts are cut.
pub(super) fn printable(bytes: &[u8]) -> String {
    bytes.iter().take(255).flat_map(|&byte| std::ascii::escape_default(byte)).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_text_of_its_own() {
        let errors = [
            WireError::BadIdentity,
            WireError::MechanismMismatch("CURVE".into()),
            WireError::UnknownSocketType("STREAM".into()),
            WireError::IncompatibleSocketTypes { ours: SocketType::Pub, peer: SocketType::Pull },
            WireError::Refused(String::new()),
            WireError::Refused("no".into()),
            WireError::MessageInHandshake,
            WireError::UnexpectedCommand("HELLO".into()),
            WireError::SubscriptionInMessage,
            WireError::MalformedCommand("no name"),
            WireError::MalformedError,
            WireError::MalformedMetadata("no name"),
            WireError::BadFlags(8),
            WireError::EmptyFrame,
            WireError::MessageTooLong { bytes: 9, bytes_max: 8 },
            WireError::CommandTooLong { bytes: 9, bytes_max: 8 },
            WireError::OutOfMemory,
            WireError::Insecure,
            WireError::TwoServers,
            WireError::MalformedHandshake("HELLO"),
            WireError::MalformedHandshake("WELCOME"),
            WireError::Cryptographic,
            WireError::NonceSequence,
            WireError::KeyExchange,
            WireError::NoRandomness,
            WireError::NoZapHandler,
            WireError::ZapHandlerGone,
            WireError::Denied(300),
            WireError::Denied(400),
            WireError::ZapMalformedReply,
            WireError::ZapBadVersion,
            WireError::ZapBadRequestId,
            WireError::ZapInvalidStatus,
            WireError::ZapInvalidMetadata,
        ];
        let mut texts: Vec<String> = errors.iter().map(WireError::to_string).collect();
        assert!(texts.contains(&"a PUB socket does not talk to the peer's PULL".to_owned()));
        assert!(texts.contains(&"the peer sent a frame with the flags 0x08".to_owned()));
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), errors.len());
    }

    #[test]
    fn a_status_code_is_told_as_such() {
        use protocol_error::*;
        assert_eq!(WireError::Refused("400".into()).failure(), Failure::Refused(400));
        assert_eq!(WireError::Refused("404".into()).failure(), Failure::Protocol(ZMTP_UNSPECIFIED));
        let mismatch = WireError::MechanismMismatch("CURVE".into());
        assert_eq!(mismatch.failure(), Failure::Protocol(ZMTP_MECHANISM_MISMATCH));
    }

    #[test]
    fn a_peers_text_cannot_play_tricks_on_a_terminal() {
        assert_eq!(printable(b"a\x1b[2J\n\xff"), "a\\x1b[2J\\n\\xff");
        assert_eq!(printable(&[b'x'; 1000]).len(), 255);
    }
}
