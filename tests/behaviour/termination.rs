//! Ending a context while others are at work with it.

use crate::common::{Context, own_tcp_endpoint, recv, send, send_part, try_send, within};
use oxmq::poll::{Interest, PollItem, PollOn, poll};
use oxmq::{Error, SocketHandle, SocketType};
use std::os::fd::AsRawFd;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Runs `call` on another thread, terminates the context meanwhile, and gives what the call said. The call
/// closes the socket in the end, without which the termination does not.
fn interrupted(
    context: Context,
    socket: SocketHandle,
    call: impl FnOnce(SocketHandle) -> Error + Send + 'static,
) -> Error {
    let (about_to, begun) = channel();
    let caller = std::thread::spawn(move || {
        about_to.send(()).expect("the test");
        let error = call(socket);
        // Whatever else is tried ends in the same way.
        assert_eq!(socket.recv(true).err(), Some(Error::Terminated));
        assert_eq!(send_part(socket, b"x", false, true), Err(Error::Terminated));
        assert_eq!(socket.bind("inproc://too late"), Err(Error::Terminated));
        assert_eq!(socket.connect("inproc://too late"), Err(Error::Terminated));
        socket.close().expect("close");
        error
    });
    begun.recv().expect("the caller");
    // Most probably it sleeps by now; but it must not matter.
    std::thread::sleep(Duration::from_millis(5));
    let handle = context.handle;
    within("terminate", move || handle.terminate()).expect("terminate");
    assert_eq!(handle.terminate(), Err(Error::NotAContext), "it is gone");
    context.has_ended();
    within("the call", move || caller.join()).expect("the caller")
}

/// Without any timeout.
fn patient(context: &Context, kind: SocketType) -> SocketHandle {
    context.socket_with(kind, |options| {
        options.send_timeout = None;
        options.recv_timeout = None;
        options.linger = Some(Duration::ZERO);
    })
}

#[test]
fn a_blocked_receive_ends() {
    for kind in [SocketType::Pull, SocketType::Sub, SocketType::Rep, SocketType::Router, SocketType::Pair] {
        let context = Context::new();
        let socket = patient(&context, kind);
        socket.bind(crate::LOOPBACK).expect("bind");
        let receive = |socket: SocketHandle| socket.recv(true).expect_err("nothing to receive");
        assert_eq!(interrupted(context, socket, receive), Error::Terminated, "{kind:?}");
    }
}

#[test]
fn a_blocked_send_ends() {
    for kind in [SocketType::Push, SocketType::Dealer, SocketType::Req, SocketType::Pair] {
        let context = Context::new();
        let socket = patient(&context, kind);
        socket.bind(crate::LOOPBACK).expect("bind");
        let send = |socket: SocketHandle| send_part(socket, b"x", false, true).expect_err("nobody there");
        assert_eq!(interrupted(context, socket, send), Error::Terminated, "{kind:?}");
    }
}

#[test]
fn a_send_that_is_blocked_by_the_mark_ends() {
    let context = Context::new();
    let socket = patient(&context, SocketType::Push);
    socket.connect(&own_tcp_endpoint()).expect("connect");
    while try_send(socket, "x").is_ok() {}
    let send = |socket: SocketHandle| send_part(socket, b"x", false, true).expect_err("no room");
    assert_eq!(interrupted(context, socket, send), Error::Terminated);
}

#[test]
fn a_blocked_poll_ends() {
    for with_fd in [false, true] {
        let context = Context::new();
        let socket = patient(&context, SocketType::Pull);
        socket.bind(crate::LOOPBACK).expect("bind");
        let poll_it = move |socket: SocketHandle| {
            let want = Interest { readable: true, ..Interest::default() };
            let (_near, far) = std::os::unix::net::UnixStream::pair().expect("two sockets");
            let mut items = vec![
                PollItem { on: PollOn::Socket(socket), want, got: Interest::default() },
                PollItem { on: PollOn::Fd(far.as_raw_fd()), want, got: Interest::default() },
            ];
            items.truncate(if with_fd { 2 } else { 1 });
            poll(&mut items, None).expect_err("nothing to wait for")
        };
        assert_eq!(interrupted(context, socket, poll_it), Error::Terminated);
    }
}

#[test]
fn a_context_without_sockets_ends_at_once() {
    let context = Context::new();
    assert_eq!(context.handle.terminate(), Ok(()));
    assert_eq!(context.handle.socket(SocketType::Pull, Default::default()).err(), Some(Error::NotAContext));
    context.has_ended();
}

/// While a context ends, no new socket is to be had; it ends when the last old one is closed.
#[test]
fn it_waits_for_the_last_socket() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let push = context.connected(SocketType::Push, &endpoint);
    send(push, "x");
    // Else it would be waited for.
    assert_eq!(recv(pull), b"x");
    let handle = context.handle;
    let termination = std::thread::spawn(move || handle.terminate());
    crate::common::eventually("the context is ending", || pull.events().err() == Some(Error::Terminated));
    assert_eq!(handle.socket(SocketType::Pull, Default::default()).err(), Some(Error::Terminated));
    push.close().expect("close");
    assert!(!termination.is_finished(), "a socket is open");
    pull.close().expect("close");
    assert_eq!(pull.close(), Err(Error::NotASocket), "closed twice");
    within("terminate", move || termination.join()).expect("no panic").expect("terminate");
    context.has_ended();
}

/// Sockets of a context that has ended, and of one that never was, are refused and harm nobody.
#[test]
fn handles_that_are_no_more() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    pull.close().expect("close");
    assert_eq!(pull.recv(false).err(), Some(Error::NotASocket));
    assert_eq!(send_part(pull, b"x", false, false), Err(Error::NotASocket));
    assert_eq!(pull.bind(&endpoint), Err(Error::NotASocket));
    assert_eq!(pull.events().err(), Some(Error::NotASocket));
    assert_eq!(pull.fd().err(), Some(Error::NotASocket));
    assert_eq!(pull.options().err(), Some(Error::NotASocket));
    let (second, _) = context.bound(SocketType::Pull);
    assert_ne!(second, pull, "a handle is not used twice");
    assert_eq!(pull.close(), Err(Error::NotASocket));
}

/// Several contexts live side by side; the end of one is nothing to the others.
#[test]
fn contexts_are_apart() {
    let survivor = Context::new();
    let (pull, endpoint) = survivor.bound(SocketType::Pull);
    for number in 0..20 {
        let other = Context::with_threads(2);
        let push = other.connected(SocketType::Push, &endpoint);
        send(push, format!("{number}"));
        other.end();
        assert_eq!(crate::common::recv_text(pull), format!("{number}"));
    }
}
