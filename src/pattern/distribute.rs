//! `Distribute`: sends each message to every pipe that was chosen for it. Never blocks.
//!
//! The chosen pipes are a prefix of the vector, and stay chosen for all parts of the message. A pipe
//! without room for a message gets none of it. A long body is shared by all the pipes, not copied.
#![forbid(unsafe_code)]

use super::pipe_map::PipeMap;
use super::{PipeId, Pipes};
use crate::message::Message;
use crate::pipe::Pipe;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Distribute {
    /// All pipes, the chosen ones first.
    pipes: Vec<PipeId>,
    /// How many are chosen.
    chosen: usize,
    /// Where in `pipes` each pipe is.
    places: PipeMap<usize>,
    /// More parts follow of the message that is being sent.
    within: bool,
}

impl Distribute {
    pub(super) fn attach(&mut self, id: PipeId) {
        assert!(self.places.get(id).is_none(), "a pipe is attached once");
        self.places.insert(id, self.pipes.len());
        self.pipes.push(id);
    }

    /// Writes no more to the pipe: it is taken away, or its other end is closed. False: that was known.
    pub(super) fn remove(&mut self, id: PipeId, pipes: &mut Pipes) -> bool {
        let Some(&place) = self.places.get(id) else { return false };
        let place = if place < self.chosen {
            pipes.get(id).rollback();
            self.leave_out(place)
        } else {
            place
        };
        self.swap(place, self.pipes.len() - 1);
        self.pipes.pop();
        self.places.remove(id);
        true
    }

    /// The pipes there are.
    pub(super) fn pipes(&self) -> &[PipeId] {
        &self.pipes
    }

    /// Those that the message which is being sent does not go to.
    pub(super) fn left_out(&self) -> &[PipeId] {
        &self.pipes[self.chosen..]
    }

    /// Whether the last part sent has others behind it, so that nothing is to be chosen for the next.
    #[inline]
    pub(super) fn is_within(&self) -> bool {
        self.within
    }

    /// Chooses the pipe in the slot for the next message. Choosing it again changes nothing.
    #[inline]
    pub(super) fn choose(&mut self, slot: usize) {
        if let Some(&place) = self.places.in_slot(slot)
            && place >= self.chosen
        {
            self.swap(place, self.chosen);
            self.chosen += 1;
        }
    }

    /// Chooses all pipes.
    pub(super) fn choose_all(&mut self) {
        self.chosen = self.pipes.len();
    }

    /// Chooses the pipes on which fewer messages than these are under way (`0`: all pipes).
    pub(super) fn choose_below(&mut self, mark: usize, pipes: &mut Pipes) {
        self.choose_all();
        let mut place = 0;
        while place < self.chosen {
            if pipes.get(self.pipes[place]).is_below(mark) {
                place += 1;
            } else {
                self.leave_out(place);
            }
        }
    }

    /// Takes back what was chosen for a message that is not sent after all.
    pub(super) fn choose_none(&mut self) {
        debug_assert!(!self.within, "pipes stay chosen for all parts of a message");
        self.chosen = 0;
    }

    /// Chooses the pipes that are not chosen, and no others.
    pub(super) fn invert(&mut self) {
        self.pipes.rotate_left(self.chosen);
        self.chosen = self.pipes.len() - self.chosen;
        for (place, id) in self.pipes.iter().enumerate() {
            if let Some(at) = self.places.get_mut(*id) {
                *at = place;
            }
        }
    }

    /// Leaves only the pipe chosen, if it is. False: it is not, and nothing is changed.
    pub(super) fn narrow(&mut self, id: PipeId) -> bool {
        let chosen = self.is_chosen(id);
        if chosen {
            self.chosen = 0;
            self.choose(id.slot());
        }
        chosen
    }

    fn is_chosen(&self, id: PipeId) -> bool {
        self.places.get(id).is_some_and(|place| *place < self.chosen)
    }

    /// A chosen pipe that has no room for a message.
    pub(super) fn find_full(&self, pipes: &mut Pipes) -> Option<PipeId> {
        self.pipes[..self.chosen].iter().copied().find(|id| !pipes.get(*id).can_write())
    }

    /// Whether the pipe is one of these.
    pub(super) fn contains(&self, id: PipeId) -> bool {
        self.places.get(id).is_some()
    }

    /// Sends a part to the chosen pipes; after the last part none is chosen.
    #[inline]
    pub(super) fn send(&mut self, part: &mut Message, pipes: &mut Pipes) {
        if !self.within && !part.more() {
            return self.send_whole(part, pipes);
        }
        if !self.within {
            self.leave_out_full(pipes);
        }
        self.within = part.more();
        match &self.pipes[..self.chosen] {
            [] => drop(part.take()),
            [only] => write(pipes, *only, part.take()),
            [others @ .., last] => {
                let shares = part.share_out(others.len());
                others.iter().zip(shares).for_each(|(id, share)| write(pipes, *id, share));
                write(pipes, *last, part.take());
            }
        }
        if !self.within {
            self.chosen = 0;
        }
    }

