//! What options of the patterns change, over connections.

use crate::common::raw::{Listener, Raw, frames, greeting_v3, ready};
use crate::common::{
    Context, bind, eventually, meet, recv, recv_all, recv_text, send, send_all, send_part, try_recv, try_send,
};
use crate::{Transport, over_each};
use oxmq::{Error, Options, SocketHandle, SocketType};
use std::time::Duration;

fn change(socket: SocketHandle, change: impl FnOnce(&mut Options)) {
    let changed = socket.set_options(|options| {
        change(options);
        Ok(())
    });
    changed.expect("options");
}

/// A peer made by hand that has a name.
fn named(endpoint: &str, kind: &str, name: &str) -> Raw {
    let mut raw = Raw::connect(endpoint);
    let opening = ready(&[("Socket-Type", kind.as_bytes()), ("Identity", name.as_bytes())]);
    raw.write([greeting_v3(0, "NULL"), opening].concat());
    raw.read(64);
    raw.read_frame();
    raw
}

#[test]
fn a_router_says_what_it_cannot_deliver() {
    over_each(|transport| {
        let place = transport.place();
        let router = place.server.socket_with(SocketType::Router, |options| {
            options.routing.mandatory = true;
            options.send_hwm = 5;
        });
        assert_eq!(send_part(router, b"me", true, true), Err(Error::Unroutable));
        assert!(!router.events().expect("events").writable);
        let dealer = place.client().socket_with(SocketType::Dealer, |options| {
            options.identity = b"me".to_vec();
            options.recv_hwm = 5;
        });
        place.join(router, dealer);
        eventually("the peer is known", || send_part(router, b"me", true, false).is_ok());
        send(router, "hello");
        assert_eq!(recv(dealer), b"hello");
        // As many as both marks, and the system's buffers, have room for.
        let big = vec![7; 100_000];
        let mut sent = 0;
        let mut refused = 0;
        while refused < 20 {
            match send_part(router, b"me", true, false) {
                Ok(()) => {
                    send(router, &big);
                    (sent, refused) = (sent + 1, 0);
                }
                Err(Error::WouldBlock) => {
                    assert!(!router.events().expect("events").writable);
                    refused += 1;
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => panic!("send: {error}"),
            }
        }
        let reader = std::thread::spawn(move || (0..sent + 1).for_each(|_| drop(recv(dealer))));
        send_all(router, &[&b"me"[..], b"last"]);
        reader.join().unwrap();
        dealer.close().expect("close");
        eventually("the peer is gone", || match send_part(router, b"me", true, false) {
            Err(Error::Unroutable) => true,
            Ok(()) => {
                send(router, "too early");
                false
            }
            other => panic!("send: {other:?}"),
        });
    });
}

#[test]
fn a_router_hands_a_name_over_and_ends_the_connection_of_its_holder() {
    let context = Context::new();
    let router = context.socket_with(SocketType::Router, |options| options.routing.handover = true);
    let endpoint = bind(router, crate::LOOPBACK);
    let mut old = named(&endpoint, "DEALER", "x");
    old.write(frames(&["from the old"]));
    assert_eq!(recv_all(router), [&b"x"[..], b"from the old"]);
    let mut new = named(&endpoint, "DEALER", "x");
    new.write(frames(&["from the new"]));
    assert_eq!(recv_all(router), [&b"x"[..], b"from the new"]);
    old.wait_for_end();
    send_all(router, &["x", "reply"]);
    assert_eq!(new.read_message(), [b"reply"]);
}

#[test]
fn a_name_that_is_given_is_known_before_there_is_a_connection() {
    over_each(|transport| {
        let place = transport.fixed_place();
        let router = place.client().socket_with(SocketType::Router, |options| {
            options.routing.mandatory = true;
            options.routing.connect_routing_id = b"you".to_vec();
        });
        router.connect(&place.endpoint).expect("connect");
        assert!(router.options().expect("options").routing.connect_routing_id.is_empty(), "used once");
        send_all(router, &["you", "early"]);
        change(router, |options| options.routing.connect_routing_id = b"you".to_vec());
        assert_eq!(router.connect(&place.endpoint), Err(Error::NameInUse));
        let peer = place.server.socket_with(SocketType::Router, |options| options.identity = b"it".to_vec());
        bind(peer, &place.endpoint);
        let got = recv_all(peer);
        assert_eq!(got[1], b"early");
        send_all(peer, &[&got[0], &b"reply"[..]]);
        assert_eq!(recv_all(router), [&b"you"[..], b"reply"], "whatever the peer calls itself");
        assert_eq!(send_part(router, b"it", true, true), Err(Error::Unroutable));
    });
}

/// Hello and probe, from whoever binds and whoever connects.
#[test]
fn first_words_come_first() {
    over_each(|transport| {
        let place = transport.place();
        let router = place.server.socket_with(SocketType::Router, |options| {
            options.hello_message = b"hello, I am bound".to_vec();
            options.routing.probe = true;
        });
        let dealer = place.client().socket_with(SocketType::Dealer, |options| {
            options.hello_message = b"hello".to_vec();
            options.identity = b"me".to_vec();
        });
        place.join(router, dealer);
        send(dealer, "data");
        assert_eq!(recv_all(router), [&b"me"[..], b"hello"]);
        assert_eq!(recv_all(router), [&b"me"[..], b"data"]);
        assert_eq!([recv(dealer), recv(dealer)], [&b""[..], b"hello, I am bound"]);
        let req = place.client().socket_with(SocketType::Req, |options| options.routing.probe = true);
        req.connect(&router.last_endpoint().expect("endpoint")).expect("connect");
        let got = recv_all(router);
        assert_eq!((got.len(), &got[1][..]), (2, &b""[..]), "of a REQ too, and without an envelope");
    });
}

#[test]
fn first_words_are_said_on_every_connection() {
    let context = Context::new();
    let listener = Listener::new();
    let dealer = context.socket_with(SocketType::Dealer, |options| options.hello_message = b"hello".to_vec());
    dealer.connect(&listener.endpoint()).expect("connect");
    send(dealer, "queued");
    let mut peer = listener.accept();
    peer.open_v3(0, "ROUTER");
    assert_eq!(
        (peer.read_message(), peer.read_message()),
        (vec![b"hello".to_vec()], vec![b"queued".to_vec()])
    );
    peer.leave();
    let mut peer = listener.accept();
    peer.open_v3(0, "ROUTER");
    assert_eq!(peer.read_message(), [b"hello"]);
}

#[test]
fn an_xpub_welcomes_its_subscribers() {
    over_each(|transport| {
        let place = transport.place();
        let xpub = place.server.socket_with(SocketType::Xpub, |options| {
            options.publishing.welcome = b"welcome".to_vec();
        });
        let sub = place.client().socket(SocketType::Sub);
        sub.subscribe(b"w").expect("subscribe");
        place.join(xpub, sub);
        assert_eq!(recv(sub), b"welcome");
    });
}

#[test]
fn the_application_hears_of_peers_that_go() {
    over_each(|transport| {
        let place = transport.place();
        let router = place.server.socket_with(SocketType::Router, |options| {
            options.disconnect_message = b"gone".to_vec();
        });
        let endpoint = bind(router, &place.endpoint);
        for _ in 0..3 {
            let dealer =
                place.client().socket_with(SocketType::Dealer, |options| options.identity = b"me".to_vec());
            dealer.connect(&endpoint).expect("connect");
            send(dealer, "last words");
            dealer.close().expect("close");
            assert_eq!(recv_all(router), [&b"me"[..], b"last words"]);
            assert_eq!(recv_all(router), [&b"me"[..], b"gone"]);
        }
        assert!(try_recv(router).is_none());
    });
}

#[test]
fn the_application_hears_of_connections_that_are_to_be_made_again() {
    let context = Context::new();
    let listener = Listener::new();
    let dealer =
        context.socket_with(SocketType::Dealer, |options| options.hiccup_message = b"hiccup".to_vec());
    dealer.connect(&listener.endpoint()).expect("connect");
    for _ in 0..2 {
        let mut peer = listener.accept();
        peer.open_v3(0, "ROUTER");
        peer.write(frames(&["data"]));
        assert_eq!(recv(dealer), b"data");
        peer.leave();
        assert_eq!(recv(dealer), b"hiccup");
    }
}

#[test]
fn a_router_is_told_who_comes_and_goes() {
    for transport in [Transport::Tcp, Transport::Ipc] {
        let place = transport.place();
        let router = place.server.socket_with(SocketType::Router, |options| {
            options.routing.notify_connect = true;
            options.routing.notify_disconnect = true;
        });
        let dealer =
            place.client().socket_with(SocketType::Dealer, |options| options.identity = b"me".to_vec());
        place.join(router, dealer);
        assert_eq!(recv_all(router), [&b"me"[..], b""]);
        send(dealer, "data");
        dealer.close().expect("close");
        assert_eq!(recv_all(router), [&b"me"[..], b"data"]);
        assert_eq!(recv_all(router), [&b"me"[..], b""]);
    }
}

#[test]
fn only_the_last_message_is_kept_if_so_wished() {
    over_each(|transport| {
        for (sender, receiver) in
            [(SocketType::Push, SocketType::Pull), (SocketType::Dealer, SocketType::Dealer)]
        {
            for who in [[true, false], [false, true], [true, true]] {
                let place = transport.place();
                let push = place.client().socket_with(sender, |options| options.conflate = who[0]);
                let pull = place.server.socket_with(receiver, |options| {
                    options.conflate = who[1];
                    options.recv_hwm = 1;
                });
                place.join(pull, push);
                // Far more than there would be room for.
                (0..100_000).for_each(|number| send(push, format!("{number}")));
                let mut got = 0;
                let mut last = String::new();
                while last != "99999" {
                    last = recv_text(pull);
                    got += 1;
                }
                if who[1] || transport == Transport::Inproc {
                    assert!(got < 100_000, "{got} were kept");
                }
                send_all(push, &["a", "b"]);
                let parts = recv_all(pull);
                if who[0] || transport == Transport::Inproc {
                    assert_eq!(parts, [b"b"]);
                } else if who[1] {
                    assert_eq!(parts.last().unwrap(), b"b");
                }
            }
        }
    });
}

#[test]
fn a_subscriber_that_is_slow_gets_the_last_message() {
    let place = Transport::Tcp.place();
    let publisher = place.server.socket_with(SocketType::Pub, |options| options.conflate = true);
    let sub = place.client().socket_with(SocketType::Sub, |options| options.conflate = true);
    // Subscriptions are all kept.
    for number in 0..1000 {
        sub.subscribe(format!("{number}").as_bytes()).expect("subscribe");
    }
    place.join(publisher, sub);
    meet(publisher, sub, "999");
    assert_eq!(publisher.topics_count(), Ok(1000));
    for topic in ["0", "500", "999"] {
        send(publisher, topic);
        assert_eq!(recv_text(sub), topic);
    }
}

#[test]
fn messages_wait_for_a_connection_that_is_made_if_so_wished() {
    let context = Context::new();
    let listener = Listener::new();
    let push = context.socket_with(SocketType::Push, |options| options.immediate = true);
    push.connect(&crate::common::own_tcp_endpoint()).expect("connect");
    assert_eq!(try_send(push, "nobody"), Err(Error::WouldBlock));
    push.connect(&listener.endpoint()).expect("connect");
    assert!(!push.events().expect("events").writable);
    for round in 0..3 {
        let mut peer = listener.accept();
        assert_eq!(try_send(push, "no handshake yet"), Err(Error::WouldBlock));
        peer.open_v3(0, "PULL");
        // Waits until the connection is made.
        send(push, format!("{round}"));
        assert_eq!(peer.read_message(), [format!("{round}").as_bytes()]);
        peer.leave();
        eventually("the loss is noticed", || try_send(push, "lost") == Err(Error::WouldBlock));
        // What was sent before that is not lost.
        let mut peer = listener.accept();
        peer.open_v3(0, "PULL");
        send(push, "next");
        while peer.read_message() != [b"next"] {}
        peer.leave();
        eventually("the loss is noticed", || !push.events().expect("events").writable);
    }
}

#[test]
fn marks_that_are_changed_hold_for_the_peers_that_are_there() {
    let fill = |socket| (0..1000).take_while(|_| try_send(socket, "x").is_ok()).count();
    let context = Context::new();
    for bind_first in [true, false] {
        let with = |kind, hwm| {
            context.socket_with(kind, |options| {
                options.live_hwm = true;
                (options.send_hwm, options.recv_hwm) = (hwm, hwm);
            })
        };
        let (push, pull) = (with(SocketType::Push, 2), with(SocketType::Pull, 3));
        if bind_first {
            pull.bind("inproc://marks").expect("bind");
        }
        push.connect("inproc://marks").expect("connect");
        if !bind_first {
            assert_eq!(fill(push), 2);
            pull.bind("inproc://marks").expect("bind");
            assert_eq!(fill(push), 3);
        } else {
            assert_eq!(fill(push), 5);
        }
        change(push, |options| options.send_hwm = 10);
        assert_eq!(fill(push), 8);
        pull.events().expect("events");
        change(pull, |options| options.recv_hwm = 20);
        assert_eq!(fill(push), 17);
        (0..30).for_each(|_| drop(recv(pull)));
        change(pull, |options| options.recv_hwm = 1);
        assert_eq!(fill(push), 11);
        pull.close().expect("close");
        push.close().expect("close");
    }
    let push = context.socket_with(SocketType::Push, |options| {
        options.live_hwm = true;
        options.send_hwm = 3;
    });
    push.connect(&crate::common::own_tcp_endpoint()).expect("connect");
    assert_eq!(fill(push), 3);
    change(push, |options| options.send_hwm = 5);
    assert_eq!(fill(push), 2);
    change(push, |options| options.send_hwm = 4);
    assert_eq!(fill(push), 0);
    change(push, |options| options.live_hwm = false);
    change(push, |options| options.send_hwm = 10);
    assert_eq!(fill(push), 0, "as in 2.x");
}

/// As a proxy with a last-value cache does it.
#[test]
fn an_xpub_subscribes_its_peers_itself_if_so_wished() {
    over_each(|transport| {
        let place = transport.place();
        let xpub = place.server.socket_with(SocketType::Xpub, |options| {
            options.publishing.manual_last_value = true;
        });
        let endpoint = bind(xpub, &place.endpoint);
        for _ in 0..2 {
            let sub = place.client().connected(SocketType::Sub, &endpoint);
            sub.subscribe(b"alias").expect("subscribe");
            sub.subscribe(b"real").expect("subscribe");
            assert_eq!(recv(xpub), b"\x01alias");
            xpub.subscribe(b"real").expect("subscribe");
            send(xpub, "real: kept");
            send(xpub, "alias: nobody is subscribed to this");
            send(xpub, "real: new");
            assert_eq!([recv_text(sub), recv_text(sub)], ["real: kept", "real: new"]);
            assert_eq!(recv(xpub), b"\x01real");
            assert_eq!(xpub.topics_count(), Ok(1));
        }
        assert_eq!(place.client().socket(SocketType::Push).topics_count(), Err(Error::InvalidArgument));
    });
}

#[test]
fn a_publisher_waits_for_slow_subscribers_if_so_wished() {
    over_each(|transport| {
        let place = transport.place();
        let publisher = place.server.socket_with(SocketType::Pub, |options| {
            options.publishing.no_drop = true;
            options.send_hwm = 10;
        });
        let sub = place.client().socket_with(SocketType::Sub, |options| options.recv_hwm = 10);
        sub.subscribe(b"").expect("subscribe");
        place.join(publisher, sub);
        meet(publisher, sub, "hello");
        let reader = std::thread::spawn(move || {
            (0..2000).for_each(|number| assert_eq!(recv_text(sub), format!("{number}")))
        });
        (0..2000).for_each(|number| send(publisher, format!("{number}")));
        reader.join().unwrap();
    });
}

#[test]
fn taking_back_what_was_not_subscribed_to_is_an_error_or_not() {
    let context = Context::new();
    let sub = context.socket(SocketType::Sub);
    assert_eq!(sub.unsubscribe(b"x"), Err(Error::InvalidArgument));
    change(sub, |options| options.publishing = Options::for_4x().publishing);
    assert_eq!(sub.unsubscribe(b"x"), Ok(()));
}

/// What an XSUB sends that is no subscription is bounded, also while no publisher is there.
#[test]
fn an_xsub_keeps_as_many_messages_as_the_mark_allows() {
    let context = Context::new();
    let listener = Listener::new();
    let xsub = context.socket_with(SocketType::Xsub, |options| options.send_hwm = 5);
    let endpoint = crate::common::own_tcp_endpoint();
    xsub.connect(&endpoint).expect("connect");
    xsub.connect(&listener.endpoint()).expect("connect");
    (0..100).for_each(|number| send_all(xsub, &["data", &format!("{number}")]));
    send(xsub, "\x01topic");
    let xpub = context.socket(SocketType::Xpub);
    bind(xpub, &endpoint);
    let mut got = Vec::new();
    let mut subscribed = false;
    while !subscribed || got.is_empty() {
        match recv_all(xpub) {
            parts if parts == [b"\x01topic"] => subscribed = true,
            parts => got.push(parts),
        }
    }
    while let Some(part) = try_recv(xpub) {
        assert_eq!(part, b"data");
        got.push(vec![part, recv(xpub)]);
    }
    // In the pipe, and beside it.
    assert!(got.len() <= 10, "{} were kept", got.len());
    let number =
        |parts: &Vec<Vec<u8>>| String::from_utf8_lossy(&parts[1]).parse::<usize>().expect("a number");
    assert!(got.iter().all(|parts| parts.len() == 2) && got.iter().map(number).is_sorted());
}

/// A relaxed REQ goes on when its peer does not answer.
#[test]
fn a_request_without_a_reply_is_given_up_if_so_wished() {
    over_each(|transport| {
        let place = transport.place();
        let req = place.client().socket_with(SocketType::Req, |options| {
            options.requests.relaxed = true;
            options.requests.correlate = true;
        });
        let router = place.server.socket(SocketType::Router);
        place.join(router, req);
        send(req, "1");
        let first = recv_all(router);
        send(req, "2");
        let second = recv_all(router);
        assert_eq!((first.len(), second.len()), (4, 4));
        assert_ne!(first[1], second[1], "numbers differ");
        for request in [first, second] {
            let reply = [&request[0], &request[1], &request[2], &[b"reply to ", &request[3][..]].concat()];
            send_all(router, &reply);
        }
        assert_eq!(recv_text(req), "reply to 2");
        assert_eq!(req.recv(false).map(|_| ()), Err(Error::WrongState));
    });
}
