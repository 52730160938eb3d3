//! The decoder: the peer's bytes, as they come, to messages and commands.
//!
//! Frames that are whole in the input become messages at once. Of one that is not, the decoder keeps what
//! has come: a part of its header, or of its body in memory of its own that grows as the bytes arrive, so
//! that a length that is announced but never sent costs nothing.
#![forbid(unsafe_code)]

mod sealed;

use super::cipher::{self, Opener};
use super::command::{self, CANCEL, Command, SUBSCRIBE};
use super::frame::{self, BODY_BYTES_MAX, Framing, HEADER_BYTES_MAX, Header, V1, V2};
use super::{LARGE_BODY_BYTES_MIN, Version, WireError};
use crate::message::{Arena, INLINE_MAX, Message};
use crate::pipe::{Filled, Vacant};
use crate::shelf;
use sealed::Sealed;

/// The longest command, save for subscriptions.
const COMMAND_BYTES_MAX: u64 = 64 * 1024;

/// The longest prefix to subscribe to, where the length of messages has no limit.
const SUBSCRIPTION_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What the name adds to the longest subscription command.
const SUBSCRIPTION_NAME_BYTES: usize = 1 + SUBSCRIBE.len();

/// The longest message that is made of bytes without frames: what programs have learned to expect of a
/// STREAM, and have buffers for.
const RAW_BYTES_MAX: usize = 8192;

/// The longest body of a short frame.
const SHORT_BODY_MAX: usize = u8::MAX as usize;

/// At most so much memory is reserved for a body before any of it has come; thereafter it doubles.
const RESERVED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Incomplete bodies up to this length are copied to where small messages share their memory.
const ARENA_BYTES_MAX: usize = 1024;

/// Where what was decoded goes.
pub(crate) trait Sink {
    /// Whether it has room for a message. Asked before each message that does not come in a [`Sink::run`], not before
    /// its further parts, and before a subscription command that is whole in the input.
    fn ready(&mut self) -> bool;

    /// A part of a message.
    fn message(&mut self, part: Message);

    /// A command. Other than subscriptions, they also come between the parts of a message, and unasked.
    fn command(&mut self, command: Command<'_>) -> Result<(), WireError>;

    /// Takes messages of one part as long as there are such in the input, and surely is room; or not, and then they come
    /// one by one. Between messages.
    #[inline(always)]
    fn run(&mut self, _fill: impl for<'a> FnMut(Vacant<'a, Message>) -> Option<Filled<'a>>) {}

    /// A part of a message that is in the input.
    #[inline]
    fn part(&mut self, body: &[u8], more: bool, arena: &mut Arena) -> Result<(), WireError> {
        let mut part = arena.copy_from(body)?;
        part.set_more(more);
        self.message(part);
        Ok(())
    }

    /// A part of a message that came in more than one piece.
    fn gathered(&mut self, body: Vec<u8>, more: bool) -> Result<(), WireError> {
        let mut part = Message::from_vec(body);
        part.set_more(more);
        self.message(part);
        Ok(())
    }
}

/// The decoder of one connection, after its handshake.
pub(crate) struct Decoder {
    version: Version,
    /// The longest message part; at most [`BODY_BYTES_MAX`].
    message_bytes_max: u64,
    /// The longest prefix in a SUBSCRIBE or CANCEL.
    subscription_bytes_max: u64,
    /// The last message part said that more follow: the sink has room for them.
    in_message: bool,
    /// The header of a frame that is not whole yet, or that the sink has no room for.
    header: [u8; HEADER_BYTES_MAX],
    header_bytes: u8,
    /// The body of a frame that is not whole yet.
    body: Option<Body>,
    /// Whether the messages that come are encrypted.
    is_sealed: bool,
    /// What decrypts them, while it is not at work.
    sealed: Option<Box<Sealed>>,
}

/// A body of which not all has come.
struct Body {
    bytes: Vec<u8>,
    /// How long it will be.
    len: usize,
    more: bool,
    command: bool,
}

impl Decoder {
    /// A decoder for a peer that speaks `version`, that refuses message parts longer than
    /// `message_bytes_max`.
    pub(crate) fn new(version: Version, message_bytes_max: Option<u64>) -> Decoder {
        let bytes_max = message_bytes_max.unwrap_or(u64::MAX).min(BODY_BYTES_MAX).min(isize::MAX as u64);
        Decoder {
            version,
            message_bytes_max: bytes_max,
            subscription_bytes_max: message_bytes_max.map_or(SUBSCRIPTION_BYTES_MAX, |_| bytes_max),
            in_message: false,
            header: [0; HEADER_BYTES_MAX],
            header_bytes: 0,
            body: None,
            is_sealed: false,
            sealed: None,
        }
    }

