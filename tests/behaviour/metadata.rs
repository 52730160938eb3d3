//! Metadata: a received message leads to what is known of the connection that it came over.

use super::common::raw::{Raw, command, frames, greeting_v3, ready};
use super::common::{Context, LOOPBACK, TempDir, bind, eventually, send, send_all};
use super::{Transport, over_each};
use oxmq::metadata::{Metadata, lookup};
use oxmq::{Message, SocketHandle, SocketType, Tags};
use std::sync::Arc;

/// Receives a part, and gives the origin that it came with.
fn recv_origin(socket: SocketHandle) -> (Vec<u8>, u64) {
    let mut tags = Tags::default();
    let mut part = Message::new();
    socket.recv_tagged(&mut part, &mut tags, true).expect("recv");
    (part.as_bytes().to_vec(), tags.origin)
}

fn recv_metadata(socket: SocketHandle) -> Arc<Metadata> {
    lookup(recv_origin(socket).1).expect("the connection is known")
}

fn text<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a str> {
    metadata.get(name).map(|value| value.to_str().expect("text"))
}

#[test]
fn messages_lead_to_their_peer() {
    over_each(|transport| {
        let place = transport.place();
        let server = place.server.socket(SocketType::Router);
        let client = place.client().socket_with(SocketType::Dealer, |options| {
            options.set_identity(b"me").unwrap();
            options.set_metadata("X-colour", "red").unwrap();
        });
        place.join(server, client);
        send_all(client, &["a", "b"]);
        for part in ["me", "a", "b"] {
            let (bytes, origin) = recv_origin(server);
            assert_eq!(bytes, part.as_bytes());
            let Some(metadata) = lookup(origin) else {
                assert_eq!((transport, origin), (Transport::Inproc, 0));
                continue;
            };
            assert_eq!(text(&metadata, "Socket-Type"), Some("DEALER"));
            assert_eq!(text(&metadata, "Identity"), Some("me"));
            assert_eq!(text(&metadata, "Routing-Id"), Some("me"));
            assert_eq!(text(&metadata, "X-colour"), Some("red"));
            assert_eq!(text(&metadata, "User-Id"), None);
            assert!(metadata.fd() >= 0);
            let address = text(&metadata, "Peer-Address").expect("an address");
            match transport {
                Transport::Tcp => assert_eq!(address, "127.0.0.1"),
                _ => assert!(address.ends_with(&format!(":{}", std::process::id())), "{address}"),
            }
        }
        send_all(server, &["me", "answer"]);
        let (bytes, origin) = recv_origin(client);
        assert_eq!(bytes, b"answer");
        match lookup(origin) {
            Some(metadata) => assert_eq!(text(&metadata, "Socket-Type"), Some("ROUTER")),
            None => assert_eq!((transport, origin), (Transport::Inproc, 0)),
        }
    });
}

#[test]
fn messages_of_several_peers_are_told_apart() {
    let context = Context::new();
    let (server, endpoint) = context.bound(SocketType::Pull);
    let clients: Vec<SocketHandle> = (0..4)
        .map(|number| {
            let client = context.socket_with(SocketType::Push, |options| {
                options.set_metadata("X-number", &number.to_string()).unwrap();
            });
            client.connect(&endpoint).unwrap();
            client
        })
        .collect();
    for _ in 0..50 {
        for (number, client) in clients.iter().enumerate() {
            send_all(*client, &[number.to_string(), "rest".into()]);
        }
    }
    for _ in 0..200 {
        let (number, origin) = recv_origin(server);
        let metadata = lookup(origin).expect("the connection is known");
        assert_eq!(metadata.get("X-number").unwrap().to_bytes(), number);
        assert_eq!(recv_origin(server), (b"rest".to_vec(), origin));
    }
}

/// A peer that calls itself by this name, and says that in a message too.
fn visit(listener: &super::common::raw::Listener, name: &str, messages: usize) -> Raw {
    let mut peer = listener.accept();
    let property = |name: &str, value: &str| {
        let length = (value.len() as u32).to_be_bytes();
        [&[name.len() as u8][..], name.as_bytes(), &length, value.as_bytes()].concat()
    };
    let ready = [property("Socket-Type", "PUSH"), property("X-name", name)].concat();
    peer.write([greeting_v3(0, "NULL"), command("READY", &ready)].concat());
    (0..messages).for_each(|_| peer.write(frames(&[name])));
    peer
}

