//! PUSH: sends each message to the next of its PULL peers that has room (RFC 30). It never receives.
#![forbid(unsafe_code)]

use super::load_balance::LoadBalance;
use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Push {
    outgoing: LoadBalance,
}

impl Pattern for Push {
    fn attach(&mut self, id: PipeId, _told: Told, pipes: &mut Pipes) {
        self.outgoing.attach(id);
        self.readable(id, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.outgoing.remove(id, pipes) {
            pipes.retire(id);
        }
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        // Dropped, so that it does not pile up.
        while pipes.get(id).read().is_some() {}
        if pipes.get(id).is_finished() {
            self.closed(id, pipes);
        }
    }

    fn writable(&mut self, id: PipeId, _pipes: &mut Pipes) {
        self.outgoing.writable(id);
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.outgoing.send_alone(part, pipes)
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.outgoing.can_send(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::Rig;
    use crate::socket::kind::SocketType;

    #[test]
    fn whole_messages_go_round_the_peers_with_room() {
        let mut push = Rig::new(SocketType::Push);
        assert_eq!(push.send("nobody"), Err(Stop::WouldBlock));
        let (mut one, mut two) = (push.attach_bounded(1), push.attach_bounded(2));
        for message in ["a|b", "c", "d|e|f"] {
            push.send(message).unwrap();
        }
        assert_eq!(push.send("full|up"), Err(Stop::WouldBlock));
        assert_eq!(two.recv_all(), ["c", "d|e|f"]);
        push.send("g").unwrap();
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["a|b".to_string()], vec!["g".to_string()]));
        assert_eq!(push.recv(), Err(Stop::NotSupported));
    }

    #[test]
    fn a_peer_that_closes_is_dismissed_and_the_others_get_the_next_message() {
        let mut push = Rig::new(SocketType::Push);
        let one = push.attach();
        push.send_part(crate::pattern::testing::part("a", true)).unwrap();
        let mut two = push.attach();
        drop(one);
        push.settle();
        assert_eq!(push.pipes.len(), 1);
        push.send("rest of a").unwrap();
        push.send("b").unwrap();
        assert_eq!(two.recv_all(), ["b"]);
    }

    #[test]
    fn what_a_peer_sends_does_not_pile_up() {
        let mut push = Rig::new(SocketType::Push);
        let mut peer = push.attach_with(0, |peer| peer.send_kind(Kind::Identity, "me"));
        peer.pipe.set_marks(Some(2), None);
        for _ in 0..10 {
            // Refused by the pipe, and the test, if the ones before were still in it.
            peer.send("un|wanted");
            push.settle();
        }
    }
}
