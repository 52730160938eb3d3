//! Socket options: 2.x's numbers and C types, and the engine's options that they stand for.

use crate::abi::*;
use crate::errno::status;
use crate::socket::socket;
use oxmq::{Error, Options, Result, SocketHandle, SocketType};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::time::Duration;

/// Sets an option of a socket; for most, it counts for the endpoints that are bound or connected afterwards. Each
/// option's type is with its constant.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or the length or the value is not one of the option's.
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
        let value = match optvallen {
            0 => &[],
            _ if optval.is_null() || isize::try_from(optvallen).is_err() => {
                return socket(s).kind().and(Err(Error::InvalidArgument));
            }
            // SAFETY: the caller's promise.
            _ => unsafe { std::slice::from_raw_parts(optval.cast::<u8>(), optvallen) },
        };
        set(socket(s), option, value)
    })
}

/// Gets an option of a socket. optvallen holds the room at optval, and then the length of the value.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EINVAL: no such option, or the room is too small.
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
        let value = get(socket(s), option)?;
        let bytes = value.bytes();
        // SAFETY: when it is not NULL, the caller lets us read and write it.
        let Some(length) = (unsafe { optvallen.as_mut() }) else {
            return Err(Error::InvalidArgument);
        };
        if *length < bytes.len() || optval.is_null() {
            return Err(Error::InvalidArgument);
        }
        // SAFETY: the caller has that much room there, and it is none of ours.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), optval.cast::<u8>(), bytes.len()) };
        *length = bytes.len();
        Ok(())
    })
}

/// An option's value, of the C type that it has in 2.x.
enum Value {
    Word([u8; 8]),
    HalfWord([u8; 4]),
    Bytes(Vec<u8>),
}

impl Value {
    fn bytes(&self) -> &[u8] {
        match self {
            Value::Word(bytes) => bytes,
            Value::HalfWord(bytes) => bytes,
            Value::Bytes(bytes) => bytes,
        }
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Word(value.to_ne_bytes())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Word(value.to_ne_bytes())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::HalfWord(value.to_ne_bytes())
    }
}

impl From<c_int> for Value {
    fn from(value: c_int) -> Value {
        Value::HalfWord(value.to_ne_bytes())
    }
}

fn get(s: SocketHandle, option: c_int) -> Result<Value> {
    Ok(match option {
        ZMQ_RCVMORE => i64::from(s.more()?).into(),
        ZMQ_FD => s.fd()?.into(),
        ZMQ_EVENTS => {
            let events = s.events()?;
            let bit = |set: bool, event: i16| if set { u32::from(event.unsigned_abs()) } else { 0 };
            (bit(events.readable, ZMQ_POLLIN) | bit(events.writable, ZMQ_POLLOUT)).into()
        }
        ZMQ_TYPE => (s.kind()? as c_int).into(),
        ZMQ_LAST_ENDPOINT => {
            let mut endpoint = s.last_endpoint()?.into_bytes();
            endpoint.push(0);
            Value::Bytes(endpoint)
        }
        _ => of_options(&s.options()?, option)?,
    })
}

fn of_options(options: &Options, option: c_int) -> Result<Value> {
    Ok(match option {
        ZMQ_HWM => (options.send_hwm as u64).into(),
        ZMQ_SWAP => i64::try_from(options.swap_bytes).unwrap_or(i64::MAX).into(),
        ZMQ_AFFINITY => options.affinity.into(),
        ZMQ_IDENTITY => Value::Bytes(options.identity.clone()),
        ZMQ_RATE => options.multicast_rate.into(),
        ZMQ_RECOVERY_IVL => (options.multicast_recovery_ms / 1000).into(),
        ZMQ_MCAST_LOOP => i64::from(options.multicast_loop).into(),
        ZMQ_SNDBUF => (options.send_buffer_bytes.unwrap_or(0) as u64).into(),
        ZMQ_RCVBUF => (options.recv_buffer_bytes.unwrap_or(0) as u64).into(),
        ZMQ_LINGER => milliseconds(options.linger).into(),
        ZMQ_RECONNECT_IVL => milliseconds(options.reconnect_interval).into(),
        ZMQ_BACKLOG => options.backlog.into(),
        ZMQ_RECOVERY_IVL_MSEC => options.multicast_recovery_exact_ms.unwrap_or(-1).into(),
        ZMQ_RECONNECT_IVL_MAX => milliseconds(Some(options.reconnect_interval_max)).into(),
        ZMQ_RCVTIMEO => milliseconds(options.recv_timeout).into(),
        ZMQ_SNDTIMEO => milliseconds(options.send_timeout).into(),
        _ => return Err(Error::InvalidArgument),
    })
}

fn set(s: SocketHandle, option: c_int, value: &[u8]) -> Result<()> {
    match option {
        ZMQ_SUBSCRIBE | ZMQ_UNSUBSCRIBE if s.kind()? != SocketType::Sub => Err(Error::InvalidArgument),
        ZMQ_SUBSCRIBE => s.subscribe(value),
        ZMQ_UNSUBSCRIBE => s.unsubscribe(value),
        _ => s.set_options(|options| set_in(options, option, value)),
    }
}

