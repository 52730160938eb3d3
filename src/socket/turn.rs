//! Taking turns: mutual exclusion for what one thread at a time is meant to use anyway.
//!
//! A socket belongs to one thread, and a second one in it is the application's mistake: it must not
//! corrupt memory, and need not be fast. So taking a turn is one atomic swap and giving it back a plain
//! store, which does not look for anybody who waits; who has to wait looks again now and then.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Looks in quick succession before the processor is given to others.
const SPINS: u32 = 64;
/// Looks before sleeping in between.
const YIELDS: u32 = 128;
/// How long to sleep in between.
const NAP: Duration = Duration::from_micros(100);

/// A value that is used in turns.
pub(crate) struct InTurn<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

/// A turn. It is given back when dropped.
pub(crate) struct Turn<'a, T>(&'a InTurn<T>);

// SAFETY: the value is only reached through a turn, and there is one at a time; it may so be used, and
// moved, by several threads in succession, which is what `T: Send` allows.
unsafe impl<T: Send> Sync for InTurn<T> {}

impl<T> InTurn<T> {
    pub(crate) const fn new(value: T) -> InTurn<T> {
        InTurn { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Takes a turn, and waits for it.
    #[inline]
    pub(crate) fn take(&self) -> Turn<'_, T> {
        // Acquire: sees what the one before did in its turn.
        if self.taken.swap(true, Ordering::Acquire) {
            self.wait(None);
        }
        Turn(self)
    }

    /// Takes a turn, if nobody else has one.
    #[inline(always)]
    pub(crate) fn take_at_once(&self) -> Option<Turn<'_, T>> {
        if self.taken.swap(true, Ordering::Acquire) { None } else { Some(Turn(self)) }
    }

    /// Takes a turn, and waits for it no longer than this.
    pub(crate) fn take_within(&self, time: Duration) -> Option<Turn<'_, T>> {
        self.take_at_once().or_else(|| self.wait(Instant::now().checked_add(time)).then(|| Turn(self)))
    }

    #[cold]
    fn wait(&self, deadline: Option<Instant>) -> bool {
        for look in 0u32.. {
            if !self.taken.load(Ordering::Relaxed) && !self.taken.swap(true, Ordering::Acquire) {
                return true;
            }
            match look {
                0..SPINS => std::hint::spin_loop(),
                SPINS..YIELDS => std::thread::yield_now(),
                _ => {
                    if deadline.is_some_and(|at| at <= Instant::now()) {
                        return false;
                    }
                    std::thread::sleep(NAP);
                }
            }
        }
        false
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: whoever has a turn is the only one that has.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Turn<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Turn<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // Release: the next one sees what was done.
        self.0.taken.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_exclude_each_other() {
        let rounds = if cfg!(miri) { 50 } else { 20_000 };
        let counter = InTurn::new((0u64, 0u64));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let mut turn = counter.take();
                        let (first, second) = &mut *turn;
                        *first += 1;
                        assert_eq!(*first, *second + 1);
                        *second += 1;
                    }
                });
            }
        });
        assert_eq!(*counter.take(), (4 * rounds, 4 * rounds));
    }

    #[test]
    fn a_turn_that_does_not_come_is_given_up() {
        let value = InTurn::new(7);
        let turn = value.take();
        assert!(value.take_within(Duration::from_millis(2)).is_none());
        drop(turn);
        assert_eq!(value.take_within(Duration::from_millis(2)).map(|turn| *turn), Some(7));
    }
}
