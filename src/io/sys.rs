//! The system calls on sockets and files descriptors that the standard library does not offer as we need them.
//!
//! Everything here is a thin, safe wrapper: descriptors are owned or borrowed, lengths come from slices,
//! and every refusal of the kernel is an `io::Error`.

use super::fd::Fd;
use super::sys_peer;
use std::ffi::OsStr;
use std::io::{self, IoSlice};
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

/// A socket address of any family, as the kernel takes it.
#[derive(Clone, Copy)]
pub(crate) struct SockAddr {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

pub(super) fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

pub(super) fn check_size(result: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

pub(super) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl SockAddr {
    fn zeroed() -> SockAddr {
        // SAFETY: sockaddr_storage is plain data for which all zeroes is a valid value.
        SockAddr { storage: unsafe { mem::zeroed() }, len: 0 }
    }

    /// Puts a concrete address structure into the storage.
    fn from_concrete<T: Copy>(address: T, len: usize) -> SockAddr {
        assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>(), "every address fits the storage");
        let mut result = SockAddr::zeroed();
        // SAFETY: `T` is one of libc's sockaddr types: plain data, not larger or more aligned than storage.
        unsafe { (&raw mut result.storage).cast::<T>().write(address) };
        result.len = len as libc::socklen_t;
        result
    }

    /// An IP address and port.
    pub(crate) fn inet(address: &SocketAddr) -> SockAddr {
        match address {
            SocketAddr::V4(v4) => {
                // SAFETY: sockaddr_in is plain data; all zeroes is valid.
                let mut raw: libc::sockaddr_in = unsafe { mem::zeroed() };
                raw.sin_family = libc::AF_INET as libc::sa_family_t;
                raw.sin_port = v4.port().to_be();
                raw.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
                SockAddr::from_concrete(raw, size_of::<libc::sockaddr_in>())
            }
            SocketAddr::V6(v6) => {
                // SAFETY: sockaddr_in6 is plain data; all zeroes is valid.
                let mut raw: libc::sockaddr_in6 = unsafe { mem::zeroed() };
                raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                raw.sin6_port = v6.port().to_be();
                raw.sin6_addr.s6_addr = v6.ip().octets();
                raw.sin6_flowinfo = v6.flowinfo();
                raw.sin6_scope_id = v6.scope_id();
                SockAddr::from_concrete(raw, size_of::<libc::sockaddr_in6>())
            }
        }
    }

    /// A local (ipc) address: a path, or bytes of the abstract namespace. `None` when it is too long.
    pub(crate) fn unix(name: &[u8], is_abstract: bool) -> Option<SockAddr> {
        // SAFETY: sockaddr_un is plain data; all zeroes is valid.
        let mut raw: libc::sockaddr_un = unsafe { mem::zeroed() };
        let room = raw.sun_path.len() - 1;
        if name.is_empty() || name.len() > room {
            return None;
        }
        raw.sun_family = libc::AF_UNIX as libc::sa_family_t;
        let at = usize::from(is_abstract);
        for (slot, byte) in raw.sun_path.iter_mut().skip(at).zip(name) {
            *slot = *byte as libc::c_char;
        }
        // Both have one byte more than the name: a path its final zero, an abstract name its first.
        let len = mem::offset_of!(libc::sockaddr_un, sun_path) + name.len() + 1;
        Some(SockAddr::from_concrete(raw, len))
    }

    /// An address that the kernel fills in, and what it returns.
    pub(crate) fn filled_in<T>(
        call: impl FnOnce(*mut libc::sockaddr, *mut libc::socklen_t) -> io::Result<T>,
    ) -> io::Result<(T, SockAddr)> {
        let mut result = SockAddr::zeroed();
        result.len = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        let value = call((&raw mut result.storage).cast(), &raw mut result.len)?;
        Ok((value, result))
    }

    /// The storage, and how many bytes of it are the address.
    pub(super) fn into_parts(self) -> (libc::sockaddr_storage, libc::socklen_t) {
        (self.storage, self.len)
    }

    /// The name of a local address, and whether it is one of the abstract namespace; `None` if it has none.
    pub(crate) fn to_unix(self) -> Option<(Vec<u8>, bool)> {
        if self.family() != libc::AF_UNIX {
            return None;
        }
        // SAFETY: the family says that the storage holds a sockaddr_un.
        let raw = unsafe { *(&raw const self.storage).cast::<libc::sockaddr_un>() };
        let len = (self.len as usize).checked_sub(mem::offset_of!(libc::sockaddr_un, sun_path))?;
        let bytes: Vec<u8> = raw.sun_path.iter().take(len).map(|byte| *byte as u8).collect();
        match bytes.split_first()? {
            (0, name) => Some((name.to_vec(), true)),
            _ => Some((bytes.split(|byte| *byte == 0).next()?.to_vec(), false)),
        }
    }

    pub(crate) fn family(&self) -> i32 {
        i32::from(self.storage.ss_family)
    }

    /// The IP address and port, if it is one.
    pub(crate) fn to_inet(self) -> Option<SocketAddr> {
        match self.family() {
            libc::AF_INET => {
                // SAFETY: the family says that the storage holds a sockaddr_in.
                let raw = unsafe { *(&raw const self.storage).cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from(raw.sin_addr.s_addr.to_ne_bytes());
                Some(SocketAddrV4::new(ip, u16::from_be(raw.sin_port)).into())
            }
            libc::AF_INET6 => {
                // SAFETY: the family says that the storage holds a sockaddr_in6.
                let raw = unsafe { *(&raw const self.storage).cast::<libc::sockaddr_in6>() };
                let ip = Ipv6Addr::from(raw.sin6_addr.s6_addr);
                let port = u16::from_be(raw.sin6_port);
                Some(SocketAddrV6::new(ip, port, raw.sin6_flowinfo, raw.sin6_scope_id).into())
            }
            _ => None,
        }
    }
}

/// A new stream socket that neither blocks nor is inherited by programs the application starts.
pub(crate) fn stream_socket(family: i32) -> io::Result<Fd> {
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: no pointers are involved; the descriptor returned is new and ours.
    unsafe { Ok(Fd::from_raw(check(libc::socket(family, kind, 0))?)) }
}

/// Sets an integer socket option.
pub(crate) fn set_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: i32) -> io::Result<()> {
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` outlives the call and `size` is its size.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const value).cast(), size) })?;
    Ok(())
}

/// Binds the socket to a network interface.
pub(crate) fn bind_to_device(fd: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let (place, size) = (name.as_ptr().cast(), name.len() as libc::socklen_t);
    // SAFETY: `name` is of `size` bytes and outlives the call.
    let result =
        unsafe { libc::setsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_BINDTODEVICE, place, size) };
    check(result).map(drop)
}

/// The error that a connection attempt ended with, if it did.
pub(crate) fn take_error(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut value: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` and `size` outlive the call, and `size` is the size of `value`.
    check(unsafe {
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ERROR, (&raw mut value).cast(), &mut size)
    })?;
    if value == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(value)) }
}

