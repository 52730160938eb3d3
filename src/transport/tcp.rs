//! TCP addresses: what may stand behind `tcp://`, when binding and when connecting (zmq_tcp(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::io::{dial, sys};
use crate::socket::options::Options;
use std::ffi::OsStr;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remote {
    /// A numeric address.
    Address(SocketAddr),
    /// A host name, to be looked up again at every attempt.
    Host(String, u16),
}

/// Where to connect to, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) remote: Remote,
    /// The interface and port to connect from, to be looked up at every attempt.
    pub(crate) source: Option<Box<str>>,
}

/// Splits `host:port`; an IPv6 address may stand in brackets.
fn split(address: &str) -> Result<(&str, &str)> {
    let (host, port) = address.rsplit_once(':').ok_or(Error::InvalidArgument)?;
    let bracketed = host.strip_prefix('[').map(|rest| rest.strip_suffix(']'));
    let host = match bracketed {
        Some(inside) => inside.ok_or(Error::InvalidArgument)?,
        None if host.contains(':') && !is_ipv6(host) => return Err(Error::InvalidArgument),
        None => host,
    };
    if host.is_empty() || port.is_empty() { Err(Error::InvalidArgument) } else { Ok((host, port)) }
}

/// Whether it is an IPv6 address, perhaps with its scope.
fn is_ipv6(host: &str) -> bool {
    match host.split_once('%') {
        Some((ip, scope)) => !scope.is_empty() && ip.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv6Addr>().is_ok(),
    }
}

/// A port in digits only.
fn parse_port(port: &str) -> Result<u16> {
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::InvalidArgument);
    }
    port.parse().map_err(|_| Error::InvalidArgument)
}

/// The local address to bind to: an IP address, `*` for all interfaces, or the name of an interface; the port a
/// number, or `*` or `0` for any free one.
///
/// # Errors
/// [`Error::InvalidArgument`] when it is not well formed, [`Error::NoSuchDevice`] when there is no such
/// interface, or the address is of IPv6 and that is switched off (host names are not looked up here).
pub(crate) fn local(address: &str, options: &Options) -> Result<SocketAddr> {
    local_of(address, options.ipv6, options.ipv6 && options.endpoints.dual_stack)
}

/// As [`local`], where IPv6 may be used or not, and then for both versions of IP or not.
pub(super) fn local_of(address: &str, ipv6: bool, dual: bool) -> Result<SocketAddr> {
    let (host, port) = split(address)?;
    let port = if port == "*" { 0 } else { parse_port(port)? };
    if host == "*" {
        let ip = if dual { IpAddr::from(Ipv6Addr::UNSPECIFIED) } else { Ipv4Addr::UNSPECIFIED.into() };
        return Ok((ip, port).into());
    }
    let address = match numeric(host, port) {
        Some(numeric) => numeric,
        None => SocketAddr::new(interface(host, |ip| ipv6 || ip.is_ipv4(), dual)?, port),
    };
    match address {
        SocketAddr::V6(_) if !ipv6 => Err(Error::NoSuchDevice),
        SocketAddr::V4(v4) if dual => Ok((v4.ip().to_ipv6_mapped(), port).into()),
        _ => Ok(address),
    }
}

/// The address of IPv4 that can stand for one of IPv6 where the system has no IPv6.
pub(crate) fn without_ipv6(address: &SocketAddr) -> Option<SocketAddr> {
    let SocketAddr::V6(v6) = address else { return None };
    let ip = match v6.ip() {
        &Ipv6Addr::UNSPECIFIED => Ipv4Addr::UNSPECIFIED,
        ip => ip.to_ipv4_mapped()?,
    };
    Some((ip, v6.port()).into())
}

/// An address of the named interface for which `allowed` holds: of IPv6 or of IPv4 rather than of the other.
fn interface(name: &str, allowed: impl Fn(&IpAddr) -> bool, ipv6_first: bool) -> Result<IpAddr> {
    // That there are no descriptors left says nothing of the interface.
    let mut addresses = sys::interface_addresses(OsStr::new(name)).map_err(dial::refusal)?;
    addresses.retain(allowed);
    let preferred = addresses.iter().find(|ip| ip.is_ipv6() == ipv6_first);
    preferred.or(addresses.first()).copied().ok_or(Error::NoSuchDevice)
}

/// Where to connect to: an IP address or a host name, and a port; before it, if a `;` follows, where from.
///
/// # Errors
/// [`Error::InvalidArgument`] when it is not well formed.
pub(crate) fn path(address: &str) -> Result<Path> {
    let Some((source, address)) = address.split_once(';') else {
        return Ok(Path { remote: remote(address)?, source: None });
    };
    let (host, port) = split(source)?;
    parse_port(port)?;
    if host == "*" {
        return Err(Error::InvalidArgument);
    }
    Ok(Path { remote: remote(address)?, source: Some(source.into()) })
}

/// A remote address: an IP address or a host name, and a port.
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
    if !is_ipv6(host) && (host.starts_with('-') || !host.bytes().all(valid)) {
        return Err(Error::InvalidArgument);
    }
    Ok(Remote::Host(host.to_owned(), port))
}

