//! Groups of a DISH, and single peers of a PEER or SERVER: parts of the draft API.

use crate::errno::{BAD_ADDRESS, outcome, status};
use crate::socket::{socket, text, with_text};
use oxmq::{Result, SocketHandle};
use std::ffi::{CStr, c_char, c_int, c_void};

/// Has a DISH receive what is sent to a group.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the socket has joined the group already, or its name is longer than ZMQ_GROUP_MAX_LENGTH.
/// ENOTSUP: the socket is not a DISH.
/// EFAULT: group is NULL.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
///
/// # Safety
/// group is NULL or a string that ends with a NUL.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_join(s: *mut c_void, group: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    status(|| unsafe { with_group(s, group, SocketHandle::join) })
}

/// Undoes zmq_join.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the socket has not joined the group.
/// ENOTSUP: the socket is not a DISH.
/// EFAULT: group is NULL.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
///
/// # Safety
/// group is NULL or a string that ends with a NUL.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_leave(s: *mut c_void, group: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    status(|| unsafe { with_group(s, group, SocketHandle::leave) })
}

/// # Safety
/// `group` is NULL or a string that ends with a NUL.
unsafe fn with_group(
    s: *mut c_void,
    group: *const c_char,
    verb: fn(SocketHandle, &[u8]) -> Result<()>,
) -> Result<()> {
    if group.is_null() {
        return socket(s).kind().and(Err(BAD_ADDRESS));
    }
    // SAFETY: the caller's promise.
    verb(socket(s), unsafe { CStr::from_ptr(group) }.to_bytes())
}

/// As zmq_connect, for a PEER: and says by which routing id messages go there.
///
/// Returns the routing id; or 0 and errno.
///
/// # Errors
/// ENOTSUP: the socket is not a PEER.
/// As zmq_connect.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect_peer(s: *mut c_void, addr: *const c_char) -> u32 {
    // SAFETY: the caller's promise.
    outcome(with_text(s, unsafe { text(addr) }, SocketHandle::connect_peer), 0)
}

/// Ends the connection to the peer of a PEER or SERVER that has this routing id.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EHOSTUNREACH: there is no such peer.
/// ENOTSUP: the socket is neither a PEER nor a SERVER.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_disconnect_peer(s: *mut c_void, routing_id: u32) -> c_int {
    status(|| socket(s).disconnect_peer(routing_id))
}
