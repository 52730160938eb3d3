//! Batch: encoded bytes on their way to one peer, the small ones copied together, the large by reference.
#![forbid(unsafe_code)]

use crate::message::Message;
use std::collections::VecDeque;
use std::io::IoSlice;

/// As many slices as one system call is given.
pub(crate) const SLICES_MAX: usize = 64;

/// Written bytes beyond this many are removed before the batch is empty, once they are the greater part.
const WRITTEN_BYTES_KEPT_MAX: usize = 160 * 1024;

/// Bytes on their way to one peer.
pub(crate) struct Batch {
    /// Headers and small bodies.
    bytes: Vec<u8>,
    /// How many of `bytes` are written.
    written: usize,
    /// Large bodies between them.
    bodies: VecDeque<Body>,
    /// How many bytes of the first body are written.
    body_written: usize,
    /// How many bytes of all bodies are not.
    bodies_left: usize,
    /// How many bytes were removed before `bytes`, so that the bodies' places stay true.
    removed: usize,
}

/// A large body.
struct Body {
    /// How many of the small bytes come before it, the removed ones included.
    place: usize,
    message: Message,
}

impl Batch {
    pub(crate) const fn new() -> Batch {
        Batch {
            bytes: Vec::new(),
            written: 0,
            bodies: VecDeque::new(),
            body_written: 0,
            bodies_left: 0,
            removed: 0,
        }
    }

