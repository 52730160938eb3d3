//! What an I/O thread keeps an eye on while threads of the application drive it.
//!
//! A connection that its application has read or written by itself goes on being read and written when the
//! application turns to something else: every few milliseconds the I/O thread looks which connections were
//! left alone since it looked last, and takes those back. It looks only while there are such connections of
//! which nobody waits: a process that sleeps, sleeps.
#![forbid(unsafe_code)]

use super::sys_wait::TimerFd;
use crate::sync::Mutex;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

/// The time between two looks.
const TICK: Duration = Duration::from_millis(2);

/// See the module's documentation.
pub(crate) struct Care {
    timer: TimerFd,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The keys of the sources to look at.
    keys: Vec<usize>,
    /// How many of them nobody sleeps on.
    awake: usize,
    /// Whether the timer runs.
    ticking: bool,
}

impl Care {
    pub(crate) fn new() -> io::Result<Care> {
        Ok(Care { timer: TimerFd::new()?, state: Mutex::new(State::default()) })
    }

    /// The descriptor that becomes readable when it is time for [`Care::look`].
    pub(crate) fn raw_fd(&self) -> RawFd {
        self.timer.as_fd().as_raw_fd()
    }

    /// Begins to look after a source; it counts as awake.
    pub(crate) fn begin(&self, key: usize) {
        let mut state = self.state.lock();
        state.keys.push(key);
        self.wake(&mut state);
    }

    /// Somebody waits for the source no longer.
    pub(crate) fn awake(&self) {
        self.wake(&mut self.state.lock());
    }

    fn wake(&self, state: &mut State) {
        state.awake += 1;
        if !state.ticking {
            state.ticking = true;
            self.timer.set(Some(TICK));
        }
    }

    /// Somebody waits for the source, or it needs no looking after.
    pub(crate) fn asleep(&self) {
        let mut state = self.state.lock();
        debug_assert!(state.awake > 0, "a source that is not awake cannot fall asleep");
        state.awake = state.awake.saturating_sub(1);
        if state.awake == 0 && state.ticking {
            state.ticking = false;
            self.timer.set(None);
        }
    }

    /// The sources to look at now. Those that need more of it are given back to [`Care::keep`].
    pub(crate) fn look(&self) -> Vec<usize> {
        self.timer.clear();
        std::mem::take(&mut self.state.lock().keys)
    }

    /// Goes on looking after these.
    pub(crate) fn keep(&self, keys: Vec<usize>) {
        let mut state = self.state.lock();
        state.keys.extend(keys);
        state.ticking = state.awake > 0;
        if state.ticking {
            self.timer.set(Some(TICK));
        }
    }

    /// How many of the sources nobody sleeps on.
    #[cfg(test)]
    pub(crate) fn count_awake(&self) -> usize {
        let state = self.state.lock();
        assert_eq!(state.ticking, state.awake > 0, "it looks while it has to");
        state.awake
    }
}
