//! STREAM: peers that are plain sockets, or STREAMs too.

use super::common::{Random, bind};
use super::lasting::beside;
use super::{ROUND_BYTES, Round, first_part, idle, named, patient};
use oxmq::{Message, Options, SocketHandle, SocketType};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

/// What is said over a connection after its first bytes, which tell this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Talk {
    kind: Kind,
    number: u32,
    /// Bytes that follow.
    size: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// The peer sends, and leaves.
    Told,
    /// The peer sends, hears all of it again, and leaves.
    Echoed,
    /// The server sends, and closes.
    Asked,
}

const KINDS: [Kind; 3] = [Kind::Told, Kind::Echoed, Kind::Asked];
const HEAD_BYTES: usize = 9;
/// What a peer that reads and writes in turns has under way at most: less than the system keeps for it.
const WINDOW: u32 = 16_384;

impl Talk {
    fn random(number: u32, random: &mut Random) -> Talk {
        let most = 1 << random.below(21);
        Talk { kind: KINDS[random.below(3)], number, size: random.below(most) as u32 }
    }

    fn head(self) -> Vec<u8> {
        [&[self.kind as u8][..], &self.number.to_le_bytes(), &self.size.to_le_bytes()].concat()
    }

    fn of_head(head: &[u8]) -> Talk {
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
        Talk { kind: KINDS[usize::from(head[0])], number: word(1), size: word(5) }
    }

    /// Some of the bytes that follow.
    fn bytes(self, from: u32, most: usize) -> Vec<u8> {
        let end = self.size.min(from.saturating_add(most as u32));
        (from..end).map(|at| (at ^ (at >> 8) ^ self.number.wrapping_mul(31)) as u8).collect()
    }

    /// Notes that these have come after the first `got` of them.
    fn check(self, got: &mut u32, bytes: &[u8]) {
        assert!(self.bytes(*got, bytes.len()) == bytes, "{self:?}: not what follows byte {got}");
        *got += bytes.len() as u32;
    }
}

fn piece(random: &mut Random) -> usize {
    let most = [20, 2000, 9000, 70_000][random.below(4)];
    1 + random.below(most)
}

fn stream(round: &Round<'_>, binds: bool) -> SocketHandle {
    let context = if binds { &round.server } else { &round.client };
    context.socket_with(SocketType::Stream, |options| {
        patient(options, round.hwm);
        options.routing = Options::for_4x().routing;
    })
}

fn say(stream: SocketHandle, name: &[u8], bytes: Vec<u8>) {
    let mut name = Message::copy_from(name).expect("memory");
    name.set_more(true);
    stream.send(&mut name, true).expect("send");
    stream.send(&mut Message::from_vec(bytes), true).expect("send");
}

/// The name of a peer, and what came of it.
fn hear(stream: SocketHandle, random: &mut Random) -> (Vec<u8>, Message) {
    let name = first_part(stream, random).expect("recv");
    assert!(name.more(), "a name is followed by bytes");
    let bytes = stream.recv(false).expect("both parts come together");
    assert!(!bytes.more(), "bytes are one part");
    (name.as_bytes().to_vec(), bytes)
}

/// What a STREAM that is bound knows of a peer.
#[derive(Default)]
struct Heard {
    head: Vec<u8>,
    got: u32,
}

/// A STREAM that is bound.
struct Server<'a> {
    round: &'a Round<'a>,
    stream: SocketHandle,
    peers: HashMap<Vec<u8>, Heard>,
    /// Connections that are still to come to their end.
    left: usize,
}

impl Server<'_> {
    fn serve(&mut self, random: &mut Random) {
        let (name, bytes) = hear(self.stream, random);
        if !bytes.is_empty() {
            self.heard(&name, bytes.as_bytes(), random);
        } else if let Some(heard) = self.peers.remove(&name) {
            self.has_left(&heard);
        } else {
            self.peers.insert(name, Heard::default());
        }
    }

    fn heard(&mut self, name: &[u8], bytes: &[u8], random: &mut Random) {
        let heard = self.peers.get_mut(name).expect("a peer that has come, and has not left");
        let (head, bytes) = bytes.split_at((HEAD_BYTES - heard.head.len()).min(bytes.len()));
        heard.head.extend(head);
        if heard.head.len() < HEAD_BYTES {
            return;
        }
        let talk = Talk::of_head(&heard.head);
        talk.check(&mut heard.got, bytes);
        self.round.note();
        match talk.kind {
            Kind::Asked => {
                assert!(bytes.is_empty(), "a peer that asks says no more");
                let mut sent = 0;
                while sent < talk.size {
                    let bytes = talk.bytes(sent, piece(random));
                    sent += bytes.len() as u32;
                    say(self.stream, name, bytes);
                    idle(random);
                }
                say(self.stream, name, vec![]);
                self.peers.remove(name);
                self.left -= 1;
            }
            Kind::Echoed if !bytes.is_empty() => say(self.stream, name, bytes.to_vec()),
            _ => {}
        }
    }

    fn has_left(&mut self, heard: &Heard) {
        // A STREAM that was closed connects again before it is closed itself.
        if !heard.head.is_empty() {
            let talk = Talk::of_head(&heard.head);
            assert_eq!(heard.got, talk.size, "{talk:?}: left before all has come");
            self.left -= 1;
        }
    }
}

