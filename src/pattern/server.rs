//! SERVER and PEER: receive from their peers in turn, and send to the peer whose number the message has
//! (RFC 41, RFC 51).
//!
//! The numbers are made up here and are never those of a peer before. A message to nobody is refused; one
//! to a peer without room waits. Messages have one part; what a peer sends in several is dropped.
#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::pipe_map::PipeMap;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;
use crate::socket::tags::Tags;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// See the module's documentation.
pub(super) struct Server {
    incoming: FairQueue,
    /// Each pipe's number.
    numbers: PipeMap<u32>,
    /// Where messages to a number go: the pipes that may be written to.
    pipes: HashMap<u32, PipeId>,
    /// The number to try next.
    next: u32,
    /// A message that was found while looking for one, and whose it is.
    ahead: Option<(Message, u32)>,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            incoming: FairQueue::default(),
            numbers: PipeMap::default(),
            pipes: HashMap::new(),
            // Not the same after a restart: a late answer to somebody before goes to nobody now.
            next: RandomState::new().hash_one(0) as u32,
            ahead: None,
        }
    }
}

impl Server {
    /// The next message of one part, past the others, and the number of its peer.
    #[inline]
    fn next(&mut self, pipes: &mut Pipes) -> Option<(Message, u32)> {
        loop {
            let part = self.incoming.recv(pipes)?;
            if !part.more() {
                let from = self.incoming.source().and_then(|id| self.numbers.get(id));
                return Some((part, *from.expect("a pipe that is read has a number")));
            }
            self.incoming.skip_rest(pipes);
        }
    }
}

impl Pattern for Server {
    fn attach(&mut self, id: PipeId, _told: Told, _pipes: &mut Pipes) {
        while self.next == 0 || self.pipes.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        self.numbers.insert(id, self.next);
        self.pipes.insert(self.next, id);
        self.next = self.next.wrapping_add(1);
        self.incoming.attach(id);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.detach(id, pipes);
        if let Some(number) = self.numbers.remove(id)
            && self.pipes.get(&number) == Some(&id)
        {
            self.pipes.remove(&number);
        }
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        if let Some(number) = self.numbers.get(id)
            && self.pipes.get(number) == Some(&id)
        {
            self.pipes.remove(number);
        }
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
        self.send_tagged(part, &Tags::default(), pipes)
    }

    fn send_tagged(&mut self, part: &mut Message, tags: &Tags, pipes: &mut Pipes) -> Result<(), Stop> {
        if part.more() {
            return Err(Stop::Invalid);
        }
        let pipe = pipes.get(self.pipe_of(tags.routing_id)?);
        if !pipe.can_write() {
            return Err(Stop::WouldBlock);
        }
        pipe.write(part.take());
        pipe.flush();
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.recv_tagged(into, &mut Tags::default(), pipes)
    }

    fn recv_tagged(&mut self, into: &mut Message, tags: &mut Tags, pipes: &mut Pipes) -> Result<(), Stop> {
        let received = if self.ahead.is_some() { self.ahead.take() } else { self.next(pipes) };
        let (message, number) = received.ok_or(Stop::WouldBlock)?;
        tags.routing_id = number;
        *into = message;
        Ok(())
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        // Whether a message can be sent depends on whom it is for.
        true
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        if self.ahead.is_none() {
            self.ahead = self.next(pipes);
        }
        self.ahead.is_some()
    }

    fn number_of(&self, id: PipeId) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    fn pipe_of(&self, number: u32) -> Result<PipeId, Stop> {
        self.pipes.get(&number).copied().ok_or(Stop::Unroutable)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    /// Sends a message to a number.
    fn send_to(server: &mut Rig, number: u32, text: &str) -> Result<(), Stop> {
        server.settle();
        let tags = Tags { routing_id: number, ..Tags::default() };
        let result = server.pattern.send_tagged(&mut part(text, false), &tags, &mut server.pipes);
        server.settle();
        result
    }

    /// Receives a message: whom it is from, and what it says.
    fn recv_from(server: &mut Rig) -> Option<(u32, String)> {
        server.settle();
        let mut tags = Tags::default();
        let mut message = Message::new();
        let received = server.pattern.recv_tagged(&mut message, &mut tags, &mut server.pipes);
        server.settle();
        received.ok()?;
        Some((tags.routing_id, String::from_utf8(message.as_bytes().to_vec()).unwrap()))
    }

    #[test]
    fn messages_come_with_numbers_and_go_to_them() {
        for kind in [SocketType::Server, SocketType::Peer] {
            let mut server = Rig::new(kind);
            let (mut one, mut two) = (server.attach(), server.attach());
            one.send("a");
            two.send("b");
            one.send("c");
            let (first, text) = recv_from(&mut server).unwrap();
            assert_eq!((text.as_str(), server.pattern.number_of(one.id)), ("a", Some(first)));
            let (second, text) = recv_from(&mut server).unwrap();
            assert_eq!((text.as_str(), server.pattern.number_of(two.id)), ("b", Some(second)));
            assert!(first != 0 && second != 0 && first != second);
            assert!(server.pattern.can_recv(&mut server.pipes), "found now, and still there");
            assert_eq!(recv_from(&mut server), Some((first, "c".to_string())));
            send_to(&mut server, second, "2").unwrap();
            send_to(&mut server, first, "1").unwrap();
            assert_eq!((one.recv_all(), two.recv_all()), (vec!["1".to_string()], vec!["2".to_string()]));
        }
    }

    #[test]
    fn a_message_to_nobody_is_refused_and_one_without_room_waits() {
        let mut server = Rig::new(SocketType::Server);
        let mut slow = server.attach_bounded(1);
        let number = server.pattern.number_of(slow.id).unwrap();
        assert_eq!(server.send("to nobody"), Err(Stop::Unroutable));
        assert_eq!(send_to(&mut server, number.wrapping_add(1), "x"), Err(Stop::Unroutable));
        assert_eq!(server.send_part(part("a", true)), Err(Stop::Invalid));
        send_to(&mut server, number, "1").unwrap();
        assert_eq!(send_to(&mut server, number, "2"), Err(Stop::WouldBlock));
        assert_eq!(slow.recv_all(), ["1"]);
        send_to(&mut server, number, "2").unwrap();
        slow.send("last words");
        drop(slow);
        assert_eq!(send_to(&mut server, number, "3"), Err(Stop::Unroutable));
        assert_eq!(recv_from(&mut server), Some((number, "last words".to_string())));
        assert_eq!(recv_from(&mut server), None);
        assert_eq!(server.pipes.len(), 0);
    }

    #[test]
    fn messages_of_several_parts_are_dropped() {
        let mut server = Rig::new(SocketType::Server);
        let mut peer = server.attach();
        for message in ["1|1|1", "2", "|3"] {
            peer.send(message);
        }
        assert_eq!(server.recv_all(), ["2"]);
    }

    #[test]
    fn numbers_go_round_past_zero_and_those_in_use() {
        let (mut server, mut pipes) = (Server { next: u32::MAX, ..Server::default() }, Pipes::default());
        let peers: Vec<_> = (0..3).map(|_| crate::pattern::testing::attach_pipe(&mut pipes, 0)).collect();
        server.attach(peers[0].id, Told::Nothing, &mut pipes);
        server.attach(peers[1].id, Told::Nothing, &mut pipes);
        server.next = u32::MAX;
        server.attach(peers[2].id, Told::Nothing, &mut pipes);
        let numbers: Vec<_> = peers.iter().map(|peer| server.number_of(peer.id).unwrap()).collect();
        assert_eq!(numbers, [u32::MAX, 1, 2]);
    }
}
