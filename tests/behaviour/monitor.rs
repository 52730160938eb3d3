//! Monitors: what happens to connections is told, in order, to whoever asked, and to nobody else.

use super::common::raw::{
    COMMAND, Listener, Raw, command, frame, frames, greeting_v3, opening_v3, signature,
};
use super::common::{Context, LOOPBACK, TempDir, bind, eventually, own_tcp_endpoint, recv, send, try_send};
use oxmq::{Error, SocketHandle, SocketType, protocol_error};
use std::time::Duration;

const CONNECTED: u64 = 0x0001;
const DELAYED: u64 = 0x0002;
const RETRIED: u64 = 0x0004;
const LISTENING: u64 = 0x0008;
const BIND_FAILED: u64 = 0x0010;
const ACCEPTED: u64 = 0x0020;
const CLOSED: u64 = 0x0080;
const DISCONNECTED: u64 = 0x0200;
const STOPPED: u64 = 0x0400;
const NO_DETAIL: u64 = 0x0800;
const SUCCEEDED: u64 = 0x1000;
const PROTOCOL: u64 = 0x2000;
const AUTH: u64 = 0x4000;
const PIPES_STATS: u64 = 0x10000;
const ALL: u64 = 0xFFFF;

/// Reads what a monitor of version 1 tells.
struct Reader(SocketHandle);

impl Reader {
    fn of(context: &Context, socket: SocketHandle, endpoint: &str) -> Reader {
        socket.monitor(Some(endpoint), ALL, 1, SocketType::Pair).expect("monitor");
        Reader(context.connected(SocketType::Pair, endpoint))
    }

    /// The next event: its number, value and endpoint.
    fn next(&self) -> (u64, u32, String) {
        let head = self.0.recv(true).expect("an event");
        assert!(head.more());
        let bytes: [u8; 6] = head.as_bytes().try_into().expect("16 and 32 bits");
        let endpoint = self.0.recv(true).expect("an endpoint");
        assert!(!endpoint.more());
        let event = u16::from_ne_bytes([bytes[0], bytes[1]]);
        let value = u32::from_ne_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
        (u64::from(event), value, String::from_utf8(endpoint.as_bytes().to_vec()).expect("text"))
    }

    /// The next events must be these, and all of this endpoint. Gives their values.
    fn expect(&self, endpoint: &str, events: &[u64]) -> Vec<u32> {
        let expected = |event: &u64| {
            let (got, value, of) = self.next();
            assert_eq!((got, of.as_str()), (*event, endpoint), "value {value}");
            value
        };
        events.iter().map(expected).collect()
    }

    fn expect_nothing(&self) {
        assert_eq!(self.0.recv(false).err(), Some(Error::WouldBlock));
    }
}

#[test]
fn both_sides_of_a_connection_are_told() {
    let directory = TempDir::new();
    for place in [LOOPBACK, &directory.ipc("both")] {
        let context = Context::new();
        let (server, client) = (context.socket(SocketType::Rep), context.socket(SocketType::Req));
        let told_server = Reader::of(&context, server, "inproc://server");
        let told_client = Reader::of(&context, client, "inproc://client");
        let endpoint = bind(server, place);
        client.connect(&endpoint).unwrap();
        let listener = told_server.expect(&endpoint, &[LISTENING])[0];
        if place == LOOPBACK {
            told_client.expect(&endpoint, &[DELAYED]);
        }
        let ours = told_client.expect(&endpoint, &[CONNECTED, SUCCEEDED])[0];
        let theirs = told_server.expect(&endpoint, &[ACCEPTED, SUCCEEDED])[0];
        assert!(ours != theirs && listener != theirs, "they are descriptors of one process");
        send(client, "a");
        assert_eq!(recv(server), b"a");
        client.close().unwrap();
        told_client.expect("", &[STOPPED]);
        assert_eq!(told_server.expect(&endpoint, &[DISCONNECTED]), [theirs]);
        server.unbind(&endpoint).unwrap();
        assert_eq!(told_server.expect(&endpoint, &[CLOSED]), [listener]);
        server.close().unwrap();
        told_server.expect("", &[STOPPED]);
        context.end();
    }
}

