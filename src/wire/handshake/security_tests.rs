//! Handshakes with PLAIN and CURVE, and with somebody who decides: both sides of ours, peers made by hand, and
//! everything that is to be refused. And the traffic behind them.

mod curve;
mod traffic;

use super::*;
use crate::message::{Arena, Kind, Message};
use crate::socket::options::Mechanism as Asked;
use crate::wire::batch::{Batch, SLICES_MAX};
use crate::wire::boxes::{self, KEY_BYTES, PublicKey, SecretKey, Shared, nonce};
use crate::wire::decoder::Decoder;
use crate::wire::encoder::Encoder;
use crate::wire::tests::{Event, Recorder, bytes};
use std::io::IoSlice;

type Keys = (PublicKey, SecretKey);

fn keys() -> Keys {
    boxes::key_pair().unwrap()
}

fn plain(as_server: bool, username: &str, password: &str) -> Security {
    let (username, password) = (username.as_bytes().to_vec(), password.as_bytes().to_vec());
    Security { mechanism: Asked::Plain { as_server, username, password }, ..Security::default() }
}

fn curve_client(client: &Keys, server_key: PublicKey) -> Security {
    let (public_key, secret_key) = (client.0, *client.1);
    let mechanism = Asked::Curve { as_server: false, public_key, secret_key, server_key };
    Security { mechanism, ..Security::default() }
}

fn curve_server(server: &Keys) -> Security {
    let (empty, secret_key) = ([0; KEY_BYTES], *server.1);
    let mechanism = Asked::Curve { as_server: true, public_key: empty, secret_key, server_key: empty };
    Security { mechanism, ..Security::default() }
}

fn null(domain: &str, enforced: bool) -> Security {
    Security { zap_domain: domain.into(), zap_enforce_domain: enforced, ..Security::default() }
}

fn reply(status: &str) -> Answer {
    let frames = [&b""[..], b"1.0", b"1", status.as_bytes(), b"text", b"joe", b"\x03X-a\0\0\0\x01b"];
    Answer::Reply(frames.map(<[u8]>::to_vec).into())
}

/// One side, and what it has come to.
struct Side {
    handshake: Handshake,
    output: Vec<u8>,
    /// All that it has ever sent.
    sent: Vec<u8>,
    answer: Answer,
    asked: Vec<Vec<u8>>,
    end: Option<Result<PeerInfo, WireError>>,
}

impl Side {
    fn new(kind: SocketType, identity: &str, security: &Security, answer: Answer) -> Side {
        let local = Local { kind, identity: identity.into(), metadata: Vec::new() };
        let handshake = Handshake::new(local, security, "10.0.0.1".into());
        Side { handshake, output: Vec::new(), sent: Vec::new(), answer, asked: Vec::new(), end: None }
    }

    /// Gives it input, and the answer if it asks.
    fn feed(&mut self, input: &[u8]) {
        if self.end.is_some() {
            return;
        }
        let before = self.output.len();
        let mut step = self.handshake.advance(input, &mut self.output);
        if let Some(request) = self.handshake.request() {
            self.asked = request;
            let Ok((used, None)) = step else { panic!("it asks and is done") };
            step = self.handshake.answer(&self.answer, &mut self.output).and_then(|peer| match peer {
                None => self.handshake.advance(&input[used..], &mut self.output),
                done => Ok((used, done)),
            });
        }
        self.sent.extend_from_slice(&self.output[before..]);
        self.end = step.map(|(_, peer)| peer).transpose();
    }
}

/// Moves bytes between two sides until none of them has more to say, in pieces of `chunk` bytes, altered by `alter`.
/// Its arguments: which side sends, and all the bytes of a command, or of a greeting.
fn meet(sides: &mut [Side; 2], chunk: usize, mut alter: impl FnMut(usize, &mut Vec<u8>)) {
    sides.iter_mut().for_each(|side| side.feed(&[]));
    while sides.iter().any(|side| !side.output.is_empty()) {
        for from in 0..2 {
            let mut bytes = std::mem::take(&mut sides[from].output);
            if !bytes.is_empty() {
                alter(from, &mut bytes);
            }
            bytes.chunks(chunk).for_each(|piece| sides[1 - from].feed(piece));
        }
    }
}

fn pair(server: &Security, client: &Security, answer: Answer) -> [Side; 2] {
    [
        Side::new(SocketType::Router, "srv", server, answer),
        Side::new(SocketType::Dealer, "cli", client, Answer::Gone),
    ]
}

/// How both sides end, the server first.
fn ends(server: &Security, client: &Security, answer: Answer) -> [Option<Result<PeerInfo, WireError>>; 2] {
    let mut sides = pair(server, client, answer);
    meet(&mut sides, 1000, |_, _| ());
    sides.map(|side| side.end)
}

