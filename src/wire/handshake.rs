//! The start of a connection: which version the peer speaks, and what the two sides say of themselves.
//!
//! Every side opens with ten bytes that a 1.0 peer takes for the header of a long identity frame, and a
//! later one for the signature of a greeting. The peer's own first bytes then tell its version:
//!
//! - the first is not FF, or the tenth is even: ZMTP 1.0. Its first frame is its identity, and ours is
//!   completed;
//! - else the eleventh is its revision: 0 and 1 are followed by its socket type and an identity frame, in
//!   1.0 and 2.0 framing; a later one by the rest of a 64-byte greeting and the commands of a
//!   [`Mechanism`].
//!
//! Each side sends its part as soon as the peer's bytes allow, so that no two of them wait for each other.
#![forbid(unsafe_code)]

use super::cipher::Cipher;
use super::command;
use super::error::printable;
use super::frame::{self, Header};
use super::mechanism::{self, Awaited, Mechanism, NAME_BYTES};
use super::metadata::{self, Introduction, Properties};
use super::zap::{self, Answer};
use super::{IDENTITY_BYTES_MAX, Local, PeerInfo, Version, WireError};
use crate::socket::kind::SocketType;
use crate::socket::options::Security;
use zeroize::Zeroizing;

/// The first byte of every greeting, and of a long 1.0 frame.
const SIGNATURE_FIRST: u8 = 0xff;
/// The tenth byte of every greeting: odd, so that it is not the flags of a 1.0 identity frame.
const SIGNATURE_LAST: u8 = 0x7f;
const SIGNATURE_BYTES: usize = 10;
/// Signature and revision.
const REVISION_BYTES: usize = 11;
/// Signature, revision and socket type: all that revisions 0 and 1 have.
const GREETING_V2_BYTES: usize = 12;
const GREETING_V3_BYTES: usize = 64;

/// The version that this side announces.
const REVISION_OURS: u8 = 3;
const MINOR_OURS: u8 = 1;

/// The longest command in a handshake: the only thing that a peer can make this side remember before it
/// has said who it is.
const COMMAND_BYTES_MAX: u64 = 64 * 1024;

/// What comes next from the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The peer speaks no ZMTP: there is no handshake.
    Raw,
    /// Nothing is sent yet.
    New,
    First,
    Signature,
    Revision,
    /// The socket type, of a peer with the framing given.
    SocketType(Version),
    /// The rest of a greeting of revision 3.
    Greeting,
    /// The identity frame, and who sends it.
    Identity(Version, Option<SocketType>),
    /// Commands of the mechanism.
    Commands(Version),
    /// Nothing: a handler of ZAP is asked whether the peer may come in.
    Permission(Version),
    Done,
}

/// A handshake in progress.
pub(crate) struct Handshake {
    local: Local,
    /// Whether a peer that knows no security is refused.
    secured: bool,
    zap_domain: Vec<u8>,
    /// Where the peer is, for a handler of ZAP.
    address: String,
    mechanism: Box<dyn Mechanism>,
    stage: Stage,
    /// What has come of the greeting, or of the frame after it.
    buffer: Vec<u8>,
    /// What a handler of ZAP is to be asked.
    request: Option<Vec<Vec<u8>>>,
    /// What it has said of the peer.
    granted: Option<Properties>,
}

impl Handshake {
    /// A handshake as the options ask for, with a peer at this address.
    pub(crate) fn new(local: Local, security: &Security, address: String) -> Handshake {
        assert!(local.identity.len() <= IDENTITY_BYTES_MAX, "the socket option is checked where it is set");
        Handshake {
            local,
            secured: security.is_asked_for(),
            zap_domain: security.zap_domain.clone(),
            address,
            mechanism: mechanism::of(security),
            stage: Stage::New,
            buffer: Vec::new(),
            request: None,
            granted: None,
        }
    }

    /// The handshake with a peer that speaks no ZMTP: it is over with the first call, before any input.
    pub(crate) fn raw(local: Local) -> Handshake {
        Handshake { stage: Stage::Raw, ..Handshake::new(local, &Security::default(), String::new()) }
    }

    /// A handshake with the NULL mechanism that asks nobody.
    #[cfg(any(test, fuzzing))]
    pub(super) fn insecure(local: Local) -> Handshake {
        Handshake::new(local, &Security::default(), String::new())
    }

