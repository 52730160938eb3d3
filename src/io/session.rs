//! A session: what keeps one peer of a socket connected, from the first attempt to the last byte.
//!
//! On the connecting side a session lives as long as the endpoint: it dials, and when the connection is
//! lost it waits and dials again, while its pipe stays with the socket. On the binding side it lives as
//! long as the connection, unless the peer has a name and the socket keeps the pipes of named peers (the
//! durable sockets of 2.x): then it stays and waits for the peer to come back.
#![forbid(unsafe_code)]

mod claim;
mod connecting;
mod direct;
#[cfg(all(test, loom))]
mod loom_sleepers;
#[cfg(all(test, loom))]
mod loom_tests;
mod told;

use super::attempt::{Attempt, Dialer};
use super::established::{self, Ended, Established};
use super::fd::Fd;
use super::line::Line;
use super::owner::{Alive, Durable, Guests, Home, Owner};
use super::zap::Inquiry;
use super::{Cause, Next, Scratch, Source, dial, sys};
use crate::error::Result;
use crate::message::{Kind, Message};
use crate::metadata::Origin;
use crate::pipe::swap::Swap;
use crate::pipe::{Bounds, Pipe, Signal, pipe_with};
use crate::socket::kind::SocketType;
use crate::socket::mailbox::Event;
use crate::socket::monitor::MonitorEvent;
use crate::socket::options::Options;
use crate::trace;
use crate::transport::Target;
use crate::wire::batch::Batch;
use crate::wire::cipher::Cipher;
use crate::wire::handshake::Handshake;
use crate::wire::zap::Answer;
use crate::wire::{Local, PeerInfo, Version};
use claim::Direct;
use parking_lot::Mutex;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Subscriptions of one peer that wait for a publisher's application; the peer waits when there are more.
const SUBSCRIPTIONS_WAITING_MAX: usize = 10_000;
/// The shortest wait before connecting again.
const RECONNECT_MIN: Duration = Duration::from_millis(1);

/// How the session came to be.
enum Role {
    /// The socket connected.
    Connecting {
        dialer: Dialer,
        /// The wait before the next attempt.
        interval: Duration,
    },
    /// A peer connected.
    Accepted {
        /// The name under which the peer's pipe is kept.
        durable: Option<Vec<u8>>,
        /// Those whom the listener has accepted.
        guests: Arc<Guests>,
    },
}

/// What the session is doing.
enum Link {
    /// Nothing, until then (or until something happens).
    Down(Option<Instant>),
    /// A thread is looking up the target's address.
    Resolving,
    /// A connection attempt is under way.
    Dialing(Box<Attempt>),
    /// The handshake is under way.
    Greeting(Box<Greeting>),
    /// Messages flow.
    Up(Box<Established>),
}

/// A connection in its handshake.
struct Greeting {
    fd: Fd,
    handshake: Handshake,
    out: Batch,
    writable: bool,
    /// As that of a connection that is established.
    ending: bool,
    deadline: Option<Instant>,
    /// The handshake is done.
    done: Option<Shaken>,
    /// What a handler of ZAP was asked about the peer.
    inquiry: Option<Inquiry>,
    /// What the peer has sent that waits for the answer.
    held: Vec<u8>,
}

/// A handshake that is done.
struct Shaken {
    peer: PeerInfo,
    /// What encrypts the connection from now on, if anything does.
    cipher: Option<Cipher>,
    /// What the peer sent behind it.
    held: Vec<u8>,
}

