//! What happens to a connection that a thread sleeps on: the thread reads it by itself, and nobody is to notice.
#![forbid(unsafe_code)]

use crate::common::raw::{COMMAND, Raw, command, frame, frame_v1};
use crate::common::{
    Context, LOOPBACK, PATIENCE, asleep_on_connections, bind, eventually, recv, recv_all, recv_text, send,
    send_all, send_part, try_send, within,
};
use crate::{Place, Transport};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{Error, Options, SocketHandle, SocketType};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;
use std::time::Duration;

const READABLE: Interest = Interest { readable: true, writable: false, urgent: false, error: false };

/// Where there are connections of the system.
fn over_connections(test: impl Fn(Transport)) {
    [Transport::Tcp, Transport::Ipc].into_iter().for_each(test);
}

/// A thread that waits for a message, and sleeps on the connections.
fn waiting(socket: SocketHandle) -> JoinHandle<Vec<u8>> {
    asleep_on_connections(move || recv(socket))
}

/// Two DEALERs, one in each context, that have spoken: the bound one, and the one that connects.
fn dealers(place: &Place, change: impl Fn(&mut Options)) -> (SocketHandle, SocketHandle) {
    let there = place.server.socket_with(SocketType::Dealer, &change);
    let here = place.client().socket_with(SocketType::Dealer, &change);
    place.join(there, here);
    greet(there, here);
    (there, here)
}

/// One message each way.
fn greet(there: SocketHandle, here: SocketHandle) {
    send(here, "hello");
    assert_eq!(recv_text(there), "hello");
    send(there, "welcome");
    assert_eq!(recv_text(here), "welcome");
}

/// A peer that speaks no ZMTP.
trait Plain: Read + Write + Send {}

impl<T: Read + Write + Send> Plain for T {}

fn plain_peer(endpoint: &str) -> Box<dyn Plain> {
    match endpoint.strip_prefix("ipc://") {
        Some(path) => {
            let stream = UnixStream::connect(path).expect("connect");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            Box::new(stream)
        }
        None => {
            let address = endpoint.trim_start_matches("tcp://");
            let stream = TcpStream::connect(address).expect("connect");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            Box::new(stream)
        }
    }
}

#[test]
fn a_peer_without_zmtp() {
    over_connections(|transport| {
        let place = transport.place();
        let stream = place
            .server
            .socket_with(SocketType::Stream, |options| options.routing = Options::for_4x().routing);
        let endpoint = bind(stream, &place.endpoint);
        let mut peer = plain_peer(&endpoint);
        let notice = recv_all(stream);
        let name = notice[0].clone();
        assert_eq!(notice[1], b"");
        for turn in 0..20 {
            let receiver = asleep_on_connections(move || recv_all(stream));
            let text = format!("line {turn}");
            peer.write_all(text.as_bytes()).expect("write");
            assert_eq!(receiver.join().expect("the receiver"), [&name[..], text.as_bytes()]);
            send_all(stream, &[&name[..], b"answer"]);
            let mut answer = [0; 6];
            peer.read_exact(&mut answer).expect("the answer");
            assert_eq!(&answer, b"answer");
        }
        let receiver = asleep_on_connections(move || recv_all(stream));
        drop(peer);
        assert_eq!(receiver.join().expect("the receiver"), [&name[..], b""], "it has gone");

        // The application closes another, on which a thread sleeps.
        let mut peer = plain_peer(&endpoint);
        let name = recv_all(stream).remove(0);
        let receiver = asleep_on_connections(move || recv_all(stream));
        send_all(stream, &[&name[..], b"the last"]);
        send_all(stream, &[&name[..], b""]);
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).expect("the end");
        assert_eq!(rest, b"the last");
        let mut other = plain_peer(&endpoint);
        let notice = receiver.join().expect("the receiver");
        assert_eq!(notice[1], b"");
        other.write_all(b"x").expect("write");
        assert_eq!(recv_all(stream), [&notice[0][..], b"x"]);
    });
}

/// More than the mark allows is on disk while the sender waits for the answer to all of it.
#[test]
fn what_is_in_the_swap_goes_out_while_its_sender_sleeps() {
    const COUNT: u32 = 300;
    over_connections(|transport| {
        let place = transport.place();
        let (there, here) = dealers(&place, |options| {
            (options.send_hwm, options.recv_hwm, options.swap_bytes) = (2, 2, 64 << 20);
        });
        for _ in 0..3 {
            let body = |number: u32| {
                let mut body = number.to_le_bytes().to_vec();
                body.resize(50_000, b's');
                body
            };
            for number in 0..COUNT {
                assert_eq!(try_send(here, body(number)), Ok(()), "{number}: there is the disk");
            }
            let asking = waiting(here);
            (0..COUNT).for_each(|number| assert!(recv(there) == body(number), "message {number}"));
            send(there, "all");
            assert_eq!(asking.join().expect("the sender"), b"all");
        }
    });
}

