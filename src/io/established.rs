//! A connection after its handshake: bytes in, messages into the pipe; messages from the pipe, bytes out.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::heart::{Beat, Heart};
use super::run::Run;
use super::{READ_BYTES, Scratch, sys};
use crate::message::{INLINE_MAX, Kind, Message, Spent};
use crate::pipe::{Filled, Pipe, Vacant};
use crate::socket::kind::SocketType;
use crate::socket::options::Heartbeat;
use crate::wire::batch::{Batch, SLICES_MAX};
use crate::wire::cipher::Cipher;
use crate::wire::command::Command;
use crate::wire::decoder::{Decoder, Sink};
use crate::wire::encoder::{Encoder, put_raw};
use crate::wire::{PeerInfo, Version, WireError};
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

/// Bytes that are encoded before they are written; a run of short frames may go some way beyond.
const BATCH_BYTES: usize = 128 * 1024;
/// While at least so much is missing of a body, only a little is read of what comes behind it: the next
/// body is likely to be long too, and better read into its own memory than copied there.
const LONG_BODY_BYTES_MIN: usize = 32 * 1024;
/// How much that is.
const BEHIND_LONG_BODY_BYTES: usize = 8 * 1024;
/// Reads or writes after which other sources have their turn.
const TURNS_MAX: usize = 16;
/// A batch that is smaller, and has another one behind it at once, is one of a chase.
const CHASE_BYTES_MAX: usize = 4096;
/// So many messages are in the batches of a chase.
const CHASE_MESSAGES_MIN: usize = 8 * TURNS_MAX;
/// For so many messages like the last one room is made at first,
const RUN_MESSAGES_MIN: usize = 4;
/// and for so many times as many if they were.
const RUN_GROWTH: usize = 4;
/// Answers to the peer's pings that may wait to be written; a peer that asks for more does not read.
const PONGS_MAX: usize = 16;

/// Why a connection ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The peer closed it.
    ByPeer,
    /// The application closed it, by an empty message to a peer that speaks no ZMTP.
    ByApplication,
    /// The system says that it is broken.
    Broken(io::Error),
    /// The peer does not keep to the protocol.
    Protocol(WireError),
    /// Nothing came from the peer for longer than the heartbeats allow.
    Silent,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ended::ByApplication => f.write_str("the application closed the connection"),
            Ended::ByPeer => f.write_str("the peer closed the connection"),
            Ended::Broken(error) => write!(f, "the connection broke: {error}"),
            Ended::Protocol(error) => write!(f, "the peer was disconnected: {error}"),
            Ended::Silent => f.write_str("the peer was silent for too long"),
        }
    }
}

impl From<WireError> for Ended {
    fn from(error: WireError) -> Ended {
        Ended::Protocol(error)
    }
}

/// A connection after its handshake.
pub(crate) struct Established {
    pub(crate) fd: Arc<Fd>,
    pub(crate) peer: PeerInfo,
    encoder: Encoder,
    decoder: Decoder,
    /// Bytes that the kernel did not take yet; otherwise empty.
    out: Batch,
    /// Bytes that were read and not decoded: the pipe was full, or they came behind the handshake.
    held: Vec<u8>,
    /// How many of them were decoded since.
    held_decoded: usize,
    /// Whether the kernel may have more to read, and room to write.
    readable: bool,
    writable: bool,
    /// The reactor has told of the end of what there is to read, and will not do so again.
    ending: bool,
    /// The application has closed the connection: nothing is written behind what is written now.
    closed: bool,
    /// Something was read since the last turn.
    heard: bool,
    /// What was written last were small batches, as many as there can be in a turn.
    chasing: bool,
    /// The time to live in the peer's last ping, until the heart knows of it.
    ttl_ds: Option<u16>,
    /// Heartbeats, where one of the two sides wants them.
    heart: Option<Box<Heart>>,
}

/// Where decoded messages go.
struct PipeSink<'a> {
    pipe: &'a mut Pipe,
    pongs: Vec<Message>,
    /// The time to live in the peer's last ping.
    ttl_ds: Option<u16>,
}

