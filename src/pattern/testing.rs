//! What the tests of the patterns share: a socket's part played over real pipes, and random numbers.
//!
//! Messages are written as text, their parts separated by `|`.
#![forbid(unsafe_code)]

use super::{Pattern, PipeId, Pipes, Stop, Told};
use crate::message::{Kind, Message};
use crate::pipe::{Bounds, Notify, Pipe, Signal, pipe};
use crate::socket::kind::SocketType;
use crate::socket::options::Options;
use parking_lot::Mutex;
use std::sync::Arc;

/// A small generator (xorshift), the same numbers in every run.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to `limit` - 1.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }
}

/// One part.
pub(super) fn part(text: &str, more: bool) -> Message {
    let mut message = Message::copy_from(text.as_bytes()).unwrap();
    message.set_more(more);
    message
}

/// The parts of a message.
pub(super) fn parts(text: &str) -> Vec<Message> {
    let count = text.split('|').count();
    text.split('|').enumerate().map(|(n, text)| part(text, n + 1 < count)).collect()
}

/// The reverse of [`parts`], one message: bytes that are not text are shown as `\xNN`.
pub(super) fn text(parts: &[Message]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| part.as_bytes().escape_bytes()).collect();
    parts.join("|")
}

trait EscapeBytes {
    fn escape_bytes(&self) -> String;
}

impl EscapeBytes for [u8] {
    fn escape_bytes(&self) -> String {
        self.utf8_chunks()
            .flat_map(|chunk| {
                let invalid = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
                std::iter::once(chunk.valid().to_string()).chain(invalid)
            })
            .collect()
    }
}

/// The other end of a pipe.
pub(super) struct Peer {
    pub(super) id: PipeId,
    pub(super) pipe: Pipe,
}

impl Peer {
    pub(super) fn send(&mut self, message: &str) {
        for part in parts(message) {
            assert!(self.pipe.can_write());
            self.pipe.write(part);
        }
        self.pipe.flush();
    }

    pub(super) fn send_kind(&mut self, kind: Kind, body: &str) {
        self.pipe.write(part(body, false).with_kind(kind));
        self.pipe.flush();
    }

    /// The next message: of data, or of another kind, which is then named before it.
    pub(super) fn recv(&mut self) -> Option<String> {
        let mut parts = vec![self.pipe.read()?];
        while parts.last().is_some_and(Message::more) {
            parts.push(self.pipe.read().expect("a message is whole"));
        }
        Some(match parts[0].kind() {
            Kind::Data => text(&parts),
            kind => format!("{kind:?} {}", text(&parts)),
        })
    }

    pub(super) fn recv_all(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.recv()).collect()
    }

    /// Whether the other end has closed.
    pub(super) fn is_dismissed(&mut self) -> bool {
        self.pipe.is_finished()
    }
}

/// A new pipe among the others; `hwm` holds for what the socket writes.
pub(super) fn attach_pipe(pipes: &mut Pipes, hwm: usize) -> Peer {
    let (ours, theirs) = pipe([Bounds { hwm, swap: None }, Bounds::default()]);
    Peer { id: pipes.insert(ours).unwrap(), pipe: theirs }
}

impl Pipes {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ids().len()
    }
}

/// What happened at the other ends.
#[derive(Default)]
pub(super) struct Events(Mutex<Vec<(usize, Signal)>>);

impl Events {
    /// What has happened since the last call.
    pub(super) fn take(&self) -> Vec<(usize, Signal)> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Notify for Events {
    fn notify(&self, key: usize, signal: Signal) {
        self.0.lock().push((key, signal));
    }
}

/// A pattern, with what a socket does for it.
pub(super) struct Rig {
    pub(super) pattern: Box<dyn Pattern>,
    pub(super) pipes: Pipes,
    events: Arc<Events>,
    /// Whether there is room depends on whom a message is for.
    addresses: bool,
    /// Whether there is room for one message says nothing about others, by the options.
    picky: bool,
}

impl Rig {
    pub(super) fn new(kind: SocketType) -> Rig {
        let addresses = matches!(kind, SocketType::Stream | SocketType::Server | SocketType::Peer);
        Rig {
            pattern: super::new(kind),
            pipes: Pipes::default(),
            events: Arc::default(),
            addresses,
            picky: false,
        }
    }

    /// A pattern with options other than those of [`Options::for_4x`].
    pub(super) fn with(kind: SocketType, change: impl FnOnce(&mut Options)) -> Rig {
        let mut rig = Rig::new(kind);
        rig.configure(change);
        rig
    }

    pub(super) fn configure(&mut self, change: impl FnOnce(&mut Options)) {
        let mut options = Options::for_4x();
        change(&mut options);
        self.picky = options.routing.mandatory || options.publishing.no_drop;
        self.pattern.configure(&options, &mut self.pipes);
    }

