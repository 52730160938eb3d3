//! The memory of a queue: segments of slots, and how a value lies in one.

use crate::sync::{AtomicPtr, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr;

/// A value as it lies in a slot: in two halves, which are apart in memory. A value that does with the first leaves the
/// second as it is, so that less memory has to go from the producer's processor to the consumer's.
///
/// # Safety
/// `get` gives the value that was written by `put` or `put_from`, and reads nothing that was not written by these.
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

    /// Writes the value that is at a place.
    ///
    /// # Safety
    /// Both halves may be written; there is a value at the place, and from now on it is not used there.
    #[inline(always)]
    unsafe fn put_from(place: *const Self, first: *mut Self::First, second: *mut Self::Second) {
        // SAFETY: the caller's promise.
        unsafe { place.read().put(first, second) }
    }

    /// Reads it. The slot keeps the bytes, but from then on, or when this is a look only (see [`Peek`]), one of the two
    /// is not used.
    ///
    /// # Safety
    /// The slot was written by `put` or `put_from`, and may be read.
    unsafe fn get(first: *const Self::First, second: *const Self::Second) -> Self;

    /// As [`Slotted::get`], to a place where a value was, of which some bytes may be left.
    ///
    /// # Safety
    /// As [`Slotted::get`]; the place may be written, and the value that was there is forgotten.
    #[inline(always)]
    unsafe fn get_over(first: *const Self::First, second: *const Self::Second, place: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { place.write(Self::get(first, second)) }
    }
}

/// A half of a slot. The producer writes it before it is published, the consumer takes it after: never both.
type Half<T> = UnsafeCell<MaybeUninit<T>>;

/// The slots of a segment: where the first halves are, where the second ones, and how many of each.
pub(super) struct Slots<T: Slotted> {
    first: *const Half<T::First>,
    second: *const Half<T::Second>,
    pub(super) count: usize,
}

impl<T: Slotted> Clone for Slots<T> {
    fn clone(&self) -> Slots<T> {
        *self
    }
}

impl<T: Slotted> Copy for Slots<T> {}

impl<T: Slotted> Slots<T> {
    pub(super) const NONE: Slots<T> = Slots { first: ptr::null(), second: ptr::null(), count: 0 };

    /// # Safety
    /// `index` is below the count, the segment is alive, and the slot is the caller's to write.
    #[inline]
    pub(super) unsafe fn put(&self, index: usize, value: T) {
        // SAFETY: the caller's promise.
        unsafe {
            (*self.first.add(index)).with_mut(|first| {
                (*self.second.add(index))
                    .with_mut(|second| value.put((*first).as_mut_ptr(), (*second).as_mut_ptr()));
            });
        }
    }

    /// # Safety
    /// As [`Slots::put`] and [`Slotted::put_from`].
    #[inline(always)]
    pub(super) unsafe fn put_from(&self, index: usize, place: *const T) {
        // SAFETY: the caller's promise.
        unsafe {
            (*self.first.add(index)).with_mut(|first| {
                (*self.second.add(index))
                    .with_mut(|second| T::put_from(place, (*first).as_mut_ptr(), (*second).as_mut_ptr()));
            });
        }
    }

    /// # Safety
    /// As [`Slots::get`] and [`Slotted::get_over`].
    #[inline(always)]
    pub(super) unsafe fn get_over(&self, index: usize, place: *mut T) {
        // SAFETY: the caller's promise.
        unsafe {
            (*self.first.add(index)).with(|first| {
                (*self.second.add(index))
                    .with(|second| T::get_over((*first).as_ptr(), (*second).as_ptr(), place))
            })
        }
    }

    /// # Safety
    /// `index` is below the count, the segment is alive, the slot was written, and is the caller's to read.
    #[inline]
    pub(super) unsafe fn get(&self, index: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe {
            (*self.first.add(index)).with(|first| {
                (*self.second.add(index)).with(|second| T::get((*first).as_ptr(), (*second).as_ptr()))
            })
        }
    }
}

pub(super) struct Segment<T: Slotted> {
    first: Box<[Half<T::First>]>,
    second: Box<[Half<T::Second>]>,
    /// The segment after this one. Written by the producer before it publishes anything in it.
    pub(super) next: AtomicPtr<Segment<T>>,
    /// The segment before this one; the producer's own, and valid only while that segment holds
    /// unpublished values (the consumer cannot have left it then).
    pub(super) previous: *mut Segment<T>,
}

impl<T: Slotted> Segment<T> {
    pub(super) fn new(slots: usize) -> *mut Segment<T> {
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
    pub(super) unsafe fn slots(segment: *mut Segment<T>) -> Slots<T> {
        // SAFETY: the caller's promise.
        unsafe { segment.as_ref() }.map_or(Slots::NONE, |segment| Slots {
            first: segment.first.as_ptr(),
            second: segment.second.as_ptr(),
            count: segment.first.len(),
        })
    }
}
