//! What a socket tells of itself when it is asked: its monitor, how full its queues are, how a peer is.
#![forbid(unsafe_code)]

use super::endpoints::{Attachment, Bond};
use super::{Core, Events};
use crate::error::{Error, Result};
use crate::message::{Kind, Message};
use crate::metadata::{self, Metadata};
use crate::pattern::PipeId;
use crate::socket::kind::SocketType;
use crate::socket::monitor::{Endpoints, MonitorEvent};

impl Core {
    /// Starts to tell of events, or stops. See [`SocketHandle::monitor`](super::SocketHandle::monitor).
    pub(crate) fn monitor(
        &mut self,
        endpoint: Option<&str>,
        events: u64,
        version: u8,
        kind: SocketType,
    ) -> Result<()> {
        self.catch_up()?;
        match endpoint {
            Some(endpoint) => self.owner.monitor.start(&self.context, endpoint, events, version, kind),
            None => {
                self.owner.monitor.stop();
                Ok(())
            }
        }
    }

    /// Tells the monitor how many messages wait in each pipe.
    pub(crate) fn monitor_pipes(&mut self) -> Result<()> {
        self.catch_up()?;
        if !self.owner.monitor.wants_statistics() {
            return Err(Error::InvalidArgument);
        }
        let ids = self.role.pipes().ids();
        if ids.is_empty() {
            return Err(Error::WouldBlock);
        }
        for id in ids {
            let (outward, inward) = self.role.ask().1.get(id).waiting();
            let (outward, inward) = (outward as u64, inward as u64);
            let endpoints = self.endpoints_of(id);
            self.owner.monitor.tell(MonitorEvent::PipesStats { outward, inward }, || endpoints);
        }
        Ok(())
    }

    /// What can be done at once with one peer: see [`SocketHandle::peer_state`](super::super::SocketHandle::peer_state).
    pub(crate) fn peer_state(&mut self, routing_id: &[u8]) -> Result<Events> {
        let (pattern, pipes) = self.ask()?;
        let pipe = pipes.get(pattern.pipe_named(routing_id)?);
        let readable = pipe.peek(Message::kind) == Some(Kind::Data);
        Ok(Events { readable, writable: !pipe.is_abandoned() && pipe.can_write() })
    }

    /// What a pipe leads to, as far as the socket knows.
    fn endpoints_of(&mut self, id: PipeId) -> Endpoints {
        let metadata = metadata::lookup(self.role.ask().1.get(id).origin());
        if let Some(known) = metadata.as_deref().and_then(Metadata::endpoints) {
            return known.clone();
        }
        let is_it = |bond: &&Bond| matches!(bond.attachment, Attachment::Pipe(pipe) if pipe == id);
        match self.endpoints.iter().find(is_it) {
            Some(bond) => Endpoints { remote: bond.name.clone(), ..Endpoints::default() },
            None => Endpoints { bound: true, ..Endpoints::default() },
        }
    }

    /// Lifts the high-water marks of what is sent on all pipes: for what comes last.
    pub(crate) fn lift_marks(&mut self) {
        let _ = self.catch_up();
        let (pattern, pipes) = self.role.ask();
        for id in pipes.ids() {
            pipes.get(id).set_marks(Some(0), None);
            pattern.writable(id, pipes);
        }
    }
}
