//! XPUB: sends each message to the peers that have subscribed to it, and receives their subscriptions as
//! messages (RFC 29).
//!
//! A peer subscribes by a subscription message, or by data that begins with the byte 1, and takes it back
//! by a cancellation, or data that begins with 0. What it has subscribed to holds from attach to detach.
//! The application is told, by a message of the byte and the prefix, of the first subscription to a
//! prefix and of the end of the last, or of all of them (ZMQ_XPUB_VERBOSE, ZMQ_XPUB_VERBOSER). Other data
//! from peers it gets as it is, without the subscriptions that were among its parts.
//!
//! With ZMQ_XPUB_MANUAL the application is told of everything, nobody is subscribed by it, and the
//! application subscribes, or not, the peer that it was told of last.
#![forbid(unsafe_code)]

use super::distribute::Distribute;
use super::pipe_map::PipeMap;
use super::prefix_tree::{NodeId, PrefixTree};
use super::subscribers::Subscribers;
use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::{Kind, Message};
use crate::socket::options::{Options, Publishing};
use std::collections::{BTreeSet, VecDeque};

/// How many bytes of news wait for an application that does not receive; peers that have more to say wait then. Far
/// more than subscriptions ever are at once, since one that waits is not in force.
const NEWS_BYTES_MAX: usize = if cfg!(test) { 64 * 1024 } else { 256 * 1024 * 1024 };
/// What one piece of news is reckoned at, beside its body.
const NEWS_BYTES: usize = 64;

/// See the module's documentation.
pub(super) struct Xpub {
    /// Who has subscribed to each prefix.
    tree: PrefixTree<Subscribers>,
    /// What each pipe has subscribed to: where it is in the tree. The tree knows the way back.
    prefixes: PipeMap<Vec<NodeId>>,
    outgoing: Distribute,
    /// What the application has not received yet, when it is to be told at all.
    news: Option<VecDeque<News>>,
    /// How much that is.
    news_bytes: usize,
    /// Pipes that are not read until the application has received some of it.
    waiting: BTreeSet<PipeId>,
    rules: Publishing,
    /// Who was the last to have a prefix of its told to the application.
    last: Option<PipeId>,
    /// What each pipe has asked for and not taken back, while the application subscribes.
    asked: PipeMap<BTreeSet<Vec<u8>>>,
    /// Whom the application has just subscribed: where the next message goes, if it is to go there first.
    first_to: Option<PipeId>,
    /// The pipe for which a message was refused, until it has room.
    full: Option<PipeId>,
    /// The connection that what is being read came over.
    origin: u64,
}

/// What the application receives.
struct News {
    part: Message,
    about: About,
    /// The connection that it came over.
    origin: u64,
}

impl News {
    fn bytes(&self) -> usize {
        NEWS_BYTES.saturating_add(self.part.len())
    }
}

/// What news is about.
#[derive(Clone, Copy)]
enum About {
    /// A prefix of this pipe's.
    Peer(PipeId),
    /// A prefix of a pipe that is gone.
    Nobody,
    /// It is a peer's data.
    Data,
}

