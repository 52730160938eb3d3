//! What the models of threads that sleep on a connection are made of: a session, its I/O thread, its socket.
//!
//! What the lock of the session guards, and what is told without it, is the real thing, and so are the parker, the mailbox
//! and the pipe. The connection and the I/O thread's loop are made by hand.
#![forbid(unsafe_code)]

use super::claim::{Direct, Look};
use crate::io::care::Care;
use crate::io::line::Claim;
use crate::io::model::{EventFd, ModelFd};
use crate::io::parker::Parker;
use crate::io::sys_wait::PollFd;
use crate::message::Message;
use crate::pipe::{Bounds, Notify, Pipe, Signal, pipe};
use crate::socket::mailbox::{Event, Mailbox};
use loom::sync::{Condvar, Mutex};
use loom::thread;
use std::sync::Arc;

/// The session's key on its I/O thread.
const KEY: usize = 0;

pub(super) fn part(value: u8) -> Message {
    Message::copy_from(&[value]).unwrap()
}

/// What an I/O thread is asked to do.
pub(super) enum Task {
    /// The reactor says that there is something to read.
    Ready,
    /// The session asks to be driven.
    Again,
    /// Something happened at the socket's end of the pipe.
    Pipe(Signal),
    /// All that others drive is to be taken back.
    Recall,
    /// The time between two looks is over.
    Tick,
    Quit,
}

/// The end of a connection that the session has.
pub(super) struct Connection {
    fd: ModelFd,
    state: Mutex<Arriving>,
}

#[derive(Default)]
struct Arriving {
    bytes: Vec<u8>,
    ended: bool,
    /// The reactor watches it.
    watched: bool,
}

impl Connection {
    fn new() -> Arc<Connection> {
        Arc::new(Connection { fd: ModelFd::new(), state: Mutex::default() })
    }
}

/// What the session's lock guards.
pub(super) struct Held {
    direct: Direct,
    /// Gone when the session has ended.
    pipe: Option<Pipe>,
    pub(super) link: Option<Arc<Connection>>,
    /// A thread of the application has found out that the connection is lost.
    broken: bool,
    /// What was written to the connection.
    pub(super) sent: Vec<u8>,
    /// What the peer answers once it has so much, on another connection if this one is lost.
    pub(super) answer: Option<(usize, u8)>,
}

/// What a socket's turn guards.
pub(super) struct Turn {
    pub(super) pipe: Option<Pipe>,
    pub(super) terminated: bool,
    /// Events that have nothing to do with the connection.
    pub(super) others: usize,
}

/// A session with its line, the I/O thread's inbox, and the socket.
pub(super) struct World {
    pub(super) held: Mutex<Held>,
    claim: Claim,
    care: Care,
    inbox: Mutex<Vec<Task>>,
    posted: Condvar,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) turn: Mutex<Turn>,
}

/// The session's end of the pipe is told through this.
struct Told(std::sync::Mutex<std::sync::Weak<World>>);

impl Notify for Told {
    fn notify(&self, _: usize, signal: Signal) {
        let world = self.0.lock().unwrap().upgrade();
        if let Some(world) = world
            && !(signal == Signal::Writable && world.claim.is_set())
        {
            world.post(Task::Pipe(signal));
        }
    }
}

/// One that sleeps.
pub(super) struct Sleeper {
    parker: Arc<Parker>,
    event: Arc<EventFd>,
}

impl Sleeper {
    pub(super) fn new() -> Sleeper {
        Sleeper { parker: Arc::new(Parker::new()), event: Arc::new(EventFd::new().unwrap()) }
    }
}

impl World {
    /// A session that is connected, and watched.
    pub(super) fn new() -> (Arc<World>, Arc<Connection>) {
        let (near, far) = pipe([Bounds::default(), Bounds::default()]);
        let mailbox = Arc::new(Mailbox::default());
        let told = Arc::new(Told(std::sync::Mutex::default()));
        far.set_owner(told.clone(), KEY);
        near.set_owner(mailbox.clone(), 1);
        let connection = Connection::new();
        let held = Held {
            direct: Direct::default(),
            pipe: Some(far),
            link: Some(connection.clone()),
            broken: false,
            sent: Vec::new(),
            answer: None,
        };
        let world = Arc::new(World {
            held: Mutex::new(held),
            claim: Claim::default(),
            care: Care::new().unwrap(),
            inbox: Mutex::new(Vec::new()),
            posted: Condvar::new(),
            mailbox,
            turn: Mutex::new(Turn { pipe: Some(near), terminated: false, others: 0 }),
        });
        *told.0.lock().unwrap() = Arc::downgrade(&world);
        // The I/O thread, and the socket, have looked, and sleep.
        world.drive(&mut world.held.lock().unwrap());
        assert!(world.turn.lock().unwrap().pipe.as_mut().is_some_and(|pipe| pipe.read().is_none()));
        (world, connection)
    }