#[test]
fn a_socket_that_closes_says_so_of_its_listeners_first() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    let told = Reader::of(&context, socket, "inproc://told");
    let (one, two) = (bind(socket, LOOPBACK), bind(socket, LOOPBACK));
    socket.close().unwrap();
    told.expect(&one, &[LISTENING]);
    told.expect(&two, &[LISTENING]);
    told.expect(&one, &[CLOSED]);
    told.expect(&two, &[CLOSED]);
    told.expect("", &[STOPPED]);
}

#[test]
fn attempts_to_connect_are_told_with_their_intervals() {
    let context = Context::new();
    let nobody = own_tcp_endpoint();
    let client = context.socket_with(SocketType::Push, |options| {
        options.reconnect_interval = Some(Duration::from_millis(3));
        options.reconnect_interval_max = Duration::from_millis(20);
    });
    let told = Reader::of(&context, client, "inproc://told");
    client.connect(&nobody).unwrap();
    let mut intervals = Vec::new();
    for _ in 0..5 {
        told.expect(&nobody, &[DELAYED, CLOSED]);
        intervals.extend(told.expect(&nobody, &[RETRIED]));
    }
    assert!(intervals.iter().all(|interval| (3..=40).contains(interval)), "{intervals:?}");
    assert!(intervals[4] >= 20, "{intervals:?}");
    let server = context.socket(SocketType::Pull);
    server.bind(&nobody).unwrap();
    while told.next().0 != SUCCEEDED {}
    server.close().unwrap();
    told.expect(&nobody, &[DISCONNECTED, RETRIED, DELAYED]);
}

#[test]
fn a_client_that_never_tries_again_does_not_say_so() {
    let context = Context::new();
    let nobody = own_tcp_endpoint();
    let client = context.socket_with(SocketType::Push, |options| options.reconnect_interval = None);
    let told = Reader::of(&context, client, "inproc://told");
    client.connect(&nobody).unwrap();
    told.expect(&nobody, &[DELAYED, CLOSED]);
    client.close().unwrap();
    told.expect("", &[STOPPED]);
}

#[test]
fn binds_that_fail_are_told_with_the_reason() {
    let context = Context::new();
    let (_, taken) = context.bound(SocketType::Pull);
    let socket = context.socket(SocketType::Pull);
    let told = Reader::of(&context, socket, "inproc://told");
    for (endpoint, reason) in [
        (taken.as_str(), libc::EADDRINUSE),
        ("tcp://192.0.2.1:5555", libc::EADDRNOTAVAIL),
        ("tcp://nosuchif0:5555", libc::ENODEV),
        ("ipc:///nonexistent/directory/x", libc::ENOENT),
    ] {
        assert!(socket.bind(endpoint).is_err());
        assert_eq!(told.expect(endpoint, &[BIND_FAILED]), [reason as u32]);
    }
}

/// What a server's monitor tells of a peer that opens with these bytes and then closes, between ACCEPTED and
/// DISCONNECTED.
fn told_of_handshake(bytes: &[u8]) -> (u64, u32) {
    let context = Context::new();
    let server = context.socket(SocketType::Dealer);
    let told = Reader::of(&context, server, "inproc://told");
    let endpoint = bind(server, LOOPBACK);
    told.expect(&endpoint, &[LISTENING]);
    let mut peer = Raw::connect(&endpoint);
    peer.try_write(bytes);
    let _ = peer.0.shutdown(std::net::Shutdown::Write);
    told.expect(&endpoint, &[ACCEPTED]);
    let (event, value, of) = told.next();
    assert_eq!(of, endpoint);
    told.expect(&endpoint, &[DISCONNECTED]);
    told.expect_nothing();
    (event, value)
}