/// See the module's documentation.
pub(crate) struct Session {
    owner: Arc<Owner>,
    options: Arc<Options>,
    home: Home,
    line: Arc<Line>,
    direct: Direct,
    role: Role,
    link: Link,
    /// Changes with every new descriptor.
    fd_number: u64,
    /// The session's end of the pipe; an accepted session has none before the handshake is done.
    pipe: Option<Pipe>,
    /// Messages taken from the pipe that go out before what is still in it.
    leftover: Vec<Message>,
    /// The socket has closed the pipe: deliver what is in it, until then.
    closing: Option<Option<Instant>>,
    /// The session has closed the pipe itself.
    dismissed: bool,
    ended: bool,
    /// The last connection's place among the origins of messages.
    origin: Option<Origin>,
    /// The connection, when it belongs to another session.
    handover: Option<(Home, Box<Established>)>,
    /// The session keeps its context alive.
    _alive: Alive,
}

/// The pipe between a socket with these options and a session: the socket's end, then the session's.
pub(super) fn session_pipe(kind: SocketType, options: &Options) -> io::Result<(Pipe, Pipe)> {
    let swap = || match options.swap_bytes {
        0 => Ok(None),
        bytes => Swap::create(bytes).map(Some),
    };
    let outward =
        if kind.subscribes() { Bounds::default() } else { Bounds { hwm: options.send_hwm, swap: swap()? } };
    let inward = if kind.publishes() {
        Bounds { hwm: SUBSCRIPTIONS_WAITING_MAX, swap: None }
    } else {
        Bounds { hwm: options.recv_hwm, swap: swap()? }
    };
    Ok(pipe_with([outward, inward], [options.conflate && kind.conflates(); 2]))
}

impl Session {
    /// A session that connects. Gives the socket's end of its pipe too.
    ///
    /// # Errors
    /// Those of [`Dialer::new`]; or the pipe's swap file cannot be made.
    pub(crate) fn connecting(
        target: Target,
        owner: &Arc<Owner>,
        options: &Options,
        home: Home,
    ) -> Result<(Session, Pipe)> {
        let (socket_end, session_end) = session_pipe(owner.kind, options).map_err(dial::refusal)?;
        session_end.shut(options.immediate);
        let dialer = Dialer::new(target, options)?;
        let interval = options.reconnect_interval.unwrap_or_default();
        let role = Role::Connecting { dialer, interval };
        let mut session = Session::new(role, Link::Down(None), owner, Arc::new(options.clone()), home);
        session_end.set_owner(session.line.clone(), session.home.key);
        session.pipe = Some(session_end);
        Ok((session, socket_end))
    }

    /// A session for a connection that a listener accepted.
    pub(crate) fn accepted(
        fd: Fd,
        owner: &Arc<Owner>,
        options: &Arc<Options>,
        guests: Arc<Guests>,
        home: Home,
    ) -> Session {
        let greeting = Greeting::new(fd, owner.kind, options, Instant::now());
        let role = Role::Accepted { durable: None, guests };
        Session::new(role, Link::Greeting(Box::new(greeting)), owner, options.clone(), home)
    }

    fn new(role: Role, link: Link, owner: &Arc<Owner>, options: Arc<Options>, home: Home) -> Session {
        Session {
            owner: owner.clone(),
            options,
            line: Line::new(home.clone(), owner.clone()),
            direct: Direct::default(),
            home,
            role,
            link,
            fd_number: 0,
            pipe: None,
            leftover: Vec::new(),
            closing: None,
            dismissed: false,
            ended: false,
            origin: None,
            handover: None,
            _alive: owner.runtime.alive(),
        }
    }

    /// Gives the session to its I/O thread.
    pub(crate) fn launch(self) {
        let (home, line) = (self.home.clone(), self.line.clone());
        let session = Arc::new(Mutex::new(self));
        line.open(&session);
        home.thread.adopt(home.key, session);
    }

