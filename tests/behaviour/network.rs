//! Options of connections and listeners: who may connect, from where, with what, how long, and how often.

use crate::common::raw::{Listener, Raw, frames, opening_v3};
use crate::common::{
    Context, LOOPBACK, PATIENCE, TempDir, bind, eventually, own_tcp_endpoint, port, recv, send, send_part,
    try_recv, try_send,
};
use crate::{Transport, over_each};
use oxmq::{Error, Options, SocketHandle, SocketType};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

fn one_message(push: SocketHandle, pull: SocketHandle) {
    send(push, "hello");
    assert_eq!(recv(pull), b"hello");
}

/// The defaults of 4.x, with the timeouts of the tests.
fn as_4x(options: &mut Options) {
    *options = Options { endpoints: Options::for_4x().endpoints, ipv6: false, ..options.clone() };
}

/// Whether the engine ends the connection without a word.
fn is_turned_away(mut stream: impl Read) -> bool {
    let mut buffer = [0; 64];
    match stream.read(&mut buffer) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn tcp_peers_are_filtered_by_their_address() {
    let context = Context::new();
    let with = |filter: &str, prefix| {
        context.socket_with(SocketType::Pull, |options| {
            options.tcp.accept_filters = vec![
                ("203.0.113.7".parse().expect("an address"), 32),
                (filter.parse().expect("an address"), prefix),
            ];
        })
    };
    let endpoint = bind(with("127.0.0.2", 31), LOOPBACK);
    let mut stream = TcpStream::connect(("127.0.0.1", port(&endpoint))).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    assert!(is_turned_away(&mut stream));
    let open = with("127.0.0.0", 8);
    let push = context.connected(SocketType::Push, &bind(open, LOOPBACK));
    one_message(push, open);
}

#[test]
fn ipc_peers_are_filtered_by_their_credentials() {
    let (context, directory) = (Context::new(), TempDir::new());
    let me = i32::try_from(std::process::id()).expect("a process id");
    for (number, (pids, uids, gids, admitted)) in
        [(vec![me], vec![], vec![], true), (vec![me + 1], vec![u32::MAX - 7], vec![u32::MAX - 8], false)]
            .into_iter()
            .enumerate()
    {
        let pull = context.socket_with(SocketType::Pull, |options| {
            options.ipc_filter.pids = pids;
            options.ipc_filter.uids = uids;
            options.ipc_filter.gids = gids;
        });
        let endpoint = bind(pull, &directory.ipc(&format!("filter{number}")));
        if admitted {
            one_message(context.connected(SocketType::Push, &endpoint), pull);
        } else {
            let path = endpoint.strip_prefix("ipc://").expect("an ipc endpoint");
            let stream = UnixStream::connect(path).expect("connect");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            assert!(is_turned_away(stream));
        }
    }
}

#[test]
fn a_connection_comes_from_where_it_is_told_to() {
    let context = Context::new();
    let listener = Listener::new();
    let push = context.socket(SocketType::Push);
    let to = listener.endpoint();
    push.connect(&to.replace("tcp://", "tcp://127.0.0.9:0;")).expect("connect");
    let (stream, from) = listener.0.accept().expect("a connection");
    assert_eq!(from.ip().to_string(), "127.0.0.9");
    drop(stream);
    // A port of its own, at every attempt.
    let source = own_tcp_endpoint();
    let push = context.socket(SocketType::Push);
    push.connect(&to.replace("tcp://", &format!("{source};"))).expect("connect");
    let mut seen = 0;
    eventually("it has come twice", || {
        let (_stream, from) = listener.0.accept().expect("a connection");
        seen += usize::from(format!("tcp://{from}") == source);
        seen == 2
    });
    for bad in ["tcp://*:0;127.0.0.1:5", "tcp://127.0.0.1;127.0.0.1:5", "tcp://127.0.0.1:5;"] {
        assert_eq!(push.connect(bad), Err(Error::InvalidArgument), "{bad}");
    }
    // An interface that may come.
    push.connect("tcp://nosuchif0:0;127.0.0.1:5").expect("connect");
}

#[test]
fn endpoints_are_named_as_in_4x() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, as_4x);
    assert!(bind(pull, "tcp://*:*").starts_with("tcp://0.0.0.0:"));
    assert!(bind(pull, "tcp://lo:*").starts_with("tcp://127.0.0.1:"));
    assert_eq!(pull.bind("tcp://[::1]:*"), Err(Error::NoSuchDevice));
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let dual = context.socket_with(SocketType::Pull, |options| {
        as_4x(options);
        options.ipv6 = true;
    });
    let endpoint = bind(dual, "tcp://*:*");
    assert!(endpoint.starts_with("tcp://[::]:"), "{endpoint}");
    for host in ["127.0.0.1", "[::1]", "::1"] {
        let push = context.connected(SocketType::Push, &format!("tcp://{host}:{}", port(&endpoint)));
        one_message(push, dual);
        push.close().expect("close");
    }
    let endpoint = bind(dual, LOOPBACK);
    assert!(endpoint.starts_with("tcp://[::ffff:127.0.0.1]:"), "{endpoint}");
    one_message(context.connected(SocketType::Push, &format!("tcp://127.0.0.1:{}", port(&endpoint))), dual);
    assert!(bind(dual, "tcp://[::1]:*").starts_with("tcp://[::1]:"));
}

