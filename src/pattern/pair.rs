//! PAIR: talks to one peer at a time (RFC 31); others are turned away.
//!
//! When the peer is gone but has left messages, the next peer may come already: it is sent to at once,
//! and received from when those messages are read.
#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::load_balance::LoadBalance;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Pair {
    /// The pipe that is read: of the peer, or of the one before it.
    incoming: FairQueue,
    /// The peer's pipe until it is closed.
    outgoing: LoadBalance,
    /// The peer's pipe while that of the one before it is still being read.
    next: Option<PipeId>,
}

impl Pair {
    /// Turns to the next pipe when the one before is out of the way. False: there is none.
    fn turn_to_next(&mut self) -> bool {
        if !self.incoming.is_empty() {
            return false;
        }
        match self.next.take() {
            Some(id) => {
                self.incoming.attach(id);
                true
            }
            None => false,
        }
    }
}

impl Pattern for Pair {
    fn attach(&mut self, id: PipeId, _told: Told, pipes: &mut Pipes) {
        if !self.outgoing.is_empty() || self.next.is_some() {
            return pipes.retire(id);
        }
        self.outgoing.attach(id);
        self.next = Some(id);
        self.turn_to_next();
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.incoming.detach(id, pipes);
        self.next = self.next.filter(|next| *next != id);
        self.turn_to_next();
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.incoming.closed(id, pipes);
        if self.next == Some(id) && is_spent(pipes.get(id)) {
            self.next = None;
            pipes.retire(id);
        }
        self.turn_to_next();
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
        loop {
            let received = self.incoming.recv_alone(into, pipes);
            if received.is_ok() || !self.turn_to_next() {
                return received;
            }
        }
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.outgoing.can_send(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        loop {
            if self.incoming.can_recv(pipes) {
                return true;
            }
            if !self.turn_to_next() {
                return false;
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn talks_to_the_first_peer_and_turns_others_away() {
        let mut pair = Rig::new(SocketType::Pair);
        assert_eq!((pair.send("a"), pair.recv()), (Err(Stop::WouldBlock), Err(Stop::WouldBlock)));
        let mut one = pair.attach_bounded(1);
        let mut two = pair.attach();
        assert!(two.is_dismissed() && !one.is_dismissed());
        pair.send("a|b").unwrap();
        assert_eq!(pair.send("full"), Err(Stop::WouldBlock));
        assert_eq!(one.recv_all(), ["a|b"]);
        pair.send("c").unwrap();
        one.send_kind(Kind::Identity, "one");
        one.send("d|e");
        assert_eq!(pair.recv_all(), ["d|e"]);
    }

    #[test]
    fn the_next_peer_is_heard_after_the_one_before() {
        let mut pair = Rig::new(SocketType::Pair);
        let mut one = pair.attach();
        one.send("1a|1b");
        one.send("1c");
        drop(one);
        assert_eq!(pair.send("nobody"), Err(Stop::WouldBlock));
        let mut two = pair.attach();
        two.send("2a");
        assert!(pair.attach().is_dismissed(), "there is a peer, if not heard yet");
        pair.send("hello").unwrap();
        assert_eq!(two.recv_all(), ["hello"]);
        drop(two);
        pair.settle();
        assert!(pair.attach().is_dismissed(), "two to be read to their end are enough");
        assert_eq!(pair.recv_all(), ["1a|1b", "1c", "2a"]);
        assert_eq!(pair.pipes.len(), 0);
        let mut three = pair.attach();
        three.send("3");
        assert_eq!(pair.recv_all(), ["3"]);
    }

    #[test]
    fn peers_that_say_nothing_leave_nothing_behind() {
        let mut pair = Rig::new(SocketType::Pair);
        let mut first = pair.attach();
        first.send("unread");
        drop(first);
        for _ in 0..5 {
            let mut peer = pair.attach();
            assert!(!peer.is_dismissed());
            peer.send_kind(Kind::Identity, "x");
            drop(peer);
            pair.settle();
            assert_eq!(pair.pipes.len(), 1);
        }
    }

    #[test]
    fn a_message_begun_to_a_peer_that_goes_is_not_continued_to_the_next() {
        let mut pair = Rig::new(SocketType::Pair);
        let one = pair.attach();
        pair.send_part(part("a", true)).unwrap();
        drop(one);
        pair.settle();
        let mut two = pair.attach();
        pair.send("b").unwrap();
        pair.send("c").unwrap();
        assert_eq!(two.recv_all(), ["c"]);
    }

    #[test]
    fn a_message_begun_is_received_whole_though_its_pipe_is_taken_away() {
        let mut pair = Rig::new(SocketType::Pair);
        let mut one = pair.attach();
        one.send("a|b");
        assert_eq!(pair.recv_part().unwrap().as_bytes(), b"a");
        pair.detach(one.id);
        let mut two = pair.attach();
        two.send("c");
        assert_eq!(pair.recv_all(), ["b", "c"]);
    }
}
