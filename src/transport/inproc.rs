//! Names within one context: who is bound to which, and who waits for which (zmq_inproc(7)).
#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::io::dial;
use crate::message::{Kind, Message};
use crate::pipe::swap::Swap;
use crate::pipe::{Bounds, Pipe, pipe};
use crate::socket::kind::SocketType;
use crate::socket::mailbox::{Event, Mailbox};
use crate::socket::options::Options;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// What the other side needs to know of a socket that binds or connects.
#[derive(Clone)]
pub(crate) struct Party {
    kind: SocketType,
    send_hwm: usize,
    recv_hwm: usize,
    swap_bytes: u64,
    identity: Vec<u8>,
}

/// A socket that is bound to a name.
struct Bound {
    party: Party,
    mailbox: Arc<Mailbox>,
}

/// A socket that connected to a name that nobody is bound to yet: the far end of its pipe.
struct Waiting {
    party: Party,
    far_end: Pipe,
}

#[derive(Default)]
struct Names {
    bound: HashMap<String, Bound>,
    waiting: HashMap<String, Vec<Waiting>>,
}

/// The names of one context.
#[derive(Default)]
pub(crate) struct Directory(Mutex<Names>);

/// The mark for messages from one party to another: the sum of both, none if either has none.
fn joint_hwm(send: usize, recv: usize) -> usize {
    if send == 0 || recv == 0 { 0 } else { send.saturating_add(recv) }
}

/// How one direction is bounded: by `hwm`, and a swap of `bytes` unless it is one of subscriptions.
fn bounds(hwm: usize, bytes: u64, subscriptions: bool) -> Result<Bounds> {
    let swap = match bytes {
        0 => None,
        _ if subscriptions => None,
        _ => Some(Swap::create(bytes).map_err(dial::refusal)?),
    };
    Ok(Bounds { hwm, swap })
}

impl Party {
    pub(crate) fn new(kind: SocketType, options: &Options) -> Party {
        // Subscriptions are state: no mark stands in their way.
        let send_hwm = if kind.subscribes() { 0 } else { options.send_hwm };
        let recv_hwm = if kind.publishes() { 0 } else { options.recv_hwm };
        Party { kind, send_hwm, recv_hwm, swap_bytes: options.swap_bytes, identity: options.identity.clone() }
    }

    /// Writes the party's identity into its end of a pipe, ahead of any message.
    fn introduce(&self, pipe: &mut Pipe) {
        if !self.identity.is_empty()
            && let Ok(identity) = Message::copy_from(&self.identity)
        {
            pipe.write(identity.with_kind(Kind::Identity));
            pipe.flush();
        }
    }
}

impl Directory {
    /// Binds a socket to a name. Gives the ends of the pipes to those who connected before.
    ///
    /// # Errors
    /// [`Error::AddressInUse`].
    pub(crate) fn bind(&self, name: &str, party: Party, mailbox: Arc<Mailbox>) -> Result<Vec<Pipe>> {
        let mut names = self.0.lock();
        if names.bound.contains_key(name) {
            return Err(Error::AddressInUse);
        }
        let mut pipes = Vec::new();
        // Those that do not go with this type are dropped, which closes their ends.
        for mut waiting in names.waiting.remove(name).unwrap_or_default() {
            if party.kind.accepts(waiting.party.kind) {
                waiting.far_end.set_write_hwm(joint_hwm(party.send_hwm, waiting.party.recv_hwm));
                waiting.far_end.set_read_hwm(joint_hwm(waiting.party.send_hwm, party.recv_hwm));
                party.introduce(&mut waiting.far_end);
                pipes.push(waiting.far_end);
            }
        }
        names.bound.insert(name.to_owned(), Bound { party, mailbox });
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
    pub(crate) fn connect(&self, name: &str, party: Party) -> Result<Pipe> {
        let mut names = self.0.lock();
        let Some(bound) = names.bound.get(name) else {
            // The swap of the one who will bind is not known yet: it is this party's alone.
            let (mut near_end, far_end) = pipe([
                bounds(party.send_hwm, party.swap_bytes, party.kind.subscribes())?,
                bounds(party.recv_hwm, party.swap_bytes, party.kind.publishes())?,
            ]);
            party.introduce(&mut near_end);
            names.waiting.entry(name.to_owned()).or_default().push(Waiting { party, far_end });
            return Ok(near_end);
        };
        join(bound, &party)
    }

    /// Connects a socket to a name only if one of these types is bound to it. Gives its end of the pipe.
    pub(crate) fn connect_bound(&self, name: &str, party: &Party, kinds: &[SocketType]) -> Option<Pipe> {
        let names = self.0.lock();
        let bound = names.bound.get(name).filter(|bound| kinds.contains(&bound.party.kind))?;
        join(bound, party).ok()
    }
}

/// Connects a socket to one that is bound. Gives the former's end of the pipe.
fn join(bound: &Bound, party: &Party) -> Result<Pipe> {
    if !bound.party.kind.accepts(party.kind) {
        return Err(Error::IncompatibleTransport);
    }
    let (forth, back) =
        (joint_hwm(party.send_hwm, bound.party.recv_hwm), joint_hwm(bound.party.send_hwm, party.recv_hwm));
    let swap_bytes = party.swap_bytes.saturating_add(bound.party.swap_bytes);
    let (mut near_end, mut far_end) = pipe([
        bounds(forth, swap_bytes, party.kind.subscribes())?,
        bounds(back, swap_bytes, party.kind.publishes())?,
    ]);
    party.introduce(&mut near_end);
    bound.party.introduce(&mut far_end);
    if bound.mailbox.post(Event::Attach { pipe: Box::new(far_end), replayed: false, line: None }) {
        Ok(near_end)
    } else {
        Err(Error::Terminated)
    }
}
