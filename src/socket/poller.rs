//! `Poller`: sockets and descriptors that are waited for again and again (zmq_poller(3)).
//!
//! A wait does not hold the poller: who keeps it in a table asks it what to wait for, waits with
//! [`poll`](super::poll::poll), and tells it what was found.
#![forbid(unsafe_code)]

use super::poll::{Interest, PollItem, PollOn};
use crate::error::{Error, Result};
use mio::unix::SourceFd;
use mio::{Registry, Token};
use std::os::fd::AsRawFd;

/// Something registered, and what was found on it.
#[derive(Debug, Clone, Copy)]
pub struct Found<D> {
    /// The socket or descriptor.
    pub on: PollOn,
    /// What was found.
    pub got: Interest,
    /// What it was registered with.
    pub data: D,
}

struct Entry<D> {
    on: PollOn,
    want: Interest,
    data: D,
}

/// See the module's documentation. What is registered comes with some data of whoever registers it.
pub struct Poller<D> {
    entries: Vec<Entry<D>>,
    /// Where the next look begins: behind what was found last, when there was more than could be told.
    first: usize,
    /// Between two waits: room for the items of the next.
    room: Vec<PollItem>,
    /// Watches the descriptors of the thread-safe sockets, once somebody has asked for its own.
    watch: Option<mio::Poll>,
}

impl<D> Default for Poller<D> {
    fn default() -> Poller<D> {
        Poller { entries: Vec::new(), first: 0, room: Vec::new(), watch: None }
    }
}

impl<D: Copy> Poller<D> {
    /// How many sockets and descriptors are registered.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Registers a socket or descriptor.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`]: it is registered. [`Error::NotASocket`]. [`Error::TooManyOpen`].
    pub fn add(&mut self, on: PollOn, want: Interest, data: D) -> Result<()> {
        check(on)?;
        if self.place(on).is_some() {
            return Err(Error::InvalidArgument);
        }
        self.entries.try_reserve(1).map_err(|_| Error::OutOfMemory)?;
        if let Some(watch) = &self.watch {
            begin_watch(watch.registry(), on)?;
        }
        self.entries.push(Entry { on, want: possible(on, want), data });
        Ok(())
    }

    /// Changes what is waited for; nothing is possible, too.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`]: it is not registered. [`Error::NotASocket`].
    pub fn modify(&mut self, on: PollOn, want: Interest) -> Result<()> {
        let place = self.registered(on)?;
        self.entries[place].want = possible(on, want);
        Ok(())
    }

    /// Undoes a registration, that of a socket that was closed too.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`]: it is not registered. [`Error::NotASocket`].
    pub fn remove(&mut self, on: PollOn) -> Result<()> {
        let place = self.registered(on)?;
        self.entries.remove(place);
        if let (Some(watch), Some(fd)) = (&self.watch, descriptor(on)) {
            // It is gone already if its socket was closed.
            let _ = watch.registry().deregister(&mut SourceFd(&fd));
        }
        Ok(())
    }

    /// Whether nothing is waited for, so that a wait without a timeout would never end.
    pub fn is_idle(&self) -> bool {
        self.entries.iter().all(|entry| entry.want == Interest::default())
    }

    /// What to wait for: to be given back to [`Poller::found`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn asked(&mut self) -> Result<Vec<PollItem>> {
        let mut items = std::mem::take(&mut self.room);
        items.clear();
        items.try_reserve(self.entries.len()).map_err(|_| Error::OutOfMemory)?;
        let asked = |entry: &Entry<D>| PollItem { on: entry.on, want: entry.want, got: Interest::default() };
        items.extend(self.entries.iter().map(asked));
        Ok(items)
    }

    /// Tells `tell` of up to `most` items on which something was found, in the order of their registration;
    /// gives their number. Where there are more, the next wait begins with those that were left out.
    pub fn found(
        &mut self,
        items: Vec<PollItem>,
        most: usize,
        mut tell: impl FnMut(usize, Found<D>),
    ) -> usize {
        let first = if self.first < items.len() { std::mem::take(&mut self.first) } else { 0 };
        let mut told = 0;
        for place in (first..items.len()).chain(0..first) {
            let item = &items[place];
            if item.got == Interest::default() {
                continue;
            }
            // Another thread may have changed the registrations.
            let same = self.entries.get(place).filter(|entry| entry.on == item.on);
            let Some(entry) = same.or_else(|| self.entries.iter().find(|entry| entry.on == item.on)) else {
                continue;
            };
            if told == most {
                self.first = place;
                break;
            }
            tell(told, Found { on: item.on, got: item.got, data: entry.data });
            told += 1;
        }
        self.room = items;
        told
    }

    /// A descriptor that becomes readable when something may have happened on one of the thread-safe sockets.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`]: there is no such socket. [`Error::TooManyOpen`].
    pub fn fd(&mut self) -> Result<i32> {
        if !self.entries.iter().any(|entry| is_thread_safe(entry.on)) {
            return Err(Error::InvalidArgument);
        }
        let watch = match self.watch.take() {
            Some(watch) => watch,
            None => {
                let watch = mio::Poll::new().map_err(|_| Error::TooManyOpen)?;
                self.entries.iter().try_for_each(|entry| begin_watch(watch.registry(), entry.on))?;
                watch
            }
        };
        Ok(self.watch.insert(watch).as_raw_fd())
    }

    fn place(&self, on: PollOn) -> Option<usize> {
        self.entries.iter().position(|entry| entry.on == on)
    }

    fn registered(&self, on: PollOn) -> Result<usize> {
        self.place(on).ok_or_else(|| check(on).err().unwrap_or(Error::InvalidArgument))
    }
}

