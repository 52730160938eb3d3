//! A socket under attack, with a good peer whose messages must all arrive meanwhile.

use crate::common::raw::{Raw, frames};
use crate::common::{Context, LOOPBACK, bind, recv_all, resident_bytes, send};
use oxmq::{Options, SocketType};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How far the whole process, with other tests in it, may grow during one of these tests.
const GROWTH_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A PULL socket with a good peer.
pub struct Victim {
    context: Context,
    good_context: Context,
    pub endpoint: String,
    state: Arc<State>,
    good_peer: JoinHandle<()>,
    receiver: JoinHandle<Vec<Vec<Vec<u8>>>>,
    resident_before: usize,
}

#[derive(Default)]
struct State {
    attack_is_over: AtomicBool,
    /// How many messages of others the receiver waits for.
    others_expected: AtomicUsize,
}

const GOOD: &[u8] = b"good";
const LAST: &[u8] = b"the last good one";
const NEWCOMER: [&[u8]; 2] = [b"a newcomer", b"says hello"];

impl Victim {
    pub fn new() -> Victim {
        Victim::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Options)) -> Victim {
        let resident_before = resident_bytes();
        let context = Context::new();
        let pull = context.socket_with(SocketType::Pull, change);
        let endpoint = bind(pull, LOOPBACK);
        let good_context = Context::new();
        let push = good_context.connected(SocketType::Push, &endpoint);
        let state = Arc::new(State::default());
        let (for_peer, for_receiver) = (state.clone(), state.clone());
        let good_peer = std::thread::spawn(move || {
            let mut number = 0_usize;
            while !for_peer.attack_is_over.load(Ordering::Acquire) {
                send(push, [GOOD, number.to_string().as_bytes()].concat());
                number += 1;
                // Only so as not to take the whole machine.
                std::thread::sleep(Duration::from_micros(500));
            }
            send(push, LAST);
        });
        let receiver = std::thread::spawn(move || {
            let (mut next, mut others, mut last_came) = (0_usize, Vec::new(), false);
            // The newcomer is waited for as such: bytes at random may be messages too.
            let mut newcomer_came = false;
            while !last_came
                || !newcomer_came
                || others.len() < for_receiver.others_expected.load(Ordering::Acquire)
            {
                let message = recv_all(pull);
                newcomer_came |= message == NEWCOMER;
                if message == [LAST] {
                    last_came = true;
                } else if let [part] = message.as_slice()
                    && let Some(number) = part.strip_prefix(GOOD)
                {
                    assert_eq!(number, next.to_string().as_bytes(), "a good message is missing");
                    next += 1;
                } else {
                    others.push(message);
                }
                assert!(resident_bytes() < resident_before + GROWTH_BYTES_MAX, "memory grows without bound");
            }
            others
        });
        Victim { context, good_context, endpoint, state, good_peer, receiver, resident_before }
    }

    /// A hostile connection.
    pub fn attack(&self) -> Raw {
        Raw::connect(&self.endpoint)
    }

    /// After the attack: everything of the good peer has arrived, a new one is welcome, and memory is
    /// bounded. Gives the messages of others: as many as `expected`, or more.
    pub fn survives(self, expected: usize) -> Vec<Vec<Vec<u8>>> {
        let mut newcomer = self.attack();
        newcomer.open_v3(0, "PUSH");
        newcomer.write(frames(&NEWCOMER));
        self.state.others_expected.store(expected + 1, Ordering::Release);
        self.state.attack_is_over.store(true, Ordering::Release);
        self.good_peer.join().expect("the good peer");
        let mut others = self.receiver.join().expect("the receiver");
        let hello = others.iter().position(|message| *message == NEWCOMER);
        others.remove(hello.expect("the newcomer was heard"));
        let grown = resident_bytes().saturating_sub(self.resident_before);
        assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more than before");
        drop(self.good_context);
        drop(self.context);
        others
    }
}
