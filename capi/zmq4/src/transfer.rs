//! Messages through sockets: as zmq_msg_t, from and to buffers, and several at once.

use crate::abi::{ZMQ_DONTWAIT, ZMQ_SNDMORE, zmq_msg_t};
use crate::errno::{BAD_ADDRESS, count, outcome};
use crate::message::{Slot, aligned, bytes, slot};
use crate::socket::socket;
use oxmq::message::INLINE_MAX;
use oxmq::{Call, Error, Message, Result, Tags};
use oxmq_capi::lent;
use std::ffi::{c_int, c_void};
use std::mem::take;
use std::ptr;

/// A size as the functions return it: what an int cannot hold is its greatest value.
#[inline]
fn int(size: usize) -> c_int {
    size.min(c_int::MAX as usize) as c_int
}

#[inline]
fn waits(flags: c_int) -> bool {
    flags & ZMQ_DONTWAIT == 0
}

/// The message for a call on a socket: a bad handle is told before a bad message.
///
/// # Safety
/// `msg` is NULL or points to a zmq_msg_t, aligned, that nobody else uses for `'a`.
#[inline]
unsafe fn message_for<'a>(s: *mut c_void, msg: *mut zmq_msg_t) -> Result<&'a mut Slot> {
    // SAFETY: the caller's promise.
    unsafe { slot(msg) }.or_else(|error| socket(s).kind().and(Err(error)))
}

/// Sends a message part. flags: ZMQ_DONTWAIT, not to wait for a peer that can take it; ZMQ_SNDMORE, when more parts
/// follow. The parts of a message arrive all together, or not at all.
///
/// Returns the part's size, INT_MAX when it is greater, and leaves msg empty; or -1 and errno, and leaves it as it is.
///
/// # Errors
/// EAGAIN: no peer can take it, and the call was not to wait, or ZMQ_SNDTIMEO has passed.
/// ENOTSUP: sockets of this type do not send.
/// EINVAL: sockets of this type send no more than one part, and more were to follow.
/// EFSM: the socket is not in a state to send: a REP without a request, say.
/// EHOSTUNREACH: there is no such peer.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EINTR: a signal came before anything was sent.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_send(msg: *mut zmq_msg_t, s: *mut c_void, flags: c_int) -> c_int {
    if msg.is_aligned()
        // SAFETY: the caller's promise.
        && let Ok(slot) = unsafe { slot(msg) }
        && slot.routing_id == 0
        && slot.extra.is_none()
    {
        slot.message.set_more(flags & ZMQ_SNDMORE != 0);
        let size = int(slot.message.len());
        return match socket(s).begin_send(&mut slot.message) {
            Ok(()) => {
                slot.origin = 0;
                size
            }
            Err(call) => go_on_sending(call, slot, flags),
        };
    }
    // SAFETY: the caller's promise.
    unsafe { send_otherwise(msg, s, flags) }
}

/// Goes on where the short way was not open.
#[inline(never)]
fn go_on_sending(call: Call, slot: &mut Slot, flags: c_int) -> c_int {
    count(|| {
        let size = slot.message.len();
        call.send(&mut slot.message, waits(flags))?;
        slot.origin = 0;
        Ok(int(size))
    })
}

/// [`zmq_msg_send`] of a message that is not aligned, or has more than its bytes, or is none.
///
/// # Safety
/// As [`zmq_msg_send`].
#[inline(never)]
unsafe fn send_otherwise(msg: *mut zmq_msg_t, s: *mut c_void, flags: c_int) -> c_int {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_send(msg, s, flags)) };
    }
    count(|| {
        // SAFETY: the caller's promise.
        let slot = unsafe { message_for(s, msg) }?;
        let size = slot.message.len();
        slot.message.set_more(flags & ZMQ_SNDMORE != 0);
        let group = slot.extra.group().map(|group| group.to_bytes().into());
        let tags = Tags { routing_id: slot.routing_id, group, ..Tags::default() };
        socket(s).send_tagged(&mut slot.message, &tags, waits(flags))?;
        *slot = Slot::new(take(&mut slot.message));
        Ok(int(size))
    })
}

