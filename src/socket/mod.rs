//! What the application's thread holds: sockets, their options, and waiting on them.

pub(crate) mod core;
pub mod kind;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod mailbox;
pub mod options;
pub mod poll;
pub mod poller;
mod proxy;
pub mod table;
pub mod tags;
mod turn;

use self::core::{Core, Events};
use crate::error::{Error, Result};
use crate::io::sys_wait::Waited;
use crate::io::{parker, patience};
use crate::message::Message;
use kind::SocketType;
use mailbox::Mailbox;
use options::Options;
pub use proxy::proxy;
use std::time::{Duration, Instant};
use table::{Table, Turn};
use tags::Tags;

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
    /// [`Error::WouldBlock`], [`Error::NotSupported`], [`Error::WrongState`], [`Error::Terminated`],
    /// [`Error::NotASocket`], [`Error::Interrupted`]; the part is untouched then.
    #[inline]
    pub fn send(self, part: &mut Message, wait: bool) -> Result<()> {
        let mut turn = self.turn()?;
        match turn.try_send(part) {
            Err(Error::WouldBlock) if wait => {
                let timeout = turn.options.send_timeout;
                self.wait(turn, timeout, |core| core.try_send(part))
            }
            result => result,
        }
    }

    /// Receives the next part of a message; [`Message::more`] says whether another one follows. With
    /// `wait`, waits for a message, as long as the receive timeout allows.
    ///
    /// # Errors
    /// As [`SocketHandle::send`].
    #[inline]
    pub fn recv(self, wait: bool) -> Result<Message> {
        let mut turn = self.turn()?;
        match turn.try_recv() {
            Err(Error::WouldBlock) if wait => {
                let timeout = turn.options.recv_timeout;
                self.wait(turn, timeout, Core::try_recv)
            }
            result => result,
        }
    }

    /// Sends one part with its tags: [`SocketHandle::send`] for the types that look at them.
    ///
    /// # Errors
    /// As [`SocketHandle::send`].
    pub fn send_tagged(self, part: &mut Message, _tags: &Tags, wait: bool) -> Result<()> {
        self.send(part, wait)
    }

    /// Receives the next part of a message, and what goes with it.
    ///
    /// # Errors
    /// As [`SocketHandle::send`].
    #[inline]
    pub fn recv_tagged(self, tags: &mut Tags, wait: bool) -> Result<Message> {
        *tags = Tags::default();
        self.recv(wait)
    }

    /// Sleeps and tries again until `attempt` does not say that it would block.
    #[cold]
    fn wait<T>(
        self,
        mut turn: Turn<'static, Box<Core>>,
        timeout: Option<Duration>,
        mut attempt: impl FnMut(&mut Core) -> Result<T>,
    ) -> Result<T> {
        if timeout == Some(Duration::ZERO) {
            return Err(Error::WouldBlock);
        }
        let deadline = timeout.and_then(|time| Instant::now().checked_add(time));
        let parker = parker::mine();
        let mailbox = turn.mailbox.clone();
        loop {
            // The turn was given away: what another thread has left behind is found by trying again.
            turn = self.look(turn, &mailbox)?;
            match attempt(&mut turn) {
                Err(Error::WouldBlock) => {}
                result => return result,
            }
            // Still in the turn in which there was nothing, so that whatever comes now ends the sleep.
            let mut waited = Waited::Look;
            if mailbox.begin_wait(&parker) {
                drop(turn);
                waited = parker.park(deadline);
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
    fn look(self, mut turn: Turn<'static, Box<Core>>, mailbox: &Mailbox) -> Result<Turn<'static, Box<Core>>> {
        let streaming = std::mem::take(&mut turn.moved) > STREAM_PARTS_MIN;
        let mut patience = std::mem::take(&mut turn.patience);
        drop(turn);
        if patience.look(|| mailbox.is_pending()) && streaming {
            // The other side has just begun to write: let it write some more.
            (0..STREAM_PAUSES).for_each(|_| patience::pause());
        }
        let mut turn = self.turn()?;
        turn.patience = patience;
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

    /// Undoes a bind; connections that were accepted stay (zmq_unbind(3)).
    ///
    /// # Errors
    /// [`Error::NoSuchEndpoint`], [`Error::Terminated`], [`Error::NotASocket`].
    pub fn unbind(self, endpoint: &str) -> Result<()> {
        self.turn()?.unbind(endpoint)
    }

    /// Undoes a connect (zmq_disconnect(3)).
    ///
    /// # Errors
    /// [`Error::NoSuchEndpoint`], [`Error::Terminated`], [`Error::NotASocket`].
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
        Ok(turn.options.clone())
    }

    /// Changes the options. Most take effect for later binds and connects only (zmq_setsockopt(3)).
    ///
    /// # Errors
    /// What `change` says, [`Error::NotASocket`], [`Error::Terminated`], and the system's refusal when
    /// there is no place for a swap file.
    pub fn set_options(self, change: impl FnOnce(&mut Options) -> Result<()>) -> Result<()> {
        self.turn()?.set_options(change)
    }

    /// Subscribes a SUB to messages that begin with `prefix`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] on other types, [`Error::NotASocket`], [`Error::Terminated`].
    pub fn subscribe(self, prefix: &[u8]) -> Result<()> {
        self.turn()?.subscribe(prefix)
    }

    /// Takes one subscription to `prefix` back.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is none, [`Error::NotASocket`], [`Error::Terminated`].
    pub fn unsubscribe(self, prefix: &[u8]) -> Result<()> {
        self.turn()?.unsubscribe(prefix)
    }

    /// What can be done without waiting.
    ///
    /// # Errors
    /// [`Error::NotASocket`], [`Error::Terminated`].
    pub fn events(self) -> Result<Events> {
        self.turn()?.ready()
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
        let fd = turn.mailbox.fd().map_err(|_| Error::TooManyOpen)?;
        // What is there already was never announced on it.
        turn.mailbox.signal_fd();
        Ok(fd)
    }
}
