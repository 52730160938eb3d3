//! Values of socket options: from C's types to the engine's and back.

use oxmq::socket::options::ReconnectStop;
use oxmq::{Error, Options, Result};
use std::ffi::c_int;
use std::net::IpAddr;
use std::time::Duration;

use crate::draft::{
    ZMQ_RECONNECT_STOP_AFTER_DISCONNECT, ZMQ_RECONNECT_STOP_CONN_REFUSED, ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED,
};

/// The longest name of a network interface, with its NUL.
pub(crate) const DEVICE_BYTES_MAX: usize = 16;
/// The longest name of a user, a domain, or a peer, and the longest password.
pub(crate) const NAME_BYTES_MAX: usize = 255;
/// The longest text of a network that connections are accepted from.
const NETWORK_BYTES_MAX: usize = 255;

/// An option's value, of the C type that it has.
pub(crate) enum Value {
    /// An int, in room that is just that.
    Int([u8; 4]),
    /// An int, in room that may be more.
    RoomyInt([u8; 4]),
    /// An int64_t or uint64_t, in room that is just that.
    Long([u8; 8]),
    /// Bytes, or a string with its NUL, in room that may be more.
    Bytes(Vec<u8>),
}

impl Value {
    /// A string, to which a NUL is added.
    pub(crate) fn text(bytes: &[u8]) -> Value {
        Value::Bytes([bytes, b"\0"].concat())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Value::Int(bytes) | Value::RoomyInt(bytes) => bytes,
            Value::Long(bytes) => bytes,
            Value::Bytes(bytes) => bytes,
        }
    }

    /// Whether room of so many bytes is right for it.
    pub(crate) fn fits(&self, room: usize) -> bool {
        match self {
            Value::Int(_) | Value::Long(_) => room == self.bytes().len(),
            Value::RoomyInt(_) | Value::Bytes(_) => room >= self.bytes().len(),
        }
    }
}

/// The value's bytes, when there are as many as the option's type has.
pub(crate) fn exact<const N: usize>(value: Option<&[u8]>) -> Result<[u8; N]> {
    value.and_then(|value| value.try_into().ok()).ok_or(Error::InvalidArgument)
}

/// An int from `min` to `max`.
pub(crate) fn int(value: Option<&[u8]>, min: c_int, max: c_int) -> Result<c_int> {
    let number = c_int::from_ne_bytes(exact(value)?);
    if (min..=max).contains(&number) { Ok(number) } else { Err(Error::InvalidArgument) }
}

/// As many bytes as from `min` to `max`.
pub(crate) fn within(value: Option<&[u8]>, min: usize, max: usize) -> Result<&[u8]> {
    value.filter(|value| (min..=max).contains(&value.len())).ok_or(Error::InvalidArgument)
}

/// Writes what was given, if it is right.
pub(crate) fn put<T>(place: &mut T, given: Result<T>) -> Result<()> {
    *place = given?;
    Ok(())
}

/// A string of up to `max` bytes, with or without a NUL at its end; NULL for an empty one.
pub(crate) fn string(value: Option<&[u8]>, max: usize) -> Result<String> {
    match value {
        None => Ok(String::new()),
        Some(_) => Ok(text(within(value, 1, max)?)?.to_owned()),
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    str::from_utf8(bytes.strip_suffix(b"\0").unwrap_or(bytes)).map_err(|_| Error::InvalidArgument)
}

/// A number that is known not to be negative.
pub(crate) fn size(value: c_int) -> usize {
    usize::try_from(value).unwrap_or(0)
}

pub(crate) fn from_size(size: usize) -> c_int {
    c_int::try_from(size).unwrap_or(c_int::MAX)
}

pub(crate) fn from_long(value: i64) -> c_int {
    c_int::try_from(value).unwrap_or(c_int::MAX)
}

/// -1 for the system's choice.
pub(crate) fn natural(value: c_int) -> Option<c_int> {
    (value >= 0).then_some(value)
}

/// The size of a buffer; -1 for the system's choice.
pub(crate) fn buffer(value: c_int) -> Option<usize> {
    usize::try_from(value).ok()
}

pub(crate) fn from_buffer(bytes: Option<usize>) -> c_int {
    bytes.map_or(-1, from_size)
}

/// Milliseconds; nothing when negative.
pub(crate) fn time(ms: c_int) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

pub(crate) fn from_time(time: Duration) -> c_int {
    c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX)
}

/// Milliseconds, -1 for "for ever" or "never".
pub(crate) fn wait(ms: c_int) -> Option<Duration> {
    (ms >= 0).then(|| time(ms))
}

