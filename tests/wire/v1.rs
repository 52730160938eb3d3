//! Peers of ZMTP 1.0, that is of 0MQ 2.x: what they get are bytes of 1.0 and nothing else.

use crate::common::raw::{Raw, frame_v1, frames_v1, signature};
use crate::common::{Context, eventually, recv, recv_all, send, send_all, try_send};
use crate::{in_both_roles, messages};
use oxmq::SocketType;

/// The greeting of a 1.0 peer: a frame with its identity.
fn greeting(identity: &[u8]) -> Vec<u8> {
    frame_v1(false, identity)
}

/// All bytes that the engine sends to a 1.0 peer, for messages of all sizes.
#[test]
fn what_is_sent_is_exactly_1_0() {
    in_both_roles(|role| {
        let context = Context::new();
        let push = context.socket(SocketType::Push);
        let mut peer = Raw::meet(push, role);
        peer.write(greeting(b""));
        let mut expected = signature(0).to_vec();
        let sender = std::thread::spawn(move || {
            messages().iter().for_each(|message| send_all(push, message));
            push.close().expect("close");
        });
        messages().iter().for_each(|message| expected.extend(frames_v1(message)));
        let got = peer.read_to_end();
        sender.join().expect("the sender");
        assert_eq!(got.len(), expected.len());
        assert!(got == expected, "the bytes differ");
    });
}

#[test]
fn an_identity_opens_the_connection() {
    in_both_roles(|role| {
        let context = Context::new();
        let push = context.socket_with(SocketType::Push, |options| options.identity = b"pusher".to_vec());
        let mut peer = Raw::meet(push, role);
        peer.write(greeting(b""));
        send(push, "x");
        push.close().expect("close");
        assert_eq!(peer.read_to_end(), [&signature(6)[..], b"pusher", b"\x02\x00x"].concat());
    });
}

#[test]
fn what_a_1_0_peer_sends_is_received() {
    in_both_roles(|role| {
        let context = Context::new();
        let pull = context.socket(SocketType::Pull);
        let mut peer = Raw::meet(pull, role);
        let mut bytes = greeting(b"");
        messages().iter().for_each(|message| bytes.extend(frames_v1(message)));
        // A long length for a short body is well formed too.
        bytes.extend(b"\xFF\0\0\0\0\0\0\0\x04\0abc");
        let writer = std::thread::spawn(move || {
            peer.write(bytes);
            peer
        });
        for message in messages() {
            assert!(recv_all(pull) == message, "a message differs");
        }
        assert_eq!(recv(pull), b"abc");
        drop(writer.join().expect("the writer"));
    });
}

/// A long frame whose flags are not those of a signature is an identity of 1.0.
#[test]
fn a_greeting_with_a_long_length_is_still_1_0() {
    in_both_roles(|role| {
        let context = Context::new();
        let router = context.socket(SocketType::Router);
        let mut peer = Raw::meet(router, role);
        peer.write(b"\xFF\0\0\0\0\0\0\0\x06\0hello");
        peer.write(frames_v1(&["question"]));
        assert_eq!(recv_all(router), [&b"hello"[..], b"question"]);
        send_all(router, &["hello", "answer"]);
        assert_eq!(peer.read(10), signature(0));
        assert_eq!(peer.read_frame_v1(), (false, b"answer".to_vec()));
    });
}

#[test]
fn xrep_knows_its_peer_by_the_identity() {
    in_both_roles(|role| {
        let context = Context::new();
        let router = context.socket(SocketType::Router);
        let mut peer = Raw::meet(router, role);
        peer.write(greeting(b"asker"));
        peer.write(frames_v1(&["", "question"]));
        assert_eq!(recv_all(router), [&b"asker"[..], b"", b"question"]);
        send_all(router, &["asker", "", "answer"]);
        router.close().expect("close");
        assert_eq!(peer.read_to_end(), [&signature(0)[..], b"\x01\x01\x07\x00answer"].concat());
    });
}

#[test]
fn xrep_gives_a_nameless_peer_a_name() {
    in_both_roles(|role| {
        let context = Context::new();
        let router = context.socket(SocketType::Router);
        let mut peer = Raw::meet(router, role);
        peer.write(greeting(b""));
        peer.write(frames_v1(&["question"]));
        let got = recv_all(router);
        let [name, question] = got.as_slice() else { panic!("{got:?} are not two parts") };
        assert!(!name.is_empty());
        assert_eq!(question, b"question");
        send_all(router, &[&name[..], b"answer"]);
        assert_eq!(peer.read(10), signature(0));
        assert_eq!(peer.read_frame_v1(), (false, b"answer".to_vec()));
    });
}

