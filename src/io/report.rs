//! What a monitor is told: the endpoints of a connection, and why a handshake failed.
#![forbid(unsafe_code)]

use super::established::Ended;
use super::sys::{self, SockAddr};
use super::sys_peer;
use crate::socket::monitor::{Endpoints, MonitorEvent};
use crate::transport::ipc;
use crate::wire::Failure;
use std::io;
use std::os::fd::BorrowedFd;

/// A descriptor's number where there is none any more.
pub(crate) const NO_FD: i32 = -1;

/// An address as an endpoint; empty for one that is not known.
fn endpoint(address: io::Result<SockAddr>) -> String {
    let Ok(address) = address else { return String::new() };
    match (address.to_inet(), address.to_unix()) {
        (Some(inet), _) => format!("tcp://{inet}"),
        (None, Some(name)) => format!("ipc://{}", ipc::Name::from(name)),
        (None, None) => String::new(),
    }
}

/// Both sides of a connection; `target` is what this side connects to, if it does.
pub(crate) fn endpoints(fd: Option<BorrowedFd<'_>>, target: Option<String>) -> Endpoints {
    let local = fd.map(|fd| endpoint(sys::local_address(fd))).unwrap_or_default();
    let bound = target.is_none();
    let remote = match target {
        Some(target) => target,
        None => fd.map(|fd| endpoint(sys_peer::peer_address(fd))).unwrap_or_default(),
    };
    Endpoints { local, remote, bound }
}

/// Why a handshake failed.
pub(crate) fn handshake_failed(ended: &Ended) -> MonitorEvent {
    match ended {
        Ended::Protocol(error) => match error.failure() {
            Failure::Protocol(code) => MonitorEvent::HandshakeFailedProtocol(code),
            Failure::Refused(status) => MonitorEvent::HandshakeFailedAuth(status),
            Failure::OutOfMemory => MonitorEvent::HandshakeFailedNoDetail(libc::ENOMEM),
            Failure::NoRandomness => MonitorEvent::HandshakeFailedNoDetail(libc::EIO),
            // What libzmq says.
            Failure::NobodyAsked => MonitorEvent::HandshakeFailedNoDetail(libc::EFAULT),
        },
        // The connection was made: what timed out was the handshake.
        Ended::Broken(error) if error.kind() == io::ErrorKind::TimedOut => {
            MonitorEvent::HandshakeFailedNoDetail(libc::EAGAIN)
        }
        Ended::Broken(error) => {
            MonitorEvent::HandshakeFailedNoDetail(error.raw_os_error().unwrap_or(libc::EIO))
        }
        _ => MonitorEvent::HandshakeFailedNoDetail(libc::EPIPE),
    }
}
