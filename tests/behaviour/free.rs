//! Memory that the application lends: given back exactly once, when the last one has no use for it any more.

use crate::common::{Context, eventually, own_tcp_endpoint, recv, send, send_part, try_recv};
use crate::over_each;
use oxmq::{Error, Message, SocketHandle, SocketType};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes that are counted when they are dropped.
struct Lent {
    bytes: Vec<u8>,
    returned: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.returned.fetch_add(1, Ordering::SeqCst);
    }
}

/// Lends memory, and knows how much has come back.
#[derive(Default)]
struct Lender {
    lent: usize,
    returned: Arc<AtomicUsize>,
}

impl Lender {
    fn lend(&mut self, size: usize) -> Message {
        self.lent += 1;
        Message::from_owner(Lent { bytes: vec![b'L'; size], returned: self.returned.clone() })
    }

    /// Sends one message; false if there was no room for it.
    fn send(&mut self, socket: SocketHandle, size: usize, wait: bool) -> bool {
        let mut message = self.lend(size);
        match socket.send(&mut message, wait) {
            Ok(()) => assert!(message.is_empty(), "a message that was sent is left empty"),
            Err(Error::WouldBlock) => {
                assert_eq!(message.len(), size, "a message that was not sent is left as it was");
                return false;
            }
            Err(error) => panic!("send: {error}"),
        }
        true
    }

    fn returned(&self) -> usize {
        self.returned.load(Ordering::SeqCst)
    }

    fn assert_all_returned(&self) {
        assert_eq!(self.returned(), self.lent);
    }
}

const SIZES: [usize; 6] = [0, 1, 31, 1000, 10_000, 1_000_000];

#[test]
fn what_is_delivered_comes_back() {
    over_each(|transport| {
        let mut lender = Lender::default();
        let place = transport.place();
        let (push, pull) = (place.client().socket(SocketType::Push), place.server.socket(SocketType::Pull));
        place.join(pull, push);
        for _ in 0..20 {
            for size in SIZES {
                assert!(lender.send(push, size, true));
                assert_eq!(recv(pull), vec![b'L'; size]);
            }
        }
        drop(place);
        lender.assert_all_returned();
    });
}

/// Waits until all subscribers receive what begins with an "L"; nothing is left under way.
fn meet_all(publisher: SocketHandle, subscribers: &[SocketHandle]) {
    let mut met = vec![false; subscribers.len()];
    eventually("all subscribers receive", || {
        send(publisher, "L");
        for (met, subscriber) in met.iter_mut().zip(subscribers) {
            *met |= try_recv(*subscriber).is_some();
        }
        met.iter().all(|met| *met)
    });
    send(publisher, "L last");
    for subscriber in subscribers {
        while recv(*subscriber) != b"L last" {}
    }
}

#[test]
fn what_goes_to_many_comes_back_once() {
    over_each(|transport| {
        let mut lender = Lender::default();
        let place = transport.place();
        let publisher = place.server.socket(SocketType::Xpub);
        let endpoint = crate::common::bind(publisher, &place.endpoint);
        let subscribers: Vec<SocketHandle> = (0..5)
            .map(|number| {
                let subscriber = place.client().socket(SocketType::Sub);
                subscriber.subscribe(&b"LLLLL"[..number % 2]).expect("subscribe");
                subscriber.connect(&endpoint).expect("connect");
                subscriber
            })
            .collect();
        meet_all(publisher, &subscribers);
        for size in SIZES {
            assert!(lender.send(publisher, size, true));
            for (number, subscriber) in subscribers.iter().enumerate() {
                // Those who want an "L" do not get the empty one.
                if size >= number % 2 {
                    assert_eq!(recv(*subscriber).len(), size);
                }
            }
        }
        drop(place);
        lender.assert_all_returned();
    });
}

#[test]
fn what_is_dropped_comes_back() {
    let mut lender = Lender::default();
    let context = Context::new();
    // Never delivered: nobody is there, and the socket does not linger.
    let push = context.socket_with(SocketType::Push, |options| {
        options.linger = Some(Duration::ZERO);
        options.send_hwm = 10;
    });
    push.connect(&own_tcp_endpoint()).expect("connect");
    while lender.send(push, 5000, false) {}
    assert_eq!(lender.returned(), 1, "only the one that was refused");
    // Nobody subscribes, nobody is called so.
    let (publisher, _) = context.bound(SocketType::Pub);
    assert!(lender.send(publisher, 5000, true));
    let (router, _) = context.bound(SocketType::Router);
    send_part(router, b"nobody", true, true).expect("send");
    assert!(lender.send(router, 5000, true));
    assert_eq!(lender.returned(), 3, "at once");
    // Half a message.
    let mut part = lender.lend(5000);
    part.set_more(true);
    let half = context.connected(SocketType::Push, &own_tcp_endpoint());
    half.send(&mut part, true).expect("send");
    half.close().expect("close");
    push.close().expect("close");
    drop(part);
    context.end();
    lender.assert_all_returned();
}

#[test]
fn what_is_never_received_comes_back() {
    over_each(|transport| {
        let mut lender = Lender::default();
        let place = transport.place();
        let (push, pull) = (place.client().socket(SocketType::Push), place.server.socket(SocketType::Pull));
        place.join(pull, push);
        for size in SIZES {
            assert!(lender.send(push, size, true));
        }
        assert_eq!(recv(pull).len(), 0, "the first one, and no more");
        drop(place);
        lender.assert_all_returned();
    });
}

/// Clones share the memory.
#[test]
fn copies_count_as_one() {
    let mut lender = Lender::default();
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    let original = lender.lend(100_000);
    for _ in 0..10 {
        push.send(&mut original.clone(), true).expect("send");
        assert_eq!(recv(pull).len(), 100_000);
    }
    assert_eq!(lender.returned(), 0);
    drop(original);
    drop(context);
    lender.assert_all_returned();
}
