//! Connections through a SOCKS 5 proxy, which is played here.

use crate::common::{Context, PATIENCE, eventually, recv, send, try_send};
use oxmq::{Options, SocketType};
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// A proxy that serves one connection after the other, as each of the closures says.
struct Proxy(TcpListener);

impl Proxy {
    fn new() -> Proxy {
        Proxy(TcpListener::bind("127.0.0.1:0").expect("a listener"))
    }

    fn address(&self) -> String {
        self.0.local_addr().expect("an address").to_string()
    }

    fn accept(&self) -> TcpStream {
        let (stream, _) = self.0.accept().expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }
}

fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).expect("the client's bytes");
    bytes
}

/// Reads a request, and gives where to.
fn request(stream: &mut TcpStream) -> (String, u16) {
    assert_eq!(read(stream, 3), [5, 1, 0]);
    let host = match read(stream, 1)[0] {
        1 => read(stream, 4).iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        3 => {
            let length = usize::from(read(stream, 1)[0]);
            String::from_utf8(read(stream, length)).expect("a name")
        }
        other => panic!("{other} is no kind of address"),
    };
    let port = read(stream, 2);
    (host, u16::from_be_bytes([port[0], port[1]]))
}

/// Answers and passes bytes on, in small pieces at first, from a thread of its own.
fn serve(mut client: TcpStream, mut server: TcpStream) {
    for byte in [5, 0, 0, 3, 4, b'h', b'o', b's', b't', 0, 80] {
        client.set_nodelay(true).expect("no delay");
        client.write_all(&[byte]).expect("write");
    }
    let (mut from_client, mut to_client) = (client.try_clone().expect("again"), client);
    let mut to_server = server.try_clone().expect("again");
    std::thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    std::thread::spawn(move || {
        let _ = copy(&mut server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
}

fn through(proxy: &Proxy) -> impl Fn(&mut Options) {
    let address = proxy.address();
    move |options| options.socks.proxy.clone_from(&address)
}

#[test]
fn messages_go_through_the_proxy_which_looks_the_name_up() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let target = endpoint.trim_start_matches("tcp://").to_owned();
    let proxy = Proxy::new();
    let push = context.socket_with(SocketType::Push, through(&proxy));
    push.connect("tcp://only.the.proxy.knows:4242").expect("connect");
    let mut client = proxy.accept();
    assert_eq!(read(&mut client, 3), [5, 1, 0]);
    client.write_all(&[5, 0]).expect("write");
    assert_eq!(request(&mut client), ("only.the.proxy.knows".to_owned(), 4242));
    serve(client, TcpStream::connect(&target).expect("connect"));
    send(push, vec![7; 1_000_000]);
    assert_eq!(recv(pull).len(), 1_000_000);
    // Numbers are passed on too. Lost connections are made again the same way.
    let push = context.socket_with(SocketType::Push, through(&proxy));
    push.connect(&endpoint).expect("connect");
    for round in 0..3 {
        let mut client = proxy.accept();
        assert_eq!(read(&mut client, 3), [5, 1, 0]);
        client.write_all(&[5, 0]).expect("write");
        let (host, port) = request(&mut client);
        assert_eq!(format!("{host}:{port}"), target);
        let handle = client.try_clone().expect("again");
        serve(client, TcpStream::connect(&target).expect("connect"));
        send(push, format!("{round}"));
        assert_eq!(recv(pull), format!("{round}").as_bytes());
        handle.shutdown(Shutdown::Both).expect("shutdown");
    }
}

#[test]
fn the_proxy_is_told_who_asks() {
    let context = Context::new();
    let (pull, endpoint) = context.bound(SocketType::Pull);
    let proxy = Proxy::new();
    let push = context.socket_with(SocketType::Push, |options| {
        through(&proxy)(options);
        options.socks.username = "me".into();
        options.socks.password = "secret".into();
    });
    push.connect(&endpoint).expect("connect");
    let mut client = proxy.accept();
    assert_eq!(read(&mut client, 4), [5, 2, 0, 2]);
    client.write_all(&[5, 2]).expect("write");
    assert_eq!(read(&mut client, 11), b"\x01\x02me\x06secret");
    client.write_all(&[1, 0]).expect("write");
    request(&mut client);
    serve(client, TcpStream::connect(endpoint.trim_start_matches("tcp://")).expect("connect"));
    send(push, "hello");
    assert_eq!(recv(pull), b"hello");
}

#[test]
fn a_proxy_that_fails_is_tried_again() {
    let context = Context::new();
    let proxy = Proxy::new();
    let push = context.socket_with(SocketType::Push, |options| {
        through(&proxy)(options);
        options.handshake_timeout = Some(Duration::from_millis(200));
    });
    let (pull, endpoint) = context.bound(SocketType::Pull);
    push.connect(&endpoint).expect("connect");
    // Gone at once; not SOCKS; no method; a refusal in the middle; silence.
    drop(proxy.accept());
    for answer in [&b"HTTP/1.1 400\r\n"[..], &[5, 0xFF], &[5, 0, 5, 1, 0, 1, 0, 0, 0, 0, 0, 0], &[5]] {
        let mut client = proxy.accept();
        read(&mut client, 3);
        client.write_all(answer).expect("write");
        let mut rest = Vec::new();
        // The engine ends it, if not always in an orderly way.
        let _ = client.read_to_end(&mut rest);
    }
    let mut client = proxy.accept();
    read(&mut client, 3);
    client.write_all(&[5, 0]).expect("write");
    request(&mut client);
    serve(client, TcpStream::connect(endpoint.trim_start_matches("tcp://")).expect("connect"));
    send(push, "at last");
    assert_eq!(recv(pull), b"at last");
}

#[test]
fn a_proxy_that_is_refused_counts_as_a_peer_that_refuses() {
    let context = Context::new();
    let proxy = Proxy::new();
    let push = context.socket_with(SocketType::Push, |options| {
        through(&proxy)(options);
        options.reconnect_stop.conn_refused = true;
    });
    push.connect("tcp://somewhere:1").expect("connect");
    let mut client = proxy.accept();
    read(&mut client, 3);
    client.write_all(&[5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).expect("write");
    eventually("it is given up", || try_send(push, "x").is_err());
    let bad = context.socket_with(SocketType::Push, |options| options.socks.proxy = "no port".into());
    assert_eq!(bad.connect("tcp://127.0.0.1:1"), Err(oxmq::Error::InvalidArgument));
    // Only TCP goes through it.
    bad.connect("inproc://here").expect("connect");
}
