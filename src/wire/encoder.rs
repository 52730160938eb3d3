//! The encoder: messages and commands to bytes.
#![forbid(unsafe_code)]

use super::batch::Batch;
use super::cipher::Sealer;
use super::command::{self, CANCEL, JOIN, LEAVE, PING_CONTEXT_BYTES_MAX, SUBSCRIBE};
use super::frame::{self, FLAG_COMMAND, FLAG_MORE};
use super::{LARGE_BODY_BYTES_MIN, Version};
use crate::message::{FIRST_BYTES_MAX, INLINE_MAX, Kind, Message, Spent, copy_short};

/// What begins a message that subscribes, and one that takes that back, before they were commands.
const SUBSCRIBE_BYTE: u8 = 1;
const CANCEL_BYTE: u8 = 0;

/// The longest frame of a body that is inline.
const INLINE_FRAME_BYTES_MAX: usize = 2 + INLINE_MAX;

/// What appends messages of one part whose frames are short, see [`Encoder::encode_run`].
pub(crate) struct ShortRun<'a> {
    version: Version,
    long_bytes_min: usize,
    room: &'a mut [u8],
    used: usize,
}

impl ShortRun<'_> {
    /// Appends a message of one part, if its body is inline and there is room for it.
    #[inline(always)]
    pub(crate) fn put_inline(&mut self, part: &Message) -> bool {
        let len = part.len();
        let Some(words) = part.framed(frame::short_header(self.version, len as u8, false)) else {
            return false;
        };
        let Some(room) = self.room.get_mut(self.used..) else { return false };
        if part.kind() != Kind::Data {
            return false;
        }
        // Whole words: what is behind the body is overwritten, or cut off.
        if len <= FIRST_BYTES_MAX {
            let Some(room) = room.first_chunk_mut() else { return false };
            *room = words[0];
        } else {
            let Some(room) = room.first_chunk_mut::<INLINE_FRAME_BYTES_MAX>() else { return false };
            room.copy_from_slice(words.as_flattened());
        }
        self.used += 2 + len;
        true
    }

    /// Appends a copy of a message of one part, if its frame is short and there is room for it.
    #[inline(always)]
    pub(crate) fn put(&mut self, part: &Message) -> bool {
        let len = part.len();
        if part.kind() != Kind::Data || len >= self.long_bytes_min {
            return false;
        }
        let Some(room) = self.room.get_mut(self.used..) else { return false };
        let Some((header, room)) = room.split_first_chunk_mut() else { return false };
        let Some(room) = room.get_mut(..len) else { return false };
        *header = frame::short_header(self.version, len as u8, false);
        copy_short(part.as_bytes(), room);
        self.used += 2 + len;
        true
    }
}

/// The encoder of one connection, after its handshake.
pub(crate) struct Encoder {
    version: Version,
    /// Subscriptions are to groups: the peer is a RADIO.
    groups: bool,
    /// Bodies of at least so many bytes have a longer header than the shortest; zero if all are sealed.
    long_bytes_min: usize,
    /// What encrypts all that is encoded.
    sealer: Option<Box<Sealer>>,
}

impl Encoder {
    /// An encoder for a peer that speaks `version`.
    pub(crate) fn new(version: Version) -> Encoder {
        Encoder { version, groups: false, long_bytes_min: frame::long_bytes_min(version), sealer: None }
    }

    /// An encoder for a peer that is a RADIO.
    pub(crate) fn for_groups(version: Version) -> Encoder {
        Encoder { groups: true, ..Encoder::new(version) }
    }

    /// Encrypts all that is encoded from now on.
    pub(crate) fn seal_with(&mut self, sealer: Box<Sealer>) {
        self.long_bytes_min = 0;
        self.sealer = Some(sealer);
    }

    /// What encrypts, for another encoder.
    #[cfg(test)]
    pub(super) fn take_sealer(&mut self) -> Box<Sealer> {
        self.sealer.take().expect("it encrypts")
    }

