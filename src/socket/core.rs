//! The inside of a socket: its pattern, its pipes, its endpoints. Whoever has the socket's turn uses it.
#![forbid(unsafe_code)]

mod endpoints;
mod told;

use super::kind::SocketType;
use super::mailbox::{Event, Mailbox};
use super::options::Options;
use super::tags::{GROUP_BYTES_MAX, Tags};
use crate::context::Shared;
use crate::error::{Error, Result};
use crate::few;
use crate::io::line::{self, LINES_MAX, Line};
use crate::io::owner::{Alive, Owner};
use crate::io::patience::{Patience, VainPulls};
use crate::io::sys_wait::EventFd;
use crate::io::{dial, fd};
use crate::message::Message;
use crate::pattern::{self, Pattern, PipeId, Pipes, Role, Stop, Told};
use crate::pipe::Pipe;
use endpoints::{Attachment, Bond};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What a socket can do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Events {
    /// A message can be received.
    pub readable: bool,
    /// A message can be sent.
    pub writable: bool,
}

/// See the module's documentation.
pub(crate) struct Core {
    pub(crate) kind: SocketType,
    /// Shared with the sessions and listeners that began with them.
    pub(crate) options: Arc<Options>,
    pub(crate) mailbox: Arc<Mailbox>,
    context: Arc<Shared>,
    owner: Arc<Owner>,
    role: Role,
    /// The connections' lines, by pipe.
    lines: Vec<(PipeId, Arc<Line>)>,
    /// The same for a thread that waits, while they are few.
    few_lines: Option<Arc<[Arc<Line>]>>,
    /// Descriptors by which threads were told to look, see [`Core::take_event`].
    wakers: Vec<Arc<EventFd>>,
    /// The application was given the mailbox's descriptor: it is the I/O threads that make it readable.
    announces: bool,
    endpoints: Vec<Bond>,
    /// The endpoint that was bound or connected last.
    pub(crate) last_endpoint: String,
    /// Whether the part received last is followed by another of its message.
    pub(crate) more: bool,
    terminated: bool,
    /// What was learned from waiting.
    pub(crate) patience: Patience,
    /// What came of reading the connections before a sleep.
    pub(crate) vain_pulls: VainPulls,
    /// How long a thread that waits may look again.
    pub(crate) spin: Duration,
    /// Parts sent and received since the last wait.
    pub(crate) moved: u32,
    /// Where events are taken to; empty in between.
    events: Vec<Event>,
    /// The socket's number in its context.
    number: usize,
    /// The process that it belongs to, as [`Shared::is_inherited`] sees it.
    forks: u32,
    /// The socket keeps its context alive.
    _alive: Alive,
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Error {
        match stop {
            Stop::WouldBlock => Error::WouldBlock,
            Stop::NotSupported => Error::NotSupported,
            Stop::WrongState => Error::WrongState,
            Stop::Invalid => Error::InvalidArgument,
            Stop::Unroutable => Error::Unroutable,
            Stop::NameInUse => Error::NameInUse,
        }
    }
}

impl Core {
    pub(crate) fn new(kind: SocketType, options: Options, context: &Arc<Shared>) -> Result<Core> {
        let mailbox = Arc::new(Mailbox::default());
        let (number, runtime, alive) = context.register(&mailbox)?;
        let mut role = Role::new(kind);
        let (pattern, pipes) = role.ask();
        pattern.configure(&options, pipes);
        let (upstream, directory) = (pattern.upstream(), context.inproc.clone());
        let owner = Owner::new(kind, mailbox.clone(), upstream, runtime, directory);
        owner.set_linger(options.linger);
        owner.set_first_words(pattern::first_words(kind, &options));
        Ok(Core {
            kind,
            options: Arc::new(options),
            mailbox,
            context: context.clone(),
            owner: Arc::new(owner),
            role,
            lines: Vec::new(),
            few_lines: None,
            wakers: Vec::new(),
            announces: false,
            endpoints: Vec::new(),
            last_endpoint: String::new(),
            more: false,
            terminated: false,
            patience: Patience::default(),
            vain_pulls: VainPulls::default(),
            spin: context.spin(),
            moved: 0,
            events: Vec::new(),
            number,
            forks: fd::forks(),
            _alive: alive,
        })
    }

