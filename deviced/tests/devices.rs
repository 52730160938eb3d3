//! Each device moving messages between peers, with its sides bound and connected, one endpoint or several.
#![forbid(unsafe_code)]

mod common;

use common::{ANY_PORT, Daemon, PATIENCE, Peers, TempDir, recv, send, try_recv};
use oxmq::{SocketHandle, SocketType};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// One request through a queue, served by `service`, answered with the request in capitals.
fn serve_one(client: SocketHandle, service: SocketHandle, request: &str) {
    send(client, &[request.as_bytes()]);
    let received = recv(service);
    assert_eq!(received, [request.as_bytes()]);
    send(service, &[request.to_uppercase().as_bytes()]);
    assert_eq!(recv(client), [request.to_uppercase().as_bytes()]);
}

#[test]
fn a_queue_brings_replies_back_to_their_clients() {
    let daemon = Daemon::start(&["queue", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    let service = peers.connected(SocketType::Rep, &daemon.backend[0]);
    let clients: Vec<_> = (0..5).map(|_| peers.connected(SocketType::Req, &daemon.frontend[0])).collect();

    // All ask before anyone is answered
    for (number, client) in clients.iter().enumerate() {
        send(*client, &[b"part", number.to_string().as_bytes()]);
    }
    for _ in &clients {
        let request = recv(service);
        assert_eq!(request[0], b"part");
        send(service, &[&request[1], b"", b"reply"]);
    }
    for (number, client) in clients.iter().enumerate() {
        assert_eq!(recv(*client), [number.to_string().as_bytes(), b"", b"reply"]);
    }
    daemon.stop();
}

#[test]
fn a_queue_spreads_requests_over_its_services() {
    let daemon = Daemon::start(&["queue", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    let client = peers.connected(SocketType::Dealer, &daemon.frontend[0]);
    let services = [
        peers.connected(SocketType::Rep, &daemon.backend[0]),
        peers.connected(SocketType::Rep, &daemon.backend[0]),
    ];
    // A service that has a request and does not answer yet is passed over by no one, so both get one once both
    // are connected: ask until each has been asked
    let mut asked = [false; 2];
    let deadline = Instant::now() + PATIENCE;
    while asked != [true, true] {
        assert!(Instant::now() < deadline, "only {asked:?} got requests");
        send(client, &[b"", b"request"]);
        let (index, request) = first_of(&services, deadline);
        assert_eq!(request, [b"request"]);
        asked[index] = true;
        send(services[index], &[b"reply"]);
        assert_eq!(recv(client), [b"".as_slice(), b"reply"]);
    }
    daemon.stop();
}

/// The first message that any of the sockets has, and which.
fn first_of(sockets: &[SocketHandle], deadline: Instant) -> (usize, Vec<Vec<u8>>) {
    loop {
        for (index, socket) in sockets.iter().enumerate() {
            if let Some(message) = try_recv(*socket) {
                return (index, message);
            }
        }
        assert!(Instant::now() < deadline, "no message comes");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_queue_serves_several_endpoints_a_side() {
    let dir = TempDir::new();
    let frontends = format!("{ANY_PORT},{}", dir.ipc("clients"));
    let daemon = Daemon::start(&["queue", &frontends, ANY_PORT, "--frontend", ANY_PORT]);
    assert_eq!(daemon.frontend.len(), 3);
    let mut peers = Peers::new();
    let service = peers.connected(SocketType::Rep, &daemon.backend[0]);
    for endpoint in &daemon.frontend {
        let client = peers.connected(SocketType::Req, endpoint);
        serve_one(client, service, "hello");
    }
    daemon.stop();
}

#[test]
fn a_queue_as_proxy_connects_to_services_that_are_bound() {
    let mut peers = Peers::new();
    let (first, first_endpoint) = peers.bound(SocketType::Rep);
    let (second, second_endpoint) = peers.bound(SocketType::Rep);
    let backends = format!("connect:{first_endpoint},connect:{second_endpoint}");
    let daemon = Daemon::start(&["queue", &format!("bind:{ANY_PORT}"), &backends]);
    let client = peers.connected(SocketType::Dealer, &daemon.frontend[0]);
    // Connected pipes exist at once, so that requests alternate whether or not the services are there yet
    send(client, &[b"", b"one"]);
    send(client, &[b"", b"two"]);
    let mut requests = [recv(first), recv(second)];
    requests.sort();
    assert_eq!(requests, [[b"one"], [b"two"]]);
    daemon.stop();
}

#[test]
fn a_streamer_moves_every_task_to_some_worker() {
    const TASKS: usize = 3000;
    let daemon = Daemon::start(&["streamer", ANY_PORT, ANY_PORT, "--io-threads", "2"]);
    let mut peers = Peers::new();
    let pushers = [
        peers.connected(SocketType::Push, &daemon.frontend[0]),
        peers.connected(SocketType::Push, &daemon.frontend[0]),
    ];
    let workers = [
        peers.connected(SocketType::Pull, &daemon.backend[0]),
        peers.connected(SocketType::Pull, &daemon.backend[0]),
    ];
    let sender = std::thread::spawn(move || {
        for task in 0..TASKS {
            send(pushers[task % 2], &[task.to_string().as_bytes(), b"task"]);
        }
    });
    let deadline = Instant::now() + PATIENCE;
    let mut seen = vec![false; TASKS];
    for _ in 0..TASKS {
        let (_, task) = first_of(&workers, deadline);
        assert_eq!((task.len(), task[1].as_slice()), (2, b"task".as_slice()));
        let number: usize = String::from_utf8(task[0].clone()).expect("a number").parse().expect("a number");
        assert!(!std::mem::replace(&mut seen[number], true), "task {number} came twice");
    }
    sender.join().expect("all tasks were sent");
    daemon.stop();
}

#[test]
fn a_streamer_connects_on_both_sides() {
    let mut peers = Peers::new();
    let (source, source_endpoint) = peers.bound(SocketType::Push);
    let (sink, sink_endpoint) = peers.bound(SocketType::Pull);
    let daemon = Daemon::start(&[
        "streamer",
        &format!("connect:{source_endpoint}"),
        &format!("connect:{sink_endpoint}"),
        "--hwm=10",
    ]);
    for number in 0..100u8 {
        send(source, &[&[number]]);
    }
    for number in 0..100u8 {
        assert_eq!(recv(sink), [[number]], "in order");
    }
    daemon.stop();
}

#[test]
fn a_forwarder_hands_subscriptions_on_to_the_publishers() {
    let daemon = Daemon::start(&["forwarder", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    // An XPUB sees the subscriptions that reach it
    let publisher = peers.connected(SocketType::Xpub, &daemon.frontend[0]);
    let subscriber = peers.socket(SocketType::Sub);
    subscriber.subscribe(b"temp").expect("subscribed");
    subscriber.connect(&daemon.backend[0]).expect("connected");
    assert_eq!(recv(publisher), [b"\x01temp"]);

    send(publisher, &[b"rh=60"]);
    send(publisher, &[b"temp=33", b"more"]);
    assert_eq!(recv(subscriber), [b"temp=33".as_slice(), b"more"], "and nothing before it");

    let other = peers.socket(SocketType::Sub);
    other.subscribe(b"rh").expect("subscribed");
    other.connect(&daemon.backend[0]).expect("connected");
    assert_eq!(recv(publisher), [b"\x01rh"]);
    send(publisher, &[b"rh=61"]);
    assert_eq!(recv(other), [b"rh=61"]);
    daemon.stop();
}

#[test]
fn a_forwarder_with_prefixes_subscribes_to_just_these() {
    let daemon = Daemon::start(&["forwarder", "--subscribe", "a", "--subscribe=b", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    let publisher = peers.connected(SocketType::Xpub, &daemon.frontend[0]);
    let mut subscriptions = [recv(publisher), recv(publisher)];
    subscriptions.sort();
    assert_eq!(subscriptions, [[b"\x01a"], [b"\x01b"]], "before there is any subscriber");

    let subscriber = peers.socket(SocketType::Sub);
    subscriber.subscribe(b"").expect("subscribed");
    subscriber.connect(&daemon.backend[0]).expect("connected");
    // Nothing shows when the subscriber has arrived: publish in rounds until it gets a whole one
    let deadline = Instant::now() + PATIENCE;
    while try_recv(subscriber).is_none() {
        assert!(Instant::now() < deadline, "nothing arrives");
        send(publisher, &[b"apple"]);
        std::thread::sleep(Duration::from_millis(5));
    }
    for update in [b"cherry".as_slice(), b"banana", b"END", b"a-end"] {
        send(publisher, &[update]);
    }
    let mut received = Vec::new();
    while received.last().is_none_or(|update: &Vec<Vec<u8>>| update != &[b"a-end"]) {
        received.push(recv(subscriber));
    }
    received.retain(|update| update != &[b"apple"]);
    assert_eq!(received, [vec![b"banana".to_vec()], vec![b"a-end".to_vec()]], "only what begins with a or b");
    daemon.stop();
}

#[test]
fn a_forwarder_as_proxy_joins_publishers_that_are_bound() {
    let mut peers = Peers::new();
    let (first, first_endpoint) = peers.bound(SocketType::Xpub);
    let (second, second_endpoint) = peers.bound(SocketType::Xpub);
    let frontends = format!("connect:{first_endpoint},connect:{second_endpoint}");
    let daemon = Daemon::start(&["forwarder", &frontends, ANY_PORT]);
    let subscriber = peers.socket(SocketType::Sub);
    subscriber.subscribe(b"").expect("subscribed");
    subscriber.connect(&daemon.backend[0]).expect("connected");
    for publisher in [first, second] {
        assert_eq!(recv(publisher), [b"\x01"]);
    }
    send(first, &[b"one"]);
    assert_eq!(recv(subscriber), [b"one"]);
    send(second, &[b"two"]);
    assert_eq!(recv(subscriber), [b"two"]);
    daemon.stop();
}

#[test]
fn the_identity_is_what_a_router_sees() {
    let mut peers = Peers::new();
    let (router, endpoint) = peers.bound(SocketType::Router);
    let daemon = Daemon::start(&["queue", ANY_PORT, &format!("connect:{endpoint}"), "--identity", "gate"]);
    let client = peers.connected(SocketType::Req, &daemon.frontend[0]);
    send(client, &[b"hello"]);
    let request = recv(router);
    assert_eq!(request.first().map(Vec::as_slice), Some(b"gate".as_slice()));
    assert_eq!(request.last().map(Vec::as_slice), Some(b"hello".as_slice()));
    // Identity of the device, identity of the client, the empty delimiter, the request
    assert_eq!(request.len(), 4);
    daemon.stop();
}

/// A peer of ZMTP 1.0, as programs of 0MQ 2.x are: it greets with its identity, empty, and neither sends nor
/// understands subscriptions.
fn peer_of_zmtp_1(endpoint: &str) -> TcpStream {
    let address = endpoint.strip_prefix("tcp://").expect("a tcp endpoint");
    let mut stream = TcpStream::connect(address).expect("the device listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(&[1, 0]).expect("a greeting");
    stream
}

#[test]
fn a_forwarder_sends_everything_to_subscribers_that_filter_on_their_own() {
    let daemon = Daemon::start(&["forwarder", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    let publisher = peers.connected(SocketType::Xpub, &daemon.frontend[0]);
    let mut subscriber = peer_of_zmtp_1(&daemon.backend[0]);
    assert_eq!(recv(publisher), [b"\x01"], "for such a subscriber the device must ask for everything");
    send(publisher, &[b"anything"]);

    let expected = [&[9, 0], b"anything".as_slice()].concat();
    let (mut received, mut byte) = (Vec::new(), [0]);
    while !received.ends_with(&expected) {
        subscriber.read_exact(&mut byte).unwrap_or_else(|error| panic!("after {received:?}: {error}"));
        received.push(byte[0]);
    }
    daemon.stop();
}

#[test]
fn a_forwarder_filters_for_publishers_that_send_everything() {
    let daemon = Daemon::start(&["forwarder", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    let mut publisher = peer_of_zmtp_1(&daemon.frontend[0]);
    let subscriber = peers.socket(SocketType::Sub);
    subscriber.subscribe(b"temp").expect("subscribed");
    subscriber.connect(&daemon.backend[0]).expect("connected");
    // Such a publisher cannot see when the subscription has arrived: publish in rounds until an update gets through
    let deadline = Instant::now() + PATIENCE;
    let update = loop {
        publisher.write_all(b"\x03\0rh\x05\0temp").expect("the device reads");
        if let Some(update) = try_recv(subscriber) {
            break update;
        }
        assert!(Instant::now() < deadline, "nothing arrives");
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(update, [b"temp"]);
    daemon.stop();
}
