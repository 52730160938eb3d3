//! Handshakes with PLAIN and CURVE, and with somebody who decides: both sides of ours, peers made by hand, and
//! everything that is to be refused. And the traffic behind them.

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
        let local = Local { kind, identity: identity.into() };
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
    assert!(matches!(end(&client, b"\x04\x06^RROR\x03"), WireError::MalformedCommand(_)));
}

impl Security {
    fn is_server(&self) -> bool {
        matches!(self.mechanism, Asked::Plain { as_server: true, .. } | Asked::Curve { as_server: true, .. })
    }
}

/// Opens a long nonce and its box.
fn open_long(sealed: &[u8], prefix: &[u8], shared: &Shared) -> Vec<u8> {
    shared.open(&nonce(prefix, &sealed[..16]), &sealed[16..]).expect("a box").to_vec()
}

fn open_short(sealed: &[u8], prefix: &[u8], count: u64, shared: &Shared) -> Vec<u8> {
    assert_eq!(sealed[..8], count.to_be_bytes());
    shared.open(&nonce(prefix, &sealed[..8]), &sealed[8..]).expect("a box").to_vec()
}

fn seal(prefix: &[u8], rest: &[u8], shared: &Shared, content: &[u8]) -> Vec<u8> {
    let mut out = rest.to_vec();
    shared.seal(&nonce(prefix, rest), &mut out, |out| out.extend(content));
    out
}

/// The body of the only command in the bytes, behind its name.
fn data_of<'a>(frame: &'a [u8], name: &str) -> &'a [u8] {
    let header = frame::parse(Version::V3_1, frame).unwrap().unwrap();
    assert!(header.command && header.bytes + header.body_bytes as usize == frame.len());
    let (found, data) = command::split(&frame[header.bytes..]).unwrap();
    assert_eq!(found, name.as_bytes());
    data
}

/// The HELLO that a client of libzmq 4.3.4 sent to a server with the test key of zmq_curve(7).
#[test]
fn a_hello_of_the_original_is_understood() {
    let secret = bytes("8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7");
    let secret = SecretKey::new(secret.try_into().unwrap());
    let public = bytes("54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652");
    assert_eq!(boxes::public_key(&secret)[..], public);
    let hello = [
        &b"\x04\xc8\x05HELLO\x01\0"[..],
        &[0; 72],
        &bytes("e380e22067bf70f4ea679a29135ebb506014b56d65c6046c228ccab17babdd670000000000000001"),
        &bytes("eb3ab2ab3b26c53901cbea2ce67948c644957db0832ddc870daaa3a7dd929ff49c881dc4418412eb"),
        &bytes("83a515ef6a9d3dda93339b8267c8606fdf3508e121bc212777cf2946022eff1c48f3207b1440f4e5"),
    ];
    let server = curve_server(&(boxes::public_key(&secret), secret));
    let (end, sent) = by_hand(&server, &[&greeting(b"CURVE", false), &hello.concat()]);
    assert_eq!(end, None);
    assert!(sent.starts_with(b"\x04\xa8\x07WELCOME") && sent.len() == 2 + 168);
}

