//! I/O: the threads that drive connections, and what they drive.
//!
//! An I/O [`thread`] waits in the reactor and drives [`Source`]s: listeners and sessions. A source is a
//! value under a lock, and whoever holds the lock drives it; it knows nothing of the reactor and says,
//! after every turn, what should be watched for it.

mod admission;
pub(crate) mod attempt;
#[cfg_attr(loom, allow(dead_code, reason = "loom has its own"))]
pub(crate) mod barrier;
pub(crate) mod care;
pub(crate) mod datagrams;
pub(crate) mod dial;
pub(crate) mod entrance;
pub(crate) mod established;
pub(crate) mod fd;
pub(crate) mod futex;
pub(crate) mod heart;
pub(crate) mod line;
pub(crate) mod listener;
#[cfg(all(test, loom))]
pub(crate) mod model;
pub(crate) mod owner;
pub(crate) mod parker;
pub(crate) mod patience;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod session;
mod socks;
pub(crate) mod sys;
pub(crate) mod sys_datagram;
pub(crate) mod sys_peer;
pub(crate) mod sys_thread;
pub(crate) mod sys_wait;
pub(crate) mod thread;
pub(crate) mod zap;

use self::run::Run;
use crate::message::Arena;
use crate::pipe::Signal;
use crate::wire::batch::Batch;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::time::Instant;

/// Bytes that one read asks for. Small enough to stay in the cache until they are decoded.
const READ_BYTES: usize = 64 * 1024;

/// Why a source is driven.
pub(crate) enum Cause {
    /// It was just given to the thread.
    Adopted,
    /// The reactor says that its descriptor is ready.
    Ready {
        /// There is something to read, or an error to find out about.
        readable: bool,
        /// There is room to write, or an error to find out about.
        writable: bool,
        /// The peer's end, or an error, comes behind what there is to read. It is said once only.
        ending: bool,
    },
    /// Something happened at the other end of its pipe.
    Pipe(Signal),
    /// The deadline that it gave has passed.
    Timer,
    /// It said that it has more to do.
    Again,
    /// Those who have been writing what is in its pipe have left the rest to it.
    Left,
    /// The host that it asked for was looked up.
    Resolved(Vec<SocketAddr>),
    /// The handler of ZAP that it asked has answered, or is gone.
    Answered,
    /// All I/O threads have seen what it wanted them to see first, or who was before it at the entrance is there no more.
    Recalled,
    /// A connection whose peer belongs to it.
    Handover(Box<Handover>),
    /// It is not wanted any more.
    Stop,
    /// It is not wanted any more once what was sent is delivered.
    Dismiss,
}

/// What a source wants next.
#[derive(Default)]
pub(crate) struct Next {
    /// When to drive it again, whatever happens.
    pub(crate) deadline: Option<Instant>,
    /// Drive it again soon: it left work to let others have their turn.
    pub(crate) again: bool,
    /// It has ended: forget it.
    pub(crate) done: bool,
    /// Its connection belongs to another source: give it there once it is not watched here any more.
    pub(crate) handover: Option<(owner::Home, Box<Handover>)>,
}

/// A connection that goes from the session that accepted it to the one that has its peer's pipe.
pub(crate) struct Handover {
    pub(crate) connection: Box<established::Established>,
    /// Who comes next of that name waits until the connection has arrived.
    pub(crate) place: Option<entrance::Place>,
}

/// Something that an I/O thread drives.
pub(crate) trait Source: Send {
    /// Does what can be done now without waiting.
    fn drive(&mut self, cause: Cause, scratch: &mut Scratch, now: Instant) -> Next;

    /// Looks whether somebody else drives it, as was begun; see [`care`]. When not, or when it is to be `taken_back`,
    /// false: it is to be driven here.
    fn is_cared_for(&mut self, _taken_back: bool) -> bool {
        false
    }

    /// Gives the descriptor to watch, if any, to `watch`, with a number that changes whenever it is another
    /// one, and whether it waits for room to write. Nobody closes it meanwhile.
    fn watch(&self, watch: &mut dyn FnMut(RawFd, u64, bool));
}

/// The working memory of whoever drives: one a thread, so that an idle connection holds none.
pub(crate) struct Scratch {
    /// Where bytes are read into.
    pub(crate) input: Box<[u8]>,
    /// Where messages are encoded into.
    pub(crate) output: Batch,
    /// What was encoded last, if others may get the same.
    pub(crate) run: Run,
    /// Where middle-sized bodies are put.
    pub(crate) arena: Arena,
}

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch {
            input: vec![0; READ_BYTES].into_boxed_slice(),
            output: Batch::new(),
            run: Run::default(),
            arena: Arena::new(),
        }
    }
}
