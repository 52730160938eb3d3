//! The PLAIN mechanism (RFC 24): the client gives a name and a password, in the clear, and a handler of ZAP
//! looks at them for the server.
#![forbid(unsafe_code)]

use super::error::printable;
use super::mechanism::{Awaited, Mechanism};
use super::{Local, WireError, command, metadata};
use zeroize::Zeroizing;

const NAME: &str = "PLAIN";

/// The side that gives the name.
pub(super) struct PlainClient {
    username: Zeroizing<Vec<u8>>,
    password: Zeroizing<Vec<u8>>,
    welcome: bool,
}

impl PlainClient {
    pub(super) fn new(username: &[u8], password: &[u8]) -> PlainClient {
        let text = |bytes: &[u8]| {
            assert!(bytes.len() <= usize::from(u8::MAX), "the socket option is checked where it is set");
            Zeroizing::new(bytes.to_vec())
        };
        PlainClient { username: text(username), password: text(password), welcome: false }
    }
}

impl Mechanism for PlainClient {
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
        let mut hello = Zeroizing::new(Vec::with_capacity(2 + self.username.len() + self.password.len()));
        for text in [&self.username, &self.password] {
            hello.push(text.len() as u8);
            hello.extend_from_slice(text);
        }
        command::put(output, "HELLO", &hello);
        Ok(Awaited::Command)
    }

    fn command(
        &mut self,
        local: &Local,
        name: &[u8],
        data: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Awaited, WireError> {
        match name {
            b"WELCOME" if !self.welcome => {
                if !data.is_empty() {
                    return Err(WireError::MalformedHandshake("WELCOME"));
                }
                self.welcome = true;
                command::put(output, "INITIATE", &metadata::of(local));
                Ok(Awaited::Command)
            }
            b"READY" if self.welcome => metadata::introduce(local, data).map(Awaited::Nothing),
            _ => Err(WireError::UnexpectedCommand(printable(name))),
        }
    }

    fn permitted(&mut self, _local: &Local, _output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        unreachable!("a client asks nobody")
    }
}

/// The side that asks for the name.
pub(super) struct PlainServer {
    stage: Stage,
}

#[derive(PartialEq)]
enum Stage {
    Hello,
    Permission,
    Initiate,
    Done,
}

impl PlainServer {
    pub(super) fn new() -> PlainServer {
        PlainServer { stage: Stage::Hello }
    }
}

impl Mechanism for PlainServer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_server(&self) -> bool {
        true
    }

    fn needs_permission(&self) -> bool {
        true
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
            (Stage::Hello, b"HELLO") => {
                let (username, password) = split_hello(data).ok_or(WireError::MalformedHandshake("HELLO"))?;
                self.stage = Stage::Permission;
                Ok(Awaited::Permission(vec![username.to_vec(), password.to_vec()]))
            }
            (Stage::Initiate, b"INITIATE") => {
                let peer = metadata::introduce(local, data)?;
                self.stage = Stage::Done;
                command::put(output, "READY", &metadata::of(local));
                Ok(Awaited::Nothing(peer))
            }
            _ => Err(WireError::UnexpectedCommand(printable(name))),
        }
    }

    fn permitted(&mut self, _local: &Local, output: &mut Vec<u8>) -> Result<Awaited, WireError> {
        assert!(self.stage == Stage::Permission, "nobody was asked");
        self.stage = Stage::Initiate;
        command::put(output, "WELCOME", b"");
        Ok(Awaited::Command)
    }
}

/// The name and the password, if that is just what the bytes are.
fn split_hello(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = data.split_first()?;
    let (username, rest) = rest.split_at_checked(usize::from(length))?;
    let (&length, password) = rest.split_first()?;
    (password.len() == usize::from(length)).then_some((username, password))
}
