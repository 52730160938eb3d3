//! What a socket has in common with the listeners and sessions that work for it, and what a context has
//! in common with all of them.
#![forbid(unsafe_code)]

use super::entrance::Entrance;
use super::line::Rhythm;
use super::parker::{self, Parker};
use super::sys_wait::Waited;
use super::thread::Handle;
use super::{Cause, sys};
use crate::message::Message;
use crate::pattern::Upstream;
use crate::socket::kind::SocketType;
use crate::socket::mailbox::Mailbox;
use crate::socket::monitor::Monitor;
use crate::transport::inproc::Directory;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A socket, as its listeners and sessions see it.
pub(crate) struct Owner {
    pub(crate) kind: SocketType,
    pub(crate) mailbox: Arc<Mailbox>,
    /// What every publisher must be told when it is connected.
    pub(crate) upstream: Option<Arc<dyn Upstream>>,
    pub(crate) runtime: Arc<Runtime>,
    /// The names of its context, where a handler of ZAP may be found.
    pub(crate) directory: Arc<Directory>,
    /// Who is told what happens to the connections.
    pub(crate) monitor: Monitor,
    /// Accepted connections whose handshake is under way; `None` once the socket is closed.
    greeting: Mutex<Option<HashSet<Home>>>,
    /// How the socket's threads drive its connections.
    pub(crate) rhythm: Rhythm,
    /// Named peers that keep their pipe while they are away.
    pub(crate) durable: Mutex<HashMap<Vec<u8>, Durable>>,
    /// Peers that are let in by their names.
    pub(crate) entrance: Entrance,
    /// Connections that have begun.
    begun: AtomicU64,
    /// See [`Owner::first_words`].
    first_words: Mutex<Vec<Message>>,
    /// See [`Owner::linger`]; in milliseconds, the largest value is "for ever".
    linger_ms: AtomicU64,
}

/// Connections of one socket that may be in their handshake at a time.
const GREETING_MAX: usize = 4096;

/// Where a source lives: its thread, and the key it has there.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) thread: Arc<Handle>,
    pub(crate) key: usize,
}

impl Home {
    /// A place for a new source on the thread.
    pub(crate) fn new(thread: &Arc<Handle>) -> Home {
        Home { thread: thread.clone(), key: thread.new_key() }
    }

    /// Has a host looked up for the source, on a thread of its own: it may take seconds, and there is only a way that
    /// blocks.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn resolve(
        &self,
        look_up: impl FnOnce() -> Vec<SocketAddr> + Send + 'static,
    ) -> io::Result<()> {
        let home = self.clone();
        let builder = std::thread::Builder::new().name("ZMQbg/Resolve".into());
        builder.spawn(move || {
            sys::block_signals();
            home.drive(Cause::Resolved(look_up()));
        })?;
        Ok(())
    }

    /// Has the source driven.
    pub(crate) fn drive(&self, cause: Cause) {
        self.thread.drive(self.key, cause);
    }
}

impl PartialEq for Home {
    fn eq(&self, other: &Home) -> bool {
        Arc::ptr_eq(&self.thread, &other.thread) && self.key == other.key
    }
}

impl Eq for Home {}

impl Hash for Home {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// The connections that one listener has accepted, so that they can be ended with it; `None` once they are.
pub(crate) struct Guests(Mutex<Option<HashSet<Home>>>);

impl Guests {
    pub(crate) fn new() -> Guests {
        Guests(Mutex::new(Some(HashSet::new())))
    }

    /// Counts a connection in. False: it is not wanted any more.
    pub(crate) fn enter(&self, home: &Home) -> bool {
        self.0.lock().as_mut().is_some_and(|homes| homes.insert(home.clone()))
    }

    /// Counts it out.
    pub(crate) fn leave(&self, home: &Home) {
        if let Some(homes) = &mut *self.0.lock() {
            homes.remove(home);
        }
    }

    /// Ends all of them, in order.
    pub(crate) fn dismiss(&self) {
        for home in self.0.lock().take().into_iter().flatten() {
            home.drive(Cause::Dismiss);
        }
    }
}

/// A named peer that this socket has met.
pub(crate) struct Durable {
    /// The session that keeps its pipe.
    pub(crate) home: Home,
    /// Whether it is connected right now.
    pub(crate) connected: bool,
}

impl Owner {
    pub(crate) fn new(
        kind: SocketType,
        mailbox: Arc<Mailbox>,
        upstream: Option<Arc<dyn Upstream>>,
        runtime: Arc<Runtime>,
        directory: Arc<Directory>,
    ) -> Owner {
        Owner {
            kind,
            mailbox,
            upstream,
            runtime,
            directory,
            monitor: Monitor::default(),
            greeting: Mutex::new(Some(HashSet::new())),
            rhythm: Rhythm::default(),
            durable: Mutex::default(),
            entrance: Entrance::default(),
            begun: AtomicU64::new(0),
            first_words: Mutex::default(),
            linger_ms: AtomicU64::new(u64::MAX),
        }
    }

