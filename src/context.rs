//! Contexts: the I/O threads, the sockets and the inproc names of one part of a program, and their end.
#![forbid(unsafe_code)]

use crate::context_options::ContextOptions;
use crate::error::{Error, Result};
use crate::io::owner::{Alive, Runtime};
use crate::io::thread;
use crate::io::{barrier, fd};
use crate::socket::kind::SocketType;
use crate::socket::mailbox::{Event, Mailbox};
use crate::socket::options::Options;
use crate::socket::table::Table;
use crate::socket::{SocketHandle, core::Core};
use crate::transport::inproc::Directory;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// I/O threads that one context may have.
const IO_THREADS_MAX: usize = 1024;

static CONTEXTS: Table<Arc<Shared>> = Table::new();

/// What a context's sockets share.
pub(crate) struct Shared {
    pub(crate) inproc: Arc<Directory>,
    /// See [`fd::forks`].
    forks: u32,
    state: Mutex<State>,
    /// Held by a thread that ends the I/O threads, so that another that terminates waits for that too.
    ending: Mutex<()>,
}

#[derive(Default)]
struct State {
    options: ContextOptions,
    /// Started with the first socket.
    runtime: Option<Arc<Runtime>>,
    /// How many sockets there may be: as the options said when the first one was made.
    sockets_max: usize,
    threads: Vec<JoinHandle<()>>,
    /// The open sockets' mailboxes, by number.
    sockets: HashMap<usize, Arc<Mailbox>>,
    next_number: usize,
    terminating: bool,
}

impl State {
    /// Whether there may be another socket.
    fn check_room(&mut self) -> Result<()> {
        if self.terminating {
            return Err(Error::Terminated);
        }
        if self.runtime.is_none() {
            self.sockets_max = self.options.max_sockets;
        }
        if self.sockets.len() < self.sockets_max { Ok(()) } else { Err(Error::TooManyOpen) }
    }

    /// The context's I/O threads, started if they were not.
    ///
    /// # Errors
    /// [`Error::TooManyOpen`] when the system has no more descriptors or threads, or the context was to have more
    /// than 1024.
    fn runtime(&mut self) -> Result<Arc<Runtime>> {
        if let Some(runtime) = &self.runtime {
            return Ok(runtime.clone());
        }
        if self.options.io_threads > IO_THREADS_MAX {
            return Err(Error::TooManyOpen);
        }
        let mut handles = Vec::new();
        for index in 0..self.options.io_threads {
            match thread::start(index, &self.options) {
                Ok((handle, join)) => {
                    handles.push(handle);
                    self.threads.push(join);
                }
                Err(error) => {
                    handles.iter().for_each(|handle| handle.quit());
                    self.threads.drain(..).for_each(|join| drop(join.join()));
                    return Err(error);
                }
            }
        }
        let runtime = Arc::new(Runtime::new(handles));
        self.runtime = Some(runtime.clone());
        Ok(runtime)
    }
}

impl Shared {
    /// Whether the context belongs to a parent of this process, where its threads are.
    #[inline]
    pub(crate) fn is_inherited(&self) -> bool {
        self.forks != fd::forks()
    }

    /// Counts a socket in. Gives its number, and the context's I/O threads, which the first socket starts.
    ///
    /// # Errors
    /// [`Error::Terminated`]; [`Error::TooManyOpen`] when the context has as many sockets as it may, or the system no
    /// more descriptors or threads.
    pub(crate) fn register(&self, mailbox: &Arc<Mailbox>) -> Result<(usize, Arc<Runtime>, Alive)> {
        if self.is_inherited() {
            return Err(Error::Terminated);
        }
        let mut state = self.state.lock();
        state.check_room()?;
        let runtime = state.runtime()?;
        let number = state.next_number;
        state.next_number += 1;
        state.sockets.insert(number, mailbox.clone());
        let alive = runtime.alive();
        Ok((number, runtime, alive))
    }

    /// What the context says of new sockets.
    fn apply_defaults(&self, options: &mut Options) {
        let defaults = &self.state.lock().options;
        options.ipv6 |= defaults.ipv6;
        if !defaults.blocky {
            options.linger = Some(Duration::ZERO);
        }
    }

    /// How long new sockets' threads may look again before they sleep.
    pub(crate) fn spin(&self) -> Duration {
        self.state.lock().options.effective_spin()
    }

    /// Counts a socket out.
    pub(crate) fn unregister(&self, number: usize) {
        self.state.lock().sockets.remove(&number);
    }

    /// Has all sockets refuse everything but being closed.
    fn shut_down(&self) {
        let mut state = self.state.lock();
        if !state.terminating {
            state.terminating = true;
            for mailbox in state.sockets.values() {
                mailbox.post(Event::Terminate);
            }
        }
    }
}

/// A context. Copies name the same one; a context that is gone gives [`Error::NotAContext`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContextHandle(usize);

impl ContextHandle {
    /// A new context that may have any number of sockets. Its I/O threads are started with the first of them; with
    /// no threads, only the inproc transport works.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for more than 1024 threads, [`Error::TooManyOpen`] for too many contexts.
    pub fn new_context(io_threads: usize) -> Result<ContextHandle> {
        if io_threads > IO_THREADS_MAX {
            return Err(Error::InvalidArgument);
        }
        let unlimited = ContextOptions { max_sockets: usize::MAX, ..ContextOptions::default() };
        ContextHandle::with_options(ContextOptions { io_threads, ..unlimited })
    }

