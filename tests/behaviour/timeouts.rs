//! How long send and receive wait.

use crate::common::{Context, recv, send, send_part, try_send};
use oxmq::{Error, SocketHandle, SocketType};
use std::time::{Duration, Instant};

fn set_timeouts(socket: SocketHandle, timeout: Duration) {
    socket
        .set_options(|options| {
            options.send_timeout = Some(timeout);
            options.recv_timeout = Some(timeout);
            Ok(())
        })
        .expect("options");
}

#[test]
fn a_receive_gives_up() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    for timeout in [0, 20, 150].map(Duration::from_millis) {
        set_timeouts(pull, timeout);
        let start = Instant::now();
        assert_eq!(pull.recv(true).err(), Some(Error::WouldBlock));
        assert!(start.elapsed() >= timeout, "gave up after {:?} of {timeout:?}", start.elapsed());
        assert_eq!(pull.recv(false).err(), Some(Error::WouldBlock));
    }
    // It can still be waited for.
    set_timeouts(pull, crate::common::PATIENCE);
    send(push, "late");
    assert_eq!(recv(pull), b"late");
}

#[test]
fn a_send_gives_up() {
    let context = Context::new();
    for kind in [SocketType::Push, SocketType::Dealer, SocketType::Req, SocketType::Pair] {
        // Bound, and nobody comes.
        let (socket, endpoint) = context.bound(kind);
        for timeout in [0, 20, 150].map(Duration::from_millis) {
            set_timeouts(socket, timeout);
            let start = Instant::now();
            assert_eq!(send_part(socket, b"x", false, true), Err(Error::WouldBlock), "{kind:?}");
            assert!(start.elapsed() >= timeout, "gave up after {:?} of {timeout:?}", start.elapsed());
            assert_eq!(try_send(socket, "x"), Err(Error::WouldBlock), "{kind:?}");
        }
        // Somebody comes.
        let peer_kind = match kind {
            SocketType::Push => SocketType::Pull,
            SocketType::Req => SocketType::Rep,
            same => same,
        };
        set_timeouts(socket, crate::common::PATIENCE);
        let peer = context.connected(peer_kind, &endpoint);
        send(socket, "at last");
        assert_eq!(recv(peer), b"at last");
    }
}
