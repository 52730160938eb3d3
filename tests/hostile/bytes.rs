//! Malformed, truncated, oversized and slow bytes.

use crate::common::Random;
use crate::common::raw::{
    COMMAND, LONG, Raw, command, frame, frame_v1, frames, frames_v1, greeting_v2, opening_v3, signature,
};
use crate::victim::Victim;
use oxmq::SocketType::{Pull, Push};

/// What a good peer of each version says: all of its opening, and a message of two parts.
fn conversations() -> [Vec<u8>; 4] {
    let parts = [&b"of two parts"[..], &[b'x'; 300]];
    [
        [frame_v1(false, b""), frames_v1(&parts)].concat(),
        [greeting_v2(Push as u8, b""), frames(&parts)].concat(),
        [opening_v3(0, "PUSH"), frames(&parts)].concat(),
        [opening_v3(1, "PUSH"), command("PING", b"\0\x0Ahello"), frames(&parts)].concat(),
    ]
}

#[test]
fn garbage() {
    let victim = Victim::new();
    let mut random = Random(0x5EED);
    let starts = [
        Vec::new(),
        signature(0).to_vec(),
        greeting_v2(Push as u8, b""),
        opening_v3(0, "PUSH"),
        opening_v3(1, "PUSH"),
        [&opening_v3(1, "PUSH")[..], &[COMMAND]].concat(),
    ];
    for round in 0..600 {
        let mut peer = victim.attack();
        peer.try_write(&starts[round % starts.len()]);
        let count = 1 + random.below(5000);
        peer.try_write(random.bytes(count));
        if round % 2 == 0 {
            peer.leave();
        }
    }
    // Random bytes may be messages of 1.0, but they are not those of others.
    victim.survives(0);
}

/// One bit is wrong, in every place in turn.
#[test]
fn flipped_bits() {
    let victim = Victim::new();
    for conversation in conversations() {
        for bit in 0..conversation.len() * 8 {
            // The body is long, and any bit of it is as good as any other.
            if bit > 200 * 8 && bit % 61 != 0 {
                continue;
            }
            let mut bytes = conversation.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut peer = victim.attack();
            peer.try_write(bytes);
            peer.leave();
        }
    }
    victim.survives(0);
}

#[test]
fn truncated_at_every_byte() {
    for conversation in conversations() {
        let victim = Victim::new();
        for length in 0..=conversation.len() {
            let mut peer = victim.attack();
            peer.write(&conversation[..length]);
            peer.leave();
        }
        let heard = victim.survives(1);
        assert_eq!(heard.len(), 1, "only the whole message arrives: {heard:?}");
        assert_eq!(heard[0][0], b"of two parts");
        assert_eq!(heard[0][1], [b'x'; 300]);
    }
}

#[test]
fn one_byte_at_a_time() {
    let victim = Victim::new();
    let slow_ones: Vec<_> = conversations()
        .into_iter()
        .map(|conversation| {
            let mut peer = victim.attack();
            std::thread::spawn(move || {
                conversation.iter().for_each(|byte| {
                    peer.write([*byte]);
                    std::thread::yield_now();
                });
                peer
            })
        })
        .collect();
    let peers: Vec<Raw> = slow_ones.into_iter().map(|slow| slow.join().expect("a slow peer")).collect();
    for message in victim.survives(peers.len()) {
        assert_eq!(message[0], b"of two parts");
        assert_eq!(message[1], [b'x'; 300]);
    }
}

/// Lengths that no memory could hold.
const IMPOSSIBLE: [u64; 3] = [(1 << 63) + 1, (1 << 63) + 500, u64::MAX];

