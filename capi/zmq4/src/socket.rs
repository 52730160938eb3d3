//! Sockets: made, closed, bound, connected, and the reverse. Options are in option.rs, messages in message.rs.

use crate::context::context;
use crate::errno::{pointer, status};
use crate::handles;
use oxmq::{Error, Options, Result, SocketHandle, SocketType};
use std::ffi::{CStr, c_char, c_int, c_void};

/// The socket that the application means; whether it is one, the engine will say.
#[inline]
pub(crate) fn socket(s: *mut c_void) -> SocketHandle {
    SocketHandle::from_raw(handles::number(s))
}

/// Makes a socket of a type: ZMQ_REQ, say.
///
/// Returns the socket, to be given to zmq_close; or NULL and errno.
///
/// # Errors
/// EINVAL: no such type.
/// EFAULT: not a context.
/// EMFILE: too many sockets are open.
/// ETERM: the context was terminated.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_socket(context: *mut c_void, r#type: c_int) -> *mut c_void {
    pointer(|| {
        let context = self::context(context);
        // These are told before a type that is none.
        context.check_room()?;
        let kind = SocketType::from_number(r#type).ok_or(Error::InvalidArgument)?;
        let socket = context.socket(kind, Options::for_4x())?;
        handles::give(socket.into_raw()).ok_or_else(|| {
            // It was open for nobody.
            let _ = socket.close();
            Error::TooManyOpen
        })
    })
}

/// Closes a socket. What it sent is still delivered, for as long as its ZMQ_LINGER says; what it has not received
/// is dropped.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// ENOTSOCK: not an open socket.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_close(s: *mut c_void) -> c_int {
    status(|| {
        socket(s).close()?;
        handles::closed(s);
        Ok(())
    })
}

/// Accepts connections on an endpoint: "tcp://interface:port", "ipc://path", "inproc://name" or, for some types,
/// "udp://address:port". For tcp, the interface may be * for all, a name or an address, the port * for one that
/// the system chooses (ZMQ_LAST_ENDPOINT tells which).
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the endpoint is not well formed.
/// EPROTONOSUPPORT: the transport is not known.
/// ENOCOMPATPROTO: the transport does not go with the socket's type.
/// EADDRINUSE: the endpoint is in use.
/// EADDRNOTAVAIL: the address is not one of this machine.
/// ENODEV: no such network interface.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EMTHREAD: the context has no I/O thread for this.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_bind(s: *mut c_void, addr: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    status(|| with_text(s, unsafe { text(addr) }, SocketHandle::bind))
}

/// Connects to an endpoint: "tcp://host:port", "ipc://path", "inproc://name" or, for some types,
/// "udp://address:port". Returns at once; the connection is made, and made again when it is lost, in the
/// background. Nobody need be there yet. For tcp, "source:port;host:port" says where to connect from.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the endpoint is not well formed.
/// EPROTONOSUPPORT: the transport is not known.
/// ENOCOMPATPROTO: the transport, or the socket bound there, does not go with the socket's type.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EMTHREAD: the context has no I/O thread for this.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect(s: *mut c_void, addr: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    status(|| with_text(s, unsafe { text(addr) }, SocketHandle::connect))
}

/// Undoes zmq_bind: no more connections are accepted there. Those that were stay. The endpoint is the one that
/// was bound, or ZMQ_LAST_ENDPOINT told.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the endpoint is not well formed.
/// ENOENT: the socket is not bound there.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_unbind(s: *mut c_void, addr: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    status(|| with_text(s, unsafe { text(addr) }, SocketHandle::unbind))
}

/// Undoes zmq_connect. What was not delivered is kept for as long as the socket's ZMQ_LINGER says.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the endpoint is not well formed.
/// ENOENT: the socket is not connected there.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
///
/// # Safety
/// addr is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect(s: *mut c_void, addr: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    status(|| with_text(s, unsafe { text(addr) }, SocketHandle::disconnect))
}

/// # Safety
/// `text` is NULL or a string that ends with a NUL and lives for `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Result<&'a str> {
    if text.is_null() {
        return Err(Error::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| Error::InvalidArgument)
}

/// Does something that takes a text, an endpoint say; a bad handle is told before a bad text.
pub(crate) fn with_text<T>(
    s: *mut c_void,
    text: Result<&str>,
    verb: impl FnOnce(SocketHandle, &str) -> Result<T>,
) -> Result<T> {
    match text {
        Ok(text) => verb(socket(s), text),
        Err(error) => socket(s).kind().and(Err(error)),
    }
}
