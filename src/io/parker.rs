//! How one application thread sleeps until another thread has something for it.
#![forbid(unsafe_code)]

use super::futex::Futex;
use super::sys_wait::{self, EventFd, PollFd, SignalMask, Waited};
use crate::sync::{Mutex, Ordering};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Nobody sleeps and nothing is to be told.
const AWAKE: u32 = 0;
/// The thread sleeps on the futex.
const PARKED: u32 = 1;
/// The thread sleeps in `poll`, with the eventfd among its descriptors.
const POLLING: u32 = 2;
/// The thread was told to look.
const TOLD: u32 = 3;

/// The sleeping place of one thread. What another thread tells it before it sleeps is not lost.
pub(crate) struct Parker {
    state: Futex,
    /// What ends the thread's sleep in `poll`.
    event: Mutex<Option<Arc<EventFd>>>,
}

thread_local! {
    static MINE: Arc<Parker> = Arc::new(Parker::new());
}

/// The calling thread's parker.
pub(crate) fn mine() -> Arc<Parker> {
    // A thread that is ending has lost its own: any will do.
    MINE.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Parker::new()))
}

impl Parker {
    pub(crate) fn new() -> Parker {
        Parker { state: Futex::new(AWAKE), event: Mutex::new(None) }
    }

    /// Forgets what the thread was told so far, which else would end its next sleep: by the thread itself, which looks for
    /// it after this and before it sleeps. (What it reads by itself it tells itself, too.)
    pub(crate) fn forget(&self) {
        self.state.swap(AWAKE, Ordering::AcqRel);
    }

    /// Sleeps until told to look, or the deadline.
    pub(crate) fn park(&self, deadline: Option<Instant>) -> Waited {
        if self.state.compare_exchange(AWAKE, PARKED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            loop {
                let waited = self.state.wait(PARKED, deadline);
                if self.state.load(Ordering::Acquire) == TOLD {
                    break;
                }
                if waited != Waited::Look {
                    return self.finish(waited);
                }
            }
        }
        self.finish(Waited::Look)
    }

    /// Sleeps until told to look, something happens on one of the descriptors, or the deadline. `event` is what the
    /// thread is told by, its own for now; it is put among the descriptors, in the last place.
    pub(crate) fn poll(
        &self,
        fds: &mut [PollFd],
        event: &Arc<EventFd>,
        deadline: Option<Instant>,
        signals: Option<&SignalMask>,
    ) -> io::Result<Waited> {
        if let Some(last) = fds.last_mut() {
            *last = PollFd::new(event.raw_fd(), true, false, false);
        }
        *self.event.lock() = Some(event.clone());
        if self.state.compare_exchange(AWAKE, POLLING, Ordering::AcqRel, Ordering::Acquire).is_err() {
            *self.event.lock() = None;
            return Ok(self.finish(Waited::Look));
        }
        let result = sys_wait::poll(fds, deadline, signals);
        // What comes after this, or was not seen, only makes the next poll look once more.
        if fds.last().is_some_and(PollFd::is_readable) {
            event.clear();
        }
        *self.event.lock() = None;
        let waited = self.finish(*result.as_ref().unwrap_or(&Waited::Look));
        result.map(|_| waited)
    }

    /// Tells the thread to look.
    pub(crate) fn unpark(&self) {
        match self.state.swap(TOLD, Ordering::AcqRel) {
            PARKED => self.state.wake(),
            POLLING => {
                if let Some(event) = &*self.event.lock() {
                    event.signal();
                }
            }
            _ => {}
        }
    }

    fn finish(&self, waited: Waited) -> Waited {
        // Who was told to look looks, whatever else ended the wait.
        if self.state.swap(AWAKE, Ordering::AcqRel) == TOLD { Waited::Look } else { waited }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    #[test]
    fn what_is_told_before_the_sleep_ends_it() {
        let parker = Parker::new();
        parker.unpark();
        parker.unpark();
        assert_eq!(parker.park(None), Waited::Look);
        parker.unpark();
        parker.forget();
        assert_eq!(parker.park(Some(Instant::now() + Duration::from_millis(5))), Waited::TimedOut);
        let mut fds = [PollFd::new(-1, true, true, false)];
        let event = Arc::new(EventFd::new().unwrap());
        parker.unpark();
        assert_eq!(parker.poll(&mut fds, &event, None, None).unwrap(), Waited::Look);
        let soon = Some(Instant::now() + Duration::from_millis(5));
        assert_eq!(parker.poll(&mut fds, &event, soon, None).unwrap(), Waited::TimedOut);
    }

    #[test]
    fn another_thread_ends_the_sleep() {
        for with_fds in [false, true] {
            let parker = Arc::new(Parker::new());
            let (theirs, woken) = (parker.clone(), Arc::new(AtomicU32::new(0)));
            let seen = woken.clone();
            let thread = std::thread::spawn(move || {
                let event = Arc::new(EventFd::new().unwrap());
                for turn in 1..=1000 {
                    while seen.load(Ordering::Acquire) != turn {
                        let mut fds = [PollFd::new(-1, true, true, false)];
                        if with_fds {
                            theirs.poll(&mut fds, &event, None, None).unwrap()
                        } else {
                            theirs.park(None)
                        };
                    }
                    seen.store(0, Ordering::Release);
                }
            });
            for turn in 1..=1000 {
                while woken.load(Ordering::Acquire) != 0 {
                    std::thread::yield_now();
                }
                woken.store(turn, Ordering::Release);
                parker.unpark();
            }
            thread.join().unwrap();
        }
    }
}
