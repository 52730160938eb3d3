//! Messages over udp: RADIO to DISH, and DGRAM.

use crate::common::{Context, PATIENCE, bind, eventually, port, recv_all, send_all, try_recv};
use crate::groups::{recv_from, send_to};
use oxmq::{Error, Options, SocketHandle, SocketType};
use std::net::UdpSocket;
use std::time::Duration;

/// A plain socket for datagrams.
fn plain() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

fn recv_plain(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 65_536];
    let count = socket.recv(&mut buffer).expect("a datagram");
    buffer[..count].to_vec()
}

/// A DISH with datagrams, and where they are to be sent.
fn bound_dish(context: &Context) -> (SocketHandle, String) {
    let dish = context.socket(SocketType::Dish);
    let endpoint = bind(dish, "udp://127.0.0.1:*");
    (dish, endpoint)
}

#[test]
fn a_radio_sends_datagrams_with_the_group_before_the_body() {
    let context = Context::new();
    let radio = context.socket(SocketType::Radio);
    let peer = plain();
    radio.connect(&format!("udp://{}", peer.local_addr().unwrap())).unwrap();
    let long = [b'g'; 255];
    for (group, body) in [(&b"news"[..], "hello"), (b"", "to all"), (&long, ""), (b"g", &"x".repeat(60_000))]
    {
        send_to(radio, group, body).unwrap();
        assert!(recv_plain(&peer) == [&[group.len() as u8][..], group, body.as_bytes()].concat());
    }
    // What is too long for a datagram is lost, and nothing else.
    send_to(radio, b"g", &"x".repeat(100_000)).unwrap();
    send_to(radio, b"g", "next").unwrap();
    assert_eq!(recv_plain(&peer), b"\x01gnext");
}

#[test]
fn a_dish_receives_datagrams_of_its_groups() {
    let context = Context::new();
    let (dish, endpoint) = bound_dish(&context);
    dish.join(b"news").unwrap();
    dish.join(b"").unwrap();
    let peer = plain();
    let to = ("127.0.0.1", port(&endpoint));
    for datagram in [
        &b""[..],
        b"\x05news",
        b"\xff",
        b"\x04news1",
        b"\x04morenot joined",
        b"\x00 2",
        b"\x04news",
        b"\x04news3",
    ] {
        peer.send_to(datagram, to).unwrap();
    }
    assert_eq!(recv_from(dish), (b"news".to_vec(), "1".to_string()));
    assert_eq!(recv_from(dish), (vec![], " 2".to_string()));
    assert_eq!(recv_from(dish), (b"news".to_vec(), String::new()));
    assert_eq!(recv_from(dish), (b"news".to_vec(), "3".to_string()));
    dish.leave(b"news").unwrap();
    peer.send_to(b"\x04news4", to).unwrap();
    peer.send_to(b"\x005", to).unwrap();
    assert_eq!(recv_from(dish), (vec![], "5".to_string()));
}

#[test]
fn a_radio_reaches_dishes_by_name_and_number() {
    let context = Context::new();
    let (dish, endpoint) = bound_dish(&context);
    dish.join(b"g").unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let radio = context.socket(SocketType::Radio);
        radio.connect(&format!("udp://{host}:{}", port(&endpoint))).unwrap();
        for round in 0..100 {
            send_to(radio, b"g", &format!("{round}")).unwrap();
            assert_eq!(recv_from(dish), (b"g".to_vec(), format!("{round}")));
        }
    }
}

/// Two programs on one machine may be members of one group, on one port.
#[test]
fn members_of_a_multicast_group_all_receive() {
    let context = Context::new();
    let radio = context.socket(SocketType::Radio);
    let port = plain().local_addr().unwrap().port();
    let endpoint = format!("udp://lo;239.255.77.1:{port}");
    let dishes: Vec<SocketHandle> = (0..2)
        .map(|_| {
            let dish = context.socket(SocketType::Dish);
            dish.join(b"g").unwrap();
            assert_eq!(bind(dish, &endpoint), endpoint);
            dish
        })
        .collect();
    let other = context.socket(SocketType::Dish);
    other.join(b"g").unwrap();
    bind(other, &format!("udp://lo;239.255.77.2:{port}"));
    radio.connect(&endpoint).unwrap();
    for round in 0..10 {
        send_to(radio, b"g", &format!("{round}")).unwrap();
        for dish in &dishes {
            assert_eq!(recv_from(*dish).1, format!("{round}"));
        }
    }
    assert_eq!(try_recv(other), None, "another group");
}

#[test]
fn ipv6_does_too() {
    let context = Context::new();
    let dish = context.socket(SocketType::Dish);
    dish.join(b"g").unwrap();
    let endpoint = bind(dish, "udp://[::1]:*");
    let radio = context.socket(SocketType::Radio);
    radio.connect(&endpoint).unwrap();
    send_to(radio, b"g", "six").unwrap();
    assert_eq!(recv_from(dish).1, "six");
    let group = context.socket(SocketType::Dish);
    group.join(b"g").unwrap();
    // Not every machine has a way for multicast of IPv6; a group can be joined all the same.
    let endpoint = bind(group, "udp://lo;[ff02::4d]:*");
    radio.connect(&endpoint).unwrap();
    radio.connect(&format!("udp://[::1]:{}", port(&endpoint))).unwrap();
    send_to(radio, b"g", "group").unwrap();
    assert_eq!(recv_from(group).1, "group");
    let four = context.socket_with(SocketType::Dish, |options| options.ipv6 = false);
    assert_eq!(four.bind("udp://[::1]:*"), Err(Error::NoSuchDevice));
}

