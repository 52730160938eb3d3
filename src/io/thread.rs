//! An I/O thread: the reactor, its timers, and the sources that it drives.
#![forbid(unsafe_code)]

use super::care::Care;
use super::fd::Fd;
use super::owner::Home;
use super::patience::Patience;
use super::{Cause, Next, Scratch, Source, sys, sys_thread};
use crate::context_options::ContextOptions;
use crate::error::{Error, Result};
use crate::pipe::{Notify, Signal};
use crate::trace;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The reactor's token for "look into the inbox".
const WAKE: Token = Token(usize::MAX);
/// The reactor's token for "look what others drive".
const CARE: Token = Token(usize::MAX - 1);
/// Events that one look at the reactor gives.
const EVENTS_MAX: usize = 256;
/// How often sources that have more to read are driven before a [`Recall`] waits for them no longer.
const DRIVES_MAX: usize = 64;
/// How long to wait before watching a descriptor again that the kernel refused to watch.
const WATCH_RETRY: Duration = Duration::from_millis(100);

/// What other threads ask of an I/O thread.
enum Task {
    Adopt(usize, Arc<Mutex<dyn Source>>),
    Drive(usize, Cause),
    Recall(Arc<Recall>),
    Quit,
}

/// Lives until all I/O threads have taken back what they let others drive, and have driven all that had become ready
/// before it began. Then the source that wants to know is driven.
pub(crate) struct Recall(Home);

impl Recall {
    pub(crate) fn begin(threads: &[Arc<Handle>], home: &Home) -> Weak<Recall> {
        let recall = Arc::new(Recall(home.clone()));
        threads.iter().for_each(|thread| thread.post(Task::Recall(recall.clone())));
        Arc::downgrade(&recall)
    }
}

impl Drop for Recall {
    fn drop(&mut self) {
        self.0.drive(Cause::Recalled);
    }
}

/// A recall that a thread has not done its part of.
struct Recalling {
    _recall: Arc<Recall>,
    /// Looks at the reactor after which all that was ready is known, as each gives no more than [`EVENTS_MAX`]; with the
    /// one before it was told.
    looks: usize,
    /// Looks so far.
    done: usize,
}

/// An I/O thread, as everybody else sees it.
pub(crate) struct Handle {
    inbox: Mutex<Vec<Task>>,
    /// Whether the inbox has something: what the thread looks at instead of taking the lock.
    posted: AtomicBool,
    /// Whether the thread is, or is about to be, waiting in the reactor.
    asleep: AtomicBool,
    waker: Waker,
    /// The reactor, for those who take a descriptor out of it.
    registry: Registry,
    pub(crate) care: Care,
    next_key: AtomicUsize,
    /// Sources on the thread.
    load: AtomicUsize,
}

impl Handle {
    /// A key for a source that is to live on this thread.
    pub(crate) fn new_key(&self) -> usize {
        self.next_key.fetch_add(1, Ordering::Relaxed)
    }

    /// Gives the thread a source to drive, under a key from [`Handle::new_key`].
    pub(crate) fn adopt(&self, key: usize, source: Arc<Mutex<dyn Source>>) {
        self.load.fetch_add(1, Ordering::Relaxed);
        self.post(Task::Adopt(key, source));
    }

    /// Has a source driven. One that has ended is left alone.
    pub(crate) fn drive(&self, key: usize, cause: Cause) {
        self.post(Task::Drive(key, cause));
    }

    /// Watches a descriptor no more, whoever asks. Its source has it watched again.
    pub(crate) fn unwatch(&self, fd: &Fd) {
        // It fails only if it was not watched.
        let _ = self.registry.deregister(&mut SourceFd(&fd.as_raw_fd()));
    }

    /// Ends the thread.
    pub(crate) fn quit(&self) {
        self.post(Task::Quit);
    }

    /// How many sources the thread has.
    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    fn post(&self, task: Task) {
        {
            let mut inbox = self.inbox.lock();
            inbox.push(task);
            self.posted.store(true, Ordering::Release);
        }
        // The thread sets `asleep` before it looks into the inbox for the last time: either it sees the
        // task there, or we see that it is asleep.
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            // It fails only when the thread's counter is full, and then the thread is awake.
            let _ = self.waker.wake();
        }
    }
}

impl Notify for Handle {
    fn notify(&self, key: usize, signal: Signal) {
        self.drive(key, Cause::Pipe(signal));
    }
}

/// A source, as its thread keeps it.
struct Entry {
    source: Arc<Mutex<dyn Source>>,
    watched: Option<Watched>,
    deadline: Option<Instant>,
}

/// What the reactor watches for a source, see [`Source::watch`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct Watched {
    /// The descriptor's number.
    number: u64,
    /// Whether it tells of room to write, too. A local connection would tell of it with every message that the peer
    /// takes: it is asked while somebody waits for room.
    writable: bool,
}

