//! The property lists that ZMTP 3 peers exchange: read with limits, and written.
#![forbid(unsafe_code)]

use super::error::printable;
use super::{IDENTITY_BYTES_MAX, Local, WireError};
use crate::socket::kind::SocketType;

/// The properties in the order given.
pub(super) type Properties = Vec<(String, Vec<u8>)>;

/// The names that ZMTP itself defines.
pub(super) const SOCKET_TYPE: &str = "Socket-Type";
pub(super) const IDENTITY: &str = "Identity";

/// More properties than this are nobody's honest intention.
const PROPERTIES_MAX: usize = 256;

/// Reads a property list; its whole length is bounded by that of the command that holds it.
pub(super) fn parse(mut bytes: &[u8]) -> Result<Properties, WireError> {
    let mut properties = Properties::new();
    while !bytes.is_empty() {
        let (name, rest) = split_name(bytes)?;
        let (value, rest) = split_value(rest)?;
        if properties.len() == PROPERTIES_MAX {
            return Err(WireError::MalformedMetadata("too many properties"));
        }
        if find(&properties, name).is_some() {
            return Err(WireError::MalformedMetadata("a property is given twice"));
        }
        properties.push((name.to_owned(), value.to_vec()));
        bytes = rest;
    }
    Ok(properties)
}

fn split_name(bytes: &[u8]) -> Result<(&str, &[u8]), WireError> {
    let cut_off = WireError::MalformedMetadata("a property's name is cut off");
    let Some((&length, rest)) = bytes.split_first() else { return Err(cut_off) };
    let Some((name, rest)) = rest.split_at_checked(usize::from(length)) else { return Err(cut_off) };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(byte);
    match str::from_utf8(name) {
        Ok(name) if !name.is_empty() && name.as_bytes().iter().all(allowed) => Ok((name, rest)),
        _ => {
            Err(WireError::MalformedMetadata("a property's name is empty or has other than name characters"))
        }
    }
}

fn split_value(bytes: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    bytes
        .split_first_chunk::<4>()
        .and_then(|(length, rest)| rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?))
        .ok_or(WireError::MalformedMetadata("a property's value is cut off"))
}

/// What a peer says of itself in a handshake, found to be one that this socket may talk to.
#[derive(Debug)]
pub(super) struct Introduction {
    /// The type of its socket, where it says.
    pub(super) kind: Option<SocketType>,
    /// Its identity; empty if it is anonymous.
    pub(super) identity: Vec<u8>,
    /// All that it says, in the order given.
    pub(super) properties: Properties,
}

/// Reads the peer's properties, and judges whether it may talk to this socket.
pub(super) fn introduce(local: &Local, bytes: &[u8]) -> Result<Introduction, WireError> {
    let properties = parse(bytes)?;
    let kind = match find(&properties, SOCKET_TYPE) {
        Some(name) => Some(
            SocketType::from_wire_name(name).ok_or_else(|| WireError::UnknownSocketType(printable(name)))?,
        ),
        None => None,
    };
    if let Some(kind) = kind {
        local.check_kind(kind)?;
    }
    let identity = check_identity(find(&properties, IDENTITY).unwrap_or_default())?;
    Ok(Introduction { kind, identity, properties })
}

/// Identities that begin with zero are made up by the receiving side; a peer that sends one might pass
/// for another.
pub(super) fn check_identity(identity: &[u8]) -> Result<Vec<u8>, WireError> {
    if identity.len() > IDENTITY_BYTES_MAX || identity.first() == Some(&0) {
        return Err(WireError::BadIdentity);
    }
    Ok(identity.to_vec())
}

impl Local {
    /// Refuses a peer whose socket type does not go with ours.
    pub(super) fn check_kind(&self, peer: SocketType) -> Result<(), WireError> {
        let ours = self.kind;
        if ours.accepts(peer) { Ok(()) } else { Err(WireError::IncompatibleSocketTypes { ours, peer }) }
    }
}

/// The value of a property. Upper and lower case are alike in names.
pub(super) fn find<'a>(properties: &'a Properties, name: &str) -> Option<&'a [u8]> {
    properties.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
}

/// Appends a property of ours.
pub(super) fn put(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    debug_assert!((1..=255).contains(&name.len()), "{name:?} is no property name");
    debug_assert!(value.len() <= i32::MAX as usize, "{} bytes are too many for a property", value.len());
    out.push(name.len() as u8);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(&(value.len() as u32).to_be_bytes());
    out.extend_from_slice(value);
}

/// The properties that this side sends. REQ, DEALER and ROUTER always say who they are; the other types,
/// whose peers are free to ignore it, only when they have a name, which makes them durable in the manner
/// of 2.x.
pub(super) fn of(local: &Local) -> Vec<u8> {
    let mut properties = Vec::new();
    put(&mut properties, SOCKET_TYPE, local.kind.wire_name().as_bytes());
    let addressed = matches!(local.kind, SocketType::Req | SocketType::Dealer | SocketType::Router);
    if addressed || !local.identity.is_empty() {
        put(&mut properties, IDENTITY, &local.identity);
    }
    for (name, value) in &local.metadata {
        put(&mut properties, name, value.as_bytes());
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_back_in_order() {
        let mut bytes = Vec::new();
        put(&mut bytes, SOCKET_TYPE, b"DEALER");
        put(&mut bytes, IDENTITY, b"");
        put(&mut bytes, "X-a_b.c+1", &[0, 255]);
        assert_eq!(
            bytes,
            b"\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0\x09X-a_b.c+1\0\0\0\x02\0\xff"
        );
        let properties = parse(&bytes).unwrap();
        assert_eq!(properties.len(), 3);
        assert_eq!(properties[2], ("X-a_b.c+1".to_owned(), vec![0, 255]));
        assert_eq!(find(&properties, "socket-TYPE"), Some(&b"DEALER"[..]));
        assert_eq!(find(&properties, IDENTITY), Some(&b""[..]));
        assert_eq!(find(&properties, "Resource"), None);
        assert_eq!(parse(b""), Ok(vec![]));
        for cut in 1..bytes.len() {
            let whole = [0, 22, 35].contains(&cut);
            assert_eq!(parse(&bytes[..cut]).is_ok(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn malformed_lists_are_refused() {
        for bytes in [
            &b"\0\0\0\0\0"[..],
            b"\x03a b\0\0\0\0",
            b"\x02\xc3\xa4\0\0\0\0",
            b"\x01\xff\0\0\0\0",
            b"\x01a\0\0\0",
            b"\x01a\0\0\0\x01",
            b"\x01a\xff\xff\xff\xffabc",
            b"\x01a\0\0\0\0\x01A\0\0\0\0",
        ] {
            assert!(matches!(parse(bytes), Err(WireError::MalformedMetadata(_))), "{bytes:?}");
        }
    }

    #[test]
    fn the_number_of_properties_is_limited() {
        let list = |count| {
            let mut bytes = Vec::new();
            (0..count).for_each(|i| put(&mut bytes, &format!("X-{i}"), b""));
            parse(&bytes).map(|properties| properties.len())
        };
        assert_eq!(list(PROPERTIES_MAX), Ok(PROPERTIES_MAX));
        assert_eq!(list(PROPERTIES_MAX + 1), Err(WireError::MalformedMetadata("too many properties")));
    }
}