/// More is sent, by turns in a burst and one by one, than the kernel takes, while a thread sleeps on the connection.
#[test]
fn what_the_kernel_has_no_room_for_goes_out_when_it_has() {
    const COUNT: u32 = 1500;
    over_connections(|transport| {
        let place = transport.place();
        let (there, here) = dealers(&place, |options| (options.send_hwm, options.recv_hwm) = (0, 1));
        for turn in 0..10 {
            let asking = waiting(here);
            for number in 0..COUNT {
                send_part(here, &number.to_le_bytes(), true, true).expect("send");
                send(here, [b'x'; 3000]);
                if number % 64 < turn * 7 {
                    std::thread::sleep(Duration::from_micros(10));
                }
            }
            (0..COUNT).for_each(|number| assert_eq!(recv_all(there)[0], number.to_le_bytes()));
            send(there, "all");
            assert_eq!(asking.join().expect("the sender"), b"all");
        }
    });
}

/// Of several messages the last is received, and none after one that was sent later.
#[test]
fn a_conflating_receiver() {
    over_connections(|transport| {
        let place = transport.place();
        let (there, here) = dealers(&place, |options| options.conflate = true);
        let mut sent = 0u32;
        for turn in 0..30 {
            let receiver = asleep_on_connections(move || {
                let word = |bytes: Vec<u8>| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
                let last = (turn + 1) * 10;
                let mut seen = turn * 10;
                while seen < last {
                    let got = word(recv(here));
                    assert!(seen < got && got <= last, "{got} after {seen}");
                    seen = got;
                }
            });
            for _ in 0..10 {
                sent += 1;
                send(there, sent.to_le_bytes());
            }
            receiver.join().expect("the receiver");
        }
    });
}

/// With ZMQ_IMMEDIATE nothing is taken while there is no connection, though a thread sleeps on the one that was.
#[test]
fn an_immediate_sender_whose_peer_goes_and_comes() {
    over_connections(|transport| {
        let place = transport.fixed_place();
        let here = place.client().socket_with(SocketType::Dealer, |options| options.immediate = true);
        here.connect(&place.endpoint).expect("connect");
        assert_eq!(try_send(here, "nobody is there"), Err(Error::WouldBlock));
        let nobody_is_there = || try_send(here, "is anybody there?") == Err(Error::WouldBlock);
        for turn in 0..10 {
            let server = Context::new();
            let there = server.socket(SocketType::Dealer);
            eventually("the address is free", || there.bind(&place.endpoint).is_ok());
            // As soon as there is a connection.
            send(here, "hello");
            while recv_text(there) != "hello" {}
            let receiver = asleep_on_connections(move || recv_text(here));
            if turn % 2 == 0 {
                send(there, "good-bye");
                assert_eq!(receiver.join().expect("the receiver"), "good-bye");
                server.end();
            } else {
                server.end();
                eventually("it is known that nobody is there", nobody_is_there);
                // Who sleeps goes on sleeping, until somebody comes.
                let server = Context::new();
                let there = server.socket(SocketType::Dealer);
                eventually("the address is free", || there.bind(&place.endpoint).is_ok());
                send(there, "here I am");
                assert_eq!(receiver.join().expect("the receiver"), "here I am");
                server.end();
            }
            eventually("it is known that nobody is there", nobody_is_there);
        }
    });
}

/// A thread streams, closes the socket, and ends the context: all is delivered, and those who sleep on connections of the
/// socket, or of another one of the context, are told.
#[test]
fn what_a_stream_leaves_is_delivered_when_the_socket_closes() {
    const COUNT: u32 = 3500;
    over_connections(|transport| {
        for shared in [false, true] {
            let place = transport.place();
            let client = Context::new();
            let there = place.server.socket(SocketType::Dealer);
            let endpoint = bind(there, &place.endpoint);
            let here = client.socket_with(SocketType::Dealer, |options| options.linger = None);
            here.connect(&endpoint).expect("connect");
            greet(there, here);
            let other = client.connected(SocketType::Dealer, &endpoint);
            send(other, "I, too");
            assert_eq!(recv_text(there), "I, too");
            let sleeps_on = if shared { here } else { other };
            let sleeper = asleep_on_connections(move || {
                let result = sleeps_on.recv(true).map(drop);
                let _ = sleeps_on.close();
                result
            });
            let receiver = std::thread::spawn(move || {
                (0..COUNT).for_each(|number| assert_eq!(recv(there), number.to_le_bytes()));
            });
            (0..COUNT).for_each(|number| send(here, number.to_le_bytes()));
            here.close().expect("close");
            if shared {
                other.close().expect("close");
            }
            client.end_while_waited_on();
            let ended = sleeper.join().expect("the sleeper").expect_err("no message came");
            assert!(matches!(ended, Error::Terminated | Error::NotASocket), "{ended:?}");
            receiver.join().expect("the receiver");
        }
    });
}

