//! What a thread of the application does with a session's connection, see [`line`](crate::io::line).
//!
//! It only ever reads and writes a connection that is established and sound. Whatever else is to be done is left
//! to the I/O thread, which is told.
#![forbid(unsafe_code)]

use super::{Link, Session};
use crate::io::established::{Ended, Established};
use crate::io::fd::Fd;
use crate::io::{Cause, Scratch};
use crate::pipe::Pipe;
use std::sync::Arc;

/// What the application's threads are doing with the connection.
#[derive(Default)]
pub(super) struct Direct {
    /// They read it: the reactor does not watch it.
    claimed: bool,
    /// They write what is in the pipe, in batches.
    streaming: bool,
    /// They have done so since the I/O thread looked last.
    pressed: bool,
    /// They have read or written since the I/O thread looked last.
    used: bool,
    /// How many of them sleep on the descriptor.
    sleepers: usize,
    /// The I/O thread has the session on its list of what to look at.
    listed: bool,
    /// It is counted there as one that nobody sleeps on.
    counted: bool,
    /// What they found out about the connection, for the I/O thread to act upon.
    pub(super) broken: Option<Ended>,
}

impl Direct {
    pub(super) fn is_claimed(&self) -> bool {
        self.claimed
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.streaming
    }

    /// Whether a thread sleeps on the descriptor, or on that of a former connection.
    pub(super) fn is_slept_on(&self) -> bool {
        self.sleepers > 0
    }
}

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
        self.conclude(result);
        true
    }

    /// Writes the messages that are in the pipe, of which there will be more. True: more of them is best left to
    /// the calling thread.
    pub(in crate::io) fn press(&mut self, scratch: &mut Scratch) -> bool {
        let Some((up, pipe)) = self.open() else { return false };
        let result = up.transmit_seen(pipe, scratch);
        if self.conclude(result) {
            (self.direct.streaming, self.direct.pressed) = (true, true);
            self.use_direct();
        }
        self.direct.streaming
    }

    /// Writes what [`Session::press`] has left. False: the I/O thread is to be told.
    pub(in crate::io) fn flush(&mut self, scratch: &mut Scratch) -> bool {
        if !self.direct.streaming {
            // The I/O thread has taken it back.
            return true;
        }
        self.end_stream();
        self.push(scratch)
    }

    /// Threads of the application no longer see to it that what is in the pipe is written.
    pub(super) fn end_stream(&mut self) {
        self.direct.streaming = false;
        if !self.direct.claimed || self.direct.sleepers > 0 {
            self.end_care();
        }
    }

    /// Reads the connection, after taking it out of the reactor. False: it is not to be read by this thread.
    pub(in crate::io) fn pull(&mut self, scratch: &mut Scratch) -> bool {
        if !self.direct.claimed {
            let Some((up, _)) = self.open() else { return false };
            if up.holds_input() {
                // There is no room for more: the I/O thread is told of it when there is.
                return false;
            }
            let fd = up.fd.clone();
            self.home.thread.unwatch(&fd);
            self.direct.claimed = true;
            self.line.set_claimed(true);
        }
        let Some((up, pipe)) = self.open() else { return false };
        let mut result = up.receive_some(pipe, scratch);
        if result.is_ok() && !up.is_flushed() {
            // Answers to pings.
            result = up.transmit(pipe, scratch);
        }
        // The I/O thread keeps the time.
        let asked = up.is_asked();
        if self.conclude(result.map(|_| asked)) {
            self.use_direct();
        }
        self.direct.claimed
    }

    pub(in crate::io) fn begin_sleep(&mut self) -> Option<Arc<Fd>> {
        let up = match &self.link {
            Link::Up(up) if self.direct.claimed => up,
            _ => return None,
        };
        if up.holds_input() {
            // There was no room for it, and nobody may have looked since: the descriptor does not tell of that. And it
            // would tell, again and again, of what is behind it.
            self.give_back();
            return None;
        }
        let fd = up.fd.clone();
        self.direct.sleepers += 1;
        if !self.direct.streaming {
            self.end_care();
        }
        Some(fd)
    }

    pub(in crate::io) fn end_sleep(&mut self) {
        self.direct.sleepers = self.direct.sleepers.saturating_sub(1);
        if self.direct.claimed && self.direct.sleepers == 0 {
            self.use_direct();
        }
    }

    /// Has the reactor watch the connection again.
    pub(in crate::io) fn give_back(&mut self) {
        if self.direct.claimed || self.direct.streaming {
            self.leave_direct();
            self.home.drive(Cause::Again);
        }
    }

    /// The I/O thread looks how things are going. False: it has taken the connection back, and drives it.
    pub(super) fn is_driven_by_others(&mut self, taken_back: bool) -> bool {
        let direct = &mut self.direct;
        let used = std::mem::take(&mut direct.used);
        let pressed = std::mem::take(&mut direct.pressed);
        if taken_back {
            // Whoever sleeps on the connection is told of what the I/O thread finds on it.
        } else if direct.counted && used || direct.claimed && direct.sleepers > 0 {
            if direct.streaming && !pressed {
                // Read it may be, also by another thread than the one that has written it: that one has turned to
                // something else, and what it has left is still to be written.
                direct.streaming = false;
                self.home.drive(Cause::Again);
            }
            if self.direct.sleepers > 0 && !used && !self.direct.streaming {
                // Somebody who does not sleep has used it too, and is done.
                self.end_care();
            }
            return true;
        }
        self.direct.listed = false;
        self.leave_direct();
        false
    }

    /// The connection is the I/O thread's alone, which is to drive it next.
    pub(super) fn leave_direct(&mut self) {
        self.direct.streaming = false;
        if self.direct.claimed {
            self.direct.claimed = false;
            // As another descriptor: it is watched anew.
            self.fd_number += 1;
            self.line.set_claimed(false);
            if let Link::Up(up) = &mut self.link {
                up.note_ready(true, true, false);
            }
        }
        self.end_care();
    }

    /// The calling thread drives the connection: the I/O thread sees to it that somebody goes on.
    fn use_direct(&mut self) {
        let direct = &mut self.direct;
        direct.used = true;
        if !direct.counted {
            direct.counted = true;
            if direct.listed {
                self.home.thread.care.awake();
            } else {
                direct.listed = true;
                self.home.thread.care.begin(self.home.key);
            }
        }
    }

    fn end_care(&mut self) {
        if std::mem::take(&mut self.direct.counted) {
            self.home.thread.care.asleep();
        }
    }
}
