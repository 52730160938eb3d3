//! `Latest`: the place of a direction of a pipe that keeps its last message only (ZMQ_CONFLATE).
//!
//! The order of steps is that of the swap: the writer stores, then wakes a reader that is asleep; the
//! reader falls asleep, then looks here.
#![forbid(unsafe_code)]

use crate::message::Message;
use crate::sync::{AtomicBool, Mutex, Ordering};
use std::collections::VecDeque;

/// See the module's documentation. Shared by the writer and the reader.
#[derive(Default)]
pub(super) struct Latest {
    /// Whether a message is there. Changed under the lock.
    there: AtomicBool,
    message: Mutex<Option<Message>>,
}

impl Latest {
    /// Whether a message is there.
    pub(super) fn is_there(&self) -> bool {
        self.there.load(Ordering::Acquire)
    }

    /// Puts the last part of a message in the place of the one before.
    pub(super) fn store(&self, part: Option<Message>) {
        let mut message = self.message.lock();
        let before = std::mem::replace(&mut *message, part);
        self.there.store(message.is_some(), Ordering::Release);
        drop(message);
        // Freeing a body may take long, and may run the application's code.
        drop(before);
    }

    /// Moves the message, if there is one, into the place of what is in `into`, unless `queue_has_some`
    /// says (asked under the lock) that the queue has something older.
    pub(super) fn load(&self, into: &mut VecDeque<Message>, queue_has_some: impl FnOnce() -> bool) {
        if !self.is_there() {
            return;
        }
        let mut message = self.message.lock();
        if queue_has_some() {
            return;
        }
        if let Some(found) = message.take() {
            self.there.store(false, Ordering::Release);
            drop(message);
            into.clear();
            into.push_back(found);
        }
    }
}
