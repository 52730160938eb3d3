//! Peers of ZMTP 2.0.

use crate::common::raw::{Raw, Role, frame, frames, greeting_v2, signature};
use crate::common::{Context, recv_all, send, send_all};
use crate::{in_both_roles, messages};
use oxmq::{SocketHandle, SocketType};

/// Meets a socket as a peer of the type, and checks all of the engine's greeting.
fn meet(socket: SocketHandle, role: Role, peer_kind: SocketType, peer_identity: &[u8]) -> Raw {
    let own = socket.options().expect("options").identity;
    // RFC 15 has no XPUB and XSUB.
    let own_kind = match socket.kind().expect("the type") {
        SocketType::Xpub => SocketType::Pub,
        SocketType::Xsub => SocketType::Sub,
        kind => kind,
    };
    let mut peer = Raw::meet(socket, role);
    peer.write(greeting_v2(peer_kind as u8, peer_identity));
    let expected_signature = signature(own.len() as u8);
    let start = peer.read(12);
    assert_eq!(start[..10], expected_signature);
    // Each end tells the highest revision that it knows.
    assert!(start[10] >= 1, "revision {}", start[10]);
    assert_eq!(start[11], own_kind as u8);
    assert_eq!(peer.read_frame(), (0, own));
    peer
}

#[test]
fn what_is_sent_is_exactly_2_0() {
    in_both_roles(|role| {
        let context = Context::new();
        let push = context.socket_with(SocketType::Push, |options| options.identity = b"pusher".to_vec());
        let mut peer = meet(push, role, SocketType::Pull, b"");
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

#[test]
fn what_a_2_0_peer_sends_is_received() {
    in_both_roles(|role| {
        let context = Context::new();
        let pull = context.socket(SocketType::Pull);
        let mut peer = meet(pull, role, SocketType::Push, b"pusher");
        let writer = std::thread::spawn(move || {
            messages().iter().for_each(|message| peer.write(frames(message)));
            // A long length for a short body is well formed too.
            peer.write(b"\x02\0\0\0\0\0\0\0\x03abc");
            peer
        });
        for message in messages() {
            assert!(recv_all(pull) == message, "a message differs");
        }
        assert_eq!(recv_all(pull), [b"abc"]);
        drop(writer.join().expect("the writer"));
    });
}

#[test]
fn requests_and_replies_in_their_envelopes() {
    in_both_roles(|role| {
        let context = Context::new();
        let router = context.socket(SocketType::Router);
        let mut peer = meet(router, role, SocketType::Req, b"asker");
        peer.write(frames(&["", "question"]));
        assert_eq!(recv_all(router), [&b"asker"[..], b"", b"question"]);
        send_all(router, &["asker", "", "answer"]);
        assert_eq!(peer.read_message(), [&b""[..], b"answer"]);

        let rep = context.socket(SocketType::Rep);
        let mut peer = meet(rep, role, SocketType::Dealer, b"");
        peer.write(frames(&["far", "", "question"]));
        assert_eq!(recv_all(rep), [b"question"]);
        send(rep, "answer");
        assert_eq!(peer.read_message(), [&b"far"[..], b"", b"answer"]);

        let req = context.socket(SocketType::Req);
        let mut peer = meet(req, role, SocketType::Rep, b"");
        send(req, "question");
        assert_eq!(peer.read_message(), [&b""[..], b"question"]);
        peer.write(frames(&["", "answer"]));
        assert_eq!(recv_all(req), [b"answer"]);
    });
}

#[test]
fn subscriptions_are_sent() {
    in_both_roles(|role| {
        let context = Context::new();
        let sub = context.socket(SocketType::Sub);
        sub.subscribe(b"news").expect("subscribe");
        let mut peer = meet(sub, role, SocketType::Pub, b"");
        // The publisher's first message makes even an idle subscriber look at its new peer.
        peer.write(frames(&["news", "of the day"]));
        assert_eq!(recv_all(sub), [&b"news"[..], b"of the day"]);
        assert_eq!(peer.read(2 + 5), b"\x00\x05\x01news");
        sub.subscribe(b"").expect("subscribe");
        assert_eq!(peer.read(2 + 1), b"\x00\x01\x01");
        sub.unsubscribe(b"news").expect("unsubscribe");
        assert_eq!(peer.read(2 + 5), b"\x00\x05\x00news");
    });
}

#[test]
fn subscriptions_are_obeyed() {
    in_both_roles(|role| {
        let context = Context::new();
        let xpub = context.socket(SocketType::Xpub);
        let mut peer = meet(xpub, role, SocketType::Sub, b"");
        peer.write(frame(0, b"\x01news"));
        assert_eq!(recv_all(xpub), [b"\x01news"]);
        send_all(xpub, &["other", "news"]);
        send_all(xpub, &["news", "of the day"]);
        assert_eq!(peer.read_message(), [&b"news"[..], b"of the day"]);
        peer.write(frame(0, b"\x00news"));
        assert_eq!(recv_all(xpub), [b"\x00news"]);
        peer.write(frame(0, b"\x01later"));
        assert_eq!(recv_all(xpub), [b"\x01later"]);
        send(xpub, "news");
        send(xpub, "later");
        assert_eq!(peer.read_message(), [b"later"]);
    });
}
