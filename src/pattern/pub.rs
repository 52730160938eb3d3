//! PUB: an XPUB that receives nothing (RFC 29).
#![forbid(unsafe_code)]

use super::xpub::Xpub;
use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::Message;
use crate::socket::options::Options;

/// See the module's documentation.
pub(super) struct Pub(Xpub);

impl Default for Pub {
    fn default() -> Pub {
        Pub(Xpub::new(false))
    }
}

impl Pattern for Pub {
    fn configure(&mut self, options: &Options, pipes: &mut Pipes) {
        self.0.configure(options, pipes);
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

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.0.send(part, pipes)
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.0.can_send(pipes)
    }

    fn topics_count(&self) -> Option<usize> {
        self.0.topics_count()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::message::Kind;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn each_subscriber_gets_what_it_asked_for_once() {
        let mut publisher = Rig::new(SocketType::Pub);
        publisher.send("nobody").unwrap();
        let mut all = publisher.attach_with(0, |peer| peer.send_kind(Kind::Subscribe, ""));
        let mut some = publisher.attach();
        for prefix in ["a", "ab", "a"] {
            some.send_kind(Kind::Subscribe, prefix);
        }
        let mut none = publisher.attach();
        for message in ["abc|x", "b", "a|b|c", "|a"] {
            publisher.send(message).unwrap();
        }
        assert_eq!(all.recv_all(), ["abc|x", "b", "a|b|c", "|a"]);
        assert_eq!(some.recv_all(), ["abc|x", "a|b|c"]);
        assert!(none.recv_all().is_empty());
        some.send_kind(Kind::Cancel, "a");
        some.send_kind(Kind::Cancel, "never subscribed");
        publisher.send("a2").unwrap();
        publisher.send("ab2").unwrap();
        assert_eq!(some.recv_all(), ["ab2"]);
        assert_eq!(publisher.recv(), Err(Stop::NotSupported));
    }

    #[test]
    fn a_subscriber_without_room_misses_whole_messages_and_nobody_waits() {
        let mut publisher = Rig::new(SocketType::Pub);
        let subscribe = |peer: &mut crate::pattern::testing::Peer| peer.send_kind(Kind::Subscribe, "");
        let mut slow = publisher.attach_with(2, subscribe);
        let mut fast = publisher.attach_with(0, subscribe);
        for message in ["1|1", "2", "3|3|3", "4"] {
            publisher.send(message).unwrap();
        }
        assert_eq!(slow.recv_all(), ["1|1", "2"]);
        publisher.send("5|5").unwrap();
        assert_eq!(slow.recv_all(), ["5|5"]);
        assert_eq!(fast.recv_all(), ["1|1", "2", "3|3|3", "4", "5|5"]);
    }

    #[test]
    fn subscribing_or_leaving_within_a_message_has_effect_on_the_next() {
        let mut publisher = Rig::new(SocketType::Pub);
        let (mut early, mut late) = (publisher.attach(), publisher.attach());
        let gone = publisher.attach_with(0, |peer| peer.send_kind(Kind::Subscribe, ""));
        early.send_kind(Kind::Subscribe, "a");
        publisher.send_part(part("a", true)).unwrap();
        early.send_kind(Kind::Cancel, "a");
        late.send_kind(Kind::Subscribe, "");
        drop(gone);
        publisher.send("b").unwrap();
        publisher.send("a2").unwrap();
        assert_eq!(early.recv_all(), ["a|b"]);
        assert_eq!(late.recv_all(), ["a2"]);
        assert_eq!(publisher.pipes.len(), 2);
    }

    #[test]
    fn what_else_a_peer_sends_is_dropped() {
        let mut publisher = Rig::new(SocketType::Pub);
        let mut peer = publisher.attach();
        peer.pipe.set_marks(Some(3), None);
        for _ in 0..10 {
            // Refused by the pipe, and the test, if the ones before were still in it.
            peer.send("un|wanted");
            peer.send_kind(Kind::Identity, "me");
            publisher.settle();
        }
        peer.send("\u{1}by data");
        publisher.send("by data!").unwrap();
        assert_eq!(peer.recv_all(), ["by data!"]);
    }
}
