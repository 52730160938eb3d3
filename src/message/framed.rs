//! Short bodies and their frames: whole words, and copies without a call.
#![forbid(unsafe_code)]

use super::{FIRST_BYTES_MAX, FRAME_WORDS, INLINE, Message, REST_WORDS, WORD, meta};
use std::ptr;

/// Copies, to a place of the same length; what is short without a call.
#[inline(always)]
pub(crate) fn copy_short<T: Copy>(from: &[T], to: &mut [T]) {
    // Two pieces that overlap, unless it is as long as both.
    fn copy_ends<T: Copy, const N: usize>(from: &[T], to: &mut [T]) -> Option<()> {
        *to.first_chunk_mut::<N>()? = *from.first_chunk()?;
        *to.last_chunk_mut::<N>()? = *from.last_chunk()?;
        Some(())
    }
    let done = match from.len() {
        32..=64 => copy_ends::<T, 32>(from, to),
        65..=128 => copy_ends::<T, 64>(from, to),
        _ => None,
    };
    if done.is_none() {
        to.copy_from_slice(from);
    }
}

impl Message {
    /// The words of a message whose body is inline, with a header in its first two bytes; behind the body is whatever. To
    /// copy whole words is faster than to copy just as many bytes as there are.
    #[inline(always)]
    pub(crate) fn framed(&self, header: [u8; 2]) -> Option<[[u8; WORD]; FRAME_WORDS]> {
        if !self.is_inline() {
            return None;
        }
        let body = self.meta & !meta(u8::MAX, u8::MAX);
        let mut words = [(body | meta(header[0], header[1])).to_ne_bytes(); FRAME_WORDS];
        for (word, rest) in words.iter_mut().skip(1).zip(self.rest) {
            *word = rest.addr().to_ne_bytes();
        }
        Some(words)
    }

    /// A message whose body is so many bytes behind the first two, if it has them all in the first word.
    #[inline(always)]
    pub(crate) fn of_word(word: &[u8; WORD], len: usize) -> Option<Message> {
        let body = usize::from_ne_bytes(*word) & !meta(u8::MAX, u8::MAX);
        let rest = [ptr::null_mut(); REST_WORDS];
        (len <= FIRST_BYTES_MAX).then_some(Message { head: INLINE, meta: body | meta(0, len as u8), rest })
    }
}
