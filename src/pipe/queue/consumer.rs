//! The reading end of a queue: it takes what is published, gives emptied segments back, and falls asleep.

use super::segment::{Segment, Slots, Slotted};
use super::{ASLEEP, CLOSED, COUNT, FLOWING, ONE, Shared};
use crate::sync::{self, Arc, AtomicUsize, Ordering};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr;

/// A consumer that is faster than its producer comes to walk in step with it, value by value, and the tail
/// word wanders between their processors with each, which costs both more than all the rest. When so many
/// looks in succession have found something, but no more than [`IN_STEP_VALUES_MAX`] values, the consumer
/// lets the producer get ahead before each further look, until one finds nothing, or plenty.
const IN_STEP_LOOKS: u32 = 4;
/// See [`IN_STEP_LOOKS`].
const IN_STEP_VALUES_MAX: usize = 4;
/// So many values are plenty.
const PLENTY_VALUES_MIN: usize = 64;
/// Pauses to let the producer get ahead: half a microsecond or so at first, twice as many each time that it does not
/// suffice.
const PAUSES_MIN: u32 = if cfg!(any(loom, miri)) { 0 } else { 24 };
/// See [`PAUSES_MIN`].
const PAUSES_MAX: u32 = if cfg!(any(loom, miri)) { 0 } else { 192 };

/// What a consumer learns when it wants to sleep.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Sleep {
    /// It is asleep: the producer will wake it at the next publication, or when it closes.
    Asleep,
    /// There is something to take.
    Ready,
    /// Nothing is left and the producer is gone.
    Closed,
}

/// A value that is still in its slot.
pub(crate) struct Peek<'a, T>(ManuallyDrop<T>, PhantomData<&'a T>);

impl<T> Deref for Peek<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

/// How far a run has come: noted at its end, also when that is a panic, so that no value is taken twice.
struct Run<'a> {
    index: usize,
    end: &'a mut usize,
}

impl Drop for Run<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.end = self.index;
    }
}

/// The reading end.
pub(crate) struct Consumer<T: Slotted> {
    shared: Arc<Shared<T>>,
    /// The segment that is being emptied; null before the first value.
    segment: *mut Segment<T>,
    /// Its slots, so that taking one does not go through the segment.
    slots: Slots<T>,
    /// The next slot.
    index: usize,
    /// Where to look for new publications: the slots from `index` up to here are published.
    limit: usize,
    /// Values taken once `limit` is reached.
    taken_at_limit: usize,
    /// Values published, as last seen. Those beyond `limit` are in later segments.
    seen: usize,
    /// Looks in succession that found something, but little: see [`IN_STEP_LOOKS`].
    looks_in_step: u32,
    /// How many pauses the producer is given before the next look.
    pauses: u32,
}

// SAFETY: an end is used by one thread at a time (its methods take `&mut self`) and may move to another.
unsafe impl<T: Slotted + Send> Send for Consumer<T> {}

impl<T: Slotted> Consumer<T> {
    /// An end that has counted up to `count` already.
    pub(super) fn new(shared: Arc<Shared<T>>, count: usize) -> Consumer<T> {
        Consumer {
            shared,
            segment: ptr::null_mut(),
            slots: Slots::NONE,
            index: 0,
            limit: 0,
            taken_at_limit: count,
            seen: count,
            looks_in_step: 0,
            pauses: 0,
        }
    }

