//! Pipes: the two-way queues between a socket and one peer.
//!
//! A pipe has two ends, alike, each used by one thread at a time: one held by a socket, the other by a
//! session (which drives a connection) or, for inproc, by another socket. Each direction is a
//! [`queue`](mod@queue) of messages with a high-water mark and, where asked for, a [`swap`] on disk behind
//! it. An end that finds nothing to read, or no room to write, is marked so and is notified when that
//! changes; nobody is notified who does not wait.

#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod queue;
pub(crate) mod swap;
mod swap_file;
#[cfg(all(test, not(loom)))]
mod swap_tests;

use crate::message::Message;
use crate::sync::{Arc, AtomicUsize, Ordering, fence};
use crossbeam_utils::CachePadded;
use queue::{Consumer, Producer, Sleep, queue};
use std::collections::VecDeque;
use std::sync::OnceLock;
use swap::Swap;

/// What happened at the other end of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// There is something to read, or the other end has closed.
    Readable,
    /// There is room to write again.
    Writable,
    /// The other end is closed: it reads nothing any more, and what it wrote is all there is.
    Closed,
}

/// Who is told what happens at the other end. Called from the other end's thread, outside any lock of
/// the pipe's.
pub(crate) trait Notify: Send + Sync {
    /// `key` is what [`Pipe::set_owner`] was given.
    fn notify(&self, key: usize, signal: Signal);

    /// The writer at the other end has no room, or has written much: this is the moment to have this end read by
    /// the writer's thread, if that can be.
    fn press(&self, _key: usize) {}
}

/// Messages under way at which the reader is told that it may want to read with the writer's help.
const PRESS_MESSAGES: usize = 1000;
/// The writer waits for room.
const BLOCKED: usize = 1;
/// Where the count of consumed messages starts in the `consumed` word.
const COUNT_SHIFT: u32 = 1;

/// One direction of a pipe, apart from the queue itself.
struct Flow {
    /// `whole messages consumed << 1 | BLOCKED`, written by the reader now and then (see `credit_step`),
    /// so that the writer knows how many are under way.
    consumed: CachePadded<AtomicUsize>,
    /// The high-water mark in whole messages; 0: none.
    hwm: AtomicUsize,
    /// Where messages over the mark go, if anywhere.
    swap: Option<Swap>,
}

/// What both ends share. `flows[i]` and `owners[i]` are those of the end `i`: the flow that it writes.
struct Link {
    flows: [Flow; 2],
    owners: [OnceLock<(std::sync::Arc<dyn Notify>, usize)>; 2],
}

/// How one direction of a new pipe is bounded.
#[derive(Default)]
pub(crate) struct Bounds {
    /// The high-water mark in whole messages; 0: none.
    pub(crate) hwm: usize,
    /// Where messages over the mark go, if anywhere.
    pub(crate) swap: Option<Swap>,
}

/// One end of a pipe.
pub(crate) struct Pipe {
    link: Arc<Link>,
    side: usize,
    tx: Producer<Message>,
    rx: Consumer<Message>,
    /// Whole messages written to the queue.
    written: usize,
    /// The reader's count of consumed messages, as last seen.
    granted: usize,
    /// The value of `written` at which room is to be looked for.
    stop_at: usize,
    /// Whole messages read from the queue.
    read: usize,
    /// The value of `read` at the last time the writer was told.
    reported: usize,
    /// In the middle of a message of several parts: where its parts go.
    writing: Writing,
    /// Parts of a message that goes to the swap once it is whole.
    staged: Vec<Message>,
    /// Messages that came back from the swap, to be read before anything else.
    refill: VecDeque<Message>,
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Between messages.
    Nothing,
    ToQueue,
    ToSwap,
}

/// A new pipe: its two ends. `bounds[i]` holds for what end `i` writes.
pub(crate) fn pipe(bounds: [Bounds; 2]) -> (Pipe, Pipe) {
    let (tx_a, rx_b) = queue();
    let (tx_b, rx_a) = queue();
    let flow = |bounds: Bounds| Flow {
        consumed: CachePadded::new(AtomicUsize::new(0)),
        hwm: AtomicUsize::new(bounds.hwm),
        swap: bounds.swap,
    };
    let [a, b] = bounds;
    let link = Arc::new(Link { flows: [flow(a), flow(b)], owners: [OnceLock::new(), OnceLock::new()] });
    (Pipe::new(link.clone(), 0, tx_a, rx_a), Pipe::new(link, 1, tx_b, rx_b))
}

