//! The types that came after ZMTP 3.0, byte by byte: CLIENT and SERVER (RFC 41), RADIO and DISH (RFC 48),
//! GATHER and SCATTER (RFC 49), PEER (RFC 51), CHANNEL (RFC 52).

use crate::common::raw::{COMMAND, Raw, frame, frames};
use crate::common::{Context, eventually, send, try_recv};
use crate::{bodies, in_both_roles};
use oxmq::{Message, SocketHandle, SocketType, Tags};

/// Pairs of types that talk to each other.
const PAIRS: [(SocketType, SocketType); 8] = [
    (SocketType::Client, SocketType::Server),
    (SocketType::Server, SocketType::Client),
    (SocketType::Scatter, SocketType::Gather),
    (SocketType::Gather, SocketType::Scatter),
    (SocketType::Peer, SocketType::Peer),
    (SocketType::Channel, SocketType::Channel),
    (SocketType::Radio, SocketType::Dish),
    (SocketType::Dish, SocketType::Radio),
];

fn receives(kind: SocketType) -> bool {
    !matches!(kind, SocketType::Scatter | SocketType::Radio)
}

#[test]
fn each_type_says_its_name() {
    for (kind, peer_kind) in PAIRS {
        in_both_roles(|role| {
            let context = Context::new();
            let mut peer = Raw::meet(context.socket(kind), role);
            let properties = peer.open_v3(1, peer_kind.wire_name());
            let found = properties.iter().find(|(name, _)| name == "Socket-Type").expect("a type");
            assert_eq!(found.1, kind.wire_name().as_bytes());
        });
    }
}

/// A message is a frame; what comes in several is no message of these types.
#[test]
fn messages_are_single_frames() {
    for (kind, peer_kind) in PAIRS {
        if !receives(kind) || kind == SocketType::Dish {
            continue;
        }
        in_both_roles(|role| {
            let context = Context::new();
            let socket = context.socket(kind);
            let mut peer = Raw::meet(socket, role);
            peer.open_v3(1, peer_kind.wire_name());
            for body in bodies() {
                peer.write(frame(0, &body));
                peer.write(frames(&["several", "parts"]));
                let mut tags = Tags::default();
                let mut got = Message::new();
                socket.recv_tagged(&mut got, &mut tags, true).expect("recv");
                assert!(got.as_bytes() == body && !got.more());
                assert_eq!(tags.routing_id != 0, matches!(kind, SocketType::Server | SocketType::Peer));
                if kind != SocketType::Gather {
                    socket.send_tagged(&mut Message::copy_from(&body).unwrap(), &tags, true).expect("send");
                    assert!(peer.read_frame() == (0, body));
                }
            }
        });
    }
}

#[test]
fn what_is_scattered_is_single_frames() {
    in_both_roles(|role| {
        let context = Context::new();
        let scatter = context.socket(SocketType::Scatter);
        let mut peer = Raw::meet(scatter, role);
        peer.open_v3(1, "GATHER");
        for body in bodies() {
            send(scatter, &body);
            assert!(peer.read_frame() == (0, body));
        }
    });
}

fn join(dish: SocketHandle, group: &[u8]) {
    dish.join(group).expect("join");
}

/// The commands' names go before the group, which goes to their end.
#[test]
fn a_dish_joins_and_leaves_by_commands() {
    for minor in [0, 1] {
        in_both_roles(|role| {
            let context = Context::new();
            let dish = context.socket(SocketType::Dish);
            join(dish, b"early");
            let mut peer = Raw::meet(dish, role);
            peer.open_v3(minor, "RADIO");
            assert_eq!(peer.read_frame(), (COMMAND, b"\x04JOINearly".to_vec()));
            join(dish, b"");
            assert_eq!(peer.read_frame(), (COMMAND, b"\x04JOIN".to_vec()));
            let long = [b'g'; 255];
            join(dish, &long);
            assert_eq!(peer.read_frame(), (COMMAND, [&b"\x04JOIN"[..], &long].concat()));
            dish.leave(b"early").unwrap();
            assert_eq!(peer.read_frame(), (COMMAND, b"\x05LEAVEearly".to_vec()));
        });
    }
}

/// A message to a group is two frames: the group and the body.
#[test]
fn a_dish_receives_the_group_and_the_body() {
    in_both_roles(|role| {
        let context = Context::new();
        let dish = context.socket(SocketType::Dish);
        join(dish, b"g");
        let mut peer = Raw::meet(dish, role);
        peer.open_v3(1, "RADIO");
        for body in bodies() {
            peer.write(frames(&[&b"other"[..], b"not joined"]));
            peer.write(frames(&[&b"g"[..], &body]));
            peer.write(frame(0, b"no group"));
            peer.write(frames(&[&b"g"[..], b"too", b"many"]));
            let mut tags = Tags::default();
            let mut got = Message::new();
            dish.recv_tagged(&mut got, &mut tags, true).expect("recv");
            assert!(got.as_bytes() == body && !got.more());
            assert_eq!(tags.group.as_deref(), Some(&b"g"[..]));
        }
        assert_eq!(try_recv(dish), None);
    });
}

#[test]
fn a_radio_sends_the_group_and_the_body_to_those_who_joined() {
    for minor in [0, 1] {
        in_both_roles(|role| {
            let context = Context::new();
            let radio = context.socket(SocketType::Radio);
            let mut peer = Raw::meet(radio, role);
            peer.open_v3(minor, "DISH");
            // What a RADIO does not know does no harm, nor does a group that is too long.
            peer.write(frame(COMMAND, b"\x05GREET\x01"));
            peer.write(frame(COMMAND, &[&b"\x04JOIN"[..], &[b'g'; 300]].concat()));
            peer.write(frame(COMMAND, b"\x05LEAVEnever joined"));
            peer.write(frame(COMMAND, b"\x04JOINg"));
            let tags = |group: &[u8]| Tags { group: Some(group.into()), ..Tags::default() };
            let send_to = |group: &[u8], body: &[u8]| {
                radio.send_tagged(&mut Message::copy_from(body).unwrap(), &tags(group), true).expect("send");
            };
            // The first that comes shows that the join is known.
            peer.0.set_nonblocking(true).expect("not to wait");
            eventually("the join is known", || {
                send_to(b"other", b"to nobody");
                send_to(b"g", b"hello");
                peer.0.peek(&mut [0]).is_ok()
            });
            peer.0.set_nonblocking(false).expect("to wait");
            send_to(b"g", b"the last hello");
            while peer.read_message() != [&b"g"[..], b"the last hello"] {}
            for body in bodies() {
                send_to(b"other", b"to nobody");
                send_to(b"g", &body);
                assert!(peer.read_message() == [&b"g"[..], &body]);
            }
            // Joined in this order, there is always something to read.
            peer.write(frame(COMMAND, b"\x04JOINother"));
            peer.write(frame(COMMAND, b"\x05LEAVEg"));
            eventually("the leave is known", || {
                send_to(b"g", b"");
                send_to(b"other", b"x");
                peer.read_message()[0] == b"other" && {
                    // Both were known when this was sent, or the next shows it.
                    send_to(b"g", b"still here");
                    send_to(b"other", b"end");
                    let mut left = true;
                    loop {
                        let message = peer.read_message();
                        left &= message[1] != b"still here";
                        if message[1] == b"end" {
                            return left;
                        }
                    }
                }
            });
        });
    }
}
