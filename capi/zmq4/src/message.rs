//! zmq_msg_t: the engine's messages in the application's structures; and the zmq_msg_ functions that make, move and
//! end them. Properties are in property.rs, sending and receiving in transfer.rs.
//!
//! The structure has the engine's message as it is, and before it what the message has beside its bytes. A mark
//! there says that all this is there: memory that nobody initialised as a message, or that was closed, is noticed
//! before anything in it is followed. A message can be anywhere in memory, and be moved by copying the structure.

use crate::abi::{FreeFn, zmq_msg_t};
use crate::errno::{BAD_ADDRESS, set_errno, status};
use crate::property::{Extra, ExtraCell};
use oxmq::{Error, Message, Result, Tags};
use oxmq_capi::lent;
use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, replace, size_of};
use std::ptr;

/// What is in a zmq_msg_t.
#[repr(C)]
pub(crate) struct Slot {
    /// The connection that the message came over; 0: none.
    pub(crate) origin: u64,
    /// What few messages have.
    pub(crate) extra: ExtraCell,
    /// The peer of a SERVER or PEER; 0: none.
    pub(crate) routing_id: u32,
    /// [`VALID`], or whatever.
    mark: u32,
    /// Last: what writes a short body may write to the end of the next vector, under a mask (AVX-512), and all that is
    /// there has to wait for that.
    pub(crate) message: Message,
}

/// The mark of a structure that has a message.
const VALID: u32 = 0x6f78_6d71;
/// The mark of one that was closed.
const CLOSED: u32 = 0;

const _: () = assert!(size_of::<Slot>() <= size_of::<zmq_msg_t>(), "a message fits into zmq_msg_t");
const _: () = assert!(align_of::<Slot>() <= align_of::<zmq_msg_t>(), "and is aligned in it");

impl Slot {
    #[inline]
    pub(crate) fn new(message: Message) -> Slot {
        Slot { message, origin: 0, extra: ExtraCell::none(), routing_id: 0, mark: VALID }
    }

    /// Gives a message that was received its tags, in place of what the one before had.
    #[inline]
    pub(crate) fn set_tags(&mut self, tags: Tags) {
        (self.origin, self.routing_id) = (tags.origin, tags.routing_id);
        if tags.group.is_some() || !self.extra.is_none() {
            self.set_group(tags.group);
        }
    }

    #[cold]
    fn set_group(&mut self, group: Option<Box<[u8]>>) {
        self.extra = match group {
            None => ExtraCell::none(),
            Some(group) => ExtraCell::new(Extra::of_group(&group)),
        };
    }
}

/// Runs an entry point for a message that is not aligned, on a copy that is. Headers of libzmq 4.1 let compilers
/// put messages anywhere.
///
/// # Safety
/// `msg` points to a zmq_msg_t's room that nobody else uses.
#[cold]
#[inline(never)]
pub(crate) unsafe fn aligned<R>(msg: *mut zmq_msg_t, run: impl FnOnce(*mut zmq_msg_t) -> R) -> R {
    let room = msg.cast::<MaybeUninit<zmq_msg_t>>();
    // SAFETY: the caller's promise; any bytes, even none, are a `MaybeUninit`.
    let mut copy = unsafe { room.read_unaligned() };
    let result = run(copy.as_mut_ptr());
    // SAFETY: as above.
    unsafe { room.write_unaligned(copy) };
    result
}

/// Whether there is a message at `msg`.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room, aligned, which nobody else changes.
#[inline]
unsafe fn is_message(msg: *const zmq_msg_t) -> bool {
    // SAFETY: the caller's promise. In memory that C gave us, any bytes are a number.
    !msg.is_null() && unsafe { (&raw const (*msg.cast::<Slot>()).mark).read() } == VALID
}

/// The message at `msg`; EFAULT when there is none.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room, aligned, which nobody else uses for `'a`.
#[inline]
pub(crate) unsafe fn slot<'a>(msg: *mut zmq_msg_t) -> Result<&'a mut Slot> {
    // SAFETY: the caller's promise, and where there is a message, there is a slot.
    unsafe { if is_message(msg) { Ok(&mut *msg.cast()) } else { Err(BAD_ADDRESS) } }
}

/// The message at `msg`, to look at; EFAULT when there is none.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room, aligned, which nobody else changes for `'a`.
#[inline]
pub(crate) unsafe fn slot_ref<'a>(msg: *const zmq_msg_t) -> Result<&'a Slot> {
    // SAFETY: the caller's promise, and where there is a message, there is a slot.
    unsafe { if is_message(msg) { Ok(&*msg.cast()) } else { Err(BAD_ADDRESS) } }
}

