//! zmq_msg_t: the engine's messages in the application's structures, and the zmq_msg_ functions.
//!
//! A short body is in the structure itself. Of a long one the structure has the engine's pointer (`content`),
//! where the bytes are, how many, and a cookie made from the three: memory that nobody initialised as a
//! message, or that was closed, is noticed before anything in it is followed.

use crate::abi::{
    ZMQ_DELIMITER, ZMQ_MAX_VSM_SIZE, ZMQ_MSG_MASK, ZMQ_MSG_MORE, ZMQ_MSG_SHARED, ZMQ_VSM, zmq_msg_t,
};
use crate::errno::{BAD_ADDRESS, set_errno, status};
use oxmq::Result;
use oxmq::message::{INLINE_MAX, Message, RawMessage};
use oxmq_capi::lent::{self, FreeFn};
use std::ffi::{c_int, c_uchar, c_void};
use std::mem::{offset_of, size_of, transmute};
use std::ptr;

const _: () = assert!(ZMQ_MAX_VSM_SIZE as usize == INLINE_MAX, "what the engine keeps inline fits a VSM");

/// The flags of an initialised message, before those that say something.
const INITIALISED: c_uchar = !(ZMQ_MSG_MASK as c_uchar);
const MORE: c_uchar = ZMQ_MSG_MORE as c_uchar;
const SHARED: c_uchar = ZMQ_MSG_SHARED as c_uchar;

const _: () = assert!(ZMQ_VSM as usize == RawMessage::INLINE, "the engine marks inline bodies as 2.x does");
const _: () = assert!(size_of::<RawMessage>() == size_of::<zmq_msg_t>(), "one takes the place of the other");
const _: () =
    assert!(offset_of!(RawMessage, meta) == offset_of!(zmq_msg_t, flags), "flags come first in meta");

/// The word of a message with a shared body that holds the cookie.
const COOKIE: usize = 2;

fn cookie(content: *mut (), data: *mut u8, len: usize) -> usize {
    const KEY: u64 = 0x9e6d_62d0_6f6a_9a9b;
    content.addr().rotate_left(7) ^ data.addr().rotate_left(19) ^ len ^ KEY as usize
}

/// The meta word with another first byte: as one word, see the engine's `Message`.
#[inline]
fn with_flags(meta: usize, flags: c_uchar) -> usize {
    let mut bytes = meta.to_ne_bytes();
    bytes[0] = flags;
    usize::from_ne_bytes(bytes)
}

/// The structure for a message.
#[inline]
pub(crate) fn pack(message: Message) -> zmq_msg_t {
    let flags = if message.more() { INITIALISED | MORE } else { INITIALISED };
    let mut raw = message.into_raw();
    raw.meta = with_flags(raw.meta, flags);
    if raw.head.addr() != RawMessage::INLINE {
        let (data, len) = raw.shared();
        raw.rest[COOKIE] = ptr::without_provenance_mut(cookie(raw.head, data, len));
    }
    // SAFETY: the two have the same size and layout, and any bytes are a zmq_msg_t.
    unsafe { transmute::<RawMessage, zmq_msg_t>(raw) }
}

/// The structure at `msg`, and the message that it is, taken apart; EFAULT when it is not a message.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room, which nobody else uses for `'a`.
#[inline]
pub(crate) unsafe fn unpack<'a>(msg: *mut zmq_msg_t) -> Result<(&'a mut zmq_msg_t, RawMessage)> {
    if msg.is_null() || !msg.is_aligned() {
        return Err(BAD_ADDRESS);
    }
    // SAFETY: the caller's promise, and any bytes are a zmq_msg_t.
    let msg = unsafe { &mut *msg };
    if msg.flags | !INITIALISED != c_uchar::MAX {
        return Err(BAD_ADDRESS);
    }
    // SAFETY: same size, layout and alignment, and any bytes are a RawMessage.
    let raw = unsafe { *(&raw const *msg).cast::<RawMessage>() };
    let valid = if raw.head.addr() == RawMessage::INLINE {
        usize::from(msg.vsm_size) <= INLINE_MAX
    } else {
        // In memory that C gave us, all bytes are something; what they are is looked at next.
        let ((data, len), found) = (raw.shared(), raw.rest[COOKIE].addr());
        !raw.head.is_null() && found == cookie(raw.head, data, len)
    };
    if valid { Ok((msg, raw)) } else { Err(BAD_ADDRESS) }
}

