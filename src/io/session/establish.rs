//! How a connection is put to use once its handshake is done, and what it is introduced with, to both sides.
#![forbid(unsafe_code)]

use super::greeting::{Greeting, Shaken};
use super::{Link, Role, Session, session_pipe};
use crate::io::Handover;
use crate::io::entrance::Place;
use crate::io::established::Established;
use crate::io::owner::{Durable, Owner};
use crate::message::{Kind, Message};
use crate::pattern::Told;
use crate::pipe::Pipe;
use crate::socket::kind::SocketType;
use crate::socket::mailbox::Event;
use crate::socket::monitor::MonitorEvent;
use crate::socket::options::Options;
use crate::trace;
use crate::wire::Version;
use std::time::Instant;

impl Session {
    /// The handshake is done: messages may flow.
    pub(super) fn establish(&mut self, shaken: Shaken, now: Instant) {
        let link = std::mem::replace(&mut self.link, Link::Down(None));
        let Link::Greeting(greeting) = link else { unreachable!("only a handshake is followed by this") };
        let accepted = matches!(self.role, Role::Accepted { .. });
        if accepted {
            self.owner.greeting_ends(&self.home);
        }
        // The place at the entrance is kept until the socket has been told.
        let Greeting { fd, out, readable, ending, place, .. } = *greeting;
        let Shaken { peer, cipher, held } = shaken;
        let bytes_max = self.options.message_bytes_max;
        let mut up = Box::new(Established::new(fd, peer, cipher, bytes_max, out, held));
        up.note_ready(readable, true, ending);
        up.start_heart(&self.options.heartbeat, now);
        if accepted && self.options.durable_peers && !up.peer.identity.is_empty() {
            self.establish_durable(up, place);
        } else {
            self.take_up(up);
        }
    }

    /// The peer has a name, and its pipe may be waiting for it in another session.
    fn establish_durable(&mut self, up: Box<Established>, place: Option<Place>) {
        let name = up.peer.identity.clone();
        let owner = self.owner.clone();
        let mut durable = owner.durable.lock();
        match durable.get_mut(&name) {
            // Two peers with one name: the first one has it.
            Some(known) if known.connected => {
                trace::say(format_args!("{self}: refused: a peer with the same identity is connected"));
                self.ended = true;
            }
            Some(known) => {
                known.connected = true;
                self.handover = Some((known.home.clone(), Box::new(Handover { connection: up, place })));
                self.ended = true;
            }
            None => {
                let home = self.home.clone();
                durable.insert(name.clone(), Durable { home, connected: true });
                drop(durable);
                if let Role::Accepted { durable, .. } = &mut self.role {
                    *durable = Some(name);
                }
                self.take_up(up);
            }
        }
    }

    /// Puts a connection to use: tells the socket who is there, and the peer what it must know.
    pub(super) fn take_up(&mut self, mut up: Box<Established>) {
        if let Role::Connecting { interval, .. } = &mut self.role {
            *interval = self.options.reconnect_interval.unwrap_or_default();
        }
        let mut socket_end = None;
        if self.pipe.is_none() {
            let made = session_pipe(self.owner.kind, &self.options).or_else(|_| {
                // No place for a swap file: the high-water marks hold, as without one.
                session_pipe(self.owner.kind, &Options { swap_bytes: 0, ..(*self.options).clone() })
            });
            let Ok((theirs, ours)) = made else {
                self.ended = true;
                return;
            };
            ours.set_owner(self.line.clone(), self.home.key);
            socket_end = Some(theirs);
            self.pipe = Some(ours);
        }
        self.note_origin(&mut up, socket_end.as_mut());
        let mut told = Told::Nothing;
        if let Some(pipe) = &mut self.pipe {
            introduce(&self.owner, &mut up, &self.options, pipe);
            if let Some(upstream) = &self.owner.upstream {
                let emit = &mut |prefix: &[u8]| {
                    if let Ok(prefix) = Message::copy_from(prefix) {
                        up.enqueue(prefix.with_kind(Kind::Subscribe));
                    }
                };
                if socket_end.is_some() {
                    let newcomer = upstream.replay_to_newcomer(emit);
                    told = Told::Until(newcomer);
                    if let Role::Accepted { newcomer: place, .. } = &mut self.role {
                        *place = Some(newcomer);
                    }
                } else {
                    let newcomer = match self.role {
                        Role::Accepted { newcomer, .. } => newcomer,
                        Role::Connecting { .. } => None,
                    };
                    // What was in the pipe goes out first.
                    self.leftover.extend(upstream.replay(pipe, newcomer, emit));
                }
            }
            if matches!(self.role, Role::Connecting { .. }) && self.options.immediate {
                pipe.shut(false);
            }
        }
        let (version, kind) = (up.version(), up.peer.kind);
        trace::say(format_args!(
            "{self}: connected, ZMTP {version}, peer {}",
            kind.map_or("of 2.x", SocketType::wire_name)
        ));
        self.link = Link::Up(up);
        self.report(MonitorEvent::HandshakeSucceeded);
        if let Some(pipe) = socket_end {
            let line = Some(self.line.clone());
            if !self.owner.mailbox.post(Event::Attach { pipe: Box::new(pipe), told, line }) {
                self.ended = true;
            }
        }
    }
}

/// Tells the application, by an empty message, that a peer without ZMTP has come or gone.
pub(super) fn notify_raw(up: &Established, options: &Options, pipe: &mut Pipe) {
    if up.version() == Version::Raw && options.routing.stream_notify {
        // One more than the high-water mark allows: there is no later time to say that a peer is gone.
        pipe.write_anyway(Message::new());
    }
}

/// Tells the socket who the peer is, and the peer what a new connection must know, but for subscriptions.
fn introduce(owner: &Owner, up: &mut Established, options: &Options, pipe: &mut Pipe) {
    if owner.kind == SocketType::Router
        && let Ok(identity) = Message::copy_from(&up.peer.identity)
    {
        pipe.write_anyway(identity.with_kind(Kind::Identity));
        if options.routing.notify_connect && up.version() != Version::Raw {
            pipe.write_anyway(Message::new());
        }
    }
    if up.version() != Version::Raw {
        owner.first_words().into_iter().for_each(|words| up.enqueue(words));
    }
    // A subscriber of 2.x filters on its own side: it is sent everything.
    if matches!(owner.kind, SocketType::Pub | SocketType::Xpub) && up.version() == Version::V1_0 {
        pipe.write_anyway(Message::new().with_kind(Kind::Subscribe));
    }
    notify_raw(up, options, pipe);
    pipe.flush();
}
