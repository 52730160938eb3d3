//! What messages have beside their bytes: flags, the peer's properties, routing ids and groups.

use crate::abi::*;
use crate::errno::{BAD_ADDRESS, count, set_errno, status};
use crate::message::{Slot, aligned, slot, slot_ref};
use oxmq::metadata::{self, Metadata};
use oxmq::{Error, Result};
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};

/// What few messages have. Copies of a message share it.
#[derive(Default)]
pub(crate) struct Extra {
    group: CString,
    /// The properties that the application asked for: strings in them stay where they are as long as the message.
    metadata: OnceLock<Arc<Metadata>>,
}

impl Extra {
    /// Of a message of this group.
    #[cold]
    pub(crate) fn of_group(group: &[u8]) -> Extra {
        // A peer may put zeros into a group, which no C string has.
        let end = group.iter().position(|byte| *byte == 0).unwrap_or(group.len());
        Extra { group: CString::new(&group[..end]).unwrap_or_default(), ..Extra::default() }
    }
}

/// A message's place for an [`Extra`]. Threads that only read a message may ask for its properties at once.
pub(crate) struct ExtraCell(AtomicPtr<Extra>);

impl ExtraCell {
    #[inline]
    pub(crate) const fn none() -> ExtraCell {
        ExtraCell(AtomicPtr::new(ptr::null_mut()))
    }

    #[cold]
    pub(crate) fn new(extra: Extra) -> ExtraCell {
        ExtraCell(AtomicPtr::new(Arc::into_raw(Arc::new(extra)).cast_mut()))
    }

    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.0.load(Ordering::Relaxed).is_null()
    }

    fn get(&self) -> Option<&Extra> {
        // SAFETY: what is there came from an Arc, of which the cell has a reference for as long as it lives.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// What is there, once there is something.
    fn get_or_empty(&self) -> &Extra {
        if let Some(extra) = self.get() {
            return extra;
        }
        let ours = Arc::into_raw(Arc::new(Extra::default())).cast_mut();
        let extra = match self.0.compare_exchange(ptr::null_mut(), ours, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => ours,
            Err(theirs) => {
                // SAFETY: it came from an Arc just now, and nobody else has seen it.
                drop(unsafe { Arc::from_raw(ours) });
                theirs
            }
        };
        // SAFETY: as in `get`.
        unsafe { &*extra }
    }

    /// The message's group; `None` where it has none.
    pub(crate) fn group(&self) -> Option<&CStr> {
        self.get().map(|extra| extra.group.as_c_str()).filter(|group| !group.is_empty())
    }
}

impl Clone for ExtraCell {
    #[inline]
    fn clone(&self) -> ExtraCell {
        let extra = self.0.load(Ordering::Acquire);
        if !extra.is_null() {
            // SAFETY: the cell has a reference to it, so there is an Arc to count another one for the copy.
            unsafe { Arc::increment_strong_count(extra) };
        }
        ExtraCell(AtomicPtr::new(extra))
    }
}

impl Drop for ExtraCell {
    #[inline]
    fn drop(&mut self) {
        let extra = *self.0.get_mut();
        if !extra.is_null() {
            // SAFETY: it came from an Arc, and the reference was the cell's, which gives it back once.
            unsafe { release(extra) };
        }
    }
}

/// # Safety
/// `extra` came from an Arc, and the reference is the caller's.
#[cold]
unsafe fn release(extra: *const Extra) {
    // SAFETY: the caller's promise.
    drop(unsafe { Arc::from_raw(extra) });
}

/// Tells whether more parts of the same message follow: 1 or 0. 0 and errno when msg is not a message.
///
/// # Errors
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_more(msg: *const zmq_msg_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { zmq_msg_get(msg, ZMQ_MORE) }.max(0)
}

/// Gives a property of a message: ZMQ_MORE, 1 when more parts of the same message follow; ZMQ_SHARED, 1 when the body
/// may be shared with a copy; ZMQ_SRCFD, the descriptor of the connection that the message came over.
///
/// Returns it; or -1 and errno.
///
/// # Errors
/// EINVAL: no such property, or the message has none.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_get(msg: *const zmq_msg_t, property: c_int) -> c_int {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg.cast_mut(), |msg| zmq_msg_get(msg, property)) };
    }
    count(|| {
        // SAFETY: the caller's promise.
        let slot = unsafe { slot_ref(msg) }?;
        match property {
            ZMQ_MORE => Ok(slot.message.more().into()),
            ZMQ_SHARED => Ok(slot.message.is_shared().into()),
            ZMQ_SRCFD => Ok(metadata_of(slot)?.fd()),
            _ => Err(Error::InvalidArgument),
        }
    })
}

