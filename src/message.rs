//! Message: one part of a ØMQ message, 40 bytes, the unit that every queue of the engine moves.
//!
//! A body of up to [`INLINE_MAX`] bytes lives in the message itself. A longer one lives in memory that
//! several messages may share and that is given back when the last of them is dropped: a [`Block`] (one
//! allocation for one large body, or for many middle-sized ones carved from it by an [`Arena`]), or
//! whatever the application handed over ([`Message::from_owner`]), which is then dropped exactly once.

mod arena;
mod body;
mod framed;
mod refs;
mod slots;

use crate::shelf::{self, Shelved};
use arena::make_body;
use body::{Block, Head, Owned, free_owned, release};
use std::alloc::{Layout, alloc};
use std::mem::{ManuallyDrop, size_of};
use std::num::NonZero;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use arena::Arena;
pub(crate) use framed::copy_short;
pub(crate) use refs::Spent;

/// The longest body, in bytes, that a message holds in itself.
pub const INLINE_MAX: usize = 30;

/// There was no memory for a message body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

/// What a message in a pipe is for. Only [`Kind::Data`] is ever seen by an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A part of an application's message.
    Data,
    /// The peer's routing id, in band ahead of the peer's first message.
    Identity,
    /// A subscription: the body is the prefix.
    Subscribe,
    /// The end of a subscription: the body is the prefix.
    Cancel,
}

const FLAG_MORE: u8 = 1;
/// The body may be that of another message too, which is to be known when it is not inline.
const FLAG_SHARED: u8 = 0x40;
/// What several peers get, and nobody outside may write to: see [`Message::share_out`].
const FLAG_FOR_MANY: u8 = 0x08;
const KIND_SHIFT: u8 = 1;
const KIND_MASK: u8 = 0b110;
/// See [`Message::marker`].
const FLAG_MARKER: u8 = 0x20;
const MARKER: u8 = FLAG_MARKER | FLAG_MORE;

const _: () = assert!(
    FLAG_MORE + FLAG_SHARED + FLAG_FOR_MANY + FLAG_MARKER + KIND_MASK
        == FLAG_MORE | FLAG_SHARED | FLAG_FOR_MANY | FLAG_MARKER | KIND_MASK,
    "each flag has bits of its own"
);

/// Words of a message behind its head and meta words.
const REST_WORDS: usize = 32 / size_of::<usize>() - 1;
/// Bytes of a word.
pub(crate) const WORD: usize = size_of::<usize>();
/// Words of an inline body with two bytes for a header.
const FRAME_WORDS: usize = 1 + REST_WORDS;
/// The longest body that the meta word has all of.
pub(crate) const FIRST_BYTES_MAX: usize = WORD - 2;
/// Where in the message an inline body begins: behind the head and the first two bytes of the meta word.
const INLINE_AT: usize = size_of::<usize>() + 2;
/// In `rest`: the address of a shared body's bytes, and their number.
const DATA: usize = 0;
const LEN: usize = 1;

/// The head of a message whose body is inline: an address at which nothing is.
const INLINE: NonNull<Head> = NonNull::without_provenance(NonZero::new(32).expect("it is not zero"));

/// One part of a message: its bytes and whether more parts follow.
///
/// Cloning is cheap: a long body is shared, not copied.
///
/// It takes as much room as the words of a [`RawMessage`], and can be moved as they can.
#[repr(C)]
pub struct Message {
    /// The shared body's head, or [`INLINE`].
    head: NonNull<Head>,
    /// In memory order: the flags, the length of an inline body, and its first bytes.
    meta: usize,
    /// The rest of an inline body; or see [`DATA`] and [`LEN`].
    rest: [*mut (); REST_WORDS],
}

const _: () = assert!(size_of::<usize>() != 8 || size_of::<Message>() == 40, "a queue slot is 40 bytes");
const _: () = assert!(size_of::<RawMessage>() == size_of::<Message>(), "an ABI gives a message as much room");
const _: () = assert!(INLINE_AT + INLINE_MAX == size_of::<Message>(), "an inline body ends with the message");

/// In a queue's slot, in the meta word: the message is more than this word, see [`slots`]. Not among the flags: it is in
/// the byte that has the length of an inline body, and no such length.
const FLAG_IN_SECOND: usize = meta(0, 0x80);

