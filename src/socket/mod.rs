//! What the application's thread holds: sockets, their options, and waiting on them.

mod call;
pub(crate) mod core;
pub mod kind;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod mailbox;
pub(crate) mod monitor;
pub mod options;
pub mod poll;
pub mod poller;
mod proxy;
pub mod table;
pub mod tags;
mod turn;
mod wait;

use self::core::{Core, Events};
use crate::error::{Error, Result};
use crate::io::line;
use crate::io::sys_wait::Waited;
use crate::io::{parker, patience};
use crate::message::Message;
use crate::pattern::PipeId;
pub use call::Call;
use kind::SocketType;
use mailbox::Mailbox;
use options::Options;
pub use proxy::{proxy, proxy_steerable};
use std::time::{Duration, Instant};
use table::{Table, Turn};
use tags::Tags;
use wait::Wait;

/// Parts that were moved without a wait in a stream, as opposed to a dialogue.
const STREAM_PARTS_MIN: u32 = 8;
/// How many pauses a stream is given to grow before it is looked at again.
const STREAM_PAUSES: u32 = 3;

static SOCKETS: Table<Box<Core>> = Table::new();

/// A socket. Copies name the same one; a socket that is closed gives [`Error::NotASocket`].
///
/// A socket is meant for one thread at a time. Calls from several take turns; one that waits gives its
/// turn away meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketHandle(usize);

impl SocketHandle {
    pub(crate) fn open(core: Core) -> Result<SocketHandle> {
        SOCKETS.insert(Box::new(core)).map(SocketHandle).map_err(|core| {
            core.close();
            Error::TooManyOpen
        })
    }

    /// The socket with this number, if there is one: what [`SocketHandle::into_raw`] gave.
    pub fn from_raw(raw: usize) -> SocketHandle {
        SocketHandle(raw)
    }

    /// The socket as a number, never 0, for an ABI to give out.
    pub fn into_raw(self) -> usize {
        self.0
    }

