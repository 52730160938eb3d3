//! Messages of several parts: all of them arrive, or none.

use crate::common::raw::{Listener, MORE, Raw, frame, frame_v1, frames, frames_v1, greeting_v2, opening_v3};
use crate::common::{Context, recv, recv_all, send, send_all, send_part, try_recv};
use crate::over_each;
use oxmq::SocketType;
use std::time::Duration;

#[test]
fn nothing_is_seen_before_the_last_part() {
    over_each(|transport| {
        let place = transport.place();
        let pull = place.server.socket(SocketType::Pull);
        let push = place.client().socket(SocketType::Push);
        let endpoint = place.join(pull, push);
        send_part(push, b"one", true, true).expect("send");
        send_part(push, b"two", true, true).expect("send");
        send(place.client().connected(SocketType::Push, &endpoint), "of another");
        assert_eq!(recv_all(pull), [b"of another"]);
        assert_eq!(try_recv(pull), None);
        send_part(push, b"", false, true).expect("send");
        assert_eq!(recv_all(pull), [&b"one"[..], b"two", b""]);
    });
}

#[test]
fn a_sender_that_closes_in_the_middle_has_said_nothing() {
    over_each(|transport| {
        let place = transport.place();
        let pull = place.server.socket(SocketType::Pull);
        let push = place.client().socket(SocketType::Push);
        let endpoint = place.join(pull, push);
        send_all(push, &["whole", "message"]);
        send_part(push, b"half", true, true).expect("send");
        send_part(push, &[b'h'; 100_000], true, true).expect("send");
        push.close().expect("close");
        assert_eq!(recv_all(pull), [b"whole", b"message".as_slice()]);
        let push = place.client().connected(SocketType::Push, &endpoint);
        send_all(push, &["another", "whole"]);
        assert_eq!(recv_all(pull), [b"another", b"whole".as_slice()]);
        assert_eq!(try_recv(pull), None);
    });
}

#[test]
fn a_connection_that_is_cut_in_the_middle_has_brought_nothing() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let openings = [
        [frame_v1(false, b""), frames_v1(&["whole", "v1"]), frame_v1(true, b"half")].concat(),
        [greeting_v2(8, b""), frames(&["whole", "v2"]), frame(MORE, b"half")].concat(),
        [opening_v3(0, "PUSH"), frames(&["whole", "v3"]), frame(MORE, &[b'h'; 70_000])].concat(),
        [opening_v3(1, "PUSH"), frames(&["whole", "v3"]), frame(MORE, b"1"), frame(MORE, b"2")].concat(),
    ];
    for opening in openings {
        let mut peer = Raw::connect(&endpoint);
        peer.write(opening);
        peer.leave();
        assert_eq!(recv_all(pull)[0], b"whole");
        let push = context.connected(SocketType::Push, &endpoint);
        send_all(push, &["the", "next"]);
        push.close().expect("close");
        assert_eq!(recv_all(pull), [b"the", b"next".as_slice()]);
    }
}

/// The peer breaks off while it reads a long message: what it is sent when it comes back begins with the
/// first part of one.
#[test]
fn a_reader_that_breaks_off_gets_whole_messages_when_it_is_back() {
    let context = Context::new();
    let listener = Listener::new();
    let push = context.connected(SocketType::Push, &listener.endpoint());
    push.set_options(|options| {
        options.send_timeout = Some(Duration::from_secs(60));
        Ok(())
    })
    .expect("options");
    let body = vec![b'l'; 300_000];
    for number in 0..50 {
        send_all(push, &[format!("first {number}").as_bytes(), &body, &body, b"last"]);
    }
    let mut peer = listener.accept();
    peer.open_v3(0, "PULL");
    peer.read(500_000);
    drop(peer);
    let mut peer = listener.accept();
    peer.open_v3(0, "PULL");
    let mut previous = None;
    // What was on its way may be lost, but not the last ones, nor any in between.
    loop {
        let parts = peer.read_message();
        assert_eq!(parts.len(), 4);
        let text = String::from_utf8(parts[0].clone()).expect("a first part");
        let number: usize = text.strip_prefix("first ").expect("a first part").parse().expect("a number");
        assert!(parts[1] == body && parts[2] == body && parts[3] == b"last");
        assert!(previous.is_none_or(|previous| number == previous + 1), "{number} after {previous:?}");
        previous = Some(number);
        if number == 49 {
            return;
        }
    }
}

#[test]
fn parts_without_bytes_are_parts() {
    over_each(|transport| {
        let place = transport.place();
        let (left, right) = (place.client().socket(SocketType::Pair), place.server.socket(SocketType::Pair));
        place.join(right, left);
        for count in 1..5 {
            send_all(left, &vec![b""; count]);
            assert_eq!(recv_all(right), vec![b""; count]);
        }
        send(right, "");
        assert_eq!(recv_all(left), [b""]);
    });
}

#[test]
fn a_message_of_very_many_parts() {
    over_each(|transport| {
        let place = transport.place();
        // One message, however many parts.
        let push = place.client().socket_with(SocketType::Push, |options| options.send_hwm = 1);
        let pull = place.server.socket_with(SocketType::Pull, |options| options.recv_hwm = 1);
        place.join(pull, push);
        let parts: Vec<Vec<u8>> = (0..20_000_u32).map(|number| number.to_le_bytes().repeat(3)).collect();
        send_all(push, &parts);
        assert!(recv_all(pull) == parts);
    });
}

/// A message is read to its end before one of another peer begins.
#[test]
fn messages_of_two_senders_are_not_mixed() {
    over_each(|transport| {
        let place = transport.place();
        let pull = place.server.socket(SocketType::Pull);
        let first = place.client().socket(SocketType::Push);
        let endpoint = place.join(pull, first);
        let second = place.client().connected(SocketType::Push, &endpoint);
        let senders = [(first, "a"), (second, "b")].map(|(push, name)| {
            std::thread::spawn(move || {
                for number in 0..500 {
                    let part = format!("{name}{number}");
                    send_all(push, &[&part, &part, &part]);
                }
            })
        });
        for _ in 0..1000 {
            let parts = recv_all(pull);
            assert_eq!(parts.len(), 3);
            assert!(parts.iter().all(|part| *part == parts[0]), "{parts:?}");
        }
        senders.into_iter().for_each(|sender| sender.join().expect("a sender"));
        assert_eq!(try_recv(pull), None);
    });
}

/// A peer that goes in the middle of a message that the application has begun to read: the rest is there.
#[test]
fn a_message_that_was_begun_is_read_to_its_end() {
    over_each(|transport| {
        let place = transport.place();
        let pull = place.server.socket(SocketType::Pull);
        let push = place.client().socket(SocketType::Push);
        place.join(pull, push);
        send_all(push, &["one", "two", "three"]);
        assert_eq!(recv(pull), b"one");
        push.close().expect("close");
        assert_eq!(recv_all(pull), [b"two", b"three".as_slice()]);
    });
}