    pub(super) fn attach(&mut self) -> Peer {
        self.attach_with(0, |_| ())
    }

    /// A peer for which `hwm` messages may be under way.
    pub(super) fn attach_bounded(&mut self, hwm: usize) -> Peer {
        self.attach_with(hwm, |_| ())
    }

    /// A peer that has done something before it is attached.
    pub(super) fn attach_with(&mut self, hwm: usize, before: impl FnOnce(&mut Peer)) -> Peer {
        self.settle();
        let peer = self.insert(hwm, before);
        self.pattern.attach(peer.id, Told::Nothing, &mut self.pipes);
        self.pattern.readable(peer.id, &mut self.pipes);
        self.settle();
        peer
    }

    /// A pipe that the pattern has not been told of yet.
    pub(super) fn insert(&mut self, hwm: usize, before: impl FnOnce(&mut Peer)) -> Peer {
        let mut peer = attach_pipe(&mut self.pipes, hwm);
        before(&mut peer);
        self.pipes.get(peer.id).set_owner(self.events.clone(), peer.id.key());
        peer
    }

    /// Takes a pipe away, as when its connection ends.
    pub(super) fn detach(&mut self, id: PipeId) {
        if self.pipes.contains(id) {
            self.pattern.detach(id, &mut self.pipes);
            self.pipes.remove(id);
        }
    }

    /// Tells the pattern what happened, until nothing more does.
    pub(super) fn settle(&mut self) {
        loop {
            while let Some(id) = self.pipes.take_retired() {
                assert!(self.pipes.contains(id), "a pipe is retired once");
                self.detach(id);
            }
            let events = self.events.take();
            if events.is_empty() {
                return;
            }
            for (key, signal) in events {
                super::tell(&mut *self.pattern, &mut self.pipes, PipeId::from_key(key), signal);
            }
        }
    }

    /// Sends a message. When a part is refused it is the first, or the test has failed.
    pub(super) fn send(&mut self, message: &str) -> Result<(), Stop> {
        for (n, part) in parts(message).into_iter().enumerate() {
            if let Err(stop) = self.send_part(part) {
                assert_eq!(n, 0, "only the first part is ever refused");
                return Err(stop);
            }
        }
        Ok(())
    }

    pub(super) fn send_part(&mut self, mut part: Message) -> Result<(), Stop> {
        self.settle();
        let before = (part.as_bytes().to_vec(), part.more());
        let can_send = self.pattern.can_send(&mut self.pipes);
        let result = self.pattern.send(&mut part, &mut self.pipes);
        // A message that nobody can send, or that is for nobody, is refused in its own way.
        let refused = matches!(result, Err(Stop::Invalid | Stop::Unroutable))
            || self.addresses && result == Err(Stop::WouldBlock);
        assert!(self.picky || refused || can_send == result.is_ok(), "can_send tells the truth");
        if result.is_err() {
            assert_eq!((part.as_bytes().to_vec(), part.more()), before, "left untouched");
        } else {
            assert!(part.is_empty() && !part.more(), "taken");
        }
        self.settle();
        result
    }

    /// Whether something can be sent.
    pub(super) fn can_send(&mut self) -> bool {
        self.settle();
        self.pattern.can_send(&mut self.pipes)
    }

    /// Receives a message.
    pub(super) fn recv(&mut self) -> Result<String, Stop> {
        let mut parts = vec![self.recv_part()?];
        while parts.last().is_some_and(Message::more) {
            parts.push(self.recv_part().expect("a message is whole"));
        }
        Ok(text(&parts))
    }

    pub(super) fn recv_part(&mut self) -> Result<Message, Stop> {
        self.settle();
        let can_recv = self.pattern.can_recv(&mut self.pipes);
        let result = self.take_part();
        assert_eq!(can_recv, result.is_ok(), "can_recv tells the truth");
        if let Ok(part) = &result {
            assert_eq!(part.kind(), Kind::Data);
        }
        self.settle();
        result
    }

    pub(super) fn recv_all(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.recv().ok()).collect()
    }

    /// As [`Rig::recv`], without asking first whether it would work.
    pub(super) fn recv_blindly(&mut self) -> Result<String, Stop> {
        self.settle();
        let mut parts = vec![self.take_part()?];
        while parts.last().is_some_and(Message::more) {
            parts.push(self.take_part().expect("a message is whole"));
        }
        Ok(text(&parts))
    }

    fn take_part(&mut self) -> Result<Message, Stop> {
        let before = Message::copy_from(b"what was there before").expect("it fits");
        let mut part = before.clone();
        let result = self.pattern.recv(&mut part, &mut self.pipes);
        if result.is_err() {
            assert_eq!(part.as_bytes(), before.as_bytes(), "it is left alone");
        }
        result.map(|()| part)
    }
}
