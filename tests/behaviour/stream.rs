//! STREAM, and ROUTER with raw connections: peers are plain sockets.

use crate::common::raw::{Listener, Raw};
use crate::common::{Context, PATIENCE, TempDir, bind, eventually, recv, recv_all, send_all, try_recv};
use oxmq::{Error, Message, Options, SocketHandle, SocketType};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

/// A STREAM as a 4.x program has it.
fn stream(context: &Context) -> SocketHandle {
    context.socket_with(SocketType::Stream, |options| options.routing = Options::for_4x().routing)
}

/// A STREAM that does not tell of connections.
fn quiet(context: &Context) -> SocketHandle {
    context.socket(SocketType::Stream)
}

/// Receives the notice that a peer has come or gone; gives its name.
fn noticed(stream: SocketHandle) -> Vec<u8> {
    let mut message = recv_all(stream);
    assert_eq!((message.len(), message.pop()), (2, Some(vec![])), "a notice");
    message.remove(0)
}

/// Receives so many bytes of a peer, in whatever pieces.
fn recv_bytes(stream: SocketHandle, name: &[u8], count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let message = recv_all(stream);
        assert_eq!((message.len(), &message[0][..]), (2, name));
        assert!(message[1].len() <= 8192, "a piece fits the buffers that programs have");
        bytes.extend_from_slice(&message[1]);
    }
    bytes
}

