//! Cipher: the MESSAGE commands in which CURVE wraps each part of a message, and each command (RFC 26).
#![forbid(unsafe_code)]

use super::batch::Batch;
use super::boxes::{BoxKey, MAC_BYTES, Scratch, Shared};
use super::frame;
use super::{LARGE_BODY_BYTES_MIN, Version, WireError};
use crate::message::{Arena, Message};
use crate::shelf::{self, Shelved};

/// The name with which the body of every frame begins.
const MESSAGE: &[u8; 8] = b"\x07MESSAGE";
const COUNT_BYTES: usize = 8;
/// What comes before the box.
const HEAD_BYTES: usize = MESSAGE.len() + COUNT_BYTES;
/// What a part has more on the wire than it has bytes.
pub(super) const OVERHEAD_BYTES: usize = HEAD_BYTES + MAC_BYTES + 1;

/// In the first byte of what is in the box: more parts follow; it is a command.
const FLAG_MORE: u8 = 0b01;
const FLAG_COMMAND: u8 = 0b10;

/// What begins the nonces of the client's messages, and of the server's.
const NONCE_STARTS: (&[u8; 16], &[u8; 16]) = (b"CurveZMQMESSAGEC", b"CurveZMQMESSAGES");

/// Bodies of frames are opened on the stack and copied to where small messages share their memory, if there is room for
/// them in the smaller or in the larger of these.
type SmallScratch = Scratch<512>;
type Scratch1K = Scratch<1536>;

/// Which side this is.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Client,
    Server,
}

/// What a connection is encrypted with after its handshake.
pub(crate) struct Cipher {
    pub(crate) sealer: Box<Sealer>,
    pub(crate) opener: Box<Opener>,
}

/// One direction: ours.
pub(crate) struct Sealer {
    key: BoxKey,
    /// The last nonce.
    count: u64,
}

/// The other direction: the peer's.
pub(crate) struct Opener {
    key: BoxKey,
    /// The peer's last nonce.
    count: u64,
    /// Whether that was one of a MESSAGE.
    in_traffic: bool,
}

/// What was in a box.
pub(super) struct Content<B> {
    pub(super) body: B,
    pub(super) more: bool,
    pub(super) command: bool,
}

impl Cipher {
    /// What goes on with the key of the handshake and the last nonces of both sides.
    pub(super) fn new(shared: &Shared, role: Role, ours: u64, theirs: u64) -> Cipher {
        let (client, server) = NONCE_STARTS;
        let (our_start, their_start) = match role {
            Role::Client => (client, server),
            Role::Server => (server, client),
        };
        let (key, their_key) = (shared.starting(our_start), shared.starting(their_start));
        Cipher {
            sealer: Box::new(Sealer { key, count: ours }),
            opener: Box::new(Opener { key: their_key, count: theirs, in_traffic: false }),
        }
    }
}

impl Sealer {
    /// Appends a frame that holds `start` and `body`.
    pub(super) fn put(&mut self, more: bool, command: bool, start: &[u8], body: &[u8], batch: &mut Batch) {
        let flags = if more { FLAG_MORE } else { 0 } | if command { FLAG_COMMAND } else { 0 };
        let len = start.len() + body.len();
        frame::put(batch.small_bytes(), Version::V3_1, OVERHEAD_BYTES + len, 0);
        self.count += 1;
        let count = self.count.to_be_bytes();
        batch.small_bytes().extend_from_slice(MESSAGE);
        batch.small_bytes().extend_from_slice(&count);
        let start: [&[u8]; 2] = [&[flags], start];
        if len >= LARGE_BODY_BYTES_MIN {
            let mut sealed = if len < shelf::BODY_BYTES_MIN {
                Vec::new()
            } else {
                shelf::buffer(MAC_BYTES + 1 + len).unwrap_or_default()
            };
            self.key.seal(&count, &mut sealed, &start, body);
            batch.push_body(Message::from_vec(sealed));
        } else {
            self.key.seal(&count, batch.small_bytes(), &start, body);
        }
    }
}

/// What is left of a body that was opened in its place.
struct Opened<T> {
    bytes: T,
    start: usize,
}

impl<T: AsRef<[u8]>> AsRef<[u8]> for Opened<T> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref().get(self.start..).unwrap_or_default()
    }
}

