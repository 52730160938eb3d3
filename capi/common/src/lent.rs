//! Messages whose body is memory of the application's: zmq_msg_init_data, and what is like it.

use oxmq::{Error, Message, Result};
use std::ffi::c_void;

/// `zmq_free_fn *`: called with the data and the hint that zmq_msg_init_data was given.
pub type FreeFn = Option<unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void)>;

/// The application's own memory, and what frees it.
struct Lent {
    data: *mut c_void,
    size: usize,
    ffn: FreeFn,
    hint: *mut c_void,
}

// SAFETY: zmq_msg_init_data tells the application that its function runs on any thread.
unsafe impl Send for Lent {}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: `message` has its caller promise `size` bytes at `data` until they are freed; it has checked
        // that data is not NULL and the size possible.
        unsafe { std::slice::from_raw_parts(self.data.cast(), self.size) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(ffn) = self.ffn {
            // SAFETY: the application gave the function for this; nothing refers to the bytes any more.
            unsafe { ffn(self.data, self.hint) };
        }
    }
}

/// A message of the `size` bytes at `data`, which are not copied. `ffn` is called once, when they are not needed
/// any more; not when there is an error.
///
/// # Errors
/// EFAULT: `data` is NULL, and `size` is not 0. [`Error::OutOfMemory`].
///
/// # Safety
/// There are `size` bytes at `data`, which stay as they are until `ffn` is called, on any thread; for ever when it
/// is `None`.
pub unsafe fn message(data: *mut c_void, size: usize, ffn: FreeFn, hint: *mut c_void) -> Result<Message> {
    if data.is_null() && size != 0 {
        return Err(Error::Os(libc::EFAULT));
    }
    if isize::try_from(size).is_err() {
        return Err(Error::OutOfMemory);
    }
    Message::try_from_owner(Lent { data, size, ffn, hint }).map_err(|lent| {
        // The application keeps its bytes: they are not to be freed.
        std::mem::forget(lent);
        Error::OutOfMemory
    })
}