/// What our client sends, taken apart by a server made by hand.
#[test]
fn a_curve_client_is_the_bytes_of_the_specification() {
    let (server, client, transient) = (keys(), keys(), keys());
    let security = curve_client(&client, server.0);
    let mut side = Side::new(SocketType::Push, "", &security, Answer::Gone);
    side.feed(&[]);
    side.feed(&greeting(b"CURVE", false));
    let hello = side.sent[64..].to_vec();
    assert_eq!(hello.len(), 2 + 200);
    let data = data_of(&hello, "HELLO");
    assert_eq!(data[..74], [&[1, 0][..], &[0; 72]].concat());
    let their_transient: PublicKey = data[74..106].try_into().unwrap();
    let shared = Shared::new(&their_transient, &server.1).unwrap();
    assert_eq!(open_short(&data[106..], b"CurveZMQHELLO---", 1, &shared), [0; 64]);

    let cookie = [0xc0; 96];
    let welcome = seal(b"WELCOME-", &[5; 16], &shared, &[&transient.0[..], &cookie].concat());
    side.feed(&commanded("WELCOME", &welcome));
    let initiate = side.sent[64 + hello.len()..].to_vec();
    let data = data_of(&initiate, "INITIATE");
    assert_eq!(data[..96], cookie);
    let shared = Shared::new(&their_transient, &transient.1).unwrap();
    let content = open_short(&data[96..], b"CurveZMQINITIATE", 2, &shared);
    let (their_key, vouch, metadata) = (&content[..32], &content[32..128], &content[128..]);
    assert_eq!((their_key, metadata), (&client.0[..], PUSH));
    let vouched = open_long(vouch, b"VOUCH---", &Shared::new(&client.0, &transient.1).unwrap());
    assert_eq!(vouched, [their_transient, server.0].concat());
    assert_eq!(side.end, None);

    let ready = seal(b"CurveZMQREADY---", &1u64.to_be_bytes(), &shared, PULL);
    side.feed(&commanded("READY", &ready));
    assert_eq!(side.end.unwrap().unwrap().kind, Some(SocketType::Pull));

    // The next nonces on both sides: 3 and 2.
    let mut batch = Batch::new();
    let mut encoder = Encoder::new(Version::V3_1);
    let cipher = side.handshake.cipher().unwrap();
    encoder.seal_with(cipher.sealer);
    encoder.encode(Message::copy_from(b"hello").unwrap(), &mut batch);
    let frame = written(&batch);
    assert_eq!(frame[..10], *b"\0\x26\x07MESSAGE");
    assert_eq!(open_short(&frame[10..], b"CurveZMQMESSAGEC", 3, &shared), b"\0hello");
    let mut decoder = Decoder::opening(Version::V3_1, None, cipher.opener);
    let mut sink = Recorder::default();
    let sealed = seal(b"CurveZMQMESSAGES", &2u64.to_be_bytes(), &shared, b"\x01hi");
    let frame = [&[0, 8 + sealed.len() as u8][..], b"\x07MESSAGE", &sealed].concat();
    decoder.decode(&frame, &mut Arena::new(), &mut sink).unwrap();
    assert_eq!(sink.events, [Event::Part { body: b"hi".to_vec(), more: true }]);
}

/// A client made by hand, that can do everything wrong.
struct Client {
    keys: Keys,
    transient: Keys,
    side: Side,
    cookie: Vec<u8>,
    server_transient: PublicKey,
}

impl Client {
    /// As far as the WELCOME.
    fn welcomed(server: &Keys) -> Client {
        let (client, transient) = (keys(), keys());
        let mut side = Side::new(SocketType::Pull, "", &curve_server(server), reply("200"));
        side.feed(&[]);
        let shared = Shared::new(&server.0, &transient.1).unwrap();
        let hello = [
            &[1, 0][..],
            &[0; 72],
            &transient.0,
            &seal(b"CurveZMQHELLO---", &7u64.to_be_bytes(), &shared, &[0; 64]),
        ];
        side.feed(&[greeting(b"CURVE", false), commanded("HELLO", &hello.concat())].concat());
        let welcome = side.sent[64..].to_vec();
        assert_eq!(welcome.len(), 2 + 168);
        let content = open_long(data_of(&welcome, "WELCOME"), b"WELCOME-", &shared);
        let server_transient = content[..32].try_into().unwrap();
        Client { keys: client, transient, side, cookie: content[32..].to_vec(), server_transient }
    }

    fn vouch(&self, transient: &PublicKey, server: &PublicKey) -> Vec<u8> {
        let shared = Shared::new(&self.server_transient, &self.keys.1).unwrap();
        seal(b"VOUCH---", &[3; 16], &shared, &[*transient, *server].concat())
    }

    /// Sends an INITIATE; how the server ends.
    fn initiate(&mut self, count: u64, content: &[&[u8]]) -> Result<PeerInfo, WireError> {
        let shared = Shared::new(&self.server_transient, &self.transient.1).unwrap();
        let sealed = seal(b"CurveZMQINITIATE", &count.to_be_bytes(), &shared, &content.concat());
        self.side.feed(&commanded("INITIATE", &[&self.cookie[..], &sealed].concat()));
        self.side.end.clone().unwrap()
    }
}

