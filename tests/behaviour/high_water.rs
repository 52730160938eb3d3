//! High-water marks: who waits at them, who drops, and that nothing else is lost.

use crate::common::raw::Raw;
use crate::common::{
    Context, bind, eventually, recv, recv_all, recv_text, send, send_all, try_recv, try_send,
};
use crate::{TRANSPORTS, Transport, over_each};
use oxmq::{Error, SocketHandle, SocketType};

/// Sends numbered messages until there is no room; how many there was room for.
fn fill(socket: SocketHandle, size: usize, at_most: usize) -> usize {
    for number in 0..at_most {
        match try_send(socket, numbered(number, size)) {
            Ok(()) => (),
            Err(Error::WouldBlock) => return number,
            Err(error) => panic!("send: {error}"),
        }
    }
    at_most
}

fn numbered(number: usize, size: usize) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize(size, b'-');
    bytes
}

fn number_of(bytes: &[u8]) -> usize {
    usize::from_le_bytes(bytes[..8].try_into().expect("a number"))
}

/// While nobody is there, just so many messages are taken.
#[test]
fn the_mark_is_exact_for_a_peer_that_is_not_there() {
    let context = Context::new();
    for kind in [SocketType::Push, SocketType::Dealer, SocketType::Pair] {
        for hwm in [1, 2, 7, 1000] {
            let socket = context.socket_with(kind, |options| options.send_hwm = hwm);
            socket.connect(&crate::common::own_tcp_endpoint()).expect("connect");
            assert_eq!(fill(socket, 8, 2000), hwm, "{kind:?}");
            assert!(!socket.events().expect("events").writable);
            socket
                .set_options(|options| {
                    options.linger = Some(std::time::Duration::ZERO);
                    Ok(())
                })
                .expect("options");
            socket.close().expect("close");
        }
    }
}

#[test]
fn zero_is_no_mark() {
    let place = Transport::Tcp.fixed_place();
    let push = place.client().socket_with(SocketType::Push, |options| options.send_hwm = 0);
    push.connect(&place.endpoint).expect("connect");
    assert_eq!(fill(push, 8, 100_000), 100_000);
    let pull = place.server.socket_with(SocketType::Pull, |options| options.recv_hwm = 0);
    pull.bind(&place.endpoint).expect("bind");
    (0..100_000).for_each(|number| assert_eq!(number_of(&recv(pull)), number));
}

/// Who sends large bodies pauses, but is not held up short of the mark: neither by a peer that is not there, nor by one that
/// reads nothing.
#[test]
fn the_mark_is_exact_for_large_bodies_too() {
    const BYTES: usize = 128 * 1024;
    over_each(|transport| {
        let place = transport.fixed_place();
        let push = place.client().socket_with(SocketType::Push, |options| options.send_hwm = 200);
        push.connect(&place.endpoint).expect("connect");
        for number in 0..200 {
            send(push, numbered(number, BYTES));
        }
        assert_eq!(try_send(push, numbered(0, BYTES)), Err(Error::WouldBlock));
        let pull = place.server.socket_with(SocketType::Pull, |options| options.recv_hwm = 2);
        pull.bind(&place.endpoint).expect("bind");
        let sender = std::thread::spawn(move || {
            (200..600).for_each(|number| send(push, numbered(number, BYTES)));
            send_all(push, &[&b"parts"[..], &vec![b'-'; 10 * BYTES], b"last"]);
            (600..1000).for_each(|number| send(push, numbered(number, BYTES)));
        });
        for number in 0..1000 {
            if number == 600 {
                assert_eq!(recv_all(pull).iter().map(Vec::len).collect::<Vec<_>>(), [5, 10 * BYTES, 4]);
            }
            let bytes = recv(pull);
            assert_eq!((number_of(&bytes), bytes.len()), (number, BYTES));
        }
        sender.join().expect("the sender");
    });
}

