//! ROUTER: receives from its peers in turn, each message behind a part that names its peer, and sends
//! each message to the peer that its first part names (RFC 28).
//!
//! A peer's name, its routing id, is what the peer says it is, ahead of its first message, or else one
//! that is made up here. A message to nobody, or to a peer without room, is dropped, unless the
//! application wants to hear of it (ZMQ_ROUTER_MANDATORY).
//!
//! A peer that says a name which is taken is refused; or it is given the name, and its holder is closed,
//! once what it sent is read (ZMQ_ROUTER_HANDOVER). The name that a peer was given by the application
//! (ZMQ_CONNECT_ROUTING_ID) it keeps.
#![forbid(unsafe_code)]

use super::direct::Direct;
use super::fair_queue::FairQueue;
use super::pipe_map::PipeMap;
use super::rotation::Rotation;
use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::{Kind, Message};
use crate::socket::options::Options;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Router {
    incoming: FairQueue,
    outgoing: Direct,
    /// In the middle of a message that is being sent: its first part is gone.
    sending: bool,
    names: Names,
    /// The first part of a message of which the routing id was received.
    first: Option<Message>,
    /// What is not delivered is refused.
    mandatory: bool,
    /// The pipes that may have room are its active ones.
    with_room: Rotation,
}

/// Which pipe has which routing id.
struct Names {
    /// Each pipe's own. One that is closed keeps it when it has gone over to another.
    by_pipe: PipeMap<Name>,
    /// Where a message to it goes. The keys come from peers: the map's hasher withstands chosen ones.
    by_id: HashMap<Box<[u8]>, PipeId>,
    /// The number of the next one that is made up here.
    next: u32,
    /// The name of the next pipe, given by the application.
    given: Option<Message>,
    /// A name that is taken goes over to who says it.
    handover: bool,
    /// Pipes whose names have gone over so, to be closed.
    superseded: Vec<PipeId>,
}

struct Name {
    id: Message,
    origin: Origin,
    /// The pipe's other end is closed, so that another pipe may have the id.
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The id was made up here.
    Generated,
    /// The peer says so.
    Peer,
    /// The application says so.
    Application,
}

impl Default for Names {
    fn default() -> Names {
        // Not the same after a restart: a late reply to somebody before goes to nobody now.
        let next = RandomState::new().hash_one(0) as u32;
        Names {
            by_pipe: PipeMap::default(),
            by_id: HashMap::new(),
            next,
            given: None,
            handover: false,
            superseded: Vec::new(),
        }
    }
}

impl Names {
    /// Gives a new pipe a routing id: the one that was given for it, or else one of our own making.
    fn begin(&mut self, pipe: PipeId) {
        match self.given.take() {
            Some(id) => self.set(pipe, Name { id, origin: Origin::Application, closed: false }),
            None => self.generate(pipe),
        }
    }

    /// Whether a pipe that is open has the routing id.
    fn is_taken(&self, id: &[u8]) -> bool {
        let holder = self.by_id.get(id);
        holder.is_some_and(|holder| self.by_pipe.get(*holder).is_some_and(|name| !name.closed))
    }

    /// Gives a pipe a routing id of our own making: five bytes, the first of them 0.
    fn generate(&mut self, pipe: PipeId) {
        loop {
            let mut id = [0; 5];
            id[1..].copy_from_slice(&self.next.to_be_bytes());
            self.next = self.next.wrapping_add(1);
            if !self.by_id.contains_key(&id[..]) {
                let id = Message::from_vec(id.to_vec());
                return self.set(pipe, Name { id, origin: Origin::Generated, closed: false });
            }
        }
    }