    /// Does what was asked through the mailbox. Every call begins with this.
    ///
    /// # Errors
    /// [`Error::Terminated`]; that is also what a socket of a forked child's parent is to the child.
    #[inline]
    pub(crate) fn catch_up(&mut self) -> Result<()> {
        if self.context.is_inherited() {
            return Err(Error::Terminated);
        }
        self.mailbox.take(&mut self.events);
        if !self.events.is_empty() {
            self.process_events();
        }
        if self.terminated { Err(Error::Terminated) } else { Ok(()) }
    }

    /// Does what was asked through the mailbox, for who asks the pattern something then.
    fn ask(&mut self) -> Result<(&mut dyn Pattern, &mut Pipes)> {
        self.catch_up()?;
        Ok(self.role.ask())
    }

    #[cold]
    fn process_events(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        for event in events.drain(..) {
            match event {
                Event::Pipe(id, signal) => self.role.tell(id, signal),
                Event::Attach { mut pipe, told, line } => {
                    pipe.set_epitaph(self.epitaph());
                    self.attach(*pipe, told, line);
                }
                Event::Terminate => {
                    self.terminated = true;
                    // No lane stays open.
                    self.role.ask();
                }
            }
            self.reap();
        }
        self.events = events;
    }

    /// Lets go of the pipes that the pattern has no use for any more.
    #[inline]
    fn reap(&mut self) {
        while let Some(id) = self.role.take_retired() {
            self.remove_pipe(id);
        }
    }

    #[cold]
    fn remove_pipe(&mut self, id: PipeId) {
        let (pattern, pipes) = self.role.ask();
        if pipes.contains(id) {
            pattern.detach(id, pipes);
            self.endpoints.retain(|bond| !matches!(bond.attachment, Attachment::Pipe(pipe) if pipe == id));
            drop(pipes.remove(id));
            if let Some(at) = self.lines.iter().position(|(pipe, _)| *pipe == id) {
                self.lines.swap_remove(at);
                self.count_lines();
            }
        }
    }

    /// Gives a pipe to the pattern. `None`: there are more than can be counted.
    fn attach(&mut self, pipe: Pipe, told: Told, line: Option<Arc<Line>>) -> Option<PipeId> {
        let id = self.role.ask().1.insert(pipe)?;
        if let Some(line) = line {
            few::push(&mut self.lines, (id, line));
            self.count_lines();
        }
        self.role.ask().1.get(id).set_owner(self.mailbox.clone(), id.key());
        if self.options.live_hwm {
            self.set_marks(id);
        }
        let (pattern, pipes) = self.role.ask();
        pattern.attach(id, told, pipes);
        // A peer of a STREAM has got a routing id, which is known as the socket's own (zmq_socket(3)).
        if let Some(name) = pattern.name_of(id) {
            Arc::make_mut(&mut self.options).identity = name.to_vec();
        }
        // What the other end did before it knew whom to tell.
        if pipes.get(id).is_abandoned() {
            pattern.closed(id, pipes);
        }
        pattern.readable(id, pipes);
        Some(id)
    }

    fn count_lines(&mut self) {
        self.few_lines = None;
        self.owner.rhythm.set_lines(self.lines.len());
    }

    /// The lines of the socket's connections, for a thread that waits for a message and may read them by itself.
    pub(crate) fn lines_to_wait_on(&mut self) -> Arc<[Arc<Line>]> {
        let few = !self.announces && self.kind.receives() && self.lines.len() <= LINES_MAX;
        let lines = if few { &self.lines[..] } else { &[] };
        self.few_lines.get_or_insert_with(|| lines.iter().map(|(_, line)| line.clone()).collect()).clone()
    }