#[test]
fn failed_handshakes_are_told_with_the_reason() {
    use protocol_error::*;
    let after_greeting = |bytes: &[u8]| [&greeting_v3(1, "NULL"), bytes].concat();
    for (bytes, event, value) in [
        (vec![], NO_DETAIL, libc::EPIPE as u32),
        (signature(0).to_vec(), NO_DETAIL, libc::EPIPE as u32),
        (after_greeting(&[]), NO_DETAIL, libc::EPIPE as u32),
        (greeting_v3(1, "CURVE"), PROTOCOL, ZMTP_MECHANISM_MISMATCH),
        (after_greeting(&frames(&["x"])), PROTOCOL, ZMTP_UNEXPECTED_COMMAND),
        (after_greeting(&command("HELLO", b"")), PROTOCOL, ZMTP_UNEXPECTED_COMMAND),
        (after_greeting(&command("READY", b"\x05")), PROTOCOL, ZMTP_INVALID_METADATA),
        (after_greeting(&command("ERROR", b"\x09x")), PROTOCOL, ZMTP_MALFORMED_COMMAND_ERROR),
        (after_greeting(&frame(COMMAND, b"\xFFREADY")), PROTOCOL, ZMTP_MALFORMED_COMMAND_UNSPECIFIED),
        (after_greeting(&command("ERROR", b"\x03400")), AUTH, 400),
        (opening_v3(0, "PUB"), PROTOCOL, ZMTP_INVALID_METADATA),
    ] {
        assert_eq!(told_of_handshake(&bytes), (event, value), "{bytes:?}");
    }
}

#[test]
fn a_handshake_that_takes_too_long_is_told() {
    let context = Context::new();
    let server = context.socket_with(SocketType::Dealer, |options| {
        options.handshake_timeout = Some(Duration::from_millis(20));
    });
    let told = Reader::of(&context, server, "inproc://told");
    let endpoint = bind(server, LOOPBACK);
    let _peer = Raw::connect(&endpoint);
    told.expect(&endpoint, &[LISTENING, ACCEPTED]);
    assert_eq!(told.expect(&endpoint, &[NO_DETAIL]), [libc::EAGAIN as u32]);
    told.expect(&endpoint, &[DISCONNECTED]);
}

#[test]
fn a_client_is_told_of_a_server_that_hangs_up() {
    let context = Context::new();
    let listener = Listener::new();
    let client = context.socket(SocketType::Dealer);
    let told = Reader::of(&context, client, "inproc://told");
    client.connect(&listener.endpoint()).unwrap();
    drop(listener.accept());
    told.expect(&listener.endpoint(), &[DELAYED, CONNECTED, NO_DETAIL, DISCONNECTED, RETRIED, DELAYED]);
}

#[test]
fn only_what_was_asked_for_is_told() {
    let context = Context::new();
    let server = context.socket(SocketType::Pull);
    server.monitor(Some("inproc://told"), ACCEPTED | STOPPED, 1, SocketType::Pair).unwrap();
    let told = Reader(context.connected(SocketType::Pair, "inproc://told"));
    let endpoint = bind(server, LOOPBACK);
    let client = context.connected(SocketType::Push, &endpoint);
    send(client, "a");
    assert_eq!(recv(server), b"a");
    server.unbind(&endpoint).unwrap();
    server.monitor(None, 0, 1, SocketType::Pair).unwrap();
    told.expect(&endpoint, &[ACCEPTED]);
    told.expect("", &[STOPPED]);
    server.monitor(None, 0, 1, SocketType::Pair).unwrap();
    server.bind(LOOPBACK).unwrap();
    told.expect_nothing();
}