    /// How many bytes are left to write.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.written + self.bodies_left
    }

    /// Whether there is nothing to write.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Empties the batch; the memory for small bytes is kept.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.written = 0;
        self.bodies.clear();
        self.body_written = 0;
        self.bodies_left = 0;
        self.removed = 0;
    }

    /// Where bytes can be appended as they are: those of a handshake, before any message.
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        assert!(self.bodies.is_empty(), "the bytes of a handshake come before messages");
        &mut self.bytes
    }

    /// The bytes, if nothing else is in the batch and none is written, to be exchanged for others.
    pub(crate) fn plain_bytes(&mut self) -> Option<&mut Vec<u8>> {
        (self.bodies.is_empty() && self.written == 0).then_some(&mut self.bytes)
    }

    /// Appends bytes as they are.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Where headers and small bodies are appended.
    #[inline]
    pub(super) fn small_bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends a large body by reference.
    pub(super) fn push_body(&mut self, message: Message) {
        assert!(!message.is_empty(), "an empty body is written with its header");
        self.bodies_left += message.len();
        self.bodies.push_back(Body { place: self.removed + self.bytes.len(), message });
    }

    /// Fills `out` with what is to be written first; gives how many slices that are. If all of it is
    /// written and bytes are left, there is more to come.
    pub(crate) fn slices<'a>(&'a self, out: &mut [IoSlice<'a>; SLICES_MAX]) -> usize {
        let mut used = 0;
        let mut put = |bytes: &'a [u8]| {
            if bytes.is_empty() {
                return true;
            }
            let Some(place) = out.get_mut(used) else { return false };
            *place = IoSlice::new(bytes);
            used += 1;
            true
        };
        let mut from = self.written;
        let mut body_from = self.body_written;
        for body in &self.bodies {
            let to = body.place - self.removed;
            if !put(&self.bytes[from..to]) || !put(&body.message.as_bytes()[body_from..]) {
                return used;
            }
            from = to;
            body_from = 0;
        }
        put(&self.bytes[from..]);
        used
    }

    /// Says that the next `count` bytes are written. Bodies that are done with are dropped.
    pub(crate) fn advance(&mut self, count: usize) {
        assert!(count <= self.len(), "{count} bytes were written of {}", self.len());
        if self.bodies.is_empty() {
            self.written += count;
        } else {
            self.advance_mixed(count);
        }
        if self.is_empty() {
            self.clear();
        } else if self.written > WRITTEN_BYTES_KEPT_MAX && self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.removed += self.written;
            self.written = 0;
        }
    }

    fn advance_mixed(&mut self, mut count: usize) {
        while count > 0 {
            let Some(body) = self.bodies.front() else {
                self.written += count;
                return;
            };
            let before = count.min(body.place - self.removed - self.written);
            self.written += before;
            let body_left = body.message.len() - self.body_written;
            let within = body_left.min(count - before);
            self.body_written += within;
            self.bodies_left -= within;
            count -= before + within;
            if within == body_left {
                self.bodies.pop_front();
                self.body_written = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that `slices` gives, as bytes, and in how many slices.
    fn contents(batch: &Batch) -> (Vec<u8>, usize) {
        let mut out = [IoSlice::new(&[]); SLICES_MAX];
        let count = batch.slices(&mut out);
        assert!(out[..count].iter().all(|slice| !slice.is_empty()));
        (out[..count].iter().flat_map(|slice| slice.iter().copied()).collect(), count)
    }

    fn body(byte: u8, len: usize) -> Message {
        Message::from_vec(vec![byte; len])
    }

    #[test]
    fn small_bytes_alone_are_one_slice() {
        let mut batch = Batch::new();
        assert!(batch.is_empty());
        assert_eq!(contents(&batch), (vec![], 0));
        batch.bytes_mut().extend([1, 2, 3]);
        batch.small_bytes().extend([4, 5]);
        assert_eq!((batch.len(), contents(&batch)), (5, (vec![1, 2, 3, 4, 5], 1)));
        batch.advance(2);
        assert_eq!((batch.len(), contents(&batch)), (3, (vec![3, 4, 5], 1)));
        batch.advance(3);
        assert!(batch.is_empty());
        assert_eq!(contents(&batch), (vec![], 0));
    }

    #[test]
    fn bodies_keep_their_place_however_much_is_written_at_once() {
        let build = || {
            let mut batch = Batch::new();
            let mut expected = Vec::new();
            for (small, large) in [(3, 40), (0, 50), (2, 60), (5, 0)] {
                batch.small_bytes().extend(vec![small; usize::from(small)]);
                expected.extend(vec![small; usize::from(small)]);
                if large > 0 {
                    batch.push_body(body(large, usize::from(large)));
                    expected.extend(vec![large; usize::from(large)]);
                }
            }
            (batch, expected)
        };
        let (batch, expected) = build();
        assert_eq!(contents(&batch), (expected.clone(), 6));
        for step in 1..=expected.len() {
            let (mut batch, _) = build();
            for at in (0..expected.len()).step_by(step) {
                assert_eq!(batch.len(), expected.len() - at);
                assert_eq!(contents(&batch).0, expected[at..]);
                batch.advance(step.min(batch.len()));
            }
            assert!(batch.is_empty());
        }
    }

    #[test]
    fn a_body_is_dropped_as_soon_as_it_is_written() {
        let owner = std::sync::Arc::new(vec![7u8; 100]);
        struct Shared(std::sync::Arc<Vec<u8>>);
        impl AsRef<[u8]> for Shared {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        let mut batch = Batch::new();
        for _ in 0..2 {
            batch.small_bytes().push(1);
            batch.push_body(Message::from_owner(Shared(owner.clone())));
        }
        let count = || std::sync::Arc::strong_count(&owner);
        assert_eq!(count(), 3);
        batch.advance(100);
        assert_eq!(count(), 3);
        batch.advance(1);
        assert_eq!(count(), 2);
        batch.clear();
        assert_eq!((count(), batch.len()), (1, 0));
    }

    #[test]
    fn more_slices_than_one_call_takes_are_given_in_turns() {
        let mut batch = Batch::new();
        let mut expected = Vec::new();
        for i in 0..100 {
            batch.small_bytes().push(i);
            batch.push_body(body(i, 31));
            expected.extend([i; 32]);
        }
        let mut got = Vec::new();
        while !batch.is_empty() {
            let (bytes, count) = contents(&batch);
            assert!(count == SLICES_MAX || bytes.len() == batch.len());
            batch.advance(bytes.len());
            got.extend(bytes);
        }
        assert_eq!(got, expected);
    }

    #[test]
    fn what_is_written_does_not_pile_up() {
        let mut batch = Batch::new();
        let mut expected = VecDeque::new();
        for round in 0..1000usize {
            let byte = round as u8;
            batch.small_bytes().extend(vec![byte; 1000]);
            expected.extend(vec![byte; 1000]);
            if round % 10 == 0 {
                batch.push_body(body(byte, 100));
                expected.extend(vec![byte; 100]);
            }
            // It never runs empty.
            let count = batch.len().saturating_sub(5000);
            assert!(contents(&batch).0 == expected.iter().copied().collect::<Vec<u8>>());
            batch.advance(count);
            expected.drain(..count);
            assert!(batch.bytes.len() <= 3 * WRITTEN_BYTES_KEPT_MAX);
        }
    }
}
