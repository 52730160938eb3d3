//! What an XPUB must do, alone and beside a model.
#![forbid(unsafe_code)]

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
    for message in ["\u{1}a", "data|\u{1}d|more|\0", "\u{1}b|\u{1}c|x|y", "|z", "\0b"] {
        peer.send(message);
    }
    let expected = ["\u{1}a", "\u{1}d", "data|more", "\u{1}b", "\u{1}c", "x|y", "|z", "\0b"];
    assert_eq!(xpub.recv_all(), expected, "messages stay whole, whatever is among their parts");
    for message in ["a", "b", "c", "d"] {
        xpub.send(message).unwrap();
    }
    assert_eq!(peer.recv_all(), ["a", "c", "d"]);
}

#[test]
fn of_the_parts_only_the_first_may_be_a_subscription_if_so_wished() {
    let mut xpub = Rig::with(SocketType::Xpub, |options| options.publishing.only_first_subscribe = true);
    let mut peer = xpub.attach();
    for message in ["data|\u{1}a|\0", "\u{1}b|\u{1}c|x", "\u{1}d"] {
        peer.send(message);
    }
    assert_eq!(xpub.recv_all(), ["data|\u{1}a|\0", "\u{1}b", "\u{1}c|x", "\u{1}d"]);
    assert_eq!(xpub.pattern.topics_count(), Some(2));
}

fn news_of(change: impl FnOnce(&mut Options)) -> Vec<String> {
    let mut xpub = Rig::with(SocketType::Xpub, change);
    let (mut one, mut two) = (xpub.attach(), xpub.attach());
    for peer in [&mut one, &mut two] {
        peer.send_kind(Kind::Subscribe, "a");
        peer.send_kind(Kind::Subscribe, "a");
    }
    xpub.settle();
    one.send_kind(Kind::Cancel, "a");
    one.send_kind(Kind::Cancel, "b");
    one.send_kind(Kind::Subscribe, "c");
    two.send_kind(Kind::Subscribe, "c");
    xpub.settle();
    drop(one);
    xpub.recv_all()
}

#[test]
fn a_verbose_one_tells_of_every_subscription_and_a_more_verbose_one_of_every_cancellation() {
    assert_eq!(news_of(|_| ()), ["\u{1}a", "\u{1}c"]);
    let subscriptions = ["\u{1}a", "\u{1}a", "\u{1}a", "\u{1}a", "\u{1}c", "\u{1}c"];
    assert_eq!(news_of(|options| options.publishing.verbose = true), subscriptions);
    let mut all = news_of(|options| options.publishing.verboser = true);
    assert_eq!(all.pop().unwrap(), "\0c", "of the peer that has gone, although another has it too");
    assert_eq!(all, ["\u{1}a", "\u{1}a", "\u{1}a", "\u{1}a", "\0a", "\0b", "\u{1}c", "\u{1}c"]);
}

#[test]
fn the_application_subscribes_its_peers_if_it_wants_to() {
    let mut xpub = Rig::with(SocketType::Xpub, |options| options.publishing.manual = true);
    let subscribe = |xpub: &mut Rig, prefix: &[u8]| xpub.pattern.subscribe(prefix, &mut xpub.pipes);
    assert_eq!(subscribe(&mut xpub, b"nobody"), Ok(()));
    let (mut one, mut two) = (xpub.attach(), xpub.attach());
    one.send_kind(Kind::Subscribe, "a");
    assert_eq!(xpub.recv(), Ok("\u{1}a".into()));
    subscribe(&mut xpub, b"x").unwrap();
    two.send_kind(Kind::Subscribe, "a");
    two.send("data");
    assert_eq!(xpub.recv_all(), ["\u{1}a", "data"]);
    subscribe(&mut xpub, b"y").unwrap();
    for message in ["a", "x", "y"] {
        xpub.send(message).unwrap();
    }
    assert_eq!((one.recv_all(), two.recv_all()), (vec!["x".to_string()], vec!["y".to_string()]));
    assert_eq!(xpub.pattern.topics_count(), Some(2));
    one.send_kind(Kind::Cancel, "a");
    assert_eq!(xpub.recv(), Ok("\0a".into()));
    xpub.send("x").unwrap();
    assert_eq!(one.recv_all(), ["x"], "cancelled only if the application says so");
    assert_eq!(xpub.pattern.unsubscribe(b"x", &mut xpub.pipes), Ok(true));
    xpub.send("x").unwrap();
    assert!(one.recv_all().is_empty());
    drop(two);
    assert_eq!(xpub.recv_all(), ["\0a"], "what was told is taken back, not what the application made of it");
    subscribe(&mut xpub, b"z").unwrap();
    assert_eq!(xpub.pattern.topics_count(), Some(0), "the last one is gone");
    xpub.configure(|_| ());
    assert_eq!(subscribe(&mut xpub, b"x"), Err(Stop::NotSupported));
}

