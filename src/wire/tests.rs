//! Encoder and decoder together: random traffic arrives as it was sent, and nothing that a peer sends
//! makes the engine panic or invent a message. What the other tests of this module share is here too.

use super::batch::{Batch, SLICES_MAX};
use super::command::Command;
use super::decoder::{Decoder, Sink};
use super::encoder::Encoder;
use super::handshake::Handshake;
use super::{LARGE_BODY_BYTES_MIN, Local, Version, WireError};
use crate::message::{Arena, Kind, Message};
use crate::pipe::queue::run_of;
use crate::pipe::{Filled, Vacant};
use crate::socket::kind::SocketType;
use Version::*;
use std::io::IoSlice;

pub(super) const VERSIONS: [Version; 4] = [V1_0, V2_0, V3_0, V3_1];

/// Bytes that are written in hexadecimal.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// A small generator (xorshift), so that every run is the same.
pub(super) struct Random {
    state: u64,
    /// What bodies are cut from: it repeats with a period that is no length of the framings.
    pattern: Vec<u8>,
}

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        let period: Vec<u8> = (0..=250).collect();
        Random { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, pattern: period.repeat(400) }
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) as usize % end
    }

    /// True once in `times`.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let start = self.below(251);
        self.pattern[start..start + len].to_vec()
    }

    /// Short lengths mostly, each limit of the framings often, long ones now and then.
    fn len(&mut self, large: bool) -> usize {
        match self.below(10) {
            0 => [0, 1, 30, 31, 253, 254, 255, 256, 1024, 1025, 8191, 8192][self.below(12)],
            1 => self.below(2000),
            2 if large && self.once_in(4) => self.below(100_000),
            _ => self.below(64),
        }
    }
}

/// What a sink was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Part { body: Vec<u8>, more: bool },
    Ping { ttl_ds: u16, context: Vec<u8> },
    Pong { context: Vec<u8> },
    Subscribe(Vec<u8>),
    Cancel(Vec<u8>),
    Join(Vec<u8>),
    Leave(Vec<u8>),
    Error(Vec<u8>),
    Other,
}

impl From<Command<'_>> for Event {
    fn from(command: Command<'_>) -> Event {
        match command {
            Command::Ping { ttl_ds, context } => Event::Ping { ttl_ds, context: context.to_vec() },
            Command::Pong { context } => Event::Pong { context: context.to_vec() },
            Command::Subscribe(prefix) => Event::Subscribe(prefix.to_vec()),
            Command::Cancel(prefix) => Event::Cancel(prefix.to_vec()),
            Command::Join(group) => Event::Join(group.to_vec()),
            Command::Leave(group) => Event::Leave(group.to_vec()),
            Command::Error(reason) => Event::Error(reason.to_vec()),
            Command::Other => Event::Other,
        }
    }
}

/// A sink that notes everything, and checks that it was asked.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) events: Vec<Event>,
    /// How many messages it still has room for; `None`: as many as may be.
    pub(super) room: Option<usize>,
    asked: bool,
    in_message: bool,
}

impl Sink for Recorder {
    fn ready(&mut self) -> bool {
        assert!(!self.in_message, "only the first part is asked for");
        assert!(!self.asked, "a message that was asked for is delivered before the next");
        self.asked = self.room != Some(0);
        self.room = self.room.map(|room| room.saturating_sub(1));
        self.asked
    }

    fn message(&mut self, part: Message) {
        assert!(self.asked, "a message came unasked");
        assert_eq!(part.kind(), Kind::Data);
        self.in_message = part.more();
        if !part.more() {
            self.asked = false;
        }
        self.events.push(Event::Part { body: part.as_bytes().to_vec(), more: part.more() });
    }