impl Sink for PipeSink<'_> {
    #[inline(always)]
    fn ready(&mut self) -> bool {
        self.pipe.can_write()
    }

    #[inline(always)]
    fn message(&mut self, part: Message) {
        self.pipe.write(part);
    }

    #[inline(always)]
    fn run(&mut self, fill: impl for<'a> FnMut(Vacant<'a, Message>) -> Option<Filled<'a>>) {
        self.pipe.write_run(fill);
    }

    fn command(&mut self, command: Command<'_>) -> Result<(), WireError> {
        let prefix = |bytes: &[u8]| Message::copy_from(bytes).map_err(|_| WireError::OutOfMemory);
        match command {
            Command::Subscribe(bytes) | Command::Join(bytes) => {
                self.pipe.write_anyway(prefix(bytes)?.with_kind(Kind::Subscribe));
            }
            Command::Cancel(bytes) | Command::Leave(bytes) => {
                self.pipe.write_anyway(prefix(bytes)?.with_kind(Kind::Cancel));
            }
            Command::Ping { ttl_ds, context } => {
                self.ttl_ds = Some(ttl_ds);
                if self.pongs.len() < PONGS_MAX {
                    self.pongs.push(prefix(context)?);
                }
            }
            Command::Pong { .. } | Command::Error(_) | Command::Other => {}
        }
        Ok(())
    }
}

impl Established {
    /// A connection that has done its handshake; `cipher` is what encrypts it from now on, if anything does, `out`
    /// what of the handshake is still to be written, `held` what the peer sent behind it.
    pub(crate) fn new(
        fd: Fd,
        peer: PeerInfo,
        cipher: Option<Cipher>,
        max_bytes: Option<u64>,
        out: Batch,
        held: Vec<u8>,
    ) -> Established {
        let version = peer.version;
        let mut encoder = match peer.kind {
            Some(SocketType::Radio) => Encoder::for_groups(version),
            _ => Encoder::new(version),
        };
        let decoder = match cipher {
            None => Decoder::new(version, max_bytes),
            Some(Cipher { sealer, opener }) => {
                encoder.seal_with(sealer);
                Decoder::opening(version, max_bytes, opener)
            }
        };
        Established {
            fd: Arc::new(fd),
            encoder,
            decoder,
            peer,
            out,
            held,
            held_decoded: 0,
            readable: false,
            writable: true,
            ending: false,
            closed: false,
            heard: false,
            chasing: false,
            ttl_ds: None,
            heart: None,
        }
    }

    /// Begins with heartbeats, as the options say.
    pub(crate) fn start_heart(&mut self, options: &Heartbeat, now: Instant) {
        self.heart = Heart::new(options, self.peer.version, now).map(Box::new);
    }

