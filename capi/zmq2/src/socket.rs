//! Sockets: made, closed, bound, connected, and messages through them. Options are in option.rs.

use crate::abi::{ZMQ_NOBLOCK, ZMQ_SNDMORE, zmq_msg_t};
use crate::errno::{handle, status};
use crate::message::{in_place, message};
use oxmq::message::RawMessage;
use oxmq::{ContextHandle, Error, Options, Result, SocketHandle, SocketType};
use std::ffi::{CStr, c_char, c_int, c_void};

/// The socket that the application means; whether it is one, the engine will say.
#[inline]
pub(crate) fn socket(s: *mut c_void) -> SocketHandle {
    SocketHandle::from_raw(s.addr())
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
    handle(|| {
        let kind = SocketType::from_number(r#type).filter(|kind| *kind as u8 <= SocketType::Xsub as u8);
        let kind = kind.ok_or(Error::InvalidArgument)?;
        Ok(ContextHandle::from_raw(context.addr()).socket(kind, Options::for_2x())?.into_raw())
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
    status(|| socket(s).close())
}

/// Accepts connections on an endpoint: "tcp://interface:port", "ipc://path" or "inproc://name". For tcp, the
/// interface may be * for all, a name or an address, the port * for one that the system chooses
/// (ZMQ_LAST_ENDPOINT tells which).
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
    status(|| with_endpoint(s, unsafe { endpoint(addr) }, SocketHandle::bind))
}

/// Connects to an endpoint: "tcp://host:port", "ipc://path" or "inproc://name". Returns at once; the connection is
/// made, and made again when it is lost, in the background. Nobody need be there yet.
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
    status(|| with_endpoint(s, unsafe { endpoint(addr) }, SocketHandle::connect))
}

/// # Safety
/// `addr` is NULL or a string that ends with a NUL and lives for `'a`.
unsafe fn endpoint<'a>(addr: *const c_char) -> Result<&'a str> {
    if addr.is_null() {
        return Err(Error::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(addr) }.to_str().map_err(|_| Error::InvalidArgument)
}

/// Binds or connects; a bad handle is told before a bad endpoint.
fn with_endpoint(
    s: *mut c_void,
    endpoint: Result<&str>,
    verb: fn(SocketHandle, &str) -> Result<()>,
) -> Result<()> {
    match endpoint {
        // Only types that came later go over it.
        Ok(endpoint) if endpoint.starts_with("udp://") => socket(s).kind().and(Err(Error::UnknownTransport)),
        Ok(endpoint) => verb(socket(s), endpoint),
        Err(error) => socket(s).kind().and(Err(error)),
    }
}

/// Sends a message part. flags: ZMQ_NOBLOCK, not to wait for a peer that can take it; ZMQ_SNDMORE, when more parts
/// follow. The parts of a message arrive all together, or not at all.
///
/// Returns 0 and leaves the message empty; or -1 and errno, and leaves it as it is.
///
/// # Errors
/// EAGAIN: no peer can take it, and the call was not to wait, or ZMQ_SNDTIMEO has passed.
/// ENOTSUP: sockets of this type do not send.
/// EFSM: the socket is not in a state to send: a REP without a request, say.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EINTR: a signal came before anything was sent.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send(s: *mut c_void, msg: *mut zmq_msg_t, flags: c_int) -> c_int {
    status(|| {
        // SAFETY: the caller's promise.
        let msg = unsafe { message_for(s, msg) }?;
        in_place(msg, |part| {
            part.set_more(flags & ZMQ_SNDMORE != 0);
            socket(s).send(part, flags & ZMQ_NOBLOCK == 0)
        })
    })
}

/// Receives a message part, in place of what the message held. flags: ZMQ_NOBLOCK, not to wait for one.
/// ZMQ_RCVMORE tells whether more parts of the same message follow.
///
/// Returns 0; or -1 and errno, and leaves the message as it is.
///
/// # Errors
/// EAGAIN: there is none, and the call was not to wait, or ZMQ_RCVTIMEO has passed.
/// ENOTSUP: sockets of this type do not receive.
/// EFSM: the socket is not in a state to receive: a REQ without a request, say.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EINTR: a signal came before there was one.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recv(s: *mut c_void, msg: *mut zmq_msg_t, flags: c_int) -> c_int {
    status(|| {
        // SAFETY: the caller's promise.
        let msg = unsafe { message_for(s, msg) }?;
        in_place(msg, |part| socket(s).recv_into(part, flags & ZMQ_NOBLOCK == 0))
    })
}

/// The message for a call on a socket: a bad handle is told before a bad message.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t that nobody else uses for `'a`.
#[inline]
unsafe fn message_for<'a>(s: *mut c_void, msg: *mut zmq_msg_t) -> Result<&'a mut RawMessage> {
    // SAFETY: the caller's promise.
    unsafe { message(msg) }.or_else(|error| socket(s).kind().and(Err(error)))
}
