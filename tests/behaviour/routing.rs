//! Which peer a message goes to or comes from: load balancing, fair queuing, addresses, pairs.

use crate::common::raw::{Raw, frames};
use crate::common::{Context, recv, recv_all, recv_text, send, send_all, try_recv, try_send};
use crate::over_each;
use oxmq::{Error, SocketHandle, SocketType};
use std::collections::HashSet;

/// R1 and R4 go to service A, R2 goes to B, and R3 goes to C.
#[test]
fn requests_are_dealt_out_in_turn() {
    let (client, servers) = (Context::new(), Context::new());
    let req = client.socket(SocketType::Req);
    let services: Vec<SocketHandle> = (0..3)
        .map(|_| {
            let (rep, endpoint) = servers.bound(SocketType::Rep);
            req.connect(&endpoint).expect("connect");
            rep
        })
        .collect();
    for (request, service) in [("R1", 0), ("R2", 1), ("R3", 2), ("R4", 0)] {
        send(req, request);
        assert_eq!(recv_text(services[service]), request);
        send(services[service], format!("reply to {request}"));
        assert_eq!(recv_text(req), format!("reply to {request}"));
    }
}

#[test]
fn messages_are_dealt_out_in_turn() {
    for (sender, receiver) in [(SocketType::Push, SocketType::Pull), (SocketType::Dealer, SocketType::Dealer)]
    {
        over_each(|transport| {
            let place = transport.place();
            let deals = place.client().socket(sender);
            let (context, directory) = (&place.server, crate::TempDir::new());
            let receivers: Vec<SocketHandle> = (0..4)
                .map(|number| {
                    let socket = context.socket(receiver);
                    let endpoint = match transport {
                        crate::Transport::Tcp => place.endpoint.clone(),
                        crate::Transport::Ipc => directory.ipc(&number.to_string()),
                        _ => format!("{}-{number}", place.endpoint),
                    };
                    deals.connect(&crate::bind(socket, &endpoint)).expect("connect");
                    socket
                })
                .collect();
            (0..400).for_each(|number| send(deals, format!("{number}")));
            for (offset, receiver) in receivers.iter().enumerate() {
                for round in 0..100 {
                    assert_eq!(recv_text(*receiver), format!("{}", 4 * round + offset));
                }
            }
        });
    }
}

/// All parts of a message go the same way.
#[test]
fn a_message_of_several_parts_is_one_turn() {
    let (client, servers) = (Context::new(), Context::new());
    let push = client.socket(SocketType::Push);
    let pulls: Vec<SocketHandle> = (0..2)
        .map(|_| {
            let (pull, endpoint) = servers.bound(SocketType::Pull);
            push.connect(&endpoint).expect("connect");
            pull
        })
        .collect();
    for number in 0..50 {
        send_all(push, &[format!("{number}"), "part".into(), "part".into()]);
        let parts = recv_all(pulls[number % 2]);
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], format!("{number}").into_bytes());
    }
}

/// A peer that is full is passed over, not waited for.
#[test]
fn a_full_peer_is_passed_over() {
    let context = Context::new();
    let push = context.socket_with(SocketType::Push, |options| options.send_hwm = 5);
    push.connect(&crate::common::own_tcp_endpoint()).expect("connect");
    let (pull, endpoint) = context.bound(SocketType::Pull);
    push.connect(&endpoint).expect("connect");
    let mut received = 0;
    for _ in 0..100 {
        send(push, "x");
        received += usize::from(try_recv(pull).is_some());
    }
    // Five wait for the peer that never comes.
    (received..95).for_each(|_| drop(recv(pull)));
    assert_eq!(try_recv(pull), None);
}

/// R1, R2, R3 of one client, R4 of another and R5, R6 of a third come out as R1, R4, R5, R2, R6, R3.
#[test]
fn queues_are_read_in_turn() {
    let clients_kinds = [(SocketType::Dealer, SocketType::Router), (SocketType::Push, SocketType::Pull)];
    for (client_kind, server_kind) in clients_kinds {
        let context = Context::new();
        let server = context.socket(server_kind);
        server.bind("inproc://fair").expect("bind");
        let clients = [(); 3].map(|()| context.connected(client_kind, "inproc://fair"));
        for (client, request) in [(0, "R1"), (0, "R2"), (0, "R3"), (1, "R4"), (2, "R5"), (2, "R6")] {
            send(clients[client], request);
        }
        let order: Vec<String> = (0..6)
            .map(|_| {
                let parts = recv_all(server);
                String::from_utf8(parts.last().expect("a part").clone()).expect("text")
            })
            .collect();
        assert_eq!(order, ["R1", "R4", "R5", "R2", "R6", "R3"]);
    }
}

