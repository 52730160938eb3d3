//! References to bodies, taken and given back many at a time.

use super::body::{Head, release};
use super::{FLAG_FOR_MANY, FLAG_SHARED, INLINE, Message};
use std::mem::{ManuallyDrop, take};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

impl Message {
    /// So many messages with the same body, at the cost of one, for several peers: all say so.
    #[inline]
    pub(crate) fn share_out(&mut self, count: usize) -> Shares<'_> {
        let alone = self.flags() & FLAG_SHARED == 0;
        self.set_flags(self.flags() | FLAG_SHARED | if alone { FLAG_FOR_MANY } else { 0 });
        if !self.is_inline() {
            // SAFETY: we hold a reference, so the head is alive. Relaxed is enough to add to it.
            unsafe { self.head.as_ref().refs.fetch_add(count, Ordering::Relaxed) };
        }
        Shares { message: self, left: count }
    }
}

/// Messages with one body, see [`Message::share_out`].
pub(crate) struct Shares<'a> {
    message: &'a mut Message,
    /// How many are still to be given out.
    left: usize,
}

impl Iterator for Shares<'_> {
    type Item = Message;

    #[inline]
    fn next(&mut self) -> Option<Message> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: one of the references that were counted for these is the new message's.
        Some(unsafe { Message::copy_of(self.message) })
    }
}

impl Drop for Shares<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.left > 0 && !self.message.is_inline() {
            // SAFETY: the references that nobody has got are ours to give back.
            unsafe { release(self.message.head, self.left) };
        }
    }
}

/// Messages that are done with. The references of those that lie in one block, as neighbours in a stream do, are given
/// back together.
pub(crate) struct Spent {
    head: NonNull<Head>,
    /// References to give back.
    count: usize,
}

impl Spent {
    pub(crate) fn new() -> Spent {
        Spent { head: INLINE, count: 0 }
    }

    /// Takes a message, in place of its drop.
    #[inline]
    pub(crate) fn push(&mut self, message: Message) {
        let message = ManuallyDrop::new(message);
        if message.is_inline() {
            return;
        }
        if message.head != self.head {
            self.settle();
            self.head = message.head;
        }
        self.count += 1;
    }

    #[inline]
    fn settle(&mut self) {
        if self.count > 0 {
            // SAFETY: these are the references of messages that were taken, and not dropped.
            unsafe { release(self.head, take(&mut self.count)) };
        }
    }
}

impl Drop for Spent {
    #[inline]
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::INLINE_MAX;
    use std::sync::Arc;

    struct Bytes(Arc<Vec<u8>>);

    impl AsRef<[u8]> for Bytes {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    #[test]
    fn what_is_not_given_out_is_given_back() {
        let bytes = Arc::new(vec![7; 100]);
        let mut message = Message::from_owner(Bytes(bytes.clone()));
        let mut shares = message.share_out(5);
        let given: Vec<Message> = shares.by_ref().take(2).collect();
        drop(shares);
        assert!(given.iter().all(|share| share.is_same(&message) && share.is_shared()));
        drop(message);
        assert_eq!(Arc::strong_count(&bytes), 2, "there is one body");
        drop(given);
        assert_eq!(Arc::strong_count(&bytes), 1, "and it ends with the last message");
        let mut inline = Message::copy_from(&[1; INLINE_MAX]).unwrap();
        assert_eq!(inline.share_out(3).map(|share| share.len()).sum::<usize>(), 3 * INLINE_MAX);
    }

    #[test]
    fn spent_messages_free_their_bodies_each_once() {
        let bodies: Vec<Arc<Vec<u8>>> = (0..3).map(|_| Arc::new(vec![7; 100])).collect();
        let mut spent = Spent::new();
        for body in [0, 0, 1, 0, 2, 2].map(|n: usize| &bodies[n]) {
            let mut message = Message::from_owner(Bytes(body.clone()));
            spent.push(Message::copy_from(b"inline").unwrap());
            spent.push(message.share());
            spent.push(message);
        }
        assert_eq!(
            bodies.iter().map(Arc::strong_count).collect::<Vec<_>>(),
            [1, 1, 2],
            "the last is still held"
        );
        drop(spent);
        assert!(bodies.iter().all(|body| Arc::strong_count(body) == 1));
    }
}
