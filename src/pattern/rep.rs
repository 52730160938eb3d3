//! REP: receives a request, then sends its reply, in strict alternation (RFC 28).
//!
//! The envelope of a request, its parts up to the first empty one, is kept and put before the reply,
//! which goes to the pipe that the request came from, or nowhere if that is gone or has no room. A
//! message without an empty part that has others behind it is no request and is skipped.
#![forbid(unsafe_code)]

use super::direct::Direct;
use super::fair_queue::FairQueue;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Rep {
    incoming: FairQueue,
    outgoing: Direct,
    state: State,
    /// Where the request came from.
    from: Option<PipeId>,
    /// The envelope of the request, its empty part included.
    envelope: Vec<Message>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A request may be received.
    #[default]
    Ready,
    /// In the middle of a request: its envelope is read.
    Receiving,
    /// The request was received.
    Received,
    /// In the middle of the reply.
    Sending,
}

impl Rep {
    /// Looks for a request. True: its first part behind the envelope is next.
    fn find_request(&mut self, pipes: &mut Pipes) -> bool {
        if self.state != State::Ready {
            return self.state == State::Receiving;
        }
        while let Some(part) = self.incoming.recv(pipes) {
            if !part.more() {
                self.envelope.clear();
                continue;
            }
            let is_delimiter = part.is_empty();
            self.envelope.push(part);
            if is_delimiter {
                self.from = self.incoming.source();
                self.state = State::Receiving;
                return true;
            }
        }
        false
    }
}

impl Pattern for Rep {
    fn attach(&mut self, id: PipeId, _told: Told, _pipes: &mut Pipes) {
        self.incoming.attach(id);
        self.outgoing.attach(id);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.incoming.detach(id, pipes);
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

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        match self.state {
            State::Ready | State::Receiving => return Err(Stop::WrongState),
            State::Sending => (),
            State::Received => {
                self.outgoing.begin(self.from.take(), pipes);
                for part in self.envelope.drain(..) {
                    self.outgoing.send(part, pipes);
                }
            }
        }
        self.state = if part.more() { State::Sending } else { State::Ready };
        self.outgoing.send(part.take(), pipes);
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if matches!(self.state, State::Received | State::Sending) {
            return Err(Stop::WrongState);
        }
        if !self.find_request(pipes) {
            return Err(Stop::WouldBlock);
        }
        self.incoming.recv_into(into, pipes)?;
        if !into.more() {
            self.state = State::Received;
        }
        Ok(())
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        matches!(self.state, State::Received | State::Sending)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.find_request(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn requests_and_replies_alternate_and_envelopes_come_back() {
        let mut rep = Rig::new(SocketType::Rep);
        assert_eq!((rep.send("a"), rep.recv()), (Err(Stop::WrongState), Err(Stop::WouldBlock)));
        let mut peer = rep.attach();
        for envelope in ["", "hop|", "hop 1|hop 2|hop 3|"] {
            peer.send_kind(Kind::Identity, "peer");
            peer.send(&format!("{envelope}|question||end"));
            assert_eq!(rep.recv_part().unwrap().as_bytes(), b"question");
            assert_eq!(rep.send("x"), Err(Stop::WrongState), "in the middle of the request");
            assert_eq!(rep.recv_blindly(), Ok("|end".to_string()));
            assert_eq!(rep.recv(), Err(Stop::WrongState));
            rep.send_part(part("answer", true)).unwrap();
            assert_eq!(rep.recv(), Err(Stop::WrongState), "in the middle of the reply");
            rep.send("|end").unwrap();
            assert_eq!(rep.send("again"), Err(Stop::WrongState));
            assert_eq!(peer.recv_all(), [format!("{envelope}|answer||end")]);
        }
    }

    #[test]
    fn each_reply_goes_where_its_request_came_from() {
        let mut rep = Rig::new(SocketType::Rep);
        let (mut one, mut two) = (rep.attach(), rep.attach());
        one.send("|1");
        one.send("|3");
        two.send("|2");
        for request in ["1", "2", "3"] {
            assert_eq!(rep.recv_blindly(), Ok(request.to_string()));
            rep.send(request).unwrap();
        }
        assert_eq!(one.recv_all(), ["|1", "|3"]);
        assert_eq!(two.recv_all(), ["|2"]);
    }

    #[test]
    fn messages_without_an_envelope_are_skipped_whole() {
        let mut rep = Rig::new(SocketType::Rep);
        let mut peer = rep.attach();
        for message in ["x", "", "x|y|z", "x|", "id||good"] {
            peer.send(message);
        }
        assert_eq!(rep.recv_all(), ["good"]);
        rep.send("reply").unwrap();
        assert_eq!(peer.recv_all(), ["id||reply"]);
        peer.send("x|y");
        assert_eq!(rep.recv_blindly(), Err(Stop::WouldBlock));
    }

    #[test]
    fn a_reply_that_cannot_be_delivered_is_dropped() {
        let mut rep = Rig::new(SocketType::Rep);
        let mut slow = rep.attach_bounded(1);
        for _ in 0..2 {
            slow.send("|a");
            assert_eq!(rep.recv_all(), ["a"]);
            rep.send("1|2").unwrap();
        }
        assert_eq!(slow.recv_all(), ["|1|2"], "there was no room for the second");
        slow.send("|b|c");
        assert_eq!(rep.recv_part().unwrap().as_bytes(), b"b");
        rep.detach(slow.id);
        assert_eq!(rep.recv_all(), ["c"], "the request is received to its end");
        rep.send("nobody|there").unwrap();

        let mut peer = rep.attach();
        peer.send("|d");
        assert_eq!(rep.recv_all(), ["d"]);
        rep.send_part(part("begun", true)).unwrap();
        drop(peer);
        rep.send("finished").unwrap();
        assert_eq!(rep.pipes.len(), 0);
        assert_eq!(rep.recv(), Err(Stop::WouldBlock));
    }

    #[test]
    fn a_peer_that_closes_behind_its_request_is_answered_into_the_void() {
        let mut rep = Rig::new(SocketType::Rep);
        let mut peer = rep.attach();
        peer.send("|a");
        drop(peer);
        assert_eq!(rep.recv_all(), ["a"]);
        rep.send("b").unwrap();
        assert_eq!((rep.recv(), rep.pipes.len()), (Err(Stop::WouldBlock), 0));
    }
}
