//! What a proxy passes on between connections arrives complete and in order, however the proxy ends and whoever is full.
#![forbid(unsafe_code)]

use crate::common::raw::Raw;
use crate::common::{Context, LOOPBACK, bind, recv_all, send, send_all, send_part, within};
use oxmq::{Error, Message, SocketHandle, SocketType, proxy};
use std::thread::JoinHandle;
use std::time::Duration;

/// A proxy, and its context, which ends when it is told to; the proxy closes its sockets then.
struct Passing {
    context: Context,
    proxy: JoinHandle<Error>,
    front: String,
    back: String,
}

impl Passing {
    fn new(kinds: [SocketType; 2], hwm: [usize; 2]) -> Passing {
        let context = Context::with_threads(2);
        let [front, back] = [0, 1].map(|side| {
            context.socket_with(kinds[side], |options| {
                (options.send_hwm, options.recv_hwm) = (hwm[side], hwm[side]);
                (options.send_timeout, options.recv_timeout, options.linger) = (None, None, None);
            })
        });
        let [front_endpoint, back_endpoint] = [front, back].map(|socket| bind(socket, LOOPBACK));
        let proxy = std::thread::spawn(move || {
            let ended = proxy(front, back, None).expect_err("it ends with its context");
            [front, back].into_iter().for_each(|socket| socket.close().expect("close"));
            ended
        });
        Passing { context, proxy, front: front_endpoint, back: back_endpoint }
    }

    fn end(self) {
        self.context.end_while_waited_on();
        assert_eq!(self.proxy.join().expect("the proxy"), Error::Terminated);
    }
}

/// The numbers in the messages of two parts that a peer reads until its connection ends.
fn read_numbers(mut peer: Raw, pause: impl Fn(usize)) -> Vec<u32> {
    let mut numbers = Vec::new();
    let mut first = [0; 2];
    // The end is between two messages.
    while std::io::Read::read(&mut peer.0, &mut first[..1]).expect("read") == 1 {
        first[1] = peer.read(1)[0];
        assert_eq!(first, [1, 1], "a part of one byte, and more");
        assert_eq!(peer.read(1), b"n");
        let (flags, body) = peer.read_frame();
        assert_eq!(flags, 0);
        let number = body[..4].try_into().expect("a number");
        assert!(body[4..].iter().all(|byte| *byte == b'x'));
        numbers.push(u32::from_le_bytes(number));
        pause(numbers.len());
    }
    numbers
}

fn send_number(socket: SocketHandle, number: u32, size: usize) -> Result<(), Error> {
    send_part(socket, b"n", true, true)?;
    let body = [&number.to_le_bytes()[..], &vec![b'x'; size]].concat();
    send_part(socket, &body, false, true)
}

