//! DEALER: sends to its peers in turn and receives from them in turn, as it likes (RFC 28).
#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::load_balance::LoadBalance;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Dealer {
    incoming: FairQueue,
    outgoing: LoadBalance,
}

impl Pattern for Dealer {
    fn attach(&mut self, id: PipeId, _told: Told, _pipes: &mut Pipes) {
        self.incoming.attach(id);
        self.outgoing.attach(id);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.detach(id, pipes);
        self.outgoing.remove(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.incoming.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        if is_spent(pipes.get(id)) {
            self.closed(id, pipes);
        } else {
            self.incoming.readable(id);
        }
    }

    fn writable(&mut self, id: PipeId, _pipes: &mut Pipes) {
        self.outgoing.writable(id);
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.outgoing.send_alone(part, pipes)
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.incoming.recv_alone(into, pipes)
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.outgoing.can_send(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.incoming.can_recv(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::Rig;
    use crate::socket::kind::SocketType;

    #[test]
    fn sends_and_receives_in_turn_and_in_any_order() {
        let mut dealer = Rig::new(SocketType::Dealer);
        assert_eq!((dealer.send("a"), dealer.recv()), (Err(Stop::WouldBlock), Err(Stop::WouldBlock)));
        let (mut one, mut two) = (dealer.attach_bounded(1), dealer.attach_bounded(1));
        for message in ["|a", "|b|c"] {
            dealer.send(message).unwrap();
        }
        assert_eq!(dealer.send("full"), Err(Stop::WouldBlock));
        one.send("|1");
        two.send("|2|2");
        one.send("|3");
        assert_eq!(dealer.recv_all(), ["|1", "|2|2", "|3"]);
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["|a".to_string()], vec!["|b|c".to_string()]));
        dealer.send("room again").unwrap();
    }

    #[test]
    fn a_closed_peer_is_sent_nothing_and_read_to_its_end() {
        let mut dealer = Rig::new(SocketType::Dealer);
        let mut one = dealer.attach();
        one.send("last");
        drop(one);
        assert_eq!(dealer.send("nobody"), Err(Stop::WouldBlock));
        assert_eq!(dealer.recv_all(), ["last"]);
        assert_eq!(dealer.pipes.len(), 0);
    }
}
