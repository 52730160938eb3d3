//! The proxy: what it captures, and what it obeys.

use crate::common::{Context, recv, recv_all, send, send_all};
use oxmq::{Error, SocketHandle, SocketType, proxy, proxy_steerable};
use std::thread::JoinHandle;

/// A proxy from PULL to PUSH in a thread of its own, and the sockets around it.
struct Scene {
    context: Context,
    source: SocketHandle,
    sink: SocketHandle,
    captured: SocketHandle,
    control: SocketHandle,
    proxy: JoinHandle<Result<(), Error>>,
}

impl Scene {
    fn new(control: [SocketType; 2]) -> Scene {
        let context = Context::new();
        let [front, back] = [SocketType::Pull, SocketType::Push].map(|kind| context.socket(kind));
        front.bind("inproc://front").expect("bind");
        back.bind("inproc://back").expect("bind");
        let (captured, capture) = pair(&context, [SocketType::Pair; 2], "inproc://capture");
        let (near, far) = pair(&context, control, "inproc://control");
        let proxy = std::thread::spawn(move || {
            let result = proxy_steerable(front, back, Some(capture), far);
            for socket in [front, back, capture, far] {
                socket.close().expect("close");
            }
            result
        });
        let source = context.connected(SocketType::Push, "inproc://front");
        let sink = context.connected(SocketType::Pull, "inproc://back");
        Scene { context, source, sink, captured, control: near, proxy }
    }

    fn end(self) -> Result<(), Error> {
        let result = self.proxy.join().expect("the proxy does not panic");
        self.context.end();
        result
    }
}

fn pair(context: &Context, kinds: [SocketType; 2], place: &str) -> (SocketHandle, SocketHandle) {
    let near = context.socket(kinds[0]);
    near.bind(place).expect("bind");
    (near, context.connected(kinds[1], place))
}

fn numbers(parts: Vec<Vec<u8>>) -> Vec<u64> {
    parts.into_iter().map(|part| u64::from_ne_bytes(part.try_into().expect("eight bytes"))).collect()
}

#[test]
fn it_obeys_and_tells_what_it_moved() {
    let scene = Scene::new([SocketType::Pair; 2]);
    send_all(scene.source, &["ab", "cde"]);
    send(scene.source, "x");
    for socket in [scene.sink, scene.captured] {
        assert_eq!(recv_all(socket), [&b"ab"[..], b"cde"]);
        assert_eq!(recv(socket), b"x");
    }
    send(scene.control, "STATISTICS");
    assert_eq!(numbers(recv_all(scene.control)), [2, 6, 0, 0, 0, 0, 2, 6]);

    send(scene.control, "PAUSE");
    send(scene.control, "what is this?");
    send_all(scene.control, &["TERMINATE", "or not"]);
    // The answer says that the proxy has got as far as this.
    send(scene.control, "STATISTICS");
    recv_all(scene.control);
    send(scene.source, "late");
    send(scene.control, "STATISTICS");
    assert_eq!(numbers(recv_all(scene.control))[0], 2, "it is paused");
    assert_eq!(scene.sink.recv(false).err(), Some(Error::WouldBlock));
    send(scene.control, "RESUME");
    assert_eq!(recv(scene.sink), b"late");
    send(scene.control, "TERMINATE");
    assert_eq!(scene.end(), Ok(()));
}

#[test]
fn a_requester_is_answered_whatever_it_orders() {
    let scene = Scene::new([SocketType::Req, SocketType::Rep]);
    for order in ["PAUSE", "nonsense", "RESUME"] {
        send(scene.control, order);
        assert_eq!(recv(scene.control), b"", "{order}");
    }
    send(scene.control, "STATISTICS");
    assert_eq!(numbers(recv_all(scene.control)), [0; 8]);
    send(scene.control, "TERMINATE");
    assert_eq!(recv(scene.control), b"");
    assert_eq!(scene.end(), Ok(()));
}

/// A control socket that cannot answer does not stop the proxy.
#[test]
fn who_only_orders_is_obeyed_too() {
    let scene = Scene::new([SocketType::Push, SocketType::Pull]);
    send(scene.control, "STATISTICS");
    send(scene.source, "x");
    assert_eq!(recv(scene.sink), b"x");
    send(scene.control, "TERMINATE");
    assert_eq!(scene.end(), Ok(()));
}

/// One socket may be both ends: what it receives goes back where it came from.
#[test]
fn an_echo() {
    for [echoing, asking] in [[SocketType::Router, SocketType::Dealer], [SocketType::Rep, SocketType::Req]] {
        let context = Context::new();
        let both = context.socket(echoing);
        both.bind("inproc://echo").expect("bind");
        let echo = std::thread::spawn(move || {
            let Err(error) = proxy(both, both, None);
            both.close().expect("close");
            error
        });
        let asker = context.connected(asking, "inproc://echo");
        for _ in 0..3 {
            send_all(asker, &["to", "and fro"]);
            assert_eq!(recv_all(asker), [&b"to"[..], b"and fro"]);
        }
        asker.close().expect("close");
        context.handle.shut_down().expect("shut down");
        assert_eq!(echo.join().expect("the proxy does not panic"), Error::Terminated);
    }
}
