//! Many threads, many sockets, everything at random for a while: every message arrives once, and those of one
//! sender in order.
#![forbid(unsafe_code)]

mod common;

use common::{Context, LOOPBACK, Random, TempDir, bind, eventually, recv_all, send_all};
use oxmq::{Error, SocketHandle, SocketType, proxy};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SENDERS: usize = 4;
const GENERATIONS: usize = 15;
const MESSAGES_MAX: usize = 400;
/// Endpoints that each receiver is bound to.
const PLACES_EACH: usize = 3;

/// Which socket sent, and its how manieth message it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Stamp {
    sender: u32,
    number: u32,
}

/// A message with a stamp, and parts whose bytes follow from it.
fn stamped(stamp: Stamp, random: &mut Random) -> Vec<Vec<u8>> {
    let mut parts = vec![[stamp.sender.to_le_bytes(), stamp.number.to_le_bytes()].concat()];
    for _ in 0..random.below(4) {
        let size = [0, 1, 30, 31, 300, 1500, 9000, 70_000][random.below(8)];
        parts.push(vec![stamp.number as u8; size]);
    }
    parts
}

fn stamp_of(parts: &[Vec<u8>]) -> Stamp {
    let (sender, number) = parts[0].split_at(4);
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
    let stamp = Stamp { sender: word(sender), number: word(number) };
    for part in &parts[1..] {
        assert!(part.iter().all(|byte| *byte == stamp.number as u8), "a part is not of its message");
    }
    stamp
}

/// What the receivers have got: each one's messages in its own order.
type Received = Mutex<Vec<Vec<Stamp>>>;

/// Receives until the context ends.
fn receive(pull: SocketHandle, index: usize, received: &Received) {
    loop {
        match pull.recv(true) {
            Ok(first) => {
                let mut parts = vec![first.as_bytes().to_vec()];
                if first.more() {
                    parts.extend(recv_all(pull));
                }
                received.lock().unwrap()[index].push(stamp_of(&parts));
            }
            Err(Error::Terminated) => return pull.close().expect("close"),
            Err(error) => panic!("recv: {error}"),
        }
    }
}

