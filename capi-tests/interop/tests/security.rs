//! PLAIN, CURVE and ZAP between the engine and the original libzmq, in both roles, whichever side binds.
#![forbid(unsafe_code)]

use oxmq::socket::options::{Mechanism, Options, Security};
use oxmq::{ContextHandle, Message, SocketHandle, SocketType};
use oxmq_interop_tests::{Library, Peer, Programs, hex};
use std::path::Path;
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where ZAP handlers are.
const HANDLER: &str = "inproc://zeromq.zap.01";

/// Options of the original, by number.
const PLAIN_SERVER: u32 = 44;
const PLAIN_USERNAME: u32 = 45;
const PLAIN_PASSWORD: u32 = 46;
const CURVE_SERVER: u32 = 47;
const CURVE_PUBLICKEY: u32 = 48;
const CURVE_SECRETKEY: u32 = 49;
const CURVE_SERVERKEY: u32 = 50;
const ZAP_DOMAIN: u32 = 55;

type Key = [u8; 32];
type Pair = (Key, Key);

fn start(name: &str) -> Peer {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    Peer::start(PROGRAMS.get_or_init(|| Programs::of_theirs_in(directory)), Library::Theirs, name)
}

fn keys() -> Pair {
    oxmq::curve::keypair().expect("random numbers")
}

