//! Who drives a connection: what threads of the application do with it, and what the I/O thread then has to see to.
#![forbid(unsafe_code)]

use crate::io::care::Care;
use crate::io::established::Ended;

/// What the application's threads are doing with the connection. Changed by the holder of the session's lock.
#[derive(Default)]
pub(super) struct Direct {
    /// They read it: the reactor does not watch it.
    claimed: bool,
    /// They write what is in the pipe, in batches.
    streaming: bool,
    /// They have done so since the I/O thread looked last.
    pressed: bool,
    /// They have read or written since the I/O thread looked last.
    used: bool,
    /// How many of them sleep on the descriptor.
    sleepers: usize,
    /// The I/O thread has the session on its list of what to look at.
    listed: bool,
    /// It is counted there as one that nobody sleeps on.
    counted: bool,
    /// What they found out about the connection, for the I/O thread to act upon.
    pub(super) broken: Option<Ended>,
}

/// What the I/O thread finds when it looks after a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The application's threads go on with it.
    Theirs,
    /// They go on reading it, and have left something to be written.
    TheirsToRead,
    /// They have left it alone.
    Ours,
}

impl Direct {
    pub(super) fn is_claimed(&self) -> bool {
        self.claimed
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.streaming
    }

    /// Whether a thread sleeps on the descriptor, or on that of a former connection.
    pub(super) fn is_slept_on(&self) -> bool {
        self.sleepers > 0
    }

    /// From now on they read it.
    pub(super) fn claim(&mut self) {
        self.claimed = true;
    }

    /// The calling thread drives the connection: the I/O thread sees to it that somebody goes on.
    pub(super) fn note_use(&mut self, care: &Care, key: usize) {
        self.used = true;
        if !self.counted {
            self.counted = true;
            if self.listed {
                care.awake();
            } else {
                self.listed = true;
                care.begin(key);
            }
        }
    }

    /// The calling thread has written what was in the pipe, or is about to, and will write more.
    pub(super) fn stream(&mut self, care: &Care, key: usize) {
        (self.streaming, self.pressed) = (true, true);
        self.note_use(care, key);
    }

    /// A thread that has streamed does something else, once it has written the rest. False: others have seen to that.
    pub(super) fn end_stream(&mut self, care: &Care) -> bool {
        let streaming = std::mem::take(&mut self.streaming);
        if streaming && (!self.claimed || self.sleepers > 0) {
            self.end_care(care);
        }
        streaming
    }

    /// A thread is about to sleep on the descriptor, which they read.
    pub(super) fn begin_sleep(&mut self, care: &Care) {
        self.sleepers += 1;
        if !self.streaming {
            self.end_care(care);
        }
    }

    pub(super) fn end_sleep(&mut self, care: &Care, key: usize) {
        debug_assert!(self.sleepers > 0, "who wakes up has slept");
        self.sleepers = self.sleepers.saturating_sub(1);
        if self.claimed && self.sleepers == 0 {
            self.note_use(care, key);
        }
    }

    /// The I/O thread looks how things are going. When it finds that the connection is its own, or is to be `taken_back`,
    /// [`Direct::leave`] comes next.
    pub(super) fn look(&mut self, taken_back: bool, care: &Care) -> Look {
        let (used, pressed) = (std::mem::take(&mut self.used), std::mem::take(&mut self.pressed));
        let goes_on = self.counted && used || self.claimed && self.sleepers > 0;
        // Whoever sleeps on a connection that is taken back is told of what the I/O thread finds on it.
        if taken_back || !goes_on {
            self.listed = false;
            return Look::Ours;
        }
        // It may be read by another thread than the one that has written it, which has turned to something else: what
        // that has left is still to be written.
        let is_left = self.streaming && !pressed;
        self.streaming &= pressed;
        if self.sleepers > 0 && !used && !self.streaming {
            // Somebody who does not sleep has used it too, and is done.
            self.end_care(care);
        }
        if is_left { Look::TheirsToRead } else { Look::Theirs }
    }

