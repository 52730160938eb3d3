//! An attempt to connect: from an address to a stream that is connected to the peer, through a proxy where one is
//! used.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::socks::Socks;
use super::{dial, sys, sys_peer};
use crate::error::Result;
use crate::socket::options::Options;
use crate::transport::tcp::{self, Remote};
use crate::transport::{Target, ipc};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Instant;

/// What a session connects to, and how.
pub(crate) struct Dialer {
    target: Target,
    /// The proxy.
    via: Option<Box<Remote>>,
    /// A socket that the application made, for the first attempt.
    made: Option<Fd>,
}

/// A host to be looked up.
pub(crate) struct Query {
    host: String,
    port: u16,
    ipv6: bool,
}

/// What an attempt begins with.
pub(crate) enum Start {
    /// These addresses are to be tried, the last first.
    Addresses(Vec<SocketAddr>),
    /// The host is to be looked up first.
    LookUp(Query),
    /// It has begun.
    Attempt(Attempt),
}

/// An attempt that has begun.
pub(crate) struct Attempt {
    pub(crate) fd: Fd,
    /// Addresses to try when this one cannot be connected to.
    pub(crate) left: Vec<SocketAddr>,
    /// Whether the stream is connected, if only to the proxy.
    connected: bool,
    /// What is asked of the proxy.
    socks: Option<Box<Socks>>,
    /// Whether the proxy has been asked.
    asked: bool,
    /// The reactor has told of the end of what there is to read, and will not do so again.
    pub(crate) ending: bool,
    /// When the attempt has taken too long.
    pub(crate) deadline: Option<Instant>,
}

impl Query {
    /// Looks the host up. This may take seconds.
    pub(crate) fn run(&self) -> Vec<SocketAddr> {
        tcp::resolve(&self.host, self.port, self.ipv6)
    }
}

impl Dialer {
    /// For the target, as the options say.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) when the proxy's address is not well formed, or the
    /// socket that the application made is none that could be used.
    pub(crate) fn new(target: Target, options: &Options) -> Result<Dialer> {
        let local = matches!(target, Target::Ipc(_));
        let via = match options.socks.proxy.as_str() {
            proxy if !local && !proxy.is_empty() => Some(Box::new(tcp::remote(proxy)?)),
            _ => None,
        };
        Ok(Dialer { target, via, made: dial::given_stream(local, options)? })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Begins an attempt.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn start(&mut self, options: &Options, now: Instant) -> io::Result<Start> {
        if let Some(fd) = self.made.take_if(|fd| sys_peer::peer_address(fd.as_fd()).is_ok()) {
            return Ok(Start::Attempt(Attempt::over(fd, true, Vec::new(), options, now)));
        }
        let remote = match (&self.target, &self.via) {
            (Target::Ipc(name), _) => {
                let name: &ipc::Name = name;
                let (fd, connected) = dial::ipc(name, self.made.take(), options)?;
                return Ok(Start::Attempt(Attempt::over(fd, connected, Vec::new(), options, now)));
            }
            (Target::Tcp(_), Some(via)) => &**via,
            (Target::Tcp(path), None) => &path.remote,
        };
        Ok(match remote {
            Remote::Address(address) => Start::Addresses(vec![*address]),
            Remote::Host(host, port) => {
                Start::LookUp(Query { host: host.clone(), port: *port, ipv6: options.ipv6 })
            }
        })
    }

    /// Tries the addresses, the last first.
    ///
    /// # Errors
    /// What the system said of the last one that was tried.
    pub(crate) fn dial(
        &mut self,
        mut left: Vec<SocketAddr>,
        options: &Options,
        now: Instant,
    ) -> io::Result<Attempt> {
        let Target::Tcp(path) = &self.target else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut error = io::Error::new(io::ErrorKind::NotFound, "no address is known for the host");
        while let Some(address) = left.pop() {
            match dial::tcp(&address, path.source.as_deref(), self.made.take(), options) {
                Ok((fd, connected)) => {
                    let mut attempt = Attempt::over(fd, connected, left, options, now);
                    if self.via.is_some() {
                        attempt.socks = Some(Box::new(Socks::new(&path.remote, &options.socks)?));
                    }
                    return Ok(attempt);
                }
                Err(refused) => error = refused,
            }
        }
        Err(error)
    }
}

impl fmt::Display for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        match &self.via {
            Some(via) => write!(f, " by the proxy {via}"),
            None => Ok(()),
        }
    }
}

impl Attempt {
    fn over(fd: Fd, connected: bool, left: Vec<SocketAddr>, options: &Options, now: Instant) -> Attempt {
        let deadline = options.connect_timeout.and_then(|time| now.checked_add(time));
        Attempt { fd, left, connected, socks: None, asked: false, ending: false, deadline }
    }

    /// Whether the stream is connected to the peer.
    pub(crate) fn is_done(&self) -> bool {
        self.connected && self.socks.is_none()
    }

    /// Goes on. `Ok(true)`: the stream is connected to the peer.
    ///
    /// # Errors
    /// It cannot be; there may be more addresses.
    pub(crate) fn progress(&mut self, writable: bool, options: &Options, now: Instant) -> io::Result<bool> {
        if !self.connected && !writable {
            return Ok(false);
        }
        let Some(socks) = &mut self.socks else {
            return sys::take_error(self.fd.as_fd()).map(|()| true);
        };
        if !std::mem::replace(&mut self.asked, true) {
            sys::take_error(self.fd.as_fd())?;
            self.connected = true;
            // What the proxy says would be the same at its other addresses. It has as long as a peer has.
            self.left.clear();
            self.deadline = options.handshake_timeout.and_then(|time| now.checked_add(time));
        }
        if socks.progress(&self.fd)? {
            self.socks = None;
        }
        Ok(self.socks.is_none())
    }
}
