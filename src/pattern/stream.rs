//! STREAM: talks to peers that speak no ZMTP (zmq_socket(3)). What it receives are pieces of a peer's bytes,
//! each behind a part that names the peer; what it sends goes to the peer that the first part names.
//!
//! An empty message to a peer closes its connection, once what was sent before is written. A message to
//! nobody is refused; one to a peer without room waits.
#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::pipe_map::PipeMap;
use super::{Pattern, PipeId, Pipes, Stop, Told, is_spent};
use crate::message::Message;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// See the module's documentation.
pub(super) struct Stream {
    incoming: FairQueue,
    /// Each pipe's routing id, until its connection is closed from this side.
    names: PipeMap<Message>,
    /// Those that were closed from this side, until their peers are gone too.
    ended: PipeMap<()>,
    /// Where messages to a routing id go.
    pipes: HashMap<Box<[u8]>, PipeId>,
    /// The number in the next routing id that is made up here.
    next: u32,
    /// The routing id of the next pipe, which the application has chosen.
    chosen: Option<Vec<u8>>,
    /// What comes next is the second part of a message, for this peer if it is still there.
    sending: Option<Option<PipeId>>,
    /// The second part of a message of which the routing id was received.
    second: Option<Message>,
}

impl Default for Stream {
    fn default() -> Stream {
        Stream {
            incoming: FairQueue::default(),
            names: PipeMap::default(),
            ended: PipeMap::default(),
            pipes: HashMap::new(),
            // Not the same after a restart: a late reply to somebody before goes to nobody now.
            next: RandomState::new().hash_one(0) as u32,
            chosen: None,
            sending: None,
            second: None,
        }
    }
}

impl Stream {
    /// Messages go to the pipe no more.
    fn unlist(&mut self, id: PipeId) {
        if let Some(name) = self.names.get(id)
            && self.pipes.get(name.as_bytes()) == Some(&id)
        {
            self.pipes.remove(name.as_bytes());
        }
        if self.sending == Some(Some(id)) {
            self.sending = Some(None);
        }
    }

    fn make_up_name(&mut self) -> Vec<u8> {
        loop {
            let mut name = vec![0; 5];
            name[1..].copy_from_slice(&self.next.to_be_bytes());
            self.next = self.next.wrapping_add(1);
            if !self.pipes.contains_key(&name[..]) {
                return name;
            }
        }
    }

    fn list(&mut self, id: PipeId, name: &[u8]) {
        self.pipes.insert(name.into(), id);
        self.names.insert(id, Message::from_vec(name.to_vec()));
    }

    /// Writes the second part of a message. The empty one is the last that its peer gets: it ends the
    /// connection, and what the peer has still to say is not wanted.
    fn write(&mut self, id: PipeId, part: Message, pipes: &mut Pipes) {
        let ends = part.is_empty();
        let pipe = pipes.get(id);
        pipe.write(part);
        pipe.flush();
        if ends {
            self.unlist(id);
            self.names.remove(id);
            self.ended.insert(id, ());
            self.incoming.detach(id, pipes);
            self.readable(id, pipes);
        }
    }
}

impl Pattern for Stream {
    fn attach(&mut self, id: PipeId, _told: Told, _pipes: &mut Pipes) {
        let name = self.chosen.take().unwrap_or_else(|| self.make_up_name());
        self.list(id, &name);
        self.incoming.attach(id);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.detach(id, pipes);
        self.unlist(id);
        self.names.remove(id);
        self.ended.remove(id);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.unlist(id);
        self.incoming.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.ended.get(id).is_some() {
            // What comes until the connection has ended is dropped.
            while pipes.get(id).read().is_some() {}
            if pipes.get(id).is_finished() {
                self.ended.remove(id);
                pipes.retire(id);
            }
        } else if is_spent(pipes.get(id)) {
            self.closed(id, pipes);
        } else {
            self.incoming.readable(id);
        }
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if let Some(to) = self.sending {
            let mut part = part.take();
            // Bytes are not in parts: whether more were to follow does not matter.
            part.set_more(false);
            self.sending = None;
            if let Some(id) = to {
                self.write(id, part, pipes);
            }
            return Ok(());
        }
        if part.more() {
            let id = *self.pipes.get(part.as_bytes()).ok_or(Stop::Unroutable)?;
            if pipes.get(id).is_abandoned() {
                return Err(Stop::Unroutable);
            }
            if !pipes.get(id).can_write() {
                return Err(Stop::WouldBlock);
            }
            self.sending = Some(Some(id));
        }
        // A routing id with nothing behind it says nothing.
        part.take();
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if let Some(part) = self.second.take() {
            *into = part;
            return Ok(());
        }
        let within = self.incoming.is_within();
        let received = self.incoming.recv(pipes).ok_or(Stop::WouldBlock)?;
        if within {
            *into = received;
            return Ok(());
        }
        let from = self.incoming.source().and_then(|from| self.names.get(from));
        let mut name = from.expect("a pipe that is read has a routing id").clone();
        name.set_more(true);
        self.second = Some(received);
        *into = name;
        Ok(())
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        // Whether a message can be sent depends on whom it is for.
        true
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.second.is_some() || self.incoming.can_recv(pipes)
    }

