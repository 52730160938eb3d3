//! RADIO: sends each message to the peers that have joined its group (RFC 48).
//!
//! A message to a peer is two parts: the group and the body. A peer without room gets none of it, unless the
//! application would rather wait (ZMQ_XPUB_NODROP).
#![forbid(unsafe_code)]

use super::distribute::Distribute;
use super::pipe_map::PipeMap;
use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::{Kind, Message};
use crate::socket::options::Options;
use crate::socket::tags::{GROUP_BYTES_MAX, Tags};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The name of a group.
type Group = Box<[u8]>;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Radio {
    /// The slots of the pipes that have joined each group. The keys come from peers: the map's hasher
    /// withstands chosen ones.
    members: HashMap<Group, BTreeSet<usize>>,
    /// What each pipe has joined.
    groups: PipeMap<HashSet<Group>>,
    /// The slots of the pipes that take every group, see [`Pattern::feed_all`].
    all: BTreeSet<usize>,
    /// A message waits for room rather than be dropped for a peer.
    no_drop: bool,
    outgoing: Distribute,
}

impl Radio {
    /// Takes in all that the peer has sent.
    fn read(&mut self, id: PipeId, pipes: &mut Pipes) {
        let Some(groups) = self.groups.get_mut(id) else { return };
        let pipe = pipes.get(id);
        while let Some(part) = pipe.read() {
            let group = part.as_bytes();
            match part.kind() {
                // No message is sent to a group with a longer name.
                Kind::Subscribe if group.len() <= GROUP_BYTES_MAX => {
                    groups.insert(group.into());
                    self.members.entry(group.into()).or_default().insert(id.slot());
                }
                Kind::Cancel if groups.remove(group) => leave(&mut self.members, group, id),
                _ => {}
            }
        }
    }

    fn forget(&mut self, id: PipeId, pipes: &mut Pipes) -> bool {
        for group in self.groups.remove(id).into_iter().flatten() {
            leave(&mut self.members, &group, id);
        }
        self.all.remove(&id.slot());
        self.outgoing.remove(id, pipes)
    }
}

fn leave(members: &mut HashMap<Group, BTreeSet<usize>>, group: &[u8], id: PipeId) {
    if let Some(slots) = members.get_mut(group) {
        slots.remove(&id.slot());
        if slots.is_empty() {
            members.remove(group);
        }
    }
}

impl Pattern for Radio {
    fn configure(&mut self, options: &Options, _pipes: &mut Pipes) {
        self.no_drop = options.publishing.no_drop;
    }