    /// Writes what the calling thread has left to be written, as it may be about to sleep elsewhere, and reads the
    /// connections that the application's threads read, if there are such. Instead of waiting.
    #[cold]
    pub(crate) fn pull_claimed(&self) -> bool {
        line::flush_streams();
        let lines = self.lines.iter().take(LINES_MAX).map(|(_, line)| line);
        line::pull_all(lines.filter(|line| line.seems_claimed()))
    }

    /// A descriptor by which a thread that sleeps on the socket's connections is told to look.
    pub(crate) fn take_event(&mut self) -> io::Result<Arc<EventFd>> {
        self.wakers.pop().map_or_else(|| EventFd::new().map(Arc::new), Ok)
    }

    /// Gives it back, for the next wait.
    pub(crate) fn give_event(&mut self, event: Arc<EventFd>) {
        self.wakers.push(event);
    }

    /// From now on it is the I/O threads that read the socket's connections: they make the mailbox's descriptor
    /// readable.
    pub(crate) fn announce(&mut self) {
        if !self.announces {
            self.announces = true;
            self.few_lines = None;
            self.lines.iter().for_each(|(_, line)| line.give_back());
        }
    }

    /// What is received when a peer that has come goes again (ZMQ_DISCONNECT_MSG).
    fn epitaph(&self) -> Option<Message> {
        let words = &self.options.disconnect_message;
        let wanted = self.kind.hears_of_disconnects() && !words.is_empty();
        wanted.then(|| Message::from_vec(words.clone()))
    }

    /// Has the pipe go by the high-water marks that are set now.
    fn set_marks(&mut self, id: PipeId) {
        // Subscriptions know no marks of the application's.
        let written = (!self.kind.subscribes()).then_some(self.options.send_hwm);
        let read = (!self.kind.publishes()).then_some(self.options.recv_hwm);
        self.role.ask().1.get(id).set_marks(written, read);
    }

    /// Whether there is nothing to [`Core::catch_up`] with. A socket that was terminated has no lanes.
    #[inline(always)]
    fn is_undisturbed(&self) -> bool {
        !self.mailbox.is_pending() && self.forks == fd::forks()
    }

    /// Sends one part, if nothing else is to be done for that than to give it to the one peer that all goes to. False:
    /// nothing is done.
    #[inline(always)]
    pub(crate) fn send_by_lane(&mut self, part: &mut Message) -> bool {
        let sent = self.is_undisturbed() && self.role.send_by_lane(part);
        self.moved = self.moved.wrapping_add(u32::from(sent));
        sent
    }

    /// Receives one part, if nothing else is to be done for that than to take it from the one peer that all comes from:
    /// then what `into` had before. `None`: nothing is done.
    #[inline(always)]
    pub(crate) fn recv_by_lane(&mut self, into: &mut Message) -> Option<Message> {
        if !self.is_undisturbed() {
            return None;
        }
        let before = self.role.recv_by_lane(into)?;
        self.moved = self.moved.wrapping_add(1);
        self.more = false;
        Some(before)
    }

    /// The connection that the part came over which was received last; 0: none.
    #[inline]
    pub(crate) fn origin(&self) -> u64 {
        self.role.pipes().origin()
    }

    /// Sends one part, if that can be done at once.
    #[inline]
    pub(crate) fn try_send(&mut self, part: &mut Message) -> Result<()> {
        self.catch_up()?;
        let result = self.role.send(part);
        self.sent(result)
    }

    /// As [`Core::try_send`], with tags.
    #[inline]
    pub(crate) fn try_send_tagged(&mut self, part: &mut Message, tags: &Tags) -> Result<()> {
        self.catch_up()?;
        let result = self.role.send_tagged(part, tags);
        self.sent(result)
    }