    pub(super) fn post(&self, task: Task) {
        self.inbox.lock().unwrap().push(task);
        self.posted.notify_one();
    }

    /// The peer sends something, or ends the connection.
    pub(super) fn arrive(&self, connection: &Connection, byte: Option<u8>) {
        let mut state = connection.state.lock().unwrap();
        state.bytes.extend(byte);
        state.ended |= byte.is_none();
        connection.fd.set_readable(true);
        if state.watched {
            self.post(Task::Ready);
        }
    }

    /// The reactor begins to watch the connection, and tells what there is.
    fn watch(&self, connection: &Connection) {
        let mut state = connection.state.lock().unwrap();
        if !std::mem::replace(&mut state.watched, true) && (state.ended || !state.bytes.is_empty()) {
            self.post(Task::Ready);
        }
    }

    /// The I/O thread until it is told to quit.
    fn work(&self) {
        loop {
            let tasks = {
                let mut inbox = self.inbox.lock().unwrap();
                while inbox.is_empty() {
                    inbox = self.posted.wait(inbox).unwrap();
                }
                std::mem::take(&mut *inbox)
            };
            for task in tasks {
                match task {
                    Task::Quit => return,
                    Task::Recall => self.look(true),
                    Task::Tick if self.care.is_ticking() => self.look(false),
                    Task::Tick => {}
                    Task::Ready | Task::Again => self.drive(&mut self.held.lock().unwrap()),
                    Task::Pipe(Signal::Closed) => self.end(&mut self.held.lock().unwrap()),
                    Task::Pipe(signal) => {
                        let mut held = self.held.lock().unwrap();
                        if signal != Signal::Readable || !held.direct.is_streaming() {
                            self.drive(&mut held);
                        }
                    }
                }
            }
        }
    }

    /// As `Source::drive` of a session does it.
    fn drive(&self, held: &mut Held) {
        if std::mem::take(&mut held.broken) || held.receive().is_err() {
            self.lose(held);
        }
        if !held.direct.is_streaming() {
            held.transmit(self, Pipe::read);
        }
        if let Some(connection) = &held.link
            && !held.direct.is_claimed()
        {
            self.watch(connection);
        }
    }

    /// The connection is lost. The next one, if the peer has more to say, is there at once.
    fn lose(&self, held: &mut Held) {
        if let Some(connection) = &held.link
            && held.direct.is_slept_on()
        {
            connection.fd.set_readable(true);
        }
        self.leave(held);
        held.link = held.answer.take().map(|(_, byte)| {
            let next = Connection::new();
            self.arrive(&next, Some(byte));
            next
        });
        if held.link.is_none() {
            held.pipe = None;
        }
    }

    /// The socket is closed.
    fn end(&self, held: &mut Held) {
        self.leave(held);
        held.link = None;
        held.pipe = None;
    }

    fn leave(&self, held: &mut Held) {
        if held.direct.leave(&self.care) {
            self.claim.set(false);
        }
    }

    pub(super) fn give_back(&self, held: &mut Held) {
        if held.direct.is_claimed() || held.direct.is_streaming() {
            self.leave(held);
            self.post(Task::Again);
        }
    }

    /// As an I/O thread looks after what others drive.
    fn look(&self, taken_back: bool) {
        let keys = self.care.look().into_iter().filter(|_| {
            let mut held = self.held.lock().unwrap();
            match held.direct.look(taken_back, &self.care) {
                Look::Theirs => return true,
                Look::TheirsToRead => {
                    self.post(Task::Again);
                    return true;
                }
                Look::Ours => {}
            }
            self.leave(&mut held);
            self.drive(&mut held);
            false
        });
        self.care.keep(keys.collect());
    }

    /// As `Session::pull`, by a thread of the application.
    pub(super) fn pull(&self) {
        let mut held = self.held.lock().unwrap();
        let Some(connection) = held.link.clone().filter(|_| !held.broken) else {
            return self.give_back(&mut held);
        };
        if !held.direct.is_claimed() {
            connection.state.lock().unwrap().watched = false;
            held.direct.claim();
            self.claim.set(true);
        }
        if held.receive().is_ok() {
            held.direct.note_use(&self.care, KEY);
        } else {
            held.broken = true;
            self.leave(&mut held);
            self.post(Task::Again);
        }
    }