    /// When [`Established::beat`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.heart.as_ref()?.deadline()
    }

    /// Whether the peer has asked for something that [`Established::beat`] is to see to.
    pub(crate) fn is_asked(&self) -> bool {
        self.ttl_ds.is_some_and(|ttl_ds| self.heart.as_ref().map_or(0, |heart| heart.peer_ttl_ds()) != ttl_ds)
    }

    /// Sends a ping when it is time to, and finds out whether the peer is still there. What there was to read has
    /// been read.
    pub(crate) fn beat(&mut self, now: Instant) -> Result<(), Ended> {
        if let Some(ttl_ds) = self.ttl_ds.take()
            && (ttl_ds > 0 || self.heart.is_some())
        {
            self.heart.get_or_insert_with(|| Box::new(Heart::without_pings(now))).obey(ttl_ds, now);
        }
        let Some(heart) = &mut self.heart else { return Ok(()) };
        // While there is no room for what the peer sends, its silence is our own doing.
        if std::mem::take(&mut self.heard) || !self.held.is_empty() {
            heart.hear(now);
        }
        match heart.beat(self.out.is_empty(), now) {
            Beat::Rest => Ok(()),
            Beat::Ping(ttl_ds) => {
                self.encoder.ping(ttl_ds, &[], &mut self.out);
                Ok(())
            }
            Beat::Lost => Err(Ended::Silent),
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.peer.version
    }

    /// Notes what the reactor said.
    pub(crate) fn note_ready(&mut self, readable: bool, writable: bool, ending: bool) {
        self.readable |= readable;
        self.writable |= writable;
        self.ending |= ending;
    }

    /// Encodes a message that does not come from the pipe; it goes before what is still there.
    pub(crate) fn enqueue(&mut self, part: Message) {
        self.encoder.encode(part, &mut self.out);
    }

    /// Whether bytes were read that are not decoded: there was no room for the message.
    pub(crate) fn holds_input(&self) -> bool {
        !self.held.is_empty() || self.decoder.keeps_header()
    }

    /// Whether everything encoded so far was written.
    pub(crate) fn is_flushed(&self) -> bool {
        self.out.is_empty()
    }

    /// Reads and decodes what is there, as far as the pipe has room. `Ok(true)`: there is more to do.
    pub(crate) fn receive(&mut self, pipe: &mut Pipe, scratch: &mut Scratch) -> Result<bool, Ended> {
        self.receive_until(|_| false, pipe, scratch)
    }

    /// As [`Established::receive`], but whether or not the reactor has said that there is something, and no more
    /// than gives a message to the pipe.
    pub(crate) fn receive_some(&mut self, pipe: &mut Pipe, scratch: &mut Scratch) -> Result<bool, Ended> {
        let before = pipe.written();
        self.readable = true;
        self.receive_until(|pipe| pipe.written() != before, pipe, scratch)
    }

    fn receive_until(
        &mut self,
        enough: impl Fn(&Pipe) -> bool,
        pipe: &mut Pipe,
        scratch: &mut Scratch,
    ) -> Result<bool, Ended> {
        let mut sink = PipeSink { pipe, pongs: Vec::new(), ttl_ds: None };
        let result = self.receive_into(enough, &mut sink, scratch);
        let PipeSink { pipe, pongs, ttl_ds } = sink;
        pipe.flush();
        self.ttl_ds = ttl_ds.or(self.ttl_ds);
        for context in pongs {
            self.encoder.pong(context.as_bytes(), &mut self.out);
        }
        result
    }

    fn receive_into(
        &mut self,
        enough: impl Fn(&Pipe) -> bool,
        sink: &mut PipeSink<'_>,
        scratch: &mut Scratch,
    ) -> Result<bool, Ended> {
        // Also without held bytes: the decoder itself keeps a header for which there was no room.
        let left = self.held.get(self.held_decoded..).unwrap_or_default();
        self.held_decoded += self.decoder.decode(left, &mut scratch.arena, sink)?;
        if self.held_decoded < self.held.len() {
            return Ok(false);
        }
        (self.held, self.held_decoded) = (Vec::new(), 0);
        for _ in 0..TURNS_MAX {
            if !self.readable || enough(sink.pipe) {
                return Ok(false);
            }
            let Some(bytes) = self.read(sink, scratch)? else { return Ok(false) };
            let input = &scratch.input[..bytes];
            let consumed = self.decoder.decode(input, &mut scratch.arena, sink)?;
            sink.pipe.flush();
            if consumed < bytes {
                self.held = input[consumed..].to_vec();
                return Ok(false);
            }
        }
        Ok(self.readable)
    }

    /// Reads once: into the body that is under way, if there is one, and behind it into the scratch.
    /// Gives the number of bytes there, or `None` when the kernel has nothing.
    fn read(&mut self, sink: &mut PipeSink<'_>, scratch: &mut Scratch) -> Result<Option<usize>, Ended> {
        let (result, asked) = match self.decoder.body_window() {
            Some((body, limit)) => {
                let behind = if limit < LONG_BODY_BYTES_MIN { READ_BYTES } else { BEHIND_LONG_BODY_BYTES };
                let behind = scratch.input.get_mut(..behind).unwrap_or_default();
                let room = body.capacity() - body.len();
                // What is behind the body is only read together with its end.
                let asked = if room < limit { room } else { limit + behind.len() };
                (sys::read_body(self.fd.as_fd(), body, limit, behind), asked)
            }
            None => {
                let read = sys::read(self.fd.as_fd(), &mut scratch.input);
                (read.map(|bytes| (0, bytes)), scratch.input.len())
            }
        };
        match result {
            Ok((0, 0)) => Err(Ended::ByPeer),
            Ok((of_body, behind)) => {
                self.heard = true;
                // Less than there was room for: the kernel has no more now, and will say when it has. But
                // an end that it has told of together with these bytes is there already.
                if of_body + behind < asked && !self.ending {
                    self.readable = false;
                }
                if of_body > 0 {
                    self.decoder.body_filled(sink)?;
                }
                Ok(Some(behind))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(None)
            }
            Err(error) => Err(Ended::Broken(error)),
        }
    }

    /// Encodes and writes what the pipe has, as far as the kernel takes it. `Ok(true)`: there is more to
    /// do.
    pub(crate) fn transmit(&mut self, pipe: &mut Pipe, scratch: &mut Scratch) -> Result<bool, Ended> {
        self.transmit_by(Pipe::read, pipe, scratch)
    }

    /// As [`Established::transmit`], but the other end of the pipe does not come to think that we wait for more.
    pub(crate) fn transmit_seen(&mut self, pipe: &mut Pipe, scratch: &mut Scratch) -> Result<bool, Ended> {
        self.transmit_by(Pipe::read_now, pipe, scratch)
    }

    fn transmit_by(
        &mut self,
        first: impl Fn(&mut Pipe) -> Option<Message>,
        pipe: &mut Pipe,
        scratch: &mut Scratch,
    ) -> Result<bool, Ended> {
        self.chasing = false;
        if !self.out.is_empty() {
            if !self.writable || !write(&self.fd, &mut self.out, &mut self.writable)? {
                return Ok(false);
            }
            self.out = Batch::new();
        }
        let (mut are_small, read_before) = (true, pipe.read_count());
        for _ in 0..TURNS_MAX {
            if self.closed {
                return Err(Ended::ByApplication);
            }
            if !self.writable {
                return Ok(false);
            }
            let (batch, mut in_run) = (&mut scratch.output, 0);
            if self.peer.version == Version::Raw {
                self.closed = fill_raw(&first, pipe, batch);
            } else {
                // Whole messages only, so that a connection that breaks leaves no part of one behind in the
                // pipe. And only what is there at the first look: a batch that grew while it is made would
                // be made message by message, in step with the writer.
                match first(pipe) {
                    Some(part) if part.is_for_many() && part.is_data() && self.encoder.is_plain() => {
                        in_run = self.as_run(part, pipe, batch, &mut scratch.run);
                    }
                    next => self.encode_all(next, &first, pipe, batch),
                }
            }
            pipe.tell_read();
            if in_run > 0 {
                let bytes = scratch.run.bytes(in_run);
                are_small &= bytes.len() < CHASE_BYTES_MAX;
                if write_bytes(&self.fd, bytes, &mut self.out, &mut self.writable)? {
                    continue;
                }
                return Ok(false);
            }
            if batch.is_empty() {
                if self.closed {
                    continue;
                }
                return Ok(false);
            }
            are_small &= batch.len() < CHASE_BYTES_MAX;
            match write(&self.fd, batch, &mut self.writable) {
                Ok(true) => batch.clear(),
                Ok(false) => {
                    self.out = std::mem::replace(batch, Batch::new());
                    return Ok(false);
                }
                Err(ended) => {
                    batch.clear();
                    return Err(ended);
                }
            }
        }
        // Of a slower sender a thousand messages take longer to come than they may wait.
        self.chasing = are_small && pipe.read_count().wrapping_sub(read_before) >= CHASE_MESSAGES_MIN;
        Ok(true)
    }

    /// Encodes `next`, and what follows it in the pipe, of which the first is taken by `first`.
    #[inline(always)]
    fn encode_all(
        &mut self,
        mut next: Option<Message>,
        first: impl Fn(&mut Pipe) -> Option<Message>,
        pipe: &mut Pipe,
        batch: &mut Batch,
    ) {
        let (mut spent, mut in_message) = (Spent::new(), false);
        while let Some(part) = next {
            let (more, len) = (part.more(), part.len());
            self.encoder.encode_one(part, batch, &mut spent);
            if !more && !in_message {
                self.encode_run(len, pipe, batch, &mut spent);
            }
            in_message = more;
            if !more && batch.len() >= BATCH_BYTES {
                break;
            }
            // Of what the version has no bytes for, nothing is in the batch.
            next = if batch.is_empty() { first(pipe) } else { pipe.read_seen() };
        }
    }

    /// Encodes what comes next, as far as it is like a message of one part of this length.
    #[inline(always)]
    fn encode_run(&self, len: usize, pipe: &mut Pipe, batch: &mut Batch, spent: &mut Spent) {
        let mut count_max = RUN_MESSAGES_MIN;
        loop {
            let count = pipe.run_max().min(count_max);
            if count == 0 {
                return;
            }
            let read_before = pipe.read_count();
            self.encoder.encode_run(count, len, batch, |run| {
                if len <= INLINE_MAX {
                    // There is nothing to be given back.
                    pipe.read_run(count, |part| run.put_inline(part), drop);
                } else {
                    pipe.read_run(count, |part| run.put(part), |part| spent.push(part));
                }
            });
            if pipe.read_count().wrapping_sub(read_before) < count_max {
                return;
            }
            count_max *= RUN_GROWTH;
        }
    }

    /// Takes a part, and what follows it in the pipe, as those of a run, for the peers that get the same: so many parts of
    /// the run are to be written. If there are none, all is in the batch.
    #[inline(never)]
    fn as_run(&mut self, part: Message, pipe: &mut Pipe, batch: &mut Batch, run: &mut Run) -> usize {
        let mut next = Some(part);
        let count = self.follow(run, &mut next, pipe);
        if next.is_none() {
            return count;
        }
        if count == 0 {
            next = self.record(next, pipe, batch, run);
            if next.is_none() && run.finish(self.peer.version, batch) {
                return run.len();
            }
        } else {
            batch.append(run.bytes(count));
        }
        self.encode_all(next, Pipe::read_seen, pipe, batch);
        0
    }

    /// Encodes `next`, and what follows it in the pipe, as a new run; gives a part that is none of a run.
    fn record(
        &self,
        mut next: Option<Message>,
        pipe: &mut Pipe,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Option<Message> {
        run.clear();
        while let Some(part) = next {
            if !part.is_ours() || !self.encoder.encode_copy(&part, batch) {
                run.clear();
                return Some(part);
            }
            let more = part.more();
            let has_room = run.push(part, batch.len()) && batch.len() < BATCH_BYTES;
            if !more && !has_room {
                return None;
            }
            next = pipe.read_seen();
        }
        None
    }

    /// Takes `next`, and what follows it in the pipe, as far as the run has it too: so many parts.
    fn follow(&self, run: &Run, next: &mut Option<Message>, pipe: &mut Pipe) -> usize {
        let (mut count, mut spent) = (0, Spent::new());
        while let Some(part) = next.take_if(|part| run.goes_on(self.peer.version, count, part)) {
            spent.push(part);
            count += 1;
            *next = pipe.read_seen();
        }
        count
    }

    /// Whether the last [`Established::transmit`] followed the pipe's writer step by step.
    pub(crate) fn is_chasing(&self) -> bool {
        self.chasing
    }

    /// Ends the connection in order: everything was written, and what the peer sent meanwhile is not
    /// wanted. Unread bytes would make the system cut the connection off instead of closing it.
    pub(crate) fn finish(self, scratch: &mut Scratch) {
        sys::shutdown_write(self.fd.as_fd());
        for _ in 0..TURNS_MAX {
            if !matches!(sys::read(self.fd.as_fd(), &mut scratch.input), Ok(1..)) {
                break;
            }
        }
    }
}

/// Takes what the pipe has as it is, the first of it by `first`. True: an empty message says that the connection is
/// to be closed behind it.
fn fill_raw(first: impl Fn(&mut Pipe) -> Option<Message>, pipe: &mut Pipe, batch: &mut Batch) -> bool {
    while batch.len() < BATCH_BYTES {
        let part = if batch.is_empty() { first(pipe) } else { pipe.read_seen() };
        match part {
            Some(part) if part.is_empty() => return true,
            Some(part) => put_raw(part, batch),
            None => break,
        }
    }
    false
}

/// Writes some of the slices: so many bytes. `None`: the kernel has no more room.
fn write_some(fd: &Fd, slices: &[IoSlice<'_>], writable: &mut bool) -> Result<Option<usize>, Ended> {
    match sys::write(fd.as_fd(), slices) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            *writable = false;
            Ok(None)
        }
        Err(error) => Err(Ended::Broken(error)),
    }
}

/// Writes bytes. `Ok(false)`: the kernel took a part of them and has no more room; the rest is in `left`.
fn write_bytes(fd: &Fd, mut bytes: &[u8], left: &mut Batch, writable: &mut bool) -> Result<bool, Ended> {
    while !bytes.is_empty() {
        let Some(count) = write_some(fd, &[IoSlice::new(bytes)], writable)? else {
            left.append(bytes);
            return Ok(false);
        };
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(true)
}

/// Writes the batch. `Ok(false)`: the kernel took a part of it and has no more room.
pub(crate) fn write(fd: &Fd, batch: &mut Batch, writable: &mut bool) -> Result<bool, Ended> {
    while !batch.is_empty() {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = batch.slices(&mut slices);
        let Some(bytes) = write_some(fd, &slices[..count], writable)? else { return Ok(false) };
        batch.advance(bytes);
    }
    Ok(true)
}