    /// Gives a pipe the routing id that its peer says is its own, none if it is empty. False: it belongs
    /// to another pipe.
    fn rename(&mut self, pipe: PipeId, id: Message) -> bool {
        let Some(name) = self.by_pipe.get(pipe) else { return false };
        if name.origin == Origin::Application {
            return true;
        }
        if id.is_empty() {
            if name.origin == Origin::Peer {
                self.unlist(pipe);
                self.generate(pipe);
            }
            return true;
        }
        let closed = name.closed;
        if self.by_id.get(id.as_bytes()) != Some(&pipe) && self.is_taken(id.as_bytes()) {
            if !self.handover {
                return false;
            }
            self.superseded.extend(self.by_id.get(id.as_bytes()));
        }
        self.unlist(pipe);
        let id = Message::from_vec(id.as_bytes().to_vec());
        self.set(pipe, Name { id, origin: Origin::Peer, closed });
        true
    }

    fn set(&mut self, pipe: PipeId, mut name: Name) {
        name.id.set_more(true);
        self.by_id.insert(name.id.as_bytes().into(), pipe);
        self.by_pipe.insert(pipe, name);
    }

    /// Messages to the pipe's routing id do not go to it any more.
    fn unlist(&mut self, pipe: PipeId) {
        if let Some(name) = self.by_pipe.get(pipe)
            && self.by_id.get(name.id.as_bytes()) == Some(&pipe)
        {
            self.by_id.remove(name.id.as_bytes());
        }
    }

    fn remove(&mut self, pipe: PipeId) {
        self.unlist(pipe);
        self.by_pipe.remove(pipe);
    }

    /// Takes a message that is not data. False: the pipe is of no use, as its peer's name is taken.
    fn control(&mut self, pipe: PipeId, message: Message) -> bool {
        message.kind() != Kind::Identity || self.rename(pipe, message)
    }
}

impl Router {
    /// Takes in what the peer says of itself ahead of its data.
    fn read_control(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.names.by_pipe.get(id).is_none() {
            return;
        }
        let pipe = pipes.get(id);
        while pipe.peek(Message::kind).is_some_and(|kind| kind != Kind::Data) {
            if let Some(part) = pipe.read()
                && !self.names.control(id, part)
            {
                self.forget(id, pipes);
                pipes.retire(id);
                break;
            }
        }
        if !self.names.superseded.is_empty() {
            self.close_superseded(pipes);
        }
    }

    /// Closes the pipes whose names have gone over to others. What they sent is still received.
    #[cold]
    fn close_superseded(&mut self, pipes: &mut Pipes) {
        while let Some(id) = self.names.superseded.pop() {
            if let Some(name) = self.names.by_pipe.get_mut(id) {
                name.closed = true;
                self.stop_sending(id, pipes);
                let pipe = pipes.get(id);
                // The name is not gone: no word of it.
                pipe.set_epitaph(None);
                pipe.close();
            }
        }
    }

    fn stop_sending(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.with_room.remove(id);
    }

    /// Why a message to the pipe with the routing id cannot be sent now, if so.
    #[cold]
    fn refuse(&self, id: &[u8], pipes: &mut Pipes) -> Result<(), Stop> {
        match self.names.by_id.get(id) {
            Some(to) if !self.outgoing.is_open(*to) => Err(Stop::Unroutable),
            Some(to) if pipes.get(*to).can_write() => Ok(()),
            Some(_) => Err(Stop::WouldBlock),
            None => Err(Stop::Unroutable),
        }
    }

    fn forget(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.names.remove(id);
        self.stop_sending(id, pipes);
        self.incoming.detach(id, pipes);
    }
}

impl Pattern for Router {
    fn configure(&mut self, options: &Options, _pipes: &mut Pipes) {
        self.mandatory = options.routing.mandatory;
        self.names.handover = options.routing.handover;
    }

    fn name_next(&mut self, name: &[u8]) -> Result<(), Stop> {
        if self.names.is_taken(name) {
            return Err(Stop::NameInUse);
        }
        self.names.given = Some(Message::from_vec(name.to_vec()));
        Ok(())
    }