#[test]
fn an_endpoint_is_unbound_by_each_of_its_names() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, as_4x);
    let fixed = own_tcp_endpoint();
    for (bound, by) in [(fixed.as_str(), fixed.as_str()), (LOOPBACK, LOOPBACK), ("tcp://*:*", "tcp://*:*")] {
        let endpoint = bind(pull, bound);
        pull.unbind(by).expect("unbind");
        assert_eq!(pull.unbind(&endpoint), Err(Error::NoSuchEndpoint));
        let port = bind(pull, bound);
        pull.unbind(&port).expect("unbind by the last endpoint");
        assert_eq!(pull.unbind(by), Err(Error::NoSuchEndpoint));
        // Unless somebody else was given it.
        let address = endpoint.trim_start_matches("tcp://");
        eventually("it is free again", || TcpListener::bind(address).is_ok());
    }
    let mut wild = String::new();
    eventually("a port is found free", || {
        let free = TcpListener::bind("0.0.0.0:0").expect("a port").local_addr().expect("an address");
        wild = format!("tcp://*:{}", free.port());
        pull.bind(&wild).is_ok()
    });
    pull.unbind(&wild).expect("unbind");
    assert_eq!(pull.unbind("tcp://127.0.0.1:1"), Err(Error::NoSuchEndpoint));
    assert_eq!(pull.unbind("nonsense"), Err(Error::InvalidArgument));
    assert_eq!(pull.disconnect("pigeon://nest"), Err(Error::UnknownTransport));
    // The first of two.
    let (first, second) = (bind(pull, LOOPBACK), bind(pull, LOOPBACK));
    pull.unbind(LOOPBACK).expect("unbind");
    assert_eq!(pull.unbind(&first), Err(Error::NoSuchEndpoint));
    pull.unbind(&second).expect("unbind");
}

#[test]
fn to_connect_twice_is_to_connect_once_where_that_is_enough() {
    for (kind, count) in [(SocketType::Dealer, 1), (SocketType::Push, 2)] {
        let context = Context::new();
        let socket = context.socket_with(kind, as_4x);
        let listener = Listener::new();
        let endpoint = listener.endpoint();
        socket.connect(&endpoint).expect("connect");
        socket.connect(&endpoint).expect("connect");
        let peers: Vec<Raw> = (0..count).map(|_| listener.accept()).collect();
        std::thread::sleep(Duration::from_millis(50));
        listener.0.set_nonblocking(true).expect("non-blocking");
        assert!(listener.0.accept().is_err(), "another connection of a {kind:?}");
        socket.disconnect(&endpoint).expect("disconnect");
        assert_eq!(socket.disconnect(&endpoint), Err(Error::NoSuchEndpoint), "all at once");
        drop(peers);
    }
}

