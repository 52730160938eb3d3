//! Contexts: what their options do, and their end when several threads want it.

use super::common::{self, Context, LOOPBACK, bind, recv, send, within};
use oxmq::{ContextHandle, ContextOptions, Error, Options, SocketType};
use std::time::Duration;

/// A context with these options.
fn context(change: impl FnOnce(&mut ContextOptions)) -> ContextHandle {
    let mut options = ContextOptions::default();
    change(&mut options);
    ContextHandle::with_options(options).expect("a context")
}

/// The names of this process's threads.
fn thread_names() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("threads");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim_end().to_owned()).collect()
}

#[test]
fn a_context_has_so_many_sockets() {
    let context = context(|options| options.max_sockets = 3);
    let socket = || context.socket(SocketType::Pull, Options::for_4x());
    let sockets = [socket().unwrap(), socket().unwrap(), socket().unwrap()];
    assert_eq!(socket().err(), Some(Error::TooManyOpen));
    let monitored = sockets[0].monitor(Some("inproc://m"), 0xFFFF, 1, SocketType::Pair);
    assert_eq!(monitored, Err(Error::TooManyOpen), "a monitor is a socket too");
    sockets[1].close().unwrap();
    let another = socket().unwrap();
    context
        .configure(|options| {
            options.max_sockets = 4;
            Ok(())
        })
        .unwrap();
    assert_eq!(socket().err(), Some(Error::TooManyOpen), "it is said too late");
    for socket in [sockets[0], sockets[2], another] {
        socket.close().unwrap();
    }
    context.terminate().unwrap();
}

#[test]
fn new_sockets_are_as_the_context_says() {
    let context = context(|_| ());
    let new = || context.socket(SocketType::Push, Options::for_4x()).unwrap();
    let look = |socket: oxmq::SocketHandle| {
        let options = socket.options().unwrap();
        socket.close().unwrap();
        (options.ipv6, options.linger)
    };
    let before = new();
    assert_eq!(look(new()), (false, None));
    context
        .configure(|options| {
            options.ipv6 = true;
            options.blocky = false;
            Ok(())
        })
        .unwrap();
    assert_eq!(look(new()), (true, Some(Duration::ZERO)));
    assert_eq!(look(before), (false, None));
    // What it sends to nobody does not hold up the end.
    let socket = new();
    socket.connect(&common::own_tcp_endpoint()).unwrap();
    send(socket, "for nobody");
    socket.close().unwrap();
    within("terminate", move || context.terminate()).unwrap();
}

#[test]
fn io_threads_are_as_many_and_called_as_the_context_says() {
    let context = context(|_| ());
    context
        .configure(|options| {
            options.io_threads = 2;
            options.thread_name_prefix = "ctx\0x".into();
            // All that there is, or less: whatever this machine has.
            options.thread_affinity = (0..1024).collect();
            options.thread_sched_policy = Some(0);
            options.thread_priority = Some(1);
            Ok(())
        })
        .unwrap();
    let socket = context.socket(SocketType::Pull, Options::for_4x()).unwrap();
    context
        .configure(|options| {
            options.io_threads = 5;
            Ok(())
        })
        .unwrap();
    let another = context.socket(SocketType::Pull, Options::for_4x()).unwrap();
    common::eventually("both threads have their names", || {
        let names = thread_names();
        let mut ours: Vec<&str> =
            names.iter().filter_map(|name| name.strip_prefix("ctx/ZMQbg/IO/")).collect();
        ours.sort_unstable();
        ours == ["0", "1"]
    });
    assert_eq!(context.options().unwrap().io_threads, 5);
    socket.close().unwrap();
    another.close().unwrap();
    context.terminate().unwrap();
}

#[test]
fn scheduling_that_is_refused_is_no_obstacle() {
    let context = context(|options| {
        options.thread_sched_policy = Some(4711);
        options.thread_priority = Some(-5);
        options.thread_affinity.insert(usize::MAX);
    });
    let socket = |kind| context.socket(kind, Options::for_4x()).unwrap();
    let (server, client) = (socket(SocketType::Rep), socket(SocketType::Req));
    client.connect(&bind(server, LOOPBACK)).unwrap();
    send(client, "a");
    assert_eq!(recv(server), b"a");
    server.close().unwrap();
    client.close().unwrap();
    context.terminate().unwrap();
}

#[test]
fn several_threads_may_terminate() {
    for _ in 0..20 {
        let context = Context::new();
        let (server, endpoint) = context.bound(SocketType::Pull);
        send(context.connected(SocketType::Push, &endpoint), "a");
        assert_eq!(recv(server), b"a");
        let handle = context.handle;
        let end = move || match handle.terminate() {
            Ok(()) | Err(Error::NotAContext) => {}
            Err(error) => panic!("terminate: {error}"),
        };
        let threads = [std::thread::spawn(end), std::thread::spawn(end), std::thread::spawn(end)];
        context.close_all();
        within("terminate", || threads.map(|thread| thread.join().unwrap()));
        context.has_ended();
    }
}

#[test]
fn sockets_that_are_made_while_the_context_ends_hold_up_nothing() {
    for _ in 0..50 {
        let context = context(|_| ());
        let make = move || {
            while let Ok(socket) = context.socket(SocketType::Pair, Options::for_4x()) {
                socket.close().unwrap();
            }
        };
        let makers = [std::thread::spawn(make), std::thread::spawn(make)];
        within("terminate", move || context.terminate()).unwrap();
        makers.into_iter().for_each(|maker| maker.join().unwrap());
    }
}

#[test]
fn more_threads_than_can_be_had_are_refused_with_the_first_socket() {
    let context = context(|options| options.io_threads = 1025);
    let refused = || context.socket(SocketType::Pair, Options::for_4x()).err();
    assert_eq!(refused(), Some(Error::TooManyOpen));
    context
        .configure(|options| {
            options.io_threads = 1;
            Ok(())
        })
        .unwrap();
    context.socket(SocketType::Pair, Options::for_4x()).unwrap().close().unwrap();
    context.terminate().unwrap();
}
