//! `Role`: a socket's pattern with its pipes, and the short way past the pattern.
//!
//! Where messages come from one pipe only, or go to one, there is nothing for the pattern to decide. As it sends
//! or receives, it may then offer that pipe as a *lane* ([`Pipes::offer_source`], [`Pipes::offer_target`]): whole
//! messages of one part are taken from it, or given to it, and the pattern is neither asked nor told. A lane is closed
//! before the pattern is used for anything else.
#![forbid(unsafe_code)]

use super::{Pattern, PipeId, Pipes, Stop};
use crate::message::Message;
use crate::pipe::Signal;
use crate::socket::kind::SocketType;
use crate::socket::tags::Tags;

/// The pipes that a pattern has offered, or that are used as lanes.
#[derive(Clone, Copy, Default)]
pub(super) struct Lanes {
    /// Where messages come from.
    pub(super) source: Option<PipeId>,
    /// Where they go.
    pub(super) target: Option<PipeId>,
}

/// See the module's documentation.
pub(crate) struct Role {
    pattern: Box<dyn Pattern>,
    pipes: Pipes,
    lanes: Lanes,
}

impl Role {
    pub(crate) fn new(kind: SocketType) -> Role {
        Role { pattern: super::new(kind), pipes: Pipes::default(), lanes: Lanes::default() }
    }

    /// The pattern, to be told or asked something, and its pipes. Closes the lanes.
    pub(crate) fn ask(&mut self) -> (&mut dyn Pattern, &mut Pipes) {
        self.lanes = Lanes::default();
        self.pipes.offers = Lanes::default();
        (&mut *self.pattern, &mut self.pipes)
    }

    /// Tells the pattern what happened at the other end of a pipe, which may be gone.
    pub(crate) fn tell(&mut self, id: PipeId, signal: Signal) {
        let (pattern, pipes) = self.ask();
        super::tell(pattern, pipes, id, signal);
    }

    /// The pipes, to look at.
    pub(crate) fn pipes(&self) -> &Pipes {
        &self.pipes
    }

    /// The pipes, to use one whose pattern need not know.
    pub(crate) fn pipes_mut(&mut self) -> &mut Pipes {
        &mut self.pipes
    }

    /// See [`Pipes::retire`]: what was retired since the last call.
    #[inline]
    pub(crate) fn take_retired(&mut self) -> Option<PipeId> {
        self.pipes.take_retired()
    }

    /// Sends a part by the lane, if there is one and it has room.
    #[inline(always)]
    pub(crate) fn send_by_lane(&mut self, part: &mut Message) -> bool {
        self.lanes.target.and_then(|id| self.pipes.find(id)).is_some_and(|pipe| pipe.write_whole(part))
    }

    /// Receives a part by the lane, if there is one and it has something: then what `into` had before. Where that comes
    /// from has not changed: another origin is told between messages.
    #[inline(always)]
    pub(crate) fn recv_by_lane(&mut self, into: &mut Message) -> Option<Message> {
        self.pipes.find(self.lanes.source?)?.read_whole(into)
    }

    /// See [`Pattern::send`]. The lane, which the pattern may offer anew, was tried before.
    pub(crate) fn send(&mut self, part: &mut Message) -> Result<(), Stop> {
        let (pattern, pipes) = self.ask();
        pipes.large = None;
        pattern.send(part, pipes)?;
        self.lanes.target = self.pipes.offers.target;
        Ok(())
    }

    /// See [`Pattern::send_tagged`].
    pub(crate) fn send_tagged(&mut self, part: &mut Message, tags: &Tags) -> Result<(), Stop> {
        let (pattern, pipes) = self.ask();
        pattern.send_tagged(part, tags, pipes)
    }

    /// See [`Pattern::recv`]. The lane, which the pattern may offer anew, was tried before.
    pub(crate) fn recv(&mut self, into: &mut Message) -> Result<(), Stop> {
        let (pattern, pipes) = self.ask();
        pattern.recv(into, pipes)?;
        self.lanes.source = self.pipes.offers.source;
        Ok(())
    }

    /// See [`Pattern::recv_tagged`]; else as [`Role::recv`].
    pub(crate) fn recv_tagged(&mut self, into: &mut Message, tags: &mut Tags) -> Result<(), Stop> {
        let (pattern, pipes) = self.ask();
        pattern.recv_tagged(into, tags, pipes)?;
        self.lanes.source = self.pipes.offers.source;
        Ok(())
    }

    /// See [`Pattern::can_send`].
    pub(crate) fn can_send(&mut self) -> bool {
        if let Some(id) = self.lanes.target
            && self.pipes.get(id).has_room()
        {
            return true;
        }
        let (pattern, pipes) = self.ask();
        pattern.can_send(pipes)
    }

