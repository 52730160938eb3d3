//! A swap without the disk it was promised: back-pressure or an error, and never a loss. Each test runs itself
//! again in a process of its own that the system gives less.
#![forbid(unsafe_code)]

mod common;

use common::{Context, LOOPBACK, bind, own_tcp_endpoint, recv, rerun, send, try_recv, try_send};
use oxmq::{Error, SocketHandle, SocketType};

const HWM: usize = 10;

fn swapping(context: &Context, kind: SocketType) -> SocketHandle {
    context.socket_with(kind, |options| (options.send_hwm, options.swap_bytes) = (HWM, 64 << 20))
}

/// Files may have 100 blocks, of 512 bytes or of 1,024, as the shell has it.
#[test]
fn a_small_disk_holds_the_sender_up() {
    let Some(()) = rerun("a_small_disk_holds_the_sender_up", "ulimit -f 100") else { return };
    let context = Context::new();
    let push = swapping(&context, SocketType::Push);
    let endpoint = own_tcp_endpoint();
    push.connect(&endpoint).expect("connect");
    let mut sent = 0_usize;
    while sent < 10_000 {
        match try_send(push, sent.to_le_bytes().repeat(100)) {
            Ok(()) => sent += 1,
            Err(Error::WouldBlock) => break,
            Err(error) => panic!("send: {error}"),
        }
    }
    assert!(sent > HWM, "some go to the disk");
    assert!(sent < 10_000, "the disk has no room for all of them");
    let pull = context.socket(SocketType::Pull);
    pull.bind(&endpoint).expect("bind");
    (0..sent).for_each(|number| assert!(recv(pull) == number.to_le_bytes().repeat(100)));
    assert_eq!(try_recv(pull), None);
    (0..100_usize).for_each(|number| {
        send(push, number.to_le_bytes());
        assert_eq!(recv(pull), number.to_le_bytes());
    });
}

/// Neither the current directory nor that for temporary files can be written, not even by the superuser.
#[test]
fn no_disk_at_all_is_an_error() {
    let Some(()) = rerun("no_disk_at_all_is_an_error", "cd /proc && export TMPDIR=/proc/none") else {
        return;
    };
    let context = Context::new();
    let push = swapping(&context, SocketType::Push);
    assert!(matches!(push.connect(&own_tcp_endpoint()), Err(Error::Os(_))), "connect says so");
    // A peer that connects cannot be told: the high-water mark holds for it.
    let endpoint = bind(push, LOOPBACK);
    let pull = context.connected(SocketType::Pull, &endpoint);
    (0..100_usize).for_each(|number| {
        send(push, number.to_le_bytes());
        assert_eq!(recv(pull), number.to_le_bytes());
    });
}
