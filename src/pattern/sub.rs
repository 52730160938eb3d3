//! SUB: an XSUB that subscribes by an option and sends nothing (RFC 29).
#![forbid(unsafe_code)]

use super::xsub::Xsub;
use super::{Pattern, PipeId, Pipes, Stop, Told, Upstream};
use crate::message::Message;
use crate::socket::options::Options;
use std::sync::Arc;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Sub(Xsub);

impl Pattern for Sub {
    fn configure(&mut self, options: &Options, pipes: &mut Pipes) {
        self.0.configure(options, pipes);
        self.0.filter(Some(options.publishing.invert_matching));
    }

    fn attach(&mut self, id: PipeId, told: Told, pipes: &mut Pipes) {
        self.0.attach(id, told, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.0.detach(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.0.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.0.readable(id, pipes);
    }

    fn writable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.0.writable(id, pipes);
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.0.recv(into, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.0.can_recv(pipes)
    }

    fn subscribe(&mut self, prefix: &[u8], pipes: &mut Pipes) -> Result<(), Stop> {
        self.0.add(prefix, pipes);
        Ok(())
    }

    fn unsubscribe(&mut self, prefix: &[u8], pipes: &mut Pipes) -> Result<bool, Stop> {
        Ok(self.0.take_back(prefix, pipes))
    }

    fn topics_count(&self) -> Option<usize> {
        self.0.topics_count()
    }

    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        self.0.upstream()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Peer, Rig};
    use crate::socket::kind::SocketType;

    fn subscribed(prefixes: &[&str]) -> (Rig, Peer) {
        let mut sub = Rig::new(SocketType::Sub);
        for prefix in prefixes {
            sub.pattern.subscribe(prefix.as_bytes(), &mut sub.pipes).unwrap();
        }
        let peer = sub.attach();
        (sub, peer)
    }

    #[test]
    fn subscriptions_add_up_and_are_counted() {
        let (mut sub, mut peer) = subscribed(&["a", "b", "a"]);
        let mut unsubscribe = |prefix: &[u8]| sub.pattern.unsubscribe(prefix, &mut sub.pipes);
        assert_eq!((unsubscribe(b"a"), unsubscribe(b"c")), (Ok(true), Ok(false)));
        assert_eq!(peer.recv_all(), ["Subscribe a", "Subscribe b"]);
        for message in ["a1", "b1", "c1"] {
            peer.send(message);
        }
        assert_eq!(sub.recv_all(), ["a1", "b1"]);
        assert_eq!(sub.pattern.unsubscribe(b"a", &mut sub.pipes), Ok(true));
        assert_eq!(sub.pattern.unsubscribe(b"a", &mut sub.pipes), Ok(false));
        assert_eq!(peer.recv_all(), ["Cancel a"]);
        peer.send("a2");
        peer.send("b2");
        assert_eq!(sub.recv_all(), ["b2"]);
    }

    #[test]
    fn without_subscriptions_nothing_is_received_and_nothing_is_ever_sent() {
        let (mut sub, mut peer) = subscribed(&[]);
        peer.send("a");
        peer.send("|empty first part");
        assert_eq!(sub.recv(), Err(Stop::WouldBlock));
        assert_eq!(sub.send("\u{1}a"), Err(Stop::NotSupported));
        assert!(sub.pattern.upstream().is_some());
    }

    #[test]
    fn matching_can_be_inverted() {
        let (mut sub, mut peer) = subscribed(&["a"]);
        sub.configure(|options| options.publishing.invert_matching = true);
        for message in ["a|b", "b|a", ""] {
            peer.send(message);
        }
        assert_eq!(sub.recv_all(), ["b|a", ""]);
        assert_eq!(sub.pattern.topics_count(), Some(1));
    }

    #[test]
    fn the_first_part_decides_for_the_whole_message() {
        let (mut sub, mut peer) = subscribed(&["a"]);
        for message in ["b|a|a", "a|b|c", "a\0|", "|a"] {
            peer.send(message);
        }
        assert_eq!(sub.recv_all(), ["a|b|c", "a\0|"]);
    }
}