    fn run(&mut self, fill: impl for<'a> FnMut(Vacant<'a, Message>) -> Option<Filled<'a>>) {
        assert!(!self.in_message && !self.asked, "a run comes between messages");
        for part in run_of(Message::new(), self.room.unwrap_or(usize::MAX), fill) {
            self.room = self.room.map(|room| room - 1);
            assert_eq!((part.kind(), part.more()), (Kind::Data, false));
            self.events.push(Event::Part { body: part.as_bytes().to_vec(), more: false });
        }
    }

    fn command(&mut self, command: Command<'_>) -> Result<(), WireError> {
        if command.takes_room() {
            assert!(!self.in_message, "a subscription came between the parts of a message");
            // One that was not whole in the input comes unasked.
            self.asked = false;
        }
        self.events.push(command.into());
        Ok(())
    }
}

/// Writes all of a batch, in random pieces.
fn write_out(batch: &mut Batch, random: &mut Random) -> Vec<u8> {
    let mut written = Vec::new();
    while !batch.is_empty() {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = batch.slices(&mut slices);
        let bytes: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect();
        let taken = 1 + random.below(bytes.len());
        written.extend_from_slice(&bytes[..taken]);
        batch.advance(taken);
    }
    written
}

/// Random traffic of one version: its bytes, and what the decoder is to make of them.
fn traffic(version: Version, random: &mut Random, count: usize, large: bool) -> (Vec<u8>, Vec<Event>) {
    let (mut encoder, mut batch) = (Encoder::new(version), Batch::new());
    let (mut bytes, mut events) = (Vec::new(), Vec::new());
    for i in 0..count {
        match random.below(12) {
            0 => {
                let len = random.below(17);
                let context = random.bytes(len);
                let ttl_ds = random.below(65_536) as u16;
                encoder.ping(ttl_ds, &context, &mut batch);
                encoder.pong(&context, &mut batch);
                if version >= V3_1 {
                    events.push(Event::Ping { ttl_ds, context: context.clone() });
                }
                if version >= V3_0 {
                    events.push(Event::Pong { context });
                }
            }
            1 => {
                let len = random.len(large);
                let prefix = random.bytes(len);
                let (kind, byte) = if random.once_in(2) { (Kind::Subscribe, 1) } else { (Kind::Cancel, 0) };
                encoder.encode(Message::copy_from(&prefix).unwrap().with_kind(kind), &mut batch);
                let old = [&[byte][..], &prefix].concat();
                match version {
                    Raw | V1_0 => {}
                    V2_0 | V3_0 => events.push(Event::Part { body: old, more: false }),
                    V3_1 if byte == 1 => events.push(Event::Subscribe(prefix)),
                    V3_1 => events.push(Event::Cancel(prefix)),
                }
            }
            _ => loop {
                let len = random.len(large);
                let body = random.bytes(len);
                let mut part = match random.below(3) {
                    0 => Message::from_vec(body.clone()),
                    1 => Message::from_owner(body.clone()),
                    _ => Message::copy_from(&body).unwrap(),
                };
                let more = random.once_in(3);
                part.set_more(more);
                encoder.encode(part, &mut batch);
                events.push(Event::Part { body, more });
                if !more {
                    break;
                }
            },
        }
        if i + 1 == count || random.once_in(20) {
            bytes.extend(write_out(&mut batch, random));
        }
    }
    (bytes, events)
}

/// Decodes `bytes` as they might arrive: in pieces, with a sink that is full at times, and large bodies
/// read straight into their place.
fn decode_at_random(
    decoder: &mut Decoder,
    mut bytes: &[u8],
    random: &mut Random,
) -> Result<Vec<Event>, WireError> {
    let mut arena = Arena::new();
    let mut sink = Recorder::default();
    while !bytes.is_empty() {
        if random.once_in(2)
            && let Some((body, missing)) = decoder.body_window()
        {
            assert!(missing > 0 && body.capacity() > body.len());
            let room = body.capacity() - body.len();
            let taken = 1 + random.below(missing.min(room).min(bytes.len()));
            body.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            decoder.body_filled(&mut sink)?;
            continue;
        }
        sink.room = random.once_in(4).then(|| random.below(3));
        let end = if random.once_in(3) { random.below(10) } else { random.below(20_000) }.min(bytes.len());
        let used = decoder.decode(&bytes[..end], &mut arena, &mut sink)?;
        assert!(used == end || sink.room == Some(0), "only a full sink stops the decoder");
        bytes = &bytes[used..];
    }
    sink.room = None;
    assert_eq!(decoder.decode(b"", &mut arena, &mut sink)?, 0);
    Ok(sink.events)
}

