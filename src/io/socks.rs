//! A SOCKS 5 proxy asked for a connection (RFC 1928), with a name and password if there are some (RFC 1929).
//!
//! Not a byte more is read than belongs to the proxy's answers: what follows them comes from the peer.
#![forbid(unsafe_code)]

use super::fd::Fd;
use super::sys;
use crate::socket::options;
use crate::transport::tcp::Remote;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::AsFd;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// What the proxy is to say next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Which of the methods offered it wants.
    Method,
    /// Whether it takes the password.
    Password,
    /// Whether it has connected; and from where, of which the first byte tells the length.
    Reply,
    /// The rest of where from.
    Rest,
    Done,
}

/// A proxy on its way to a connection.
pub(crate) struct Socks {
    stage: Stage,
    /// The password and the request, to be sent when it is time to.
    password: Vec<u8>,
    request: Vec<u8>,
    output: Vec<u8>,
    input: Vec<u8>,
    /// How long the input of this stage is.
    wanted: usize,
}

fn refused(kind: io::ErrorKind, what: &'static str) -> io::Error {
    io::Error::new(kind, what)
}

/// A length byte and the bytes.
fn put(out: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    let length = u8::try_from(bytes.len());
    out.push(length.map_err(|_| refused(io::ErrorKind::InvalidInput, "a name for the proxy is too long"))?);
    out.extend_from_slice(bytes);
    Ok(())
}

/// The request to connect to the remote address. A name is for the proxy to look up.
fn request(remote: &Remote) -> io::Result<Vec<u8>> {
    let mut out = vec![VERSION, CONNECT, 0];
    let port = match remote {
        Remote::Address(SocketAddr::V4(v4)) => {
            out.push(IPV4);
            out.extend(v4.ip().octets());
            v4.port()
        }
        Remote::Address(SocketAddr::V6(v6)) => {
            out.push(IPV6);
            out.extend(v6.ip().octets());
            v6.port()
        }
        Remote::Host(name, port) => {
            out.push(NAME);
            put(&mut out, name.as_bytes())?;
            *port
        }
    };
    out.extend(port.to_be_bytes());
    Ok(out)
}

impl Socks {
    /// Asks for a connection to the remote address.
    ///
    /// # Errors
    /// A name or password is too long.
    pub(crate) fn new(remote: &Remote, options: &options::Socks) -> io::Result<Socks> {
        let mut password = Vec::new();
        let mut output = vec![VERSION, 1, NO_AUTHENTICATION];
        if !options.username.is_empty() {
            password.push(PASSWORD_VERSION);
            put(&mut password, options.username.as_bytes())?;
            put(&mut password, options.password.as_bytes())?;
            output = vec![VERSION, 2, NO_AUTHENTICATION, PASSWORD];
        }
        let request = request(remote)?;
        Ok(Socks { stage: Stage::Method, password, request, output, input: Vec::new(), wanted: 2 })
    }

