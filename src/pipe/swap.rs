//! The swap of a pipe: takes the messages over the high-water mark to disk and gives them back in order.
//!
//! What is in it forms one line, oldest first: whole messages whose parts wait for their last one
//! (`partial`), bytes read from the file (`head`), the file ([`Ring`]), bytes to be written to it (`tail`),
//! and one message that the file had no room for (`overflow`). Small messages therefore cost a system call
//! only once in [`BUFFER_BYTES`], and none at all when the reader comes soon.
//!
//! Nothing is ever refused once it was accepted. When the file is full, or the disk is, the message at
//! hand stays in memory, and there is no room for another until it has left: back-pressure. So a message
//! that is larger than the whole swap passes too, one at a time. When the file cannot be read, or there
//! is no memory for what is in it, the swap gives nothing and keeps all; it tries again each time the
//! reader looks.
#![forbid(unsafe_code)]

use super::swap_file::Ring;
use crate::message::Message;
use crate::sync::{AtomicBool, Mutex, Ordering};
use std::collections::VecDeque;
use std::io;

/// Bytes of small messages that are gathered in memory before they are written, and read back at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// The reader takes back about this many bytes at a time (the last message may exceed it) ...
const BATCH_BYTES: usize = 64 * 1024;
/// ... or this many messages.
const BATCH_MESSAGES: usize = 128;
/// What an empty swap keeps of each of its buffers.
const IDLE_BUFFER_BYTES: usize = 4 * 1024;

/// A part on disk: its tag, with this bit for a length of eight bytes instead of one; length; body.
const LONG: u8 = 0x80;
const SHORT_HEADER_BYTES: usize = 2;
const LONG_HEADER_BYTES: usize = 9;

/// See the module's documentation. Shared by the writer and the reader of one direction of a pipe.
pub(crate) struct Swap {
    /// Whether anything is in it. Changed under the lock; set by the writer, cleared by the reader.
    active: AtomicBool,
    pub(super) line: Mutex<Line>,
}

/// What is in the swap.
pub(super) struct Line {
    /// The first parts of a message whose other parts could not be read yet.
    partial: Vec<Message>,
    /// Bytes that left the file; those from `head_at` on are not messages again yet.
    head: Vec<u8>,
    head_at: usize,
    pub(super) ring: Ring,
    /// Whole messages for the file.
    tail: Vec<u8>,
    /// The parts of the message that had no room.
    overflow: Vec<Message>,
    /// The writer was told that there is no room, and waits to hear that there is.
    writer_waits: bool,
}

impl Swap {
    /// A swap of at most `bytes` on disk, in the current directory or, where that cannot be written, in
    /// the one for temporary files.
    ///
    /// # Errors
    /// Neither can be written.
    pub(crate) fn create(bytes: u64) -> io::Result<Swap> {
        Ring::create(bytes).map(Swap::on)
    }

    pub(super) fn on(ring: Ring) -> Swap {
        let line = Line {
            partial: Vec::new(),
            head: Vec::new(),
            head_at: 0,
            ring,
            tail: Vec::new(),
            overflow: Vec::new(),
            writer_waits: false,
        };
        Swap { active: AtomicBool::new(false), line: Mutex::new(line) }
    }

    /// Whether messages are in it, so that the next one has to go behind them.
    #[inline]
    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    /// Whether it takes another message. When not, the writer is marked as waiting, see [`Swap::load`].
    pub(crate) fn has_room(&self) -> bool {
        let mut line = self.line.lock();
        line.writer_waits = !line.has_room();
        !line.writer_waits
    }

    /// Takes over the parts of one whole message, which always succeeds after [`Swap::has_room`].
    pub(crate) fn store(&self, parts: &mut Vec<Message>) {
        let mut line = self.line.lock();
        line.store(parts);
        self.active.store(true, Ordering::Release);
    }