    #[inline]
    pub(crate) fn turn(self) -> Result<Turn<'static, Box<Core>>> {
        SOCKETS.get(self.0).ok_or(Error::NotASocket)
    }

    /// Closes the socket. Does not wait: what it sent is delivered in the background, as the linger
    /// option says.
    ///
    /// # Errors
    /// [`Error::NotASocket`].
    pub fn close(self) -> Result<()> {
        SOCKETS.remove(self.0).ok_or(Error::NotASocket)?.close();
        Ok(())
    }

    /// Sends one part of a message, and leaves an empty one. Nothing is delivered before the last part,
    /// the one for which [`Message::more`] is false, was sent. With `wait`, waits for a peer that can
    /// take the message, as long as the send timeout allows.
    ///
    /// # Errors
    /// [`Error::WouldBlock`], [`Error::NotSupported`], [`Error::WrongState`], [`Error::Unroutable`],
    /// [`Error::Terminated`], [`Error::NotASocket`], [`Error::Interrupted`]; the part is untouched then.
    #[inline(always)]
    pub fn send(self, part: &mut Message, wait: bool) -> Result<()> {
        match self.begin_send(part) {
            Ok(()) => Ok(()),
            Err(call) => call.send(part, wait),
        }
    }

    /// Gives a connection a moment to write what this thread has sent.
    #[cold]
    fn pause(self, turn: Turn<'static, Box<Core>>, (pipe, time): (PipeId, Duration)) {
        let parker = parker::mine();
        let mailbox = turn.mailbox.clone();
        parker.forget();
        if mailbox.begin_wait(&parker) {
            drop(turn);
            line::flush_streams();
            let waited = parker.park(Instant::now().checked_add(time));
            mailbox.end_wait(&parker);
            if let Ok(mut turn) = self.turn() {
                turn.end_pause(pipe, waited == Waited::TimedOut);
            }
        }
    }

    /// As [`SocketHandle::send`], and says whether another message is known to have room now.
    pub(crate) fn send_and_look(self, part: &mut Message, wait: bool) -> Result<bool> {
        let mut turn = self.turn()?;
        if turn.send_by_lane(part) {
            return Ok(turn.can_send_more());
        }
        match turn.try_send(part) {
            Err(Error::WouldBlock) if wait => {
                let timeout = turn.options.send_timeout;
                self.wait(turn, timeout, false, |core| core.try_send(part)).map(|()| false)
            }
            sent => sent.map(|()| turn.can_send_more()),
        }
    }

    /// As [`SocketHandle::send`], for a message with tags: where it goes (SERVER, PEER), or its group (RADIO).
    /// Other types take no notice of them.
    ///
    /// # Errors
    /// As [`SocketHandle::send`]; and [`Error::Unroutable`] when there is no such peer,
    /// [`Error::InvalidArgument`] for a message of several parts where the type has none.
    #[inline]
    pub fn send_tagged(self, part: &mut Message, tags: &Tags, wait: bool) -> Result<()> {
        let mut turn = self.turn()?;
        match turn.try_send_tagged(part, tags) {
            Err(Error::WouldBlock) if wait => {
                let timeout = turn.options.send_timeout;
                self.wait(turn, timeout, false, |core| core.try_send_tagged(part, tags))
            }
            result => result,
        }
    }

    /// Receives the next part of a message; [`Message::more`] says whether another one follows. With
    /// `wait`, waits for a message, as long as the receive timeout allows.
    ///
    /// # Errors
    /// As [`SocketHandle::send`].
    pub fn recv(self, wait: bool) -> Result<Message> {
        let mut part = Message::new();
        self.recv_into(&mut part, wait).map(|()| part)
    }

    /// As [`SocketHandle::recv`], in place of what `part` is, which is left alone when there is none.
    ///
    /// # Errors
    /// As [`SocketHandle::send`].
    #[inline(always)]
    pub fn recv_into(self, part: &mut Message, wait: bool) -> Result<()> {
        match self.begin_recv(part) {
            Ok(_) => Ok(()),
            Err(call) => call.recv(part, wait),
        }
    }

    /// As [`SocketHandle::recv_into`], and says what the message has beside its bytes: whom it is from (SERVER,
    /// PEER), or its group (DISH). What the type does not know of stays as it is in `tags`.
    ///
    /// # Errors
    /// As [`SocketHandle::recv`].
    #[inline(always)]
    pub fn recv_tagged(self, part: &mut Message, tags: &mut Tags, wait: bool) -> Result<()> {
        match self.begin_recv(part) {
            Ok(origin) => {
                tags.origin = origin;
                Ok(())
            }
            Err(call) => call.recv_tagged(part, tags, wait),
        }
    }

    /// Looks where messages may come from, and waits there if it is to wait.
    #[cold]
    fn recv_after_all(
        self,
        mut turn: Turn<'static, Box<Core>>,
        wait: bool,
        mut attempt: impl FnMut(&mut Core) -> Result<()>,
    ) -> Result<()> {
        if wait {
            let timeout = turn.options.recv_timeout;
            return self.wait(turn, timeout, true, attempt);
        }
        if turn.pull_claimed() { attempt(&mut turn) } else { Err(Error::WouldBlock) }
    }

    /// Sleeps and tries again until `attempt` does not say that it would block; who `receives` reads the connections,
    /// where they are few.
    #[cold]
    fn wait<T>(
        self,
        turn: Turn<'static, Box<Core>>,
        timeout: Option<Duration>,
        receives: bool,
        attempt: impl FnMut(&mut Core) -> Result<T>,
    ) -> Result<T> {
        let mut wait = Wait::default();
        line::flush_streams();
        // What it holds of the socket is given back when the turn is.
        self.wait_on(&mut wait, turn, timeout, receives, attempt)
    }

    fn wait_on<T>(
        self,
        wait: &mut Wait,
        mut turn: Turn<'static, Box<Core>>,
        timeout: Option<Duration>,
        receives: bool,
        mut attempt: impl FnMut(&mut Core) -> Result<T>,
    ) -> Result<T> {
        if timeout == Some(Duration::ZERO) {
            return Err(Error::WouldBlock);
        }
        let deadline = timeout.and_then(|time| Instant::now().checked_add(time));
        let parker = parker::mine();
        let mailbox = turn.mailbox.clone();
        loop {
            if receives {
                // Peers may have come and gone since.
                wait.renew(turn.lines_to_wait_on());
            }
            // The turn was given away: what another thread has left behind is found by trying again.
            turn = self.look(turn, &mailbox, wait)?;
            match attempt(&mut turn) {
                Err(Error::WouldBlock) => {}
                result => return result,
            }
            // The attempt may have taken up a peer.
            if receives && wait.renew(turn.lines_to_wait_on()) {
                continue;
            }
            // Still in the turn in which there was nothing, so that whatever comes now ends the sleep.
            let mut waited = Waited::Look;
            if !wait.is_empty() {
                wait.prepare(self, &mut turn);
            }
            parker.forget();
            if mailbox.begin_wait(&parker) {
                drop(turn);
                waited = wait.sleep(&parker, deadline)?;
                mailbox.end_wait(&parker);
                turn = self.turn()?;
            }
            match attempt(&mut turn) {
                Err(Error::WouldBlock) => match waited {
                    Waited::Look => {}
                    Waited::TimedOut => return Err(Error::WouldBlock),
                    Waited::Interrupted => return Err(Error::Interrupted),
                },
                result => return result,
            }
        }
    }

    /// Looks for news for a moment, where that pays, with the turn given away.
    fn look(
        self,
        mut turn: Turn<'static, Box<Core>>,
        mailbox: &Mailbox,
        wait: &Wait,
    ) -> Result<Turn<'static, Box<Core>>> {
        let streaming = std::mem::take(&mut turn.moved) > STREAM_PARTS_MIN;
        let (mut patience, spin) = (std::mem::take(&mut turn.patience), turn.spin);
        let is_vain = !streaming && turn.vain_pulls.is_vain() && wait.is_claimed();
        drop(turn);
        // Where it is likely to be in vain, the sleep itself finds out.
        let direct = is_vain || wait.pull();
        let in_vain = !mailbox.is_pending();
        if in_vain {
            let looked = patience.look(spin, || {
                wait.pull();
                mailbox.is_pending()
            });
            if looked && streaming && !direct {
                // The other side has just begun to write: let it write some more.
                (0..STREAM_PAUSES).for_each(|_| patience::pause());
            }
        }
        let mut turn = self.turn()?;
        turn.patience = patience;
        turn.vain_pulls.note(in_vain);
        Ok(turn)
    }

    /// Binds to an endpoint: peers can connect to it from now on (zmq_bind(3)).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::UnknownTransport`], [`Error::AddressInUse`],
    /// [`Error::AddressNotAvailable`], [`Error::NoSuchDevice`], [`Error::NoIoThread`],
    /// [`Error::TooManyOpen`], [`Error::Terminated`], [`Error::NotASocket`], [`Error::Os`].
    pub fn bind(self, endpoint: &str) -> Result<()> {
        self.turn()?.bind(endpoint)
    }

    /// Connects to an endpoint, whether or not somebody is bound to it yet (zmq_connect(3)).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::UnknownTransport`], [`Error::IncompatibleTransport`],
    /// [`Error::NoIoThread`], [`Error::TooManyOpen`], [`Error::Terminated`], [`Error::NotASocket`],
    /// [`Error::Os`].
    pub fn connect(self, endpoint: &str) -> Result<()> {
        self.turn()?.connect(endpoint)
    }

    /// Undoes a bind (zmq_unbind(3)). The endpoint is named as it was when it was bound, or as
    /// [`SocketHandle::last_endpoint`] named it then. Connections that were accepted there end; what they brought can
    /// still be received, and what was sent is delivered as the linger option says.
    ///
    /// # Errors
    /// [`Error::NoSuchEndpoint`], [`Error::InvalidArgument`], [`Error::UnknownTransport`], [`Error::Terminated`],
    /// [`Error::NotASocket`].
    pub fn unbind(self, endpoint: &str) -> Result<()> {
        self.turn()?.unbind(endpoint)
    }

    /// Undoes a connect (zmq_disconnect(3)).
    ///
    /// # Errors
    /// As [`SocketHandle::unbind`].
    pub fn disconnect(self, endpoint: &str) -> Result<()> {
        self.turn()?.disconnect(endpoint)
    }

    /// The endpoint bound or connected last, with what the system chose filled in.
    ///
    /// # Errors
    /// [`Error::NotASocket`].
    pub fn last_endpoint(self) -> Result<String> {
        Ok(self.turn()?.last_endpoint.clone())
    }

    /// The socket's type.
    ///
    /// # Errors
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn kind(self) -> Result<SocketType> {
        let mut turn = self.turn()?;
        turn.catch_up()?;
        Ok(turn.kind)
    }

    /// A copy of the socket's options.
    ///
    /// # Errors
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn options(self) -> Result<Options> {
        let mut turn = self.turn()?;
        turn.catch_up()?;
        Ok((*turn.options).clone())
    }

    /// Changes the options. Most take effect for later binds and connects only (zmq_setsockopt(3)).
    ///
    /// # Errors
    /// What `change` says, [`Error::NotASocket`], [`Error::Terminated`], and the system's refusal when
    /// there is no place for a swap file.
    pub fn set_options(self, change: impl FnOnce(&mut Options) -> Result<()>) -> Result<()> {
        self.turn()?.set_options(change)
    }

    /// Subscribes a SUB to messages that begin with `prefix`; or, at an XPUB that does so itself, the peer whose
    /// subscription or cancellation was received last.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] on other types, [`Error::NotASocket`], [`Error::Terminated`].
    pub fn subscribe(self, prefix: &[u8]) -> Result<()> {
        self.turn()?.subscribe(prefix)
    }

    /// Takes one subscription to `prefix` back.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is none, unless the options say otherwise, [`Error::NotASocket`], [`Error::Terminated`].
    pub fn unsubscribe(self, prefix: &[u8]) -> Result<()> {
        self.turn()?.unsubscribe(prefix)
    }

    /// Has a DISH receive what is sent to a group (zmq_join(3)).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a group that was joined already, or whose name is longer than
    /// [`tags::GROUP_BYTES_MAX`]; [`Error::NotSupported`] on other types, [`Error::NotASocket`],
    /// [`Error::Terminated`].
    pub fn join(self, group: &[u8]) -> Result<()> {
        self.turn()?.join(group)
    }

    /// Undoes a join (zmq_leave(3)).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a group that was not joined; else as [`SocketHandle::join`].
    pub fn leave(self, group: &[u8]) -> Result<()> {
        self.turn()?.leave(group)
    }

    /// Connects a PEER, and says by which routing id messages go there (zmq_connect_peer(3)).
    ///
    /// # Errors
    /// As [`SocketHandle::connect`]; [`Error::NotSupported`] on other types.
    pub fn connect_peer(self, endpoint: &str) -> Result<u32> {
        self.turn()?.connect_peer(endpoint)
    }

    /// Ends the connection to the peer of a PEER or SERVER that has this routing id.
    ///
    /// # Errors
    /// [`Error::Unroutable`] when there is none, [`Error::NotSupported`] on other types,
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn disconnect_peer(self, routing_id: u32) -> Result<()> {
        self.turn()?.disconnect_peer(routing_id)
    }

    /// How many different prefixes are subscribed to: at a PUB or XPUB by all its peers, at a SUB or XSUB by
    /// itself.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] on other types, [`Error::NotASocket`], [`Error::Terminated`].
    pub fn topics_count(self) -> Result<usize> {
        self.turn()?.topics_count()
    }

    /// Tells of what happens to the socket's connections, as messages from a socket of type `kind` (PAIR, PUB or
    /// PUSH) that is bound to the inproc endpoint (zmq_socket_monitor_versioned(3)). A monitor that was there before
    /// is stopped, and without an endpoint, that is all. Whoever reads too slowly loses events; nobody waits for it.
    ///
    /// # Errors
    /// [`Error::UnknownTransport`] unless it is an inproc endpoint, [`Error::InvalidArgument`],
    /// [`Error::AddressInUse`], [`Error::TooManyOpen`], [`Error::NotASocket`], [`Error::Terminated`].
    pub fn monitor(self, endpoint: Option<&str>, events: u64, version: u8, kind: SocketType) -> Result<()> {
        self.turn()?.monitor(endpoint, events, version, kind)
    }

    /// Has the socket's monitor tell how many messages wait in the queues of each connection
    /// (zmq_socket_monitor_pipes_stats(3)).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when nobody wants to know, [`Error::WouldBlock`] when there is no connection,
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn monitor_pipes(self) -> Result<()> {
        self.turn()?.monitor_pipes()
    }

    /// What can be done without waiting with the peer of a ROUTER that has this routing id: whether there is room for
    /// a message to it, and whether it has sent one that was not received yet.
    ///
    /// # Errors
    /// [`Error::Unroutable`] when there is no such peer, [`Error::NotSupported`] on other types,
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn peer_state(self, routing_id: &[u8]) -> Result<Events> {
        self.turn()?.peer_state(routing_id)
    }

    /// What can be done without waiting.
    ///
    /// # Errors
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn events(self) -> Result<Events> {
        self.events_among(true, true)
    }

    /// The same, as far as it is asked for.
    pub(crate) fn events_among(self, readable: bool, writable: bool) -> Result<Events> {
        self.turn()?.ready(readable, writable)
    }

    /// Whether the part received last is followed by another part of its message.
    ///
    /// # Errors
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn more(self) -> Result<bool> {
        let mut turn = self.turn()?;
        turn.catch_up()?;
        Ok(turn.more)
    }

    /// A descriptor that becomes readable whenever [`SocketHandle::events`] may have changed. It stays
    /// so until the socket is next used; being readable does not mean that there is a message.
    ///
    /// # Errors
    /// [`Error::NotASocket`], [`Error::Terminated`], [`Error::TooManyOpen`].
    pub fn fd(self) -> Result<i32> {
        let mut turn = self.turn()?;
        turn.catch_up()?;
        let has_one = turn.mailbox.has_fd();
        let fd = turn.mailbox.fd().map_err(|_| Error::TooManyOpen)?;
        turn.announce();
        // What is there already was perhaps never announced on it. From now on, what comes is.
        if has_one && turn.ready(true, false)?.readable {
            turn.mailbox.signal_fd();
        }
        Ok(fd)
    }
}
