//! Handshakes that lead nowhere.

use crate::common::raw::{
    COMMAND, LONG, command, frame, frames, greeting_v2, greeting_v3, opening_v3, ready, signature,
};
use crate::victim::Victim;
use oxmq::SocketType;
use std::time::Duration;

#[test]
fn other_socket_types_are_refused() {
    let victim = Victim::new();
    for kind in SocketType::ALL {
        if kind == SocketType::Push {
            continue;
        }
        let mut peer = victim.attack();
        peer.try_write([opening_v3(0, kind.wire_name()), frames(&["for nobody"])].concat());
        peer.wait_for_end();
        // RFC 15 has no more types than these.
        if (kind as u8) < SocketType::Xpub as u8 {
            let mut peer = victim.attack();
            peer.try_write([greeting_v2(kind as u8, b""), frames(&["for nobody"])].concat());
            peer.wait_for_end();
        }
    }
    for nonsense in ["NONSENSE", "", "push", "PUSH\0"] {
        let mut peer = victim.attack();
        peer.try_write([opening_v3(0, nonsense), frames(&["for nobody"])].concat());
        peer.wait_for_end();
    }
    let mut peer = victim.attack();
    peer.try_write([greeting_v2(200, b""), frames(&["for nobody"])].concat());
    peer.wait_for_end();
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

#[test]
fn other_mechanisms_are_refused() {
    let victim = Victim::new();
    for mechanism in ["PLAIN", "CURVE", "GSSAPI", "NULLIFY", "null", "", "\u{7f}\u{7f}\u{7f}", "NULL\0X"] {
        let mut peer = victim.attack();
        let ready = ready(&[("Socket-Type", b"PUSH")]);
        peer.try_write([greeting_v3(0, mechanism), ready, frames(&["for nobody"])].concat());
        peer.wait_for_end();
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

#[test]
fn a_bad_ready_is_refused() {
    let victim = Victim::new();
    let property = |bytes: &[u8]| command("READY", bytes);
    let bad = [
        // A name that is longer than the command; a value that is; a length that ends in the middle.
        property(b"\x0BSocket"),
        property(b"\x0BSocket-Type\0\0\0\x05PUSH"),
        property(b"\x0BSocket-Type\xFF\xFF\xFF\xFFPUSH"),
        property(b"\x0BSocket-Type\0\0\0\x04PUSH\x08Identity\0\0"),
        property(b"\x0BSocket-Type\0\0\0\x04PUSH\0"),
        // An identity longer than any may be.
        ready(&[("Socket-Type", b"PUSH"), ("Identity", &[b'i'; 256])]),
        // Other commands, or none.
        command("HELLO", b""),
        command("ERROR", b"\x03why"),
        [frame(COMMAND, b""), frames(&["a message"])].concat(),
        frame(COMMAND, b"\0"),
        frame(0, b"\x05READY\x0BSocket-Type\0\0\0\x04PUSH"),
        frames(&["a message before its time"]),
        // No end.
        [&[COMMAND | LONG][..], &(1_u64 << 40).to_be_bytes(), b"\x05READY"].concat(),
        [&[COMMAND | LONG][..], &u64::MAX.to_be_bytes(), b"\x05READY"].concat(),
    ];
    for (number, bytes) in bad.into_iter().enumerate() {
        println!("{number}");
        let mut peer = victim.attack();
        peer.try_write([greeting_v3(0, "NULL"), bytes].concat());
        peer.wait_for_end();
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

/// Whoever says nothing, or stops in the middle of the handshake, is sent away in the end.
#[test]
fn silence_ends() {
    let victim = Victim::with(|options| options.handshake_timeout = Some(Duration::from_secs(1)));
    let mut peers = Vec::new();
    for start in [
        Vec::new(),
        vec![0xFF],
        signature(0).to_vec(),
        greeting_v2(SocketType::Push as u8, b"")[..11].to_vec(),
        greeting_v3(0, "NULL")[..63].to_vec(),
        greeting_v3(0, "NULL"),
        opening_v3(0, "PUSH")[..80].to_vec(),
    ] {
        for _ in 0..20 {
            let mut peer = victim.attack();
            peer.try_write(&start);
            peers.push(peer);
        }
    }
    for peer in &mut peers {
        peer.wait_for_end();
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}