    /// Brings back a batch of messages, oldest first, unless `queue_has_some` says (asked under the lock)
    /// that older ones are still in the queue. True: a writer that was refused has room again.
    pub(crate) fn load(&self, into: &mut VecDeque<Message>, queue_has_some: impl FnOnce() -> bool) -> bool {
        let mut line = self.line.lock();
        if queue_has_some() {
            return false;
        }
        line.load_batch(into);
        if line.is_empty() {
            line.reset();
            self.active.store(false, Ordering::Release);
        }
        if line.writer_waits && line.has_room() {
            line.writer_waits = false;
            return true;
        }
        false
    }
}

impl Line {
    fn is_empty(&self) -> bool {
        self.partial.is_empty() && self.is_decoded() && self.overflow.is_empty()
    }

    /// Whether no bytes are left that have to become messages.
    fn is_decoded(&self) -> bool {
        self.head_at == self.head.len() && self.ring.len() == 0 && self.tail.is_empty()
    }

    /// Forgets where it was in the file, and gives back memory and disk space.
    fn reset(&mut self) {
        self.ring.reset();
        self.head_at = 0;
        for buffer in [&mut self.head, &mut self.tail] {
            buffer.clear();
            buffer.shrink_to(IDLE_BUFFER_BYTES);
        }
        self.partial = Vec::new();
        self.overflow = Vec::new();
    }

    /// Bytes that can be added.
    fn room(&self) -> u64 {
        self.ring.room().saturating_sub(self.tail.len() as u64)
    }

    fn has_room(&mut self) -> bool {
        if !self.overflow.is_empty() {
            let mut parts = std::mem::take(&mut self.overflow);
            self.store(&mut parts);
        }
        self.overflow.is_empty()
            && (self.tail.len() < BUFFER_BYTES || self.flush().is_ok())
            && self.room() > 0
    }

    fn store(&mut self, parts: &mut Vec<Message>) {
        if !self.overflow.is_empty() {
            // Against the rule that there has to be room; what overflowed before stays in front.
            self.overflow.append(parts);
        } else if !self.encode(parts) {
            self.overflow = std::mem::take(parts);
        }
        parts.clear();
    }

    /// Puts the parts behind what is there. False: there is no room for all of them, and nothing was done.
    fn encode(&mut self, parts: &[Message]) -> bool {
        let bytes = parts.iter().fold(0u64, |sum, part| sum.saturating_add(encoded_bytes(part)));
        if bytes > self.room() {
            return false;
        }
        if bytes > BUFFER_BYTES as u64 {
            return self.flush().is_ok() && self.write_large(parts).is_ok();
        }
        if self.tail.try_reserve(bytes as usize).is_err() {
            return false;
        }
        for part in parts {
            push_header(part, &mut self.tail);
            self.tail.extend_from_slice(part.as_bytes());
        }
        if self.tail.len() >= BUFFER_BYTES {
            // What the disk refuses waits where it is, and `has_room` tries again.
            let _ = self.flush();
        }
        true
    }

    /// Writes what was gathered to the file.
    fn flush(&mut self) -> io::Result<()> {
        if !self.tail.is_empty() {
            self.ring.append(&self.tail)?;
            self.tail.clear();
        }
        Ok(())
    }

    /// Writes a message to the file, its large bodies from where they are. It counts only once all of it
    /// is written.
    fn write_large(&mut self, parts: &[Message]) -> io::Result<()> {
        assert!(self.tail.is_empty(), "what is older was written before");
        let mut written = 0;
        let mut gathered = Vec::new();
        for part in parts {
            push_header(part, &mut gathered);
            let body = part.as_bytes();
            if body.len() <= BUFFER_BYTES {
                gathered.extend_from_slice(body);
            }
            if body.len() > BUFFER_BYTES || gathered.len() >= BUFFER_BYTES {
                self.ring.write_ahead(written, &gathered)?;
                written += gathered.len() as u64;
                gathered.clear();
            }
            if body.len() > BUFFER_BYTES {
                self.ring.write_ahead(written, body)?;
                written += body.len() as u64;
            }
        }
        self.ring.write_ahead(written, &gathered)?;
        self.ring.commit(written + gathered.len() as u64);
        Ok(())
    }

