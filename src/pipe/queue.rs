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

mod consumer;
mod producer;
mod segment;

use crate::sync::{Arc, AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use segment::Segment;
use std::ops::Deref;
use std::ptr;

pub(crate) use consumer::{Consumer, Sleep};
pub(crate) use producer::{Filled, Producer, Vacant};
pub(crate) use segment::Slotted;

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

/// What the producer writes, in a cache line of its own. An idle connection has two: so no more than one.
#[repr(align(64))]
struct Tail {
    /// `published count | FLOWING | CLOSED | ASLEEP`.
    word: AtomicUsize,
    /// See [`Producer::beside`].
    beside: AtomicUsize,
}

impl Deref for Tail {
    type Target = AtomicUsize;

    #[inline]
    fn deref(&self) -> &AtomicUsize {
        &self.word
    }
}

struct Shared<T: Slotted> {
    tail: Tail,
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

/// A new queue, its consumer awake.
pub(crate) fn queue<T: Slotted>() -> (Producer<T>, Consumer<T>) {
    queue_from(0)
}

/// A new queue that has counted up to `count`, a multiple of [`ONE`], already.
fn queue_from<T: Slotted>(count: usize) -> (Producer<T>, Consumer<T>) {
    let shared = Arc::new(Shared {
        tail: Tail { word: AtomicUsize::new(count), beside: AtomicUsize::new(0) },
        drowsy: AtomicBool::new(false),
        first: AtomicPtr::new(ptr::null_mut()),
        left_at: (AtomicUsize::new(0), AtomicUsize::new(count)),
        spare: AtomicPtr::new(ptr::null_mut()),
    });
    (Producer::new(shared.clone(), count), Consumer::new(shared, count))
}

/// The values of a [`Producer::push_run`] on a queue that has had one, `other`, before.
#[cfg(any(test, fuzzing))]
pub(crate) fn run_of<T: Slotted>(
    other: T,
    max: usize,
    fill: impl for<'a> FnMut(Vacant<'a, T>) -> Option<Filled<'a>>,
) -> Vec<T> {
    let (mut tx, mut rx) = queue();
    // A run begins where there is a segment.
    tx.push(other);
    tx.push_run(max, fill);
    let _ = tx.publish();
    drop(rx.pop());
    std::iter::from_fn(|| rx.pop()).collect()
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
