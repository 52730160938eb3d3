//! `Subscriptions`: what a subscriber has subscribed to, counted, and known to all its peers.
//!
//! It is state, not messages: what changes is written to the pipes there are, and whoever meets a new or
//! returning peer replays all of it ([`Upstream`]). Both happen under one lock, so that each peer is told
//! of each subscription exactly once.
#![forbid(unsafe_code)]

use super::prefix_tree::PrefixTree;
use super::{Newcomer, PipeId, Pipes, Told, Upstream};
use crate::message::{Kind, Message};
use crate::pipe::Pipe;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// See the module's documentation.
pub(super) struct Subscriptions {
    known: Mutex<Known>,
    /// Whether the empty prefix is among them, so that there is nothing to look up. Changed under the
    /// lock, by the socket only, which is also who reads it.
    everything: AtomicBool,
}

struct Known {
    /// How often each prefix was subscribed to.
    counts: PrefixTree<u32>,
    /// Peers that were told everything before the socket knew of their pipes, and what has changed since.
    newcomers: HashMap<Newcomer, Vec<Message>>,
    /// How many there have been.
    numbers: u64,
}

/// What taking a subscription back has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenBack {
    /// There is none.
    None,
    /// There are others to the same prefix.
    One,
    /// There is no other to this prefix.
    Last,
}

impl Subscriptions {
    pub(super) fn new() -> Subscriptions {
        let known = Known { counts: PrefixTree::new(), newcomers: HashMap::new(), numbers: 0 };
        Subscriptions { known: Mutex::new(known), everything: AtomicBool::new(false) }
    }

    /// Whether a message that begins so is subscribed to.
    #[inline]
    pub(super) fn matches(&self, bytes: &[u8]) -> bool {
        self.take_all() || self.known.lock().counts.any_matching(bytes, |_| true)
    }

    /// Whether every message is subscribed to.
    #[inline]
    pub(super) fn take_all(&self) -> bool {
        self.everything.load(Ordering::Relaxed)
    }

    /// Whether just this was subscribed to.
    pub(super) fn contains(&self, prefix: &[u8]) -> bool {
        self.known.lock().counts.find(prefix).is_some()
    }

    /// How many different prefixes there are.
    pub(super) fn len(&self) -> usize {
        self.known.lock().counts.len()
    }

    /// Subscribes once more; the peers are told when it is the first time, or `always`.
    pub(super) fn subscribe(&self, prefix: &[u8], always: bool, peers: &[PipeId], pipes: &mut Pipes) {
        let mut known = self.known.lock();
        // A prefix that is too long for the tree can match no message either.
        let Some((_, count)) = known.counts.entry(prefix, || 0) else { return };
        *count = count.saturating_add(1);
        let is_first = *count == 1;
        if is_first {
            self.everything.fetch_or(prefix.is_empty(), Ordering::Relaxed);
        }
        if is_first || always {
            known.tell(Kind::Subscribe, prefix, peers, pipes);
        }
    }

    /// Takes one subscription back; the peers are told when it was the last, or `always`.
    pub(super) fn unsubscribe(
        &self,
        prefix: &[u8],
        always: bool,
        peers: &[PipeId],
        pipes: &mut Pipes,
    ) -> TakenBack {
        let mut known = self.known.lock();
        let mut taken = TakenBack::None;
        if let Some(node) = known.counts.find(prefix) {
            let count = known.counts.value_mut(node);
            *count -= 1;
            taken = if *count == 0 { TakenBack::Last } else { TakenBack::One };
            if taken == TakenBack::Last {
                known.counts.remove(node);
                self.everything.fetch_and(!prefix.is_empty(), Ordering::Relaxed);
            }
        }
        if taken == TakenBack::Last || always {
            known.tell(Kind::Cancel, prefix, peers, pipes);
        }
        taken
    }

    /// Tells a peer what it has not been told. From now on it is among the peers that are told of changes.
    pub(super) fn welcome(&self, told: Told, pipe: &mut Pipe) {
        let mut known = self.known.lock();
        match told {
            Told::Nothing => {
                known.counts.for_each(|prefix, _| pipe.write(message(Kind::Subscribe, prefix)));
            }
            Told::All => {}
            Told::Until(newcomer) => {
                let changes = known.newcomers.remove(&newcomer);
                changes.into_iter().flatten().for_each(|change| pipe.write(change));
            }
        }
        pipe.flush();
    }
}

