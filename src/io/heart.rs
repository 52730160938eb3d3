//! The heartbeats of one connection (RFC 37): when to ping the peer, and when one that is silent is given up.
//!
//! What is heard only moves the time at which the peer was heard last; whether that was too long ago is looked at
//! when the time of the next look has come. So a busy connection does nothing with timers.
#![forbid(unsafe_code)]

use crate::socket::options::Heartbeat;
use crate::wire::Version;
use std::time::{Duration, Instant};

/// The unit of a PING's time to live.
const TTL_UNIT: Duration = Duration::from_millis(100);

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Heart {
    /// The time between pings of ours, if there are any.
    interval: Option<Duration>,
    /// How long to wait for a sign of the peer after a ping; `None`: for ever.
    timeout: Option<Duration>,
    /// What the peer is told, in tenths of a second.
    ttl_ds: u16,
    /// What the peer has asked for: to be given up when it is silent for so many tenths of a second; 0: never.
    peer_ttl_ds: u16,
    heard: Instant,
    next_ping: Option<Instant>,
    /// The first ping since the peer was last heard.
    unanswered: Option<Instant>,
    /// When to look next.
    look: Option<Instant>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Nothing now.
    Rest,
    /// Send a PING with this time to live.
    Ping(u16),
    /// The peer was silent for too long.
    Lost,
}

impl Heart {
    /// As the options say, for a peer of that version. `None`: there is nothing to do, unless the peer asks.
    pub(crate) fn new(options: &Heartbeat, version: Version, now: Instant) -> Option<Heart> {
        // Older peers need not know what a PING is.
        (!options.interval.is_zero() && version >= Version::V3_1).then(|| {
            let next_ping = now.checked_add(options.interval);
            let ttl = options.ttl.as_millis() / TTL_UNIT.as_millis();
            let timeout = options.timeout.unwrap_or(options.interval);
            Heart {
                interval: Some(options.interval),
                timeout: (!timeout.is_zero()).then_some(timeout),
                ttl_ds: u16::try_from(ttl).unwrap_or(u16::MAX),
                next_ping,
                look: next_ping,
                ..Heart::without_pings(now)
            }
        })
    }

    /// For a peer that pings, where this side does not.
    pub(crate) fn without_pings(now: Instant) -> Heart {
        Heart {
            interval: None,
            timeout: None,
            ttl_ds: 0,
            peer_ttl_ds: 0,
            heard: now,
            next_ping: None,
            unanswered: None,
            look: None,
        }
    }

    /// Something has come from the peer.
    pub(crate) fn hear(&mut self, now: Instant) {
        self.heard = now;
    }

    /// The peer has sent a PING with this time to live.
    pub(crate) fn obey(&mut self, ttl_ds: u16, now: Instant) {
        self.peer_ttl_ds = ttl_ds;
        let look = self.peer_ttl().and_then(|ttl| now.checked_add(ttl));
        self.look = earlier(self.look, look);
    }

    /// What the last ping of the peer said.
    pub(crate) fn peer_ttl_ds(&self) -> u16 {
        self.peer_ttl_ds
    }