    /// Takes whole messages from the front, as many as make a batch and can be had.
    fn load_batch(&mut self, into: &mut VecDeque<Message>) {
        let (mut bytes, mut messages) = (0, 0);
        while !self.is_decoded() {
            if self.partial.is_empty() && (bytes >= BATCH_BYTES || messages >= BATCH_MESSAGES) {
                return;
            }
            let Ok(part) = self.decode() else { return };
            bytes += part.len();
            let more = part.more();
            self.partial.push(part);
            if !more {
                into.extend(self.partial.drain(..));
                messages += 1;
            }
        }
        into.extend(self.overflow.drain(..));
    }

    /// Makes the oldest bytes a part again. On an error they stay.
    fn decode(&mut self) -> io::Result<Message> {
        let header = self.fetch(SHORT_HEADER_BYTES)?;
        let tag = header[0];
        let (header_bytes, len) = if tag & LONG == 0 {
            (SHORT_HEADER_BYTES, usize::from(header[1]))
        } else {
            let header = self.fetch(LONG_HEADER_BYTES)?;
            let len = header[1..].iter().rev().fold(0, |len, byte| len << 8 | u64::from(*byte));
            (LONG_HEADER_BYTES, usize::try_from(len).map_err(|_| io::ErrorKind::InvalidData)?)
        };
        let part = if len <= BUFFER_BYTES {
            let record = self.fetch(header_bytes + len)?;
            let part = Message::copy_from(&record[header_bytes..]).map_err(|_| io::ErrorKind::OutOfMemory)?;
            self.head_at += header_bytes + len;
            part
        } else {
            self.decode_large(header_bytes, len)?
        };
        Ok(part.with_tag(tag & !LONG))
    }

    /// Takes out a header, which is in `head`, and reads the long body behind it to where it will stay.
    fn decode_large(&mut self, header_bytes: usize, len: usize) -> io::Result<Message> {
        let in_head = &self.head[self.head_at + header_bytes..];
        let in_head = &in_head[..in_head.len().min(len)];
        let in_file = len - in_head.len();
        if in_file as u64 > self.ring.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = Vec::new();
        body.try_reserve_exact(len)?;
        body.extend_from_slice(in_head);
        let at = body.len();
        body.resize(len, 0);
        self.ring.read(&mut body[at..])?;
        let part = Message::try_from_owner(body).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.ring.consume(in_file as u64);
        self.head_at += header_bytes + at;
        Ok(part)
    }

    /// The oldest `bytes` bytes that are not messages yet, without taking them out.
    fn fetch(&mut self, bytes: usize) -> io::Result<&[u8]> {
        let there = self.head.len() - self.head_at;
        if there < bytes {
            self.head.drain(..self.head_at);
            self.head_at = 0;
            if there == 0 && self.ring.len() == 0 {
                // All that was written is read: what waits to be written is next.
                std::mem::swap(&mut self.head, &mut self.tail);
            } else {
                self.read_on(there, bytes - there)?;
            }
        }
        self.head.get(self.head_at..self.head_at + bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Brings at least `missing` bytes from the file, if it has them, behind the `there` bytes in `head`.
    fn read_on(&mut self, there: usize, missing: usize) -> io::Result<()> {
        let chunk = (missing.max(BUFFER_BYTES) as u64).min(self.ring.len()) as usize;
        self.head.try_reserve(chunk)?;
        self.head.resize(there + chunk, 0);
        let read = self.ring.read(&mut self.head[there..]);
        match read {
            Ok(()) => self.ring.consume(chunk as u64),
            Err(_) => self.head.truncate(there),
        }
        read
    }
}

/// The bytes of a part on disk.
fn encoded_bytes(part: &Message) -> u64 {
    let header = if part.len() <= usize::from(u8::MAX) { SHORT_HEADER_BYTES } else { LONG_HEADER_BYTES };
    header as u64 + part.len() as u64
}

fn push_header(part: &Message, into: &mut Vec<u8>) {
    match u8::try_from(part.len()) {
        Ok(len) => into.extend_from_slice(&[part.tag(), len]),
        Err(_) => {
            into.push(part.tag() | LONG);
            into.extend_from_slice(&(part.len() as u64).to_le_bytes());
        }
    }
}