#[test]
fn a_curve_server_is_the_bytes_of_the_specification() {
    let server = keys();
    let mut client = Client::welcomed(&server);
    let vouch = client.vouch(&client.transient.0, &server.0);
    let public = client.keys.0;
    let peer = client.initiate(8, &[&public, &vouch, PUSH]).unwrap();
    assert_eq!(peer.kind, Some(SocketType::Push));
    assert_eq!(client.side.asked.last(), Some(&public.to_vec()));
    let ready = client.side.sent[64 + 170..].to_vec();
    let shared = Shared::new(&client.server_transient, &client.transient.1).unwrap();
    assert_eq!(open_short(data_of(&ready, "READY"), b"CurveZMQREADY---", 1, &shared), PULL);
    assert_eq!(client.side.sent[32], 1, "the server");
}

#[test]
fn who_proves_nothing_is_refused() {
    let (server, other) = (keys(), keys());
    let refused = |change: &dyn Fn(&mut Client) -> Result<PeerInfo, WireError>| {
        let mut client = Client::welcomed(&server);
        let error = change(&mut client).unwrap_err();
        assert!(client.side.asked.is_empty(), "nobody is asked about a peer that proves nothing");
        let sent = &client.side.sent;
        assert!(!sent.windows(5).any(|part| part == b"READY"));
        error
    };
    // Another's key, another's connection, another server.
    let stolen = |client: &mut Client| {
        let vouch = client.vouch(&client.transient.0, &server.0);
        client.initiate(8, &[&other.0, &vouch, PUSH])
    };
    assert_eq!(refused(&stolen), WireError::Cryptographic);
    let moved = |client: &mut Client| {
        let (vouch, public) = (client.vouch(&other.0, &server.0), client.keys.0);
        client.initiate(8, &[&public, &vouch, PUSH])
    };
    assert_eq!(refused(&moved), WireError::Cryptographic);
    let elsewhere = |client: &mut Client| {
        let (vouch, public) = (client.vouch(&client.transient.0, &other.0), client.keys.0);
        client.initiate(8, &[&public, &vouch, PUSH])
    };
    assert_eq!(refused(&elsewhere), WireError::Cryptographic);
    // The cookie of another connection.
    let mixed = |client: &mut Client| {
        client.cookie = Client::welcomed(&server).cookie;
        let (vouch, public) = (client.vouch(&client.transient.0, &server.0), client.keys.0);
        client.initiate(8, &[&public, &vouch, PUSH])
    };
    assert_eq!(refused(&mixed), WireError::Cryptographic);
    // The nonce of the HELLO again.
    let again = |client: &mut Client| {
        let (vouch, public) = (client.vouch(&client.transient.0, &server.0), client.keys.0);
        client.initiate(7, &[&public, &vouch, PUSH])
    };
    assert_eq!(refused(&again), WireError::NonceSequence);
    let short = |client: &mut Client| client.initiate(8, &[&client.keys.0.clone(), &[0; 95]]);
    assert_eq!(refused(&short), WireError::MalformedHandshake("INITIATE"));
    let garbled = |client: &mut Client| {
        let (vouch, public) = (client.vouch(&client.transient.0, &server.0), client.keys.0);
        client.initiate(8, &[&public, &vouch, b"\x05ab"])
    };
    assert!(matches!(refused(&garbled), WireError::MalformedMetadata(_)));
    let silly = |client: &mut Client| client.initiate(8, &[&[0; 32], &[0; 96], PUSH]);
    assert_eq!(refused(&silly), WireError::KeyExchange);
}