#[test]
fn random_traffic_arrives_as_it_was_sent() {
    for seed in 0..40 {
        for version in VERSIONS {
            let mut random = Random::new(seed);
            let (bytes, events) = traffic(version, &mut random, 100, true);
            let decoded = decode_at_random(&mut Decoder::new(version, None), &bytes, &mut random).unwrap();
            assert!(decoded == events, "{version:?}, seed {seed}");
        }
    }
}

#[test]
fn a_truncated_stream_gives_what_was_whole() {
    for seed in 0..200 {
        for version in VERSIONS {
            let mut random = Random::new(seed);
            let (bytes, events) = traffic(version, &mut random, 5, true);
            let cut = random.below(bytes.len().max(1));
            let start = &bytes[..cut.min(bytes.len())];
            let decoded = decode_at_random(&mut Decoder::new(version, None), start, &mut random).unwrap();
            assert!(events.starts_with(&decoded), "{version:?}, seed {seed}, cut at {cut}");
            assert!(decoded.len() < events.len() || events.is_empty(), "{version:?}, seed {seed}");
        }
    }
}

#[test]
fn traffic_may_follow_a_handshake_at_once() {
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let handshake =
            |kind| Handshake::insecure(Local { kind, identity: b"id".to_vec(), metadata: Vec::new() });
        let (mut one, mut two) = (handshake(SocketType::Push), handshake(SocketType::Pull));
        let (mut to_one, mut to_two) = (Vec::new(), Vec::new());
        one.advance(b"", &mut to_two).unwrap();
        two.advance(b"", &mut to_one).unwrap();
        let (mut seen_by_one, mut used_by_two) = (None, 0);
        while seen_by_one.is_none() {
            if let Some(rest) = to_two.get(used_by_two..).filter(|rest| !rest.is_empty()) {
                used_by_two += two.advance(rest, &mut to_one).unwrap().0;
            }
            seen_by_one = one.advance(&std::mem::take(&mut to_one), &mut to_two).unwrap().1;
        }
        // What the one sent, all at once, to another like the second.
        let (bytes, events) = traffic(V3_1, &mut random, 20, true);
        let handshake_bytes = to_two.len();
        to_two.extend(&bytes);
        let (used, peer) = handshake(SocketType::Pull).advance(&to_two, &mut Vec::new()).unwrap();
        assert_eq!((used, peer.map(|peer| peer.version)), (handshake_bytes, Some(V3_1)));
        let mut decoder = Decoder::new(V3_1, None);
        assert!(
            decode_at_random(&mut decoder, &to_two[used..], &mut random).unwrap() == events,
            "seed {seed}"
        );
    }
}

/// Changes a few bytes, drops some, doubles some.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(4) {
        if bytes.is_empty() {
            return;
        }
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at),
            _ => {
                let copy = bytes[at..bytes.len().min(at + 9)].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
}

#[test]
fn no_bytes_of_a_peer_make_a_decoder_panic() {
    let mut random = Random::new(4);
    let mut ends = [0, 0];
    for round in 0..50_000 {
        let version = VERSIONS[round % 4];
        let mut bytes = if random.once_in(2) {
            let len = random.below(200);
            (0..len)
                .map(|_| if random.once_in(3) { random.below(256) } else { random.below(8) } as u8)
                .collect()
        } else {
            let count = 1 + random.below(3);
            traffic(version, &mut random, count, false).0
        };
        mutate(&mut bytes, &mut random);
        let limit = random.once_in(2).then(|| random.below(300) as u64);
        let end = decode_at_random(&mut Decoder::new(version, limit), &bytes, &mut random);
        ends[usize::from(end.is_ok())] += 1;
        if let (Ok(events), Some(limit)) = (end, limit) {
            assert!(events.iter().all(|event| match event {
                Event::Part { body, .. } => body.len() as u64 <= limit,
                _ => true,
            }));
        }
    }
    assert!(ends.iter().all(|&count| count > 1000), "the streams are neither all good nor all bad: {ends:?}");
}

