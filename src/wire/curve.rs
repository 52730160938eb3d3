//! The CURVE mechanism (RFC 25, 26): both sides prove that they have their secret keys, and everything after
//! that is encrypted with keys of this connection alone.
//!
//! C and S are the permanent keys of client and server, C' and S' those of the connection. The server's secret
//! of the connection travels in a cookie that only the server can open: before the client has sent it back, and
//! so proved that it is there, the server keeps the cookie's key and nothing else.
#![forbid(unsafe_code)]

use super::boxes::{self, KEY_BYTES, MAC_BYTES, PublicKey, SecretKey, Shared};
use super::cipher::{Cipher, Role};
use super::error::printable;
use super::mechanism::{Awaited, Mechanism};
use super::metadata::Introduction;
use super::{Local, WireError, command, metadata};
use zeroize::Zeroizing;

const NAME: &str = "CURVE";

/// The version of CurveZMQ.
const VERSION: [u8; 2] = [1, 0];
/// Zeros that make a HELLO longer than the WELCOME that answers it.
const PADDING_BYTES: usize = 72;
/// What a HELLO has in its box: zeros.
const SIGNATURE_BYTES: usize = 64;
/// A nonce that counts.
const SHORT_NONCE_BYTES: usize = 8;
/// A nonce that nobody guesses.
const LONG_NONCE_BYTES: usize = 16;
/// A cookie, and a vouch: a long nonce and a box of two keys.
const TWO_KEYS_BYTES: usize = LONG_NONCE_BYTES + MAC_BYTES + 2 * KEY_BYTES;

const HELLO_NONCE: &[u8; 16] = b"CurveZMQHELLO---";
const INITIATE_NONCE: &[u8; 16] = b"CurveZMQINITIATE";
const READY_NONCE: &[u8; 16] = b"CurveZMQREADY---";
const WELCOME_NONCE: &[u8; 8] = b"WELCOME-";
const COOKIE_NONCE: &[u8; 8] = b"COOKIE--";
const VOUCH_NONCE: &[u8; 8] = b"VOUCH---";

/// The client's short nonces of its HELLO and its INITIATE, and the server's of its READY. Those of messages go on
/// from there.
const HELLO_COUNT: u64 = 1;
const INITIATE_COUNT: u64 = 2;
const READY_COUNT: u64 = 1;

/// Appends a long nonce and a box that is sealed with it.
fn put_long(out: &mut Vec<u8>, prefix: &[u8; 8], shared: &Shared, parts: &[&[u8]]) -> Result<(), WireError> {
    let random = boxes::random::<LONG_NONCE_BYTES>()?;
    out.extend(random);
    shared.seal(&boxes::nonce(prefix, &random), out, parts);
    Ok(())
}

/// Opens a long nonce and the box behind it.
fn open_long(sealed: &[u8], prefix: &[u8; 8], shared: &Shared) -> Option<Zeroizing<Vec<u8>>> {
    let (random, sealed) = sealed.split_first_chunk::<LONG_NONCE_BYTES>()?;
    shared.open(&boxes::nonce(prefix, random), sealed)
}

/// Appends a short nonce and a box that is sealed with it.
fn put_short(out: &mut Vec<u8>, prefix: &[u8; 16], count: u64, shared: &Shared, parts: &[&[u8]]) {
    out.extend(count.to_be_bytes());
    shared.seal(&boxes::nonce(prefix, &count.to_be_bytes()), out, parts);
}

/// Opens a short nonce and the box behind it, if the nonce is greater than the last one. Gives the nonce too.
fn open_short(
    sealed: &[u8],
    prefix: &[u8; 16],
    last: u64,
    shared: &Shared,
) -> Result<(u64, Zeroizing<Vec<u8>>), WireError> {
    let (count, sealed) = sealed.split_first_chunk::<SHORT_NONCE_BYTES>().ok_or(WireError::Cryptographic)?;
    let content = shared.open(&boxes::nonce(prefix, count), sealed).ok_or(WireError::Cryptographic)?;
    let count = u64::from_be_bytes(*count);
    if count <= last { Err(WireError::NonceSequence) } else { Ok((count, content)) }
}

