//! `Single`: another pattern, with messages of one part: CLIENT, GATHER, SCATTER and CHANNEL are DEALER,
//! PULL, PUSH and PAIR so (RFC 41, 49, 52).
//!
//! That is what lets several threads use one socket: no message is taken apart between them. What a peer
//! sends in several parts is dropped.
#![forbid(unsafe_code)]

use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::Message;
use crate::socket::options::Options;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Single<P> {
    inner: P,
    /// A message that was found while looking for one.
    ahead: Option<Message>,
}

impl<P: Pattern> Single<P> {
    /// The next message of one part, past the others.
    #[inline]
    fn next(&mut self, pipes: &mut Pipes) -> Result<Message, Stop> {
        let mut part = Message::new();
        loop {
            self.inner.recv(&mut part, pipes)?;
            if !part.more() {
                return Ok(part);
            }
            while part.more() {
                self.inner.recv(&mut part, pipes)?;
            }
        }
    }
}

impl<P: Pattern> Pattern for Single<P> {
    fn configure(&mut self, options: &Options, pipes: &mut Pipes) {
        self.inner.configure(options, pipes);
    }

    fn attach(&mut self, id: PipeId, told: Told, pipes: &mut Pipes) {
        self.inner.attach(id, told, pipes);
    }

    fn detach(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.inner.detach(id, pipes);
    }

    fn closed(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.inner.closed(id, pipes);
    }

    fn readable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.inner.readable(id, pipes);
    }

    fn writable(&mut self, id: PipeId, pipes: &mut Pipes) {
        self.inner.writable(id, pipes);
    }

    fn send(&mut self, part: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        if part.more() { Err(Stop::Invalid) } else { self.inner.send(part, pipes) }
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        *into = match self.ahead.take() {
            Some(message) => message,
            None => self.next(pipes)?,
        };
        Ok(())
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.inner.can_send(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        if self.ahead.is_none() {
            self.ahead = self.next(pipes).ok();
        }
        self.ahead.is_some()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn messages_of_several_parts_are_refused_and_dropped() {
        for kind in [SocketType::Client, SocketType::Channel] {
            let mut socket = Rig::new(kind);
            let mut peer = socket.attach_bounded(1);
            assert_eq!(socket.send_part(part("a", true)), Err(Stop::Invalid));
            socket.send("b").unwrap();
            assert_eq!(socket.send("full"), Err(Stop::WouldBlock));
            assert_eq!(peer.recv_all(), ["b"]);
            for message in ["1", "2|2", "3", "4|4|4"] {
                peer.send(message);
            }
            assert_eq!(socket.recv_blindly(), Ok("1".to_string()));
            assert_eq!(socket.recv_all(), ["3"]);
            peer.send("5|5");
            peer.send("last");
            drop(peer);
            assert_eq!(socket.recv_all(), ["last"]);
            assert_eq!(socket.pipes.len(), 0, "{kind:?}");
        }
    }

    #[test]
    fn a_channel_has_one_peer_and_the_others_have_many() {
        let mut channel = Rig::new(SocketType::Channel);
        let (mut one, mut two) = (channel.attach(), channel.attach());
        assert!(two.is_dismissed() && !one.is_dismissed());
        let mut client = Rig::new(SocketType::Client);
        let (mut one, mut two) = (client.attach(), client.attach());
        client.send("a").unwrap();
        client.send("b").unwrap();
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["a".to_string()], vec!["b".to_string()]));
    }

    #[test]
    fn scatter_sends_in_turn_and_gather_receives_in_turn() {
        let mut scatter = Rig::new(SocketType::Scatter);
        assert_eq!(scatter.send("nobody"), Err(Stop::WouldBlock));
        let (mut one, mut two) = (scatter.attach_bounded(1), scatter.attach_bounded(1));
        for message in ["a", "b"] {
            scatter.send(message).unwrap();
        }
        assert_eq!(scatter.send("full"), Err(Stop::WouldBlock));
        assert_eq!((one.recv_all(), two.recv_all()), (vec!["a".to_string()], vec!["b".to_string()]));
        assert_eq!(scatter.recv(), Err(Stop::NotSupported));
        let mut gather = Rig::new(SocketType::Gather);
        let (mut one, mut two) = (gather.attach(), gather.attach());
        one.send("1a");
        one.send("1b");
        two.send("2a");
        assert_eq!(gather.recv_all(), ["1a", "2a", "1b"]);
        assert_eq!(gather.send("no"), Err(Stop::NotSupported));
    }
}