/// Makes a message in the structure's place, whatever was there.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room that may be written.
#[inline]
unsafe fn init(msg: *mut zmq_msg_t, message: impl FnOnce() -> Result<Message>) -> c_int {
    status(|| {
        if msg.is_null() {
            return Err(BAD_ADDRESS);
        }
        let slot = Slot::new(message()?);
        // SAFETY: the caller's promise; it is not NULL.
        unsafe { msg.cast::<Slot>().write_unaligned(slot) };
        Ok(())
    })
}

/// Makes an empty message, to receive into. What the structure held is not looked at: a message that was there is
/// not closed.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: msg is NULL.
///
/// # Safety
/// msg is NULL or points to room for a zmq_msg_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init(msg: *mut zmq_msg_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { init(msg, || Ok(Message::new())) }
}

/// Makes a message of size bytes, for the caller to fill through zmq_msg_data.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// ENOMEM: there is no memory for it.
/// EFAULT: msg is NULL.
///
/// # Safety
/// msg is NULL or points to room for a zmq_msg_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_size(msg: *mut zmq_msg_t, size: usize) -> c_int {
    // A short one is written where it belongs, with no stop on the way.
    if let Some(message) = Message::zeroed_inline(size)
        && !msg.is_null()
    {
        // SAFETY: the caller's promise; it is not NULL.
        unsafe { msg.cast::<Slot>().write_unaligned(Slot::new(message)) };
        return 0;
    }
    // SAFETY: the caller's promise; filling the bytes is the caller's as well, as the documentation says.
    unsafe { init(msg, || Ok(Message::uninit(size)?)) }
}

/// Makes a message of a copy of the size bytes at buf.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// ENOMEM: there is no memory for it.
/// EFAULT: msg is NULL, or buf is with a size that is not 0.
///
/// # Safety
/// msg is NULL or points to room for a zmq_msg_t; buf is NULL or points to size bytes.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_buffer(msg: *mut zmq_msg_t, buf: *const c_void, size: usize) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { init(msg, || Ok(Message::copy_from(bytes(buf, size)?)?)) }
}

/// Makes a message of the size bytes at data, which are not copied: they must stay as they are until the library
/// calls ffn with data and hint. It does so once, after the last use of the message and of every copy of it, on
/// whatever thread that is. With a NULL ffn the bytes are taken for constant, and are never freed.
///
/// Returns 0; or -1 and errno, and then ffn is not called.
///
/// # Errors
/// ENOMEM: there is no memory for it.
/// EFAULT: msg is NULL, or data is with a size that is not 0.
///
/// # Safety
/// msg is NULL or points to room for a zmq_msg_t; data to size bytes. ffn, unless NULL, may be called on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_data(
    msg: *mut zmq_msg_t,
    data: *mut c_void,
    size: usize,
    ffn: FreeFn,
    hint: *mut c_void,
) -> c_int {
    let message = || {
        // SAFETY: the caller's promise.
        let mut message = unsafe { lent::message(data, size, ffn, hint) }?;
        if ffn.is_none() {
            message.set_shared();
        }
        Ok(message)
    };
    // SAFETY: the caller's promise.
    unsafe { init(msg, message) }
}

/// Ends a message: lets go of its body. A message that was sent or moved from is empty, and is ended likewise.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a message, or one that was closed.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_close(msg: *mut zmq_msg_t) -> c_int {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_close(msg)) };
    }
    status(|| {
        // SAFETY: the caller's promise.
        let slot = unsafe { slot(msg) }?;
        // First invalid, then let go: the free function may free the structure itself.
        slot.mark = CLOSED;
        // SAFETY: the message was that of the structure, which has it no more.
        drop(unsafe { ptr::read(slot) });
        Ok(())
    })
}

/// Moves src to dest, in place of what dest held, and leaves src empty.
///
/// Returns 0; or -1 and errno, and then changes nothing.
///
/// # Errors
/// EFAULT: dest or src is not a message.
///
/// # Safety
/// Both are NULL or point to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_move(dest: *mut zmq_msg_t, src: *mut zmq_msg_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { put(dest, src, |src| replace(src, Slot::new(Message::new()))) }
}

