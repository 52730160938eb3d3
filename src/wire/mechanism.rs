//! What a security mechanism does in a ZMTP 3 handshake.
#![forbid(unsafe_code)]

use super::metadata::Properties;
use super::{Local, WireError};

/// Bytes that the greeting has for a mechanism's name.
pub(super) const NAME_BYTES: usize = 20;

/// One side of a security handshake: it turns the peer's commands into ours, until both sides have what
/// they say of themselves. The handshake around it has compared the mechanisms' names, delimits the
/// commands, and judges the metadata.
pub(super) trait Mechanism: Send {
    /// The name in the greeting, at most [`NAME_BYTES`] bytes.
    fn name(&self) -> &'static str;

    /// Whether the greeting says that this side is the server.
    fn is_server(&self) -> bool;

    /// Both greetings are exchanged: appends the command frames with which this side begins, if it does.
    fn begin(&mut self, local: &Local, output: &mut Vec<u8>);

    /// Takes a command of the peer, with the name and data given, and appends the frames that answer it.
    /// Gives the peer's metadata once the handshake is over. An ERROR never gets here.
    fn command(
        &mut self,
        local: &Local,
        name: &[u8],
        data: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<Properties>, WireError>;
}
