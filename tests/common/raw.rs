//! A peer made by hand: plain sockets, and the bytes of ZMTP 1.0, 2.0 and 3.x put together here.

use super::{LOOPBACK, PATIENCE, bind, port};
use oxmq::SocketHandle;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};

/// Which end binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    EngineBinds,
    EngineConnects,
}

/// Both.
pub const ROLES: [Role; 2] = [Role::EngineBinds, Role::EngineConnects];

/// More parts follow, in every version.
pub const MORE: u8 = 1;
/// The length has eight bytes: 2.0 and later.
pub const LONG: u8 = 2;
/// A command: 3.0 and later.
pub const COMMAND: u8 = 4;

/// The signature of 2.0 and later for an identity of `identity_len` bytes. For a 1.0 peer these are the length
/// and the flags of a frame that holds the identity.
pub fn signature(identity_len: u8) -> [u8; 10] {
    [0xFF, 0, 0, 0, 0, 0, 0, 0, identity_len + 1, 0x7F]
}

/// A frame of 1.0.
pub fn frame_v1(more: bool, body: &[u8]) -> Vec<u8> {
    let length = body.len() + 1;
    let mut bytes = if length < 0xFF {
        vec![length as u8]
    } else {
        [&[0xFF][..], &(length as u64).to_be_bytes()].concat()
    };
    bytes.push(u8::from(more));
    bytes.extend_from_slice(body);
    bytes
}

/// A frame of 2.0 or later, with the flags given, apart from the one that says how long the length is.
pub fn frame(flags: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = match u8::try_from(body.len()) {
        Ok(length) => vec![flags, length],
        Err(_) => [&[flags | LONG][..], &(body.len() as u64).to_be_bytes()].concat(),
    };
    bytes.extend_from_slice(body);
    bytes
}

/// A message of several parts as frames of 2.0 or later.
pub fn frames<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    frames_by(parts, |more, body| frame(u8::from(more), body))
}

/// A message of several parts as frames of 1.0.
pub fn frames_v1<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    frames_by(parts, frame_v1)
}

