//! Opening sockets: connecting to a target, listening, and setting the options that all streams share.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::sys::{self, SockAddr};
use super::sys_peer;
use crate::error::{Error, Result};
use crate::socket::options::Options;
use crate::transport::{ipc, tcp};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Starts to connect to an IP address, from a local one where that is given, and with a socket that was made before
/// if there is one. The flag says whether it is connected already.
pub(crate) fn tcp(
    remote: &SocketAddr,
    source: Option<&str>,
    made: Option<Fd>,
    options: &Options,
) -> io::Result<(Fd, bool)> {
    let address = SockAddr::inet(remote);
    if let Some(fd) = made {
        let connected = sys::connect(fd.as_fd(), &address)?;
        return Ok((fd, connected));
    }
    if remote.is_ipv6() && !options.ipv6 {
        return Err(io::Error::from_raw_os_error(libc::EAFNOSUPPORT));
    }
    let fd = sys::stream_socket(address.family())?;
    tune_tcp(fd.as_fd(), options);
    bind_to_device(fd.as_fd(), options)?;
    if let Some(source) = source {
        let source = tcp::source(source, remote).map_err(|_| io::ErrorKind::AddrNotAvailable)?;
        // A port of its own is bound anew at every attempt.
        sys::set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
        sys::bind(fd.as_fd(), &SockAddr::inet(&source))?;
    }
    let connected = sys::connect(fd.as_fd(), &address)?;
    Ok((fd, connected))
}

/// Starts to connect to a local name, likewise.
pub(crate) fn ipc(name: &ipc::Name, made: Option<Fd>, options: &Options) -> io::Result<(Fd, bool)> {
    let address = name.socket_address().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let fd = match made {
        Some(fd) => fd,
        None => {
            let fd = sys::stream_socket(libc::AF_UNIX)?;
            tune_buffers(fd.as_fd(), options);
            fd
        }
    };
    let connected = sys::connect(fd.as_fd(), &address)?;
    Ok((fd, connected))
}

/// Sets what a TCP stream should have. What the system refuses stays at its default: the connection
/// works all the same.
pub(crate) fn tune_tcp(fd: BorrowedFd<'_>, options: &Options) {
    let set = |level, name, value: Option<i32>| {
        if let Some(value) = value {
            let _ = sys::set_option(fd, level, name, value);
        }
    };
    let tcp = &options.tcp;
    set(libc::IPPROTO_TCP, libc::TCP_NODELAY, Some(1));
    if let Some(keepalive) = tcp.keepalive {
        set(libc::SOL_SOCKET, libc::SO_KEEPALIVE, Some(i32::from(keepalive)));
        set(libc::IPPROTO_TCP, libc::TCP_KEEPCNT, tcp.keepalive_count);
        set(libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, tcp.keepalive_idle_s);
        set(libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, tcp.keepalive_interval_s);
    }
    set(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, tcp.max_retransmit_ms);
    // Of a socket of IPv6, one is for its own packets, the other for those of IPv4.
    set(libc::IPPROTO_IP, libc::IP_TOS, tcp.type_of_service);
    set(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, tcp.type_of_service);
    set(libc::SOL_SOCKET, libc::SO_PRIORITY, tcp.priority);
    set(libc::SOL_SOCKET, libc::SO_BUSY_POLL, tcp.busy_poll.then_some(1));
    tune_buffers(fd, options);
}

/// Sets what a socket for datagrams should have.
pub(crate) fn tune_datagrams(fd: BorrowedFd<'_>, options: &Options) -> io::Result<()> {
    let tcp = &options.tcp;
    let rest = [
        (libc::IPPROTO_IP, libc::IP_TOS, tcp.type_of_service),
        (libc::IPPROTO_IPV6, libc::IPV6_TCLASS, tcp.type_of_service),
        (libc::SOL_SOCKET, libc::SO_PRIORITY, tcp.priority),
        (libc::SOL_SOCKET, libc::SO_BUSY_POLL, tcp.busy_poll.then_some(1)),
    ];
    for (level, name, value) in rest {
        if let Some(value) = value {
            let _ = sys::set_option(fd, level, name, value);
        }
    }
    tune_buffers(fd, options);
    bind_to_device(fd, options)
}