#[test]
fn impossible_lengths_end_the_connection() {
    let victim = Victim::new();
    for length in IMPOSSIBLE {
        let openings = [
            [frame_v1(false, b""), vec![0xFF]].concat(),
            [greeting_v2(Push as u8, b""), vec![LONG]].concat(),
            [opening_v3(0, "PUSH"), vec![LONG]].concat(),
            [opening_v3(1, "PUSH"), vec![LONG | 1]].concat(),
        ];
        for opening in openings {
            let mut peer = victim.attack();
            peer.try_write([&opening[..], &length.to_be_bytes(), b"\0and so on"].concat());
            peer.wait_for_end();
        }
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

/// A length that is announced costs nothing until the bytes come.
#[test]
fn announced_lengths_cost_nothing() {
    let victim = Victim::new();
    let mut peers = Vec::new();
    for length in [1_u64 << 32, 1 << 40, 1 << 50, 1 << 62] {
        for _ in 0..25 {
            let mut v1 = victim.attack();
            v1.try_write([&frame_v1(false, b"")[..], &[0xFF], &length.to_be_bytes(), b"\0begun"].concat());
            let mut v3 = victim.attack();
            v3.try_write([&opening_v3(0, "PUSH")[..], &[LONG], &length.to_be_bytes(), b"begun"].concat());
            peers.extend([v1, v3]);
        }
    }
    // They are still there, and silent, while everybody else is served.
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

#[test]
fn a_limit_for_messages_is_kept() {
    let victim = Victim::with(|options| options.message_bytes_max = Some(1000));
    let (just_right, too_long) = ([b'm'; 1000], [b'm'; 1001]);
    let openings = [frame_v1(false, b""), greeting_v2(Push as u8, b""), opening_v3(0, "PUSH")];
    for opening in &openings {
        let frame = |body: &[u8]| if opening.len() < 10 { frame_v1(false, body) } else { frame(0, body) };
        let mut peer = victim.attack();
        peer.try_write([opening.clone(), frame(&just_right), frame(&too_long)].concat());
        peer.wait_for_end();
    }
    let heard = victim.survives(openings.len());
    assert_eq!(heard, vec![vec![just_right.to_vec()]; openings.len()]);
}

#[test]
fn a_frame_of_1_0_without_room_for_its_flags_ends_the_connection() {
    let victim = Victim::new();
    for empty in [&b"\0"[..], b"\xFF\0\0\0\0\0\0\0\0"] {
        let mut peer = victim.attack();
        peer.try_write([&frame_v1(false, b"")[..], empty].concat());
        peer.wait_for_end();
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

#[test]
fn commands_out_of_bounds_end_the_connection() {
    let victim = Victim::new();
    let endless = |length: u64| [&[COMMAND | LONG][..], &length.to_be_bytes(), b"\x04PING"].concat();
    let commands = [
        endless(1 << 40),
        endless(u64::MAX),
        // No name, or one that is longer than the command.
        [frame(COMMAND, b""), frames(&["and then a message"])].concat(),
        frame(COMMAND, b"\0"),
        frame(COMMAND, b"\x20PING"),
        // A PING without its time to live.
        command("PING", b"\0"),
    ];
    for bytes in commands {
        let mut peer = victim.attack();
        peer.open_v3(1, "PUSH");
        peer.try_write(bytes);
        peer.wait_for_end();
    }
    // Of no meaning here, but no reason to quarrel either.
    for bytes in [command("SUBSCRIBE", b"x"), command("CANCEL", b"x"), command("WHATEVER", b"x")] {
        let mut peer = victim.attack();
        peer.open_v3(1, "PUSH");
        peer.try_write(bytes);
    }
    assert_eq!(victim.survives(0), [[b""; 0]; 0]);
}

/// The connecting side reads what its peer says no less carefully.
#[test]
fn the_engine_connects_to_garbage() {
    let context = crate::common::Context::new();
    let listener = crate::common::raw::Listener::new();
    let pull = context.connected(Pull, &listener.endpoint());
    let mut random = Random(77);
    for round in 0..50 {
        // It comes back each time.
        let mut peer = listener.accept();
        let start = if round % 2 == 0 { signature(0).to_vec() } else { Vec::new() };
        peer.try_write(start);
        peer.try_write(random.bytes(3000));
    }
    let mut peer = listener.accept();
    peer.open_v3(0, "PUSH");
    peer.write(frames(&["at last"]));
    // Random bytes may have been messages of 1.0.
    while crate::common::recv_all(pull) != [b"at last"] {}
}