#[test]
fn a_second_monitor_takes_the_place_of_the_first() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    let first = Reader::of(&context, socket, "inproc://first");
    let second = Reader::of(&context, socket, "inproc://second");
    first.expect("", &[STOPPED]);
    let endpoint = bind(socket, LOOPBACK);
    second.expect(&endpoint, &[LISTENING]);
    first.expect_nothing();
    // The name is free again, and its own place may be taken too.
    let third = Reader::of(&context, socket, "inproc://first");
    let fourth = Reader::of(&context, socket, "inproc://first");
    second.expect("", &[STOPPED]);
    third.expect("", &[STOPPED]);
    socket.unbind(&endpoint).unwrap();
    fourth.expect(&endpoint, &[CLOSED]);
}

#[test]
fn what_makes_no_monitor_is_refused() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    let told = Reader::of(&context, socket, "inproc://told");
    context.socket(SocketType::Pair).bind("inproc://taken").unwrap();
    let monitor = |endpoint, events, version, kind| socket.monitor(Some(endpoint), events, version, kind);
    for endpoint in ["tcp://127.0.0.1:5555", "ipc:///tmp/x", "carrier-pigeon://x"] {
        assert_eq!(monitor(endpoint, ALL, 1, SocketType::Pair), Err(Error::UnknownTransport));
    }
    for endpoint in ["", "junk", "inproc://"] {
        assert_eq!(monitor(endpoint, ALL, 1, SocketType::Pair), Err(Error::InvalidArgument));
    }
    for version in [0, 3] {
        assert_eq!(monitor("inproc://x", ALL, version, SocketType::Pair), Err(Error::InvalidArgument));
    }
    assert_eq!(monitor("inproc://x", PIPES_STATS, 1, SocketType::Pair), Err(Error::InvalidArgument));
    let endpoint = bind(socket, LOOPBACK);
    told.expect(&endpoint, &[LISTENING]);
    assert_eq!(monitor("inproc://x", ALL, 1, SocketType::Dealer), Err(Error::InvalidArgument));
    told.expect("", &[STOPPED]);
    assert_eq!(monitor("inproc://taken", ALL, 1, SocketType::Pair), Err(Error::AddressInUse));
}

#[test]
fn a_reader_that_comes_late_has_missed_nothing() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    socket.monitor(Some("inproc://told"), ALL, 1, SocketType::Pair).unwrap();
    let endpoint = bind(socket, LOOPBACK);
    send(context.connected(SocketType::Push, &endpoint), "a");
    assert_eq!(recv(socket), b"a");
    let told = Reader(context.connected(SocketType::Pair, "inproc://told"));
    told.expect(&endpoint, &[LISTENING, ACCEPTED, SUCCEEDED]);
}

#[test]
fn a_reader_that_never_comes_or_never_reads_holds_up_nobody() {
    for comes in [false, true] {
        let context = Context::new();
        let socket = context.socket(SocketType::Pull);
        socket.monitor(Some("inproc://told"), ALL, 1, SocketType::Pair).unwrap();
        let reader = context.socket_with(SocketType::Pair, |options| options.recv_hwm = 1);
        if comes {
            reader.connect("inproc://told").unwrap();
        }
        let endpoint = bind(socket, LOOPBACK);
        for _ in 0..3000 {
            socket.unbind(&endpoint).unwrap();
            socket.bind(&endpoint).unwrap();
        }
        if !comes {
            continue;
        }
        // What was kept comes in order, and what comes last is not lost.
        socket.close().unwrap();
        let told = Reader(reader);
        told.expect(&endpoint, &[LISTENING]);
        let mut count = 1;
        loop {
            match told.next().0 {
                STOPPED => break,
                event => assert_eq!(event, if count % 2 == 0 { LISTENING } else { CLOSED }),
            }
            count += 1;
        }
        assert!((1000..3000).contains(&count), "{count} events");
    }
}

#[test]
fn what_was_kept_for_a_slow_reader_goes_on_when_it_reads() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    socket.monitor(Some("inproc://told"), ALL, 1, SocketType::Pair).unwrap();
    let reader = context.socket_with(SocketType::Pair, |options| options.recv_hwm = 1);
    reader.connect("inproc://told").unwrap();
    let endpoint = bind(socket, LOOPBACK);
    for _ in 0..600 {
        socket.unbind(&endpoint).unwrap();
        socket.bind(&endpoint).unwrap();
    }
    let told = Reader(reader);
    told.expect(&endpoint, &[LISTENING]);
    for _ in 0..600 {
        told.expect(&endpoint, &[CLOSED, LISTENING]);
    }
}