/// A thousand messages of one peer do not hold up the one message of another.
#[test]
fn no_peer_dominates() {
    over_each(|transport| {
        let place = transport.place();
        let pull = place.server.socket(SocketType::Pull);
        let busy = place.client().socket_with(SocketType::Push, |options| options.send_hwm = 0);
        let endpoint = place.join(pull, busy);
        let rare = place.client().connected(SocketType::Push, &endpoint);
        send(busy, "busy");
        send(rare, "rare");
        let mut first = [recv_text(pull), recv_text(pull)];
        first.sort();
        assert_eq!(first, ["busy", "rare"]);
        // The rare one's message is sent last and is not received last.
        (0..100_000).for_each(|_| send(busy, "busy"));
        send(rare, "rare");
        let position = (0..).find(|_| recv_text(pull) == "rare").expect("it comes");
        assert!(position < 100_000, "after all the others");
    });
}

#[test]
fn a_router_reaches_each_peer_by_its_name() {
    over_each(|transport| {
        let place = transport.place();
        let router = place.server.socket(SocketType::Router);
        let endpoint = crate::bind(router, &place.endpoint);
        let names = [&b"short"[..], b"with \0 and \xFF in it", &[b'n'; 255]];
        let mut peers = Vec::new();
        for name in names {
            let dealer =
                place.client().socket_with(SocketType::Dealer, |options| options.identity = name.to_vec());
            dealer.connect(&endpoint).expect("connect");
            send_all(dealer, &["hello", "there"]);
            assert_eq!(recv_all(router), [name, b"hello", b"there"]);
            peers.push(dealer);
        }
        for (name, peer) in names.iter().zip(&peers).rev() {
            send_all(router, &[name, &b""[..], name]);
            assert_eq!(recv_all(*peer), [&b""[..], name]);
        }
        // Nobody is called so; nothing else is disturbed.
        send_all(router, &["nobody", "part", "part"]);
        send_all(router, &[names[0], b"still there?"]);
        assert_eq!(recv(peers[0]), b"still there?");
    });
}

#[test]
fn a_router_invents_names_for_nameless_peers() {
    over_each(|transport| {
        let place = transport.place();
        let router = place.server.socket(SocketType::Router);
        let endpoint = crate::bind(router, &place.endpoint);
        let peers: Vec<SocketHandle> =
            (0..10).map(|_| place.client().connected(SocketType::Dealer, &endpoint)).collect();
        let mut names = Vec::new();
        for peer in &peers {
            send(*peer, "who am I?");
            let name = recv_all(router)[0].clone();
            assert!(!name.is_empty() && !names.contains(&name), "{name:?} of {names:?}");
            names.push(name);
        }
        for (peer, name) in peers.iter().zip(&names) {
            send_all(router, &[&name[..], name]);
            assert_eq!(recv(*peer), *name);
        }
    });
}

/// A second peer with a name that is taken does not get what is the first one's.
#[test]
fn a_name_that_is_taken() {
    let context = Context::new();
    let (router, endpoint) = context.bound(SocketType::Router);
    let dealer = context.socket_with(SocketType::Dealer, |options| options.identity = b"mine".to_vec());
    dealer.connect(&endpoint).expect("connect");
    send(dealer, "first");
    assert_eq!(recv_all(router), [&b"mine"[..], b"first"]);
    let mut second = Raw::connect(&endpoint);
    second.write(crate::common::raw::greeting_v2(SocketType::Dealer as u8, b"mine"));
    second.write(frames(&["second"]));
    for _ in 0..10 {
        send_all(router, &["mine", "for the first"]);
        assert_eq!(recv(dealer), b"for the first");
    }
}

