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
use std::mem::{self, align_of, offset_of, size_of};
use std::ptr;

const _: () = assert!(ZMQ_MAX_VSM_SIZE as usize == INLINE_MAX, "what the engine keeps inline fits a VSM");

/// The flags of an initialised message, before those that say something.
const INITIALISED: c_uchar = !(ZMQ_MSG_MASK as c_uchar);
const MORE: c_uchar = ZMQ_MSG_MORE as c_uchar;
const SHARED: c_uchar = ZMQ_MSG_SHARED as c_uchar;

const _: () = assert!(ZMQ_VSM as usize == RawMessage::INLINE, "the engine marks inline bodies as 2.x does");
const _: () = assert!(size_of::<RawMessage>() == size_of::<zmq_msg_t>(), "one takes the place of the other");
const _: () =
    assert!(align_of::<Message>() == align_of::<zmq_msg_t>(), "a structure's room is aligned for a message");
const _: () =
    assert!(offset_of!(RawMessage, meta) == offset_of!(zmq_msg_t, flags), "flags come first in meta");

/// What a structure with a short body has for its content.
const INLINE: *mut () = ptr::without_provenance_mut(RawMessage::INLINE);

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

/// The message at `msg`; EFAULT when there is none.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room, which nobody else uses for `'a`.
#[inline]
pub(crate) unsafe fn message<'a>(msg: *mut zmq_msg_t) -> Result<&'a mut RawMessage> {
    if msg.is_null() || !msg.is_aligned() {
        return Err(BAD_ADDRESS);
    }
    // SAFETY: the caller's promise; the two have one size, layout and alignment. In memory that C gave us, all bytes are
    // something; what they are is looked at next.
    let raw = unsafe { &mut *msg.cast::<RawMessage>() };
    let [flags, vsm_size, ..] = raw.meta.to_ne_bytes();
    let valid = if is_inline(raw) {
        usize::from(vsm_size) <= INLINE_MAX
    } else {
        let (data, len) = raw.shared();
        !raw.head.is_null() && raw.rest[COOKIE].addr() == cookie(raw.head, data, len)
    };
    if valid && flags | !INITIALISED == c_uchar::MAX { Ok(raw) } else { Err(BAD_ADDRESS) }
}

/// Makes it a structure of the application's again, after the engine has had it.
///
/// # Safety
/// It is a message of the engine's.
#[inline]
unsafe fn sign(raw: &mut RawMessage) {
    let [flags, ..] = raw.meta.to_ne_bytes();
    raw.meta = with_flags(raw.meta, INITIALISED | flags & MORE);
    if !is_inline(raw) {
        let (data, len) = raw.shared();
        raw.rest[COOKIE] = ptr::without_provenance_mut(cookie(raw.head, data, len));
    }
}

/// Has `act` use the structure's message, as the engine's, where it is: to copy it would take longer than much of what
/// is done with it. When that fails, the message is as it was.
#[inline]
pub(crate) fn in_place(raw: &mut RawMessage, act: impl FnOnce(&mut Message) -> Result<()>) -> Result<()> {
    let meta = raw.meta;
    raw.meta = with_flags(meta, meta.to_ne_bytes()[0] & MORE);
    let at = &raw mut *raw;
    // SAFETY: `message` found a message here, and with these flags it is the engine's; a RawMessage has the layout of
    // a Message. Whatever `act` does, it leaves a message there.
    unsafe {
        let result = act(&mut *at.cast::<Message>());
        match result {
            Ok(()) => sign(&mut *at),
            Err(_) => (*at).meta = meta,
        }
        result
    }
}

/// Whether the body of a message that is taken apart is in the structure itself.
#[inline]
fn is_inline(raw: &RawMessage) -> bool {
    raw.head.addr() == RawMessage::INLINE
}

/// Makes it a message, whatever was there.
///
/// # Safety
/// `msg` points to a zmq_msg_t's room that may be written, and is aligned.
#[inline]
unsafe fn put(msg: *mut zmq_msg_t, message: Message) {
    // SAFETY: the caller's promise; the layouts are the same.
    unsafe {
        msg.cast::<Message>().write(message);
        sign(&mut *msg.cast());
    }
}

/// Makes a message in the structure's place, whatever was there.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t's room that may be written.
#[inline]
unsafe fn init(msg: *mut zmq_msg_t, message: impl FnOnce() -> Result<Message>) -> c_int {
    status(|| {
        if msg.is_null() || !msg.is_aligned() {
            return Err(BAD_ADDRESS);
        }
        let message = message()?;
        // SAFETY: the caller's promise; it is not NULL, and aligned.
        unsafe { put(msg, message) };
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
        unsafe { put(msg, message) };
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
        let msg = unsafe { message(msg) }?;
        let body = *msg;
        // First invalid, then freed: the free function may free the structure itself.
        msg.meta = 0;
        msg.head = ptr::without_provenance_mut(ZMQ_DELIMITER as usize);
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
        replace(dest, src, |src| {
            let moved = *src;
            // What is left is empty.
            (src.head, src.meta) = (INLINE, with_flags(0, INITIALISED));
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
        replace(dest, src, |src| {
            if !is_inline(src) {
                src.meta = with_flags(src.meta, src.meta.to_ne_bytes()[0] | SHARED);
            }
            // A reference for `dest`; the structures differ in nothing.
            mem::forget(Message::share_raw(src));
            *src
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
    from: impl FnOnce(&mut RawMessage) -> RawMessage,
) -> c_int {
    status(|| {
        if dest == src {
            // SAFETY: the caller's promise.
            return unsafe { message(src) }.map(drop);
        }
        // SAFETY: the caller's promise; they are not the same, so the references are to different structures.
        let (dest, src) = unsafe { (message(dest)?, message(src)?) };
        let old = mem::replace(dest, from(src));
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
    match unsafe { message(msg) } {
        // SAFETY: there is a message, so it may be pointed into.
        Ok(raw) if is_inline(raw) => unsafe { (&raw mut (*msg).vsm_data).cast() },
        Ok(raw) => raw.shared().0.cast(),
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
    match unsafe { message(msg) } {
        Ok(raw) if is_inline(raw) => usize::from(raw.meta.to_ne_bytes()[1]),
        Ok(raw) => raw.shared().1,
        Err(_) => {
            set_errno(libc::EFAULT);
            0
        }
    }
}
