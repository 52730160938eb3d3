//! PLAIN and CURVE through the 4.x ABI: each library with each, in both roles, each end binding, over tcp and ipc.
#![forbid(unsafe_code)]

use oxmq_interop_tests::{Peer, Programs, Transport, hex, secure_pairings};
use std::path::Path;
use std::sync::OnceLock;

/// Options, by number.
const LINGER: u32 = 17;
const PLAIN_SERVER: u32 = 44;
const PLAIN_USERNAME: u32 = 45;
const PLAIN_PASSWORD: u32 = 46;
const CURVE_SERVER: u32 = 47;
const CURVE_PUBLICKEY: u32 = 48;
const CURVE_SECRETKEY: u32 = 49;
const CURVE_SERVERKEY: u32 = 50;

/// Where ZAP handlers are.
const HANDLER: &str = "inproc://zeromq.zap.01";
/// Generated messages; those from 50 on are of all sizes, 1 MB among them.
const MESSAGES: usize = 120;

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build_in(Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

fn bytes(option: u32, value: &[u8]) -> String {
    format!("bytes 0 {option} {}", hex(&[value]))
}

fn number(option: u32, value: u32) -> String {
    format!("number 0 {option} {value}")
}

/// What is done on a socket to secure it: on the server's, and on the client's.
type Roles = (Vec<String>, Vec<String>);

fn curve() -> Roles {
    let (server, client) = (key_pair(), key_pair());
    let server_side = vec![number(CURVE_SERVER, 1), bytes(CURVE_SECRETKEY, &server.1)];
    let client_side = vec![
        bytes(CURVE_SERVERKEY, &server.0),
        bytes(CURVE_PUBLICKEY, &client.0),
        bytes(CURVE_SECRETKEY, &client.1),
    ];
    (server_side, client_side)
}

fn key_pair() -> ([u8; 32], [u8; 32]) {
    oxmq::curve::keypair().expect("random numbers")
}

/// Each pair of peers, each as the server, each binding.
fn all(kinds: (&str, &str), roles: impl Fn() -> Roles, script: impl Fn(&mut Peer, &mut Peer)) {
    for transport in [Transport::Tcp, Transport::Ipc] {
        for case in secure_pairings(transport) {
            for left_serves in [true, false] {
                let (server, client) = roles();
                let (left, right) = if left_serves { (server, client) } else { (client, server) };
                case.run(programs(), (kinds.0, &left), (kinds.1, &right), &script);
            }
        }
    }
}

#[test]
fn curve_requests() {
    all(("REQ", "REP"), curve, |req, rep| {
        rep.begin(&format!("echo 0 {MESSAGES}"));
        req.run(&format!("request 0 2 {MESSAGES}"));
        rep.end();
    });
}

#[test]
fn curve_one_way() {
    all(("PUSH", "PULL"), curve, |push, pull| {
        pull.begin(&format!("consume 0 3 {MESSAGES} 0"));
        push.run(&format!("produce 0 3 {MESSAGES}"));
        pull.end();
    });
}

#[test]
fn curve_both_ways() {
    all(("DEALER", "ROUTER"), curve, |dealer, router| {
        router.begin(&format!("echo 0 {MESSAGES}"));
        dealer.run(&format!("produce 0 5 {MESSAGES}"));
        dealer.run(&format!("consume 0 5 {MESSAGES} 0"));
        router.end();
    });
}

/// The server asks its handler, which is the test itself.
#[test]
fn plain() {
    for transport in [Transport::Tcp, Transport::Ipc] {
        for case in secure_pairings(transport) {
            let server = [number(PLAIN_SERVER, 1), "open 1 REP".to_string(), format!("bind 1 {HANDLER}")];
            let client = [bytes(PLAIN_USERNAME, b"user"), bytes(PLAIN_PASSWORD, b"secret")];
            case.run(programs(), ("PULL", &server), ("PUSH", &client), |pull, push| {
                let request = pull.run("recv 1");
                let words: Vec<&str> = request.split(' ').collect();
                assert_eq!(words.len(), 8, "{request}");
                let credentials = hex(&["PLAIN", "user", "secret"]);
                assert!(request.ends_with(&credentials), "{request}");
                let rest = hex(&["200", "text", "", ""]);
                pull.run(&format!("send 1 {} {} {rest}", words[0], words[1]));
                pull.begin(&format!("consume 0 4 {MESSAGES} 0"));
                push.run(&format!("produce 0 4 {MESSAGES}"));
                pull.end();
            });
        }
    }
}

/// Another key than the server's: nothing comes through, while others do.
#[test]
fn curve_with_a_wrong_key() {
    for case in secure_pairings(Transport::Tcp) {
        let (server, right) = curve();
        let mut wrong = curve().1;
        // A refused client would keep its message when it ends.
        wrong.push(number(LINGER, 0));
        let mut left = Peer::start(programs(), case.left, "server");
        let mut right_peer = Peer::start(programs(), case.right, "client");
        left.open("PULL", &server);
        let endpoint = left.run("bind 0 tcp://127.0.0.1:*");
        right_peer.open("PUSH", &wrong);
        right_peer.run(&format!("connect 0 {endpoint}"));
        right_peer.send(0, &["out"]);
        right_peer.open_as(1, "PUSH");
        for command in &right {
            // The same commands, on socket 1.
            let on_1: Vec<&str> =
                command.split(' ').enumerate().map(|(at, word)| if at == 1 { "1" } else { word }).collect();
            right_peer.run(&on_1.join(" "));
        }
        right_peer.run(&format!("connect 1 {endpoint}"));
        right_peer.send(1, &["in"]);
        left.expect(0, &["in"]);
        right_peer.quit();
        left.quit();
    }
}
