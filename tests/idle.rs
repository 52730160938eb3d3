//! Who waits, sleeps: a process that waits for messages is not woken before there is one. A test binary
//! of its own, with one test, because it counts what the whole process does.
#![forbid(unsafe_code)]

mod common;

use common::{Context, TempDir, bind, recv, recv_text, send};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{SocketHandle, SocketType};
use std::time::Duration;

/// Attempts to see it undisturbed: on a busy machine a thread may be kept from sleeping again at once.
const ATTEMPTS: usize = 20;

/// How many times the process's other threads have gone to sleep: once for each time that they were woken.
fn sleeps() -> u64 {
    let own = std::fs::read_link("/proc/thread-self").expect("this thread");
    let tasks = std::fs::read_dir("/proc/self/task").expect("the threads");
    let others =
        tasks.map(|task| task.expect("a thread").path()).filter(|path| path.file_name() != own.file_name());
    let of_thread = |path: std::path::PathBuf| {
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.map_or(0, |count| count.trim().parse().expect("a number"))
    };
    others.map(of_thread).sum()
}

/// Checks that the other threads sleep so many times at most, in one of several attempts.
fn at_most(bound: u64, what: &str, mut attempt: impl FnMut()) {
    let mut counts = Vec::new();
    for _ in 0..ATTEMPTS {
        let before = sleeps();
        attempt();
        counts.push(sleeps() - before);
        if counts.last().is_some_and(|count| *count <= bound) {
            return;
        }
    }
    panic!("{what}: {counts:?} wakes, and not {bound} at most");
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
        send(socket, text);
    }
}

#[test]
fn who_waits_sleeps() {
    let directory = TempDir::new();
    for endpoint in ["tcp://127.0.0.1:*", &directory.ipc("idle"), "inproc://idle"] {
        for (polls, threads) in [(false, 1), (true, 1), (false, 2)] {
            let context = Context::new();
            let (there, here) = (context.socket(SocketType::Dealer), context.socket(SocketType::Dealer));
            here.connect(&bind(there, endpoint)).expect("connect");
            std::thread::scope(|scope| {
                (0..threads).for_each(|_| drop(scope.spawn(|| answer(there, polls))));
                for turn in 0..200 {
                    send(here, turn.to_string());
                    assert_eq!(recv_text(here), turn.to_string());
                }
                let what = format!("{endpoint}, {threads} threads, polling: {polls}");
                // Somebody who looks beside those who wait is no reason to look for ever.
                at_most(4, &format!("{what}: nothing happens"), || {
                    assert!(there.recv(false).is_err(), "nothing was sent");
                    std::thread::sleep(Duration::from_millis(50));
                });
                (0..threads).for_each(|_| send(here, "end"));
            });
        }
    }
}
