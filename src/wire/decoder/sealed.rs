//! The decoder of an encrypted connection: each frame holds a MESSAGE of CURVE, and that a part or a command.
#![forbid(unsafe_code)]

use super::{Decoder, Sink, check_command};
use crate::message::{Arena, Message};
use crate::wire::WireError;
use crate::wire::cipher::{Content, Opener};
use crate::wire::command::Command;

/// What decrypts.
pub(super) struct Sealed {
    opener: Box<Opener>,
    subscription_bytes_max: u64,
    /// The last part said that more follow.
    in_message: bool,
    /// The sink has said that it has room, and was not given anything since.
    has_room: bool,
}

impl Sealed {
    pub(super) fn new(opener: Box<Opener>, subscription_bytes_max: u64) -> Sealed {
        Sealed { opener, subscription_bytes_max, in_message: false, has_room: false }
    }

    fn deliver<S: Sink>(&mut self, content: Content<Message>, sink: &mut S) -> Result<(), WireError> {
        let Content { mut body, more, command } = content;
        if !command {
            body.set_more(more);
            self.in_message = more;
            self.has_room = false;
            sink.message(body);
            return Ok(());
        }
        let bytes = body.as_bytes();
        check_command(bytes, bytes.len(), self.subscription_bytes_max)?;
        let command = Command::parse(bytes)?;
        if command.takes_room() && self.in_message {
            return Err(WireError::SubscriptionInMessage);
        }
        self.has_room &= !command.takes_room();
        sink.command(command)
    }
}

/// Decrypts what the decoder gives, and gives it on.
pub(super) struct Unsealing<'a, S> {
    sealed: &'a mut Sealed,
    sink: &'a mut S,
    /// A frame came that is no MESSAGE.
    malformed: bool,
}

impl<S: Sink> Sink for Unsealing<'_, S> {
    fn ready(&mut self) -> bool {
        if self.malformed {
            return false;
        }
        if !self.sealed.in_message && !self.sealed.has_room {
            self.sealed.has_room = self.sink.ready();
            return self.sealed.has_room;
        }
        true
    }

    fn message(&mut self, _part: Message) {
        // Too short: see `part`.
        self.malformed = true;
    }

    fn command(&mut self, _command: Command<'_>) -> Result<(), WireError> {
        unreachable!("frames of encrypted connections are not looked at as commands")
    }

    fn part(&mut self, body: &[u8], more: bool, arena: &mut Arena) -> Result<(), WireError> {
        if more {
            return Err(WireError::MalformedHandshake("MESSAGE"));
        }
        let content = self.sealed.opener.open(body, arena)?;
        self.sealed.deliver(content, self.sink)
    }

    fn gathered(&mut self, body: Vec<u8>, more: bool) -> Result<(), WireError> {
        if more {
            return Err(WireError::MalformedHandshake("MESSAGE"));
        }
        let content = self.sealed.opener.open_own(body)?;
        self.sealed.deliver(content, self.sink)
    }
}

impl Decoder {
    /// Has the frames decoded and decrypted.
    pub(super) fn unseal<S: Sink, T>(
        &mut self,
        sink: &mut S,
        decode: impl FnOnce(&mut Decoder, &mut Unsealing<'_, S>) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        let mut sealed = self.sealed.take().expect("the caller has looked");
        let mut unsealing = Unsealing { sealed: &mut sealed, sink, malformed: false };
        let result = decode(self, &mut unsealing);
        let malformed = unsealing.malformed;
        self.sealed = Some(sealed);
        if malformed { Err(WireError::MalformedHandshake("MESSAGE")) } else { result }
    }
}