#[test]
fn both_sides_of_ours_meet_and_the_handler_is_asked() {
    let (server, client) = (keys(), keys());
    let (curve, curve_client) = (curve_server(&server), curve_client(&client, server.0));
    let cases = [
        (plain(true, "", ""), plain(false, "user", "pass"), vec![&b"PLAIN"[..], b"user", b"pass"]),
        (plain(true, "", ""), plain(false, "", ""), vec![b"PLAIN", b"", b""]),
        (curve, curve_client, vec![b"CURVE", &client.0]),
        (null("global", false), null("", false), vec![b"NULL"]),
    ];
    for (mut server, client, credentials) in cases {
        server.zap_domain = b"global".to_vec();
        for chunk in [1, 7, 1000] {
            let mut sides = pair(&server, &client, reply("200"));
            meet(&mut sides, chunk, |_, _| ());
            let request = [&b""[..], b"1.0", b"1", b"global", b"10.0.0.1", b"srv"];
            assert_eq!(sides[0].asked, [&request[..], &credentials].concat());
            assert!(sides[1].asked.is_empty());
            let [for_server, for_client] = sides.map(|side| side.end.unwrap().unwrap());
            assert_eq!((&for_server.identity[..], for_server.kind), (&b"cli"[..], Some(SocketType::Dealer)));
            assert_eq!((&for_client.identity[..], for_client.kind), (&b"srv"[..], Some(SocketType::Router)));
            let property = |name| metadata::find(&for_server.properties, name);
            assert_eq!((property("User-Id"), property("X-a")), (Some(&b"joe"[..]), Some(&b"b"[..])));
            assert_eq!(property("Socket-Type"), Some(&b"DEALER"[..]));
            assert_eq!(metadata::find(&for_client.properties, "User-Id"), None);
        }
    }
}

#[test]
fn who_is_refused_learns_why_and_nothing_more() {
    let (server, client) = (keys(), keys());
    let (curve, curve_client) = (curve_server(&server), curve_client(&client, server.0));
    for (server, client) in [
        (plain(true, "", ""), plain(false, "user", "pass")),
        (curve, curve_client),
        (null("global", false), null("", false)),
    ] {
        for status in [300, 400, 500] {
            let mut sides = pair(&server, &client, reply(&status.to_string()));
            meet(&mut sides, 1000, |_, _| ());
            assert_eq!(sides[0].end, Some(Err(WireError::Denied(status))));
            let told = (status != 300).then(|| Err(WireError::Refused(status.to_string())));
            assert_eq!(sides[1].end, told);
            let error = format!("\u{4}\u{a}\u{5}ERROR\u{3}{status}");
            assert_eq!(sides[0].sent.ends_with(error.as_bytes()), status != 300);
            let said = |name: &[u8]| sides[0].sent.windows(name.len()).any(|part| part == name);
            assert!(!said(b"READY"), "who is refused learns nothing of this side");
        }
        let frames = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let Answer::Reply(mut frames) = reply("200") else { unreachable!() };
            change(&mut frames);
            Answer::Reply(frames)
        };
        let answers = [
            (Answer::Gone, WireError::ZapHandlerGone),
            (frames(&|frames| drop(frames.pop())), WireError::ZapMalformedReply),
            (frames(&|frames| frames.push(vec![])), WireError::ZapMalformedReply),
            (frames(&|frames| frames[0] = b"x".to_vec()), WireError::ZapMalformedReply),
            (frames(&|frames| frames[1] = b"1.1".to_vec()), WireError::ZapBadVersion),
            (frames(&|frames| frames[2] = b"2".to_vec()), WireError::ZapBadRequestId),
            (frames(&|frames| frames[3] = b"201".to_vec()), WireError::ZapInvalidStatus),
            (frames(&|frames| frames[3] = b"".to_vec()), WireError::ZapInvalidStatus),
            (frames(&|frames| frames[6] = b"\x05ab".to_vec()), WireError::ZapInvalidMetadata),
            (Answer::Reply(vec![]), WireError::ZapMalformedReply),
        ];
        for (answer, error) in answers {
            let [for_server, for_client] = ends(&server, &client, answer);
            assert_eq!((for_server, for_client), (Some(Err(error)), None));
        }
    }
}