    /// Whether it encodes for all peers of its version alike.
    pub(crate) fn is_plain(&self) -> bool {
        self.sealer.is_none()
    }

    /// Appends a message part; what the version has no bytes for, an identity say, adds none.
    pub(crate) fn encode(&mut self, part: Message, batch: &mut Batch) {
        self.encode_one(part, batch, &mut Spent::new());
    }

    /// As [`Encoder::encode`], for one of many parts: those that were copied are `spent` together.
    #[inline(always)]
    pub(crate) fn encode_one(&mut self, part: Message, batch: &mut Batch, spent: &mut Spent) {
        if self.encode_short(&part, batch) {
            spent.push(part);
        } else {
            self.encode_other(part, batch);
        }
    }

    /// Appends a copy of a message part, as the same bytes that any other peer of this version gets. False: it is not to be
    /// copied, or not the same to all, and nothing is done.
    #[inline]
    pub(crate) fn encode_copy(&self, part: &Message, batch: &mut Batch) -> bool {
        self.encode_short(part, batch) || self.encode_middle(part, batch)
    }

    /// Appends a copy of what has the short header, unless it is to be encrypted.
    #[inline(always)]
    fn encode_short(&self, part: &Message, batch: &mut Batch) -> bool {
        if part.len() >= self.long_bytes_min || part.kind() != Kind::Data {
            return false;
        }
        let header = frame::short_header(self.version, part.len() as u8, part.more());
        let bytes = batch.small_bytes();
        if let Some(words) = part.framed(header) {
            let end = bytes.len() + header.len() + part.len();
            if header.len() + part.len() <= words[0].len() {
                bytes.extend_from_slice(&words[0]);
            } else {
                bytes.extend_from_slice(words.as_flattened());
            }
            bytes.truncate(end);
            return true;
        }
        bytes.reserve(header.len() + part.len());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(part.as_bytes());
        true
    }