#[test]
fn a_server_hears_of_peers_reads_answers_and_closes() {
    let context = Context::new();
    let server = stream(&context);
    let endpoint = bind(server, "tcp://127.0.0.1:*");
    let mut peer = Raw::connect(&endpoint);
    let name = noticed(server);
    assert_eq!((name.len(), name[0]), (5, 0));
    peer.write("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(recv_bytes(server, &name, 18), b"GET / HTTP/1.0\r\n\r\n");
    send_all(server, &[&name[..], b"HTTP/1.0 200 OK\r\n\r\n"]);
    send_all(server, &[&name[..], b"Hello, World!"]);
    send_all(server, &[&name[..], b""]);
    assert_eq!(peer.read_to_end(), b"HTTP/1.0 200 OK\r\n\r\nHello, World!");
    assert_eq!(server.send(&mut name_part(&name), false), Err(Error::Unroutable));
    assert_eq!(try_recv(server), None, "what was closed here is not told of");
}

/// Waits until nobody has the name any more.
fn is_unknown(stream: SocketHandle, name: &[u8]) {
    eventually("the peer is unknown", || match stream.send(&mut name_part(name), false) {
        // For a peer of which the end is not known here yet.
        Ok(()) => stream.send(&mut Message::from_vec(b"x".to_vec()), false) != Ok(()),
        result => result == Err(Error::Unroutable),
    });
}

fn name_part(name: &[u8]) -> Message {
    let mut part = Message::copy_from(name).expect("memory");
    part.set_more(true);
    part
}

/// Also without lingering: only closing the socket drops what was sent.
#[test]
fn what_was_sent_before_the_end_is_delivered() {
    let context = Context::new();
    let server = context.socket_with(SocketType::Stream, |options| options.linger = Some(Duration::ZERO));
    let mut peer = Raw::connect(&bind(server, "tcp://127.0.0.1:*"));
    peer.write("x");
    let name = recv_all(server).remove(0);
    let body = vec![7; 3_000_000];
    send_all(server, &[&name[..], &body]);
    send_all(server, &[&name[..], b""]);
    assert!(peer.read_to_end() == body);
}

#[test]
fn a_peer_that_leaves_is_told_of_after_its_bytes() {
    let context = Context::new();
    let server = stream(&context);
    let endpoint = bind(server, "tcp://127.0.0.1:*");
    for _ in 0..3 {
        let mut peer = Raw::connect(&endpoint);
        let name = noticed(server);
        peer.write("last words");
        peer.leave();
        assert_eq!(recv_bytes(server, &name, 10), b"last words");
        assert_eq!(noticed(server), name);
        is_unknown(server, &name);
    }
}

#[test]
fn without_notices_only_bytes_are_received() {
    let context = Context::new();
    let server = quiet(&context);
    let mut peer = Raw::connect(&bind(server, "tcp://127.0.0.1:*"));
    peer.write("a");
    let name = recv_all(server).remove(0);
    peer.leave();
    let mut other = Raw::connect(&server.last_endpoint().unwrap());
    other.write("b");
    let message = recv_all(server);
    assert_eq!(message[1], b"b");
    assert_ne!(message[0], name);
}

/// A client learns its peer's name from the socket, may choose it, and keeps it when it connects again.
#[test]
fn a_client_connects_and_connects_again() {
    let context = Context::new();
    let client = stream(&context);
    let listener = Listener::new();
    for chosen in [&b""[..], b"server"] {
        let change = |options: &mut Options| {
            options.routing.connect_routing_id = chosen.to_vec();
            Ok(())
        };
        client.set_options(change).unwrap();
        client.connect(&listener.endpoint()).unwrap();
        let name = client.options().unwrap().identity;
        assert!(name == chosen || chosen.is_empty() && name.len() == 5);
        for _ in 0..2 {
            let mut peer = listener.accept();
            assert_eq!(noticed(client), name);
            send_all(client, &[&name[..], b"hello"]);
            assert_eq!(peer.read(5), b"hello");
            peer.write("world");
            assert_eq!(recv_bytes(client, &name, 5), b"world");
            drop(peer);
            assert_eq!(noticed(client), name);
        }
        let peer = listener.accept();
        assert_eq!(noticed(client), name);
        if !chosen.is_empty() {
            client.set_options(change).unwrap();
            assert_eq!(client.connect(&listener.endpoint()), Err(Error::NameInUse));
        }
        send_all(client, &[&name[..], b""]);
        peer.leave();
    }
    assert_eq!(try_recv(client), None);
}

/// What is sent while there is no connection goes out once there is; a connection closed meanwhile is not made.
#[test]
fn a_client_may_send_before_it_is_connected() {
    let context = Context::new();
    let client = quiet(&context);
    let address = |listener: &Listener| (listener.endpoint(), listener.0.local_addr().unwrap());
    let (first, second) = (Listener::new(), Listener::new());
    let ((endpoint, first_address), (other, second_address)) = (address(&first), address(&second));
    drop((first, second));
    client.connect(&endpoint).unwrap();
    let name = client.options().unwrap().identity;
    client.connect(&other).unwrap();
    let closed = client.options().unwrap().identity;
    send_all(client, &[&closed[..], b""]);
    send_all(client, &[&name[..], b"early"]);
    send_all(client, &[&name[..], b""]);
    let (first, second) = (Listener::on(first_address), Listener::on(second_address));
    second.0.set_nonblocking(true).unwrap();
    assert_eq!(first.accept().read_to_end(), b"early");
    assert!(second.0.accept().is_err(), "nobody came");
}

/// Nothing is lost and nothing piles up when one side does not read.
#[test]
fn a_full_pipe_holds_the_peer_back() {
    let context = Context::new();
    let server = context.socket_with(SocketType::Stream, |options| {
        (options.send_hwm, options.recv_hwm) = (2, 2);
        options.send_timeout = Some(Duration::from_millis(20));
    });
    let mut peer = Raw::connect(&bind(server, "tcp://127.0.0.1:*"));
    let bytes: Vec<u8> = (0..8_000_000u32).map(|i| (i % 251) as u8).collect();
    let (mut writer, sent) = (peer.0.try_clone().unwrap(), bytes.clone());
    let writing = std::thread::spawn(move || writer.write_all(&sent).expect("write"));
    let name = recv(server);
    let mut got = recv(server);
    while got.len() < bytes.len() {
        got.extend(recv_bytes(server, &name, 1));
    }
    assert!(got == bytes);
    writing.join().unwrap();
    let mut sent = 0;
    let stopped = loop {
        match server.send(&mut name_part(&name), true) {
            Ok(()) => {
                server.send(&mut Message::from_vec(bytes[..100_000].to_vec()), true).unwrap();
                sent += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(stopped, Error::WouldBlock);
    for _ in 0..sent {
        assert!(peer.read(100_000) == bytes[..100_000]);
    }
    server
        .set_options(|options| {
            options.send_timeout = Some(PATIENCE);
            Ok(())
        })
        .unwrap();
    send_all(server, &[&name[..], b"room again"]);
    assert_eq!(peer.read(10), b"room again");
}

#[test]
fn ipc_does_too_and_inproc_does_not() {
    let context = Context::new();
    let directory = TempDir::new();
    let server = stream(&context);
    let endpoint = bind(server, &directory.ipc("stream"));
    let path = endpoint.strip_prefix("ipc://").unwrap();
    let mut peer = UnixStream::connect(path).unwrap();
    let name = noticed(server);
    peer.write_all(b"hello").unwrap();
    assert_eq!(recv_bytes(server, &name, 5), b"hello");
    send_all(server, &[&name[..], b"world"]);
    send_all(server, &[&name[..], b""]);
    let mut got = Vec::new();
    peer.read_to_end(&mut got).unwrap();
    assert_eq!(got, b"world");
    let listener = UnixListener::bind(directory.ipc("listener").strip_prefix("ipc://").unwrap()).unwrap();
    let client = stream(&context);
    client.connect(&directory.ipc("listener")).unwrap();
    listener.accept().unwrap().0.write_all(b"hi").unwrap();
    let name = noticed(client);
    assert_eq!(recv_bytes(client, &name, 2), b"hi");
    assert_eq!(server.bind("inproc://stream"), Err(Error::IncompatibleTransport));
    assert_eq!(server.connect("inproc://stream"), Err(Error::IncompatibleTransport));
}

#[test]
fn a_router_can_have_raw_peers() {
    let context = Context::new();
    let router = context.socket_with(SocketType::Router, |options| {
        options.routing = Options::for_4x().routing;
        options.routing.raw = true;
    });
    let mut peer = Raw::connect(&bind(router, "tcp://127.0.0.1:*"));
    let name = noticed(router);
    peer.write("hello");
    assert_eq!(recv_bytes(router, &name, 5), b"hello");
    send_all(router, &[&name[..], b"wor", b"ld"]);
    send_all(router, &[&b"nobody"[..], b"lost"]);
    send_all(router, &[&name[..], b""]);
    assert_eq!(peer.read_to_end(), b"world");
}

/// Peers that come in a crowd and go at once leave nothing behind but their notices.
#[test]
fn many_peers_come_and_go() {
    let context = Context::new();
    let server = stream(&context);
    let endpoint = bind(server, "tcp://127.0.0.1:*");
    let peers: Vec<Raw> = (0..50).map(|_| Raw::connect(&endpoint)).collect();
    let mut names: Vec<Vec<u8>> = peers.iter().map(|_| noticed(server)).collect();
    drop(peers);
    let mut gone: Vec<Vec<u8>> = names.iter().map(|_| noticed(server)).collect();
    names.sort();
    gone.sort();
    assert_eq!(names, gone);
    names.dedup();
    assert_eq!(names.len(), 50);
}
