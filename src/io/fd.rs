//! Descriptors of connections and listeners, known to the library so that a forked child lets go of them.
//!
//! A child that was forked and does not start another program has copies of all the parent's descriptors.
//! It cannot use them, for the I/O threads are not forked; but as long as it lives, a peer would not see
//! that the parent has closed its connection. So the child closes them, in the moment of the fork.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Descriptors that can be known: one bit each. Higher ones stay open in the child.
const KNOWN_MAX: usize = 1 << 20;

/// Which descriptors are open and ours.
static KNOWN: [AtomicU64; KNOWN_MAX / 64] = [const { AtomicU64::new(0) }; KNOWN_MAX / 64];

/// How many forks lie between this process and the one in which the library was loaded.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// A descriptor of a connection or listener.
pub(crate) struct Fd(OwnedFd);

/// How many forks lie between this process and the one in which the library was loaded. What was made
/// under another number belongs to the parent.
#[inline]
pub(crate) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Sees to it that a fork is noticed. Once is enough; more often is harmless.
pub(crate) fn watch_forks() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        // SAFETY: the handler has the right signature, is never unloaded before it is unregistered (the
        // system does that with the library), and is async-signal-safe: see there. If the system has no
        // memory to note it, forked children merely keep the descriptors.
        unsafe { libc::pthread_atfork(None, None, Some(forked)) };
    });
}

/// Runs in the child, in its only thread, before fork returns. It touches atomics and calls close only.
extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    for (index, word) in KNOWN.iter().enumerate() {
        let mut bits = word.swap(0, Ordering::Relaxed);
        while bits != 0 {
            let fd = index * 64 + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            // SAFETY: the bit says that the descriptor is one of ours. The `Fd` that owns it is in memory
            // that only the parent's threads would have used: it is never dropped here.
            unsafe { libc::close(fd as RawFd) };
        }
    }
}

fn place(fd: RawFd) -> Option<(&'static AtomicU64, u64)> {
    let fd = usize::try_from(fd).ok()?;
    KNOWN.get(fd / 64).map(|word| (word, 1 << (fd % 64)))
}

/// Whether the descriptor is one of ours.
pub(crate) fn is_known(fd: RawFd) -> bool {
    place(fd).is_some_and(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0)
}

impl Fd {
    /// Takes over a descriptor.
    ///
    /// # Safety
    /// It is open, and nobody else's.
    pub(crate) unsafe fn from_raw(raw: RawFd) -> Fd {
        if let Some((word, bit)) = place(raw) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise.
        Fd(unsafe { OwnedFd::from_raw_fd(raw) })
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // Before it is closed: afterwards the number may be somebody else's.
        if let Some((word, bit)) = place(self.0.as_raw_fd()) {
            word.fetch_and(!bit, Ordering::Relaxed);
        }
    }
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Fd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