/// Binds the socket to an interface, where that was asked for.
fn bind_to_device(fd: BorrowedFd<'_>, options: &Options) -> io::Result<()> {
    match options.tcp.bind_to_device.as_str() {
        "" => Ok(()),
        name => sys::bind_to_device(fd, name),
    }
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
/// [`Error::AddressInUse`], [`Error::AddressNotAvailable`], [`Error::NoSuchDevice`], [`Error::TooManyOpen`],
/// [`Error::Os`].
pub(crate) fn listen_tcp(address: &SocketAddr, options: &Options) -> Result<Fd> {
    listen_inet(address, options)
        .or_else(|error| {
            let no_ipv6 = matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL));
            match tcp::without_ipv6(address) {
                Some(address) if no_ipv6 => listen_inet(&address, options),
                _ => Err(error),
            }
        })
        .map_err(refusal)
}

fn listen_inet(address: &SocketAddr, options: &Options) -> io::Result<Fd> {
    let address = SockAddr::inet(address);
    let fd = sys::stream_socket(address.family())?;
    // A listener that comes back at once must not wait for the connections of the one before.
    sys::set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    if address.family() == libc::AF_INET6 {
        let only = i32::from(!options.endpoints.dual_stack);
        sys::set_option(fd.as_fd(), libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, only)?;
    }
    bind_to_device(fd.as_fd(), options)?;
    // The size of the receive buffer has to be known when a connection is accepted.
    tune_tcp(fd.as_fd(), options);
    sys::bind(fd.as_fd(), &address)?;
    sys::listen(fd.as_fd(), options.backlog)?;
    Ok(fd)
}

/// Listens on a local name. A path that nobody listens on any more is taken over, and any other if the options say so.
///
/// # Errors
/// As [`listen_tcp`].
pub(crate) fn listen_ipc(name: &ipc::Name, options: &Options) -> Result<Fd> {
    let address = name.socket_address()?;
    let fd = sys::stream_socket(libc::AF_UNIX).map_err(refusal)?;
    tune_buffers(fd.as_fd(), options);
    if let Err(error) = sys::bind(fd.as_fd(), &address) {
        let free = || options.endpoints.takes_over_paths || is_abandoned(&address);
        match name.path() {
            Some(path) if error.raw_os_error() == Some(libc::EADDRINUSE) && is_socket(path) && free() => {
                std::fs::remove_file(path).map_err(refusal)?;
                sys::bind(fd.as_fd(), &address).map_err(refusal)?;
            }
            _ => return Err(refusal(error)),
        }
    }
    sys::listen(fd.as_fd(), options.backlog).map_err(refusal)?;
    Ok(fd)
}

/// The listener that the application made, if it made one: [`Options::use_fd`].
///
/// # Errors
/// [`Error::InvalidArgument`] when it is no listener of this kind, [`Error::Os`]. It is left alone then.
pub(crate) fn given_listener(local: bool, options: &Options) -> Result<Option<Fd>> {
    let given = options.use_fd >= 0;
    given.then(|| sys_peer::adopt(options.use_fd, local, true)).transpose().map_err(refusal)
}

/// The socket to connect with that the application made, likewise.
///
/// # Errors
/// As [`given_listener`].
pub(crate) fn given_stream(local: bool, options: &Options) -> Result<Option<Fd>> {
    let given = options.use_fd >= 0;
    given.then(|| sys_peer::adopt(options.use_fd, local, false)).transpose().map_err(refusal)
}

