//! The part of the kernel that threads sleep in, for loom: descriptors that are readable or not, and `poll`.
#![forbid(unsafe_code)]

use super::sys_wait::{PollFd, SignalMask, Waited};
use loom::sync::{Condvar, Mutex};
use std::collections::BTreeSet;
use std::io;
use std::os::fd::RawFd;
use std::time::Instant;

loom::lazy_static! {
    static ref KERNEL: Kernel = Kernel { state: Mutex::new(State::default()), changed: Condvar::new() };
}

struct Kernel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    made: RawFd,
    readable: BTreeSet<RawFd>,
    /// What threads poll now.
    polled: Vec<RawFd>,
}

/// A descriptor. It must not be closed under a thread that polls it.
pub(crate) struct ModelFd(RawFd);

impl ModelFd {
    pub(crate) fn new() -> ModelFd {
        let mut state = KERNEL.state.lock().unwrap();
        state.made += 1;
        ModelFd(state.made)
    }

    pub(crate) fn raw_fd(&self) -> RawFd {
        self.0
    }

    pub(crate) fn set_readable(&self, readable: bool) {
        let mut state = KERNEL.state.lock().unwrap();
        if !readable {
            state.readable.remove(&self.0);
        } else if state.readable.insert(self.0) {
            KERNEL.changed.notify_all();
        }
    }
}

impl Drop for ModelFd {
    fn drop(&mut self) {
        if let Ok(state) = KERNEL.state.lock() {
            assert!(!state.polled.contains(&self.0), "it is closed under a thread that polls it");
        }
    }
}

/// As the real one.
pub(crate) struct EventFd(ModelFd);

impl EventFd {
    pub(crate) fn new() -> io::Result<EventFd> {
        Ok(EventFd(ModelFd::new()))
    }

    pub(crate) fn signal(&self) {
        self.0.set_readable(true);
    }

    pub(crate) fn clear(&self) {
        self.0.set_readable(false);
    }

    pub(crate) fn raw_fd(&self) -> RawFd {
        self.0.raw_fd()
    }
}

/// Waits until something can be read from one of the descriptors. Deadlines and signals are not modelled.
pub(crate) fn poll(fds: &mut [PollFd], _: Option<Instant>, _: Option<&SignalMask>) -> io::Result<Waited> {
    let mut state = KERNEL.state.lock().unwrap();
    state.polled.extend(fds.iter().map(PollFd::raw_fd));
    while !fds.iter().any(|fd| state.readable.contains(&fd.raw_fd())) {
        state = KERNEL.changed.wait(state).unwrap();
    }
    for fd in fds {
        fd.set_readable(state.readable.contains(&fd.raw_fd()));
        let at = state.polled.iter().position(|polled| *polled == fd.raw_fd());
        at.map(|at| state.polled.swap_remove(at));
    }
    Ok(Waited::Look)
}
