//! Errors as C has them: the engine's as errno, and errno as text.

use crate::abi::{EFSM, EMTHREAD, ENOCOMPATPROTO, ETERM};
use oxmq::{Error, Result};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// Runs the body of an entry point that gives 0, or -1 and errno.
#[inline]
pub(crate) fn status(body: impl FnOnce() -> Result<()>) -> c_int {
    count(|| body().map(|()| 0))
}

/// Runs the body of an entry point that gives a number, or -1 and errno.
#[inline]
pub(crate) fn count(body: impl FnOnce() -> Result<c_int>) -> c_int {
    outcome(body(), -1)
}

/// What a call gives; or what says that it failed, and errno.
#[inline]
pub(crate) fn outcome<T>(result: Result<T>, failed: T) -> T {
    result.unwrap_or_else(|error| {
        set_errno(code_of(error));
        failed
    })
}

/// Runs the body of an entry point that gives a handle, or NULL and errno.
#[inline]
pub(crate) fn handle(body: impl FnOnce() -> Result<usize>) -> *mut c_void {
    // A handle is a number in a pointer's clothes: it comes from no object and leads to none.
    pointer(|| body().map(ptr::without_provenance_mut))
}

/// Runs the body of an entry point that gives a pointer, or NULL and errno.
#[inline]
pub(crate) fn pointer(body: impl FnOnce() -> Result<*mut c_void>) -> *mut c_void {
    outcome(body(), ptr::null_mut())
}

/// A message or an address that is not one: EFAULT.
pub(crate) const BAD_ADDRESS: Error = Error::Os(libc::EFAULT);

#[cold]
fn code_of(error: Error) -> c_int {
    match error {
        Error::WouldBlock => libc::EAGAIN,
        Error::Interrupted => libc::EINTR,
        Error::Terminated => ETERM,
        Error::NotSupported => libc::ENOTSUP,
        Error::WrongState => EFSM,
        Error::InvalidArgument => libc::EINVAL,
        Error::NoSuchEndpoint => libc::ENOENT,
        Error::NotASocket => libc::ENOTSOCK,
        Error::NotAContext => libc::EFAULT,
        Error::UnknownTransport => libc::EPROTONOSUPPORT,
        Error::IncompatibleTransport => ENOCOMPATPROTO,
        Error::AddressInUse => libc::EADDRINUSE,
        Error::AddressNotAvailable => libc::EADDRNOTAVAIL,
        Error::NoSuchDevice => libc::ENODEV,
        Error::NoIoThread => EMTHREAD,
        Error::TooManyOpen => libc::EMFILE,
        Error::OutOfMemory => libc::ENOMEM,
        Error::Unroutable => libc::EHOSTUNREACH,
        Error::NameInUse => libc::EADDRINUSE,
        Error::Os(code) => code,
    }
}

pub(crate) fn set_errno(code: c_int) {
    // SAFETY: the C library gives each thread an errno that stays where it is.
    unsafe { *libc::__errno_location() = code };
}

/// Gives the calling thread's errno, for programs whose C library is not the one this library uses.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_errno() -> c_int {
    // SAFETY: as in `set_errno`.
    unsafe { *libc::__errno_location() }
}

/// Gives a text for an error code: one of the library's own, or one of the system's.
/// The text is never NULL, and must not be changed or freed. A later call may replace it.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_strerror(errnum: c_int) -> *const c_char {
    own_text(errnum).map_or_else(
        // SAFETY: strerror takes any number.
        || unsafe { libc::strerror(errnum) }.cast_const(),
        CStr::as_ptr,
    )
}

fn own_text(code: c_int) -> Option<&'static CStr> {
    Some(match code {
        EFSM => c"The socket is not in a state that allows this operation",
        ENOCOMPATPROTO => c"The endpoint's transport does not go with this socket type",
        ETERM => c"The context was terminated",
        EMTHREAD => c"The context has no I/O thread for this",
        // It is a peer that is not there, rather than a route.
        libc::EHOSTUNREACH => c"Host unreachable",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_sets_errno_and_success_leaves_it() {
        set_errno(7);
        assert_eq!(status(|| Ok(())), 0);
        assert_eq!(zmq_errno(), 7);
        assert_eq!(status(|| Err(Error::WrongState)), -1);
        assert_eq!(zmq_errno(), EFSM);
        assert!(handle(|| Err(Error::Os(libc::ENOENT))).is_null());
        assert_eq!(zmq_errno(), libc::ENOENT);
    }

    #[test]
    fn every_code_has_a_text() {
        for code in [0, EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD, libc::EAGAIN, -1, c_int::MAX] {
            // SAFETY: the text ends with a NUL and stays until the next call.
            let text = unsafe { CStr::from_ptr(zmq_strerror(code)) };
            assert!(!text.is_empty(), "{code}");
        }
    }
}
