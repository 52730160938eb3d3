//! System calls that say who is at the other end of a socket, and what a socket is that the application made.

use super::fd::{self, Fd};
use super::sys::{SockAddr, check};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

/// Who a local peer was when it connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) pid: i32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// The supplementary groups.
    pub(crate) groups: Vec<u32>,
}

/// Groups that one process may have: the system's limit.
const GROUPS_MAX: usize = 65_536;

/// Who the peer of a local stream is.
pub(crate) fn credentials(fd: BorrowedFd<'_>) -> io::Result<Credentials> {
    let mut found = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `found` and `size` outlive the call, and `size` is the size of `found`.
    check(unsafe {
        let place = (&raw mut found).cast();
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, place, &mut size)
    })?;
    Ok(Credentials { pid: found.pid, uid: found.uid, gid: found.gid, groups: groups(fd).unwrap_or_default() })
}

/// The supplementary groups of the peer of a local stream.
fn groups(fd: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let mut groups = vec![0u32; 64];
    loop {
        let mut size = size_of_val(&groups[..]) as libc::socklen_t;
        // SAFETY: `groups` has room for `size` bytes; both outlive the call.
        let result = check(unsafe {
            let place = groups.as_mut_ptr().cast();
            libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERGROUPS, place, &mut size)
        });
        match result {
            Ok(_) => {
                groups.truncate(size as usize / size_of::<u32>());
                return Ok(groups);
            }
            Err(error) if error.raw_os_error() == Some(libc::ERANGE) && groups.len() < GROUPS_MAX => {
                groups.resize(GROUPS_MAX, 0);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The address of the socket's peer. An error: it is not connected.
pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> io::Result<SockAddr> {
    SockAddr::filled_in(|storage, len| {
        // SAFETY: `storage` has room for `len` bytes; both outlive the call.
        check(unsafe { libc::getpeername(fd.as_raw_fd(), storage, len) })
    })
    .map(|(_, address)| address)
}

/// Takes over a stream socket that the application made: a local one or one of IP, that listens or does not. It
/// neither blocks from now on, nor is it inherited by programs that are started.
///
/// # Errors
/// It is none, or belongs to the library already. It is left alone then.
pub(crate) fn adopt(raw: RawFd, local: bool, listens: bool) -> io::Result<Fd> {
    let fits = !fd::is_known(raw)
        && integer(raw, libc::SOL_SOCKET, libc::SO_TYPE)? == libc::SOCK_STREAM
        && (integer(raw, libc::SOL_SOCKET, libc::SO_DOMAIN)? == libc::AF_UNIX) == local
        && (integer(raw, libc::SOL_SOCKET, libc::SO_ACCEPTCONN)? != 0) == listens;
    if !fits {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: no pointers are involved.
    unsafe {
        let flags = check(libc::fcntl(raw, libc::F_GETFL))?;
        check(libc::fcntl(raw, libc::F_SETFL, flags | libc::O_NONBLOCK))?;
        let flags = check(libc::fcntl(raw, libc::F_GETFD))?;
        check(libc::fcntl(raw, libc::F_SETFD, flags | libc::FD_CLOEXEC))?;
    }
    // SAFETY: it is open, and the application has given it away with the option that names it.
    Ok(unsafe { Fd::from_raw(raw) })
}

/// An option of the socket that is an int.
pub(crate) fn integer(raw: RawFd, level: i32, name: i32) -> io::Result<i32> {
    let mut value: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` and `size` outlive the call, and `size` is the size of `value`. A descriptor that is none, or no
    // socket, is an error.
    check(unsafe { libc::getsockopt(raw, level, name, (&raw mut value).cast(), &mut size) })?;
    Ok(value)
}
