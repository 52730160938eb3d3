//! Binding and connecting: every kind of endpoint, in any order, and what is refused.

use crate::common::raw::Raw;
use crate::common::{Context, LOOPBACK, TempDir, bind, eventually, port, recv, send, unique};
use crate::{TRANSPORTS, Transport, over_each};
use oxmq::{Error, SocketHandle, SocketType};

fn one_message(push: SocketHandle, pull: SocketHandle) {
    send(push, "hello");
    assert_eq!(recv(pull), b"hello");
}

#[test]
fn connect_comes_before_bind() {
    over_each(|transport| {
        let place = transport.fixed_place();
        let push = place.client().connected(SocketType::Push, &place.endpoint);
        send(push, "sent before there was anyone");
        let pull = place.server.socket(SocketType::Pull);
        pull.bind(&place.endpoint).expect("bind");
        assert_eq!(recv(pull), b"sent before there was anyone");
        one_message(push, pull);
    });
}

#[test]
fn a_request_waits_for_its_service() {
    over_each(|transport| {
        let place = transport.fixed_place();
        let req = place.client().connected(SocketType::Req, &place.endpoint);
        send(req, "question");
        let rep = place.server.socket(SocketType::Rep);
        rep.bind(&place.endpoint).expect("bind");
        assert_eq!(recv(rep), b"question");
        send(rep, "answer");
        assert_eq!(recv(req), b"answer");
    });
}

#[test]
fn an_endpoint_is_bound_once() {
    over_each(|transport| {
        let place = transport.place();
        let first = place.server.socket(SocketType::Pull);
        let endpoint = bind(first, &place.endpoint);
        assert_eq!(first.bind(&endpoint), Err(Error::AddressInUse), "by the same socket");
        let second = place.server.socket(SocketType::Pull);
        assert_eq!(second.bind(&endpoint), Err(Error::AddressInUse), "by another one");
        let other = Context::new();
        let third = other.socket(SocketType::Pull);
        let elsewhere = third.bind(&endpoint);
        // An inproc name belongs to its context.
        let expected = if transport == Transport::Inproc { Ok(()) } else { Err(Error::AddressInUse) };
        assert_eq!(elsewhere, expected, "in another context");
        // It is still the first one's.
        one_message(place.client().connected(SocketType::Push, &endpoint), first);
    });
}

#[test]
fn an_endpoint_is_free_again_when_its_socket_is_closed() {
    over_each(|transport| {
        let place = transport.place();
        let first = place.server.socket(SocketType::Pull);
        let endpoint = bind(first, &place.endpoint);
        first.close().expect("close");
        let second = place.server.socket(SocketType::Pull);
        eventually("the endpoint is free", || second.bind(&endpoint).is_ok());
        one_message(place.client().connected(SocketType::Push, &endpoint), second);
    });
}

#[test]
fn bad_endpoints_are_refused() {
    use Error::{AddressNotAvailable, InvalidArgument, NoSuchDevice, UnknownTransport};
    let context = Context::new();
    let (socket, endpoint) = context.bound(SocketType::Pull);
    let both = [
        ("", InvalidArgument),
        ("tcp", InvalidArgument),
        ("tcp:", InvalidArgument),
        ("tcp://", InvalidArgument),
        ("tcp:/127.0.0.1:5555", InvalidArgument),
        ("://127.0.0.1:5555", InvalidArgument),
        ("tcp://127.0.0.1", InvalidArgument),
        ("tcp://127.0.0.1:", InvalidArgument),
        ("tcp://:5555", InvalidArgument),
        ("tcp://127.0.0.1:65536", InvalidArgument),
        ("tcp://127.0.0.1:-1", InvalidArgument),
        ("tcp://127.0.0.1:port", InvalidArgument),
        ("tcp://[::1:5555", InvalidArgument),
        ("ipc://", InvalidArgument),
        ("ipc://@", InvalidArgument),
        ("inproc://", InvalidArgument),
        ("pigeon://nest", UnknownTransport),
        ("TCP://127.0.0.1:5555", UnknownTransport),
        ("pgm://eth0;239.192.1.1:5555", UnknownTransport),
        ("epgm://eth0;239.192.1.1:5555", UnknownTransport),
        ("norm://1,239.192.1.1:5555", UnknownTransport),
        ("tipc://{5560,0}", UnknownTransport),
        ("vmci://*:5555", UnknownTransport),
        ("vsock://1:5555", UnknownTransport),
    ];
    for (bad, error) in both {
        assert_eq!(socket.bind(bad), Err(error), "binding to {bad}");
        assert_eq!(socket.connect(bad), Err(error), "connecting to {bad}");
    }
    for (bad, error) in [
        ("tcp://nosuchif0:5555", NoSuchDevice),
        // An address for documentation, which no machine has.
        ("tcp://203.0.113.1:5555", AddressNotAvailable),
    ] {
        assert_eq!(socket.bind(bad), Err(error), "binding to {bad}");
    }
    for bad in ["tcp://*:5555", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://a b:5555"] {
        assert_eq!(socket.connect(bad), Err(InvalidArgument), "connecting to {bad}");
    }
    let too_long = format!("ipc:///{}", "x".repeat(200));
    assert!(matches!(socket.bind(&too_long), Err(Error::Os(_))));
    assert!(matches!(socket.bind("ipc:///no/such/directory/endpoint"), Err(Error::Os(_))));
    // None of that has done the socket any harm.
    one_message(context.connected(SocketType::Push, &endpoint), socket);
}

