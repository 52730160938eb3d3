//! How the ends of a pipe agree on how many messages may be under way: the marks, and the reader's word of what it has
//! consumed, where a writer without room says that it waits.
#![forbid(unsafe_code)]

use super::beyond::Beyond;
use super::marks::{Marks, UNLIMITED};
use super::{BLOCKED, COUNT_SHIFT, Pipe, Signal, Writing};
use crate::sync::{AtomicUsize, Ordering};

/// Messages under way at which the reader is told that it may want to read with the writer's help.
const PRESS_MESSAGES: usize = 1000;
/// How many times a writer that was asked to press tries to, while somebody else has the connection,
const PRESSES_MAX: u8 = 16;
/// and how many messages it writes in between.
const MESSAGES_A_PRESS: usize = 8;

impl Pipe {
    /// Changes this end's share of the high-water marks (`0`: no mark at all) for what it writes and for
    /// what it reads; `None` leaves one as it is. The mark of a direction is the sum of what its two ends
    /// say, as far as they say something.
    pub(crate) fn set_marks(&mut self, written: Option<usize>, read: Option<usize>) {
        if let Some(hwm) = written {
            self.change_marks(self.side, |marks| marks.of_writer(hwm));
            self.reconsider();
        }
        if let Some(hwm) = read {
            self.change_marks(1 - self.side, |marks| marks.of_reader(hwm));
        }
    }

    /// Shuts the way of what the other end writes, or opens it again: while it is shut there is no room
    /// for another message, whatever the mark is.
    pub(crate) fn shut(&self, shut: bool) {
        self.change_marks(1 - self.side, |marks| marks.shut = shut);
    }

    /// Looks again for room before the next message is written: the other end has changed the marks.
    pub(crate) fn reconsider(&mut self) {
        // What was begun is finished.
        let begun = usize::from(self.writing == Writing::ToQueue);
        self.stop_at = self.written.wrapping_add(begun);
    }

    /// `whole messages consumed << 1 | BLOCKED` of what this end writes: written by the reader now and then (see
    /// [`Pipe::credit`]), beside what that writes to us, so that we know how many are under way.
    #[inline]
    pub(super) fn consumed(&self) -> &AtomicUsize {
        self.rx.beside()
    }

    /// The same of what this end reads.
    #[inline]
    fn consumed_here(&self) -> &AtomicUsize {
        self.tx.beside()
    }

    pub(super) fn change_marks(&self, side: usize, change: impl FnOnce(&mut Marks)) {
        let flow = &self.link.flows[side];
        let mut all = self.link.marks.lock();
        let marks = &mut all[side];
        change(marks);
        let limit = match flow.beyond.as_deref() {
            Some(Beyond::Latest(_)) if !marks.shut => UNLIMITED,
            _ => marks.limit(),
        };
        let before = flow.limit.swap(limit, Ordering::Relaxed);
        flow.report_after.store(marks.report_after(), Ordering::Relaxed);
        drop(all);
        let consumed = if side == self.side { self.consumed() } else { self.consumed_here() };
        // Release: a writer that marks itself blocked after this sees the new limit and looks again.
        if limit > before && consumed.fetch_and(!BLOCKED, Ordering::AcqRel) & BLOCKED != 0 {
            self.tell_end(side, Signal::Writable);
        }
        if limit < before && side != self.side {
            self.tell_end(side, Signal::Tightened);
        }
    }

    /// Whether fewer messages than these are under way (`0`: any number), for who writes some of them whatever
    /// the mark.
    pub(crate) fn is_below(&self, mark: usize) -> bool {
        mark == 0 || self.under_way(self.consumed().load(Ordering::Acquire)) < mark
    }

    /// Looks how far the reader is, or into the swap; marks the writer as waiting when there is no room.
    #[cold]
    pub(super) fn can_write_after_all(&mut self) -> bool {
        if self.writing != Writing::Nothing {
            return true;
        }
        let has_room = match self.link.flows[self.side].beyond.as_deref() {
            Some(Beyond::Swap(swap)) if swap.is_active() => swap.has_room(),
            Some(_) => self.refresh_credit(),
            None => return self.make_room(),
        };
        if !has_room {
            // The reader cannot make room by reading what it does not see.
            self.flush();
        }
        has_room
    }

