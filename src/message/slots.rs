//! How a message lies in a queue: a short one takes one word, so that the queue moves little memory between processors.

use super::{FIRST_BYTES_MAX, FLAG_IN_SECOND, Head, INLINE, Message, REST_WORDS};
use crate::pipe::queue::Slotted;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

impl Message {
    /// Whether the meta word is all of it.
    #[inline(always)]
    pub(super) fn is_short(&self) -> bool {
        self.is_inline() && self.inline_len() <= FIRST_BYTES_MAX
    }
}

/// All but the meta word.
#[derive(Clone, Copy)]
pub(crate) struct Second {
    head: NonNull<Head>,
    rest: [*mut (); REST_WORDS],
}

// SAFETY: the meta word says whether the second half is there; with it, a message is put together of just the words that
// it was. Without it, the message is inline, and its body, which is what of it is read, is all in the meta word.
unsafe impl Slotted for Message {
    type First = usize;
    type Second = Second;

    #[inline(always)]
    unsafe fn put(self, first: *mut usize, second: *mut Second) {
        let this = ManuallyDrop::new(self);
        // SAFETY: the caller's promise; the value is not used any more.
        unsafe { Message::put_from(&raw const *this, first, second) }
    }

    #[inline(always)]
    unsafe fn put_from(place: *const Message, first: *mut usize, second: *mut Second) {
        // SAFETY: the caller's promise: there is a message, and both halves may be written.
        unsafe {
            // Word by word, see `Message::take`.
            if (*place).is_short() {
                first.write((&raw const (*place).meta).read_volatile());
            } else {
                first.write((&raw const (*place).meta).read_volatile() | FLAG_IN_SECOND);
                (&raw mut (*second).head).write((*place).head);
                for at in 0..REST_WORDS {
                    (&raw mut (*second).rest[at]).write((&raw const (*place).rest[at]).read_volatile());
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn get(first: *const usize, second: *const Second) -> Message {
        // SAFETY: the caller's promise: `put` has written the first, and the second where it says so.
        unsafe {
            let meta = first.read();
            if meta & FLAG_IN_SECOND == 0 {
                return Message { head: INLINE, meta, rest: [ptr::null_mut(); REST_WORDS] };
            }
            let Second { head, rest } = second.read();
            Message { head, meta: meta & !FLAG_IN_SECOND, rest }
        }
    }

    #[inline(always)]
    unsafe fn get_over(first: *const usize, second: *const Second, place: *mut Message) {
        // SAFETY: as in `get`. Behind a short body, any bytes will do.
        unsafe {
            let meta = first.read();
            if meta & FLAG_IN_SECOND == 0 {
                (&raw mut (*place).head).write(INLINE);
                (&raw mut (*place).meta).write(meta);
            } else {
                place.write(Message::get(first, second));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::INLINE_MAX;
    use std::mem::MaybeUninit;

    #[test]
    fn every_message_comes_out_as_it_was() {
        let owner = vec![7u8; 100];
        for len in [0, 1, FIRST_BYTES_MAX, FIRST_BYTES_MAX + 1, 29, 30, 31, 1000, 100_000] {
            for (more, shared) in [(false, false), (true, false), (false, true), (true, true)] {
                let bytes: Vec<u8> = (0..len).map(|n| n as u8 ^ 0xa5).collect();
                let mut message = Message::copy_from(&bytes).unwrap();
                message.set_more(more);
                if shared {
                    message.set_shared();
                }
                let tag = message.tag();
                let (mut first, mut second) = (MaybeUninit::uninit(), MaybeUninit::uninit());
                // SAFETY: written, and then read once.
                let mut out = unsafe {
                    message.put(first.as_mut_ptr(), second.as_mut_ptr());
                    Message::get(first.as_ptr(), second.as_ptr())
                };
                assert_eq!((out.as_bytes(), out.more(), out.tag()), (&bytes[..], more, tag), "{len}");
                for before in [0, FIRST_BYTES_MAX + 1, INLINE_MAX] {
                    let mut over = Message::copy_from(&vec![1; before]).unwrap();
                    // SAFETY: moved to the slot, and from there over a message that needs no drop, which is again
                    // a place to move it from.
                    unsafe {
                        Message::put_from(&raw const out, first.as_mut_ptr(), second.as_mut_ptr());
                        Message::get_over(first.as_ptr(), second.as_ptr(), &raw mut over);
                        std::ptr::write(&raw mut out, over);
                    }
                    assert_eq!((out.as_bytes(), out.more(), out.tag()), (&bytes[..], more, tag), "{len}");
                }
            }
        }
        let marker = Message::marker(u64::MAX - 5);
        let (mut first, mut second) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: as above.
        let out = unsafe {
            marker.put(first.as_mut_ptr(), second.as_mut_ptr());
            Message::get(first.as_ptr(), second.as_ptr())
        };
        assert_eq!(out.marker_number(), Some(u64::MAX - 5));
        drop(Message::from_vec(owner));
    }
}