    /// Sends a message of one part to the chosen pipes that have room.
    #[inline]
    fn send_whole(&mut self, part: &mut Message, pipes: &mut Pipes) {
        let chosen = std::mem::take(&mut self.chosen);
        let Some((last, others)) = self.pipes[..chosen].split_last() else { return drop(part.take()) };
        if !others.is_empty() {
            let mut shares = part.share_out(others.len());
            for id in others {
                write_whole(pipes.get(*id), || shares.next());
            }
        }
        write_whole(pipes.get(*last), || Some(part.take()));
        // Where there was no room for it.
        drop(part.take());
    }

    /// Leaves the pipes without room out of the message that begins.
    #[inline]
    fn leave_out_full(&mut self, pipes: &mut Pipes) {
        let mut place = 0;
        while place < self.chosen {
            if pipes.get(self.pipes[place]).can_write() {
                place += 1;
            } else {
                self.leave_out(place);
            }
        }
    }

    /// Moves a chosen pipe behind the chosen ones; gives its new place.
    fn leave_out(&mut self, place: usize) -> usize {
        self.chosen -= 1;
        self.swap(place, self.chosen);
        self.chosen
    }

    #[inline]
    fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        self.pipes.swap(a, b);
        for place in [a, b] {
            if let Some(at) = self.places.get_mut(self.pipes[place]) {
                *at = place;
            }
        }
    }
}

/// Writes a message of one part, if there is room.
#[inline]
fn write_whole(pipe: &mut Pipe, message: impl FnOnce() -> Option<Message>) {
    if pipe.can_write()
        && let Some(message) = message()
    {
        pipe.write(message);
        pipe.flush();
    }
}

/// Writes a part, and shows the message to the other end when it is the last.
#[inline]
fn write(pipes: &mut Pipes, id: PipeId, part: Message) {
    let pipe = pipes.get(id);
    pipe.write(part);
    // Does nothing in the middle of a message.
    pipe.flush();
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, attach_pipe, part, parts};
    use std::sync::Arc;

    fn distribute_to(hwms: &[usize]) -> (Distribute, Pipes, Vec<Peer>) {
        let (mut distribute, mut pipes) = (Distribute::default(), Pipes::default());
        let peers: Vec<Peer> = hwms.iter().map(|hwm| attach_pipe(&mut pipes, *hwm)).collect();
        peers.iter().for_each(|peer| distribute.attach(peer.id));
        (distribute, pipes, peers)
    }

    fn send(distribute: &mut Distribute, pipes: &mut Pipes, message: &str) {
        for mut part in parts(message) {
            distribute.send(&mut part, pipes);
        }
    }

    #[test]
    fn each_chosen_pipe_gets_one_copy() {
        let (mut distribute, mut pipes, mut peers) = distribute_to(&[0; 4]);
        for n in [3, 1, 3] {
            distribute.choose(peers[n].id.slot());
        }
        send(&mut distribute, &mut pipes, "a|b");
        send(&mut distribute, &mut pipes, "nobody");
        distribute.choose_all();
        send(&mut distribute, &mut pipes, "all");
        for (n, peer) in peers.iter_mut().enumerate() {
            assert_eq!(peer.recv_all(), if n % 2 == 1 { vec!["a|b", "all"] } else { vec!["all"] });
        }
    }

    #[test]
    fn a_full_pipe_misses_whole_messages() {
        let (mut distribute, mut pipes, mut peers) = distribute_to(&[1, 2, 3]);
        for text in ["a", "b|c", "d|e|f"] {
            distribute.choose_all();
            send(&mut distribute, &mut pipes, text);
        }
        assert_eq!(peers[0].recv_all(), ["a"]);
        assert_eq!(peers[1].recv_all(), ["a", "b|c"]);
        assert_eq!(peers[2].recv_all(), ["a", "b|c", "d|e|f"]);
    }

    #[test]
    fn pipes_that_come_or_go_within_a_message_get_none_of_it() {
        let (mut distribute, mut pipes, mut peers) = distribute_to(&[0; 3]);
        distribute.choose_all();
        distribute.send(&mut part("a", true), &mut pipes);
        assert!(distribute.is_within());
        assert!(distribute.remove(peers[0].id, &mut pipes) && !distribute.remove(peers[0].id, &mut pipes));
        peers.push(attach_pipe(&mut pipes, 0));
        distribute.attach(peers[3].id);
        distribute.send(&mut part("b", false), &mut pipes);
        pipes.get(peers[0].id).flush();
        assert_eq!(distribute.pipes().len(), 3);
        let received: Vec<_> = peers.iter_mut().map(Peer::recv_all).collect();
        assert_eq!(received, [vec![], vec!["a|b".to_string()], vec!["a|b".to_string()], vec![]]);
    }

    #[test]
    fn a_body_is_shared_and_the_last_reader_frees_it() {
        let (mut distribute, mut pipes, mut peers) = distribute_to(&[0; 3]);
        let body = Arc::new([7u8; 100]);
        struct Owner(Arc<[u8; 100]>);
        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                &*self.0
            }
        }
        distribute.choose_all();
        distribute.send(&mut Message::from_owner(Owner(body.clone())), &mut pipes);
        for peer in &mut peers {
            assert_eq!(Arc::strong_count(&body), 2, "one body, however many pipes");
            assert_eq!(peer.pipe.read().unwrap().as_bytes(), &*body);
        }
        assert_eq!(Arc::strong_count(&body), 1);
    }
}