impl Pipe {
    fn new(link: Arc<Link>, side: usize, tx: Producer<Message>, rx: Consumer<Message>) -> Pipe {
        Pipe {
            link,
            side,
            tx,
            rx,
            written: 0,
            granted: 0,
            stop_at: 0,
            read: 0,
            reported: 0,
            writing: Writing::Nothing,
            staged: Vec::new(),
            refill: VecDeque::new(),
            closed: false,
        }
    }

    /// Says who is told what happens at the other end. Once, before this end is used; what happened
    /// before is not told, so the owner looks for itself.
    pub(crate) fn set_owner(&self, owner: std::sync::Arc<dyn Notify>, key: usize) {
        assert!(self.link.owners[self.side].set((owner, key)).is_ok(), "a pipe end has one owner");
        // With the fence in `close`: either the other end, as it closes, finds the owner, or the owner,
        // as it looks, finds the other end closed.
        fence(Ordering::SeqCst);
    }

    /// Changes the high-water mark of what this end writes (`0`: none). Whoever waited for room looks
    /// again by itself.
    pub(crate) fn set_write_hwm(&mut self, hwm: usize) {
        self.link.flows[self.side].hwm.store(hwm, Ordering::Relaxed);
        self.stop_at = self.written;
    }

    /// Changes the high-water mark of what the other end writes (`0`: none), and lets it look again if it
    /// waits for room.
    pub(crate) fn set_read_hwm(&self, hwm: usize) {
        let flow = &self.link.flows[1 - self.side];
        flow.hwm.store(hwm, Ordering::Relaxed);
        // Release: a writer that marks itself blocked after this sees the new mark and looks again.
        if flow.consumed.fetch_and(!BLOCKED, Ordering::AcqRel) & BLOCKED != 0 {
            self.tell(Signal::Writable);
        }
    }

    /// Whether a message can be written, or its next part if one was begun. When not, this end is
    /// notified with [`Signal::Writable`] once it can.
    #[inline]
    pub(crate) fn can_write(&mut self) -> bool {
        self.written != self.stop_at || self.can_write_after_all()
    }

    /// How many whole messages were written to the queue so far, as a count that wraps.
    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// Writes one part of a message. [`Pipe::can_write`] has said that there is room. Parts are seen by
    /// the other end together, after [`Pipe::flush`] behind the last.
    #[inline]
    pub(crate) fn write(&mut self, part: Message) {
        if self.link.flows[self.side].swap.is_some() {
            self.write_by_swap(part);
            // Where the next message goes is to be found out anew.
            self.stop_at = self.written;
        } else {
            self.write_to_queue(part);
        }
    }

    #[inline]
    fn write_to_queue(&mut self, part: Message) {
        // Looked at once it is in its slot: a message that is moved in one piece moves faster.
        if self.tx.push(part).more() {
            self.writing = Writing::ToQueue;
        } else {
            self.writing = Writing::Nothing;
            self.written = self.written.wrapping_add(1);
        }
    }

    /// Shows the other end the whole messages written so far, and wakes it if it waits for them.
    #[inline]
    pub(crate) fn flush(&mut self) {
        if self.writing == Writing::Nothing && self.tx.publish() {
            self.tell(Signal::Readable);
        }
    }

    /// Drops the parts of a message whose last part was not written.
    pub(crate) fn rollback(&mut self) {
        self.staged.clear();
        if self.writing == Writing::ToQueue {
            // Whole messages written before it may be unpublished too; they stay.
            let mut whole = None;
            while let Some(part) = self.tx.unpush() {
                if !part.more() {
                    whole = Some(part);
                    break;
                }
            }
            if let Some(part) = whole {
                self.tx.push(part);
            }
        }
        self.writing = Writing::Nothing;
    }

    /// Takes the next part. When there is none, this end is notified with [`Signal::Readable`] once
    /// there is, or when the other end closes.
    #[inline]
    pub(crate) fn read(&mut self) -> Option<Message> {
        if self.refill.is_empty() && self.rx.peek().is_some() {
            return self.read_from_queue();
        }
        self.read_after_all()
    }

    /// As [`Pipe::read`], but does not ask to be told when there is more.
    pub(crate) fn read_now(&mut self) -> Option<Message> {
        if self.refill.is_empty() && self.rx.peek().is_some() {
            return self.read_from_queue();
        }
        self.refill.pop_front()
    }

