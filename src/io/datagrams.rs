//! Datagrams: what moves the messages of a RADIO, DISH or DGRAM over udp, from its pipe and to it.
//!
//! A datagram of RADIO and DISH is a byte with the length of the group, the group, and the body; one of DGRAM
//! is the body alone, and its address is a part of the message. What the kernel, or the pipe, has no room for waits
//! in the kernel's buffers or is lost there, as datagrams are.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::owner::{Alive, Home, Owner};
use super::session::session_pipe;
use super::sys::{self, SockAddr};
use super::{Cause, Next, Scratch, Source, dial, sys_datagram};
use crate::error::{Error, Result};
use crate::message::{Kind, Message};
use crate::pipe::{Pipe, Signal};
use crate::socket::kind::SocketType;
use crate::socket::options::Options;
use crate::socket::tags::GROUP_BYTES_MAX;
use crate::trace;
use crate::transport::tcp::{self, Remote};
use crate::transport::udp::{Local, Path};
use parking_lot::Mutex;
use std::io::{self, IoSlice, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Datagrams sent or received before other sources have their turn.
const DATAGRAMS_A_TURN: usize = 64;

/// How messages and datagrams are made of one another.
enum Form {
    /// The group goes before the body, to this address.
    ToGroups(SocketAddr),
    /// The same, once the host was looked up.
    ToHost(Remote),
    /// The group comes before the body.
    FromGroups,
    /// The address is a part of the message.
    Addressed,
}

/// See the module's documentation.
pub(crate) struct Datagrams {
    owner: Arc<Owner>,
    options: Options,
    home: Home,
    form: Form,
    /// The interface for multicast.
    interface: u32,
    /// None until the host was looked up: it decides between IPv4 and IPv6.
    fd: Option<Fd>,
    pipe: Pipe,
    /// A message that the kernel has no room for: the group or address, and the body.
    pending: Option<(Message, Message)>,
    /// Whether the kernel may have more to read, and room to write.
    readable: bool,
    writable: bool,
    /// When to look the host up again.
    retry: Option<Instant>,
    /// The socket has closed the pipe: send what is in it, until then.
    closing: Option<Option<Instant>>,
    /// The source keeps its context alive.
    _alive: Alive,
}

/// A socket for datagrams, with the options set that matter to it.
fn open(address: &SocketAddr, interface: u32, options: &Options) -> io::Result<Fd> {
    let fd = sys_datagram::socket(SockAddr::inet(address).family())?;
    dial::tune_datagrams(fd.as_fd(), options)?;
    // What the system refuses stays at its default.
    let set = |level, name, value| drop(sys::set_option(fd.as_fd(), level, name, value));
    let (hops, looped) = (options.multicast_hops, i32::from(options.multicast_loop));
    if address.is_ipv4() {
        set(libc::IPPROTO_IP, libc::IP_MULTICAST_TTL, hops);
        set(libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP, looped);
    } else {
        set(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS, hops);
        set(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP, looped);
    }
    if interface != 0 {
        sys_datagram::send_by(fd.as_fd(), interface, address.is_ipv6())?;
    }
    Ok(fd)
}

/// Binds the socket; one for a multicast group joins it, and shares the port with others.
fn bind(fd: BorrowedFd<'_>, local: &Local) -> io::Result<()> {
    let group = local.address.ip();
    if !group.is_multicast() {
        return sys::bind(fd, &SockAddr::inet(&local.address));
    }
    let any: IpAddr = match group {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    for option in [libc::SO_REUSEADDR, libc::SO_REUSEPORT] {
        sys::set_option(fd, libc::SOL_SOCKET, option, 1)?;
    }
    // Other groups that other programs have joined here are not ours.
    let _ = if group.is_ipv4() {
        sys::set_option(fd, libc::IPPROTO_IP, libc::IP_MULTICAST_ALL, 0)
    } else {
        sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_ALL, 0)
    };
    sys::bind(fd, &SockAddr::inet(&SocketAddr::new(any, local.address.port())))?;
    sys_datagram::join_group(fd, group, local.interface)
}

impl Datagrams {
    /// Receives datagrams, and for DGRAM sends them too. Gives the socket's end of its pipe, what is to be launched,
    /// and the endpoint with the port that was chosen.
    ///
    /// # Errors
    /// As [`Local::parse`]; [`Error::AddressInUse`], [`Error::AddressNotAvailable`], [`Error::TooManyOpen`],
    /// [`Error::NoIoThread`], [`Error::Os`].
    pub(crate) fn bound(
        text: &str,
        owner: &Arc<Owner>,
        options: &Options,
    ) -> Result<(Pipe, Datagrams, String)> {
        let mut local = Local::parse(text, options)?;
        let fd = open(&local.address, local.interface, options).map_err(dial::refusal)?;
        bind(fd.as_fd(), &local).map_err(dial::refusal)?;
        let chosen = sys::local_address(fd.as_fd()).map_err(dial::refusal)?.to_inet();
        local.address.set_port(chosen.map_or(0, |address| address.port()));
        let name = match text.split_once(';') {
            Some((interface, _)) => format!("udp://{interface};{}", local.address),
            None => format!("udp://{}", local.address),
        };
        let form = if owner.kind == SocketType::Dgram { Form::Addressed } else { Form::FromGroups };
        let (pipe, source) = Datagrams::new(form, Some(fd), local.interface, owner, options)?;
        Ok((pipe, source, name))
    }

    /// Sends the messages of a RADIO. Gives the socket's end of its pipe, and what is to be launched.
    ///
    /// # Errors
    /// As [`Path::parse`]; [`Error::TooManyOpen`], [`Error::NoIoThread`], [`Error::Os`].
    pub(crate) fn connected(text: &str, owner: &Arc<Owner>, options: &Options) -> Result<(Pipe, Datagrams)> {
        let Path { remote, interface } = Path::parse(text)?;
        match remote {
            Remote::Address(address) if address.is_ipv6() && !options.ipv6 => Err(Error::NoSuchDevice),
            Remote::Address(address) => {
                let fd = open(&address, interface, options).map_err(dial::refusal)?;
                Datagrams::new(Form::ToGroups(address), Some(fd), interface, owner, options)
            }
            host => Datagrams::new(Form::ToHost(host), None, interface, owner, options),
        }
    }

    fn new(
        form: Form,
        fd: Option<Fd>,
        interface: u32,
        owner: &Arc<Owner>,
        options: &Options,
    ) -> Result<(Pipe, Datagrams)> {
        let home = Home::new(owner.runtime.choose(options.affinity).ok_or(Error::NoIoThread)?);
        let (socket_end, pipe) = session_pipe(owner.kind, options).map_err(dial::refusal)?;
        pipe.set_owner(home.thread.clone(), home.key);
        let source = Datagrams {
            owner: owner.clone(),
            options: options.clone(),
            home,
            form,
            interface,
            fd,
            pipe,
            pending: None,
            readable: true,
            writable: true,
            retry: None,
            closing: None,
            _alive: owner.runtime.alive(),
        };
        Ok((socket_end, source))
    }

    /// Gives the source to its I/O thread.
    pub(crate) fn launch(self) {
        let home = self.home.clone();
        home.thread.adopt(home.key, Arc::new(Mutex::new(self)));
    }

    /// Has the host looked up, if that is to be done.
    fn look_up(&mut self, now: Instant) {
        let Form::ToHost(Remote::Host(host, port)) = &self.form else { return };
        let (host, port, ipv6) = (host.clone(), *port, self.options.ipv6);
        self.retry = None;
        if let Err(error) = self.home.resolve(move || tcp::resolve(&host, port, ipv6)) {
            self.failed(&error, now);
        }
    }

    fn failed(&mut self, error: &io::Error, now: Instant) {
        trace::say(format_args!("{}: cannot send datagrams now: {error}", self.owner.kind.wire_name()));
        self.retry = self.options.reconnect_interval.and_then(|wait| now.checked_add(wait));
    }

    /// The host was looked up.
    fn resolved(&mut self, addresses: &[SocketAddr], now: Instant) {
        let opened = addresses.first().ok_or(io::ErrorKind::NotFound.into());
        match opened.and_then(|address| Ok((*address, open(address, self.interface, &self.options)?))) {
            Ok((address, fd)) => {
                self.fd = Some(fd);
                self.form = Form::ToGroups(address);
            }
            Err(error) => self.failed(&error, now),
        }
    }

    /// Takes note of why the source is driven. False: it is not wanted any more.
    fn note(&mut self, cause: Cause, now: Instant) -> bool {
        match cause {
            Cause::Adopted => self.look_up(now),
            Cause::Ready { readable, writable, .. } => {
                self.readable |= readable;
                self.writable |= writable;
            }
            Cause::Resolved(addresses) => self.resolved(&addresses, now),
            Cause::Pipe(Signal::Closed) if self.closing.is_none() => {
                let linger = self.owner.linger();
                self.closing = Some(linger.and_then(|time| now.checked_add(time)));
                return linger != Some(Duration::ZERO);
            }
            Cause::Timer => {
                if self.closing.flatten().is_some_and(|at| at <= now) {
                    return false;
                }
                if self.retry.is_some_and(|at| at <= now) {
                    self.look_up(now);
                }
            }
            Cause::Stop => return false,
            _ => {}
        }
        true
    }

    /// The next message of two parts; what is not of that form is dropped.
    fn next(&mut self) -> Option<(Message, Message)> {
        if let Some(pending) = self.pending.take() {
            return Some(pending);
        }
        loop {
            let first = self.pipe.read()?;
            if first.kind() != Kind::Data || !first.more() {
                continue;
            }
            let second = self.pipe.read()?;
            if !second.more() {
                return Some((first, second));
            }
            while self.pipe.read()?.more() {}
        }
    }

    /// Sends what is in the pipe. True: there is more.
    fn send(&mut self) -> bool {
        for _ in 0..DATAGRAMS_A_TURN {
            if !self.writable || self.fd.is_none() {
                return false;
            }
            let Some((head, body)) = self.next() else { return false };
            match self.send_one(head.as_bytes(), body.as_bytes()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                    self.pending = Some((head, body));
                }
                // Too long, say, or no way to get there: it is lost, and the next may not be.
                Err(error) => {
                    trace::say(format_args!(
                        "{}: a datagram is dropped: {error}",
                        self.owner.kind.wire_name()
                    ));
                }
            }
        }
        true
    }

    fn send_one(&self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let Some(fd) = &self.fd else { return Ok(()) };
        match &self.form {
            Form::ToGroups(to) => {
                let len = [u8::try_from(head.len()).map_err(|_| io::ErrorKind::InvalidInput)?];
                let slices = [IoSlice::new(&len), IoSlice::new(head), IoSlice::new(body)];
                sys_datagram::send_to(fd.as_fd(), &slices, to)
            }
            Form::Addressed => {
                let text = std::str::from_utf8(head).map_err(|_| io::ErrorKind::InvalidInput)?;
                let mut to: SocketAddr = text.parse().map_err(|_| io::ErrorKind::InvalidInput)?;
                if let IpAddr::V4(ip) = to.ip()
                    && sys::local_address(fd.as_fd())?.family() == libc::AF_INET6
                {
                    to.set_ip(ip.to_ipv6_mapped().into());
                }
                sys_datagram::send_to(fd.as_fd(), &[IoSlice::new(body)], &to)
            }
            // These do not send.
            Form::FromGroups | Form::ToHost(_) => Ok(()),
        }
    }

    /// Receives what the kernel has, as far as the pipe has room. True: there is more.
    fn recv(&mut self, scratch: &mut Scratch) -> bool {
        for _ in 0..DATAGRAMS_A_TURN {
            let Some(fd) = self.fd.as_ref().filter(|_| self.readable && self.closing.is_none()) else {
                return false;
            };
            if !self.pipe.can_write() {
                return false;
            }
            match sys_datagram::recv_from(fd.as_fd(), &mut scratch.input) {
                Ok((bytes, from)) => self.recv_one(bytes, from, scratch),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
                // What a peer's machine said to a datagram of ours.
                Err(_) => {}
            }
        }
        true
    }

    /// Makes a message of a datagram. What is not of the form, or has no room in memory, is dropped.
    fn recv_one(&mut self, bytes: usize, from: Option<SocketAddr>, scratch: &mut Scratch) {
        let Scratch { input, arena, .. } = scratch;
        let datagram = input.get(..bytes).unwrap_or_default();
        let mut text = [0; 64];
        let (head, body) = match (&self.form, from, datagram.split_first()) {
            (Form::FromGroups, _, Some((&len, rest))) => match rest.split_at_checked(usize::from(len)) {
                Some(parts) => parts,
                None => return,
            },
            (Form::Addressed, Some(from), _) => {
                let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                let mut room = &mut text[..];
                if write!(room, "{from}").is_err() {
                    return;
                }
                let left = room.len();
                (&text[..text.len() - left], datagram)
            }
            // A RADIO receives nothing.
            _ => return,
        };
        debug_assert!(head.len() <= GROUP_BYTES_MAX, "a byte counts no more");
        if let (Ok(mut head), Ok(body)) = (arena.copy_from(head), arena.copy_from(body)) {
            head.set_more(true);
            self.pipe.write(head);
            self.pipe.write(body);
            self.pipe.flush();
        }
    }

    /// Whether a source that is closing has nothing more to send, or cannot.
    fn is_delivered(&mut self) -> bool {
        let unsent = self.pending.is_some() || !self.pipe.is_finished();
        self.closing.is_some() && (!unsent || matches!(self.form, Form::FromGroups))
    }
}

