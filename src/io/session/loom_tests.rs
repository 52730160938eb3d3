//! Models of how a connection passes from threads of the application to its I/O thread and back. Run by
//! `scripts/loom.sh`. What only changes under the session's lock is tried out in `claim`; here is what meets outside.
#![forbid(unsafe_code)]

use super::claim::{Direct, Look};
use crate::io::care::Care;
use crate::io::line::Claim;
use crate::message::Message;
use crate::pipe::{Bounds, Notify, Pipe, Signal, pipe};
use crate::sync::model;
use loom::sync::Mutex;
use loom::thread;
use std::sync::Arc;

fn part(value: u8) -> Message {
    Message::copy_from(&[value]).unwrap()
}

/// A session: what its lock guards.
struct Held {
    direct: Direct,
    pipe: Pipe,
    /// What was written to the connection, and what was read from it for which there was no room.
    sent: Vec<u8>,
    waiting: Vec<u8>,
    /// The I/O thread writes so many messages before it asks the sender to go on by itself.
    chases: usize,
    /// It has asked.
    left_to_writer: bool,
}

/// A session and its line, with the I/O thread's inbox.
struct Model {
    held: Mutex<Held>,
    claim: Claim,
    care: Care,
    inbox: Mutex<Vec<Signal>>,
}

/// The session's end of the pipe is told through this.
struct Told(std::sync::Mutex<std::sync::Weak<Model>>);

impl Notify for Told {
    fn notify(&self, _: usize, signal: Signal) {
        let model = self.0.lock().unwrap().upgrade();
        if let Some(model) = model
            && !(signal == Signal::Writable && model.claim.is_set())
        {
            model.inbox.lock().unwrap().push(signal);
        }
    }

    fn defer(&self, _: usize) -> bool {
        let Some(model) = self.0.lock().unwrap().upgrade() else { return false };
        model.held.lock().unwrap().direct.stream(&model.care, 0);
        true
    }
}

struct Deaf;

impl Notify for Deaf {
    fn notify(&self, _: usize, _: Signal) {}
}

impl Model {
    /// A session with a high-water mark each way, and the socket's end of its pipe.
    fn new(hwm: usize) -> (Arc<Model>, Pipe) {
        let bounds = || Bounds { hwm, swap: None };
        let (near, far) = pipe([bounds(), bounds()]);
        let told = Arc::new(Told(std::sync::Mutex::default()));
        far.set_owner(told.clone(), 0);
        near.set_owner(Arc::new(Deaf), 0);
        let held = Held {
            direct: Direct::default(),
            pipe: far,
            sent: Vec::new(),
            waiting: Vec::new(),
            chases: usize::MAX,
            left_to_writer: false,
        };
        let model = Arc::new(Model {
            held: Mutex::new(held),
            claim: Claim::default(),
            care: Care::new().unwrap(),
            inbox: Mutex::new(Vec::new()),
        });
        *told.0.lock().unwrap() = Arc::downgrade(&model);
        (model, near)
    }

    /// A thread of the application reads: so much as there is room for.
    fn pull(&self) {
        let mut held = self.held.lock().unwrap();
        if !held.direct.is_claimed() {
            held.direct.claim();
            self.claim.set(true);
        }
        held.receive();
        held.direct.note_use(&self.care, 0);
    }

    /// A thread of the application writes what there is.
    fn press(&self) {
        let mut held = self.held.lock().unwrap();
        while let Some(part) = held.pipe.read_now() {
            held.sent.extend_from_slice(part.as_bytes());
        }
        held.left_to_writer = false;
        held.direct.stream(&self.care, 0);
    }

    /// The sender has been waited for long enough.
    fn expire(&self) {
        let mut held = self.held.lock().unwrap();
        held.left_to_writer = false;
        held.drive();
    }

    /// The I/O thread does what it has been told.
    fn work(&self) {
        let tasks = std::mem::take(&mut *self.inbox.lock().unwrap());
        for signal in tasks {
            let mut held = self.held.lock().unwrap();
            if signal != Signal::Readable || !held.direct.is_streaming() {
                held.drive();
            }
        }
    }

    /// The I/O thread looks after what others drive.
    fn look(&self) {
        let keys = self.care.look().into_iter().filter(|_| {
            let mut held = self.held.lock().unwrap();
            match held.direct.look(false, &self.care) {
                Look::Theirs => return true,
                Look::TheirsToRead => {
                    held.drive();
                    return true;
                }
                Look::Ours => {}
            }
            if held.direct.leave(&self.care) {
                self.claim.set(false);
            }
            held.drive();
            false
        });
        self.care.keep(keys.collect());
    }