/// Whether the body of a message that is taken apart is in the structure itself.
#[inline]
fn is_inline(raw: &RawMessage) -> bool {
    raw.head.addr() == RawMessage::INLINE
}

/// Makes a message in the structure's place, whatever was there.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room that may be written.
unsafe fn init(msg: *mut zmq_msg_t, message: impl FnOnce() -> Result<Message>) -> c_int {
    status(|| {
        if msg.is_null() || !msg.is_aligned() {
            return Err(BAD_ADDRESS);
        }
        let message = pack(message()?);
        // SAFETY: the caller's promise; it is not NULL, and aligned.
        unsafe { msg.write(message) };
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
        && msg.is_aligned()
    {
        // SAFETY: the caller's promise; it is not NULL, and aligned.
        unsafe { msg.write(pack(message)) };
        return 0;
    }
    // SAFETY: the caller's promise; filling the bytes is the caller's as well, as the documentation says.
    unsafe { init(msg, || Ok(Message::uninit(size)?)) }
}

/// Makes a message of the size bytes at data, which are not copied: they must stay as they are until the library
/// calls ffn with data and hint. It does so once, after the last use of the message and of every copy of it, on
/// whatever thread that is. With a NULL ffn it never frees the bytes.
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
    // SAFETY: the caller's promise.
    unsafe { init(msg, || lent::message(data, size, ffn, hint)) }
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
    status(|| {
        // SAFETY: the caller's promise.
        let (msg, body) = unsafe { unpack(msg) }?;
        // First invalid, then freed: the free function may free the structure itself.
        msg.flags = 0;
        msg.content = ptr::without_provenance_mut(ZMQ_DELIMITER as usize);
        // SAFETY: the body was that of `msg`, which has just let go of it.
        drop(unsafe { Message::from_raw(body) });
        Ok(())
    })
}

/// Moves src's body to dest, in place of what dest held, and leaves src empty.
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
    unsafe {
        replace(dest, src, |src, _| {
            let moved = zmq_msg_t { ..*src };
            *src = pack(Message::new());
            moved
        })
    }
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
    // SAFETY: the caller's promise.
    unsafe {
        replace(dest, src, |src, body| {
            if !is_inline(body) {
                src.flags |= SHARED;
            }
            // The body is that of `src`, which keeps it.
            zmq_msg_t { flags: src.flags, ..pack(Message::share_raw(body)) }
        })
    }
}

/// Puts what `from` makes of `src` in the place of `dest`, whose body is let go. Nothing happens when they are one.
///
/// # Safety
/// Both are NULL or point to a zmq_msg_t that nobody else uses.
unsafe fn replace(
    dest: *mut zmq_msg_t,
    src: *mut zmq_msg_t,
    from: impl FnOnce(&mut zmq_msg_t, &RawMessage) -> zmq_msg_t,
) -> c_int {
    status(|| {
        if dest == src {
            // SAFETY: the caller's promise.
            return unsafe { unpack(src) }.map(drop);
        }
        // SAFETY: the caller's promise; they are not the same, so the references are to different structures.
        let ((dest, old), (src, body)) = unsafe { (unpack(dest)?, unpack(src)?) };
        *dest = from(src, &body);
        // SAFETY: the old body was that of `dest`, which has just been written over.
        drop(unsafe { Message::from_raw(old) });
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
    // SAFETY: the caller's promise.
    match unsafe { unpack(msg) } {
        // SAFETY: `unpack` found a message there, so it may be pointed into.
        Ok((_, raw)) if is_inline(&raw) => unsafe { (&raw mut (*msg).vsm_data).cast() },
        Ok((_, raw)) => raw.shared().0.cast(),
        Err(_) => {
            set_errno(libc::EFAULT);
            ptr::null_mut()
        }
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
pub unsafe extern "C" fn zmq_msg_size(msg: *mut zmq_msg_t) -> usize {
    // SAFETY: the caller's promise.
    match unsafe { unpack(msg) } {
        Ok((msg, raw)) if is_inline(&raw) => usize::from(msg.vsm_size),
        Ok((_, raw)) => raw.shared().1,
        Err(_) => {
            set_errno(libc::EFAULT);
            0
        }
    }
}
