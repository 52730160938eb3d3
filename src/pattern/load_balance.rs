//! `LoadBalance`: sends to many pipes in turn, a whole message at a time, to those that have room.
//!
//! A pipe without room leaves the rotation until it is [`LoadBalance::writable`]. When the pipe goes away
//! in the middle of a message, nothing of that message is seen by anybody, and its rest is dropped.
#![forbid(unsafe_code)]

use super::rotation::Rotation;
use super::{PipeId, Pipes, Stop};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct LoadBalance {
    rotation: Rotation,
    /// More parts follow of the message that is being sent.
    within: bool,
    /// The pipe of that message is gone.
    dropping: bool,
    /// The message has a large body.
    large: bool,
}

impl LoadBalance {
    pub(super) fn attach(&mut self, id: PipeId) {
        self.rotation.insert(id);
    }

    /// Writes no more to the pipe: it is taken away, or its other end is closed. False: that was known.
    pub(super) fn remove(&mut self, id: PipeId, pipes: &mut Pipes) -> bool {
        if self.within && !self.dropping && self.rotation.current() == Some(id) {
            pipes.get(id).rollback();
            (self.dropping, self.large) = (true, false);
        }
        self.rotation.remove(id)
    }

    pub(super) fn writable(&mut self, id: PipeId) {
        self.rotation.activate(id);
    }

    /// Whether there is no pipe.
    pub(super) fn is_empty(&self) -> bool {
        self.rotation.is_empty()
    }

    /// The pipe that the message goes to of which a part was just sent and others follow.
    pub(super) fn target(&self) -> Option<PipeId> {
        if self.within && !self.dropping { self.rotation.current() } else { None }
    }