#[test]
fn no_bytes_of_a_peer_make_a_handshake_panic() {
    let good = [
        &b"\x03\0ab\x01\0"[..],
        b"\xff\0\0\0\0\0\0\0\x03\0ab",
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x00\x08\x03\0ab",
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\x02ab",
        b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
          \0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x28\x05READY\x0bSocket-Type\0\0\0\x04PUSH\x08Identity\0\0\0\x01a",
    ];
    let mut random = Random::new(5);
    let mut ends = [0; 3];
    for round in 0..50_000 {
        let mut bytes = good[round % good.len()].to_vec();
        mutate(&mut bytes, &mut random);
        let mut handshake = Handshake::insecure(Local {
            kind: SocketType::Pull,
            identity: vec![b'i'; random.below(256)],
            metadata: Vec::new(),
        });
        let mut output = Vec::new();
        let mut rest = &bytes[..];
        let end = loop {
            let piece = &rest[..random.below(rest.len() + 1)];
            match handshake.advance(piece, &mut output) {
                Ok((_, Some(peer))) => {
                    assert!(peer.identity.len() <= 255 && peer.identity.first() != Some(&0));
                    assert!(peer.kind.is_none_or(|kind| kind == SocketType::Push));
                    break 0;
                }
                Ok((used, None)) => {
                    assert_eq!(used, piece.len());
                    rest = &rest[used..];
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    break 1;
                }
            }
            if rest.is_empty() {
                break 2;
            }
        };
        assert!(output.len() < 1000);
        ends[end] += 1;
    }
    assert!(ends.iter().all(|&count| count > 1000), "good, bad and incomplete ones occur: {ends:?}");
}

#[test]
fn a_large_message_passes_without_being_copied_again_and_again() {
    // Were it copied for each piece, this would take a thousand times as long and never end.
    let len = 128 * 1024 * 1024;
    for version in [V1_0, V3_1] {
        let mut batch = Batch::new();
        let sent = Message::from_vec(vec![7; len]);
        Encoder::new(version).encode(sent.clone(), &mut batch);
        let mut decoder = Decoder::new(version, None);
        let (mut arena, mut sink) = (Arena::new(), Last::default());
        let mut direct = false;
        while !batch.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = batch.slices(&mut slices);
            let piece = &slices[..count][0];
            let piece = &piece[..piece.len().min(LARGE_BODY_BYTES_MIN * 8)];
            let taken = match decoder.body_window().filter(|_| direct) {
                Some((body, missing)) => {
                    let taken = piece.len().min(missing).min(body.capacity() - body.len());
                    body.extend_from_slice(&piece[..taken]);
                    decoder.body_filled(&mut sink).unwrap();
                    taken
                }
                None => decoder.decode(piece, &mut arena, &mut sink).unwrap(),
            };
            batch.advance(taken);
            direct = !direct;
        }
        let message = sink.0.expect("all of it has come");
        assert_eq!(message.len(), len);
        assert!(message.as_bytes() == sent.as_bytes());
    }
}

/// A sink that keeps the last message.
#[derive(Default)]
struct Last(Option<Message>);

impl Sink for Last {
    fn ready(&mut self) -> bool {
        true
    }

    fn message(&mut self, part: Message) {
        self.0 = Some(part);
    }

    fn command(&mut self, _: Command<'_>) -> Result<(), WireError> {
        panic!("there are no commands in this stream")
    }
}
