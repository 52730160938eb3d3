//! Monitoring: whoever asked is told what happens to a socket's connections (zmq_socket_monitor(3)).
//!
//! A monitor is a socket of the same context, bound to an inproc endpoint, that the application never sees. Events
//! come from the threads that make and lose connections, which must not wait: what the monitor's reader has no room
//! for, or came before it connected, is kept up to a limit, and goes out as soon as the reader has come or has read.
#![forbid(unsafe_code)]

use super::SocketHandle;
use super::core::Core;
use super::kind::SocketType;
use super::options::Options;
use crate::context::Shared;
use crate::error::{Error, Result};
use crate::message::{Message, OutOfMemory};
use crate::transport::Endpoint;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::time::Duration;

/// Events that are kept for a reader that has not come, or reads slowly; further ones are dropped.
const BACKLOG_MAX: usize = 1000;

/// Events that version 1 of the format has room for.
const EVENTS_V1: u64 = 0xffff;
/// [`MonitorEvent::PipesStats`] in the set of events.
const PIPES_STATS: u64 = 0x10000;

/// What happens to a socket's connections, with the value that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MonitorEvent {
    /// A connection was made from this side; its descriptor.
    Connected(RawFd),
    /// A connection is being made.
    ConnectDelayed,
    /// A connection is to be tried again after this time.
    ConnectRetried(Duration),
    /// The socket is bound; the listener's descriptor.
    Listening(RawFd),
    /// The socket cannot be bound; the system's error number.
    BindFailed(i32),
    /// A connection was made from the other side; its descriptor.
    Accepted(RawFd),
    /// A connection could not be accepted; the system's error number.
    AcceptFailed(i32),
    /// A listener, or a connection that was not made after all, was closed; its descriptor.
    Closed(RawFd),
    /// What a listener has left behind could not be removed; the system's error number.
    CloseFailed(i32),
    /// A connection is lost; its descriptor.
    Disconnected(RawFd),
    /// This is the last event.
    MonitorStopped,
    /// A handshake did not come to its end; the system's error number.
    HandshakeFailedNoDetail(i32),
    /// Messages may flow.
    HandshakeSucceeded,
    /// In a handshake, the protocol was not kept; see [`protocol_error`](crate::protocol_error).
    HandshakeFailedProtocol(u32),
    /// A peer was refused, or this side by a peer; the status code.
    HandshakeFailedAuth(u32),
    /// How many messages wait in the queues of one pipe.
    PipesStats {
        /// To be sent.
        outward: u64,
        /// To be received.
        inward: u64,
    },
}

/// The two sides of a connection, as far as they are known, as endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) local: String,
    pub(crate) remote: String,
    /// Whether this side was bound, so that the local endpoint is the one that the application knows.
    pub(crate) bound: bool,
}

impl Endpoints {
    /// Of a listener.
    pub(crate) fn listening(local: &str) -> Endpoints {
        Endpoints { local: local.to_owned(), remote: String::new(), bound: true }
    }
}

impl MonitorEvent {
    /// The event's number: a bit of the set of events.
    fn number(self) -> u64 {
        match self {
            MonitorEvent::Connected(_) => 0x0001,
            MonitorEvent::ConnectDelayed => 0x0002,
            MonitorEvent::ConnectRetried(_) => 0x0004,
            MonitorEvent::Listening(_) => 0x0008,
            MonitorEvent::BindFailed(_) => 0x0010,
            MonitorEvent::Accepted(_) => 0x0020,
            MonitorEvent::AcceptFailed(_) => 0x0040,
            MonitorEvent::Closed(_) => 0x0080,
            MonitorEvent::CloseFailed(_) => 0x0100,
            MonitorEvent::Disconnected(_) => 0x0200,
            MonitorEvent::MonitorStopped => 0x0400,
            MonitorEvent::HandshakeFailedNoDetail(_) => 0x0800,
            MonitorEvent::HandshakeSucceeded => 0x1000,
            MonitorEvent::HandshakeFailedProtocol(_) => 0x2000,
            MonitorEvent::HandshakeFailedAuth(_) => 0x4000,
            MonitorEvent::PipesStats { .. } => PIPES_STATS,
        }
    }

