//! zmq_utils.h: a stopwatch and a pause.

use std::ffi::{c_int, c_ulong, c_void};
use std::ptr;
use std::sync::LazyLock;
use std::time::Instant;

/// When the first stopwatch was started: the others count from here.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The low bits are what counts: the difference of two is right as long as it fits in a word.
fn microseconds() -> usize {
    EPOCH.elapsed().as_micros() as usize
}

/// Starts a stopwatch.
///
/// Returns it, to be given to zmq_stopwatch_stop.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    LazyLock::force(&EPOCH);
    // The stopwatch is the time itself, in a pointer's clothes: nothing to free, nothing to follow. It is odd, so
    // that it is never NULL.
    ptr::without_provenance_mut(microseconds() | 1)
}

/// Stops a stopwatch.
///
/// Returns the microseconds since it was started.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_stop(watch: *mut c_void) -> c_ulong {
    // The odd bit may have put the start a microsecond late.
    let elapsed = (microseconds() | 1).wrapping_sub(watch.addr());
    elapsed as c_ulong
}

/// Sleeps for some seconds, less when a signal comes.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_sleep(seconds: c_int) {
    let Ok(seconds) = libc::c_uint::try_from(seconds) else { return };
    // SAFETY: sleep takes any number.
    unsafe { libc::sleep(seconds) };
}
