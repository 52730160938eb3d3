//! CURVE: each command taken apart or put together by hand, and altered in every place.

use super::super::*;
use super::traffic::written;
use super::*;

/// Opens a long nonce and its box.
fn open_long(sealed: &[u8], prefix: &[u8], shared: &Shared) -> Vec<u8> {
    shared.open(&nonce(prefix, &sealed[..16]), &sealed[16..]).expect("a box").to_vec()
}

fn open_short(sealed: &[u8], prefix: &[u8], count: u64, shared: &Shared) -> Vec<u8> {
    assert_eq!(sealed[..8], count.to_be_bytes());
    shared.open(&nonce(prefix, &sealed[..8]), &sealed[8..]).expect("a box").to_vec()
}

pub(super) fn seal(prefix: &[u8], rest: &[u8], shared: &Shared, content: &[u8]) -> Vec<u8> {
    let mut out = rest.to_vec();
    shared.seal(&nonce(prefix, rest), &mut out, &[content]);
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
