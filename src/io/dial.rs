//! Opening sockets: connecting to a target, listening, and setting the options that all streams share.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::sys::{self, SockAddr};
use crate::error::{Error, Result};
use crate::socket::options::Options;
use crate::transport::ipc;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

/// Starts to connect to an IP address. The flag says whether it is connected already.
pub(crate) fn tcp(address: &SocketAddr, options: &Options) -> io::Result<(Fd, bool)> {
    let address = SockAddr::inet(address);
    let fd = sys::stream_socket(address.family())?;
    tune_tcp(fd.as_fd(), options);
    let connected = sys::connect(fd.as_fd(), &address)?;
    Ok((fd, connected))
}

/// Starts to connect to a local name.
pub(crate) fn ipc(name: &ipc::Name, options: &Options) -> io::Result<(Fd, bool)> {
    let address = name.socket_address().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let fd = sys::stream_socket(libc::AF_UNIX)?;
    tune_buffers(fd.as_fd(), options);
    let connected = sys::connect(fd.as_fd(), &address)?;
    Ok((fd, connected))
}

/// Sets what a TCP stream should have. What the system refuses stays at its default: the connection
/// works all the same.
pub(crate) fn tune_tcp(fd: BorrowedFd<'_>, options: &Options) {
    let _ = sys::set_option(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, 1);
    tune_buffers(fd, options);
}

/// Sets the system's buffer sizes.
pub(crate) fn tune_buffers(fd: BorrowedFd<'_>, options: &Options) {
    let sizes = [(libc::SO_SNDBUF, options.send_buffer_bytes), (libc::SO_RCVBUF, options.recv_buffer_bytes)];
    for (name, bytes) in sizes {
        if let Some(bytes) = bytes {
            let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
            let _ = sys::set_option(fd, libc::SOL_SOCKET, name, bytes);
        }
    }
}

/// Listens on an IP address.
///
/// # Errors
/// [`Error::AddressInUse`], [`Error::AddressNotAvailable`], [`Error::TooManyOpen`], [`Error::Os`].
pub(crate) fn listen_tcp(address: &SocketAddr, options: &Options) -> Result<Fd> {
    let address = SockAddr::inet(address);
    let fd = sys::stream_socket(address.family()).map_err(refusal)?;
    // A listener that comes back at once must not wait for the connections of the one before.
    sys::set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1).map_err(refusal)?;
    // An IPv6 address means IPv6 only: the IPv4 port of the same number may be bound beside it.
    if address.family() == libc::AF_INET6 {
        sys::set_option(fd.as_fd(), libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1).map_err(refusal)?;
    }
    // The size of the receive buffer has to be known when a connection is accepted.
    tune_buffers(fd.as_fd(), options);
    sys::bind(fd.as_fd(), &address).map_err(refusal)?;
    sys::listen(fd.as_fd(), options.backlog).map_err(refusal)?;
    Ok(fd)
}

/// Listens on a local name. A path that nobody listens on any more is taken over.
///
/// # Errors
/// As [`listen_tcp`].
pub(crate) fn listen_ipc(name: &ipc::Name, options: &Options) -> Result<Fd> {
    let address = name.socket_address()?;
    let fd = sys::stream_socket(libc::AF_UNIX).map_err(refusal)?;
    tune_buffers(fd.as_fd(), options);
    if let Err(error) = sys::bind(fd.as_fd(), &address) {
        match name.path() {
            Some(path) if error.raw_os_error() == Some(libc::EADDRINUSE) && is_abandoned(&address) => {
                std::fs::remove_file(path).map_err(refusal)?;
                sys::bind(fd.as_fd(), &address).map_err(refusal)?;
            }
            _ => return Err(refusal(error)),
        }
    }
    sys::listen(fd.as_fd(), options.backlog).map_err(refusal)?;
    Ok(fd)
}

/// Whether a path is a socket that nobody listens on.
fn is_abandoned(address: &SockAddr) -> bool {
    let Ok(probe) = sys::stream_socket(libc::AF_UNIX) else { return false };
    matches!(sys::connect(probe.as_fd(), address), Err(error) if error.raw_os_error() == Some(libc::ECONNREFUSED))
}

/// The kernel's refusal as the engine's error.
pub(crate) fn refusal(error: io::Error) -> Error {
    match error.raw_os_error() {
        Some(libc::EADDRINUSE) => Error::AddressInUse,
        Some(libc::EADDRNOTAVAIL) => Error::AddressNotAvailable,
        Some(libc::EMFILE | libc::ENFILE) => Error::TooManyOpen,
        Some(libc::ENOMEM) => Error::OutOfMemory,
        Some(code) => Error::Os(code),
        None => Error::Os(libc::EIO),
    }
}