    /// The number of a connection that begins.
    pub(crate) fn number_of_next(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts in an accepted connection whose handshake begins. False: there are too many, or the socket
    /// is closed, and the connection is not wanted.
    pub(crate) fn greeting_begins(&self, home: &Home) -> bool {
        match &mut *self.greeting.lock() {
            Some(homes) if homes.len() < GREETING_MAX => homes.insert(home.clone()),
            _ => false,
        }
    }

    /// Counts it out.
    pub(crate) fn greeting_ends(&self, home: &Home) {
        if let Some(homes) = &mut *self.greeting.lock() {
            homes.remove(home);
        }
    }

    /// The socket is closed: connections that it has not heard of end.
    pub(crate) fn close(&self) {
        for home in self.greeting.lock().take().into_iter().flatten() {
            home.drive(Cause::Stop);
        }
    }

    /// Whether the socket is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.greeting.lock().is_none()
    }

    /// Messages that each new peer is sent ahead of all others.
    pub(crate) fn first_words(&self) -> Vec<Message> {
        self.first_words.lock().clone()
    }

    /// Sets what [`Owner::first_words`] gives.
    pub(crate) fn set_first_words(&self, words: Vec<Message>) {
        *self.first_words.lock() = words;
    }

    /// How long a session goes on delivering when its pipe was closed; `None`: for ever.
    pub(crate) fn linger(&self) -> Option<Duration> {
        match self.linger_ms.load(Ordering::Relaxed) {
            u64::MAX => None,
            ms => Some(Duration::from_millis(ms)),
        }
    }

    /// Sets what [`Owner::linger`] says.
    pub(crate) fn set_linger(&self, linger: Option<Duration>) {
        let ms = linger.map_or(u64::MAX, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self.linger_ms.store(ms, Ordering::Relaxed);
    }
}

/// The I/O threads of a context, and the count of what lives on them.
pub(crate) struct Runtime {
    pub(crate) threads: Vec<Arc<Handle>>,
    live: Mutex<Live>,
}

#[derive(Default)]
struct Live {
    /// Open sockets, and listeners and sessions that have not ended.
    count: usize,
    /// Threads that wait for the count to reach zero.
    waiters: Vec<Arc<Parker>>,
}

/// Something of a context that is alive: the context cannot end before it is dropped.
pub(crate) struct Alive(Arc<Runtime>);

impl Runtime {
    pub(crate) fn new(threads: Vec<Arc<Handle>>) -> Runtime {
        Runtime { threads, live: Mutex::default() }
    }

    /// The I/O thread with the least to do among those that the bitmap allows (0: all).
    pub(crate) fn choose(&self, affinity: u64) -> Option<&Arc<Handle>> {
        let allowed = |(index, _): &(usize, &Arc<Handle>)| {
            affinity == 0 || *index < 64 && affinity & (1 << *index) != 0
        };
        let candidates = self.threads.iter().enumerate().filter(allowed);
        candidates.min_by_key(|(_, thread)| thread.load()).map(|(_, thread)| thread)
    }

    /// Counts something in.
    pub(crate) fn alive(self: &Arc<Runtime>) -> Alive {
        self.live.lock().count += 1;
        Alive(self.clone())
    }

    /// Waits until nothing is alive. False: a signal interrupted the wait.
    pub(crate) fn wait_until_dead(&self) -> bool {
        let parker = parker::mine();
        loop {
            {
                let mut live = self.live.lock();
                live.waiters.retain(|waiter| !Arc::ptr_eq(waiter, &parker));
                if live.count == 0 {
                    return true;
                }
                live.waiters.push(parker.clone());
            }
            if parker.park(None) == Waited::Interrupted {
                self.live.lock().waiters.retain(|waiter| !Arc::ptr_eq(waiter, &parker));
                return false;
            }
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut live = self.0.live.lock();
        live.count -= 1;
        if live.count == 0 {
            for waiter in live.waiters.drain(..) {
                waiter.unpark();
            }
        }
    }
}