const _: () = assert!(INLINE_MAX < 0x80, "a length leaves the bit alone");

/// A meta word with these first bytes and no others.
const fn meta(flags: u8, inline_len: u8) -> usize {
    let mut bytes = [0; size_of::<usize>()];
    bytes[0] = flags;
    bytes[1] = inline_len;
    usize::from_ne_bytes(bytes)
}

// SAFETY: a shared body is only read through its messages, its count is atomic, and `from_owner`
// demands a `Send` owner, so the last message may be dropped on any thread.
unsafe impl Send for Message {}
// SAFETY: `&Message` gives shared access to bytes that nobody changes while the reference lives.
unsafe impl Sync for Message {}

/// A message taken apart, for an ABI that keeps messages in a structure of its own: as many words, of
/// which the first is [`RawMessage::INLINE`] for a body that is in the structure.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawMessage {
    /// Whose reference the structure holds.
    pub head: *mut (),
    /// In memory order: a byte that the ABI may use while it has the message (the engine has its flags
    /// there: bit 0 says that more parts follow), the length of an inline body, and its first bytes.
    pub meta: usize,
    /// The rest of an inline body; or the address of the bytes, their number, and words that the ABI may
    /// use while it has the message.
    pub rest: [*mut (); REST_WORDS],
}

impl RawMessage {
    /// The `head` of a message whose body is inline.
    pub const INLINE: usize = 32;

    /// Where the bytes are, of a body that is not inline, and how many.
    ///
    /// Meaningless for a body that is inline.
    #[inline]
    pub fn shared(&self) -> (*mut u8, usize) {
        (self.rest[DATA].cast(), self.rest[LEN].addr())
    }
}

impl Message {
    /// An empty message.
    #[inline]
    pub const fn new() -> Message {
        Message { head: INLINE, meta: 0, rest: [ptr::null_mut(); REST_WORDS] }
    }

    /// A message whose body is a copy of `bytes`.
    ///
    /// # Errors
    /// [`OutOfMemory`] when there is none for the body.
    #[inline]
    pub fn copy_from(bytes: &[u8]) -> Result<Message, OutOfMemory> {
        if bytes.len() <= INLINE_MAX {
            return Ok(Message::inline(bytes));
        }
        // SAFETY: all `bytes.len()` bytes are written before the message is read.
        unsafe {
            let mut message = Message::uninit(bytes.len())?;
            ptr::copy_nonoverlapping(bytes.as_ptr(), message.data_ptr(), bytes.len());
            Ok(message)
        }
    }

    /// A message with a body of `len` bytes that are still to be written through [`Message::data_ptr`].
    ///
    /// # Errors
    /// [`OutOfMemory`] when there is none for the body.
    ///
    /// # Safety
    /// The caller writes all `len` bytes before anything reads the message.
    #[inline]
    pub unsafe fn uninit(len: usize) -> Result<Message, OutOfMemory> {
        match Message::zeroed_inline(len) {
            Some(message) => Ok(message),
            None => {
                let (head, data) = make_body(len).ok_or(OutOfMemory)?;
                Ok(Message::shared(head, data, len))
            }
        }
    }

    /// A message with a body of `len` zero bytes, if that fits inline.
    #[inline]
    pub fn zeroed_inline(len: usize) -> Option<Message> {
        let mut message = Message::new();
        message.meta = meta(0, len as u8);
        (len <= INLINE_MAX).then_some(message)
    }