    fn attach(&mut self, id: PipeId, _told: Told, pipes: &mut Pipes) {
        self.names.begin(id);
        self.outgoing.attach(id);
        self.with_room.insert(id);
        self.incoming.attach(id);
        self.read_control(id, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.forget(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.read_control(id, pipes);
        self.stop_sending(id, pipes);
        if let Some(name) = self.names.by_pipe.get_mut(id) {
            name.closed = true;
        }
        self.incoming.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.read_control(id, pipes);
        if pipes.get(id).is_finished() {
            self.closed(id, pipes);
        } else {
            self.incoming.readable(id);
        }
    }

    fn writable(&mut self, id: PipeId, _pipes: &mut Pipes) {
        self.with_room.activate(id);
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if self.mandatory && !self.sending && part.more() {
            self.refuse(part.as_bytes(), pipes)?;
        }
        let part = part.take();
        let more = part.more();
        if self.sending {
            self.outgoing.send(part, pipes);
        } else if more {
            self.outgoing.begin(self.names.by_id.get(part.as_bytes()).copied(), pipes);
        }
        self.sending = more;
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if let Some(first) = self.first.take() {
            *into = first;
            return Ok(());
        }
        let within = self.incoming.is_within();
        let names = &mut self.names;
        let received = self.incoming.recv_with(pipes, |id, part| names.control(id, part));
        if !self.names.superseded.is_empty() {
            self.close_superseded(pipes);
        }
        let part = received.ok_or(Stop::WouldBlock)?;
        if within {
            *into = part;
            return Ok(());
        }
        self.first = Some(part);
        let name = self.incoming.source().and_then(|from| self.names.by_pipe.get(from));
        *into = name.expect("a pipe that is read has a routing id").id.clone();
        Ok(())
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        if !self.mandatory || self.sending {
            return true;
        }
        while let Some(id) = self.with_room.current() {
            if pipes.get(id).can_write() {
                return true;
            }
            self.with_room.deactivate_current();
        }
        false
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        let names = &mut self.names;
        let can =
            self.first.is_some() || self.incoming.can_recv_with(pipes, |id, part| names.control(id, part));
        if !self.names.superseded.is_empty() {
            self.close_superseded(pipes);
        }
        can
    }

    fn pipe_named(&self, name: &[u8]) -> Result<PipeId, Stop> {
        self.names.by_id.get(name).copied().ok_or(Stop::Unroutable)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, Rig, part};
    use crate::socket::kind::SocketType;

    /// A peer that says its name before it is attached.
    fn named(router: &mut Rig, name: &str) -> Peer {
        router.attach_with(0, |peer| peer.send_kind(Kind::Identity, name))
    }

    /// The routing id that the next message comes with.
    fn recv_name(router: &mut Rig) -> Message {
        let name = router.recv_part().unwrap();
        assert!(name.more());
        while router.recv_part().unwrap().more() {}
        name
    }

    fn send_to(router: &mut Rig, name: &Message, body: &str) {
        router.send_part(name.clone()).unwrap();
        router.send(body).unwrap();
    }

    #[test]
    fn messages_come_with_names_and_go_to_them() {
        let mut router = Rig::new(SocketType::Router);
        let (mut one, mut two) = (named(&mut router, "one"), named(&mut router, "two"));
        one.send("a|b");
        one.send("c");
        two.send("|d");
        assert_eq!(router.recv_all(), ["one|a|b", "two||d", "one|c"]);
        for message in ["two|1", "one||2|3", "three|nobody|there", "one", "", "two"] {
            router.send(message).unwrap();
        }
        router.send("one|4").unwrap();
        assert_eq!(one.recv_all(), ["|2|3", "4"]);
        assert_eq!(two.recv_all(), ["1"]);
    }

    #[test]
    fn peers_without_names_get_some_that_last() {
        let mut router = Rig::new(SocketType::Router);
        let (mut one, mut two) = (router.attach(), named(&mut router, ""));
        one.send("a");
        two.send("b");
        let (name_one, name_two) = (recv_name(&mut router), recv_name(&mut router));
        for name in [&name_one, &name_two] {
            assert_eq!((name.len(), name.as_bytes()[0]), (5, 0));
        }
        send_to(&mut router, &name_one, "1");
        send_to(&mut router, &name_two, "2|2");
        one.send("c");
        assert_eq!(recv_name(&mut router).as_bytes(), name_one.as_bytes());
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["1".to_string()], vec!["2|2".to_string()]));
    }