pub(crate) fn from_wait(time: Option<Duration>) -> c_int {
    time.map_or(-1, from_time)
}

/// Milliseconds, 0 for no limit.
pub(crate) fn limit(ms: c_int) -> Option<Duration> {
    wait(ms).filter(|time| !time.is_zero())
}

pub(crate) fn from_limit(time: Option<Duration>) -> c_int {
    time.map_or(0, from_time)
}

/// A bit of a number, if it is to be set.
pub(crate) fn bit(set: bool, bit: c_int) -> c_int {
    if set { bit } else { 0 }
}

pub(crate) fn reconnect_stop(bits: c_int) -> ReconnectStop {
    ReconnectStop {
        conn_refused: bits & ZMQ_RECONNECT_STOP_CONN_REFUSED != 0,
        handshake_failed: bits & ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED != 0,
        after_disconnect: bits & ZMQ_RECONNECT_STOP_AFTER_DISCONNECT != 0,
    }
}

pub(crate) fn from_reconnect_stop(stop: &ReconnectStop) -> c_int {
    bit(stop.conn_refused, ZMQ_RECONNECT_STOP_CONN_REFUSED)
        | bit(stop.handshake_failed, ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED)
        | bit(stop.after_disconnect, ZMQ_RECONNECT_STOP_AFTER_DISCONNECT)
}

/// Adds an id to a list, which NULL clears.
pub(crate) fn add_filter<T>(list: &mut Vec<T>, value: Option<&[u8]>, id: fn([u8; 4]) -> T) -> Result<()> {
    match value {
        None => list.clear(),
        Some(_) => list.push(id(exact(value)?)),
    }
    Ok(())
}

/// Adds a network, "address" or "address/length", to those that connections are accepted from; NULL clears the list.
pub(crate) fn add_accept_filter(options: &mut Options, value: Option<&[u8]>) -> Result<()> {
    match value {
        None => options.tcp.accept_filters.clear(),
        Some(_) => {
            let (address, length) = network(text(within(value, 1, NETWORK_BYTES_MAX)?)?)?;
            if address.is_ipv6() && !options.ipv6 {
                return Err(Error::InvalidArgument);
            }
            options.tcp.accept_filters.push((address, length));
        }
    }
    Ok(())
}

fn network(text: &str) -> Result<(IpAddr, u8)> {
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, rest)| (address, Some(rest)));
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = address.parse().map_err(|_| Error::InvalidArgument)?;
    let max = if address.is_ipv4() { 32 } else { 128 };
    match length.map_or(Ok(max), str::parse) {
        Ok(length) if length <= max => Ok((address, length)),
        _ => Err(Error::InvalidArgument),
    }
}

/// Adds a property, "X-name:value", to what peers are told, or replaces the one of that name.
pub(crate) fn add_metadata(options: &mut Options, value: Option<&[u8]>) -> Result<()> {
    let text = text(value.ok_or(Error::InvalidArgument)?)?;
    let (name, value) = text.split_once(':').ok_or(Error::InvalidArgument)?;
    options.set_metadata(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_lead_back() {
        for ms in [-1, 0, 1, 1000, c_int::MAX] {
            assert_eq!(from_wait(wait(ms)), ms);
        }
        assert_eq!(limit(0), None);
        assert_eq!(from_limit(limit(7)), 7);
    }

    #[test]
    fn networks() {
        let v4 = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(network("127.0.0.1"), Ok((v4, 32)));
        assert_eq!(network("127.0.0.1/8"), Ok((v4, 8)));
        assert_eq!(network("127.0.0.1/0"), Ok((v4, 0)));
        assert_eq!(network("::1/128"), Ok((IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1u16]), 128)));
        for wrong in
            ["", "/8", "127.0.0.1/", "127.0.0.1/33", "127.0.0.1/-1", "127.0.0.1/8/8", "lo", "::1/129"]
        {
            assert_eq!(network(wrong), Err(Error::InvalidArgument), "{wrong}");
        }
    }

    #[test]
    fn properties() {
        let mut options = Options::for_4x();
        for right in ["X-key:value", "X-other:a:b\0", "X-key:new"] {
            assert_eq!(add_metadata(&mut options, Some(right.as_bytes())), Ok(()), "{right}");
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(options.metadata, [pair("X-other", "a:b"), pair("X-key", "new")]);
        for wrong in ["", "X-key", "X-key:", ":value", "x-key:value", "key:value"] {
            assert!(add_metadata(&mut options, Some(wrong.as_bytes())).is_err(), "{wrong}");
        }
        assert!(add_metadata(&mut options, None).is_err());
    }
}