    fn attach(&mut self, id: PipeId, _told: Told, pipes: &mut Pipes) {
        self.groups.insert(id, HashSet::new());
        self.outgoing.attach(id);
        self.read(id, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.forget(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.forget(id, pipes) {
            pipes.retire(id);
        }
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.read(id, pipes);
        if pipes.get(id).is_finished() {
            self.closed(id, pipes);
        }
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.send_tagged(part, &Tags::default(), pipes)
    }

    fn send_tagged(&mut self, part: &mut Message, tags: &Tags, pipes: &mut Pipes) -> Result<(), Stop> {
        let group = tags.group.as_deref().unwrap_or_default();
        if part.more() || group.len() > GROUP_BYTES_MAX {
            return Err(Stop::Invalid);
        }
        let members = self.members.get(group).into_iter().flatten();
        for slot in members.chain(&self.all) {
            self.outgoing.choose(*slot);
        }
        if self.no_drop && self.outgoing.find_full(pipes).is_some() {
            self.outgoing.choose_none();
            return Err(Stop::WouldBlock);
        }
        // As without room: a message that cannot be kept is dropped.
        match Message::copy_from(group) {
            Ok(mut name) => {
                name.set_more(true);
                self.outgoing.send(&mut name, pipes);
                self.outgoing.send(part, pipes);
            }
            Err(_) => {
                self.outgoing.choose_none();
                part.take();
            }
        }
        Ok(())
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        true
    }

    fn feed_all(&mut self, id: PipeId) {
        if self.groups.get(id).is_some() {
            self.all.insert(id.slot());
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    fn send_to(radio: &mut Rig, group: &str, text: &str) -> Result<(), Stop> {
        radio.settle();
        let tags = Tags { group: Some(group.as_bytes().into()), ..Tags::default() };
        let result = radio.pattern.send_tagged(&mut part(text, false), &tags, &mut radio.pipes);
        radio.settle();
        result
    }

    #[test]
    fn a_message_goes_to_the_members_of_its_group() {
        let mut radio = Rig::new(SocketType::Radio);
        send_to(&mut radio, "nobody", "there").unwrap();
        let mut one = radio.attach_with(0, |peer| peer.send_kind(Kind::Subscribe, "news"));
        let mut two = radio.attach();
        for group in ["news", "weather", "news", ""] {
            two.send_kind(Kind::Subscribe, group);
        }
        for (group, text) in [("news", "a"), ("new", "b"), ("newspaper", "c"), ("weather", "d")] {
            send_to(&mut radio, group, text).unwrap();
        }
        radio.send("without a group").unwrap();
        assert_eq!(one.recv_all(), ["news|a"]);
        assert_eq!(two.recv_all(), ["news|a", "weather|d", "|without a group"]);
        two.send_kind(Kind::Cancel, "news");
        two.send_kind(Kind::Cancel, "never joined");
        send_to(&mut radio, "news", "e").unwrap();
        assert_eq!((one.recv_all(), two.recv_all().len()), (vec!["news|e".to_string()], 0));
        assert_eq!(radio.send_part(part("a", true)), Err(Stop::Invalid));
        assert_eq!(send_to(&mut radio, &"x".repeat(256), "a"), Err(Stop::Invalid));
        assert_eq!(radio.recv(), Err(Stop::NotSupported));
    }

    #[test]
    fn a_peer_that_takes_everything_gets_each_message_once() {
        let mut radio = Rig::new(SocketType::Radio);
        let mut peer = radio.attach_with(0, |peer| peer.send_kind(Kind::Subscribe, "a"));
        radio.pattern.feed_all(peer.id);
        send_to(&mut radio, "a", "1").unwrap();
        send_to(&mut radio, "b", "2").unwrap();
        assert_eq!(peer.recv_all(), ["a|1", "b|2"]);
        drop(peer);
        radio.settle();
        let mut other = radio.attach();
        send_to(&mut radio, "b", "3").unwrap();
        assert!(other.recv_all().is_empty(), "though it may have the same slot");
    }

    #[test]
    fn a_member_without_room_misses_messages_and_one_that_goes_is_forgotten() {
        let mut radio = Rig::new(SocketType::Radio);
        let mut slow = radio.attach_with(1, |peer| peer.send_kind(Kind::Subscribe, "g"));
        let mut fast = radio.attach_with(0, |peer| peer.send_kind(Kind::Subscribe, "g"));
        for text in ["1", "2"] {
            send_to(&mut radio, "g", text).unwrap();
        }
        assert_eq!((slow.recv_all(), fast.recv_all().len()), (vec!["g|1".to_string()], 2));
        drop(slow);
        radio.detach(fast.id);
        send_to(&mut radio, "g", "3").unwrap();
        assert_eq!(radio.pipes.len(), 0);
    }

    #[test]
    fn where_nothing_is_to_be_dropped_a_message_waits_for_all() {
        let mut radio = Rig::with(SocketType::Radio, |options| options.publishing.no_drop = true);
        let mut slow = radio.attach_with(1, |peer| peer.send_kind(Kind::Subscribe, "g"));
        let mut fast = radio.attach_with(0, |peer| peer.send_kind(Kind::Subscribe, "g"));
        send_to(&mut radio, "g", "1").unwrap();
        assert_eq!(send_to(&mut radio, "g", "2"), Err(Stop::WouldBlock));
        send_to(&mut radio, "other", "3").unwrap();
        assert_eq!(slow.recv_all(), ["g|1"]);
        send_to(&mut radio, "g", "2").unwrap();
        assert_eq!(
            (slow.recv_all(), fast.recv_all()),
            (vec!["g|2".into()], vec!["g|1".into(), "g|2".into()])
        );
    }

    #[test]
    fn what_else_a_peer_sends_is_dropped() {
        let mut radio = Rig::new(SocketType::Radio);
        let mut peer = radio.attach();
        peer.pipe.set_marks(Some(2), None);
        for _ in 0..10 {
            // Refused by the pipe, and the test, if the ones before were still in it.
            peer.send("un|wanted");
            peer.send_kind(Kind::Subscribe, &"x".repeat(256));
            radio.settle();
        }
    }
}
