//! What the system is told of a thread: how it is scheduled, and where it may run.

use std::io;
use std::mem;

/// The best that a thread can be treated which is not of real time.
const NICE_MIN: libc::c_int = -20;

/// For pthread functions, which return their error.
fn check(error: libc::c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// Sets how the calling thread is scheduled. `None` leaves the policy, or the priority, as it is. A policy that knows no
/// priorities has the thread's niceness instead, which is set to the best (zmq_ctx_set(3)).
pub(crate) fn schedule(policy: Option<i32>, priority: Option<i32>) -> io::Result<()> {
    let mut current = 0;
    // SAFETY: sched_param is plain data; all zeroes is valid.
    let mut param: libc::sched_param = unsafe { mem::zeroed() };
    // SAFETY: both places outlive the call.
    check(unsafe { libc::pthread_getschedparam(libc::pthread_self(), &raw mut current, &raw mut param) })?;
    let policy = policy.unwrap_or(current);
    // SAFETY: no pointers are involved. A policy that is none gives -1.
    let (lowest, highest) =
        unsafe { (libc::sched_get_priority_min(policy), libc::sched_get_priority_max(policy)) };
    if highest < lowest || lowest < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    param.sched_priority = priority.unwrap_or(param.sched_priority).clamp(lowest, highest);
    // SAFETY: `param` outlives the call.
    check(unsafe { libc::pthread_setschedparam(libc::pthread_self(), policy, &raw const param) })?;
    if highest == 0 && priority.is_some() {
        // SAFETY: no pointers are involved. To Linux, 0 is the calling thread.
        if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE_MIN) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Binds the calling thread to these processors.
pub(crate) fn bind_to(processors: impl Iterator<Item = usize>) -> io::Result<()> {
    // SAFETY: cpu_set_t is plain data; all zeroes is the empty set.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    for processor in processors {
        if processor < libc::CPU_SETSIZE as usize {
            // SAFETY: the set has a bit for the processor.
            unsafe { libc::CPU_SET(processor, &mut set) };
        }
    }
    // SAFETY: the set outlives the call and is of the size given.
    check(unsafe {
        libc::pthread_setaffinity_np(libc::pthread_self(), size_of::<libc::cpu_set_t>(), &raw const set)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The processors that the calling thread may run on.
    fn bound_to() -> Vec<usize> {
        // SAFETY: as above; the set is written only.
        unsafe {
            let mut set: libc::cpu_set_t = mem::zeroed();
            let size = size_of::<libc::cpu_set_t>();
            assert_eq!(libc::pthread_getaffinity_np(libc::pthread_self(), size, &raw mut set), 0);
            (0..libc::CPU_SETSIZE as usize).filter(|processor| libc::CPU_ISSET(*processor, &set)).collect()
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "no such system calls")]
    fn a_thread_is_bound_to_what_there_is() {
        let run = || {
            let one = bound_to()[0];
            bind_to([one, 1 << 40].into_iter()).unwrap();
            assert_eq!(bound_to(), [one]);
            assert!(bind_to([1 << 40].into_iter()).is_err(), "there is no such processor");
            assert_eq!(bound_to(), [one]);
        };
        std::thread::spawn(run).join().unwrap();
    }

    #[test]
    #[cfg_attr(miri, ignore = "no such system calls")]
    fn a_policy_is_taken_or_refused() {
        let run = || {
            schedule(None, None).unwrap();
            schedule(Some(libc::SCHED_BATCH), None).unwrap();
            // SAFETY: no pointers are involved.
            assert_eq!(unsafe { libc::sched_getscheduler(0) }, libc::SCHED_BATCH);
            assert!(schedule(Some(77), Some(1)).is_err());
            // Whoever may not, is told so.
            let _ = schedule(Some(libc::SCHED_FIFO), Some(1000));
        };
        std::thread::spawn(run).join().unwrap();
    }
}
