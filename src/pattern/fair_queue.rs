//! `FairQueue`: receives from many pipes in turn, a whole message at a time.
//!
//! A pipe that has nothing leaves the rotation until it is [`FairQueue::readable`]. A pipe whose other
//! end is closed is read to its end and then retired.
#![forbid(unsafe_code)]

use super::rotation::Rotation;
use super::{PipeId, Pipes, Stop, is_spent};
use crate::message::{Kind, Message};
use std::collections::VecDeque;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct FairQueue {
    rotation: Rotation,
    /// More parts follow of the message that is being received.
    within: bool,
    /// Where the last part came from.
    source: Option<PipeId>,
    /// What was left of that message when its pipe was taken away: the application gets messages whole.
    orphans: VecDeque<Message>,
}

impl FairQueue {
    pub(super) fn attach(&mut self, id: PipeId) {
        self.rotation.insert(id);
    }

    /// Forgets the pipe, except for the rest of a message of which the application has the beginning.
    pub(super) fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.within && self.orphans.is_empty() && self.rotation.current() == Some(id) {
            let pipe = pipes.get(id);
            let mut more = true;
            while more && let Some(part) = pipe.read() {
                more = part.more();
                self.orphans.push_back(part);
            }
            assert!(!more, "a message is in its pipe as a whole");
        }
        self.rotation.remove(id);
    }

    pub(super) fn readable(&mut self, id: PipeId) {
        self.rotation.activate(id);
    }

    /// The other end is closed. Retires the pipe when the application wants nothing of what is in it.
    pub(super) fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        if !self.rotation.contains(id) {
            return;
        }
        if is_spent(pipes.get(id)) {
            self.retire(id, pipes);
        } else {
            self.rotation.activate(id);
        }
    }

    /// Whether there is no pipe.
    pub(super) fn is_empty(&self) -> bool {
        self.rotation.is_empty()
    }

    /// Whether the last part received has others behind it.
    pub(super) fn is_within(&self) -> bool {
        self.within
    }

    /// The pipe that the last part came from, which may be gone.
    pub(super) fn source(&self) -> Option<PipeId> {
        self.source
    }

    /// Receives a part. Messages that are not data are dropped.
    #[inline]
    pub(super) fn recv(&mut self, pipes: &mut Pipes) -> Option<Message> {
        self.recv_with(pipes, |_, _| true)
    }

    /// As [`FairQueue::recv_into`], for a pattern that has nothing else to do as it receives: where there is one pipe
    /// only to receive from, it is offered as a lane.
    #[inline]
    pub(super) fn recv_alone(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.recv_into(into, pipes)?;
        self.offer(pipes);
        Ok(())
    }

    /// Offers the pipe from which all comes, between messages, as a lane.
    #[inline]
    pub(super) fn offer(&self, pipes: &mut Pipes) {
        if !self.within
            && let Some(id) = self.rotation.only()
        {
            pipes.offer_source(id);
        }
    }

    /// As [`FairQueue::recv`], in place of what `into` has.
    #[inline]
    pub(super) fn recv_into(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if self.take_with(into, pipes, |_, _| true) { Ok(()) } else { Err(Stop::WouldBlock) }
    }

    /// Receives a part. Messages that are not data go to `control`, which says whether the pipe may stay.
    pub(super) fn recv_with(
        &mut self,
        pipes: &mut Pipes,
        control: impl FnMut(PipeId, Message) -> bool,
    ) -> Option<Message> {
        let mut part = Message::new();
        self.take_with(&mut part, pipes, control).then_some(part)
    }

    /// As [`FairQueue::recv_with`], in place of what `into` has. False: there is none.
    #[inline]
    fn take_with(
        &mut self,
        into: &mut Message,
        pipes: &mut Pipes,
        mut control: impl FnMut(PipeId, Message) -> bool,
    ) -> bool {
        if self.within && !self.orphans.is_empty() {
            return self.take_orphan(into);
        }
        while let Some(id) = self.rotation.current() {
            let pipe = pipes.get(id);
            match pipe.read_data(into) {
                Some(Ok(more)) => {
                    self.within = more;
                    self.source = Some(id);
                    let origin = pipe.origin();
                    pipes.set_origin(origin);
                    if !more {
                        self.rotation.advance();
                    }
                    return true;
                }
                Some(Err(part)) => {
                    if !control(id, part) {
                        self.retire(id, pipes);
                    }
                }
                None => self.found_empty(id, pipes),
            }
        }
        false
    }

    /// Whether [`FairQueue::recv`] would give a part.
    pub(super) fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.can_recv_with(pipes, |_, _| true)
    }

    /// Whether [`FairQueue::recv_with`] would give a part.
    pub(super) fn can_recv_with(
        &mut self,
        pipes: &mut Pipes,
        mut control: impl FnMut(PipeId, Message) -> bool,
    ) -> bool {
        if self.within {
            return true;
        }
        while let Some(id) = self.rotation.current() {
            let pipe = pipes.get(id);
            match pipe.peek(Message::kind) {
                Some(Kind::Data) => return true,
                Some(_) => {
                    if let Some(part) = pipe.read()
                        && !control(id, part)
                    {
                        self.retire(id, pipes);
                    }
                }
                None => self.found_empty(id, pipes),
            }
        }
        false
    }

    /// Drops what is left of the message whose last received part has others behind it.
    pub(super) fn skip_rest(&mut self, pipes: &mut Pipes) {
        while self.within && self.recv(pipes).is_some() {}
    }

    #[cold]
    fn found_empty(&mut self, id: PipeId, pipes: &mut Pipes) {
        assert!(!self.within, "a message is in its pipe as a whole");
        if pipes.get(id).is_finished() {
            self.retire(id, pipes);
        } else {
            self.rotation.deactivate_current();
        }
    }

    #[cold]
    fn take_orphan(&mut self, into: &mut Message) -> bool {
        let Some(part) = self.orphans.pop_front() else { return false };
        self.within = part.more();
        *into = part;
        true
    }

    #[cold]
    fn retire(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.rotation.remove(id);
        pipes.retire(id);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, Random, attach_pipe};

    fn recv(queue: &mut FairQueue, pipes: &mut Pipes) -> Option<String> {
        let part = queue.recv(pipes)?;
        Some(String::from_utf8(part.as_bytes().to_vec()).unwrap())
    }

    fn queue_of(count: usize) -> (FairQueue, Pipes, Vec<Peer>) {
        let (mut queue, mut pipes) = (FairQueue::default(), Pipes::default());
        let peers: Vec<Peer> = (0..count).map(|_| attach_pipe(&mut pipes, 0)).collect();
        peers.iter().for_each(|peer| queue.attach(peer.id));
        (queue, pipes, peers)
    }

    #[test]
    fn takes_whole_messages_in_turn() {
        let (mut queue, mut pipes, mut peers) = queue_of(3);
        for (n, peer) in peers.iter_mut().enumerate() {
            peer.send(&format!("{n}a|{n}b"));
            peer.send(&format!("{n}c"));
        }
        assert!(queue.can_recv(&mut pipes));
        let received: Vec<_> = std::iter::from_fn(|| recv(&mut queue, &mut pipes)).collect();
        assert_eq!(received, ["0a", "0b", "1a", "1b", "2a", "2b", "0c", "1c", "2c"]);
        assert!(!queue.can_recv(&mut pipes));
    }

    #[test]
    fn an_empty_pipe_rests_until_it_is_readable() {
        let (mut queue, mut pipes, mut peers) = queue_of(2);
        assert!(recv(&mut queue, &mut pipes).is_none());
        peers[1].send("late");
        assert!(recv(&mut queue, &mut pipes).is_none(), "nobody said that it is readable");
        queue.readable(peers[1].id);
        assert_eq!(recv(&mut queue, &mut pipes).unwrap(), "late");
    }

    #[test]
    fn a_closed_pipe_is_read_to_its_end_and_retired_once() {
        let (mut queue, mut pipes, mut peers) = queue_of(1);
        assert!(recv(&mut queue, &mut pipes).is_none());
        let mut peer = peers.remove(0);
        peer.send("last|words");
        let id = peer.id;
        drop(peer);
        queue.closed(id, &mut pipes);
        assert!(pipes.take_retired().is_none());
        assert_eq!(recv(&mut queue, &mut pipes).unwrap(), "last");
        assert_eq!(recv(&mut queue, &mut pipes).unwrap(), "words");
        assert!(recv(&mut queue, &mut pipes).is_none());
        queue.closed(id, &mut pipes);
        queue.readable(id);
        assert!(recv(&mut queue, &mut pipes).is_none());
        assert_eq!((pipes.take_retired(), pipes.take_retired()), (Some(id), None));
        queue.detach(id, &mut pipes);
        queue.detach(id, &mut pipes);
    }

    #[test]
    fn a_closed_pipe_with_nothing_but_control_messages_is_retired_at_once() {
        let (mut queue, mut pipes, mut peers) = queue_of(1);
        peers[0].send_kind(Kind::Identity, "me");
        let id = peers.remove(0).id;
        queue.closed(id, &mut pipes);
        assert_eq!(pipes.take_retired(), Some(id));
    }

    #[test]
    fn control_messages_are_never_received() {
        let (mut queue, mut pipes, mut peers) = queue_of(1);
        for kind in [Kind::Identity, Kind::Subscribe, Kind::Cancel] {
            peers[0].send_kind(kind, "x");
        }
        assert!(!queue.can_recv(&mut pipes));
        queue.readable(peers[0].id);
        peers[0].send_kind(Kind::Identity, "x");
        peers[0].send("data");
        assert_eq!(recv(&mut queue, &mut pipes).unwrap(), "data");
    }

    #[test]
    fn a_message_begun_is_finished_though_its_pipe_is_taken_away() {
        let (mut queue, mut pipes, mut peers) = queue_of(2);
        peers[0].send("a|b|c");
        peers[0].send("lost");
        peers[1].send("next");
        assert_eq!(recv(&mut queue, &mut pipes).unwrap(), "a");
        queue.detach(peers[0].id, &mut pipes);
        pipes.remove(peers[0].id);
        assert!(queue.can_recv(&mut pipes));
        let received: Vec<_> = std::iter::from_fn(|| recv(&mut queue, &mut pipes)).collect();
        assert_eq!(received, ["b", "c", "next"]);
    }

    /// Pipes come, fill, close and go at random; what is received must be, for each pipe, what was sent,
    /// in order, in whole messages, and no pipe with messages may wait for more than two rounds.
    #[test]
    fn agrees_with_a_model_under_random_operations() {
        let mut random = Random::new(77);
        let (mut queue, mut pipes) = (FairQueue::default(), Pipes::default());
        // For each peer: its end, what it sent and was not received yet, and how long that has waited.
        let mut peers: Vec<(Peer, VecDeque<String>, usize)> = Vec::new();
        let mut current: Option<PipeId> = None;
        for step in 0..if cfg!(miri) { 300 } else { 30_000 } {
            match random.below(10) {
                0 if peers.len() < 8 => {
                    let peer = attach_pipe(&mut pipes, 0);
                    queue.attach(peer.id);
                    peers.push((peer, VecDeque::new(), 0));
                }
                1 if random.below(10) == 0 && !peers.is_empty() => {
                    let id = peers.swap_remove(random.below(peers.len())).0.id;
                    queue.closed(id, &mut pipes);
                    queue.detach(id, &mut pipes);
                    if current == Some(id) {
                        queue.skip_rest(&mut pipes);
                        current = None;
                    }
                    pipes.remove(id);
                    peers.iter_mut().for_each(|peer| peer.2 = 0);
                }
                2..=5 if !peers.is_empty() => {
                    let n = random.below(peers.len());
                    let parts: Vec<String> =
                        (0..1 + random.below(3)).map(|part| format!("{step}-{part}")).collect();
                    let (peer, sent, _) = &mut peers[n];
                    peer.send(&parts.join("|"));
                    queue.readable(peer.id);
                    sent.extend(parts);
                }
                _ => {
                    let Some(part) = queue.recv(&mut pipes) else {
                        assert!(peers.iter().all(|peer| peer.1.is_empty()), "nothing was left lying");
                        continue;
                    };
                    let id = queue.source().unwrap();
                    assert!(current.is_none_or(|current| current == id), "messages do not mix");
                    if current.is_none() {
                        peers.iter_mut().for_each(|peer| peer.2 += 1);
                    }
                    let limit = 2 * peers.len() + 2;
                    let peer = peers.iter_mut().find(|peer| peer.0.id == id).unwrap();
                    assert_eq!(peer.1.pop_front().unwrap().as_bytes(), part.as_bytes());
                    peer.2 = 0;
                    current = part.more().then_some(id);
                    for peer in &mut peers {
                        peer.2 = if peer.1.is_empty() { 0 } else { peer.2 };
                        assert!(peer.2 <= limit, "a pipe starves");
                    }
                }
            }
        }
    }
}
