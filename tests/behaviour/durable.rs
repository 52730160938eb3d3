//! Named peers as in 2.x: their queue outlives their connection.

use crate::common::raw::{Raw, frame_v1, greeting_v2};
use crate::common::{
    Context, LOOPBACK, bind, eventually, meet, recv, recv_all, recv_text, send, send_all, try_recv,
};
use oxmq::{Options, SocketHandle, SocketType};

/// A bound socket with the options of 2.x.
fn bound_2x(context: &Context, kind: SocketType) -> (SocketHandle, String) {
    let socket = context.socket_with(kind, |options| *options = as_2x(options));
    let endpoint = bind(socket, LOOPBACK);
    (socket, endpoint)
}

/// The defaults of 2.x, with the timeouts of these tests.
fn as_2x(options: &Options) -> Options {
    Options {
        send_timeout: options.send_timeout,
        recv_timeout: options.recv_timeout,
        reconnect_interval: options.reconnect_interval,
        ..Options::for_2x()
    }
}

/// A named peer of 1.0 that has read the engine's greeting.
fn named_peer(endpoint: &str, name: &[u8]) -> Raw {
    let mut peer = Raw::connect(endpoint);
    peer.write(frame_v1(false, name));
    peer.read(10);
    peer
}

#[test]
fn messages_wait_for_a_named_peer() {
    let context = Context::new();
    let (router, endpoint) = bound_2x(&context, SocketType::Router);
    let mut peer = named_peer(&endpoint, b"peer");
    peer.write(frame_v1(false, b"hello"));
    assert_eq!(recv_all(router), [&b"peer"[..], b"hello"]);
    for round in 0..5 {
        // Gone, and the engine knows.
        peer.leave();
        for number in 0..100 {
            send_all(router, &["peer".to_string(), format!("{round} {number}")]);
        }
        peer = named_peer(&endpoint, b"peer");
        for number in 0..100 {
            assert_eq!(peer.read_frame_v1(), (false, format!("{round} {number}").into_bytes()));
        }
        // And it is heard again.
        peer.write(frame_v1(false, b"back"));
        assert_eq!(recv_all(router), [&b"peer"[..], b"back"]);
    }
}

#[test]
fn a_named_subscriber_misses_nothing() {
    let context = Context::new();
    let (publisher, endpoint) = bound_2x(&context, SocketType::Pub);
    let mut peer = named_peer(&endpoint, b"subscriber");
    // What is published before it is known is not for it.
    peer.0.set_nonblocking(true).expect("non-blocking");
    eventually("the subscriber is known", || {
        send(publisher, "sync");
        peer.0.peek(&mut [0]).is_ok()
    });
    peer.0.set_nonblocking(false).expect("blocking");
    send(publisher, "that was it");
    while peer.read_frame_v1().1 != b"that was it" {}
    peer.leave();
    (0..100).for_each(|number| send_all(publisher, &[format!("update {number}"), "body".into()]));
    let mut peer = named_peer(&endpoint, b"subscriber");
    for number in 0..100 {
        assert_eq!(peer.read_frame_v1(), (true, format!("update {number}").into_bytes()));
        assert_eq!(peer.read_frame_v1(), (false, b"body".to_vec()));
    }
}

/// Both ends are ours: the subscriber goes with its context and comes back in another.
#[test]
fn a_subscriber_of_our_own_comes_back() {
    let context = Context::new();
    let (publisher, endpoint) = bound_2x(&context, SocketType::Pub);
    let subscriber = |context: &Context| {
        let sub = context.socket_with(SocketType::Sub, |options| {
            *options = Options { identity: b"durable".to_vec(), ..as_2x(options) };
        });
        sub.subscribe(b"").expect("subscribe");
        sub.connect(&endpoint).expect("connect");
        sub
    };
    let first = Context::new();
    let sub = subscriber(&first);
    meet(publisher, sub, "first");
    send(publisher, "one");
    assert_eq!(recv(sub), b"one");
    first.end();
    // What is sent while its going is not known may be lost; from some message on, none is.
    (0..1000).for_each(|number| send(publisher, format!("{number}")));
    let second = Context::new();
    let sub = subscriber(&second);
    let mut sent = 1000;
    let mut first_back = None;
    eventually("the subscriber is back", || {
        send(publisher, format!("{sent}"));
        sent += 1;
        first_back = try_recv(sub);
        first_back.is_some()
    });
    let text = String::from_utf8(first_back.expect("a message")).expect("text");
    let first_back: usize = text.parse().expect("a number");
    for number in first_back + 1..sent {
        assert_eq!(recv_text(sub), format!("{number}"));
    }
}

/// Work that was not delivered when the named worker went is there when it is back.
#[test]
fn a_named_worker_keeps_its_work() {
    let context = Context::new();
    let (push, endpoint) = bound_2x(&context, SocketType::Push);
    let mut worker = named_peer(&endpoint, b"worker");
    send(push, "first");
    assert_eq!(worker.read_frame_v1(), (false, b"first".to_vec()));
    worker.leave();
    // Nobody else is there: it is all for the one who is away.
    (0..100).for_each(|number| send(push, format!("{number}")));
    let mut worker = named_peer(&endpoint, b"worker");
    for number in 0..100 {
        assert_eq!(worker.read_frame_v1(), (false, format!("{number}").into_bytes()));
    }
}

/// While it is connected, its name is its own.
#[test]
fn a_second_peer_of_the_same_name_is_sent_away() {
    let context = Context::new();
    let (router, endpoint) = bound_2x(&context, SocketType::Router);
    let mut first = named_peer(&endpoint, b"name");
    first.write(frame_v1(false, b"first"));
    assert_eq!(recv_all(router), [&b"name"[..], b"first"]);
    let mut second = Raw::connect(&endpoint);
    second.write(frame_v1(false, b"name"));
    second.wait_for_end();
    send_all(router, &["name", "for the first"]);
    assert_eq!(first.read_frame_v1(), (false, b"for the first".to_vec()));
}

/// Without a name, or without the option, a peer's queue ends with its connection.
#[test]
fn other_peers_queues_end() {
    let context = Context::new();
    let (router, endpoint) = context.bound(SocketType::Router);
    let mut peer = Raw::connect(&endpoint);
    peer.write(greeting_v2(SocketType::Dealer as u8, b"name"));
    peer.write(crate::common::raw::frames(&["hello"]));
    assert_eq!(recv_all(router), [&b"name"[..], b"hello"]);
    peer.leave();
    // The router hears of it when it looks.
    assert_eq!(try_recv(router), None);
    send_all(router, &["name", "lost"]);
    let mut peer = Raw::connect(&endpoint);
    peer.write(greeting_v2(SocketType::Dealer as u8, b"name"));
    peer.write(crate::common::raw::frames(&["hello again"]));
    assert_eq!(recv_all(router), [&b"name"[..], b"hello again"]);
    send_all(router, &["name", "found"]);
    peer.read(10 + 2);
    peer.read_frame();
    assert_eq!(peer.read_message(), [b"found"]);
}

/// Sockets with away peers can be closed, and their contexts ended.
#[test]
fn nobody_waits_for_a_peer_that_stays_away() {
    let context = Context::new();
    let (router, endpoint) = bound_2x(&context, SocketType::Router);
    let mut peer = named_peer(&endpoint, b"peer");
    peer.write(frame_v1(false, b"hello"));
    assert_eq!(recv_all(router), [&b"peer"[..], b"hello"]);
    peer.leave();
    send_all(router, &["peer", "never read"]);
    context.end();
}
