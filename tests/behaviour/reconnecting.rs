//! Peers that go and come back.

use crate::common::raw::{Listener, Raw, frames, opening_v3};
use crate::common::{
    Context, Random, eventually, meet, own_tcp_endpoint, recv, recv_text, send, try_recv, try_send,
};
use crate::{Transport, over_each};
use oxmq::{SocketHandle, SocketType};
use std::time::{Duration, Instant};

/// Sends until something arrives: what is sent into a connection that is just breaking may be lost. Leaves
/// nothing under way.
fn reunite(push: SocketHandle, pull: SocketHandle) {
    eventually("they are together again", || {
        // A full queue is on its way too.
        let _ = try_send(push, "are you there?");
        try_recv(pull).is_some()
    });
    send(push, "yes");
    while recv(pull) != b"yes" {}
}

#[test]
fn the_binding_peer_comes_back() {
    over_each(|transport| {
        let place = transport.fixed_place();
        let push = place.client().connected(SocketType::Push, &place.endpoint);
        for _ in 0..5 {
            let pull = place.server.socket(SocketType::Pull);
            eventually("the endpoint is free", || pull.bind(&place.endpoint).is_ok());
            if transport == Transport::Inproc {
                // An inproc connection is one to the socket that was bound.
                push.connect(&place.endpoint).expect("connect");
            }
            reunite(push, pull);
            for number in 0..100 {
                send(push, format!("{number}"));
                assert_eq!(recv_text(pull), format!("{number}"));
            }
            pull.close().expect("close");
        }
    });
}

#[test]
fn the_connecting_peer_comes_back() {
    over_each(|transport| {
        let place = transport.place();
        let push = place.server.socket(SocketType::Push);
        let endpoint = crate::common::bind(push, &place.endpoint);
        for _ in 0..5 {
            let pull = place.client().connected(SocketType::Pull, &endpoint);
            reunite(push, pull);
            for number in 0..100 {
                send(push, format!("{number}"));
                assert_eq!(recv_text(pull), format!("{number}"));
            }
            pull.close().expect("close");
        }
    });
}

/// Messages that were not on their way when the connection broke wait for the next one.
#[test]
fn what_is_queued_outlives_the_connection() {
    let context = Context::new();
    let listener = Listener::new();
    let push = context.connected(SocketType::Push, &listener.endpoint());
    for number in 0..20 {
        let mut peer = listener.accept();
        peer.open_v3(0, "PULL");
        send(push, format!("{number}"));
        assert_eq!(peer.read_message(), [format!("{number}").as_bytes()]);
        peer.leave();
        // The engine has seen the end.
    }
    (0..100).for_each(|number| send(push, format!("queued {number}")));
    let mut peer = listener.accept();
    peer.open_v3(0, "PULL");
    for number in 0..100 {
        assert_eq!(peer.read_message(), [format!("queued {number}").as_bytes()]);
    }
}

#[test]
fn subscriptions_are_sent_again() {
    let context = Context::new();
    let listener = Listener::new();
    let sub = context.socket(SocketType::Sub);
    sub.subscribe(b"a").expect("subscribe");
    sub.connect(&listener.endpoint()).expect("connect");
    for round in 0..5 {
        let mut peer = listener.accept();
        peer.open_v3(0, "PUB");
        let mut got: Vec<Vec<u8>> = (0..=round).map(|_| peer.read_frame().1).collect();
        got.sort();
        let mut expected = vec![b"\x01a".to_vec()];
        expected.extend((0..round).map(|number| format!("\x01b{number}").into_bytes()));
        assert_eq!(got, expected);
        peer.write(frames(&["a message"]));
        assert_eq!(recv(sub), b"a message");
        peer.leave();
        // While nobody is connected, too.
        sub.subscribe(format!("b{round}").as_bytes()).expect("subscribe");
        sub.subscribe(b"for a moment").expect("subscribe");
        sub.unsubscribe(b"for a moment").expect("unsubscribe");
    }
}