/// Takes a key from the front.
fn take_key<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8; KEY_BYTES]> {
    let (key, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(key)
}

/// The side that knows the other's key beforehand.
pub(super) struct CurveClient {
    /// C, c and S.
    public: PublicKey,
    secret: SecretKey,
    server: PublicKey,
    stage: ClientStage,
}

enum ClientStage {
    New,
    /// C' and c'.
    Hello(PublicKey, SecretKey),
    /// The key between C' and S'.
    Initiate(Shared),
    Done(Option<Cipher>),
}

impl CurveClient {
    pub(super) fn new(public: &PublicKey, secret: &[u8; KEY_BYTES], server: &PublicKey) -> CurveClient {
        let secret = Zeroizing::new(*secret);
        CurveClient { public: *public, secret, server: *server, stage: ClientStage::New }
    }

    /// Takes a WELCOME: answers with an INITIATE, and gives the key between C' and S'.
    fn welcome(
        &self,
        local: &Local,
        data: &[u8],
        transient: (&PublicKey, &SecretKey),
        output: &mut Vec<u8>,
    ) -> Result<Shared, WireError> {
        const DATA_BYTES: usize = LONG_NONCE_BYTES + MAC_BYTES + KEY_BYTES + TWO_KEYS_BYTES;
        if data.len() != DATA_BYTES {
            return Err(WireError::MalformedHandshake("WELCOME"));
        }
        let (our_transient, our_transient_secret) = transient;
        let content = open_long(data, WELCOME_NONCE, &Shared::new(&self.server, our_transient_secret)?)
            .ok_or(WireError::Cryptographic)?;
        let mut cookie = &content[..];
        let server_transient = take_key(&mut cookie).ok_or(WireError::MalformedHandshake("WELCOME"))?;
        let shared = Shared::new(server_transient, our_transient_secret)?;

        let mut vouch = Vec::with_capacity(TWO_KEYS_BYTES);
        let vouching = Shared::new(server_transient, &self.secret)?;
        put_long(&mut vouch, VOUCH_NONCE, &vouching, &[our_transient, &self.server])?;
        let mut initiate = cookie.to_vec();
        let parts: [&[u8]; 3] = [&self.public, &vouch, &metadata::of(local)];
        put_short(&mut initiate, INITIATE_NONCE, INITIATE_COUNT, &shared, &parts);
        command::put(output, "INITIATE", &initiate);
        Ok(shared)
    }
}

impl Mechanism for CurveClient {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_server(&self) -> bool {
        false
    }

    fn needs_permission(&self) -> bool {
        false
    }

    fn begin(&mut self, _local: &Local, output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        let (public, secret) = boxes::key_pair()?;
        let mut hello = VERSION.to_vec();
        hello.extend([0; PADDING_BYTES]);
        hello.extend(public);
        let shared = Shared::new(&self.server, &secret)?;
        put_short(&mut hello, HELLO_NONCE, HELLO_COUNT, &shared, &[&[0; SIGNATURE_BYTES]]);
        command::put(output, "HELLO", &hello);
        self.stage = ClientStage::Hello(public, secret);
        Ok(Awaited::Command)
    }

    fn command(
        &mut self,
        local: &Local,
        name: &[u8],
        data: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Awaited, WireError> {
        match (&self.stage, name) {
            (ClientStage::Hello(public, secret), b"WELCOME") => {
                let shared = self.welcome(local, data, (public, secret), output)?;
                self.stage = ClientStage::Initiate(shared);
                Ok(Awaited::Command)
            }
            (ClientStage::Initiate(shared), b"READY") => {
                if data.len() < SHORT_NONCE_BYTES + MAC_BYTES {
                    return Err(WireError::MalformedHandshake("READY"));
                }
                let (count, content) = open_short(data, READY_NONCE, 0, shared)?;
                let peer = metadata::introduce(local, &content)?;
                let cipher = Cipher::new(shared, Role::Client, INITIATE_COUNT, count);
                self.stage = ClientStage::Done(Some(cipher));
                Ok(Awaited::Nothing(peer))
            }
            _ => Err(WireError::UnexpectedCommand(printable(name))),
        }
    }

    fn permitted(&mut self, _local: &Local, _output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        unreachable!("a client asks nobody")
    }

    fn cipher(&mut self) -> Option<Cipher> {
        match &mut self.stage {
            ClientStage::Done(cipher) => cipher.take(),
            _ => None,
        }
    }
}

/// The side that clients know.
pub(super) struct CurveServer {
    /// s.
    secret: SecretKey,
    /// Whether a handler of ZAP is asked about the client's key.
    asks: bool,
    /// Whether there has to be one.
    enforced: bool,
    stage: ServerStage,
}

enum ServerStage {
    Hello,
    /// The key of the cookie, and the client's last nonce.
    Initiate(Shared, u64),
    /// The client has proved who it is.
    Permission(Box<Proved>),
    Done(Option<Cipher>),
}

/// What an INITIATE proves.
struct Proved {
    /// The key between C' and S'.
    shared: Shared,
    /// C.
    client: PublicKey,
    /// The client's last nonce.
    count: u64,
    peer: Introduction,
}

impl CurveServer {
    pub(super) fn new(secret: &[u8; KEY_BYTES], asks: bool, enforced: bool) -> CurveServer {
        CurveServer { secret: Zeroizing::new(*secret), asks, enforced, stage: ServerStage::Hello }
    }

    /// Takes a HELLO and answers with a WELCOME. Gives the cookie's key and the client's nonce.
    fn hello(&self, data: &[u8], output: &mut Vec<u8>) -> Result<(Shared, u64), WireError> {
        const BOX_BYTES: usize = SHORT_NONCE_BYTES + MAC_BYTES + SIGNATURE_BYTES;
        const DATA_BYTES: usize = VERSION.len() + PADDING_BYTES + KEY_BYTES + BOX_BYTES;
        let malformed = || WireError::MalformedHandshake("HELLO");
        if data.len() != DATA_BYTES || !data.starts_with(&VERSION) {
            return Err(malformed());
        }
        let (padding, mut rest) = data.split_at(VERSION.len() + PADDING_BYTES);
        if padding.iter().skip(VERSION.len()).any(|&byte| byte != 0) {
            return Err(malformed());
        }
        let client_transient = take_key(&mut rest).ok_or_else(malformed)?;
        let shared = Shared::new(client_transient, &self.secret)?;
        let (count, signature) = open_short(rest, HELLO_NONCE, 0, &shared)?;
        if signature.iter().any(|&byte| byte != 0) {
            return Err(malformed());
        }

        let (transient, transient_secret) = boxes::key_pair()?;
        let cookie_key = Shared::own(boxes::random()?);
        let mut cookie = Vec::with_capacity(TWO_KEYS_BYTES);
        put_long(&mut cookie, COOKIE_NONCE, &cookie_key, &[client_transient, &*transient_secret])?;
        let mut welcome = Vec::new();
        put_long(&mut welcome, WELCOME_NONCE, &shared, &[&transient, &cookie])?;
        command::put(output, "WELCOME", &welcome);
        Ok((cookie_key, count))
    }

    /// Takes an INITIATE: what it proves.
    fn initiate(
        &self,
        local: &Local,
        data: &[u8],
        cookie_key: &Shared,
        last: u64,
    ) -> Result<Proved, WireError> {
        const CONTENT_BYTES_MIN: usize = KEY_BYTES + TWO_KEYS_BYTES;
        const DATA_BYTES_MIN: usize = TWO_KEYS_BYTES + SHORT_NONCE_BYTES + MAC_BYTES + CONTENT_BYTES_MIN;
        let malformed = || WireError::MalformedHandshake("INITIATE");
        let (cookie, sealed) = match data.split_at_checked(TWO_KEYS_BYTES) {
            Some(parts) if data.len() >= DATA_BYTES_MIN => parts,
            _ => return Err(malformed()),
        };
        let cookie = open_long(cookie, COOKIE_NONCE, cookie_key).ok_or(WireError::Cryptographic)?;
        let (client_transient, transient_secret) =
            cookie.split_first_chunk::<KEY_BYTES>().ok_or_else(malformed)?;
        let transient_secret = Zeroizing::new(*transient_secret.first_chunk().ok_or_else(malformed)?);
        let shared = Shared::new(client_transient, &transient_secret)?;
        let (count, content) = open_short(sealed, INITIATE_NONCE, last, &shared)?;

        let mut rest = &content[..];
        let client = take_key(&mut rest).ok_or_else(malformed)?;
        let (vouch, properties) = rest.split_at_checked(TWO_KEYS_BYTES).ok_or_else(malformed)?;
        // Only who has the secret of C can vouch, for this connection and this server.
        let vouched = open_long(vouch, VOUCH_NONCE, &Shared::new(client, &transient_secret)?)
            .ok_or(WireError::Cryptographic)?;
        let expected = [*client_transient, boxes::public_key(&self.secret)].concat();
        if !boxes::is_same(&vouched, &expected) {
            return Err(WireError::Cryptographic);
        }
        let peer = metadata::introduce(local, properties)?;
        Ok(Proved { shared, client: *client, count, peer })
    }
}

impl Mechanism for CurveServer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_server(&self) -> bool {
        true
    }

    fn needs_permission(&self) -> bool {
        self.enforced
    }

    fn begin(&mut self, _local: &Local, _output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        Ok(Awaited::Command)
    }

    fn command(
        &mut self,
        local: &Local,
        name: &[u8],
        data: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Awaited, WireError> {
        match (&self.stage, name) {
            (ServerStage::Hello, b"HELLO") => {
                let (cookie_key, count) = self.hello(data, output)?;
                self.stage = ServerStage::Initiate(cookie_key, count);
                Ok(Awaited::Command)
            }
            (ServerStage::Initiate(cookie_key, last), b"INITIATE") => {
                let proved = self.initiate(local, data, cookie_key, *last)?;
                let credentials = vec![proved.client.to_vec()];
                self.stage = ServerStage::Permission(Box::new(proved));
                if self.asks { Ok(Awaited::Permission(credentials)) } else { self.permitted(local, output) }
            }
            _ => Err(WireError::UnexpectedCommand(printable(name))),
        }
    }

    fn permitted(&mut self, local: &Local, output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        let stage = std::mem::replace(&mut self.stage, ServerStage::Done(None));
        let ServerStage::Permission(proved) = stage else { unreachable!("nobody was asked") };
        let Proved { shared, count, peer, .. } = *proved;
        let mut ready = Vec::new();
        put_short(&mut ready, READY_NONCE, READY_COUNT, &shared, &[&metadata::of(local)]);
        command::put(output, "READY", &ready);
        self.stage = ServerStage::Done(Some(Cipher::new(&shared, Role::Server, READY_COUNT, count)));
        Ok(Awaited::Nothing(peer))
    }

    fn cipher(&mut self) -> Option<Cipher> {
        match &mut self.stage {
            ServerStage::Done(cipher) => cipher.take(),
            _ => None,
        }
    }
}