    #[inline]
    fn sent(&mut self, result: Result<(), Stop>) -> Result<()> {
        self.reap();
        result?;
        self.moved = self.moved.wrapping_add(1);
        Ok(())
    }

    /// Whether so much was sent of large bodies that a thread that may wait is to pause: behind which connection, and for
    /// how long at most.
    #[inline]
    pub(crate) fn is_ahead(&mut self) -> Option<(PipeId, Duration)> {
        let pipes = self.role.pipes_mut();
        let id = pipes.take_large()?;
        let bound = self.options.send_timeout.unwrap_or(Duration::MAX);
        if bound.is_zero() {
            return None;
        }
        pipes.get(id).begin_pause().map(|time| (id, time.min(bound)))
    }

    /// Takes note of what came of a pause, which has taken all of its time or not.
    pub(crate) fn end_pause(&mut self, id: PipeId, timed_out: bool) {
        let pipes = self.role.pipes_mut();
        if pipes.contains(id) {
            pipes.get(id).end_pause(timed_out);
        }
    }

    /// Receives one part, if there is one, in place of what `into` has.
    #[inline]
    pub(crate) fn try_recv(&mut self, into: &mut Message) -> Result<()> {
        self.catch_up()?;
        let result = self.role.recv(into);
        self.received(into, result)
    }

    /// As [`Core::try_recv`], with tags.
    #[inline]
    pub(crate) fn try_recv_tagged(&mut self, into: &mut Message, tags: &mut Tags) -> Result<()> {
        self.catch_up()?;
        let result = self.role.recv_tagged(into, tags);
        tags.origin = self.origin();
        self.received(into, result)
    }

    #[inline]
    fn received(&mut self, part: &Message, result: Result<(), Stop>) -> Result<()> {
        self.reap();
        result?;
        self.moved = self.moved.wrapping_add(1);
        self.more = part.more();
        Ok(())
    }

    /// What of the two can be done at once, as far as it is asked for.
    pub(crate) fn ready(&mut self, readable: bool, writable: bool) -> Result<Events> {
        let mut events = self.ready_now(readable, writable)?;
        if readable && !events.readable && self.pull_claimed() {
            events = self.ready_now(readable, writable)?;
        }
        Ok(events)
    }

    fn ready_now(&mut self, readable: bool, writable: bool) -> Result<Events> {
        // Once for both: what comes in between is announced again.
        self.catch_up()?;
        let events =
            Events { readable: readable && self.role.can_recv(), writable: writable && self.role.can_send() };
        self.reap();
        Ok(events)
    }

    /// Whether another message could be sent now, by who has just sent one.
    pub(crate) fn can_send_more(&mut self) -> bool {
        let can_send = self.role.can_send();
        self.reap();
        can_send
    }

    pub(crate) fn subscribe(&mut self, prefix: &[u8]) -> Result<()> {
        let (pattern, pipes) = self.ask()?;
        pattern.subscribe(prefix, pipes).map_err(|_| Error::InvalidArgument)
    }

    pub(crate) fn unsubscribe(&mut self, prefix: &[u8]) -> Result<()> {
        let (pattern, pipes) = self.ask()?;
        match pattern.unsubscribe(prefix, pipes) {
            Ok(true) => Ok(()),
            Ok(false) if !self.options.publishing.strict_cancel => Ok(()),
            Ok(false) | Err(_) => Err(Error::InvalidArgument),
        }
    }

    pub(crate) fn join(&mut self, group: &[u8]) -> Result<()> {
        let kind = self.kind;
        let (pattern, pipes) = self.ask()?;
        if kind == SocketType::Dish && group.len() > GROUP_BYTES_MAX {
            return Err(Error::InvalidArgument);
        }
        if pattern.join(group, pipes)? { Ok(()) } else { Err(Error::InvalidArgument) }
    }

