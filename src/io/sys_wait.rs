//! The system calls that a thread sleeps in: futex, poll and eventfd.
//!
//! A signal handler that runs meanwhile ends each of the waits with `Interrupted`, whether or not it was
//! installed with SA_RESTART: the documentation promises EINTR to the application.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

/// How long a wait "for ever" lasts before it is begun again. A futex wait without any timeout would be
/// restarted by the kernel behind a handler with SA_RESTART, instead of being interrupted.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Something happened, or nothing did: the caller looks again.
    Look,
    /// The deadline has passed.
    TimedOut,
    /// A signal was handled.
    Interrupted,
}

fn timespec_until(deadline: Option<Instant>) -> (libc::timespec, bool) {
    let left = deadline.map_or(WAIT_MAX, |at| at.saturating_duration_since(Instant::now()));
    let (left, whole) = if left > WAIT_MAX { (WAIT_MAX, false) } else { (left, deadline.is_some()) };
    let spec = libc::timespec { tv_sec: left.as_secs() as libc::time_t, tv_nsec: left.subsec_nanos() as _ };
    (spec, whole)
}

/// Sleeps while `word` has the value `expected`.
#[cfg_attr(loom, allow(dead_code, reason = "loom has its own"))]
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> Waited {
    let (timeout, whole) = timespec_until(deadline);
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: `word` and `timeout` outlive the call; the kernel only reads them.
    let result =
        unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, expected, &raw const timeout) };
    if result == 0 {
        return Waited::Look;
    }
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EINTR) => Waited::Interrupted,
        Some(libc::ETIMEDOUT) if whole => Waited::TimedOut,
        _ => Waited::Look,
    }
}

/// Wakes one thread that sleeps on `word`.
#[cfg_attr(loom, allow(dead_code, reason = "loom has its own"))]
pub(crate) fn futex_wake(word: &AtomicU32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the address is only used as a key; no memory is written.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, 1) };
}

/// Asks the system for [`barrier`]. Takes some milliseconds where the process has threads. False: it has none.
pub(crate) fn register_barrier() -> bool {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
}