/// Gives the socket its local address.
pub(crate) fn bind(fd: BorrowedFd<'_>, address: &SockAddr) -> io::Result<()> {
    // SAFETY: `storage` holds an address of `len` bytes and outlives the call.
    check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address.storage).cast(), address.len) })?;
    Ok(())
}

/// Makes the socket listen.
pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: i32) -> io::Result<()> {
    // SAFETY: no pointers are involved.
    check(unsafe { libc::listen(fd.as_raw_fd(), backlog) })?;
    Ok(())
}

/// Starts to connect. `Ok(false)`: it goes on in the background.
pub(crate) fn connect(fd: BorrowedFd<'_>, address: &SockAddr) -> io::Result<bool> {
    // SAFETY: `storage` holds an address of `len` bytes and outlives the call.
    match check(unsafe { libc::connect(fd.as_raw_fd(), (&raw const address.storage).cast(), address.len) }) {
        Ok(_) => Ok(true),
        // An interrupted connect goes on in the background too.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes the next connection of a listener.
pub(crate) fn accept(fd: BorrowedFd<'_>) -> io::Result<Fd> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    retry(|| {
        // SAFETY: null pointers mean that the peer's address is not wanted; the descriptor is new and ours.
        unsafe {
            let fd = libc::accept4(fd.as_raw_fd(), std::ptr::null_mut(), std::ptr::null_mut(), flags);
            Ok(Fd::from_raw(check(fd)?))
        }
    })
}

/// The local address of a socket.
pub(crate) fn local_address(fd: BorrowedFd<'_>) -> io::Result<SockAddr> {
    // SAFETY: `storage` has room for `len` bytes; both outlive the call.
    SockAddr::filled_in(|storage, len| check(unsafe { libc::getsockname(fd.as_raw_fd(), storage, len) }))
        .map(|(_, address)| address)
}

/// Who is at the other end, in words: an IP address; of a local peer, its user, group and process. Empty if the
/// system does not say.
pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> String {
    let Ok(address) = sys_peer::peer_address(fd) else { return String::new() };
    if address.family() != libc::AF_UNIX {
        return address.to_inet().map_or(String::new(), |address| address.ip().to_string());
    }
    let peer = sys_peer::credentials(fd);
    peer.map_or(String::new(), |peer| format!("localhost:{}:{}:{}", peer.uid, peer.gid, peer.pid))
}

