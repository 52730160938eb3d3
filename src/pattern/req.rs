//! REQ: sends a request, then receives its reply, in strict alternation (RFC 28).
//!
//! A request goes to the next peer that has room, behind an empty part. Its reply is the next message
//! from the same pipe that begins with an empty part and has others behind it; every other message is
//! discarded. With ZMQ_REQ_CORRELATE a number goes before the empty part, and only the reply that begins
//! with it counts. With ZMQ_REQ_RELAXED a request may be sent while a reply is waited for, or half
//! received: that reply is then discarded. Otherwise, when that pipe goes away the reply is still waited for: nobody knows what the peer has
//! done, so that a second request is the application's decision.
#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::load_balance::LoadBalance;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;
use crate::socket::options::{Options, Requests};
use std::hash::{BuildHasher, RandomState};

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Req {
    incoming: FairQueue,
    outgoing: LoadBalance,
    state: State,
    rules: Requests,
    /// The number that the last request with one began with.
    number: Option<u32>,
    /// The last request has a number.
    correlated: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A request may be sent.
    #[default]
    Ready,
    /// In the middle of a request, which goes to this pipe.
    Sending(PipeId),
    /// The request was sent to this pipe.
    Waiting(PipeId),
    /// In the middle of the reply: its empty part is read.
    Receiving,
}

impl Req {
    /// Begins a request, if a peer has room for it.
    fn begin(&mut self, pipes: &mut Pipes) -> Result<PipeId, Stop> {
        if !self.outgoing.can_send(pipes) {
            return Err(Stop::WouldBlock);
        }
        // What has come uninvited is not to be taken for the reply.
        while self.incoming.recv(pipes).is_some() {}
        if self.rules.correlate {
            let number =
                self.number.map_or_else(|| RandomState::new().hash_one(0) as u32, |n| n.wrapping_add(1));
            let mut part = Message::from_vec(number.to_ne_bytes().to_vec());
            part.set_more(true);
            self.outgoing.send(&mut part, pipes)?;
            self.number = Some(number);
        }
        let mut delimiter = Message::new();
        delimiter.set_more(true);
        self.outgoing.send(&mut delimiter, pipes)?;
        self.correlated = self.rules.correlate;
        self.outgoing.target().ok_or(Stop::WouldBlock)
    }

    /// Whether the message that begins with this part, of the one that was asked, is the reply; the parts
    /// up to and including the empty one are taken then.
    fn is_reply(&mut self, mut part: Message, pipes: &mut Pipes) -> bool {
        if let Some(number) = self.number.filter(|_| self.correlated) {
            if part.as_bytes() != number.to_ne_bytes() || !part.more() {
                return false;
            }
            match self.incoming.recv(pipes) {
                Some(next) => part = next,
                None => return false,
            }
        }
        part.is_empty() && part.more()
    }

    /// Looks for the reply. True: its first part behind the empty one is next.
    fn find_reply(&mut self, pipes: &mut Pipes) -> bool {
        let State::Waiting(asked) = self.state else { return self.state == State::Receiving };
        while let Some(part) = self.incoming.recv(pipes) {
            if self.incoming.source() == Some(asked) && self.is_reply(part, pipes) {
                self.state = State::Receiving;
                return true;
            }
            self.incoming.skip_rest(pipes);
        }
        false
    }
}