    /// When [`Heart::beat`] is to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.look
    }

    /// Looks at how things stand, if it is time to. What the peer has sent so far must have been heard. `clear`: a ping
    /// would go out at once; one that has to wait behind what the peer does not read says nothing of the peer.
    pub(crate) fn beat(&mut self, clear: bool, now: Instant) -> Beat {
        if self.look.is_none_or(|at| now < at) {
            return Beat::Rest;
        }
        if self.unanswered.is_some_and(|at| self.heard >= at) {
            self.unanswered = None;
        }
        let silent_until = self.peer_ttl().and_then(|ttl| self.heard.checked_add(ttl));
        if self.given_up_at().is_some_and(|at| at <= now) || silent_until.is_some_and(|at| at <= now) {
            return Beat::Lost;
        }
        let mut beat = Beat::Rest;
        if let (Some(at), Some(interval)) = (self.next_ping, self.interval)
            && at <= now
        {
            self.next_ping = now.checked_add(interval);
            if clear {
                self.unanswered.get_or_insert(now);
                beat = Beat::Ping(self.ttl_ds);
            }
        }
        self.look = earlier(earlier(self.next_ping, self.given_up_at()), silent_until);
        beat
    }

    fn peer_ttl(&self) -> Option<Duration> {
        (self.peer_ttl_ds > 0).then(|| TTL_UNIT * u32::from(self.peer_ttl_ds))
    }

    /// When a peer that has not answered is given up.
    fn given_up_at(&self) -> Option<Instant> {
        self.unanswered?.checked_add(self.timeout?)
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn options(interval: u64, ttl: u64, timeout: Option<u64>) -> Heartbeat {
        Heartbeat { interval: ms(interval), ttl: ms(ttl), timeout: timeout.map(ms) }
    }

    /// What happens, and when, to a peer that is heard at the times given; until the end of it or `end`.
    fn life(heart: &mut Heart, start: Instant, heard: &[u64], end: u64) -> Vec<(u64, Beat)> {
        let mut seen = Vec::new();
        for at in 0..=end {
            let now = start + ms(at);
            if heard.contains(&at) {
                heart.hear(now);
            }
            match heart.beat(true, now) {
                Beat::Rest => {}
                beat => {
                    let lost = beat == Beat::Lost;
                    seen.push((at, beat));
                    if lost {
                        break;
                    }
                }
            }
        }
        seen
    }

    #[test]
    fn a_silent_peer_is_given_up() {
        let now = Instant::now();
        let new = |options| Heart::new(&options, Version::V3_1, now).unwrap();
        let ping = || Beat::Ping(0);
        let mut heart = new(options(20, 0, None));
        assert_eq!(life(&mut heart, now, &[], 100), [(20, ping()), (40, Beat::Lost)]);
        let mut heart = new(options(20, 0, Some(50)));
        let pings = [(20, ping()), (40, ping()), (60, ping()), (70, Beat::Lost)];
        assert_eq!(life(&mut heart, now, &[], 100), pings);
        let mut heart = new(options(20, 0, Some(50)));
        let pings = [20, 40, 60, 80, 100].map(|at| (at, ping()));
        assert_eq!(life(&mut heart, now, &[65], 110)[..5], pings, "any sign will do");
        let mut heart = new(options(20, 0, Some(0)));
        assert_eq!(life(&mut heart, now, &[], 200).len(), 10, "a timeout of zero is none");
    }

    #[test]
    fn a_peer_that_does_not_read_is_not_blamed_for_pings_that_it_cannot_see() {
        let now = Instant::now();
        let mut heart = Heart::new(&options(20, 0, None), Version::V3_1, now).unwrap();
        assert!((0..1000).all(|at| heart.beat(false, now + ms(at)) == Beat::Rest));
        assert_eq!(heart.beat(true, now + ms(1000)), Beat::Ping(0));
    }

    #[test]
    fn the_time_to_live_is_told_in_tenths_of_a_second() {
        let now = Instant::now();
        for (ttl, told) in [(0, 0), (99, 0), (100, 1), (1999, 19), (655_300, 6553), (10_000_000, 65_535)] {
            let mut heart = Heart::new(&options(10, ttl, None), Version::V3_1, now).unwrap();
            assert_eq!(heart.beat(true, now + ms(10)), Beat::Ping(told));
        }
    }

    #[test]
    fn the_time_to_live_of_the_peer_is_obeyed() {
        let now = Instant::now();
        let mut heart = Heart::without_pings(now);
        assert_eq!(heart.deadline(), None);
        heart.obey(3, now);
        assert_eq!(life(&mut heart, now, &[250, 400], 2000), [(700, Beat::Lost)]);
        let mut heart = Heart::without_pings(now);
        heart.obey(3, now);
        heart.obey(0, now);
        assert_eq!(life(&mut heart, now, &[], 2000), [], "taken back");
        let mut heart = Heart::new(&options(200, 0, Some(0)), Version::V3_1, now).unwrap();
        heart.obey(5, now);
        let seen = life(&mut heart, now, &[300], 2000);
        assert_eq!(seen.last(), Some(&(800, Beat::Lost)), "beside our own pings");
    }

    #[test]
    fn only_those_who_know_them_are_sent_pings() {
        let now = Instant::now();
        for version in [Version::V1_0, Version::V2_0, Version::V3_0] {
            assert!(Heart::new(&options(10, 0, None), version, now).is_none());
        }
        assert!(Heart::new(&options(0, 100, Some(10)), Version::V3_1, now).is_none());
        let far = Heartbeat { interval: Duration::MAX, ..Heartbeat::default() };
        let mut heart = Heart::new(&far, Version::V3_1, now).unwrap();
        assert_eq!((heart.deadline(), heart.beat(true, now)), (None, Beat::Rest));
    }
}
