//! Many of everything: sockets, I/O threads, connections.

use crate::common::{Context, LOOPBACK, bind, recv, recv_text, send};
use oxmq::{Error, SocketHandle, SocketType};

#[test]
fn thousands_of_sockets() {
    let context = Context::with_threads(2);
    let pull = context.socket(SocketType::Pull);
    pull.bind("inproc://all").expect("bind");
    let pushes: Vec<SocketHandle> =
        (0..5000).map(|_| context.connected(SocketType::Push, "inproc://all")).collect();
    for round in 0..2 {
        for (number, push) in pushes.iter().enumerate() {
            send(*push, format!("{round} {number}"));
        }
        let mut got: Vec<String> = pushes.iter().map(|_| recv_text(pull)).collect();
        let mut expected: Vec<String> = (0..5000).map(|number| format!("{round} {number}")).collect();
        got.sort();
        expected.sort();
        assert!(got == expected);
    }
    // Closed in no order.
    pushes.iter().step_by(2).chain(pushes.iter().skip(1).step_by(2).rev()).for_each(|push| {
        push.close().expect("close");
    });
}

#[test]
fn hundreds_of_connections() {
    let (server, clients) = (Context::new(), Context::with_threads(2));
    let (router, endpoint) = server.bound(SocketType::Router);
    let reqs: Vec<SocketHandle> = (0..200).map(|_| clients.connected(SocketType::Req, &endpoint)).collect();
    for (number, req) in reqs.iter().enumerate() {
        send(*req, format!("{number}"));
    }
    for _ in &reqs {
        let request = crate::common::recv_all(router);
        crate::common::send_all(router, &request);
    }
    for (number, req) in reqs.iter().enumerate() {
        assert_eq!(recv_text(*req), format!("{number}"));
    }
}

/// Each socket on the I/O thread that it asks for, and all of them talk to each other.
#[test]
fn several_io_threads() {
    let context = Context::with_threads(3);
    let (pull, endpoint) = context.bound(SocketType::Pull);
    for affinity in [0, 1, 2, 4, 3, 5, 7, 0b1010] {
        let push = context.socket_with(SocketType::Push, |options| options.affinity = affinity);
        push.connect(&endpoint).expect("connect");
        send(push, "out");
        assert_eq!(recv(pull), b"out");
        let bound = context.socket_with(SocketType::Pull, |options| options.affinity = affinity);
        let its_endpoint = bind(bound, LOOPBACK);
        for _ in 0..5 {
            send(context.connected(SocketType::Push, &its_endpoint), "in");
            assert_eq!(recv(bound), b"in");
        }
    }
}

/// An I/O thread that the context does not have cannot be used.
#[test]
fn an_io_thread_that_is_not_there() {
    let context = Context::new();
    let socket = context.socket_with(SocketType::Pull, |options| options.affinity = 2);
    assert_eq!(socket.bind(LOOPBACK), Err(Error::NoIoThread));
    assert_eq!(socket.connect("tcp://127.0.0.1:9"), Err(Error::NoIoThread));
    socket.bind("inproc://needs none").expect("bind");
}

/// Without I/O threads there is inproc, and nothing else.
#[test]
fn no_io_thread_at_all() {
    let context = Context::with_threads(0);
    let pull = context.socket(SocketType::Pull);
    assert_eq!(pull.bind(LOOPBACK), Err(Error::NoIoThread));
    pull.bind("inproc://here").expect("bind");
    let push = context.connected(SocketType::Push, "inproc://here");
    let sender = std::thread::spawn(move || (0..1000).for_each(|number| send(push, format!("{number}"))));
    (0..1000).for_each(|number| assert_eq!(recv_text(pull), format!("{number}")));
    sender.join().expect("the sender");
}

#[test]
fn a_socket_of_each_type_can_be_opened_and_closed() {
    let context = Context::new();
    for kind in SocketType::ALL {
        let socket = context.socket(kind);
        assert_eq!(socket.kind(), Ok(kind));
        socket.close().expect("close");
    }
}