fn set_in(options: &mut Options, option: c_int, value: &[u8]) -> Result<()> {
    match option {
        ZMQ_HWM => {
            let hwm = size(u64::from_ne_bytes(exact(value)?))?;
            (options.send_hwm, options.recv_hwm) = (hwm, hwm);
        }
        ZMQ_SWAP => options.swap_bytes = at_least(0, value)?.unsigned_abs(),
        ZMQ_AFFINITY => options.affinity = u64::from_ne_bytes(exact(value)?),
        ZMQ_IDENTITY => options.set_identity(value)?,
        ZMQ_RATE => options.multicast_rate = at_least(1, value)?,
        ZMQ_RECOVERY_IVL => {
            let ms = at_least(0, value)?.checked_mul(1000).ok_or(Error::InvalidArgument)?;
            options.multicast_recovery_ms = ms;
        }
        ZMQ_MCAST_LOOP => {
            options.multicast_loop = match at_least(0, value)? {
                0 => false,
                1 => true,
                _ => return Err(Error::InvalidArgument),
            }
        }
        ZMQ_SNDBUF => options.send_buffer_bytes = buffer(value)?,
        ZMQ_RCVBUF => options.recv_buffer_bytes = buffer(value)?,
        ZMQ_LINGER => options.linger = duration(value)?,
        ZMQ_RECONNECT_IVL => options.reconnect_interval = duration(value)?,
        ZMQ_BACKLOG => {
            options.backlog = match c_int::from_ne_bytes(exact(value)?) {
                backlog @ 0.. => backlog,
                _ => return Err(Error::InvalidArgument),
            }
        }
        ZMQ_RECOVERY_IVL_MSEC => {
            let ms = at_least(-1, value)?;
            options.multicast_recovery_exact_ms = (ms >= 0).then_some(ms);
        }
        ZMQ_RECONNECT_IVL_MAX => {
            options.reconnect_interval_max = duration(value)?.ok_or(Error::InvalidArgument)?;
        }
        ZMQ_RCVTIMEO => options.recv_timeout = duration(value)?,
        ZMQ_SNDTIMEO => options.send_timeout = duration(value)?,
        _ => return Err(Error::InvalidArgument),
    }
    Ok(())
}

/// The value's bytes, when there are as many as the option's type has.
fn exact<const N: usize>(value: &[u8]) -> Result<[u8; N]> {
    value.try_into().map_err(|_| Error::InvalidArgument)
}

/// An int64_t that is not below `min`.
fn at_least(min: i64, value: &[u8]) -> Result<i64> {
    let number = i64::from_ne_bytes(exact(value)?);
    if number >= min { Ok(number) } else { Err(Error::InvalidArgument) }
}

fn size(number: u64) -> Result<usize> {
    usize::try_from(number).map_err(|_| Error::InvalidArgument)
}

/// A buffer's size, 0 for the system's choice. The system takes an int.
fn buffer(value: &[u8]) -> Result<Option<usize>> {
    let bytes = u64::from_ne_bytes(exact(value)?);
    let bytes = c_int::try_from(bytes).map_err(|_| Error::InvalidArgument)?;
    Ok(usize::try_from(bytes).ok().filter(|&bytes| bytes > 0))
}

/// An int of milliseconds, -1 for "for ever" or "never".
fn duration(value: &[u8]) -> Result<Option<Duration>> {
    match c_int::from_ne_bytes(exact(value)?) {
        -1 => Ok(None),
        ms => match u64::try_from(ms) {
            Ok(ms) => Ok(Some(Duration::from_millis(ms))),
            Err(_) => Err(Error::InvalidArgument),
        },
    }
}

fn milliseconds(duration: Option<Duration>) -> c_int {
    duration.map_or(-1, |duration| c_int::try_from(duration.as_millis()).unwrap_or(c_int::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_lead_back() {
        for ms in [-1, 0, 1, 1000, c_int::MAX] {
            assert_eq!(duration(&ms.to_ne_bytes()).map(milliseconds), Ok(ms));
        }
        assert_eq!(duration(&(-2 as c_int).to_ne_bytes()), Err(Error::InvalidArgument));
        assert_eq!(duration(&0i64.to_ne_bytes()), Err(Error::InvalidArgument));
    }

    #[test]
    fn each_option_is_set_alone() {
        let mut options = Options::for_2x();
        set_in(&mut options, ZMQ_RECOVERY_IVL_MSEC, &1500i64.to_ne_bytes()).unwrap();
        assert_eq!(of_options(&options, ZMQ_RECOVERY_IVL).unwrap().bytes(), 10i64.to_ne_bytes());
        assert_eq!(of_options(&options, ZMQ_RECOVERY_IVL_MSEC).unwrap().bytes(), 1500i64.to_ne_bytes());
        set_in(&mut options, ZMQ_HWM, &7u64.to_ne_bytes()).unwrap();
        assert_eq!((options.send_hwm, options.recv_hwm), (7, 7));
        for get_only in [ZMQ_TYPE, ZMQ_FD, ZMQ_EVENTS, ZMQ_RCVMORE, ZMQ_LAST_ENDPOINT, 2, 0, -1, 33] {
            assert_eq!(set_in(&mut options, get_only, &[0; 4]), Err(Error::InvalidArgument));
        }
    }
}