impl Source for Datagrams {
    fn drive(&mut self, cause: Cause, scratch: &mut Scratch, now: Instant) -> Next {
        if !self.note(cause, now) {
            return Next { done: true, ..Next::default() };
        }
        if matches!(self.form, Form::FromGroups) {
            // What the socket joins and leaves: nobody at the other end of a datagram wants to know.
            while self.pipe.read().is_some() {}
        }
        let mut again = self.recv(scratch);
        again |= self.send();
        let deadline = match (self.retry, self.closing.flatten()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Next { deadline, again, done: self.is_delivered(), ..Next::default() }
    }

    fn watch(&self, watch: &mut dyn FnMut(RawFd, u64, bool)) {
        if let Some(fd) = &self.fd {
            watch(fd.as_raw_fd(), 0, !self.writable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::sys_peer;

    #[test]
    fn multicast_goes_as_far_as_the_options_say() {
        let options = Options { multicast_hops: 7, multicast_loop: false, ..Options::default() };
        for (address, level, hops, looped) in [
            ("127.0.0.1:9", libc::IPPROTO_IP, libc::IP_MULTICAST_TTL, libc::IP_MULTICAST_LOOP),
            ("[::1]:9", libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS, libc::IPV6_MULTICAST_LOOP),
        ] {
            let fd = open(&address.parse().unwrap(), 0, &options).unwrap();
            let option = |name| sys_peer::integer(fd.as_raw_fd(), level, name).unwrap();
            assert_eq!((option(hops), option(looped)), (7, 0), "{address}");
        }
    }
}
