//! The commands of ZMTP 3: what a command frame's body says, and how to say it.
#![forbid(unsafe_code)]

use super::frame::{self, FLAG_COMMAND};
use super::{Version, WireError};

/// The longest context that a PING may carry, and its PONG carry back.
pub(crate) const PING_CONTEXT_BYTES_MAX: usize = 16;

/// The names of subscription commands.
pub(super) const SUBSCRIBE: &str = "SUBSCRIBE";
pub(super) const CANCEL: &str = "CANCEL";
/// The names of those that are about groups.
pub(super) const JOIN: &str = "JOIN";
pub(super) const LEAVE: &str = "LEAVE";

/// A command of the peer, after the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// Is to be answered with a PONG that has the same context, of at most 16 bytes.
    Ping {
        /// If not zero, the peer wants to be given up when it is silent for so many tenths of a second.
        ttl_ds: u16,
        /// Comes back in the PONG.
        context: &'a [u8],
    },
    /// The answer to a PING of ours.
    Pong {
        /// That of the PING.
        context: &'a [u8],
    },
    /// The peer wants what begins with this.
    Subscribe(&'a [u8]),
    /// The peer takes one such subscription back.
    Cancel(&'a [u8]),
    /// The peer wants what is sent to this group.
    Join(&'a [u8]),
    /// The peer wants it no more.
    Leave(&'a [u8]),
    /// The peer is about to disconnect; its reason.
    Error(&'a [u8]),
    /// A command that means nothing here, as later versions may have.
    Other,
}

impl<'a> Command<'a> {
    /// Whether the command goes the way of messages, and takes up room like one.
    pub(super) fn takes_room(&self) -> bool {
        matches!(self, Command::Subscribe(_) | Command::Cancel(_) | Command::Join(_) | Command::Leave(_))
    }

    /// What a command frame's body says.
    pub(super) fn parse(body: &'a [u8]) -> Result<Command<'a>, WireError> {
        let (name, data) = split(body)?;
        Ok(match name {
            b"PING" => {
                let Some((ttl, context)) = data.split_first_chunk::<2>() else {
                    return Err(WireError::MalformedCommand("a PING has no time to live"));
                };
                Command::Ping { ttl_ds: u16::from_be_bytes(*ttl), context: check_context(context)? }
            }
            b"PONG" => Command::Pong { context: check_context(data)? },
            b"SUBSCRIBE" => Command::Subscribe(data),
            b"CANCEL" => Command::Cancel(data),
            b"JOIN" => Command::Join(data),
            b"LEAVE" => Command::Leave(data),
            b"ERROR" => Command::Error(error_reason(data)?),
            _ => Command::Other,
        })
    }
}

fn check_context(context: &[u8]) -> Result<&[u8], WireError> {
    if context.len() > PING_CONTEXT_BYTES_MAX {
        return Err(WireError::MalformedCommand("the context of a PING or PONG is longer than 16 bytes"));
    }
    Ok(context)
}

/// A command frame's body in its two parts: the name and the data.
pub(super) fn split(body: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let (&length, tail) = body.split_first().ok_or(WireError::MalformedCommand("it has no name"))?;
    match tail.split_at_checked(usize::from(length)) {
        Some((b"", _)) => Err(WireError::MalformedCommand("it has no name")),
        Some(parts) => Ok(parts),
        None => Err(WireError::MalformedCommand("its name is cut off")),
    }
}

/// The reason in the data of an ERROR.
pub(super) fn error_reason(data: &[u8]) -> Result<&[u8], WireError> {
    match data.split_first() {
        Some((&length, reason)) if usize::from(length) == reason.len() => Ok(reason),
        _ => Err(WireError::MalformedError),
    }
}

/// Appends the frame of a command, all but the last `tail_bytes` bytes of its data, which the caller
/// appends.
pub(super) fn put_head(out: &mut Vec<u8>, name: &str, data: &[u8], tail_bytes: usize) {
    debug_assert!((1..=255).contains(&name.len()), "{name:?} is no command name");
    frame::put(out, Version::V3_1, 1 + name.len() + data.len() + tail_bytes, FLAG_COMMAND);
    out.push(name.len() as u8);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(data);
}

/// Appends the frame of a command.
pub(super) fn put(out: &mut Vec<u8>, name: &str, data: &[u8]) {
    put_head(out, name, data, 0);
}

/// Appends an ERROR. The reason is of at most 255 visible characters, which do not include the space.
pub(super) fn put_error(out: &mut Vec<u8>, reason: &str) {
    debug_assert!(reason.len() <= 255 && reason.bytes().all(|byte| byte.is_ascii_graphic()), "{reason:?}");
    put_head(out, "ERROR", &[reason.len() as u8], reason.len());
    out.extend_from_slice(reason.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_bytes_of_the_specification() {
        let mut out = Vec::new();
        put(&mut out, "PING", &[0, 10, b'x']);
        assert_eq!(out, b"\x04\x08\x04PING\x00\x0ax");
        out.clear();
        put_error(&mut out, "no-room");
        assert_eq!(out, b"\x04\x0e\x05ERROR\x07no-room");
        out.clear();
        put(&mut out, SUBSCRIBE, &[b'p'; 246]);
        assert_eq!(out[..19], *b"\x06\x00\x00\x00\x00\x00\x00\x01\x00\x09SUBSCRIBE");
        assert_eq!(out.len(), 9 + 256);
    }

    #[test]
    fn every_command_is_understood() {
        let parsed = |body| Command::parse(body).unwrap();
        assert_eq!(parsed(b"\x04PING\x01\x02"), Command::Ping { ttl_ds: 258, context: b"" });
        assert_eq!(
            parsed(b"\x04PING\x00\x000123456789abcdef"),
            Command::Ping { ttl_ds: 0, context: b"0123456789abcdef" }
        );
        assert_eq!(parsed(b"\x04PONG"), Command::Pong { context: b"" });
        assert_eq!(parsed(b"\x04PONGab"), Command::Pong { context: b"ab" });
        assert_eq!(parsed(b"\x09SUBSCRIBE"), Command::Subscribe(b""));
        assert_eq!(parsed(b"\x09SUBSCRIBEa\0"), Command::Subscribe(b"a\0"));
        assert_eq!(parsed(b"\x06CANCELa"), Command::Cancel(b"a"));
        assert_eq!(parsed(b"\x05ERROR\x00"), Command::Error(b""));
        assert_eq!(parsed(b"\x05ERROR\x02no"), Command::Error(b"no"));
        assert_eq!(parsed(b"\x04JOINgroup"), Command::Join(b"group"));
        assert_eq!(parsed(b"\x05LEAVE"), Command::Leave(b""));
        assert_eq!(parsed(b"\x05JOINTgroup"), Command::Other);
        assert_eq!(parsed(b"\x01x"), Command::Other);
    }

    #[test]
    fn malformed_commands_are_refused() {
        for body in [
            &b""[..],
            b"\x00",
            b"\x00PING",
            b"\x05PING",
            b"\xff",
            b"\x04PING",
            b"\x04PING\x00",
            b"\x04PING\x00\x000123456789abcdefg",
            b"\x04PONG0123456789abcdefg",
            b"\x05ERROR",
            b"\x05ERROR\x01",
            b"\x05ERROR\x01no",
        ] {
            let error = Command::parse(body).unwrap_err();
            assert!(matches!(error, WireError::MalformedCommand(_) | WireError::MalformedError), "{body:?}");
        }
    }
}
