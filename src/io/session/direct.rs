//! What a thread of the application does with a session's connection, see [`line`](crate::io::line).
//!
//! It only ever reads and writes a connection that is established and sound. Whatever else is to be done is left
//! to the I/O thread, which is told.
#![forbid(unsafe_code)]

use super::claim::Look;
use super::{Link, Session};
use crate::io::established::{Ended, Established};
use crate::io::fd::Fd;
use crate::io::{Cause, Scratch, sys};
use crate::pipe::Pipe;
use std::os::fd::AsFd;
use std::sync::Arc;

impl Session {
    /// The connection and its pipe, if a thread of the application may drive them.
    fn open(&mut self) -> Option<(&mut Established, &mut Pipe)> {
        if self.ended || self.closing.is_some() || self.direct.broken.is_some() || !self.leftover.is_empty() {
            return None;
        }
        match (&mut self.link, &mut self.pipe) {
            (Link::Up(up), Some(pipe)) if up.is_flushed() => Some((up, pipe)),
            _ => None,
        }
    }

    /// Takes note of how driving went: false, and the I/O thread goes on, if it broke or the kernel is full.
    fn conclude(&mut self, result: Result<bool, Ended>) -> bool {
        let flushed = matches!(&self.link, Link::Up(up) if up.is_flushed());
        match result {
            Ok(again) if flushed => {
                if again {
                    self.home.drive(Cause::Again);
                }
                return true;
            }
            Ok(_) => {}
            Err(ended) => self.direct.broken = Some(ended),
        }
        // The reactor tells when there is room, once it watches again.
        self.leave_direct();
        self.home.drive(Cause::Again);
        false
    }

    /// Writes the message that is in the pipe. False: the I/O thread is to be told of it.
    pub(in crate::io) fn push(&mut self, scratch: &mut Scratch) -> bool {
        let Some((up, pipe)) = self.open() else { return false };
        let result = up.transmit(pipe, scratch);
        self.left_to_writer = None;
        self.conclude(result);
        true
    }

    /// Writes the messages that are in the pipe, of which there will be more. True: more of them is best left to
    /// the calling thread.
    pub(in crate::io) fn press(&mut self, scratch: &mut Scratch) -> bool {
        let Some((up, pipe)) = self.open() else { return false };
        let result = up.transmit_seen(pipe, scratch);
        self.left_to_writer = None;
        if self.conclude(result) {
            self.direct.stream(&self.home.thread.care, self.home.key);
        }
        self.direct.is_streaming()
    }

    /// Leaves the message that is in the pipe, and those that the calling thread is about to write, to [`Session::flush`].
    /// False: it is the I/O thread that reads the connection, and that would go on reading while nobody writes.
    pub(in crate::io) fn defer(&mut self) -> bool {
        let may = self.direct.is_claimed() && self.open().is_some();
        if may {
            self.direct.stream(&self.home.thread.care, self.home.key);
        }
        may
    }

    /// Writes what [`Session::press`] and [`Session::defer`] have left. False: the I/O thread is to be told.
    pub(in crate::io) fn flush(&mut self, scratch: &mut Scratch) -> bool {
        // Otherwise the I/O thread has taken it back.
        !self.direct.end_stream(&self.home.thread.care) || self.push(scratch)
    }

    /// Reads the connection, after taking it out of the reactor. False: it is not to be read by this thread.
    pub(in crate::io) fn pull(&mut self, scratch: &mut Scratch) -> bool {
        if !self.direct.is_claimed() {
            let Some((up, pipe)) = self.open() else { return false };
            if up.holds_input() && !pipe.can_write() {
                // There is no room for what was read: the I/O thread is told of it when there is.
                return false;
            }
            let fd = up.fd.clone();
            // First: the I/O thread either sees what has come, or knows whom to ask.
            self.direct.note_use(&self.home.thread.care, self.home.key);
            self.home.thread.unwatch(&fd);
            self.direct.claim();
            self.line.set_claimed(true);
        }
        let Some((up, pipe)) = self.open() else {
            // Not to be driven by this thread any more: then it does not sleep on it either.
            self.give_back();
            return false;
        };
        let mut result = up.receive_some(pipe, scratch);
        if result.is_ok() && !up.is_flushed() {
            // Answers to pings.
            result = up.transmit(pipe, scratch);
        }
        // The I/O thread keeps the time.
        let asked = up.is_asked();
        if self.conclude(result.map(|_| asked)) {
            self.direct.note_use(&self.home.thread.care, self.home.key);
        }
        self.direct.is_claimed()
    }

    /// The descriptor of a connection that threads of the application read, and have read all of that has come. The
    /// calling thread looks whether there is more.
    pub(in crate::io) fn quiet_fd(&mut self) -> Option<Arc<Fd>> {
        if !self.direct.is_claimed() {
            return None;
        }
        let (up, _) = self.open()?;
        let fd = (!up.holds_input()).then(|| up.fd.clone())?;
        self.direct.note_use(&self.home.thread.care, self.home.key);
        Some(fd)
    }

    pub(in crate::io) fn begin_sleep(&mut self) -> Option<Arc<Fd>> {
        let up = match &self.link {
            Link::Up(up) if self.direct.is_claimed() => up,
            _ => return None,
        };
        if up.holds_input() {
            // There was no room for it, and nobody may have looked since: the descriptor does not tell of that. And it
            // would tell, again and again, of what is behind it.
            self.give_back();
            return None;
        }
        let fd = up.fd.clone();
        self.direct.begin_sleep(&self.home.thread.care);
        Some(fd)
    }

    pub(in crate::io) fn end_sleep(&mut self) {
        self.direct.end_sleep(&self.home.thread.care, self.home.key);
    }

    /// Has the reactor watch the connection again.
    pub(in crate::io) fn give_back(&mut self) {
        if self.direct.is_claimed() || self.direct.is_streaming() {
            self.leave_direct();
            self.home.drive(Cause::Again);
        }
    }

    /// The I/O thread looks how things are going. False: it has taken the connection back, and drives it.
    pub(super) fn is_driven_by_others(&mut self, taken_back: bool) -> bool {
        match self.direct.look(taken_back, &self.home.thread.care) {
            Look::Theirs => return true,
            Look::TheirsToRead => {
                self.home.drive(Cause::Again);
                return true;
            }
            Look::Ours => {}
        }
        self.leave_direct();
        false
    }

    /// The connection is lost, but the pipe stays. Whoever sleeps on the descriptor learns that it is no good any more,
    /// and lets it be closed.
    pub(super) fn wake_sleepers(&self) {
        if self.direct.is_slept_on()
            && let Link::Up(up) = &self.link
        {
            // What the reactor had to say of it would be taken for news of the next connection.
            self.home.thread.unwatch(&up.fd);
            sys::shutdown(up.fd.as_fd());
        }
    }

    /// The connection is the I/O thread's alone, which is to drive it next.
    pub(super) fn leave_direct(&mut self) {
        if self.direct.leave(&self.home.thread.care) {
            // As another descriptor: it is watched anew.
            self.fd_number += 1;
            self.line.set_claimed(false);
            if let Link::Up(up) = &mut self.link {
                up.note_ready(true, true, false);
            }
        }
    }
}