fn frames_by<P: AsRef<[u8]>>(parts: &[P], frame: impl Fn(bool, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let last = parts.len().saturating_sub(1);
    parts.iter().enumerate().flat_map(|(index, part)| frame(index < last, part.as_ref())).collect()
}

/// The whole greeting of 2.0.
pub fn greeting_v2(kind: u8, identity: &[u8]) -> Vec<u8> {
    [&signature(identity.len() as u8)[..], &[1, kind], &frame(0, identity)].concat()
}

/// The greeting of 3.x.
pub fn greeting_v3(minor: u8, mechanism: &str) -> Vec<u8> {
    let mut bytes = signature(0).to_vec();
    bytes.extend([3, minor]);
    bytes.extend(mechanism.bytes());
    bytes.resize(64, 0);
    bytes
}

/// A command of 3.x, as a frame.
pub fn command(name: &str, data: &[u8]) -> Vec<u8> {
    frame(COMMAND, &[&[name.len() as u8][..], name.as_bytes(), data].concat())
}

/// The READY command of 3.x.
pub fn ready(properties: &[(&str, &[u8])]) -> Vec<u8> {
    let mut data = Vec::new();
    for (name, value) in properties {
        data.push(name.len() as u8);
        data.extend(name.bytes());
        data.extend((value.len() as u32).to_be_bytes());
        data.extend(*value);
    }
    command("READY", &data)
}

/// All that an anonymous 3.x peer of a type says before its first message.
pub fn opening_v3(minor: u8, kind: &str) -> Vec<u8> {
    [greeting_v3(minor, "NULL"), ready(&[("Socket-Type", kind.as_bytes())])].concat()
}

/// The properties in the body of a READY command.
pub fn properties(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut rest = body.strip_prefix(b"\x05READY").unwrap_or_else(|| panic!("{body:?} is not READY"));
    let mut found = Vec::new();
    while let Some((&name_len, after)) = rest.split_first() {
        let (name, after) = after.split_at(usize::from(name_len));
        let (value_len, after) = after.split_first_chunk::<4>().expect("a value's length");
        let (value, after) = after.split_at(u32::from_be_bytes(*value_len) as usize);
        found.push((String::from_utf8(name.to_vec()).expect("a name is text"), value.to_vec()));
        rest = after;
    }
    found
}

/// A connection with the engine at its other end.
pub struct Raw(pub TcpStream);

impl Raw {
    /// Connects to where the engine is bound.
    pub fn connect(endpoint: &str) -> Raw {
        Raw::over(TcpStream::connect((Ipv4Addr::LOCALHOST, port(endpoint))).expect("connect"))
    }

    /// Binds or connects the socket, and is its peer.
    pub fn meet(socket: SocketHandle, role: Role) -> Raw {
        match role {
            Role::EngineBinds => Raw::connect(&bind(socket, LOOPBACK)),
            Role::EngineConnects => {
                let listener = Listener::new();
                socket.connect(&listener.endpoint()).expect("connect");
                listener.accept()
            }
        }
    }

    fn over(stream: TcpStream) -> Raw {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Raw(stream)
    }

    /// Writes all of it.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).expect("write");
    }

    /// Writes as much as the engine takes before it ends the connection, if it does.
    pub fn try_write(&mut self, bytes: impl AsRef<[u8]>) {
        if let Err(error) = self.0.write_all(bytes.as_ref()) {
            assert!(ended(&error), "write: {error}");
        }
    }

    /// Reads just so many bytes.
    pub fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).unwrap_or_else(|error| panic!("reading {count} bytes: {error}"));
        bytes
    }

    /// Reads what comes before the engine closes the connection in an orderly way.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("the end of the connection");
        bytes
    }

    /// Reads until the engine ends the connection, in whatever way: all of `expected` came, or at least no more.
    pub fn try_read_to_end(&mut self, expected: &[u8]) {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => assert_eq!(bytes, expected),
            Err(error) if ended(&error) => assert!(expected.starts_with(&bytes), "{bytes:?}"),
            Err(error) => panic!("the engine did not end the connection: {error}"),
        }
    }

    /// Waits until the engine ends the connection, in whatever way.
    pub fn wait_for_end(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => (),
                Err(error) if ended(&error) => return,
                Err(error) => panic!("the engine did not end the connection: {error}"),
            }
        }
    }

    /// Says that nothing more will come, and waits for the engine to end the connection. Just to close it
    /// could make the system throw away what the engine has not read yet.
    pub fn leave(mut self) {
        if let Err(error) = self.0.shutdown(Shutdown::Write) {
            assert!(ended(&error) || error.kind() == ErrorKind::NotConnected, "shutdown: {error}");
        }
        self.wait_for_end();
    }

    /// Reads a frame of 1.0: whether more follow, and its body.
    pub fn read_frame_v1(&mut self) -> (bool, Vec<u8>) {
        let length = match self.read(1)[0] {
            0xFF => u64::from_be_bytes(self.read(8).try_into().expect("eight bytes")),
            short => u64::from(short),
        };
        let flags = self.read(1)[0];
        (flags & MORE != 0, self.read(length as usize - 1))
    }

    /// Reads a frame of 2.0 or later: its flags without [`LONG`], and its body.
    pub fn read_frame(&mut self) -> (u8, Vec<u8>) {
        let flags = self.read(1)[0];
        let length = if flags & LONG == 0 {
            u64::from(self.read(1)[0])
        } else {
            u64::from_be_bytes(self.read(8).try_into().expect("eight bytes"))
        };
        (flags & !LONG, self.read(length as usize))
    }

    /// Reads frames of 2.0 or later up to the last part of a message; their bodies.
    pub fn read_message(&mut self) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        loop {
            let (flags, body) = self.read_frame();
            assert_eq!(flags & !MORE, 0, "a message's flags");
            parts.push(body);
            if flags & MORE == 0 {
                return parts;
            }
        }
    }

    /// Opens as an anonymous 2.0 peer, and reads the engine's greeting.
    pub fn open_v2(&mut self, kind: u8) {
        self.write(greeting_v2(kind, b""));
        self.read(10 + 2);
        self.read_frame();
    }

    /// Opens as an anonymous 3.x peer, and reads the engine's greeting and properties.
    pub fn open_v3(&mut self, minor: u8, kind: &str) -> Vec<(String, Vec<u8>)> {
        self.write(opening_v3(minor, kind));
        self.read(64);
        let (flags, body) = self.read_frame();
        assert_eq!(flags, COMMAND, "READY is a command");
        properties(&body)
    }
}

fn ended(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

/// Waits for the engine to connect.
pub struct Listener(pub TcpListener);

impl Listener {
    pub fn new() -> Listener {
        Listener(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener"))
    }

    /// A listener on an address that was in use a moment ago.
    pub fn on(address: SocketAddr) -> Listener {
        Listener(TcpListener::bind(address).expect("the same address again"))
    }

    pub fn endpoint(&self) -> String {
        format!("tcp://{}", self.0.local_addr().expect("an address"))
    }

    pub fn accept(&self) -> Raw {
        // A listener has no timeout of its own: wait on another thread.
        let listener = self.0.try_clone().expect("the listener again");
        let (stream, _) = super::within("accept", move || listener.accept()).expect("a connection");
        Raw::over(stream)
    }
}
