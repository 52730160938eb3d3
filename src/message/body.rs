//! Bodies that messages refer to: what counts the references, and frees the body with the last.

use std::alloc::{Layout, alloc, dealloc};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What stands at the start of every shared body.
#[repr(C)]
pub(super) struct Head {
    /// Messages that refer to the body, plus the bias of an arena that still carves it.
    pub(super) refs: AtomicUsize,
    /// Frees the body. Called once, by whoever takes `refs` to zero.
    pub(super) free: unsafe fn(NonNull<Head>),
}

/// A body allocated here: the head, then `capacity` bytes, aligned as malloc would align them:
/// applications put structures there.
#[repr(C, align(16))]
pub(super) struct Block {
    head: Head,
    capacity: usize,
}

/// A body that belongs to somebody else's value, which is dropped with the last message.
#[repr(C)]
pub(super) struct Owned<T> {
    pub(super) head: Head,
    pub(super) value: ManuallyDrop<T>,
}

/// A body with one reference, which whoever has this owns: its head, and where its bytes are. As two words, which stay in
/// registers, where a message would be written and read again on its way.
pub(super) type Body = (NonNull<Head>, *mut u8);

/// Gives back `count` references, and the body with the last.
///
/// # Safety
/// The caller owns `count` references to a live head.
#[inline]
pub(super) unsafe fn release(head: NonNull<Head>, count: usize) {
    // SAFETY: the references we own keep the head alive until the subtraction.
    unsafe {
        if head.as_ref().refs.fetch_sub(count, Ordering::Release) == count {
            // Sees every use of the body that the other holders finished before their release. (A fence would
            // do as well, but thread sanitizers do not know fences.)
            let left = head.as_ref().refs.load(Ordering::Acquire);
            debug_assert!(left == 0, "the last reference is given back once");
            (head.as_ref().free)(head);
        }
    }
}

/// # Safety
/// `head` is that of an `Owned<T>` made by `try_from_owner`, and nobody refers to it any more.
pub(super) unsafe fn free_owned<T>(head: NonNull<Head>) {
    // SAFETY: the caller's promise: this gives back, once, what `try_from_owner` allocated.
    let mut owned = unsafe { Box::from_raw(head.cast::<Owned<T>>().as_ptr()) };
    // SAFETY: the value is dropped here only, and not used after.
    unsafe { ManuallyDrop::drop(&mut owned.value) };
}

impl Block {
    fn layout(capacity: usize) -> Option<Layout> {
        let bytes = size_of::<Block>().checked_add(capacity)?;
        Layout::from_size_align(bytes, align_of::<Block>()).ok()
    }

    pub(super) fn allocate(capacity: usize, refs: usize) -> Option<NonNull<Block>> {
        let layout = Block::layout(capacity)?;
        // SAFETY: the layout is not of size zero: it holds at least the head.
        let block = NonNull::new(unsafe { alloc(layout) })?.cast::<Block>();
        let head = Head { refs: AtomicUsize::new(refs), free: Block::free };
        // SAFETY: `block` is freshly allocated with room and alignment for a Block.
        unsafe { block.write(Block { head, capacity }) };
        Some(block)
    }

    /// Whether the head is that of a block.
    #[inline]
    pub(super) fn is_block(head: &Head) -> bool {
        head.free as *const () == Block::free as *const ()
    }

    /// Where the bytes are.
    ///
    /// # Safety
    /// `block` is a live block.
    pub(super) unsafe fn data(block: NonNull<Block>) -> *mut u8 {
        // SAFETY: the bytes follow the head within one allocation.
        unsafe { block.as_ptr().add(1).cast() }
    }

    /// # Safety
    /// `head` is that of a block, and nobody refers to it any more.
    unsafe fn free(head: NonNull<Head>) {
        let block = head.cast::<Block>();
        // SAFETY: the block is alive until the dealloc below.
        let capacity = unsafe { block.as_ref().capacity };
        let layout = Block::layout(capacity).expect("the layout was valid when the block was allocated");
        // SAFETY: allocated in `allocate` with this layout; freed once, by the last reference.
        unsafe { dealloc(block.as_ptr().cast(), layout) };
    }
}