    /// Goes on as far as it goes. `Ok(true)`: the proxy has connected.
    ///
    /// # Errors
    /// The proxy refuses, or is none, or is gone.
    pub(crate) fn progress(&mut self, fd: &Fd) -> io::Result<bool> {
        let mut buffer = [0; 512];
        while self.stage != Stage::Done {
            if !self.output.is_empty() {
                match sys::write(fd.as_fd(), &[IoSlice::new(&self.output)]) {
                    Ok(bytes) => drop(self.output.drain(..bytes)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                    Err(error) => return Err(error),
                }
                continue;
            }
            let room = (self.wanted - self.input.len()).min(buffer.len());
            match sys::read(fd.as_fd(), &mut buffer[..room]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(bytes) => self.input.extend_from_slice(&buffer[..bytes]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if self.input.len() == self.wanted {
                self.advance()?;
            }
        }
        Ok(true)
    }

    /// Takes the input of the stage, which is there.
    fn advance(&mut self) -> io::Result<()> {
        use io::ErrorKind::{InvalidData, PermissionDenied};
        let not_socks = || refused(InvalidData, "the proxy does not speak SOCKS 5");
        match (self.stage, &self.input[..]) {
            (Stage::Method, [VERSION, NO_AUTHENTICATION]) => self.ask(),
            (Stage::Method, [VERSION, PASSWORD]) if !self.password.is_empty() => {
                self.expect(Stage::Password, 2);
                self.output = std::mem::take(&mut self.password);
            }
            (Stage::Method, [VERSION, NO_METHOD]) => {
                return Err(refused(PermissionDenied, "the proxy wants to know who asks"));
            }
            (Stage::Password, [PASSWORD_VERSION, 0]) => self.ask(),
            (Stage::Password, [PASSWORD_VERSION, _]) => {
                return Err(refused(PermissionDenied, "the proxy refuses the name and password"));
            }
            (Stage::Reply, &[VERSION, 0, _, kind, first]) => {
                let address_rest = match kind {
                    IPV4 => 3,
                    IPV6 => 15,
                    NAME => usize::from(first),
                    _ => return Err(not_socks()),
                };
                self.expect(Stage::Rest, address_rest + 2);
            }
            (Stage::Reply, &[VERSION, code, ..]) => return Err(refusal(code)),
            (Stage::Rest, _) => self.expect(Stage::Done, 0),
            _ => return Err(not_socks()),
        }
        Ok(())
    }

    fn ask(&mut self) {
        // The reply's head, and the first byte of the address.
        self.expect(Stage::Reply, 5);
        self.output = std::mem::take(&mut self.request);
    }

    fn expect(&mut self, stage: Stage, wanted: usize) {
        self.stage = stage;
        self.input.clear();
        self.wanted = wanted;
    }
}

/// What the code in the proxy's reply means.
fn refusal(code: u8) -> io::Error {
    use io::ErrorKind::*;
    let (kind, what) = match code {
        2 => (PermissionDenied, "the proxy's rules do not allow the connection"),
        3 => (NetworkUnreachable, "the proxy cannot reach the network"),
        4 => (HostUnreachable, "the proxy cannot reach the host"),
        5 => (ConnectionRefused, "the proxy was refused the connection"),
        6 => (TimedOut, "the proxy's attempt to connect took too long"),
        7 | 8 => (Unsupported, "the proxy does not support the request"),
        _ => (Other, "the proxy has failed"),
    };
    refused(kind, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(username: &str, password: &str) -> options::Socks {
        options::Socks { proxy: "unused:1".into(), username: username.into(), password: password.into() }
    }

    /// What is sent until the proxy has said all of `answers`, which come whole.
    fn talk(mut socks: Socks, answers: &[&[u8]]) -> (Vec<Vec<u8>>, io::Result<bool>) {
        let mut sent = Vec::new();
        for answer in answers {
            if !socks.output.is_empty() {
                sent.push(std::mem::take(&mut socks.output));
            }
            assert_eq!(socks.wanted, answer.len(), "not a byte more is read");
            socks.input.extend_from_slice(answer);
            if let Err(error) = socks.advance() {
                return (sent, Err(error));
            }
        }
        (sent, Ok(socks.stage == Stage::Done))
    }

    #[test]
    fn a_connection_is_asked_for_by_number_or_name() {
        let v4 = Remote::Address("192.0.2.1:258".parse().unwrap());
        let v6 = Remote::Address("[2001:db8::1]:258".parse().unwrap());
        let name = Remote::Host("a.example".into(), 258);
        for (remote, request) in [
            (v4, &b"\x05\x01\0\x01\xc0\0\x02\x01\x01\x02"[..]),
            (v6, b"\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\x02"),
            (name, b"\x05\x01\0\x03\x09a.example\x01\x02"),
        ] {
            let socks = Socks::new(&remote, &options("", "")).unwrap();
            let answers: [&[u8]; 3] = [b"\x05\0", b"\x05\0\0\x01\x7f", b"\0\0\x01\0\x50"];
            let (sent, result) = talk(socks, &answers);
            assert_eq!(sent, [b"\x05\x01\0", request]);
            assert!(result.unwrap());
        }
    }

    #[test]
    fn the_proxys_own_address_may_be_of_any_kind() {
        let remote = Remote::Host("a".into(), 1);
        for (head, rest) in [(&b"\x05\0\0\x04\x20"[..], 17), (b"\x05\0\0\x03\x02", 4), (b"\x05\0\0\x03\0", 2)]
        {
            let rest = vec![0; rest];
            let (_, result) = talk(Socks::new(&remote, &options("", "")).unwrap(), &[b"\x05\0", head, &rest]);
            assert!(result.unwrap(), "{head:?}");
        }
    }

    #[test]
    fn a_password_is_given_where_it_is_wanted() {
        let remote = Remote::Host("a".into(), 1);
        let new = || Socks::new(&remote, &options("me", "secret")).unwrap();
        let answers: [&[u8]; 4] = [b"\x05\x02", b"\x01\0", b"\x05\0\0\x01\0", b"\0\0\0\0\0"];
        let (sent, result) = talk(new(), &answers);
        let request = b"\x05\x01\0\x03\x01a\0\x01";
        assert_eq!(sent, [&b"\x05\x02\0\x02"[..], b"\x01\x02me\x06secret", request]);
        assert!(result.unwrap());
        let (sent, result) = talk(new(), &[b"\x05\0", b"\x05\0\0\x01\0", b"\0\0\0\0\0"]);
        assert_eq!(sent, [&b"\x05\x02\0\x02"[..], request], "and only there");
        assert!(result.unwrap());
        assert_eq!(
            talk(new(), &[b"\x05\x02", b"\x01\x01"]).1.unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
    }

    #[test]
    fn refusals_and_nonsense_end_it() {
        let remote = Remote::Host("a".into(), 1);
        for answers in [
            &[&b"\x05\xff"[..]][..],
            &[b"\x05\x02"],
            &[b"\x05\x01"],
            &[b"\x04\0"],
            &[b"HT"],
            &[b"\x05\0", b"\x05\x05\0\x01\0"],
            &[b"\x05\0", b"\x05\x63\0\x01\0"],
            &[b"\x05\0", b"\x05\0\0\x02\0"],
            &[b"\x05\0", b"\x04\0\0\x01\0"],
        ] {
            let (_, result) = talk(Socks::new(&remote, &options("", "")).unwrap(), answers);
            assert!(result.is_err(), "{answers:?}");
        }
        let long = "x".repeat(256);
        assert!(Socks::new(&Remote::Host(long.clone(), 1), &options("", "")).is_err());
        assert!(Socks::new(&remote, &options(&long, "")).is_err());
        assert!(Socks::new(&remote, &options("me", &long)).is_err());
    }
}
