//! Subscriptions: prefixes that add up and are counted, over every transport.

use crate::common::{
    Context, Random, bind, eventually, meet, own_tcp_endpoint, recv, recv_all, recv_text, send, send_all,
    send_part, try_recv,
};
use crate::{Place, over_each};
use oxmq::{Error, SocketHandle, SocketType};

/// A publisher and a subscriber that have met.
fn joined(place: &Place, kind: SocketType) -> (SocketHandle, SocketHandle) {
    let publisher = place.server.socket(kind);
    let subscriber = place.client().socket(SocketType::Sub);
    subscriber.subscribe(b"\x01sync").expect("subscribe");
    place.join(publisher, subscriber);
    meet(publisher, subscriber, "\x01sync");
    (publisher, subscriber)
}

/// Publishes all of `topics`; those of them that arrive.
fn publish(publisher: SocketHandle, subscriber: SocketHandle, topics: &[&str]) -> Vec<String> {
    // What the subscriber has done before is known to the publisher when this has come through.
    static SERIAL: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let sync = format!("\x01mark {}", SERIAL.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    subscriber.subscribe(sync.as_bytes()).expect("subscribe");
    meet(publisher, subscriber, &sync);
    topics.iter().for_each(|topic| send(publisher, topic));
    send(publisher, format!("{sync} end"));
    let mut got = Vec::new();
    loop {
        let text = recv_text(subscriber);
        if text == format!("{sync} end") {
            return got;
        }
        got.push(text);
    }
}

#[test]
fn prefixes_add_up_and_are_counted() {
    over_each(|transport| {
        let place = transport.place();
        let (publisher, sub) = joined(&place, SocketType::Pub);
        let topics = ["", "a", "ab", "abc", "b", "ba"];
        assert_eq!(publish(publisher, sub, &topics), [""; 0]);
        sub.subscribe(b"ab").expect("subscribe");
        assert_eq!(publish(publisher, sub, &topics), ["ab", "abc"]);
        sub.subscribe(b"ba").expect("subscribe");
        sub.subscribe(b"a").expect("subscribe");
        sub.subscribe(b"a").expect("subscribe");
        // Each of them once, however many subscriptions it matches.
        assert_eq!(publish(publisher, sub, &topics), ["a", "ab", "abc", "ba"]);
        sub.unsubscribe(b"a").expect("unsubscribe");
        assert_eq!(publish(publisher, sub, &topics), ["a", "ab", "abc", "ba"]);
        sub.unsubscribe(b"a").expect("unsubscribe");
        assert_eq!(publish(publisher, sub, &topics), ["ab", "abc", "ba"]);
        sub.subscribe(b"").expect("subscribe");
        assert_eq!(publish(publisher, sub, &topics), topics);
        sub.unsubscribe(b"").expect("unsubscribe");
        sub.unsubscribe(b"ab").expect("unsubscribe");
        assert_eq!(publish(publisher, sub, &topics), ["ba"]);
        sub.unsubscribe(b"ba").expect("unsubscribe");
        assert_eq!(publish(publisher, sub, &topics), [""; 0]);
    });
}

/// Whoever binds, and subscribes and cancels while a publisher connects: each change reaches it, in order, and once.
#[test]
fn what_changes_while_a_publisher_comes_is_told_it() {
    const TOPICS: usize = 200;
    let context = Context::new();
    for round in 0..30 {
        let (subscriber, publisher) = (context.socket(SocketType::Sub), context.socket(SocketType::Xpub));
        let endpoint = bind(subscriber, if round % 2 == 0 { "tcp://127.0.0.1:*" } else { "ipc://*" });
        let told = std::thread::spawn(move || {
            publisher.connect(&endpoint).expect("connect");
            let mut known = std::collections::BTreeSet::new();
            loop {
                let change = recv_text(publisher);
                match change.split_at(1) {
                    (_, "end") => return known,
                    ("\x01", topic) => assert!(known.insert(topic.to_owned()), "{topic} was told twice"),
                    (_, topic) => assert!(known.remove(topic), "{topic} was cancelled before it was told"),
                }
            }
        });
        let mut subscribed = std::collections::BTreeSet::new();
        // As long as a handshake takes, or longer.
        for n in 0..TOPICS {
            let topic = format!("{n}");
            subscriber.subscribe(topic.as_bytes()).expect("subscribe");
            if n % 3 == 0 {
                subscriber.unsubscribe(topic.as_bytes()).expect("unsubscribe");
            } else {
                subscribed.insert(topic);
            }
            std::thread::sleep(std::time::Duration::from_micros(20));
        }
        subscriber.subscribe(b"end").expect("subscribe");
        assert_eq!(told.join().expect("what the publisher was told"), subscribed);
        publisher.close().expect("close");
        subscriber.close().expect("close");
    }
}

#[test]
fn prefixes_are_binary() {
    over_each(|transport| {
        let place = transport.place();
        let (publisher, sub) = joined(&place, SocketType::Pub);
        sub.subscribe(b"\0").expect("subscribe");
        sub.subscribe(b"\xFF\0\xFF").expect("subscribe");
        assert_eq!(publish(publisher, sub, &["\0\0", "x"]), ["\0\0"]);
        for bytes in [&b"\xFF"[..], b"\xFF\0", b"\xFF\0\xFE", b"\xFF\0\xFF\0", b"\0"] {
            send(publisher, bytes);
        }
        assert_eq!(recv(sub), b"\xFF\0\xFF\0");
        assert_eq!(recv(sub), b"\0");
    });
}

/// Only the first part is looked at, and the message comes whole.
#[test]
fn the_first_part_decides() {
    over_each(|transport| {
        let place = transport.place();
        let (publisher, sub) = joined(&place, SocketType::Pub);
        sub.subscribe(b"topic").expect("subscribe");
        publish(publisher, sub, &[]);
        send_all(publisher, &["other", "topic"]);
        send_all(publisher, &["topic 1", "", "body"]);
        assert_eq!(recv_all(sub), [&b"topic 1"[..], b"", b"body"]);
    });
}

#[test]
fn only_a_sub_has_these_options() {
    let context = Context::new();
    for kind in SocketType::ALL {
        let socket = context.socket(kind);
        let result = socket.subscribe(b"x");
        if kind == SocketType::Sub {
            assert_eq!(result, Ok(()));
        } else {
            assert!(
                matches!(result, Err(Error::InvalidArgument | Error::NotSupported)),
                "{kind:?}: {result:?}"
            );
        }
    }
}

/// Many prefixes, subscribed to before and after the connection: none is lost, whatever the marks.
#[test]
fn very_many_prefixes() {
    over_each(|transport| {
        let place = transport.place();
        let publisher = place.server.socket_with(SocketType::Pub, |options| options.send_hwm = 10);
        let sub = place.client().socket_with(SocketType::Sub, |options| options.recv_hwm = 10);
        const COUNT: usize = 20_000;
        (0..COUNT).for_each(|number| sub.subscribe(format!("{number:06}").as_bytes()).expect("subscribe"));
        place.join(publisher, sub);
        (COUNT..2 * COUNT).for_each(|number| {
            sub.subscribe(format!("{number:06}").as_bytes()).expect("subscribe");
        });
        sub.subscribe(b"\x01sync").expect("subscribe");
        meet(publisher, sub, "\x01sync");
        for number in (0..2 * COUNT).step_by(7) {
            send(publisher, format!("none of them {number}"));
            send(publisher, format!("{number:06}"));
            assert_eq!(recv_text(sub), format!("{number:06}"));
        }
    });
}

/// XPUB is told of each prefix once; XSUB subscribes by messages, and passes on what it is given.
#[test]
fn subscriptions_as_messages() {
    over_each(|transport| {
        let place = transport.place();
        let xpub = place.server.socket(SocketType::Xpub);
        let endpoint = bind(xpub, &place.endpoint);
        let xsub = place.client().connected(SocketType::Xsub, &endpoint);
        send(xsub, b"\x01topic");
        assert_eq!(recv(xpub), b"\x01topic");
        let sub = place.client().socket(SocketType::Sub);
        sub.subscribe(b"topic").expect("subscribe");
        sub.subscribe(b"else").expect("subscribe");
        sub.connect(&endpoint).expect("connect");
        // The first of the two is known already.
        assert_eq!(recv(xpub), b"\x01else");
        send(xpub, "topic 1");
        assert_eq!(recv(xsub), b"topic 1");
        send(xpub, "else 1");
        send(xpub, "topic 2");
        assert_eq!(recv(xsub), b"topic 2");
        send(xsub, b"\0topic");
        sub.unsubscribe(b"else").expect("unsubscribe");
        assert_eq!(recv(xpub), b"\0else");
        // The SUB still wants it.
        sub.unsubscribe(b"topic").expect("unsubscribe");
        assert_eq!(recv(xpub), b"\0topic");
        assert_eq!(try_recv(xpub), None);
    });
}

/// What a peer had subscribed to ends with its connection.
#[test]
fn subscriptions_go_with_their_peer() {
    over_each(|transport| {
        let place = transport.place();
        let xpub = place.server.socket(SocketType::Xpub);
        let endpoint = bind(xpub, &place.endpoint);
        for _ in 0..5 {
            let sub = place.client().socket(SocketType::Sub);
            sub.subscribe(b"mine").expect("subscribe");
            sub.connect(&endpoint).expect("connect");
            assert_eq!(recv(xpub), b"\x01mine");
            sub.close().expect("close");
            assert_eq!(recv(xpub), b"\0mine");
        }
    });
}

/// Subscriptions know no mark and are never dropped: a burst of very many, before the publisher is there and after
/// it has come back.
#[test]
fn a_hundred_thousand_prefixes_at_once() {
    const COUNT: usize = 100_000;
    let (server, client) = (Context::new(), Context::new());
    let endpoint = own_tcp_endpoint();
    for early in [true, false] {
        let sub = client.socket(SocketType::Sub);
        let subscribe =
            || (0..COUNT).for_each(|n| sub.subscribe(format!("{n};").as_bytes()).expect("subscribe"));
        sub.connect(&endpoint).expect("connect");
        if early {
            subscribe();
        }
        for round in 0..2 {
            let publisher = server.socket(SocketType::Pub);
            eventually("the port is free", || publisher.bind(&endpoint).is_ok());
            if !early && round == 0 {
                sub.subscribe(b"hello").expect("subscribe");
                meet(publisher, sub, "hello");
                subscribe();
            }
            let marker = format!("all are there, {round}");
            sub.subscribe(marker.as_bytes()).expect("subscribe");
            meet(publisher, sub, &marker);
            for n in (0..COUNT).step_by(997).chain([COUNT - 1]) {
                send(publisher, format!("{n};"));
                assert_eq!(recv_text(sub), format!("{n};"));
            }
            publisher.close().expect("close");
        }
        sub.close().expect("close");
    }
}

/// A message that names itself, of a length that is its own: within the message, of a block, large, or lent.
fn numbered(topic: u8, number: usize) -> Vec<u8> {
    let mut bytes = vec![topic];
    bytes.extend(format!("{number} ").bytes());
    bytes.resize(bytes.len() + [0, 20, 50, 300, 3000, 9000][number % 6], number as u8);
    bytes
}

#[test]
fn many_subscribers_get_a_stream_each_as_it_has_subscribed() {
    const MESSAGES: usize = 12_000;
    const TOPICS: [&[u8]; 8] = [b"ab", b"ab", b"a", b"ab", b"", b"ab", b"b", b"ab"];
    let context = Context::new();
    let publisher = context.socket_with(SocketType::Xpub, |options| {
        options.send_hwm = 0;
        options.publishing.verbose = true;
    });
    let endpoint = bind(publisher, "tcp://127.0.0.1:*");
    let subscribers: Vec<_> = TOPICS
        .iter()
        .map(|topics| {
            let context = Context::new();
            let subscriber = context.socket_with(SocketType::Sub, |options| options.recv_hwm = 0);
            topics.iter().for_each(|topic| subscriber.subscribe(&[*topic]).expect("subscribe"));
            subscriber.subscribe(b"end").expect("subscribe");
            subscriber.connect(&endpoint).expect("connect");
            let got = std::thread::spawn(move || {
                let mut got = Vec::new();
                loop {
                    let part = recv(subscriber);
                    if part == b"end" {
                        return got;
                    }
                    got.push(part);
                }
            });
            (context, topics, got)
        })
        .collect();
    // Each subscription is told once by each.
    let count = TOPICS.iter().map(|topics| topics.len() + 1).sum();
    (0..count).for_each(|_| drop(recv(publisher)));
    let mut random = Random(7);
    let topics: Vec<u8> = (0..MESSAGES).map(|_| b"aaaaaaab"[random.below(8)]).collect();
    for (number, topic) in topics.iter().enumerate() {
        let more = number % 100 == 0;
        send_part(publisher, &numbered(*topic, number), more, true).expect("send");
        if more {
            send(publisher, "the rest");
        }
    }
    send(publisher, "end");
    for (context, wanted, got) in subscribers {
        let mut expected = Vec::new();
        for (number, topic) in topics.iter().enumerate().filter(|(_, topic)| wanted.contains(topic)) {
            expected.push(numbered(*topic, number));
            expected.extend((number % 100 == 0).then(|| b"the rest".to_vec()));
        }
        let got = got.join().expect("it has received");
        assert_eq!(got.len(), expected.len());
        assert!(got == expected, "all, in order");
        context.end();
    }
    context.end();
}