    /// The value that goes with the event, and the second one of those that have two.
    fn values(self) -> (u64, Option<u64>) {
        let value = match self {
            MonitorEvent::Connected(value)
            | MonitorEvent::Listening(value)
            | MonitorEvent::BindFailed(value)
            | MonitorEvent::Accepted(value)
            | MonitorEvent::AcceptFailed(value)
            | MonitorEvent::Closed(value)
            | MonitorEvent::CloseFailed(value)
            | MonitorEvent::Disconnected(value)
            | MonitorEvent::HandshakeFailedNoDetail(value) => i64::from(value) as u64,
            MonitorEvent::ConnectDelayed => libc::EINPROGRESS as u64,
            MonitorEvent::ConnectRetried(time) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            MonitorEvent::MonitorStopped | MonitorEvent::HandshakeSucceeded => 0,
            MonitorEvent::HandshakeFailedProtocol(value) | MonitorEvent::HandshakeFailedAuth(value) => {
                u64::from(value)
            }
            MonitorEvent::PipesStats { outward, inward } => return (outward, Some(inward)),
        };
        (value, None)
    }

    /// The message that tells of the event, in its parts. Numbers are as the machine has them.
    fn parts(self, endpoints: &Endpoints, version: u8) -> Result<Vec<Message>, OutOfMemory> {
        let (value, second) = self.values();
        let mut parts = Vec::new();
        if version == 1 {
            let mut head = (self.number() as u16).to_ne_bytes().to_vec();
            head.extend((value as u32).to_ne_bytes());
            let endpoint = if endpoints.bound { &endpoints.local } else { &endpoints.remote };
            parts.push(Message::from_vec(head));
            parts.push(Message::copy_from(endpoint.as_bytes())?);
        } else {
            let count = 1 + u64::from(second.is_some());
            for number in [Some(self.number()), Some(count), Some(value), second].into_iter().flatten() {
                parts.push(Message::copy_from(&number.to_ne_bytes())?);
            }
            for endpoint in [&endpoints.local, &endpoints.remote] {
                parts.push(Message::copy_from(endpoint.as_bytes())?);
            }
        }
        let last = parts.len() - 1;
        for (index, part) in parts.iter_mut().enumerate() {
            part.set_more(index < last);
        }
        Ok(parts)
    }
}

/// The monitor of one socket, if it has one.
#[derive(Default)]
pub(crate) struct Monitor {
    /// The events that somebody wants: all that is looked at where nobody does.
    events: AtomicU64,
    feed: Mutex<Option<Arc<Feed>>>,
}

/// The way to a monitor's reader.
struct Feed {
    socket: SocketHandle,
    version: u8,
    /// The parts of what could not be sent yet. Whoever has the lock sends. It is taken with locks of sockets and
    /// endpoint names held, and none of those are taken with it held but that of `socket`.
    backlog: Mutex<VecDeque<Vec<Message>>>,
    /// Something has happened to `socket`: whoever has the backlog, or had it last, looks. For who brings the news may
    /// itself be sending.
    news: AtomicBool,
}

impl Monitor {
    /// Whether anybody wants events of this kind.
    #[inline]
    fn wants(&self, event: u64) -> bool {
        self.events.load(Ordering::Relaxed) & event != 0
    }

    /// Tells of an event, if somebody wants to know.
    #[inline]
    pub(crate) fn tell(&self, event: MonitorEvent, endpoints: impl FnOnce() -> Endpoints) {
        if self.wants(event.number()) {
            self.tell_reader(event, &endpoints());
        }
    }

    #[cold]
    fn tell_reader(&self, event: MonitorEvent, endpoints: &Endpoints) {
        if let Some(feed) = self.feed.lock().clone() {
            feed.put(event, endpoints);
        }
    }

    /// Whether somebody wants to know how full the queues are.
    pub(crate) fn wants_statistics(&self) -> bool {
        self.wants(PIPES_STATS)
    }

    /// Starts to tell of `events`, in the format of `version`, through a socket of type `kind` that is bound to
    /// `endpoint`. A monitor that was there before is stopped.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::UnknownTransport`] unless the endpoint is an inproc one,
    /// [`Error::AddressInUse`], [`Error::TooManyOpen`], [`Error::Terminated`].
    pub(crate) fn start(
        &self,
        context: &Arc<Shared>,
        endpoint: &str,
        events: u64,
        version: u8,
        kind: SocketType,
    ) -> Result<()> {
        if !matches!(version, 1 | 2) || version == 1 && events & !EVENTS_V1 != 0 {
            return Err(Error::InvalidArgument);
        }
        let Endpoint::Inproc(_) = Endpoint::parse(endpoint)? else { return Err(Error::UnknownTransport) };
        self.stop();
        if !matches!(kind, SocketType::Pair | SocketType::Pub | SocketType::Push) {
            return Err(Error::InvalidArgument);
        }
        let options = Options { linger: Some(Duration::ZERO), ..Options::for_4x() };
        let core = Core::new(kind, options, context)?;
        let mailbox = core.mailbox.clone();
        let socket = SocketHandle::open(core)?;
        if let Err(error) = socket.bind(endpoint) {
            socket.close()?;
            return Err(error);
        }
        let feed =
            Arc::new(Feed { socket, version, backlog: Mutex::default(), news: AtomicBool::new(false) });
        let waiting = Arc::downgrade(&feed);
        mailbox.set_watcher(Arc::new(move || {
            if let Some(feed) = waiting.upgrade() {
                feed.news.store(true, Ordering::SeqCst);
                feed.attend();
            }
        }));
        *self.feed.lock() = Some(feed);
        self.events.store(events, Ordering::Relaxed);
        Ok(())
    }

