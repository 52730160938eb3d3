//! Mixed traffic for as long as asked, everything at random: `soak [--minutes N] [--seed N] [--flow N]`, the last for
//! one of the flows alone.
//!
//! Several flows of messages run side by side, each in rounds: sockets of some kind meet over some transport, with
//! some high-water mark; messages of all sizes go through, from threads that now and then sleep, hand their socket to
//! another thread, connect anew, or wait in another way. No message may be lost where the pattern does not allow it,
//! none doubled, and none overtake another. When a flow stands still, the program says which and fails.
#![forbid(unsafe_code)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "soak/guarded.rs"]
mod guarded;
#[path = "soak/lasting.rs"]
mod lasting;
#[path = "soak/outside.rs"]
mod outside;

use common::{Context, LOOPBACK, Random, TempDir, bind, unique};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::socket::options::{Mechanism, Security};
use oxmq::{Error, Message, Options, SocketHandle, SocketType};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A flow that does not move for so long has stalled.
const STALL: Duration = Duration::from_secs(60);
/// More time than this between two looks of the watchdog is not the flows'.
const LOOK_MAX: Duration = Duration::from_secs(2);
/// Bytes that one round of a flow sends, about.
const ROUND_BYTES: usize = 8_000_000;
const MARKS: [usize; 6] = [1, 2, 10, 100, 1000, 0];
const SIZES: [usize; 10] = [0, 1, 20, 33, 200, 1000, 5000, 9000, 70_000, 200_000];
const READABLE: Interest = Interest { readable: true, writable: false, urgent: false, error: false };

/// One flow, as the watchdog sees it.
struct Flow {
    name: &'static str,
    /// Messages received, and rounds begun.
    moved: AtomicU64,
    rounds: AtomicU64,
    ended: AtomicBool,
    stop: Arc<AtomicBool>,
}

/// The means of one round.
struct Round<'a> {
    flow: &'a Flow,
    server: Context,
    client: Context,
    inproc: bool,
    endpoint: String,
    seed: u64,
    hwm: usize,
    /// What secures the binding and the connecting side.
    security: [Security; 2],
    /// By PLAIN: contexts with a side that is asked need somebody who lets peers in.
    guarded: bool,
    _directory: TempDir,
}

/// CURVE, for both sides.
fn curve() -> [Security; 2] {
    let [server, client] = [(); 2].map(|()| oxmq::curve::keypair().expect("random numbers"));
    [(server, true), (client, false)].map(|((public_key, secret_key), as_server)| {
        let mechanism = Mechanism::Curve { as_server, public_key, secret_key, server_key: server.0 };
        Security { mechanism, ..Security::default() }
    })
}

