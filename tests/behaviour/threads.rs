//! The thread-safe types: several threads send and receive on one socket at once, and nothing is lost.

use crate::common::{Context, PATIENCE};
use crate::groups::meet;
use crate::over_each;
use oxmq::{Error, Message, SocketHandle, SocketType, Tags};
use std::sync::Mutex;
use std::thread::scope;

const THREADS: usize = 4;
const EACH: usize = 2_000;

fn message(text: &str) -> Message {
    Message::copy_from(text.as_bytes()).expect("memory")
}

fn number(message: &Message) -> usize {
    std::str::from_utf8(message.as_bytes()).expect("text").parse().expect("a number")
}

/// Sends the numbers below `THREADS * EACH` from several threads, each with the tags.
fn send_from_threads(socket: SocketHandle, tags: &Tags) {
    scope(|threads| {
        for thread in 0..THREADS {
            threads.spawn(move || {
                for n in 0..EACH {
                    let text = format!("{}", thread * EACH + n);
                    socket.send_tagged(&mut message(&text), tags, true).expect("send");
                }
            });
        }
    });
}

/// Receives on several threads until each number came; none comes twice, and those of one sender are in
/// order for each receiver.
fn recv_on_threads(socket: SocketHandle) {
    let seen = Mutex::new(vec![false; THREADS * EACH]);
    scope(|threads| {
        for _ in 0..THREADS {
            let seen = &seen;
            threads.spawn(move || {
                let mut last = [None; THREADS];
                loop {
                    let got = match socket.recv(true) {
                        Ok(part) if part.is_empty() => return,
                        Ok(part) => number(&part),
                        Err(error) => panic!("recv: {error}"),
                    };
                    let mut seen = seen.lock().unwrap();
                    assert!(!std::mem::replace(&mut seen[got], true), "{got} came twice");
                    assert!(last[got / EACH] < Some(got), "{got} came late");
                    last[got / EACH] = Some(got);
                }
            });
        }
    });
    assert!(seen.into_inner().unwrap().into_iter().all(|seen| seen), "every message came");
}

/// Ends the receivers: one empty message each.
fn dismiss(socket: SocketHandle, tags: &Tags) {
    for _ in 0..THREADS {
        socket.send_tagged(&mut Message::new(), tags, true).expect("send");
    }
}

/// Small queues, so that senders and receivers wait for each other all the time.
fn sockets(place: &crate::Place, bound: SocketType, connected: SocketType) -> (SocketHandle, SocketHandle) {
    let small = |options: &mut oxmq::Options| (options.send_hwm, options.recv_hwm) = (3, 3);
    let bound = place.server.socket_with(bound, small);
    let connected = place.client().socket_with(connected, small);
    place.join(bound, connected);
    (bound, connected)
}

#[test]
fn every_message_is_received_once() {
    for (sender, receiver) in [
        (SocketType::Scatter, SocketType::Gather),
        (SocketType::Client, SocketType::Server),
        (SocketType::Channel, SocketType::Channel),
    ] {
        over_each(|transport| {
            let place = transport.place();
            let (receiver, sender) = sockets(&place, receiver, sender);
            scope(|threads| {
                threads.spawn(|| recv_on_threads(receiver));
                send_from_threads(sender, &Tags::default());
                dismiss(sender, &Tags::default());
            });
        });
    }
}

#[test]
fn several_threads_send_to_one_peer() {
    over_each(|transport| {
        let place = transport.place();
        let (one, two) = sockets(&place, SocketType::Peer, SocketType::Peer);
        let endpoint = one.last_endpoint().unwrap();
        let tags = Tags { routing_id: two.connect_peer(&endpoint).unwrap(), ..Tags::default() };
        scope(|threads| {
            threads.spawn(|| recv_on_threads(one));
            send_from_threads(two, &tags);
            dismiss(two, &tags);
        });
    });
}

