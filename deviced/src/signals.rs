//! The signals that stop the command, SIGINT and SIGTERM: blocked for every thread, taken by one that waits.

use std::io;
use std::mem::MaybeUninit;

/// The signals that ask the command to stop. While this process has them blocked they stay pending until
/// [`StopSignals::wait`] takes one.
pub struct StopSignals(libc::sigset_t);

impl StopSignals {
    /// Blocks them for this thread and those that it will start. To be called before there are other threads,
    /// since one without the mask would be ended by the signal.
    pub fn block() -> io::Result<StopSignals> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigemptyset writes the whole set through a valid pointer; only then is it read and changed,
        // with signal numbers that exist. A null third argument means that the old mask is not wanted.
        let (set, code) = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), libc::SIGINT);
            libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM);
            let set = set.assume_init();
            (set, libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()))
        };
        if code == 0 { Ok(StopSignals(set)) } else { Err(io::Error::from_raw_os_error(code)) }
    }

    /// Waits for one of them.
    pub fn wait(&self) {
        let mut signal = 0;
        // SAFETY: both pointers are to live values of the types that sigwait reads and writes.
        let code = unsafe { libc::sigwait(&self.0, &mut signal) };
        // EINVAL is the only error there is, for a set with a signal that does not exist
        assert_eq!(code, 0, "sigwait refused a set of valid signals");
    }
}
