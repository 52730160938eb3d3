//! Pollers: sockets and descriptors that are waited for again and again (zmq_poller(3)).

use crate::abi::*;
use crate::draft::zmq_poller_event_t;
use crate::errno::{BAD_ADDRESS, count, handle, status};
use crate::poll::{events, interest};
use crate::socket::socket;
use oxmq::poll::{PollOn, poll};
use oxmq::socket::poller::{Found, Poller};
use oxmq::socket::table::{Table, Turn};
use oxmq::{Error, Result};
use std::ffi::{c_int, c_long, c_short, c_void};
use std::ptr;
use std::time::Duration;

static POLLERS: Table<Poller<Given>, 512> = Table::new();

/// What the application gave with a registration: addresses.
#[derive(Clone, Copy)]
struct Given {
    /// The socket; 0 for a descriptor.
    socket: usize,
    user_data: usize,
}

/// What events of a registration may have.
const EVENTS: c_short = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR | ZMQ_POLLPRI;

/// The poller that the application means.
fn turn(poller: *mut c_void) -> Result<Turn<'static, Poller<Given>>> {
    POLLERS.get(poller.addr()).ok_or(BAD_ADDRESS)
}

/// The descriptor; EBADF for none.
fn descriptor(fd: Fd) -> Result<PollOn> {
    if fd >= 0 { Ok(PollOn::Fd(fd)) } else { Err(Error::Os(libc::EBADF)) }
}

/// The socket; ENOTSOCK for NULL.
fn a_socket(s: *mut c_void) -> Result<PollOn> {
    if s.is_null() { Err(Error::NotASocket) } else { Ok(PollOn::Socket(socket(s))) }
}

fn valid(events: c_short) -> Result<c_short> {
    if events & !EVENTS == 0 { Ok(events) } else { Err(Error::InvalidArgument) }
}

/// Makes a poller, with nothing registered.
///
/// Returns it, to be given to zmq_poller_destroy; or NULL and errno.
///
/// # Errors
/// EMFILE: there are too many.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_new() -> *mut c_void {
    handle(|| POLLERS.insert(Poller::default()).map_err(|_| Error::TooManyOpen))
}

/// Ends a poller, and sets what poller_p points to to NULL.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: poller_p is NULL, or does not point to a poller.
///
/// # Safety
/// poller_p is NULL or points to a pointer.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_destroy(poller_p: *mut *mut c_void) -> c_int {
    status(|| {
        if poller_p.is_null() {
            return Err(BAD_ADDRESS);
        }
        // SAFETY: the caller's promise; it is not NULL.
        let poller = unsafe { poller_p.read() };
        POLLERS.remove(poller.addr()).ok_or(BAD_ADDRESS)?;
        // SAFETY: as above.
        unsafe { poller_p.write(ptr::null_mut()) };
        Ok(())
    })
}

/// Tells how many sockets and descriptors are registered.
///
/// Returns their number; or -1 and errno.
///
/// # Errors
/// EFAULT: not a poller.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_size(poller: *mut c_void) -> c_int {
    count(|| Ok(c_int::try_from(turn(poller)?.len()).unwrap_or(c_int::MAX)))
}

/// Registers a socket. events: ZMQ_POLLIN, ZMQ_POLLOUT, both, or none for now. user_data is given back with each event.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a poller.
/// ENOTSOCK: not an open socket.
/// EINVAL: the socket is registered, or there are no such events.
/// EMFILE: the system has no descriptor to spare.
/// ENOMEM: there is no memory for it.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_add(
    poller: *mut c_void,
    socket: *mut c_void,
    user_data: *mut c_void,
    events: c_short,
) -> c_int {
    status(|| add(poller, a_socket(socket), socket, user_data, events))
}

/// Registers a descriptor. events: any of ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLERR and ZMQ_POLLPRI.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// As zmq_poller_add; EBADF: fd is negative.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_add_fd(
    poller: *mut c_void,
    fd: Fd,
    user_data: *mut c_void,
    events: c_short,
) -> c_int {
    status(|| add(poller, descriptor(fd), ptr::null_mut(), user_data, events))
}

fn add(
    poller: *mut c_void,
    on: Result<PollOn>,
    socket: *mut c_void,
    user_data: *mut c_void,
    events: c_short,
) -> Result<()> {
    let mut poller = turn(poller)?;
    let given = Given { socket: socket.expose_provenance(), user_data: user_data.expose_provenance() };
    poller.add(on?, interest(valid(events)?), given)
}

/// Changes the events of a socket that is registered.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a poller.
/// ENOTSOCK: not an open socket.
/// EINVAL: the socket is not registered, or there are no such events.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_modify(poller: *mut c_void, socket: *mut c_void, events: c_short) -> c_int {
    status(|| modify(poller, a_socket(socket), events))
}