/// Whether the path is that of a socket: nothing else is removed to make place for one.
fn is_socket(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

/// Whether a path is a socket that nobody listens on.
fn is_abandoned(address: &SockAddr) -> bool {
    let Ok(probe) = sys::stream_socket(libc::AF_UNIX) else { return false };
    matches!(sys::connect(probe.as_fd(), address), Err(error) if error.raw_os_error() == Some(libc::ECONNREFUSED))
}

/// The number that the system has for a refusal of [`refusal`]'s, or would have.
pub(crate) fn refusal_code(error: Error) -> i32 {
    match error {
        Error::AddressInUse => libc::EADDRINUSE,
        Error::AddressNotAvailable => libc::EADDRNOTAVAIL,
        Error::NoSuchDevice => libc::ENODEV,
        Error::TooManyOpen => libc::EMFILE,
        Error::OutOfMemory => libc::ENOMEM,
        Error::Os(code) => code,
        _ => libc::EINVAL,
    }
}

/// The kernel's refusal as the engine's error.
pub(crate) fn refusal(error: io::Error) -> Error {
    match error.raw_os_error() {
        Some(libc::EADDRINUSE) => Error::AddressInUse,
        Some(libc::EADDRNOTAVAIL) => Error::AddressNotAvailable,
        Some(libc::EMFILE | libc::ENFILE) => Error::TooManyOpen,
        Some(libc::ENOMEM) => Error::OutOfMemory,
        Some(libc::ENODEV) => Error::NoSuchDevice,
        Some(code) => Error::Os(code),
        None if error.kind() == io::ErrorKind::InvalidInput => Error::InvalidArgument,
        None => Error::Os(libc::EIO),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::os::fd::AsRawFd;

    fn value(fd: &Fd, level: i32, name: i32) -> i32 {
        sys_peer::integer(fd.as_raw_fd(), level, name).unwrap()
    }

    fn any_port() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    #[test]
    fn the_system_is_told_what_the_options_say() {
        let mut options = Options { send_buffer_bytes: Some(30_000), ..Options::for_4x() };
        options.recv_buffer_bytes = Some(40_000);
        options.tcp.keepalive = Some(true);
        options.tcp.keepalive_count = Some(3);
        options.tcp.keepalive_idle_s = Some(50);
        options.tcp.keepalive_interval_s = Some(7);
        options.tcp.max_retransmit_ms = Some(12_345);
        options.tcp.type_of_service = Some(0x28);
        options.tcp.priority = Some(5);
        let peer = TcpListener::bind(any_port()).unwrap();
        let (stream, _) = tcp(&peer.local_addr().unwrap(), None, None, &options).unwrap();
        let listener = listen_tcp(&any_port(), &options).unwrap();
        let accepted = {
            let address = sys::local_address(listener.as_fd()).unwrap().to_inet().unwrap();
            let _client = std::net::TcpStream::connect(address).unwrap();
            let accepted = sys::accept(listener.as_fd()).unwrap();
            tune_tcp(accepted.as_fd(), &options);
            accepted
        };
        for fd in [&stream, &listener, &accepted] {
            let tcp = |name| value(fd, libc::IPPROTO_TCP, name);
            let socket = |name| value(fd, libc::SOL_SOCKET, name);
            // The system doubles them, for its own use.
            assert_eq!((socket(libc::SO_SNDBUF), socket(libc::SO_RCVBUF)), (60_000, 80_000));
            assert_eq!(tcp(libc::TCP_NODELAY), 1);
            assert_eq!(socket(libc::SO_KEEPALIVE), 1);
            let keepalive = [libc::TCP_KEEPCNT, libc::TCP_KEEPIDLE, libc::TCP_KEEPINTVL].map(tcp);
            assert_eq!(keepalive, [3, 50, 7]);
            assert_eq!(tcp(libc::TCP_USER_TIMEOUT), 12_345);
            assert_eq!(value(fd, libc::IPPROTO_IP, libc::IP_TOS), 0x28);
            assert_eq!(socket(libc::SO_PRIORITY), 5);
        }
    }

    #[test]
    fn nothing_said_is_nothing_changed() {
        let peer = TcpListener::bind(any_port()).unwrap();
        let (stream, _) = tcp(&peer.local_addr().unwrap(), None, None, &Options::for_4x()).unwrap();
        let plain = sys::stream_socket(libc::AF_INET).unwrap();
        for (level, name) in [
            (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
            (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
            (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
            (libc::IPPROTO_IP, libc::IP_TOS),
            (libc::SOL_SOCKET, libc::SO_PRIORITY),
        ] {
            assert_eq!(value(&stream, level, name), value(&plain, level, name), "{name}");
        }
    }

    #[test]
    fn a_device_is_bound_to_or_it_is_an_error() {
        let mut options = Options::for_4x();
        options.tcp.bind_to_device = "nosuchif0".into();
        // Older systems ask for a privilege first.
        let result = listen_tcp(&any_port(), &options).map(|_| ());
        assert!(matches!(result, Err(Error::NoSuchDevice | Error::Os(libc::EPERM))), "{result:?}");
        options.tcp.bind_to_device = "lo".into();
        let result = listen_tcp(&any_port(), &options).map(|_| ());
        assert!(matches!(result, Ok(()) | Err(Error::Os(libc::EPERM))), "{result:?}");
    }
}
