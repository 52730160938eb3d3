//! The messaging patterns: what a socket of each type does with messages and pipes.
//!
//! A pattern decides which pipe a message goes to or comes from. It sees pipes and nothing else: no
//! transports, no threads, no waiting. The socket calls it with its turn taken, tells it what happened to
//! its pipes, and does the waiting when it says [`Stop::WouldBlock`].
#![forbid(unsafe_code)]

mod dealer;
mod dgram;
mod direct;
mod dish;
mod distribute;
mod fair_queue;
mod load_balance;
mod pair;
mod pipe_map;
mod prefix_tree;
mod r#pub;
mod pull;
mod push;
mod radio;
mod rep;
mod req;
mod role;
mod rotation;
mod router;
mod server;
mod single;
mod stream;
mod sub;
mod subscribers;
mod subscriptions;
#[cfg(all(test, not(loom)))]
mod testing;
mod xpub;
mod xsub;

use self::role::Lanes;
pub(crate) use self::role::Role;
use crate::few;
use crate::message::{Kind, Message};
use crate::pipe::{Pipe, Signal};
use crate::socket::kind::SocketType;
use crate::socket::options::Options;
use crate::socket::tags::Tags;
use std::sync::Arc;

/// Names a pipe of one socket. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PipeId(usize);

/// Why a pattern does not send or receive. The message, if any, stays with the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No pipe has a message, or room for one, now.
    WouldBlock,
    /// The type never does this.
    NotSupported,
    /// The type does not do this now: a request is outstanding, say.
    WrongState,
    /// The message is not of the form that the type sends: it has parts, or a group that is too long.
    Invalid,
    /// The message is for a peer that is not there.
    Unroutable,
    /// Another peer has the name.
    NameInUse,
}

/// A socket's pipes.
#[derive(Default)]
pub(crate) struct Pipes {
    slots: Vec<Option<(PipeId, Pipe)>>,
    free: Vec<usize>,
    serial: usize,
    retired: Vec<PipeId>,
    /// See [`Pipes::origin`].
    origin: u64,
    /// See [`Pipes::note_large`].
    large: Option<PipeId>,
    /// What the pattern has offered since it was last asked something.
    offers: Lanes,
}

/// Bits of a [`PipeId`] that give its slot; the rest is a serial number.
const SLOT_BITS: u32 = if usize::BITS == 64 { 24 } else { 16 };

impl PipeId {
    fn slot(self) -> usize {
        self.0 & ((1 << SLOT_BITS) - 1)
    }

    /// As the key of a notification.
    pub(crate) fn key(self) -> usize {
        self.0
    }

    /// Back from the key of a notification; the pipe may be gone meanwhile, see [`Pipes::contains`].
    pub(crate) fn from_key(key: usize) -> PipeId {
        PipeId(key)
    }
}