    /// A decoder for a peer that encrypts all that it sends.
    pub(crate) fn opening(version: Version, message_bytes_max: Option<u64>, opener: Box<Opener>) -> Decoder {
        let frame_bytes_max = message_bytes_max.map(|max| max.saturating_add(cipher::OVERHEAD_BYTES as u64));
        let mut decoder = Decoder::new(version, frame_bytes_max);
        let subscription_bytes_max = message_bytes_max.unwrap_or(SUBSCRIPTION_BYTES_MAX);
        decoder.is_sealed = true;
        decoder.sealed = Some(Box::new(Sealed::new(opener, subscription_bytes_max)));
        decoder
    }

    /// Decodes `input`; gives how many bytes of it were used: all of them, unless the sink has no room
    /// for a message that begins there. Then the rest is to be given again when it has. A call without
    /// input goes on with what the decoder itself kept.
    ///
    /// # Errors
    /// The peer is to be disconnected, and the decoder not to be used again.
    pub(crate) fn decode<S: Sink>(
        &mut self,
        input: &[u8],
        arena: &mut Arena,
        sink: &mut S,
    ) -> Result<usize, WireError> {
        if self.sealed.is_some() {
            return self.unseal(sink, |decoder, sink| decoder.run::<V2, _>(input, arena, sink));
        }
        match self.version {
            Version::Raw => pass_on(input, arena, sink),
            Version::V1_0 => self.run::<V1, S>(input, arena, sink),
            Version::V2_0 | Version::V3_0 | Version::V3_1 => self.run::<V2, S>(input, arena, sink),
        }
    }

    /// Whether a header is kept, which may be that of a frame for which there was no room.
    pub(crate) fn keeps_header(&self) -> bool {
        self.header_bytes > 0
    }

    /// Where the rest of a large body goes, for a caller that can read straight into it: a vector with
    /// room for some of it, and how many bytes it still lacks. The caller appends at most so many, within
    /// the vector's capacity, and calls [`Decoder::body_filled`]. `None` when no large body is under way,
    /// or there is no memory for it, which the next call to [`Decoder::decode`] reports.
    pub(crate) fn body_window(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        let body = self.body.as_mut().filter(|body| body.len >= LARGE_BODY_BYTES_MIN)?;
        body.reserve().ok()?;
        let missing = body.missing();
        Some((&mut body.bytes, missing))
    }

    /// Goes on after bytes were appended to the body that [`Decoder::body_window`] showed.
    ///
    /// # Errors
    /// As those of [`Decoder::decode`].
    pub(crate) fn body_filled<S: Sink>(&mut self, sink: &mut S) -> Result<(), WireError> {
        if self.sealed.is_some() {
            self.unseal(sink, |decoder, sink| decoder.fill_noted(sink))
        } else {
            self.fill_noted(sink)
        }
    }

    fn fill_noted<S: Sink>(&mut self, sink: &mut S) -> Result<(), WireError> {
        let Some(body) = self.body.take() else { return Ok(()) };
        assert!(body.bytes.len() <= body.len, "a body was filled with more than it lacks");
        body.check_command(self.subscription_bytes_max)?;
        if body.missing() > 0 {
            self.body = Some(body);
            return Ok(());
        }
        self.deliver(body, None, sink)
    }

    fn run<F: Framing, S: Sink>(
        &mut self,
        input: &[u8],
        arena: &mut Arena,
        sink: &mut S,
    ) -> Result<usize, WireError> {
        let mut rest = input;
        loop {
            if self.header_bytes == 0 && self.body.is_none() {
                // The hot path. Everything else is one of a few frames in a buffer of thousands.
                while let Some(frame) = F::whole(rest) {
                    if frame.body.len() as u64 > self.message_bytes_max {
                        break;
                    }
                    if !self.in_message && !sink.ready() {
                        return Ok(input.len() - rest.len());
                    }
                    self.in_message = frame.more;
                    // Each way to its end by itself, so that the message is made where it goes.
                    match frame.inline {
                        Some(bytes) if frame.body.len() <= INLINE_MAX => {
                            let mut part = Message::from_inline(bytes, frame.body.len());
                            part.set_more(frame.more);
                            sink.message(part);
                        }
                        _ => sink.part(frame.body, frame.more, arena)?,
                    }
                    // As likely as not, more like it follow.
                    rest = if frame.more || frame.body.len() > SHORT_BODY_MAX {
                        frame.rest
                    } else if frame.body.len() > INLINE_MAX {
                        self.run_short::<F, S>(frame.rest, arena, sink)
                    } else {
                        self.run_inline::<F, S>(frame.rest, sink)
                    };
                }
                if rest.is_empty() {
                    return Ok(input.len());
                }
            }
            if !self.step(&mut rest, arena, sink)? {
                return Ok(input.len() - rest.len());
            }
        }
    }

