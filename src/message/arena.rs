//! The arena: bodies of middle size, carved from blocks that they share.

use super::body::{Block, release};
use super::{DATA, INLINE_MAX, Message, OutOfMemory};
use std::cell::RefCell;
use std::ptr::{self, NonNull};

/// Bodies up to this many bytes share a block with their neighbours; longer ones have their own.
pub(super) const ARENA_BODY_MAX: usize = 1024;

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
    pub(super) static THREAD_ARENA: RefCell<Arena> = const { RefCell::new(Arena::new()) };
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
        let message = if bytes.len() <= ARENA_BODY_MAX {
            self.carve(bytes.len())?
        } else {
            Message::solo(bytes.len())?
        };
        // SAFETY: the body has `bytes.len()` bytes that nobody else knows of yet.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), message.rest[DATA].cast(), bytes.len()) };
        Ok(message)
    }

    /// A message with `len` unwritten bytes, at most `ARENA_BODY_MAX`, of the current block.
    #[inline]
    pub(super) fn carve(&mut self, len: usize) -> Result<Message, OutOfMemory> {
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
        Ok(Message::shared(block.cast(), data, len))
    }

    #[cold]
    fn next_block(&mut self) -> Result<NonNull<Block>, OutOfMemory> {
        self.retire();
        let block = Block::allocate(ARENA_BLOCK_BYTES, ARENA_BIAS)?;
        self.block = Some(block);
        self.used = 0;
        self.handed_out = 0;
        Ok(block)
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
