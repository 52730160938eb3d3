//! Pipes: the two-way queues between a socket and one peer.
//!
//! A pipe has two ends, alike, each used by one thread at a time: one held by a socket, the other by a
//! session (which drives a connection) or, for inproc, by another socket. Each direction is a
//! [`queue`](mod@queue) of messages with a high-water mark and, where asked for, a [`swap`] on disk behind
//! it. An end that finds nothing to read, or no room to write, is marked so and is notified when that
//! changes; nobody is notified who does not wait.

mod beyond;
mod credit;
mod latest;
#[cfg(all(test, loom))]
mod loom_tests;
mod marks;
mod pace;
pub(crate) mod queue;
pub(crate) mod swap;
mod swap_file;
#[cfg(all(test, not(loom)))]
mod swap_tests;
mod whole;

use crate::message::{Kind, Message};
use crate::sync::{Arc, AtomicUsize, Mutex, Ordering, fence};
use beyond::Beyond;
use latest::Latest;
use marks::{Marks, UNLIMITED};
use pace::Pace;
use queue::{Consumer, Producer, Sleep, queue};
pub(crate) use queue::{Filled, Vacant};
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
    /// There may be less room than there was, see [`Pipe::reconsider`].
    Tightened,
    /// The reader is quick, and gets little at a time: the writer had better press, see [`Notify::press`].
    Chased,
    /// The other end is closed: it reads nothing any more, and what it wrote is all there is.
    Closed,
}

/// Who is told what happens at the other end. Called from the other end's thread, outside any lock of
/// the pipe's.
pub(crate) trait Notify: Send + Sync {
    /// `key` is what [`Pipe::set_owner`] was given.
    fn notify(&self, key: usize, signal: Signal);

    /// The writer at the other end has no room, or has written much: this is the moment to have this end read by
    /// the writer's thread, if that can be. True: it was, and will be.
    fn press(&self, _key: usize) -> bool {
        false
    }

    /// The writer at the other end has written something that nobody was told of, and has more to read from this end, which
    /// it may answer too. True: what it writes is taken care of, and this end need not be told.
    fn defer(&self, _key: usize) -> bool {
        false
    }
}

/// The writer waits for room.
const BLOCKED: usize = 1;
/// Where the count of consumed messages starts in the word that has it.
const COUNT_SHIFT: u32 = 1;

/// One direction of a pipe, apart from the queue itself.
struct Flow {
    /// How many whole messages may be under way, as the marks say; 0 while the way is shut.
    limit: AtomicUsize,
    /// After so many messages the reader says what it has consumed, if it has not run out of them before.
    report_after: AtomicUsize,
    beyond: Option<Box<Beyond>>,
}

/// What both ends share. `flows[i]` and `owners[i]` are those of the end `i`: the flow that it writes.
///
/// In cache lines of its own: each message looks here, and nothing here changes often.
#[repr(align(64))]
struct Link {
    flows: [Flow; 2],
    marks: Mutex<[Marks; 2]>,
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

/// Which directions of a pipe keep the last message only, as one part, and have no mark; `conflated[i]`
/// holds for what end `i` writes.
pub(crate) type Conflated = [bool; 2];

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
    /// What this end writes goes to the queue, all of it: nothing is beyond that.
    is_plain: bool,
    /// In the middle of a message of several parts: where its parts go.
    writing: Writing,
    /// Parts of a message that goes to the swap once it is whole.
    staged: Vec<Message>,
    /// Messages that came back from the swap, to be read before anything else.
    refill: VecDeque<Message>,
    /// What is read when the other end has closed and all of it is read.
    epitaph: Option<Box<Message>>,
    /// Where what this end reads comes from: see [`Pipe::origin`].
    origin: u64,
    /// The count of `written` when this end last said where what it writes comes from.
    marked: Option<usize>,
    closed: bool,
    /// How many more times this end tries to press with its next messages.
    presses: u8,
    /// While this end writes large bodies.
    pace: Option<Box<Pace>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Between messages.
    Nothing,
    ToQueue,
    /// To [`Beyond`].
    Beyond,
}

/// A new pipe of which no direction is conflated.
#[cfg(test)]
pub(crate) fn pipe(bounds: [Bounds; 2]) -> (Pipe, Pipe) {
    pipe_with(bounds, [false; 2])
}

/// A new pipe: its two ends. `bounds[i]` holds for what end `i` writes, unless it is conflated.
pub(crate) fn pipe_with(bounds: [Bounds; 2], conflated: Conflated) -> (Pipe, Pipe) {
    let (tx_a, rx_b) = queue();
    let (tx_b, rx_a) = queue();
    let [a, b] = bounds;
    let marks = [Marks::new(a.hwm), Marks::new(b.hwm)];
    let flow = |bounds: Bounds, marks: &Marks, conflated| Flow {
        limit: AtomicUsize::new(if conflated { UNLIMITED } else { marks.limit() }),
        report_after: AtomicUsize::new(marks.report_after()),
        beyond: if conflated {
            Some(Box::new(Beyond::Latest(Latest::default())))
        } else {
            bounds.swap.map(|swap| Box::new(Beyond::Swap(swap)))
        },
    };
    let flows = [flow(a, &marks[0], conflated[0]), flow(b, &marks[1], conflated[1])];
    let link = Arc::new(Link { flows, marks: Mutex::new(marks), owners: [OnceLock::new(), OnceLock::new()] });
    (Pipe::new(link.clone(), 0, tx_a, rx_a), Pipe::new(link, 1, tx_b, rx_b))
}