/// A monitor is told once, by whoever finds out, that the connection is lost.
#[test]
fn the_monitor_is_told_of_the_end() {
    const DISCONNECTED: u16 = 0x0200;
    over_connections(|transport| {
        let place = transport.place();
        let pull = place.server.socket(SocketType::Pull);
        let endpoint = bind(pull, &place.endpoint);
        pull.monitor(Some("inproc://told"), u64::from(DISCONNECTED), 1, SocketType::Pair).expect("monitor");
        let monitor = place.server.connected(SocketType::Pair, "inproc://told");
        let mut receiver = None;
        for turn in 0..10 {
            let push = place.client().connected(SocketType::Push, &endpoint);
            send(push, "x");
            if let Some(receiver) = receiver.take() {
                let receiver: JoinHandle<Vec<u8>> = receiver;
                assert_eq!(receiver.join().expect("the receiver"), b"x");
            } else {
                assert_eq!(recv(pull), b"x");
            }
            receiver = Some(waiting(pull));
            push.close().expect("close");
            let event = recv_all(monitor);
            assert_eq!(event[0][..2], DISCONNECTED.to_ne_bytes(), "turn {turn}");
        }
        let push = place.client().connected(SocketType::Push, &endpoint);
        send(push, "x");
        receiver.into_iter().for_each(|receiver| drop(receiver.join().expect("the receiver")));
        assert_eq!(monitor.recv(false).err(), Some(Error::WouldBlock), "told more than once");
    });
}

/// Named peers of 2.x go, and come back, while a thread sleeps on their connection; others speak meanwhile.
#[test]
fn named_peers_come_back_to_a_router_that_waits() {
    let context = Context::with_threads(2);
    let router = context.socket_with(SocketType::Router, |options| {
        let (send_timeout, recv_timeout) = (options.send_timeout, options.recv_timeout);
        *options = Options { send_timeout, recv_timeout, ..Options::for_2x() };
    });
    let endpoint = bind(router, LOOPBACK);
    let come = |name: &str| {
        let mut peer = Raw::connect(&endpoint);
        peer.write([frame_v1(false, name.as_bytes()), frame_v1(false, b"here")].concat());
        peer.read(10);
        peer
    };
    let mut beside = come("beside");
    assert_eq!(recv_all(router), [&b"beside"[..], b"here"]);
    for turn in 0..20u32 {
        let receiver = asleep_on_connections(move || recv_all(router));
        let mut peer = come("named");
        assert_eq!(receiver.join().expect("the receiver"), [&b"named"[..], b"here"]);
        if turn > 0 {
            assert_eq!(peer.read_frame_v1(), (false, format!("kept {turn}").into_bytes()));
        }
        let receiver = asleep_on_connections(move || recv_all(router));
        beside.write(frame_v1(false, b"still there"));
        assert_eq!(receiver.join().expect("the receiver"), [&b"beside"[..], b"still there"]);
        // The next is for the peer that is gone, or will be.
        let receiver = asleep_on_connections(move || recv_all(router));
        peer.leave();
        send_all(router, &["named".to_owned(), format!("kept {}", turn + 1)]);
        beside.write(frame_v1(false, b"go on"));
        assert_eq!(receiver.join().expect("the receiver"), [&b"beside"[..], b"go on"]);
    }
}

