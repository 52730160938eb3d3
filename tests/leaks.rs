//! When a context has ended nothing of it is left: no thread, no descriptor, no file, no memory. A test binary
//! of its own, with one test, because it counts what the whole process has.
#![forbid(unsafe_code)]

mod common;

use common::raw::{Raw, frame_v1, opening_v3};
use common::{Context, LOOPBACK, TempDir, bind, eventually, recv, recv_all, resident_bytes, send, send_all};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{Options, SocketHandle, SocketType, proxy};
use std::time::Duration;

/// What the process has: descriptors and threads.
fn count(directory: &str) -> usize {
    std::fs::read_dir(directory).expect("a directory of /proc").count()
}

fn descriptors() -> usize {
    // One of them reads the directory; it does so each time.
    count("/proc/self/fd")
}

fn threads() -> usize {
    count("/proc/self/task")
}

/// Sockets of all kinds, on all transports, in all states.
fn use_everything(directory: &TempDir) {
    let context = Context::with_threads(2);
    for endpoint in [LOOPBACK.into(), directory.ipc("leaks"), "ipc://@oxmq-leaks".into(), "inproc://x".into()]
    {
        let (push, pull) = (context.socket(SocketType::Push), context.socket(SocketType::Pull));
        let endpoint: String = bind(pull, &endpoint);
        push.connect(&endpoint).expect("connect");
        for size in [1, 100, 10_000, 1_000_000] {
            send_all(push, &[vec![b'x'; size], vec![b'y'; size]]);
            assert_eq!(recv_all(pull)[1].len(), size);
        }
        // Left unread.
        send(push, "never read");
        let _ = pull.fd().expect("a descriptor");
        poll(&mut [item(pull)], Some(Duration::ZERO)).expect("poll");
    }
    unfinished(&context);
    subscribers(&context);
    durable_and_swapped(&context);
    queue(&context);
    drop(context);
}

fn item(socket: SocketHandle) -> PollItem {
    let want = Interest { readable: true, ..Interest::default() };
    PollItem { on: PollOn::Socket(socket), want, got: Interest::default() }
}

/// Attempts to connect, handshakes that do not end, connections that break.
fn unfinished(context: &Context) {
    let push = context.connected(SocketType::Push, &common::own_tcp_endpoint());
    send(push, "nobody is there");
    context.connected(SocketType::Push, "ipc:///nobody/here");
    context.connected(SocketType::Push, "inproc://nobody");
    context.connected(SocketType::Push, "tcp://localhost:9");
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let silent = Raw::connect(&endpoint);
    let mut half = Raw::connect(&endpoint);
    half.write(&opening_v3(0, "PUSH")[..30]);
    let mut broken = Raw::connect(&endpoint);
    broken.write([opening_v3(0, "PUSH"), vec![2, 0, 0, 0, 0, 0, 1, 0, 0]].concat());
    let good = context.connected(SocketType::Push, &endpoint);
    send(good, "x");
    assert_eq!(recv(pull), b"x");
    drop((silent, half, broken));
}

fn subscribers(context: &Context) {
    let (publisher, endpoint) = context.bound(SocketType::Xpub);
    for _ in 0..3 {
        let sub = context.socket(SocketType::Sub);
        (0..1000).for_each(|number| sub.subscribe(format!("{number}").as_bytes()).expect("subscribe"));
        sub.connect(&endpoint).expect("connect");
    }
    assert_eq!(recv(publisher)[0], 1);
}

fn durable_and_swapped(context: &Context) {
    let router = context.socket_with(SocketType::Router, |options| {
        *options = Options { swap_bytes: 1 << 20, send_hwm: 2, ..Options::for_2x() };
    });
    let endpoint = bind(router, LOOPBACK);
    let mut peer = Raw::connect(&endpoint);
    peer.write([frame_v1(false, b"named"), frame_v1(false, b"hello")].concat());
    assert_eq!(recv_all(router), [b"named", b"hello"]);
    peer.leave();
    (0..100).for_each(|_| send_all(router, &[&b"named"[..], &[b'd'; 1000]]));
    let push = context.socket_with(SocketType::Push, |options| {
        (options.swap_bytes, options.send_hwm) = (1 << 20, 2);
    });
    push.connect(&common::own_tcp_endpoint()).expect("connect");
    (0..100).for_each(|_| send(push, [b's'; 1000]));
}

fn queue(context: &Context) {
    let (front, back) = (context.socket(SocketType::Router), context.socket(SocketType::Dealer));
    let (front_endpoint, back_endpoint) = (bind(front, LOOPBACK), bind(back, LOOPBACK));
    let queue = std::thread::spawn(move || proxy(front, back, None));
    let (req, rep) = (
        context.connected(SocketType::Req, &front_endpoint),
        context.connected(SocketType::Rep, &back_endpoint),
    );
    send(req, "x");
    assert_eq!(recv(rep), b"x");
    send(rep, "y");
    assert_eq!(recv(req), b"y");
    // The queue ends with its sockets.
    front.close().expect("close");
    back.close().expect("close");
    queue.join().expect("the queue").expect_err("it has ended");
}

#[test]
fn nothing_is_left() {
    let directory = std::sync::Arc::new(TempDir::new());
    let (descriptors_before, threads_before) = (descriptors(), threads());
    let mut resident_warm = 0;
    for round in 0..30 {
        // A thread that has waited on connections keeps one descriptor, to be woken by, until it ends.
        let theirs = directory.clone();
        std::thread::spawn(move || use_everything(&theirs)).join().expect("a round");
        // A thread that has been joined, or that looked a name up, leaves /proc a moment later.
        eventually("the threads are gone", || threads() <= threads_before);
        eventually("the descriptors are gone", || descriptors() <= descriptors_before);
        assert_eq!(count(directory.path().to_str().expect("a path")), 0, "a file is left");
        if round == 9 {
            resident_warm = resident_bytes();
        }
    }
    let grown = resident_bytes().saturating_sub(resident_warm);
    assert!(grown < 32 * 1024 * 1024, "{grown} bytes more after twenty more rounds");
}
