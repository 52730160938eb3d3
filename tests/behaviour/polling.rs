//! Waiting for several things at once: poll, events, and the descriptor for other people's loops.

use crate::common::{Context, PATIENCE, recv, send, try_recv, try_send};
use crate::over_each;
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{Error, SocketHandle, SocketType};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

const NONE: Interest = Interest { readable: false, writable: false, urgent: false, error: false };
const READ: Interest = Interest { readable: true, ..NONE };
const WRITE: Interest = Interest { writable: true, ..NONE };

fn socket_item(socket: SocketHandle, want: Interest) -> PollItem {
    PollItem { on: PollOn::Socket(socket), want, got: NONE }
}

fn fd_item(fd: &impl AsRawFd, want: Interest) -> PollItem {
    PollItem { on: PollOn::Fd(fd.as_raw_fd()), want, got: NONE }
}

/// What was found on each, in order; the number that poll gave must be right.
fn found(items: &mut [PollItem], timeout: Option<Duration>) -> Vec<Interest> {
    let count = poll(items, timeout).expect("poll");
    assert_eq!(count, items.iter().filter(|item| item.got != NONE).count());
    items.iter().map(|item| item.got).collect()
}

#[test]
fn sockets_and_descriptors_together() {
    over_each(|transport| {
        let place = transport.place();
        let (push, pull) = (place.client().socket(SocketType::Push), place.server.socket(SocketType::Pull));
        place.join(pull, push);
        let (mut near, far) = UnixStream::pair().expect("two sockets");
        let items = || [socket_item(pull, READ), fd_item(&far, READ)];
        assert_eq!(found(&mut items(), Some(Duration::ZERO)), [NONE, NONE]);
        near.write_all(b"x").expect("write");
        assert_eq!(found(&mut items(), None), [NONE, READ]);
        (&far).read_exact(&mut [0]).expect("read");
        send(push, "x");
        assert_eq!(found(&mut items(), None), [READ, NONE]);
        near.write_all(b"x").expect("write");
        assert_eq!(found(&mut items(), None), [READ, READ]);
        assert_eq!(recv(pull), b"x");
        assert_eq!(found(&mut items(), None), [NONE, READ]);
    });
}

#[test]
fn a_poll_waits_as_long_as_it_is_told() {
    let context = Context::new();
    let (pull, _) = context.bound(SocketType::Pull);
    let (_near, far) = UnixStream::pair().expect("two sockets");
    for timeout in [0, 1, 30, 200].map(Duration::from_millis) {
        for mut items in [
            vec![socket_item(pull, READ)],
            vec![fd_item(&far, READ)],
            vec![socket_item(pull, READ), fd_item(&far, READ)],
            Vec::new(),
        ] {
            let start = Instant::now();
            assert_eq!(poll(&mut items, Some(timeout)), Ok(0));
            assert!(start.elapsed() >= timeout, "{:?} of {timeout:?}", start.elapsed());
        }
    }
}

/// What comes while the poll waits ends it.
#[test]
fn a_poll_is_woken() {
    over_each(|transport| {
        let place = transport.place();
        let (push, pull) = (place.client().socket(SocketType::Push), place.server.socket(SocketType::Pull));
        place.join(pull, push);
        let (mut near, far) = UnixStream::pair().expect("two sockets");
        for round in 0..200 {
            let by_socket = round % 2 == 0;
            let sender = std::thread::spawn({
                let mut near = near.try_clone().expect("the socket again");
                move || if by_socket { send(push, "x") } else { near.write_all(b"x").expect("write") }
            });
            // With and without a descriptor among them.
            let mut items = vec![socket_item(pull, READ), fd_item(&far, READ)];
            items.truncate(if by_socket && round % 4 == 0 { 1 } else { 2 });
            let got = found(&mut items, Some(PATIENCE));
            if by_socket {
                assert_eq!(got[0], READ);
                assert_eq!(recv(pull), b"x");
            } else {
                assert_eq!(got, [NONE, READ]);
                (&far).read_exact(&mut [0]).expect("read");
            }
            sender.join().expect("the sender");
        }
        near.flush().expect("flush");
    });
}

#[test]
fn writable_means_that_there_is_room() {
    let context = Context::new();
    let push = context.socket_with(SocketType::Push, |options| options.send_hwm = 3);
    assert_eq!(found(&mut [socket_item(push, WRITE)], Some(Duration::ZERO)), [NONE]);
    let (pull, endpoint) = context.bound(SocketType::Pull);
    push.connect(&endpoint).expect("connect");
    let both = Interest { readable: true, ..WRITE };
    assert_eq!(found(&mut [socket_item(push, both)], None), [WRITE]);
    send(push, "x");
    assert_eq!(found(&mut [socket_item(pull, both)], None), [READ]);
    let far_away = context.socket_with(SocketType::Push, |options| options.send_hwm = 3);
    far_away.connect(&crate::common::own_tcp_endpoint()).expect("connect");
    while try_send(far_away, "x").is_ok() {}
    let mut items = [socket_item(far_away, WRITE), socket_item(push, WRITE)];
    assert_eq!(found(&mut items, None), [NONE, WRITE]);
}

#[test]
fn a_closed_socket_cannot_be_polled() {
    let context = Context::new();
    let (pull, _) = context.bound(SocketType::Pull);
    pull.close().expect("close");
    assert_eq!(poll(&mut [socket_item(pull, READ)], Some(Duration::ZERO)), Err(Error::NotASocket));
}

