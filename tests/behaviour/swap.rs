//! What is over the high-water mark goes to disk, and comes back in order.

use crate::common::{
    Context, own_tcp_endpoint, recv, recv_all, send, send_all, send_part, try_recv, try_send,
};
use crate::{Transport, over_each};
use oxmq::{Error, SocketType};
use std::time::Duration;

const SWAP_BYTES: u64 = 4 * 1024 * 1024;

fn body(number: usize) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(8 + number % 3000, b's');
    body
}

#[test]
fn more_than_the_mark_waits_for_a_peer_that_is_not_there() {
    let place = Transport::Tcp.fixed_place();
    let push = place.client().socket_with(SocketType::Push, |options| {
        options.send_hwm = 10;
        options.swap_bytes = SWAP_BYTES;
    });
    push.connect(&place.endpoint).expect("connect");
    for number in 0..2000 {
        if number % 5 == 0 {
            send_part(push, b"", true, false).expect("room for a part");
        }
        assert_eq!(try_send(push, body(number)), Ok(()), "message {number}");
    }
    let pull = place.server.socket_with(SocketType::Pull, |options| options.recv_hwm = 10);
    pull.bind(&place.endpoint).expect("bind");
    for number in 0..2000 {
        let parts = recv_all(pull);
        assert_eq!(parts.len(), if number % 5 == 0 { 2 } else { 1 });
        assert!(*parts.last().expect("a part") == body(number), "message {number}");
    }
    assert_eq!(try_recv(pull), None);
    // And now it goes on as if nothing had been.
    for number in 0..100 {
        send(push, body(number));
        assert_eq!(recv(pull), body(number));
    }
}

/// A full swap holds the sender up; nothing is lost.
#[test]
fn a_full_swap_is_back_pressure() {
    let place = Transport::Tcp.fixed_place();
    let push = place.client().socket_with(SocketType::Push, |options| {
        options.send_hwm = 10;
        options.swap_bytes = SWAP_BYTES;
    });
    push.connect(&place.endpoint).expect("connect");
    let mut sent = 0_usize;
    loop {
        match try_send(push, vec![sent as u8; 10_000]) {
            Ok(()) => sent += 1,
            Err(Error::WouldBlock) => break,
            Err(error) => panic!("send: {error}"),
        }
        assert!(sent < 2000, "the swap is not bounded");
    }
    let at_least = SWAP_BYTES as usize / 10_000 * 9 / 10;
    assert!(sent > at_least, "only {sent} messages went to a swap of {SWAP_BYTES} bytes");
    let total = sent + 500;
    let sender = std::thread::spawn(move || {
        (sent..total).for_each(|number| send(push, vec![number as u8; 10_000]));
    });
    let pull = place.server.socket(SocketType::Pull);
    pull.bind(&place.endpoint).expect("bind");
    (0..total).for_each(|number| assert!(recv(pull) == vec![number as u8; 10_000], "message {number}"));
    sender.join().expect("the sender");
    assert_eq!(try_recv(pull), None);
}

/// Sender and receiver at work at once, each of them slow at times, over each transport.
#[test]
fn in_order_while_it_fills_and_drains() {
    over_each(|transport| {
        let place = transport.place();
        let push = place.client().socket_with(SocketType::Push, |options| {
            options.send_hwm = 5;
            options.swap_bytes = SWAP_BYTES;
        });
        let pull = place.server.socket_with(SocketType::Pull, |options| options.recv_hwm = 5);
        place.join(pull, push);
        const COUNT: usize = 5000;
        let sender = std::thread::spawn(move || {
            for number in 0..COUNT {
                send_all(push, &[&body(number)[..], b"second part"]);
                if number % 1000 == 999 {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        for number in 0..COUNT {
            let parts = recv_all(pull);
            assert!(parts[0] == body(number) && parts[1] == b"second part", "message {number}");
            if number % 700 == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        sender.join().expect("the sender");
    });
}

/// What is on disk when the socket is closed is delivered like the rest, or dropped like it.
#[test]
fn lingering_counts_for_the_swap_too() {
    let place = Transport::Tcp.fixed_place();
    let push = place.client().socket_with(SocketType::Push, |options| {
        options.send_hwm = 5;
        options.swap_bytes = SWAP_BYTES;
    });
    push.connect(&place.endpoint).expect("connect");
    (0..1000).for_each(|number| send(push, body(number)));
    push.close().expect("close");
    let pull = place.server.socket(SocketType::Pull);
    pull.bind(&place.endpoint).expect("bind");
    (0..1000).for_each(|number| assert!(recv(pull) == body(number), "message {number}"));

    let context = Context::new();
    let push = context.socket_with(SocketType::Push, |options| {
        options.send_hwm = 5;
        options.swap_bytes = SWAP_BYTES;
        options.linger = Some(Duration::ZERO);
    });
    push.connect(&own_tcp_endpoint()).expect("connect");
    (0..1000).for_each(|number| send(push, body(number)));
    push.close().expect("close");
    context.end();
}

/// Within a context, too, whoever comes first.
#[test]
fn it_stands_behind_an_inproc_pipe() {
    for connect_first in [true, false] {
        let context = Context::new();
        let push = context.socket_with(SocketType::Push, |options| {
            options.send_hwm = 5;
            options.swap_bytes = SWAP_BYTES;
        });
        let pull = context.socket_with(SocketType::Pull, |options| options.recv_hwm = 5);
        if connect_first {
            push.connect("inproc://swapped").expect("connect");
        }
        pull.bind("inproc://swapped").expect("bind");
        if !connect_first {
            push.connect("inproc://swapped").expect("connect");
        }
        (0..1000).for_each(|number| assert_eq!(try_send(push, body(number)), Ok(()), "message {number}"));
        (0..1000).for_each(|number| assert!(recv(pull) == body(number), "message {number}"));
        assert_eq!(try_recv(pull), None);
    }
}

/// A publisher drops nothing for a slow subscriber while the disk has room.
#[test]
fn a_publisher_swaps_before_it_drops() {
    over_each(|transport| {
        let place = transport.place();
        let publisher = place.server.socket_with(SocketType::Pub, |options| {
            options.send_hwm = 5;
            options.swap_bytes = 64 << 20;
        });
        let sub = place.client().socket_with(SocketType::Sub, |options| options.recv_hwm = 5);
        sub.subscribe(b"").expect("subscribe");
        place.join(publisher, sub);
        crate::common::meet(publisher, sub, "sync");
        (0..3000).for_each(|number| send(publisher, body(number)));
        (0..3000).for_each(|number| assert!(recv(sub) == body(number), "message {number}"));
    });
}
