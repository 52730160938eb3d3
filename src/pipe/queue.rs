//! A segmented queue from one thread to one other, with batches and a protocol for sleeping.
//!
//! The producer writes values where nobody looks yet and then *publishes* them all at once, by swapping
//! the queue's tail word. The consumer takes what is published. When it finds nothing, it may *fall
//! asleep*, by setting a bit in that same word: the next publication then finds the bit, clears it, and
//! tells the producer to wake the consumer. As both sides meet in one atomic word, no wake is lost and
//! none is sent to a consumer that is awake.
//!
//! A swap makes the producer's processor wait until all it wrote before has reached its cache, which costs more
//! than the rest of a publication. So when the consumer has been awake for long, the queue *flows*: the producer
//! publishes by plain stores, and a consumer that wants to sleep says so in a word apart and makes the producer's
//! processor show what it has stored, by a barrier that is dear, and rare. The next publication ends the flow.
//!
//! Memory is a chain of segments, small at first and larger as the queue is used, none before the first
//! value. The consumer hands one emptied segment back to the producer for another turn.

use crate::sync::{self, Arc, AtomicBool, AtomicPtr, AtomicUsize, Ordering, UnsafeCell};
use crossbeam_utils::CachePadded;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr;

/// Slots in the first segment: an idle connection has no more.
const SEGMENT_SLOTS_MIN: usize = if cfg!(loom) { 2 } else { 16 };
/// Slots in the segments of a busy queue.
const SEGMENT_SLOTS_MAX: usize = if cfg!(loom) { 2 } else { 256 };
/// How much larger than the last one the next segment is.
const SEGMENT_GROWTH: usize = 4;

/// The consumer sleeps and wants to be woken by the next publication.
const ASLEEP: usize = 1;
/// The producer is gone: what is published is all there will ever be.
const CLOSED: usize = 2;
/// The queue flows: a consumer that wants to sleep says so in `drowsy`, not here.
const FLOWING: usize = 4;
/// One value. All counts of values are kept in this unit, so that they wrap as the tail word does.
const ONE: usize = 8;
/// The bits of the tail word that are the count.
const COUNT: usize = !(ONE - 1);

/// Publications in succession that found the consumer awake, after which the queue flows.
const FLOW_AFTER: u32 = if cfg!(loom) { 1 } else { 256 };

/// A value as it lies in a slot: in two halves, which are apart in memory. A value that does with the first leaves the
/// second as it is, so that less memory has to go from the producer's processor to the consumer's.
///
/// # Safety
/// `get` gives the value that was `put`, and reads nothing that was not written by that.
pub(crate) unsafe trait Slotted: Sized {
    /// What every value has.
    type First;
    /// What some values have besides.
    type Second;

    /// Writes the value into a slot.
    ///
    /// # Safety
    /// Both halves may be written.
    unsafe fn put(self, first: *mut Self::First, second: *mut Self::Second);

    /// Reads it. The slot keeps the bytes, but from then on, or when this is a look only (see [`Peek`]), one of the two
    /// is not used.
    ///
    /// # Safety
    /// The slot was written by `put`, and may be read.
    unsafe fn get(first: *const Self::First, second: *const Self::Second) -> Self;
}

/// A half of a slot. The producer writes it before it is published, the consumer takes it after: never both.
type Half<T> = UnsafeCell<MaybeUninit<T>>;

/// The slots of a segment: where the first halves are, where the second ones, and how many of each.
struct Slots<T: Slotted> {
    first: *const Half<T::First>,
    second: *const Half<T::Second>,
    count: usize,
}

impl<T: Slotted> Clone for Slots<T> {
    fn clone(&self) -> Slots<T> {
        *self
    }
}

impl<T: Slotted> Copy for Slots<T> {}

impl<T: Slotted> Slots<T> {
    const NONE: Slots<T> = Slots { first: ptr::null(), second: ptr::null(), count: 0 };

    /// # Safety
    /// `index` is below the count, the segment is alive, and the slot is the caller's to write.
    #[inline]
    unsafe fn put(&self, index: usize, value: T) {
        // SAFETY: the caller's promise.
        unsafe {
            (*self.first.add(index)).with_mut(|first| {
                (*self.second.add(index))
                    .with_mut(|second| value.put((*first).as_mut_ptr(), (*second).as_mut_ptr()));
            });
        }
    }

    /// # Safety
    /// `index` is below the count, the segment is alive, the slot was written, and is the caller's to read.
    #[inline]
    unsafe fn get(&self, index: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe {
            (*self.first.add(index)).with(|first| {
                (*self.second.add(index)).with(|second| T::get((*first).as_ptr(), (*second).as_ptr()))
            })
        }
    }
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

struct Segment<T: Slotted> {
    first: Box<[Half<T::First>]>,
    second: Box<[Half<T::Second>]>,
    /// The segment after this one. Written by the producer before it publishes anything in it.
    next: AtomicPtr<Segment<T>>,
    /// The segment before this one; the producer's own, and valid only while that segment holds
    /// unpublished values (the consumer cannot have left it then).
    previous: *mut Segment<T>,
}

impl<T: Slotted> Segment<T> {
    fn new(slots: usize) -> *mut Segment<T> {
        Box::into_raw(Box::new(Segment {
            first: (0..slots).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            second: (0..slots).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            next: AtomicPtr::new(ptr::null_mut()),
            previous: ptr::null_mut(),
        }))
    }

