//! The NULL mechanism: no authentication, no encryption; both sides say READY at once.
#![forbid(unsafe_code)]

use super::error::printable;
use super::mechanism::Mechanism;
use super::metadata::{self, Properties};
use super::{Local, WireError, command};
use crate::socket::kind::SocketType;

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
        command::put(output, "READY", &metadata_of(local));
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

/// The properties that this side sends. REQ, DEALER and ROUTER always say who they are; the other types,
/// whose peers are free to ignore it, only when they have a name, which makes them durable in the manner
/// of 2.x.
pub(super) fn metadata_of(local: &Local) -> Vec<u8> {
    let mut properties = Vec::new();
    metadata::put(&mut properties, metadata::SOCKET_TYPE, local.kind.wire_name().as_bytes());
    let addressed = matches!(local.kind, SocketType::Req | SocketType::Dealer | SocketType::Router);
    if addressed || !local.identity.is_empty() {
        metadata::put(&mut properties, metadata::IDENTITY, &local.identity);
    }
    properties
}