/// Peers with a name that leave, and come back at once, each time by another I/O thread: all are let in, whether threads
/// of the application read their connections or not.
#[test]
fn names_are_free_once_their_holders_have_left() {
    const PEERS: usize = 4;
    const TURNS: usize = 60;
    let context = Context::with_threads(3);
    let (router, endpoint) = context.bound(SocketType::Router);
    let endpoint = &endpoint;
    let answering = std::thread::spawn(move || {
        for _ in 0..PEERS * TURNS {
            let message = recv_all(router);
            send_all(router, &message);
        }
    });
    std::thread::scope(|scope| {
        for peer in 0..PEERS {
            scope.spawn(move || {
                let name = format!("peer {peer}");
                for turn in 0..TURNS {
                    let mut raw = Raw::connect(endpoint);
                    raw.write(crate::common::raw::greeting_v2(SocketType::Dealer as u8, name.as_bytes()));
                    let text = format!("turn {turn}");
                    raw.write(frames(&[&text]));
                    raw.read(10 + 2);
                    raw.read_frame();
                    assert_eq!(raw.read_message(), [text.as_bytes()]);
                }
            });
        }
    });
    answering.join().expect("the answers");
}

/// The same with peers that leave as soon as they have spoken: nothing is lost.
#[test]
fn names_go_from_one_connection_to_the_next() {
    const PEERS: usize = 4;
    const TURNS: usize = 60;
    let context = Context::with_threads(3);
    let (router, endpoint) = context.bound(SocketType::Router);
    let endpoint = &endpoint;
    std::thread::scope(|scope| {
        for peer in 0..PEERS {
            scope.spawn(move || {
                let name = format!("peer {peer}");
                for turn in 0..TURNS {
                    let mut raw = Raw::connect(endpoint);
                    raw.write(crate::common::raw::greeting_v2(SocketType::Dealer as u8, name.as_bytes()));
                    raw.read(10 + 2);
                    raw.read_frame();
                    raw.write(frames(&[format!("turn {turn}")]));
                }
            });
        }
        let seen: HashSet<_> = (0..PEERS * TURNS).map(|_| recv_all(router)).collect();
        assert_eq!(seen.len(), PEERS * TURNS, "nothing came twice");
    });
}

/// A PAIR has one peer; others wait outside or are sent away, and do not disturb it.
#[test]
fn a_pair_has_one_peer() {
    over_each(|transport| {
        let place = transport.place();
        let (left, right) = (place.server.socket(SocketType::Pair), place.client().socket(SocketType::Pair));
        let endpoint = place.join(left, right);
        send(right, "hello");
        assert_eq!(recv(left), b"hello");
        let third = place.client().connected(SocketType::Pair, &endpoint);
        let _ = try_send(third, "let me in");
        for number in 0..100 {
            send(left, format!("{number}"));
            assert_eq!(recv_text(right), format!("{number}"));
            send(right, format!("{number} back"));
            assert_eq!(recv_text(left), format!("{number} back"));
        }
        assert_eq!(try_recv(left), None);
    });
}

#[test]
fn a_router_says_how_one_peer_is() {
    let context = Context::new();
    let router = context.socket_with(SocketType::Router, |options| options.send_hwm = 3);
    let dealer = context.socket_with(SocketType::Dealer, |options| {
        options.recv_hwm = 3;
        options.set_identity(b"me").unwrap();
    });
    router.bind("inproc://state").unwrap();
    let state = |name: &[u8]| router.peer_state(name).map(|events| (events.readable, events.writable));
    assert_eq!(state(b"me"), Err(Error::Unroutable));
    assert_eq!(dealer.peer_state(b"me").err(), Some(Error::NotSupported));
    dealer.connect("inproc://state").unwrap();
    assert_eq!(state(b"me"), Ok((false, true)));
    send(dealer, "a");
    assert_eq!(state(b"me"), Ok((true, true)));
    (0..6).for_each(|_| send_all(router, &["me", "a"]));
    assert_eq!(state(b"me"), Ok((true, false)), "there is no room for more");
    assert_eq!(recv_all(router), [b"me".to_vec(), b"a".to_vec()]);
    assert_eq!(state(b"me"), Ok((false, false)));
    assert_eq!(std::iter::from_fn(|| try_recv(dealer)).count(), 6);
    assert_eq!(state(b"me"), Ok((false, true)));
    dealer.close().unwrap();
    assert_eq!(state(b"me"), Err(Error::Unroutable));
}
