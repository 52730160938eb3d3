//! The system calls on datagram sockets, multicast groups and network interfaces.
//!
//! As in [`sys`](super::sys): thin and safe, and every refusal of the kernel is an `io::Error`.

use super::fd::Fd;
use super::sys::{self, SockAddr, check, check_size, retry};
use std::ffi::{CStr, CString, OsStr};
use std::io::{self, IoSlice};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

/// A new datagram socket that neither blocks nor is inherited by programs the application starts.
pub(crate) fn socket(family: i32) -> io::Result<Fd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: no pointers are involved; the descriptor returned is new and ours.
    unsafe { Ok(Fd::from_raw(check(libc::socket(family, kind, 0))?)) }
}

/// Sends a datagram that is made of the slices.
pub(crate) fn send_to(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>], to: &SocketAddr) -> io::Result<()> {
    let (address, len) = SockAddr::inet(to).into_parts();
    // SAFETY: msghdr is plain data; all zeroes (no control data) is valid.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = (&raw const address).cast_mut().cast();
    header.msg_namelen = len;
    // IoSlice is guaranteed to have the layout of iovec; the kernel only reads through it and the address.
    header.msg_iov = slices.as_ptr().cast_mut().cast();
    header.msg_iovlen = slices.len() as _;
    // SAFETY: the header points to an address of `len` bytes and to slices that are readable; all outlive the call.
    retry(|| check_size(unsafe { libc::sendmsg(fd.as_raw_fd(), &header, libc::MSG_NOSIGNAL) }))?;
    Ok(())
}

/// Receives a datagram: how many bytes of `buffer` it fills, and where it is from.
pub(crate) fn recv_from(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, Option<SocketAddr>)> {
    let (bytes, from) = SockAddr::filled_in(|storage, len| {
        retry(|| {
            // SAFETY: `buffer` is writable for its length, and the storage for `len` bytes; both outlive the call.
            check_size(unsafe {
                libc::recvfrom(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0, storage, len)
            })
        })
    })?;
    Ok((bytes, from.to_inet()))
}

/// Receives what is sent to a multicast group, by an interface (0: the system's choice).
pub(crate) fn join_group(fd: BorrowedFd<'_>, group: IpAddr, interface: u32) -> io::Result<()> {
    match group {
        IpAddr::V4(group) => {
            let request = libc::ip_mreqn {
                imr_multiaddr: libc::in_addr { s_addr: u32::from_ne_bytes(group.octets()) },
                imr_address: libc::in_addr { s_addr: 0 },
                imr_ifindex: interface.cast_signed(),
            };
            set(fd, libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP, &request)
        }
        IpAddr::V6(group) => {
            let request = libc::ipv6_mreq {
                ipv6mr_multiaddr: libc::in6_addr { s6_addr: group.octets() },
                ipv6mr_interface: interface,
            };
            set(fd, libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP, &request)
        }
    }
}

/// Sends to multicast groups by an interface.
pub(crate) fn send_by(fd: BorrowedFd<'_>, interface: u32, ipv6: bool) -> io::Result<()> {
    if ipv6 {
        return set(fd, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF, &interface.cast_signed());
    }
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: interface.cast_signed(),
    };
    set(fd, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
}

fn set<T: Copy>(fd: BorrowedFd<'_>, level: i32, name: i32, value: &T) -> io::Result<()> {
    let size = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is plain data that outlives the call, and `size` is its size.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const *value).cast(), size) })?;
    Ok(())
}

/// The number of a network interface, given by its name or one of its addresses.
///
/// # Errors
/// When there is none.
pub(crate) fn interface_index(text: &str) -> io::Result<u32> {
    let Ok(ip) = text.parse::<IpAddr>() else {
        let name = CString::new(text).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: `name` is a C string that outlives the call.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        return if index == 0 { Err(io::Error::last_os_error()) } else { Ok(index) };
    };
    for (index, name) in interfaces()? {
        if sys::interface_addresses(OsStr::from_bytes(name.as_bytes()))?.contains(&ip) {
            return Ok(index);
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// The interfaces' numbers and names.
fn interfaces() -> io::Result<Vec<(u32, CString)>> {
    // SAFETY: no pointers go in; what comes out is null, or valid until it is freed below.
    let list = unsafe { libc::if_nameindex() };
    if list.is_null() {
        return Err(io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut entry = list;
    // SAFETY: the list ends with an entry whose number is 0; the name of every other is a C string.
    unsafe {
        while (*entry).if_index != 0 {
            found.push(((*entry).if_index, CStr::from_ptr((*entry).if_name).to_owned()));
            entry = entry.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_known_by_name_and_address() {
        let index = interface_index("lo").unwrap();
        assert!(index > 0);
        assert_eq!(interface_index("127.0.0.1").unwrap(), index);
        for nonsense in ["nosuchif0", "192.0.2.1", "", "lo\0"] {
            assert!(interface_index(nonsense).is_err(), "{nonsense}");
        }
    }
}