/// A message that takes over `bytes` from `start` on.
fn opened(bytes: Vec<u8>, start: usize) -> Result<Message, WireError> {
    let message = if bytes.capacity() < shelf::BODY_BYTES_MIN {
        Message::try_from_owner(Opened { bytes, start }).ok()
    } else {
        Message::try_from_owner(Opened { bytes: Shelved(bytes), start }).ok()
    };
    message.ok_or(WireError::OutOfMemory)
}

impl Opener {
    /// Checks what comes before the box of a frame's body: gives the nonce and the box.
    fn head<'a>(&self, body: &'a [u8]) -> Result<(u64, &'a [u8]), WireError> {
        let malformed = WireError::MalformedHandshake("MESSAGE");
        if body.len() < OVERHEAD_BYTES {
            return Err(malformed);
        }
        let Some(rest) = body.strip_prefix(MESSAGE) else { return Err(malformed) };
        let Some((count, sealed)) = rest.split_first_chunk::<COUNT_BYTES>() else { return Err(malformed) };
        let count = u64::from_be_bytes(*count);
        // None came before, none was overtaken by another, and none was withheld on the way. (How a peer counts in
        // the handshake is its affair, as long as it goes up.)
        let in_sequence =
            if self.in_traffic { self.count.checked_add(1) == Some(count) } else { count > self.count };
        if in_sequence { Ok((count, sealed)) } else { Err(WireError::NonceSequence) }
    }

    /// A box was opened.
    fn note(&mut self, count: u64) {
        (self.count, self.in_traffic) = (count, true);
    }

    /// Opens the body of a frame where it is.
    pub(super) fn open_own(&mut self, mut body: Vec<u8>) -> Result<Content<Message>, WireError> {
        let (count, _) = self.head(&body)?;
        let sealed = body.get_mut(HEAD_BYTES..).unwrap_or_default();
        let content = self.key.open_in_place(&count.to_be_bytes(), sealed).ok_or(WireError::Cryptographic)?;
        self.note(count);
        let (more, command) = split(content)?;
        Ok(Content { body: opened(body, OVERHEAD_BYTES)?, more, command })
    }

    /// Opens the body of a frame that is in a buffer.
    #[inline]
    pub(super) fn open(&mut self, body: &[u8], arena: &mut Arena) -> Result<Content<Message>, WireError> {
        let (count, sealed) = self.head(body)?;
        if sealed.len() <= SmallScratch::room() {
            self.open_in(count, sealed, SmallScratch::new(), arena)
        } else if sealed.len() <= Scratch1K::room() {
            self.open_in(count, sealed, Scratch1K::new(), arena)
        } else {
            self.open_large(count, sealed)
        }
    }

    /// Opens a box that is short enough for `scratch`.
    fn open_in<const BYTES: usize>(
        &mut self,
        count: u64,
        sealed: &[u8],
        mut scratch: Scratch<BYTES>,
        arena: &mut Arena,
    ) -> Result<Content<Message>, WireError> {
        let content = self.key.open(&count.to_be_bytes(), sealed, &mut scratch);
        let content = content.ok_or(WireError::Cryptographic)?;
        self.note(count);
        let (more, command) = split(content)?;
        let body = arena.copy_from(content.get(1..).unwrap_or_default())?;
        Ok(Content { body, more, command })
    }

    /// Opens a box into memory of its own.
    fn open_large(&mut self, count: u64, sealed: &[u8]) -> Result<Content<Message>, WireError> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(sealed.len() - MAC_BYTES).map_err(|_| WireError::OutOfMemory)?;
        if !self.key.open_onto(&count.to_be_bytes(), sealed, &mut bytes) {
            return Err(WireError::Cryptographic);
        }
        self.note(count);
        let (more, command) = split(&bytes)?;
        Ok(Content { body: opened(bytes, 1)?, more, command })
    }
}

/// The flags with which the content of a box begins: whether more parts follow, and whether it is a command.
fn split(content: &[u8]) -> Result<(bool, bool), WireError> {
    match content.first() {
        Some(&flags) if flags & !(FLAG_MORE | FLAG_COMMAND) == 0 && flags != FLAG_MORE | FLAG_COMMAND => {
            Ok((flags & FLAG_MORE != 0, flags & FLAG_COMMAND != 0))
        }
        _ => Err(WireError::MalformedHandshake("MESSAGE")),
    }
}
