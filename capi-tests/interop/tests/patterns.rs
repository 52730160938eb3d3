//! Every pattern between two peers: each library with each, each end binding, over each transport.
#![forbid(unsafe_code)]

use oxmq_interop_tests::{Case, Peer, Programs, Transport, hex, pairings};
use std::path::Path;
use std::sync::OnceLock;

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build_in(Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

/// Generated messages in one direction. Every 97th has parts of 1 MB.
const MESSAGES: usize = 200;

/// One test a transport for each of the patterns.
macro_rules! on_every_transport {
    ($($pattern:ident),* $(,)?) => {$(
        mod $pattern {
            use super::{Transport, pairings};

            fn all(transport: Transport) {
                for case in pairings(transport) {
                    super::patterns::$pattern(case);
                }
            }

            #[test]
            fn tcp() {
                all(Transport::Tcp);
            }

            #[test]
            fn tcp6() {
                all(Transport::Tcp6);
            }

            #[test]
            fn ipc() {
                all(Transport::Ipc);
            }

            #[test]
            fn ipc_abstract() {
                all(Transport::IpcAbstract);
            }
        }
    )*};
}

on_every_transport!(
    push_pull,
    pub_sub,
    xpub_sub,
    pub_xsub,
    xpub_xsub,
    req_rep,
    req_router,
    dealer_rep,
    dealer_router,
    router_addresses_dealer,
    dealer_dealer,
    router_router,
    pair_pair,
);

/// A command for socket 0, with one part as its argument.
fn option(name: &str, part: &[u8]) -> String {
    format!("{name} 0 {}", hex(&[part]))
}

/// The left peer produces, the right one consumes.
fn one_way(left: &mut Peer, right: &mut Peer, seed: usize) {
    right.begin(&format!("consume 0 {seed} {MESSAGES} 0"));
    left.run(&format!("produce 0 {seed} {MESSAGES}"));
    right.end();
    // Nothing else was between the last message and this one.
    left.send(0, &["that is all"]);
    right.expect(0, &["that is all"]);
}

/// The publisher publishes until the subscriber, which has subscribed to the topic last of all, has got one
/// message: all it did before has then reached the publisher too. Ends with nothing under way.
fn synchronise(publisher: &mut Peer, subscriber: &mut Peer, topic: &str) {
    let last = format!("{topic} last");
    publisher.begin(&format!("flood 0 {}", hex(&[topic])));
    subscriber.run(&format!("await 0 {}", hex(&[topic])));
    // This command ends the flood, whose answer comes first.
    publisher.begin(&format!("send 0 {}", hex(&[&last])));
    publisher.end();
    publisher.end();
    subscriber.run(&format!("await 0 {}", hex(&[&last])));
}

/// What matches "news" or the binary topic arrives, and nothing else; until it is unsubscribed from.
fn filtered(publisher: &mut Peer, subscriber: &mut Peer) {
    publisher.send(0, &["other news", "not for you"]);
    publisher.send(0, &["new", "too short"]);
    let expected = format!("consume 0 7 {MESSAGES} 1");
    subscriber.begin(&expected);
    publisher.run(&format!("produce 0 7 {MESSAGES} {}", hex(&["news and more"])));
    subscriber.end();
    publisher.send(0, &[&[0u8, 255][..], b""]);
    publisher.send(0, &[&[0u8, 255, 0][..], b"last"]);
    subscriber.expect(0, &[&[0u8, 255, 0][..], b"last"]);
}

mod patterns {
    use super::*;

    pub fn push_pull(case: Case) {
        case.run(programs(), ("PUSH", &[]), ("PULL", &[]), |push, pull| one_way(push, pull, 1));
    }

    pub fn pub_sub(case: Case) {
        let subscriptions =
            [&b"news"[..], b"news", b"\0\xff\0", b"sync 1"].map(|prefix| option("subscribe", prefix));
        case.run(programs(), ("PUB", &[]), ("SUB", &subscriptions), |publisher, subscriber| {
            synchronise(publisher, subscriber, "sync 1");
            filtered(publisher, subscriber);
            // Subscribed to twice: one subscription is left.
            subscriber.run(&option("unsubscribe", b"news"));
            subscriber.run(&option("unsubscribe", b"\0\xff\0"));
            subscriber.run(&option("subscribe", b"sync 2"));
            synchronise(publisher, subscriber, "sync 2");
            publisher.send(0, &[b"\0\xff\0"]);
            publisher.send(0, &["news"]);
            subscriber.expect(0, &["news"]);
            subscriber.run(&option("unsubscribe", b"news"));
            publisher.send(0, &["news"]);
            publisher.send(0, &["sync 2 is over"]);
            subscriber.expect(0, &["sync 2 is over"]);
        });
    }

    pub fn xpub_sub(case: Case) {
        let subscriptions = [&b"news"[..], b"\0\xff\0"].map(|prefix| option("subscribe", prefix));
        case.run(programs(), ("XPUB", &[]), ("SUB", &subscriptions), |publisher, subscriber| {
            // The original greets a new publisher only in some call of the subscriber's.
            subscriber.begin("recv 0");
            // They come in no order that is promised.
            let mut got = [publisher.run("recv 0"), publisher.run("recv 0")];
            got.sort();
            assert_eq!(got, [hex(&[b"\x01\0\xff\0"]), hex(&[b"\x01news"])]);
            publisher.send(0, &["news first"]);
            assert_eq!(subscriber.end(), hex(&["news first"]));
            filtered(publisher, subscriber);
            // A second subscription to the same changes nothing for the publisher.
            subscriber.run(&option("subscribe", b"news"));
            subscriber.run(&option("unsubscribe", b"news"));
            subscriber.run(&option("unsubscribe", b"news"));
            publisher.expect(0, &[b"\0news"]);
            subscriber.run(&option("subscribe", b""));
            publisher.expect(0, &[b"\x01"]);
            one_way(publisher, subscriber, 8);
        });
    }

    pub fn pub_xsub(case: Case) {
        case.run(programs(), ("PUB", &[]), ("XSUB", &[]), |publisher, subscriber| {
            for subscription in [&b"\x01news"[..], b"\x01\0\xff\0", b"\x01sync 1"] {
                subscriber.send(0, &[subscription]);
            }
            synchronise(publisher, subscriber, "sync 1");
            filtered(publisher, subscriber);
            subscriber.send(0, &[b"\0news"]);
            subscriber.send(0, &[b"\x01sync 2"]);
            synchronise(publisher, subscriber, "sync 2");
            publisher.send(0, &["news"]);
            publisher.send(0, &["sync 2 is over"]);
            subscriber.expect(0, &["sync 2 is over"]);
        });
    }

    pub fn xpub_xsub(case: Case) {
        case.run(programs(), ("XPUB", &[]), ("XSUB", &[]), |publisher, subscriber| {
            subscriber.send(0, &[b"\x01news"]);
            // The original greets a new publisher only in some call of the subscriber's.
            subscriber.begin("recv 0");
            publisher.expect(0, &[b"\x01news"]);
            publisher.send(0, &["news first"]);
            assert_eq!(subscriber.end(), hex(&["news first"]));
            subscriber.send(0, &[b"\x01\0\xff\0"]);
            publisher.expect(0, &[b"\x01\0\xff\0"]);
            filtered(publisher, subscriber);
            subscriber.send(0, &[b"\0news"]);
            publisher.expect(0, &[b"\0news"]);
            publisher.send(0, &["news"]);
            publisher.send(0, &[&b"\0\xff\0"[..], b"last"]);
            subscriber.expect(0, &[&b"\0\xff\0"[..], b"last"]);
        });
    }

    pub fn req_rep(case: Case) {
        case.run(programs(), ("REQ", &[]), ("REP", &[]), |req, rep| {
            rep.begin(&format!("echo 0 {MESSAGES}"));
            req.run(&format!("request 0 2 {MESSAGES}"));
            rep.end();
            req.send(0, &["", "", "three parts"]);
            rep.expect(0, &["", "", "three parts"]);
            rep.send(0, &[""]);
            req.expect(0, &[""]);
        });
    }

    pub fn req_router(case: Case) {
        case.run(programs(), ("REQ", &[option("identity", b"asker")]), ("ROUTER", &[]), |req, router| {
            router.begin(&format!("echo 0 {MESSAGES}"));
            req.run(&format!("request 0 3 {MESSAGES}"));
            router.end();
            req.send(0, &["question"]);
            router.expect(0, &["asker", "", "question"]);
            router.send(0, &["asker", "", "answer"]);
            req.expect(0, &["answer"]);
        });
    }

    pub fn dealer_rep(case: Case) {
        case.run(programs(), ("DEALER", &[]), ("REP", &[]), |dealer, rep| {
            // Two addresses of a longer way ahead of the delimiter come back as they were.
            let envelope = hex(&["far", "near", ""]);
            rep.begin(&format!("echo 0 {MESSAGES}"));
            dealer.run(&format!("produce 0 4 {MESSAGES} {envelope}"));
            dealer.run(&format!("consume 0 4 {MESSAGES} 3"));
            rep.end();
            dealer.send(0, &["far", "", "question"]);
            rep.expect(0, &["question"]);
            rep.send(0, &["answer"]);
            dealer.expect(0, &["far", "", "answer"]);
        });
    }

    pub fn dealer_router(case: Case) {
        case.run(programs(), ("DEALER", &[]), ("ROUTER", &[]), |dealer, router| {
            router.begin(&format!("echo 0 {MESSAGES}"));
            dealer.run(&format!("produce 0 5 {MESSAGES}"));
            dealer.run(&format!("consume 0 5 {MESSAGES} 0"));
            router.end();
        });
    }

    pub fn router_addresses_dealer(case: Case) {
        let name = b"d\0\xff-the dealer";
        case.run(programs(), ("ROUTER", &[]), ("DEALER", &[option("identity", name)]), |router, dealer| {
            dealer.send(0, &["hello"]);
            router.expect(0, &[&name[..], b"hello"]);
            dealer.begin(&format!("consume 0 6 {MESSAGES} 0"));
            router.run(&format!("produce 0 6 {MESSAGES} {}", hex(&[name])));
            dealer.end();
            // To a peer that is not there: dropped, and the way to others stays open.
            router.send(0, &[&b"nobody"[..], b"lost"]);
            router.send(0, &[&name[..], b"", b"last"]);
            dealer.expect(0, &["", "last"]);
        });
    }

    pub fn dealer_dealer(case: Case) {
        case.run(programs(), ("DEALER", &[]), ("DEALER", &[]), |left, right| {
            one_way(left, right, 9);
            one_way(right, left, 10);
        });
    }

    pub fn router_router(case: Case) {
        let named = |name: &[u8]| [option("identity", name)];
        case.run(programs(), ("ROUTER", &named(b"left")), ("ROUTER", &named(b"right")), |left, right| {
            // Dropped until the other end is known.
            left.begin(&format!("flood 0 {}", hex(&["right", "hello"])));
            right.run(&format!("await 0 {}", hex(&["left", "hello"])));
            left.begin(&format!("send 0 {}", hex(&["right", "that is all"])));
            left.end();
            left.end();
            right.run(&format!("await 0 {}", hex(&["left", "that is all"])));
            right.begin(&format!("consume 0 11 {MESSAGES} 1"));
            left.run(&format!("produce 0 11 {MESSAGES} {}", hex(&["right"])));
            right.end();
            left.begin(&format!("consume 0 12 {MESSAGES} 1"));
            right.run(&format!("produce 0 12 {MESSAGES} {}", hex(&["left"])));
            left.end();
        });
    }

    pub fn pair_pair(case: Case) {
        case.run(programs(), ("PAIR", &[]), ("PAIR", &[]), |left, right| {
            one_way(left, right, 13);
            one_way(right, left, 14);
            right.begin(&format!("echo 0 {MESSAGES}"));
            left.run(&format!("request 0 15 {MESSAGES}"));
            right.end();
        });
    }
}