    /// Sends a part.
    #[inline]
    pub(super) fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if self.dropping {
            return self.drop_part(part);
        }
        while let Some(id) = self.rotation.current() {
            let pipe = pipes.get(id);
            // In the middle of a message there is always room.
            if pipe.can_write() {
                self.within = part.more();
                if part.is_large() {
                    pipe.note_large(part.len());
                    self.large = true;
                }
                pipe.write(part.take());
                if !self.within {
                    pipe.flush();
                    // To hold up a sender behind one of several peers would be to hold up the others.
                    if std::mem::take(&mut self.large) && self.rotation.only() == Some(id) {
                        pipes.note_large(id);
                    }
                    self.rotation.advance();
                }
                return Ok(());
            }
            self.rotation.deactivate_current();
        }
        Err(Stop::WouldBlock)
    }

    /// As [`LoadBalance::send`], for a pattern that has nothing else to do as it sends: where all goes to one pipe, it is
    /// offered as a lane.
    #[inline]
    pub(super) fn send_alone(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.send(part, pipes)?;
        if !self.within
            && let Some(id) = self.rotation.only()
        {
            pipes.offer_target(id);
        }
        Ok(())
    }

    /// Whether [`LoadBalance::send`] would take a part.
    pub(super) fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        if self.within {
            return true;
        }
        while let Some(id) = self.rotation.current() {
            if pipes.get(id).can_write() {
                return true;
            }
            self.rotation.deactivate_current();
        }
        false
    }

    #[cold]
    fn drop_part(&mut self, part: &mut Message) -> Result<(), Stop> {
        self.within = part.take().more();
        self.dropping = self.within;
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, Random, attach_pipe, part};

    fn balance_of(hwms: &[usize]) -> (LoadBalance, Pipes, Vec<Peer>) {
        let (mut balance, mut pipes) = (LoadBalance::default(), Pipes::default());
        let peers: Vec<Peer> = hwms.iter().map(|hwm| attach_pipe(&mut pipes, *hwm)).collect();
        peers.iter().for_each(|peer| balance.attach(peer.id));
        (balance, pipes, peers)
    }

    fn send(balance: &mut LoadBalance, pipes: &mut Pipes, text: &str) -> Result<(), Stop> {
        let (text, more) = match text.strip_suffix('+') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut message = part(text, more);
        let result = balance.send(&mut message, pipes);
        if result.is_err() {
            assert_eq!((message.as_bytes(), message.more()), (text.as_bytes(), more), "left untouched");
        } else {
            assert!(message.is_empty() && !message.more(), "taken");
        }
        result
    }

    #[test]
    fn gives_whole_messages_in_turn() {
        let (mut balance, mut pipes, mut peers) = balance_of(&[0, 0, 0]);
        for text in ["a+", "a+", "a", "b", "c+", "c", "d"] {
            send(&mut balance, &mut pipes, text).unwrap();
        }
        assert_eq!(peers[0].recv_all(), ["a|a|a", "d"]);
        assert_eq!(peers[1].recv_all(), ["b"]);
        assert_eq!(peers[2].recv_all(), ["c|c"]);
    }

    #[test]
    fn a_full_pipe_is_passed_over_until_it_is_writable() {
        let (mut balance, mut pipes, mut peers) = balance_of(&[1, 2]);
        for text in ["a", "b+", "b", "c"] {
            send(&mut balance, &mut pipes, text).unwrap();
        }
        assert!(!balance.can_send(&mut pipes));
        assert_eq!(send(&mut balance, &mut pipes, "d"), Err(Stop::WouldBlock));
        assert_eq!(peers[1].recv_all(), ["b|b", "c"]);
        assert_eq!(send(&mut balance, &mut pipes, "d"), Err(Stop::WouldBlock), "nobody said so yet");
        balance.writable(peers[1].id);
        assert!(balance.can_send(&mut pipes));
        send(&mut balance, &mut pipes, "d").unwrap();
        assert_eq!(peers[1].recv_all(), ["d"]);
        assert_eq!(peers[0].recv_all(), ["a"]);
    }

    #[test]
    fn without_pipes_it_would_block() {
        let (mut balance, mut pipes, _) = balance_of(&[]);
        assert!(balance.is_empty() && !balance.can_send(&mut pipes));
        assert_eq!(send(&mut balance, &mut pipes, "a"), Err(Stop::WouldBlock));
    }

    #[test]
    fn a_message_whose_pipe_goes_is_dropped_whole() {
        let (mut balance, mut pipes, mut peers) = balance_of(&[0, 0]);
        send(&mut balance, &mut pipes, "a+").unwrap();
        assert_eq!(balance.target(), Some(peers[0].id));
        balance.remove(peers[0].id, &mut pipes);
        assert_eq!(balance.target(), None);
        balance.writable(peers[0].id);
        balance.remove(peers[0].id, &mut pipes);
        assert!(balance.can_send(&mut pipes));
        for text in ["a+", "a", "b"] {
            send(&mut balance, &mut pipes, text).unwrap();
        }
        pipes.get(peers[0].id).flush();
        assert!(peers[0].recv_all().is_empty());
        assert_eq!(peers[1].recv_all(), ["b"]);
    }

    #[test]
    fn the_removal_of_another_pipe_does_not_divert_a_message() {
        let (mut balance, mut pipes, mut peers) = balance_of(&[0, 0, 0]);
        for text in ["a", "b", "c+"] {
            send(&mut balance, &mut pipes, text).unwrap();
        }
        balance.remove(peers[0].id, &mut pipes);
        send(&mut balance, &mut pipes, "c").unwrap();
        assert_eq!(peers[2].recv_all(), ["c|c"]);
    }

    /// Every message that was accepted arrives once, whole, and in order at its peer; it is refused only
    /// when all peers are full.
    #[test]
    fn agrees_with_a_model_under_random_operations() {
        const HWM: usize = 3;
        let mut random = Random::new(99);
        let (mut balance, mut pipes, mut peers) = balance_of(&[HWM; 5]);
        let mut waiting = [0usize; 5];
        let (mut accepted, mut arrived) = (0usize, Vec::new());
        for _ in 0..if cfg!(miri) { 200 } else { 20_000 } {
            if random.below(3) > 0 {
                let target = balance.can_send(&mut pipes).then(|| balance.rotation.current().unwrap());
                assert_eq!(target.is_none(), waiting.iter().all(|count| *count == HWM));
                let parts = 1 + random.below(3);
                for n in 0..parts {
                    let more = if n + 1 < parts { "+" } else { "" };
                    let sent = send(&mut balance, &mut pipes, &format!("{accepted}{more}"));
                    assert_eq!(sent.is_ok(), target.is_some(), "part {n}");
                }
                if let Some(id) = target {
                    accepted += 1;
                    waiting[peers.iter().position(|peer| peer.id == id).unwrap()] += 1;
                }
            } else {
                let n = random.below(5);
                let received = peers[n].recv_all();
                assert_eq!(received.len(), waiting[n]);
                let numbers: Vec<usize> = received
                    .iter()
                    .map(|message| {
                        let mut parts = message.split('|');
                        let first = parts.next().unwrap();
                        assert!(parts.all(|part| part == first), "messages do not mix");
                        first.parse().unwrap()
                    })
                    .collect();
                assert!(numbers.is_sorted());
                arrived.extend(numbers);
                waiting[n] = 0;
                balance.writable(peers[n].id);
            }
        }
        peers.iter_mut().for_each(|peer| {
            arrived.extend(
                peer.recv_all().iter().map(|m| m.split('|').next().unwrap().parse::<usize>().unwrap()),
            )
        });
        arrived.sort_unstable();
        assert!(arrived.into_iter().eq(0..accepted), "each accepted message arrived once");
    }
}
