//! The process has no descriptor left: calls say so, what runs goes on, and what waited is done when there are
//! some again. A test binary of its own, that runs itself again with a lower limit.
#![forbid(unsafe_code)]

mod common;

use common::raw::{Raw, frames, opening_v3};
use common::{
    Context, LOOPBACK, PATIENCE, TempDir, bind, eventually, own_tcp_endpoint, recv, recv_text, rerun, send,
    try_recv,
};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{ContextHandle, Error, Options, SocketHandle, SocketType};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Whether all threads but the calling one sleep.
fn others_sleep() -> bool {
    let own = std::fs::read_link("/proc/thread-self").expect("the thread");
    let tasks = std::fs::read_dir("/proc/self/task").expect("the threads");
    let mut names = tasks.map(|task| task.expect("a thread").file_name());
    names.all(|name| {
        let stat = std::fs::read_to_string(Path::new("/proc/self/task").join(&name).join("stat"));
        // The number, the name in brackets, the state.
        let asleep = |stat: String| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" S"));
        own.file_name() == Some(&name) || stat.is_ok_and(asleep)
    })
}

/// All descriptors that are to be had. The system sets one aside while a thread asks whether a peer has come: that too, a
/// moment later.
fn take_all() -> Vec<File> {
    let mut taken = Vec::new();
    let mut quiet = false;
    loop {
        while let Ok(file) = File::open("/dev/null") {
            taken.push(file);
            assert!(taken.len() < 1000, "the limit is not in force");
        }
        if quiet {
            return taken;
        }
        // To look takes two, and there may be others who take some.
        taken.truncate(taken.len().saturating_sub(5));
        quiet = others_sleep();
    }
}

fn is_shortage<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::TooManyOpen | Error::Os(_)))
}

/// A pair that was connected before is served all the time.
fn exchange(push: SocketHandle, pull: SocketHandle) {
    for number in 0..100 {
        send(push, format!("{number}"));
        assert_eq!(recv_text(pull), format!("{number}"));
    }
}

/// What needs no descriptor, or one that is there already: inproc, closing, and waiting in every way.
fn needs_none(context: &Context, push: SocketHandle, pull: SocketHandle) {
    let (left, right) = (context.socket(SocketType::Pair), context.socket(SocketType::Pair));
    left.bind("inproc://exhausted").expect("bind");
    right.connect("inproc://exhausted").expect("connect");
    let thread = std::thread::spawn(move || {
        for _ in 0..10 {
            // Long enough for the others to go to sleep.
            std::thread::sleep(Duration::from_millis(20));
            send(right, "inproc");
            std::thread::sleep(Duration::from_millis(20));
            send(push, "tcp");
        }
    });
    for round in 0..10 {
        let want = Interest { readable: true, ..Interest::default() };
        let mut items = [left, pull].map(|socket| PollItem {
            on: PollOn::Socket(socket),
            want,
            got: Interest::default(),
        });
        if round % 2 == 0 {
            assert!(poll(&mut items, Some(PATIENCE)).expect("poll") > 0);
        }
        assert_eq!(recv(left), b"inproc");
        assert_eq!(recv(pull), b"tcp");
    }
    thread.join().expect("the sender");
    left.close().expect("close");
}

/// Two that have met, the second of which has never waited on the connection.
fn fresh_pair(context: &Context) -> [SocketHandle; 2] {
    let (here, endpoint) = context.bound(SocketType::Dealer);
    let there = context.connected(SocketType::Dealer, &endpoint);
    send(there, "hello");
    eventually("it has come", || try_recv(here).is_some());
    [there, here]
}

/// A thread waits on connections, and there is no descriptor by which it could be told of anything else: the I/O threads
/// read them for it.
fn waits_without([there, here]: [SocketHandle; 2], [beside, other]: [SocketHandle; 2]) {
    for round in 0..10 {
        let waiting = std::thread::spawn(move || {
            if round % 2 == 0 {
                let want = Interest { readable: true, ..Interest::default() };
                let item = |socket| PollItem { on: PollOn::Socket(socket), want, got: Interest::default() };
                let mut items = [item(here), item(other)];
                assert!(poll(&mut items, Some(PATIENCE)).expect("poll") > 0);
            }
            assert_eq!(recv_text(here), round.to_string());
            assert_eq!(recv(other), b"beside");
        });
        // Long enough for the other to go to sleep.
        std::thread::sleep(Duration::from_millis(20));
        send(beside, "beside");
        send(there, round.to_string());
        waiting.join().expect("the receiver");
    }
}

#[test]
fn with_few_descriptors() {
    let Some(()) = rerun("with_few_descriptors", "ulimit -n 100") else { return };
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    exchange(push, pull);
    let (late_pull, late_endpoint) = context.bound(SocketType::Pull);
    let (fresh, beside) = (fresh_pair(&context), fresh_pair(&context));
    let idle = context.socket(SocketType::Pull);

    let mut taken = take_all();
    // One for this end of a connection; there is none for the engine's end.
    taken.pop();
    let mut waiting = Raw::connect(&endpoint);
    waiting.write([opening_v3(0, "PUSH"), frames(&["accepted at last"])].concat());
    exchange(push, pull);
    let directory = TempDir::new();
    for endpoint in
        [LOOPBACK, "tcp://lo:*", "tcp://*:*", "ipc://*", "ipc://@exhausted", &directory.ipc("none")]
    {
        assert!(is_shortage(idle.bind(endpoint)), "bind {endpoint}");
    }
    let swap = idle.set_options(|options| {
        options.swap_bytes = 1000;
        Ok(())
    });
    assert!(is_shortage(swap), "a swap");
    assert!(is_shortage(idle.fd()), "a descriptor for an outside loop");
    let other = ContextHandle::new_context(1).expect("a context");
    let refused = other.socket(SocketType::Pull, Options::default()).and_then(|socket| {
        let result = socket.bind(LOOPBACK);
        socket.close().expect("close");
        result
    });
    assert!(is_shortage(refused), "{refused:?}");
    // Connecting is tried again later, as ever.
    let late = context.connected(SocketType::Push, &late_endpoint);
    send(late, "connected at last");
    let nowhere = context.connected(SocketType::Push, &own_tcp_endpoint());
    let by_name = context.connected(SocketType::Push, &late_endpoint.replace("127.0.0.1", "localhost"));
    send(by_name, "found at last");
    let by_ipc = context.connected(SocketType::Push, &directory.ipc("late"));
    send(by_ipc, "met at last");
    exchange(push, pull);
    needs_none(&context, push, pull);
    waits_without(fresh, beside);

    drop(taken);
    assert_eq!(recv(pull), b"accepted at last");
    let mut late = [recv_text(late_pull), recv_text(late_pull)];
    late.sort();
    assert_eq!(late, ["connected at last", "found at last"]);
    let met = context.socket(SocketType::Pull);
    met.bind(&directory.ipc("late")).expect("bind");
    assert_eq!(recv(met), b"met at last");
    let endpoint = bind(idle, LOOPBACK);
    send(context.connected(SocketType::Push, &endpoint), "bound at last");
    assert_eq!(recv(idle), b"bound at last");
    exchange(push, pull);
    nowhere.close().expect("close");
    other.terminate().expect("terminate");
}
