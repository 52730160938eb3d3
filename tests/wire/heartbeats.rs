//! Heartbeats (RFC 37): pings of the engine's, and those of its peers.

use crate::common::raw::{COMMAND, Raw, command, frame, frames};
use crate::common::{Context, recv, send};
use crate::in_both_roles;
use oxmq::{Options, SocketType};
use std::time::{Duration, Instant};

const PING: &[u8] = b"\x04PING\0\0";

/// Pings every 50 ms, and a timeout that gives a loaded machine time.
fn pinging(timeout: Duration) -> impl Fn(&mut Options) {
    move |options| {
        options.heartbeat.interval = Duration::from_millis(50);
        options.heartbeat.timeout = Some(timeout);
    }
}

/// Answers pings until a message comes, and gives how many there were.
fn answer_until_message(peer: &mut Raw) -> (usize, Vec<u8>) {
    let mut pings = 0;
    loop {
        match peer.read_frame() {
            (0, body) => return (pings, body),
            (COMMAND, body) if body == PING => {
                pings += 1;
                peer.write(command("PONG", b""));
            }
            other => panic!("{other:?} is neither a message nor a ping"),
        }
    }
}

#[test]
fn a_peer_that_answers_is_kept() {
    in_both_roles(|role| {
        let context = Context::new();
        let push = context.socket_with(SocketType::Push, pinging(Duration::from_secs(20)));
        let mut peer = Raw::meet(push, role);
        peer.open_v3(1, "PULL");
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(400));
            send(push, "late");
        });
        let (pings, message) = answer_until_message(&mut peer);
        assert!(pings >= 2, "{pings} pings in 400 ms");
        assert_eq!(message, b"late");
        late.join().expect("the sender");
    });
}

#[test]
fn a_peer_that_is_silent_is_disconnected() {
    in_both_roles(|role| {
        let context = Context::new();
        let pull = context.socket_with(SocketType::Pull, pinging(Duration::from_millis(100)));
        let mut peer = Raw::meet(pull, role);
        let start = Instant::now();
        peer.open_v3(1, "PUSH");
        assert_eq!(peer.read_frame(), (COMMAND, PING.to_vec()));
        peer.wait_for_end();
        assert!(start.elapsed() >= Duration::from_millis(150));
    });
}

#[test]
fn any_traffic_is_a_sign_of_life() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, pinging(Duration::from_secs(5)));
    let mut peer = Raw::meet(pull, crate::Role::EngineBinds);
    peer.open_v3(1, "PUSH");
    for number in 0..20u8 {
        std::thread::sleep(Duration::from_millis(20));
        // A byte at a time: a frame that is not whole yet.
        peer.write([0]);
        std::thread::sleep(Duration::from_millis(20));
        peer.write([1, number]);
        assert_eq!(recv(pull), [number]);
    }
}

/// The application does not receive, and the peer's messages are not read: that is no silence of the peer's.
#[test]
fn a_peer_that_waits_for_room_is_not_given_up() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, |options| {
        pinging(Duration::from_millis(100))(options);
        options.recv_hwm = 1;
    });
    let mut peer = Raw::meet(pull, crate::Role::EngineBinds);
    peer.open_v3(1, "PUSH");
    peer.write(frames(&["one"]));
    peer.write(frames(&["two"]));
    peer.write(frames(&["three"]));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!([recv(pull), recv(pull), recv(pull)].concat(), b"onetwothree");
}

#[test]
fn a_ping_tells_the_time_to_live() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, |options| {
        options.heartbeat.interval = Duration::from_millis(20);
        options.heartbeat.ttl = Duration::from_millis(25_899);
        options.heartbeat.timeout = Some(Duration::ZERO);
    });
    let mut peer = Raw::meet(pull, crate::Role::EngineBinds);
    peer.open_v3(1, "PUSH");
    for _ in 0..5 {
        assert_eq!(peer.read_frame(), (COMMAND, b"\x04PING\x01\x02".to_vec()), "and no timeout");
    }
}

#[test]
fn only_peers_of_3_1_are_sent_pings() {
    let context = Context::new();
    let push = context.socket_with(SocketType::Push, pinging(Duration::from_millis(1)));
    let endpoint = crate::common::bind(push, crate::common::LOOPBACK);
    let mut peer = Raw::connect(&endpoint);
    peer.open_v3(0, "PULL");
    std::thread::sleep(Duration::from_millis(300));
    send(push, "3.0");
    assert_eq!(peer.read_frame(), (0, b"3.0".to_vec()));
    peer.leave();
    let mut peer = Raw::connect(&endpoint);
    peer.open_v2(7);
    std::thread::sleep(Duration::from_millis(300));
    send(push, "2.0");
    assert_eq!(peer.read_frame(), (0, b"2.0".to_vec()));
}

#[test]
fn the_time_to_live_in_the_peers_ping_is_obeyed() {
    in_both_roles(|role| {
        let context = Context::new();
        let pull = context.socket(SocketType::Pull);
        let mut peer = Raw::meet(pull, role);
        peer.open_v3(1, "PUSH");
        peer.write(command("PING", b"\0\x03abc"));
        let start = Instant::now();
        assert_eq!(peer.read_frame(), (COMMAND, b"\x04PONGabc".to_vec()));
        peer.wait_for_end();
        assert!(start.elapsed() >= Duration::from_millis(290), "{:?}", start.elapsed());
    });
}

/// A peer that waits behind a large message of ours gets its answer behind it.
#[test]
fn a_ping_is_answered_while_a_large_message_is_under_way() {
    let context = Context::new();
    let dealer = context.socket(SocketType::Dealer);
    let mut peer = Raw::meet(dealer, crate::Role::EngineBinds);
    peer.open_v3(1, "DEALER");
    send(dealer, vec![7; 20_000_000]);
    peer.write(command("PING", b"\0\0now"));
    peer.write(frame(0, b"seen"));
    assert_eq!(recv(dealer), b"seen");
    let (flags, body) = peer.read_frame();
    assert_eq!((flags, body.len()), (0, 20_000_000));
    assert_eq!(peer.read_frame(), (COMMAND, b"\x04PONGnow".to_vec()));
}
