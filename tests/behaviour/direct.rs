//! Threads of the application that read and write connections themselves: nothing stalls when they turn to something
//! else, come in twos, move on, or wait while the connection breaks.
#![forbid(unsafe_code)]

use crate::common::raw::{Raw, frame};
use crate::common::{
    Context, PATIENCE, Random, bind, eventually, own_tcp_endpoint, port, recv, recv_text, send, try_recv,
    try_send, within,
};
use crate::{Transport, over_each};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{Error, SocketHandle, SocketType};
use std::cell::RefCell;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const READABLE: Interest = Interest { readable: true, writable: false, urgent: false, error: false };

fn item(socket: SocketHandle) -> PollItem {
    PollItem { on: PollOn::Socket(socket), want: READABLE, got: Interest::default() }
}

/// The processor time that the calling thread has used, in nanoseconds.
fn processor_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the thread's times");
    text.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
}

/// Has the two exchange some messages, the first of them waiting for each answer.
fn converse(asking: SocketHandle, answering: SocketHandle, turns: usize) {
    std::thread::scope(|scope| {
        scope.spawn(|| (0..turns).for_each(|_| send(answering, recv(answering))));
        for turn in 0..turns {
            let text = turn.to_string();
            send(asking, &text);
            assert_eq!(recv_text(asking), text);
        }
    });
}

/// A thread sends very much and leaves the socket to another, which waits for the answer to the last of it.
#[test]
fn a_stream_that_is_left_is_written_though_another_thread_waits() {
    for hwm in [0, 1, 100, 1000] {
        let (server, client) = (Context::new(), Context::new());
        let (there, endpoint) = server.bound(SocketType::Dealer);
        let here = client.socket_with(SocketType::Dealer, |options| options.send_hwm = hwm);
        here.connect(&endpoint).expect("connect");
        let mut random = Random(0xD1EC7 + hwm as u64);
        for _ in 0..20 {
            let count = 900 + random.below(2500);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    (0..count).for_each(|number| assert_eq!(recv(there), number.to_le_bytes()));
                    send(there, "all");
                });
                let written = scope.spawn(|| (0..count).for_each(|number| send(here, number.to_le_bytes())));
                written.join().expect("the sender");
                // Either way of waiting, and one that never waits.
                match random.below(3) {
                    0 => {}
                    1 => assert_eq!(poll(&mut [item(here)], Some(PATIENCE)), Ok(1)),
                    _ => eventually("the answer is there", || here.events().expect("events").readable),
                }
                assert_eq!(recv_text(here), "all");
            });
        }
    }
}

/// As above, but another thread waits all the while.
#[test]
fn a_stream_that_is_left_is_written_though_another_thread_has_been_waiting() {
    let (server, client) = (Context::new(), Context::new());
    let (there, endpoint) = server.bound(SocketType::Dealer);
    let here = client.connected(SocketType::Dealer, &endpoint);
    let mut random = Random(0x5EED);
    for _ in 0..20 {
        let count = 900 + random.below(2500);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| recv_text(here));
            scope.spawn(|| {
                (0..count).for_each(|number| assert_eq!(recv(there), number.to_le_bytes()));
                send(there, "all");
            });
            (0..count).for_each(|number| send(here, number.to_le_bytes()));
            assert_eq!(waiting.join().expect("the waiter"), "all");
        });
    }
}

/// What nobody will ever receive fills the pipe, and then the connection: whoever polls the socket sleeps.
#[test]
fn a_peer_that_floods_a_socket_that_does_not_receive_costs_no_time() {
    let context = Context::new();
    let (push, endpoint) = context.bound(SocketType::Push);
    let mut raw = Raw::connect(&endpoint);
    raw.open_v2(SocketType::Pull as u8);
    let flood = std::thread::spawn(move || {
        // Ends with the connection.
        raw.try_write(frame(0, &[b'x'; 200]).repeat(200_000));
    });
    let mut items = [item(push)];
    let mut costs = |waited: Duration| {
        let before = processor_ns();
        assert_eq!(poll(&mut items, Some(waited)), Ok(0));
        Duration::from_nanos(processor_ns() - before)
    };
    // It reads the connection by itself, until nothing more can be taken.
    for _ in 0..10 {
        costs(Duration::from_millis(20));
    }
    eventually("it sleeps", || costs(Duration::from_millis(20)) < Duration::from_millis(5));
    let waited = Duration::from_secs(1);
    let used = costs(waited);
    assert!(used < waited / 4, "{used:?} of {waited:?}");
    drop(context);
    flood.join().expect("the peer");
}

