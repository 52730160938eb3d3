//! Waiting on connections: a thread that waits for a message reads the few connections that it may come over by
//! itself, and sleeps on their descriptors together with its own.
#![forbid(unsafe_code)]

use super::SocketHandle;
use super::core::Core;
use crate::error::{Error, Result};
use crate::io::fd::Fd;
use crate::io::line::{self, Line};
use crate::io::parker::Parker;
use crate::io::sys_wait::{self, EventFd, PollFd, SignalMask, Waited};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Instant;

/// The connections that a thread waits on.
#[derive(Default)]
pub(super) struct Wait {
    lines: Vec<Arc<[Arc<Line>]>>,
    /// What ends a sleep on descriptors; one of a socket's, which it is given back to.
    event: Option<(SocketHandle, Arc<EventFd>)>,
    /// The signals that are held back during a sleep on descriptors, if not those that the thread holds back.
    signals: Option<SignalMask>,
}

/// Descriptors that a thread sleeps on; they stay open, and nobody else reads them, as long as this lives.
struct Sleep<'a> {
    on: Vec<(&'a Arc<Line>, Arc<Fd>)>,
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some((socket, event)) = self.event.take()
            && let Ok(mut turn) = socket.turn()
        {
            turn.give_event(event);
        }
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.on.iter().for_each(|(line, _)| line.end_sleep());
    }
}

impl Wait {
    pub(super) fn new(lines: impl IntoIterator<Item = Arc<[Arc<Line>]>>) -> Wait {
        let lines = lines.into_iter().filter(|lines| !lines.is_empty()).collect();
        Wait { lines, event: None, signals: None }
    }

    /// Waits on these connections from now on. Those that it waited on before and does not any more are left alone.
    /// False: it waited on just these.
    pub(super) fn renew(&mut self, lines: Arc<[Arc<Line>]>) -> bool {
        let same = match self.lines.as_slice() {
            [before] => Arc::ptr_eq(before, &lines),
            before => before.is_empty() && lines.is_empty(),
        };
        if !same {
            self.lines.clear();
            self.lines.extend((!lines.is_empty()).then_some(lines));
        }
        !same
    }

    /// Has sleeps on descriptors hold back just these signals.
    pub(super) fn hold_back(&mut self, signals: Option<&SignalMask>) {
        self.signals = signals.copied();
    }

    /// Sees to it that a sleep on descriptors can be ended by what happens to the socket, whose turn it is. False:
    /// the system has no descriptor for that now, and the I/O threads have the connections.
    pub(super) fn prepare(&mut self, socket: SocketHandle, core: &mut Core) -> bool {
        if self.event.is_none() {
            self.event = core.take_event().ok().map(|event| (socket, event));
        }
        if self.event.is_none() {
            self.lines.drain(..).for_each(|lines| lines.iter().for_each(|line| line.give_back()));
        }
        self.event.is_some()
    }

    /// Whether there are no connections to sleep on.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many connections there are.
    pub(super) fn len(&self) -> usize {
        self.lines.iter().map(|lines| lines.len()).sum()
    }

    /// Reads the connections. True: this thread may read one of them at least.
    pub(super) fn pull(&self) -> bool {
        line::pull_all(self.lines.iter().flat_map(|lines| &**lines))
    }

    /// Whether threads of the application have been reading all of the connections lately, and there are some.
    pub(super) fn is_claimed(&self) -> bool {
        let mut lines = self.lines.iter().flat_map(|lines| &**lines);
        !self.is_empty() && lines.all(|line| line.seems_claimed())
    }

    /// Sleeps until the thread is told to look, one of the connections or of the descriptors has something, or the
    /// deadline; then reads those connections. The last of `fds` is a place for the parker's own.
    ///
    /// # Errors
    /// [`Error::TooManyOpen`].
    pub(super) fn poll(
        &self,
        parker: &Parker,
        fds: &mut Vec<PollFd>,
        deadline: Option<Instant>,
    ) -> Result<Waited> {
        let count = fds.len().saturating_sub(1);
        let sleep = self.begin_sleep();
        fds.truncate(count);
        let descriptors = sleep.on.iter().map(|(_, fd)| PollFd::new(fd.as_raw_fd(), true, false, false));
        fds.extend(descriptors);
        fds.push(PollFd::new(-1, false, false, false));
        let waited = match &self.event {
            Some((_, event)) => parker.poll(fds, event, deadline, self.signals.as_ref()),
            // There is no socket that could tell.
            None => sys_wait::poll(fds, deadline, self.signals.as_ref()),
        };
        let waited = waited.map_err(|_| Error::TooManyOpen);
        let lines: Vec<&Arc<Line>> = sleep
            .on
            .iter()
            .zip(fds.iter().skip(count))
            .filter(|(_, fd)| fd.is_readable() || fd.is_exceptional())
            .map(|((line, _), _)| *line)
            .collect();
        drop(sleep);
        fds.truncate(count);
        fds.push(PollFd::new(-1, false, false, false));
        for line in lines {
            line.pull();
        }
        waited
    }

    fn begin_sleep(&self) -> Sleep<'_> {
        let lines = self.lines.iter().flat_map(|lines| &**lines);
        Sleep { on: lines.filter_map(|line| line.begin_sleep().map(|fd| (line, fd))).collect() }
    }

    /// Sleeps until the thread is told to look, one of the connections has something, or the deadline; then reads
    /// those connections.
    ///
    /// # Errors
    /// [`Error::TooManyOpen`].
    pub(super) fn sleep(&self, parker: &Parker, deadline: Option<Instant>) -> Result<Waited> {
        if self.is_empty() {
            return Ok(parker.park(deadline));
        }
        self.poll(parker, &mut vec![PollFd::new(-1, false, false, false)], deadline)
    }
}
