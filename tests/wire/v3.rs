//! Peers of ZMTP 3.0 and 3.1 with the NULL mechanism.

use crate::common::raw::{COMMAND, Raw, command, frame, frames, greeting_v3, properties, ready};
use crate::common::{Context, recv_all, send, send_all};
use crate::{in_both_roles, messages};
use oxmq::SocketType;

fn property<'a>(properties: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    let found = properties.iter().find(|(there, _)| there.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_slice())
}

#[test]
fn the_greeting_has_every_byte_in_its_place() {
    in_both_roles(|role| {
        let context = Context::new();
        let dealer = context.socket_with(SocketType::Dealer, |options| options.identity = b"me".to_vec());
        let mut peer = Raw::meet(dealer, role);
        peer.write(greeting_v3(0, "NULL"));
        let greeting = peer.read(64);
        assert_eq!((greeting[0], greeting[9]), (0xFF, 0x7F), "signature");
        assert_eq!(greeting[10], 3, "major version");
        assert!(greeting[11] <= 1, "minor version");
        assert_eq!(&greeting[12..32], b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "mechanism");
        assert_eq!(greeting[32], 0, "as-server");
        assert_eq!(greeting[33..], [0; 31], "filler");
        peer.write(ready(&[("Socket-Type", b"ROUTER"), ("Identity", b"")]));
        let (flags, body) = peer.read_frame();
        assert_eq!(flags, COMMAND);
        let properties = properties(&body);
        assert_eq!(property(&properties, "Socket-Type"), Some(&b"DEALER"[..]));
        assert_eq!(property(&properties, "Identity"), Some(&b"me"[..]));
    });
}

#[test]
fn what_is_sent_is_exactly_3_0() {
    for minor in [0, 1] {
        in_both_roles(|role| {
            let context = Context::new();
            let push = context.socket(SocketType::Push);
            let mut peer = Raw::meet(push, role);
            peer.open_v3(minor, "PULL");
            let sender = std::thread::spawn(move || {
                messages().iter().for_each(|message| send_all(push, message));
                push.close().expect("close");
            });
            let expected: Vec<u8> = messages().iter().flat_map(|message| frames(message)).collect();
            let got = peer.read_to_end();
            sender.join().expect("the sender");
            assert_eq!(got.len(), expected.len());
            assert!(got == expected, "the bytes differ");
        });
    }
}

#[test]
fn what_a_3_0_peer_sends_is_received() {
    in_both_roles(|role| {
        let context = Context::new();
        let pull = context.socket(SocketType::Pull);
        let mut peer = Raw::meet(pull, role);
        peer.open_v3(0, "PUSH");
        let writer = std::thread::spawn(move || {
            messages().iter().for_each(|message| peer.write(frames(message)));
            peer
        });
        for message in messages() {
            assert!(recv_all(pull) == message, "a message differs");
        }
        drop(writer.join().expect("the writer"));
    });
}

#[test]
fn properties_in_any_case_and_unknown_ones_are_accepted() {
    in_both_roles(|role| {
        let context = Context::new();
        let router = context.socket(SocketType::Router);
        let mut peer = Raw::meet(router, role);
        peer.write(greeting_v3(1, "NULL"));
        peer.write(ready(&[
            ("X-Something", &[7; 1000]),
            ("SOCKET-TYPE", b"DEALER"),
            ("identity", b"a name"),
            ("Empty", b""),
        ]));
        peer.write(frames(&["question"]));
        assert_eq!(recv_all(router), [&b"a name"[..], b"question"]);
        send_all(router, &["a name", "answer"]);
        peer.read(64);
        peer.read_frame();
        assert_eq!(peer.read_message(), [b"answer"]);
    });
}

#[test]
fn subscriptions_are_sent() {
    for minor in [0, 1] {
        in_both_roles(|role| {
            let context = Context::new();
            let sub = context.socket(SocketType::Sub);
            sub.subscribe(b"news").expect("subscribe");
            let mut peer = Raw::meet(sub, role);
            let properties = peer.open_v3(minor, "PUB");
            assert_eq!(property(&properties, "Socket-Type"), Some(&b"SUB"[..]));
            peer.write(frames(&["news", "of the day"]));
            assert_eq!(recv_all(sub), [&b"news"[..], b"of the day"]);
            let mut read = || match peer.read_frame() {
                (0, body) => body,
                // As commands only to those who know them.
                (COMMAND, body) if minor == 1 => {
                    let as_message = |name: &[u8], first: u8| {
                        body.strip_prefix(name).map(|prefix| [&[first], prefix].concat())
                    };
                    let subscribe = as_message(b"\x09SUBSCRIBE", 1);
                    subscribe.or(as_message(b"\x06CANCEL", 0)).expect("one of the two commands")
                }
                other => panic!("{other:?} is no subscription"),
            };
            assert_eq!(read(), b"\x01news");
            sub.subscribe(b"").expect("subscribe");
            assert_eq!(read(), b"\x01");
            sub.unsubscribe(b"news").expect("unsubscribe");
            assert_eq!(read(), b"\x00news");
        });
    }
}

#[test]
fn subscriptions_are_obeyed_as_messages_and_as_commands() {
    for minor in [0, 1] {
        in_both_roles(|role| {
            let context = Context::new();
            let xpub = context.socket(SocketType::Xpub);
            let mut peer = Raw::meet(xpub, role);
            peer.open_v3(minor, "SUB");
            let (on, off) = match minor {
                0 => (frame(0, b"\x01news"), frame(0, b"\x00news")),
                _ => (command("SUBSCRIBE", b"news"), command("CANCEL", b"news")),
            };
            peer.write(on);
            assert_eq!(recv_all(xpub), [b"\x01news"]);
            send_all(xpub, &["other", "news"]);
            send_all(xpub, &["news", "of the day"]);
            assert_eq!(peer.read_message(), [&b"news"[..], b"of the day"]);
            peer.write(off);
            assert_eq!(recv_all(xpub), [b"\x00news"]);
            peer.write(frame(0, b"\x01later"));
            assert_eq!(recv_all(xpub), [b"\x01later"]);
            send(xpub, "news");
            send(xpub, "later");
            assert_eq!(peer.read_message(), [b"later"]);
        });
    }
}

/// RFC 37: a PING is answered by a PONG with the same context.
#[test]
fn a_ping_is_answered() {
    in_both_roles(|role| {
        let context = Context::new();
        let pull = context.socket(SocketType::Pull);
        let mut peer = Raw::meet(pull, role);
        peer.open_v3(1, "PUSH");
        peer.write(command("PING", b"\x00\x64what for"));
        assert_eq!(peer.read_frame(), (COMMAND, b"\x04PONGwhat for".to_vec()));
        // Between the parts of a message too.
        peer.write(frame(1, b"one"));
        peer.write(command("PING", b"\x00\x64"));
        assert_eq!(peer.read_frame(), (COMMAND, b"\x04PONG".to_vec()));
        peer.write(frame(0, b"two"));
        assert_eq!(recv_all(pull), [b"one", b"two"]);
    });
}