    /// Appends messages of one part, unless they are to be encrypted, of some such length, and `count` at most: `run` is given
    /// what does so.
    #[inline(always)]
    pub(crate) fn encode_run(
        &self,
        count: usize,
        len: usize,
        batch: &mut Batch,
        run: impl FnOnce(&mut ShortRun<'_>),
    ) {
        // Those that are encrypted are all long ones.
        if len >= self.long_bytes_min {
            return;
        }
        let bytes = batch.small_bytes();
        let start = bytes.len();
        bytes.resize(start + count * INLINE_FRAME_BYTES_MAX.max(2 + len), 0);
        let mut short = ShortRun {
            version: self.version,
            long_bytes_min: self.long_bytes_min,
            room: &mut bytes[start..],
            used: 0,
        };
        run(&mut short);
        let end = start + short.used;
        bytes.truncate(end);
    }

    /// The same of what has the long header, and is not large.
    fn encode_middle(&self, part: &Message, batch: &mut Batch) -> bool {
        if self.sealer.is_some() || part.kind() != Kind::Data || part.len() >= LARGE_BODY_BYTES_MIN {
            return false;
        }
        let flags = if part.more() { FLAG_MORE } else { 0 };
        frame::put(batch.small_bytes(), self.version, part.len(), flags);
        batch.small_bytes().extend_from_slice(part.as_bytes());
        true
    }

    #[inline(never)]
    fn encode_other(&mut self, part: Message, batch: &mut Batch) {
        match part.kind() {
            Kind::Data => match &mut self.sealer {
                Some(sealer) => sealer.put(part.more(), false, b"", part.as_bytes(), batch),
                None => {
                    let flags = if part.more() { FLAG_MORE } else { 0 };
                    frame::put(batch.small_bytes(), self.version, part.len(), flags);
                    put_body(part, batch);
                }
            },
            Kind::Subscribe => self.encode_subscription(SUBSCRIBE, JOIN, SUBSCRIBE_BYTE, part, batch),
            Kind::Cancel => self.encode_subscription(CANCEL, LEAVE, CANCEL_BYTE, part, batch),
            Kind::Identity => {}
        }
    }

    /// Appends a subscription, or its end: the command `name`, or `group` for a group, or a message that begins with
    /// `byte`.
    fn encode_subscription(&mut self, name: &str, group: &str, byte: u8, prefix: Message, batch: &mut Batch) {
        let command = match (self.version, self.groups) {
            // The subscriber filters; groups have commands or nothing.
            (Version::Raw | Version::V1_0, _) | (Version::V2_0, true) => return,
            (Version::V3_0 | Version::V3_1, true) => Some(group),
            (Version::V2_0 | Version::V3_0, false) => None,
            (Version::V3_1, false) => Some(name),
        };
        let bytes = prefix.as_bytes();
        match (&mut self.sealer, command) {
            (Some(sealer), Some(name)) => {
                let name = [&[name.len() as u8], name.as_bytes()].concat();
                return sealer.put(false, true, &name, bytes, batch);
            }
            (Some(sealer), None) => return sealer.put(false, false, &[byte], bytes, batch),
            (None, Some(name)) => command::put_head(batch.small_bytes(), name, &[], bytes.len()),
            (None, None) => {
                frame::put(batch.small_bytes(), self.version, 1 + bytes.len(), 0);
                batch.small_bytes().push(byte);
            }
        }
        put_body(prefix, batch);
    }

    /// Appends a PING; nothing to a peer older than 3.1. The context is of at most 16 bytes.
    pub(crate) fn ping(&mut self, ttl_ds: u16, context: &[u8], batch: &mut Batch) {
        assert!(context.len() <= PING_CONTEXT_BYTES_MAX, "the context of a PING is too long");
        if self.version >= Version::V3_1 {
            let [high, low] = ttl_ds.to_be_bytes();
            self.command(b"\x04PING", &[&[high, low], context].concat(), batch);
        }
    }

    /// Appends the answer to a PING with this context; the decoder has seen to its length. Whoever sends a
    /// PING understands it, whatever its version.
    pub(crate) fn pong(&mut self, context: &[u8], batch: &mut Batch) {
        assert!(context.len() <= PING_CONTEXT_BYTES_MAX, "the context of a PONG is too long");
        if self.version >= Version::V3_0 {
            self.command(b"\x04PONG", context, batch);
        }
    }

    /// Appends a command: its name with its length, and its data.
    fn command(&mut self, name: &[u8], data: &[u8], batch: &mut Batch) {
        match &mut self.sealer {
            Some(sealer) => sealer.put(false, true, name, data, batch),
            None => {
                let bytes = batch.small_bytes();
                frame::put(bytes, self.version, name.len() + data.len(), FLAG_COMMAND);
                bytes.extend_from_slice(name);
                bytes.extend_from_slice(data);
            }
        }
    }
}

/// Appends the bytes of a message as they are, for a peer that speaks no ZMTP.
pub(crate) fn put_raw(part: Message, batch: &mut Batch) {
    put_body(part, batch);
}

/// Appends a body behind its header.
fn put_body(body: Message, batch: &mut Batch) {
    if body.len() >= LARGE_BODY_BYTES_MIN {
        batch.push_body(body);
    } else {
        batch.small_bytes().extend_from_slice(body.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::batch::SLICES_MAX;
    use Version::*;
    use std::io::IoSlice;

    fn encoded(version: Version, build: impl FnOnce(&mut Encoder, &mut Batch)) -> Vec<u8> {
        let mut batch = Batch::new();
        build(&mut Encoder::new(version), &mut batch);
        let mut out = [IoSlice::new(&[]); SLICES_MAX];
        let count = batch.slices(&mut out);
        out[..count].iter().flat_map(|slice| slice.iter().copied()).collect()
    }

    fn message(version: Version, body: &[u8], more: bool, kind: Kind) -> Vec<u8> {
        encoded(version, |encoder, batch| {
            let mut part = Message::copy_from(body).unwrap().with_kind(kind);
            part.set_more(more);
            encoder.encode(part, batch);
        })
    }

    #[test]
    fn messages_are_the_bytes_of_the_specifications() {
        let data = |version, body: &[u8], more| message(version, body, more, Kind::Data);
        assert_eq!(data(V1_0, b"", false), b"\x01\x00");
        assert_eq!(data(V1_0, b"hello", true), b"\x06\x01hello");
        assert_eq!(data(V1_0, &[7; 253], false), [&[254, 0][..], &[7; 253]].concat());
        assert_eq!(data(V1_0, &[7; 254], true), [&b"\xff\0\0\0\0\0\0\0\xff\x01"[..], &[7; 254]].concat());
        for version in [V2_0, V3_0, V3_1] {
            assert_eq!(data(version, b"", true), b"\x01\x00");
            assert_eq!(data(version, b"hello", false), b"\x00\x05hello");
            assert_eq!(data(version, &[7; 255], false), [&[0, 255][..], &[7; 255]].concat());
            let long = [&b"\x03\0\0\0\0\0\0\x01\x00"[..], &[7; 256]].concat();
            assert_eq!(data(version, &[7; 256], true), long);
            let large = [&b"\x02\0\0\0\0\0\x01\x86\xa0"[..], &[7; 100_000]].concat();
            assert_eq!(data(version, &[7; 100_000], false), large);
        }
    }

    #[test]
    fn groups_are_joined_and_left_by_commands() {
        for (version, join, leave) in [
            (V2_0, &b""[..], &b""[..]),
            (V3_0, b"\x04\x07\x04JOINab", b"\x04\x08\x05LEAVEab"),
            (V3_1, b"\x04\x07\x04JOINab", b"\x04\x08\x05LEAVEab"),
        ] {
            for (kind, expected) in [(Kind::Subscribe, join), (Kind::Cancel, leave)] {
                let bytes = encoded(version, |_, batch| {
                    let group = Message::copy_from(b"ab").unwrap().with_kind(kind);
                    Encoder::for_groups(version).encode(group, batch);
                });
                assert_eq!(bytes, expected, "{version}");
            }
        }
    }

    /// Encodes messages with these bodies as a run behind one of this length, as far as that goes: how many, after a check
    /// that their bytes are those that they have one by one.
    fn run(version: Version, len: usize, bodies: &[Vec<u8>], are_inline: bool) -> usize {
        let part = |body: &Vec<u8>| Message::copy_from(body).unwrap();
        let mut encoder = Encoder::new(version);
        let (mut batch, mut expected) = (Batch::new(), Batch::new());
        encoder.encode(part(&vec![9; len]), &mut batch);
        encoder.encode(part(&vec![9; len]), &mut expected);
        let mut count = 0;
        encoder.encode_run(bodies.len(), len, &mut batch, |run| {
            let put = |body: &&Vec<u8>| {
                if are_inline { run.put_inline(&part(body)) } else { run.put(&part(body)) }
            };
            count = bodies.iter().take_while(put).count();
        });
        bodies[..count].iter().for_each(|body| encoder.encode(part(body), &mut expected));
        assert_eq!(batch.plain_bytes(), expected.plain_bytes(), "{version:?} {count} behind {len}");
        count
    }

    #[test]
    fn a_run_has_the_bytes_of_its_messages_one_by_one() {
        let lens = [0, 6, 7, INLINE_MAX, 0, 31, 32, 64, 65, 128, 129, 253, 254, 255, 256, 5, 300, 2];
        let bodies = lens.map(|len| (0..len).map(|n| n as u8 ^ 0x5a).collect::<Vec<u8>>());
        for version in [V1_0, V2_0, V3_0, V3_1] {
            for (n, len) in lens.into_iter().enumerate() {
                for are_inline in [true, false] {
                    run(version, len, &bodies[n..], are_inline);
                    let is_like = len < frame::long_bytes_min(version) && (!are_inline || len <= INLINE_MAX);
                    let count = run(version, len, &vec![bodies[n].clone(); 20], are_inline);
                    assert_eq!(count, if is_like { 20 } else { 0 }, "{version:?} {len}");
                }
            }
            let mut batch = Batch::new();
            Encoder::new(version).encode_run(3, 10, &mut batch, |run| {
                for kind in [Kind::Identity, Kind::Subscribe, Kind::Cancel] {
                    let part = Message::copy_from(&[7]).unwrap().with_kind(kind);
                    assert!(!run.put_inline(&part) && !run.put(&part), "it is no data");
                }
            });
            assert!(batch.is_empty());
        }
    }

    #[test]
    fn bytes_without_frames_are_just_those_bytes() {
        let large = vec![7; 100_000];
        let bytes = encoded(Raw, |_, batch| {
            for part in [&b"ab"[..], &large, b"c"] {
                put_raw(Message::copy_from(part).unwrap(), batch);
            }
        });
        assert_eq!(bytes, [b"ab", &large[..], b"c"].concat());
    }

    #[test]
    fn subscriptions_are_what_the_version_makes_of_them() {
        for (kind, byte, command) in [
            (Kind::Subscribe, 1u8, &b"\x04\x0c\x09SUBSCRIBEab"[..]),
            (Kind::Cancel, 0, b"\x04\x09\x06CANCELab"),
        ] {
            assert_eq!(message(V1_0, b"ab", false, kind), b"");
            assert_eq!(message(V2_0, b"ab", false, kind), [0, 3, byte, b'a', b'b']);
            assert_eq!(message(V3_0, b"ab", false, kind), [0, 3, byte, b'a', b'b']);
            assert_eq!(message(V3_1, b"ab", false, kind), command);
            assert_eq!(message(V2_0, b"", false, kind), [0, 1, byte]);
            let long = [&[2, 0, 0, 0, 0, 0, 0, 1, 0, byte][..], &[9; 255]].concat();
            assert_eq!(message(V3_0, &[9; 255], false, kind), long);
        }
        let long = [&b"\x06\0\0\0\0\0\0\x01\x00\x09SUBSCRIBE"[..], &[9; 246]].concat();
        assert_eq!(message(V3_1, &[9; 246], false, Kind::Subscribe), long);
        let large = [&b"\x06\0\0\0\0\0\x01\x86\xaa\x09SUBSCRIBE"[..], &[9; 100_000]].concat();
        assert_eq!(message(V3_1, &[9; 100_000], false, Kind::Subscribe), large);
    }

    #[test]
    fn identities_are_not_traffic() {
        for version in [V1_0, V2_0, V3_0, V3_1] {
            assert_eq!(message(version, b"me", false, Kind::Identity), b"");
        }
    }

    #[test]
    fn heartbeats_go_to_those_who_know_them() {
        let ping = |version| encoded(version, |encoder, batch| encoder.ping(258, b"xy", batch));
        let pong = |version| encoded(version, |encoder, batch| encoder.pong(b"xy", batch));
        assert_eq!(ping(V3_1), b"\x04\x09\x04PING\x01\x02xy");
        assert_eq!(pong(V3_1), b"\x04\x07\x04PONGxy");
        assert_eq!(pong(V3_0), b"\x04\x07\x04PONGxy");
        for version in [V1_0, V2_0] {
            assert_eq!((ping(version), pong(version)), (vec![], vec![]));
        }
        assert_eq!(ping(V3_0), b"");
        assert_eq!(encoded(V3_1, |encoder, batch| encoder.pong(b"", batch)), b"\x04\x05\x04PONG");
    }

    #[test]
    fn large_bodies_are_not_copied() {
        let part = Message::from_vec(vec![1; LARGE_BODY_BYTES_MIN]);
        let place = part.as_bytes().as_ptr();
        let mut batch = Batch::new();
        Encoder::new(V3_1).encode(part, &mut batch);
        let mut out = [IoSlice::new(&[]); SLICES_MAX];
        assert_eq!(batch.slices(&mut out), 2);
        assert_eq!(out[1].as_ptr(), place);
    }
}
