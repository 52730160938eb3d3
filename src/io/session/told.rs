//! What a session tells others of its connection: the socket's monitor of what happens to it, and received messages
//! of where they come from.
#![forbid(unsafe_code)]

use super::{Link, Role, Session};
use crate::io::established::{Ended, Established};
use crate::io::fd::Fd;
use crate::io::{report, sys};
use crate::metadata::{Metadata, Origin};
use crate::pipe::Pipe;
use crate::socket::monitor::MonitorEvent;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

impl Session {
    /// The connection's descriptor, if there is one.
    pub(super) fn fd(&self) -> Option<&Fd> {
        match &self.link {
            Link::Down(_) | Link::Resolving => None,
            Link::Dialing(attempt) => Some(&attempt.fd),
            Link::Greeting(greeting) => Some(&greeting.fd),
            Link::Up(up) => Some(&*up.fd),
        }
    }

    /// Tells the socket's monitor, if it has one.
    pub(super) fn report(&self, event: MonitorEvent) {
        self.owner.monitor.tell(event, || report::endpoints(self.fd().map(Fd::as_fd), self.target()));
    }

    /// The endpoint that this side connects to, if it does.
    fn target(&self) -> Option<String> {
        match &self.role {
            Role::Connecting { dialer, .. } => Some(dialer.target().to_string()),
            Role::Accepted { .. } => None,
        }
    }

    /// The same of an attempt to connect that the system refused.
    pub(super) fn report_refused(&self, error: &io::Error) {
        if error.raw_os_error().is_some() {
            self.report(MonitorEvent::Closed(report::NO_FD));
        }
    }

    /// The same of a connection that is lost.
    pub(super) fn report_lost(&self, ended: &Ended) {
        let Some(fd) = self.fd() else { return };
        if matches!(self.link, Link::Greeting(_)) {
            self.report(report::handshake_failed(ended));
        }
        self.report(MonitorEvent::Disconnected(fd.as_raw_fd()));
    }

    /// Says where the messages come from that this connection brings: to the socket's end of a new pipe at once, and
    /// within a pipe behind what another connection brought.
    pub(super) fn note_origin(&mut self, up: &mut Established, socket_end: Option<&mut Pipe>) {
        let address = sys::peer_address(up.fd.as_fd());
        let properties = std::mem::take(&mut up.peer.properties);
        let mut metadata = Metadata::new(up.peer.kind, properties, &address, up.fd.as_raw_fd());
        if self.owner.monitor.wants_statistics() {
            metadata = metadata.with_endpoints(report::endpoints(Some(up.fd.as_fd()), self.target()));
        }
        let Some(pipe) = &mut self.pipe else { return };
        // A peer that comes and goes without a message must not fill the pipe with marks.
        if let Some(origin) = &self.origin
            && !pipe.has_written_since_mark()
        {
            return origin.replace(metadata);
        }
        let origin = Origin::new(metadata);
        match socket_end {
            Some(end) => end.set_origin(origin.number()),
            None if self.owner.kind.receives() => pipe.mark(origin.number()),
            None => {}
        }
        self.origin = Some(origin);
    }
}
