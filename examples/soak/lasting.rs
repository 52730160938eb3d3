//! Flows in which something lasts longer than one of its ends: proxies, and peers that go and come back.

use super::common::{Context, LOOPBACK, Random, bind, eventually, own_tcp_endpoint};
use super::{Round, by_several, by_several_mut, idle, named, numbered, patient, receive, recv, send, sizes};
use oxmq::{Error, Message, SocketHandle, SocketType, Tags, proxy};
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::thread::Scope;

/// A proxy in a context of its own, with which it ends.
struct Queue {
    context: Context,
    front: String,
    back: String,
}

impl Queue {
    fn new<'scope>(round: &Round<'_>, scope: &'scope Scope<'scope, '_>, kinds: [SocketType; 2]) -> Queue {
        let context = Context::with_threads(2);
        round.guard(&context);
        let [front, back] = kinds.map(|kind| {
            context.socket_with(kind, |options| {
                // A ROUTER drops what a peer has no room for.
                patient(options, if kind == SocketType::Router { 0 } else { round.hwm });
                round.secure(options, true);
            })
        });
        let endpoints = [bind(front, &beside(round, "front")), bind(back, &beside(round, "back"))];
        named(scope, move || {
            proxy(front, back, None).expect_err("it ends with its context");
            [front, back].into_iter().for_each(|socket| socket.close().expect("close"));
        });
        let [front, back] = endpoints;
        Queue { context, front, back }
    }
}

/// A place like that of the round, for contexts that have nothing in common.
pub fn beside(round: &Round<'_>, name: &str) -> String {
    match round.endpoint.strip_prefix("ipc://") {
        Some(path) => format!("ipc://{path}-{name}"),
        None => LOOPBACK.into(),
    }
}

fn connected(round: &Round<'_>, context: &Context, kind: SocketType, endpoint: &str) -> SocketHandle {
    let socket = round.socket(context, kind);
    socket.connect(endpoint).expect("connect");
    socket
}

/// PUSH, by a proxy, to some PULLs: complete, and in order for each.
pub fn passed_on(round: &Round<'_>, random: &mut Random) {
    let messages = numbered(&sizes(random));
    let sinks = 1 + random.below(3) as u64;
    let receivers = Context::new();
    std::thread::scope(|scope| {
        let queue = Queue::new(round, scope, [SocketType::Pull, SocketType::Push]);
        let push = connected(round, &round.client, SocketType::Push, &queue.front);
        let (told, heard) = channel();
        for at in 0..sinks {
            let pull = connected(round, &receivers, SocketType::Pull, &queue.back);
            let (told, messages) = (told.clone(), &messages);
            named(scope, move || {
                let (mut random, mut next) = (round.random(at), 0);
                loop {
                    idle(&mut random);
                    match receive(pull, &mut random) {
                        Ok((_, number, size)) => {
                            assert!(number >= next, "{number} when {next} was to come");
                            assert_eq!(messages.get(number as usize), Some(&(number, size)));
                            next = number + 1;
                            round.note();
                            told.send(number).expect("told");
                        }
                        Err(ended) => {
                            assert_eq!(ended, Error::Terminated);
                            return pull.close().expect("close");
                        }
                    }
                }
            });
        }
        let all = &messages;
        named(scope, move || {
            by_several(all, &mut round.random(100), |(number, size), _| send(push, 0, number, size));
        });
        let mut seen = HashSet::new();
        for number in heard.iter().take(messages.len()) {
            assert!(seen.insert(number), "{number} came twice");
        }
        receivers.end_while_waited_on();
        queue.context.end_while_waited_on();
    });
}

