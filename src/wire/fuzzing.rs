//! What the fuzzer drives (see fuzz/): a peer that sends any bytes, cut into any pieces. Whatever it sends,
//! nothing panics, and what is made of it does not depend on where the bytes were cut.
#![forbid(unsafe_code)]

use super::boxes::{self, Shared};
use super::cipher::{Cipher, Role};
use super::command::Command;
use super::decoder::{Decoder, Sink};
use super::frame;
use super::handshake::Handshake;
use super::zap::Answer;
use super::{Local, PeerInfo, Version, WireError};
use crate::message::{Arena, Message};
use crate::pipe::queue::run_of;
use crate::pipe::{Filled, Vacant};
use crate::socket::kind::SocketType;
use crate::socket::options::{Mechanism, Security};

const VERSIONS: [Version; 4] = [Version::V1_0, Version::V2_0, Version::V3_0, Version::V3_1];

/// What a sink was given: a part and whether more follow, or a command.
type Event = (Vec<u8>, bool);

/// How the bytes are cut: pieces of 1 to 1 + `pieces` bytes; and the sink says every other time that it has
/// no room.
#[derive(Clone, Copy)]
struct Cut {
    pieces: u8,
}

/// Notes what comes.
#[derive(Default)]
struct Recorder {
    events: Vec<Event>,
    /// Whether it refuses every other time that it is asked.
    reluctant: bool,
    refused: bool,
}

impl Sink for Recorder {
    fn ready(&mut self) -> bool {
        self.refused = self.reluctant && !self.refused;
        !self.refused
    }

    fn message(&mut self, part: Message) {
        self.events.push((part.as_bytes().to_vec(), part.more()));
    }

    fn run(&mut self, fill: impl for<'a> FnMut(Vacant<'a, Message>) -> Option<Filled<'a>>) {
        let max = if self.reluctant { 1 } else { usize::MAX };
        run_of(Message::new(), max, fill).into_iter().for_each(|part| self.message(part));
    }

    fn command(&mut self, command: Command<'_>) -> Result<(), WireError> {
        self.events.push((format!("{command:?}").into_bytes(), false));
        Ok(())
    }
}

/// A connection from its first byte. `data`: our socket type, how to cut, and what the peer sends.
pub fn connection(data: &[u8]) {
    let [kind, pieces, bytes @ ..] = data else { return };
    let kind = SocketType::ALL[usize::from(*kind) % SocketType::ALL.len()];
    let whole = shake_hands(kind, bytes, None);
    let pieces = shake_hands(kind, bytes, Some(Cut { pieces: *pieces }));
    assert!(whole == pieces, "a handshake does not depend on how its bytes are cut");
    if let Ok((used, Some(peer))) = whole.0 {
        assert!(peer.identity.len() <= super::IDENTITY_BYTES_MAX && peer.identity.first() != Some(&0));
        compare_traffic(peer.version, None, Cut { pieces: data[1] }, &bytes[used..]);
    }
}

/// Traffic after a handshake. `data`: version, a limit for messages, how to cut, and what the peer sends.
pub fn traffic(data: &[u8]) {
    let [version, limit, pieces, bytes @ ..] = data else { return };
    let version = VERSIONS[usize::from(*version) % VERSIONS.len()];
    let limit = (*limit != 0).then(|| u64::from(*limit) * 8);
    compare_traffic(version, limit, Cut { pieces: *pieces }, bytes);
}

/// The key of the boxes that the fuzzer's bytes are sealed in.
const KEY: [u8; boxes::KEY_BYTES] = [7; boxes::KEY_BYTES];

/// A handshake with each side of each mechanism. `data`: which of them, what a handler of ZAP says, how to cut, and
/// what the peer sends behind its greeting.
pub fn mechanisms(data: &[u8]) {
    let [which, said, pieces, bytes @ ..] = data else { return };
    let security = security(*which);
    let mut input = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01".to_vec();
    input.extend(match security.mechanism {
        Mechanism::Null => b"NULL\0",
        Mechanism::Plain { .. } => b"PLAIN",
        Mechanism::Curve { .. } => b"CURVE",
    });
    input.resize(64, 0);
    input.extend(bytes);
    let shake = |cut| {
        let local = Local { kind: SocketType::Router, identity: b"us".to_vec(), metadata: Vec::new() };
        let handshake = Handshake::new(local, &security, "10.0.0.1".into());
        let (end, output) = shake(handshake, &answer(*said, bytes), &input, cut);
        // What is encrypted differs in every run, and its length does not.
        (end, output.len())
    };
    assert!(shake(None) == shake(Some(Cut { pieces: *pieces })), "a handshake does not depend on its pieces");
}

/// Encrypted traffic whose contents are the fuzzer's. `data`: a limit for messages, how to cut, and what the peer
/// sends: lengths, and so many bytes each.
pub fn sealed(data: &[u8]) {
    let [limit, pieces, bytes @ ..] = data else { return };
    let limit = (*limit != 0).then(|| u64::from(*limit) * 8);
    let (mut rest, mut count, mut input) = (bytes, 0u64, Vec::new());
    while let [len, tail @ ..] = rest {
        let (content, after) = tail.split_at(tail.len().min(usize::from(*len)));
        (rest, count) = (after, count + 1);
        let mut body = [&b"\x07MESSAGE"[..], &count.to_be_bytes()].concat();
        let nonce = boxes::nonce(b"CurveZMQMESSAGEC", &count.to_be_bytes());
        Shared::own(KEY).seal(&nonce, &mut body, &[content]);
        frame::put(&mut input, Version::V3_1, body.len(), 0);
        input.extend(body);
    }
    let decoder = || {
        let opener = Cipher::new(&Shared::own(KEY), Role::Server, 0, 0).opener;
        Decoder::opening(Version::V3_1, limit, opener)
    };
    let cut = Cut { pieces: *pieces };
    assert!(decode(decoder(), &input, None) == decode(decoder(), &input, Some(cut)));
}