/// A bit of any command on its way is changed, or the command is cut or comes twice.
#[test]
fn whatever_is_altered_in_a_curve_handshake_is_refused() {
    let (server, client) = (keys(), keys());
    let (server, client) = (curve_server(&server), curve_client(&client, server.0));
    let commands =
        [(1, "\u{5}HELLO", 2), (1, "\u{8}INITIATE", 9), (0, "\u{7}WELCOME", 2), (0, "\u{5}READY", 2)];
    for (sender, name, header) in commands {
        let (mut at, mut len) = (0, 1);
        while at < len {
            let mut sides = pair(&server, &client, reply("200"));
            meet(&mut sides, 1000, |from, bytes| {
                let place = bytes.windows(name.len()).position(|part| part == name.as_bytes());
                if let Some(place) = place.filter(|_| from == sender) {
                    // The command is the last in the bytes.
                    let frame = &mut bytes[place - header..];
                    len = frame.len();
                    frame[at] ^= 1 << (at % 8);
                }
            });
            // A header may be made to announce more than comes; then the other side waits.
            let end = &sides[1 - sender].end;
            assert!(!matches!(end, Some(Ok(_))), "byte {at} of {name}: {end:?}");
            assert!(at < header || matches!(end, Some(Err(_))), "byte {at} of {name}");
            at += 1 + len / 60;
        }
        assert!(len > 30, "{name} was found");
    }
    // A second INITIATE or READY would come behind the end of the handshake, and is no MESSAGE.
    for (sender, name, header) in [commands[0], commands[2]] {
        let mut sides = pair(&server, &client, reply("200"));
        meet(&mut sides, 10_000, |from, bytes| {
            let place = bytes.windows(name.len()).position(|part| part == name.as_bytes());
            if let Some(place) = place.filter(|_| from == sender) {
                bytes.extend_from_within(place - header..);
            }
        });
        let unexpected = WireError::UnexpectedCommand(name[1..].into());
        assert_eq!(sides[1 - sender].end, Some(Err(unexpected)));
    }
    for name in ["HELLO", "INITIATE"] {
        for data in [&b""[..], &[0; 193], &[0; 195], &[0; 247]] {
            let (end, _) = by_hand(&server, &[&greeting(b"CURVE", false), &commanded(name, data)]);
            let expected = match name {
                "HELLO" => WireError::MalformedHandshake("HELLO"),
                _ => WireError::UnexpectedCommand(name.into()),
            };
            assert_eq!(end, Some(Err(expected)));
        }
    }
    for data in [&b""[..], &[0; 159], &[0; 161]] {
        let (end, _) = by_hand(&client, &[&greeting(b"CURVE", true), &commanded("WELCOME", data)]);
        assert_eq!(end, Some(Err(WireError::MalformedHandshake("WELCOME"))));
    }
    let (end, _) = by_hand(&client, &[&greeting(b"CURVE", true), &commanded("READY", &[0; 100])]);
    assert_eq!(end, Some(Err(WireError::UnexpectedCommand("READY".into()))));
}

#[test]
fn a_wrong_server_key_leads_nowhere() {
    let (server, client) = (keys(), keys());
    let [for_server, for_client] =
        ends(&curve_server(&server), &curve_client(&client, keys().0), reply("200"));
    assert_eq!((for_server, for_client), (Some(Err(WireError::Cryptographic)), None));
    // A client's own two keys have to belong together.
    let mixed = (client.0, keys().1);
    let [for_server, _] = ends(&curve_server(&server), &curve_client(&mixed, server.0), reply("200"));
    assert_eq!(for_server, Some(Err(WireError::Cryptographic)));
    // A key that belongs to nobody.
    let [_, for_client] = ends(&curve_server(&server), &curve_client(&client, [0; 32]), reply("200"));
    assert_eq!(for_client, Some(Err(WireError::KeyExchange)));
}

fn written(batch: &Batch) -> Vec<u8> {
    let mut out = [IoSlice::new(&[]); SLICES_MAX];
    let count = batch.slices(&mut out);
    out[..count].iter().flat_map(|slice| slice.iter().copied()).collect()
}

/// What encrypts a client's messages, and what decrypts them.
fn connection(bytes_max: Option<u64>) -> (Encoder, Decoder) {
    let (server, client) = (keys(), keys());
    let mut sides = pair(&curve_server(&server), &curve_client(&client, server.0), reply("200"));
    meet(&mut sides, 1000, |_, _| ());
    let [mut server, mut client] = sides;
    let mut encoder = Encoder::new(Version::V3_1);
    encoder.seal_with(client.handshake.cipher().unwrap().sealer);
    assert!(client.handshake.cipher().is_none(), "given once");
    let opener = server.handshake.cipher().unwrap().opener;
    (encoder, Decoder::opening(Version::V3_1, bytes_max, opener))
}

fn encoded(encoder: &mut Encoder, body: &[u8], more: bool, kind: Kind) -> Vec<u8> {
    let mut batch = Batch::new();
    let mut part = Message::copy_from(body).unwrap().with_kind(kind);
    part.set_more(more);
    encoder.encode(part, &mut batch);
    written(&batch)
}

