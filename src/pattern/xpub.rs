//! XPUB: sends each message to the peers that have subscribed to it, and receives their subscriptions as
//! messages (RFC 29).
//!
//! A peer subscribes by a subscription message, or by data that begins with the byte 1, and takes it back
//! by a cancellation, or data that begins with 0. What it has subscribed to holds from attach to detach.
//! The application is told, by a message of the byte and the prefix, of the first subscription to a
//! prefix and of the end of the last. Other data from peers it gets as it is.
#![forbid(unsafe_code)]

use super::distribute::Distribute;
use super::pipe_map::PipeMap;
use super::prefix_tree::{NodeId, PrefixTree};
use super::subscribers::Subscribers;
use super::{Pattern, PipeId, Pipes, Stop};
use crate::message::{Kind, Message};
use std::collections::VecDeque;

/// See the module's documentation.
pub(super) struct Xpub {
    /// Who has subscribed to each prefix.
    tree: PrefixTree<Subscribers>,
    /// What each pipe has subscribed to: where it is in the tree. The tree knows the way back.
    prefixes: PipeMap<Vec<NodeId>>,
    outgoing: Distribute,
    /// What the application has not received yet, when it is to be told at all.
    news: Option<VecDeque<Message>>,
}

/// What a part from a peer is.
enum Incoming<'a> {
    Subscribe(&'a [u8]),
    Cancel(&'a [u8]),
    Data,
    Other,
}

impl<'a> Incoming<'a> {
    fn of(part: &'a Message, within_data: bool) -> Incoming<'a> {
        let bytes = part.as_bytes();
        match part.kind() {
            Kind::Subscribe => Incoming::Subscribe(bytes),
            Kind::Cancel => Incoming::Cancel(bytes),
            Kind::Identity => Incoming::Other,
            Kind::Data if within_data => Incoming::Data,
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
        }
    }

    /// Takes in all that the peer has sent.
    fn read(&mut self, id: PipeId, pipes: &mut Pipes) {
        if self.prefixes.get(id).is_none() {
            return;
        }
        let pipe = pipes.get(id);
        let mut within_data = false;
        while let Some(part) = pipe.read() {
            match Incoming::of(&part, within_data) {
                Incoming::Subscribe(prefix) => self.subscribe(id, prefix),
                Incoming::Cancel(prefix) => self.cancel(id, prefix),
                Incoming::Data => {
                    within_data = part.more();
                    if let Some(news) = &mut self.news {
                        news.push_back(part);
                    }
                }
                Incoming::Other => (),
            }
        }
    }

    fn subscribe(&mut self, id: PipeId, prefix: &[u8]) {
        let Some(nodes) = self.prefixes.get_mut(id) else { return };
        // A prefix that is too long for the tree can match no message either.
        let Some((node, subscribers)) = self.tree.entry(prefix, Subscribers::default) else { return };
        let is_first = subscribers.is_empty();
        if subscribers.insert(id.slot(), nodes.len()) {
            nodes.push(node);
        }
        if is_first {
            self.tell(1, prefix);
        }
    }

    fn cancel(&mut self, id: PipeId, prefix: &[u8]) {
        let Some(nodes) = self.prefixes.get_mut(id) else { return };
        let Some(node) = self.tree.find(prefix) else { return };
        let Some(place) = self.tree.value_mut(node).remove(id.slot()) else { return };
        nodes.swap_remove(place);
        if let Some(moved) = nodes.get(place) {
            self.tree.value_mut(*moved).set_place(id.slot(), place);
        }
        if self.tree.value_mut(node).is_empty() {
            self.tree.remove(node);
            self.tell(0, prefix);
        }
    }

    /// Takes back all that the pipe has subscribed to.
    fn cancel_all(&mut self, id: PipeId) {
        for node in self.prefixes.remove(id).unwrap_or_default() {
            let subscribers = self.tree.value_mut(node);
            let known = subscribers.remove(id.slot());
            assert!(known.is_some(), "a pipe and the tree agree on its subscriptions");
            if subscribers.is_empty() {
                if self.news.is_some() {
                    self.tell(0, &self.tree.prefix(node));
                }
                self.tree.remove(node);
            }
        }
    }

    /// Tells the application of a subscription (1) or the end of one (0).
    fn tell(&mut self, what: u8, prefix: &[u8]) {
        if let Some(news) = &mut self.news {
            news.push_back(Message::from_vec([&[what], prefix].concat()));
        }
    }
}

impl Pattern for Xpub {
    fn attach(&mut self, id: PipeId, _replayed: bool, pipes: &mut Pipes) {
        self.outgoing.attach(id);
        self.prefixes.insert(id, Vec::new());
        self.readable(id, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.cancel_all(id);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.read(id, pipes);
        if self.outgoing.remove(id, pipes) {
            pipes.retire(id);
        }
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.read(id, pipes);
        if pipes.get(id).is_finished() {
            self.closed(id, pipes);
        }
    }

    fn writable(&mut self, _id: PipeId, _pipes: &mut Pipes) {}

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        let outgoing = &mut self.outgoing;
        if !outgoing.is_within() {
            self.tree.matching(part.as_bytes(), |subscribers| {
                subscribers.slots().for_each(|slot| outgoing.choose(slot));
            });
        }
        outgoing.send(part, pipes);
        Ok(())
    }

    fn recv(&mut self, _pipes: &mut Pipes) -> Result<Message, Stop> {
        match &mut self.news {
            Some(news) => news.pop_front().ok_or(Stop::WouldBlock),
            None => Err(Stop::NotSupported),
        }
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        true
    }

    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        self.news.as_ref().is_some_and(|news| !news.is_empty())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, Random, Rig};
    use crate::socket::kind::SocketType;
    use std::collections::BTreeSet;

    #[test]
    fn the_application_is_told_of_the_first_and_the_last() {
        let mut xpub = Rig::new(SocketType::Xpub);
        let (mut one, mut two) = (xpub.attach(), xpub.attach());
        one.send_kind(Kind::Subscribe, "a");
        two.send_kind(Kind::Subscribe, "a");
        two.send_kind(Kind::Subscribe, "a");
        assert_eq!(xpub.recv_all(), ["\u{1}a"]);
        two.send_kind(Kind::Subscribe, "b");
        one.send_kind(Kind::Cancel, "a");
        one.send_kind(Kind::Cancel, "b");
        assert_eq!(xpub.recv_all(), ["\u{1}b"]);
        two.send_kind(Kind::Cancel, "a");
        two.send_kind(Kind::Cancel, "a");
        two.send_kind(Kind::Subscribe, "");
        assert_eq!(xpub.recv_all(), ["\0a", "\u{1}"]);
        assert_eq!(xpub.recv(), Err(Stop::WouldBlock));
    }

    #[test]
    fn data_subscribes_too_and_other_data_is_received() {
        let mut xpub = Rig::new(SocketType::Xpub);
        let mut peer = xpub.attach_with(0, |peer| peer.send_kind(Kind::Identity, "\u{1}me"));
        for message in ["\u{1}a", "data|\u{1}data|\0", "\u{1}b|\u{1}c|x|y", "|z", "\0b"] {
            peer.send(message);
        }
        assert_eq!(xpub.recv_all(), ["\u{1}a", "data|\u{1}data|\0", "\u{1}b", "\u{1}c", "x|y", "|z", "\0b"]);
        for message in ["a", "b", "c"] {
            xpub.send(message).unwrap();
        }
        assert_eq!(peer.recv_all(), ["a", "c"]);
    }

    #[test]
    fn a_peer_that_goes_takes_its_subscriptions_with_it() {
        let mut xpub = Rig::new(SocketType::Xpub);
        let (mut one, mut two) = (xpub.attach(), xpub.attach());
        for prefix in ["a", "b", "", "c"] {
            one.send_kind(Kind::Subscribe, prefix);
        }
        two.send_kind(Kind::Subscribe, "b");
        assert_eq!(xpub.recv_all().len(), 4);
        one.send_kind(Kind::Cancel, "a");
        one.send_kind(Kind::Subscribe, "d");
        one.send("last words");
        drop(one);
        let mut news = xpub.recv_all();
        assert_eq!(news[..3], ["\0a", "\u{1}d", "last words"], "what it said before it went is heard");
        news[3..].sort_unstable();
        assert_eq!(news[3..], ["\0", "\0c", "\0d"]);
        assert_eq!(xpub.pipes.len(), 1);
        xpub.detach(two.id);
        assert_eq!(xpub.recv_all(), ["\0b"]);
        assert!(two.is_dismissed());
    }

    /// Peers come, subscribe, cancel and go at random; what each receives, and what the application is
    /// told, must be what sets of prefixes say.
    #[test]
    fn agrees_with_a_model_under_random_operations() {
        let mut random = Random::new(11);
        let mut xpub = Rig::new(SocketType::Xpub);
        let mut peers: Vec<(Peer, BTreeSet<String>)> = Vec::new();
        let mut told: BTreeSet<String> = BTreeSet::new();
        for _ in 0..if cfg!(miri) { 100 } else { 10_000 } {
            let word: String = (0..random.below(5)).map(|_| ['a', 'b'][random.below(2)]).collect();
            let n = random.below(peers.len().max(1));
            match random.below(12) {
                0 if peers.len() < 6 => peers.push((xpub.attach(), BTreeSet::new())),
                1 if !peers.is_empty() && random.below(8) == 0 => drop(peers.swap_remove(n)),
                2..=5 if !peers.is_empty() => {
                    peers[n].0.send_kind(Kind::Subscribe, &word);
                    peers[n].1.insert(word);
                }
                6 | 7 if !peers.is_empty() => {
                    peers[n].0.send_kind(Kind::Cancel, &word);
                    peers[n].1.remove(&word);
                }
                _ => {
                    xpub.send(&word).unwrap();
                    for (peer, prefixes) in &mut peers {
                        let wanted = prefixes.iter().any(|prefix| word.starts_with(prefix));
                        assert_eq!(peer.recv_all(), if wanted { vec![word.clone()] } else { vec![] });
                    }
                }
            }
            for news in xpub.recv_all() {
                let (what, prefix) = news.split_at(1);
                match what {
                    "\u{1}" => assert!(told.insert(prefix.to_string()), "told twice"),
                    _ => assert!(told.remove(prefix), "told of the end of nothing"),
                }
            }
            let expected: BTreeSet<String> = peers.iter().flat_map(|peer| peer.1.clone()).collect();
            assert_eq!(told, expected);
        }
    }
}