#[test]
fn each_request_from_another_thread() {
    over_each(|transport| {
        let place = transport.place();
        let (rep, req) = (place.server.socket(SocketType::Rep), place.client().socket(SocketType::Req));
        place.join(rep, req);
        for turn in 0..100u32 {
            let text = turn.to_string();
            let asked = text.clone();
            std::thread::spawn(move || send(req, asked)).join().expect("one thread sends");
            let answering = std::thread::spawn(move || {
                let text = recv(rep);
                // Longer than an I/O thread leaves a connection alone.
                if turn % 10 == 0 {
                    std::thread::sleep(Duration::from_millis(6));
                }
                send(rep, text);
            });
            assert_eq!(std::thread::spawn(move || recv_text(req)).join().expect("another receives"), text);
            answering.join().expect("the server");
        }
    });
}

/// Who answers a burst writes several answers together. All of them are sent though it turns to something else.
#[test]
fn the_answers_of_a_burst_are_sent_though_nobody_waits() {
    over_each(|transport| {
        let place = transport.place();
        let (there, here) =
            (place.server.socket(SocketType::Dealer), place.client().socket(SocketType::Dealer));
        place.join(there, here);
        converse(here, there, 20);
        let mut random = Random(0xA115);
        for round in 0..50 {
            let asked = 2 + random.below(20);
            (0..asked).for_each(|_| send(here, "request"));
            let (told, all_there) = channel::<()>();
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    for number in 0..asked {
                        assert_eq!(recv_text(there), "request");
                        send(there, number.to_le_bytes());
                    }
                    all_there.recv().expect("word of the answers");
                });
                (0..asked).for_each(|number| assert_eq!(recv(here), number.to_le_bytes(), "{round}"));
                told.send(()).expect("it waits");
            });
        }
    });
}

/// I/O goes on while the application, which has read the connection by itself, does something else.
#[test]
fn what_is_left_alone_is_taken_back() {
    let (server, client) = (Context::new(), Context::new());
    let (there, endpoint) = server.bound(SocketType::Dealer);
    let here = client.connected(SocketType::Dealer, &endpoint);
    for _ in 0..5 {
        converse(here, there, 20);
        // More than fits into the connection, while nobody receives.
        let big = vec![b'x'; 1_000_000];
        let sender = std::thread::spawn(move || {
            (0..30).for_each(|_| send(there, &big));
            let big = vec![b'y'; 1_000_000];
            (0..30).for_each(|_| send(there, &big));
        });
        sender.join().expect("nobody has to receive for it to be sent");
        std::thread::sleep(Duration::from_millis(20));
        (0..60).for_each(|number| {
            let got = recv(here);
            assert!(got.len() == 1_000_000 && got[0] == if number < 30 { b'x' } else { b'y' });
        });
    }
}

#[test]
fn the_descriptor_tells_of_messages_that_were_read_without_it_before() {
    over_each(|transport| {
        let place = transport.place();
        let (there, here) =
            (place.server.socket(SocketType::Dealer), place.client().socket(SocketType::Dealer));
        place.join(there, here);
        converse(here, there, 50);
        let fd = here.fd().expect("a descriptor");
        for turn in 0..200u32 {
            while try_recv(here).is_some() {}
            let _ = here.events().expect("events");
            send(there, turn.to_le_bytes());
            let mut got = None;
            while got.is_none() {
                let mut items = [PollItem { on: PollOn::Fd(fd), want: READABLE, got: Interest::default() }];
                assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1), "{transport:?} {turn}");
                if here.events().expect("events").readable {
                    got = try_recv(here);
                }
            }
            assert_eq!(got, Some(turn.to_le_bytes().to_vec()));
        }
    });
}