#[test]
fn a_dgram_talks_to_any_address() {
    let context = Context::new();
    let dgram = context.socket(SocketType::Dgram);
    let endpoint = bind(dgram, "udp://127.0.0.1:*");
    let peers = [plain(), plain()];
    for (n, peer) in peers.iter().enumerate() {
        let body = format!("hello {n}");
        peer.send_to(body.as_bytes(), ("127.0.0.1", port(&endpoint))).unwrap();
        let message = recv_all(dgram);
        assert_eq!(message, [peer.local_addr().unwrap().to_string().into_bytes(), body.into_bytes()]);
        send_all(dgram, &[&message[0][..], b"answer"]);
        assert_eq!(recv_plain(peer), b"answer");
    }
    // An address that is none: lost. An empty datagram is one.
    send_all(dgram, &["nowhere", "x"]);
    let address = peers[0].local_addr().unwrap().to_string();
    send_all(dgram, &[&address, ""]);
    assert_eq!(recv_plain(&peers[0]), b"");
    peers[0].send_to(b"", ("127.0.0.1", port(&endpoint))).unwrap();
    assert_eq!(recv_all(dgram), [address.into_bytes(), vec![]]);
    assert_eq!(crate::common::send_part(dgram, b"no address", false, true), Err(Error::InvalidArgument));
}

/// Bound to all interfaces with IPv6 switched on, it meets peers of either version.
#[test]
fn a_dgram_of_both_versions_writes_addresses_as_they_are() {
    let context = Context::new();
    let dgram =
        context.socket_with(SocketType::Dgram, |options| options.endpoints = Options::for_4x().endpoints);
    let endpoint = bind(dgram, "udp://*:*");
    let peer = plain();
    peer.send_to(b"four", ("127.0.0.1", port(&endpoint))).unwrap();
    let message = recv_all(dgram);
    assert_eq!(message[0], peer.local_addr().unwrap().to_string().into_bytes());
    send_all(dgram, &[&message[0][..], b"answer"]);
    assert_eq!(recv_plain(&peer), b"answer");
}

#[test]
fn only_some_types_go_over_udp() {
    let context = Context::new();
    for kind in SocketType::ALL {
        let socket = context.socket(kind);
        let expected = match kind {
            SocketType::Dish | SocketType::Dgram => Ok(()),
            _ => Err(Error::IncompatibleTransport),
        };
        assert_eq!(socket.bind("udp://127.0.0.1:*"), expected, "{kind:?}");
        let expected = match kind {
            SocketType::Radio => Ok(()),
            _ => Err(Error::IncompatibleTransport),
        };
        assert_eq!(socket.connect("udp://127.0.0.1:9"), expected, "{kind:?}");
    }
    let dgram = context.socket(SocketType::Dgram);
    for endpoint in ["tcp://127.0.0.1:*", "inproc://x", "ipc://@x"] {
        assert_eq!(dgram.bind(endpoint), Err(Error::IncompatibleTransport));
    }
}

#[test]
fn endpoints_are_let_go_of() {
    let context = Context::new();
    let (dish, endpoint) = bound_dish(&context);
    let other = context.socket(SocketType::Dish);
    assert_eq!(other.bind(&endpoint), Err(Error::AddressInUse));
    dish.unbind(&endpoint).unwrap();
    assert_eq!(dish.unbind(&endpoint), Err(Error::NoSuchEndpoint));
    eventually("the address is free", || other.bind(&endpoint).is_ok());
    other.close().unwrap();
    eventually("the address is free", || dish.bind(&endpoint).is_ok());
    let radio = context.socket(SocketType::Radio);
    radio.connect(&endpoint).unwrap();
    radio.disconnect(&endpoint).unwrap();
    assert_eq!(radio.disconnect(&endpoint), Err(Error::NoSuchEndpoint));
    for (bad, error) in [
        ("udp://127.0.0.1", Error::InvalidArgument),
        ("udp://x:y", Error::InvalidArgument),
        ("udp://nosuchif0:5", Error::NoSuchDevice),
        ("udp://192.0.2.1:5", Error::AddressNotAvailable),
    ] {
        assert_eq!(dish.bind(bad), Err(error), "{bad}");
    }
}

/// What was sent goes out though the socket is closed at once; without lingering it need not.
#[test]
fn closing_sends_what_is_left_and_ends() {
    for linger in [None, Some(Duration::ZERO)] {
        let context = Context::new();
        let peer = plain();
        let radio = context.socket_with(SocketType::Radio, |options| options.linger = linger);
        radio.connect(&format!("udp://{}", peer.local_addr().unwrap())).unwrap();
        (0..100).for_each(|n| send_to(radio, b"g", &format!("{n}")).unwrap());
        context.end();
        if linger.is_none() {
            (0..100).for_each(|n| assert_eq!(recv_plain(&peer), format!("\u{1}g{n}").into_bytes()));
        }
    }
}