impl Known {
    fn tell(&mut self, kind: Kind, prefix: &[u8], peers: &[PipeId], pipes: &mut Pipes) {
        let message = message(kind, prefix);
        for id in peers {
            let pipe = pipes.get(*id);
            // Whether there is room does not matter: subscriptions are never refused.
            pipe.write(message.clone());
            pipe.flush();
        }
        self.newcomers.values_mut().for_each(|changes| changes.push(message.clone()));
    }
}

fn message(kind: Kind, prefix: &[u8]) -> Message {
    Message::from_vec(prefix.to_vec()).with_kind(kind)
}

impl Upstream for Subscriptions {
    fn replay(
        &self,
        pipe: &mut Pipe,
        newcomer: Option<Newcomer>,
        emit: &mut dyn FnMut(&[u8]),
    ) -> Vec<Message> {
        let mut known = self.known.lock();
        if let Some(changes) = newcomer.and_then(|newcomer| known.newcomers.get_mut(&newcomer)) {
            changes.clear();
        }
        let mut others = Vec::new();
        while let Some(message) = pipe.read() {
            if !matches!(message.kind(), Kind::Subscribe | Kind::Cancel) {
                others.push(message);
            }
        }
        known.counts.for_each(|prefix, _| emit(prefix));
        others
    }