    /// Presses with the next messages, once that can be: the reader has asked for it, and is about to make way.
    pub(crate) fn press_soon(&mut self) {
        self.presses = PRESSES_MAX;
        self.reconsider();
    }

    /// Has the other end read by this thread, if that can be.
    fn press(&mut self) {
        self.presses = self.presses.saturating_sub(1);
        if let Some((owner, key)) = self.link.owners[1 - self.side].get()
            && owner.press(*key)
        {
            self.presses = 0;
        }
    }

    /// Looks how far the reader is, and lends it a hand where much is under way, or it has asked for that.
    fn make_room(&mut self) -> bool {
        let limit = self.link.flows[self.side].limit.load(Ordering::Relaxed);
        let many = limit.clamp(1, PRESS_MESSAGES);
        if self.presses > 0 || self.under_way(self.consumed().load(Ordering::Acquire)) >= many {
            // The reader cannot make room by reading what it does not see.
            self.flush();
            self.press();
        }
        let has_room = self.refresh_credit();
        self.end_pace();
        let under_way = self.written.wrapping_sub(self.granted);
        let room = limit.saturating_sub(under_way);
        let until_press = match PRESS_MESSAGES.saturating_sub(under_way) {
            _ if self.presses > 0 => MESSAGES_A_PRESS,
            0 => PRESS_MESSAGES,
            left => left,
        };
        self.stop_at = self.written.wrapping_add(if has_room { room.min(until_press) } else { 0 });
        has_room
    }

    /// How many messages are under way when `word` says how many were consumed.
    pub(super) fn under_way(&self, word: usize) -> usize {
        // The count in the word has one bit less than a usize: compare within it.
        self.written.wrapping_sub(word >> COUNT_SHIFT) & (usize::MAX >> COUNT_SHIFT)
    }

    fn refresh_credit(&mut self) -> bool {
        let flow = &self.link.flows[self.side];
        let mut word = self.consumed().load(Ordering::Acquire);
        loop {
            // Acquire above and below: a mark that the reader changed and told us about is seen.
            let limit = flow.limit.load(Ordering::Relaxed);
            if limit == UNLIMITED {
                return true;
            }
            let under_way = self.under_way(word);
            self.granted = self.written.wrapping_sub(under_way);
            if under_way < limit {
                return true;
            }
            if limit > 0
                && let Some(Beyond::Swap(swap)) = flow.beyond.as_deref()
            {
                return swap.has_room();
            }
            if word & BLOCKED != 0 {
                return false;
            }
            match self.consumed().compare_exchange(word, word | BLOCKED, Ordering::AcqRel, Ordering::Acquire)
            {
                // With the mark that was looked at still in force, the reader will tell.
                Ok(_) if flow.limit.load(Ordering::Relaxed) == limit => return false,
                Ok(_) => word = self.consumed().fetch_and(!BLOCKED, Ordering::AcqRel) & !BLOCKED,
                Err(now) => word = now,
            }
        }
    }

    /// Tells the writer what was read, when that is worth it: after half the high-water mark, or some megabytes of large
    /// bodies, or when there is nothing more to read (`drained`; then without a mark too, as one may be set later).
    #[inline(always)]
    pub(super) fn credit(&mut self, drained: bool) {
        let unreported = self.read.wrapping_sub(self.reported);
        // So written, the index needs no check.
        let flow = &self.link.flows[(self.side ^ 1) & 1];
        if unreported == 0 || !drained && unreported < flow.report_after.load(Ordering::Relaxed) {
            return;
        }
        self.report();
    }

    #[cold]
    #[inline(never)]
    fn report(&mut self) {
        self.reported = self.read;
        let old = self.consumed_here().swap(self.read << COUNT_SHIFT, Ordering::AcqRel);
        if old & BLOCKED != 0 {
            self.tell(Signal::Writable);
        }
    }
}
