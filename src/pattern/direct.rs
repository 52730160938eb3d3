//! `Direct`: sends a message to one given pipe, or drops the whole of it. Never blocks.
#![forbid(unsafe_code)]

use super::pipe_map::PipeMap;
use super::{PipeId, Pipes};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Direct {
    /// The pipes that may be written to.
    open: PipeMap<()>,
    /// Where the parts of the message go; nowhere when its pipe is gone or has no room.
    to: Option<PipeId>,
}

impl Direct {
    pub(super) fn attach(&mut self, id: PipeId) {
        self.open.insert(id, ());
    }

    /// Whether the pipe may be written to, when it has room.
    pub(super) fn is_open(&self, id: PipeId) -> bool {
        self.open.get(id).is_some()
    }

    /// Begins a message to the pipe; it is dropped when there is none, when it was removed, and when it
    /// has no room.
    pub(super) fn begin(&mut self, to: Option<PipeId>, pipes: &mut Pipes) {
        debug_assert!(self.to.is_none(), "one message after the other");
        self.to = to.filter(|id| self.is_open(*id) && pipes.get(*id).can_write());
    }

    /// Sends the next part of it; the one that has no others behind it is the last.
    pub(super) fn send(&mut self, part: Message, pipes: &mut Pipes) {
        let Some(id) = self.to else { return };
        let pipe = pipes.get(id);
        let more = part.more();
        pipe.write(part);
        if !more {
            pipe.flush();
            self.to = None;
        }
    }

    /// Writes no more to the pipe: it is taken away, or its other end is closed.
    pub(super) fn remove(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.to == Some(id) {
            pipes.get(id).rollback();
            self.to = None;
        }
        self.open.remove(id);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{attach_pipe, part};

    #[test]
    fn a_message_goes_to_its_pipe_or_nowhere() {
        let (mut direct, mut pipes) = (Direct::default(), Pipes::default());
        let mut peer = attach_pipe(&mut pipes, 1);
        direct.attach(peer.id);
        for to in [Some(peer.id), None, Some(peer.id)] {
            direct.begin(to, &mut pipes);
            direct.send(part("a", true), &mut pipes);
            direct.send(part("b", false), &mut pipes);
        }
        assert_eq!(peer.recv_all(), ["a|b"], "the second has no pipe, the third no room");
        direct.begin(Some(peer.id), &mut pipes);
        direct.send(part("c", true), &mut pipes);
        direct.remove(peer.id, &mut pipes);
        direct.send(part("d", false), &mut pipes);
        direct.begin(Some(peer.id), &mut pipes);
        direct.send(part("e", false), &mut pipes);
        pipes.get(peer.id).flush();
        assert!(peer.recv_all().is_empty(), "nothing of a message whose pipe goes");
    }
}
