//! How far a sender of large bodies runs ahead of its connection.
//!
//! A thread fills large bodies faster than a connection takes them. Up to the high-water mark of a thousand messages, say,
//! that is a gigabyte of memory, each page of it fresh, and none in a cache when it is written: it costs a third of the
//! rate. So a thread that may wait pauses behind some megabytes. It pauses briefly, and only where the connection keeps up
//! with that: what the high-water mark allows is taken whatever the connection does.
#![forbid(unsafe_code)]

use super::{BLOCKED, Pipe};
use crate::sync::Ordering;
use std::collections::VecDeque;
use std::time::Duration;

/// Bytes of large bodies that are under way before a thread pauses,
const AHEAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// but so many messages in any case.
const AHEAD_MESSAGES_MIN: usize = 3;
/// While large bodies are under way, the reader says what it has consumed after so many bytes of them.
const REPORT_BYTES: usize = 2 * 1024 * 1024;
/// The longest pause. A connection for which that is too short, for so much, is no faster for it.
const PAUSE_MAX: Duration = Duration::from_millis(2);

/// What a writer knows of the large bodies that it has written.
#[derive(Default)]
pub(super) struct Pace {
    /// The messages with such bodies that the reader has not said to have consumed: which they are, and the lengths.
    messages: VecDeque<(usize, usize)>,
    /// The sum of all lengths.
    bytes: usize,
    /// The reader has been asked to say what it has consumed after so many messages.
    pub(super) report_after: Option<usize>,
    /// After a pause in vain: how many bytes are written before the next,
    patience: usize,
    /// and how many of them are still to be written.
    until_next: usize,
    /// How many messages were under way when the pause began.
    paused_at: usize,
}

impl Pace {
    /// Takes note of a body of the message after which so many are `written`; gives how many bytes that message has so far.
    fn add(&mut self, written: usize, bytes: usize) -> usize {
        self.bytes = self.bytes.saturating_add(bytes);
        self.until_next = self.until_next.saturating_sub(bytes);
        match self.messages.back_mut() {
            Some((message, sum)) if *message == written => {
                *sum = sum.saturating_add(bytes);
                *sum
            }
            _ => {
                self.messages.push_back((written, bytes));
                bytes
            }
        }
    }