    /// See [`Pattern::can_recv`].
    pub(crate) fn can_recv(&mut self) -> bool {
        let (pattern, pipes) = self.ask();
        pattern.can_recv(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::Told;
    use crate::pattern::testing::{self, Events, Random, attach_pipe, part, text};
    use crate::socket::options::Options;
    use std::sync::Arc;

    /// A role with its peers, used as a socket uses it.
    struct Player {
        role: Role,
        peers: Vec<testing::Peer>,
        news: Arc<Events>,
        /// The pattern is asked each time.
        asks: bool,
        by_lane: usize,
    }

    impl Player {
        fn new(kind: SocketType, asks: bool) -> Player {
            let mut role = Role::new(kind);
            let (pattern, pipes) = role.ask();
            pattern.configure(&Options::for_4x(), pipes);
            if kind == SocketType::Sub {
                pattern.subscribe(b"", pipes).unwrap();
            }
            Player { role, peers: Vec::new(), news: Arc::default(), asks, by_lane: 0 }
        }

        fn attach(&mut self, hwm: usize) {
            let (pattern, pipes) = self.role.ask();
            let peer = attach_pipe(pipes, hwm);
            pipes.get(peer.id).set_owner(self.news.clone(), peer.id.key());
            pattern.attach(peer.id, Told::Nothing, pipes);
            pattern.readable(peer.id, pipes);
            self.peers.push(peer);
            self.settle();
        }

        /// Does what a socket does before it sends or receives.
        fn settle(&mut self) {
            loop {
                while let Some(id) = self.role.take_retired() {
                    let (pattern, pipes) = self.role.ask();
                    pattern.detach(id, pipes);
                    pipes.remove(id);
                }
                let news = self.news.take();
                if news.is_empty() {
                    return;
                }
                for (key, signal) in news {
                    self.role.tell(PipeId::from_key(key), signal);
                }
            }
        }

        fn prepare(&mut self) -> Lanes {
            self.settle();
            if self.asks {
                self.role.ask();
            }
            self.role.lanes
        }

        fn send(&mut self, text: &str, more: bool) -> Result<(), Stop> {
            let lanes = self.prepare();
            let mut part = part(text, more);
            self.by_lane += usize::from(lanes.target.is_some());
            if self.role.send_by_lane(&mut part) { Ok(()) } else { self.role.send(&mut part) }
        }

        fn recv(&mut self) -> Result<String, Stop> {
            let lanes = self.prepare();
            let mut part = part("what was there before", false);
            self.by_lane += usize::from(lanes.source.is_some());
            let received = match self.role.recv_by_lane(&mut part) {
                Some(before) => {
                    assert_eq!(text(&[before]), "what was there before");
                    Ok(())
                }
                None => self.role.recv(&mut part),
            };
            received.map(|()| text(&[part]))
        }
    }

    /// One random deed, of the socket's or of a peer's; what came of it.
    fn act(player: &mut Player, random: &mut Random) -> String {
        let text = ["", "a", "longer than what lies in one word", "\0a", "\u{1}a"][random.below(5)];
        let prefix: &[u8] = [&b""[..], b"a"][random.below(2)];
        let n = random.below(player.peers.len().max(1));
        match random.below(40) {
            0 if player.peers.len() < 3 => player.attach(random.below(4)),
            1 if !player.peers.is_empty() => drop(player.peers.swap_remove(n)),
            2..=8 => {
                let more = (0..1 + random.below(4)).map(|_| random.below(8) == 0);
                return format!("{:?}", more.map(|more| player.send(text, more)).collect::<Vec<_>>());
            }
            9..=19 => {
                let count = 1 + random.below(4);
                return format!("{:?}", (0..count).map(|_| player.recv()).collect::<Vec<_>>());
            }
            20 => return format!("{}", player.role.can_send()),
            21 => return format!("{}", player.role.can_recv()),
            22 if !player.peers.is_empty() => return player.peers[n].recv_all().join(", "),
            23 => {
                let (pattern, pipes) = player.role.ask();
                return format!("{:?}", pattern.subscribe(prefix, pipes));
            }
            24 => {
                let (pattern, pipes) = player.role.ask();
                return format!("{:?}", pattern.unsubscribe(prefix, pipes));
            }
            25 if !player.peers.is_empty() => player.peers[n].send("b|\u{1}|c"),
            26.. if !player.peers.is_empty() => player.peers[n].send(text),
            _ => {}
        }
        String::new()
    }

    #[test]
    fn with_lanes_comes_what_comes_without() {
        use SocketType::*;
        // These give their peers random names.
        let names = |kind: &SocketType| matches!(kind, Router | Stream | Server | Peer);
        for kind in SocketType::ALL.into_iter().filter(|kind| !names(kind)) {
            let mut random = [Random::new(kind as u64 + 70), Random::new(kind as u64 + 70)];
            let mut players = [Player::new(kind, false), Player::new(kind, true)];
            for step in 0..if cfg!(miri) { 200 } else { 20_000 } {
                let [by_lane, asking] = [0, 1].map(|at| act(&mut players[at], &mut random[at]));
                assert_eq!(by_lane, asking, "{kind:?}, step {step}");
                let [by_lane, asking] = [0, 1].map(|at| {
                    players[at].settle();
                    players[at].peers.retain_mut(|peer| !peer.is_dismissed());
                    players[at].peers.len()
                });
                assert_eq!(by_lane, asking, "{kind:?}, step {step}: the same peers are let go");
            }
            let [by_lane, asking] = players.map(|player| player.by_lane);
            let has_lanes = matches!(
                kind,
                Pair | Push | Pull | Dealer | Sub | Xsub | Client | Gather | Scatter | Channel | Dgram
            );
            assert_eq!((by_lane > 100, asking), (has_lanes && !cfg!(miri), 0), "{kind:?}: {by_lane}");
        }
    }
}