    /// Takes what the peer sent and appends what is to be sent to it. Gives how many bytes of `input` it
    /// used, which is all of them unless the handshake ends within: then it also says who the peer is,
    /// the rest of `input` is for the decoder, and the handshake is of no further use; or unless somebody has
    /// to be asked first, see [`Handshake::request`].
    ///
    /// The first call may come before any input, and should: it gives the bytes that the peer waits for.
    ///
    /// # Errors
    /// The peer is to be disconnected; what was appended to `output` is to be sent before, if the kernel
    /// takes it at once: it may tell the peer the reason.
    pub(crate) fn advance(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(usize, Option<PeerInfo>), WireError> {
        assert!(self.stage != Stage::Done, "a handshake that is over was advanced");
        let mut rest = input;
        loop {
            let stage = self.stage;
            let peer = self.step(&mut rest, output)?;
            let asking = matches!(self.stage, Stage::Permission(_));
            if peer.is_some() || asking || self.stage == stage && rest.is_empty() {
                return Ok((input.len() - rest.len(), peer));
            }
        }
    }

    /// Does what can be done at this stage. If that is to wait for more, `rest` is used up.
    fn step(&mut self, rest: &mut &[u8], output: &mut Vec<u8>) -> Result<Option<PeerInfo>, WireError> {
        match self.stage {
            Stage::Raw => {
                self.stage = Stage::Done;
                return Ok(Some(PeerInfo::raw()));
            }
            Stage::New => {
                output.push(SIGNATURE_FIRST);
                output.extend((self.local.identity.len() as u64 + 1).to_be_bytes());
                output.push(SIGNATURE_LAST);
                self.stage = Stage::First;
            }
            Stage::First => match self.take::<1>(rest) {
                Some([SIGNATURE_FIRST]) => self.stage = Stage::Signature,
                Some(_) => self.meet_unversioned(output)?,
                None => {}
            },
            Stage::Signature => match self.take::<SIGNATURE_BYTES>(rest) {
                Some([.., last]) if last % 2 == 0 => self.meet_unversioned(output)?,
                Some(_) => {
                    output.push(REVISION_OURS);
                    self.stage = Stage::Revision;
                }
                None => {}
            },
            Stage::Revision => match self.take::<REVISION_BYTES>(rest) {
                Some([.., 0]) => self.meet_old(Version::V1_0, output)?,
                Some([.., 1]) => self.meet_old(Version::V2_0, output)?,
                Some(_) => {
                    self.put_greeting_end(output);
                    self.mechanism.open(&self.local, output);
                    self.stage = Stage::Greeting;
                }
                None => {}
            },
            Stage::SocketType(version) => {
                if let Some([.., number]) = self.take::<GREETING_V2_BYTES>(rest) {
                    let kind = SocketType::from_number(i32::from(number))
                        .ok_or_else(|| WireError::UnknownSocketType(number.to_string()))?;
                    self.local.check_kind(kind)?;
                    self.buffer.clear();
                    self.stage = Stage::Identity(version, Some(kind));
                }
            }
            Stage::Greeting => {
                if let Some(greeting) = self.take::<GREETING_V3_BYTES>(rest) {
                    let version = self.check_greeting(&greeting)?;
                    self.buffer.clear();
                    let awaited = self.mechanism.begin(&self.local, output)?;
                    return Ok(self.settle(version, awaited));
                }
            }
            Stage::Identity(version, kind) => return self.take_identity(version, kind, rest),
            Stage::Commands(version) => return self.take_command(version, rest, output),
            Stage::Permission(_) => {}
            Stage::Done => unreachable!("`advance` asserts that the handshake goes on"),
        }
        Ok(None)
    }

    /// The first `N` bytes of the greeting, once they have come.
    fn take<const N: usize>(&mut self, rest: &mut &[u8]) -> Option<[u8; N]> {
        self.fill(N, rest).then(|| *self.buffer.first_chunk::<N>().expect("the buffer was filled so far"))
    }

    /// Moves input to the buffer until that holds `bytes`; whether it does.
    fn fill(&mut self, bytes: usize, rest: &mut &[u8]) -> bool {
        let wanted = bytes.saturating_sub(self.buffer.len()).min(rest.len());
        let (taken, after) = rest.split_at(wanted);
        self.buffer.extend_from_slice(taken);
        *rest = after;
        self.buffer.len() >= bytes
    }

    /// The next frame, once it has come, unless its header alone is `refused`, which it is if the frame is
    /// too long to be kept. It is left in the buffer: the header, then the body.
    fn take_frame(
        &mut self,
        version: Version,
        refused: impl Fn(&Header) -> Option<WireError>,
        rest: &mut &[u8],
    ) -> Result<Option<Header>, WireError> {
        let header = loop {
            match frame::parse(version, &self.buffer)? {
                Some(header) => break header,
                None if self.fill(self.buffer.len() + 1, rest) => {}
                None => return Ok(None),
            }
        };
        if let Some(error) = refused(&header) {
            return Err(error);
        }
        // The limit has made it small.
        let whole = header.bytes + header.body_bytes as usize;
        Ok(self.fill(whole, rest).then_some(header))
    }

    /// The peer speaks plain 1.0; what has come of it is the start of its identity frame. It has read our
    /// signature as the header of ours.
    fn meet_unversioned(&mut self, output: &mut Vec<u8>) -> Result<(), WireError> {
        self.check_insecure()?;
        output.extend_from_slice(&self.local.identity);
        self.stage = Stage::Identity(Version::V1_0, None);
        Ok(())
    }

    /// Refuses a peer whose version knows no security, where some is asked for.
    fn check_insecure(&self) -> Result<(), WireError> {
        if self.secured { Err(WireError::Insecure) } else { Ok(()) }
    }

    /// The peer is of revision 0 or 1: socket type and identity frame follow, from both sides.
    fn meet_old(&mut self, version: Version, output: &mut Vec<u8>) -> Result<(), WireError> {
        self.check_insecure()?;
        // XPUB and XSUB are PUB and SUB to these versions.
        let kind = match self.local.kind {
            SocketType::Xpub => SocketType::Pub,
            SocketType::Xsub => SocketType::Sub,
            kind => kind,
        };
        output.push(kind as u8);
        frame::put(output, version, self.local.identity.len(), 0);
        output.extend_from_slice(&self.local.identity);
        self.stage = Stage::SocketType(version);
        Ok(())
    }

    /// Appends our greeting from the minor version on.
    fn put_greeting_end(&self, output: &mut Vec<u8>) {
        let mut end = [0; GREETING_V3_BYTES - REVISION_BYTES];
        let (minor, after) = end.split_at_mut(1);
        let (mechanism, after) = after.split_at_mut(NAME_BYTES);
        minor.fill(MINOR_OURS);
        mechanism[..self.mechanism.name().len()].copy_from_slice(self.mechanism.name().as_bytes());
        after[0] = u8::from(self.mechanism.is_server());
        output.extend_from_slice(&end);
    }

    /// Compares the mechanisms; gives the version that both sides speak.
    fn check_greeting(&self, greeting: &[u8; GREETING_V3_BYTES]) -> Result<Version, WireError> {
        let [.., revision] = greeting.first_chunk::<REVISION_BYTES>().expect("a greeting is longer");
        let end = &greeting[REVISION_BYTES..];
        let (minor, mechanism, as_server) = (end[0], &end[1..1 + NAME_BYTES], end[1 + NAME_BYTES]);
        let ours = self.mechanism.name().as_bytes();
        // Null bytes pad the name.
        if !mechanism.starts_with(ours) || mechanism[ours.len()..].iter().any(|&byte| byte != 0) {
            let name = mechanism.split(|&byte| byte == 0).next().unwrap_or_default();
            return Err(WireError::MechanismMismatch(printable(name)));
        }
        // That it is no server means nothing: libzmq always says so.
        if as_server == 1 && self.mechanism.is_server() {
            return Err(WireError::TwoServers);
        }
        // A peer of a later version speaks ours.
        Ok(if (*revision, minor) == (3, 0) { Version::V3_0 } else { Version::V3_1 })
    }

    /// The identity frame ends the handshakes of 1.0 and 2.0.
    fn take_identity(
        &mut self,
        version: Version,
        kind: Option<SocketType>,
        rest: &mut &[u8],
    ) -> Result<Option<PeerInfo>, WireError> {
        let too_long = |header: &Header| {
            (header.body_bytes > IDENTITY_BYTES_MAX as u64).then_some(WireError::BadIdentity)
        };
        let Some(header) = self.take_frame(version, too_long, rest)? else { return Ok(None) };
        let identity = metadata::check_identity(self.buffer.get(header.bytes..).unwrap_or_default())?;
        self.stage = Stage::Done;
        Ok(Some(PeerInfo { version, kind, identity, properties: Properties::new() }))
    }

    fn take_command(
        &mut self,
        version: Version,
        rest: &mut &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<PeerInfo>, WireError> {
        let refused = |header: &Header| {
            let bytes = header.body_bytes;
            if !header.command {
                Some(WireError::MessageInHandshake)
            } else if bytes > COMMAND_BYTES_MAX {
                Some(WireError::CommandTooLong { bytes, bytes_max: COMMAND_BYTES_MAX })
            } else {
                None
            }
        };
        let Some(header) = self.take_frame(version, refused, rest)? else { return Ok(None) };
        let frame = Zeroizing::new(std::mem::take(&mut self.buffer));
        let body = frame.get(header.bytes..).unwrap_or_default();
        // A PLAIN server of libzmq 4.3 has the name of its ERROR wrong.
        let (name, data) = match body.strip_prefix(b"^RROR") {
            Some(data) => (&b"ERROR"[..], data),
            None => command::split(body)?,
        };
        if name == b"ERROR" {
            return Err(WireError::Refused(printable(command::error_reason(data)?)));
        }
        let awaited = self.mechanism.command(&self.local, name, data, output);
        let awaited = awaited.inspect_err(|error| {
            // A client of PLAIN or CURVE does not tell the server what is wrong with it.
            let may_say = self.mechanism.is_server() || self.mechanism.name() == "NULL";
            if version >= Version::V3_1 && may_say {
                put_reason(output, error);
            }
        })?;
        Ok(self.settle(version, awaited))
    }

    /// Goes on as the mechanism asks.
    fn settle(&mut self, version: Version, awaited: Awaited) -> Option<PeerInfo> {
        match awaited {
            Awaited::Command => {
                self.stage = Stage::Commands(version);
                None
            }
            Awaited::Permission(credentials) => {
                let (domain, name) = (&self.zap_domain, self.mechanism.name());
                self.request = Some(zap::request(domain, &self.address, &self.local, name, credentials));
                self.stage = Stage::Permission(version);
                None
            }
            Awaited::Nothing(Introduction { kind, identity, properties }) => {
                self.stage = Stage::Done;
                let properties = zap::merge(self.granted.take(), properties);
                Some(PeerInfo { version, kind, identity, properties })
            }
        }
    }

    /// The frames of the request that a handler of ZAP is to be asked, given once. The handshake goes on with its
    /// [`Handshake::answer`], and takes no input before.
    pub(crate) fn request(&mut self) -> Option<Vec<Vec<u8>>> {
        self.request.take()
    }

    /// Takes the answer to [`Handshake::request`], and appends what is to be sent. Gives who the peer is if that
    /// ends the handshake.
    ///
    /// # Errors
    /// As those of [`Handshake::advance`].
    pub(crate) fn answer(
        &mut self,
        answer: &Answer,
        output: &mut Vec<u8>,
    ) -> Result<Option<PeerInfo>, WireError> {
        let Stage::Permission(version) = self.stage else { unreachable!("nobody was asked") };
        match answer {
            Answer::Nobody if self.mechanism.needs_permission() => return Err(WireError::NoZapHandler),
            Answer::Nobody => {}
            Answer::Gone => return Err(WireError::ZapHandlerGone),
            Answer::Reply(reply) => {
                let granted = zap::judge(reply).inspect_err(|error| match error {
                    // A peer that is to try again later is told nothing.
                    WireError::Denied(300) => {}
                    WireError::Denied(status) => command::put_error(output, &status.to_string()),
                    _ => {}
                })?;
                self.granted = Some(granted);
            }
        }
        let awaited = self.mechanism.permitted(&self.local, output)?;
        Ok(self.settle(version, awaited))
    }

    /// What encrypts the connection after its handshake, which is done; `None`: nothing does.
    pub(crate) fn cipher(&mut self) -> Option<Cipher> {
        self.mechanism.cipher()
    }
}

/// Tells the peer why it is refused, where that helps whoever reads its log.
fn put_reason(output: &mut Vec<u8>, error: &WireError) {
    match error {
        WireError::UnknownSocketType(_) => command::put_error(output, "unknown-socket-type"),
        WireError::IncompatibleSocketTypes { .. } => command::put_error(output, "incompatible-socket-type"),
        WireError::BadIdentity => command::put_error(output, "bad-identity"),
        _ => {}
    }
}

#[cfg(test)]
mod security_tests;
#[cfg(test)]
mod tests;
