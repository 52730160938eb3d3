//! Contexts: zmq_init, zmq_term, and the library's version.

use crate::abi::{ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH};
use crate::errno::{handle, status};
use oxmq::{ContextHandle, Error};
use std::ffi::{c_int, c_void};

/// Gives the version of the library: 2, 2 and 0. NULL for a number that is not wanted.
///
/// # Safety
/// Each pointer is NULL or points to an int that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major: *mut c_int, minor: *mut c_int, patch: *mut c_int) {
    for (place, number) in
        [(major, ZMQ_VERSION_MAJOR), (minor, ZMQ_VERSION_MINOR), (patch, ZMQ_VERSION_PATCH)]
    {
        if !place.is_null() {
            // SAFETY: not NULL, so the caller lets us write it.
            unsafe { place.write(number) };
        }
    }
}

/// Makes a context, which holds sockets and the threads that do their I/O. One I/O thread serves most programs;
/// none is enough for a program that uses inproc only.
///
/// Returns the context, to be given to zmq_term; or NULL and errno.
///
/// # Errors
/// EINVAL: io_threads is negative.
/// EMFILE, ENOMEM: the system has no thread, descriptor or memory to spare.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_init(io_threads: c_int) -> *mut c_void {
    handle(|| {
        let io_threads = usize::try_from(io_threads).map_err(|_| Error::InvalidArgument)?;
        Ok(ContextHandle::new_context(io_threads)?.into_raw())
    })
}

/// Terminates a context. Calls that wait on its sockets, and all later ones but zmq_close, give ETERM. Returns
/// once every socket is closed and what they sent is delivered or its ZMQ_LINGER has passed.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a context.
/// EINTR: a signal came; call again.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_term(context: *mut c_void) -> c_int {
    status(|| ContextHandle::from_raw(context.addr()).terminate())
}
