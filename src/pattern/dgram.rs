//! DGRAM: sends and receives datagrams (zmq_socket(3)): messages of two parts, the address and the body.
#![forbid(unsafe_code)]

use super::pair::Pair;
use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::Message;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Dgram {
    /// A socket is bound to one address at a time.
    inner: Pair,
    /// The address was sent, the body comes next.
    within: bool,
}

impl Pattern for Dgram {
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
        if part.more() == self.within {
            return Err(Stop::Invalid);
        }
        self.inner.send(part, pipes)?;
        // The next part has others behind it, or is refused.
        pipes.offers.target = None;
        self.within = !self.within;
        Ok(())
    }

    fn recv(&mut self, into: &mut Message, pipes: &mut Pipes) -> Result<(), Stop> {
        self.inner.recv(into, pipes)
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.inner.can_send(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.inner.can_recv(pipes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::{Rig, part};
    use crate::socket::kind::SocketType;

    #[test]
    fn a_message_is_an_address_and_a_body() {
        let mut dgram = Rig::new(SocketType::Dgram);
        assert_eq!(dgram.send("a|b"), Err(Stop::WouldBlock));
        let mut peer = dgram.attach();
        assert_eq!(dgram.send_part(part("no address", false)), Err(Stop::Invalid));
        dgram.send_part(part("address", true)).unwrap();
        assert_eq!(dgram.send_part(part("body", true)), Err(Stop::Invalid));
        dgram.send_part(part("body", false)).unwrap();
        peer.send("address|body");
        assert_eq!(
            (peer.recv_all(), dgram.recv_all()),
            (vec!["address|body".to_string()], vec!["address|body".into()])
        );
    }
}
