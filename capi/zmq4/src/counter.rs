//! Atomic counters: numbers that several threads may count with.

use crate::errno::set_errno;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// What the handle of a counter points to.
struct Counter {
    /// [`MARK`], as long as it is one.
    mark: AtomicU32,
    value: AtomicI32,
}

const MARK: u32 = 0x6f78_636e;

/// The counter that the application means; `None`, and errno, where it can be seen that there is none.
///
/// # Safety
/// `counter` is NULL, or what zmq_atomic_counter_new gave, or points to some memory that can be read.
#[inline]
unsafe fn counter<'a>(counter: *mut c_void) -> Option<&'a Counter> {
    let place = counter.cast::<Counter>();
    // SAFETY: the caller's promise; it is not NULL, and aligned.
    let found = if place.is_aligned() { unsafe { place.as_ref() } } else { None };
    let found = found.filter(|counter| counter.mark.load(Ordering::Relaxed) == MARK);
    if found.is_none() {
        set_errno(libc::EFAULT);
    }
    found
}

/// Makes a counter that says 0.
///
/// Returns it, to be given to zmq_atomic_counter_destroy.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_new() -> *mut c_void {
    let counter = Counter { mark: AtomicU32::new(MARK), value: AtomicI32::new(0) };
    Box::into_raw(Box::new(counter)).cast()
}

/// Lets the counter say value.
///
/// # Errors
/// EFAULT: not a counter; so with the others, which then return 0.
///
/// # Safety
/// counter is NULL or a counter that was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_set(counter: *mut c_void, value: c_int) {
    // SAFETY: the caller's promise.
    if let Some(counter) = unsafe { self::counter(counter) } {
        counter.value.store(value, Ordering::SeqCst);
    }
}

/// Adds 1 to the counter.
///
/// Returns what it said before.
///
/// # Safety
/// As zmq_atomic_counter_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_inc(counter: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { self::counter(counter) }.map_or(0, |counter| counter.value.fetch_add(1, Ordering::SeqCst))
}

/// Takes 1 from the counter.
///
/// Returns 0 when it now says 0, and 1 when not.
///
/// # Safety
/// As zmq_atomic_counter_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_dec(counter: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let before =
        unsafe { self::counter(counter) }.map(|counter| counter.value.fetch_sub(1, Ordering::SeqCst));
    before.map_or(0, |before| (before != 1).into())
}

/// Gives what the counter says.
///
/// # Safety
/// As zmq_atomic_counter_set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_value(counter: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { self::counter(counter) }.map_or(0, |counter| counter.value.load(Ordering::SeqCst))
}

/// Ends the counter, and sets what counter_p points to to NULL.
///
/// # Errors
/// EFAULT: counter_p is NULL, or does not point to a counter.
///
/// # Safety
/// counter_p is NULL or points to a counter that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_destroy(counter_p: *mut *mut c_void) {
    if counter_p.is_null() {
        set_errno(libc::EFAULT);
        return;
    }
    // SAFETY: the caller's promise; it is not NULL.
    let counter = unsafe { counter_p.read() };
    // SAFETY: the caller's promise.
    let Some(found) = (unsafe { self::counter(counter) }) else { return };
    found.mark.store(0, Ordering::Relaxed);
    // SAFETY: the mark said that `zmq_atomic_counter_new` has made it, and has not been destroyed.
    drop(unsafe { Box::from_raw(counter.cast::<Counter>()) });
    // SAFETY: as above.
    unsafe { counter_p.write(ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::zmq_errno;

    #[test]
    fn a_counter_counts() {
        let mut it = zmq_atomic_counter_new();
        // SAFETY: it is a counter, or NULL, or memory that can be read.
        unsafe {
            let counts =
                [zmq_atomic_counter_inc(it), zmq_atomic_counter_inc(it), zmq_atomic_counter_value(it)];
            assert_eq!(counts, [0, 1, 2]);
            let counts = [(); 3].map(|()| zmq_atomic_counter_dec(it));
            assert_eq!((counts, zmq_atomic_counter_value(it)), ([1, 0, 1], -1));
            zmq_atomic_counter_set(it, c_int::MAX);
            assert_eq!((zmq_atomic_counter_inc(it), zmq_atomic_counter_value(it)), (c_int::MAX, c_int::MIN));
            zmq_atomic_counter_destroy(&mut it);
            assert!(it.is_null());
            let mut garbage = [0x5au64; 4];
            for bad in [it, garbage.as_mut_ptr().cast(), garbage.as_mut_ptr().wrapping_byte_add(1).cast()] {
                set_errno(0);
                assert_eq!((zmq_atomic_counter_inc(bad), zmq_errno()), (0, libc::EFAULT));
                zmq_atomic_counter_set(bad, 1);
                assert_eq!((zmq_atomic_counter_dec(bad), zmq_atomic_counter_value(bad)), (0, 0));
                zmq_atomic_counter_destroy(&mut { bad });
            }
            zmq_atomic_counter_destroy(ptr::null_mut());
        }
    }
}