#[test]
fn encrypted_traffic_arrives_as_it_was_sent() {
    let lengths = [0, 1, 29, 30, 31, 215, 222, 223, 1000, 1024, 1025, 8191, 8192, 70_000, 1_000_000];
    let body = |len: usize| (0..len).map(|at| (at % 251) as u8).collect::<Vec<u8>>();
    for chunk in [1, 13, 4000, 65_536, usize::MAX] {
        let (mut encoder, mut decoder) = connection(None);
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for &len in lengths.iter().filter(|&&len| chunk > 100 || len < 9000) {
            let frame = encoded(&mut encoder, &body(len), true, Kind::Data);
            assert_eq!(frame.len(), len + 33 + if len + 33 < 256 { 2 } else { 9 });
            bytes.extend(frame);
            bytes.extend(encoded(&mut encoder, b"end", false, Kind::Data));
            expected.push(Event::Part { body: body(len), more: true });
            expected.push(Event::Part { body: b"end".to_vec(), more: false });
        }
        let mut batch = Batch::new();
        encoder.ping(258, b"context", &mut batch);
        encoder.pong(b"context", &mut batch);
        bytes.extend(written(&batch));
        bytes.extend(encoded(&mut encoder, b"topic", false, Kind::Subscribe));
        bytes.extend(encoded(&mut encoder, b"topic", false, Kind::Cancel));
        bytes.extend(encoded(&mut encoder, b"me", false, Kind::Identity));
        let context = b"context".to_vec();
        expected.push(Event::Ping { ttl_ds: 258, context: context.clone() });
        expected.push(Event::Pong { context });
        expected.push(Event::Subscribe(b"topic".to_vec()));
        expected.push(Event::Cancel(b"topic".to_vec()));

        let (mut sink, mut arena) = (Recorder::default(), Arena::new());
        for piece in bytes.chunks(chunk.min(bytes.len())) {
            let mut rest = piece;
            while !rest.is_empty() {
                if let Some((body, missing)) = decoder.body_window() {
                    let count = rest.len().min(missing).min(body.capacity() - body.len());
                    body.extend_from_slice(&rest[..count]);
                    decoder.body_filled(&mut sink).unwrap();
                    rest = &rest[count..];
                } else {
                    let used = decoder.decode(rest, &mut arena, &mut sink).unwrap();
                    rest = &rest[used..];
                }
            }
        }
        assert!(sink.events == expected, "in pieces of {chunk}");
    }
}

#[test]
fn subscriptions_to_older_peers_are_messages() {
    let (mut encoder, mut decoder) = connection(None);
    let mut older = Encoder::new(Version::V3_0);
    std::mem::swap(&mut encoder, &mut older);
    // The same keys, for a peer that speaks 3.0.
    let sealer = older.take_sealer();
    encoder.seal_with(sealer);
    let bytes = [
        encoded(&mut encoder, b"topic", false, Kind::Subscribe),
        encoded(&mut encoder, b"topic", false, Kind::Cancel),
    ];
    let mut sink = Recorder::default();
    decoder.decode(&bytes.concat(), &mut Arena::new(), &mut sink).unwrap();
    let part = |body: &[u8]| Event::Part { body: body.to_vec(), more: false };
    assert_eq!(sink.events, [part(b"\x01topic"), part(b"\x00topic")]);
}

#[test]
fn messages_wait_for_room() {
    let (mut encoder, mut decoder) = connection(None);
    let mut bytes = Vec::new();
    for number in 0..10u8 {
        bytes.extend(encoded(&mut encoder, &[number], true, Kind::Data));
        let mut batch = Batch::new();
        encoder.pong(b"", &mut batch);
        bytes.extend(written(&batch));
        bytes.extend(encoded(&mut encoder, &[number; 40], false, Kind::Data));
    }
    let (mut sink, mut arena, mut used) = (Recorder::default(), Arena::new(), 0);
    for number in 0..10 {
        sink.room = Some(1);
        used += decoder.decode(&bytes[used..], &mut arena, &mut sink).unwrap();
        assert_eq!(sink.events.len(), 3 * (number + 1));
    }
    assert_eq!(used, bytes.len());
}

/// What a decoder says to some bytes, given whole or by bytes.
fn refusal(decoder: &mut Decoder, bytes: &[u8], chunk: usize) -> WireError {
    let (mut sink, mut arena) = (Recorder::default(), Arena::new());
    for piece in bytes.chunks(chunk) {
        if let Err(error) = decoder.decode(piece, &mut arena, &mut sink) {
            return error;
        }
    }
    panic!("it was accepted: {:?}", sink.events)
}

