//! Values for the tests and models of the queue.

use super::Slotted;

/// A number takes the second half when it is odd.
// SAFETY: the first half is the number itself.
unsafe impl Slotted for usize {
    type First = usize;
    type Second = usize;

    unsafe fn put(self, first: *mut usize, second: *mut usize) {
        // SAFETY: the caller's promise.
        unsafe {
            first.write(self);
            if !self.is_multiple_of(2) {
                second.write(self);
            }
        }
    }

    unsafe fn get(first: *const usize, second: *const usize) -> usize {
        // SAFETY: the caller's promise; the second half was written where the first is odd.
        unsafe {
            let value = first.read();
            assert!(value.is_multiple_of(2) || second.read() == value, "the halves belong together");
            value
        }
    }
}

/// A value that is in the first half as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole<T>(pub(crate) T);

// SAFETY: what is written is read.
unsafe impl<T> Slotted for Whole<T> {
    type First = T;
    type Second = ();

    unsafe fn put(self, first: *mut T, _: *mut ()) {
        // SAFETY: the caller's promise.
        unsafe { first.write(self.0) }
    }

    unsafe fn get(first: *const T, _: *const ()) -> Whole<T> {
        // SAFETY: the caller's promise.
        Whole(unsafe { first.read() })
    }
}
