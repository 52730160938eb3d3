//! `Run`: a batch as it was encoded for one peer, for the peers that get the same messages next.
//!
//! A publisher's messages lie in the pipes of all its subscribers, and whoever drives the connections writes them to one
//! after the other. So the messages that were encoded last are remembered with their bytes: as long as the next
//! connection's pipe has the same ones, these bytes are written, and nothing is encoded again.
#![forbid(unsafe_code)]

use crate::message::{Message, Spent};
use crate::wire::Version;
use crate::wire::batch::Batch;

/// No run has more parts.
const PARTS_MAX: usize = 4096;

/// See the module's documentation.
#[derive(Default)]
pub(crate) struct Run {
    /// The version of the protocol that it is encoded in; `None`: there is no run.
    version: Option<Version>,
    /// The messages, each with the number of bytes up to its end. They hold their bodies, so that no other message can have
    /// one at the same address.
    parts: Vec<(Message, usize)>,
    bytes: Vec<u8>,
}

impl Run {
    /// Forgets the messages.
    pub(crate) fn clear(&mut self) {
        self.version = None;
        let mut spent = Spent::new();
        self.parts.drain(..).for_each(|(part, _)| spent.push(part));
    }

    /// Takes a part that was encoded, up to so many bytes in all. False: there is room for no other.
    #[inline]
    pub(crate) fn push(&mut self, part: Message, end: usize) -> bool {
        self.parts.push((part, end));
        self.parts.len() < PARTS_MAX
    }

    /// All parts were encoded, in this version, to the batch, which becomes empty. False: there is something else in that.
    pub(crate) fn finish(&mut self, version: Version, batch: &mut Batch) -> bool {
        let (len, end) = (batch.len(), self.parts.last().map(|(_, end)| *end));
        match batch.plain_bytes() {
            Some(bytes) if end == Some(len) => {
                std::mem::swap(&mut self.bytes, bytes);
                batch.clear();
                self.version = Some(version);
                true
            }
            _ => {
                self.clear();
                false
            }
        }
    }

    /// How many parts there are.
    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether the run in this version goes on with the part, after so many others.
    #[inline]
    pub(crate) fn goes_on(&self, version: Version, count: usize, part: &Message) -> bool {
        self.version == Some(version) && self.parts.get(count).is_some_and(|(same, _)| same.is_same(part))
    }

    /// The bytes of so many parts.
    pub(crate) fn bytes(&self, count: usize) -> &[u8] {
        let end = count.checked_sub(1).and_then(|last| self.parts.get(last)).map_or(0, |(_, end)| *end);
        self.bytes.get(..end).unwrap_or_default()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::wire::encoder::Encoder;

    fn message(bytes: &[u8]) -> Message {
        let mut message = Message::copy_from(bytes).unwrap();
        message.set_shared();
        message
    }

    /// A run of these messages, and the bytes that one after the other they are.
    fn record(messages: &mut [Message]) -> (Run, Vec<Vec<u8>>) {
        let (mut run, mut batch, encoder) = (Run::default(), Batch::new(), Encoder::new(Version::V3_1));
        let mut ends = vec![0];
        for message in messages {
            assert!(message.is_ours() && encoder.encode_copy(message, &mut batch));
            run.push(message.share(), batch.len());
            ends.push(batch.len());
        }
        let bytes = batch.plain_bytes().unwrap().clone();
        assert!(run.finish(Version::V3_1, &mut batch) && batch.is_empty());
        (run, ends.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect())
    }

    #[test]
    fn it_goes_on_as_long_as_the_messages_are_the_same() {
        let bodies: [&[u8]; 4] = [b"", b"inline", &[7; 100], &[8; 5000]];
        let mut messages = bodies.map(message);
        let (run, encoded) = record(&mut messages);
        for (count, message) in messages.iter_mut().enumerate() {
            assert_eq!(run.bytes(count), encoded[..count].concat());
            let copy = message.share();
            assert!(run.goes_on(Version::V3_1, count, &copy));
            assert!(!run.goes_on(Version::V2_0, count, &copy), "other peers get other bytes");
            assert!(!run.goes_on(Version::V3_1, count + 1, &copy), "not in this place");
            let mut begun = message.share();
            begun.set_more(true);
            assert!(!run.goes_on(Version::V3_1, count, &begun), "not as a part of another message");
        }
        assert!(
            !run.goes_on(Version::V3_1, 2, &message(&[7; 100])),
            "another body, though of the same bytes"
        );
        assert!(run.goes_on(Version::V3_1, 1, &message(b"inline")), "what is in the message is all there is");
        assert_eq!((run.len(), run.bytes(4)), (4, &encoded.concat()[..]));
    }

    #[test]
    fn no_other_message_has_a_body_of_the_run() {
        let (run, _) = record(&mut [message(&[7; 5000])]);
        // The memory of a body that nobody held would be used again.
        for _ in 0..1000 {
            assert!(!run.goes_on(Version::V3_1, 0, &message(&[9; 5000])));
        }
    }

    #[test]
    fn what_has_something_else_in_it_is_none() {
        let (mut run, mut batch) = (Run::default(), Batch::new());
        assert!(!run.finish(Version::V3_1, &mut batch));
        let part = message(b"a");
        Encoder::new(Version::V3_1).encode_copy(&part, &mut batch);
        run.push(part, batch.len());
        batch.append(b"else");
        assert!(!run.finish(Version::V3_1, &mut batch));
        assert_eq!((run.len(), run.goes_on(Version::V3_1, 0, &message(b"a"))), (0, false));
    }
}
