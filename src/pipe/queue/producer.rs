//! The writing end of a queue: it fills segments, publishes, and decides when the queue flows.

use super::segment::{Segment, Slots, Slotted};
use super::{ASLEEP, CLOSED, FLOWING, ONE, Shared};
use crate::sync::{self, Arc, AtomicUsize, Ordering};
use std::marker::PhantomData;
use std::ptr;

/// Slots in the first segment: an idle connection has no more.
const SEGMENT_SLOTS_MIN: usize = if cfg!(loom) { 2 } else { 4 };
/// Slots in the segments of a busy queue.
const SEGMENT_SLOTS_MAX: usize = if cfg!(loom) { 2 } else { 256 };
/// Slots in the segments of a queue whose consumer keeps up and sleeps in between, however long it is used.
const SEGMENT_SLOTS_CALM: usize = if cfg!(loom) { 2 } else { 64 };
/// Publications in succession that found the consumer awake, after which it counts as one that does not sleep.
const CALM_STEADY_MAX: u32 = 16;
/// How much larger than the last one the next segment is.
const SEGMENT_GROWTH: usize = 4;

/// Publications in succession that found the consumer awake, after which the queue flows.
const FLOW_AFTER: u32 = if cfg!(loom) { 1 } else { 256 };

/// A slot to be filled, see [`Producer::push_run`].
pub(crate) struct Vacant<'a, T: Slotted> {
    slots: &'a Slots<T>,
    index: usize,
    of: OfRun<'a>,
}

/// That slot was filled.
pub(crate) struct Filled<'a>(OfRun<'a>);

/// Ties what says that a slot was filled to this slot: each has a lifetime of its own, which is no other's.
type OfRun<'a> = PhantomData<fn(&'a ()) -> &'a ()>;

impl<'a, T: Slotted> Vacant<'a, T> {
    #[inline(always)]
    pub(crate) fn put(self, value: T) -> Filled<'a> {
        // SAFETY: made by `push_run` alone, for slots as in `push`, each once and one at a time.
        unsafe { self.slots.put(self.index, value) };
        Filled(self.of)
    }
}

/// The writing end.
pub(crate) struct Producer<T: Slotted> {
    shared: Arc<Shared<T>>,
    /// The segment that is being filled; null before the first value.
    segment: *mut Segment<T>,
    /// Its slots, so that writing one does not go through the segment.
    slots: Slots<T>,
    /// The next slot.
    index: usize,
    /// Values written, published or not.
    written: usize,
    /// Values published.
    published: usize,
    /// Publications since the consumer was last found asleep.
    steady: u32,
    /// Whether the tail word says that the queue flows.
    flowing: bool,
    /// For models of what happens without.
    #[cfg(loom)]
    pub(crate) may_flow: bool,
}

// SAFETY: an end is used by one thread at a time (its methods take `&mut self`) and may move to another.
unsafe impl<T: Slotted + Send> Send for Producer<T> {}

impl<T: Slotted> Producer<T> {
    /// An end that has counted up to `count` already.
    pub(super) fn new(shared: Arc<Shared<T>>, count: usize) -> Producer<T> {
        Producer {
            shared,
            segment: ptr::null_mut(),
            slots: Slots::NONE,
            index: 0,
            written: count,
            published: count,
            steady: 0,
            flowing: false,
            #[cfg(loom)]
            may_flow: true,
        }
    }

