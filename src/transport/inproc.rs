//! Names within one context: who is bound to which, and who waits for which (zmq_inproc(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::io::dial;
use crate::io::owner::Owner;
use crate::message::{Kind, Message};
use crate::pipe::swap::Swap;
use crate::pipe::{Bounds, Pipe, pipe_with};
use crate::socket::kind::SocketType;
use crate::socket::mailbox::Event;
use crate::socket::options::Options;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// What the other side needs to know of a socket that binds or connects.
#[derive(Clone)]
pub(crate) struct Party {
    owner: Arc<Owner>,
    send_hwm: usize,
    recv_hwm: usize,
    swap_bytes: u64,
    conflates: bool,
    identity: Vec<u8>,
}

/// A socket that connected to a name that nobody is bound to yet: the far end of its pipe.
struct Waiting {
    kind: SocketType,
    far_end: Pipe,
}

#[derive(Default)]
struct Names {
    bound: HashMap<String, Party>,
    waiting: HashMap<String, Vec<Waiting>>,
}

/// The names of one context.
#[derive(Default)]
pub(crate) struct Directory(Mutex<Names>);

/// How one direction is bounded, apart from the marks: by a swap of `bytes` unless it is one of
/// subscriptions.
fn bounds(bytes: u64, subscriptions: bool) -> Result<Bounds> {
    let swap = match bytes {
        0 => None,
        _ if subscriptions => None,
        _ => Some(Swap::create(bytes).map_err(dial::refusal)?),
    };
    Ok(Bounds { hwm: 0, swap })
}

impl Party {
    pub(crate) fn new(owner: &Arc<Owner>, options: &Options) -> Party {
        let kind = owner.kind;
        Party {
            owner: owner.clone(),
            // Subscriptions are state: no mark stands in their way.
            send_hwm: if kind.subscribes() { 0 } else { options.send_hwm },
            recv_hwm: if kind.publishes() { 0 } else { options.recv_hwm },
            swap_bytes: options.swap_bytes,
            conflates: options.conflate && kind.conflates(),
            identity: options.identity.clone(),
        }
    }

    fn kind(&self) -> SocketType {
        self.owner.kind
    }

    /// Says in the party's end of a pipe what it says to every peer: its share of the marks, and, ahead of
    /// any message, its identity and its first words.
    fn introduce(&self, pipe: &mut Pipe) {
        pipe.set_marks(Some(self.send_hwm), Some(self.recv_hwm));
        if !self.identity.is_empty()
            && let Ok(identity) = Message::copy_from(&self.identity)
        {
            pipe.write(identity.with_kind(Kind::Identity));
        }
        for words in self.owner.first_words() {
            pipe.write(words);
        }
        pipe.flush();
    }
}

impl Directory {
    /// Binds a socket to a name. Gives the ends of the pipes to those who connected before.
    ///
    /// # Errors
    /// [`Error::AddressInUse`].
    pub(crate) fn bind(&self, name: &str, party: Party) -> Result<Vec<Pipe>> {
        let mut names = self.0.lock();
        if names.bound.contains_key(name) {
            return Err(Error::AddressInUse);
        }
        let mut pipes = Vec::new();
        // Those that do not go with this type are dropped, which closes their ends.
        for mut waiting in names.waiting.remove(name).unwrap_or_default() {
            if party.kind().accepts(waiting.kind) {
                party.introduce(&mut waiting.far_end);
                pipes.push(waiting.far_end);
            }
        }
        names.bound.insert(name.to_owned(), party);
        Ok(pipes)
    }

    /// Takes a name back.
    pub(crate) fn unbind(&self, name: &str) {
        self.0.lock().bound.remove(name);
    }

    /// Connects a socket to a name, whether or not somebody is bound to it. Gives its end of the pipe.
    ///
    /// # Errors
    /// [`Error::IncompatibleTransport`] when the socket bound there is of a type that does not go with
    /// this one, [`Error::Terminated`] when it is just being closed; others when no swap can be made.
    pub(crate) fn connect(&self, name: &str, party: &Party) -> Result<Pipe> {
        let mut names = self.0.lock();
        let bound = names.bound.get(name);
        if bound.is_some_and(|bound| !bound.kind().accepts(party.kind())) {
            return Err(Error::IncompatibleTransport);
        }
        // What one who is still to bind wants is not known yet: the swap is this party's alone.
        let swap_bytes = party.swap_bytes.saturating_add(bound.map_or(0, |bound| bound.swap_bytes));
        let conflates = party.conflates || bound.is_some_and(|bound| bound.conflates);
        let (mut near_end, mut far_end) = pipe_with(
            [bounds(swap_bytes, party.kind().subscribes())?, bounds(swap_bytes, party.kind().publishes())?],
            [conflates; 2],
        );
        party.introduce(&mut near_end);
        let Some(bound) = bound else {
            let waiting = Waiting { kind: party.kind(), far_end };
            names.waiting.entry(name.to_owned()).or_default().push(waiting);
            return Ok(near_end);
        };
        bound.introduce(&mut far_end);
        let attach = Event::Attach { pipe: Box::new(far_end), replayed: false, line: None };
        if bound.owner.mailbox.post(attach) { Ok(near_end) } else { Err(Error::Terminated) }
    }
}
