//! The barrier that one thread can impose on all others (membarrier(2)), and asking the system for it.
//!
//! The first request takes the system some milliseconds, so a thread of its own makes it, once somebody wants the
//! barrier. Until the answer is there, and where there is none, queues go without: they do not flow.
#![forbid(unsafe_code)]

use super::{fd, sys, sys_wait};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const UNASKED: u8 = 0;
const ASKED: u8 = 1;
const GRANTED: u8 = 2;
const REFUSED: u8 = 3;

static STATE: AtomicU8 = AtomicU8::new(UNASKED);
/// The thread that asks, and the process that it belongs to, see [`fd::forks`].
static ASKING: Mutex<Option<(JoinHandle<()>, u32)>> = Mutex::new(None);

/// In this time whatever a processor has stored reaches the others' sight, barrier or not.
const STORES_SETTLE: Duration = Duration::from_millis(1);

/// Whether [`heavy_fence`] is to be had now. Asks the system for it, the first time.
pub(crate) fn has_heavy_fence() -> bool {
    match STATE.load(Ordering::Relaxed) {
        GRANTED => true,
        UNASKED => {
            ask();
            false
        }
        _ => false,
    }
}

fn ask() {
    // Neither an interpreter of Rust nor a sanitizer knows what the barrier does.
    let first = if cfg!(miri) { REFUSED } else { ASKED };
    if STATE.compare_exchange(UNASKED, first, Ordering::Relaxed, Ordering::Relaxed).is_err() || cfg!(miri) {
        return;
    }
    let request = || {
        sys::block_signals();
        let granted = sys_wait::register_barrier();
        STATE.store(if granted { GRANTED } else { REFUSED }, Ordering::Relaxed);
    };
    match thread::Builder::new().name("ZMQbg/barrier".into()).spawn(request) {
        Ok(thread) => *ASKING.lock() = Some((thread, fd::forks())),
        Err(_) => STATE.store(REFUSED, Ordering::Relaxed),
    }
}

/// Waits for the end of a request that is under way: no thread of the library's outlives the last context.
pub(crate) fn settle() {
    // In a forked child the lock may be that of a thread that was not forked, and so is the one that asks.
    let asking = ASKING.try_lock().and_then(|mut asking| asking.take());
    match asking {
        // It has nothing to panic about.
        Some((thread, forks)) if forks == fd::forks() => drop(thread.join()),
        Some((thread, _)) => std::mem::forget(thread),
        None => {}
    }
}

/// The dear half of a pair of fences, see [`light_fence`](crate::sync::light_fence): every other thread of the process
/// that is running executes a full fence, too. Only where [`has_heavy_fence`] has said so.
pub(crate) fn heavy_fence() {
    // A forked child may have to register again. Who has forbidden the call meanwhile (seccomp(2)) gets a slow one.
    if !(sys_wait::barrier() || sys_wait::register_barrier() && sys_wait::barrier()) {
        thread::sleep(STORES_SETTLE);
    }
}

#[cfg(all(test, not(loom), not(miri)))]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_once_it_was_asked_for() {
        // Other tests may have asked.
        has_heavy_fence();
        settle();
        while STATE.load(Ordering::Relaxed) == ASKED {
            thread::yield_now();
        }
        if has_heavy_fence() {
            assert!(sys_wait::barrier(), "what was granted is there");
        }
        heavy_fence();
    }
}