/// The application computes for a while, and calls nothing, right after it has read the connection by itself.
#[test]
fn pings_are_answered_while_the_application_computes() {
    let context = Context::new();
    let (dealer, endpoint) = context.bound(SocketType::Dealer);
    let mut peer = Raw::connect(&endpoint);
    peer.open_v3(1, "DEALER");
    for turn in 0..10u8 {
        let receiver = waiting(dealer);
        peer.write(frame(0, b"work"));
        assert_eq!(receiver.join().expect("the receiver"), b"work");
        for number in 0..10 {
            peer.write(command("PING", &[0, 100, turn, number]));
            assert_eq!(peer.read_frame(), (COMMAND, [b"\x04PONG", &[turn, number][..]].concat()));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    // And while it sleeps.
    let receiver = waiting(dealer);
    for number in 0..10 {
        peer.write(command("PING", &[0, 100, number]));
        assert_eq!(peer.read_frame(), (COMMAND, [b"\x04PONG", &[number][..]].concat()));
    }
    peer.write(frame(0, b"end"));
    assert_eq!(receiver.join().expect("the receiver"), b"end");
}

/// A peer falls silent within a message, in its header or in its body, and goes on later or never.
#[test]
fn a_peer_that_is_silent_within_a_message() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let other = context.connected(SocketType::Push, &endpoint);
    for size in [10, 300, 100_000] {
        let whole = frame(0, &vec![b'x'; size]);
        for cut in [1, 2, 5, whole.len() / 2, whole.len() - 1] {
            let mut peer = Raw::connect(&endpoint);
            peer.open_v2(SocketType::Push as u8);
            peer.write(frame(0, b"hello"));
            assert_eq!(recv(pull), b"hello");
            let receiver = waiting(pull);
            peer.write(&whole[..cut]);
            send(other, "meanwhile");
            assert_eq!(receiver.join().expect("the receiver"), b"meanwhile");
            let receiver = waiting(pull);
            if cut % 2 == 0 {
                peer.write(&whole[cut..]);
                assert!(receiver.join().expect("the receiver") == vec![b'x'; size]);
            } else {
                peer.leave();
                send(other, "it has gone");
                assert_eq!(receiver.join().expect("the receiver"), b"it has gone");
            }
        }
    }
}

/// Whether a process has the other end of the peer's connection.
fn is_held(peer: &Raw) -> bool {
    let hex = |port: u16| format!("0100007F:{port:04X}");
    let ours = hex(peer.0.peer_addr().expect("an address").port());
    let theirs = hex(peer.0.local_addr().expect("an address").port());
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the system's connections");
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // Where it is only the system's there is no inode.
        matches!(words[..], [_, local, remote, _, _, _, _, _, _, inode, ..] if local == ours && remote == theirs && inode != "0")
    })
}

/// The socket lets go of a connection on which a thread sleeps: it is closed, and not only half.
#[test]
fn a_connection_that_is_not_wanted_any_more_is_closed_under_a_sleeper() {
    let context = Context::new();
    let dealer = context.socket(SocketType::Dealer);
    for unbinds in [false, true] {
        let endpoint;
        let mut peer = if unbinds {
            endpoint = bind(dealer, LOOPBACK);
            Raw::connect(&endpoint)
        } else {
            let listener = crate::common::raw::Listener::new();
            endpoint = listener.endpoint();
            dealer.connect(&endpoint).expect("connect");
            listener.accept()
        };
        peer.open_v2(SocketType::Dealer as u8);
        peer.write(frame(0, b"hello"));
        assert_eq!(recv(dealer), b"hello");
        let receiver = waiting(dealer);
        if unbinds { dealer.unbind(&endpoint) } else { dealer.disconnect(&endpoint) }.expect("known");
        peer.wait_for_end();
        // Though the peer keeps its end.
        eventually("the descriptor is closed", || !is_held(&peer));
        let (other, endpoint) = context.bound(SocketType::Dealer);
        dealer.connect(&endpoint).expect("connect");
        send(other, "another");
        assert_eq!(receiver.join().expect("the receiver"), b"another");
        dealer.disconnect(&endpoint).expect("known");
    }
}

/// Connections become more than a thread reads by itself, and fewer, all while it waits.
#[test]
fn peers_come_and_go_while_a_thread_waits() {
    const TURNS: u32 = 3;
    over_connections(|transport| {
        for polls in [false, true] {
            let place = transport.place();
            let pull = place.server.socket(SocketType::Pull);
            let endpoint = bind(pull, &place.endpoint);
            let counts = [1usize, 15, 16, 17, 18, 33, 17, 16, 15, 1];
            let total: usize = counts.iter().map(|count| count * TURNS as usize).sum();
            let receiver = std::thread::spawn(move || {
                let mut next = std::collections::HashMap::new();
                for _ in 0..total {
                    if polls {
                        let mut items =
                            [PollItem { on: PollOn::Socket(pull), want: READABLE, got: Interest::default() }];
                        assert_eq!(poll(&mut items, Some(PATIENCE)), Ok(1));
                    }
                    let got = recv_all(pull);
                    let turn = u32::from_le_bytes(got[1][..].try_into().expect("four bytes"));
                    let expected = next.entry(got[0].clone()).or_insert(0);
                    assert_eq!(turn, *expected, "in order");
                    *expected += 1;
                }
                assert!(next.values().all(|count| *count == TURNS), "all came");
            });
            let mut pushes: Vec<SocketHandle> = Vec::new();
            for (stage, count) in counts.into_iter().enumerate() {
                while pushes.len() > count {
                    pushes.pop().expect("there are some").close().expect("close");
                }
                while pushes.len() < count {
                    pushes.push(place.client().connected(SocketType::Push, &endpoint));
                }
                for turn in 0..TURNS {
                    for (at, push) in pushes.iter().enumerate() {
                        send_part(*push, format!("{stage} {at}").as_bytes(), true, true).expect("send");
                        send(*push, turn.to_le_bytes());
                    }
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            within("all is received", move || receiver.join()).expect("the receiver");
        }
    });
}
