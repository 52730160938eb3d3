//! Transports and endpoints: what `tcp://…`, `ipc://…`, `udp://…` and `inproc://…` mean.
#![forbid(unsafe_code)]

pub(crate) mod inproc;
pub(crate) mod ipc;
pub(crate) mod tcp;
pub(crate) mod udp;

use crate::error::{Error, Result};

/// An endpoint as the application wrote it, taken apart as far as all uses agree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// `tcp://` and what follows (zmq_tcp(7)).
    Tcp(&'a str),
    /// `ipc://` and what follows (zmq_ipc(7)).
    Ipc(&'a str),
    /// `udp://` and what follows (zmq_udp(7)).
    Udp(&'a str),
    /// `inproc://` and what follows (zmq_inproc(7)).
    Inproc(&'a str),
}

/// The longest endpoint that is looked at, in bytes.
const ENDPOINT_BYTES_MAX: usize = 4096;

impl<'a> Endpoint<'a> {
    /// Takes an endpoint apart.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when it is not of the form `transport://address`,
    /// [`Error::UnknownTransport`] when the transport is none of ours.
    pub(crate) fn parse(text: &'a str) -> Result<Endpoint<'a>> {
        let (transport, address) = text.split_once("://").ok_or(Error::InvalidArgument)?;
        if transport.is_empty() || address.is_empty() || text.len() > ENDPOINT_BYTES_MAX {
            return Err(Error::InvalidArgument);
        }
        match transport {
            "tcp" => Ok(Endpoint::Tcp(address)),
            "ipc" => Ok(Endpoint::Ipc(address)),
            "udp" => Ok(Endpoint::Udp(address)),
            "inproc" => Ok(Endpoint::Inproc(address)),
            _ => Err(Error::UnknownTransport),
        }
    }
}

/// Where a session connects to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A host, by name or number, and port, and where to connect from.
    Tcp(tcp::Path),
    /// A local name.
    Ipc(ipc::Name),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Tcp(path) => write!(f, "{path}"),
            Target::Ipc(name) => write!(f, "ipc://{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_taken_apart_or_refused() {
        assert_eq!(Endpoint::parse("tcp://*:5555"), Ok(Endpoint::Tcp("*:5555")));
        assert_eq!(Endpoint::parse("ipc:///tmp/x"), Ok(Endpoint::Ipc("/tmp/x")));
        assert_eq!(Endpoint::parse("inproc://a b"), Ok(Endpoint::Inproc("a b")));
        for bad in ["", "tcp", "tcp:", "tcp:/x", "tcp//x", "://x", "tcp://", "inproc://"] {
            assert_eq!(Endpoint::parse(bad), Err(Error::InvalidArgument), "{bad}");
        }
        assert_eq!(Endpoint::parse("carrier-pigeon://x"), Err(Error::UnknownTransport));
    }
}
