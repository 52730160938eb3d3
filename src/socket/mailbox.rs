//! How a socket is told what happens to its pipes, and how a thread that waits on sockets is woken.
#![forbid(unsafe_code)]

use crate::few;
use crate::io::line::Line;
use crate::io::parker::Parker;
use crate::io::sys_wait::EventFd;
use crate::pattern::{PipeId, Told};
use crate::pipe::{Notify, Pipe, Signal};
use crate::sync::{AtomicBool, Mutex, Ordering};
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;

/// What a socket is told. It learns of it at its next call.
pub(crate) enum Event {
    /// Something happened at the other end of a pipe.
    Pipe(PipeId, Signal),
    /// A peer has come.
    Attach {
        /// The socket's end of the pipe.
        pipe: Box<Pipe>,
        /// See [`Pattern::attach`](crate::pattern::Pattern::attach).
        told: Told,
        /// How to get at the connection, if there is one.
        line: Option<Arc<Line>>,
    },
    /// The context is being terminated.
    Terminate,
}

/// A socket's mailbox. Any thread posts; the thread that has the socket's turn takes.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// Whether `events` has some: what a call looks at instead of taking the lock.
    pending: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    events: Vec<Event>,
    /// Threads to wake with the next event: nearly always none or one.
    waiter: Option<Arc<Parker>>,
    more_waiters: Vec<Arc<Parker>>,
    /// The descriptor that the application was given, once it asked.
    fd: Option<EventFd>,
    /// See [`Mailbox::set_watcher`].
    watcher: Option<Arc<dyn Fn() + Send + Sync>>,
    closed: bool,
}

impl Mailbox {
    /// Tells the socket. False: it is closed, and the event was dropped.
    pub(crate) fn post(&self, event: Event) -> bool {
        let (waiter, more, watcher) = {
            let mut inner = self.inner.lock();
            if inner.closed {
                return false;
            }
            few::push(&mut inner.events, event);
            self.pending.store(true, Ordering::Release);
            if let Some(fd) = &inner.fd {
                fd.signal();
            }
            (inner.waiter.take(), std::mem::take(&mut inner.more_waiters), inner.watcher.clone())
        };
        for parker in waiter.into_iter().chain(more) {
            parker.unpark();
        }
        if let Some(watcher) = watcher {
            watcher();
        }
        true
    }

    /// Has a function called after every event, by the thread that posts it and with whatever locks that holds: for
    /// sockets that belong to no thread.
    pub(crate) fn set_watcher(&self, watcher: Arc<dyn Fn() + Send + Sync>) {
        self.inner.lock().watcher = Some(watcher);
    }

    /// Whether there is news.
    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Relaxed)
    }

    /// Moves the events, in order, to the end of `into`.
    #[inline]
    pub(crate) fn take(&self, into: &mut Vec<Event>) {
        if self.pending.load(Ordering::Acquire) {
            self.take_pending(into);
        }
    }

    #[cold]
    fn take_pending(&self, into: &mut Vec<Event>) {
        let mut inner = self.inner.lock();
        self.pending.store(false, Ordering::Relaxed);
        if let Some(fd) = &inner.fd {
            fd.clear();
        }
        if into.is_empty() {
            std::mem::swap(into, &mut inner.events);
        } else {
            into.append(&mut inner.events);
        }
    }

    /// Registers a thread to be woken by the next event. False: there is one already (or the socket is
    /// closed), so it must not sleep; it is not registered then.
    pub(crate) fn begin_wait(&self, parker: &Arc<Parker>) -> bool {
        let mut inner = self.inner.lock();
        if !inner.events.is_empty() || inner.closed {
            return false;
        }
        if inner.waiter.is_none() {
            inner.waiter = Some(parker.clone());
        } else {
            inner.more_waiters.push(parker.clone());
        }
        true
    }

    /// Takes a registration back, if no event has done so.
    pub(crate) fn end_wait(&self, parker: &Arc<Parker>) {
        let mut inner = self.inner.lock();
        if inner.waiter.as_ref().is_some_and(|waiter| Arc::ptr_eq(waiter, parker)) {
            inner.waiter = inner.more_waiters.pop();
        } else if let Some(at) = inner.more_waiters.iter().position(|waiter| Arc::ptr_eq(waiter, parker)) {
            inner.more_waiters.swap_remove(at);
        }
    }

    /// Whether there is a descriptor, see [`Mailbox::fd`].
    pub(crate) fn has_fd(&self) -> bool {
        self.inner.lock().fd.is_some()
    }

    /// The descriptor that becomes readable with every event; made at the first call.
    pub(crate) fn fd(&self) -> io::Result<RawFd> {
        let mut inner = self.inner.lock();
        if inner.fd.is_none() {
            let fd = EventFd::new()?;
            // Readable until the socket's next call: programs for the original count on it, whose sockets have always
            // something to do when they were just bound or connected.
            fd.signal();
            self.pending.store(true, Ordering::Release);
            inner.fd = Some(fd);
        }
        inner.fd.as_ref().map(EventFd::raw_fd).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Makes the descriptor, if there is one, readable although nothing was posted, until the socket's next call: the
    /// socket has something that its application was not told of.
    pub(crate) fn signal_fd(&self) {
        if let Some(fd) = &self.inner.lock().fd {
            fd.signal();
            // Or nobody would make it unreadable again before there is an event.
            self.pending.store(true, Ordering::Release);
        }
    }

    /// Refuses everything from now on, drops what is there, and wakes who waits.
    pub(crate) fn close(&self) {
        let (waiter, more, events) = {
            let mut inner = self.inner.lock();
            inner.closed = true;
            inner.fd = None;
            inner.watcher = None;
            (inner.waiter.take(), std::mem::take(&mut inner.more_waiters), std::mem::take(&mut inner.events))
        };
        // Dropping a pipe notifies its other end: not under the lock.
        drop(events);
        for parker in waiter.into_iter().chain(more) {
            parker.unpark();
        }
    }
}

impl Notify for Mailbox {
    fn notify(&self, key: usize, signal: Signal) {
        self.post(Event::Pipe(PipeId::from_key(key), signal));
    }
}
