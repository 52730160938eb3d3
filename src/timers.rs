//! `Timers`: what is to be done at intervals (zmq_timers(3)). It has no clock of its own and calls nobody: it
//! says what is due.
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// A longer interval counts as this one: a time that a clock can reach, and nobody waits for.
const INTERVAL_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// When a timer is due. Of two at the same time, the one that was set first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    serial: u64,
}

struct Timer<T> {
    interval: Duration,
    due: Due,
    value: T,
}

/// A set of timers. Each has a number and a value, and comes again at its interval until it is cancelled.
pub struct Timers<T> {
    timers: HashMap<i32, Timer<T>>,
    queue: BTreeMap<Due, i32>,
    /// The number given last.
    last_id: i32,
    /// The serial number of what is set next.
    serial: u64,
}

/// What is due in one go over the timers: nothing that was set after the go began.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    now: Instant,
    serial: u64,
}

impl<T> Default for Timers<T> {
    fn default() -> Timers<T> {
        Timers { timers: HashMap::new(), queue: BTreeMap::new(), last_id: 0, serial: 0 }
    }
}

impl<T: Clone> Timers<T> {
    /// Adds a timer that is first due an interval from now; gives its number, which is above 0.
    ///
    /// # Errors
    /// [`Error::TooManyOpen`] when all numbers are taken.
    pub fn add(&mut self, interval: Duration, value: T, now: Instant) -> Result<i32> {
        if self.timers.len() >= i32::MAX as usize {
            return Err(Error::TooManyOpen);
        }
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.timers.contains_key(&self.last_id) {
                break;
            }
        }
        let due = self.due(now, interval);
        self.queue.insert(due, self.last_id);
        self.timers.insert(self.last_id, Timer { interval, due, value });
        Ok(self.last_id)
    }

    /// Takes a timer away.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when there is none with this number; so with the others.
    pub fn cancel(&mut self, id: i32) -> Result<()> {
        let timer = self.timers.remove(&id).ok_or(Error::InvalidArgument)?;
        self.queue.remove(&timer.due);
        Ok(())
    }

    /// Gives a timer another interval, which begins now.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`]
    pub fn set_interval(&mut self, id: i32, interval: Duration, now: Instant) -> Result<()> {
        self.timers.get_mut(&id).ok_or(Error::InvalidArgument)?.interval = interval;
        self.reset(id, now)
    }

    /// Begins a timer's interval anew.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`]
    pub fn reset(&mut self, id: i32, now: Instant) -> Result<()> {
        let interval = self.timers.get(&id).ok_or(Error::InvalidArgument)?.interval;
        let due = self.due(now, interval);
        if let Some(timer) = self.timers.get_mut(&id) {
            self.queue.remove(&timer.due);
            self.queue.insert(due, id);
            timer.due = due;
        }
        Ok(())
    }

    /// How long until the next one is due; `None`: there is none.
    pub fn timeout(&self, now: Instant) -> Option<Duration> {
        self.queue.first_key_value().map(|(due, _)| due.at.saturating_duration_since(now))
    }

    /// Begins to go over what is due now.
    pub fn round(&self, now: Instant) -> Round {
        Round { now, serial: self.serial }
    }

    /// The next timer that is due, and begins its interval anew. Timers may be added, changed and cancelled
    /// before the next call.
    pub fn next_due(&mut self, round: Round) -> Option<(i32, T)> {
        let due = self.queue.range(..=Due { at: round.now, serial: u64::MAX });
        let id = due.into_iter().find(|(due, _)| due.serial < round.serial).map(|(_, id)| *id)?;
        self.reset(id, round.now).ok()?;
        self.timers.get(&id).map(|timer| (id, timer.value.clone()))
    }

    fn due(&mut self, now: Instant, interval: Duration) -> Due {
        self.serial += 1;
        Due { at: now + interval.min(INTERVAL_MAX), serial: self.serial - 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What comes in one round.
    fn run(timers: &mut Timers<&'static str>, now: Instant) -> Vec<&'static str> {
        let round = timers.round(now);
        std::iter::from_fn(|| timers.next_due(round).map(|(_, value)| value)).collect()
    }

    #[test]
    fn timers_come_in_order_and_again_until_they_are_cancelled() {
        let (mut timers, start) = (Timers::default(), Instant::now());
        assert_eq!(timers.timeout(start), None);
        let late = timers.add(ms(20), "late", start).unwrap();
        let early = timers.add(ms(10), "early", start).unwrap();
        let twin = timers.add(ms(20), "twin", start).unwrap();
        assert!(late > 0 && early > late && twin > early);
        assert_eq!(timers.timeout(start), Some(ms(10)));
        assert_eq!(run(&mut timers, start + ms(9)), Vec::<&str>::new());
        assert_eq!(run(&mut timers, start + ms(20)), ["early", "late", "twin"]);
        assert_eq!(timers.timeout(start + ms(20)), Some(ms(10)));
        // Rounds that were missed are not made up for.
        assert_eq!(run(&mut timers, start + ms(100)), ["early", "late", "twin"]);
        timers.cancel(late).unwrap();
        assert_eq!(timers.cancel(late), Err(Error::InvalidArgument));
        assert_eq!(run(&mut timers, start + ms(200)), ["early", "twin"]);
    }

    #[test]
    fn an_interval_can_be_changed_and_begun_anew() {
        let (mut timers, start) = (Timers::default(), Instant::now());
        let id = timers.add(ms(10), "it", start).unwrap();
        timers.set_interval(id, ms(50), start + ms(5)).unwrap();
        assert_eq!(timers.timeout(start + ms(5)), Some(ms(50)));
        timers.reset(id, start + ms(20)).unwrap();
        assert_eq!(timers.timeout(start + ms(20)), Some(ms(50)));
        assert_eq!(timers.timeout(start + ms(500)), Some(ms(0)));
        for missing in [0, -1, id + 1] {
            assert_eq!(timers.reset(missing, start), Err(Error::InvalidArgument));
            assert_eq!(timers.set_interval(missing, ms(1), start), Err(Error::InvalidArgument));
        }
        timers.set_interval(id, Duration::MAX, start).unwrap();
        assert_eq!(timers.timeout(start), Some(INTERVAL_MAX));
    }

    #[test]
    fn what_is_set_within_a_round_waits_for_the_next() {
        let (mut timers, start) = (Timers::default(), Instant::now());
        let first = timers.add(ms(0), "first", start).unwrap();
        let second = timers.add(ms(0), "second", start).unwrap();
        let round = timers.round(start);
        assert_eq!(timers.next_due(round), Some((first, "first")));
        timers.add(ms(0), "third", start).unwrap();
        timers.cancel(second).unwrap();
        assert_eq!(timers.next_due(round), None);
        assert_eq!(run(&mut timers, start), ["first", "third"]);
    }
}
