//! A session's line: through it, threads of the application drive the session's connection themselves.
//!
//! Whoever holds a session's lock drives it. Normally that is its I/O thread. But to hand every message over to
//! another thread costs a wake, some 50 µs; so a thread that sends to an idle connection writes it by itself,
//! one that has filled a queue empties it, and one that waits for a message reads the connections that it
//! may come over. None of them ever waits for the lock: where it is taken, its holder does the work.
#![forbid(unsafe_code)]

use super::fd::{self, Fd};
use super::owner::{Home, Owner};
use super::session::Session;
use super::sys_wait::{self, PollFd};
use super::{Cause, Scratch};
use crate::pipe::{Notify, Signal};
use crate::sync::{AtomicBool, fence};
use parking_lot::Mutex;
use std::cell::RefCell;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, Weak};
use std::time::{Duration, Instant};

/// Connections that one thread drives by itself; with more, finding the one that has something costs more than a wake.
pub(crate) const LINES_MAX: usize = 16;
/// So many connections are first asked, with one system call, which of them have something to read.
const ASKED_MIN: usize = 3;
/// Messages sent with less time than this between them are a burst.
const BURST_GAP: Duration = Duration::from_micros(5);
/// How many messages of a burst are written one by one, before the rest is left to be written in batches.
const BURST_HEAD: u32 = 4;

thread_local! {
    /// What a thread of the application drives connections with; made at the first one.
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
    /// Connections that this thread streams to: messages may be left in their pipes.
    static STREAMS: RefCell<Vec<Weak<Line>>> = const { RefCell::new(Vec::new()) };
    /// Connections that this thread has sent to while it gathers, see [`Gathering`].
    static GATHERED: RefCell<Option<Vec<Arc<Line>>>> = const { RefCell::new(None) };
}

/// While it lives, what the calling thread sends to connections that were idle stays in their pipes, to be written in
/// one piece when it goes, or when the thread waits: for who moves many messages at once, and knows when they end.
pub(crate) struct Gathering(());

impl Gathering {
    pub(crate) fn begin() -> Gathering {
        GATHERED.try_with(|lines| lines.borrow_mut().get_or_insert_default().len()).ok();
        Gathering(())
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        let lines = GATHERED.try_with(|lines| lines.take()).ok().flatten();
        lines.into_iter().flatten().for_each(|line| line.write_gathered());
    }
}

fn is_gathering() -> bool {
    GATHERED.try_with(|lines| lines.borrow().is_some()).unwrap_or(false)
}

/// Writes what the calling thread has gathered so far.
fn flush_gathered() {
    let lines = GATHERED.try_with(|lines| lines.borrow_mut().as_mut().map(std::mem::take));
    lines.ok().flatten().into_iter().flatten().for_each(|line| line.write_gathered());
}

/// See the module's documentation.
pub(crate) struct Line {
    home: Home,
    owner: Arc<Owner>,
    session: OnceLock<Weak<Mutex<Session>>>,
    /// Itself, for the list of streams.
    own: Weak<Line>,
    claim: Claim,
    /// The process that it belongs to, see [`fd::forks`].
    forks: u32,
}

/// Whether threads of the application read a connection: it need not be told that there is room for more.
#[derive(Default)]
pub(crate) struct Claim(AtomicBool);