/// Changes the events of a descriptor that is registered.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// As zmq_poller_modify; EBADF: fd is negative.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_modify_fd(poller: *mut c_void, fd: Fd, events: c_short) -> c_int {
    status(|| modify(poller, descriptor(fd), events))
}

fn modify(poller: *mut c_void, on: Result<PollOn>, events: c_short) -> Result<()> {
    let mut poller = turn(poller)?;
    poller.modify(on?, interest(valid(events)?))
}

/// Undoes the registration of a socket.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// EFAULT: not a poller.
/// ENOTSOCK: not an open socket, nor one that was registered.
/// EINVAL: the socket is not registered.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_remove(poller: *mut c_void, socket: *mut c_void) -> c_int {
    status(|| turn(poller)?.remove(a_socket(socket)?))
}

/// Undoes the registration of a descriptor.
///
/// Returns 0; or -1 and errno.
///
/// # Errors
/// As zmq_poller_remove; EBADF: fd is negative.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_remove_fd(poller: *mut c_void, fd: Fd) -> c_int {
    status(|| turn(poller)?.remove(descriptor(fd)?))
}

/// Waits until one of the sockets and descriptors is ready for what it is registered for, and writes which to event.
/// timeout is in milliseconds: 0 for not to wait, -1 for without end.
///
/// Returns 0; or -1 and errno, and then event names nothing.
///
/// # Errors
/// EAGAIN: the time has passed.
/// EFAULT: not a poller, or event is NULL, or nothing is waited for and timeout is -1.
/// ETERM: the context of one of the sockets was terminated.
/// ENOTSOCK: one of the sockets was closed.
/// EINTR: a signal came before anything was ready.
///
/// # Safety
/// event is NULL or points to room for an event.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_wait(
    poller: *mut c_void,
    event: *mut zmq_poller_event_t,
    timeout: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    let found = unsafe { zmq_poller_wait_all(poller, event, 1, timeout) };
    if found > 0 {
        return 0;
    }
    if !event.is_null() {
        let none =
            zmq_poller_event_t { socket: ptr::null_mut(), fd: -1, user_data: ptr::null_mut(), events: 0 };
        // SAFETY: the caller's promise; it is not NULL.
        unsafe { event.write_unaligned(none) };
    }
    -1
}

/// Waits until some of the sockets and descriptors are ready for what they are registered for, and writes which to
/// events: no more than n_events of them. When there are more, the others come first the next time.
/// timeout is in milliseconds: 0 for not to wait, -1 for without end.
///
/// Returns their number, which is not 0; or -1 and errno.
///
/// # Errors
/// As zmq_poller_wait; EINVAL: n_events is negative.
///
/// # Safety
/// events is NULL or points to room for n_events events.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_wait_all(
    poller: *mut c_void,
    events: *mut zmq_poller_event_t,
    n_events: c_int,
    timeout: c_long,
) -> c_int {
    count(|| {
        let mut asking = turn(poller)?;
        if events.is_null() {
            return Err(BAD_ADDRESS);
        }
        let most = usize::try_from(n_events).map_err(|_| Error::InvalidArgument)?;
        let timeout = u64::try_from(timeout).ok().map(Duration::from_millis);
        if timeout.is_none() && asking.is_idle() {
            return Err(BAD_ADDRESS);
        }
        let mut items = asking.asked()?;
        // Others may use the poller while this thread waits.
        drop(asking);
        poll(&mut items, timeout)?;
        let found = turn(poller)?.found(items, most, |place, found| {
            // SAFETY: the caller's promise; there are not more than `most`.
            unsafe { events.add(place).write_unaligned(event(found)) };
        });
        if found == 0 { Err(Error::WouldBlock) } else { Ok(c_int::try_from(found).unwrap_or(c_int::MAX)) }
    })
}

fn event(found: Found<Given>) -> zmq_poller_event_t {
    let fd = match found.on {
        PollOn::Socket(_) => -1,
        PollOn::Fd(fd) => fd,
    };
    let [socket, user_data] = [found.data.socket, found.data.user_data].map(ptr::with_exposed_provenance_mut);
    zmq_poller_event_t { socket, fd, user_data, events: events(found.got) }
}

/// Gives a descriptor that becomes readable when something may have happened on one of the poller's thread-safe
/// sockets. It is the poller's.
///
/// Returns 0 and writes it to fd; or -1 and errno.
///
/// # Errors
/// EINVAL: none of the sockets is thread-safe.
/// EFAULT: not a poller, or fd is NULL.
/// EMFILE: the system has no descriptor to spare.
///
/// # Safety
/// fd is NULL or points to room for a descriptor.
#[cfg(drafts)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_fd(poller: *mut c_void, fd: *mut Fd) -> c_int {
    status(|| {
        let mut poller = turn(poller)?;
        if fd.is_null() {
            return Err(BAD_ADDRESS);
        }
        let found = poller.fd()?;
        // SAFETY: the caller's promise; it is not NULL.
        unsafe { fd.write(found) };
        Ok(())
    })
}