impl Pipes {
    /// Adds a pipe. `None` when there are as many as can be named (16 million).
    pub(crate) fn insert(&mut self, pipe: Pipe) -> Option<PipeId> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if self.slots.len() < 1 << SLOT_BITS => {
                few::push(&mut self.slots, None);
                self.slots.len() - 1
            }
            None => return None,
        };
        self.serial = self.serial.wrapping_add(1);
        let id = PipeId(self.serial << SLOT_BITS | slot);
        self.slots[slot] = Some((id, pipe));
        Some(id)
    }

    /// Whether the pipe is still there.
    pub(crate) fn contains(&self, id: PipeId) -> bool {
        matches!(self.slots.get(id.slot()), Some(Some((there, _))) if *there == id)
    }

    /// The pipe. A pattern only uses pipes between their attach and their detach.
    #[inline]
    pub(crate) fn get(&mut self, id: PipeId) -> &mut Pipe {
        self.find(id).expect("a pattern uses no pipe that was detached")
    }

    /// The pipe, if it is still there.
    #[inline(always)]
    fn find(&mut self, id: PipeId) -> Option<&mut Pipe> {
        match self.slots.get_mut(id.slot()) {
            Some(Some((there, pipe))) if *there == id => Some(pipe),
            _ => None,
        }
    }

    /// The connection that the part came over which was received last (see [`metadata`](crate::metadata)); 0: none.
    pub(crate) fn origin(&self) -> u64 {
        self.origin
    }

    /// Says so: [`FairQueue`](fair_queue::FairQueue) does, and whoever receives otherwise.
    #[inline]
    fn set_origin(&mut self, origin: u64) {
        self.origin = origin;
    }

    /// Takes a pipe out.
    pub(crate) fn remove(&mut self, id: PipeId) -> Option<Pipe> {
        if !self.contains(id) {
            return None;
        }
        self.free.push(id.slot());
        self.slots[id.slot()].take().map(|(_, pipe)| pipe)
    }

    /// Says, from within a pattern, that the pipe is of no use any more (its peer is gone and all is
    /// read, or the pattern refuses it). The socket detaches it from the pattern soon after and closes it.
    pub(crate) fn retire(&mut self, id: PipeId) {
        self.retired.push(id);
    }

    /// What was retired since the last call.
    #[inline]
    fn take_retired(&mut self) -> Option<PipeId> {
        self.retired.pop()
    }

    /// Says, of a pattern that waits where there is no room and has one peer to send to, that a message with a large body was
    /// written to the pipe.
    #[cold]
    fn note_large(&mut self, id: PipeId) {
        self.large = Some(id);
    }

    /// The pipe that a message with a large body was written to, if it was the last that was sent and the pipe is still there.
    #[inline]
    pub(crate) fn take_large(&mut self) -> Option<PipeId> {
        self.large.take().filter(|id| self.contains(*id))
    }

    /// Says, of a pattern that receives: as long as it is told or asked nothing else, whole messages of one part that
    /// can be taken from this pipe are what it would receive, and it need not know (see [`role`]).
    #[inline]
    fn offer_source(&mut self, id: PipeId) {
        self.offers.source = Some(id);
    }

    /// Says, of a pattern that sends: as long as it is told or asked nothing else, whole messages of one part go to this
    /// pipe while that has room, and it need not know (see [`role`]).
    #[inline]
    fn offer_target(&mut self, id: PipeId) {
        self.offers.target = Some(id);
    }

    /// The ids of all pipes.
    pub(crate) fn ids(&self) -> Vec<PipeId> {
        self.slots.iter().flatten().map(|(id, _)| *id).collect()
    }
}

/// Tells a pattern what happened at the other end of a pipe, if that is still there.
fn tell(pattern: &mut dyn Pattern, pipes: &mut Pipes, id: PipeId, signal: Signal) {
    if !pipes.contains(id) {
        return;
    }
    match signal {
        Signal::Readable => pattern.readable(id, pipes),
        Signal::Writable => pattern.writable(id, pipes),
        Signal::Tightened => pipes.get(id).reconsider(),
        Signal::Chased => pipes.get(id).press_soon(),
        Signal::Closed => {
            pattern.closed(id, pipes);
            // What came last may not have been announced: closing is announcement enough.
            pattern.readable(id, pipes);
        }
    }
}

/// What a socket of one type does.
pub(crate) trait Pattern: Send {
    /// The options that the pattern goes by are these, or have changed to these. Called before anything else.
    fn configure(&mut self, _options: &Options, _pipes: &mut Pipes) {}

    /// A new pipe, and what the peer has been told, and is, of this socket's subscriptions: the pattern writes the rest.
    fn attach(&mut self, id: PipeId, told: Told, pipes: &mut Pipes);

    /// The pipe is taken away: forget it. Called once for each attached pipe, before it is dropped.
    fn detach(&mut self, id: PipeId, pipes: &mut Pipes);

    /// The other end closed: write nothing more. What it wrote can still be read; a pipe from which
    /// nothing more is wanted is retired ([`Pipes::retire`]), now or when it has been read to its end.
    fn closed(&mut self, id: PipeId, pipes: &mut Pipes);

    /// A pipe from which a read gave nothing has something now (or is finished).
    fn readable(&mut self, id: PipeId, pipes: &mut Pipes);

    /// A pipe that had no room has some. Types that do not remember which ones had none take no notice.
    fn writable(&mut self, _id: PipeId, _pipes: &mut Pipes) {}

    /// Sends one part; on success it has been taken, and an empty message is left. Types that only receive do not.
    fn send(&mut self, _part: &mut Message, _pipes: &mut Pipes) -> Result<(), Stop> {
        Err(Stop::NotSupported)
    }

    /// Receives one part, in place of what `into` has, which stays there if there is none. Types that only send do not.
    fn recv(&mut self, _into: &mut Message, _pipes: &mut Pipes) -> Result<(), Stop> {
        Err(Stop::NotSupported)
    }