#[test]
fn to_unbind_ends_what_came_by_it() {
    over_each(|transport| {
        if transport == Transport::Inproc {
            return;
        }
        let place = transport.place();
        let server = place.server.socket(SocketType::Dealer);
        let other = bind(server, LOOPBACK);
        let (one, two) = (place.client().socket(SocketType::Dealer), Context::new());
        let endpoint = place.join(server, one);
        let stays = two.connected(SocketType::Dealer, &other);
        send(one, "1");
        assert_eq!(recv(server), b"1");
        send(stays, "2");
        assert_eq!(recv(server), b"2");
        send(one, "queued");
        eventually("it has come", || server.events().expect("events").readable);
        send(server, "last to one of them");
        send(server, "last to the other");
        server.unbind(&endpoint).expect("unbind");
        assert_eq!(recv(server), b"queued", "what was there is not lost");
        let mut last = [recv(one), recv(stays)];
        last.sort();
        assert_eq!(last, [&b"last to one of them"[..], b"last to the other"]);
        send(stays, "3");
        assert_eq!(recv(server), b"3");
        // It comes back when it is bound again.
        server.bind(&endpoint).expect("bind");
        eventually("it is back", || {
            let _ = try_send(one, "back");
            try_recv(server).is_some()
        });
    });
}

#[test]
fn what_is_sent_after_unbind_goes_to_those_who_stay() {
    let context = Context::new();
    let (server, endpoint) = context.bound(SocketType::Dealer);
    let mut leaves = Raw::connect(&endpoint);
    leaves.open_v3(0, "DEALER");
    leaves.write(frames(&["leaves"]));
    assert_eq!(recv(server), b"leaves");
    server.unbind(&endpoint).expect("unbind");
    assert_eq!(leaves.read_to_end(), b"");
    assert_eq!(try_send(server, "to nobody"), Err(Error::WouldBlock));
    let stays = context.connected(SocketType::Dealer, &bind(server, LOOPBACK));
    for number in 0..10 {
        send(server, format!("{number}"));
        assert_eq!(recv(stays), format!("{number}").as_bytes());
    }
}

#[test]
fn a_handshake_ends_with_its_listener() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let mut peer = Raw::connect(&endpoint);
    peer.read(10);
    pull.unbind(&endpoint).expect("unbind");
    peer.wait_for_end();
}

#[test]
fn an_ipc_path_is_taken_over_in_4x() {
    let (context, directory) = (Context::new(), TempDir::new());
    let endpoint = directory.ipc("path");
    let (first, second) =
        (context.socket_with(SocketType::Pull, as_4x), context.socket_with(SocketType::Pull, as_4x));
    first.bind(&endpoint).expect("bind");
    second.bind(&endpoint).expect("bind");
    one_message(context.connected(SocketType::Push, &endpoint), second);
    // The file is not the first one's any more.
    first.close().expect("close");
    one_message(context.connected(SocketType::Push, &endpoint), second);
    let file = directory.path().join("file");
    std::fs::write(&file, "precious").expect("a file");
    assert_eq!(second.bind(&directory.ipc("file")), Err(Error::AddressInUse));
    assert_eq!(std::fs::read(file).expect("the file"), b"precious");
}