    /// The slots of a segment, for an end that works in it.
    ///
    /// # Safety
    /// `segment` is null, or a live segment.
    unsafe fn slots(segment: *mut Segment<T>) -> Slots<T> {
        // SAFETY: the caller's promise.
        unsafe { segment.as_ref() }.map_or(Slots::NONE, |segment| Slots {
            first: segment.first.as_ptr(),
            second: segment.second.as_ptr(),
            count: segment.first.len(),
        })
    }
}

struct Shared<T: Slotted> {
    /// `published count | FLOWING | CLOSED | ASLEEP`.
    tail: CachePadded<AtomicUsize>,
    /// While the queue flows: the consumer sleeps, or is about to, and wants to be woken.
    drowsy: AtomicBool,
    /// The first segment, for the consumer to find: written by the producer before the first
    /// publication, and once more by a consumer that goes, which leaves here where it was.
    first: AtomicPtr<Segment<T>>,
    /// Where in `first` the consumer was when it went, and how many values it had taken.
    left_at: (AtomicUsize, AtomicUsize),
    /// An emptied segment on its way back to the producer.
    spare: AtomicPtr<Segment<T>>,
}

// SAFETY: values move from the producer's thread to the consumer's; the slots are handed over by the
// release/acquire pair on `tail`, so that no slot is accessed by both sides at a time.
unsafe impl<T: Slotted + Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Slotted + Send> Sync for Shared<T> {}

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
unsafe impl<T: Slotted + Send> Send for Producer<T> {}
// SAFETY: as above.
unsafe impl<T: Slotted + Send> Send for Consumer<T> {}

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

/// A new queue, its consumer awake.
pub(crate) fn queue<T: Slotted>() -> (Producer<T>, Consumer<T>) {
    queue_from(0)
}

/// A new queue that has counted up to `count`, a multiple of [`ONE`], already.
fn queue_from<T: Slotted>(count: usize) -> (Producer<T>, Consumer<T>) {
    let shared = Arc::new(Shared {
        tail: CachePadded::new(AtomicUsize::new(count)),
        drowsy: AtomicBool::new(false),
        first: AtomicPtr::new(ptr::null_mut()),
        left_at: (AtomicUsize::new(0), AtomicUsize::new(count)),
        spare: AtomicPtr::new(ptr::null_mut()),
    });
    let producer = Producer {
        shared: shared.clone(),
        segment: ptr::null_mut(),
        slots: Slots::NONE,
        index: 0,
        written: count,
        published: count,
        steady: 0,
        flowing: false,
        #[cfg(loom)]
        may_flow: true,
    };
    let consumer = Consumer {
        shared,
        segment: ptr::null_mut(),
        slots: Slots::NONE,
        index: 0,
        limit: 0,
        taken_at_limit: count,
        seen: count,
        looks_in_step: 0,
        pauses: 0,
    };
    (producer, consumer)
}

impl<T: Slotted> Producer<T> {
    /// Writes a value; it is not published yet.
    #[inline]
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

    /// Whether everything that was written is published.
    #[inline]
    pub(crate) fn is_flushed(&self) -> bool {
        self.written == self.published
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
        if self.is_flushed() {
            return false;
        }
        self.published = self.written;
        if self.flowing {
            // Release: the consumer that sees the count sees the slots.
            self.shared.tail.store(self.written | FLOWING, Ordering::Release);
            // Either the consumer's barrier shows it the count, or we see that it is drowsy.
            sync::light_fence();
            return self.shared.drowsy.load(Ordering::Relaxed) && self.end_flow();
        }
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

impl<T: Slotted> Consumer<T> {
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

    /// Takes the next published value in place of another, which is dropped. Only after a [`Consumer::peek`] that has
    /// found one.
    #[inline]
    pub(crate) fn pop_into(&mut self, into: &mut T) {
        assert!(self.index < self.limit, "there is a value to take");
        // SAFETY: `index < limit`, so the slot is one of the segment that we empty and published: written, and ours
        // alone; `into` is another place, and holds a value, which is taken out first and dropped last, when all is
        // in order again.
        let before = unsafe {
            let before = ptr::read(into);
            ptr::write(into, self.slots.get(self.index));
            before
        };
        self.index += 1;
        drop(before);
    }

    /// Looks at the next published value without taking it.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<Peek<'_, T>> {
        if self.index == self.limit && !self.refresh() {
            return None;
        }
        // SAFETY: as in `pop`; the look borrows `self`, so the value is not taken meanwhile, and it is not dropped with it.
        Some(Peek(ManuallyDrop::new(unsafe { self.slots.get(self.index) }), PhantomData))
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

impl<T: Slotted> Drop for Producer<T> {
    fn drop(&mut self) {
        while self.unpush().is_some() {}
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

impl<T: Slotted> Drop for Shared<T> {
    fn drop(&mut self) {
        let published = self.tail.load(Ordering::Acquire) & COUNT;
        let mut segment = self.first.load(Ordering::Acquire);
        let mut index = self.left_at.0.load(Ordering::Relaxed);
        let mut left = published.wrapping_sub(self.left_at.1.load(Ordering::Relaxed)) / ONE;
        while !segment.is_null() {
            // SAFETY: both ends are gone, so the chain is ours alone; `left` values from `index` on are
            // published and not taken. (The producer took back its unpublished ones when it went.)
            unsafe {
                let slots = Segment::slots(segment);
                let end = slots.count.min(index.saturating_add(left));
                for at in index..end {
                    drop(slots.get(at));
                }
                left -= end - index;
                let next = (*segment).next.load(Ordering::Relaxed);
                drop(Box::from_raw(segment));
                segment = next;
                index = 0;
            }
        }
        let spare = self.spare.load(Ordering::Acquire);
        if !spare.is_null() {
            // SAFETY: as above; the spare segment is in no chain and holds no value.
            drop(unsafe { Box::from_raw(spare) });
        }
    }
}

#[cfg(test)]
pub(crate) mod slotted;
#[cfg(all(test, not(loom)))]
mod tests;
