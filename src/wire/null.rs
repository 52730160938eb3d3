//! The NULL mechanism: no authentication, no encryption; both sides say READY at once.
#![forbid(unsafe_code)]

use super::error::printable;
use super::mechanism::Mechanism;
use super::metadata::{self, Properties};
use super::{Local, WireError, command};

/// A side of a NULL handshake. Both are alike, whoever bound or connected.
pub(super) struct Null;

impl Mechanism for Null {
    fn name(&self) -> &'static str {
        "NULL"
    }

    fn is_server(&self) -> bool {
        false
    }

    fn begin(&mut self, local: &Local, output: &mut Vec<u8>) {
        command::put(output, "READY", &metadata::of(local));
    }

    fn command(
        &mut self,
        _local: &Local,
        name: &[u8],
        data: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Option<Properties>, WireError> {
        match name {
            b"READY" => metadata::parse(data).map(Some),
            _ => Err(WireError::UnexpectedCommand(printable(name))),
        }
    }
}