/// Each thread of a server answers whom it has heard; each client thread gets as many answers as it asked for,
/// though not necessarily its own.
#[test]
fn a_server_of_several_threads_answers_clients_of_several() {
    over_each(|transport| {
        let place = transport.place();
        let (server, client) = sockets(&place, SocketType::Server, SocketType::Client);
        scope(|threads| {
            for _ in 0..THREADS {
                threads.spawn(move || {
                    let (mut question, mut tags) = (Message::new(), Tags::default());
                    while server.recv_tagged(&mut question, &mut tags, true).is_ok() {
                        if question.is_empty() {
                            return;
                        }
                        server.send_tagged(&mut question, &tags, true).expect("answer");
                    }
                });
            }
            let answers = Mutex::new(Vec::new());
            scope(|threads| {
                for thread in 0..THREADS {
                    let answers = &answers;
                    threads.spawn(move || {
                        for n in 0..EACH / 4 {
                            client.send(&mut message(&format!("{}", thread * EACH + n)), true).expect("ask");
                            let answer = client.recv(true).expect("answer");
                            answers.lock().unwrap().push(number(&answer));
                        }
                    });
                }
            });
            let mut answers = answers.into_inner().unwrap();
            answers.sort_unstable();
            let asked = (0..THREADS).flat_map(|thread| (0..EACH / 4).map(move |n| thread * EACH + n));
            assert!(answers.into_iter().eq(asked));
            dismiss(client, &Tags::default());
        });
    });
}

#[test]
fn threads_share_a_radio_and_a_dish() {
    over_each(|transport| {
        let place = transport.place();
        let radio = place.server.socket_with(SocketType::Radio, |options| options.send_hwm = 0);
        let dish = place.client().socket_with(SocketType::Dish, |options| options.recv_hwm = 0);
        place.join(radio, dish);
        dish.join(b"g").unwrap();
        meet(radio, dish, b"g");
        let tags = Tags { group: Some(b"g"[..].into()), ..Tags::default() };
        scope(|threads| {
            threads.spawn(|| recv_on_threads(dish));
            // Others join and leave meanwhile.
            threads.spawn(|| {
                for n in 0..200u32 {
                    dish.join(&n.to_le_bytes()).expect("join");
                    dish.leave(&n.to_le_bytes()).expect("leave");
                }
            });
            send_from_threads(radio, &tags);
            dismiss(radio, &tags);
        });
    });
}

/// One message at a time for many who wait: each wakes somebody, and nobody who sleeps is forgotten.
#[test]
fn one_message_wakes_one_of_those_who_wait() {
    over_each(|transport| {
        let place = transport.place();
        let (server, client) = sockets(&place, SocketType::Server, SocketType::Client);
        let (tell, told) = std::sync::mpsc::channel();
        scope(|threads| {
            for _ in 0..8 {
                let tell = tell.clone();
                threads.spawn(move || {
                    while let Ok(part) = server.recv(true) {
                        if part.is_empty() {
                            return;
                        }
                        tell.send(number(&part)).expect("somebody listens");
                    }
                });
            }
            for n in 0..1000 {
                client.send(&mut message(&format!("{n}")), true).expect("send");
                assert_eq!(told.recv_timeout(PATIENCE), Ok(n));
            }
            (0..8).for_each(|_| client.send(&mut Message::new(), true).expect("send"));
        });
    });
}

/// One thread sends a burst and turns to something else, while another waits for an answer on the same socket.
#[test]
fn what_a_thread_has_sent_goes_out_though_another_waits() {
    over_each(|transport| {
        let place = transport.place();
        let (server, client) = sockets(&place, SocketType::Server, SocketType::Client);
        let mut tags = Tags::default();
        scope(|threads| {
            let waiting = threads.spawn(move || client.recv(true).map(|part| part.is_empty()));
            let (go, going) = std::sync::mpsc::channel();
            let sending = threads.spawn(move || {
                for count in going {
                    (0..count).for_each(|_| client.send(&mut message("x"), true).expect("send"));
                    // It does not come back before all of it has arrived.
                }
            });
            for count in 1..100 {
                go.send(count).unwrap();
                (0..count).for_each(|_| {
                    server.recv_tagged(&mut Message::new(), &mut tags, true).expect("the burst")
                });
            }
            drop(go);
            sending.join().unwrap();
            server.send_tagged(&mut Message::new(), &tags, true).expect("answer");
            assert_eq!(waiting.join().unwrap(), Ok(true));
        });
    });
}

#[test]
fn all_who_wait_are_told_of_the_end() {
    for kind in SocketType::ALL.into_iter().filter(|kind| kind.is_thread_safe()) {
        let context = Context::new();
        let socket = context.socket(kind);
        scope(|threads| {
            let waiting: Vec<_> =
                (0..4).map(|_| threads.spawn(move || socket.recv(true).map(drop).unwrap_err())).collect();
            std::thread::sleep(std::time::Duration::from_millis(5));
            context.handle.shut_down().unwrap();
            for thread in waiting {
                let error = thread.join().unwrap();
                assert!(matches!(error, Error::Terminated | Error::NotSupported), "{kind:?}: {error}");
            }
        });
    }
}
