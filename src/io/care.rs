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
use std::time::{Duration, Instant};

/// The time between two looks.
const TICK: Duration = Duration::from_millis(2);

/// A sleep that is shorter belongs to a dialogue.
const QUICK: Duration = Duration::from_micros(500);
/// How many of them make it worth it to let the timer run during the next.
const QUICK_MIN: u32 = 8;

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
    /// Whether the timer runs. It does while some are awake.
    ticking: bool,
    pace: Pace,
}

/// How quickly those who sleep on sources are woken. To start the timer with every wake, and to stop it with every sleep, is
/// two system calls a message. Where messages follow each other quickly the timer runs on, once, while all sleep: that
/// wakes the I/O thread for nothing at most once in some messages, and when they have ended.
#[derive(Default)]
struct Pace {
    /// When the last fell asleep.
    slept: Option<Instant>,
    /// How many quick sleeps there were since the last long one.
    quick: u32,
}

impl Pace {
    fn wake(&mut self, now: Instant) {
        let quick = self.slept.is_some_and(|slept| now.saturating_duration_since(slept) < QUICK);
        self.quick = if quick { self.quick.saturating_add(1) } else { 0 };
    }

    /// True: they are likely to be woken soon.
    fn sleep(&mut self, now: Instant) -> bool {
        self.slept = Some(now);
        self.quick >= QUICK_MIN
    }
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
        if state.awake == 0 {
            state.pace.wake(Instant::now());
        }
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
        if state.awake == 0 && !state.pace.sleep(Instant::now()) && state.ticking {
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
        assert!(state.ticking || state.awake == 0, "it looks while it has to");
        state.awake
    }

    /// Whether it will look.
    #[cfg(test)]
    pub(crate) fn is_ticking(&self) -> bool {
        self.state.lock().ticking
    }
}

#[cfg(all(test, not(loom), not(miri)))]
mod tests {
    use super::*;

    #[test]
    fn the_timer_runs_on_in_a_dialogue_and_only_there() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        let mut after = |wait: Duration| {
            now += wait;
            pace.wake(now);
            pace.sleep(now)
        };
        assert!(!(0..1000).any(|_| after(QUICK)), "messages now and then");
        assert!(
            !(0..1000).any(|turn| after(if turn % QUICK_MIN == 0 { QUICK } else { QUICK / 2 })),
            "some together"
        );
        let runs_on = (0..1000).filter(|_| after(QUICK / 2)).count();
        assert!(runs_on + QUICK_MIN as usize >= 1000, "{runs_on} of a dialogue");
        assert!(!after(QUICK), "the dialogue has ended");
    }

    #[test]
    fn it_ticks_once_when_all_have_fallen_asleep() {
        let care = Care::new().unwrap();
        care.begin(7);
        care.state.lock().pace.quick = QUICK_MIN;
        care.asleep();
        assert!(care.is_ticking());
        let keys = care.look();
        assert_eq!(keys, [7]);
        care.keep(keys);
        assert!(!care.is_ticking());
        care.awake();
        assert!(care.is_ticking());
    }
}