/// As the original, observed.
#[test]
fn without_a_handler() {
    let (server, client) = (keys(), keys());
    let curve = |domain: &str, enforced| Security {
        zap_domain: domain.into(),
        zap_enforce_domain: enforced,
        ..curve_server(&server)
    };
    let curve_client = curve_client(&client, server.0);
    let with_plain = Security { zap_enforce_domain: true, ..plain(true, "", "") };
    let cases = [
        (null("global", false), null("", false), true),
        (null("global", true), null("", false), false),
        (plain(true, "", ""), plain(false, "user", "pass"), false),
        (with_plain, plain(false, "user", "pass"), false),
        (curve("", false), curve_client.clone(), true),
        (curve("global", false), curve_client.clone(), true),
        (curve("global", true), curve_client.clone(), false),
    ];
    for (server, client, is_let_in) in cases {
        let [for_server, for_client] = ends(&server, &client, Answer::Nobody);
        if is_let_in {
            let peer = for_server.unwrap().unwrap();
            assert_eq!(metadata::find(&peer.properties, "User-Id"), None);
            assert!(for_client.unwrap().is_ok());
        } else {
            assert_eq!((for_server, for_client), (Some(Err(WireError::NoZapHandler)), None));
        }
    }
    // Nobody is asked at all.
    for (server, client) in [
        (curve("", true), curve_client),
        (null("", true), null("", false)),
        (null("", false), null("", true)),
    ] {
        let mut sides = pair(&server, &client, reply("400"));
        meet(&mut sides, 1000, |_, _| ());
        assert!(sides.iter().all(|side| side.asked.is_empty() && matches!(side.end, Some(Ok(_)))));
    }
}

#[test]
fn nobody_gives_himself_a_name() {
    let own = |list: &[(&str, &str)]| {
        list.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect::<Properties>()
    };
    let peers = own(&[("Socket-Type", "PUSH"), ("user-ID", "root"), ("X-a", "theirs"), ("X-b", "theirs")]);
    assert_eq!(
        zap::merge(None, peers.clone()),
        own(&[("Socket-Type", "PUSH"), ("X-a", "theirs"), ("X-b", "theirs")])
    );
    assert_eq!(
        zap::merge(Some(own(&[("User-Id", ""), ("x-A", "ours")])), peers),
        own(&[("User-Id", ""), ("x-A", "ours"), ("Socket-Type", "PUSH"), ("X-b", "theirs")])
    );
}

#[test]
fn mechanisms_and_roles_must_match() {
    let (server, client) = (keys(), keys());
    let curve = (curve_server(&server), curve_client(&client, server.0));
    let plain = (plain(true, "", ""), plain(false, "u", "p"));
    let null = (null("", false), null("", false));
    let mismatch = |name: &str| Some(Err(WireError::MechanismMismatch(name.into())));
    for (one, other, names) in [
        (&curve, &plain, ["CURVE", "PLAIN"]),
        (&curve, &null, ["CURVE", "NULL"]),
        (&plain, &null, ["PLAIN", "NULL"]),
    ] {
        for (one, other) in [(&one.0, &other.1), (&one.1, &other.0), (&one.0, &other.0), (&one.1, &other.1)] {
            assert_eq!(ends(one, other, Answer::Nobody), [mismatch(names[1]), mismatch(names[0])]);
        }
    }
    for (server, client) in [&curve, &plain] {
        let two_servers = Some(Err(WireError::TwoServers));
        assert_eq!(ends(server, server, Answer::Nobody), [two_servers.clone(), two_servers]);
        let two_clients = Some(Err(WireError::UnexpectedCommand("HELLO".into())));
        assert_eq!(ends(client, client, Answer::Nobody), [two_clients.clone(), two_clients]);
    }
}

/// Before ZMTP 3 there was no security.
#[test]
fn old_peers_are_let_in_only_where_anybody_is() {
    let old: [&[u8]; 4] = [
        b"\x01\0",
        b"\xff\0\0\0\0\0\0\0\x01\0",
        b"\xff\0\0\0\0\0\0\0\x01\x7f\0\x05\x01\0",
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0",
    ];
    for greeting in old {
        for security in
            [plain(true, "", ""), plain(false, "", ""), curve_server(&keys()), null("global", false)]
        {
            let mut side = Side::new(SocketType::Router, "srv", &security, reply("200"));
            side.feed(&[]);
            side.feed(greeting);
            assert_eq!(side.end, Some(Err(WireError::Insecure)));
            assert!(side.asked.is_empty());
        }
        let mut side = Side::new(SocketType::Router, "", &null("", true), reply("200"));
        side.feed(greeting);
        assert!(matches!(side.end, Some(Ok(_))));
    }
}

fn greeting(mechanism: &[u8], as_server: bool) -> Vec<u8> {
    let mut greeting = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01".to_vec();
    greeting.extend(mechanism);
    greeting.resize(32, 0);
    greeting.push(u8::from(as_server));
    greeting.resize(64, 0);
    greeting
}

fn commanded(name: &str, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    command::put(&mut out, name, data);
    out
}

