//! Stopwatches: the time itself, in a pointer's clothes. There is nothing to free, and nothing to follow.

use std::ffi::c_void;
use std::ptr;
use std::sync::LazyLock;
use std::time::Instant;

/// When the first stopwatch was started: the others count from here.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The low bits are what counts: the difference of two is right as long as it fits in a word.
fn microseconds() -> usize {
    EPOCH.elapsed().as_micros() as usize
}

/// A stopwatch that begins now. It is odd, so that it is never NULL.
pub fn start() -> *mut c_void {
    LazyLock::force(&EPOCH);
    ptr::without_provenance_mut(microseconds() | 1)
}

/// The microseconds since the stopwatch was started.
pub fn elapsed(watch: *mut c_void) -> usize {
    // The odd bit may have put the start a microsecond late.
    (microseconds() | 1).wrapping_sub(watch.addr())
}
