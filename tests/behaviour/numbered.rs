//! SERVER and CLIENT, PEER, CHANNEL, GATHER and SCATTER: messages of one part, peers known by numbers.

use crate::common::{Context, LOOPBACK, bind, eventually, recv_text, send, send_part, try_recv, try_send};
use crate::over_each;
use oxmq::{Error, Message, Result, SocketHandle, SocketType, Tags};
use std::time::Duration;

fn send_to(socket: SocketHandle, number: u32, text: &str) -> Result<()> {
    let tags = Tags { routing_id: number, ..Tags::default() };
    socket.send_tagged(&mut Message::copy_from(text.as_bytes())?, &tags, true)
}

fn recv_from(socket: SocketHandle) -> (u32, String) {
    let mut tags = Tags::default();
    let mut message = Message::new();
    socket.recv_tagged(&mut message, &mut tags, true).expect("recv");
    assert!(!message.more());
    (tags.routing_id, String::from_utf8(message.as_bytes().to_vec()).expect("text"))
}

#[test]
fn a_server_answers_its_clients() {
    over_each(|transport| {
        let place = transport.place();
        let server = place.server.socket(SocketType::Server);
        let clients: Vec<SocketHandle> = (0..3).map(|_| place.client().socket(SocketType::Client)).collect();
        let endpoint = place.join(server, clients[0]);
        clients[1..].iter().for_each(|client| client.connect(&endpoint).expect("connect"));
        for round in 0..100 {
            clients.iter().enumerate().for_each(|(n, client)| send(*client, format!("{round} from {n}")));
            for _ in 0..3 {
                let (number, text) = recv_from(server);
                assert_ne!(number, 0);
                send_to(server, number, &format!("answer to {text}")).unwrap();
            }
            for (n, client) in clients.iter().enumerate() {
                assert_eq!(recv_text(*client), format!("answer to {round} from {n}"));
            }
        }
    });
}