/// Makes dest a copy of src, in place of what dest held. A long body is shared, not copied: neither may be written
/// to any more.
///
/// Returns 0; or -1 and errno, and then changes nothing.
///
/// # Errors
/// EFAULT: dest or src is not a message.
///
/// # Safety
/// Both are NULL or point to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_copy(dest: *mut zmq_msg_t, src: *mut zmq_msg_t) -> c_int {
    let copy = |src: &mut Slot| Slot {
        message: src.message.share(),
        origin: src.origin,
        extra: src.extra.clone(),
        routing_id: src.routing_id,
        mark: VALID,
    };
    // SAFETY: the caller's promise.
    unsafe { put(dest, src, copy) }
}

/// Puts what `from` makes of `src` in the place of `dest`, whose message is let go. Nothing happens when they are one.
///
/// # Safety
/// Both are NULL or point to a zmq_msg_t that nobody else uses.
#[inline]
unsafe fn put(dest: *mut zmq_msg_t, src: *mut zmq_msg_t, from: fn(&mut Slot) -> Slot) -> c_int {
    if !dest.is_aligned() && dest != src {
        // SAFETY: the caller's promise.
        return unsafe { aligned(dest, |dest| put(dest, src, from)) };
    }
    if !src.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe {
            aligned(src, |aligned| put(if dest == src { aligned } else { dest }, aligned, from))
        };
    }
    status(|| {
        if dest == src {
            // SAFETY: the caller's promise.
            return unsafe { slot(src) }.map(drop);
        }
        // SAFETY: the caller's promise; they are not the same, so the references are to different structures.
        let (dest, src) = unsafe { (slot(dest)?, slot(src)?) };
        drop(replace(dest, from(src)));
        Ok(())
    })
}

/// Gives the message's bytes: zmq_msg_size of them, until the message is closed, sent or moved from.
///
/// Returns NULL and errno when msg is not a message.
///
/// # Errors
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_data(msg: *mut zmq_msg_t) -> *mut c_void {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { unaligned_data(msg) };
    }
    // SAFETY: the caller's promise.
    match unsafe { slot(msg) } {
        Ok(slot) => slot.message.data_ptr().cast(),
        Err(_) => {
            set_errno(libc::EFAULT);
            ptr::null_mut()
        }
    }
}

/// [`zmq_msg_data`] of a message that is not aligned: bytes in the copy are meant to be those in the original.
///
/// # Safety
/// As [`zmq_msg_data`].
#[cold]
unsafe fn unaligned_data(msg: *mut zmq_msg_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    let (data, copy) = unsafe { aligned(msg, |copy| (zmq_msg_data(copy), copy.addr())) };
    match data.addr().checked_sub(copy) {
        // SAFETY: the offset is within the structure.
        Some(offset) if offset < size_of::<zmq_msg_t>() => unsafe { msg.byte_add(offset).cast() },
        _ => data,
    }
}

/// Gives the number of the message's bytes.
///
/// Returns 0 and errno when msg is not a message.
///
/// # Errors
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_size(msg: *const zmq_msg_t) -> usize {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg.cast_mut(), |msg| zmq_msg_size(msg)) };
    }
    // SAFETY: the caller's promise.
    match unsafe { slot_ref(msg) } {
        Ok(slot) => slot.message.len(),
        Err(_) => {
            set_errno(libc::EFAULT);
            0
        }
    }
}

