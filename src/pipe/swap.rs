//! The swap of a pipe: a file that takes the messages over the high-water mark and gives them back in order.
#![forbid(unsafe_code)]

use crate::message::Message;
use std::collections::VecDeque;

/// See the module's documentation.
pub(crate) struct Swap {}

impl Swap {
    /// A swap of at most `bytes` on disk.
    pub(crate) fn create(_bytes: u64) -> std::io::Result<Swap> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Whether messages are in it, so that the next one has to go behind them.
    pub(crate) fn is_active(&self) -> bool {
        false
    }

    /// Whether it takes another message. When not, the writer is marked as waiting, see [`Swap::load`].
    pub(crate) fn has_room(&self) -> bool {
        false
    }

    /// Takes over the parts of one whole message, which always succeeds after `has_room`.
    pub(crate) fn store(&self, _parts: &mut Vec<Message>) {}

    /// Brings back a batch of messages, oldest first, unless `queue_has_some` says (asked under the lock)
    /// that older ones are still in the queue. True: a writer that was refused has room again.
    pub(crate) fn load(&self, _into: &mut VecDeque<Message>, _queue_has_some: impl FnOnce() -> bool) -> bool {
        false
    }
}
