//! zmq_utils.h: a stopwatch and a pause.

use oxmq_capi::stopwatch;
use std::ffi::{c_int, c_ulong, c_void};

/// Starts a stopwatch.
///
/// Returns it, to be given to zmq_stopwatch_stop.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    stopwatch::start()
}

/// Stops a stopwatch.
///
/// Returns the microseconds since it was started.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_stop(watch: *mut c_void) -> c_ulong {
    stopwatch::elapsed(watch) as c_ulong
}

/// Sleeps for some seconds, less when a signal comes.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_sleep(seconds: c_int) {
    let Ok(seconds) = libc::c_uint::try_from(seconds) else { return };
    // SAFETY: sleep takes any number.
    unsafe { libc::sleep(seconds) };
}
