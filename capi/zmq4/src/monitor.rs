//! Monitors: what happens to a socket's connections, told as messages, and questions about single peers.

#[cfg(drafts)]
use crate::abi::{ZMQ_POLLIN, ZMQ_POLLOUT};
use crate::errno::{count, status};
#[cfg(drafts)]
use crate::message::bytes;
use crate::socket::{socket, text};
use oxmq::{Error, Result, SocketType};
use std::ffi::{c_char, c_int, c_void};

/// Has a socket tell of what happens to its connections: of the events asked for, each as a message of two parts,
/// from a PAIR socket that is bound to addr, an inproc endpoint. The first part is the event's number, in 16 bits, and
/// its value, in 32; the second the endpoint. A monitor that was there before is stopped; with addr NULL that is all.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the endpoint is not well formed, or there are no such events.
/// EPROTONOSUPPORT: it is not an inproc endpoint.
/// EADDRINUSE: the endpoint is in use.
/// EMFILE: too many sockets are open.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor(s: *mut c_void, addr: *const c_char, events: c_int) -> c_int {
    // SAFETY: the caller's promise.
    status(|| unsafe { monitor(s, addr, events as u64, 1, SocketType::Pair as c_int) })
}

/// As zmq_socket_monitor, with a choice of the format and of the type of the monitor's socket: ZMQ_PAIR, ZMQ_PUB or
/// ZMQ_PUSH. In version 2 the parts are the event's number, the number of values, each value, in 64 bits each, and the
/// local and the remote endpoint.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: also when there is no such version, or the type is none of these.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor_versioned(
    s: *mut c_void,
    addr: *const c_char,
    events: u64,
    event_version: c_int,
    r#type: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    status(|| unsafe { monitor(s, addr, events, event_version, r#type) })
}

/// Has a socket's monitor tell, for each of its connections, how many messages wait to be sent and to be received:
/// ZMQ_EVENT_PIPES_STATS.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no monitor was asked for this event.
/// EAGAIN: there is no connection.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_socket_monitor_pipes_stats(s: *mut c_void) -> c_int {
    status(|| socket(s).monitor_pipes())
}

/// Says what can be done at once with the peer of a ROUTER that has this routing id: ZMQ_POLLOUT if there is room for
/// a message to it, ZMQ_POLLIN if it has sent one that is not received yet.
///
/// Returns these, or 0; or -1 and errno.
///
/// # Errors
/// EHOSTUNREACH: there is no such peer.
/// ENOTSUP: the socket's type has no routing ids.
/// EINVAL: routing_id is NULL.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
///
/// # Safety
/// routing_id is NULL or points to routing_id_size bytes.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_get_peer_state(
    socket: *mut c_void,
    routing_id: *const c_void,
    routing_id_size: usize,
) -> c_int {
    count(|| {
        // SAFETY: the caller's promise.
        let routing_id = unsafe { bytes(routing_id, routing_id_size) }.map_err(|_| Error::InvalidArgument)?;
        let events = self::socket(socket).peer_state(routing_id)?;
        let of = |is: bool, flag| if is { c_int::from(flag) } else { 0 };
        Ok(of(events.readable, ZMQ_POLLIN) | of(events.writable, ZMQ_POLLOUT))
    })
}

/// # Safety
/// `addr` is NULL or a string that ends with a NUL.
unsafe fn monitor(
    s: *mut c_void,
    addr: *const c_char,
    events: u64,
    version: c_int,
    kind: c_int,
) -> Result<()> {
    let socket = socket(s);
    if addr.is_null() {
        return socket.monitor(None, 0, 1, SocketType::Pair);
    }
    socket.kind()?;
    let version = u8::try_from(version).map_err(|_| Error::InvalidArgument)?;
    let kind = SocketType::from_number(kind).ok_or(Error::InvalidArgument)?;
    // SAFETY: the caller's promise.
    let endpoint = unsafe { text(addr) }?;
    socket.monitor(Some(endpoint), events, version, kind)
}