    /// As a sender does it that streams, and then does something else.
    pub(super) fn press(&self, value: u8) {
        let mut turn = self.turn.lock().unwrap();
        if let Some(near) = &mut turn.pipe {
            near.write(part(value));
            near.flush();
        }
        let mut held = self.held.lock().unwrap();
        if held.link.is_some() && !held.broken {
            held.transmit(self, Pipe::read_now);
            held.direct.stream(&self.care, KEY);
        }
    }

    /// As `SocketHandle::wait_on`: sleeps and looks again until `attempt` finds something.
    pub(super) fn wait<T>(&self, sleeper: &Sleeper, mut attempt: impl FnMut(&mut Turn) -> Option<T>) -> T {
        loop {
            self.pull();
            let registered = {
                let mut turn = self.turn.lock().unwrap();
                if let Some(found) = self.attempt(&mut turn, &mut attempt) {
                    return found;
                }
                self.mailbox.begin_wait(&sleeper.parker)
            };
            if registered {
                self.sleep(sleeper);
                self.mailbox.end_wait(&sleeper.parker);
                if let Some(found) = self.attempt(&mut self.turn.lock().unwrap(), &mut attempt) {
                    return found;
                }
            }
        }
    }

    fn attempt<T>(&self, turn: &mut Turn, attempt: &mut impl FnMut(&mut Turn) -> Option<T>) -> Option<T> {
        let mut events = Vec::new();
        self.mailbox.take(&mut events);
        for event in events.drain(..) {
            turn.terminated |= matches!(event, Event::Terminate);
            turn.others += usize::from(matches!(event, Event::Pipe(id, _) if id.key() != 1));
        }
        attempt(turn)
    }

    /// As `Wait::poll`.
    fn sleep(&self, sleeper: &Sleeper) {
        let on = {
            let mut held = self.held.lock().unwrap();
            let connection = held.link.clone().filter(|_| held.direct.is_claimed());
            if connection.is_some() {
                held.direct.begin_sleep(&self.care);
            }
            connection
        };
        let fd = on.as_ref().map_or(-1, |connection| connection.fd.raw_fd());
        let mut fds = [PollFd::new(fd, true, false, false), PollFd::new(-1, false, false, false)];
        sleeper.parker.poll(&mut fds, &sleeper.event, None, None).unwrap();
        if on.is_some() {
            self.held.lock().unwrap().direct.end_sleep(&self.care, KEY);
        }
        drop(on);
        if fds[0].is_readable() {
            self.pull();
        }
    }

    /// Receives a message, waiting for it.
    pub(super) fn recv(&self, sleeper: &Sleeper) -> u8 {
        self.wait(sleeper, |turn| turn.pipe.as_mut()?.read().map(|part| part.as_bytes()[0]))
    }

    /// Nothing more is done by the application: what the I/O thread still does.
    pub(super) fn settle(&self) {
        for _ in 0..3 {
            self.post(Task::Quit);
            self.work();
            self.post(Task::Tick);
        }
        self.post(Task::Quit);
        self.work();
        assert_eq!(self.care.count_awake(), 0, "the I/O thread rests");
        assert!(!self.care.is_ticking(), "the I/O thread rests");
        assert!(!self.held.lock().unwrap().direct.is_claimed(), "nobody reads it");
    }
}

impl Held {
    fn receive(&mut self) -> Result<(), ()> {
        let (Some(connection), Some(pipe)) = (&self.link, &mut self.pipe) else { return Ok(()) };
        let mut state = connection.state.lock().unwrap();
        for byte in state.bytes.drain(..) {
            pipe.write(part(byte));
        }
        pipe.flush();
        if state.ended {
            return Err(());
        }
        connection.fd.set_readable(false);
        Ok(())
    }

    fn transmit(&mut self, world: &World, next: impl Fn(&mut Pipe) -> Option<Message>) {
        let (Some(connection), Some(pipe)) = (&self.link, &mut self.pipe) else { return };
        while let Some(part) = next(pipe) {
            self.sent.extend_from_slice(part.as_bytes());
        }
        if let Some((count, byte)) = self.answer
            && self.sent.len() == count
        {
            self.answer = None;
            world.arrive(connection, Some(byte));
        }
    }
}

/// Runs the I/O thread beside `others`, which it outlives.
pub(super) fn with_io(world: &Arc<World>, others: impl FnOnce()) {
    let theirs = world.clone();
    let io = thread::spawn(move || theirs.work());
    others();
    world.post(Task::Quit);
    io.join().unwrap();
}
