//! Contexts: zmq_ctx_new, zmq_ctx_term and their older names, context options, and the library's version.

use crate::abi::*;
use crate::draft::ZMQ_ZERO_COPY_RECV;
use crate::errno::{count, handle, status};
use crate::message::bytes;
use oxmq::{ContextHandle, ContextOptions, Error, Result};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::time::Duration;

/// The most sockets that a context is sure to have room for.
const SOCKET_LIMIT: c_int = 65_535;
/// The most that OXMQ_CTX_SPIN_US can be set to.
const SPIN_US_MAX: c_int = 1000;
/// The longest prefix of the threads' names, in bytes.
const NAME_PREFIX_BYTES_MAX: usize = 16;

/// Gives the version of the library: 4, 3 and 5. NULL for a number that is not wanted.
///
/// # Safety
/// Each pointer is NULL or points to an int that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major: *mut c_int, minor: *mut c_int, patch: *mut c_int) {
    for (place, number) in
        [(major, ZMQ_VERSION_MAJOR), (minor, ZMQ_VERSION_MINOR), (patch, ZMQ_VERSION_PATCH)]
    {
        if !place.is_null() {
            // SAFETY: not NULL, so the caller lets us write it.
            unsafe { place.write(number) };
        }
    }
}

/// The context that the application means; whether it is one, the engine will say.
pub(crate) fn context(context: *mut c_void) -> ContextHandle {
    ContextHandle::from_raw(context.addr())
}

/// Makes a context, which holds sockets and the threads that do their I/O.
///
/// Returns the context, to be given to zmq_ctx_term; or NULL and errno.
///
/// # Errors
/// EMFILE, ENOMEM: the system has no descriptor or memory to spare.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_new() -> *mut c_void {
    handle(|| Ok(ContextHandle::with_options(ContextOptions::default())?.into_raw()))
}

/// Terminates a context. Calls that wait on its sockets, and all later ones but zmq_close, give ETERM. Returns
/// once every socket is closed and what they sent is delivered or its ZMQ_LINGER has passed.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a context.
/// EINTR: a signal came; call again.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_term(context: *mut c_void) -> c_int {
    status(|| self::context(context).terminate())
}

/// Makes calls that wait on a context's sockets, and all later ones but zmq_close, give ETERM. Does not wait.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a context.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_shutdown(context: *mut c_void) -> c_int {
    status(|| self::context(context).shut_down())
}

/// Sets an option of a context. What the I/O threads are told counts until the first socket is made; what
/// sockets are told counts for those made afterwards.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or a value that it cannot have.
/// EFAULT: not a context.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_set(context: *mut c_void, option: c_int, optval: c_int) -> c_int {
    status(|| self::context(context).configure(|options| set_number(options, option, optval)))
}

/// Gets an option of a context.
///
/// Returns its value; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option.
/// EFAULT: not a context.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_get(context: *mut c_void, option: c_int) -> c_int {
    count(|| number(&self::context(context).options()?, option))
}

/// As zmq_ctx_set, with a value of any type: an int, or bytes for ZMQ_THREAD_NAME_PREFIX.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or the length or the value is not one of the option's.
/// EFAULT: not a context.
///
/// # Safety
/// optval is NULL or points to optvallen bytes.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set_ext(
    context: *mut c_void,
    option: c_int,
    optval: *const c_void,
    optvallen: usize,
) -> c_int {
    status(|| {
        // SAFETY: the caller's promise.
        let value = unsafe { bytes(optval, optvallen) };
        self::context(context).configure(|options| {
            let value = value.map_err(|_| Error::InvalidArgument)?;
            match <[u8; 4]>::try_from(value) {
                Ok(number) => set_number(options, option, c_int::from_ne_bytes(number)),
                Err(_) if option == ZMQ_THREAD_NAME_PREFIX => set_name_prefix(options, value),
                Err(_) => Err(Error::InvalidArgument),
            }
        })
    })
}

