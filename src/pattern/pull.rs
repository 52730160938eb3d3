//! PULL: receives from all its PUSH peers in turn (RFC 30). It never sends.
#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Pull {
    incoming: FairQueue,
}

impl Pattern for Pull {
    fn attach(&mut self, id: PipeId, _told: Told, _pipes: &mut Pipes) {
        self.incoming.attach(id);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.detach(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        if is_spent(pipes.get(id)) {
            self.closed(id, pipes);
        } else {
            self.incoming.readable(id);
        }
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.incoming.recv_alone(into, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.incoming.can_recv(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::Rig;
    use crate::socket::kind::SocketType;

    #[test]
    fn whole_messages_come_from_the_peers_in_turn() {
        let mut pull = Rig::new(SocketType::Pull);
        assert_eq!(pull.recv(), Err(Stop::WouldBlock));
        let (mut one, mut two) = (pull.attach(), pull.attach());
        for message in ["1a|1b", "1c"] {
            one.send(message);
        }
        two.send_kind(Kind::Identity, "two");
        two.send("2a");
        assert_eq!(pull.recv_all(), ["1a|1b", "2a", "1c"]);
        assert_eq!(pull.send("no"), Err(Stop::NotSupported));
    }

    #[test]
    fn a_peer_that_closes_is_read_to_its_end() {
        let mut pull = Rig::new(SocketType::Pull);
        let (mut one, two) = (pull.attach(), pull.attach());
        assert_eq!(pull.recv(), Err(Stop::WouldBlock));
        one.send("last|words");
        drop((one, two));
        pull.settle();
        assert_eq!(pull.pipes.len(), 1, "there is nothing to read from the other");
        assert_eq!(pull.recv_all(), ["last|words"]);
        assert_eq!(pull.pipes.len(), 0);
    }
}
