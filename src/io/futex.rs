//! A word that threads can sleep on: the kernel's futex, or a model of it for loom.
#![forbid(unsafe_code)]

use super::sys_wait::Waited;
use crate::sync::AtomicU32;
use std::ops::Deref;
use std::time::Instant;

/// See the module's documentation.
pub(crate) struct Futex {
    word: AtomicU32,
    #[cfg(loom)]
    sleepers: (loom::sync::Mutex<()>, loom::sync::Condvar),
}

impl Deref for Futex {
    type Target = AtomicU32;

    fn deref(&self) -> &AtomicU32 {
        &self.word
    }
}

#[cfg(not(loom))]
impl Futex {
    pub(crate) const fn new(value: u32) -> Futex {
        Futex { word: AtomicU32::new(value) }
    }

    /// Sleeps while the word has the value `expected`.
    pub(crate) fn wait(&self, expected: u32, deadline: Option<Instant>) -> Waited {
        super::sys_wait::futex_wait(&self.word, expected, deadline)
    }

    /// Wakes one thread that sleeps.
    pub(crate) fn wake(&self) {
        super::sys_wait::futex_wake(&self.word);
    }
}

/// As the kernel does it: who goes to sleep looks at the word, and who wakes looks for sleepers, under one
/// lock. Deadlines are not modelled.
#[cfg(loom)]
impl Futex {
    pub(crate) fn new(value: u32) -> Futex {
        let sleepers = (loom::sync::Mutex::new(()), loom::sync::Condvar::new());
        Futex { word: AtomicU32::new(value), sleepers }
    }

    pub(crate) fn wait(&self, expected: u32, _: Option<Instant>) -> Waited {
        let (lock, sleep) = &self.sleepers;
        let guard = lock.lock().expect("no model panics with a lock held");
        if self.word.load(crate::sync::Ordering::Relaxed) == expected {
            drop(sleep.wait(guard));
        }
        Waited::Look
    }

    pub(crate) fn wake(&self) {
        let (lock, sleep) = &self.sleepers;
        let _guard = lock.lock().expect("no model panics with a lock held");
        sleep.notify_one();
    }
}
