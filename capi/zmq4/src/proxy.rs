//! Passing on messages between two sockets: zmq_proxy, zmq_proxy_steerable, zmq_device.

use crate::errno::{BAD_ADDRESS, status};
use crate::socket::socket;
use oxmq::{Result, SocketHandle};
use std::ffi::{c_int, c_void};

/// Passes on messages between two sockets, both ways, until there is an error. What is passed on is sent to
/// capture as well, unless that is NULL.
///
/// Returns -1 and errno.
///
/// # Errors
/// ETERM: the context was terminated.
/// EFAULT: one of the two is NULL.
/// ENOTSOCK: one of them is not an open socket.
/// EINTR: a signal came while there was nothing to pass on.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_proxy(frontend: *mut c_void, backend: *mut c_void, capture: *mut c_void) -> c_int {
    status(|| proxy(frontend, backend, capture))
}

/// As zmq_proxy, and obeys the messages that come from the socket control, unless that is NULL: "PAUSE", "RESUME",
/// "TERMINATE", and "STATISTICS", which is answered with eight parts, each a uint64_t: messages and bytes received
/// from the frontend, messages and bytes sent to it; and the same of the backend. A REP gets an empty answer to
/// everything else.
///
/// Returns 0 after "TERMINATE"; or -1 and errno.
///
/// # Errors
/// As zmq_proxy.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_proxy_steerable(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
    control: *mut c_void,
) -> c_int {
    status(|| match given(control) {
        None => proxy(frontend, backend, capture),
        Some(control) => {
            let (front, back) = ends(frontend, backend)?;
            oxmq::proxy_steerable(front, back, given(capture), control)
        }
    })
}

/// The older way to have a proxy. The type is not looked at.
///
/// Returns -1 and errno, as zmq_proxy.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_device(_type: c_int, frontend: *mut c_void, backend: *mut c_void) -> c_int {
    status(|| proxy(frontend, backend, std::ptr::null_mut()))
}

fn proxy(frontend: *mut c_void, backend: *mut c_void, capture: *mut c_void) -> Result<()> {
    let (front, back) = ends(frontend, backend)?;
    match oxmq::proxy(front, back, given(capture)) {
        Ok(never) => match never {},
        Err(error) => Err(error),
    }
}

fn ends(frontend: *mut c_void, backend: *mut c_void) -> Result<(SocketHandle, SocketHandle)> {
    given(frontend).zip(given(backend)).ok_or(BAD_ADDRESS)
}

fn given(s: *mut c_void) -> Option<SocketHandle> {
    (!s.is_null()).then(|| socket(s))
}