#[test]
fn the_last_value_goes_to_the_last_subscriber_alone() {
    let mut xpub = Rig::with(SocketType::Xpub, |options| options.publishing.manual_last_value = true);
    let (mut one, mut two) = (xpub.attach(), xpub.attach());
    for peer in [&mut one, &mut two] {
        peer.send_kind(Kind::Subscribe, "a");
        assert_eq!(xpub.recv(), Ok("\u{1}a".into()));
        xpub.pattern.subscribe(b"a", &mut xpub.pipes).unwrap();
        xpub.send("a kept|one").unwrap();
    }
    xpub.send("a new").unwrap();
    assert_eq!(one.recv_all(), ["a kept|one", "a new"]);
    assert_eq!(two.recv_all(), ["a kept|one", "a new"]);
}

#[test]
fn nothing_is_dropped_if_so_wished_but_waits_for_room() {
    let mut xpub = Rig::with(SocketType::Xpub, |options| options.publishing.no_drop = true);
    let subscribe = |peer: &mut Peer| peer.send_kind(Kind::Subscribe, "a");
    let (mut slow, mut fast) = (xpub.attach_with(1, subscribe), xpub.attach_with(0, subscribe));
    xpub.send("a1|1").unwrap();
    assert!(xpub.can_send());
    assert_eq!(xpub.send("a2"), Err(Stop::WouldBlock));
    assert!(!xpub.can_send());
    xpub.send("b").unwrap();
    assert_eq!(fast.recv_all(), ["a1|1"], "all get a message, or none does");
    assert_eq!(slow.recv_all(), ["a1|1"]);
    assert!(xpub.can_send());
    xpub.send("a2").unwrap();
    assert_eq!(xpub.send("a3"), Err(Stop::WouldBlock));
    drop(slow);
    assert!(xpub.can_send());
    xpub.send("a3").unwrap();
    assert_eq!(fast.recv_all(), ["a2", "a3"]);
}

#[test]
fn matching_can_be_inverted() {
    let mut xpub = Rig::with(SocketType::Pub, |options| options.publishing.invert_matching = true);
    let (mut one, mut two, mut all) = (xpub.attach(), xpub.attach(), xpub.attach());
    one.send_kind(Kind::Subscribe, "a");
    two.send_kind(Kind::Subscribe, "b");
    for message in ["a|1", "b|2", "c|3"] {
        xpub.send(message).unwrap();
    }
    assert_eq!(one.recv_all(), ["b|2", "c|3"]);
    assert_eq!(two.recv_all(), ["a|1", "c|3"]);
    assert_eq!(all.recv_all(), ["a|1", "b|2", "c|3"]);
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

#[test]
fn peers_wait_when_the_application_does_not_receive() {
    let mut xpub = Rig::new(SocketType::Xpub);
    let (mut gone, mut stays) = (xpub.attach(), xpub.attach());
    let count = 2 * NEWS_BYTES_MAX / NEWS_BYTES;
    for n in 0..count {
        gone.send(&format!("gone {n}"));
        stays.send_kind(Kind::Subscribe, &n.to_string());
    }
    drop(gone);
    xpub.settle();
    assert!(xpub.pipes.len() > 0);
    let mut news = xpub.recv_all();
    assert_eq!(news.len(), 2 * count, "nothing is lost");
    assert!(xpub.recv_all().is_empty());
    news.retain(|piece| piece.starts_with("gone"));
    assert!(news.iter().enumerate().all(|(n, piece)| *piece == format!("gone {n}")), "in order");
    xpub.settle();
    assert_eq!(xpub.pipes.len(), 1, "the one that is gone is read to its end, and let go");
    xpub.send(&(count - 1).to_string()).unwrap();
    assert_eq!(stays.recv_all(), [(count - 1).to_string()], "every subscription is in force");
    // Without end: there is never more than the bound, and a little.
    for n in 0..count {
        let kind = if n % 2 == 0 { Kind::Cancel } else { Kind::Subscribe };
        stays.send_kind(kind, "0");
    }
    assert_eq!(xpub.recv_all().len(), count);
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