/// Receives a message part, in place of what msg held. flags: ZMQ_DONTWAIT, not to wait for one. zmq_msg_more tells
/// whether more parts of the same message follow.
///
/// Returns the part's size, INT_MAX when it is greater; or -1 and errno, and leaves msg as it is.
///
/// # Errors
/// EAGAIN: there is none, and the call was not to wait, or ZMQ_RCVTIMEO has passed.
/// ENOTSUP: sockets of this type do not receive.
/// EFSM: the socket is not in a state to receive: a REQ without a request, say.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EINTR: a signal came before there was one.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_recv(msg: *mut zmq_msg_t, s: *mut c_void, flags: c_int) -> c_int {
    if msg.is_aligned()
        // SAFETY: the caller's promise.
        && let Ok(slot) = unsafe { slot(msg) }
        && slot.extra.is_none()
    {
        return match socket(s).begin_recv(&mut slot.message) {
            Ok(origin) => {
                (slot.origin, slot.routing_id) = (origin, 0);
                int(slot.message.len())
            }
            Err(call) => go_on_receiving(call, slot, flags),
        };
    }
    // SAFETY: the caller's promise.
    unsafe { recv_otherwise(msg, s, flags) }
}

/// Goes on where the short way was not open.
#[inline(never)]
fn go_on_receiving(call: Call, slot: &mut Slot, flags: c_int) -> c_int {
    received(slot, |part, tags| call.recv_tagged(part, tags, waits(flags)))
}

/// [`zmq_msg_recv`] in place of a message that is not aligned, or has more than its bytes, or is none.
///
/// # Safety
/// As [`zmq_msg_recv`].
#[inline(never)]
unsafe fn recv_otherwise(msg: *mut zmq_msg_t, s: *mut c_void, flags: c_int) -> c_int {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_recv(msg, s, flags)) };
    }
    // SAFETY: the caller's promise.
    match unsafe { message_for(s, msg) } {
        Ok(slot) => received(slot, |part, tags| socket(s).recv_tagged(part, tags, waits(flags))),
        Err(error) => outcome(Err(error), -1),
    }
}

/// Has `receive` put a message in the place of another.
#[inline(always)]
fn received(slot: &mut Slot, receive: impl FnOnce(&mut Message, &mut Tags) -> Result<()>) -> c_int {
    count(|| {
        let mut tags = Tags::default();
        receive(&mut slot.message, &mut tags)?;
        slot.set_tags(tags);
        Ok(int(slot.message.len()))
    })
}

/// zmq_msg_send with its arguments in another order. Deprecated.
///
/// # Safety
/// As zmq_msg_send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendmsg(s: *mut c_void, msg: *mut zmq_msg_t, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { zmq_msg_send(msg, s, flags) }
}

/// zmq_msg_recv with its arguments in another order. Deprecated.
///
/// # Safety
/// As zmq_msg_recv.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recvmsg(s: *mut c_void, msg: *mut zmq_msg_t, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { zmq_msg_recv(msg, s, flags) }
}

/// Sends a copy of the len bytes at buf as a message part. flags: as with zmq_msg_send.
///
/// Returns the number of bytes; or -1 and errno.
///
/// # Errors
/// As zmq_msg_send; EFAULT: buf is NULL, and len is not 0. ENOMEM: there is no memory for the copy.
///
/// # Safety
/// buf is NULL or points to len bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send(s: *mut c_void, buf: *const c_void, len: usize, flags: c_int) -> c_int {
    count(|| {
        // SAFETY: the caller's promise.
        let body = match unsafe { bytes(buf, len) } {
            Ok(body) => Message::copy_from(body)?,
            Err(error) => return socket(s).kind().and(Err(error)),
        };
        send(s, body, flags)
    })
}

/// Sends the len bytes at buf, which are constant, as a message part. They are not copied when they are many.
/// flags: as with zmq_msg_send.
///
/// Returns the number of bytes; or -1 and errno.
///
/// # Errors
/// As zmq_send.
///
/// # Safety
/// buf is NULL or points to len bytes that never change or go away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send_const(
    s: *mut c_void,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    if len <= INLINE_MAX {
        // SAFETY: the caller's promise.
        return unsafe { zmq_send(s, buf, len, flags) };
    }
    count(|| {
        // SAFETY: the caller's promise; what is sent is only read.
        match unsafe { lent::message(buf.cast_mut(), len, None, ptr::null_mut()) } {
            Ok(mut body) => {
                body.set_shared();
                send(s, body, flags)
            }
            Err(error) => socket(s).kind().and(Err(error)),
        }
    })
}

/// Sends a part that the caller does not need back.
#[inline]
fn send(s: *mut c_void, mut part: Message, flags: c_int) -> Result<c_int> {
    let size = part.len();
    part.set_more(flags & ZMQ_SNDMORE != 0);
    socket(s).send(&mut part, waits(flags))?;
    Ok(int(size))
}