/// The context of the proxy ends in the middle: what came through is all up to some message, each once, and in order
/// for each receiver.
#[test]
fn what_a_proxy_has_taken_is_delivered_when_its_context_ends() {
    for (backs, hwm, size) in
        [(1, 1000, 0), (1, 1, 0), (3, 1000, 0), (3, 2, 20_000), (20, 10, 100), (1, 10, 300_000)]
    {
        let passing = Passing::new([SocketType::Pull, SocketType::Push], [hwm, hwm]);
        let receivers: Vec<_> = (0..backs)
            .map(|at| {
                let mut peer = Raw::connect(&passing.back);
                peer.open_v2(SocketType::Pull as u8);
                // Some are slow, so that there is a time when nobody has room.
                let pause = move |count: usize| {
                    if count % 50 == at {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                };
                std::thread::spawn(move || read_numbers(peer, pause))
            })
            .collect();
        let client = Context::new();
        let source = client.socket_with(SocketType::Push, |options| {
            (options.send_timeout, options.linger) = (None, Some(Duration::ZERO));
        });
        source.connect(&passing.front).expect("connect");
        let sender = std::thread::spawn(move || {
            let mut number = 0;
            while send_number(source, number, size).is_ok() {
                number += 1;
            }
            source.close().expect("close");
            number
        });
        std::thread::sleep(Duration::from_millis(60));
        passing.end();
        let mut all = Vec::new();
        for receiver in receivers {
            let numbers = within("the connection ends", move || receiver.join()).expect("the receiver");
            assert!(numbers.is_sorted(), "one overtook another");
            all.extend(numbers);
        }
        client.end_while_waited_on();
        let sent = sender.join().expect("the sender");
        all.sort_unstable();
        assert!(all.len() <= sent as usize + 1);
        let expected: Vec<u32> = (0..all.len() as u32).collect();
        assert!(all == expected, "{backs} backs: {} of {sent} came, not the first", all.len());
    }
}

/// Requests go to several workers, and the answers back, each to whoever asked, and in order.
#[test]
fn a_queue_with_several_clients_and_workers() {
    const REQUESTS: u32 = 400;
    for hwm in [1000, 2] {
        let queue = Passing::new([SocketType::Router, SocketType::Dealer], [0, hwm]);
        let (clients, workers) = (Context::new(), Context::new());
        let working: Vec<_> = (0..3)
            .map(|_| {
                let rep = workers.socket_with(SocketType::Rep, |options| options.recv_timeout = None);
                rep.connect(&queue.back).expect("connect");
                std::thread::spawn(move || {
                    while let Ok(part) = rep.recv(true) {
                        let mut parts = vec![part];
                        while parts.last().is_some_and(Message::more) {
                            parts.push(rep.recv(true).expect("the rest"));
                        }
                        parts.iter_mut().for_each(|part| rep.send(part, true).expect("send"));
                    }
                    rep.close().expect("close");
                })
            })
            .collect();
        std::thread::scope(|scope| {
            for client in 0..4u32 {
                let req = clients.connected(SocketType::Req, &queue.front);
                scope.spawn(move || {
                    for number in 0..REQUESTS {
                        let parts = [client.to_le_bytes().to_vec(), number.to_le_bytes().to_vec()];
                        send_all(req, &parts);
                        assert_eq!(recv_all(req), parts);
                    }
                });
            }
        });
        workers.end_while_waited_on();
        working.into_iter().for_each(|worker| worker.join().expect("a worker"));
        queue.end();
    }
}

/// Nobody takes anything at the back for a while: the proxy takes no more than fits, loses nothing, and answers in the
/// other direction meanwhile.
#[test]
fn a_side_that_is_full_holds_up_its_own_direction_only() {
    let passing = Passing::new([SocketType::Dealer, SocketType::Dealer], [3, 3]);
    let context = Context::new();
    let source = context.socket_with(SocketType::Dealer, |options| options.send_hwm = 3);
    source.connect(&passing.front).expect("connect");
    let mut sink = Raw::connect(&passing.back);
    sink.open_v2(SocketType::Dealer as u8);
    let mut sent = 0;
    // Until everything is full, to the last buffer.
    let full = |socket: SocketHandle| {
        let mut body = Message::from_vec(vec![b'b'; 50_000]);
        socket.send(&mut body, false) == Err(Error::WouldBlock)
    };
    let mut quiet = 0;
    while quiet < 50 {
        if full(source) {
            quiet += 1;
            std::thread::sleep(Duration::from_millis(2));
        } else {
            (sent, quiet) = (sent + 1, 0);
        }
    }
    for turn in 0..100u32 {
        sink.write(crate::common::raw::frame(0, &turn.to_le_bytes()));
        assert_eq!(recv_all(source), [turn.to_le_bytes()]);
    }
    for _ in 0..sent {
        assert!(sink.read_frame() == (0, vec![b'b'; 50_000]));
    }
    send(source, "the last");
    assert_eq!(sink.read_frame(), (0, b"the last".to_vec()));
    passing.end();
}

#[test]
fn the_side_that_only_sends_is_not_received_from() {
    for [front, back, source, sink] in [
        [SocketType::Dealer, SocketType::Push, SocketType::Dealer, SocketType::Pull],
        [SocketType::Pair, SocketType::Push, SocketType::Pair, SocketType::Pull],
        [SocketType::Router, SocketType::Pub, SocketType::Dealer, SocketType::Sub],
    ] {
        let passing = Passing::new([front, back], [1000; 2]);
        let peers = Context::new();
        let source = peers.connected(source, &passing.front);
        let subscribes = sink == SocketType::Sub;
        let sink = peers.socket(sink);
        if subscribes {
            sink.subscribe(b"").expect("subscribe");
        }
        sink.connect(&passing.back).expect("connect");
        let parts = within("a message", move || {
            // A publisher may not know of its subscriber yet.
            loop {
                send(source, "a message");
                std::thread::sleep(Duration::from_millis(1));
                match sink.recv(false) {
                    Err(Error::WouldBlock) => {}
                    first => break (first.expect("recv").more(), sink),
                }
            }
        });
        let (more, sink) = parts;
        // The routing id comes first.
        assert_eq!(more, front == SocketType::Router);
        if more {
            assert_eq!(sink.recv(true).expect("recv").as_bytes(), b"a message");
        }
        passing.end();
        peers.end();
    }
}