    fn name_of(&self, id: PipeId) -> Option<&[u8]> {
        self.names.get(id).map(Message::as_bytes)
    }

    fn name_next(&mut self, name: &[u8]) -> Result<(), Stop> {
        if self.pipes.contains_key(name) {
            return Err(Stop::NameInUse);
        }
        self.chosen = Some(name.to_vec());
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, Rig, part};
    use crate::socket::kind::SocketType;

    fn named(stream: &mut Rig, name: &str, hwm: usize) -> Peer {
        stream.pattern.name_next(name.as_bytes()).unwrap();
        stream.attach_bounded(hwm)
    }

    #[test]
    fn bytes_come_with_names_and_go_to_them() {
        let mut stream = Rig::new(SocketType::Stream);
        let (mut one, mut two) = (named(&mut stream, "one", 0), named(&mut stream, "two", 0));
        assert_eq!(stream.pattern.name_next(b"one"), Err(Stop::NameInUse));
        for text in ["", "a", "b"] {
            one.send(text);
        }
        two.send("c");
        assert_eq!(stream.recv_all(), ["one|", "two|c", "one|a", "one|b"]);
        stream.send("one|1").unwrap();
        stream.send_part(part("two", true)).unwrap();
        stream.send_part(part("2", true)).unwrap();
        stream.send("alone").unwrap();
        stream.send("one|3").unwrap();
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["1".into(), "3".into()], vec!["2".to_string()]));
        assert_eq!(stream.send("nobody|x"), Err(Stop::Unroutable));
    }

    #[test]
    fn peers_get_names_of_five_bytes() {
        let mut stream = Rig::new(SocketType::Stream);
        let mut peer = stream.attach();
        let name = stream.pattern.name_of(peer.id).unwrap().to_vec();
        assert_eq!((name.len(), name[0]), (5, 0));
        peer.send("a");
        assert_eq!(stream.recv_part().unwrap().as_bytes(), name);
        assert_eq!(stream.recv_part().unwrap().as_bytes(), b"a");
    }

    #[test]
    fn a_message_without_room_waits() {
        let mut stream = Rig::new(SocketType::Stream);
        let mut slow = named(&mut stream, "slow", 1);
        stream.send("slow|1").unwrap();
        assert_eq!(stream.send("slow|2"), Err(Stop::WouldBlock));
        assert_eq!(slow.recv_all(), ["1"]);
        stream.send("slow|2").unwrap();
        assert_eq!(slow.recv_all(), ["2"]);
        stream.send_part(part("slow", true)).unwrap();
        drop(slow);
        stream.send_part(part("3", false)).unwrap();
        assert_eq!(stream.send("slow|4"), Err(Stop::Unroutable));
        assert_eq!(stream.pipes.len(), 0);
    }

    #[test]
    fn an_empty_message_is_the_last() {
        let mut stream = Rig::new(SocketType::Stream);
        let mut peer = named(&mut stream, "x", 0);
        peer.send("unread");
        stream.send("x|bye").unwrap();
        stream.send("x|").unwrap();
        assert_eq!(stream.send("x|more"), Err(Stop::Unroutable));
        assert_eq!(peer.recv_all(), ["bye", ""]);
        peer.pipe.set_marks(Some(2), None);
        for _ in 0..5 {
            peer.send("never received");
            stream.settle();
        }
        assert_eq!(stream.recv(), Err(Stop::WouldBlock));
        let mut next = named(&mut stream, "x", 0);
        drop(peer);
        stream.settle();
        assert_eq!(stream.pipes.len(), 1);
        stream.send("x|1").unwrap();
        assert_eq!(next.recv_all(), ["1"]);
    }

    #[test]
    fn what_a_peer_said_before_it_went_is_received() {
        let mut stream = Rig::new(SocketType::Stream);
        let mut peer = named(&mut stream, "x", 0);
        peer.send("a");
        assert_eq!(stream.recv_part().unwrap().as_bytes(), b"x");
        peer.send("b");
        drop(peer);
        assert_eq!(stream.recv_all(), ["a", "x|b"]);
        assert_eq!(stream.pipes.len(), 0);
    }
}
