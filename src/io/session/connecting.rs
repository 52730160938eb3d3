//! How a session that connects gets its connection: attempts, the waits between them, and giving up.
#![forbid(unsafe_code)]

use super::{Greeting, Link, RECONNECT_MIN, Role, Session};
use crate::io::Cause;
use crate::io::attempt::{Attempt, Start};
use crate::io::fd::Fd;
use crate::socket::monitor::MonitorEvent;
use crate::trace;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::Instant;

impl Session {
    /// Begins an attempt to connect.
    pub(super) fn dial(&mut self, now: Instant) {
        if self.is_closed_by_application() {
            self.ended = true;
            return;
        }
        let Role::Connecting { dialer, .. } = &mut self.role else { return };
        match dialer.start(&self.options, now) {
            Ok(Start::Addresses(addresses)) => self.dial_tcp(addresses, now),
            Ok(Start::Attempt(attempt)) => self.dialed(attempt, now),
            Ok(Start::LookUp(query)) => match self.home.resolve(move || query.run()) {
                Ok(()) => self.link = Link::Resolving,
                Err(error) => self.failed(&error, now),
            },
            Err(error) => self.not_dialed(&error, now),
        }
    }

    /// Tries the addresses, the last first.
    pub(super) fn dial_tcp(&mut self, addresses: Vec<SocketAddr>, now: Instant) {
        let Role::Connecting { dialer, .. } = &mut self.role else { return };
        match dialer.dial(addresses, &self.options, now) {
            Ok(attempt) => self.dialed(attempt, now),
            Err(error) => self.not_dialed(&error, now),
        }
    }

    /// An attempt to connect has not even begun.
    fn not_dialed(&mut self, error: &io::Error, now: Instant) {
        self.report_refused(error);
        self.failed(error, now);
    }

    /// An attempt to connect has failed.
    fn failed(&mut self, error: &io::Error, now: Instant) {
        trace::say(format_args!("{self}: cannot connect: {error}"));
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        if self.options.reconnect_stop.conn_refused && refused || self.gives_up() {
            self.ended = true;
        } else {
            self.back_off(now);
        }
    }

    fn dialed(&mut self, attempt: Attempt, now: Instant) {
        self.fd_number += 1;
        if attempt.is_done() {
            self.greet(attempt.fd, now);
        } else {
            self.link = Link::Dialing(Box::new(attempt));
            self.report(MonitorEvent::ConnectDelayed);
        }
    }

    /// Goes on with the attempt to connect, or to the next address.
    pub(super) fn pursue(&mut self, writable: bool, now: Instant) {
        let Link::Dialing(attempt) = &mut self.link else { return };
        let late = attempt.deadline.is_some_and(|at| at <= now);
        let result = match attempt.progress(writable, &self.options, now) {
            Ok(false) if late => Err(io::ErrorKind::TimedOut.into()),
            Ok(false) => return,
            result => result,
        };
        if result.is_err() {
            let fd = attempt.fd.as_raw_fd();
            self.report(MonitorEvent::Closed(fd));
        }
        let link = std::mem::replace(&mut self.link, Link::Down(None));
        let Link::Dialing(attempt) = link else { unreachable!("matched above") };
        match result {
            Ok(_) => {
                let ending = attempt.ending;
                self.greet(attempt.fd, now);
                // The reactor may have told of what the peer has said.
                self.note(Cause::Ready { readable: true, writable: true, ending }, now);
            }
            Err(error) if attempt.left.is_empty() => self.failed(&error, now),
            Err(_) => self.dial_tcp(attempt.left, now),
        }
    }

    fn greet(&mut self, fd: Fd, now: Instant) {
        let raw_fd = fd.as_raw_fd();
        self.link = Link::Greeting(Box::new(Greeting::new(fd, &self.owner, &self.options, now)));
        self.report(MonitorEvent::Connected(raw_fd));
    }

    /// Waits before the next attempt; the waits grow as the options say, and differ from session to
    /// session so that not all peers of a server come back at once.
    pub(super) fn back_off(&mut self, now: Instant) {
        let Role::Connecting { interval, .. } = &mut self.role else { return };
        let Some(base) = self.options.reconnect_interval else {
            self.link = Link::Down(None);
            return;
        };
        let random = RandomState::new().hash_one(self.home.key) % 1024;
        let jitter = (*interval).min(base) / 1024 * u32::try_from(random).unwrap_or(0);
        let wait = interval.saturating_add(jitter).max(RECONNECT_MIN);
        if self.options.reconnect_interval_max > base {
            *interval = interval.saturating_mul(2).min(self.options.reconnect_interval_max);
        }
        // Further off than time itself goes is never.
        self.link = Link::Down(now.checked_add(wait));
        self.report(MonitorEvent::ConnectRetried(wait));
    }

    /// Whether the connection that is lost was the last.
    pub(super) fn gives_up(&self) -> bool {
        let stop = &self.options.reconnect_stop;
        stop.handshake_failed && matches!(self.link, Link::Greeting(_))
            || stop.after_disconnect && self.closing.is_some() && !self.owner.is_closed()
    }
}
