//! The process has no descriptor left: calls say so, what runs goes on, and what waited is done when there are
//! some again. A test binary of its own, that runs itself again with a lower limit.
#![forbid(unsafe_code)]

mod common;

use common::raw::{Raw, frames, opening_v3};
use common::{Context, LOOPBACK, bind, own_tcp_endpoint, recv, recv_text, rerun, send};
use oxmq::{ContextHandle, Error, Options, SocketHandle, SocketType};
use std::fs::File;

/// All descriptors that are to be had.
fn take_all() -> Vec<File> {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
        assert!(taken.len() < 1000, "the limit is not in force");
    }
    taken
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

#[test]
fn with_few_descriptors() {
    let Some(()) = rerun("with_few_descriptors", "ulimit -n 100") else { return };
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    exchange(push, pull);
    let (late_pull, late_endpoint) = context.bound(SocketType::Pull);
    let idle = context.socket(SocketType::Pull);

    let mut taken = take_all();
    // One for this end of a connection; there is none for the engine's end.
    taken.pop();
    let mut waiting = Raw::connect(&endpoint);
    waiting.write([opening_v3(0, "PUSH"), frames(&["accepted at last"])].concat());
    exchange(push, pull);
    assert!(is_shortage(idle.bind(LOOPBACK)), "bind");
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
    exchange(push, pull);

    drop(taken);
    assert_eq!(recv(pull), b"accepted at last");
    assert_eq!(recv(late_pull), b"connected at last");
    let endpoint = bind(idle, LOOPBACK);
    send(context.connected(SocketType::Push, &endpoint), "bound at last");
    assert_eq!(recv(idle), b"bound at last");
    exchange(push, pull);
    nowhere.close().expect("close");
    other.terminate().expect("terminate");
}
