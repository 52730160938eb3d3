//! The synchronisation primitives of the queue and the sleep/wake protocol: the real ones, or loom's when
//! the crate is model-checked (`--cfg loom`).
#![forbid(unsafe_code)]

#[cfg(not(loom))]
pub(crate) use crate::io::barrier::{has_heavy_fence, heavy_fence};
#[cfg(loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence},
};
#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex;
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence},
};

/// The cheap half of a pair of fences: with [`heavy_fence`] in another thread it works as if both were
/// `fence(SeqCst)`. It only keeps the compiler from changing the order; the other half does the rest.
#[cfg(not(loom))]
#[inline(always)]
pub(crate) fn light_fence() {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

/// As above: for the model, both halves are what they work as.
#[cfg(loom)]
pub(crate) fn light_fence() {
    fence(Ordering::SeqCst);
}

#[cfg(loom)]
pub(crate) fn heavy_fence() {
    fence(Ordering::SeqCst);
}

#[cfg(loom)]
pub(crate) fn has_heavy_fence() -> bool {
    true
}

/// Runs a model: the threads' steps in every order.
#[cfg(all(test, loom))]
pub(crate) fn model(threads: impl Fn() + Sync + Send + 'static) {
    /// Switches between the threads that are forced on them where they could run on; more are not tried, so
    /// that each model ends in seconds. (Switches where a thread waits are free.)
    const PREEMPTIONS_MAX: usize = 3;
    let mut builder = loom::model::Builder::new();
    // `LOOM_MAX_PREEMPTIONS` has precedence.
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS_MAX));
    builder.check(threads);
}

/// `std::cell::UnsafeCell` with loom's way of asking for access.
#[cfg(not(loom))]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}

/// Loom's mutex with the interface of parking_lot's.
#[cfg(loom)]
#[derive(Default)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

#[cfg(loom)]
impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().expect("no model panics with a lock held")
    }
}