/// The waits between attempts grow up to their maximum: no attempt comes earlier than that.
#[test]
fn attempts_back_off() {
    let context = Context::new();
    let listener = Listener::new();
    let push = context.socket_with(SocketType::Push, |options| {
        options.reconnect_interval = Some(Duration::from_millis(50));
        options.reconnect_interval_max = Duration::from_millis(200);
    });
    let start = Instant::now();
    push.connect(&listener.endpoint()).expect("connect");
    let mut earliest = Duration::ZERO;
    for wait_ms in [50, 100, 200, 200, 200, 0] {
        // Sent away before the handshake.
        drop(listener.accept());
        assert!(start.elapsed() >= earliest, "attempt after {:?}, not {earliest:?}", start.elapsed());
        earliest += Duration::from_millis(wait_ms);
    }
}

/// Without an interval, a connection that is lost is not made again, and the others go on.
#[test]
fn no_interval_no_second_attempt() {
    let context = Context::new();
    let (left, kept) = (Listener::new(), Listener::new());
    let pull = context.socket_with(SocketType::Pull, |options| options.reconnect_interval = None);
    pull.connect(&left.endpoint()).expect("connect");
    pull.connect(&kept.endpoint()).expect("connect");
    let mut peer = left.accept();
    peer.open_v3(0, "PUSH");
    peer.leave();
    let mut peer = kept.accept();
    peer.open_v3(0, "PUSH");
    peer.write(frames(&["hello"]));
    assert_eq!(recv(pull), b"hello");
    drop(peer);
    left.0.set_nonblocking(true).expect("non-blocking");
    assert!(left.0.accept().is_err(), "another attempt");
}

/// Peers come and go at random; those that stay are served.
#[test]
fn in_any_order() {
    let (server, clients) = (Context::new(), Context::new());
    let (pull, endpoint) = server.bound(SocketType::Pull);
    let stays = clients.connected(SocketType::Push, &endpoint);
    let mut random = Random(99);
    let mut guests: Vec<SocketHandle> = Vec::new();
    let mut raw_guests: Vec<Raw> = Vec::new();
    for round in 0..300 {
        match random.below(5) {
            0 => guests.push(clients.connected(SocketType::Push, &endpoint)),
            1 if !guests.is_empty() => {
                let index = random.below(guests.len());
                guests.swap_remove(index).close().expect("close");
            }
            2 => raw_guests.push(Raw::connect(&endpoint)),
            3 if !raw_guests.is_empty() => {
                let index = random.below(raw_guests.len());
                drop(raw_guests.swap_remove(index));
            }
            _ => (),
        }
        send(stays, format!("{round}"));
        assert_eq!(recv_text(pull), format!("{round}"));
    }
}

/// A peer that says something and leaves at once: the system tells of both together.
#[test]
fn a_last_word_is_heard_and_the_end_is_seen() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    for number in 0..200 {
        let mut peer = Raw::connect(&endpoint);
        peer.open_v3(0, "PUSH");
        peer.write(frames(&[format!("last word {number}")]));
        peer.leave();
        assert_eq!(recv_text(pull), format!("last word {number}"));
    }
    // All in one breath, and more than is read at once.
    let body = vec![b'l'; 200_000];
    for _ in 0..50 {
        let mut peer = Raw::connect(&endpoint);
        peer.write([opening_v3(0, "PUSH"), frames(&[&body])].concat());
        peer.leave();
        assert!(recv(pull) == body);
    }
}

/// A publisher that goes and comes back on its port finds its subscribers again.
#[test]
fn a_publisher_comes_back() {
    let place = Transport::Tcp.fixed_place();
    let sub = place.client().socket(SocketType::Sub);
    sub.subscribe(b"news").expect("subscribe");
    sub.connect(&place.endpoint).expect("connect");
    for round in 0..4 {
        let publisher = place.server.socket(SocketType::Pub);
        eventually("the port is free", || publisher.bind(&place.endpoint).is_ok());
        meet(publisher, sub, &format!("news {round}"));
        send(publisher, "noise");
        send(publisher, "news");
        assert_eq!(recv(sub), b"news");
        publisher.close().expect("close");
    }
}

/// What was sent to a service that has not begun is not lost by its coming late, again and again.
#[test]
fn a_client_starts_first() {
    let endpoint = own_tcp_endpoint();
    for _ in 0..5 {
        let (client, server) = (Context::new(), Context::new());
        let req = client.connected(SocketType::Req, &endpoint);
        send(req, "early");
        let rep = server.socket(SocketType::Rep);
        eventually("the port is free", || rep.bind(&endpoint).is_ok());
        assert_eq!(recv(rep), b"early");
        send(rep, "reply");
        assert_eq!(recv(req), b"reply");
    }
}
