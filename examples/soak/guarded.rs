//! PLAIN: who lets peers in, and a flow in which strangers knock, too.

use super::common::{Context, Random, bind, eventually};
use super::lasting::beside;
use super::{Round, by_several, by_several_mut, idle, named, numbered, patient, rest, send, sizes};
use oxmq::metadata::lookup;
use oxmq::socket::options::{Mechanism, Security};
use oxmq::{Error, Message, Options, SocketHandle, SocketType, Tags};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often each user was refused.
type Refusals = Arc<Mutex<HashMap<Vec<u8>, u32>>>;

fn password(user: &str) -> String {
    format!("of {user}")
}

fn plain(as_server: bool, user: &str, password: &str) -> Security {
    let mechanism = Mechanism::Plain { as_server, username: user.into(), password: password.into() };
    Security { mechanism, ..Security::default() }
}

/// PLAIN, for both sides.
pub fn both() -> [Security; 2] {
    [plain(true, "", ""), plain(false, "somebody", &password("somebody"))]
}

/// Lets in who knows the password, as long as the context lasts.
pub fn guard(context: &Context, seed: u64) -> Refusals {
    // Not one that is closed with the others: who lingers may need it.
    let zap = context.handle.socket(SocketType::Rep, Options::default()).expect("a socket");
    zap.bind("inproc://zeromq.zap.01").expect("bind");
    let refusals = Refusals::default();
    let noted = refusals.clone();
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let run = move || {
        let mut random = Random(seed | 1);
        let ended = loop {
            if let Err(ended) = answer(zap, &noted, &mut random) {
                break ended;
            }
        };
        assert_eq!(ended, Error::Terminated);
        zap.close().expect("close");
    };
    std::thread::Builder::new().name(name).spawn(run).expect("a thread");
    refusals
}

fn answer(zap: SocketHandle, refusals: &Refusals, random: &mut Random) -> Result<(), Error> {
    let mut request = vec![zap.recv(true)?];
    while request.last().is_some_and(Message::more) {
        match zap.recv(false) {
            Err(Error::WouldBlock) => panic!("all parts come together"),
            // Or the context ends meanwhile.
            part => request.push(part?),
        }
    }
    idle(random);
    let text = |at: usize| std::str::from_utf8(request[at].as_bytes()).expect("text");
    assert_eq!((request.len(), text(5)), (8, "PLAIN"));
    let (user, knows) = (text(6), text(7) == password(text(6)));
    let status = if knows { "200" } else { ["300", "400", "500"][random.below(3)] };
    if !knows {
        *refusals.lock().expect("refusals").entry(user.into()).or_default() += 1;
    }
    let frames = [text(0), text(1), status, "", if knows { user } else { "" }, ""];
    for (at, frame) in frames.iter().enumerate() {
        let mut part = Message::copy_from(frame.as_bytes()).expect("memory");
        part.set_more(at + 1 < frames.len());
        zap.send(&mut part, true)?;
    }
    Ok(())
}

fn user(sender: u32) -> String {
    format!("user {sender}")
}

/// Somebody who should not get in, and tries to be heard.
struct Stranger<'a> {
    round: &'a Round<'a>,
    endpoint: &'a str,
    refusals: &'a Refusals,
    user: String,
}

impl Stranger<'_> {
    fn knock(&self, random: &mut Random) {
        let security = match random.below(6) {
            0 => Security::default(),
            _ => plain(false, &self.user, "a guess"),
        };
        let asks = !matches!(security.mechanism, Mechanism::Null);
        let times = || self.refusals.lock().expect("refusals").get(self.user.as_bytes()).copied();
        let before = times();
        let push = self.round.client.socket_with(SocketType::Push, |options| {
            patient(options, 0);
            options.linger = Some(Duration::ZERO);
            options.security = security.into();
        });
        push.connect(self.endpoint).expect("connect");
        send(push, u32::MAX, 0, 100);
        // Some leave while they are thought about.
        if asks && random.below(3) > 0 {
            eventually("a stranger is refused", || times() > before);
        }
        std::thread::sleep(Duration::from_micros(random.below(20_000) as u64));
        push.close().expect("close");
    }
}

/// PUSHes with names and passwords, and strangers without: complete, each by its own name, and nothing else; also in
/// order, where nobody connects anew.
pub fn named_users(round: &Round<'_>, random: &mut Random) {
    let context = Context::with_threads(1 + random.below(2));
    let refusals = guard(&context, random.next());
    let pull = context.socket_with(SocketType::Pull, |options| {
        patient(options, round.hwm);
        options.security = plain(true, "", "").into();
    });
    let endpoint = &bind(pull, &beside(round, "guarded"));
    let renewed = random.below(2) == 0;
    let senders = 1 + random.below(4);
    let messages: Vec<_> = (0..senders).map(|_| sizes(random)).map(|sizes| numbered(&sizes)).collect();
    let total = messages.iter().map(Vec::len).sum();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (sender, messages) in (0..).zip(&messages) {
            named(scope, move || send_as(round, sender, messages, endpoint, renewed));
        }
        for number in 0..random.below(3) as u64 {
            let user = format!("stranger {number}");
            let stranger = Stranger { round, endpoint, refusals: &refusals, user };
            let done = &done;
            named(scope, move || {
                let mut random = round.random(1000 + number);
                while !done.load(Relaxed) {
                    stranger.knock(&mut random);
                }
            });
        }
        let mut seen: Vec<HashSet<u32>> = vec![HashSet::new(); senders];
        by_several_mut(&vec![(); total], &mut round.random(100), |(), _| {
            let (mut first, mut tags) = (Message::new(), Tags::default());
            pull.recv_tagged(&mut first, &mut tags, true).expect("recv");
            let (sender, number, size) = rest(pull, &first);
            let of_sender = messages.get(sender as usize).expect("nobody else is heard");
            let seen = &mut seen[sender as usize];
            assert!(renewed || number as usize == seen.len(), "{number} instead of {}", seen.len());
            assert!(seen.insert(number), "{number} came twice");
            assert_eq!(of_sender.get(number as usize), Some(&(number, size)));
            // Unknown is only a connection that has ended.
            if let Some(metadata) = lookup(tags.origin) {
                let name = metadata.get("User-Id").and_then(|name| name.to_str().ok());
                assert_eq!(name, Some(user(sender).as_str()));
            }
            round.note();
        });
        done.store(true, Relaxed);
    });
}

/// What one of the users sends, over one connection or over one after the other.
fn send_as(round: &Round<'_>, sender: u32, messages: &[(u32, usize)], endpoint: &str, renewed: bool) {
    let open = || {
        let push = round.client.socket_with(SocketType::Push, |options| {
            patient(options, round.hwm);
            options.security = plain(false, &user(sender), &password(&user(sender))).into();
        });
        push.connect(endpoint).expect("connect");
        push
    };
    let mut random = round.random(u64::from(sender));
    let mut left = messages;
    while !left.is_empty() {
        let count = if renewed { 1 + random.below(2000) } else { left.len() };
        let (now, later) = left.split_at(count.min(left.len()));
        let push = open();
        by_several(now, &mut random, |(number, size), _| send(push, sender, number, size));
        push.close().expect("close");
        left = later;
    }
}