#[test]
fn what_an_earlier_connection_brought_stays_its() {
    let context = Context::new();
    let listener = super::common::raw::Listener::new();
    let socket = context.connected(SocketType::Pull, &listener.endpoint());
    // Connections without a message leave nothing behind.
    for (name, messages) in [("a", 3), ("b", 0), ("c", 0), ("d", 2), ("e", 0), ("f", 1)] {
        visit(&listener, name, messages).leave();
    }
    let mut last = visit(&listener, "g", 1);
    let mut origins = Vec::new();
    for name in ["a", "a", "a", "d", "d", "f", "g"] {
        let (bytes, origin) = recv_origin(socket);
        assert_eq!(String::from_utf8(bytes).unwrap(), name);
        assert_eq!(text(&lookup(origin).expect("it is known"), "X-name"), Some(name));
        origins.push(origin);
    }
    origins.dedup();
    assert_eq!(origins.len(), 4);
    last.write(frames(&["g"]));
    assert_eq!(recv_origin(socket), (b"g".to_vec(), origins[3]));
}

#[test]
fn metadata_outlive_their_connection() {
    let context = Context::new();
    let (server, endpoint) = context.bound(SocketType::Pull);
    let other = Context::new();
    send(other.connected(SocketType::Push, &endpoint), "last words");
    other.end();
    eventually("the message is there", || server.events().unwrap().readable);
    assert_eq!(text(&recv_metadata(server), "Socket-Type"), Some("PUSH"));
}

#[test]
fn replies_and_requests_lead_to_their_peers() {
    let context = Context::new();
    let (server, endpoint) = context.bound(SocketType::Rep);
    let client = context.connected(SocketType::Req, &endpoint);
    for _ in 0..3 {
        send(client, "question");
        assert_eq!(text(&recv_metadata(server), "Socket-Type"), Some("REQ"));
        send(server, "answer");
        assert_eq!(text(&recv_metadata(client), "Socket-Type"), Some("REP"));
    }
}

#[test]
fn abstract_and_path_peers_are_named_alike() {
    let directory = TempDir::new();
    let context = Context::new();
    let server = context.socket(SocketType::Pull);
    let endpoint = bind(server, &directory.ipc("peer"));
    send(context.connected(SocketType::Push, &endpoint), "a");
    let metadata = recv_metadata(server);
    let address = text(&metadata, "Peer-Address").unwrap();
    let fields: Vec<&str> = address.split(':').collect();
    assert_eq!((fields.len(), fields[0]), (4, "localhost"));
    assert_eq!(fields[3], std::process::id().to_string());
}

#[test]
fn properties_of_the_application_have_a_form() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    let set = |name: &str, value: &str| socket.set_options(|options| options.set_metadata(name, value));
    let long = format!("X-{}", "a".repeat(254));
    for (name, value) in [("", "a"), ("a", "a"), ("x-a", "a"), ("X-a b", "a"), (&long, "a"), ("X-a", "")] {
        assert!(set(name, value).is_err(), "{name}");
    }
    set(&long[..255], "a").unwrap();
    set("X-a", "1").unwrap();
    set("X-a", "2").unwrap();
    let options = socket.options().unwrap();
    assert_eq!(options.metadata[1..], [("X-a".to_owned(), "2".to_owned())]);
    let _ = bind(socket, LOOPBACK);
}

#[test]
fn subscriptions_lead_to_their_subscriber() {
    let context = Context::new();
    let (publisher, endpoint) = context.bound(SocketType::Xpub);
    let subscriber = context.connected(SocketType::Sub, &endpoint);
    subscriber.subscribe(b"a").unwrap();
    let (bytes, origin) = recv_origin(publisher);
    assert_eq!(bytes, b"\x01a");
    assert_eq!(text(&lookup(origin).expect("it is known"), "Socket-Type"), Some("SUB"));
}

#[test]
fn nobody_gives_himself_a_users_name() {
    let context = Context::new();
    let (server, endpoint) = context.bound(SocketType::Pull);
    let mut peer = Raw::connect(&endpoint);
    let ready = ready(&[("Socket-Type", b"PUSH"), ("User-Id", b"root"), ("Peer-Address", b"elsewhere")]);
    peer.write([greeting_v3(0, "NULL"), ready, frames(&["a"])].concat());
    let metadata = recv_metadata(server);
    assert_eq!(text(&metadata, "User-Id"), None);
    assert_eq!(text(&metadata, "Peer-Address"), Some("127.0.0.1"));
}
