//! More than two peers, of both libraries mixed: chains, fans, and peers that go and come back.
#![forbid(unsafe_code)]

use oxmq_interop_tests::Library::{self, Ours, OursFour, Theirs};
use oxmq_interop_tests::{Peer, Programs, Transport, hex};
use std::path::Path;
use std::sync::OnceLock;

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build_in(Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

fn start(library: Library, name: &str) -> Peer {
    Peer::start(programs(), library, name)
}

/// A peer whose socket 0 is bound to a new TCP port; and the endpoint.
fn bound(library: Library, kind: &str) -> (Peer, String) {
    let mut peer = start(library, kind);
    peer.open_as(0, kind);
    let endpoint = peer.run(&format!("bind 0 {}", Transport::Tcp.place().endpoint));
    (peer, endpoint)
}

/// A peer whose socket 0 has a name, if one is given, and is connected.
fn connected(library: Library, kind: &str, name: &str, endpoint: &str) -> Peer {
    let mut peer = start(library, kind);
    peer.open_as(0, kind);
    if !name.is_empty() {
        peer.run(&format!("identity 0 {}", hex(&[name])));
    }
    peer.run(&format!("connect 0 {endpoint}"));
    peer
}

/// Requests go from a REQ through `relays`, each a ROUTER and a DEALER, to a REP, and the replies back.
fn chain(requester: Library, relays: &[Library], replier: Library) {
    let (mut rep, mut next) = bound(replier, "REP");
    let mut between = Vec::new();
    for library in relays {
        let (mut relay, front) = bound(*library, "ROUTER");
        relay.open_as(1, "DEALER");
        relay.run(&format!("connect 1 {next}"));
        relay.begin("relay 0 1");
        between.push(relay);
        next = front;
    }
    let mut req = connected(requester, "REQ", "", &next);
    rep.begin("echo 0 100");
    req.run("request 0 21 100");
    rep.end();
    req.quit();
    for mut relay in between {
        // A command ends the relaying; the answer to that comes first.
        relay.begin("version");
        relay.end();
        relay.end();
        relay.quit();
    }
    rep.quit();
}

#[test]
fn requests_pass_relays_of_both_libraries() {
    chain(Ours, &[Ours], Ours);
    chain(Ours, &[Theirs], Ours);
    chain(Theirs, &[Ours], Theirs);
    chain(Theirs, &[Ours, Theirs, Ours], Theirs);
    chain(Ours, &[Theirs, Ours, Theirs], Theirs);
    chain(OursFour, &[Theirs, OursFour, Theirs], Ours);
    chain(Theirs, &[OursFour, Ours], OursFour);
}

/// One ROUTER, named peers of both libraries and several types: each gets what is addressed to it.
fn named_peers(library: Library) {
    let (mut router, endpoint) = bound(library, "ROUTER");
    let mut peers = Vec::new();
    for (kind, peer_library) in [("DEALER", Ours), ("DEALER", Theirs), ("REQ", Ours), ("REQ", Theirs)] {
        let name = format!("{kind} of {peer_library:?}");
        let mut peer = connected(peer_library, kind, &name, &endpoint);
        peer.send(0, &["here I am"]);
        let delimiter: &[&str] = if kind == "REQ" { &[""] } else { &[] };
        router.expect(0, &[&[name.as_str()], delimiter, &["here I am"]].concat());
        peers.push((name, delimiter, peer));
    }
    for (name, delimiter, peer) in peers.iter_mut().rev() {
        let text = format!("for {name} only");
        router.send(0, &[&[name.as_str()], *delimiter, &[text.as_str()]].concat());
        peer.expect(0, &[text]);
    }
    for (_, _, peer) in peers {
        peer.quit();
    }
    router.quit();
}

#[test]
fn a_router_addresses_named_peers_of_both_libraries() {
    named_peers(Ours);
    named_peers(OursFour);
    named_peers(Theirs);
}

/// A PUSH deals its messages out in turn to pullers of both libraries.
fn deal_out(library: Library) {
    let mut pushes = start(library, "PUSH");
    pushes.open_as(0, "PUSH");
    let mut pulls = Vec::new();
    for puller in [Ours, Theirs, Ours] {
        let (pull, endpoint) = bound(puller, "PULL");
        // Pipes to connected endpoints are there at once, in this order.
        pushes.run(&format!("connect 0 {endpoint}"));
        pulls.push(pull);
    }
    for number in 0..30 {
        pushes.send(0, &[format!("{number}")]);
    }
    let mut dealt = Vec::new();
    for pull in &mut pulls {
        for _ in 0..10 {
            dealt.push(pull.run("recv 0"));
        }
    }
    dealt.sort();
    let mut expected: Vec<String> = (0..30).map(|number| hex(&[format!("{number}")])).collect();
    expected.sort();
    assert_eq!(dealt, expected, "each message once, ten to each");
    pushes.quit();
    pulls.into_iter().for_each(Peer::quit);
}

#[test]
fn work_is_dealt_out_to_both_libraries() {
    deal_out(Ours);
    deal_out(OursFour);
    deal_out(Theirs);
}

/// All subscribers get what they subscribed to, and a PULL gets everything of several PUSHes.
fn fan(library: Library) {
    let (mut publisher, endpoint) = bound(library, "XPUB");
    let (mut sink, sink_endpoint) = bound(library, "PULL");
    let mut subscribers = Vec::new();
    for (number, subscriber_library) in [Ours, Theirs, Ours, Theirs].into_iter().enumerate() {
        let mut subscriber = start(subscriber_library, "SUB");
        subscriber.open_as(0, "SUB");
        subscriber.open_as(1, "PUSH");
        subscriber.run(&format!("subscribe 0 {}", hex(&[format!("only {number}")])));
        subscriber.run(&format!("subscribe 0 {}", hex(&["all"])));
        subscriber.run(&format!("connect 0 {endpoint}"));
        subscriber.run(&format!("connect 1 {sink_endpoint}"));
        subscribers.push(subscriber);
    }
    // Each private topic is announced once, the common one once for all of them, or once for each before
    // the publisher has seen the first: count the private ones, then see that all have the common one.
    let mut private = 0;
    while private < subscribers.len() {
        private += usize::from(publisher.run("recv 0").starts_with(&hex(&[b"\x01only"])));
    }
    let common = hex(&["all 1"]);
    publisher.begin(&format!("flood 0 {common}"));
    for subscriber in &mut subscribers {
        subscriber.run(&format!("await 0 {common}"));
    }
    publisher.begin(&format!("send 0 {}", hex(&["all 2"])));
    publisher.end();
    publisher.end();
    for (number, subscriber) in subscribers.iter_mut().enumerate() {
        subscriber.run(&format!("await 0 {}", hex(&["all 2"])));
        publisher.send(0, &[format!("only {number}")]);
        subscriber.expect(0, &[format!("only {number}")]);
        subscriber.send(1, &[format!("report of {number}")]);
        sink.expect(0, &[format!("report of {number}")]);
    }
    subscribers.into_iter().for_each(Peer::quit);
    publisher.quit();
    sink.quit();
}

#[test]
fn fans_of_both_libraries() {
    fan(Ours);
    fan(OursFour);
    fan(Theirs);
}

/// A PUSH outlives its PULL, which comes back on the same port, on the other library.
fn comes_back(library: Library, first: Library, second: Library) {
    let (mut pull, endpoint) = bound(first, "PULL");
    let mut push = connected(library, "PUSH", "", &endpoint);
    push.begin("produce 0 31 100");
    pull.run("consume 0 31 100 0");
    push.end();
    pull.quit();

    let mut pull = start(second, "PULL");
    pull.open_as(0, "PULL");
    pull.run(&format!("bind 0 {endpoint}"));
    // What is sent into a connection that is just breaking may be lost: try until one arrives.
    push.begin(&format!("flood 0 {}", hex(&["are you back?"])));
    pull.run(&format!("await 0 {}", hex(&["are you back?"])));
    push.begin(&format!("send 0 {}", hex(&["go on"])));
    push.end();
    push.end();
    pull.run(&format!("await 0 {}", hex(&["go on"])));
    push.begin("produce 0 32 100");
    pull.run("consume 0 32 100 0");
    push.end();
    push.quit();
    pull.quit();
}

#[test]
fn a_peer_goes_and_another_comes_in_its_place() {
    comes_back(Ours, Theirs, Theirs);
    comes_back(Ours, Ours, Theirs);
    comes_back(Ours, Theirs, Ours);
    comes_back(Theirs, Ours, Ours);
    comes_back(OursFour, Theirs, OursFour);
    comes_back(Theirs, OursFour, Theirs);
}

/// A SUB outlives its PUB; the one that comes after it learns the subscriptions.
fn resubscribes(library: Library, first: Library, second: Library) {
    let (mut publisher, endpoint) = bound(first, "XPUB");
    let mut subscriber = start(library, "SUB");
    subscriber.open_as(0, "SUB");
    subscriber.run(&format!("subscribe 0 {}", hex(&["before"])));
    subscriber.run(&format!("connect 0 {endpoint}"));
    publisher.expect(0, &[b"\x01before"]);
    subscriber.run(&format!("subscribe 0 {}", hex(&["later"])));
    publisher.expect(0, &[b"\x01later"]);
    publisher.quit();

    let mut publisher = start(second, "XPUB");
    publisher.open_as(0, "XPUB");
    publisher.run(&format!("bind 0 {endpoint}"));
    let topic = hex(&["later, when all is well again"]);
    subscriber.begin(&format!("await 0 {topic}"));
    let mut got = [publisher.run("recv 0"), publisher.run("recv 0")];
    got.sort();
    assert_eq!(got, [hex(&[b"\x01before"]), hex(&[b"\x01later"])]);
    publisher.run(&format!("send 0 {topic}"));
    subscriber.end();
    subscriber.quit();
    publisher.quit();
}

#[test]
fn subscriptions_are_sent_again_to_a_publisher_that_comes_back() {
    resubscribes(Ours, Theirs, Theirs);
    resubscribes(Ours, Ours, Theirs);
    resubscribes(Ours, Theirs, Ours);
    resubscribes(Theirs, Ours, Ours);
    resubscribes(OursFour, Theirs, OursFour);
    resubscribes(Theirs, OursFour, Theirs);
}