struct IoThread {
    poll: Poll,
    handle: Arc<Handle>,
    entries: HashMap<usize, Entry>,
    timers: BTreeSet<(Instant, usize)>,
    /// Sources that have more to do.
    again: Vec<usize>,
    recalls: Vec<Recalling>,
    scratch: Scratch,
    patience: Patience,
    /// How long it may look again.
    spin: Duration,
    /// Whether there was more to do, when it was last woken, than to look after what others drive.
    was_busy: bool,
}

/// Starts an I/O thread.
///
/// # Errors
/// [`Error::TooManyOpen`] when the system has no more descriptors or threads.
pub(crate) fn start(index: usize, options: &ContextOptions) -> Result<(Arc<Handle>, JoinHandle<()>)> {
    let refused = |_: io::Error| Error::TooManyOpen;
    let poll = Poll::new().map_err(refused)?;
    let waker = Waker::new(poll.registry(), WAKE).map_err(refused)?;
    let care = Care::new().map_err(refused)?;
    poll.registry().register(&mut SourceFd(&care.raw_fd()), CARE, Interest::READABLE).map_err(refused)?;
    let registry = poll.registry().try_clone().map_err(refused)?;
    let handle = Arc::new(Handle {
        inbox: Mutex::default(),
        posted: AtomicBool::new(false),
        asleep: AtomicBool::new(false),
        waker,
        registry,
        care,
        next_key: AtomicUsize::new(0),
        load: AtomicUsize::new(0),
    });
    let mut thread = IoThread {
        poll,
        handle: handle.clone(),
        entries: HashMap::new(),
        timers: BTreeSet::new(),
        again: Vec::new(),
        recalls: Vec::new(),
        scratch: Scratch::new(),
        patience: Patience::default(),
        spin: options.effective_spin(),
        was_busy: false,
    };
    let builder = std::thread::Builder::new().name(name(index, &options.thread_name_prefix));
    let options = options.clone();
    let run = move || {
        settle(&options);
        thread.run();
    };
    let join = builder.spawn(run).map_err(refused)?;
    Ok((handle, join))
}

/// What an I/O thread is called.
fn name(index: usize, prefix: &str) -> String {
    // The rest would not be a C string.
    match prefix.split('\0').next() {
        None | Some("") => format!("ZMQbg/IO/{index}"),
        Some(prefix) => format!("{prefix}/ZMQbg/IO/{index}"),
    }
}

/// Has the calling thread scheduled as the options say. Where the system refuses, it runs as it is.
fn settle(options: &ContextOptions) {
    let (policy, priority) = (options.thread_sched_policy, options.thread_priority);
    let told = |what, result: io::Result<()>| {
        if let Err(error) = result {
            trace::say(format_args!("an I/O thread keeps its {what}: {error}"));
        }
    };
    if policy.is_some() || priority.is_some() {
        told("scheduling", sys_thread::schedule(policy, priority));
    }
    if !options.thread_affinity.is_empty() {
        told("processors", sys_thread::bind_to(options.thread_affinity.iter().copied()));
    }
}