    /// As [`Pattern::send`]. Types that know of tags go by them.
    fn send_tagged(&mut self, part: &mut Message, _tags: &Tags, pipes: &mut Pipes) -> Result<(), Stop> {
        self.send(part, pipes)
    }

    /// As [`Pattern::recv`]. Types that know of tags say what they are.
    fn recv_tagged(&mut self, into: &mut Message, _tags: &mut Tags, pipes: &mut Pipes) -> Result<(), Stop> {
        self.recv(into, pipes)
    }

    /// Whether [`Pattern::send`] would take a part now. Where that depends on whom the message is for, this
    /// only says that there may be somebody.
    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    /// Whether [`Pattern::recv`] would give a part now.
    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    /// The routing id of the next pipe's peer, which the application has chosen: whatever the peer says of itself.
    /// Types without such ids take no notice.
    fn name_next(&mut self, _name: &[u8]) -> Result<(), Stop> {
        Ok(())
    }

    /// Subscribes to a prefix. Only SUB has this option, and an XPUB that subscribes for its peers.
    fn subscribe(&mut self, _prefix: &[u8], _pipes: &mut Pipes) -> Result<(), Stop> {
        Err(Stop::NotSupported)
    }

    /// Takes one subscription to the prefix back; `Ok(false)` when there is none.
    fn unsubscribe(&mut self, _prefix: &[u8], _pipes: &mut Pipes) -> Result<bool, Stop> {
        Err(Stop::NotSupported)
    }

    /// Joins a group; `Ok(false)` when it was joined before. Only DISH does.
    fn join(&mut self, _group: &[u8], _pipes: &mut Pipes) -> Result<bool, Stop> {
        Err(Stop::NotSupported)
    }

    /// Leaves a group; `Ok(false)` when it was not joined.
    fn leave(&mut self, _group: &[u8], _pipes: &mut Pipes) -> Result<bool, Stop> {
        Err(Stop::NotSupported)
    }

    /// The peer behind the pipe takes the messages of all groups, and joins none. Only RADIO asks.
    fn feed_all(&mut self, _id: PipeId) {}

    /// The routing id of the pipe's peer, where it is a number: SERVER and PEER.
    fn number_of(&self, _id: PipeId) -> Option<u32> {
        None
    }

    /// The pipe of the peer with this number.
    fn pipe_of(&self, _number: u32) -> Result<PipeId, Stop> {
        Err(Stop::NotSupported)
    }

    /// The pipe of the peer with this routing id. Only ROUTER is asked.
    fn pipe_named(&self, _name: &[u8]) -> Result<PipeId, Stop> {
        Err(Stop::NotSupported)
    }

    /// The routing id of the pipe's peer, where it is bytes that the application has to know: STREAM.
    fn name_of(&self, _id: PipeId) -> Option<&[u8]> {
        None
    }

    /// How many different prefixes are subscribed to; `None` for types that have nothing to do with it.
    fn topics_count(&self) -> Option<usize> {
        None
    }

    /// The subscriptions of a SUB, XSUB or DISH, for those who replay them to peers that come (back).
    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        None
    }
}

/// What whoever connects a new pipe tells the peer of the subscriptions, from [`Pattern::upstream`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing.
    Nothing,
    /// All, whenever the peer comes, that is not in the pipe by then.
    All,
    /// All that there was at an [`Upstream::replay_to_newcomer`], or at an [`Upstream::replay`] since.
    Until(Newcomer),
}

/// A peer of whose pipe the socket does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Newcomer(u64);

/// The state that a subscriber's peers must know, whenever they connect.
pub(crate) trait Upstream: Send + Sync {
    /// Gives every prefix subscribed to, once each, to `emit`. Under the same lock, takes out of `pipe`
    /// (the peer's end of it) the subscriptions and cancellations queued so far: they are part of what is
    /// emitted. So is what is kept for a `newcomer` that is here again already. Other messages found there are returned,
    /// in order, to be sent after.
    fn replay(
        &self,
        pipe: &mut Pipe,
        newcomer: Option<Newcomer>,
        emit: &mut dyn FnMut(&[u8]),
    ) -> Vec<Message>;

