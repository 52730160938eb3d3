//! Waiting for several sockets and descriptors at once (zmq_poll(3)).
#![forbid(unsafe_code)]

use super::SocketHandle;
use super::mailbox::Mailbox;
use super::wait::Wait;
use crate::error::{Error, Result};
use crate::io::line::{self, LINES_MAX};
use crate::io::parker::{self, Parker};
use crate::io::patience::Patience;
pub use crate::io::sys_wait::SignalMask;
use crate::io::sys_wait::{self, PollFd, Waited};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollOn {
    /// A socket.
    Socket(SocketHandle),
    /// A descriptor of the system; a negative one is ignored.
    Fd(i32),
}

/// What is wanted of, or was found on, a socket or descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    /// Something can be received or read.
    pub readable: bool,
    /// Something can be sent or written.
    pub writable: bool,
    /// Something urgent can be read; never found on a socket.
    pub urgent: bool,
    /// An error or a hang-up, which is told unasked; never found on a socket.
    pub error: bool,
}

impl Interest {
    fn any(self) -> bool {
        self.readable || self.writable || self.urgent || self.error
    }
}

/// One thing to wait for.
#[derive(Debug, Clone, Copy)]
pub struct PollItem {
    /// The socket or descriptor.
    pub on: PollOn,
    /// What is waited for.
    pub want: Interest,
    /// What was found.
    pub got: Interest,
}

thread_local! {
    /// What this thread has learned from waiting in `poll`.
    static PATIENCE: Cell<Patience> = const { Cell::new(Patience::new()) };
}

/// Registrations of the calling thread with sockets, for as long as this lives.
struct Waiting<'a> {
    parker: &'a Arc<Parker>,
    mailboxes: &'a [Arc<Mailbox>],
    registered: usize,
}

impl Waiting<'_> {
    /// Registers with the sockets. False: one of them has news.
    fn begin(&mut self) -> bool {
        for mailbox in self.mailboxes {
            if !mailbox.begin_wait(self.parker) {
                return false;
            }
            self.registered += 1;
        }
        true
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        for mailbox in self.mailboxes.iter().take(self.registered) {
            mailbox.end_wait(self.parker);
        }
    }
}

/// Waits until something that is wanted is found on one of the items, or until the timeout (`None`: for
/// ever). Gives the number of items on which something was found.
///
/// # Errors
/// [`Error::NotASocket`], [`Error::Terminated`], [`Error::Interrupted`], [`Error::TooManyOpen`].
pub fn poll(items: &mut [PollItem], timeout: Option<Duration>) -> Result<usize> {
    poll_with_signals(items, timeout, None)
}

/// As [`poll`], and while it waits, only the signals of the mask are held back (zmq_ppoll(3)).
///
/// # Errors
/// As [`poll`].
pub fn poll_with_signals(
    items: &mut [PollItem],
    timeout: Option<Duration>,
    signals: Option<&SignalMask>,
) -> Result<usize> {
    let deadline = timeout.and_then(|time| Instant::now().checked_add(time));
    // Where signals matter, sockets are waited for as descriptors are: only that wait can change the mask.
    let has_fds = signals.is_some() || items.iter().any(|item| matches!(item.on, PollOn::Fd(_)));
    let mut fds = if has_fds { descriptors(items) } else { Vec::new() };
    loop {
        let found = look(items, &mut fds, has_fds, signals)?;
        if found > 0 || timeout == Some(Duration::ZERO) {
            return Ok(found);
        }
        match wait(items, &mut fds, has_fds, deadline, signals)? {
            Outcome::Found(found) => return Ok(found),
            Outcome::Waited(Waited::Look) => {}
            // Whatever came at the last moment is looked at once more.
            Outcome::Waited(Waited::TimedOut) => return look(items, &mut fds, has_fds, signals),
            Outcome::Waited(Waited::Interrupted) => return Err(Error::Interrupted),
        }
    }
}

/// What came of a wait.
enum Outcome {
    /// So many items have something.
    Found(usize),
    Waited(Waited),
}