/// What a part from a peer is.
enum Incoming<'a> {
    Subscribe(&'a [u8]),
    Cancel(&'a [u8]),
    Data,
    Other,
}

impl<'a> Incoming<'a> {
    fn of(part: &'a Message, may_subscribe: bool) -> Incoming<'a> {
        let bytes = part.as_bytes();
        match part.kind() {
            Kind::Subscribe => Incoming::Subscribe(bytes),
            Kind::Cancel => Incoming::Cancel(bytes),
            Kind::Identity => Incoming::Other,
            Kind::Data if !may_subscribe => Incoming::Data,
            Kind::Data => match bytes.split_first() {
                Some((1, prefix)) => Incoming::Subscribe(prefix),
                Some((0, prefix)) => Incoming::Cancel(prefix),
                _ => Incoming::Data,
            },
        }
    }
}

impl Xpub {
    /// An XPUB whose application receives what the peers send, or does not.
    pub(super) fn new(receives: bool) -> Xpub {
        Xpub {
            tree: PrefixTree::new(),
            prefixes: PipeMap::default(),
            outgoing: Distribute::default(),
            news: receives.then(VecDeque::new),
            news_bytes: 0,
            waiting: BTreeSet::new(),
            rules: Publishing::default(),
            last: None,
            asked: PipeMap::default(),
            first_to: None,
            full: None,
            origin: 0,
        }
    }

    /// Whether the application subscribes its peers.
    fn is_manual(&self) -> bool {
        self.news.is_some() && (self.rules.manual || self.rules.manual_last_value)
    }

    /// Takes in all that the peer has sent, as far as there is room for the news of it.
    fn read(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.prefixes.get(id).is_none() {
            return;
        }
        let pipe = pipes.get(id);
        let (mut data, mut begins) = (Vec::new(), true);
        loop {
            if begins && self.news_bytes >= NEWS_BYTES_MAX {
                self.waiting.insert(id);
                break;
            }
            let Some(part) = pipe.read() else { break };
            let more = part.more();
            self.origin = pipe.origin();
            match Incoming::of(&part, begins || !self.rules.only_first_subscribe) {
                Incoming::Subscribe(prefix) => self.subscribe(id, prefix),
                Incoming::Cancel(prefix) => self.cancel(id, prefix),
                Incoming::Data => data.push(part),
                Incoming::Other => (),
            }
            begins = !more;
            if begins && !data.is_empty() {
                self.pass_on(&mut data);
            }
        }
        self.origin = 0;
    }

    /// Passes a peer's message on to the application.
    fn pass_on(&mut self, data: &mut Vec<Message>) {
        if let Some(last) = data.last_mut() {
            last.set_more(false);
        }
        let origin = self.origin;
        for part in data.drain(..) {
            self.announce(News { part, about: About::Data, origin });
        }
    }

    /// Puts in line what the application is to receive, if it receives at all.
    fn announce(&mut self, piece: News) {
        if let Some(news) = &mut self.news {
            self.news_bytes += piece.bytes();
            news.push_back(piece);
        }
    }

    /// Goes on with the pipes that were not read.
    #[cold]
    fn resume(&mut self, pipes: &mut Pipes) {
        for id in std::mem::take(&mut self.waiting) {
            self.read(id, pipes);
            if !self.waiting.contains(&id) && pipes.get(id).is_finished() {
                self.outgoing.remove(id, pipes);
                pipes.retire(id);
            }
        }
    }

    /// The peer subscribes to the prefix.
    fn subscribe(&mut self, id: PipeId, prefix: &[u8]) {
        let tell = if self.is_manual() {
            match self.asked.get_mut(id) {
                Some(asked) => _ = asked.insert(prefix.to_vec()),
                None => self.asked.insert(id, BTreeSet::from([prefix.to_vec()])),
            }
            true
        } else {
            self.add(id, prefix) || self.rules.verbose || self.rules.verboser
        };
        if tell {
            self.tell(1, prefix, About::Peer(id));
        }
    }

    /// The peer takes a subscription back.
    fn cancel(&mut self, id: PipeId, prefix: &[u8]) {
        let tell = if self.is_manual() {
            if let Some(asked) = self.asked.get_mut(id) {
                asked.remove(prefix);
            }
            true
        } else {
            self.take_back(id, prefix) || self.rules.verboser
        };
        if tell {
            self.tell(0, prefix, About::Peer(id));
        }
    }

    /// Subscribes the pipe. True: nobody was subscribed to the prefix before.
    fn add(&mut self, id: PipeId, prefix: &[u8]) -> bool {
        let Some(nodes) = self.prefixes.get_mut(id) else { return false };
        // A prefix that is too long for the tree can match no message either.
        let Some((node, subscribers)) = self.tree.entry(prefix, Subscribers::default) else { return false };
        let is_first = subscribers.is_empty();
        if subscribers.insert(id.slot(), nodes.len()) {
            nodes.push(node);
        }
        is_first
    }

    /// Takes the pipe's subscription back. True: nobody is subscribed to the prefix any more.
    fn take_back(&mut self, id: PipeId, prefix: &[u8]) -> bool {
        let Some(nodes) = self.prefixes.get_mut(id) else { return false };
        let Some(node) = self.tree.find(prefix) else { return false };
        let Some(place) = self.tree.value_mut(node).remove(id.slot()) else { return false };
        nodes.swap_remove(place);
        if let Some(moved) = nodes.get(place) {
            self.tree.value_mut(*moved).set_place(id.slot(), place);
        }
        let is_last = self.tree.value_mut(node).is_empty();
        if is_last {
            self.tree.remove(node);
        }
        is_last
    }

    /// Takes back all that the pipe has subscribed to.
    fn cancel_all(&mut self, id: PipeId) {
        // What was told when it was asked for; otherwise what holds.
        let asked = self.asked.remove(id);
        let tell = asked.is_none() && self.news.is_some() && !self.is_manual();
        for node in self.prefixes.remove(id).unwrap_or_default() {
            let subscribers = self.tree.value_mut(node);
            let known = subscribers.remove(id.slot());
            assert!(known.is_some(), "a pipe and the tree agree on its subscriptions");
            let is_last = subscribers.is_empty();
            if tell && (is_last || self.rules.verboser) {
                self.tell(0, &self.tree.prefix(node), About::Nobody);
            }
            if is_last {
                self.tree.remove(node);
            }
        }
        for prefix in asked.into_iter().flatten() {
            self.tell(0, &prefix, About::Nobody);
        }
    }

    /// Tells the application of a subscription (1) or the end of one (0).
    fn tell(&mut self, what: u8, prefix: &[u8], about: About) {
        if self.news.is_some() {
            let part = Message::from_vec([&[what], prefix].concat());
            self.announce(News { part, about, origin: self.origin });
        }
    }

    /// Chooses the pipes that a message goes to, where that is not just those that have subscribed to it.
    #[cold]
    fn choose_by_rules(&mut self, pipes: &mut Pipes) -> Result<(), Stop> {
        if let Some(id) = self.first_to {
            self.outgoing.narrow(id);
        }
        if self.rules.invert_matching {
            self.outgoing.invert();
        }
        self.full = if self.rules.no_drop { self.outgoing.find_full(pipes) } else { None };
        if self.full.is_some() {
            self.outgoing.choose_none();
            return Err(Stop::WouldBlock);
        }
        self.first_to = None;
        Ok(())
    }
}

impl Pattern for Xpub {
    fn configure(&mut self, options: &Options, _pipes: &mut Pipes) {
        self.rules = options.publishing.clone();
        self.full = None;
    }

    fn attach(&mut self, id: PipeId, _told: Told, pipes: &mut Pipes) {
        self.outgoing.attach(id);
        self.prefixes.insert(id, Vec::new());
        self.readable(id, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.waiting.remove(&id);
        self.cancel_all(id);
        self.last = self.last.filter(|last| *last != id);
        self.first_to = self.first_to.filter(|first| *first != id);
        self.full = self.full.filter(|full| *full != id);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.read(id, pipes);
        if self.outgoing.remove(id, pipes) && !self.waiting.contains(&id) {
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
        let outgoing = &mut self.outgoing;
        if !outgoing.is_within() {
            self.tree.matching(part.as_bytes(), |subscribers| {
                subscribers.slots().for_each(|slot| outgoing.choose(slot));
            });
            if self.rules.invert_matching || self.rules.no_drop || self.first_to.is_some() {
                self.choose_by_rules(pipes)?;
            }
        }
        self.outgoing.send(part, pipes);
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        let news = self.news.as_mut().ok_or(Stop::NotSupported)?;
        let piece = news.pop_front().ok_or(Stop::WouldBlock)?;
        self.news_bytes -= piece.bytes();
        if !self.waiting.is_empty() && self.news_bytes < NEWS_BYTES_MAX / 2 {
            self.resume(pipes);
        }
        let News { part, about, origin } = piece;
        pipes.set_origin(origin);
        match about {
            About::Peer(id) => self.last = Some(id).filter(|id| self.outgoing.contains(*id)),
            About::Nobody => self.last = None,
            About::Data => (),
        }
        *into = part;
        Ok(())
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        // A message that was refused may be for this pipe again.
        match self.full {
            Some(id) if self.outgoing.contains(id) && !pipes.get(id).can_write() => false,
            _ => {
                self.full = None;
                true
            }
        }
    }

    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        self.news.as_ref().is_some_and(|news| !news.is_empty())
    }

    fn subscribe(&mut self, prefix: &[u8], _pipes: &mut Pipes) -> Result<(), Stop> {
        if !self.is_manual() {
            return Err(Stop::NotSupported);
        }
        if let Some(id) = self.last {
            self.add(id, prefix);
            self.first_to = self.rules.manual_last_value.then_some(id);
        }
        Ok(())
    }

    fn unsubscribe(&mut self, prefix: &[u8], _pipes: &mut Pipes) -> Result<bool, Stop> {
        if !self.is_manual() {
            return Err(Stop::NotSupported);
        }
        if let Some(id) = self.last {
            self.take_back(id, prefix);
        }
        Ok(true)
    }

    fn topics_count(&self) -> Option<usize> {
        Some(self.tree.len())
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
