//! Waiting for several sockets and descriptors: zmq_poll and zmq_ppoll.

use crate::abi::*;
use crate::errno::{BAD_ADDRESS, count};
use crate::socket::socket;
use oxmq::poll::{Interest, PollItem, PollOn, SignalMask, poll_with_signals};
use oxmq::{Error, Result};
use std::ffi::{c_int, c_long, c_short, c_void};
use std::time::Duration;

/// Waits until one of nitems sockets and descriptors is ready for what its events say, and writes what each is
/// ready for to its revents. timeout is in milliseconds: 0 for not to wait, -1 for without end.
///
/// Returns the number of items with revents, 0 when the time has passed; or -1 and errno.
///
/// # Errors
/// ETERM: the context of one of the sockets was terminated.
/// EFAULT: items is NULL, and nitems is not 0.
/// EINVAL: nitems is negative.
/// ENOTSOCK: one of the sockets is not an open one.
/// EINTR: a signal came before anything was ready.
///
/// # Safety
/// items is NULL or points to nitems items that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poll(items: *mut zmq_pollitem_t, nitems: c_int, timeout: c_long) -> c_int {
    // SAFETY: the caller's promise.
    count(|| poll(unsafe { items_at(items, nitems) }?, timeout, None))
}

/// As zmq_poll; and while it waits, the signals held back are those of sigmask, a sigset_t, rather than those of
/// the thread. With NULL, it is zmq_poll.
///
/// Returns the number of items with revents, 0 when the time has passed; or -1 and errno.
///
/// # Errors
/// As zmq_poll.
///
/// # Safety
/// items is NULL or points to nitems items that no other thread uses; sigmask is NULL or points to a sigset_t.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ppoll(
    items: *mut zmq_pollitem_t,
    nitems: c_int,
    timeout: c_long,
    sigmask: *const c_void,
) -> c_int {
    count(|| {
        // SAFETY: the caller's promise.
        let items = unsafe { items_at(items, nitems) }?;
        // SAFETY: when it is not NULL, it is a set of signals.
        let signals = unsafe { sigmask.cast::<libc::sigset_t>().as_ref() };
        poll(items, timeout, signals.map(|set| SignalMask::from_raw(*set)))
    })
}

/// # Safety
/// `items` is NULL or points to `nitems` items that nobody else uses for `'a`.
unsafe fn items_at<'a>(items: *mut zmq_pollitem_t, nitems: c_int) -> Result<&'a mut [zmq_pollitem_t]> {
    match usize::try_from(nitems) {
        Err(_) => Err(Error::InvalidArgument),
        Ok(0) => Ok(&mut []),
        Ok(_) if items.is_null() || !items.is_aligned() => Err(BAD_ADDRESS),
        // SAFETY: the caller's promise; it is not NULL, and aligned.
        Ok(nitems) => Ok(unsafe { std::slice::from_raw_parts_mut(items, nitems) }),
    }
}

fn poll(items: &mut [zmq_pollitem_t], timeout: c_long, signals: Option<SignalMask>) -> Result<c_int> {
    let timeout = u64::try_from(timeout).ok().map(Duration::from_millis);
    let mut asked = Vec::new();
    asked.try_reserve_exact(items.len()).map_err(|_| Error::OutOfMemory)?;
    asked.extend(items.iter().map(question));
    let ready = poll_with_signals(&mut asked, timeout, signals.as_ref())?;
    for (item, answer) in items.iter_mut().zip(&asked) {
        item.revents = events(answer.got);
    }
    // There were no more of them than an int can count.
    Ok(c_int::try_from(ready).unwrap_or(c_int::MAX))
}

fn question(item: &zmq_pollitem_t) -> PollItem {
    let on = if item.socket.is_null() { PollOn::Fd(item.fd) } else { PollOn::Socket(socket(item.socket)) };
    PollItem { on, want: interest(item.events), got: interest(0) }
}

/// What events stand for.
pub(crate) fn interest(events: c_short) -> Interest {
    Interest {
        readable: events & ZMQ_POLLIN != 0,
        writable: events & ZMQ_POLLOUT != 0,
        urgent: events & ZMQ_POLLPRI != 0,
        error: events & ZMQ_POLLERR != 0,
    }
}

/// What was found, as events.
pub(crate) fn events(found: Interest) -> c_short {
    let bit = |set: bool, event: c_short| if set { event } else { 0 };
    bit(found.readable, ZMQ_POLLIN)
        | bit(found.writable, ZMQ_POLLOUT)
        | bit(found.urgent, ZMQ_POLLPRI)
        | bit(found.error, ZMQ_POLLERR)
}