#[test]
fn altered_replayed_and_reordered_messages_are_refused() {
    let malformed = WireError::MalformedHandshake("MESSAGE");
    for len in [3, 300, 9000] {
        for chunk in [1, 100_000] {
            let prepared = || {
                let (mut encoder, mut decoder) = connection(None);
                let mut frame = || encoded(&mut encoder, &vec![1; len], false, Kind::Data);
                let frames = [frame(), frame(), frame()];
                let mut sink = Recorder::default();
                decoder.decode(&frames[0], &mut Arena::new(), &mut sink).unwrap();
                assert_eq!(sink.events.len(), 1);
                (decoder, frames)
            };
            let (mut decoder, frames) = prepared();
            assert_eq!(refusal(&mut decoder, &frames[0], chunk), WireError::NonceSequence, "replayed");
            let (mut decoder, frames) = prepared();
            let swapped = [&frames[2][..], &frames[1]].concat();
            assert_eq!(refusal(&mut decoder, &swapped, chunk), WireError::NonceSequence, "reordered");
            let header = if len + 33 < 256 { 2 } else { 9 };
            let body = header..frames[0].len();
            for at in body.step_by(1 + len / 40) {
                let (mut decoder, mut frames) = prepared();
                frames[1][at] ^= 0x10;
                let error = refusal(&mut decoder, &frames[1], chunk);
                let in_name = at < header + 8;
                // A nonce that was made smaller is one that came before; a greater one opens nothing.
                assert!(
                    error == if in_name { malformed.clone() } else { WireError::Cryptographic }
                        || error == WireError::NonceSequence,
                    "byte {at}: {error}"
                );
            }
            // Not encrypted at all, too short, or with a flag of its own.
            for frame in [&b"\0\x05hello"[..], b"\0\x28hello hello hello hello hello hello hello hello"] {
                let (mut decoder, _) = prepared();
                assert_eq!(refusal(&mut decoder, frame, chunk), malformed);
            }
            let (mut decoder, mut frames) = prepared();
            frames[1][0] |= 1;
            assert_eq!(refusal(&mut decoder, &frames[1], chunk), malformed);
        }
    }
}

#[test]
fn a_message_may_come_as_a_command() {
    let (mut encoder, mut decoder) = connection(None);
    let mut frame = encoded(&mut encoder, b"hello", false, Kind::Data);
    frame[0] |= 4;
    let mut sink = Recorder::default();
    decoder.decode(&frame, &mut Arena::new(), &mut sink).unwrap();
    assert_eq!(sink.events, [Event::Part { body: b"hello".to_vec(), more: false }]);
}

#[test]
fn what_is_inside_is_checked_too() {
    let sealed = |flags: u8, body: &[u8]| {
        let shared = Shared::own([7; KEY_BYTES]);
        let cipher = Cipher::new(&shared, crate::wire::cipher::Role::Server, 0, 0);
        let sealed = seal(b"CurveZMQMESSAGEC", &1u64.to_be_bytes(), &shared, &[&[flags][..], body].concat());
        let frame = [&[2, 0, 0, 0, 0, 0, 0, 0, 8 + sealed.len() as u8][..], b"\x07MESSAGE", &sealed].concat();
        (Decoder::opening(Version::V3_1, Some(100), cipher.opener), frame)
    };
    let refused = |flags, body: &[u8]| {
        let (mut decoder, frame) = sealed(flags, body);
        refusal(&mut decoder, &frame, 1000)
    };
    let malformed = WireError::MalformedHandshake("MESSAGE");
    assert_eq!(refused(3, b"\x04PONG"), malformed);
    assert_eq!(refused(4, b"hello"), malformed);
    assert!(matches!(refused(2, b"\x04PING"), WireError::MalformedCommand(_)));
    assert!(matches!(refused(2, b""), WireError::MalformedCommand(_)));
    assert!(matches!(refused(0, &[0; 101]), WireError::MessageTooLong { .. }));
    let (mut decoder, frame) = sealed(0, &[0; 100]);
    decoder.decode(&frame, &mut Arena::new(), &mut Recorder::default()).unwrap();
    let (mut encoder, mut decoder) = connection(None);
    let torn = [
        encoded(&mut encoder, b"one", true, Kind::Data),
        encoded(&mut encoder, b"topic", false, Kind::Subscribe),
    ];
    assert_eq!(refusal(&mut decoder, &torn.concat(), 1000), WireError::SubscriptionInMessage);
}