/// What secures a connection, as one of its sides sees it.
#[derive(Clone)]
enum Side {
    Null { domain: &'static str },
    PlainServer,
    PlainClient(&'static str),
    CurveServer(Pair),
    CurveClient(Pair, Key),
}

impl Side {
    fn mechanism(&self) -> Mechanism {
        let empty = || [0; 32];
        match self {
            Side::Null { .. } => Mechanism::Null,
            Side::PlainServer => {
                Mechanism::Plain { as_server: true, username: Vec::new(), password: Vec::new() }
            }
            Side::PlainClient(password) => Mechanism::Plain {
                as_server: false,
                username: b"user".to_vec(),
                password: password.as_bytes().to_vec(),
            },
            Side::CurveServer((_, secret_key)) => Mechanism::Curve {
                as_server: true,
                public_key: empty(),
                secret_key: *secret_key,
                server_key: empty(),
            },
            Side::CurveClient((public_key, secret_key), server_key) => Mechanism::Curve {
                as_server: false,
                public_key: *public_key,
                secret_key: *secret_key,
                server_key: *server_key,
            },
        }
    }

    fn options(&self) -> Options {
        let domain = match self {
            Side::Null { domain } => domain,
            _ => "",
        };
        Options {
            send_timeout: Some(PATIENCE),
            recv_timeout: Some(PATIENCE),
            linger: Some(Duration::ZERO),
            security: Security {
                mechanism: self.mechanism(),
                zap_domain: domain.into(),
                ..Security::default()
            }
            .into(),
            ..Options::default()
        }
    }

    /// The same for a socket of the original.
    fn tell(&self, peer: &mut Peer, id: usize) {
        let mut bytes = |option: u32, value: &[u8]| {
            peer.run(&format!("bytes {id} {option} {}", hex(&[value])));
        };
        match self {
            Side::Null { domain: "" } => {}
            Side::Null { domain } => bytes(ZAP_DOMAIN, domain.as_bytes()),
            Side::PlainClient(password) => {
                bytes(PLAIN_USERNAME, b"user");
                bytes(PLAIN_PASSWORD, password.as_bytes());
            }
            Side::CurveClient((public, secret), server) => {
                bytes(CURVE_SERVERKEY, server);
                bytes(CURVE_PUBLICKEY, public);
                bytes(CURVE_SECRETKEY, secret);
            }
            Side::CurveServer((_, secret)) => {
                bytes(CURVE_SECRETKEY, secret);
                peer.run(&format!("number {id} {CURVE_SERVER} 1"));
            }
            Side::PlainServer => {
                peer.run(&format!("number {id} {PLAIN_SERVER} 1"));
            }
        }
    }
}

/// Ours: a context, with a handler of ZAP that lets in who gives the right password or key, and a socket.
struct Ours {
    context: ContextHandle,
    sockets: Vec<SocketHandle>,
    handler: Option<JoinHandle<()>>,
}

impl Ours {
    /// `allow`: the last frame of the requests that are answered with 200.
    fn new(allow: Option<Vec<u8>>) -> Ours {
        let context = ContextHandle::new_context(1).expect("a context");
        let handler = allow.map(|allow| {
            let rep = context.socket(SocketType::Rep, Options::default()).expect("a socket");
            rep.bind(HANDLER).expect("bind");
            std::thread::spawn(move || {
                while let Some(request) = receive(rep) {
                    let status: &[u8] = if request.last() == Some(&allow) { b"200" } else { b"400" };
                    let reply = [&request[0][..], &request[1], status, b"text", b"user", b""];
                    send(rep, &reply);
                }
                rep.close().expect("close");
            })
        });
        Ours { context, sockets: Vec::new(), handler }
    }

    fn socket(&mut self, kind: SocketType, side: &Side) -> SocketHandle {
        let socket = self.context.socket(kind, side.options()).expect("a socket");
        self.sockets.push(socket);
        socket
    }

    fn end(mut self) {
        self.context.shut_down().expect("shut down");
        if let Some(handler) = self.handler.take() {
            handler.join().expect("the handler");
        }
        for socket in self.sockets {
            socket.close().expect("close");
        }
        self.context.terminate().expect("terminate");
    }
}

/// A whole message; `None` at the end of the context.
fn receive(socket: SocketHandle) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    loop {
        let part = socket.recv(true).ok()?;
        parts.push(part.as_bytes().to_vec());
        if !part.more() {
            return Some(parts);
        }
    }
}

fn send<P: AsRef<[u8]>>(socket: SocketHandle, parts: &[P]) {
    for (index, bytes) in parts.iter().enumerate() {
        let mut part = Message::copy_from(bytes.as_ref()).expect("memory");
        part.set_more(index + 1 < parts.len());
        socket.send(&mut part, true).expect("send");
    }
}

/// Connects the two, whichever binds.
fn join(ours: SocketHandle, theirs: &mut Peer, we_bind: bool) {
    if we_bind {
        ours.bind("tcp://127.0.0.1:*").expect("bind");
        theirs.run(&format!("connect 0 {}", ours.last_endpoint().expect("an endpoint")));
    } else {
        let endpoint = theirs.run("bind 0 tcp://127.0.0.1:*");
        ours.connect(&endpoint).expect("connect");
    }
}

/// Messages of all sizes go there and back.
fn talk(ours: &Side, theirs: &Side, allow: Option<&[u8]>) {
    for we_bind in [true, false] {
        let mut us = Ours::new(allow.map(<[u8]>::to_vec));
        let rep = us.socket(SocketType::Rep, ours);
        let mut them = start("REQ");
        them.open_as(0, "REQ");
        theirs.tell(&mut them, 0);
        join(rep, &mut them, we_bind);
        them.begin("request 0 5 200");
        for _ in 0..200 {
            let message = receive(rep).expect("a message");
            send(rep, &message);
        }
        them.end();
        them.quit();
        us.end();
    }
}

#[test]
fn plain() {
    let (server, client) = (Side::PlainServer, Side::PlainClient("secret"));
    talk(&server, &client, Some(b"secret"));
}

#[test]
fn curve_with_their_client() {
    let (server, client) = (keys(), keys());
    let sides = (Side::CurveServer(server), Side::CurveClient(client, server.0));
    talk(&sides.0, &sides.1, Some(&client.0));
    talk(&sides.0, &sides.1, None);
}

#[test]
fn curve_with_their_server() {
    let (server, client) = (keys(), keys());
    talk(&Side::CurveClient(client, server.0), &Side::CurveServer(server), None);
}

#[test]
fn null_with_a_domain() {
    let ours = Side::Null { domain: "global" };
    talk(&ours, &Side::Null { domain: "" }, Some(b"NULL"));
}

/// Their handler looks at our client's password.
#[test]
fn plain_with_their_server() {
    for we_bind in [true, false] {
        let mut them = start("PULL");
        them.open_as(1, "REP");
        them.run(&format!("bind 1 {HANDLER}"));
        them.open_as(0, "PULL");
        Side::PlainServer.tell(&mut them, 0);
        let mut us = Ours::new(None);
        let push = us.socket(SocketType::Push, &Side::PlainClient("secret"));
        join(push, &mut them, we_bind);
        for status in ["400", "500", "200"] {
            let request = [&b"1.0"[..], b"1", b"", b"127.0.0.1", b"", b"PLAIN", b"user", b"secret"];
            them.expect(1, &request);
            them.send(1, &["1.0", "1", status, "text", "", ""]);
        }
        send(push, &["in"]);
        them.expect(0, &["in"]);
        them.quit();
        us.end();
    }
}

/// Peers that may not come in do not, and the next that may does.
#[test]
fn refused_clients() {
    let (server, good, bad) = (keys(), keys(), keys());
    let cases = [
        (Side::PlainServer, Side::PlainClient("wrong"), Side::PlainClient("secret"), b"secret".to_vec()),
        (
            Side::CurveServer(server),
            Side::CurveClient(bad, server.0),
            Side::CurveClient(good, server.0),
            good.0.to_vec(),
        ),
        (
            Side::CurveServer(server),
            Side::CurveClient(good, bad.0),
            Side::CurveClient(good, server.0),
            good.0.to_vec(),
        ),
        (
            Side::CurveServer(server),
            Side::CurveClient((good.0, bad.1), server.0),
            Side::CurveClient(good, server.0),
            good.0.to_vec(),
        ),
        (
            Side::CurveServer(server),
            Side::Null { domain: "" },
            Side::CurveClient(good, server.0),
            good.0.to_vec(),
        ),
    ];
    for (ours, wrong, right, allow) in cases {
        let mut us = Ours::new(Some(allow));
        let pull = us.socket(SocketType::Pull, &ours);
        pull.bind("tcp://127.0.0.1:*").expect("bind");
        let endpoint = pull.last_endpoint().expect("an endpoint");
        let mut them = start("PUSH");
        for (id, side) in [(0, &wrong), (1, &right)] {
            them.open_as(id, "PUSH");
            side.tell(&mut them, id);
            // Nothing waits for the one that is refused: linger.
            them.run(&format!("number {id} 17 0"));
            them.run(&format!("connect {id} {endpoint}"));
        }
        them.send(0, &["out"]);
        them.send(1, &["in"]);
        assert_eq!(receive(pull), Some(vec![b"in".to_vec()]));
        them.send(1, &["in again"]);
        assert_eq!(receive(pull), Some(vec![b"in again".to_vec()]));
        them.quit();
        us.end();
    }
}

#[test]
fn encrypted_subscriptions() {
    let (server, client) = (keys(), keys());
    let (server, client) = (Side::CurveServer(server), Side::CurveClient(client, server.0));
    for we_serve in [true, false] {
        let (ours, theirs) = if we_serve { (&server, &client) } else { (&client, &server) };
        for (kind, their_kind) in [(SocketType::Xpub, "SUB"), (SocketType::Sub, "XPUB")] {
            let mut us = Ours::new(None);
            let socket = us.socket(kind, ours);
            let mut them = start(their_kind);
            them.open_as(0, their_kind);
            theirs.tell(&mut them, 0);
            if kind == SocketType::Sub {
                socket.subscribe(b"news").expect("subscribe");
            } else {
                them.run(&format!("subscribe 0 {}", hex(&["news"])));
            }
            // A SUB of the original that is bound, and encrypts, forgets to say what it has subscribed to.
            join(socket, &mut them, we_serve || their_kind == "SUB");
            if kind == SocketType::Sub {
                them.expect(0, &["\u{1}news"]);
                them.send(0, &["other"]);
                them.send(0, &["news", "of the day"]);
                assert_eq!(receive(socket), Some(vec![b"news".to_vec(), b"of the day".to_vec()]));
                socket.unsubscribe(b"news").expect("unsubscribe");
                them.expect(0, &["\u{0}news"]);
            } else {
                assert_eq!(receive(socket), Some(vec![b"\x01news".to_vec()]));
                send(socket, &["other"]);
                send(socket, &["news", "of the day"]);
                them.expect(0, &["news", "of the day"]);
                them.run(&format!("unsubscribe 0 {}", hex(&["news"])));
                assert_eq!(receive(socket), Some(vec![b"\x00news".to_vec()]));
            }
            them.quit();
            us.end();
        }
    }
}