/// Several REQs, and several REPs behind a queue: each request is answered.
pub fn queued(round: &Round<'_>, random: &mut Random) {
    let clients = 1 + random.below(4) as u64;
    let repliers = Context::new();
    std::thread::scope(|scope| {
        let queue = Queue::new(round, scope, [SocketType::Router, SocketType::Dealer]);
        for at in 0..1 + random.below(4) as u64 {
            let rep = repliers.socket_with(SocketType::Rep, |options| {
                // As a ROUTER does.
                patient(options, 0);
                round.secure(options, false);
            });
            rep.connect(&queue.back).expect("connect");
            named(scope, move || {
                let mut random = round.random(1000 + at);
                loop {
                    idle(&mut random);
                    match receive(rep, &mut random) {
                        Ok((sender, number, size)) => send(rep, sender, number, size),
                        Err(ended) => {
                            assert_eq!(ended, Error::Terminated);
                            return rep.close().expect("close");
                        }
                    }
                }
            });
        }
        let asking: Vec<_> = (0..clients)
            .map(|at| {
                let req = connected(round, &round.client, SocketType::Req, &queue.front);
                let mut random = round.random(at);
                let mut messages = numbered(&sizes(&mut random));
                messages.truncate(1000);
                named(scope, move || {
                    by_several(&messages, &mut random, |(number, size), random| {
                        send(req, at as u32, number, size);
                        assert_eq!(
                            recv(req, random),
                            (at as u32, number, size),
                            "the reply to another request"
                        );
                        round.note();
                    });
                })
            })
            .collect();
        asking.into_iter().for_each(|client| client.join().expect("a client"));
        repliers.end_while_waited_on();
        queue.context.end_while_waited_on();
    });
}

/// A PULL that connects, and waits while the PUSH goes, its context too, and comes back: complete and in order.
pub fn restarted(round: &Round<'_>, random: &mut Random) {
    let endpoint = match beside(round, "restarted") {
        tcp if tcp.starts_with("tcp") => own_tcp_endpoint(),
        ipc => ipc,
    };
    let mut messages = numbered(&sizes(random));
    messages.truncate(5000);
    // By PLAIN it is the side that stays which is asked, whichever connects.
    round.guard(&round.client);
    let socket = |context: &Context, kind, stays| {
        context.socket_with(kind, |options| {
            patient(options, round.hwm);
            round.secure(options, stays);
        })
    };
    let pull = socket(&round.client, SocketType::Pull, true);
    pull.connect(&endpoint).expect("connect");
    std::thread::scope(|scope| {
        named(scope, || {
            let mut random = round.random(0);
            let mut left = &messages[..];
            while !left.is_empty() {
                let (now, later) = left.split_at((1 + random.below(1000)).min(left.len()));
                let context = Context::with_threads(1 + random.below(2));
                let push = socket(&context, SocketType::Push, false);
                eventually("the address is free", || push.bind(&endpoint).is_ok());
                by_several(now, &mut random, |(number, size), _| send(push, 0, number, size));
                push.close().expect("close");
                // All is under way.
                context.end();
                left = later;
            }
        });
        by_several_mut(&messages, &mut round.random(1), |(number, size), random| {
            assert_eq!(recv(pull, random), (0, number, size));
            round.note();
        });
    });
}

/// Several threads of a CLIENT ask several of a SERVER, all at once.
pub fn shared(round: &Round<'_>, random: &mut Random) {
    let threads = 1 + random.below(4);
    let (server, endpoint) = round.server(SocketType::Server);
    let client = round.client(SocketType::Client);
    client.connect(&endpoint).expect("connect");
    let each = 500 + random.below(2000);
    let total = each * threads;
    let heard = Mutex::new(HashSet::new());
    let (left, received) = (AtomicUsize::new(total), AtomicUsize::new(total));
    std::thread::scope(|scope| {
        for at in 0..threads {
            let left = &left;
            named(scope, move || {
                let mut random = round.random(at as u64);
                while claim_one(left) {
                    idle(&mut random);
                    let (mut part, mut tags) = (Message::new(), Tags::default());
                    server.recv_tagged(&mut part, &mut tags, true).expect("recv");
                    server.send_tagged(&mut part, &tags, true).expect("send");
                }
            });
        }
        let (heard, received) = (&heard, &received);
        for at in 0..threads {
            named(scope, move || {
                let mut random = round.random(100 + at as u64);
                for number in 0..each {
                    idle(&mut random);
                    let stamp = ((at * each + number) as u64).to_le_bytes();
                    let mut part = Message::copy_from(&stamp).expect("memory");
                    client.send(&mut part, true).expect("send");
                }
            });
            named(scope, move || {
                let mut random = round.random(200 + at as u64);
                while claim_one(received) {
                    idle(&mut random);
                    let part = client.recv(true).expect("recv");
                    let stamp = part.as_bytes().try_into().expect("a stamp");
                    assert!(heard.lock().expect("heard").insert(u64::from_le_bytes(stamp)), "it came twice");
                    round.note();
                }
            });
        }
    });
    assert_eq!(heard.into_inner().expect("heard").len(), total);
}

/// Takes one of what is left to be done, if there is one.
fn claim_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
}
