//! Messages of a pipe that its queue is not to hold: how they get to where they are kept, and back.
#![forbid(unsafe_code)]

use super::latest::Latest;
use super::swap::Swap;
use super::{Pipe, Signal, Writing};
use crate::message::{Kind, Message};
use crate::sync::Ordering;

/// Where messages go that the queue is not to hold.
pub(super) enum Beyond {
    /// Those over the mark: to disk.
    Swap(Swap),
    /// All: each takes the place of the one before.
    Latest(Latest),
}

impl Pipe {
    /// Writes one part of a message to where the message goes: the queue, the swap, the last one's place.
    #[cold]
    pub(super) fn write_beyond(&mut self, part: Message) {
        if self.writing == Writing::Nothing {
            let flow = &self.link.flows[self.side];
            let limit = flow.limit.load(Ordering::Relaxed);
            let beyond = match flow.beyond.as_deref() {
                Some(Beyond::Swap(swap)) => {
                    self.written.wrapping_sub(self.granted) >= limit || swap.is_active()
                }
                Some(Beyond::Latest(_)) => part.kind() == Kind::Data,
                None => false,
            };
            self.writing = if beyond { Writing::Beyond } else { Writing::ToQueue };
        }
        if self.writing == Writing::ToQueue {
            return self.write_to_queue(part);
        }
        let more = part.more();
        self.staged.push(part);
        if !more {
            self.store_staged();
        }
    }

    /// Gives a whole message to where it goes beyond the queue, and wakes a reader that has nothing else
    /// to read.
    fn store_staged(&mut self) {
        self.writing = Writing::Nothing;
        // What is in the queue goes before what is in the swap.
        let woken = self.tx.publish();
        match self.link.flows[self.side].beyond.as_deref() {
            Some(Beyond::Swap(swap)) => swap.store(&mut self.staged),
            Some(Beyond::Latest(latest)) => {
                latest.store(self.staged.pop());
                self.staged.clear();
            }
            None => {}
        }
        if self.tx.nudge() || woken {
            self.tell(Signal::Readable);
        }
    }

    /// Brings messages back from beyond the queue. True: there are some, or the queue has some.
    pub(super) fn swap_in(&mut self) -> bool {
        let Some(beyond) = self.link.flows[1 - self.side].beyond.as_deref() else { return false };
        let rx = &mut self.rx;
        let blocked_writer_has_room = match beyond {
            Beyond::Swap(swap) if swap.is_active() => swap.load(&mut self.refill, || rx.peek().is_some()),
            Beyond::Latest(latest) if latest.is_there() => {
                latest.load(&mut self.refill, || rx.peek().is_some());
                false
            }
            _ => return false,
        };
        if blocked_writer_has_room {
            self.tell(Signal::Writable);
        }
        !self.refill.is_empty() || self.rx.peek().is_some()
    }

    /// Where only the last message is kept, looks for one after that which was found already.
    pub(super) fn renew(&mut self) {
        if let Some(Beyond::Latest(latest)) = self.link.flows[1 - self.side].beyond.as_deref() {
            latest.load(&mut self.refill, || false);
        }
    }
}
