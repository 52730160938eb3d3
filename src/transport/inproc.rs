//! Names within one context: who is bound to which, and who waits for which (zmq_inproc(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::io::dial;
use crate::io::owner::Owner;
use crate::message::{Kind, Message};
use crate::pattern::Told;
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
    kind: SocketType,
    /// The socket; none for what the library itself says.
    owner: Option<Arc<Owner>>,
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
            kind,
            owner: Some(owner.clone()),
            // Subscriptions are state: no mark stands in their way.
            send_hwm: if kind.subscribes() { 0 } else { options.send_hwm },
            recv_hwm: if kind.publishes() { 0 } else { options.recv_hwm },
            swap_bytes: options.swap_bytes,
            conflates: options.conflate && kind.conflates(),
            identity: options.identity.clone(),
        }
    }

    /// One that is no socket, but has a pipe like one of this type.
    pub(crate) fn without_socket(kind: SocketType) -> Party {
        Party {
            kind,
            owner: None,
            send_hwm: 0,
            recv_hwm: 0,
            swap_bytes: 0,
            conflates: false,
            identity: Vec::new(),
        }
    }

    /// Says in the party's end of a pipe what it says to every peer: its share of the marks, and, ahead of
    /// any message, its identity and its first words.
    fn introduce(&self, pipe: &mut Pipe) {
        pipe.set_marks(Some(self.send_hwm), Some(self.recv_hwm));
        if !self.identity.is_empty()
            && let Ok(identity) = Message::copy_from(&self.identity)
        {
            pipe.write_anyway(identity.with_kind(Kind::Identity));
        }
        for words in self.owner.iter().flat_map(|owner| owner.first_words()) {
            pipe.write_anyway(words);
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
            if party.kind.accepts(waiting.kind) {
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
        if let Some(bound) = bound {
            return join(bound, party);
        }
        // What one who is still to bind wants is not known yet.
        let (near_end, far_end) = ends(None, party)?;
        let waiting = Waiting { kind: party.kind, far_end };
        names.waiting.entry(name.to_owned()).or_default().push(waiting);
        Ok(near_end)
    }

    /// Connects a socket to a name only if one of these types is bound to it. Gives its end of the pipe.
    pub(crate) fn connect_bound(&self, name: &str, party: &Party, kinds: &[SocketType]) -> Option<Pipe> {
        let names = self.0.lock();
        let bound = names.bound.get(name).filter(|bound| kinds.contains(&bound.kind))?;
        join(bound, party).ok()
    }
}

/// Connects a socket to one that is bound. Gives the former's end of the pipe.
fn join(bound: &Party, party: &Party) -> Result<Pipe> {
    if !bound.kind.accepts(party.kind) {
        return Err(Error::IncompatibleTransport);
    }
    let (near_end, mut far_end) = ends(Some(bound), party)?;
    bound.introduce(&mut far_end);
    let attach = Event::Attach { pipe: Box::new(far_end), told: Told::Nothing, line: None };
    let heard = bound.owner.as_ref().is_some_and(|owner| owner.mailbox.post(attach));
    if heard { Ok(near_end) } else { Err(Error::Terminated) }
}

/// A pipe from the one that connects, which has introduced itself, to the one that is bound or to come.
fn ends(bound: Option<&Party>, party: &Party) -> Result<(Pipe, Pipe)> {
    let swap_bytes = party.swap_bytes.saturating_add(bound.map_or(0, |bound| bound.swap_bytes));
    let conflates = party.conflates || bound.is_some_and(|bound| bound.conflates);
    let (mut near_end, far_end) = pipe_with(
        [bounds(swap_bytes, party.kind.subscribes())?, bounds(swap_bytes, party.kind.publishes())?],
        [conflates; 2],
    );
    party.introduce(&mut near_end);
    Ok((near_end, far_end))
}