    /// How threads of the application get at the session's connection.
    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// The connection is gone, or could not be made.
    fn lost(&mut self, ended: &Ended, now: Instant) {
        self.report_lost(ended);
        self.wake_sleepers();
        self.leave_direct();
        if let Some(pipe) = &mut self.pipe {
            pipe.rollback();
            if let Link::Up(up) = &self.link {
                notify_raw(up, &self.options, pipe);
                if let Some(words) = farewell(self.owner.kind, up.version(), &self.role, &self.options) {
                    pipe.write_anyway(words);
                }
            }
            // Who reads the notice of a connection that was accepted sees that the pipe is closed, too.
            if matches!(self.role, Role::Connecting { .. }) {
                pipe.flush();
                pipe.shut(self.options.immediate);
            }
        }
        match &self.role {
            Role::Connecting { .. } if self.gives_up() => {
                self.link = Link::Down(None);
                self.ended = true;
            }
            Role::Connecting { .. } => self.back_off(now),
            Role::Accepted { durable: Some(name), .. } => {
                if let Some(durable) = self.owner.durable.lock().get_mut(name) {
                    durable.connected = false;
                }
                self.link = Link::Down(None);
            }
            Role::Accepted { durable: None, .. } => {
                self.link = Link::Down(None);
                self.ended = true;
            }
        }
    }

    /// Does what can be done on the link. `Ok(true)`: there is more to do.
    fn progress(&mut self, scratch: &mut Scratch, now: Instant) -> Result<bool, Ended> {
        if let Link::Greeting(greeting) = &mut self.link {
            if greeting.done.is_none() {
                let Some(done) = greeting.progress(&self.owner, &self.home, scratch)? else {
                    return Ok(false);
                };
                // A peer with a name may be one that has just left, while threads of the application did not look:
                // its former connection is to end first.
                let looks_first = self.owner.kind == SocketType::Router && !done.peer.identity.is_empty();
                greeting.done = Some(done);
                if looks_first {
                    self.owner.runtime.threads.iter().for_each(|thread| thread.recall());
                    return Ok(true);
                }
            }
            if let Some(shaken) = greeting.done.take() {
                self.establish(shaken, now);
            }
        }
        let (Link::Up(up), Some(pipe)) = (&mut self.link, &mut self.pipe) else {
            self.forget_subscriptions();
            self.ended |= self.is_closed_by_application();
            return Ok(false);
        };
        for part in self.leftover.drain(..) {
            up.enqueue(part);
        }
        let mut again = false;
        if self.closing.is_none() {
            again |= up.receive(pipe, scratch)?;
            up.beat(now)?;
        }
        again |= up.transmit(pipe, scratch)?;
        Ok(again)
    }

    /// Whether the application has closed a connection that there is not: nothing is left to be written.
    fn is_closed_by_application(&mut self) -> bool {
        self.options.is_raw(self.owner.kind)
            && self.pipe.as_mut().and_then(|pipe| pipe.peek(Message::is_empty)) == Some(true)
    }

    /// While no publisher is connected, changes of subscriptions need not be kept: the whole state is
    /// sent once one is. Of other messages as many are kept as the high-water mark allows.
    fn forget_subscriptions(&mut self) {
        if self.owner.upstream.is_some()
            && let Some(pipe) = &mut self.pipe
        {
            let is_last = |part: &&Message| !part.more();
            let mut kept = None;
            while let Some(part) = pipe.read() {
                if part.kind() == Kind::Data {
                    let kept = kept.get_or_insert_with(|| self.leftover.iter().filter(is_last).count());
                    let has_room = self.options.send_hwm == 0 || *kept < self.options.send_hwm;
                    *kept += usize::from(!part.more());
                    if has_room {
                        self.leftover.push(part);
                    }
                }
            }
        }
    }

    /// The handshake is done: messages may flow.
    fn establish(&mut self, shaken: Shaken, now: Instant) {
        let link = std::mem::replace(&mut self.link, Link::Down(None));
        let Link::Greeting(greeting) = link else { unreachable!("only a handshake is followed by this") };
        let accepted = matches!(self.role, Role::Accepted { .. });
        if accepted {
            self.owner.greeting_ends(&self.home);
        }
        let Greeting { fd, out, ending, .. } = *greeting;
        let Shaken { peer, cipher, held } = shaken;
        let bytes_max = self.options.message_bytes_max;
        let mut up = Box::new(Established::new(fd, peer, cipher, bytes_max, out, held));
        up.note_ready(true, true, ending);
        up.start_heart(&self.options.heartbeat, now);
        if accepted && self.options.durable_peers && !up.peer.identity.is_empty() {
            self.establish_durable(up);
        } else {
            self.take_up(up);
        }
    }