    fn replay_to_newcomer(&self, emit: &mut dyn FnMut(&[u8])) -> Newcomer {
        let mut known = self.known.lock();
        known.counts.for_each(|prefix, _| emit(prefix));
        known.numbers += 1;
        let newcomer = Newcomer(known.numbers);
        // One that the socket, which is closing, does not learn of any more goes with it.
        known.newcomers.insert(newcomer, Vec::new());
        newcomer
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::attach_pipe;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn replayed(subscriptions: &Subscriptions, pipe: &mut Pipe) -> (Vec<String>, usize) {
        let mut emitted = Vec::new();
        let emit = &mut |prefix: &[u8]| emitted.push(String::from_utf8(prefix.to_vec()).unwrap());
        let others = subscriptions.replay(pipe, None, emit).len();
        (emitted, others)
    }

    #[test]
    fn peers_are_told_of_the_first_and_the_last() {
        let (subscriptions, mut pipes) = (Subscriptions::new(), Pipes::default());
        let mut peer = attach_pipe(&mut pipes, 1);
        let peers = [peer.id];
        for prefix in ["a", "a", "", "a"] {
            subscriptions.subscribe(prefix.as_bytes(), false, &peers, &mut pipes);
        }
        assert!(subscriptions.matches(b"x"));
        let taken: Vec<bool> = ["", "", "a", "a", "a", "a", "b"]
            .iter()
            .map(|prefix| {
                subscriptions.unsubscribe(prefix.as_bytes(), false, &peers, &mut pipes) != TakenBack::None
            })
            .collect();
        assert_eq!(taken, [true, false, true, true, true, false, false]);
        assert_eq!(peer.recv_all(), ["Subscribe a", "Subscribe ", "Cancel ", "Cancel a"]);
        assert!(!subscriptions.matches(b"a"));
    }

    #[test]
    fn replay_supersedes_what_is_queued_and_returns_the_rest() {
        let (subscriptions, mut pipes) = (Subscriptions::new(), Pipes::default());
        let mut peer = attach_pipe(&mut pipes, 0);
        subscriptions.subscribe(b"a", false, &[peer.id], &mut pipes);
        subscriptions.subscribe(b"b", false, &[peer.id], &mut pipes);
        pipes.get(peer.id).write(Message::copy_from(b"data").unwrap());
        subscriptions.unsubscribe(b"a", false, &[peer.id], &mut pipes);
        assert_eq!(replayed(&subscriptions, &mut peer.pipe), (vec!["b".to_string()], 1));
        assert_eq!(
            replayed(&subscriptions, &mut peer.pipe),
            (vec!["b".to_string()], 0),
            "again, for the next"
        );
        subscriptions.subscribe(b"c", false, &[peer.id], &mut pipes);
        assert_eq!(peer.recv_all(), ["Subscribe c"]);
    }

    #[test]
    fn a_newcomer_is_told_what_has_changed_until_it_is_welcome() {
        let (subscriptions, mut pipes) = (Subscriptions::new(), Pipes::default());
        let told = |subscriptions: &Subscriptions| {
            let mut emitted = Vec::new();
            let newcomer = subscriptions.replay_to_newcomer(&mut |prefix| emitted.push(prefix.to_vec()));
            (newcomer, emitted)
        };
        subscriptions.subscribe(b"a", false, &[], &mut pipes);
        let (first, emitted) = told(&subscriptions);
        assert_eq!(emitted, [b"a"]);
        subscriptions.subscribe(b"b", false, &[], &mut pipes);
        let (second, emitted) = told(&subscriptions);
        assert_eq!(emitted, [b"a", b"b"]);
        subscriptions.unsubscribe(b"a", false, &[], &mut pipes);
        let mut peers = [attach_pipe(&mut pipes, 0), attach_pipe(&mut pipes, 0)];
        subscriptions.welcome(Told::Until(second), pipes.get(peers[1].id));
        subscriptions.subscribe(b"c", false, &[peers[1].id], &mut pipes);
        subscriptions.welcome(Told::Until(first), pipes.get(peers[0].id));
        subscriptions.subscribe(b"d", false, &[peers[0].id, peers[1].id], &mut pipes);
        let expected = ["Subscribe b", "Cancel a", "Subscribe c", "Subscribe d"];
        assert_eq!(peers[0].recv_all(), expected);
        assert_eq!(peers[1].recv_all(), expected[1..]);
        assert!(subscriptions.known.lock().newcomers.is_empty());
    }

    #[test]
    fn a_newcomer_that_comes_again_is_told_nothing_twice() {
        let (subscriptions, mut pipes) = (Subscriptions::new(), Pipes::default());
        let newcomer = subscriptions.replay_to_newcomer(&mut |_| unreachable!("there is nothing yet"));
        subscriptions.subscribe(b"a", false, &[], &mut pipes);
        let mut peer = attach_pipe(&mut pipes, 0);
        let mut emitted = Vec::new();
        subscriptions.replay(&mut peer.pipe, Some(newcomer), &mut |prefix| emitted.push(prefix.to_vec()));
        assert_eq!(emitted, [b"a"]);
        subscriptions.subscribe(b"b", false, &[], &mut pipes);
        subscriptions.welcome(Told::Until(newcomer), pipes.get(peer.id));
        assert_eq!(peer.recv_all(), ["Subscribe b"]);
    }

    #[test]
    fn a_peer_that_replays_meanwhile_misses_nothing() {
        let (subscriptions, mut pipes) = (Arc::new(Subscriptions::new()), Pipes::default());
        let mut peer = attach_pipe(&mut pipes, 0);
        let (id, theirs) = (peer.id, subscriptions.clone());
        let count = if cfg!(miri) { 50 } else { 5_000u32 };
        let session = std::thread::spawn(move || {
            let mut known = BTreeSet::new();
            for _ in 0..20 {
                known.clear();
                theirs.replay(&mut peer.pipe, None, &mut |prefix| {
                    assert!(known.insert(prefix.to_vec()), "told twice");
                });
                std::thread::yield_now();
            }
            (known, peer)
        });
        for n in 0..count {
            subscriptions.subscribe(&n.to_le_bytes(), false, &[id], &mut pipes);
            if n % 3 == 0 {
                subscriptions.unsubscribe(&n.to_le_bytes(), false, &[id], &mut pipes);
            }
        }
        let (mut known, mut peer) = session.join().unwrap();
        while let Some(message) = peer.pipe.read() {
            let prefix = message.as_bytes().to_vec();
            match message.kind() {
                Kind::Subscribe => assert!(known.insert(prefix), "told twice"),
                _ => assert!(known.remove(&prefix), "cancelled before it was told"),
            }
        }
        let expected: BTreeSet<Vec<u8>> =
            (0..count).filter(|n| n % 3 != 0).map(|n| n.to_le_bytes().to_vec()).collect();
        assert_eq!(known, expected);
    }
}