#[test]
fn a_listener_of_the_applications_is_used() {
    let (context, directory) = (Context::new(), TempDir::new());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let expected = format!("tcp://{}", listener.local_addr().expect("an address"));
    let fd = listener.into_raw_fd();
    let pull = context.socket_with(SocketType::Pull, |options| options.use_fd = fd);
    assert_eq!(bind(pull, "tcp://127.0.0.1:*"), expected);
    assert_eq!(pull.options().expect("options").use_fd, -1, "it is used once");
    one_message(context.connected(SocketType::Push, &expected), pull);
    pull.unbind(&expected).expect("unbind");
    TcpListener::bind(expected.trim_start_matches("tcp://")).expect("the library has closed it");

    let path = directory.path().join("made");
    let fd = UnixListener::bind(&path).expect("a listener").into_raw_fd();
    let pull = context.socket_with(SocketType::Pull, |options| options.use_fd = fd);
    assert_eq!(bind(pull, "ipc://*"), directory.ipc("made"));
    one_message(context.connected(SocketType::Push, &directory.ipc("made")), pull);
    pull.close().expect("close");
    assert!(path.exists(), "the file is the application's");
}

#[test]
fn a_stream_of_the_applications_is_used() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let stream = TcpStream::connect(endpoint.trim_start_matches("tcp://")).expect("connect");
    let fd = stream.into_raw_fd();
    let push = context.socket_with(SocketType::Push, |options| options.use_fd = fd);
    push.connect(&endpoint).expect("connect");
    one_message(push, pull);
    // When it is lost, the library makes one.
    pull.unbind(&endpoint).expect("unbind");
    let again = context.socket(SocketType::Pull);
    eventually("the port is free", || again.bind(&endpoint).is_ok());
    eventually("it has come back", || {
        let _ = try_send(push, "back");
        try_recv(again).is_some()
    });
}

#[test]
fn what_is_no_socket_of_the_right_kind_is_left_alone() {
    let context = Context::new();
    let file = std::fs::File::open("/dev/null").expect("a file");
    let (local, _other) = UnixStream::pair().expect("a pair");
    let not_listening = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let stream = TcpStream::connect(not_listening.local_addr().expect("an address")).expect("connect");
    for fd in [file.as_raw_fd(), local.as_raw_fd(), stream.as_raw_fd(), 999_999] {
        let pull = context.socket_with(SocketType::Pull, |options| options.use_fd = fd);
        assert!(pull.bind(LOOPBACK).is_err(), "binding with {fd}");
        assert_eq!(pull.options().expect("options").use_fd, fd);
    }
    for fd in [file.as_raw_fd(), local.as_raw_fd(), not_listening.as_raw_fd(), 999_999] {
        let pull = context.socket_with(SocketType::Pull, |options| options.use_fd = fd);
        assert!(pull.connect("tcp://127.0.0.1:1").is_err(), "connecting with {fd}");
    }
    local.set_nonblocking(false).expect("it is still open");
    stream.set_nonblocking(false).expect("it is still open");
}

#[test]
fn an_attempt_takes_no_longer_than_it_may() {
    // A listener whose queue is full: the system answers no further attempt.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut filling = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        filling.push(stream);
        assert!(filling.len() < 10_000, "the queue is never full");
    }
    let context = Context::new();
    let push = context.socket_with(SocketType::Push, |options| {
        options.connect_timeout = Some(Duration::from_millis(50));
    });
    push.connect(&format!("tcp://{address}")).expect("connect");
    // With the system's own timeout it would be minutes.
    std::thread::sleep(Duration::from_millis(300));
    drop(filling);
    let drain = std::thread::spawn(move || {
        listener.incoming().find_map(|stream| {
            let mut stream = stream.expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout");
            let mut first = [0; 10];
            // Those that filled the queue are closed.
            stream.read_exact(&mut first).ok().map(|()| first[0])
        })
    });
    assert_eq!(drain.join().expect("the listener"), Some(0xFF));
}

#[test]
fn a_handshake_takes_no_longer_than_it_may() {
    let context = Context::new();
    let push = context.socket_with(SocketType::Push, |options| {
        options.handshake_timeout = Some(Duration::from_millis(100));
    });
    let listener = Listener::new();
    push.connect(&listener.endpoint()).expect("connect");
    for _ in 0..3 {
        let start = Instant::now();
        let mut peer = listener.accept();
        peer.wait_for_end();
        assert!(start.elapsed() < PATIENCE);
    }
}