    /// Gives every prefix subscribed to, once each, to `emit`, for a peer of whose pipe the socket does not know yet. What
    /// changes until it does is kept for it.
    fn replay_to_newcomer(&self, emit: &mut dyn FnMut(&[u8])) -> Newcomer;
}

/// The pattern of a socket type.
pub(crate) fn new(kind: SocketType) -> Box<dyn Pattern> {
    match kind {
        SocketType::Pair => Box::new(pair::Pair::default()),
        SocketType::Pub => Box::new(r#pub::Pub::default()),
        SocketType::Sub => Box::new(sub::Sub::default()),
        SocketType::Req => Box::new(req::Req::default()),
        SocketType::Rep => Box::new(rep::Rep::default()),
        SocketType::Dealer => Box::new(dealer::Dealer::default()),
        SocketType::Router => Box::new(router::Router::default()),
        SocketType::Pull => Box::new(pull::Pull::default()),
        SocketType::Push => Box::new(push::Push::default()),
        SocketType::Xpub => Box::new(xpub::Xpub::new(true)),
        SocketType::Xsub => Box::new(xsub::Xsub::default()),
        SocketType::Stream => Box::new(stream::Stream::default()),
        SocketType::Server | SocketType::Peer => Box::new(server::Server::default()),
        SocketType::Client => Box::new(single::Single::<dealer::Dealer>::default()),
        SocketType::Radio => Box::new(radio::Radio::default()),
        SocketType::Dish => Box::new(dish::Dish::default()),
        SocketType::Gather => Box::new(single::Single::<pull::Pull>::default()),
        SocketType::Scatter => Box::new(single::Single::<push::Push>::default()),
        SocketType::Dgram => Box::new(dgram::Dgram::default()),
        SocketType::Channel => Box::new(single::Single::<pair::Pair>::default()),
    }
}

/// What a socket of the type says to each new peer ahead of all other messages.
pub(crate) fn first_words(kind: SocketType, options: &Options) -> Vec<Message> {
    let said = [
        (kind.probes() && options.routing.probe).then_some(&[][..]),
        kind.says_hello().then_some(&options.hello_message[..]).filter(|hello| !hello.is_empty()),
        matches!(kind, SocketType::Pub | SocketType::Xpub)
            .then_some(&options.publishing.welcome[..])
            .filter(|welcome| !welcome.is_empty()),
    ];
    said.into_iter().flatten().map(|words| Message::from_vec(words.to_vec())).collect()
}

/// Whether the pipe's other end is closed and no data is left to read; other messages are dropped.
fn is_spent(pipe: &mut Pipe) -> bool {
    while pipe.peek(Message::kind).is_some_and(|kind| kind != Kind::Data) {
        pipe.read();
    }
    pipe.is_finished()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::testing::{Peer, Random, Rig};
    use super::*;

    #[test]
    fn a_peer_that_comes_and_goes_before_it_is_looked_at_leaves_nothing_behind() {
        for kind in SocketType::ALL {
            let mut rig = Rig::new(kind);
            rig.attach_with(0, |peer| peer.pipe.close());
            assert_eq!(rig.pipes.len(), 0, "{kind:?}");
            rig.attach_with(0, |peer| {
                peer.send_kind(Kind::Identity, "me");
                peer.pipe.close();
            });
            rig.pattern.can_recv(&mut rig.pipes);
            rig.settle();
            assert_eq!(rig.pipes.len(), 0, "{kind:?}");
            drop(rig.attach());
            rig.settle();
            assert_eq!(rig.pipes.len(), 0, "{kind:?}, closed after it was attached");
        }
    }

    /// One random deed of a peer's.
    fn act(peer: &mut Peer, random: &mut Random) {
        let message = ["", "a", "|b", "x||c|d", "\u{1}a", "\0a", "e|f|g"][random.below(7)];
        match random.below(6) {
            0 => peer.send_kind(Kind::Identity, ["", "me", "you"][random.below(3)]),
            1 => peer.send_kind(Kind::Subscribe, ["", "a"][random.below(2)]),
            2 => peer.send_kind(Kind::Cancel, ["", "a"][random.below(2)]),
            3 => drop(peer.recv_all()),
            _ => peer.send(message),
        }
    }

    /// One random deed of the application's: parts may be the beginning, middle or end of a message.
    fn use_socket(rig: &mut Rig, random: &mut Random) {
        let text = ["", "a", "b", "me", "\u{1}a", "\0a"][random.below(6)];
        match random.below(10) {
            0..=3 => drop(rig.send_part(testing::part(text, random.below(2) == 0))),
            4 => use_tags(rig, random, text),
            5 => drop(rig.pattern.subscribe(text.as_bytes(), &mut rig.pipes)),
            6 => drop(rig.pattern.unsubscribe(text.as_bytes(), &mut rig.pipes)),
            _ => drop(rig.recv_part()),
        }
    }

    /// The same of what only some types know.
    fn use_tags(rig: &mut Rig, random: &mut Random, text: &str) {
        rig.settle();
        let (pattern, pipes) = (&mut rig.pattern, &mut rig.pipes);
        let somebody = pipes.ids().into_iter().nth(random.below(3));
        match (random.below(6), somebody) {
            (0, _) => drop(pattern.name_next(["me", "you"][random.below(2)].as_bytes())),
            (1, Some(id)) => pattern.feed_all(id),
            (2, _) => drop(pattern.join(text.as_bytes(), pipes)),
            (3, _) => drop(pattern.leave(text.as_bytes(), pipes)),
            (4, _) => drop(pattern.recv_tagged(&mut Message::new(), &mut Tags::default(), pipes)),
            _ => {
                let routing_id = somebody.and_then(|id| pattern.number_of(id)).unwrap_or(7);
                let tags = Tags { routing_id, group: Some(text.as_bytes().into()), origin: 0 };
                pattern.send_tagged(&mut testing::part(text, random.below(4) == 0), &tags, pipes).ok();
            }
        }
        rig.settle();
    }

    /// Options at random.
    fn choose(options: &mut Options, random: &mut Random) {
        let mut yes = || random.below(2) == 0;
        let routing = &mut options.routing;
        (routing.mandatory, routing.handover) = (yes(), yes());
        (options.requests.correlate, options.requests.relaxed) = (yes(), yes());
        let publishing = &mut options.publishing;
        (publishing.verbose, publishing.verboser, publishing.manual) = (yes(), yes(), yes());
        (publishing.manual_last_value, publishing.no_drop) = (yes(), yes());
        (publishing.invert_matching, publishing.only_first_subscribe) = (yes(), yes());
        (publishing.verbose_unsubscribe, publishing.xsub_filters) = (yes(), yes());
        publishing.repeats_subscriptions = yes();
    }

    #[test]
    fn nothing_that_happens_in_any_order_upsets_a_pattern() {
        for (kind, with_options) in SocketType::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)])
        {
            let mut random = Random::new(kind as u64 + 40);
            let (mut rig, mut peers) = (Rig::new(kind), Vec::new());
            for _ in 0..if cfg!(miri) { 100 } else { 5_000 } {
                let n = random.below(peers.len().max(1));
                if with_options && random.below(50) == 0 {
                    rig.configure(|options| choose(options, &mut random));
                }
                match random.below(16) {
                    0 if peers.len() < 5 => {
                        let hwm = random.below(4);
                        peers.push(rig.attach_with(hwm, |peer| act(peer, &mut random)));
                    }
                    1 if !peers.is_empty() && random.below(4) == 0 => drop(peers.swap_remove(n)),
                    2 if !peers.is_empty() && random.below(4) == 0 => rig.detach(peers.swap_remove(n).id),
                    // Signals that come late, or for nothing.
                    3..=5 => {
                        if let Some(id) = rig.pipes.ids().into_iter().nth(n) {
                            rig.pattern.readable(id, &mut rig.pipes);
                            rig.pattern.writable(id, &mut rig.pipes);
                            rig.settle();
                        }
                    }
                    6..=10 if !peers.is_empty() => act(&mut peers[n], &mut random),
                    _ => use_socket(&mut rig, &mut random),
                }
                peers.retain_mut(|peer| !peer.is_dismissed());
            }
            rig.configure(|_| ());
            // The application finishes what it has begun, and reads as long as there is something.
            drop(peers);
            rig.send_part(testing::part("end", false)).ok();
            while rig.recv_part().is_ok() || rig.send_part(testing::part("end", false)) == Ok(()) {
                if rig.pipes.len() == 0 && !rig.pattern.can_recv(&mut rig.pipes) {
                    break;
                }
            }
            assert_eq!(rig.pipes.len(), 0, "{kind:?}: what is closed and read is let go");
        }
    }
}