    #[test]
    fn a_peer_may_name_itself_late_or_anew() {
        let mut router = Rig::new(SocketType::Router);
        let mut peer = router.attach();
        peer.send("early");
        let generated = recv_name(&mut router);
        send_to(&mut router, &generated, "1");
        // Seen when the pipe turns readable, before anything is received.
        assert_eq!(router.recv(), Err(Stop::WouldBlock));
        peer.send_kind(Kind::Identity, "late");
        router.send("late|2").unwrap();
        send_to(&mut router, &generated, "lost");
        // Behind data: seen when that was received.
        peer.send("a");
        peer.send_kind(Kind::Identity, "anew");
        peer.send("b|b");
        router.send("late|3").unwrap();
        assert_eq!(router.recv_blindly(), Ok("late|a".to_string()));
        assert_eq!(router.recv_all(), ["anew|b|b"]);
        router.send("late|lost").unwrap();
        router.send("anew|4").unwrap();
        peer.send_kind(Kind::Identity, "anew");
        peer.send_kind(Kind::Identity, "");
        peer.send("c");
        let generated = recv_name(&mut router);
        assert_eq!((generated.len(), generated.as_bytes()[0]), (5, 0));
        router.send("anew|lost").unwrap();
        send_to(&mut router, &generated, "5");
        assert_eq!(peer.recv_all(), ["1", "2", "3", "4", "5"]);
    }

    #[test]
    fn a_name_that_is_taken_dismisses_the_newcomer() {
        let mut router = Rig::new(SocketType::Router);
        let mut holder = named(&mut router, "x");
        let mut early = named(&mut router, "x");
        assert!(early.is_dismissed());
        let (mut late, mut later) = (router.attach(), named(&mut router, "y"));
        late.send_kind(Kind::Identity, "x");
        late.send("never received");
        later.send("received");
        later.send_kind(Kind::Identity, "x");
        later.send("never received");
        assert_eq!(router.recv_all(), ["y|received"]);
        assert!(late.is_dismissed() && later.is_dismissed() && !holder.is_dismissed());
        assert_eq!(router.pipes.len(), 1);
        router.send("x|1").unwrap();
        router.send("y|nobody").unwrap();
        assert_eq!(holder.recv_all(), ["1"]);
    }

    #[test]
    fn what_cannot_be_delivered_is_refused_if_so_wished() {
        let mut router = Rig::with(SocketType::Router, |options| options.routing.mandatory = true);
        assert!(!router.can_send());
        assert_eq!(router.send("x|nobody"), Err(Stop::Unroutable));
        router.send("without a name").unwrap();
        let mut peer = router.attach_with(1, |peer| peer.send_kind(Kind::Identity, "x"));
        assert!(router.can_send());
        router.send("x|1|1").unwrap();
        assert!(!router.can_send());
        assert_eq!(router.send("x|2"), Err(Stop::WouldBlock));
        let other = named(&mut router, "y");
        assert!(router.can_send(), "there is room for another");
        assert_eq!(router.send("x|2"), Err(Stop::WouldBlock));
        assert_eq!(peer.recv_all(), ["1|1"]);
        router.send("x|2").unwrap();
        drop(other);
        assert!(!router.can_send());
        peer.send("last words");
        drop(peer);
        assert_eq!(router.send("x|3"), Err(Stop::Unroutable), "although there is something to receive");
        assert_eq!(router.recv_all(), ["x|last words"]);
    }