/// Whether this can be registered.
fn check(on: PollOn) -> Result<()> {
    match on {
        PollOn::Socket(socket) => match socket.kind() {
            // The wait will tell.
            Err(Error::Terminated) => Ok(()),
            result => result.map(drop),
        },
        PollOn::Fd(_) => Ok(()),
    }
}

/// What can be waited for: sockets know no errors.
fn possible(on: PollOn, want: Interest) -> Interest {
    match on {
        PollOn::Socket(_) => {
            Interest { readable: want.readable, writable: want.writable, ..Interest::default() }
        }
        PollOn::Fd(_) => want,
    }
}

fn is_thread_safe(on: PollOn) -> bool {
    matches!(on, PollOn::Socket(socket) if socket.kind().is_ok_and(|kind| kind.is_thread_safe()))
}

/// The descriptor to watch for this: only thread-safe sockets may be used from other threads meanwhile.
fn descriptor(on: PollOn) -> Option<i32> {
    match on {
        PollOn::Socket(socket) if is_thread_safe(on) => socket.fd().ok(),
        _ => None,
    }
}

fn begin_watch(registry: &Registry, on: PollOn) -> Result<()> {
    match descriptor(on) {
        Some(fd) => registry
            .register(&mut SourceFd(&fd), Token(0), mio::Interest::READABLE)
            .map_err(|_| Error::TooManyOpen),
        None => Ok(()),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::{ContextHandle, Message, Options, SocketType, poll};
    use std::time::Duration;

    const IN: Interest = Interest { readable: true, writable: false, urgent: false, error: false };

    fn wait(poller: &mut Poller<usize>, most: usize) -> Vec<usize> {
        let mut items = poller.asked().unwrap();
        poll::poll(&mut items, Some(Duration::ZERO)).unwrap();
        let mut told = Vec::new();
        let count = poller.found(items, most, |_, found| told.push(found.data));
        assert_eq!(count, told.len());
        told
    }

    #[test]
    fn registrations_are_checked() {
        let context = ContextHandle::new_context(0).unwrap();
        let socket = context.socket(SocketType::Pair, Options::default()).unwrap();
        let (it, fd) = (PollOn::Socket(socket), PollOn::Fd(0));
        let mut poller = Poller::default();
        assert!(poller.is_idle());
        assert_eq!(poller.modify(it, IN), Err(Error::InvalidArgument));
        assert_eq!(poller.remove(fd), Err(Error::InvalidArgument));
        poller.add(it, Interest::default(), 1).unwrap();
        assert_eq!(poller.add(it, IN, 1), Err(Error::InvalidArgument));
        assert!(poller.is_idle());
        poller.add(fd, IN, 2).unwrap();
        assert_eq!(poller.len(), 2);
        assert!(!poller.is_idle());
        assert_eq!(poller.asked().map(|items| items.len()), Ok(2));
        assert_eq!(poller.fd(), Err(Error::InvalidArgument));
        socket.close().unwrap();
        poller.remove(it).unwrap();
        assert_eq!(poller.remove(it), Err(Error::NotASocket));
        assert_eq!(poller.add(it, IN, 1), Err(Error::NotASocket));
        context.terminate().unwrap();
    }

    #[test]
    fn what_was_left_out_comes_first_the_next_time() {
        let context = ContextHandle::new_context(0).unwrap();
        let mut poller = Poller::default();
        let mut sockets = Vec::new();
        for data in 0..3 {
            let pair = [(); 2].map(|()| context.socket(SocketType::Pair, Options::default()).unwrap());
            pair[0].bind(&format!("inproc://{data}")).unwrap();
            pair[1].connect(&format!("inproc://{data}")).unwrap();
            poller.add(PollOn::Socket(pair[0]), IN, data).unwrap();
            sockets.extend(pair);
        }
        assert_eq!(wait(&mut poller, 3), Vec::<usize>::new());
        for socket in [sockets[1], sockets[3], sockets[5]] {
            socket.send(&mut Message::new(), false).unwrap();
        }
        assert_eq!(wait(&mut poller, 3), [0, 1, 2]);
        assert_eq!(wait(&mut poller, 2), [0, 1]);
        assert_eq!(wait(&mut poller, 2), [2, 0]);
        assert_eq!(wait(&mut poller, 3), [1, 2, 0]);
        assert_eq!(wait(&mut poller, 9), [0, 1, 2]);
        poller.modify(PollOn::Socket(sockets[2]), Interest::default()).unwrap();
        assert_eq!(wait(&mut poller, 9), [0, 2]);
        for socket in sockets {
            socket.close().unwrap();
        }
        context.terminate().unwrap();
    }
}