/// The descriptor is asked for while another thread sleeps on the connection.
#[test]
fn the_descriptor_and_a_thread_that_waits() {
    let (server, client) = (Context::new(), Context::new());
    let (there, endpoint) = server.bound(SocketType::Dealer);
    let here = client.connected(SocketType::Dealer, &endpoint);
    converse(here, there, 50);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| recv_text(here));
        std::thread::sleep(Duration::from_millis(20));
        let fd = here.fd().expect("a descriptor");
        send(there, "one");
        assert_eq!(waiting.join().expect("the waiter"), "one");
        for turn in 0..100 {
            send(there, turn.to_string());
            while !here.events().expect("events").readable {
                let mut items = [PollItem { on: PollOn::Fd(fd), want: READABLE, got: Interest::default() }];
                assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1));
            }
            assert_eq!(recv_text(here), turn.to_string());
        }
    });
}

/// Several threads wait on one socket; each message goes to one of them, and none waits beside a message.
#[test]
fn several_threads_wait_on_one_socket() {
    for kind in [SocketType::Server, SocketType::Dealer] {
        let (server, client) = (Context::new(), Context::new());
        let (there, endpoint) = server.bound(kind);
        let peer = if kind == SocketType::Server { SocketType::Client } else { SocketType::Dealer };
        let here = client.connected(peer, &endpoint);
        let (told, heard) = channel();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let told = told.clone();
                scope.spawn(move || {
                    loop {
                        let text = recv_text(there);
                        if text == "end" {
                            return;
                        }
                        told.send(text).expect("told");
                    }
                });
            }
            for turn in 0..300 {
                send(here, turn.to_string());
                assert_eq!(heard.recv_timeout(PATIENCE).expect("heard"), turn.to_string());
                if turn % 50 == 0 {
                    std::thread::sleep(Duration::from_millis(8));
                }
            }
            (0..4).for_each(|_| send(here, "end"));
        });
    }
}

#[test]
fn termination_ends_a_wait_on_connections() {
    for polls in [false, true] {
        let (server, client) = (Context::new(), Context::new());
        let (there, endpoint) = server.bound(SocketType::Dealer);
        let here = client.connected(SocketType::Dealer, &endpoint);
        converse(here, there, 20);
        let waiting = std::thread::spawn(move || {
            let result =
                if polls { poll(&mut [item(here)], None).map(drop) } else { here.recv(true).map(drop) };
            here.close().expect("close");
            result
        });
        std::thread::sleep(Duration::from_millis(10));
        client.end_while_waited_on();
        assert_eq!(waiting.join().expect("the waiter"), Err(Error::Terminated));
    }
}

/// The thread that waits finds out that a peer does not keep to the rules: the peer goes, the thread waits on.
#[test]
fn a_message_that_is_too_long_for_a_thread_that_waits() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, |options| options.message_bytes_max = Some(1000));
    let endpoint = bind(pull, "tcp://127.0.0.1:*");
    for _ in 0..10 {
        let mut raw = Raw::connect(&endpoint);
        raw.open_v2(SocketType::Push as u8);
        raw.write(frame(0, b"good"));
        assert_eq!(recv_text(pull), "good");
        let waiting = std::thread::spawn(move || recv_text(pull));
        std::thread::sleep(Duration::from_millis(5));
        raw.write(frame(0, &[b'x'; 1001]));
        within("the peer is let go", move || raw.wait_for_end());
        let good = context.connected(SocketType::Push, &endpoint);
        send(good, "another");
        assert_eq!(waiting.join().expect("the waiter"), "another");
        good.close().expect("close");
    }
}

/// A peer falls silent while a thread waits for it: heartbeats find out, and the peer is let go.
#[test]
fn a_peer_that_is_silent_while_a_thread_waits() {
    let context = Context::new();
    let dealer = context.socket_with(SocketType::Dealer, |options| {
        options.heartbeat.interval = Duration::from_millis(50);
        options.heartbeat.timeout = Some(Duration::from_millis(200));
    });
    let endpoint = bind(dealer, "tcp://127.0.0.1:*");
    let mut raw = Raw::connect(&endpoint);
    raw.open_v3(1, "DEALER");
    raw.write(frame(0, b"good"));
    assert_eq!(recv_text(dealer), "good");
    let waiting = std::thread::spawn(move || recv_text(dealer));
    within("the silent peer is let go", move || raw.wait_for_end());
    let other = context.connected(SocketType::Dealer, &endpoint);
    send(other, "another");
    assert_eq!(waiting.join().expect("the waiter"), "another");
}