    pub(crate) fn leave(&mut self, group: &[u8]) -> Result<()> {
        let (pattern, pipes) = self.ask()?;
        if pattern.leave(group, pipes)? { Ok(()) } else { Err(Error::InvalidArgument) }
    }

    /// Connects a PEER; gives its peer's routing id.
    pub(crate) fn connect_peer(&mut self, text: &str) -> Result<u32> {
        self.catch_up()?;
        if self.kind != SocketType::Peer {
            return Err(Error::NotSupported);
        }
        let id = self.connect_pipe(text)?;
        // Who refuses at once is nobody to send to.
        self.role.ask().0.number_of(id).ok_or(Error::Unroutable)
    }

    /// Ends the connection to a peer, given its routing id.
    pub(crate) fn disconnect_peer(&mut self, routing_id: u32) -> Result<()> {
        let id = self.ask()?.0.pipe_of(routing_id)?;
        self.remove_pipe(id);
        Ok(())
    }

    /// How many different prefixes are subscribed to.
    pub(crate) fn topics_count(&mut self) -> Result<usize> {
        self.ask()?.0.topics_count().ok_or(Error::InvalidArgument)
    }

    /// Changes the options; what sessions must know at once is told them.
    pub(crate) fn set_options(&mut self, change: impl FnOnce(&mut Options) -> Result<()>) -> Result<()> {
        self.catch_up()?;
        let mut options = (*self.options).clone();
        change(&mut options)?;
        if options.swap_bytes > 0 && options.swap_bytes != self.options.swap_bytes {
            // Say now, rather than when messages are to be kept, that there is no place for them.
            crate::pipe::swap::Swap::create(options.swap_bytes).map_err(dial::refusal)?;
        }
        self.owner.set_linger(options.linger);
        self.owner.set_first_words(pattern::first_words(self.kind, &options));
        let before = std::mem::replace(&mut self.options, Arc::new(options));
        let marks = |options: &Options| (options.send_hwm, options.recv_hwm);
        if self.options.live_hwm && marks(&before) != marks(&self.options) {
            self.role.pipes().ids().into_iter().for_each(|id| self.set_marks(id));
        }
        let (pattern, pipes) = self.role.ask();
        pattern.configure(&self.options, pipes);
        self.reap();
        Ok(())
    }

    /// Closes the socket. What it sent is delivered in the background, as the linger option says.
    pub(crate) fn close(mut self) {
        if self.context.is_inherited() {
            // A forked child: its descriptors are closed already, and the locks of what is shared with
            // I/O threads may be held by threads that were not forked.
            std::mem::forget(self);
            return;
        }
        self.owner.set_linger(self.options.linger);
        for bond in std::mem::take(&mut self.endpoints) {
            if !matches!(bond.attachment, Attachment::Pipe(_)) {
                self.detach_endpoint(&bond.name, bond.attachment);
            }
        }
        self.owner.monitor.stop();
        self.owner.close();
        // Peers that came and were never looked at are let go with the mailbox.
        self.mailbox.close();
        for id in self.role.pipes().ids() {
            self.remove_pipe(id);
        }
        self.context.unregister(self.number);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::context::ContextHandle;

    #[test]
    fn a_peer_that_was_gone_before_it_was_looked_at_is_read_but_not_sent_to() {
        let context = ContextHandle::new_context(1).unwrap();
        let bound = context.socket(SocketType::Dealer, Options::default()).unwrap();
        bound.bind("inproc://gone").unwrap();
        let peer = context.socket(SocketType::Dealer, Options::default()).unwrap();
        peer.connect("inproc://gone").unwrap();
        peer.send(&mut Message::copy_from(b"last words").unwrap(), false).unwrap();
        peer.close().unwrap();
        assert_eq!(bound.send(&mut Message::new(), false).unwrap_err(), Error::WouldBlock);
        assert_eq!(bound.recv(false).unwrap().as_bytes(), b"last words");
        bound.close().unwrap();
        context.terminate().unwrap();
    }
}