impl<'a> Round<'a> {
    fn new(flow: &'a Flow, random: &mut Random) -> Round<'a> {
        flow.rounds.fetch_add(1, Ordering::Relaxed);
        let directory = TempDir::new();
        let transport = random.below(5);
        let endpoint = match transport {
            0 => format!("inproc://{}", unique("soak")),
            1 => directory.ipc("soak"),
            2 => format!("ipc://@{}", unique("soak")),
            _ => LOOPBACK.into(),
        };
        let (server, client) = (Context::with_threads(1 + random.below(2)), Context::new());
        let (seed, hwm) = (random.next(), MARKS[random.below(MARKS.len())]);
        let inproc = transport == 0;
        let mechanism = if inproc { 0 } else { random.below(8) };
        let security = match mechanism {
            1 | 2 => curve(),
            3 => guarded::both(),
            _ => Default::default(),
        };
        let (guarded, _directory) = (mechanism == 3, directory);
        let round =
            Round { flow, server, client, inproc, endpoint, seed, hwm, security, guarded, _directory };
        round.guard(&round.server);
        round
    }

    /// Has peers let in to sockets of the context, if they must be.
    fn guard(&self, context: &Context) {
        if self.guarded {
            guarded::guard(context, self.seed);
        }
    }

    fn secure(&self, options: &mut Options, binds: bool) {
        options.security = self.security[usize::from(!binds)].clone().into();
    }

    fn socket(&self, context: &Context, kind: SocketType) -> SocketHandle {
        let binds = std::ptr::eq(context, &self.server);
        context.socket_with(kind, |options| {
            patient(options, self.hwm);
            self.secure(options, binds);
        })
    }

    fn server(&self, kind: SocketType) -> (SocketHandle, String) {
        let socket = self.socket(&self.server, kind);
        (socket, bind(socket, &self.endpoint))
    }

    fn client(&self, kind: SocketType) -> SocketHandle {
        self.socket(if self.inproc { &self.server } else { &self.client }, kind)
    }

    fn random(&self, of: u64) -> Random {
        Random(self.seed ^ (of + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn note(&self) {
        self.flow.moved.fetch_add(1, Ordering::Relaxed);
    }
}

/// It is the watchdog that finds out about calls that do not return.
fn patient(options: &mut Options, hwm: usize) {
    (options.send_timeout, options.recv_timeout, options.linger) = (None, None, None);
    (options.send_hwm, options.recv_hwm) = (hwm, hwm);
}

/// How long a thread does something else, now and then.
fn idle(random: &mut Random) {
    match random.below(400) {
        0 => std::thread::sleep(Duration::from_micros(random.below(50_000) as u64)),
        1..=3 => std::thread::sleep(Duration::from_micros(random.below(3000) as u64)),
        4..=8 => std::thread::yield_now(),
        _ => {}
    }
}

/// The sizes of the messages of a round: either small ones, or of all kinds.
fn sizes(random: &mut Random) -> Vec<usize> {
    let kinds = if random.below(2) == 0 { 4 } else { SIZES.len() };
    let count = 1 + random.below(20_000);
    let mut left = ROUND_BYTES;
    let sizes = (0..count).map(|_| SIZES[random.below(kinds)]);
    sizes.take_while(|size| left.checked_sub(size + 50).map(|less| left = less).is_some()).collect()
}

/// A message of two parts: whose and which it is, and bytes that follow from that.
fn send(socket: SocketHandle, sender: u32, number: u32, size: usize) {
    let mut stamp =
        Message::copy_from(&[sender.to_le_bytes(), number.to_le_bytes()].concat()).expect("memory");
    stamp.set_more(true);
    socket.send(&mut stamp, true).expect("send");
    let mut body = Message::from_vec(vec![number as u8; size]);
    socket.send(&mut body, true).expect("send");
}

/// The rest of a message whose first part is there.
fn rest(socket: SocketHandle, first: &Message) -> (u32, u32, usize) {
    let word = |at: usize| {
        let bytes = first.as_bytes().get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_le_bytes(bytes.expect("a stamp"))
    };
    let (sender, number) = (word(0), word(4));
    assert!(first.more(), "a stamp is followed by a body");
    let body = socket.recv(false).expect("all parts come together");
    assert!(
        !body.more() && body.as_bytes().iter().all(|byte| *byte == number as u8),
        "a body of another message"
    );
    (sender, number, body.len())
}

/// Receives a message, waiting in one of the ways that there are.
fn recv(socket: SocketHandle, random: &mut Random) -> (u32, u32, usize) {
    receive(socket, random).expect("recv")
}

/// Waits in an event loop of the application's own, for the socket's descriptor.
fn recv_by_descriptor(socket: SocketHandle) -> Result<Message, Error> {
    let fd = socket.fd()?;
    while !socket.events()?.readable {
        poll(&mut [PollItem { on: PollOn::Fd(fd), want: READABLE, got: Interest::default() }], None)?;
    }
    socket.recv(false)
}

fn receive(socket: SocketHandle, random: &mut Random) -> Result<(u32, u32, usize), Error> {
    Ok(rest(socket, &first_part(socket, random)?))
}

/// The first part of a message, waited for in one of the ways that there are.
fn first_part(socket: SocketHandle, random: &mut Random) -> Result<Message, Error> {
    match random.below(20) {
        0 => loop {
            match socket.recv(false) {
                Err(Error::WouldBlock) => std::thread::sleep(Duration::from_micros(200)),
                got => break got,
            }
        },
        // Some sockets only: from then on it is the I/O threads that read their connections.
        6..10 if socket.into_raw().is_multiple_of(4) => recv_by_descriptor(socket),
        1..=5 => {
            let mut items =
                [PollItem { on: PollOn::Socket(socket), want: READABLE, got: Interest::default() }];
            assert_eq!(poll(&mut items, None)?, 1);
            socket.recv(false)
        }
        _ => socket.recv(true),
    }
}

/// Does `deed` for each of the items, some by one thread and then some by another.
fn by_several<T: Copy + Sync>(items: &[T], random: &mut Random, deed: impl Fn(T, &mut Random) + Sync) {
    let mut items = items;
    while !items.is_empty() {
        let (now, later) = items.split_at((1 + random.below(5000)).min(items.len()));
        let mut own = Random(random.next() | 1);
        let run = || {
            for item in now {
                idle(&mut own);
                deed(*item, &mut own);
            }
        };
        std::thread::scope(|scope| named(scope, run).join().expect("a part of it"));
        items = later;
    }
}

/// A thread that is named like the flow that it works for.
fn named<'scope, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    run: impl FnOnce() -> T + Send + 'scope,
) -> std::thread::ScopedJoinHandle<'scope, T> {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    std::thread::Builder::new().name(name).spawn_scoped(scope, run).expect("a thread")
}

fn numbered(sizes: &[usize]) -> Vec<(u32, usize)> {
    (0..).zip(sizes.iter().copied()).collect()
}

/// PUSH to PULL, in order; or, where it connects anew now and then, complete at least.
fn stream(round: &Round<'_>, random: &mut Random) {
    let (pull, endpoint) = round.server(SocketType::Pull);
    let push = round.client(SocketType::Push);
    push.connect(&endpoint).expect("connect");
    let messages = numbered(&sizes(random));
    let reconnects = random.below(3) == 0;
    std::thread::scope(|scope| {
        named(scope, || {
            by_several(&messages, &mut round.random(0), |(number, size), random| {
                if reconnects && random.below(500) == 0 {
                    push.disconnect(&endpoint).expect("disconnect");
                    push.connect(&endpoint).expect("connect");
                }
                send(push, 0, number, size);
            });
            push.close().expect("close");
        });
        let mut seen = HashSet::new();
        by_several_mut(&messages, &mut round.random(1), |(expected, _), random| {
            let (_, number, size) = recv(pull, random);
            assert!(seen.insert(number), "{number} came twice");
            assert!(reconnects || number == expected, "{number} instead of {expected}");
            assert_eq!(messages.get(number as usize), Some(&(number, size)));
            round.note();
        });
    });
}

/// As [`by_several`], for what only one thread at a time can do, and must not do in threads that outlive it.
fn by_several_mut<T: Copy + Sync + Send>(
    items: &[T],
    random: &mut Random,
    mut deed: impl FnMut(T, &mut Random) + Send,
) {
    let mut items = items;
    while !items.is_empty() {
        let (now, later) = items.split_at((1 + random.below(5000)).min(items.len()));
        let mut own = Random(random.next() | 1);
        let deed = &mut deed;
        std::thread::scope(|scope| {
            named(scope, move || {
                for item in now {
                    idle(&mut own);
                    deed(*item, &mut own);
                }
            });
        });
        items = later;
    }
}

/// REQ and REP, one request after the other.
fn dialogue(round: &Round<'_>, random: &mut Random) {
    let (rep, endpoint) = round.server(SocketType::Rep);
    let req = round.client(SocketType::Req);
    req.connect(&endpoint).expect("connect");
    let mut messages = numbered(&sizes(random));
    messages.truncate(2000);
    std::thread::scope(|scope| {
        named(scope, || {
            by_several(&messages, &mut round.random(0), |_, random| {
                let (sender, number, size) = recv(rep, random);
                idle(random);
                send(rep, sender, number, size);
            });
        });
        by_several(&messages, &mut round.random(1), |(number, size), random| {
            if random.below(100) == 0 {
                req.disconnect(&endpoint).expect("disconnect");
                req.connect(&endpoint).expect("connect");
            }
            send(req, 7, number, size);
            assert_eq!(recv(req, random), (7, number, size), "the reply to another request");
            round.note();
        });
    });
}

/// DEALERs that keep some messages under way to a ROUTER, which sends all of them back: in order.
fn routed(round: &Round<'_>, random: &mut Random) {
    let router = round.server.socket_with(SocketType::Router, |options| {
        patient(options, 0);
        round.secure(options, true);
    });
    let endpoint = bind(router, &round.endpoint);
    let clients = 1 + random.below(6);
    let messages: Vec<_> = (0..clients).map(|_| numbered(&sizes(random))).collect();
    let total: usize = messages.iter().map(Vec::len).sum();
    std::thread::scope(|scope| {
        named(scope, || {
            let turns: Vec<()> = vec![(); total];
            by_several(&turns, &mut round.random(0), |(), _| {
                let name = router.recv(true).expect("recv");
                let mut parts = vec![name];
                while parts.last().is_some_and(Message::more) {
                    parts.push(router.recv(false).expect("all parts come together"));
                }
                parts.iter_mut().for_each(|part| router.send(part, true).expect("send"));
            });
        });
        for (client, messages) in (0..).zip(&messages) {
            let (dealer, endpoint) = (round.client(SocketType::Dealer), &endpoint);
            named(scope, move || {
                dealer.connect(endpoint).expect("connect");
                let mut random = round.random(1 + u64::from(client));
                let window = 1 + random.below(50);
                let answered = |&(number, size): &(u32, usize), random: &mut Random| {
                    assert_eq!(recv(dealer, random), (client, number, size));
                    round.note();
                };
                for (at, &(number, size)) in messages.iter().enumerate() {
                    idle(&mut random);
                    send(dealer, client, number, size);
                    if let Some(before) = at.checked_sub(window) {
                        answered(&messages[before], &mut random);
                    }
                }
                let left = messages.len().saturating_sub(window);
                messages[left..].iter().for_each(|message| answered(message, &mut random));
            });
        }
    });
}

/// PUB to SUBs, which may miss some where there is a mark, and never see one twice or late.
fn published(round: &Round<'_>, random: &mut Random) {
    let publisher = round.server.socket_with(SocketType::Xpub, |options| {
        patient(options, round.hwm);
        round.secure(options, true);
        // Every subscription is to be heard of.
        options.publishing.verbose = true;
    });
    let endpoint = bind(publisher, &round.endpoint);
    let count = 1 + random.below(4);
    let subscribers: Vec<_> = (0..count).map(|_| round.client(SocketType::Sub)).collect();
    for sub in &subscribers {
        sub.subscribe(b"").expect("subscribe");
        sub.connect(&endpoint).expect("connect");
        assert_eq!(publisher.recv(true).expect("a subscription").as_bytes(), [1]);
    }
    let messages = numbered(&sizes(random));
    let waiting = AtomicU64::new(count as u64);
    std::thread::scope(|scope| {
        for (at, &sub) in subscribers.iter().enumerate() {
            let (messages, waiting) = (&messages, &waiting);
            named(scope, move || {
                let mut random = round.random(at as u64);
                let mut next = 0;
                loop {
                    idle(&mut random);
                    let (last, number, size) = recv(sub, &mut random);
                    if last == 1 {
                        break;
                    }
                    assert!(number >= next, "{number} when {next} was to come");
                    assert!(
                        round.hwm > 0 || number == next,
                        "{number} instead of {next}, and there is no mark"
                    );
                    assert_eq!(messages.get(number as usize), Some(&(number, size)));
                    next = number + 1;
                    round.note();
                }
                assert!(round.hwm > 0 || next as usize == messages.len(), "there is no mark");
                waiting.fetch_sub(1, Ordering::Relaxed);
            });
        }
        by_several(&messages, &mut round.random(100), |(number, size), _| send(publisher, 0, number, size));
        while waiting.load(Ordering::Relaxed) > 0 {
            send(publisher, 1, 0, 0);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

/// One thread that polls several sockets, each with a sender of its own.
fn polled(round: &Round<'_>, random: &mut Random) {
    let count = 1 + random.below(20);
    let pairs: Vec<_> = (0..count)
        .map(|_| {
            let pull = round.socket(&round.server, SocketType::Pull);
            let endpoint =
                if round.inproc { format!("inproc://{}", unique("polled")) } else { LOOPBACK.into() };
            let endpoint = bind(pull, &endpoint);
            let push = round.client(SocketType::Push);
            push.connect(&endpoint).expect("connect");
            let mut messages = numbered(&sizes(random));
            messages.truncate(2000);
            (pull, push, messages)
        })
        .collect();
    std::thread::scope(|scope| {
        for (at, (_, push, messages)) in pairs.iter().enumerate() {
            named(scope, move || {
                let mut random = round.random(at as u64);
                by_several(messages, &mut random, |(number, size), _| send(*push, 0, number, size));
            });
        }
        let item = |(pull, ..): &(SocketHandle, SocketHandle, _)| PollItem {
            on: PollOn::Socket(*pull),
            want: READABLE,
            got: Interest::default(),
        };
        let mut items: Vec<PollItem> = pairs.iter().map(item).collect();
        let mut next = vec![0usize; count];
        let mut own = round.random(1000);
        while next.iter().zip(&pairs).any(|(next, (.., messages))| *next < messages.len()) {
            idle(&mut own);
            let timeout = (own.below(3) == 0).then(|| Duration::from_micros(own.below(5000) as u64));
            poll(&mut items, timeout).expect("poll");
            for ((item, next), (pull, _, messages)) in items.iter().zip(&mut next).zip(&pairs) {
                if item.got.readable {
                    let first = pull.recv(false).expect("what poll has found");
                    let (_, number, size) = rest(*pull, &first);
                    assert_eq!(messages.get(*next), Some(&(number, size)));
                    *next += 1;
                    round.note();
                }
            }
        }
    });
}

type Deed = fn(&Round<'_>, &mut Random);

const FLOWS: [(&str, Deed); 11] = [
    ("PUSH-PULL stream", stream),
    ("REQ-REP dialogue", dialogue),
    ("DEALER-ROUTER", routed),
    ("XPUB-SUB", published),
    ("polled sockets", polled),
    ("by a proxy", lasting::passed_on),
    ("by a queue", lasting::queued),
    ("peer restarts", lasting::restarted),
    ("CLIENT-SERVER", lasting::shared),
    ("PLAIN, and strangers", guarded::named_users),
    ("STREAM", outside::bytes),
];

fn start(name: &'static str, deed: Deed, seed: u64, stop: &Arc<AtomicBool>) -> Arc<Flow> {
    let flow = Arc::new(Flow {
        name,
        moved: AtomicU64::new(0),
        rounds: AtomicU64::new(0),
        ended: AtomicBool::new(false),
        stop: stop.clone(),
    });
    let own = flow.clone();
    let run = move || {
        let mut random = Random(seed | 1);
        while !own.stop.load(Ordering::Relaxed) {
            deed(&Round::new(&own, &mut random), &mut random);
        }
        own.ended.store(true, Ordering::Relaxed);
    };
    std::thread::Builder::new().name(name.into()).spawn(run).expect("a thread");
    flow
}

/// Looks after the flows until all have ended, which they are told to do after a time. False: one stands still. While the
/// process is stopped by a signal, no time passes.
fn watch(flows: &[Arc<Flow>], time: Duration, stop: &AtomicBool) -> bool {
    let (mut awake, mut looked) = (Duration::ZERO, Instant::now());
    let mut seen = vec![(0, awake); flows.len()];
    loop {
        std::thread::sleep(Duration::from_millis(100));
        awake += looked.elapsed().min(LOOK_MAX);
        looked = Instant::now();
        if awake >= time {
            stop.store(true, Ordering::Relaxed);
        }
        let mut stalled = false;
        for (flow, seen) in flows.iter().zip(&mut seen) {
            let now = flow.moved.load(Ordering::Relaxed) + flow.rounds.load(Ordering::Relaxed);
            if now != seen.0 || flow.ended.load(Ordering::Relaxed) {
                *seen = (now, awake);
            } else if awake - seen.1 >= STALL {
                eprintln!("{} stands still, after {now} steps", flow.name);
                stalled = true;
            }
        }
        if stalled {
            return false;
        }
        if flows.iter().all(|flow| flow.ended.load(Ordering::Relaxed)) {
            return true;
        }
    }
}

fn argument(name: &str) -> Option<f64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    let text = arguments.nth(1)?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} {text}: not a number")))
}

fn main() {
    let minutes = argument("--minutes").unwrap_or(2.0).clamp(0.0, 10_000.0);
    let seed = argument("--seed").map_or_else(|| u64::from(std::process::id()), |seed| seed as u64);
    println!("{minutes} minutes, seed {seed}");
    // What one flow finds ends the whole.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(1);
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let time = Duration::from_secs_f64(minutes * 60.0);
    let seeds = (1..).map(|at: u64| seed.wrapping_add(at).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let alone = argument("--flow").map(|number| number as usize);
    let chosen = FLOWS.iter().zip(seeds).enumerate().filter(|(at, _)| alone.is_none_or(|alone| alone == *at));
    let flows: Vec<_> =
        chosen.map(|(_, flow)| flow).map(|((name, deed), seed)| start(name, *deed, seed, &stop)).collect();
    let all_moved = watch(&flows, time, &stop);
    for flow in &flows {
        let (moved, rounds) = (flow.moved.load(Ordering::Relaxed), flow.rounds.load(Ordering::Relaxed));
        println!("{}: {moved} messages in {rounds} rounds", flow.name);
    }
    if !all_moved {
        std::process::exit(1);
    }
}