/// Says that nothing more will be written.
pub(crate) fn shutdown_write(fd: BorrowedFd<'_>) {
    // SAFETY: no pointers are involved. A failure means that the connection is gone already.
    unsafe { libc::shutdown(fd.as_raw_fd(), libc::SHUT_WR) };
}

/// Ends the connection both ways, for everybody who has the descriptor.
pub(crate) fn shutdown(fd: BorrowedFd<'_>) {
    // SAFETY: as above.
    unsafe { libc::shutdown(fd.as_raw_fd(), libc::SHUT_RDWR) };
}

/// Reads into `buffer`; 0 bytes is the end.
pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: `buffer` has room for `len` bytes and outlives the call.
    retry(|| check_size(unsafe { libc::read(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) }))
}

/// Appends up to `limit` bytes to `body`, within its spare capacity, and puts what follows into
/// `overflow`. Gives how many bytes went to each; none at all is the end.
pub(crate) fn read_body(
    fd: BorrowedFd<'_>,
    body: &mut Vec<u8>,
    limit: usize,
    overflow: &mut [u8],
) -> io::Result<(usize, usize)> {
    let spare: &mut [MaybeUninit<u8>] = body.spare_capacity_mut();
    let into_body = spare.len().min(limit);
    let parts = [
        libc::iovec { iov_base: spare.as_mut_ptr().cast(), iov_len: into_body },
        libc::iovec { iov_base: overflow.as_mut_ptr().cast(), iov_len: overflow.len() },
    ];
    // What follows the body may only be read when the body is filled to its end.
    let count = if into_body == limit { 2 } else { 1 };
    // SAFETY: both parts point to writable memory of the given lengths that outlives the call.
    let read = retry(|| check_size(unsafe { libc::readv(fd.as_raw_fd(), parts.as_ptr(), count) }))?;
    let filled = read.min(into_body);
    // SAFETY: the kernel wrote `filled` bytes behind the current length, within the capacity.
    unsafe { body.set_len(body.len() + filled) };
    Ok((filled, read - filled))
}

/// Writes the slices, in order, as far as the kernel takes them, without raising SIGPIPE.
pub(crate) fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    retry(|| {
        if let [only] = slices {
            // SAFETY: `only` is readable for its length and outlives the call.
            return check_size(unsafe {
                libc::send(fd.as_raw_fd(), only.as_ptr().cast(), only.len(), libc::MSG_NOSIGNAL)
            });
        }
        // SAFETY: msghdr is plain data; all zeroes (no address, no control data) is valid.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        // IoSlice is guaranteed to have the layout of iovec; the kernel only reads through it.
        header.msg_iov = slices.as_ptr().cast_mut().cast();
        header.msg_iovlen = slices.len() as _;
        // SAFETY: the header points to `slices.len()` slices that are readable and outlive the call.
        check_size(unsafe { libc::sendmsg(fd.as_raw_fd(), &header, libc::MSG_NOSIGNAL) })
    })
}

/// The addresses of the named network interface, in the system's order.
pub(crate) fn interface_addresses(name: &OsStr) -> io::Result<Vec<IpAddr>> {
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: on success `list` is a linked list that is valid until freeifaddrs below.
    check(unsafe { libc::getifaddrs(&mut list) })?;
    let mut found = Vec::new();
    let mut entry = list;
    while !entry.is_null() {
        // SAFETY: `entry` is a live entry of the list; its name is a C string, and its address, where
        // there is one, is as large as its family says.
        unsafe {
            let here = &*entry;
            let here_name = std::ffi::CStr::from_ptr(here.ifa_name);
            if here_name.to_bytes() == name.as_bytes() && !here.ifa_addr.is_null() {
                let size = match i32::from((*here.ifa_addr).sa_family) {
                    libc::AF_INET => size_of::<libc::sockaddr_in>(),
                    libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
                    _ => 0,
                };
                let mut address = SockAddr::zeroed();
                std::ptr::copy_nonoverlapping(
                    here.ifa_addr.cast::<u8>(),
                    (&raw mut address.storage).cast::<u8>(),
                    size,
                );
                if size > 0
                    && let Some(inet) = address.to_inet()
                {
                    found.push(inet.ip());
                }
            }
            entry = here.ifa_next;
        }
    }
    // SAFETY: `list` came from getifaddrs and is not used any more.
    unsafe { libc::freeifaddrs(list) };
    Ok(found)
}

/// Blocks all signals in the calling thread, so that the application's handlers run in its own threads.
pub(crate) fn block_signals() {
    // SAFETY: `set` is initialised by sigfillset before it is used; a null old set is allowed.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigfillset(set.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}