    /// Takes the next published value.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        if self.index == self.limit && !self.refresh() {
            return None;
        }
        // SAFETY: `index < limit`, so the slot is one of the segment that we empty and published: written,
        // and ours alone.
        let value = unsafe { self.slots.get(self.index) };
        self.index += 1;
        Some(value)
    }

    /// Takes the next published value, if it is `fit`, in place of another: gives the other.
    #[inline(always)]
    pub(crate) fn pop_over(&mut self, into: &mut T, fit: impl FnOnce(&T) -> bool) -> Option<T> {
        if !self.peek().is_some_and(|value| fit(&value)) {
            return None;
        }
        // SAFETY: what was found is at `index`, in a slot of the segment that we empty that is published: written, and ours
        // alone; `into` is another place, and holds a value, which is taken out first.
        let before = unsafe {
            let before = ptr::read(into);
            self.slots.get_over(self.index, into);
            before
        };
        self.index += 1;
        Some(before)
    }

    /// Takes published values, in order, as long as they are `fit`, and gives them to `taken`; `max` at most, as many as lie
    /// together, of those that it has seen. How many these are.
    #[inline(always)]
    pub(crate) fn pop_run(
        &mut self,
        max: usize,
        mut fit: impl FnMut(&T) -> bool,
        mut taken: impl FnMut(T),
    ) -> usize {
        let from = self.index;
        let end = self.limit.min(from.saturating_add(max));
        let mut run = Run { index: from, end: &mut self.index };
        while run.index < end {
            // SAFETY: as in `pop`; dropped by nobody unless it is taken, and then it is in its slot no more.
            let value = ManuallyDrop::new(unsafe { self.slots.get(run.index) });
            if !fit(&value) {
                break;
            }
            run.index += 1;
            taken(ManuallyDrop::into_inner(value));
        }
        run.index - from
    }

    /// How many values [`Consumer::pop_run`] could take.
    #[inline]
    pub(crate) fn run_max(&self) -> usize {
        self.limit - self.index
    }

    /// Looks at the next published value without taking it.
    #[inline(always)]
    pub(crate) fn peek(&mut self) -> Option<Peek<'_, T>> {
        if self.index == self.limit && !self.refresh() {
            return None;
        }
        // SAFETY: as in `pop`; the look borrows `self`, so the value is not taken meanwhile, and it is not dropped with it.
        Some(Peek(ManuallyDrop::new(unsafe { self.slots.get(self.index) }), PhantomData))
    }

    /// Whether there was more at the last look than what was taken since.
    #[inline]
    pub(crate) fn has_seen_more(&self) -> bool {
        self.index != self.limit || self.seen != self.taken_at_limit
    }

    /// See [`Producer::beside`](super::Producer::beside).
    #[inline]
    pub(crate) fn beside(&self) -> &AtomicUsize {
        &self.shared.tail.beside
    }

    /// How many of the published values are as `wanted` says.
    pub(crate) fn count(&mut self, wanted: impl Fn(&T) -> bool) -> usize {
        // What was published before there was a segment to look into is found by a look.
        if self.peek().is_none() {
            return 0;
        }
        let tail = self.shared.tail.load(Ordering::Acquire) & COUNT;
        let taken = self.taken_at_limit.wrapping_sub((self.limit - self.index) * ONE);
        let (mut left, mut found) = (tail.wrapping_sub(taken) / ONE, 0);
        let (mut segment, mut index) = (self.segment, self.index);
        while left > 0 {
            // SAFETY: the values that are left are published, so the segments that hold them are alive and linked, and
            // the slots written; only we take values, and we do not while `&mut self` is held.
            unsafe {
                let slots = Segment::slots(segment);
                let end = slots.count.min(index.saturating_add(left));
                for at in index..end {
                    found += usize::from(wanted(&ManuallyDrop::new(slots.get(at))));
                }
                left -= end - index;
                if left > 0 {
                    segment = (*segment).next.load(Ordering::Acquire);
                }
                index = 0;
            }
        }
        found
    }

    /// Falls asleep, unless there is something to take. Calling it again while asleep is harmless.
    pub(crate) fn sleep(&mut self) -> Sleep {
        if self.index != self.limit {
            return Sleep::Ready;
        }
        let taken = self.taken_at_limit;
        let mut word = taken;
        loop {
            // AcqRel: what we did before is visible to the producer that clears the bit, and what the
            // producer did before it last looked for the bit is visible to us.
            match self.shared.tail.compare_exchange(word, word | ASLEEP, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Sleep::Asleep,
                Err(now) if now & COUNT != taken => return Sleep::Ready,
                Err(now) if now & CLOSED != 0 => return Sleep::Closed,
                Err(now) if now & ASLEEP != 0 => return Sleep::Asleep,
                Err(now) if now & FLOWING != 0 => match self.doze(now) {
                    Some(sleep) => return sleep,
                    None => word = taken,
                },
                Err(now) => word = now,
            }
        }
    }

    /// Falls asleep while the queue flows. `None`: it does not flow any more.
    fn doze(&mut self, seen: usize) -> Option<Sleep> {
        if !self.shared.drowsy.load(Ordering::Relaxed) {
            self.shared.drowsy.store(true, Ordering::Relaxed);
            // What we did before is visible to a producer that sees us drowsy; what a producer did that has not
            // is visible to us.
            sync::heavy_fence();
        }
        if self.shared.tail.load(Ordering::Acquire) == seen {
            return Some(Sleep::Asleep);
        }
        // The producer has published, or ended the flow, meanwhile. If it has seen us drowsy, it wakes us for nothing.
        self.shared.drowsy.swap(false, Ordering::AcqRel);
        None
    }

    /// Whether everything was taken and the producer is gone.
    pub(crate) fn is_finished(&mut self) -> bool {
        self.index == self.limit && self.shared.tail.load(Ordering::Acquire) == self.taken_at_limit | CLOSED
    }

    /// Whether the producer is gone, whatever is still to be taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.tail.load(Ordering::Acquire) & CLOSED != 0
    }

    /// As [`Consumer::pop`], but takes only what it has seen to be published.
    #[inline]
    pub(crate) fn pop_seen(&mut self) -> Option<T> {
        if self.index == self.limit && self.seen == self.taken_at_limit { None } else { self.pop() }
    }

    /// Looks for new publications when those before `limit` are taken. True: the next slot is published.
    #[cold]
    fn refresh(&mut self) -> bool {
        let taken = self.taken_at_limit;
        if self.seen == taken && !self.look() {
            return false;
        }
        let published = self.seen;
        if self.index == self.slots.count {
            self.advance();
        }
        let there = published.wrapping_sub(taken) / ONE;
        self.limit = self.slots.count.min(self.index.saturating_add(there));
        self.taken_at_limit = taken.wrapping_add((self.limit - self.index) * ONE);
        true
    }

    /// Looks at the tail word. True: there are values not yet seen.
    fn look(&mut self) -> bool {
        (0..self.pauses).for_each(|_| std::hint::spin_loop());
        let before = self.seen;
        self.seen = self.shared.tail.load(Ordering::Acquire) & COUNT;
        match self.seen.wrapping_sub(before) / ONE {
            0 => (self.looks_in_step, self.pauses) = (0, 0),
            PLENTY_VALUES_MIN.. => self.pauses /= 2,
            found if self.pauses > 0 || found <= IN_STEP_VALUES_MAX => {
                self.looks_in_step = self.looks_in_step.saturating_add(1);
                if self.looks_in_step >= IN_STEP_LOOKS {
                    self.pauses = (self.pauses * 2).clamp(PAUSES_MIN, PAUSES_MAX);
                }
            }
            _ => {}
        }
        self.seen != before
    }

    /// Moves to the next segment, which holds a published value.
    fn advance(&mut self) {
        let next = if self.segment.is_null() {
            // Relaxed: the count that says there is a value was read with Acquire, after this store.
            self.shared.first.load(Ordering::Relaxed)
        } else {
            // SAFETY: the next segment holds a published value, so the producer has left this one for
            // good and has linked the next.
            unsafe {
                let next = (*self.segment).next.load(Ordering::Relaxed);
                let old = self.shared.spare.swap(self.segment, Ordering::AcqRel);
                if !old.is_null() {
                    drop(Box::from_raw(old));
                }
                next
            }
        };
        assert!(!next.is_null(), "a published value has a segment");
        // SAFETY: the segment lives until we leave it.
        self.slots = unsafe { Segment::slots(next) };
        self.segment = next;
        self.index = 0;
    }
}

impl<T: Slotted> Drop for Consumer<T> {
    fn drop(&mut self) {
        // Whatever comes after this is dropped with the queue. The reference count of the shared part
        // orders these stores before that.
        if !self.segment.is_null() {
            let taken = self.taken_at_limit.wrapping_sub((self.limit - self.index) * ONE);
            self.shared.first.store(self.segment, Ordering::Relaxed);
            self.shared.left_at.0.store(self.index, Ordering::Relaxed);
            self.shared.left_at.1.store(taken, Ordering::Relaxed);
        }
    }
}