/// How a side ends with a peer made by hand, and what it sent behind its greeting.
fn by_hand(security: &Security, input: &[&[u8]]) -> (Option<Result<PeerInfo, WireError>>, Vec<u8>) {
    let mut side = Side::new(SocketType::Pull, "", security, reply("200"));
    side.feed(&[]);
    side.feed(&input.concat());
    let sent = side.sent.get(64..).unwrap_or_default().to_vec();
    (side.end, sent)
}

const PUSH: &[u8] = b"\x0bSocket-Type\0\0\0\x04PUSH";
const PULL: &[u8] = b"\x0bSocket-Type\0\0\0\x04PULL";

#[test]
fn plain_is_the_bytes_of_the_specification() {
    let (server, client) = (plain(true, "", ""), plain(false, "admin", "secret"));
    let hello = b"\x04\x13\x05HELLO\x05admin\x06secret";
    let welcome = b"\x04\x08\x07WELCOME";
    let initiate = [&b"\x04\x1d\x08INITIATE"[..], PUSH].concat();
    let ready = [&b"\x04\x1a\x05READY"[..], PULL].concat();
    let (end, sent) = by_hand(&server, &[&greeting(b"PLAIN", false), hello, &initiate]);
    assert!(matches!(end, Some(Ok(_))), "{end:?}");
    assert_eq!(sent, [&welcome[..], &ready].concat());

    let mut side = Side::new(SocketType::Push, "", &client, Answer::Gone);
    side.feed(&[]);
    side.feed(&[&greeting(b"PLAIN", true)[..], welcome, &ready].concat());
    assert!(matches!(side.end, Some(Ok(_))), "{:?}", side.end);
    assert_eq!(side.sent[64..], [&hello[..], &initiate].concat());
    assert_eq!(side.sent[32], 0, "not the server");
}

#[test]
fn malformed_plain_is_refused() {
    let (server, client) = (plain(true, "", ""), plain(false, "u", "p"));
    let end = |security: &Security, input: &[u8]| {
        by_hand(security, &[&greeting(b"PLAIN", !security.is_server()), input]).0.unwrap().unwrap_err()
    };
    let hello = commanded("HELLO", b"\x01u\x01p");
    for data in [&b""[..], b"\x01u", b"\x02u", b"\x01u\x02p", b"\x01u\x01px", b"\xff"] {
        assert_eq!(end(&server, &commanded("HELLO", data)), WireError::MalformedHandshake("HELLO"));
    }
    let unexpected = |name: &str| WireError::UnexpectedCommand(name.into());
    assert_eq!(end(&server, &commanded("INITIATE", PUSH)), unexpected("INITIATE"));
    assert_eq!(end(&server, &[hello.clone(), hello.clone()].concat()), unexpected("HELLO"));
    assert_eq!(end(&server, &commanded("READY", PUSH)), unexpected("READY"));
    assert_eq!(end(&server, b"\0\x05hello"), WireError::MessageInHandshake);
    let initiate = [hello.clone(), commanded("INITIATE", b"\x0bSocket")].concat();
    assert!(matches!(end(&server, &initiate), WireError::MalformedMetadata(_)));
    // The server says why, the client does not.
    let (error, sent) = by_hand(&server, &[&greeting(b"PLAIN", false), &hello, &commanded("INITIATE", PULL)]);
    assert!(matches!(error, Some(Err(WireError::IncompatibleSocketTypes { .. }))));
    assert!(sent.ends_with(b"ERROR\x18incompatible-socket-type") && !sent.windows(5).any(|w| w == b"READY"));
    let both = [commanded("WELCOME", b""), commanded("READY", PULL)].concat();
    let (error, sent) = by_hand(&client, &[&greeting(b"PLAIN", true), &both]);
    assert!(matches!(error, Some(Err(WireError::IncompatibleSocketTypes { .. }))));
    assert!(!sent.windows(5).any(|w| w == b"ERROR"));

    assert_eq!(end(&client, &commanded("READY", PUSH)), unexpected("READY"));
    assert_eq!(end(&client, &commanded("WELCOME", b"x")), WireError::MalformedHandshake("WELCOME"));
    let twice = [commanded("WELCOME", b""), commanded("WELCOME", b"")].concat();
    assert_eq!(end(&client, &twice), unexpected("WELCOME"));
    // As libzmq 4.3.4 misspells it.
    assert_eq!(end(&client, b"\x04\x09^RROR\x03400").denied(), Some(400));
    assert_eq!(end(&client, b"\x04\x06^RROR\x03"), WireError::MalformedError);
}

impl Security {
    fn is_server(&self) -> bool {
        matches!(self.mechanism, Asked::Plain { as_server: true, .. } | Asked::Curve { as_server: true, .. })
    }
}