/// One thread that sends: opens, connects somewhere, sends some, closes, again and again. Gives how many
/// messages each of its sockets has sent.
fn sender(
    server: &Context,
    own: &Context,
    places: &[String],
    next: &AtomicUsize,
    seed: u64,
) -> Vec<(u32, u32)> {
    let mut random = Random(seed);
    let mut sent = Vec::new();
    for _ in 0..GENERATIONS {
        let hwm = [0, 1, 2, 10, 1000][random.below(5)];
        let (first, second) = (random.below(places.len()), random.below(places.len()));
        let both_inproc = |place: usize| places[place].starts_with("inproc");
        let context = if both_inproc(first) || both_inproc(second) { server } else { own };
        let push = context.socket_with(SocketType::Push, |options| options.send_hwm = hwm);
        push.connect(&places[first]).expect("connect");
        // Two ways to the same receiver would be no order at all.
        if first / PLACES_EACH != second / PLACES_EACH {
            push.connect(&places[second]).expect("connect");
        }
        let sender = next.fetch_add(1, Ordering::Relaxed) as u32;
        let count = random.below(MESSAGES_MAX) as u32;
        for number in 0..count {
            send_all(push, &stamped(Stamp { sender, number }, &mut random));
            if random.below(100) == 0 {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
        // What was sent is delivered all the same.
        push.close().expect("close");
        sent.push((sender, count));
    }
    sent
}

/// All that was sent has come once, and each receiver has got any one sender's messages in order.
fn check(sent: &[(u32, u32)], received: &[Vec<Stamp>]) {
    let mut seen: HashMap<Stamp, usize> = HashMap::new();
    for stamps in received {
        let mut last: HashMap<u32, u32> = HashMap::new();
        for stamp in stamps {
            *seen.entry(*stamp).or_default() += 1;
            let before = last.insert(stamp.sender, stamp.number);
            assert!(before.is_none_or(|before| before < stamp.number), "{stamp:?} after {before:?}");
        }
    }
    for &(sender, count) in sent {
        for number in 0..count {
            let stamp = Stamp { sender, number };
            assert_eq!(seen.remove(&stamp), Some(1), "{stamp:?}");
        }
    }
    assert!(seen.is_empty(), "what was never sent has come: {seen:?}");
}

#[test]
fn every_message_once_and_in_order() {
    let directory = TempDir::new();
    let server = Context::with_threads(2);
    let clients: Vec<Context> = (0..SENDERS).map(|_| Context::new()).collect();
    let mut places = Vec::new();
    let mut pulls = Vec::new();
    for index in 0..3 {
        let hwm = [1, 50, 0][index];
        let pull = server.socket_with(SocketType::Pull, |options| {
            options.recv_hwm = hwm;
            options.recv_timeout = None;
        });
        places.push(bind(pull, LOOPBACK));
        places.push(bind(pull, &directory.ipc(&format!("pull {index}"))));
        places.push(bind(pull, &format!("inproc://pull {index}")));
        pulls.push(pull);
    }
    let received: Received = Mutex::new(vec![Vec::new(); pulls.len()]);
    let next = AtomicUsize::new(0);
    let sent = std::thread::scope(|scope| {
        for (index, pull) in pulls.iter().enumerate() {
            let received = &received;
            scope.spawn(move || receive(*pull, index, received));
        }
        let (server, places, next) = (&server, &places, &next);
        let senders: Vec<_> = clients
            .iter()
            .enumerate()
            .map(|(index, own)| scope.spawn(move || sender(server, own, places, next, 0xACE + index as u64)))
            .collect();
        let sent: Vec<(u32, u32)> =
            senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect();
        let total: usize = sent.iter().map(|(_, count)| *count as usize).sum();
        eventually("everything has arrived", || {
            received.lock().unwrap().iter().map(Vec::len).sum::<usize>() >= total
        });
        server.handle.shut_down().expect("shut down");
        sent
    });
    check(&sent, &received.lock().unwrap());
}

/// Clients with several requests under way each, through two queues, to workers that come and go between
/// requests: every request has its own reply.
#[test]
fn every_request_has_its_reply() {
    let context = Context::with_threads(2);
    let mut next = None;
    let mut queues = Vec::new();
    let mut back_endpoint = String::new();
    for _ in 0..2 {
        let (front, back) = (context.socket(SocketType::Router), context.socket(SocketType::Dealer));
        let front_endpoint = bind(front, LOOPBACK);
        match next.replace(front_endpoint) {
            None => back_endpoint = bind(back, LOOPBACK),
            Some(further) => back.connect(&further).expect("connect"),
        }
        queues.push((front, back));
    }
    let front_endpoint = next.expect("two queues");
    std::thread::scope(|scope| {
        for (front, back) in queues {
            scope.spawn(move || {
                assert_eq!(proxy(front, back, None).err(), Some(Error::Terminated));
                front.close().expect("close");
                back.close().expect("close");
            });
        }
        for _ in 0..3 {
            let rep = context.socket_with(SocketType::Rep, |options| options.recv_timeout = None);
            rep.connect(&back_endpoint).expect("connect");
            scope.spawn(move || work(rep));
        }
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let dealer = context.connected(SocketType::Dealer, &front_endpoint);
                scope.spawn(move || ask(dealer, client))
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().expect("a client"));
        context.handle.shut_down().expect("shut down");
    });
}

/// Answers until the context ends.
fn work(rep: SocketHandle) {
    loop {
        match rep.recv(true) {
            Ok(first) => {
                let mut parts = vec![first.as_bytes().to_vec()];
                if first.more() {
                    parts.extend(recv_all(rep));
                }
                send_all(rep, &parts);
            }
            Err(Error::Terminated) => return rep.close().expect("close"),
            Err(error) => panic!("recv: {error}"),
        }
    }
}

/// Sends requests, up to ten ahead of their replies, which come in any order.
fn ask(dealer: SocketHandle, client: u32) {
    const REQUESTS: u32 = 1000;
    let mut random = Random(0xBEE + u64::from(client));
    let (mut sent, mut answered) = (0, vec![false; REQUESTS as usize]);
    let mut open = 0;
    while sent < REQUESTS || open > 0 {
        if sent < REQUESTS && open < 1 + random.below(10) {
            let mut parts = vec![Vec::new()];
            parts.extend(stamped(Stamp { sender: client, number: sent }, &mut random));
            send_all(dealer, &parts);
            (sent, open) = (sent + 1, open + 1);
        } else {
            let parts = recv_all(dealer);
            assert!(parts[0].is_empty(), "the delimiter");
            let stamp = stamp_of(&parts[1..]);
            assert_eq!(stamp.sender, client, "somebody else's reply");
            let before = std::mem::replace(&mut answered[stamp.number as usize], true);
            assert!(!before, "a reply that has come already");
            open -= 1;
        }
    }
    assert!(answered.iter().all(|answered| *answered));
    dealer.close().expect("close");
}