    /// Forgets the messages up to the one that was `consumed` last.
    fn forget(&mut self, consumed: usize) {
        while let Some((message, bytes)) = self.messages.front().copied() {
            if message.wrapping_sub(consumed).cast_signed() > 0 {
                return;
            }
            self.messages.pop_front();
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    fn is_to_pause(&self) -> bool {
        self.bytes > AHEAD_BYTES_MAX && self.messages.len() > AHEAD_MESSAGES_MIN && self.until_next == 0
    }

    /// Takes note of how many messages are under way after a pause, which has taken all of its time or not.
    fn end(&mut self, under_way: usize, timed_out: bool) {
        if under_way < self.paused_at {
            self.patience = 0;
        } else if timed_out {
            // A connection that is slow is left alone for longer and longer.
            self.patience = self.patience.saturating_mul(2).max(AHEAD_BYTES_MAX);
        }
        self.until_next = self.patience;
    }
}

impl Pipe {
    /// Takes note of a large body that is about to be written. Not where there is something beyond the queue.
    pub(crate) fn note_large(&mut self, bytes: usize) {
        if self.link.flows[self.side].beyond.is_some() {
            return;
        }
        let consumed = self.count_consumed();
        let pace = self.pace.get_or_insert_default();
        pace.forget(consumed);
        let of_message = pace.add(self.written.wrapping_add(1), bytes);
        let after = REPORT_BYTES.div_ceil(of_message.max(1));
        let is_run = pace.bytes > AHEAD_BYTES_MAX / 2;
        if is_run && pace.report_after.is_none_or(|now| after < now || after / 4 > now) {
            pace.report_after = Some(after);
            self.change_marks(self.side, |marks| marks.report_after = after);
        }
    }

    /// No large bodies are being written any more, if all that were have been consumed.
    pub(super) fn end_pace(&mut self) {
        let Some(mut pace) = self.pace.take() else { return };
        pace.forget(self.count_consumed());
        if !pace.messages.is_empty() {
            self.pace = Some(pace);
        } else if pace.report_after.is_some() {
            self.change_marks(self.side, |marks| marks.report_after = usize::MAX);
        }
    }

    fn count_consumed(&self) -> usize {
        self.written.wrapping_sub(self.under_way(self.consumed().load(Ordering::Acquire)))
    }

    /// Whether the thread that has just written a large body is to pause, and for how long at most. This end is notified
    /// when the reader has consumed some, also if it is not to pause after all; [`Pipe::end_pause`] comes next.
    pub(crate) fn begin_pause(&mut self) -> Option<Duration> {
        if !self.pace.as_ref()?.is_to_pause() {
            return None;
        }
        let seen = self.consumed().fetch_or(BLOCKED, Ordering::AcqRel);
        let under_way = self.under_way(seen);
        let consumed = self.written.wrapping_sub(under_way);
        let pace = self.pace.as_mut()?;
        pace.forget(consumed);
        pace.paused_at = under_way;
        pace.is_to_pause().then_some(PAUSE_MAX)
    }

    /// Takes note of what came of a pause, which has taken all of its time or not.
    pub(crate) fn end_pause(&mut self, timed_out: bool) {
        let under_way = self.under_way(self.consumed().load(Ordering::Acquire));
        if let Some(pace) = &mut self.pace {
            pace.end(under_way, timed_out);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::Signal;
    use super::super::tests::pair;
    use super::*;
    use crate::message::Message;

    const MIB: usize = 1024 * 1024;

    /// Writes a message whose body is only said to be large.
    fn write(pipe: &mut Pipe, bytes: usize) {
        assert!(pipe.can_write());
        pipe.note_large(bytes);
        pipe.write(Message::new());
        pipe.flush();
    }

    fn read(pipe: &mut Pipe, count: usize) {
        (0..count).for_each(|_| drop(pipe.read().expect("it was written")));
    }

    #[test]
    fn who_runs_ahead_pauses_until_the_reader_has_consumed_some() {
        for hwm in [0, 1000] {
            let (mut a, mut b, log) = pair(hwm);
            for _ in 0..8 {
                write(&mut a, MIB);
                assert_eq!(a.begin_pause(), None);
            }
            write(&mut a, MIB);
            assert_eq!(a.begin_pause(), Some(PAUSE_MAX));
            read(&mut b, 1);
            assert!(log.0.lock().is_empty(), "not for each");
            read(&mut b, 1);
            assert_eq!(*log.0.lock(), [(1, Signal::Writable)]);
            a.end_pause(false);
            assert_eq!(a.begin_pause(), None, "seven are left");
            write(&mut a, MIB);
            assert_eq!(a.begin_pause(), None);
            write(&mut a, MIB);
            assert_eq!(
                a.begin_pause(),
                Some(PAUSE_MAX),
                "the connection keeps up: nothing else is done about it"
            );
        }
    }

    #[test]
    fn a_reader_that_does_not_keep_up_is_waited_for_more_and_more_rarely() {
        let (mut a, mut b, _) = pair(0);
        let mut pauses = Vec::new();
        for n in 1..=1000 {
            write(&mut a, MIB);
            if a.begin_pause().is_some() {
                a.end_pause(true);
                pauses.push(n);
            }
        }
        assert_eq!(pauses, [9, 17, 33, 65, 129, 257, 513]);
        read(&mut b, 900);
        for _ in 0..24 {
            write(&mut a, MIB);
        }
        assert_eq!(a.begin_pause(), None);
        write(&mut a, MIB);
        assert!(a.begin_pause().is_some(), "the distance was half a gigabyte");
        read(&mut b, 2);
        a.end_pause(true);
        write(&mut a, MIB);
        assert!(a.begin_pause().is_some(), "now that it keeps up");
        a.end_pause(false);
        write(&mut a, MIB);
        assert!(a.begin_pause().is_some(), "what cuts a pause short says nothing of the reader");
    }

    #[test]
    fn few_bodies_are_no_run_whatever_their_size() {
        let (mut a, _b, _) = pair(0);
        for _ in 0..3 {
            write(&mut a, 100 * MIB);
            assert_eq!(a.begin_pause(), None);
        }
        write(&mut a, 100 * MIB);
        assert!(a.begin_pause().is_some());
    }

    #[test]
    fn a_message_of_several_bodies_is_reported_as_one() {
        let (mut a, mut b, log) = pair(1000);
        for _ in 0..4 {
            for part in (0..5).rev() {
                let mut message = Message::new();
                message.set_more(part > 0);
                assert!(a.can_write());
                a.note_large(MIB);
                a.write(message);
            }
            a.flush();
        }
        assert!(a.begin_pause().is_some());
        read(&mut b, 4);
        assert!(log.0.lock().is_empty(), "the message is not through");
        read(&mut b, 1);
        assert_eq!(*log.0.lock(), [(1, Signal::Writable)]);
    }

    #[test]
    fn one_large_body_changes_nothing() {
        let (mut a, mut b, log) = pair(1000);
        write(&mut a, MIB);
        for _ in 1..1000 {
            assert!(a.can_write());
            a.write(Message::new());
        }
        a.flush();
        assert!(!a.can_write());
        read(&mut b, 499);
        assert!(log.0.lock().is_empty(), "half the mark");
        read(&mut b, 1);
        assert_eq!(*log.0.lock(), [(1, Signal::Writable)]);
    }

    #[test]
    fn when_large_bodies_are_through_it_is_as_before() {
        let (mut a, mut b, log) = pair(2000);
        (0..8).for_each(|_| write(&mut a, MIB));
        for _ in 8..2000 {
            assert!(a.can_write());
            a.write(Message::new());
        }
        a.flush();
        read(&mut b, 1001);
        for n in 0..1000 {
            assert!(a.can_write(), "{n}");
            a.write(Message::new());
        }
        a.flush();
        assert!(a.pace.is_none() && !a.can_write());
        read(&mut b, 998);
        assert!(log.0.lock().is_empty(), "half the mark, from the last report on");
        read(&mut b, 2);
        assert_eq!(*log.0.lock(), [(1, Signal::Writable)]);
    }
}
