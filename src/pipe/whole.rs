//! Messages of one part, one at a time or in runs: the shortest way through a pipe. What it cannot do, or not yet, is
//! left to the others.
#![forbid(unsafe_code)]

use super::queue::{Filled, Vacant};
use super::{Pipe, Writing};
use crate::message::Message;

impl Pipe {
    /// Writes a message of one part, between messages, and shows it to the other end, if that can be done at once. False:
    /// nothing is done, and it may be possible all the same.
    #[inline(always)]
    pub(crate) fn write_whole(&mut self, part: &mut Message) -> bool {
        if !self.has_room() || !self.is_plain || part.more() || part.is_large() {
            return false;
        }
        debug_assert!(self.writing == Writing::Nothing, "a whole message comes between messages");
        self.written = self.written.wrapping_add(1);
        self.tx.push_from(part, Message::new());
        if self.tx.publish_pushed() {
            self.tell_written();
        }
        true
    }

    /// Writes messages of one part, between messages, as long as `fill` gives one, and there surely is room; not all that
    /// there is room for.
    #[inline(always)]
    pub(crate) fn write_run(&mut self, fill: impl for<'a> FnMut(Vacant<'a, Message>) -> Option<Filled<'a>>) {
        debug_assert!(self.writing == Writing::Nothing, "whole messages come between messages");
        if self.is_plain {
            let count = self.tx.push_run(self.room(), fill);
            self.written = self.written.wrapping_add(count);
        }
    }

    /// Takes a message of data of one part, between messages, in place of what `into` has, which it gives. `None`:
    /// nothing is done, and there may be something to read all the same.
    #[inline(always)]
    pub(crate) fn read_whole(&mut self, into: &mut Message) -> Option<Message> {
        if !self.refill.is_empty() {
            return None;
        }
        let before = self.rx.pop_over(into, |part| part.is_data() && !part.more())?;
        self.read = self.read.wrapping_add(1);
        self.credit(false);
        Some(before)
    }

    /// How many messages [`Pipe::read_run`] could take.
    #[inline]
    pub(crate) fn run_max(&self) -> usize {
        if self.refill.is_empty() { self.rx.run_max() } else { 0 }
    }

    /// As [`Pipe::read_seen`], takes messages of one part as long as they are `fit`, and gives them to `taken`; `max` at most,
    /// and not all of them.
    #[inline(always)]
    pub(crate) fn read_run(
        &mut self,
        max: usize,
        mut fit: impl FnMut(&Message) -> bool,
        taken: impl FnMut(Message),
    ) {
        if self.refill.is_empty() {
            let count = self.rx.pop_run(max, |part| !part.more() && fit(part), taken);
            self.read = self.read.wrapping_add(count);
        }
    }
}
