//! Too much of what would be harmless once.

use crate::common::raw::{LONG, Raw, command, frame, frame_v1, frames};
use crate::common::{Context, eventually, meet, recv_text, resident_bytes, send, try_recv};
use crate::victim::Victim;
use oxmq::SocketType;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn thousands_of_connects_and_disconnects() {
    let victim = Victim::new();
    for round in 0..3000 {
        let mut peer = victim.attack();
        // Some leave at once, some after a word, some after a whole handshake.
        match round % 3 {
            0 => (),
            1 => peer.try_write(frame_v1(false, b"")),
            _ => peer.try_write(crate::common::raw::opening_v3(0, "PUSH")),
        }
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

/// Far more connections in their handshake than the engine keeps.
#[test]
fn a_crowd_that_says_nothing() {
    let victim = Victim::new();
    let crowd: Vec<Raw> = (0..400).map(|_| victim.attack()).collect();
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
    drop(crowd);
}

/// How far memory may grow by the subscriptions of the attackers.
const GROWTH_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Subscriptions without end: the publisher goes on, and a good subscriber gets everything, in order.
#[test]
fn floods_of_subscriptions() {
    let before = resident_bytes();
    let context = Context::new();
    let publisher = context.socket_with(SocketType::Pub, |options| options.send_hwm = 0);
    let endpoint = crate::common::bind(publisher, crate::common::LOOPBACK);
    let good_context = Context::new();
    let subscriber = good_context.socket_with(SocketType::Sub, |options| options.recv_hwm = 0);
    subscriber.subscribe(b"good").expect("subscribe");
    subscriber.connect(&endpoint).expect("connect");
    meet(publisher, subscriber, "good to see you");
    let over = Arc::new(AtomicBool::new(false));
    let attack_is_over = over.clone();
    let publishing = std::thread::spawn(move || {
        let mut number = 0;
        while !attack_is_over.load(Ordering::Acquire) {
            send(publisher, format!("good {number}"));
            number += 1;
            std::thread::yield_now();
        }
        send(publisher, "good bye");
        number
    });
    let receiving = std::thread::spawn(move || {
        for number in 0.. {
            let text = recv_text(subscriber);
            if text == "good bye" {
                return number;
            }
            assert_eq!(text, format!("good {number}"));
        }
        unreachable!("there is always another number")
    });
    let attackers: Vec<_> = (0..4).map(|way| spawn_attacker(way, endpoint.clone())).collect();
    attackers.into_iter().for_each(|attacker| attacker.join().expect("an attacker"));
    over.store(true, Ordering::Release);
    let sent: usize = publishing.join().expect("the publisher");
    assert_eq!(receiving.join().expect("the subscriber"), sent);
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more than before");
}

/// Subscribes without end in one of four ways, then goes without a word.
fn spawn_attacker(way: usize, endpoint: String) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut peer = Raw::connect(&endpoint);
        peer.open_v3(1, "SUB");
        for round in 0..100 {
            let mut bytes = Vec::new();
            for number in 0..1000 {
                let name = format!("{:032}", round * 1000 + number);
                bytes.extend(match way {
                    0 => command("SUBSCRIBE", name.as_bytes()),
                    1 => frame(0, &[b"\x01", name.as_bytes()].concat()),
                    // Again and again the same; and what was never subscribed to.
                    2 => command("SUBSCRIBE", b"bad"),
                    _ => command("CANCEL", name.as_bytes()),
                });
            }
            peer.try_write(bytes);
        }
        // In the middle of a very long one.
        peer.try_write([&[4 | LONG][..], &(1_u64 << 20).to_be_bytes(), b"\x09SUBSCRIBE"].concat());
    })
}

/// A peer that sends what nobody takes is held up by the high-water mark; the memory it costs is bounded.
#[test]
fn a_flood_of_messages_that_nobody_receives() {
    let before = resident_bytes();
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let mut peer = Raw::connect(&endpoint);
    peer.open_v3(0, "PUSH");
    let message = frames(&[vec![b'f'; 10_000]]);
    peer.0.set_nonblocking(true).expect("non-blocking");
    // Until the system's buffers are full at both ends, and the engine does not read: no write succeeds for
    // a good while.
    let (mut sent, mut refusals) = (0_usize, 0);
    while refusals < 100 {
        match std::io::Write::write(&mut peer.0, &message[sent % message.len()..]) {
            Ok(count) => (sent, refusals) = (sent + count, 0),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                refusals += 1;
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            Err(error) => panic!("write: {error}"),
        }
        assert!(sent < 1 << 30, "the engine takes it all");
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more than before");
    // And none of it is lost.
    let mut whole = sent / message.len();
    eventually("all whole messages are received", || {
        while whole > 0 && try_recv(pull).is_some_and(|body| body == [b'f'; 10_000]) {
            whole -= 1;
        }
        whole == 0
    });
}
