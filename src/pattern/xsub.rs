//! XSUB: receives from its publishers in turn; what it sends are its subscriptions (RFC 29).
//!
//! A part that begins with the byte 1 subscribes to the prefix behind it, one with 0 takes that back.
//! Whatever else is sent goes to all publishers that have room for it, and so does a part of that sort which follows a part of
//! another sort in a message. What arrives is checked against the subscriptions here too, where that is
//! wanted: publishers of ZMTP 1.0 send everything.
#![forbid(unsafe_code)]

use super::distribute::Distribute;
use super::fair_queue::FairQueue;
use super::subscriptions::{Subscriptions, TakenBack};
use super::{Pattern, PipeId, Pipes, Stop, Told, Upstream, is_spent};
use crate::message::Message;
use crate::socket::options::{Options, Publishing};
use std::sync::Arc;

/// See the module's documentation.
pub(super) struct Xsub {
    subscriptions: Arc<Subscriptions>,
    incoming: FairQueue,
    outgoing: Distribute,
    /// The first part of a message that is subscribed to, found while looking for one.
    ahead: Option<Message>,
    rules: Publishing,
    /// Whether what is not subscribed to is dropped, or else, if that is `Some(true)`, what is.
    filter: Option<bool>,
    /// In the middle of a message that is being sent.
    sending: bool,
    /// The high-water mark for messages that are no subscriptions; those know none.
    send_hwm: usize,
}

impl Default for Xsub {
    fn default() -> Xsub {
        Xsub {
            subscriptions: Arc::new(Subscriptions::new()),
            incoming: FairQueue::default(),
            outgoing: Distribute::default(),
            ahead: None,
            rules: Publishing::default(),
            filter: Some(false),
            sending: false,
            send_hwm: 0,
        }
    }
}

impl Xsub {
    /// Drops what is not subscribed to, or, inverted, what is; or nothing.
    pub(super) fn filter(&mut self, inverted: Option<bool>) {
        self.filter = inverted;
    }

    /// Subscribes once more, as sending the byte 1 and the prefix does.
    pub(super) fn add(&self, prefix: &[u8], pipes: &mut Pipes) {
        let always = self.rules.repeats_subscriptions;
        self.subscriptions.subscribe(prefix, always, self.outgoing.pipes(), pipes);
    }

    /// Takes one subscription back, as sending the byte 0 and the prefix does. False: there is none.
    pub(super) fn take_back(&self, prefix: &[u8], pipes: &mut Pipes) -> bool {
        let always = self.rules.verbose_unsubscribe;
        self.subscriptions.unsubscribe(prefix, always, self.outgoing.pipes(), pipes) != TakenBack::None
    }

    /// Takes note of a subscription or cancellation within a message of data, and passes it on with that. The publishers
    /// that have no room for the message are told of it all the same.
    #[cold]
    fn send_within(&mut self, part: &mut Message, pipes: &mut Pipes) {
        let begins = !self.outgoing.is_within();
        if begins {
            self.outgoing.choose_below(self.send_hwm, pipes);
        }
        let left_out = self.outgoing.left_out();
        let told = match part.as_bytes().split_first() {
            Some((1, prefix)) => {
                self.subscriptions.subscribe(prefix, false, left_out, pipes);
                true
            }
            Some((0, prefix)) => {
                let taken = self.subscriptions.unsubscribe(prefix, false, left_out, pipes);
                taken == TakenBack::Last || self.rules.verbose_unsubscribe
            }
            _ => true,
        };
        if !told && begins {
            // The message begins with its next part.
            self.outgoing.choose_none();
            return;
        }
        if !told {
            // The message goes on, but what is still subscribed to must not be cancelled.
            let mut nothing = Message::new();
            nothing.set_more(part.more());
            *part = nothing;
        }
        self.outgoing.send(part, pipes);
    }

    /// The next part from the pipes, past messages that are not subscribed to, in place of what `into` has, which stays if
    /// there is none.
    #[inline]
    fn next_into(&mut self, into: &mut Message, pipes: &mut Pipes) -> bool {
        let before = into.take();
        loop {
            let begins = !self.incoming.is_within();
            if self.incoming.recv_into(into, pipes).is_err() {
                *into = before;
                return false;
            }
            match self.filter {
                Some(inverted) if begins && self.subscriptions.matches(into.as_bytes()) == inverted => {}
                _ => return true,
            }
            drop(into.take());
            self.incoming.skip_rest(pipes);
        }
    }
}

impl Pattern for Xsub {
    fn configure(&mut self, options: &Options, _pipes: &mut Pipes) {
        self.rules = options.publishing.clone();
        self.filter = self.rules.xsub_filters.then_some(false);
        self.send_hwm = options.send_hwm;
    }