/// Sending says that there is nobody any more, once the endpoint is given up.
fn is_given_up(push: SocketHandle, endpoint: &str) {
    eventually("it is given up", || try_send(push, "x") == Err(Error::WouldBlock));
    assert_eq!(push.disconnect(endpoint), Err(Error::NoSuchEndpoint));
}

#[test]
fn a_refused_attempt_is_the_last_where_it_may_be() {
    let context = Context::new();
    let directory = TempDir::new();
    for endpoint in [own_tcp_endpoint(), directory.ipc("left")] {
        if endpoint.starts_with("ipc") {
            drop(UnixListener::bind(directory.path().join("left")).expect("a listener"));
        }
        let push = context.socket_with(SocketType::Push, |options| {
            options.reconnect_stop.conn_refused = true;
            options.linger = Some(Duration::ZERO);
        });
        push.connect(&endpoint).expect("connect");
        is_given_up(push, &endpoint);
    }
}

#[test]
fn a_failed_handshake_is_the_last_where_it_may_be() {
    let context = Context::new();
    let listener = Listener::new();
    for answer in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &opening_v3(0, "PUSH")] {
        let push = context.socket_with(SocketType::Push, |options| {
            options.reconnect_stop.handshake_failed = true;
            options.linger = Some(Duration::ZERO);
        });
        push.connect(&listener.endpoint()).expect("connect");
        let mut peer = listener.accept();
        peer.write(answer);
        peer.leave();
        is_given_up(push, &listener.endpoint());
    }
    // One that was made and is lost is made again.
    let push =
        context.socket_with(SocketType::Push, |options| options.reconnect_stop.handshake_failed = true);
    push.connect(&listener.endpoint()).expect("connect");
    let mut peer = listener.accept();
    peer.open_v3(0, "PULL");
    peer.leave();
    listener.accept().open_v3(0, "PULL");
}

#[test]
fn no_attempt_follows_a_disconnect_where_none_is_to() {
    let context = Context::new();
    let listener = Listener::new();
    let push =
        context.socket_with(SocketType::Push, |options| options.reconnect_stop.after_disconnect = true);
    let endpoint = listener.endpoint();
    push.connect(&endpoint).expect("connect");
    let mut peer = listener.accept();
    peer.open_v3(0, "PULL");
    // More than the system buffers, so that there is something left to deliver.
    let large = vec![0; 30_000_000];
    send(push, &large);
    push.disconnect(&endpoint).expect("disconnect");
    drop(peer);
    // Without the option, what is left would keep the context from ending: linger is for ever.
    push.close().expect("close");
    context.end();
}

#[test]
fn a_part_that_is_too_long_ends_the_connection() {
    let context = Context::new();
    let pull = context.socket_with(SocketType::Pull, |options| options.message_bytes_max = Some(5));
    let endpoint = bind(pull, LOOPBACK);
    let mut peer = Raw::connect(&endpoint);
    peer.open_v3(1, "PUSH");
    // Each part may have as much.
    peer.write(frames(&["12345", "12345"]));
    assert_eq!(crate::common::recv_all(pull), [b"12345", b"12345"]);
    peer.write(frames(&["123", "123456"]));
    peer.wait_for_end();
    assert_eq!(try_recv(pull), None, "nor is the part before it delivered");
    let mut peer = Raw::connect(&endpoint);
    peer.open_v3(1, "PUSH");
    peer.write([2, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    peer.wait_for_end();
    // Its own messages may be longer.
    let push = context.socket_with(SocketType::Push, |options| options.message_bytes_max = Some(5));
    let other = context.connected(SocketType::Pull, &bind(push, LOOPBACK));
    send_part(push, &[7; 100], false, true).expect("send");
    assert_eq!(recv(other).len(), 100);
}