    /// A message whose body is the bytes of `owner`, which is dropped once, with the last message that
    /// refers to it, on whatever thread that happens.
    pub fn from_owner<T: AsRef<[u8]> + Send + 'static>(owner: T) -> Message {
        Message::try_from_owner(owner)
            .unwrap_or_else(|_| std::alloc::handle_alloc_error(Layout::new::<Owned<T>>()))
    }

    /// [`Message::from_owner`] for a caller that can do without: gives the owner back when there is no
    /// memory for the reference to it.
    ///
    /// # Errors
    /// The owner, untouched.
    pub fn try_from_owner<T: AsRef<[u8]> + Send + 'static>(owner: T) -> Result<Message, T> {
        Message::own(owner, |owner| {
            let bytes = (*owner).as_ref();
            (bytes.as_ptr().cast_mut(), bytes.len())
        })
    }

    /// A message that has a value, and for its body what `body` gives: where the bytes are, and how many. They stay
    /// there as long as the value is neither used nor dropped.
    fn own<T: Send + 'static>(owner: T, body: impl FnOnce(&mut T) -> (*mut u8, usize)) -> Result<Message, T> {
        // SAFETY: an `Owned` has a head, so its size is not zero.
        let Some(owned) = NonNull::new(unsafe { alloc(Layout::new::<Owned<T>>()) }) else {
            return Err(owner);
        };
        let owned = owned.cast::<Owned<T>>();
        let head = Head { refs: AtomicUsize::new(1), free: free_owned::<T> };
        // SAFETY: the memory was just allocated for this; `free_owned` gives it back as a Box, which
        // allocates alike. The value does not move again.
        let (data, len) = unsafe {
            owned.write(Owned { head, value: ManuallyDrop::new(owner) });
            body(&mut (*owned.as_ptr()).value)
        };
        Ok(Message::shared(owned.cast(), data, len))
    }

    /// A message that takes over `bytes` without copying them, unless they fit inline.
    pub fn from_vec(bytes: Vec<u8>) -> Message {
        match bytes.capacity() {
            _ if bytes.len() <= INLINE_MAX => Message::inline(&bytes),
            ..shelf::BODY_BYTES_MIN => Message::from_owner(bytes),
            _ => Message::from_owner(Shelved(bytes)),
        }
    }

    /// The message, in whose place an empty one is left.
    #[inline]
    pub fn take(&mut self) -> Message {
        // SAFETY: what is left has no body that is anywhere else, whatever its last words are.
        unsafe {
            let taken = Message::copy_of(self);
            (self.head, self.meta) = (INLINE, 0);
            taken
        }
    }

    /// A message of the same words.
    ///
    /// One by one: a load of two words waits until the stores of each have reached the cache, behind those of a body that
    /// was just written; a load of one word does not.
    ///
    /// # Safety
    /// Of the two, one is forgotten, or a reference to the body is counted for it.
    #[inline]
    unsafe fn copy_of(message: &Message) -> Message {
        // SAFETY: the words are there to be read.
        unsafe {
            Message {
                head: (&raw const message.head).read_volatile(),
                meta: (&raw const message.meta).read_volatile(),
                rest: std::array::from_fn(|at| (&raw const message.rest[at]).read_volatile()),
            }
        }
    }

    /// The message, in a place of its own: for a call on a path that is rarely taken, so that elsewhere it can stay in
    /// registers.
    #[inline(always)]
    pub(crate) fn elsewhere(self) -> Message {
        let this = ManuallyDrop::new(self);
        Message { head: this.head, meta: this.meta, rest: this.rest }
    }

    /// Whether the body is in the message itself, so that to drop it frees nothing.
    #[inline]
    pub(crate) fn is_inline(&self) -> bool {
        self.head == INLINE
    }

    /// The length of a body that is inline.
    #[inline]
    fn inline_len(&self) -> usize {
        usize::from(self.meta_byte::<1>())
    }

    /// A byte of the meta word, read alone: a load of the whole word waits until a body that was just written behind these
    /// bytes has reached the cache.
    #[inline]
    fn meta_byte<const AT: usize>(&self) -> u8 {
        const { assert!(AT < size_of::<usize>(), "a byte of the word") };
        // SAFETY: the word is initialised, and has such a byte.
        unsafe { (&raw const self.meta).cast::<u8>().add(AT).read() }
    }

    /// The number of bytes in the body.
    #[inline]
    pub fn len(&self) -> usize {
        if self.is_inline() { self.inline_len() } else { self.rest[LEN].addr() }
    }

    /// Whether the body is a large one: as long as those that have buffers of the shelf's, or longer.
    #[inline]
    pub(crate) fn is_large(&self) -> bool {
        !self.is_inline() && self.rest[LEN].addr() >= shelf::BODY_BYTES_MIN
    }

    /// Whether the body has no bytes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The body.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: an inline body is initialised (`new` zeroes it). Of another, the reference that we hold
        // keeps `len` bytes alive; `uninit` made its caller promise that they are written.
        unsafe { std::slice::from_raw_parts(self.data(), self.len()) }
    }

    #[inline]
    fn data(&self) -> *const u8 {
        if self.is_inline() {
            // SAFETY: the offset is within the message.
            unsafe { (&raw const *self).cast::<u8>().add(INLINE_AT) }
        } else {
            self.rest[DATA].cast::<u8>().cast_const()
        }
    }

    /// Where the body is, for who fills a message from [`Message::uninit`]. Valid while the message stays
    /// where it is and is neither sent nor dropped.
    #[inline]
    pub fn data_ptr(&mut self) -> *mut u8 {
        if self.is_inline() {
            // SAFETY: the offset is within the message.
            unsafe { (&raw mut *self).cast::<u8>().add(INLINE_AT) }
        } else {
            self.data().cast_mut()
        }
    }

    #[inline]
    fn flags(&self) -> u8 {
        self.meta_byte::<0>()
    }

    #[inline]
    fn set_flags(&mut self, flags: u8) {
        // As a whole word: a byte written here would hold up the copy of the message that comes next.
        self.meta = self.meta & !meta(u8::MAX, 0) | meta(flags, 0);
    }

    /// Whether more parts of the same message follow.
    #[inline]
    pub fn more(&self) -> bool {
        self.flags() & FLAG_MORE != 0
    }

    /// Says whether more parts of the same message follow.
    #[inline]
    pub fn set_more(&mut self, more: bool) {
        let flags = self.flags();
        let wanted = flags & !(FLAG_MORE | FLAG_FOR_MANY) | if more { FLAG_MORE } else { 0 };
        if flags != wanted {
            self.set_flags(wanted);
        }
    }

    /// Whether the body may be that of another message too: who changes it may change both. A message that
    /// was received over a connection, or that nobody has shared, has a body of its own.
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.flags() & FLAG_SHARED != 0 && !self.is_inline()
    }

    /// Says that the body is to be left as it is: it is shared, or constant.
    #[inline]
    pub fn set_shared(&mut self) {
        self.set_flags(self.flags() | FLAG_SHARED);
    }

    /// Whether several peers get it, and the application has kept no message with its body, which it might change all the
    /// same.
    #[inline]
    pub(crate) fn is_for_many(&self) -> bool {
        self.flags() & FLAG_FOR_MANY != 0
    }

    /// Whether the body is in the message, or in memory of the library's own: nobody waits for its end.
    #[inline]
    pub(crate) fn is_ours(&self) -> bool {
        // SAFETY: a body that is not inline has a head, which our reference keeps alive.
        self.is_inline() || Block::is_block(unsafe { self.head.as_ref() })
    }

    /// Whether the two are one message: they have the same flags, and a body that is one, or has the same few bytes.
    #[inline]
    pub(crate) fn is_same(&self, other: &Message) -> bool {
        self.head == other.head && self.meta == other.meta && self.rest == other.rest
    }

    /// Another message with the same body; both say so.
    #[inline]
    pub fn share(&mut self) -> Message {
        self.set_shared();
        self.clone()
    }

    /// What the message is for.
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        match (self.flags() & KIND_MASK) >> KIND_SHIFT {
            0 => Kind::Data,
            1 => Kind::Identity,
            2 => Kind::Subscribe,
            _ => Kind::Cancel,
        }
    }

    /// Whether it is of [`Kind::Data`], and no marker.
    #[inline]
    pub(crate) fn is_data(&self) -> bool {
        self.flags() & (KIND_MASK | FLAG_MARKER) == 0
    }

    /// The same message, for another purpose.
    #[inline]
    pub(crate) fn with_kind(mut self, kind: Kind) -> Message {
        let bits = match kind {
            Kind::Data => 0,
            Kind::Identity => 1,
            Kind::Subscribe => 2,
            Kind::Cancel => 3,
        };
        self.set_flags(self.flags() & !KIND_MASK | bits << KIND_SHIFT);
        self
    }

    /// A mark between the messages of a pipe, with a number. It says that more parts follow, so that whoever takes parts
    /// has to look for it only where one is not the last of its message.
    pub(crate) fn marker(number: u64) -> Message {
        let mut message = Message::inline(&number.to_ne_bytes());
        message.set_flags(MARKER);
        message
    }

    /// The number, if this is a marker.
    #[inline]
    pub(crate) fn marker_number(&self) -> Option<u64> {
        if self.flags() != MARKER {
            return None;
        }
        self.as_bytes().first_chunk().map(|bytes| u64::from_ne_bytes(*bytes))
    }

    /// What the message is for and whether more parts follow, as a byte below 128, for keeping it
    /// elsewhere; see [`Message::with_tag`].
    pub(crate) fn tag(&self) -> u8 {
        self.flags()
    }

    /// The same message, with the tag of another.
    pub(crate) fn with_tag(mut self, tag: u8) -> Message {
        self.set_flags(tag & (FLAG_MORE | KIND_MASK));
        self
    }

    /// Takes the message apart; [`Message::from_raw`] puts it together again.
    #[inline]
    pub fn into_raw(self) -> RawMessage {
        let this = ManuallyDrop::new(self);
        RawMessage { head: this.head.as_ptr().cast(), meta: this.meta, rest: this.rest }
    }

    /// Puts together what [`Message::into_raw`] took apart. The ABI has left its own marks in the first
    /// byte of `meta`; of these only "more", bit 0, counts.
    ///
    /// # Safety
    /// `raw` came from `into_raw`, save for what the ABI may use, and is put together once only; the
    /// length of an inline body is at most [`INLINE_MAX`].
    #[inline]
    pub unsafe fn from_raw(raw: RawMessage) -> Message {
        // SAFETY: the caller's promise: a head is never null.
        let head = unsafe { NonNull::new_unchecked(raw.head.cast()) };
        Message { head, meta: raw.meta & !meta(!FLAG_MORE, 0), rest: raw.rest }
    }

    /// Another message with the body of one that is taken apart, without touching the latter.
    ///
    /// # Safety
    /// As [`Message::from_raw`], but the original stays as it is.
    pub unsafe fn share_raw(raw: &RawMessage) -> Message {
        // SAFETY: the caller's promise; the clone takes a reference of its own, the original is forgotten.
        unsafe { (*ManuallyDrop::new(Message::from_raw(*raw))).clone() }
    }

    /// A message whose body is the first `len` of `bytes`; behind these is whatever.
    #[inline]
    pub(crate) fn from_inline(bytes: &[u8; INLINE_MAX], len: usize) -> Message {
        assert!(len <= INLINE_MAX, "too long to be inline: {len}");
        // Word by word, so that the message is never in memory in other pieces than it is copied in.
        const FIRST: usize = size_of::<usize>() - 2;
        let mut first = [0; size_of::<usize>()];
        first[1] = len as u8;
        first[2..].copy_from_slice(&bytes[..FIRST]);
        let mut rest = [ptr::null_mut(); REST_WORDS];
        for (word, bytes) in rest.iter_mut().zip(bytes[FIRST..].as_chunks().0) {
            *word = ptr::without_provenance_mut(usize::from_ne_bytes(*bytes));
        }
        Message { head: INLINE, meta: usize::from_ne_bytes(first), rest }
    }

    #[inline]
    fn inline(bytes: &[u8]) -> Message {
        debug_assert!(bytes.len() <= INLINE_MAX, "too long to be inline: {}", bytes.len());
        let mut message = Message::new();
        message.meta = meta(0, bytes.len() as u8);
        // SAFETY: the caller keeps `bytes.len()` within INLINE_MAX; the regions are different objects.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), message.data_ptr(), bytes.len()) };
        message
    }

    #[inline]
    fn shared(head: NonNull<Head>, data: *mut u8, len: usize) -> Message {
        let mut rest = [ptr::null_mut(); REST_WORDS];
        rest[DATA] = data.cast();
        rest[LEN] = ptr::without_provenance_mut(len);
        Message { head, meta: 0, rest }
    }
}

impl Default for Message {
    fn default() -> Message {
        Message::new()
    }
}

impl Clone for Message {
    #[inline]
    fn clone(&self) -> Message {
        if !self.is_inline() {
            // SAFETY: we hold a reference, so the head is alive. Relaxed is enough to add one to it.
            unsafe { self.head.as_ref().refs.fetch_add(1, Ordering::Relaxed) };
        }
        // SAFETY: the reference that the new message stands for was just counted.
        unsafe { Message::copy_of(self) }
    }
}

impl Drop for Message {
    #[inline]
    fn drop(&mut self) {
        if !self.is_inline() {
            // SAFETY: this message's reference was counted and is given back once, here.
            unsafe { release(self.head, 1) };
        }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} bytes{})", self.len(), if self.more() { ", more" } else { "" })
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

#[cfg(test)]
mod tests;