/// The server goes and comes back while the client waits for it, over and over.
#[test]
fn a_thread_that_waits_sees_peers_go_and_come() {
    let client = Context::new();
    let endpoint = own_tcp_endpoint();
    assert!(port(&endpoint) > 0);
    let pull = client.connected(SocketType::Pull, &endpoint);
    let waiting = std::thread::spawn(move || (0..20).map(|_| recv_text(pull)).collect::<Vec<_>>());
    for turn in 0..20 {
        let server = Context::new();
        let push = server.socket(SocketType::Push);
        eventually("the address is free", || push.bind(&endpoint).is_ok());
        eventually("the client has come", || try_send(push, turn.to_string()).is_ok());
        push.close().expect("close");
        server.end();
    }
    let expected: Vec<_> = (0..20).map(|turn| turn.to_string()).collect();
    assert_eq!(waiting.join().expect("the waiter"), expected);
}

/// More peers come than a thread reads by itself, and go again, while it waits.
#[test]
fn peers_become_many_and_few_again() {
    let (server, client) = (Context::new(), Context::new());
    let (pull, endpoint) = server.bound(SocketType::Pull);
    for count in [1, 15, 16, 17, 30, 3] {
        let pushes: Vec<_> = (0..count).map(|_| client.connected(SocketType::Push, &endpoint)).collect();
        for turn in 0..10 {
            for push in &pushes {
                send(*push, turn.to_string());
            }
            (0..count).for_each(|_| assert_eq!(recv_text(pull), turn.to_string()));
        }
        pushes.into_iter().for_each(|push| push.close().expect("close"));
    }
}

/// Waits for a message when its thread has lost all that it had.
struct Last(RefCell<Option<(SocketHandle, Sender<String>)>>);

impl Drop for Last {
    fn drop(&mut self) {
        if let Some((socket, told)) = self.0.take() {
            let text = recv_text(socket);
            told.send(text).expect("told");
        }
    }
}

thread_local! {
    static LAST: Last = const { Last(RefCell::new(None)) };
}

#[test]
fn a_thread_waits_as_it_ends() {
    let (server, client) = (Context::new(), Context::new());
    let (there, endpoint) = server.bound(SocketType::Dealer);
    let here = client.connected(SocketType::Dealer, &endpoint);
    let (told, heard) = channel();
    std::thread::spawn(move || {
        // First of all, so that it goes last.
        LAST.with(|last| *last.0.borrow_mut() = Some((here, told)));
        send(here, "hello");
        assert_eq!(recv_text(here), "welcome");
    });
    assert_eq!(recv_text(there), "hello");
    send(there, "welcome");
    std::thread::sleep(Duration::from_millis(20));
    send(there, "good-bye");
    assert_eq!(heard.recv_timeout(PATIENCE).expect("heard"), "good-bye");
}

/// Both sides send as much as they can, and receive, with little room.
#[test]
fn both_ways_with_little_room() {
    for transport in [Transport::Tcp, Transport::Ipc] {
        for hwm in [1, 2, 7] {
            let place = transport.place();
            let marks = |options: &mut oxmq::Options| (options.send_hwm, options.recv_hwm) = (hwm, hwm);
            let (there, here) = (
                place.server.socket_with(SocketType::Dealer, marks),
                place.client().socket_with(SocketType::Dealer, marks),
            );
            place.join(there, here);
            std::thread::scope(|scope| {
                for (from, to) in [(here, there), (there, here)] {
                    scope.spawn(move || (0..3000u32).for_each(|number| send(from, number.to_le_bytes())));
                    scope.spawn(move || {
                        (0..3000u32).for_each(|number| assert_eq!(recv(to), number.to_le_bytes()));
                    });
                }
            });
        }
    }
}