/// As zmq_ctx_get, with a value of any type: an int, or for ZMQ_THREAD_NAME_PREFIX bytes, when there is room for
/// more or fewer than an int has. optvallen holds the room at optval, and then the length of the value.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or the room is too small.
/// EFAULT: not a context.
///
/// # Safety
/// optvallen is NULL or points to a length; optval is NULL or points to so many bytes that may be written.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get_ext(
    context: *mut c_void,
    option: c_int,
    optval: *mut c_void,
    optvallen: *mut usize,
) -> c_int {
    status(|| {
        let options = self::context(context).options()?;
        // SAFETY: when it is not NULL, the caller lets us read and write it.
        let length = unsafe { optvallen.as_mut() }.ok_or(Error::InvalidArgument)?;
        let number;
        let value = if option == ZMQ_THREAD_NAME_PREFIX && *length != size_of::<c_int>() {
            options.thread_name_prefix.as_bytes()
        } else {
            number = self::number(&options, option)?.to_ne_bytes();
            &number[..]
        };
        if *length < value.len() || optval.is_null() {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: the caller has that much room there, and it is none of ours.
        unsafe { ptr::copy_nonoverlapping(value.as_ptr(), optval.cast::<u8>(), value.len()) };
        *length = value.len();
        Ok(())
    })
}

/// The older way to make a context: zmq_ctx_new, with that many I/O threads.
///
/// Returns the context, to be given to zmq_term; or NULL and errno.
///
/// # Errors
/// EINVAL: io_threads is negative.
/// EMFILE, ENOMEM: the system has no descriptor or memory to spare.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_init(io_threads: c_int) -> *mut c_void {
    handle(|| {
        let io_threads = usize::try_from(io_threads).map_err(|_| Error::InvalidArgument)?;
        let options = ContextOptions { io_threads, ..ContextOptions::default() };
        Ok(ContextHandle::with_options(options)?.into_raw())
    })
}

/// The older name of zmq_ctx_term.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_term(context: *mut c_void) -> c_int {
    zmq_ctx_term(context)
}

/// An older name of zmq_ctx_term.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_destroy(context: *mut c_void) -> c_int {
    zmq_ctx_term(context)
}

fn set_number(options: &mut ContextOptions, option: c_int, value: c_int) -> Result<()> {
    if option == ZMQ_THREAD_NAME_PREFIX {
        return set_name_prefix(options, value.to_string().as_bytes());
    }
    // No other option can be negative.
    let size = usize::try_from(value).map_err(|_| Error::InvalidArgument)?;
    match option {
        ZMQ_IO_THREADS => options.io_threads = size,
        ZMQ_MAX_SOCKETS if size > 0 => options.max_sockets = size,
        ZMQ_THREAD_PRIORITY => options.thread_priority = Some(value),
        ZMQ_THREAD_SCHED_POLICY => options.thread_sched_policy = Some(value),
        ZMQ_THREAD_AFFINITY_CPU_ADD => {
            options.thread_affinity.insert(size);
        }
        ZMQ_THREAD_AFFINITY_CPU_REMOVE if options.thread_affinity.remove(&size) => {}
        ZMQ_MAX_MSGSZ => options.message_bytes_max = size,
        ZMQ_ZERO_COPY_RECV => options.zero_copy_recv = value != 0,
        ZMQ_IPV6 => options.ipv6 = value != 0,
        ZMQ_BLOCKY => options.blocky = value != 0,
        OXMQ_CTX_SPIN_US if value <= SPIN_US_MAX => {
            options.spin = u64::try_from(value).ok().map(Duration::from_micros);
        }
        _ => return Err(Error::InvalidArgument),
    }
    Ok(())
}

fn set_name_prefix(options: &mut ContextOptions, prefix: &[u8]) -> Result<()> {
    let text = str::from_utf8(prefix).map_err(|_| Error::InvalidArgument)?;
    // What a C string's end comes after is not part of a name.
    let text = text.split('\0').next().unwrap_or_default();
    if text.is_empty() || prefix.len() > NAME_PREFIX_BYTES_MAX {
        return Err(Error::InvalidArgument);
    }
    options.thread_name_prefix = text.to_owned();
    Ok(())
}

fn number(options: &ContextOptions, option: c_int) -> Result<c_int> {
    let size = |size: usize| c_int::try_from(size).unwrap_or(c_int::MAX);
    Ok(match option {
        ZMQ_IO_THREADS => size(options.io_threads),
        ZMQ_MAX_SOCKETS => size(options.max_sockets),
        ZMQ_SOCKET_LIMIT => SOCKET_LIMIT,
        ZMQ_THREAD_SCHED_POLICY => options.thread_sched_policy.unwrap_or(ZMQ_THREAD_SCHED_POLICY_DFLT),
        ZMQ_THREAD_NAME_PREFIX => options.thread_name_prefix.parse().unwrap_or(0),
        ZMQ_MAX_MSGSZ => size(options.message_bytes_max),
        ZMQ_MSG_T_SIZE => size(size_of::<zmq_msg_t>()),
        ZMQ_ZERO_COPY_RECV => options.zero_copy_recv.into(),
        ZMQ_IPV6 => options.ipv6.into(),
        ZMQ_BLOCKY => options.blocky.into(),
        OXMQ_CTX_SPIN_US => c_int::try_from(options.effective_spin().as_micros()).unwrap_or(SPIN_US_MAX),
        _ => return Err(Error::InvalidArgument),
    })
}
