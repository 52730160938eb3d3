//! TCP addresses: what may stand behind `tcp://`, when binding and when connecting (zmq_tcp(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::io::sys;
use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// Where to connect to.
#[derive(Debug, Clone)]
pub(crate) enum Remote {
    /// A numeric address.
    Address(SocketAddr),
    /// A host name, to be looked up again at every attempt.
    Host(String, u16),
}

/// Splits `host:port`; an IPv6 address stands in brackets.
fn split(address: &str) -> Result<(&str, &str)> {
    let (host, port) = address.rsplit_once(':').ok_or(Error::InvalidArgument)?;
    let bracketed = host.strip_prefix('[').map(|rest| rest.strip_suffix(']'));
    let host = match bracketed {
        Some(inside) => inside.ok_or(Error::InvalidArgument)?,
        None if host.contains(':') => return Err(Error::InvalidArgument),
        None => host,
    };
    if host.is_empty() || port.is_empty() { Err(Error::InvalidArgument) } else { Ok((host, port)) }
}

/// A port in digits only.
fn parse_port(port: &str) -> Result<u16> {
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::InvalidArgument);
    }
    port.parse().map_err(|_| Error::InvalidArgument)
}

/// The local address to bind to: an IP address, `*` for all IPv4 interfaces, or the name of an
/// interface; the port a number, or `*` or `0` for any free one.
///
/// # Errors
/// [`Error::InvalidArgument`] when it is not well formed, [`Error::NoSuchDevice`] when there is no such
/// interface (host names are not looked up here).
pub(crate) fn local(address: &str) -> Result<SocketAddr> {
    let (host, port) = split(address)?;
    let port = if port == "*" { 0 } else { parse_port(port)? };
    if host == "*" {
        return Ok((Ipv4Addr::UNSPECIFIED, port).into());
    }
    if let Some(numeric) = numeric(host, port) {
        return Ok(numeric);
    }
    let addresses = sys::interface_addresses(OsStr::new(host)).map_err(|_| Error::NoSuchDevice)?;
    let ip = addresses.iter().find(|ip| ip.is_ipv4()).or(addresses.first());
    ip.map(|ip| SocketAddr::new(*ip, port)).ok_or(Error::NoSuchDevice)
}

/// The remote address to connect to: an IP address or a host name, and a port.
///
/// # Errors
/// [`Error::InvalidArgument`] when it is not well formed.
pub(crate) fn remote(address: &str) -> Result<Remote> {
    let (host, port) = split(address)?;
    let port = parse_port(port)?;
    if port == 0 || host == "*" {
        return Err(Error::InvalidArgument);
    }
    if let Some(numeric) = numeric(host, port) {
        return Ok(Remote::Address(numeric));
    }
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') || byte >= 0x80;
    // An IPv6 address with the name of its scope is left to the resolver.
    let scoped =
        host.split_once('%').is_some_and(|(ip, scope)| ip.parse::<Ipv6Addr>().is_ok() && !scope.is_empty());
    if !scoped && !host.bytes().all(valid) {
        return Err(Error::InvalidArgument);
    }
    Ok(Remote::Host(host.to_owned(), port))
}

fn numeric(host: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, port));
    }
    format!("[{host}]:{port}").parse().ok()
}

/// Looks a host up; this may take long. IPv4 addresses come first, as they do for programs that do not
/// know of IPv6.
pub(crate) fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> =
        (host, port).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    found.sort_by_key(SocketAddr::is_ipv6);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses() {
        assert_eq!(local("*:5555").unwrap(), "0.0.0.0:5555".parse().unwrap());
        assert_eq!(local("127.0.0.1:*").unwrap(), "127.0.0.1:0".parse().unwrap());
        assert_eq!(local("[::1]:0").unwrap(), "[::1]:0".parse().unwrap());
        assert_eq!(local("lo:77").unwrap().port(), 77);
        assert_eq!(local("nosuchif0:1"), Err(Error::NoSuchDevice));
        for bad in ["", ":", "*", "*:", ":5555", "*:65536", "*:-1", "*:+1", "*: 1", "*:x", "::1:5", "[::1:5"]
        {
            assert_eq!(local(bad), Err(Error::InvalidArgument), "{bad}");
        }
    }

    #[test]
    fn remote_addresses() {
        assert!(matches!(remote("127.0.0.1:80"), Ok(Remote::Address(a)) if a.port() == 80));
        assert!(matches!(remote("[fe80::1%lo]:80"), Ok(Remote::Host(_, 80))));
        assert!(matches!(remote("localhost:80"), Ok(Remote::Host(name, 80)) if name == "localhost"));
        for bad in
            ["*:80", "localhost", "localhost:", "localhost:0", "localhost:*", "a b:80", "a/b:1", "[x]:1:"]
        {
            assert!(matches!(remote(bad), Err(Error::InvalidArgument)), "{bad}");
        }
        assert!(resolve("localhost", 80).iter().all(|a| a.ip().is_loopback() && a.port() == 80));
    }
}