/// What was read from a connection and has no room yet is not forgotten when its receiver waits.
#[test]
fn a_receiver_with_the_lowest_mark_gets_everything() {
    for kinds in [(SocketType::Push, SocketType::Pull), (SocketType::Dealer, SocketType::Dealer)] {
        for _ in 0..10 {
            let place = Transport::Tcp.place();
            let pull = place.server.socket_with(kinds.1, |options| options.recv_hwm = 1);
            let push = place.client().socket(kinds.0);
            place.join(pull, push);
            let sender = std::thread::spawn(move || {
                for number in 0..10_000 {
                    send(push, numbered(number, 8));
                    if number % 7 == 0 {
                        std::thread::yield_now();
                    }
                }
            });
            (0..10_000).for_each(|number| assert_eq!(number_of(&recv(pull)), number));
            sender.join().unwrap();
        }
    }
}

/// The marks hold whatever the two say to each other ahead of messages.
#[test]
fn names_do_not_hide_the_mark() {
    let context = Context::new();
    for (number, bind_first) in [true, false].into_iter().enumerate() {
        let endpoint = format!("inproc://{number}");
        let with = |kind| {
            context.socket_with(kind, |options| {
                options.identity = b"me".to_vec();
                options.hello_message = b"hello".to_vec();
                (options.send_hwm, options.recv_hwm) = (5, 5);
            })
        };
        let (one, two) = (with(SocketType::Dealer), with(SocketType::Dealer));
        if bind_first {
            one.bind(&endpoint).expect("bind");
        }
        two.connect(&endpoint).expect("connect");
        if !bind_first {
            one.bind(&endpoint).expect("bind");
        }
        // The name and the greeting count too.
        assert_eq!([fill(one, 8, 100), fill(two, 8, 100)], [8, 8]);
    }
}

