//! How long a thread looks again before it goes to sleep.
//!
//! To wake a sleeping thread costs some 50 µs until it runs, and a system call of the one that wakes it.
//! Where the next message is only microseconds away, looking again is cheaper for everybody. It is bounded,
//! gives the processor to whoever else wants it, and stops where it does not pay: after a few looks in vain
//! a thread goes to sleep at once for a while, twice as long each time.
#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long to look again at most, unless a context or the environment variable OXMQ_SPIN_US says otherwise.
const SPIN_DEFAULT: Duration = Duration::from_micros(50);
/// The longest time that they can ask for.
const SPIN_MAX: Duration = Duration::from_millis(1);
/// Looks in vain after which a thread goes to sleep at once.
const FAILURES_MAX: u32 = 3;
/// The most sleeps without looking before it is tried again.
const SKIPS_MAX: u32 = 1024;
/// A yield that takes longer has given the processor to somebody.
const YIELD_MAX: Duration = Duration::from_micros(5);
/// Reads in vain after which it is taken for granted that the next will be,
const VAIN_MIN: u32 = 4;
/// but for each so many waits.
const VAIN_TRIED: u32 = 16;
/// Pauses between two looks.
const PAUSES: u32 = 16;
/// Looks between two offers of the processor to others.
const LOOKS_A_YIELD: u32 = 4;

/// What one thread, or socket, has learned from its waits.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Looks in vain since the last that was not.
    failures: u32,
    /// Waits still to go to sleep for at once.
    skips: u32,
    /// How many waits that will be the next time.
    next_skips: u32,
}

/// Whether it is worth it to read connections before a sleep on them, which itself tells if there is something to read.
/// In a dialogue there never is; in a stream there mostly is, and to read at once spares a system call.
#[derive(Debug, Default)]
pub(crate) struct VainPulls {
    /// Waits since a message was there.
    count: u32,
}

impl VainPulls {
    /// It is likely to be in vain. Now and then that is tried.
    pub(crate) fn is_vain(&self) -> bool {
        self.count >= VAIN_MIN && !self.count.is_multiple_of(VAIN_TRIED)
    }

    /// Takes note of whether there was nothing.
    pub(crate) fn note(&mut self, in_vain: bool) {
        self.count = if in_vain { self.count.wrapping_add(1) } else { 0 };
    }
}

/// How long to look again where so much was asked for: no longer than the environment says, and not at all where
/// there is one processor only.
pub(crate) fn spin_time(asked: Option<Duration>) -> Duration {
    static BOUND: OnceLock<Option<Duration>> = OnceLock::new();
    let bound = *BOUND.get_or_init(|| {
        if std::thread::available_parallelism().is_ok_and(|processors| processors.get() < 2) {
            return Some(Duration::ZERO);
        }
        std::env::var("OXMQ_SPIN_US")
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_micros)
    });
    bounded(asked, bound)
}

fn bounded(asked: Option<Duration>, bound: Option<Duration>) -> Duration {
    let time = asked.or(bound).unwrap_or(SPIN_DEFAULT);
    time.min(bound.unwrap_or(SPIN_MAX)).min(SPIN_MAX)
}

impl Patience {
    pub(crate) const fn new() -> Patience {
        Patience { failures: 0, skips: 0, next_skips: 0 }
    }

    /// Looks until `ready`, for so long at most, if experience says that it may be worth it. False: go to sleep.
    pub(crate) fn look(&mut self, time: Duration, mut ready: impl FnMut() -> bool) -> bool {
        if time.is_zero() {
            return false;
        }
        if self.skips > 0 {
            self.skips -= 1;
            return false;
        }
        let begin = Instant::now();
        loop {
            for _ in 0..LOOKS_A_YIELD {
                if ready() {
                    (self.failures, self.next_skips) = (0, 0);
                    return true;
                }
                pause();
            }
            if begin.elapsed() >= time {
                break;
            }
            let before = Instant::now();
            std::thread::yield_now();
            if before.elapsed() >= YIELD_MAX {
                // Others want the processor. A thread that sleeps is put ahead of them when it is woken;
                // one that yields is not.
                self.failures = FAILURES_MAX;
                break;
            }
        }
        self.failures += 1;
        if self.failures >= FAILURES_MAX {
            self.next_skips = (self.next_skips * 2).clamp(8, SKIPS_MAX);
            self.skips = self.next_skips;
        }
        false
    }
}

/// Some tens to hundreds of nanoseconds.
pub(crate) fn pause() {
    for _ in 0..PAUSES {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_micros(50);

    #[test]
    fn the_environment_bounds_what_a_context_asks_for() {
        let us = |us| Some(Duration::from_micros(us));
        for (asked, bound, time) in [
            (None, None, SPIN_DEFAULT),
            (None, us(20), Duration::from_micros(20)),
            (None, us(200), Duration::from_micros(200)),
            (us(0), None, Duration::ZERO),
            (us(300), None, Duration::from_micros(300)),
            (us(300), us(100), Duration::from_micros(100)),
            (us(100), us(300), Duration::from_micros(100)),
            (us(300), us(0), Duration::ZERO),
            (us(5000), None, SPIN_MAX),
            (None, us(5000), SPIN_MAX),
        ] {
            assert_eq!(bounded(asked, bound), time, "{asked:?} {bound:?}");
        }
    }

    #[test]
    fn who_is_given_no_time_does_not_look() {
        assert!(!Patience::new().look(Duration::ZERO, || panic!("a look")));
    }

    #[test]
    fn what_is_in_vain_is_tried_now_and_then() {
        let mut pulls = VainPulls::default();
        let mut tried = 0;
        for _ in 0..1600 {
            tried += usize::from(!pulls.is_vain());
            pulls.note(true);
        }
        assert!((100..110).contains(&tried), "{tried}");
        pulls.note(false);
        assert!(!pulls.is_vain(), "there was something");
    }

    #[test]
    fn what_does_not_pay_is_given_up_and_tried_again_ever_more_rarely() {
        let mut patience = Patience::default();
        let mut looked_at = Vec::new();
        for wait in 0..10_000 {
            let mut looks = 0;
            assert!(!patience.look(TIME, || {
                looks += 1;
                false
            }));
            if looks > 0 {
                looked_at.push(wait);
            }
        }
        assert!(looked_at.len() < 25, "{looked_at:?}");
        assert!(looked_at.last().is_some_and(|wait| *wait > 8000), "{looked_at:?}");
        // One success, and it is worth it again.
        while !patience.look(TIME, || true) {}
        assert!(patience.look(TIME, || true));
    }
}
