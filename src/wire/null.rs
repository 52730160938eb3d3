//! The NULL mechanism: no authentication, no encryption; both sides say READY at once, or as soon as they may.
#![forbid(unsafe_code)]

use super::error::printable;
use super::mechanism::{Awaited, Mechanism};
use super::{Local, WireError, command, metadata};

/// A side of a NULL handshake. Both are alike, whoever bound or connected.
pub(super) struct Null {
    /// Whether a handler of ZAP is asked about the peer's address.
    asks: bool,
    /// Whether there has to be one.
    enforced: bool,
}

impl Null {
    pub(super) fn new(asks: bool, enforced: bool) -> Null {
        Null { asks, enforced }
    }
}

impl Mechanism for Null {
    fn name(&self) -> &'static str {
        "NULL"
    }

    fn is_server(&self) -> bool {
        false
    }

    fn needs_permission(&self) -> bool {
        self.enforced
    }

    /// A connection is made one round trip sooner, and with fewer system calls, if nobody waits for the other's greeting.
    fn open(&mut self, local: &Local, output: &mut Vec<u8>) {
        if !self.asks {
            command::put(output, "READY", &metadata::of(local));
        }
    }

    fn begin(&mut self, _local: &Local, _output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        Ok(if self.asks { Awaited::Permission(Vec::new()) } else { Awaited::Command })
    }

    fn command(
        &mut self,
        local: &Local,
        name: &[u8],
        data: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Awaited, WireError> {
        match name {
            b"READY" => metadata::introduce(local, data).map(Awaited::Nothing),
            _ => Err(WireError::UnexpectedCommand(printable(name))),
        }
    }

    fn permitted(&mut self, local: &Local, output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        command::put(output, "READY", &metadata::of(local));
        Ok(Awaited::Command)
    }
}
