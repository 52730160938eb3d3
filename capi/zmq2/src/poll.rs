//! Waiting for several sockets and descriptors (zmq_poll), and passing on between two sockets (zmq_device).

use crate::abi::*;
use crate::errno::{BAD_ADDRESS, count, status};
use crate::socket::socket;
use oxmq::poll::{Interest, PollItem, PollOn};
use oxmq::{Error, Result};
use std::ffi::{c_int, c_long, c_short, c_void};
use std::time::Duration;

/// Waits until one of nitems sockets and descriptors is ready for what its events say, and writes what each is
/// ready for to its revents. timeout is in microseconds: 0 for not to wait, -1 for without end.
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
    count(|| {
        let items = match usize::try_from(nitems) {
            Err(_) => return Err(Error::InvalidArgument),
            Ok(0) => &mut [],
            Ok(_) if items.is_null() || !items.is_aligned() => return Err(BAD_ADDRESS),
            // SAFETY: the caller's promise; it is not NULL, and aligned.
            Ok(nitems) => unsafe { std::slice::from_raw_parts_mut(items, nitems) },
        };
        poll(items, u64::try_from(timeout).ok().map(Duration::from_micros))
    })
}

fn poll(items: &mut [zmq_pollitem_t], timeout: Option<Duration>) -> Result<c_int> {
    let mut asked = Vec::new();
    asked.try_reserve_exact(items.len()).map_err(|_| Error::OutOfMemory)?;
    asked.extend(items.iter().map(question));
    let ready = oxmq::poll::poll(&mut asked, timeout)?;
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

fn interest(events: c_short) -> Interest {
    Interest {
        readable: events & ZMQ_POLLIN != 0,
        writable: events & ZMQ_POLLOUT != 0,
        // There is no flag of its own for what is urgent.
        urgent: events & ZMQ_POLLERR != 0,
        error: false,
    }
}

fn events(interest: Interest) -> c_short {
    let bit = |set: bool, event: c_short| if set { event } else { 0 };
    bit(interest.readable, ZMQ_POLLIN)
        | bit(interest.writable, ZMQ_POLLOUT)
        | bit(interest.error || interest.urgent, ZMQ_POLLERR)
}

/// Passes on messages between two sockets: from insocket to outsocket, and for a queue the replies back. Does so
/// until there is an error.
///
/// Returns -1 and errno.
///
/// # Errors
/// EINVAL: no such device.
/// ENOTSOCK: one of the two is not an open socket.
/// ETERM: the context was terminated.
/// EINTR: a signal came while there was nothing to pass on.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_device(device: c_int, insocket: *mut c_void, outsocket: *mut c_void) -> c_int {
    status(|| match device {
        ZMQ_STREAMER | ZMQ_FORWARDER | ZMQ_QUEUE => {
            match oxmq::proxy(socket(insocket), socket(outsocket), None) {
                Ok(never) => match never {},
                Err(error) => Err(error),
            }
        }
        _ => Err(Error::InvalidArgument),
    })
}
