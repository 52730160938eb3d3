//! Who may connect to a listener: the filters that are asked before a byte is exchanged.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::sys_peer::{self, Credentials};
use crate::socket::options::{IpcFilter, Options};
use std::net::IpAddr;
use std::os::fd::AsFd;

/// Whether a peer that has connected over TCP may stay.
pub(crate) fn tcp(fd: &Fd, options: &Options) -> bool {
    let filters = &options.tcp.accept_filters;
    if filters.is_empty() {
        return true;
    }
    let address = sys_peer::peer_address(fd.as_fd()).ok().and_then(|address| address.to_inet());
    address.is_some_and(|address| filters.iter().any(|filter| covers(filter, address.ip())))
}

/// Whether a peer that has connected over a local socket may stay.
pub(crate) fn ipc(fd: &Fd, options: &Options) -> bool {
    let filter = &options.ipc_filter;
    let open = filter.pids.is_empty() && filter.uids.is_empty() && filter.gids.is_empty();
    open || sys_peer::credentials(fd.as_fd()).is_ok_and(|peer| passes(filter, &peer))
}

/// Whether the address is in the network. An IPv4 address may come in the form of an IPv6 one.
fn covers((network, prefix_bits): &(IpAddr, u8), address: IpAddr) -> bool {
    let shift = |bits: u32| bits.saturating_sub(u32::from(*prefix_bits));
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits() ^ address.to_bits()).checked_shr(shift(32)).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (network.to_bits() ^ address.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0
        }
        // Networks of IPv4 that are written as ones of IPv6.
        (IpAddr::V6(network), IpAddr::V4(address)) => {
            let address = address.to_ipv6_mapped().to_bits();
            (network.to_bits() ^ address).checked_shr(shift(128)).unwrap_or(0) == 0
        }
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
    }
}

/// Whether one of the filters knows the peer.
fn passes(filter: &IpcFilter, peer: &Credentials) -> bool {
    filter.pids.contains(&peer.pid)
        || filter.uids.contains(&peer.uid)
        || filter.gids.contains(&peer.gid)
        || peer.groups.iter().any(|group| filter.gids.contains(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_cover_their_addresses() {
        for (network, bits, address, inside) in [
            ("127.0.0.1", 32, "127.0.0.1", true),
            ("127.0.0.1", 32, "127.0.0.2", false),
            ("127.0.0.0", 8, "127.9.8.7", true),
            ("127.0.0.0", 8, "128.0.0.1", false),
            ("0.0.0.0", 0, "203.0.113.5", true),
            ("127.0.0.0", 8, "::ffff:127.0.0.1", true),
            ("127.0.0.0", 8, "::1", false),
            ("::1", 128, "::1", true),
            ("::1", 128, "::2", false),
            ("2001:db8::", 32, "2001:db8:ffff::1", true),
            ("2001:db8::", 33, "2001:db8:ffff::1", false),
            ("::", 0, "127.0.0.1", true),
            ("::ffff:127.0.0.0", 104, "127.1.2.3", true),
            ("127.0.0.1", 200, "127.0.0.1", true),
        ] {
            let filter = (network.parse().unwrap(), bits);
            assert_eq!(covers(&filter, address.parse().unwrap()), inside, "{address} in {network}/{bits}");
        }
    }

    #[test]
    fn one_filter_is_enough() {
        let peer = Credentials { pid: 7, uid: 8, gid: 9, groups: vec![10, 11] };
        let with = |pids: &[i32], uids: &[u32], gids: &[u32]| {
            passes(&IpcFilter { pids: pids.to_vec(), uids: uids.to_vec(), gids: gids.to_vec() }, &peer)
        };
        assert!(with(&[7], &[1], &[1]) && with(&[1], &[1, 8], &[1]) && with(&[], &[], &[9]));
        assert!(with(&[], &[], &[11]));
        assert!(!with(&[8, 9], &[7, 9, 10], &[7, 8]));
    }
}
