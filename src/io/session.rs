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
mod establish;
mod greeting;
#[cfg(all(test, loom))]
mod loom_sleepers;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, loom))]
mod loom_world;
mod told;

use super::attempt::{Attempt, Dialer};
use super::entrance::Place;
use super::established::{Ended, Established};
use super::fd::Fd;
use super::line::Line;
use super::owner::{Alive, Guests, Home, Owner};
use super::{Cause, Handover, Next, Scratch, Source, dial};
use crate::error::Result;
use crate::message::{Kind, Message};
use crate::metadata::Origin;
use crate::pattern::Newcomer;
use crate::pipe::swap::Swap;
use crate::pipe::{Bounds, Pipe, Signal, pipe_with};
use crate::socket::kind::SocketType;
use crate::socket::options::Options;
use crate::trace;
use crate::transport::Target;
use crate::wire::Version;
use claim::Direct;
use establish::notify_raw;
use greeting::Greeting;
use parking_lot::Mutex;
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Subscriptions of one peer that wait for a publisher's application; the peer waits when there are more.
const SUBSCRIPTIONS_WAITING_MAX: usize = 10_000;
/// The shortest wait before connecting again.
const RECONNECT_MIN: Duration = Duration::from_millis(1);
/// How long a pipe's writer that was asked to write by itself is waited for.
const LEFT_TO_WRITER: Duration = Duration::from_millis(1);

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
        /// As what the peer was told the subscriptions first.
        newcomer: Option<Newcomer>,
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
    /// The pipe's writer was asked to write what is in it by itself, and until when it is waited for.
    left_to_writer: Option<Instant>,
    /// The last connection's place among the origins of messages.
    origin: Option<Origin>,
    /// The connection, when it belongs to another session.
    handover: Option<(Home, Box<Handover>)>,
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
        options: &Arc<Options>,
        home: Home,
    ) -> Result<(Session, Pipe)> {
        let (socket_end, session_end) = session_pipe(owner.kind, options).map_err(dial::refusal)?;
        session_end.shut(options.immediate);
        let dialer = Dialer::new(target, options)?;
        let interval = options.reconnect_interval.unwrap_or_default();
        let role = Role::Connecting { dialer, interval };
        let mut session = Session::new(role, Link::Down(None), owner, options.clone(), home);
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
        let greeting = Greeting::new(fd, owner, options, Instant::now());
        let role = Role::Accepted { durable: None, guests, newcomer: None };
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
            left_to_writer: None,
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
                let names_count = self.owner.kind == SocketType::Router || self.options.durable_peers;
                let name = &done.peer.identity;
                if names_count && !name.is_empty() {
                    greeting.place = Some(Place::new(&self.owner, &self.home, name, greeting.number));
                }
                greeting.done = Some(done);
            }
            if greeting.place.as_mut().is_some_and(|place| !place.is_open()) {
                return Ok(false);
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
        let is_theirs = self.left_to_writer.is_some() || self.direct.is_streaming();
        if is_theirs && self.closing.is_none() && up.is_flushed() {
            return Ok(again);
        }
        self.left_to_writer = None;
        let is_more = up.transmit(pipe, scratch)?;
        let is_free = self.closing.is_none() && !self.direct.is_streaming();
        if up.is_chasing() && is_free && pipe.can_be_pressed() && self.line.may_press() {
            pipe.tell_chased();
            self.left_to_writer = now.checked_add(LEFT_TO_WRITER);
            return Ok(again);
        }
        again |= is_more;
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
        let left = if matches!(self.link, Link::Up(_)) { self.left_to_writer } else { None };
        [own, self.closing.flatten(), left].into_iter().flatten().min()
    }

    /// Takes note of why the session is driven.
    fn note(&mut self, cause: Cause, now: Instant) {
        match (cause, &mut self.link) {
            (Cause::Adopted, Link::Down(_)) => self.dial(now),
            (Cause::Ready { readable, writable, ending }, Link::Up(up)) => {
                up.note_ready(readable, writable, ending);
            }
            (Cause::Ready { readable, writable, ending }, Link::Greeting(greeting)) => {
                greeting.readable |= readable;
                greeting.writable |= writable;
                greeting.ending |= ending;
            }
            (Cause::Ready { writable, ending, .. }, Link::Dialing(attempt)) => {
                attempt.ending |= ending;
                self.pursue(writable, now);
            }
            (Cause::Resolved(mut addresses), Link::Resolving) => {
                addresses.reverse();
                self.dial_tcp(addresses, now);
            }
            (Cause::Handover(handover), Link::Down(_)) => {
                self.fd_number += 1;
                // Its place at the entrance is kept until then.
                let Handover { connection, place: _place } = *handover;
                self.take_up(connection);
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
        // Whoever was asleep does not chase.
        let was_asleep = matches!(cause, Cause::Pipe(Signal::Readable));
        self.left_to_writer = self.left_to_writer.filter(|until| now < *until && !was_asleep);
        if matches!(cause, Cause::Left) {
            self.direct.end_stream(&self.home.thread.care);
        }
        if self.direct.is_streaming() && matches!(cause, Cause::Pipe(Signal::Readable)) {
            // Others write it, and may have done so already.
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
        let Role::Accepted { durable, guests, .. } = &mut self.role else { return };
        guests.leave(&self.home);
        match durable.take() {
            None => self.owner.greeting_ends(&self.home),
            Some(name) => drop(self.owner.durable.lock().remove(&name)),
        }
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
