//! A connection in its handshake: what it has said, what it waits for, and what comes of it.
#![forbid(unsafe_code)]

use crate::io::entrance::Place;
use crate::io::established::{self, Ended};
use crate::io::fd::Fd;
use crate::io::owner::{Home, Owner};
use crate::io::zap::Inquiry;
use crate::io::{Scratch, sys};
use crate::socket::options::Options;
use crate::wire::batch::Batch;
use crate::wire::cipher::Cipher;
use crate::wire::handshake::Handshake;
use crate::wire::zap::Answer;
use crate::wire::{Local, PeerInfo};
use std::io;
use std::os::fd::AsFd;
use std::time::Instant;

/// A connection in its handshake.
pub(super) struct Greeting {
    pub(super) fd: Fd,
    handshake: Handshake,
    pub(super) out: Batch,
    /// Whether the kernel may have something to read, and room to write.
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// As that of a connection that is established.
    pub(super) ending: bool,
    pub(super) deadline: Option<Instant>,
    /// The handshake is done.
    pub(super) done: Option<Shaken>,
    /// Which of the socket's connections it is.
    pub(super) number: u64,
    /// Where a peer with a name waits to be let in.
    pub(super) place: Option<Place>,
    /// What a handler of ZAP was asked about the peer.
    inquiry: Option<Inquiry>,
    /// What the peer has sent that waits for the answer.
    held: Vec<u8>,
}

/// A handshake that is done.
pub(super) struct Shaken {
    pub(super) peer: PeerInfo,
    /// What encrypts the connection from now on, if anything does.
    pub(super) cipher: Option<Cipher>,
    /// What the peer sent behind it.
    pub(super) held: Vec<u8>,
}

impl Greeting {
    /// A handshake over a connection that the reactor is to watch, and does not yet.
    pub(super) fn new(fd: Fd, owner: &Owner, options: &Options, now: Instant) -> Greeting {
        let kind = owner.kind;
        let (identity, metadata) = (options.identity.clone(), options.metadata.clone());
        let local = Local { kind, identity, metadata };
        let security = &options.security;
        let handshake = if options.is_raw(kind) {
            Handshake::raw(local)
        } else {
            let address = if security.is_asked_for() { sys::peer_address(fd.as_fd()) } else { String::new() };
            Handshake::new(local, security, address)
        };
        Greeting {
            fd,
            handshake,
            out: Batch::new(),
            readable: false,
            writable: true,
            ending: false,
            deadline: options.handshake_timeout.and_then(|time| now.checked_add(time)),
            done: None,
            number: owner.number_of_next(),
            place: None,
            inquiry: None,
            held: Vec::new(),
        }
    }

    /// Goes on with the handshake. When it is done: what came of it.
    pub(super) fn progress(
        &mut self,
        owner: &Owner,
        home: &Home,
        scratch: &mut Scratch,
    ) -> Result<Option<Shaken>, Ended> {
        loop {
            let (peer, more) = match &mut self.inquiry {
                Some(inquiry) => match inquiry.answer() {
                    Some(answer) => (self.answered(&answer)?, true),
                    // Nothing is read meanwhile: a peer that is gone is not let in for what it sent before.
                    None if self.ending => return Err(Ended::ByPeer),
                    None => {
                        self.flush()?;
                        (None, false)
                    }
                },
                None => {
                    // What the peer has said already is answered together with what is said first.
                    let bytes = self.read(&mut scratch.input)?;
                    (self.feed(scratch.input.get(..bytes).unwrap_or_default())?, bytes > 0)
                }
            };
            if let Some(peer) = peer {
                let (cipher, held) = (self.handshake.cipher(), std::mem::take(&mut self.held));
                return Ok(Some(Shaken { peer, cipher, held }));
            }
            match self.handshake.request() {
                Some(request) => self.inquiry = Some(Inquiry::begin(owner, home, request)),
                None if more => {}
                None => return Ok(None),
            }
        }
    }

    /// Reads what has come: so many bytes, 0 if there is nothing now.
    fn read(&mut self, input: &mut [u8]) -> Result<usize, Ended> {
        if !self.readable {
            return Ok(0);
        }
        match sys::read(self.fd.as_fd(), input) {
            Ok(0) => Err(Ended::ByPeer),
            Ok(bytes) => {
                // As with a connection that is established: the reactor tells of what comes later.
                self.readable = bytes == input.len() || self.ending;
                Ok(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(0)
            }
            Err(error) => Err(Ended::Broken(error)),
        }
    }

    /// Gives the handshake some input, and the peer the handshake's answer.
    fn feed(&mut self, input: &[u8]) -> Result<Option<PeerInfo>, Ended> {
        let step = self.handshake.advance(input, self.out.bytes_mut());
        // What the peer is told, it is told also when it is refused.
        self.flush()?;
        let (used, peer) = step?;
        self.held = input.get(used..).unwrap_or_default().to_vec();
        Ok(peer)
    }

    /// Gives the handshake what the handler of ZAP says, and then what the peer has sent meanwhile.
    fn answered(&mut self, answer: &Answer) -> Result<Option<PeerInfo>, Ended> {
        self.inquiry = None;
        let step = self.handshake.answer(answer, self.out.bytes_mut());
        self.flush()?;
        match step? {
            Some(peer) => Ok(Some(peer)),
            None => {
                let held = std::mem::take(&mut self.held);
                self.feed(&held)
            }
        }
    }

    fn flush(&mut self) -> Result<(), Ended> {
        if self.writable {
            established::write(&self.fd, &mut self.out, &mut self.writable)?;
        }
        Ok(())
    }
}