    /// The connection is the I/O thread's alone. True: they have read it until now.
    pub(super) fn leave(&mut self, care: &Care) -> bool {
        self.streaming = false;
        self.end_care(care);
        std::mem::take(&mut self.claimed)
    }

    fn end_care(&mut self, care: &Care) {
        if std::mem::take(&mut self.counted) {
            care.asleep();
        }
    }
}

#[cfg(all(test, not(loom), not(miri)))]
mod tests {
    use super::*;

    const KEY: usize = 5;

    /// What can happen, in any order.
    const DEEDS: usize = 8;

    /// A connection, the I/O thread's list, and how many times that has been told to write.
    struct Model {
        direct: Direct,
        care: Care,
        left: usize,
        written: usize,
    }

    impl Model {
        fn new() -> Model {
            Model { direct: Direct::default(), care: Care::new().unwrap(), left: 0, written: 0 }
        }

        fn leave(&mut self) {
            self.direct.leave(&self.care);
            // The I/O thread drives it, and so writes what there is.
            self.written = self.left;
        }

        fn look(&mut self, taken_back: bool) {
            let keys = self.care.look();
            assert!(keys.len() <= 1, "it is listed once");
            let kept = keys.into_iter().filter(|_| match self.direct.look(taken_back, &self.care) {
                Look::Theirs => true,
                Look::TheirsToRead => {
                    self.written = self.left;
                    true
                }
                Look::Ours => {
                    self.leave();
                    false
                }
            });
            let kept: Vec<usize> = kept.collect();
            self.care.keep(kept);
        }

        fn act(&mut self, deed: usize) {
            match deed {
                // One reads it.
                0 => {
                    self.direct.claim();
                    self.direct.note_use(&self.care, KEY);
                }
                // One writes it, and leaves something.
                1 => {
                    self.direct.stream(&self.care, KEY);
                    self.left += 1;
                }
                2 if self.direct.end_stream(&self.care) => self.written = self.left,
                3 if self.direct.is_claimed() => self.direct.begin_sleep(&self.care),
                4 if self.direct.is_slept_on() => self.direct.end_sleep(&self.care, KEY),
                5 => self.look(false),
                6 => self.look(true),
                7 => self.leave(),
                _ => {}
            }
        }

        fn check(&self) {
            let direct = &self.direct;
            assert_eq!(self.care.count_awake(), usize::from(direct.counted), "it is counted once");
            assert!(!direct.counted || direct.listed, "what is counted is looked at");
            assert!(!direct.streaming || direct.counted, "somebody looks after what is left in the pipe");
            assert!(direct.streaming || self.written == self.left, "nobody would write what is left");
            assert!(!direct.claimed || direct.counted || direct.sleepers > 0, "nobody reads it");
            assert!(!direct.claimed || direct.listed, "it could not be taken back");
        }
    }

    /// Whatever was done, once nothing more is done the I/O thread has all that nobody sleeps on, and rests.
    #[test]
    fn after_any_deeds_nothing_is_left_and_nobody_ticks() {
        const LENGTH: u32 = 5;
        for order in 0..DEEDS.pow(LENGTH) {
            let mut model = Model::new();
            let deeds: Vec<usize> = (0..LENGTH).map(|at| order / DEEDS.pow(at) % DEEDS).collect();
            for deed in &deeds {
                model.act(*deed);
                model.check();
            }
            (0..2).for_each(|_| model.look(false));
            model.check();
            let direct = &model.direct;
            assert!(!direct.counted && !direct.streaming, "{deeds:?}: it looks for ever");
            assert!(!model.care.is_ticking(), "{deeds:?}: it ticks for ever");
            assert!(!direct.claimed || direct.sleepers > 0, "{deeds:?}: nobody reads it");
        }
    }
}