    /// The peer has a name, and its pipe may be waiting for it in another session.
    fn establish_durable(&mut self, up: Box<Established>) {
        let name = up.peer.identity.clone();
        let owner = self.owner.clone();
        let mut durable = owner.durable.lock();
        match durable.get_mut(&name) {
            // Two peers with one name: the first one has it.
            Some(known) if known.connected => {
                trace::say(format_args!("{self}: refused: a peer with the same identity is connected"));
                self.ended = true;
            }
            Some(known) => {
                known.connected = true;
                self.handover = Some((known.home.clone(), up));
                self.ended = true;
            }
            None => {
                let home = self.home.clone();
                durable.insert(name.clone(), Durable { home, connected: true });
                drop(durable);
                if let Role::Accepted { durable, .. } = &mut self.role {
                    *durable = Some(name);
                }
                self.take_up(up);
            }
        }
    }

    /// Puts a connection to use: tells the socket who is there, and the peer what it must know.
    fn take_up(&mut self, mut up: Box<Established>) {
        if let Role::Connecting { interval, .. } = &mut self.role {
            *interval = self.options.reconnect_interval.unwrap_or_default();
        }
        let mut socket_end = None;
        if self.pipe.is_none() {
            let made = session_pipe(self.owner.kind, &self.options).or_else(|_| {
                // No place for a swap file: the high-water marks hold, as without one.
                session_pipe(self.owner.kind, &Options { swap_bytes: 0, ..(*self.options).clone() })
            });
            let Ok((theirs, ours)) = made else {
                self.ended = true;
                return;
            };
            ours.set_owner(self.line.clone(), self.home.key);
            socket_end = Some(theirs);
            self.pipe = Some(ours);
        }
        self.note_origin(&mut up, socket_end.as_mut());
        if let Some(pipe) = &mut self.pipe {
            self.leftover.extend(introduce(&self.owner, &mut up, &self.options, pipe));
            if matches!(self.role, Role::Connecting { .. }) && self.options.immediate {
                pipe.shut(false);
            }
        }
        let (version, kind) = (up.version(), up.peer.kind);
        trace::say(format_args!(
            "{self}: connected, ZMTP {version}, peer {}",
            kind.map_or("of 2.x", SocketType::wire_name)
        ));
        self.link = Link::Up(up);
        self.report(MonitorEvent::HandshakeSucceeded);
        if let Some(pipe) = socket_end {
            let replayed = self.owner.upstream.is_some();
            let line = Some(self.line.clone());
            if !self.owner.mailbox.post(Event::Attach { pipe: Box::new(pipe), replayed, line }) {
                self.ended = true;
            }
        }
    }

    /// The socket has closed the pipe.
    fn begin_closing(&mut self, now: Instant) {
        if self.closing.is_none() {
            self.leave_direct();
            let linger = self.owner.linger();
            self.closing = Some(linger.and_then(|time| now.checked_add(time)));
            let is_connected = matches!(self.link, Link::Greeting(_) | Link::Up(_));
            if linger == Some(Duration::ZERO) || !is_connected && self.gives_up() {
                self.ended = true;
            }
        }
    }

    /// The socket does not want the peer any more.
    fn dismiss(&mut self, now: Instant) {
        match &mut self.pipe {
            Some(pipe) => {
                // The socket reads what the peer has sent, and writes nothing more.
                pipe.close();
                self.dismissed = true;
                self.begin_closing(now);
            }
            None => self.ended = true,
        }
    }