#[test]
fn a_server_knows_whom_it_cannot_reach() {
    over_each(|transport| {
        let place = transport.place();
        let server = place.server.socket_with(SocketType::Server, |options| options.send_hwm = 2);
        let client = place.client().socket_with(SocketType::Client, |options| options.recv_hwm = 2);
        assert_eq!(try_send(server, "nobody"), Err(Error::Unroutable));
        place.join(server, client);
        send(client, "here");
        let (number, _) = recv_from(server);
        assert_eq!(send_to(server, number ^ 1, "nobody"), Err(Error::Unroutable));
        assert_eq!(send_part(server, b"a", true, true), Err(Error::InvalidArgument));
        assert_eq!(send_part(client, b"a", true, true), Err(Error::InvalidArgument));
        // Without room it waits, and nothing is dropped.
        let wait = |options: &mut oxmq::Options| {
            options.send_timeout = Some(Duration::from_millis(10));
            Ok(())
        };
        server.set_options(wait).unwrap();
        let body = "x".repeat(100_000);
        let mut sent = 0;
        let refused = loop {
            match send_to(server, number, &body) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(refused, Error::WouldBlock);
        (0..sent).for_each(|_| assert!(recv_text(client) == body));
        client.close().unwrap();
        eventually("the server knows that the client is gone", || {
            send_to(server, number, "nobody") == Err(Error::Unroutable)
        });
    });
}

#[test]
fn a_peer_is_sent_to_by_the_number_that_connecting_gave() {
    over_each(|transport| {
        let place = transport.place();
        let (one, two) = (place.server.socket(SocketType::Peer), place.client().socket(SocketType::Peer));
        let endpoint = bind(one, &place.endpoint);
        let number = two.connect_peer(&endpoint).unwrap();
        assert_ne!(number, 0);
        send_to(two, number, "hello").unwrap();
        let (back, text) = recv_from(one);
        assert_eq!(text, "hello");
        send_to(one, back, "world").unwrap();
        assert_eq!(recv_from(two), (number, "world".to_string()));
        let again = two.connect_peer(&endpoint).unwrap();
        assert_ne!(again, number);
        two.disconnect_peer(number).unwrap();
        assert_eq!(send_to(two, number, "gone"), Err(Error::Unroutable));
        assert_eq!(two.disconnect_peer(number), Err(Error::Unroutable));
        send_to(two, again, "still here").unwrap();
        assert_eq!(recv_from(one).1, "still here");
        eventually("the other side knows too", || send_to(one, back, "") == Err(Error::Unroutable));
    });
}

#[test]
fn only_a_peer_connects_so() {
    let context = Context::new();
    for kind in SocketType::ALL {
        let socket = context.socket(kind);
        if kind != SocketType::Peer {
            assert_eq!(socket.connect_peer("inproc://x"), Err(Error::NotSupported), "{kind:?}");
        }
        let expected = match kind {
            SocketType::Peer | SocketType::Server => Error::Unroutable,
            _ => Error::NotSupported,
        };
        assert_eq!(socket.disconnect_peer(7), Err(expected), "{kind:?}");
    }
    let peer = context.socket(SocketType::Peer);
    assert_eq!(peer.connect_peer("nonsense"), Err(Error::InvalidArgument));
    assert_eq!(peer.connect_peer("pigeon://x"), Err(Error::UnknownTransport));
}

/// A peer that connects before the other is bound has a number already.
#[test]
fn a_peer_may_be_sent_to_before_it_is_there() {
    over_each(|transport| {
        let place = transport.fixed_place();
        let (one, two) = (place.server.socket(SocketType::Peer), place.client().socket(SocketType::Peer));
        let number = two.connect_peer(&place.endpoint).unwrap();
        send_to(two, number, "early").unwrap();
        bind(one, &place.endpoint);
        assert_eq!(recv_from(one).1, "early");
    });
}

#[test]
fn a_channel_is_a_pair_of_single_parts() {
    over_each(|transport| {
        let place = transport.place();
        let (one, two) =
            (place.server.socket(SocketType::Channel), place.client().socket(SocketType::Channel));
        place.join(one, two);
        for round in 0..10 {
            send(two, format!("ping {round}"));
            assert_eq!(recv_text(one), format!("ping {round}"));
            send(one, format!("pong {round}"));
            assert_eq!(recv_text(two), format!("pong {round}"));
        }
        assert_eq!(send_part(one, b"a", true, true), Err(Error::InvalidArgument));
    });
}

#[test]
fn what_is_scattered_is_gathered() {
    over_each(|transport| {
        let place = transport.place();
        let (gather, scatter) =
            (place.server.socket(SocketType::Gather), place.client().socket(SocketType::Scatter));
        place.join(gather, scatter);
        (0..1000).for_each(|n| send(scatter, format!("{n}")));
        (0..1000).for_each(|n| assert_eq!(recv_text(gather), format!("{n}")));
        assert_eq!(send_part(scatter, b"a", true, true), Err(Error::InvalidArgument));
        assert_eq!(try_send(gather, "no"), Err(Error::NotSupported));
        assert_eq!(scatter.recv(false).unwrap_err(), Error::NotSupported);
    });
}

#[test]
fn types_that_do_not_go_together_do_not_meet() {
    let context = Context::new();
    let server = context.socket(SocketType::Server);
    let endpoint = bind(server, LOOPBACK);
    server.bind("inproc://server").unwrap();
    let dealer = context.socket(SocketType::Dealer);
    assert_eq!(dealer.connect("inproc://server"), Err(Error::IncompatibleTransport));
    dealer.connect(&endpoint).unwrap();
    send(dealer, "never received");
    let client = context.connected(SocketType::Client, &endpoint);
    send(client, "received");
    assert_eq!(recv_from(server).1, "received");
    assert_eq!(try_recv(server), None);
}