    /// Gives the sink messages of one part whose bodies are inline; gives the input behind them.
    #[inline(always)]
    fn run_inline<'a, F: Framing, S: Sink>(&self, input: &'a [u8], sink: &mut S) -> &'a [u8] {
        let mut rest = input;
        let len_max = usize::try_from(self.message_bytes_max).unwrap_or(usize::MAX).min(INLINE_MAX);
        sink.run(|place| {
            let frame = F::short(rest).filter(|frame| frame.body.len() <= len_max)?;
            rest = frame.rest;
            // Each way to its end by itself, so that the message is made where it goes.
            Some(match Message::of_word(frame.word(), frame.body.len()) {
                Some(part) => place.put(part),
                None => place.put(Message::from_inline(frame.inline(), frame.body.len())),
            })
        });
        rest
    }

    /// The same of those whose frames are short.
    #[inline(always)]
    fn run_short<'a, F: Framing, S: Sink>(
        &self,
        input: &'a [u8],
        arena: &mut Arena,
        sink: &mut S,
    ) -> &'a [u8] {
        let mut rest = input;
        let len_max = usize::try_from(self.message_bytes_max).unwrap_or(usize::MAX);
        sink.run(|place| {
            let frame = F::short(rest).filter(|frame| frame.body.len() <= len_max)?;
            let filled = place.put(arena.copy_from(frame.body).ok()?);
            rest = frame.rest;
            Some(filled)
        });
        rest
    }

    /// Goes on with the frame that is under way, or begins one: false if that is as far as it goes now.
    #[inline(never)]
    fn step<S: Sink>(
        &mut self,
        rest: &mut &[u8],
        arena: &mut Arena,
        sink: &mut S,
    ) -> Result<bool, WireError> {
        if self.body.is_some() {
            return self.fill_body(rest, arena, sink);
        }
        let Some((mut header, after)) = self.take_header(rest)? else { return Ok(false) };
        // A MESSAGE is a command to some, and none to libzmq.
        header.command &= !self.is_sealed;
        self.check_length(&header)?;
        if !header.command && !self.in_message && !sink.ready() {
            // The header stays where it is, in the input or here.
            return Ok(false);
        }
        // A body that does not fit in memory is not whole in the input either.
        match usize::try_from(header.body_bytes).ok().and_then(|len| after.split_at_checked(len)) {
            Some((whole, after)) if header.command => {
                self.check_command(whole)?;
                let command = Command::parse(whole)?;
                if command.takes_room() && !self.in_message && !sink.ready() {
                    return Ok(false);
                }
                self.header_bytes = 0;
                *rest = after;
                self.deliver_command(command, sink)?;
            }
            Some((whole, after)) => {
                self.header_bytes = 0;
                *rest = after;
                self.in_message = header.more;
                sink.part(whole, header.more, arena)?;
            }
            None => {
                self.header_bytes = 0;
                *rest = after;
                let len = usize::try_from(header.body_bytes).map_err(|_| WireError::OutOfMemory)?;
                let Header { more, command, .. } = header;
                self.body = Some(Body { bytes: Vec::new(), len, more, command });
            }
        }
        Ok(true)
    }

    /// The next header, and the input behind it; `None` if not all of it has come. One that is whole in
    /// the input is left there; one of which a part was kept is completed there.
    fn take_header<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<(Header, &'a [u8])>, WireError> {
        if self.header_bytes == 0
            && let Some(header) = frame::parse(self.version, rest)?
        {
            return Ok(rest.get(header.bytes..).map(|after| (header, after)));
        }
        loop {
            let kept = usize::from(self.header_bytes);
            let (kept, free) = self.header.split_at_mut(kept);
            if let Some(header) = frame::parse(self.version, kept)? {
                return Ok(Some((header, *rest)));
            }
            let Some((&byte, after)) = rest.split_first() else { return Ok(None) };
            let place = free.first_mut().expect("a header of the longest is whole");
            *place = byte;
            self.header_bytes += 1;
            *rest = after;
        }
    }

    fn check_length(&self, header: &Header) -> Result<(), WireError> {
        let bytes = header.body_bytes;
        if !header.command {
            let bytes_max = self.message_bytes_max;
            return if bytes > bytes_max {
                Err(WireError::MessageTooLong { bytes, bytes_max })
            } else {
                Ok(())
            };
        }
        // Whether it is a subscription shows when its name has come.
        let subscription = self.subscription_bytes_max.saturating_add(SUBSCRIPTION_NAME_BYTES as u64);
        let bytes_max = subscription.max(COMMAND_BYTES_MAX);
        if bytes > bytes_max { Err(WireError::CommandTooLong { bytes, bytes_max }) } else { Ok(()) }
    }

    fn check_command(&self, body: &[u8]) -> Result<(), WireError> {
        check_command(body, body.len(), self.subscription_bytes_max)
    }

    /// Moves input to the body under way, and delivers it if that makes it whole.
    fn fill_body<S: Sink>(
        &mut self,
        rest: &mut &[u8],
        arena: &mut Arena,
        sink: &mut S,
    ) -> Result<bool, WireError> {
        let Some(mut body) = self.body.take() else { return Ok(true) };
        *rest = body.fill(rest)?;
        body.check_command(self.subscription_bytes_max)?;
        if body.missing() > 0 {
            self.body = Some(body);
            return Ok(false);
        }
        self.deliver(body, Some(arena), sink)?;
        Ok(true)
    }

    /// Delivers a body that is whole.
    fn deliver<S: Sink>(
        &mut self,
        body: Body,
        arena: Option<&mut Arena>,
        sink: &mut S,
    ) -> Result<(), WireError> {
        if body.command {
            return self.deliver_command(Command::parse(&body.bytes)?, sink);
        }
        self.in_message = body.more;
        match arena {
            Some(arena) if body.len <= ARENA_BYTES_MAX => sink.part(&body.bytes, body.more, arena),
            _ => sink.gathered(body.bytes, body.more),
        }
    }

    fn deliver_command<S: Sink>(&self, command: Command<'_>, sink: &mut S) -> Result<(), WireError> {
        // Heartbeats may come between the parts of a message. A subscription goes the way of messages,
        // and would tear this one apart.
        if command.takes_room() && self.in_message {
            return Err(WireError::SubscriptionInMessage);
        }
        sink.command(command)
    }
}