    /// Stops, and says so as the last thing.
    pub(crate) fn stop(&self) {
        let Some(feed) = self.feed.lock().take() else { return };
        if self.events.swap(0, Ordering::Relaxed) & MonitorEvent::MonitorStopped.number() != 0 {
            feed.put_last(MonitorEvent::MonitorStopped);
        }
        // It is open: nobody else knows its handle.
        let _ = feed.socket.close();
    }
}

impl Feed {
    /// Looks what has happened to the monitor's socket, if something has, unless somebody else is about to.
    fn attend(&self) {
        // Together with the one of who brings news: either we see the news, or they see that the backlog is free.
        fence(Ordering::SeqCst);
        while self.news.load(Ordering::SeqCst) {
            let Some(mut backlog) = self.backlog.try_lock() else { return };
            self.news.store(false, Ordering::SeqCst);
            self.send_backlog(&mut backlog);
            if backlog.is_empty()
                && let Ok(mut turn) = self.socket.turn()
            {
                // Readers that come and go must not pile up where nothing is sent.
                let _ = turn.catch_up();
            }
            drop(backlog);
            fence(Ordering::SeqCst);
        }
    }

    fn put(&self, event: MonitorEvent, endpoints: &Endpoints) {
        // Where there is no memory, there is nobody to tell that.
        let Ok(parts) = event.parts(endpoints, self.version) else { return };
        {
            let mut backlog = self.backlog.lock();
            if backlog.len() < BACKLOG_MAX {
                backlog.push_back(parts);
            }
            self.send_backlog(&mut backlog);
        }
        self.attend();
    }

    /// Puts an event behind all others, which go out now if there is a reader, whether or not it has room.
    fn put_last(&self, event: MonitorEvent) {
        let mut backlog = self.backlog.lock();
        if let Ok(parts) = event.parts(&Endpoints::default(), self.version) {
            backlog.push_back(parts);
        }
        if let Ok(mut turn) = self.socket.turn() {
            turn.lift_marks();
        }
        self.send_backlog(&mut backlog);
    }

    /// Sends what the reader has room for.
    fn send_backlog(&self, backlog: &mut VecDeque<Vec<Message>>) {
        while let Some(parts) = backlog.front_mut() {
            // After the first part of a message, all others are taken.
            let sent = parts.iter_mut().try_for_each(|part| self.socket.send(part, false));
            match sent {
                Ok(()) => drop(backlog.pop_front()),
                Err(Error::WouldBlock) => return,
                // The context is being terminated.
                Err(_) => return backlog.clear(),
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        Endpoints { local: "tcp://1".into(), remote: "tcp://2".into(), bound: true }
    }

    #[test]
    fn events_are_told_in_the_format_of_their_version() {
        let bodies = |event: MonitorEvent, version| -> Vec<Vec<u8>> {
            let parts = event.parts(&endpoints(), version).unwrap();
            let more: Vec<bool> = parts.iter().map(Message::more).collect();
            assert!(more.iter().rev().skip(1).all(|more| *more) && !more[more.len() - 1]);
            parts.iter().map(|part| part.as_bytes().to_vec()).collect()
        };
        let head = [&0x200u16.to_ne_bytes()[..], &7u32.to_ne_bytes()[..]].concat();
        assert_eq!(bodies(MonitorEvent::Disconnected(7), 1), [head, b"tcp://1".to_vec()]);
        let number = |number: u64| number.to_ne_bytes().to_vec();
        assert_eq!(
            bodies(MonitorEvent::PipesStats { outward: 3, inward: 4 }, 2),
            [number(0x10000), number(2), number(3), number(4), b"tcp://1".to_vec(), b"tcp://2".to_vec()]
        );
        assert_eq!(bodies(MonitorEvent::MonitorStopped, 2)[..3], [number(0x400), number(1), number(0)]);
    }

    #[test]
    fn a_negative_descriptor_is_the_same_in_32_bits() {
        let parts = MonitorEvent::Closed(-1).parts(&endpoints(), 1).unwrap();
        assert_eq!(parts[0].as_bytes()[2..], (-1i32).to_ne_bytes());
    }
}
