//! Timers: functions that are called at intervals, by whoever asks for it (zmq_timers(3)).

use crate::abi::TimerFn;
use crate::errno::{BAD_ADDRESS, count, handle, status};
use oxmq::socket::table::{Table, Turn};
use oxmq::timers::Timers;
use oxmq::{Error, Result};
use std::ffi::{c_int, c_long, c_void};
use std::ptr;
use std::time::{Duration, Instant};

/// What a timer calls, and with what.
#[derive(Clone, Copy)]
struct Call {
    handler: unsafe extern "C" fn(c_int, *mut c_void),
    arg: *mut c_void,
}

// SAFETY: it is called on the thread that calls zmq_timers_execute; that it may be is the application's business.
unsafe impl Send for Call {}

static TIMERS: Table<Timers<Call>, 128> = Table::new();

/// The timers that the application means. Their turn must be given back before anything is called.
fn turn(timers: *mut c_void) -> Result<Turn<'static, Timers<Call>>> {
    TIMERS.get(timers.addr()).ok_or(BAD_ADDRESS)
}

fn milliseconds(interval: usize) -> Duration {
    Duration::from_millis(interval as u64)
}

/// Makes a set of timers, empty.
///
/// Returns it, to be given to zmq_timers_destroy; or NULL and errno.
///
/// # Errors
/// EMFILE: there are too many.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_new() -> *mut c_void {
    handle(|| TIMERS.insert(Timers::default()).map_err(|_| Error::TooManyOpen))
}

/// Ends a set of timers, and sets what timers_p points to to NULL.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: timers_p is NULL, or does not point to a set of timers.
///
/// # Safety
/// timers_p is NULL or points to a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_destroy(timers_p: *mut *mut c_void) -> c_int {
    status(|| {
        if timers_p.is_null() {
            return Err(BAD_ADDRESS);
        }
        // SAFETY: the caller's promise; it is not NULL.
        let timers = unsafe { timers_p.read() };
        TIMERS.remove(timers.addr()).ok_or(BAD_ADDRESS)?;
        // SAFETY: as above.
        unsafe { timers_p.write(ptr::null_mut()) };
        Ok(())
    })
}

/// Adds a timer: handler is called with the timer's number and arg after interval milliseconds, and again after as
/// many more, until it is cancelled.
///
/// Returns the timer's number, which is above 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a set of timers, or handler is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_add(
    timers: *mut c_void,
    interval: usize,
    handler: TimerFn,
    arg: *mut c_void,
) -> c_int {
    count(|| {
        let mut timers = turn(timers)?;
        let call = Call { handler: handler.ok_or(BAD_ADDRESS)?, arg };
        timers.add(milliseconds(interval), call, Instant::now())
    })
}

/// Cancels a timer: it is not called any more.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a set of timers.
/// EINVAL: there is no such timer.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_cancel(timers: *mut c_void, timer_id: c_int) -> c_int {
    status(|| turn(timers)?.cancel(timer_id))
}

/// Gives a timer another interval, which begins now.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// As zmq_timers_cancel.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_set_interval(timers: *mut c_void, timer_id: c_int, interval: usize) -> c_int {
    status(|| turn(timers)?.set_interval(timer_id, milliseconds(interval), Instant::now()))
}

/// Begins a timer's interval anew.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// As zmq_timers_cancel.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_reset(timers: *mut c_void, timer_id: c_int) -> c_int {
    status(|| turn(timers)?.reset(timer_id, Instant::now()))
}

/// Tells how long until the next timer is due.
///
/// Returns milliseconds, -1 when there is no timer; or -1 and errno.
///
/// # Errors
/// EFAULT: not a set of timers.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_timeout(timers: *mut c_void) -> c_long {
    let mut left = -1;
    status(|| {
        if let Some(time) = turn(timers)?.timeout(Instant::now()) {
            // Who sleeps for so long is not early.
            left = c_long::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(c_long::MAX);
        }
        Ok(())
    });
    left
}