#[test]
fn every_way_to_write_an_address() {
    let context = Context::new();
    let pull = context.socket(SocketType::Pull);
    let mut pairs = vec![
        ("tcp://127.0.0.1:0", "127.0.0.1"),
        ("tcp://*:*", "127.0.0.1"),
        ("tcp://0.0.0.0:*", "localhost"),
        ("tcp://lo:*", "127.0.0.1"),
    ];
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        pairs.extend([("tcp://[::1]:*", "[::1]"), ("tcp://[::]:*", "[::1]")]);
    }
    for (local, remote) in pairs {
        let port = port(&bind(pull, local));
        assert_ne!(port, 0);
        let push = context.connected(SocketType::Push, &format!("tcp://{remote}:{port}"));
        one_message(push, pull);
        push.close().expect("close");
    }
}

#[test]
fn one_socket_binds_and_connects_to_many_endpoints() {
    let (context, elsewhere, directory) = (Context::new(), Context::new(), TempDir::new());
    let pull = context.socket(SocketType::Pull);
    let mut pushes = Vec::new();
    for transport in TRANSPORTS {
        let endpoint = match transport {
            Transport::Tcp => LOOPBACK.into(),
            Transport::Ipc => directory.ipc("many"),
            Transport::Abstract => format!("ipc://@{}", unique("oxmq")),
            Transport::Inproc => "inproc://many".into(),
        };
        let endpoint = bind(pull, &endpoint);
        pushes.push(context.connected(SocketType::Push, &endpoint));
    }
    for _ in 0..3 {
        let (push, endpoint) = elsewhere.bound(SocketType::Push);
        pull.connect(&endpoint).expect("connect");
        pushes.push(push);
    }
    let mut expected = Vec::new();
    for (number, push) in pushes.iter().enumerate() {
        send(*push, [number as u8]);
        expected.push([number as u8]);
    }
    let mut got: Vec<Vec<u8>> = pushes.iter().map(|_| recv(pull)).collect();
    got.sort();
    assert_eq!(got, expected);
}

#[test]
fn an_ipc_file_goes_with_its_socket() {
    let (context, directory) = (Context::new(), TempDir::new());
    let file = directory.path().join("here");
    let pull = context.socket(SocketType::Pull);
    pull.bind(&directory.ipc("here")).expect("bind");
    assert!(file.exists());
    pull.close().expect("close");
    context.end();
    assert!(!file.exists(), "the file was left behind");
}

#[test]
fn an_ipc_file_that_was_left_behind_is_taken_over() {
    let (context, directory) = (Context::new(), TempDir::new());
    drop(std::os::unix::net::UnixListener::bind(directory.path().join("stale")).expect("a socket"));
    let pull = context.socket(SocketType::Pull);
    let endpoint = bind(pull, &directory.ipc("stale"));
    one_message(context.connected(SocketType::Push, &endpoint), pull);
}

#[test]
fn the_last_endpoint_is_what_was_bound() {
    let context = Context::new();
    let pull = context.socket(SocketType::Pull);
    let endpoint = bind(pull, LOOPBACK);
    assert!(endpoint.starts_with("tcp://127.0.0.1:"), "{endpoint}");
    let mut peer = Raw::connect(&endpoint);
    peer.open_v3(0, "PUSH");
    assert_eq!(bind(pull, "inproc://a name"), "inproc://a name");
}
