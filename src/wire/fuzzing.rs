//! What the fuzzer drives (see fuzz/): a peer that sends any bytes, cut into any pieces. Whatever it sends,
//! nothing panics, and what is made of it does not depend on where the bytes were cut.
#![forbid(unsafe_code)]

use super::command::Command;
use super::decoder::{Decoder, Sink};
use super::handshake::Handshake;
use super::{Local, PeerInfo, Version, WireError};
use crate::message::{Arena, Message};
use crate::socket::kind::SocketType;

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

/// How a handshake ended, with the bytes it used; and what it sent.
type Shaken = (Result<(usize, Option<PeerInfo>), WireError>, Vec<u8>);

fn shake_hands(kind: SocketType, bytes: &[u8], cut: Option<Cut>) -> Shaken {
    let mut handshake = Handshake::insecure(Local { kind, identity: b"us".to_vec() });
    let mut output = Vec::new();
    let mut used = 0;
    // The first call comes before any input.
    for piece in [&[][..]].into_iter().chain(pieces(bytes, cut)) {
        match handshake.advance(piece, &mut output) {
            Ok((count, peer)) => {
                used += count;
                if peer.is_some() {
                    return (Ok((used, peer)), output);
                }
                assert_eq!(count, piece.len(), "a handshake that goes on has used its input");
            }
            Err(error) => return (Err(error), output),
        }
    }
    (Ok((used, None)), output)
}

fn compare_traffic(version: Version, limit: Option<u64>, cut: Cut, bytes: &[u8]) {
    let (whole, whole_end) = decode(version, limit, bytes, None);
    let (cut, cut_end) = decode(version, limit, bytes, Some(cut));
    assert!(whole == cut, "messages do not depend on how their bytes are cut");
    assert_eq!(whole_end, cut_end);
    let received: usize = whole.iter().map(|(body, _)| body.len()).sum();
    // A command is noted with its name and its bytes as text.
    assert!(received <= 64 * (bytes.len() + 1), "nothing is received that was not sent");
}

fn decode(
    version: Version,
    limit: Option<u64>,
    bytes: &[u8],
    cut: Option<Cut>,
) -> (Vec<Event>, Result<(), WireError>) {
    let mut decoder = Decoder::new(version, limit);
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
