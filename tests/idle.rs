//! Who waits, sleeps: a process that waits for messages is not woken before there is one, and then once, and uses no
//! processor time. A test binary of its own, with one test, because it counts what the whole process does.
#![forbid(unsafe_code)]

mod common;

use common::{Context, TempDir, bind, recv, recv_text, send};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{SocketHandle, SocketType};
use std::time::Duration;

/// Attempts to see it undisturbed: on a busy machine a thread may be kept from sleeping again at once.
const ATTEMPTS: usize = 20;
/// For how long nothing happens. A thread that looked all the while would use some fifteen ticks of the processor.
const QUIET: Duration = Duration::from_millis(150);
/// For how long nothing happens in a process with many connections: then nothing runs at all.
const LONG_QUIET: Duration = Duration::from_secs(1);
/// How many connections that has, of each transport.
const CONNECTIONS: usize = 100;
/// Ticks of the processor, of a hundredth of a second, that end in so short a time although next to nothing was done.
const TICKS_MAX: u64 = 1;
/// Messages that come now and then: how many, and the time between them in milliseconds.
const PACES: [(u64, u64); 2] = [(300, 1), (50, 5)];

/// What the process's other threads have done so far.
#[derive(Debug, Clone, Copy)]
struct Activity {
    /// How many times they have gone to sleep: once for each time that they were woken.
    sleeps: u64,
    /// Ticks of the processor that they have used: a thread that never sleeps is not woken either.
    ticks: u64,
}

impl Activity {
    fn now() -> Activity {
        let own = std::fs::read_link("/proc/thread-self").expect("this thread");
        let tasks = std::fs::read_dir("/proc/self/task").expect("the threads");
        let tasks = tasks.map(|task| task.expect("a thread").path());
        let mut all = Activity { sleeps: 0, ticks: 0 };
        for task in tasks.filter(|task| task.file_name() != own.file_name()) {
            let read = |name| std::fs::read_to_string(task.join(name)).unwrap_or_default();
            let number = |text: &str| text.trim().parse::<u64>().expect("a number");
            let status = read("status");
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            all.sleeps += line.map_or(0, number);
            // User and system time are fields 14 and 15; the second, a name in brackets, may have blanks in it.
            let stat = read("stat");
            let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
            all.ticks += fields.split_whitespace().skip(11).take(2).map(number).sum::<u64>();
        }
        all
    }
}

/// Checks that the other threads sleep so many times, and run for so many ticks, at most, in one of several attempts.
fn at_most(sleeps_max: u64, ticks_max: u64, what: &str, mut attempt: impl FnMut()) {
    let mut counts = Vec::new();
    for _ in 0..ATTEMPTS {
        let before = Activity::now();
        attempt();
        let after = Activity::now();
        let (sleeps, ticks) = (after.sleeps - before.sleeps, after.ticks - before.ticks);
        if sleeps <= sleeps_max && ticks <= ticks_max {
            return;
        }
        counts.push((sleeps, ticks));
    }
    panic!("{what}: {counts:?} wakes and ticks, and not {sleeps_max} and {ticks_max} at most");
}

/// What a thread does that waits for messages and sends them back.
fn answer(socket: SocketHandle, polls: bool) {
    loop {
        if polls {
            let want = Interest { readable: true, ..Interest::default() };
            poll(&mut [PollItem { on: PollOn::Socket(socket), want, got: Interest::default() }], None)
                .expect("poll");
        }
        let text = recv(socket);
        if text == b"end" {
            return;
        }
        if text != b"silence" {
            send(socket, text);
        }
    }
}

/// A context whose threads look for so long before they sleep; `None`: as long as they do if nobody says.
fn context(spin: Option<Duration>) -> Context {
    let context = Context::new();
    let change = |options: &mut oxmq::ContextOptions| {
        options.spin = spin;
        Ok(())
    };
    context.handle.configure(change).expect("configure");
    context
}

/// Threads that wait without a bound for messages of many connections, which have all been used, make no system call.
fn many_connections_wake_nobody(directory: &TempDir) {
    for polls in [false, true] {
        let context = context(None);
        let server = context.socket(SocketType::Rep);
        let endpoints = [bind(server, "tcp://127.0.0.1:*"), bind(server, &directory.ipc("many"))];
        std::thread::scope(|scope| {
            scope.spawn(|| answer(server, polls));
            let clients = endpoints.iter().cycle().take(endpoints.len() * CONNECTIONS).map(|endpoint| {
                let client = context.socket(SocketType::Req);
                client.connect(endpoint).expect("connect");
                send(client, "question");
                client
            });
            let clients: Vec<SocketHandle> = clients.collect();
            clients.iter().for_each(|client| assert_eq!(recv(*client), b"question"));
            at_most(0, TICKS_MAX, &format!("many connections, polling: {polls}"), || {
                std::thread::sleep(LONG_QUIET);
            });
            send(clients[0], "end");
        });
    }
}

#[test]
fn who_waits_sleeps() {
    let directory = TempDir::new();
    many_connections_wake_nobody(&directory);
    let endpoints = ["tcp://127.0.0.1:*", &directory.ipc("idle"), "inproc://idle"];
    let spins = [None, Some(Duration::ZERO), Some(Duration::from_millis(1))];
    for (endpoint, spin) in endpoints.iter().flat_map(|endpoint| spins.map(|spin| (endpoint, spin))) {
        for (polls, threads) in [(false, 1), (true, 1), (false, 2)] {
            let context = context(spin);
            let (there, here) = (context.socket(SocketType::Dealer), context.socket(SocketType::Dealer));
            here.connect(&bind(there, endpoint)).expect("connect");
            std::thread::scope(|scope| {
                (0..threads).for_each(|_| drop(scope.spawn(|| answer(there, polls))));
                // By then it pays to look before each sleep, and the threads read the connections themselves.
                for turn in 0..200 {
                    send(here, turn.to_string());
                    assert_eq!(recv_text(here), turn.to_string());
                }
                let what = format!("{endpoint}, {threads} threads, polling: {polls}, looking: {spin:?}");
                // Somebody who looks beside those who wait is no reason to look for ever.
                at_most(4, TICKS_MAX, &format!("{what}: nothing happens"), || {
                    assert!(there.recv(false).is_err(), "nothing was sent");
                    std::thread::sleep(QUIET);
                });
                // One wake a message, and not two. Threads that wait on one socket are all woken, and get in each
                // other's way.
                for (messages, pause_ms) in PACES.into_iter().filter(|_| threads == 1) {
                    let bound = messages + messages / 2;
                    at_most(
                        bound,
                        u64::MAX,
                        &format!("{what}: {messages} messages, {pause_ms} ms apart"),
                        || {
                            (0..messages).for_each(|_| {
                                send(here, "silence");
                                std::thread::sleep(Duration::from_millis(pause_ms));
                            });
                        },
                    );
                }
                (0..threads).for_each(|_| send(here, "end"));
            });
        }
    }
}
