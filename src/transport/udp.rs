//! UDP addresses: what may stand behind `udp://`, when binding and when connecting (zmq_udp(7)).
#![forbid(unsafe_code)]

use super::tcp::{self, Remote};
use crate::error::{Error, Result};
use crate::io::{dial, sys_datagram};
use crate::socket::options::Options;
use std::net::{Ipv6Addr, SocketAddr};

/// Where datagrams are received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// The address to bind to, or the multicast group and its port.
    pub(crate) address: SocketAddr,
    /// The interface to join the group on, by its number; 0: the system's choice.
    pub(crate) interface: u32,
}

/// Where datagrams are sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) remote: Remote,
    /// The interface to send to a multicast group by; 0: the system's choice.
    pub(crate) interface: u32,
}

/// Takes the interface off that may stand before an address.
fn split(text: &str) -> Result<(&str, u32)> {
    match text.split_once(';') {
        None => Ok((text, 0)),
        Some(("", _)) => Err(Error::InvalidArgument),
        Some(("*", address)) => Ok((address, 0)),
        // That there are no descriptors left says nothing of the interface.
        Some((interface, address)) => match sys_datagram::interface_index(interface) {
            Ok(index) => Ok((address, index)),
            Err(error) => match dial::refusal(error) {
                Error::TooManyOpen => Err(Error::TooManyOpen),
                _ => Err(Error::NoSuchDevice),
            },
        },
    }
}

impl Local {
    /// An interface, by its name or address or `*` for all, and a port; or a multicast group and a port, and before
    /// them, if a `;` follows, the interface to join it on.
    ///
    /// # Errors
    /// As [`tcp::local`].
    pub(crate) fn parse(text: &str, options: &Options) -> Result<Local> {
        let (address, interface) = split(text)?;
        let mut local = tcp::local_of(address, options.ipv6, false)?;
        if address.starts_with("*:") && options.ipv6 && options.endpoints.dual_stack {
            local.set_ip(Ipv6Addr::UNSPECIFIED.into());
        }
        if interface != 0 && !local.ip().is_multicast() {
            return Err(Error::InvalidArgument);
        }
        Ok(Local { address: local, interface })
    }
}

impl Path {
    /// A host and a port; before them, if a `;` follows, the interface by which to send to a multicast group.
    ///
    /// # Errors
    /// As [`tcp::remote`], and [`Error::NoSuchDevice`].
    pub(crate) fn parse(text: &str) -> Result<Path> {
        let (address, interface) = split(text)?;
        Ok(Path { remote: tcp::remote(address)?, interface })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses_may_be_groups() {
        let options = Options::for_4x();
        let local = |text| Local::parse(text, &options);
        let at = |address: &str, interface| Ok(Local { address: address.parse().unwrap(), interface });
        let lo = sys_datagram::interface_index("lo").unwrap();
        assert_eq!(local("*:5555"), at("0.0.0.0:5555", 0));
        assert_eq!(local("127.0.0.1:*"), at("127.0.0.1:0", 0));
        assert_eq!(local("239.0.0.1:5555"), at("239.0.0.1:5555", 0));
        assert_eq!(local("lo;239.0.0.1:5555"), at("239.0.0.1:5555", lo));
        assert_eq!(local("127.0.0.1;239.0.0.1:5555"), at("239.0.0.1:5555", lo));
        assert_eq!(local("*;239.0.0.1:5555"), at("239.0.0.1:5555", 0));
        assert_eq!(local("nosuchif0;239.0.0.1:5555"), Err(Error::NoSuchDevice));
        assert_eq!(local("lo;[ff02::1]:5555"), Err(Error::NoSuchDevice), "IPv6 is switched off");
        for bad in ["lo;127.0.0.1:5", ";239.0.0.1:5", "239.0.0.1", "239.0.0.1:x", "", ":5"] {
            assert_eq!(local(bad), Err(Error::InvalidArgument), "{bad}");
        }
        let options = Options { ipv6: true, ..Options::for_4x() };
        assert_eq!(Local::parse("lo;[ff02::1]:5555", &options), at("[ff02::1]:5555", lo));
        assert_eq!(Local::parse("*:5", &options), at("[::]:5", 0));
    }

    #[test]
    fn remote_addresses_may_have_an_interface() {
        let lo = sys_datagram::interface_index("lo").unwrap();
        let path = |text| Path::parse(text).map(|path| (path.remote, path.interface));
        let group = Remote::Address("239.0.0.1:5555".parse().unwrap());
        assert_eq!(path("239.0.0.1:5555"), Ok((group.clone(), 0)));
        assert_eq!(path("lo;239.0.0.1:5555"), Ok((group, lo)));
        assert_eq!(path("localhost:5"), Ok((Remote::Host("localhost".into(), 5), 0)));
        assert_eq!(path("nosuchif0;239.0.0.1:5555"), Err(Error::NoSuchDevice));
        for bad in ["*:5", "239.0.0.1:0", "239.0.0.1", "lo;", ";239.0.0.1:5"] {
            assert_eq!(path(bad), Err(Error::InvalidArgument), "{bad}");
        }
    }
}