/// A receiver that does not receive holds the sender up; afterwards all is there, in order.
#[test]
fn a_sender_waits_and_nothing_is_lost() {
    over_each(|transport| {
        let place = transport.place();
        let push = place.client().socket_with(SocketType::Push, |options| options.send_hwm = 10);
        let pull = place.server.socket_with(SocketType::Pull, |options| options.recv_hwm = 10);
        place.join(pull, push);
        // As many as both marks, and the system's buffers, have room for: a few megabytes at most.
        let mut sent = 0;
        let mut refused = 0;
        while refused < 50 {
            match try_send(push, numbered(sent, 100_000)) {
                Ok(()) => (sent, refused) = (sent + 1, 0),
                Err(Error::WouldBlock) => {
                    refused += 1;
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
                Err(error) => panic!("send: {error}"),
            }
            assert!(sent < 1000, "the marks hold nobody up");
        }
        if transport == Transport::Inproc {
            assert!(sent <= 20, "{sent} messages for marks of 10 and 10");
        }
        let total = sent + 100;
        let sender = std::thread::spawn(move || {
            (sent..total).for_each(|number| send(push, numbered(number, 100_000)));
        });
        (0..total).for_each(|number| assert_eq!(number_of(&recv(pull)), number));
        sender.join().expect("the sender");
        assert_eq!(try_recv(pull), None);
    });
}

/// A subscriber that does not receive misses messages; the publisher and the others do not notice.
#[test]
fn a_publisher_drops_for_the_slow_one_only() {
    for transport in TRANSPORTS {
        println!("{transport:?}");
        let place = transport.place();
        let publisher = place.server.socket_with(SocketType::Xpub, |options| options.send_hwm = 100);
        let endpoint = bind(publisher, &place.endpoint);
        let [slow, fast] = ["slow", "fast"].map(|_| {
            let subscriber = place.client().socket_with(SocketType::Sub, |options| options.recv_hwm = 100);
            subscriber.subscribe(b"").expect("subscribe");
            subscriber.connect(&endpoint).expect("connect");
            subscriber
        });
        meet_both(publisher, slow, fast);
        // Far more than the marks and the system's buffers hold.
        const COUNT: usize = 4000;
        for number in 0..COUNT {
            send(publisher, numbered(number, 20_000));
            assert_eq!(number_of(&recv(fast)), number);
        }
        let mut got = Vec::new();
        let mut last = None;
        while last.is_none_or(|last| last < COUNT) {
            // Room again, sooner or later: this one arrives.
            send(publisher, numbered(COUNT, 20_000));
            while let Some(bytes) = try_recv(slow) {
                got.push(number_of(&bytes));
            }
            last = got.last().copied();
        }
        let before: Vec<usize> = got.into_iter().filter(|number| *number < COUNT).collect();
        assert!(before.len() >= 100, "the mark's worth was kept: {}", before.len());
        assert!(before.len() < COUNT, "nothing was dropped");
        assert_eq!(before[..100], (0..100).collect::<Vec<_>>(), "the oldest are kept");
        assert!(before.is_sorted_by(|a, b| a < b), "in order, none twice");
    }
}

/// Both subscribers receive from now on, and nothing is under way.
fn meet_both(publisher: SocketHandle, one: SocketHandle, other: SocketHandle) {
    let (mut seen_one, mut seen_other) = (false, false);
    eventually("both subscribers are known", || {
        send(publisher, "hello");
        seen_one |= try_recv(one).is_some();
        seen_other |= try_recv(other).is_some();
        seen_one && seen_other
    });
    send(publisher, "that was it");
    for subscriber in [one, other] {
        while recv_text(subscriber) != "that was it" {}
    }
}

/// XREP drops for a peer that does not read, and goes on serving the others.
#[test]
fn a_router_drops_for_the_slow_one_only() {
    let context = Context::new();
    let router = context.socket_with(SocketType::Router, |options| options.send_hwm = 10);
    let endpoint = bind(router, crate::common::LOOPBACK);
    let mut slow = Raw::connect(&endpoint);
    slow.write(crate::common::raw::greeting_v2(SocketType::Dealer as u8, b"slow"));
    slow.write(crate::common::raw::frames(&["here"]));
    assert_eq!(recv_all(router), [b"slow", b"here"]);
    let fast = context.socket_with(SocketType::Dealer, |options| options.identity = b"fast".to_vec());
    fast.connect(&endpoint).expect("connect");
    send(fast, "here");
    assert_eq!(recv_all(router), [b"fast", b"here"]);
    let body = vec![b'r'; 20_000];
    for number in 0..3000 {
        send_all(router, &[&b"slow"[..], &body]);
        send_all(router, &[&b"fast"[..], &numbered(number, 100)]);
        assert_eq!(number_of(&recv(fast)), number);
    }
    // What was not dropped is whole.
    slow.read(10 + 2);
    slow.read_frame();
    for _ in 0..10 {
        assert!(slow.read_message() == [&body[..]]);
    }
}

#[test]
fn directions_that_a_type_does_not_have() {
    let context = Context::new();
    for kind in [SocketType::Sub, SocketType::Pull] {
        let (socket, _) = context.bound(kind);
        assert_eq!(try_send(socket, "x"), Err(Error::NotSupported), "{kind:?}");
    }
    for kind in [SocketType::Pub, SocketType::Push] {
        let (socket, _) = context.bound(kind);
        assert_eq!(socket.recv(false).err(), Some(Error::NotSupported), "{kind:?}");
        assert_eq!(socket.recv(true).err(), Some(Error::NotSupported), "{kind:?}");
    }
}

/// Whether or not anybody listens, these never wait.
#[test]
fn publishers_and_routers_never_wait() {
    let context = Context::new();
    for kind in [SocketType::Pub, SocketType::Xpub, SocketType::Router] {
        let (socket, _) = context.bound(kind);
        for _ in 0..5000 {
            assert_eq!(crate::common::send_part(socket, b"nobody", true, false), Ok(()));
            assert_eq!(crate::common::send_part(socket, b"x", false, false), Ok(()));
        }
        assert!(socket.events().expect("events").writable);
    }
}