/// Somebody else's loop, edge-triggered: it looks at the events when the descriptor becomes readable, and
/// works until there are none.
#[test]
fn the_descriptor_in_an_edge_triggered_loop() {
    over_each(|transport| {
        let place = transport.place();
        let (push, pull) = (place.client().socket(SocketType::Push), place.server.socket(SocketType::Pull));
        place.join(pull, push);
        let fd = pull.fd().expect("a descriptor");
        assert_eq!(pull.fd(), Ok(fd), "the same one each time");
        let mut outside = mio::Poll::new().expect("a poll");
        let interest = mio::Interest::READABLE;
        outside
            .registry()
            .register(&mut mio::unix::SourceFd(&fd), mio::Token(0), interest)
            .expect("register");
        const COUNT: usize = 20_000;
        let sender = std::thread::spawn(move || {
            for number in 0..COUNT {
                send(push, number.to_le_bytes());
                if number % 100 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let mut received = 0_usize;
        let mut events = mio::Events::with_capacity(1);
        loop {
            while pull.events().expect("events").readable {
                // Sometimes one, sometimes all that there are.
                let mut left = if received.is_multiple_of(3) { 1 } else { usize::MAX };
                while left > 0
                    && let Some(bytes) = try_recv(pull)
                {
                    assert_eq!(bytes, received.to_le_bytes());
                    received += 1;
                    left -= 1;
                }
            }
            if received == COUNT {
                break;
            }
            outside.poll(&mut events, Some(PATIENCE)).expect("poll");
            assert!(!events.is_empty(), "an edge was lost after {received}");
        }
        sender.join().expect("the sender");
    });
}

/// And one that looks at the level.
#[test]
fn the_descriptor_in_a_level_triggered_loop() {
    let context = Context::new();
    let (rep, endpoint) = context.bound(SocketType::Rep);
    let req = context.connected(SocketType::Req, &endpoint);
    let fd = rep.fd().expect("a descriptor");
    let client = std::thread::spawn(move || {
        for number in 0_usize..500 {
            send(req, number.to_le_bytes());
            assert_eq!(recv(req), number.to_le_bytes());
        }
    });
    let mut served = 0;
    while served < 500 {
        if rep.events().expect("events").readable {
            let request = recv(rep);
            send(rep, request);
            served += 1;
            continue;
        }
        let mut items = [PollItem { on: PollOn::Fd(fd), want: READ, got: NONE }];
        assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1), "an edge was lost after {served}");
    }
    client.join().expect("the client");
}

/// Nothing to do, nothing to read: a loop that looks at the level sleeps. A new descriptor is readable until the socket is
/// looked at; and so is one that is asked for when there is something.
#[test]
fn the_descriptor_of_an_idle_socket_is_quiet() {
    let is_readable = |fd| {
        let mut items = [PollItem { on: PollOn::Fd(fd), want: READ, got: NONE }];
        poll(&mut items, Some(Duration::ZERO)) == Ok(1)
    };
    let context = Context::new();
    for kind in [SocketType::Pull, SocketType::Dealer, SocketType::Pub] {
        let (idle, _) = context.bound(kind);
        let fd = idle.fd().expect("a descriptor");
        assert!(is_readable(fd), "{kind:?}");
        idle.events().expect("events");
        assert_eq!(idle.fd(), Ok(fd));
        assert!(!is_readable(fd), "{kind:?}, asked for again");
    }

    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    send(push, "before");
    let mut items = [socket_item(pull, READ)];
    assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1));
    let fd = pull.fd().expect("a descriptor");
    assert!(is_readable(fd));
    assert!(pull.events().expect("events").readable && !is_readable(fd));
    assert_eq!(recv(pull), b"before");
    assert!(!pull.events().expect("events").readable && !is_readable(fd));
    send(push, "after");
    let mut items = [PollItem { on: PollOn::Fd(fd), want: READ, got: NONE }];
    assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1));
}

/// The descriptor says when there is room again, too.
#[test]
fn the_descriptor_tells_of_room() {
    let place = crate::Transport::Tcp.fixed_place();
    let push = place.client().socket_with(SocketType::Push, |options| options.send_hwm = 10);
    let fd = push.fd().expect("a descriptor");
    push.connect(&place.endpoint).expect("connect");
    while try_send(push, "x").is_ok() {}
    let pull = place.server.socket(SocketType::Pull);
    pull.bind(&place.endpoint).expect("bind");
    while !push.events().expect("events").writable {
        let mut items = [PollItem { on: PollOn::Fd(fd), want: READ, got: NONE }];
        assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1), "an edge was lost");
    }
    (0..10).for_each(|_| assert_eq!(recv(pull), b"x"));
}

/// A program may ask for it each time: it becomes readable by that, and not for longer than until it has looked.
#[test]
fn the_descriptor_that_is_asked_for_again_and_again() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    for number in 0..100 {
        send(push, number.to_string());
        loop {
            let fd = pull.fd().expect("a descriptor");
            if pull.events().expect("events").readable {
                break;
            }
            let mut items = [PollItem { on: PollOn::Fd(fd), want: READ, got: Interest::default() }];
            assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1));
        }
        assert_eq!(recv(pull), number.to_string().as_bytes());
        let fd = pull.fd().expect("a descriptor");
        assert!(!pull.events().expect("events").readable);
        let mut items = [PollItem { on: PollOn::Fd(fd), want: READ, got: Interest::default() }];
        assert_eq!(poll(&mut items, Some(Duration::ZERO)), Ok(0), "nothing has happened since");
    }
}
