//! The arena: bodies of middle size, carved from blocks that they share.

use super::body::{Block, Body, release};
use super::{DATA, INLINE_MAX, Message, OutOfMemory, copy_short};
use crate::shelf::{self, Shelved};
use std::cell::RefCell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::slice;

/// Bodies up to this many bytes share a block with their neighbours; longer ones have their own.
const ARENA_BODY_MAX: usize = 1024;

/// Bytes in a block that an arena carves. It bounds what one forgotten small message can pin.
const ARENA_BLOCK_BYTES: usize = 8 * 1024;

/// References that an arena holds on the block it is carving, so that handing out a slice is not an
/// atomic operation: the surplus is given back at once when the block is full.
const ARENA_BIAS: usize = usize::MAX / 4;

/// Carves middle-sized bodies from blocks, so that neither making nor sharing out a body is an
/// allocation or an atomic operation. One a thread.
pub(crate) struct Arena {
    /// The block that is being carved.
    block: Option<NonNull<Block>>,
    /// Bytes of it in use.
    used: usize,
    /// References to it that were handed out.
    handed_out: usize,
}

// SAFETY: the arena owns its reference to the block; nothing in it is tied to a thread.
unsafe impl Send for Arena {}

thread_local! {
    static THREAD_ARENA: RefCell<Arena> = const { RefCell::new(Arena::new()) };
}

impl Arena {
    pub(crate) const fn new() -> Arena {
        Arena { block: None, used: 0, handed_out: 0 }
    }

    /// A message whose body is a copy of `bytes`; see [`Message::copy_from`].
    #[inline]
    pub(crate) fn copy_from(&mut self, bytes: &[u8]) -> Result<Message, OutOfMemory> {
        if bytes.len() <= INLINE_MAX {
            return Ok(Message::inline(bytes));
        }
        let body = if bytes.len() <= ARENA_BODY_MAX { self.carve(bytes.len()) } else { solo(bytes.len()) };
        let (head, data) = body.ok_or(OutOfMemory)?;
        // SAFETY: the body has `bytes.len()` bytes that nobody else knows of yet; any bytes are a `MaybeUninit`.
        let (from, to) = unsafe {
            (
                slice::from_raw_parts(bytes.as_ptr().cast::<MaybeUninit<u8>>(), bytes.len()),
                slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), bytes.len()),
            )
        };
        copy_short(from, to);
        Ok(Message::shared(head, data, bytes.len()))
    }

    /// A body of `len` unwritten bytes, at most `ARENA_BODY_MAX`, of the current block.
    #[inline]
    fn carve(&mut self, len: usize) -> Option<Body> {
        debug_assert!(len <= ARENA_BODY_MAX, "{len} bytes are too many to share a block");
        let room = len.next_multiple_of(align_of::<Block>());
        let block = match self.block {
            Some(block) if self.used + room <= ARENA_BLOCK_BYTES => block,
            _ => self.next_block()?,
        };
        // SAFETY: `used + room` is within the block's capacity, and no other body overlaps.
        let data = unsafe { Block::data(block).add(self.used) };
        self.used += room;
        self.handed_out += 1;
        Some((block.cast(), data))
    }

    #[cold]
    fn next_block(&mut self) -> Option<NonNull<Block>> {
        self.retire();
        let block = Block::allocate(ARENA_BLOCK_BYTES, ARENA_BIAS)?;
        self.block = Some(block);
        self.used = 0;
        self.handed_out = 0;
        Some(block)
    }

    /// Lets go of the current block: it lives on for the messages that refer to it.
    pub(crate) fn retire(&mut self) {
        if let Some(block) = self.block.take() {
            // SAFETY: of the bias that `next_block` set, `handed_out` references went to messages; the
            // rest is ours.
            unsafe { release(block.cast(), ARENA_BIAS - self.handed_out) };
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.retire();
    }
}

/// A body of `len` unwritten bytes. `None`: there is no memory for it.
#[inline(never)]
pub(super) fn make_body(len: usize) -> Option<Body> {
    if len <= ARENA_BODY_MAX {
        // A thread that is ending has no arena any more; the body then gets a block of its own.
        let carved = THREAD_ARENA.try_with(|arena| arena.try_borrow_mut().ok()?.carve(len));
        if let Ok(Some(body)) = carved {
            return Some(body);
        }
    }
    solo(len)
}

/// A body of `len` unwritten bytes in memory of its own.
#[cold]
fn solo(len: usize) -> Option<Body> {
    if len >= shelf::BODY_BYTES_MIN {
        let buffer = Shelved(shelf::buffer(len)?);
        let message = Message::own(buffer, |buffer| (buffer.0.as_mut_ptr(), len)).ok()?;
        let message = ManuallyDrop::new(message);
        return Some((message.head, message.rest[DATA].cast()));
    }
    let block = Block::allocate(len, 1)?;
    // SAFETY: the block was just allocated with `len` bytes behind its head.
    Some((block.cast(), unsafe { Block::data(block) }))
}