impl Pattern for Req {
    fn configure(&mut self, options: &Options, _pipes: &mut Pipes) {
        self.rules = options.requests.clone();
    }

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
        let to = match self.state {
            State::Ready => self.begin(pipes)?,
            State::Sending(to) => to,
            State::Waiting(_) | State::Receiving if self.rules.relaxed => self.begin(pipes)?,
            State::Waiting(_) | State::Receiving => return Err(Stop::WrongState),
        };
        let more = part.more();
        self.outgoing.send(part, pipes)?;
        self.state = if more { State::Sending(to) } else { State::Waiting(to) };
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if matches!(self.state, State::Ready | State::Sending(_)) {
            return Err(Stop::WrongState);
        }
        if !self.find_reply(pipes) {
            return Err(Stop::WouldBlock);
        }
        self.incoming.recv_into(into, pipes)?;
        if !into.more() {
            self.state = State::Ready;
        }
        Ok(())
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        match self.state {
            State::Ready => self.outgoing.can_send(pipes),
            State::Sending(_) => true,
            State::Waiting(_) | State::Receiving => self.rules.relaxed && self.outgoing.can_send(pipes),
        }
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.find_reply(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn requests_and_replies_alternate() {
        let mut req = Rig::new(SocketType::Req);
        assert_eq!(req.recv(), Err(Stop::WrongState));
        assert_eq!(req.send("nobody"), Err(Stop::WouldBlock));
        let mut peer = req.attach();
        for (request, reply) in [("a", "|1"), ("b|c|d", "|2|3|"), ("|", "||")] {
            req.send_part(part("x", true)).unwrap();
            assert_eq!(req.recv(), Err(Stop::WrongState), "in the middle of the request");
            req.send(request).unwrap();
            assert_eq!(req.send("again"), Err(Stop::WrongState));
            assert_eq!(req.recv(), Err(Stop::WouldBlock));
            assert_eq!(peer.recv_all(), [format!("|x|{request}")]);
            peer.send_kind(Kind::Identity, "peer");
            peer.send(reply);
            assert_eq!(req.recv_blindly(), Ok(reply[1..].to_string()));
            assert_eq!(req.recv(), Err(Stop::WrongState));
        }
    }

    #[test]
    fn a_reply_in_parts_is_received_whole_before_the_next_request() {
        let mut req = Rig::new(SocketType::Req);
        let mut peer = req.attach();
        req.send("a").unwrap();
        peer.send("|1|2");
        assert!(req.recv_part().unwrap().more());
        assert_eq!(req.send("b"), Err(Stop::WrongState));
        assert_eq!(req.recv_part().unwrap().as_bytes(), b"2");
        req.send("b").unwrap();
    }

    #[test]
    fn requests_go_round_the_peers_with_room() {
        let mut req = Rig::new(SocketType::Req);
        let (mut one, mut two) = (req.attach_bounded(1), req.attach());
        req.send("a").unwrap();
        one.send("|1");
        assert_eq!(req.recv_all(), ["1"]);
        for _ in 0..2 {
            req.send("b").unwrap();
            assert_eq!(two.recv_all(), ["|b"], "there is no room for the other");
            two.send("|2");
            assert_eq!(req.recv_all(), ["2"]);
        }
        assert_eq!(one.recv_all(), ["|a"]);
    }

    #[test]
    fn only_the_reply_of_the_one_that_was_asked_is_taken() {
        let mut req = Rig::new(SocketType::Req);
        let (mut one, mut two) = (req.attach(), req.attach());
        one.send("|too early|to be a reply");
        req.send("a").unwrap();
        two.send("|not asked");
        for message in ["no empty part", "x||no empty part first", "", "|good|reply", "|one too many"] {
            one.send(message);
        }
        assert_eq!(req.recv_blindly(), Ok("good|reply".to_string()));
        req.send("b").unwrap();
        assert_eq!(req.recv(), Err(Stop::WouldBlock), "what came before the request is no reply to it");
        two.send("|2");
        assert_eq!(req.recv_all(), ["2"]);
    }

    #[test]
    fn when_the_one_that_was_asked_goes_the_reply_is_waited_for() {
        let mut req = Rig::new(SocketType::Req);
        let (one, mut two) = (req.attach(), req.attach());
        req.send("a").unwrap();
        drop(one);
        two.send("|not asked");
        assert_eq!(req.recv(), Err(Stop::WouldBlock));
        assert_eq!(req.send("b"), Err(Stop::WrongState));
        assert_eq!(req.pipes.len(), 1);
    }

    #[test]
    fn a_reply_of_one_that_has_gone_since_is_taken() {
        let mut req = Rig::new(SocketType::Req);
        let mut peer = req.attach();
        req.send("a").unwrap();
        peer.send("|1|2");
        drop(peer);
        assert_eq!(req.recv_part().unwrap().as_bytes(), b"1");
        let id = req.pipes.ids()[0];
        req.detach(id);
        assert_eq!(req.recv_part().unwrap().as_bytes(), b"2");
        assert_eq!(req.send("b"), Err(Stop::WouldBlock));
    }

    /// A request as the peer got it: the number that it begins with, and the rest.
    fn numbered(peer: &mut crate::pattern::testing::Peer) -> (Message, Vec<Message>) {
        let mut parts = std::iter::from_fn(|| peer.pipe.read());
        let number = parts.next().unwrap();
        (number, parts.collect())
    }

    #[test]
    fn only_the_reply_with_the_number_of_the_request_is_taken() {
        let mut req = Rig::with(SocketType::Req, |options| options.requests.correlate = true);
        let mut peer = req.attach();
        let mut numbers = Vec::new();
        for _ in 0..2 {
            req.send("a|b").unwrap();
            let (number, rest) = numbered(&mut peer);
            assert_eq!((number.len(), rest.len()), (4, 3));
            assert!(number.more() && rest[0].is_empty());
            for wrong in ["|no number", "1234||not the number", "1234", "too long||x"] {
                peer.send(wrong);
            }
            for earlier in numbers.iter().chain([&number]) {
                let earlier: &Message = earlier;
                peer.pipe.write(earlier.clone());
                peer.pipe.write(part("no empty part", true));
                peer.pipe.write(part("x", false));
                peer.pipe.write(earlier.clone());
                peer.pipe.write(part("", true));
                peer.pipe
                    .write(part(if earlier.as_bytes() == number.as_bytes() { "good" } else { "bad" }, false));
                peer.pipe.flush();
            }
            assert_eq!(req.recv_all(), ["good"]);
            numbers.push(number);
        }
        assert_ne!(numbers[0].as_bytes(), numbers[1].as_bytes());
    }

    #[test]
    fn a_relaxed_one_may_ask_again_and_takes_the_reply_to_the_last() {
        let mut req = Rig::with(SocketType::Req, |options| {
            (options.requests.relaxed, options.requests.correlate) = (true, true);
        });
        let mut one = req.attach_bounded(1);
        req.send("a").unwrap();
        assert_eq!(req.send("no room"), Err(Stop::WouldBlock));
        let mut two = req.attach();
        req.send("b").unwrap();
        let (first, second) = (numbered(&mut one).0, numbered(&mut two).0);
        for peer in [&mut one, &mut two] {
            for number in [&first, &second] {
                peer.pipe.write(number.clone());
                peer.send("|reply|more");
            }
        }
        assert!(req.recv_part().unwrap().more());
        req.send("c").unwrap();
        assert_eq!(req.recv(), Err(Stop::WouldBlock), "the rest of the reply is discarded");
        assert_eq!(numbered(&mut two).1.len(), 2);
    }

    #[test]
    fn a_request_whose_peer_goes_is_dropped_whole() {
        let mut req = Rig::new(SocketType::Req);
        let one = req.attach();
        req.send_part(part("a", true)).unwrap();
        drop(one);
        let mut two = req.attach();
        req.send("b").unwrap();
        assert!(two.recv_all().is_empty());
        assert_eq!(req.recv(), Err(Stop::WouldBlock));
    }
}