fn security(which: u8) -> Security {
    let mechanism = match which % 5 {
        0 => Mechanism::Null,
        side @ (1 | 2) => {
            Mechanism::Plain { as_server: side == 1, username: b"u".to_vec(), password: b"p".to_vec() }
        }
        side => Mechanism::Curve {
            as_server: side == 3,
            public_key: boxes::public_key(&KEY),
            secret_key: KEY,
            server_key: boxes::public_key(&KEY),
        },
    };
    let zap_domain = if which & 0x40 == 0 { Vec::new() } else { b"global".to_vec() };
    Security { mechanism, zap_domain, zap_enforce_domain: which & 0x80 != 0 }
}

fn answer(said: u8, bytes: &[u8]) -> Answer {
    let reply = |status: &[u8]| {
        let frames = [&b""[..], b"1.0", b"1", status, b"text", b"user", bytes];
        Answer::Reply(frames.map(<[u8]>::to_vec).into())
    };
    match said % 6 {
        0 => Answer::Nobody,
        1 => Answer::Gone,
        2 => reply(b"200"),
        3 => reply(b"400"),
        4 => reply(bytes),
        _ => Answer::Reply(bytes.split(|&byte| byte == said).map(<[u8]>::to_vec).collect()),
    }
}

/// How a handshake ended, with the bytes it used; and what it sent.
type Shaken = (Result<(usize, Option<PeerInfo>), WireError>, Vec<u8>);

fn shake_hands(kind: SocketType, bytes: &[u8], cut: Option<Cut>) -> Shaken {
    let handshake = Handshake::insecure(Local { kind, identity: b"us".to_vec(), metadata: Vec::new() });
    shake(handshake, &Answer::Nobody, bytes, cut)
}

fn shake(mut handshake: Handshake, answer: &Answer, bytes: &[u8], cut: Option<Cut>) -> Shaken {
    let mut output = Vec::new();
    let mut used = 0;
    // The first call comes before any input.
    for piece in [&[][..]].into_iter().chain(pieces(bytes, cut)) {
        let mut rest = piece;
        loop {
            match handshake.advance(rest, &mut output) {
                Ok((count, peer)) => {
                    used += count;
                    if peer.is_some() {
                        return (Ok((used, peer)), output);
                    }
                    rest = &rest[count..];
                }
                Err(error) => return (Err(error), output),
            }
            if handshake.request().is_none() {
                assert!(rest.is_empty(), "a handshake that goes on has used its input");
                break;
            }
            match handshake.answer(answer, &mut output) {
                Ok(None) => {}
                Ok(peer) => return (Ok((used, peer)), output),
                Err(error) => return (Err(error), output),
            }
        }
    }
    (Ok((used, None)), output)
}

fn compare_traffic(version: Version, limit: Option<u64>, cut: Cut, bytes: &[u8]) {
    let (whole, whole_end) = decode(Decoder::new(version, limit), bytes, None);
    let (cut, cut_end) = decode(Decoder::new(version, limit), bytes, Some(cut));
    assert!(whole == cut, "messages do not depend on how their bytes are cut");
    assert_eq!(whole_end, cut_end);
    let received: usize = whole.iter().map(|(body, _)| body.len()).sum();
    // A command is noted with its name and its bytes as text.
    assert!(received <= 64 * (bytes.len() + 1), "nothing is received that was not sent");
}

fn decode(mut decoder: Decoder, bytes: &[u8], cut: Option<Cut>) -> (Vec<Event>, Result<(), WireError>) {
    let mut arena = Arena::new();
    let mut sink = Recorder { reluctant: cut.is_some(), ..Recorder::default() };
    for piece in pieces(bytes, cut) {
        let mut rest = piece;
        // Once more with nothing: for what the decoder kept while the sink had no room.
        for _ in 0..2 {
            while !rest.is_empty() {
                match decode_some(&mut decoder, rest, &mut arena, &mut sink, cut.is_some()) {
                    Ok(used) => rest = &rest[used..],
                    Err(error) => return (sink.events, Err(error)),
                }
            }
            if let Err(error) = decoder.decode(rest, &mut arena, &mut sink) {
                return (sink.events, Err(error));
            }
        }
    }
    (sink.events, Ok(()))
}

/// Gives the decoder some of `input`, large bodies straight into their memory if `direct`.
fn decode_some(
    decoder: &mut Decoder,
    input: &[u8],
    arena: &mut Arena,
    sink: &mut Recorder,
    direct: bool,
) -> Result<usize, WireError> {
    match decoder.body_window().filter(|_| direct) {
        Some((body, missing)) => {
            let count = input.len().min(missing).min(body.capacity() - body.len());
            body.extend_from_slice(&input[..count]);
            decoder.body_filled(sink).map(|()| count)
        }
        None => decoder.decode(input, arena, sink),
    }
}

fn pieces(bytes: &[u8], cut: Option<Cut>) -> Vec<&[u8]> {
    let Some(Cut { pieces }) = cut else { return vec![bytes] };
    let (mut rest, mut list, mut len) = (bytes, Vec::new(), 0);
    while !rest.is_empty() {
        len = (len + 7) % (usize::from(pieces) + 1);
        let (piece, after) = rest.split_at((len + 1).min(rest.len()));
        list.push(piece);
        rest = after;
    }
    list
}