    /// A new context with these options.
    ///
    /// # Errors
    /// [`Error::TooManyOpen`] for too many contexts.
    pub fn with_options(options: ContextOptions) -> Result<ContextHandle> {
        fd::watch_forks();
        let state = Mutex::new(State { options, ..State::default() });
        let ending = Mutex::new(());
        let shared = Shared { inproc: Arc::default(), forks: fd::forks(), state, ending };
        CONTEXTS.insert(Arc::new(shared)).map(ContextHandle).map_err(|_| Error::TooManyOpen)
    }

    /// The context with this number, if there is one: what [`ContextHandle::into_raw`] gave.
    pub fn from_raw(raw: usize) -> ContextHandle {
        ContextHandle(raw)
    }

    /// The context as a number, never 0, for an ABI to give out.
    pub fn into_raw(self) -> usize {
        self.0
    }

    fn shared(self) -> Result<Arc<Shared>> {
        CONTEXTS.get(self.0).map(|turn| Arc::clone(&turn)).ok_or(Error::NotAContext)
    }

    /// A copy of the context's options.
    ///
    /// # Errors
    /// [`Error::NotAContext`].
    pub fn options(self) -> Result<ContextOptions> {
        Ok(self.shared()?.state.lock().options.clone())
    }

    /// Changes the options. What is said of threads counts until the first socket is made.
    ///
    /// # Errors
    /// What `change` says, [`Error::NotAContext`].
    pub fn configure(self, change: impl FnOnce(&mut ContextOptions) -> Result<()>) -> Result<()> {
        let shared = self.shared()?;
        let mut state = shared.state.lock();
        let mut options = state.options.clone();
        change(&mut options)?;
        state.options = options;
        Ok(())
    }

    /// Whether a socket could be made now, of whatever type.
    ///
    /// # Errors
    /// As [`ContextHandle::socket`].
    pub fn check_room(self) -> Result<()> {
        let shared = self.shared()?;
        if shared.is_inherited() {
            return Err(Error::Terminated);
        }
        shared.state.lock().check_room()
    }

    /// A new socket of the context, with these options, save for what the context says of new sockets.
    ///
    /// # Errors
    /// [`Error::NotAContext`], [`Error::Terminated`], [`Error::TooManyOpen`].
    pub fn socket(self, kind: SocketType, mut options: Options) -> Result<SocketHandle> {
        let shared = self.shared()?;
        shared.apply_defaults(&mut options);
        let core = Core::new(kind, options, &shared)?;
        SocketHandle::open(core)
    }

    /// Makes every blocked call on the context's sockets return [`Error::Terminated`], and every later
    /// one, except closing them. Does not wait.
    ///
    /// # Errors
    /// [`Error::NotAContext`].
    pub fn shut_down(self) -> Result<()> {
        let shared = self.shared()?;
        if !shared.is_inherited() {
            shared.shut_down();
        }
        Ok(())
    }

    /// Ends the context: as [`ContextHandle::shut_down`], then waits until all its sockets are closed
    /// and what they sent is delivered or given up, as their linger options say. In a forked child, a
    /// context of the parent is only let go of.
    ///
    /// # Errors
    /// [`Error::NotAContext`]; [`Error::Interrupted`] when a signal was handled meanwhile, and then the
    /// call may be made again. Several threads may wait for the end; those that come when it is over find no context.
    pub fn terminate(self) -> Result<()> {
        let shared = self.shared()?;
        if shared.is_inherited() {
            // Its locks may be held by threads that were not forked: it is left as it is.
            std::mem::forget(CONTEXTS.remove(self.0));
            std::mem::forget(shared);
            return Ok(());
        }
        shared.shut_down();
        let runtime = shared.state.lock().runtime.clone();
        if let Some(runtime) = runtime {
            if !runtime.wait_until_dead() {
                return Err(Error::Interrupted);
            }
            let _ending = shared.ending.lock();
            runtime.threads.iter().for_each(|thread| thread.quit());
            let threads = std::mem::take(&mut shared.state.lock().threads);
            for thread in threads {
                assert!(thread.join().is_ok(), "an I/O thread has panicked");
            }
            barrier::settle();
        }
        CONTEXTS.remove(self.0);
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_socket_looks_for_as_long_as_its_context_said_when_it_was_made() {
        let context = ContextHandle::new_context(1).unwrap();
        let new = |spin| {
            let change = |options: &mut ContextOptions| {
                options.spin = spin;
                Ok(())
            };
            context.configure(change).unwrap();
            context.socket(SocketType::Pair, Options::default()).unwrap()
        };
        let [never, shortly, as_ever] = [Some(Duration::ZERO), Some(Duration::from_micros(7)), None].map(new);
        let spin = |socket: SocketHandle| socket.turn().unwrap().spin;
        let options = |spin| ContextOptions { spin, ..ContextOptions::default() };
        assert_eq!(spin(never), Duration::ZERO);
        assert_eq!(spin(shortly), options(Some(Duration::from_micros(7))).effective_spin());
        assert_eq!(spin(as_ever), options(None).effective_spin());
        for socket in [never, shortly, as_ever] {
            socket.close().unwrap();
        }
        context.terminate().unwrap();
    }
}