    /// As [`Pipe::read`], but takes only what was there at the last look, and leaves it at that: for who
    /// makes a batch of what there is while the other end goes on writing.
    #[inline]
    pub(crate) fn read_seen(&mut self) -> Option<Message> {
        if !self.refill.is_empty() {
            return self.refill.pop_front();
        }
        let part = self.rx.pop_seen()?;
        if !part.more() {
            self.read = self.read.wrapping_add(1);
            self.credit(false);
        }
        Some(part)
    }

    /// Takes what the queue has.
    #[inline]
    fn read_from_queue(&mut self) -> Option<Message> {
        // Looked at while it is in its slot: a message that is moved in one piece moves faster.
        if self.rx.peek().is_some_and(|part| !part.more()) {
            self.read = self.read.wrapping_add(1);
            self.credit(false);
        }
        self.rx.pop()
    }

    /// Reads from what came back from the swap, or from what came while we fell asleep.
    #[cold]
    fn read_after_all(&mut self) -> Option<Message> {
        if self.refill.is_empty() && self.fall_asleep() {
            return None;
        }
        if self.refill.is_empty() { self.read_from_queue() } else { self.refill.pop_front() }
    }

    /// Looks at the next part without taking it; see [`Pipe::read`].
    pub(crate) fn peek(&mut self) -> Option<&Message> {
        if !self.can_read() {
            return None;
        }
        match self.refill.front() {
            Some(part) => Some(part),
            None => self.rx.peek(),
        }
    }

    /// Whether there is something to read; see [`Pipe::read`].
    pub(crate) fn can_read(&mut self) -> bool {
        !self.refill.is_empty() || self.rx.peek().is_some() || !self.fall_asleep()
    }

    /// Whether the other end is closed and everything it wrote is read.
    pub(crate) fn is_finished(&mut self) -> bool {
        self.refill.is_empty() && self.rx.is_finished() && !self.swap_in()
    }