/// Sets a property of a message. There is none that could be set.
///
/// Returns -1 and errno.
///
/// # Errors
/// EINVAL: no such property.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set(msg: *mut zmq_msg_t, property: c_int, optval: c_int) -> c_int {
    let _ = (property, optval);
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_set(msg, property, optval)) };
    }
    // SAFETY: the caller's promise.
    status(|| unsafe { slot(msg) }.and(Err(Error::InvalidArgument)))
}

/// Gives a property of the connection that a message came over: "Socket-Type" and "Routing-Id" (or "Identity") of the
/// peer, "Peer-Address", "User-Id" where the peer was authenticated, and whatever the peer or the ZAP handler told.
/// The string is the message's, and stays until the message is closed, sent, moved from or received into.
///
/// Returns the string; or NULL and errno.
///
/// # Errors
/// EINVAL: the message has no such property.
/// EFAULT: not a message, or property is NULL.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread changes; property is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_gets(msg: *const zmq_msg_t, property: *const c_char) -> *const c_char {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg.cast_mut(), |msg| zmq_msg_gets(msg, property)) };
    }
    let find = || {
        // SAFETY: the caller's promise.
        let slot = unsafe { slot_ref(msg) }?;
        if property.is_null() {
            return Err(BAD_ADDRESS);
        }
        // SAFETY: the caller's promise.
        let name = unsafe { CStr::from_ptr(property) }.to_str().map_err(|_| Error::InvalidArgument)?;
        metadata_of(slot)?.get(name).ok_or(Error::InvalidArgument)
    };
    match find() {
        Ok(text) => text.as_ptr(),
        Err(error) => {
            set_errno(if error == BAD_ADDRESS { libc::EFAULT } else { libc::EINVAL });
            ptr::null()
        }
    }
}

/// What is known of the connection that the message came over. It stays where it is as long as the message.
#[cold]
fn metadata_of(slot: &Slot) -> Result<&Metadata> {
    if let Some(pinned) = slot.extra.get().and_then(|extra| extra.metadata.get()) {
        return Ok(pinned);
    }
    let found = metadata::lookup(slot.origin).ok_or(Error::InvalidArgument)?;
    Ok(slot.extra.get_or_empty().metadata.get_or_init(|| found))
}

/// Says which peer of a SERVER or PEER a message is for.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: routing_id is 0.
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_routing_id(msg: *mut zmq_msg_t, routing_id: u32) -> c_int {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_set_routing_id(msg, routing_id)) };
    }
    status(|| {
        // SAFETY: the caller's promise.
        let slot = unsafe { slot(msg) }?;
        if routing_id == 0 {
            return Err(Error::InvalidArgument);
        }
        slot.routing_id = routing_id;
        Ok(())
    })
}

/// Gives the peer of a SERVER or PEER that a message came from, or is for; 0 when there is none.
///
/// # Errors
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_routing_id(msg: *mut zmq_msg_t) -> u32 {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_routing_id(msg)) };
    }
    // SAFETY: the caller's promise.
    match unsafe { slot(msg) } {
        Ok(slot) => slot.routing_id,
        Err(_) => {
            set_errno(libc::EFAULT);
            0
        }
    }
}

/// Says which group the message of a RADIO is for: up to ZMQ_GROUP_MAX_LENGTH bytes.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: the group's name is too long.
/// EFAULT: not a message, or group is NULL.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses; group is NULL or a string that ends with a NUL.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_group(msg: *mut zmq_msg_t, group: *const c_char) -> c_int {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_set_group(msg, group)) };
    }
    status(|| {
        // SAFETY: the caller's promise.
        let slot = unsafe { slot(msg) }?;
        if group.is_null() {
            return Err(BAD_ADDRESS);
        }
        // SAFETY: the caller's promise.
        let group = unsafe { CStr::from_ptr(group) };
        if group.count_bytes() > ZMQ_GROUP_MAX_LENGTH as usize {
            return Err(Error::InvalidArgument);
        }
        // Copies of the message keep the one they have.
        let metadata = slot.extra.get().map(|extra| extra.metadata.clone()).unwrap_or_default();
        slot.extra = ExtraCell::new(Extra { group: group.to_owned(), metadata });
        Ok(())
    })
}