    /// Whether a session that is closing has nothing more to deliver, or nobody to deliver it to.
    fn is_delivered(&mut self) -> bool {
        let dismissed = self.dismissed;
        let is_empty = |pipe: &mut Pipe| if dismissed { !pipe.can_read() } else { pipe.is_finished() };
        let empty = self.leftover.is_empty() && self.pipe.as_mut().is_none_or(is_empty);
        match &self.link {
            Link::Up(up) => empty && up.is_flushed(),
            // A peer that is away for good: nobody listens for it any more, or nobody calls it.
            Link::Down(None) => true,
            _ => empty || self.owner.upstream.is_some(),
        }
    }

    /// The connection has ended.
    fn end_link(&mut self, ended: &Ended, scratch: &mut Scratch, now: Instant) {
        trace::say(format_args!("{self}: {ended}"));
        match ended {
            Ended::ByApplication => self.finish(scratch),
            _ => self.lost(ended, now),
        }
    }

    /// Ends the session in order.
    fn finish(&mut self, scratch: &mut Scratch) {
        self.ended = true;
        if let Link::Up(up) = std::mem::replace(&mut self.link, Link::Down(None)) {
            up.finish(scratch);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let own = match &self.link {
            Link::Down(until) => *until,
            Link::Greeting(greeting) => greeting.deadline,
            Link::Dialing(attempt) => attempt.deadline,
            // Nothing is read any more from a peer of a socket that has closed.
            Link::Up(up) if self.closing.is_none() => up.deadline(),
            _ => None,
        };
        match (own, self.closing.flatten()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Takes note of why the session is driven.
    fn note(&mut self, cause: Cause, now: Instant) {
        match (cause, &mut self.link) {
            (Cause::Adopted, Link::Down(_)) => self.dial(now),
            (Cause::Ready { readable, writable, ending }, Link::Up(up)) => {
                up.note_ready(readable, writable, ending);
            }
            (Cause::Ready { writable, ending, .. }, Link::Greeting(greeting)) => {
                greeting.writable |= writable;
                greeting.ending |= ending;
            }
            (Cause::Ready { writable, .. }, Link::Dialing(_)) => self.pursue(writable, now),
            (Cause::Resolved(mut addresses), Link::Resolving) => {
                addresses.reverse();
                self.dial_tcp(addresses, now);
            }
            (Cause::Handover(up), Link::Down(_)) => {
                self.fd_number += 1;
                self.take_up(up);
            }
            (Cause::Pipe(Signal::Closed), _) => self.begin_closing(now),
            (Cause::Pipe(Signal::Tightened), _) => {
                if let Some(pipe) = &mut self.pipe {
                    pipe.reconsider();
                }
            }
            (Cause::Stop, _) => self.ended = true,
            (Cause::Dismiss, _) => self.dismiss(now),
            (Cause::Timer, link) => {
                if self.closing.flatten().is_some_and(|at| at <= now) {
                    self.ended = true;
                } else if matches!(link, Link::Down(Some(at)) if *at <= now) {
                    self.dial(now);
                } else if let Link::Up(up) = link {
                    // Before the peer is called silent: an application that reads by itself may not have done so.
                    up.note_ready(true, false, false);
                } else if matches!(link, Link::Dialing(_)) {
                    self.pursue(false, now);
                } else if matches!(link, Link::Greeting(greeting) if greeting.deadline.is_some_and(|at| at <= now))
                {
                    self.lost(&Ended::Broken(io::ErrorKind::TimedOut.into()), now);
                }
            }
            _ => {}
        }
    }
}

impl Source for Session {
    fn drive(&mut self, cause: Cause, scratch: &mut Scratch, now: Instant) -> Next {
        if matches!(cause, Cause::Left) {
            self.direct.end_stream(&self.home.thread.care);
        }
        if self.direct.is_streaming() && matches!(cause, Cause::Pipe(Signal::Readable)) {
            // Others have come to write it before we did.
            return Next { deadline: self.deadline(), ..Next::default() };
        }
        self.note(cause, now);
        let mut again = false;
        if let Some(ended) = self.direct.broken.take() {
            self.end_link(&ended, scratch, now);
        } else if !self.ended {
            match self.progress(scratch, now) {
                Ok(more) => again = more,
                Err(ended) => self.end_link(&ended, scratch, now),
            }
        }
        if self.direct.is_claimed() && matches!(&self.link, Link::Up(up) if !up.is_flushed()) {
            // The kernel has no room, and only the reactor will tell when it has.
            self.leave_direct();
        }
        if self.closing.is_some() && !self.ended && self.is_delivered() {
            self.finish(scratch);
        }
        let next = Next {
            deadline: self.deadline(),
            again: again && !self.ended,
            done: self.ended,
            handover: self.handover.take(),
        };
        if self.ended {
            self.retire();
        }
        next
    }

    fn is_cared_for(&mut self, taken_back: bool) -> bool {
        self.is_driven_by_others(taken_back)
    }

    fn watch(&self, watch: &mut dyn FnMut(RawFd, u64, bool)) {
        if let Some(fd) = self.fd()
            && !self.direct.is_claimed()
        {
            let blocked = match &self.link {
                Link::Down(_) | Link::Resolving => false,
                Link::Dialing(_) => true,
                Link::Greeting(greeting) => !greeting.writable,
                // Whether or not it may have become writable since: a descriptor that is watched anew tells at once.
                Link::Up(up) => !up.is_flushed(),
            };
            watch(fd.as_raw_fd(), self.fd_number, blocked);
        }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.owner.kind.wire_name();
        match &self.role {
            Role::Connecting { dialer, .. } => write!(f, "{kind} to {dialer}"),
            Role::Accepted { .. } => write!(f, "{kind} peer {}", self.home.key),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.retire();
    }
}

impl Session {
    /// Lets go of everything. Not only when it is dropped: a thread that tries to drive it may drop it last, and
    /// late, when the peer has long come back.
    fn retire(&mut self) {
        self.leave_direct();
        self.link = Link::Down(None);
        self.pipe = None;
        self.origin = None;
        let Role::Accepted { durable, guests } = &mut self.role else { return };
        guests.leave(&self.home);
        match durable.take() {
            None => self.owner.greeting_ends(&self.home),
            Some(name) => drop(self.owner.durable.lock().remove(&name)),
        }
    }
}

impl Greeting {
    fn new(fd: Fd, kind: SocketType, options: &Options, now: Instant) -> Greeting {
        let (identity, metadata) = (options.identity.clone(), options.metadata.clone());
        let local = Local { kind, identity, metadata };
        let security = &options.security;
        let handshake = if options.is_raw(kind) {
            Handshake::raw(local)
        } else {
            let address = if security.is_asked_for() { sys::peer_address(fd.as_fd()) } else { String::new() };
            Handshake::new(local, security, address)
        };
        Greeting {
            fd,
            handshake,
            out: Batch::new(),
            writable: true,
            ending: false,
            deadline: options.handshake_timeout.and_then(|time| now.checked_add(time)),
            done: None,
            inquiry: None,
            held: Vec::new(),
        }
    }

    /// Goes on with the handshake. When it is done: what came of it.
    fn progress(
        &mut self,
        owner: &Owner,
        home: &Home,
        scratch: &mut Scratch,
    ) -> Result<Option<Shaken>, Ended> {
        let mut peer = if self.inquiry.is_none() { self.feed(&[])? } else { None };
        loop {
            if let Some(peer) = peer {
                let (cipher, held) = (self.handshake.cipher(), std::mem::take(&mut self.held));
                return Ok(Some(Shaken { peer, cipher, held }));
            }
            if let Some(request) = self.handshake.request() {
                self.inquiry = Some(Inquiry::begin(owner, home, request));
            }
            peer = match &mut self.inquiry {
                Some(inquiry) => match inquiry.answer() {
                    Some(answer) => self.answered(&answer)?,
                    // Nothing is read meanwhile: a peer that is gone is not let in for what it sent before.
                    None if self.ending => return Err(Ended::ByPeer),
                    None => {
                        self.flush()?;
                        return Ok(None);
                    }
                },
                None => match sys::read(self.fd.as_fd(), &mut scratch.input) {
                    Ok(0) => return Err(Ended::ByPeer),
                    Ok(bytes) => self.feed(scratch.input.get(..bytes).unwrap_or_default())?,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                    Err(error) => return Err(Ended::Broken(error)),
                },
            };
        }
    }

    /// Gives the handshake some input, and the peer the handshake's answer.
    fn feed(&mut self, input: &[u8]) -> Result<Option<PeerInfo>, Ended> {
        let step = self.handshake.advance(input, self.out.bytes_mut());
        // What the peer is told, it is told also when it is refused.
        self.flush()?;
        let (used, peer) = step?;
        self.held = input.get(used..).unwrap_or_default().to_vec();
        Ok(peer)
    }

    /// Gives the handshake what the handler of ZAP says, and then what the peer has sent meanwhile.
    fn answered(&mut self, answer: &Answer) -> Result<Option<PeerInfo>, Ended> {
        self.inquiry = None;
        let step = self.handshake.answer(answer, self.out.bytes_mut());
        self.flush()?;
        match step? {
            Some(peer) => Ok(Some(peer)),
            None => {
                let held = std::mem::take(&mut self.held);
                self.feed(&held)
            }
        }
    }

    fn flush(&mut self) -> Result<(), Ended> {
        if self.writable {
            established::write(&self.fd, &mut self.out, &mut self.writable)?;
        }
        Ok(())
    }
}

/// Tells the application, by an empty message, that a peer without ZMTP has come or gone.
fn notify_raw(up: &Established, options: &Options, pipe: &mut Pipe) {
    if up.version() == Version::Raw && options.routing.stream_notify {
        // One more than the high-water mark allows: there is no later time to say that a peer is gone.
        pipe.write_anyway(Message::new());
    }
}

/// What the application receives when a connection is lost.
fn farewell(kind: SocketType, version: Version, role: &Role, options: &Options) -> Option<Message> {
    let again = matches!(role, Role::Connecting { .. });
    if again && kind.hears_of_hiccups() && !options.hiccup_message.is_empty() {
        return Message::copy_from(&options.hiccup_message).ok();
    }
    let notified = kind == SocketType::Router && version != Version::Raw && options.routing.notify_disconnect;
    notified.then(Message::new)
}

/// Tells the socket who the peer is, and the peer what a new connection must know. Gives messages that
/// were in the pipe and go out first.
fn introduce(owner: &Owner, up: &mut Established, options: &Options, pipe: &mut Pipe) -> Vec<Message> {
    if owner.kind == SocketType::Router
        && let Ok(identity) = Message::copy_from(&up.peer.identity)
    {
        pipe.write_anyway(identity.with_kind(Kind::Identity));
        if options.routing.notify_connect && up.version() != Version::Raw {
            pipe.write_anyway(Message::new());
        }
    }
    if up.version() != Version::Raw {
        owner.first_words().into_iter().for_each(|words| up.enqueue(words));
    }
    // A subscriber of 2.x filters on its own side: it is sent everything.
    if matches!(owner.kind, SocketType::Pub | SocketType::Xpub) && up.version() == Version::V1_0 {
        pipe.write_anyway(Message::new().with_kind(Kind::Subscribe));
    }
    notify_raw(up, options, pipe);
    pipe.flush();
    let Some(upstream) = &owner.upstream else { return Vec::new() };
    upstream.replay(pipe, &mut |prefix| {
        if let Ok(prefix) = Message::copy_from(prefix) {
            up.enqueue(prefix.with_kind(Kind::Subscribe));
        }
    })
}