/// Looks at all items without waiting; gives the number of those that have something.
fn look(
    items: &mut [PollItem],
    fds: &mut [PollFd],
    has_fds: bool,
    signals: Option<&SignalMask>,
) -> Result<usize> {
    if !has_fds {
        return look_at_sockets(items);
    }
    // Descriptors first: one may be that of a socket among the items, and be readable no more when that was looked at.
    let waited = sys_wait::poll(fds, Some(Instant::now()), signals).map_err(|_| Error::InvalidArgument)?;
    let found = take_results(items, fds) + look_at_sockets(items)?;
    if found == 0 && signals.is_some() && waited == Waited::Interrupted {
        return Err(Error::Interrupted);
    }
    Ok(found)
}

/// The descriptors among the items, and a last place for the parker's own.
fn descriptors(items: &[PollItem]) -> Vec<PollFd> {
    let asked = items.iter().filter_map(|item| match item.on {
        PollOn::Fd(fd) => Some(PollFd::new(fd, item.want.readable, item.want.writable, item.want.urgent)),
        PollOn::Socket(_) => None,
    });
    asked.chain([PollFd::new(-1, false, false, false)]).collect()
}

fn look_at_sockets(items: &mut [PollItem]) -> Result<usize> {
    let mut found = 0;
    for item in items {
        if let PollOn::Socket(socket) = item.on {
            let events = socket.events_among(item.want.readable, item.want.writable)?;
            item.got =
                Interest { readable: events.readable, writable: events.writable, ..Interest::default() };
            found += usize::from(item.got.any());
        }
    }
    Ok(found)
}

fn take_results(items: &mut [PollItem], fds: &[PollFd]) -> usize {
    let mut found = 0;
    let descriptors = items.iter_mut().filter(|item| matches!(item.on, PollOn::Fd(_)));
    for (item, fd) in descriptors.zip(fds) {
        item.got = Interest {
            readable: fd.is_readable(),
            writable: fd.is_writable(),
            urgent: fd.is_urgent(),
            error: fd.is_exceptional(),
        };
        found += usize::from(item.got.any());
    }
    found
}

fn wait(
    items: &mut [PollItem],
    fds: &mut Vec<PollFd>,
    has_fds: bool,
    deadline: Option<Instant>,
    signals: Option<&SignalMask>,
) -> Result<Outcome> {
    let mut mailboxes = Vec::new();
    let mut lines = Vec::new();
    let mut spin = None;
    for item in items.iter() {
        if let PollOn::Socket(socket) = item.on
            && item.want.any()
        {
            let mut turn = socket.turn()?;
            mailboxes.push(turn.mailbox.clone());
            spin = Some(spin.map_or(turn.spin, |spin: Duration| spin.min(turn.spin)));
            if item.want.readable {
                lines.push(turn.lines_to_wait_on());
            }
        }
    }
    line::flush_streams();
    let mut on_lines = Wait::new(lines);
    if on_lines.len() > LINES_MAX {
        on_lines = Wait::default();
    }
    if has_fds || !on_lines.is_empty() {
        let first = items.iter().find_map(|item| match item.on {
            PollOn::Socket(socket) if item.want.any() => Some(socket),
            _ => None,
        });
        if let Some(socket) = first
            && !on_lines.prepare(socket, &mut *socket.turn()?)
            && has_fds
        {
            return Err(Error::TooManyOpen);
        }
    }
    on_lines.hold_back(signals);
    on_lines.pull();
    if mailboxes.iter().any(|mailbox| mailbox.is_pending()) {
        return Ok(Outcome::Waited(Waited::Look));
    }
    if !has_fds {
        let mut patience = PATIENCE.take();
        let found = patience.look(spin.unwrap_or_default(), || {
            on_lines.pull();
            mailboxes.iter().any(|mailbox| mailbox.is_pending())
        });
        PATIENCE.set(patience);
        if found {
            return Ok(Outcome::Waited(Waited::Look));
        }
    }
    let parker = parker::mine();
    parker.forget();
    let mut waiting = Waiting { parker: &parker, mailboxes: &mailboxes, registered: 0 };
    // Another thread may have used a socket since it was looked at: once registered, look again.
    if !waiting.begin() {
        return Ok(Outcome::Waited(Waited::Look));
    }
    let found = look(items, fds, has_fds, signals)?;
    if found > 0 {
        return Ok(Outcome::Found(found));
    }
    let waited =
        if has_fds { on_lines.poll(&parker, fds, deadline) } else { on_lines.sleep(&parker, deadline) };
    waited.map(Outcome::Waited)
}