/// Calls the functions of all timers that are due. They may add, change and cancel timers; what they add is not called
/// before the next time.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a set of timers.
///
/// # Safety
/// The timers' functions may be called on this thread, with their arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_execute(timers: *mut c_void) -> c_int {
    status(|| {
        let round = turn(timers)?.round(Instant::now());
        // The functions may end the timers, too.
        while let Some((id, call)) = turn(timers).ok().and_then(|mut timers| timers.next_due(round)) {
            // SAFETY: the caller's promise.
            unsafe { (call.handler)(id, call.arg) };
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::zmq_errno;

    struct Seen {
        timers: *mut c_void,
        ids: Vec<c_int>,
    }

    unsafe extern "C" fn see(id: c_int, arg: *mut c_void) {
        // SAFETY: the tests give this.
        unsafe { (*arg.cast::<Seen>()).ids.push(id) };
    }

    unsafe extern "C" fn add_and_end(id: c_int, arg: *mut c_void) {
        // SAFETY: the tests give this, and give it to nobody else meanwhile.
        let seen = unsafe { &mut *arg.cast::<Seen>() };
        assert!(zmq_timers_add(seen.timers, 0, Some(see), arg) > id);
        assert_eq!(zmq_timers_cancel(seen.timers, id), 0);
        assert_eq!(zmq_timers_cancel(seen.timers, id), -1);
        seen.ids.push(-id);
    }

    unsafe extern "C" fn destroy(id: c_int, arg: *mut c_void) {
        // SAFETY: as above.
        let seen = unsafe { &mut *arg.cast::<Seen>() };
        seen.ids.push(id);
        // SAFETY: it is the timers' place.
        assert_eq!(unsafe { zmq_timers_destroy(&mut seen.timers) }, 0);
    }

    #[test]
    fn functions_may_do_as_they_like_with_the_timers() {
        let timers = zmq_timers_new();
        let mut seen = Seen { timers, ids: Vec::new() };
        let arg = (&raw mut seen).cast();
        assert_eq!(zmq_timers_timeout(timers), -1);
        assert_eq!(zmq_timers_add(timers, 0, Some(add_and_end), arg), 1);
        // SAFETY: the functions take `seen`, which nobody uses meanwhile.
        let execute = || unsafe { zmq_timers_execute(timers) };
        assert_eq!((zmq_timers_timeout(timers), execute(), execute()), (0, 0, 0));
        assert_eq!(zmq_timers_set_interval(timers, 2, 1_000_000), 0);
        assert_eq!(execute(), 0);
        let left = zmq_timers_timeout(timers);
        assert!((900_000..=1_000_000).contains(&left), "{left}");
        assert_eq!(zmq_timers_add(timers, 0, Some(destroy), arg), 3);
        assert_eq!(zmq_timers_add(timers, 0, Some(see), arg), 4);
        assert_eq!((execute(), execute(), zmq_errno()), (0, -1, libc::EFAULT));
        assert_eq!(seen.ids, [-1, 2, 3]);
        assert!(seen.timers.is_null());
    }

    #[test]
    fn what_are_no_timers_is_refused() {
        let timers = zmq_timers_new();
        for bad in [ptr::null_mut(), (&raw const timers).cast_mut().cast()] {
            assert_eq!((zmq_timers_timeout(bad), zmq_errno()), (-1, libc::EFAULT));
            assert_eq!(zmq_timers_add(bad, 1, Some(see), ptr::null_mut()), -1);
            assert_eq!((zmq_timers_cancel(bad, 1), zmq_timers_reset(bad, 1)), (-1, -1));
            assert_eq!(zmq_timers_set_interval(bad, 1, 1), -1);
            // SAFETY: nothing is called.
            unsafe { assert_eq!((zmq_timers_execute(bad), zmq_timers_destroy(&mut { bad })), (-1, -1)) };
        }
        assert_eq!((zmq_timers_add(timers, 1, None, ptr::null_mut()), zmq_errno()), (-1, libc::EFAULT));
        assert_eq!((zmq_timers_reset(timers, 1), zmq_errno()), (-1, libc::EINVAL));
        // SAFETY: the pointer is there.
        unsafe {
            assert_eq!((zmq_timers_destroy(&mut { timers }), zmq_timers_destroy(ptr::null_mut())), (0, -1))
        };
    }
}