impl Claim {
    /// By the holder of the session's lock, who looks again for room to write to the pipe when it is a claim no more.
    pub(crate) fn set(&self, claimed: bool) {
        self.0.store(claimed, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// With the fence in [`Claim::set`]: either the reader of the pipe, which has made room, sees that nobody else will
    /// look, or whoever looks next sees the room.
    pub(crate) fn is_set(&self) -> bool {
        fence(Ordering::SeqCst);
        self.seems_set()
    }

    /// At some time lately.
    fn seems_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a socket's threads have been doing to its connections.
#[derive(Default)]
pub(crate) struct Rhythm {
    /// How many connections the socket has.
    lines: AtomicUsize,
    /// When a message was last written by the one who sent it, in nanoseconds since the first.
    pushed_ns: AtomicU64,
    /// How many were so written in a burst.
    burst: AtomicU32,
}

impl Rhythm {
    /// Sets the number of the socket's connections.
    pub(crate) fn set_lines(&self, count: usize) {
        self.lines.store(count, Ordering::Relaxed);
    }

    fn is_few(&self) -> bool {
        self.lines.load(Ordering::Relaxed) <= LINES_MAX
    }

    /// Whether the message that is there now is one by itself, to be written at once.
    fn begins_push(&self) -> bool {
        if !self.is_burst() {
            self.burst.store(0, Ordering::Relaxed);
            return true;
        }
        self.burst.load(Ordering::Relaxed) < BURST_HEAD
    }

    /// Whether the message that is there now follows another closely.
    fn is_burst(&self) -> bool {
        now_ns().saturating_sub(self.pushed_ns.load(Ordering::Relaxed)) <= BURST_GAP.as_nanos() as u64
    }

    fn ends_push(&self) {
        self.pushed_ns.store(now_ns(), Ordering::Relaxed);
        self.burst.store(self.burst.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
    }
}

fn now_ns() -> u64 {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(FIRST.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl Line {
    pub(crate) fn new(home: Home, owner: Arc<Owner>) -> Arc<Line> {
        Arc::new_cyclic(|own| Line {
            home,
            owner,
            session: OnceLock::new(),
            own: own.clone(),
            claim: Claim::default(),
            forks: fd::forks(),
        })
    }

    /// Says which session it is the line of, once that has its place.
    pub(crate) fn open(&self, session: &Arc<Mutex<Session>>) {
        let _ = self.session.set(Arc::downgrade(session));
    }

    /// Whether threads that send much over the connection write it by themselves.
    pub(crate) fn may_press(&self) -> bool {
        self.owner.rhythm.is_few()
    }

    /// Marks the connection as read by threads of the application, or not any more: see [`Claim::set`].
    pub(crate) fn set_claimed(&self, claimed: bool) {
        self.claim.set(claimed);
    }

    /// Drives the session, unless somebody else does.
    fn with<T>(&self, deed: impl FnOnce(&mut Session, &mut Scratch) -> T) -> Option<T> {
        let session = self.session.get()?.upgrade()?;
        let mut session = session.try_lock()?;
        let mut deed = Some(deed);
        let done = SCRATCH.try_with(|scratch| {
            // Taken when the application's free function, run by the driving below, calls us.
            let mut scratch = scratch.try_borrow_mut().ok()?;
            deed.take().map(|deed| deed(&mut session, scratch.get_or_insert_with(Scratch::new)))
        });
        // A thread that is ending has lost its own. It must read what it sleeps on all the same: it would not sleep.
        done.ok().flatten().or_else(|| deed.take().map(|deed| deed(&mut session, &mut Scratch::new())))
    }

    /// A message is in the pipe whose reader sleeps. True: it was written.
    fn push(&self) -> bool {
        let rhythm = &self.owner.rhythm;
        if !rhythm.is_few() || !rhythm.begins_push() {
            return false;
        }
        let pushed = self.with(Session::push) == Some(true);
        rhythm.ends_push();
        pushed
    }

    /// Leaves the message that is in the pipe to [`Gathering`]. False: this thread does not gather.
    fn gather(&self) -> bool {
        let Some(line) = self.own.upgrade() else { return false };
        let gathered = GATHERED.try_with(|lines| {
            let mut lines = lines.borrow_mut();
            lines.as_mut().map(|lines| lines.push(line)).is_some()
        });
        gathered == Ok(true)
    }

    /// Has [`flush_streams`] write what this thread leaves in the pipe.
    fn note_stream(&self) {
        STREAMS
            .try_with(|streams| {
                let Ok(mut streams) = streams.try_borrow_mut() else { return };
                if !streams.iter().any(|line| Weak::ptr_eq(line, &self.own)) {
                    // A thread may never wait: it must not keep what is long gone.
                    streams.retain(|line| line.strong_count() > 0);
                    streams.push(self.own.clone());
                }
            })
            .ok();
    }

    fn write_gathered(&self) {
        if !self.owner.rhythm.is_few() || self.with(Session::push) != Some(true) {
            self.home.drive(Cause::Pipe(Signal::Readable));
        }
    }

    /// Reads the connection, if it may be read by this thread. True: it may.
    pub(crate) fn pull(&self) -> bool {
        self.with(Session::pull) == Some(true)
    }

    /// Whether threads of the application have been reading the connection lately.
    pub(crate) fn seems_claimed(&self) -> bool {
        self.claim.seems_set()
    }

    /// The descriptor, if there is nothing to read but what it tells of. `None`: [`Line::pull`] finds out.
    fn quiet_fd(&self) -> Option<Arc<Fd>> {
        self.session.get()?.upgrade()?.try_lock()?.quiet_fd()
    }

    /// The calling thread is about to sleep on the connection that it has pulled: the descriptor to sleep on.
    /// `None`: somebody else has it. [`Line::end_sleep`] ends it.
    pub(crate) fn begin_sleep(&self) -> Option<Arc<Fd>> {
        self.session.get()?.upgrade()?.lock().begin_sleep()
    }

    /// Undoes a [`Line::begin_sleep`] that gave a descriptor.
    pub(crate) fn end_sleep(&self) {
        if let Some(session) = self.session.get().and_then(Weak::upgrade) {
            session.lock().end_sleep();
        }
    }

    /// Gives the connection back to the I/O thread.
    pub(crate) fn give_back(&self) {
        if self.claim.seems_set()
            && let Some(session) = self.session.get().and_then(Weak::upgrade)
        {
            session.lock().give_back();
        }
    }
}

impl Notify for Line {
    fn notify(&self, _key: usize, signal: Signal) {
        match signal {
            Signal::Readable if self.gather() || self.push() => {}
            Signal::Writable if self.claim.is_set() => {}
            signal => self.home.drive(Cause::Pipe(signal)),
        }
    }

    /// Many messages are written by the thread that sends them.
    fn press(&self, _key: usize) -> bool {
        let pressed = self.may_press() && self.with(Session::press) == Some(true);
        if pressed {
            self.note_stream();
        }
        pressed
    }

    /// The answers of a burst are written together when the thread waits, or looks whether there is more to read.
    fn defer(&self, _key: usize) -> bool {
        let rhythm = &self.owner.rhythm;
        let deferred = rhythm.is_few()
            && rhythm.is_burst()
            && !is_gathering()
            && self.with(|session, _| session.defer()) == Some(true);
        if deferred {
            self.note_stream();
        }
        deferred
    }
}

/// Reads the connections that have something, of those that may be read by this thread. True: there are such.
pub(crate) fn pull_all<'a>(lines: impl Iterator<Item = &'a Arc<Line>> + Clone) -> bool {
    if lines.clone().nth(ASKED_MIN - 1).is_none() {
        return lines.filter(|line| line.pull()).count() > 0;
    }
    let mut any = false;
    let mut quiet: Vec<(&Arc<Line>, Arc<Fd>)> = Vec::with_capacity(LINES_MAX);
    for line in lines {
        match line.quiet_fd() {
            Some(fd) => quiet.push((line, fd)),
            None => any |= line.pull(),
        }
    }
    let asked = quiet.iter().map(|(_, fd)| PollFd::new(fd.as_raw_fd(), true, false, false));
    let mut asked: Vec<PollFd> = asked.collect();
    let told = sys_wait::look(&mut asked).is_ok();
    for ((line, _), fd) in quiet.iter().zip(&asked) {
        any |= told && !fd.is_readable() && !fd.is_exceptional() || line.pull();
    }
    any
}

/// Writes what the calling thread has left in the pipes of connections that it streams to. Before it waits.
pub(crate) fn flush_streams() {
    flush_gathered();
    let streams =
        STREAMS.try_with(|streams| streams.try_borrow_mut().map(|mut streams| std::mem::take(&mut *streams)));
    let Ok(Ok(streams)) = streams else { return };
    for line in streams {
        // A forked child has copies of its parent's: their descriptors are closed, or something else by now.
        if let Some(line) = line.upgrade()
            && line.forks == fd::forks()
            && line.with(Session::flush) != Some(true)
        {
            line.home.drive(Cause::Left);
        }
    }
}