    /// Whether the other end is closed, whatever of it is still to be read.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.rx.is_closed()
    }

    /// Closes this end: what it wrote whole is still read by the other, which is told.
    pub(crate) fn close(&mut self) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.rollback();
        let _ = self.tx.close();
        fence(Ordering::SeqCst);
        self.tell(Signal::Closed);
    }

    #[inline]
    fn tell(&self, signal: Signal) {
        if let Some((owner, key)) = self.link.owners[1 - self.side].get() {
            owner.notify(*key, signal);
        }
    }

    /// Looks how far the reader is, or into the swap; marks the writer as waiting when there is no room.
    #[cold]
    fn can_write_after_all(&mut self) -> bool {
        if self.writing != Writing::Nothing {
            return true;
        }
        let has_room = match &self.link.flows[self.side].swap {
            Some(swap) if swap.is_active() => swap.has_room(),
            Some(_) => self.refresh_credit(),
            None => return self.make_room(),
        };
        if !has_room {
            // The reader cannot make room by reading what it does not see.
            self.flush();
        }
        has_room
    }

    /// Looks how far the reader is, and lends it a hand where much is under way.
    fn make_room(&mut self) -> bool {
        let flow = &self.link.flows[self.side];
        let hwm = flow.hwm.load(Ordering::Relaxed);
        let many = if hwm == 0 { PRESS_MESSAGES } else { hwm.min(PRESS_MESSAGES) };
        if self.under_way(flow.consumed.load(Ordering::Acquire)) >= many {
            // The reader cannot make room by reading what it does not see.
            self.flush();
            if let Some((owner, key)) = self.link.owners[1 - self.side].get() {
                owner.press(*key);
            }
        }
        let has_room = self.refresh_credit();
        let under_way = self.written.wrapping_sub(self.granted);
        let room = if hwm == 0 { usize::MAX } else { hwm.saturating_sub(under_way) };
        let until_press = match PRESS_MESSAGES.saturating_sub(under_way) {
            0 => PRESS_MESSAGES,
            left => left,
        };
        self.stop_at = self.written.wrapping_add(if has_room { room.min(until_press) } else { 0 });
        has_room
    }

    /// How many messages are under way when `word` says how many were consumed.
    fn under_way(&self, word: usize) -> usize {
        // The count in the word has one bit less than a usize: compare within it.
        self.written.wrapping_sub(word >> COUNT_SHIFT) & (usize::MAX >> COUNT_SHIFT)
    }

    fn refresh_credit(&mut self) -> bool {
        let flow = &self.link.flows[self.side];
        let mut word = flow.consumed.load(Ordering::Acquire);
        loop {
            // Acquire above and below: a mark that the reader changed and told us about is seen.
            let hwm = flow.hwm.load(Ordering::Relaxed);
            if hwm == 0 {
                return true;
            }
            let under_way = self.under_way(word);
            self.granted = self.written.wrapping_sub(under_way);
            if under_way < hwm {
                return true;
            }
            if let Some(swap) = &flow.swap {
                return swap.has_room();
            }
            if word & BLOCKED != 0 {
                return false;
            }
            match flow.consumed.compare_exchange(word, word | BLOCKED, Ordering::AcqRel, Ordering::Acquire) {
                // With the mark that was looked at still in force, the reader will tell.
                Ok(_) if flow.hwm.load(Ordering::Relaxed) == hwm => return false,
                Ok(_) => word = flow.consumed.fetch_and(!BLOCKED, Ordering::AcqRel) & !BLOCKED,
                Err(now) => word = now,
            }
        }
    }

    /// Tells the writer what was read, when that is worth it: after half the high-water mark, or when
    /// there is nothing more to read (`drained`; then without a mark too, as one may be set later).
    #[inline]
    fn credit(&mut self, drained: bool) {
        let flow = &self.link.flows[1 - self.side];
        let hwm = flow.hwm.load(Ordering::Relaxed);
        let unreported = self.read.wrapping_sub(self.reported);
        if unreported == 0 || !drained && (hwm == 0 || unreported < hwm.div_ceil(2)) {
            return;
        }
        self.reported = self.read;
        let old = flow.consumed.swap(self.read << COUNT_SHIFT, Ordering::AcqRel);
        if old & BLOCKED != 0 {
            self.tell(Signal::Writable);
        }
    }

    /// Goes to sleep as a reader. False: there is something to read after all.
    #[cold]
    fn fall_asleep(&mut self) -> bool {
        self.credit(true);
        if self.swap_in() {
            return false;
        }
        match self.rx.sleep() {
            Sleep::Ready => false,
            // Once marked asleep, the swap is looked at again: the writer does it the other way round.
            Sleep::Asleep | Sleep::Closed => !self.swap_in(),
        }
    }

    /// Writes one part of a message to where the message goes: the queue or the swap.
    #[cold]
    fn write_by_swap(&mut self, part: Message) {
        if self.writing == Writing::Nothing {
            let flow = &self.link.flows[self.side];
            let hwm = flow.hwm.load(Ordering::Relaxed);
            let over = hwm != 0 && self.written.wrapping_sub(self.granted) >= hwm;
            let active = flow.swap.as_ref().is_some_and(Swap::is_active);
            self.writing = if over || active { Writing::ToSwap } else { Writing::ToQueue };
        }
        if self.writing == Writing::ToQueue {
            return self.write_to_queue(part);
        }
        let more = part.more();
        self.staged.push(part);
        if !more {
            self.store_staged();
        }
    }

    /// Gives a whole message to the swap, and wakes a reader that has nothing else to read.
    fn store_staged(&mut self) {
        self.writing = Writing::Nothing;
        // What is in the queue goes before what is in the swap.
        let woken = self.tx.publish();
        if let Some(swap) = &self.link.flows[self.side].swap {
            swap.store(&mut self.staged);
        }
        if self.tx.nudge() || woken {
            self.tell(Signal::Readable);
        }
    }

    /// Brings messages back from the swap. True: there are some, or the queue has some.
    fn swap_in(&mut self) -> bool {
        let Some(swap) = &self.link.flows[1 - self.side].swap else { return false };
        if !swap.is_active() {
            return false;
        }
        let rx = &mut self.rx;
        let blocked_writer_has_room = swap.load(&mut self.refill, || rx.peek().is_some());
        if blocked_writer_has_room {
            self.tell(Signal::Writable);
        }
        !self.refill.is_empty() || self.rx.peek().is_some()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[derive(Default)]
    struct Log(Mutex<Vec<(usize, Signal)>>);
    impl Notify for Log {
        fn notify(&self, key: usize, signal: Signal) {
            self.0.lock().push((key, signal));
        }
    }

    fn message(n: usize, more: bool) -> Message {
        let mut message = Message::copy_from(&n.to_le_bytes()).unwrap();
        message.set_more(more);
        message
    }

    fn number(message: &Message) -> usize {
        usize::from_le_bytes(message.as_bytes().try_into().unwrap())
    }

    fn pair(hwm: usize) -> (Pipe, Pipe, Arc<Log>) {
        let (a, b) = pipe([Bounds { hwm, swap: None }, Bounds { hwm, swap: None }]);
        let log = Arc::new(Log::default());
        a.set_owner(log.clone(), 1);
        b.set_owner(log.clone(), 2);
        (a, b, log)
    }

    #[test]
    fn the_high_water_mark_holds_and_reading_lifts_it() {
        for hwm in [1, 2, 3, 10, 1000] {
            let (mut a, mut b, log) = pair(hwm);
            let mut written = 0;
            while a.can_write() {
                a.write(message(written, true));
                a.write(message(written, false));
                a.flush();
                written += 1;
            }
            assert_eq!(written, hwm, "counted in whole messages");
            assert!(!a.can_write());
            for i in 0..hwm {
                assert_eq!(number(&b.read().unwrap()), i);
                assert_eq!(number(&b.read().unwrap()), i);
            }
            assert!(b.read().is_none());
            assert_eq!(*log.0.lock(), [(1, Signal::Writable)], "told once, by the reader");
            assert!(a.can_write());
        }
    }

    #[test]
    fn a_mark_that_is_changed_counts_what_is_under_way() {
        let (mut a, mut b, log) = pair(0);
        for i in 0..100 {
            assert!(a.can_write());
            a.write(message(i, false));
        }
        a.flush();
        a.set_write_hwm(10);
        assert!(!a.can_write(), "a hundred are under way");
        for i in 0..100 {
            assert_eq!(number(&b.read().unwrap()), i);
        }
        assert!(b.read().is_none());
        assert!(log.0.lock().contains(&(1, Signal::Writable)));
        log.0.lock().clear();
        b.set_read_hwm(0);
        assert_eq!(*log.0.lock(), [], "nobody waits");
        for i in 0..100 {
            a.write(message(i, false));
        }
        a.flush();
        while b.read().is_some() {}
        // What was read without a mark does not count against one that is set later.
        a.set_write_hwm(10);
        let room = std::iter::from_fn(|| a.can_write().then(|| a.write(message(0, false)))).count();
        assert_eq!(room, 10);
        b.set_read_hwm(0);
        assert!(log.0.lock().contains(&(1, Signal::Writable)), "a writer that waits is told");
        assert!(a.can_write());
    }

    #[test]
    fn parts_are_seen_together_or_not_at_all() {
        let (mut a, mut b, log) = pair(0);
        assert!(b.read().is_none());
        a.write(message(1, false));
        a.write(message(2, true));
        a.flush();
        assert!(b.read().is_none(), "the second message is not whole");
        a.rollback();
        a.flush();
        assert_eq!(*log.0.lock(), [(2, Signal::Readable)]);
        assert_eq!(number(&b.read().unwrap()), 1);
        assert!(b.read().is_none());
    }

    #[test]
    fn closing_tells_the_other_end_which_still_reads() {
        let (mut a, mut b, log) = pair(0);
        a.write(message(7, false));
        a.flush();
        a.write(message(8, true));
        drop(a);
        assert_eq!(*log.0.lock(), [(2, Signal::Closed)]);
        assert!(b.is_abandoned() && !b.is_finished());
        assert_eq!(number(&b.read().unwrap()), 7);
        assert!(b.read().is_none() && b.is_finished());
    }

    #[test]
    fn a_reader_and_a_writer_that_sleep_are_woken() {
        struct Unpark(Mutex<Vec<std::thread::Thread>>);
        impl Notify for Unpark {
            fn notify(&self, key: usize, _: Signal) {
                self.0.lock()[key].unpark();
            }
        }
        let (a, b) = pipe([Bounds { hwm: 10, swap: None }, Bounds::default()]);
        let count = if cfg!(miri) { 500 } else { 200_000 };
        let unpark = Arc::new(Unpark(Mutex::new(Vec::new())));
        a.set_owner(unpark.clone(), 0);
        b.set_owner(unpark.clone(), 1);
        let mut threads = unpark.0.lock();
        let start = Arc::new(std::sync::Barrier::new(3));
        let (s1, s2) = (start.clone(), start.clone());
        let (mut a, mut b) = (a, b);
        let writer = std::thread::spawn(move || {
            s1.wait();
            for i in 0..count {
                while !a.can_write() {
                    std::thread::park();
                }
                a.write(message(i, false));
                a.flush();
            }
        });
        let reader = std::thread::spawn(move || {
            s2.wait();
            let mut next = 0;
            loop {
                match b.read() {
                    Some(part) => {
                        assert_eq!(number(&part), next);
                        next += 1;
                    }
                    None if b.is_finished() => return next,
                    None => std::thread::park(),
                }
            }
        });
        threads.push(writer.thread().clone());
        threads.push(reader.thread().clone());
        drop(threads);
        start.wait();
        writer.join().unwrap();
        assert_eq!(reader.join().unwrap(), count);
    }
}