/// Receives a message part, and writes its bytes to buf: no more than len of them. flags: as with zmq_msg_recv.
/// ZMQ_RCVMORE tells whether more parts of the same message follow.
///
/// Returns the part's size, which may be greater than len, INT_MAX when it is greater than that; or -1 and errno.
///
/// # Errors
/// As zmq_msg_recv; EFAULT: buf is NULL, and len is not 0.
///
/// # Safety
/// buf is NULL or points to room for len bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recv(s: *mut c_void, buf: *mut c_void, len: usize, flags: c_int) -> c_int {
    count(|| {
        if buf.is_null() && len != 0 {
            return socket(s).kind().and(Err(BAD_ADDRESS));
        }
        let mut part = Message::new();
        socket(s).recv_into(&mut part, waits(flags))?;
        let body = part.as_bytes();
        let fits = body.len().min(len);
        if fits != 0 {
            // SAFETY: the caller's promise: there is room for `len` bytes, and it is the application's.
            unsafe { ptr::copy_nonoverlapping(body.as_ptr(), buf.cast(), fits) };
        }
        Ok(int(body.len()))
    })
}

/// Sends count message parts, each a copy of what a iovec names. The last one ends the message, whatever flags says;
/// those before are followed by more when flags has ZMQ_SNDMORE, and are messages of their own when not.
///
/// Returns the size of the last part; or -1 and errno: what comes before the part that was refused has been sent.
///
/// # Errors
/// As zmq_send; EINVAL: count is 0 or iov is NULL.
///
/// # Safety
/// iov is NULL or points to count structures, each with the address of as many bytes as it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendiov(
    s: *mut c_void,
    iov: *mut libc::iovec,
    count: usize,
    flags: c_int,
) -> c_int {
    crate::errno::count(|| {
        if count == 0 || iov.is_null() {
            return socket(s).kind().and(Err(Error::InvalidArgument));
        }
        let mut sent = 0;
        for place in 0..count {
            // SAFETY: the caller's promise.
            let part = unsafe { iov.add(place).read_unaligned() };
            // SAFETY: the caller's promise.
            let body = Message::copy_from(unsafe { bytes(part.iov_base, part.iov_len) }?)?;
            let more = if place + 1 < count { flags } else { flags & !ZMQ_SNDMORE };
            sent = send(s, body, more)?;
        }
        Ok(sent)
    })
}

/// Receives the parts of a message, no more than count says, and writes the address and the size of each to iov. The
/// bytes are the caller's, who frees them with free. flags: as with zmq_msg_recv. Writes the number of parts to count.
///
/// Returns the number of parts; or -1 and errno.
///
/// # Errors
/// As zmq_msg_recv; EINVAL: count or iov is NULL, or count says 0. ENOMEM: there is no memory for the bytes.
///
/// # Safety
/// count is NULL or points to a number, iov is NULL or points to as many structures as it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recviov(
    s: *mut c_void,
    iov: *mut libc::iovec,
    count: *mut usize,
    flags: c_int,
) -> c_int {
    crate::errno::count(|| {
        // SAFETY: the caller's promise.
        let most = if count.is_null() { 0 } else { unsafe { count.read() } };
        if most == 0 || iov.is_null() {
            return socket(s).kind().and(Err(Error::InvalidArgument));
        }
        let mut received = 0;
        // SAFETY: the caller's promise; it is not NULL.
        unsafe { count.write(0) };
        loop {
            let part = socket(s).recv(waits(flags))?;
            // SAFETY: the caller's promise; `received` is below what count said.
            unsafe { iov.add(received).write_unaligned(duplicate(&part)?) };
            received += 1;
            // SAFETY: as above.
            unsafe { count.write(received) };
            if received == most || !part.more() {
                return Ok(int(received));
            }
        }
    })
}

/// A copy of a part's bytes that the application can free.
fn duplicate(part: &Message) -> Result<libc::iovec> {
    let body = part.as_bytes();
    // SAFETY: malloc takes any number. For none it may give NULL, which is asked for one instead.
    let base = unsafe { libc::malloc(body.len().max(1)) };
    if base.is_null() {
        return Err(Error::OutOfMemory);
    }
    // SAFETY: there is room for as many bytes, which is nobody else's.
    unsafe { ptr::copy_nonoverlapping(body.as_ptr(), base.cast(), body.len()) };
    Ok(libc::iovec { iov_base: base, iov_len: body.len() })
}