/// The local address to connect to `remote` from.
///
/// # Errors
/// [`Error::NoSuchDevice`], [`Error::AddressNotAvailable`] when it is not of the same version of IP.
pub(crate) fn source(text: &str, remote: &SocketAddr) -> Result<SocketAddr> {
    let (host, port) = split(text)?;
    let port = parse_port(port)?;
    let address = match numeric(host, port) {
        Some(numeric) => numeric,
        None => {
            let same = |ip: &IpAddr| ip.is_ipv6() == remote.is_ipv6();
            SocketAddr::new(interface(host, same, remote.is_ipv6())?, port)
        }
    };
    if address.is_ipv6() == remote.is_ipv6() { Ok(address) } else { Err(Error::AddressNotAvailable) }
}

/// The host in digits; one of IPv6 may have a scope in digits, too.
fn numeric(host: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, port));
    }
    format!("[{host}]:{port}").parse::<SocketAddrV6>().ok().map(SocketAddr::V6)
}

/// Looks a host up; this may take long. IPv4 addresses come first, as they do for programs that do not
/// know of IPv6.
pub(crate) fn resolve(host: &str, port: u16, ipv6: bool) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> =
        (host, port).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    found.retain(|address| ipv6 || address.is_ipv4());
    found.sort_by_key(SocketAddr::is_ipv6);
    found
}

/// As the application writes it.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remote = self.remote.to_string();
        match &self.source {
            Some(source) => write!(f, "tcp://{source};{}", remote.trim_start_matches("tcp://")),
            None => f.write_str(&remote),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remote::Address(address) => write!(f, "tcp://{address}"),
            Remote::Host(host, port) => write!(f, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Result<SocketAddr> {
        Ok(text.parse().unwrap())
    }

    #[test]
    fn local_addresses() {
        let options = Options::default();
        assert_eq!(local("*:5555", &options), address("0.0.0.0:5555"));
        assert_eq!(local("127.0.0.1:*", &options), address("127.0.0.1:0"));
        assert_eq!(local("[::1]:0", &options), address("[::1]:0"));
        assert_eq!(local("::1:7", &options), address("[::1]:7"));
        assert_eq!(local("lo:77", &options).unwrap().port(), 77);
        assert_eq!(local("nosuchif0:1", &options), Err(Error::NoSuchDevice));
        for bad in ["", ":", "*", "*:", ":5555", "*:65536", "*:-1", "*:+1", "*: 1", "*:x", "1:2:3", "[::1:5"]
        {
            assert_eq!(local(bad, &options), Err(Error::InvalidArgument), "{bad}");
        }
    }

    #[test]
    fn ipv6_is_there_when_it_is_switched_on() {
        let mut options = Options::for_4x();
        assert_eq!(local("*:5555", &options), address("0.0.0.0:5555"));
        for ipv6 in ["[::1]:5555", "[::]:*", "::1:5"] {
            assert_eq!(local(ipv6, &options), Err(Error::NoSuchDevice), "{ipv6}");
        }
        assert!(local("lo:5", &options).unwrap().is_ipv4());
        options.ipv6 = true;
        assert_eq!(local("*:5555", &options), address("[::]:5555"));
        assert_eq!(local("127.0.0.1:5", &options), address("[::ffff:127.0.0.1]:5"));
        assert_eq!(local("[::1]:5", &options), address("[::1]:5"));
        let fallback = |text| without_ipv6(&local(text, &options).unwrap()).map(Ok);
        assert_eq!(fallback("*:5"), Some(address("0.0.0.0:5")));
        assert_eq!(fallback("127.0.0.1:5"), Some(address("127.0.0.1:5")));
        assert_eq!(fallback("[::1]:5"), None);
        assert!(resolve("localhost", 80, false).iter().all(SocketAddr::is_ipv4));
    }

    #[test]
    fn remote_addresses() {
        assert!(matches!(remote("127.0.0.1:80"), Ok(Remote::Address(a)) if a.port() == 80));
        assert!(matches!(remote("::1:80"), Ok(Remote::Address(a)) if a.is_ipv6()));
        assert!(matches!(remote("[fe80::1%lo]:80"), Ok(Remote::Host(_, 80))));
        assert!(matches!(remote("localhost:80"), Ok(Remote::Host(name, 80)) if name == "localhost"));
        for bad in [
            "*:80",
            "localhost",
            "localhost:",
            "localhost:0",
            "localhost:*",
            "a b:80",
            "a/b:1",
            "-a:1",
            "[x]:1:",
        ] {
            assert!(matches!(remote(bad), Err(Error::InvalidArgument)), "{bad}");
        }
        assert!(resolve("localhost", 80, true).iter().all(|a| a.ip().is_loopback() && a.port() == 80));
    }

    #[test]
    fn sources() {
        let from = |text| path(text).map(|path| path.source.unwrap_or_default().into_string());
        assert_eq!(from("127.0.0.1:80"), Ok(String::new()));
        assert_eq!(from("lo:0;host:80"), Ok("lo:0".into()));
        assert_eq!(from("[::1]:7;[::1]:80"), Ok("[::1]:7".into()));
        for bad in ["*:0;host:80", "lo:*;host:80", "lo;host:80", ";host:80", "lo:0;", "lo:0;a:1;b:2"] {
            assert_eq!(from(bad), Err(Error::InvalidArgument), "{bad}");
        }
        let (v4, v6) = ("192.0.2.1:5".parse().unwrap(), "[2001:db8::1]:5".parse().unwrap());
        assert_eq!(source("127.0.0.1:7", &v4), address("127.0.0.1:7"));
        assert_eq!(source("127.0.0.1:7", &v6), Err(Error::AddressNotAvailable));
        assert_eq!(source("lo:7", &v4), address("127.0.0.1:7"));
        assert_eq!(source("nosuchif0:7", &v4), Err(Error::NoSuchDevice));
    }
}