/// A connection of no library.
fn dial(endpoint: &str) -> File {
    let fd: OwnedFd = if let Some(address) = endpoint.strip_prefix("tcp://") {
        TcpStream::connect(address).expect("connect").into()
    } else if let Some(name) = endpoint.strip_prefix("ipc://@") {
        let address = SocketAddr::from_abstract_name(name).expect("a name");
        UnixStream::connect_addr(&address).expect("connect").into()
    } else {
        let path = endpoint.strip_prefix("ipc://").expect("tcp or ipc");
        UnixStream::connect(path).expect("connect").into()
    };
    fd.into()
}

/// A peer that is a plain socket: one thread writes, and one reads.
fn talk_plainly(endpoint: &str, talk: Talk, random: &mut Random) {
    let mut connection = dial(endpoint);
    let mut writer = connection.try_clone().expect("the connection again");
    let mut own = Random(random.next() | 1);
    std::thread::scope(|scope| {
        named(scope, move || {
            writer.write_all(&talk.head()).expect("write");
            let mut sent = 0;
            while talk.kind != Kind::Asked && sent < talk.size {
                idle(&mut own);
                let bytes = talk.bytes(sent, piece(&mut own));
                writer.write_all(&bytes).expect("write");
                sent += bytes.len() as u32;
            }
        });
        let (mut got, mut buffer) = (0, vec![0; 10_000]);
        while talk.kind == Kind::Asked || talk.kind == Kind::Echoed && got < talk.size {
            idle(random);
            let count = connection.read(&mut buffer).expect("read");
            if count == 0 {
                assert_eq!((talk.kind, got), (Kind::Asked, talk.size), "closed before all has come");
                break;
            }
            talk.check(&mut got, &buffer[..count]);
        }
    });
}

/// A peer that is a STREAM, too.
fn talk_by_stream(round: &Round<'_>, endpoint: &str, talk: Talk, random: &mut Random) {
    let stream = stream(round, false);
    stream.connect(endpoint).expect("connect");
    let name = stream.options().expect("options").identity;
    say(stream, &name, talk.head());
    let (mut sent, mut got, mut notices) = (0, 0, 0);
    loop {
        idle(random);
        let room = talk.kind == Kind::Told || sent - got < WINDOW;
        if talk.kind != Kind::Asked && sent < talk.size && room {
            let bytes = talk.bytes(sent, piece(random).min(WINDOW as usize));
            sent += bytes.len() as u32;
            say(stream, &name, bytes);
        } else if talk.kind == Kind::Asked || talk.kind == Kind::Echoed && got < talk.size {
            let (from, bytes) = hear(stream, random);
            assert_eq!(from, name);
            talk.check(&mut got, bytes.as_bytes());
            notices += usize::from(bytes.is_empty());
            if notices == 2 {
                assert_eq!((talk.kind, got), (Kind::Asked, talk.size), "closed before all has come");
                break;
            }
        } else {
            break;
        }
    }
    if talk.kind != Kind::Asked && random.below(2) == 0 {
        say(stream, &name, vec![]);
    }
    stream.close().expect("close");
}

/// STREAM, and its peers one after the other: all bytes, in order, and then the end.
pub fn bytes(round: &Round<'_>, random: &mut Random) {
    let server = stream(round, true);
    let endpoint = &bind(server, &beside(round, "stream"));
    let mut talks: Vec<Vec<Talk>> = vec![vec![]; 1 + random.below(6)];
    let mut left = ROUND_BYTES;
    for number in 0..1 + random.below(200) as u32 {
        let talk = Talk::random(number, random);
        left = left.saturating_sub(talk.size as usize);
        let at = random.below(talks.len());
        talks[at].push(talk);
        if left == 0 {
            break;
        }
    }
    let total = talks.iter().map(Vec::len).sum();
    std::thread::scope(|scope| {
        for (at, talks) in (0..).zip(&talks) {
            named(scope, move || {
                let mut random = round.random(at);
                for &talk in talks {
                    match random.below(2) {
                        0 => talk_plainly(endpoint, talk, &mut random),
                        _ => talk_by_stream(round, endpoint, talk, &mut random),
                    }
                }
            });
        }
        let mut random = round.random(100);
        let mut server = Server { round, stream: server, peers: HashMap::new(), left: total };
        while server.left > 0 {
            let (server, random) = (&mut server, &mut random);
            std::thread::scope(|scope| {
                named(scope, move || {
                    for _ in 0..1 + random.below(2000) {
                        if server.left > 0 {
                            idle(random);
                            server.serve(random);
                        }
                    }
                });
            });
        }
    });
}