    fn attach(&mut self, id: PipeId, told: Told, pipes: &mut Pipes) {
        self.incoming.attach(id);
        self.outgoing.attach(id);
        self.subscriptions.welcome(told, pipes.get(id));
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.incoming.detach(id, pipes);
        self.outgoing.remove(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.outgoing.remove(id, pipes);
        self.incoming.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        if is_spent(pipes.get(id)) {
            self.closed(id, pipes);
        } else {
            self.incoming.readable(id);
        }
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        let only_first = self.rules.only_first_subscribe;
        let may_subscribe = !self.sending || !only_first;
        self.sending = part.more();
        // Where the parts behind a subscription are data whatever they are, it goes with them.
        let with_data = self.outgoing.is_within() || only_first && part.more();
        match part.as_bytes().split_first() {
            Some((0 | 1, _)) if may_subscribe && with_data => self.send_within(part, pipes),
            Some((1, prefix)) if may_subscribe => self.add(prefix, pipes),
            Some((0, prefix)) if may_subscribe => {
                // To take back what there is not changes nothing.
                self.take_back(prefix, pipes);
            }
            _ => {
                if !self.outgoing.is_within() {
                    self.outgoing.choose_below(self.send_hwm, pipes);
                }
                self.outgoing.send(part, pipes);
            }
        }
        part.take();
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if self.filter.is_none() && self.ahead.is_none() {
            return self.incoming.recv_alone(into, pipes);
        }
        if let Some(part) = self.ahead.take() {
            *into = part;
            return Ok(());
        }
        if !self.next_into(into, pipes) {
            return Err(Stop::WouldBlock);
        }
        // What is subscribed to changes only as the socket is told.
        let takes_all = self.filter.is_none_or(|inverted| !inverted && self.subscriptions.take_all());
        if takes_all {
            self.incoming.offer(pipes);
        }
        Ok(())
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        true
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        if self.ahead.is_none() && !self.incoming.is_within() {
            let mut part = Message::new();
            self.ahead = self.next_into(&mut part, pipes).then_some(part);
        }
        self.ahead.is_some() || self.incoming.is_within()
    }

    fn topics_count(&self) -> Option<usize> {
        Some(self.subscriptions.len())
    }

    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        Some(self.subscriptions.clone())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn subscriptions_are_sent_and_told_to_every_peer_once() {
        let mut xsub = Rig::new(SocketType::Xsub);
        xsub.send("\u{1}a").unwrap();
        let mut one = xsub.attach();
        for message in ["\u{1}b", "\u{1}a", "\0a", "\u{1}", "\0nothing"] {
            xsub.send(message).unwrap();
        }
        let mut two = xsub.attach();
        xsub.send("\0a").unwrap();
        xsub.send("\0").unwrap();
        assert_eq!(one.recv_all(), ["Subscribe a", "Subscribe b", "Subscribe ", "Cancel a", "Cancel "]);
        assert_eq!(
            two.recv_all(),
            ["Subscribe ", "Subscribe a", "Subscribe b", "Cancel a", "Cancel "],
            "the state first, then what changes"
        );
        assert_eq!(xsub.pattern.subscribe(b"c", &mut xsub.pipes), Err(Stop::NotSupported));
        assert_eq!(xsub.pattern.unsubscribe(b"b", &mut xsub.pipes), Err(Stop::NotSupported));
    }

    #[test]
    fn a_peer_that_replays_is_told_only_what_changes() {
        let mut xsub = Rig::new(SocketType::Xsub);
        xsub.send("\u{1}a").unwrap();
        let mut peer = xsub.insert(0, |_| ());
        xsub.pattern.attach(peer.id, Told::All, &mut xsub.pipes);
        xsub.send("\u{1}b").unwrap();
        let upstream = xsub.pattern.upstream().unwrap();
        let mut told = Vec::new();
        assert!(upstream.replay(&mut peer.pipe, None, &mut |prefix| told.push(prefix.to_vec())).is_empty());
        assert_eq!(told, [b"a", b"b"]);
        xsub.send("\0b").unwrap();
        assert_eq!(peer.recv_all(), ["Cancel b"]);
    }

    #[test]
    fn subscriptions_know_no_high_water_mark() {
        let mut xsub = Rig::new(SocketType::Xsub);
        let mut peer = xsub.attach_bounded(1);
        for n in 0..100 {
            xsub.send(&format!("\u{1}{n}")).unwrap();
        }
        assert_eq!(peer.recv_all().len(), 100);
    }

    #[test]
    fn other_messages_know_the_mark() {
        let mut xsub = Rig::with(SocketType::Xsub, |options| options.send_hwm = 2);
        let mut peer = xsub.attach();
        for message in ["data|1", "data|2", "data|3", "\u{1}a"] {
            xsub.send(message).unwrap();
        }
        assert_eq!(peer.recv_all(), ["data|1", "data|2", "Subscribe a"]);
        xsub.send("data|4").unwrap();
        assert_eq!(peer.recv_all(), ["data|4"]);
    }

    #[test]
    fn other_messages_go_to_all_publishers_as_they_are() {
        let mut xsub = Rig::new(SocketType::Xsub);
        xsub.send("to nobody").unwrap();
        let (mut one, mut two) = (xsub.attach(), xsub.attach());
        for message in ["data", "more|\u{1}data", "\u{1}a|\u{1}b|data|\0a"] {
            xsub.send(message).unwrap();
        }
        let expected = ["data", "more|\u{1}data", "Subscribe a", "Subscribe b", "data|\0a"];
        assert_eq!(one.recv_all(), expected);
        assert_eq!(two.recv_all(), expected);
    }

    #[test]
    fn receives_what_it_has_subscribed_to_from_all_in_turn() {
        let mut xsub = Rig::new(SocketType::Xsub);
        let (mut one, mut two) = (xsub.attach(), xsub.attach());
        xsub.send("\u{1}a").unwrap();
        for message in ["b", "a1|b", "b|a|a", "a2"] {
            one.send(message);
        }
        two.send_kind(Kind::Identity, "a");
        two.send("ab");
        assert_eq!(xsub.recv_blindly(), Ok("ab".to_string()), "what is filtered out has its turn too");
        assert_eq!(xsub.recv_all(), ["a1|b", "a2"]);
        one.send("b");
        assert_eq!(xsub.recv_blindly(), Err(Stop::WouldBlock));
    }

    #[test]
    fn passes_on_what_comes_if_so_wished() {
        let mut xsub = Rig::with(SocketType::Xsub, |_| ());
        let mut peer = xsub.attach();
        peer.send("a|b");
        assert_eq!(xsub.recv_all(), ["a|b"]);
        xsub.configure(|options| options.publishing.xsub_filters = true);
        peer.send("a|b");
        assert!(xsub.recv_all().is_empty());
    }

    #[test]
    fn repeats_subscriptions_and_cancellations_if_so_wished() {
        let mut xsub = Rig::with(SocketType::Xsub, |_| ());
        let mut peer = xsub.attach();
        for message in ["\u{1}a", "\u{1}a", "\0a", "\0a", "\0a"] {
            xsub.send(message).unwrap();
        }
        assert_eq!(peer.recv_all(), ["Subscribe a", "Subscribe a", "Cancel a"]);
        xsub.configure(|options| options.publishing.verbose_unsubscribe = true);
        for message in ["\u{1}a", "\u{1}a", "\u{1}b", "\0a", "\0a", "\0a"] {
            xsub.send(message).unwrap();
        }
        assert_eq!(xsub.pattern.topics_count(), Some(1));
        let told = ["Subscribe a", "Subscribe a", "Subscribe b", "Cancel a", "Cancel a", "Cancel a"];
        assert_eq!(peer.recv_all(), told);
    }

    #[test]
    fn subscriptions_among_the_parts_of_data_count_unless_only_the_first_does() {
        let mut xsub = Rig::with(SocketType::Xsub, |_| ());
        let mut peer = xsub.attach();
        xsub.send("data|\u{1}a|\u{1}a|x").unwrap();
        xsub.send("data|\0a|\0a").unwrap();
        assert_eq!(peer.recv_all(), ["data|\u{1}a|\u{1}a|x", "data||\0a"], "what is left is not cancelled");
        assert_eq!(xsub.pattern.topics_count(), Some(0));
        xsub.configure(|options| options.publishing.only_first_subscribe = true);
        xsub.send("data|\u{1}a").unwrap();
        xsub.send("\u{1}b|\u{1}c|x").unwrap();
        assert_eq!(
            peer.recv_all(),
            ["data|\u{1}a", "\u{1}b|\u{1}c|x"],
            "or the second would begin a message"
        );
        assert_eq!(xsub.pattern.topics_count(), Some(1));
        xsub.send("\u{1}b").unwrap();
        xsub.send("\0b|x").unwrap();
        xsub.send("\0b|y").unwrap();
        let told = ["Subscribe b", "x", "\0b|y"];
        assert_eq!(peer.recv_all(), told, "it is not cancelled before the last time");
        xsub.configure(|options| options.send_hwm = 1);
        xsub.send("data").unwrap();
        xsub.send("\u{1}c|no room").unwrap();
        assert_eq!(peer.recv_all(), ["data", "Subscribe c"]);
    }

    #[test]
    fn a_publisher_that_closes_is_read_to_its_end() {
        let mut xsub = Rig::new(SocketType::Xsub);
        let mut peer = xsub.attach();
        xsub.send("\u{1}").unwrap();
        peer.send("a|b");
        peer.send("c");
        drop(peer);
        xsub.settle();
        xsub.send("\u{1}x").unwrap();
        assert_eq!(xsub.recv_all(), ["a|b", "c"]);
        assert_eq!(xsub.pipes.len(), 0);
    }

    #[test]
    fn publishers_come_and_go_within_a_message() {
        let mut xsub = Rig::new(SocketType::Xsub);
        let (one, mut two) = (xsub.attach(), xsub.attach());
        xsub.send_part(part("a", true)).unwrap();
        drop(one);
        xsub.settle();
        let mut three = xsub.attach();
        xsub.send("b").unwrap();
        assert_eq!((two.recv_all(), three.recv_all()), (vec!["a|b".to_string()], vec![]));
    }
}