    #[test]
    fn a_name_goes_over_to_the_newcomer_if_so_wished() {
        let mut router = Rig::with(SocketType::Router, |options| options.routing.handover = true);
        let mut old = named(&mut router, "x");
        old.send("from|the old");
        let mut new = named(&mut router, "x");
        router.send("x|1").unwrap();
        assert!(old.is_dismissed() && !new.is_dismissed());
        new.send("from the new");
        drop(old);
        assert_eq!(router.recv_all(), ["x|from|the old", "x|from the new"]);
        assert_eq!(new.recv_all(), ["1"]);
        assert_eq!(router.pipes.len(), 1);
        // By one that was there under another name, and says it behind data.
        let mut other = named(&mut router, "y");
        other.send("a");
        other.send_kind(Kind::Identity, "x");
        other.send("b");
        assert_eq!(router.recv_all(), ["y|a", "x|b"]);
        assert!(new.is_dismissed());
        router.send("x|2").unwrap();
        assert_eq!(other.recv_all(), ["2"]);
    }

    #[test]
    fn a_name_that_the_application_gives_holds() {
        let mut router = Rig::with(SocketType::Router, |options| options.routing.mandatory = true);
        router.pattern.name_next(b"x").unwrap();
        let mut peer = router.attach_with(0, |peer| peer.send_kind(Kind::Identity, "y"));
        let mut next = router.attach();
        assert_eq!(router.pattern.name_next(b"x"), Err(Stop::NameInUse));
        router.send("x|1").unwrap();
        assert_eq!(router.send("y|2"), Err(Stop::Unroutable));
        peer.send_kind(Kind::Identity, "z");
        peer.send("a");
        next.send("b");
        assert_eq!(router.recv(), Ok("x|a".into()));
        assert_eq!(peer.recv_all(), ["1"]);
        router.detach(peer.id);
        router.pattern.name_next(b"x").unwrap();
    }

    #[test]
    fn the_name_of_a_closed_pipe_goes_over_at_once() {
        let mut router = Rig::new(SocketType::Router);
        let mut old = named(&mut router, "x");
        old.send("from|the old");
        drop(old);
        let mut new = named(&mut router, "x");
        new.send("from the new");
        router.send("x|1").unwrap();
        assert_eq!(router.recv_all(), ["x|from|the old", "x|from the new"]);
        assert_eq!(router.pipes.len(), 1);
        router.send("x|2").unwrap();
        assert_eq!(new.recv_all(), ["1", "2"]);
        drop(new);
        router.send("x|nobody").unwrap();
        assert!(named(&mut router, "x").pipe.can_write());
    }

    #[test]
    fn a_message_without_room_or_whose_peer_goes_is_dropped_whole() {
        let mut router = Rig::new(SocketType::Router);
        let mut slow = router.attach_with(1, |peer| peer.send_kind(Kind::Identity, "slow"));
        for message in ["slow|1|1", "slow|2|2"] {
            router.send(message).unwrap();
        }
        assert_eq!(slow.recv_all(), ["1|1"]);
        router.send_part(part("slow", true)).unwrap();
        router.send_part(part("3", true)).unwrap();
        router.pattern.closed(slow.id, &mut router.pipes);
        router.send("3").unwrap();
        router.detach(slow.id);
        assert!(slow.recv_all().is_empty() && slow.is_dismissed());
        router.send("slow|4").unwrap();
    }

    #[test]
    fn a_message_begun_is_received_whole_though_its_pipe_is_taken_away() {
        let mut router = Rig::new(SocketType::Router);
        let mut peer = named(&mut router, "x");
        peer.send("a|b|c");
        assert_eq!(router.recv_part().unwrap().as_bytes(), b"x");
        router.detach(peer.id);
        assert_eq!(router.recv_all(), ["a|b|c"]);
    }

    #[test]
    fn a_generated_id_that_a_peer_has_chosen_is_not_given_away() {
        let mut names = Names::default();
        let mut pipes = Pipes::default();
        let ids: Vec<PipeId> =
            (0..2).map(|_| crate::pattern::testing::attach_pipe(&mut pipes, 0).id).collect();
        names.generate(ids[0]);
        let mut chosen = vec![0];
        chosen.extend_from_slice(&names.next.to_be_bytes());
        assert!(names.rename(ids[0], Message::from_vec(chosen.clone())));
        names.generate(ids[1]);
        assert_eq!(names.by_id[&chosen[..]], ids[0]);
        assert_eq!(names.by_id.len(), 2);
    }
}