/// Gives the group that the message of a DISH came from, or that of a RADIO is for: "" when there is none. The string
/// is the message's.
///
/// Returns NULL and errno when msg is not a message.
///
/// # Errors
/// EFAULT: not a message.
///
/// # Safety
/// msg is NULL or points to a zmq_msg_t that no other thread uses.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_group(msg: *mut zmq_msg_t) -> *const c_char {
    if !msg.is_aligned() {
        // SAFETY: the caller's promise.
        return unsafe { aligned(msg, |msg| zmq_msg_group(msg)) };
    }
    // SAFETY: the caller's promise.
    match unsafe { slot(msg) } {
        Ok(slot) => slot.extra.group().unwrap_or(c"").as_ptr(),
        Err(_) => {
            set_errno(libc::EFAULT);
            ptr::null()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::zmq_errno;
    use crate::message::{zmq_msg_close, zmq_msg_copy, zmq_msg_init, zmq_msg_init_size, zmq_msg_move};

    fn group(msg: &mut zmq_msg_t) -> &CStr {
        // SAFETY: the tests give messages; the group is the message's.
        unsafe { CStr::from_ptr(zmq_msg_group(msg)) }
    }

    #[test]
    fn groups_and_routing_ids_go_with_the_message() {
        let [mut a, mut b, mut c] = [[0; 64]; 3].map(|bytes| zmq_msg_t { bytes });
        // SAFETY: the structures are messages once they were made some.
        unsafe {
            assert_eq!(
                (zmq_msg_init_size(&mut a, 100), zmq_msg_init(&mut b), zmq_msg_init(&mut c)),
                (0, 0, 0)
            );
            assert_eq!(group(&mut a), c"");
            assert_eq!(zmq_msg_routing_id(&mut a), 0);
            assert_eq!(zmq_msg_set_group(&mut a, c"news".as_ptr()), 0);
            assert_eq!(zmq_msg_set_routing_id(&mut a, 7), 0);
            assert_eq!((zmq_msg_set_routing_id(&mut a, 0), zmq_errno()), (-1, libc::EINVAL));
            assert_eq!(zmq_msg_copy(&mut b, &mut a), 0);
            assert_eq!(zmq_msg_set_group(&mut a, c"sport".as_ptr()), 0);
            assert_eq!(zmq_msg_move(&mut c, &mut a), 0);
            assert_eq!((group(&mut a), group(&mut b), group(&mut c)), (c"", c"news", c"sport"));
            let ids = [&mut a, &mut b, &mut c].map(|msg| zmq_msg_routing_id(msg));
            assert_eq!(ids, [0, 7, 7]);
            let long = CString::new([b'x'; 256]).unwrap();
            assert_eq!((zmq_msg_set_group(&mut a, long.as_ptr()), zmq_errno()), (-1, libc::EINVAL));
            assert_eq!(zmq_msg_set_group(&mut a, long.as_ptr().add(1)), 0);
            assert_eq!((zmq_msg_set_group(&mut a, ptr::null()), zmq_errno()), (-1, libc::EFAULT));
            assert_eq!(group(&mut a).count_bytes(), 255);
            for msg in [&mut a, &mut b, &mut c] {
                assert_eq!(zmq_msg_close(msg), 0);
                assert_eq!(zmq_msg_set_group(msg, c"x".as_ptr()), -1);
                assert_eq!((zmq_msg_routing_id(msg), zmq_msg_group(msg)), (0, ptr::null()));
            }
        }
    }

    #[test]
    fn properties_are_told_and_refused() {
        let [mut a, mut b] = [[0; 64]; 2].map(|bytes| zmq_msg_t { bytes });
        // SAFETY: as above.
        unsafe {
            assert_eq!((zmq_msg_init_size(&mut a, 100), zmq_msg_init(&mut b)), (0, 0));
            assert_eq!((zmq_msg_get(&a, ZMQ_MORE), zmq_msg_more(&a), zmq_msg_get(&a, ZMQ_SHARED)), (0, 0, 0));
            assert_eq!(zmq_msg_copy(&mut b, &mut a), 0);
            assert_eq!((zmq_msg_get(&a, ZMQ_SHARED), zmq_msg_get(&b, ZMQ_SHARED)), (1, 1));
            for property in [ZMQ_SRCFD, 0, 4, -1] {
                assert_eq!((zmq_msg_get(&a, property), zmq_errno()), (-1, libc::EINVAL));
                assert_eq!((zmq_msg_set(&mut a, property, 1), zmq_errno()), (-1, libc::EINVAL));
            }
            assert_eq!((zmq_msg_gets(&a, c"Socket-Type".as_ptr()), zmq_errno()), (ptr::null(), libc::EINVAL));
            assert_eq!((zmq_msg_gets(&a, ptr::null()), zmq_errno()), (ptr::null(), libc::EFAULT));
            assert_eq!((zmq_msg_close(&mut a), zmq_msg_close(&mut b)), (0, 0));
            assert_eq!((zmq_msg_get(&a, ZMQ_MORE), zmq_errno()), (-1, libc::EFAULT));
            assert_eq!((zmq_msg_set(&mut a, ZMQ_MORE, 1), zmq_errno()), (-1, libc::EFAULT));
            assert_eq!((zmq_msg_gets(&a, c"Identity".as_ptr()), zmq_errno()), (ptr::null(), libc::EFAULT));
            assert_eq!(zmq_msg_more(&a), 0);
        }
    }
}