impl IoThread {
    fn run(&mut self) {
        sys::block_signals();
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut tasks = Vec::new();
        let mut again = Vec::new();
        loop {
            events.clear();
            self.wait(&mut events);
            let now = Instant::now();
            for event in &events {
                if event.token() == CARE {
                    self.look_after(false, now);
                } else if event.token() != WAKE {
                    // Errors and hang-ups are found out about by reading or writing.
                    let broken = event.is_error() || event.is_read_closed() || event.is_write_closed();
                    let cause = Cause::Ready {
                        readable: event.is_readable() || broken,
                        writable: event.is_writable() || broken,
                        ending: broken,
                    };
                    self.drive(event.token().0, cause, now);
                }
            }
            if self.handle.posted.load(Ordering::Acquire) {
                let mut inbox = self.handle.inbox.lock();
                self.handle.posted.store(false, Ordering::Relaxed);
                std::mem::swap(&mut tasks, &mut *inbox);
            }
            self.was_busy = !tasks.is_empty() || events.iter().any(|event| event.token() != CARE);
            for task in tasks.drain(..) {
                match task {
                    Task::Adopt(key, source) => {
                        self.entries.insert(key, Entry { source, watched: None, deadline: None });
                        self.drive(key, Cause::Adopted, now);
                    }
                    Task::Drive(key, cause) => self.drive(key, cause, now),
                    Task::Recall(recall) => {
                        let looks = 2 + self.entries.len() / EVENTS_MAX;
                        self.recalls.push(Recalling { _recall: recall, looks, done: 0 });
                    }
                    Task::Quit => return,
                }
            }
            std::mem::swap(&mut again, &mut self.again);
            for key in again.drain(..) {
                self.drive(key, Cause::Again, now);
            }
            while let Some(&(at, key)) = self.timers.first()
                && at <= now
            {
                self.timers.pop_first();
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.deadline = None;
                }
                self.drive(key, Cause::Timer, now);
            }
            if !self.recalls.is_empty() {
                self.go_on_recalling(now);
            }
        }
    }

    /// Does this thread's part of the recalls.
    #[cold]
    fn go_on_recalling(&mut self, now: Instant) {
        // At the end, too: threads of the application may have begun to read what had come already. And at the beginning,
        // for then the reactor tells of what they had not read.
        self.look_after(true, now);
        self.recalls.iter_mut().for_each(|recalling| recalling.done += 1);
        let is_driving = !self.again.is_empty();
        self.recalls.retain(|recalling| {
            let drives = recalling.done.checked_sub(recalling.looks);
            drives.is_none_or(|drives| is_driving && drives < DRIVES_MAX)
        });
    }

    fn wait(&mut self, events: &mut Events) {
        let mut timeout = self.timers.first().map(|(at, _)| at.saturating_duration_since(Instant::now()));
        if !self.again.is_empty() || !self.recalls.is_empty() {
            timeout = Some(Duration::ZERO);
        }
        if self.was_busy && timeout != Some(Duration::ZERO) {
            let (poll, handle) = (&mut self.poll, &self.handle);
            let busy = self.patience.look(self.spin, || {
                handle.posted.load(Ordering::Relaxed)
                    || poll.poll(events, Some(Duration::ZERO)).is_ok() && !events.is_empty()
            });
            if busy {
                return;
            }
        }
        self.handle.asleep.store(true, Ordering::SeqCst);
        if !self.handle.inbox.lock().is_empty() {
            timeout = Some(Duration::ZERO);
        }
        if let Err(error) = self.poll.poll(events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            // The kernel is short of something: give it time rather than ask in a loop.
            std::thread::sleep(Duration::from_millis(1));
        }
        self.handle.asleep.store(false, Ordering::SeqCst);
    }

    /// Takes back what others have driven and then left alone, or all that they drive.
    fn look_after(&mut self, all: bool, now: Instant) {
        let mut keys = self.handle.care.look();
        keys.retain(|key| {
            let Some(entry) = self.entries.get(key) else { return false };
            let cared_for = entry.source.lock().is_cared_for(all);
            if !cared_for {
                self.drive(*key, Cause::Again, now);
            }
            cared_for
        });
        self.handle.care.keep(keys);
    }

    /// Drives a source and does what it then wants.
    fn drive(&mut self, key: usize, cause: Cause, now: Instant) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let mut source = entry.source.lock();
        let only_writable = matches!(cause, Cause::Ready { readable: false, writable: true, .. });
        let mut next = source.drive(cause, &mut self.scratch, now);
        if !next.done {
            let (registry, watched) = (self.poll.registry(), &mut entry.watched);
            source.watch(&mut |fd, number, writable| {
                let wanted = Watched { number, writable };
                let before = watched.filter(|watched| watched.number == number);
                // To ask no more costs a system call: it is done when it is seen that nobody needs the answers.
                if before.is_some_and(|before| before == wanted || before.writable && !only_writable) {
                    return;
                }
                let mut fd = SourceFd(&fd);
                let interest =
                    if writable { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
                let asked = match before {
                    Some(_) => registry.reregister(&mut fd, Token(key), interest),
                    None => registry.register(&mut fd, Token(key), interest),
                };
                match asked {
                    Ok(()) => *watched = Some(wanted),
                    // The kernel watches no more descriptors now. Ask again: driven by the timer, the source
                    // is no worse off than one that is slow.
                    Err(_) => {
                        let retry = now + WATCH_RETRY;
                        next.deadline = Some(next.deadline.map_or(retry, |at| at.min(retry)));
                    }
                }
            });
        }
        drop(source);
        let Next { deadline, again, done, handover } = next;
        if let Some((home, handover)) = handover {
            // It fails only if it was never watched.
            let _ = self.poll.registry().deregister(&mut SourceFd(&handover.connection.fd.as_raw_fd()));
            home.drive(Cause::Handover(handover));
        }
        if done {
            if let Some(at) = entry.deadline {
                self.timers.remove(&(at, key));
            }
            self.entries.remove(&key);
            self.handle.load.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        if entry.deadline != deadline {
            if let Some(at) = entry.deadline {
                self.timers.remove(&(at, key));
            }
            if let Some(at) = deadline {
                self.timers.insert((at, key));
            }
            entry.deadline = deadline;
        }
        if again {
            self.again.push(key);
        }
    }
}