/// Has every other thread of the process that is running execute a full fence. False: it was not asked for, or is
/// not to be had.
pub(crate) fn barrier() -> bool {
    membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: no memory is touched; it is ordered.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// What is asked of, and known about, one descriptor in [`poll`]. The layout is the kernel's.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct PollFd(libc::pollfd);

impl PollFd {
    /// Asks about `fd`; a negative one is ignored, as the kernel ignores it.
    pub(crate) fn new(fd: RawFd, readable: bool, writable: bool, urgent: bool) -> PollFd {
        let mut events = 0;
        if readable {
            events |= libc::POLLIN;
        }
        if writable {
            events |= libc::POLLOUT;
        }
        if urgent {
            events |= libc::POLLPRI;
        }
        PollFd(libc::pollfd { fd, events, revents: 0 })
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.0.revents & libc::POLLIN != 0
    }

    #[cfg(all(test, loom))]
    pub(crate) fn raw_fd(&self) -> RawFd {
        self.0.fd
    }

    #[cfg(all(test, loom))]
    pub(crate) fn set_readable(&mut self, readable: bool) {
        self.0.revents = if readable { libc::POLLIN } else { 0 };
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.0.revents & libc::POLLOUT != 0
    }

    pub(crate) fn is_urgent(&self) -> bool {
        self.0.revents & libc::POLLPRI != 0
    }

    /// An error, a hang-up, or not a descriptor at all.
    pub(crate) fn is_exceptional(&self) -> bool {
        self.0.revents & !(libc::POLLIN | libc::POLLOUT | libc::POLLPRI) != 0
    }
}

/// The signals that are held back while a thread waits, in place of those that it holds back otherwise.
#[derive(Clone, Copy)]
pub struct SignalMask(libc::sigset_t);

impl SignalMask {
    /// The mask that the system knows as this set.
    pub fn from_raw(set: libc::sigset_t) -> SignalMask {
        SignalMask(set)
    }
}

#[cfg(all(test, loom))]
pub(crate) use super::model::{EventFd, poll};

/// Looks whether something has happened on the descriptors; waits for nothing.
pub(crate) fn look(fds: &mut [PollFd]) -> io::Result<()> {
    let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: PollFd has the layout of pollfd; the slice and the time outlive the call; no signal mask is given.
    let result = unsafe {
        libc::ppoll(fds.as_mut_ptr().cast(), fds.len() as libc::nfds_t, &raw const never, std::ptr::null())
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Waits until something happens on one of the descriptors.
#[cfg(not(all(test, loom)))]
pub(crate) fn poll(
    fds: &mut [PollFd],
    deadline: Option<Instant>,
    signals: Option<&SignalMask>,
) -> io::Result<Waited> {
    let (timeout, whole) = timespec_until(deadline);
    let signals = signals.map_or(std::ptr::null(), |mask| &raw const mask.0);
    // SAFETY: PollFd has the layout of pollfd; the slice, the timeout and the mask outlive the call; a null mask
    // leaves the signal mask alone.
    let result = unsafe {
        libc::ppoll(fds.as_mut_ptr().cast(), fds.len() as libc::nfds_t, &raw const timeout, signals)
    };
    match result {
        0 if whole => Ok(Waited::TimedOut),
        0.. => Ok(Waited::Look),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(Waited::Interrupted),
            error => Err(error),
        },
    }
}

/// A descriptor that is readable once it was signalled.
#[cfg(not(all(test, loom)))]
pub(crate) struct EventFd(OwnedFd);

#[cfg(not(all(test, loom)))]
impl EventFd {
    pub(crate) fn new() -> io::Result<EventFd> {
        // SAFETY: no pointers are involved; the descriptor returned is new and ours.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        Ok(EventFd(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Its number.
    pub(crate) fn raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Makes it readable.
    pub(crate) fn signal(&self) {
        let one = 1u64;
        // SAFETY: eight bytes are read from `one`. It fails only when the counter is full, and then the
        // descriptor is readable anyway.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Makes it unreadable again.
    pub(crate) fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight bytes are written to `count`. It fails only when it is not readable.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) };
    }
}

/// A descriptor that becomes readable once after a time that is set.
pub(crate) struct TimerFd(OwnedFd);

impl TimerFd {
    pub(crate) fn new() -> io::Result<TimerFd> {
        let flags = libc::TFD_NONBLOCK | libc::TFD_CLOEXEC;
        // SAFETY: no pointers are involved; the descriptor returned is new and ours.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        Ok(TimerFd(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Makes it readable after this time; `None`: not at all.
    pub(crate) fn set(&self, time: Option<Duration>) {
        let time = time.unwrap_or_default();
        let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let spec = libc::itimerspec {
            it_interval: never,
            it_value: libc::timespec {
                tv_sec: time.as_secs() as libc::time_t,
                tv_nsec: time.subsec_nanos() as _,
            },
        };
        // SAFETY: `spec` outlives the call, which only reads it. It cannot fail with a valid time.
        unsafe { libc::timerfd_settime(self.0.as_raw_fd(), 0, &raw const spec, std::ptr::null_mut()) };
    }

    /// Makes it unreadable again.
    pub(crate) fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight bytes are written to `count`. It fails only when it is not readable.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) };
    }
}

impl AsFd for TimerFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(all(test, not(loom), not(miri)))]
mod tests {
    use super::*;

    extern "C" fn nothing(_: libc::c_int) {}

    /// Holds SIGUSR1 back in this thread, where it does nothing. Gives the mask that lets it through.
    fn hold_back() -> SignalMask {
        // SAFETY: the sets are initialised before they are read, and the handler does nothing.
        unsafe {
            let mut set = std::mem::zeroed::<libc::sigset_t>();
            let mut before = std::mem::zeroed::<libc::sigset_t>();
            libc::signal(libc::SIGUSR1, nothing as *const () as libc::sighandler_t);
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, libc::SIGUSR1);
            assert_eq!(libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut before), 0);
            SignalMask::from_raw(before)
        }
    }

    #[test]
    fn a_signal_that_was_held_back_ends_a_wait_that_does_not() {
        let open = hold_back();
        let soon = || Some(Instant::now() + Duration::from_millis(1));
        for mut fds in [vec![], vec![PollFd::new(-1, true, true, true)]] {
            // SAFETY: the signal goes to this thread, which handles it.
            assert_eq!(unsafe { libc::pthread_kill(libc::pthread_self(), libc::SIGUSR1) }, 0);
            assert_eq!(poll(&mut fds, soon(), None).unwrap(), Waited::TimedOut);
            assert_eq!(poll(&mut fds, None, Some(&open)).unwrap(), Waited::Interrupted);
            assert_eq!(poll(&mut fds, soon(), Some(&open)).unwrap(), Waited::TimedOut);
        }
    }
}