#[test]
fn version_2_has_both_endpoints_and_statistics() {
    let context = Context::new();
    let (server, client) = (context.socket(SocketType::Pull), context.socket(SocketType::Push));
    let text = |part: Vec<u8>| String::from_utf8(part).unwrap();
    let number = |part: Vec<u8>| u64::from_ne_bytes(part.try_into().expect("64 bits"));
    let parts = |reader: SocketHandle| -> (u64, Vec<u64>, String, String) {
        let (event, count) = (number(recv(reader)), number(recv(reader)));
        let values = (0..count).map(|_| number(recv(reader))).collect();
        let (local, remote) = (text(recv(reader)), text(recv(reader)));
        assert!(!reader.more().unwrap());
        (event, values, local, remote)
    };
    assert_eq!(client.monitor_pipes(), Err(Error::InvalidArgument));
    client.monitor(Some("inproc://client"), ALL | PIPES_STATS, 2, SocketType::Push).unwrap();
    server.monitor(Some("inproc://server"), ACCEPTED | PIPES_STATS, 2, SocketType::Pub).unwrap();
    assert_eq!(client.monitor_pipes(), Err(Error::WouldBlock));
    let told_client = context.connected(SocketType::Pull, "inproc://client");
    let told_server = context.connected(SocketType::Sub, "inproc://server");
    told_server.subscribe(b"").unwrap();
    let endpoint = own_tcp_endpoint();
    client.connect(&endpoint).unwrap();
    (0..5).for_each(|_| send(client, "a"));
    client.monitor_pipes().unwrap();
    let told = std::iter::from_fn(|| Some(parts(told_client))).find(|(event, ..)| *event == PIPES_STATS);
    assert_eq!(told, Some((PIPES_STATS, vec![5, 0], String::new(), endpoint.clone())));
    server.bind(&endpoint).unwrap();
    let (event, values, local, remote) = parts(told_server);
    assert_eq!((event, values.len(), local.as_str()), (ACCEPTED, 1, endpoint.as_str()));
    assert!(remote.starts_with("tcp://127.0.0.1:") && remote != endpoint);
    eventually("all has come", || {
        server.monitor_pipes().unwrap_or_default();
        server.monitor_pipes().is_ok() && parts(told_server).1 == [0, 5]
    });
    let (_, _, _, same) = parts(told_server);
    assert_eq!(same, remote);
}

#[test]
fn a_monitor_does_not_outlive_its_context() {
    let context = Context::new();
    let socket = context.socket(SocketType::Pull);
    let told = Reader::of(&context, socket, "inproc://told");
    let endpoint = bind(socket, LOOPBACK);
    told.expect(&endpoint, &[LISTENING]);
    context.handle.shut_down().unwrap();
    assert_eq!(told.0.recv(true).err(), Some(Error::Terminated));
    assert_eq!(socket.monitor(Some("inproc://new"), ALL, 1, SocketType::Pair), Err(Error::Terminated));
    context.end();
}

#[test]
fn monitored_sockets_still_talk() {
    let context = Context::new();
    let (server, client) = (context.socket(SocketType::Pull), context.socket(SocketType::Push));
    let told = Reader::of(&context, server, "inproc://told");
    let endpoint = bind(server, LOOPBACK);
    client.connect(&endpoint).unwrap();
    (0..100).for_each(|_| send(client, "a"));
    (0..100).for_each(|_| assert_eq!(recv(server), b"a"));
    // The reader may well write: nobody reads it.
    let _ = try_send(told.0, "x");
    told.expect(&endpoint, &[LISTENING, ACCEPTED, SUCCEEDED]);
}
