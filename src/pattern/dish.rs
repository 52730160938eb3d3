//! DISH: receives from its RADIO peers in turn what is sent to the groups that it has joined (RFC 48).
//!
//! A message from a peer is two parts: the group and the body. What is not of that form is dropped, and so
//! is what belongs to another group: over udp everything comes.
#![forbid(unsafe_code)]

use super::distribute::Distribute;
use super::fair_queue::FairQueue;
use super::subscriptions::{Subscriptions, TakenBack};
use super::{Pattern, PipeId, Pipes, Stop, Told, Upstream, is_spent};
use crate::message::Message;
use crate::socket::tags::Tags;
use std::sync::Arc;

/// See the module's documentation.
pub(super) struct Dish {
    groups: Arc<Subscriptions>,
    incoming: FairQueue,
    /// The peers that are told of groups.
    peers: Distribute,
    /// A message that was found while looking for one: its group and its body.
    ahead: Option<(Message, Message)>,
}

impl Default for Dish {
    fn default() -> Dish {
        Dish {
            groups: Arc::new(Subscriptions::new()),
            incoming: FairQueue::default(),
            peers: Distribute::default(),
            ahead: None,
        }
    }
}

impl Dish {
    /// The next message to a group that was joined: the group and the body.
    fn next(&mut self, pipes: &mut Pipes) -> Option<(Message, Message)> {
        loop {
            let group = self.incoming.recv(pipes)?;
            if !group.more() {
                continue;
            }
            let body = self.incoming.recv(pipes)?;
            if body.more() {
                self.incoming.skip_rest(pipes);
            } else if self.groups.contains(group.as_bytes()) {
                return Some((group, body));
            }
        }
    }

    fn take(&mut self, pipes: &mut Pipes) -> Result<(Message, Message), Stop> {
        let received = if self.ahead.is_some() { self.ahead.take() } else { self.next(pipes) };
        received.ok_or(Stop::WouldBlock)
    }
}

impl Pattern for Dish {
    fn attach(&mut self, id: PipeId, told: Told, pipes: &mut Pipes) {
        self.incoming.attach(id);
        self.peers.attach(id);
        self.groups.welcome(told, pipes.get(id));
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.detach(id, pipes);
        self.peers.remove(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.peers.remove(id, pipes);
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
        self.recv_tagged(into, &mut Tags::default(), pipes)
    }

    fn recv_tagged(&mut self, into: &mut Message, tags: &mut Tags, pipes: &mut Pipes) -> Result<(), Stop> {
        let (group, body) = self.take(pipes)?;
        tags.group = Some(group.as_bytes().into());
        *into = body;
        Ok(())
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        if self.ahead.is_none() {
            self.ahead = self.next(pipes);
        }
        self.ahead.is_some()
    }

    fn join(&mut self, group: &[u8], pipes: &mut Pipes) -> Result<bool, Stop> {
        let is_new = !self.groups.contains(group);
        if is_new {
            self.groups.subscribe(group, false, self.peers.pipes(), pipes);
        }
        Ok(is_new)
    }

    fn leave(&mut self, group: &[u8], pipes: &mut Pipes) -> Result<bool, Stop> {
        let taken = self.groups.unsubscribe(group, false, self.peers.pipes(), pipes);
        // What was found ahead may be of the group.
        let groups = &self.groups;
        self.ahead = self.ahead.take().filter(|(group, _)| groups.contains(group.as_bytes()));
        Ok(taken != TakenBack::None)
    }

    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        Some(self.groups.clone())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::Rig;
    use crate::socket::kind::SocketType;

    fn recv_from(dish: &mut Rig) -> Option<(String, String)> {
        dish.settle();
        let mut tags = Tags::default();
        let mut message = Message::new();
        let received = dish.pattern.recv_tagged(&mut message, &mut tags, &mut dish.pipes);
        dish.settle();
        received.ok()?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Some((text(&tags.group.unwrap()), text(message.as_bytes())))
    }

    #[test]
    fn messages_to_groups_that_were_joined_come_with_them() {
        let mut dish = Rig::new(SocketType::Dish);
        let mut join = |group: &str| dish.pattern.join(group.as_bytes(), &mut dish.pipes);
        assert_eq!((join("a"), join("a"), join("b"), join("")), (Ok(true), Ok(false), Ok(true), Ok(true)));
        let mut peer = dish.attach();
        assert_eq!(peer.recv_all(), ["Subscribe ", "Subscribe a", "Subscribe b"]);
        for message in ["a|1", "c|2", "b|3", "bb|4", "|5", "no group", "a|many|parts", "b|6"] {
            peer.send(message);
        }
        assert_eq!(recv_from(&mut dish), Some(("a".into(), "1".into())));
        assert!(dish.pattern.can_recv(&mut dish.pipes), "found, to group b");
        assert_eq!(dish.pattern.leave(b"b", &mut dish.pipes), Ok(true));
        assert_eq!(dish.pattern.leave(b"b", &mut dish.pipes), Ok(false));
        assert_eq!(recv_from(&mut dish), Some((String::new(), "5".into())));
        assert_eq!(recv_from(&mut dish), None);
        assert_eq!(peer.recv_all(), ["Cancel b"]);
        assert_eq!(dish.send("no"), Err(Stop::NotSupported));
        assert_eq!(dish.pattern.subscribe(b"a", &mut dish.pipes), Err(Stop::NotSupported));
        peer.send("a|last");
        drop(peer);
        assert_eq!(dish.recv_all(), ["last"]);
        assert_eq!(dish.pipes.len(), 0);
    }
}