/// The `size` bytes at `start`; EFAULT when they cannot be.
///
/// # Safety
/// `start` is NULL or points to `size` bytes that stay as they are for `'a`.
#[inline]
pub(crate) unsafe fn bytes<'a>(start: *const c_void, size: usize) -> Result<&'a [u8]> {
    if start.is_null() {
        return if size == 0 { Ok(&[]) } else { Err(BAD_ADDRESS) };
    }
    if isize::try_from(size).is_err() {
        return Err(Error::OutOfMemory);
    }
    // SAFETY: the caller's promise; it is not NULL, and there can be as many.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), size) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::zmq_errno;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn message(body: &[u8]) -> zmq_msg_t {
        let mut msg = zmq_msg_t { bytes: [0xa5; 64] };
        // SAFETY: `msg` is room for a message, and the body is.
        unsafe { assert_eq!(zmq_msg_init_buffer(&mut msg, body.as_ptr().cast(), body.len()), 0) };
        msg
    }

    fn body(msg: *mut zmq_msg_t) -> Vec<u8> {
        // SAFETY: the tests give messages.
        unsafe { std::slice::from_raw_parts(zmq_msg_data(msg).cast::<u8>(), zmq_msg_size(msg)).to_vec() }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let fails = |result: c_int| {
            assert_eq!((result, zmq_errno()), (-1, libc::EFAULT));
            set_errno(0);
        };
        let mut closed = message(b"x");
        let mut good = message(b"y");
        // SAFETY: the structures are messages or room for some.
        unsafe {
            assert_eq!(zmq_msg_close(&mut closed), 0);
            let mut zero = zmq_msg_t { bytes: [0; 64] };
            let mut garbage = zmq_msg_t { bytes: [0x5a; 64] };
            for bad in [ptr::null_mut(), &raw mut closed, &raw mut zero, &raw mut garbage] {
                fails(zmq_msg_close(bad));
                fails(zmq_msg_copy(bad, &mut good));
                fails(zmq_msg_copy(&mut good, bad));
                fails(zmq_msg_move(bad, &mut good));
                fails(zmq_msg_move(&mut good, bad));
                fails(zmq_msg_move(bad, bad));
                assert_eq!((zmq_msg_data(bad), zmq_msg_size(bad)), (ptr::null_mut(), 0));
            }
            fails(zmq_msg_init(ptr::null_mut()));
            fails(zmq_msg_init_data(&mut zero, ptr::null_mut(), 1, None, ptr::null_mut()));
            fails(zmq_msg_init_buffer(&mut zero, ptr::null(), 1));
            assert_eq!(body(&mut good), b"y");
            assert_eq!(zmq_msg_init_size(&mut zero, usize::MAX), -1);
            assert_eq!(zmq_errno(), libc::ENOMEM);
            assert_eq!(zmq_msg_close(&mut good), 0);
        }
    }

    #[test]
    fn messages_are_copied_and_moved_wherever_they_are() {
        // Room for three messages, none of them aligned.
        let mut room = vec![0u8; 4 * 64];
        let start = room.as_mut_ptr();
        let offset = 3 + start.align_offset(8);
        // SAFETY: all three are within the room.
        let [a, b, c]: [*mut zmq_msg_t; 3] =
            std::array::from_fn(|i| unsafe { start.add(offset + 64 * i).cast() });
        assert!(!a.is_aligned());
        for len in [0, 1, 30, 31, 1000, 5000] {
            let text: Vec<u8> = (0..len).map(|i| i as u8).collect();
            // SAFETY: there is room for three messages, and the text is.
            unsafe {
                assert_eq!(zmq_msg_init_size(a, len), 0);
                ptr::copy_nonoverlapping(text.as_ptr(), zmq_msg_data(a).cast(), len);
                assert_eq!((zmq_msg_init(b), zmq_msg_init(c)), (0, 0));
                assert_eq!((zmq_msg_copy(b, a), zmq_msg_copy(b, b), zmq_msg_move(b, b)), (0, 0, 0));
                assert_eq!((body(a), body(b)), (text.clone(), text.clone()));
                assert_eq!(zmq_msg_move(c, a), 0);
                assert_eq!((body(a), body(c)), (vec![], text.clone()));
                let mut moved: zmq_msg_t = c.read_unaligned();
                assert_eq!(body(&mut moved), text);
                assert_eq!((zmq_msg_close(&mut moved), zmq_msg_close(&mut moved)), (0, -1));
                assert_eq!(body(b), text);
                assert_eq!((zmq_msg_close(a), zmq_msg_close(b), zmq_msg_close(b)), (0, 0, -1));
            }
        }
    }

    #[test]
    fn lent_memory_is_given_back_once() {
        unsafe extern "C" fn count(data: *mut c_void, hint: *mut c_void) {
            // SAFETY: the test gives a counter as the hint.
            let counter = unsafe { &*hint.cast::<AtomicUsize>() };
            assert!(!data.is_null());
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let counter = AtomicUsize::new(0);
        let hint = (&raw const counter).cast_mut().cast();
        let text = b"some text of the application's, longer than what is inline";
        let data = text.as_ptr().cast_mut().cast();
        let mut msg = message(b"");
        let mut copy = message(b"before");
        // SAFETY: the text stays; the counter outlives the messages.
        unsafe {
            assert_eq!(zmq_msg_init_data(&mut msg, data, text.len(), Some(count), hint), 0);
            assert_eq!(zmq_msg_data(&mut msg), data);
            assert_eq!(zmq_msg_copy(&mut copy, &mut msg), 0);
            assert_eq!(zmq_msg_data(&mut copy), data);
            assert_eq!(zmq_msg_close(&mut msg), 0);
            assert_eq!(counter.load(Ordering::Relaxed), 0);
            assert_eq!(zmq_msg_close(&mut copy), 0);
        }
        assert_eq!(counter.load(Ordering::Relaxed), 1);
    }
}
