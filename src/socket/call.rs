//! The short way through a socket, and the call that goes on where it is not open.
#![forbid(unsafe_code)]

use super::core::Core;
use super::table::Turn;
use super::tags::Tags;
use super::{SOCKETS, SocketHandle};
use crate::error::{Error, Result};
use crate::message::Message;

/// A message in whose place another is received. It is dropped after that, and not while the socket is held: who frees
/// the body may use the socket.
struct Before(Option<Message>);

impl Before {
    #[inline(always)]
    fn take(part: &mut Message) -> Before {
        Before(if part.is_inline() { None } else { Some(part.take()) })
    }

    /// Puts it back if nothing was received.
    #[inline(always)]
    fn end<T>(self, part: &mut Message, result: Result<T>) -> Result<T> {
        match self.0 {
            Some(before) if result.is_err() => *part = before,
            before => drop(before),
        }
        result
    }
}

/// A call that the short way did not serve, and the socket's turn, which it has. To drop it does nothing more.
#[must_use]
pub struct Call {
    socket: SocketHandle,
    /// `None`: there is no such socket.
    turn: Option<Turn<'static, Box<Core>>>,
}

impl Call {
    /// As [`SocketHandle::send`].
    ///
    /// # Errors
    /// As those of [`SocketHandle::send`].
    #[inline(never)]
    pub fn send(self, part: &mut Message, wait: bool) -> Result<()> {
        let mut turn = self.turn.ok_or(Error::NotASocket)?;
        match turn.try_send(part) {
            Err(Error::WouldBlock) if wait => {
                let timeout = turn.options.send_timeout;
                self.socket.wait(turn, timeout, false, |core| core.try_send(part))
            }
            Ok(()) if wait => {
                if let Some(ahead) = turn.is_ahead() {
                    self.socket.pause(turn, ahead);
                }
                Ok(())
            }
            result => result,
        }
    }

    /// As [`SocketHandle::recv_into`].
    ///
    /// # Errors
    /// As those of [`SocketHandle::send`].
    #[inline(never)]
    pub fn recv(self, part: &mut Message, wait: bool) -> Result<()> {
        self.receive(part, wait, |core, part| core.try_recv(part))
    }

    /// As [`SocketHandle::recv_tagged`].
    ///
    /// # Errors
    /// As those of [`SocketHandle::send`].
    #[inline(never)]
    pub fn recv_tagged(self, part: &mut Message, tags: &mut Tags, wait: bool) -> Result<()> {
        self.receive(part, wait, |core, part| core.try_recv_tagged(part, tags))
    }

    /// Receives, as `attempt` does.
    #[inline(always)]
    fn receive(
        self,
        part: &mut Message,
        wait: bool,
        mut attempt: impl FnMut(&mut Core, &mut Message) -> Result<()>,
    ) -> Result<()> {
        let mut turn = self.turn.ok_or(Error::NotASocket)?;
        let before = Before::take(part);
        let received = match attempt(&mut turn, part) {
            Err(Error::WouldBlock) => self.socket.recv_after_all(turn, wait, |core| attempt(core, part)),
            result => {
                drop(turn);
                result
            }
        };
        before.end(part, received)
    }
}

impl SocketHandle {
    /// Sends one part of a message by the short way: where all goes to one peer that has room. If it was not sent so,
    /// [`Call::send`] goes on.
    ///
    /// # Errors
    /// The call to go on with; the part is untouched then.
    #[inline(always)]
    pub fn begin_send(self, part: &mut Message) -> Result<(), Call> {
        let mut call = Call { socket: self, turn: SOCKETS.get(self.0) };
        if call.turn.as_mut().is_some_and(|turn| turn.send_by_lane(part)) { Ok(()) } else { Err(call) }
    }

    /// Receives a message of one part by the short way, where all comes from one peer: then the connection that it came
    /// over, see [`Tags::origin`]. If nothing was received so, [`Call::recv_tagged`] goes on.
    ///
    /// # Errors
    /// The call to go on with; the part is untouched then.
    #[inline(always)]
    pub fn begin_recv(self, part: &mut Message) -> Result<u64, Call> {
        let mut call = Call { socket: self, turn: SOCKETS.get(self.0) };
        if let Some(turn) = &mut call.turn
            && let Some(before) = turn.recv_by_lane(part)
        {
            let origin = turn.origin();
            // Who frees what was there before may use the socket.
            drop(call);
            drop(before);
            return Ok(origin);
        }
        Err(call)
    }
}