impl Pipe {
    fn new(link: Arc<Link>, side: usize, tx: Producer<Message>, rx: Consumer<Message>) -> Pipe {
        Pipe {
            is_plain: link.flows[side].beyond.is_none(),
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
            epitaph: None,
            origin: 0,
            marked: None,
            closed: false,
            presses: 0,
            pace: None,
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

    /// Says what is read from this end, as a message of one part, when the other has closed and
    /// everything that it wrote is read.
    pub(crate) fn set_epitaph(&mut self, message: Option<Message>) {
        self.epitaph = message.map(Box::new);
    }

    /// Whether a message can be written, or its next part if one was begun. When not, this end is
    /// notified with [`Signal::Writable`] once it can.
    #[inline]
    pub(crate) fn can_write(&mut self) -> bool {
        self.has_room() || self.can_write_after_all()
    }

    /// Whether a message can be written, without looking how far the reader is: that it cannot means nothing.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// How many messages can be written before room is to be looked for. Who was told of room before a
    /// [`Pipe::reconsider`], and writes after it, may have gone beyond that.
    #[inline]
    fn room(&self) -> usize {
        self.stop_at.wrapping_sub(self.written).cast_signed().max(0).cast_unsigned()
    }

    /// How many whole messages were written to the queue so far, as a count that wraps.
    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// Writes one part of a message. [`Pipe::can_write`] has said that there is room. Parts are seen by
    /// the other end together, after [`Pipe::flush`] behind the last.
    #[inline(always)]
    pub(crate) fn write(&mut self, part: Message) {
        if self.is_plain {
            self.write_to_queue(part);
        } else {
            self.write_beyond(part.elsewhere());
            // Where the next message goes is to be found out anew.
            self.stop_at = self.written;
        }
    }

    /// Writes a message of one part, between messages, whether or not there is room for it.
    pub(crate) fn write_anyway(&mut self, part: Message) {
        let is_to_look = !self.has_room();
        self.write(part);
        if is_to_look {
            self.reconsider();
        }
    }

    /// The origin of what was read last from this end (see [`metadata`](crate::metadata)); 0: none.
    #[inline]
    pub(crate) fn origin(&self) -> u64 {
        self.origin
    }

    /// Says where everything comes from that is read from this end, unless the other end says otherwise later.
    pub(crate) fn set_origin(&mut self, origin: u64) {
        self.origin = origin;
    }

    /// Says, to the other end, where the messages come from that are written from now on. Between messages only. Not
    /// where there is a swap: what comes back from there is not in order with this.
    pub(crate) fn mark(&mut self, origin: u64) {
        debug_assert!(self.writing == Writing::Nothing, "a mark stands between messages");
        if !matches!(self.link.flows[self.side].beyond.as_deref(), Some(Beyond::Swap(_))) {
            self.tx.push(Message::marker(origin));
            self.marked = Some(self.written);
        }
    }

    /// Whether a message was written since the last mark, or there was none.
    pub(crate) fn has_written_since_mark(&self) -> bool {
        self.marked != Some(self.written)
    }

    #[inline]
    fn write_to_queue(&mut self, part: Message) {
        let more = part.more();
        self.tx.push(part);
        if more {
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
            self.tell_written();
        }
    }

    #[cold]
    fn tell_written(&self) {
        if let Some((owner, key)) = self.link.owners[1 - self.side].get()
            && !(self.rx.has_seen_more() && owner.defer(*key))
        {
            owner.notify(*key, Signal::Readable);
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
                if part.marker_number().is_some() {
                    self.marked = None;
                }
            }
            if let Some(part) = whole {
                self.tx.push(part);
            }
        }
        self.writing = Writing::Nothing;
        self.stop_at = self.written;
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

    /// As [`Pipe::read`], in place of what `into` has if it is data: then whether more parts of its message follow.
    /// What is not data is given back, and `into` is left alone.
    #[inline]
    pub(crate) fn read_data(&mut self, into: &mut Message) -> Option<Result<bool, Message>> {
        let mut more = false;
        let is_data = |part: &Message| {
            more = part.more();
            part.is_data()
        };
        if self.refill.is_empty() && self.rx.pop_over(into, is_data).is_some() {
            if !more {
                self.read = self.read.wrapping_add(1);
                self.credit(false);
            }
            return Some(Ok(more));
        }
        self.read_other(into)
    }

    #[cold]
    fn read_other(&mut self, into: &mut Message) -> Option<Result<bool, Message>> {
        let part = self.read()?;
        if part.kind() != Kind::Data {
            return Some(Err(part));
        }
        let more = part.more();
        *into = part;
        Some(Ok(more))
    }

    /// As [`Pipe::read`], but does not ask to be told when there is more.
    pub(crate) fn read_now(&mut self) -> Option<Message> {
        if self.refill.is_empty() && self.rx.peek().is_some() {
            return self.read_from_queue();
        }
        self.refill.pop_front()
    }

    /// As [`Pipe::read`], but takes only what was there at the last look, and leaves it at that: for who
    /// makes a batch of what there is while the other end goes on writing. The writer is not told before
    /// [`Pipe::tell_read`].
    #[inline(always)]
    pub(crate) fn read_seen(&mut self) -> Option<Message> {
        if !self.refill.is_empty() {
            return self.refill.pop_front();
        }
        let part = self.rx.pop_seen()?;
        self.read = self.read.wrapping_add(usize::from(!part.more()));
        Some(part)
    }

    /// Tells the writer that the reader follows it step by step, which costs both.
    pub(crate) fn tell_chased(&self) {
        self.tell(Signal::Chased);
    }

    /// Whether a writer that presses would have all written that it has left here.
    pub(crate) fn can_be_pressed(&self) -> bool {
        self.link.flows[1 - self.side].beyond.is_none()
    }

    /// How many whole messages were read so far, as a count that wraps.
    pub(crate) fn read_count(&self) -> usize {
        self.read
    }

    /// Tells the writer what was read by [`Pipe::read_seen`] and [`Pipe::read_run`], when that is worth it.
    #[inline]
    pub(crate) fn tell_read(&mut self) {
        self.credit(false);
    }

    /// Takes what the queue has.
    #[inline]
    fn read_from_queue(&mut self) -> Option<Message> {
        // Looked at while it is in its slot: a message that is moved in one piece moves faster.
        match self.rx.peek() {
            Some(part) if !part.more() => {
                self.read = self.read.wrapping_add(1);
                self.credit(false);
            }
            Some(part) if part.marker_number().is_some() => return self.read_behind_marker(),
            _ => {}
        }
        self.rx.pop()
    }

    /// Takes a marker, and then the next part.
    #[cold]
    fn read_behind_marker(&mut self) -> Option<Message> {
        self.take_markers();
        self.read()
    }

    /// Takes the markers that come next. They hold up nobody: a writer counts no mark.
    fn take_markers(&mut self) {
        while let Some(origin) = self.rx.peek().and_then(|part| part.marker_number()) {
            self.origin = origin;
            drop(self.rx.pop());
        }
    }

    /// Reads from what came back from the swap, or from what came while we fell asleep.
    #[cold]
    fn read_after_all(&mut self) -> Option<Message> {
        self.renew();
        if self.refill.is_empty() && self.fall_asleep() {
            return None;
        }
        if self.refill.is_empty() { self.read_from_queue() } else { self.refill.pop_front() }
    }

    /// Looks at the next part without taking it; see [`Pipe::read`].
    pub(crate) fn peek<R>(&mut self, look: impl FnOnce(&Message) -> R) -> Option<R> {
        if !self.can_read() {
            return None;
        }
        match self.refill.front() {
            Some(part) => Some(look(part)),
            None => self.rx.peek().map(|part| look(&part)),
        }
    }

    /// Whether there is something to read; see [`Pipe::read`].
    pub(crate) fn can_read(&mut self) -> bool {
        loop {
            if !self.refill.is_empty() {
                return true;
            }
            match self.rx.peek().map(|part| part.marker_number()) {
                Some(None) => return true,
                Some(Some(_)) => self.take_markers(),
                None if self.fall_asleep() => return false,
                None => {}
            }
        }
    }

    /// Whether the other end is closed and everything it wrote is read.
    pub(crate) fn is_finished(&mut self) -> bool {
        if self.refill.is_empty() {
            self.take_markers();
        }
        self.refill.is_empty() && self.rx.is_finished() && !self.swap_in() && self.epitaph.is_none()
    }

    /// Whether the other end is closed, whatever of it is still to be read.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.rx.is_closed()
    }

    /// How many whole messages wait at either end: those that this end wrote, as far as the reader has said, and those
    /// for this end to read.
    pub(crate) fn waiting(&mut self) -> (usize, usize) {
        let consumed = self.consumed().load(Ordering::Relaxed) >> COUNT_SHIFT;
        // The count in the word has one bit less than a usize.
        let outward = self.written.wrapping_sub(consumed) & (usize::MAX >> COUNT_SHIFT);
        let last = |part: &Message| !part.more();
        let inward = self.refill.iter().filter(|part| last(part)).count() + self.rx.count(last);
        (outward, inward)
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
        self.tell_end(1 - self.side, signal);
    }

    #[inline]
    fn tell_end(&self, side: usize, signal: Signal) {
        if let Some((owner, key)) = self.link.owners[side].get() {
            owner.notify(*key, signal);
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
            Sleep::Asleep => !self.swap_in(),
            Sleep::Closed => !self.swap_in() && !self.bring_epitaph(),
        }
    }

    /// True: there is an epitaph, to be read next.
    #[cold]
    fn bring_epitaph(&mut self) -> bool {
        let epitaph = self.epitaph.take();
        self.refill.extend(epitaph.map(|message| *message));
        !self.refill.is_empty()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
