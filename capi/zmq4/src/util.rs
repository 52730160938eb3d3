//! What programs may need beside messages: a stopwatch, a pause, threads, and what the library can do.

use crate::abi::ThreadFn;
use crate::errno::{BAD_ADDRESS, handle, status};
use oxmq::Error;
use oxmq::socket::table::Table;
use oxmq_capi::stopwatch;
use std::ffi::{CStr, c_char, c_int, c_uint, c_ulong, c_void};
use std::mem::MaybeUninit;
use std::ptr;

/// Starts a stopwatch.
///
/// Returns it, to be given to zmq_stopwatch_intermediate and zmq_stopwatch_stop.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    stopwatch::start()
}

/// Gives the microseconds since the stopwatch was started.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_intermediate(watch: *mut c_void) -> c_ulong {
    stopwatch::elapsed(watch) as c_ulong
}

/// Stops a stopwatch.
///
/// Returns the microseconds since it was started.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_stop(watch: *mut c_void) -> c_ulong {
    stopwatch::elapsed(watch) as c_ulong
}

/// Sleeps for some seconds, less when a signal comes.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_sleep(seconds: c_int) {
    let Ok(seconds) = c_uint::try_from(seconds) else { return };
    // SAFETY: sleep takes any number.
    unsafe { libc::sleep(seconds) };
}

/// The threads that were started and not closed.
static THREADS: Table<libc::pthread_t, 128> = Table::new();

/// What a thread begins with.
struct Start {
    run: unsafe extern "C" fn(*mut c_void),
    arg: *mut c_void,
}

/// Starts a thread that calls func with arg. Signals are not handled on it.
///
/// Returns the thread, to be given to zmq_threadclose; or NULL and errno.
///
/// # Errors
/// EFAULT: func is NULL.
/// EAGAIN, EMFILE: there are too many threads.
///
/// # Safety
/// func may be called with arg on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadstart(func: ThreadFn, arg: *mut c_void) -> *mut c_void {
    handle(|| {
        let start = Box::into_raw(Box::new(Start { run: func.ok_or(BAD_ADDRESS)?, arg }));
        let mut thread = MaybeUninit::uninit();
        // SAFETY: `run` takes the start over, which nobody else has.
        match unsafe { libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run, start.cast()) } {
            // SAFETY: there is a thread, so it was written.
            0 => THREADS.insert(unsafe { thread.assume_init() }).map_err(|thread| {
                // SAFETY: it is a thread that nobody joins. It runs, but cannot be waited for.
                unsafe { libc::pthread_detach(thread) };
                Error::TooManyOpen
            }),
            error => {
                // SAFETY: nobody has taken it over.
                drop(unsafe { Box::from_raw(start) });
                Err(Error::Os(error))
            }
        }
    })
}

/// A thread's beginning. It leaves nothing to be done after the function, which may end the thread.
extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: zmq_threadstart made it for this call.
    let Start { run, arg } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset writes the set before it is used; the name ends with a NUL.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
        libc::pthread_setname_np(libc::pthread_self(), c"ZMQapp".as_ptr());
        run(arg);
    }
    ptr::null_mut()
}

/// Waits until a thread of zmq_threadstart has ended.
///
/// # Errors
/// EFAULT: not such a thread, or it was closed.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_threadclose(thread: *mut c_void) {
    status(|| {
        let thread = THREADS.remove(thread.addr()).ok_or(BAD_ADDRESS)?;
        // SAFETY: it is a thread that nobody has joined: who takes it out of the table is the only one that does.
        match unsafe { libc::pthread_join(thread, ptr::null_mut()) } {
            0 => Ok(()),
            error => Err(Error::Os(error)),
        }
    });
}

/// Tells whether the library can do something: "ipc", "curve", "draft", say.
///
/// Returns 1 if it can; 0 if not.
///
/// # Safety
/// capability is NULL or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_has(capability: *const c_char) -> c_int {
    const CAPABILITIES: [&CStr; 3] = [c"ipc", c"curve", c"draft"];
    if capability.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    CAPABILITIES.contains(&unsafe { CStr::from_ptr(capability) }).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::{set_errno, zmq_errno};

    unsafe extern "C" fn set(arg: *mut c_void) {
        // SAFETY: the test gives a number, and waits.
        unsafe { *arg.cast::<c_int>() = 5 };
    }

    #[test]
    fn threads_run_and_are_waited_for() {
        let mut number: c_int = 0;
        // SAFETY: the number is there until the thread has ended.
        let thread = unsafe { zmq_threadstart(Some(set), (&raw mut number).cast()) };
        assert!(!thread.is_null());
        zmq_threadclose(thread);
        assert_eq!(number, 5);
        for bad in [thread, ptr::null_mut(), (&raw mut number).cast()] {
            set_errno(0);
            zmq_threadclose(bad);
            assert_eq!(zmq_errno(), libc::EFAULT);
        }
        // SAFETY: nothing is called.
        assert!(unsafe { zmq_threadstart(None, ptr::null_mut()) }.is_null());
    }

    #[test]
    fn a_stopwatch_goes_on_until_it_is_stopped() {
        let watch = zmq_stopwatch_start();
        std::thread::sleep(std::time::Duration::from_millis(2));
        let between = zmq_stopwatch_intermediate(watch);
        assert!(!watch.is_null() && between >= 1999 && zmq_stopwatch_stop(watch) >= between);
    }

    #[test]
    fn capabilities_are_those_there_are() {
        // SAFETY: the strings end with a NUL.
        let has = |text: &CStr| unsafe { zmq_has(text.as_ptr()) };
        assert_eq!((has(c"ipc"), has(c"curve"), has(c"draft")), (1, 1, 1));
        assert_eq!((has(c"gssapi"), has(c"pgm"), has(c"IPC"), has(c"")), (0, 0, 0, 0));
        // SAFETY: NULL is looked for.
        assert_eq!(unsafe { zmq_has(ptr::null()) }, 0);
    }
}