    /// Nothing more is done by the application: what the I/O thread still does.
    fn settle(&self) {
        for _ in 0..2 {
            self.work();
            self.look();
        }
        assert_eq!(self.care.count_awake(), 0, "the I/O thread rests");
        self.work();
    }
}

impl Held {
    fn receive(&mut self) {
        while !self.waiting.is_empty() && self.pipe.can_write() {
            self.pipe.write(part(self.waiting.remove(0)));
            self.pipe.flush();
        }
    }

    fn drive(&mut self) {
        self.receive();
        while !self.direct.is_streaming() && !self.left_to_writer {
            if self.chases == 0 {
                (self.chases, self.left_to_writer) = (usize::MAX, true);
                return self.pipe.tell_chased();
            }
            let Some(part) = self.pipe.read() else { return };
            self.sent.extend_from_slice(part.as_bytes());
            self.chases -= 1;
        }
    }
}

/// The reader's notice that there is room goes nowhere while the connection is claimed; it is taken back meanwhile.
#[test]
fn loom_room_that_is_made_while_a_connection_is_taken_back_is_used() {
    model(|| {
        let (model, mut near) = Model::new(1);
        model.held.lock().unwrap().waiting = vec![0, 1];
        // One goes into the pipe, the other waits for room.
        model.pull();
        let theirs = model.clone();
        let io = thread::spawn(move || {
            theirs.look();
            theirs.look();
        });
        assert_eq!(near.read().unwrap().as_bytes(), [0]);
        let early = near.read();
        io.join().unwrap();
        model.settle();
        let second = early.or_else(|| near.read()).expect("there was room for it");
        assert_eq!(second.as_bytes(), [1]);
    });
}

/// Asked by an I/O thread that follows it step by step, the sender writes by itself, or has left for good before it heard.
#[test]
fn loom_what_is_left_to_the_sender_is_written() {
    for presses in [false, true] {
        model(move || {
            let (model, mut near) = Model::new(0);
            model.held.lock().unwrap().chases = 1;
            model.held.lock().unwrap().drive();
            let theirs = model.clone();
            let io = thread::spawn(move || {
                theirs.work();
                theirs.work();
                theirs.look();
            });
            for value in 0..3 {
                near.write(part(value));
                near.flush();
                if presses && value == 1 {
                    model.press();
                }
            }
            io.join().unwrap();
            model.work();
            model.expire();
            model.settle();
            assert_eq!(model.held.lock().unwrap().sent, [0, 1, 2], "all, once, in order");
            drop(near);
        });
    }
}

/// Answers that a thread leaves in the pipe, as it has more to read, are written though it neither reads nor waits again.
#[test]
fn loom_answers_that_are_left_are_written() {
    model(|| {
        let (model, mut near) = Model::new(0);
        model.held.lock().unwrap().drive();
        model.held.lock().unwrap().waiting = vec![7, 8, 9];
        model.pull();
        let theirs = model.clone();
        let io = thread::spawn(move || {
            theirs.work();
            theirs.look();
        });
        for value in 0..2 {
            assert!(near.read().is_some());
            near.write(part(value));
            near.flush();
        }
        io.join().unwrap();
        model.settle();
        assert_eq!(model.held.lock().unwrap().sent, [0, 1], "all, once, in order");
        drop(near);
    });
}

/// What a thread leaves in the pipe when it has pressed is written by the I/O thread, while another thread reads.
#[test]
fn loom_what_a_stream_leaves_is_written() {
    for sleeps in [false, true] {
        model(move || {
            let (model, mut near) = Model::new(0);
            // The I/O thread waits for something to write.
            model.held.lock().unwrap().drive();
            let theirs = model.clone();
            let io = thread::spawn(move || {
                theirs.work();
                theirs.look();
            });
            near.write(part(0));
            near.flush();
            model.press();
            near.write(part(1));
            near.flush();
            if sleeps {
                model.pull();
                let mut held = model.held.lock().unwrap();
                if held.direct.is_claimed() {
                    held.direct.begin_sleep(&model.care);
                }
            }
            io.join().unwrap();
            model.settle();
            assert_eq!(model.held.lock().unwrap().sent, [0, 1], "all, once, in order");
            drop(near);
        });
    }
}