#[test]
fn req_sends_a_delimiter_and_wants_one() {
    in_both_roles(|role| {
        let context = Context::new();
        let req = context.socket(SocketType::Req);
        let mut peer = Raw::meet(req, role);
        peer.write(greeting(b""));
        send_all(req, &["two", "parts"]);
        assert_eq!(
            peer.read(10 + 2 + 5 + 7),
            [&signature(0)[..], b"\x01\x01\x04\x01two\x06\x00parts"].concat()
        );
        peer.write(b"\x01\x01\x07\x00answer");
        assert_eq!(recv_all(req), [b"answer"]);
        send(req, "");
        assert_eq!(peer.read(4), b"\x01\x01\x01\x00");
    });
}

#[test]
fn rep_gives_the_envelope_back() {
    in_both_roles(|role| {
        let context = Context::new();
        let rep = context.socket(SocketType::Rep);
        let mut peer = Raw::meet(rep, role);
        peer.write(greeting(b""));
        peer.write(frames_v1(&["far", "near", "", "question"]));
        assert_eq!(recv_all(rep), [b"question"]);
        send(rep, "answer");
        assert_eq!(peer.read(10), signature(0));
        assert_eq!(peer.read(5 + 6 + 2 + 8), b"\x04\x01far\x05\x01near\x01\x01\x07\x00answer");
    });
}

#[test]
fn xreq_adds_nothing() {
    in_both_roles(|role| {
        let context = Context::new();
        let dealer = context.socket(SocketType::Dealer);
        let mut peer = Raw::meet(dealer, role);
        peer.write(greeting(b""));
        peer.write(frames_v1(&["", "question"]));
        assert_eq!(recv_all(dealer), [&b""[..], b"question"]);
        send(dealer, "answer");
        dealer.close().expect("close");
        assert_eq!(peer.read_to_end(), [&signature(0)[..], b"\x07\x00answer"].concat());
    });
}

/// A publisher of 1.0 sends everything and could not read a subscription: none is sent, and the subscriber
/// filters for itself.
#[test]
fn a_subscriber_filters_for_itself() {
    in_both_roles(|role| {
        let context = Context::new();
        let sub = context.socket(SocketType::Sub);
        sub.subscribe(b"news").expect("subscribe");
        sub.subscribe(b"\0\xFF").expect("subscribe");
        let mut peer = Raw::meet(sub, role);
        peer.write(greeting(b""));
        peer.write(frames_v1(&["new", "news"]));
        peer.write(frames_v1(&["other"]));
        peer.write(frames_v1(&["news flash", "other"]));
        peer.write(frames_v1(&[&b"\0\xFE"[..]]));
        peer.write(frames_v1(&[&b"\0\xFF!"[..]]));
        assert_eq!(recv_all(sub), [&b"news flash"[..], b"other"]);
        assert_eq!(recv_all(sub), [b"\0\xFF!"]);
        sub.subscribe(b"later").expect("subscribe");
        sub.unsubscribe(b"news").expect("unsubscribe");
        peer.write(frames_v1(&["news"]));
        peer.write(frames_v1(&["later"]));
        assert_eq!(recv_all(sub), [b"later"]);
        sub.close().expect("close");
        assert_eq!(peer.read_to_end(), signature(0));
    });
}

/// A subscriber of 1.0 sends no subscriptions: it gets everything.
#[test]
fn a_1_0_subscriber_is_sent_everything() {
    for kind in [SocketType::Pub, SocketType::Xpub] {
        in_both_roles(|role| {
            let context = Context::new();
            let publisher = context.socket(kind);
            let mut peer = Raw::meet(publisher, role);
            peer.write(greeting(b""));
            assert_eq!(peer.read(10), signature(0));
            // The publisher drops what it sends before it knows its peer.
            peer.0.set_nonblocking(true).expect("non-blocking");
            eventually("the publisher knows its peer", || {
                try_send(publisher, "are you there?").expect("PUB never blocks");
                peer.0.peek(&mut [0]).is_ok()
            });
            peer.0.set_nonblocking(false).expect("blocking");
            send_all(publisher, &["anything", "", "at all"]);
            let first = loop {
                match peer.read_frame_v1() {
                    (false, body) if body == b"are you there?" => (),
                    other => break other,
                }
            };
            assert_eq!(first, (true, b"anything".to_vec()));
            assert_eq!(peer.read(2 + 8), b"\x01\x01\x07\x00at all");
        });
    }
}

#[test]
fn pair_goes_both_ways() {
    in_both_roles(|role| {
        let context = Context::new();
        let pair = context.socket(SocketType::Pair);
        let mut peer = Raw::meet(pair, role);
        peer.write(greeting(b"other"));
        peer.write(frames_v1(&["to", "and"]));
        assert_eq!(recv_all(pair), [&b"to"[..], b"and"]);
        send(pair, "fro");
        pair.close().expect("close");
        assert_eq!(peer.read_to_end(), [&signature(0)[..], b"\x04\x00fro"].concat());
    });
}
