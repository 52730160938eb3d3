//! What a security mechanism does in a ZMTP 3 handshake.
#![forbid(unsafe_code)]

use super::cipher::Cipher;
#[cfg(feature = "curve")]
use super::curve::{CurveClient, CurveServer};
use super::metadata::Introduction;
use super::null::Null;
use super::plain::{PlainClient, PlainServer};
use super::{Local, WireError};
use crate::socket::options;

/// Bytes that the greeting has for a mechanism's name.
pub(super) const NAME_BYTES: usize = 20;

/// What a mechanism waits for.
pub(super) enum Awaited {
    /// The peer's next command.
    Command,
    /// Somebody who says whether the peer may come in, and is asked with these credentials: the last frames of a
    /// request of ZAP.
    Permission(Vec<Vec<u8>>),
    /// Nothing more: this is the peer.
    Nothing(Introduction),
}

/// One side of a security handshake: it turns the peer's commands into ours, until both sides have what
/// they say of themselves. The handshake around it has compared the mechanisms' names, delimits the
/// commands, and asks for permission.
pub(super) trait Mechanism: Send {
    /// The name in the greeting, at most [`NAME_BYTES`] bytes.
    fn name(&self) -> &'static str;

    /// Whether the greeting says that this side is the server.
    fn is_server(&self) -> bool;

    /// Whether a peer is refused when there is nobody to ask for permission.
    fn needs_permission(&self) -> bool;

    /// Our greeting is said: appends what this side says behind it at once, whatever the peer's is.
    fn open(&mut self, _local: &Local, _output: &mut Vec<u8>) {}

    /// Both greetings are exchanged: appends the command frames with which this side begins, if it does.
    fn begin(&mut self, local: &Local, output: &mut Vec<u8>) -> Result<Awaited, WireError>;

    /// Takes a command of the peer, with the name and data given, and appends the frames that answer it. An
    /// ERROR never gets here.
    fn command(
        &mut self,
        local: &Local,
        name: &[u8],
        data: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Awaited, WireError>;

    /// The permission that was waited for is given.
    fn permitted(&mut self, local: &Local, output: &mut Vec<u8>) -> Result<Awaited, WireError>;

    /// What encrypts the traffic, once the handshake is over; `None`: nothing does.
    fn cipher(&mut self) -> Option<Cipher> {
        None
    }
}

/// The mechanism that the options ask for.
pub(super) fn of(security: &options::Security) -> Box<dyn Mechanism> {
    let enforced = security.zap_enforce_domain;
    let asks = !security.zap_domain.is_empty();
    match &security.mechanism {
        options::Mechanism::Null => Box::new(Null::new(asks, enforced)),
        options::Mechanism::Plain { as_server: true, .. } => Box::new(PlainServer::new()),
        options::Mechanism::Plain { username, password, .. } => {
            Box::new(PlainClient::new(username, password))
        }
        #[cfg(feature = "curve")]
        options::Mechanism::Curve { as_server: true, secret_key, .. } => {
            // Whoever insists on a domain and gives none wants encryption, and asks nobody.
            Box::new(CurveServer::new(secret_key, asks || !enforced, enforced))
        }
        #[cfg(feature = "curve")]
        options::Mechanism::Curve { public_key, secret_key, server_key, .. } => {
            Box::new(CurveClient::new(public_key, secret_key, server_key))
        }
    }
}