impl Body {
    /// How many bytes are still to come.
    fn missing(&self) -> usize {
        self.len - self.bytes.len()
    }

    /// Sees to it that there is room for at least one missing byte, if there is any.
    fn reserve(&mut self) -> Result<(), WireError> {
        if self.bytes.len() < self.bytes.capacity() {
            return Ok(());
        }
        let room = self.missing().min(self.bytes.len().max(RESERVED_BYTES_MAX));
        grow(&mut self.bytes, room)
    }

    /// Appends what belongs to the body; gives what follows it.
    fn fill<'a>(&mut self, mut rest: &'a [u8]) -> Result<&'a [u8], WireError> {
        while self.missing() > 0 && !rest.is_empty() {
            self.reserve()?;
            let room = self.bytes.capacity() - self.bytes.len();
            let (taken, after) = rest.split_at(rest.len().min(room).min(self.missing()));
            self.bytes.extend_from_slice(taken);
            rest = after;
        }
        Ok(rest)
    }

    /// Refuses a long command as soon as its name shows that it may not be.
    fn check_command(&self, subscription_bytes_max: u64) -> Result<(), WireError> {
        if !self.command || self.missing() > 0 && self.bytes.len() < SUBSCRIPTION_NAME_BYTES {
            return Ok(());
        }
        check_command(&self.bytes, self.len, subscription_bytes_max)
    }
}

/// Makes messages of bytes that are in no frames, of as many as there are.
fn pass_on<S: Sink>(input: &[u8], arena: &mut Arena, sink: &mut S) -> Result<usize, WireError> {
    let mut passed = 0;
    for piece in input.chunks(RAW_BYTES_MAX) {
        if !sink.ready() {
            break;
        }
        sink.message(arena.copy_from(piece)?);
        passed += piece.len();
    }
    Ok(passed)
}

/// Makes room for so many more bytes, if there is memory for them.
fn grow(bytes: &mut Vec<u8>, room: usize) -> Result<(), WireError> {
    if bytes.capacity() == 0 && room >= shelf::BODY_BYTES_MIN {
        *bytes = shelf::buffer(room).ok_or(WireError::OutOfMemory)?;
    }
    bytes.try_reserve_exact(room).map_err(|_| WireError::OutOfMemory)
}

/// Refuses a command of `len` bytes that is longer than its kind may be. `start` is all of it, or at least
/// the longest name of a kind that may be longer than the others.
fn check_command(start: &[u8], len: usize, subscription_bytes_max: u64) -> Result<(), WireError> {
    if len as u64 <= COMMAND_BYTES_MAX {
        return Ok(());
    }
    let bytes_max = match command::split(start) {
        Ok((name, _)) if [SUBSCRIBE.as_bytes(), CANCEL.as_bytes()].contains(&name) => {
            subscription_bytes_max.saturating_add(1 + name.len() as u64)
        }
        _ => COMMAND_BYTES_MAX,
    };
    if len as u64 > bytes_max {
        return Err(WireError::CommandTooLong { bytes: len as u64, bytes_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
