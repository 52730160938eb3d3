//! Socket options: setting and getting them. What each is, is in option_table.rs; here are those that are no
//! options of the engine but what a socket is doing, and the ways of C.

use crate::abi::*;
use crate::draft::ZMQ_TOPICS_COUNT;
use crate::errno::status;
use crate::message::bytes;
use crate::option_table;
use crate::option_values::{Value, from_size};
use crate::security;
use crate::socket::socket;
use oxmq::{Error, Result, SocketHandle};
use std::ffi::{c_int, c_void};

/// Sets an option of a socket; for most, it counts for the endpoints that are bound or connected afterwards. Each
/// option's type is with its constant.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or not of this socket type, or the length or the value is not one of the option's.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EINTR: a signal came first.
///
/// # Safety
/// optval is NULL or points to optvallen bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_setsockopt(
    s: *mut c_void,
    option: c_int,
    optval: *const c_void,
    optvallen: usize,
) -> c_int {
    status(|| {
        // SAFETY: the caller's promise.
        match unsafe { bytes(optval, optvallen) } {
            Ok(_) if optval.is_null() => set(socket(s), option, None),
            Ok(value) => set(socket(s), option, Some(value)),
            Err(_) => socket(s).kind().and(Err(Error::InvalidArgument)),
        }
    })
}

/// Gets an option of a socket. optvallen holds the room at optval, and then the length of the value. The room
/// must be that of the option's type; for strings and bytes it may be more.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or not of this socket type, or the room is not right.
/// ETERM: the context was terminated.
/// ENOTSOCK: not an open socket.
/// EINTR: a signal came first.
///
/// # Safety
/// optvallen is NULL or points to a length; optval is NULL or points to so many bytes that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_getsockopt(
    s: *mut c_void,
    option: c_int,
    optval: *mut c_void,
    optvallen: *mut usize,
) -> c_int {
    status(|| {
        // SAFETY: when it is not NULL, the caller lets us read and write it.
        let Some(length) = (unsafe { optvallen.as_mut() }) else {
            return socket(s).kind().and(Err(Error::InvalidArgument));
        };
        let value = get(socket(s), option, *length)?;
        let bytes = value.bytes();
        if !value.fits(*length) || (optval.is_null() && *length > 0) {
            return Err(Error::InvalidArgument);
        }
        if *length > 0 {
            let room = optval.cast::<u8>();
            // SAFETY: the caller has that much room there, none of it ours. What the value leaves of it is zeroed.
            unsafe {
                room.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                room.add(bytes.len()).write_bytes(0, *length - bytes.len());
            }
        }
        *length = bytes.len();
        Ok(())
    })
}

fn set(s: SocketHandle, option: c_int, value: Option<&[u8]>) -> Result<()> {
    match option {
        ZMQ_SUBSCRIBE => s.subscribe(value.unwrap_or_default()),
        ZMQ_UNSUBSCRIBE => s.unsubscribe(value.unwrap_or_default()),
        _ => {
            let kind = s.kind()? as c_int;
            let entry = option_table::find(option, kind).ok_or(Error::InvalidArgument)?;
            s.set_options(|options| entry.set(options, value))
        }
    }
}

fn get(s: SocketHandle, option: c_int, room: usize) -> Result<Value> {
    match option {
        ZMQ_RCVMORE => Ok(roomy(s.more()?.into())),
        ZMQ_FD => Ok(roomy(s.fd()?)),
        ZMQ_EVENTS => {
            let events = s.events()?;
            let bit = |set: bool, event: i16| if set { c_int::from(event) } else { 0 };
            Ok(roomy(bit(events.readable, ZMQ_POLLIN) | bit(events.writable, ZMQ_POLLOUT)))
        }
        ZMQ_TYPE => Ok(Value::Int((s.kind()? as c_int).to_ne_bytes())),
        ZMQ_MECHANISM => Ok(Value::Int(security::mechanism(&s.options()?).to_ne_bytes())),
        ZMQ_LAST_ENDPOINT => {
            s.kind()?;
            Ok(Value::text(s.last_endpoint()?.as_bytes()))
        }
        ZMQ_TOPICS_COUNT => Ok(roomy(from_size(s.topics_count()?))),
        ZMQ_THREAD_SAFE => Ok(roomy(s.kind()?.is_thread_safe().into())),
        _ => {
            let kind = s.kind()? as c_int;
            let entry = option_table::find(option, kind).ok_or(Error::InvalidArgument)?;
            entry.get(&s.options()?, room)
        }
    }
}

/// What a socket says of itself fits into room that is larger, too.
fn roomy(value: c_int) -> Value {
    Value::RoomyInt(value.to_ne_bytes())
}
