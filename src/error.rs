//! Why a call was refused: the engine's errors, which the ABIs translate to errno.
#![forbid(unsafe_code)]

use std::fmt;

/// Why a call was refused. Nothing was lost or half done when one is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// Nothing to receive, or no peer that can take a message, and the call was not to wait (longer).
    WouldBlock,
    /// A signal interrupted the wait.
    Interrupted,
    /// The context was terminated.
    Terminated,
    /// The socket type cannot do this: sending on a SUB, say.
    NotSupported,
    /// The socket is not in a state to do this: a second request before the reply, say.
    WrongState,
    /// An argument is out of range, or an endpoint is not well formed.
    InvalidArgument,
    /// The handle is not that of an open socket.
    NotASocket,
    /// The handle is not that of a context.
    NotAContext,
    /// The endpoint's transport is not known here.
    UnknownTransport,
    /// The endpoint's transport, or the socket bound to it, does not go with this socket type.
    IncompatibleTransport,
    /// The endpoint is in use.
    AddressInUse,
    /// The endpoint's address is not one of this machine.
    AddressNotAvailable,
    /// The endpoint names an interface that this machine does not have.
    NoSuchDevice,
    /// The context has no I/O thread that this call could use.
    NoIoThread,
    /// No more sockets, file descriptors or threads can be had now.
    TooManyOpen,
    /// There is no memory for this.
    OutOfMemory,
    /// The message cannot be routed: no such peer.
    Unroutable,
    /// The name is taken by another peer.
    NameInUse,
    /// No such endpoint to undo.
    NoSuchEndpoint,
    /// What the operating system said, as its error number.
    Os(i32),
}

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Error::WouldBlock => "nothing can be sent or received right now",
            Error::Interrupted => "a signal interrupted the call",
            Error::Terminated => "the context was terminated",
            Error::NotSupported => "this socket type does not support the operation",
            Error::WrongState => "the socket is not in a state that allows the operation",
            Error::InvalidArgument => "an argument is invalid",
            Error::NotASocket => "not an open socket",
            Error::NotAContext => "not a context",
            Error::UnknownTransport => "the endpoint's transport is not supported",
            Error::IncompatibleTransport => "the endpoint does not go with this socket type",
            Error::AddressInUse => "the endpoint is in use",
            Error::AddressNotAvailable => "the address is not one of this machine",
            Error::NoSuchDevice => "no such network interface",
            Error::NoIoThread => "the context has no I/O thread for this socket",
            Error::TooManyOpen => "too many open sockets, files or threads",
            Error::OutOfMemory => "out of memory",
            Error::Unroutable => "no such peer",
            Error::NameInUse => "the name is taken by another peer",
            Error::NoSuchEndpoint => "the socket has no such endpoint",
            Error::Os(code) => return write!(f, "{}", std::io::Error::from_raw_os_error(*code)),
        };
        f.write_str(text)
    }
}

impl std::error::Error for Error {}

impl From<crate::message::OutOfMemory> for Error {
    fn from(_: crate::message::OutOfMemory) -> Error {
        Error::OutOfMemory
    }
}