    /// Writes a value; it is not published yet.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: T) {
        if self.index == self.slots.count {
            self.extend();
        }
        // SAFETY: `index` is below the count, so the slot is one of the segment that we fill, which the consumer does not
        // leave before it is full; it is unpublished: only we access it.
        unsafe { self.slots.put(self.index, value) };
        self.index += 1;
        self.written = self.written.wrapping_add(ONE);
    }

    /// Writes a value, in whose place another is left; it is not published yet.
    #[inline(always)]
    pub(crate) fn push_from(&mut self, place: &mut T, left: T) {
        if self.index == self.slots.count {
            self.extend();
        }
        // SAFETY: as in `push`; the value is moved out of its place, where another one is put.
        unsafe {
            self.slots.put_from(self.index, place);
            ptr::write(place, left);
        }
        self.index += 1;
        self.written = self.written.wrapping_add(ONE);
    }

    /// Writes values as long as `fill` does, `max` at most, as many as find room together; how many these are.
    #[inline(always)]
    pub(crate) fn push_run(
        &mut self,
        max: usize,
        mut fill: impl for<'a> FnMut(Vacant<'a, T>) -> Option<Filled<'a>>,
    ) -> usize {
        let end = self.slots.count.min(self.index.saturating_add(max));
        let mut index = self.index;
        // Should `fill` panic, the values are forgotten.
        while index < end && fill(Vacant { slots: &self.slots, index, of: PhantomData }).is_some() {
            index += 1;
        }
        let count = index - self.index;
        self.index = index;
        self.written = self.written.wrapping_add(count * ONE);
        count
    }

    /// Whether everything that was written is published.
    #[inline]
    pub(crate) fn is_flushed(&self) -> bool {
        self.written == self.published
    }

    /// A word beside the tail word, 0 at first, for whoever holds the queue's ends: what the producer's side writes
    /// there costs the consumer's side no cache line more.
    #[inline]
    pub(crate) fn beside(&self) -> &AtomicUsize {
        &self.shared.tail.beside
    }

    /// Takes back the last unpublished value.
    pub(crate) fn unpush(&mut self) -> Option<T> {
        if self.is_flushed() {
            return None;
        }
        if self.index == 0 {
            // SAFETY: the last value is unpublished and in the segment before, which is therefore alive;
            // the current one is empty, and the consumer has no way to it yet.
            unsafe {
                let previous = (*self.segment).previous;
                drop(Box::from_raw(self.segment));
                (*previous).next.store(ptr::null_mut(), Ordering::Relaxed);
                self.fill(previous);
            }
            self.index = self.slots.count;
        }
        self.index -= 1;
        self.written = self.written.wrapping_sub(ONE);
        // SAFETY: the slot was written by us, is unpublished, and is now outside the written part.
        Some(unsafe { self.slots.get(self.index) })
    }

    /// Publishes what was written. True: the consumer was asleep, and the caller must wake it.
    #[inline]
    #[must_use]
    pub(crate) fn publish(&mut self) -> bool {
        !self.is_flushed() && self.publish_pushed()
    }

    /// As [`Producer::publish`], right after something was written.
    #[inline(always)]
    #[must_use]
    pub(crate) fn publish_pushed(&mut self) -> bool {
        self.published = self.written;
        if !self.flowing {
            return self.publish_by_swap();
        }
        // Release: the consumer that sees the count sees the slots.
        self.shared.tail.store(self.written | FLOWING, Ordering::Release);
        // Either the consumer's barrier shows it the count, or we see that it is drowsy.
        sync::light_fence();
        self.shared.drowsy.load(Ordering::Relaxed) && self.end_flow()
    }

    #[inline(never)]
    fn publish_by_swap(&mut self) -> bool {
        // Release: the consumer that sees the count sees the slots. Acquire: whatever the consumer did
        // before it fell asleep is visible to the waker. The swap clears ASLEEP: who reads it, wakes.
        let old = self.shared.tail.swap(self.written, Ordering::AcqRel);
        debug_assert!(old & CLOSED == 0, "publication after close");
        if old & ASLEEP != 0 {
            self.steady = 0;
            return true;
        }
        self.steady += 1;
        if self.steady >= FLOW_AFTER {
            self.begin_flow();
        }
        false
    }

    #[cold]
    fn begin_flow(&mut self) {
        self.steady = 0;
        #[cfg(loom)]
        if !self.may_flow {
            return;
        }
        // It fails when the consumer has just fallen asleep. Relaxed: nothing is published.
        let tail = (&self.shared.tail, self.published);
        self.flowing = sync::has_heavy_fence()
            && tail
                .0
                .compare_exchange(tail.1, tail.1 | FLOWING, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
    }

    /// Ends the flow, if the queue flows. True: the consumer was drowsy, and the caller must wake it.
    #[cold]
    fn end_flow(&mut self) -> bool {
        if !std::mem::take(&mut self.flowing) {
            return false;
        }
        self.steady = 0;
        // From now on the consumer falls asleep in the tail word.
        self.shared.tail.store(self.published, Ordering::Release);
        sync::light_fence();
        // AcqRel: as the swap of a publication. Who reads that it is drowsy, wakes.
        self.shared.drowsy.swap(false, Ordering::AcqRel)
    }

    /// Wakes the consumer without a value: it has something to do elsewhere. True: it was asleep, and the
    /// caller must wake it.
    #[must_use]
    pub(crate) fn nudge(&mut self) -> bool {
        // SeqCst: what the consumer is woken for was stored before this, and it looks there once it is drowsy.
        sync::fence(Ordering::SeqCst);
        self.end_flow() | (self.shared.tail.fetch_and(!ASLEEP, Ordering::AcqRel) & ASLEEP != 0)
    }

    /// Publishes what was written and says, at once, that nothing more will come. True: the consumer was asleep, and
    /// the caller must wake it.
    #[must_use]
    pub(crate) fn close(&mut self) -> bool {
        self.published = self.written;
        let drowsy = self.end_flow();
        let old = self.shared.tail.swap(self.written | CLOSED, Ordering::AcqRel);
        drowsy | (old & ASLEEP != 0)
    }

    /// Makes `segment` one with a free slot.
    #[cold]
    fn extend(&mut self) {
        let mut next = self.shared.spare.swap(ptr::null_mut(), Ordering::Acquire);
        let wanted = match self.slots.count {
            0 => SEGMENT_SLOTS_MIN,
            last => (last * SEGMENT_GROWTH).min(SEGMENT_SLOTS_MAX),
        };
        // The consumer has emptied the segment before this one: it is not behind.
        let calm = !next.is_null() && !self.flowing && self.steady < CALM_STEADY_MAX;
        let wanted = if calm { wanted.min(SEGMENT_SLOTS_CALM) } else { wanted };
        // SAFETY: what came out of `spare` is a segment that the consumer has left and nobody refers to.
        // `segment` is null, or full of values of which none, or only the last, is taken.
        unsafe {
            if !next.is_null() && Segment::slots(next).count < wanted {
                drop(Box::from_raw(next));
                next = ptr::null_mut();
            }
            if next.is_null() {
                next = Segment::new(wanted);
            } else {
                (*next).next.store(ptr::null_mut(), Ordering::Relaxed);
            }
            (*next).previous = self.segment;
            // The publication that follows releases these two stores.
            if self.segment.is_null() {
                self.shared.first.store(next, Ordering::Relaxed);
            } else {
                (*self.segment).next.store(next, Ordering::Relaxed);
            }
            self.fill(next);
        }
    }

    /// Goes on in `segment`, at its beginning.
    ///
    /// # Safety
    /// The segment is alive, and no slot that we will write is published.
    unsafe fn fill(&mut self, segment: *mut Segment<T>) {
        // SAFETY: the caller's promise; the addresses are used only while the segment is ours to fill.
        self.slots = unsafe { Segment::slots(segment) };
        self.segment = segment;
        self.index = 0;
    }
}

impl<T: Slotted> Drop for Producer<T> {
    fn drop(&mut self) {
        while self.unpush().is_some() {}
    }
}
