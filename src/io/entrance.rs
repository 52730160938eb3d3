//! The entrance to a socket that knows its peers by their names: who came first is let in first.
//!
//! A peer with a name may be one that has just left. Its former connection is to end before the new one is looked at,
//! even when an I/O thread has not driven it yet: see [`Recall`]. That one may still be waiting to be let in itself.
#![forbid(unsafe_code)]

use super::Cause;
use super::owner::{Home, Owner};
use super::thread::Recall;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// Those with a name who are not let in yet.
#[derive(Default)]
pub(crate) struct Entrance(Mutex<Vec<Waiting>>);

struct Waiting {
    /// When its connection began, in the order of those of the socket.
    number: u64,
    name: Arc<[u8]>,
    home: Home,
    /// Somebody of the same name has been before it, and his connection may have come to its end since.
    behind: bool,
}

/// A peer's place at the entrance.
pub(crate) struct Place {
    owner: Arc<Owner>,
    home: Home,
    number: u64,
    recall: Weak<Recall>,
}

impl Place {
    /// A place for the peer of a session whose connection began as the socket's `number`th.
    pub(crate) fn new(owner: &Arc<Owner>, home: &Home, name: &[u8], number: u64) -> Place {
        let mut waiting = owner.entrance.0.lock();
        let mut behind = false;
        for other in waiting.iter_mut().filter(|other| *other.name == *name) {
            let later = if other.number < number { &mut behind } else { &mut other.behind };
            *later = true;
        }
        waiting.push(Waiting { number, name: name.into(), home: home.clone(), behind });
        drop(waiting);
        let recall = Recall::begin(&owner.runtime.threads, home);
        Place { owner: owner.clone(), home: home.clone(), number, recall }
    }

    /// Whether the peer is to be let in now. If not, its session is driven when it may be.
    pub(crate) fn is_open(&mut self) -> bool {
        if self.recall.strong_count() > 0 {
            return false;
        }
        let mut waiting = self.owner.entrance.0.lock();
        let Some(at) = waiting.iter().position(|own| own.number == self.number) else { return true };
        if waiting.iter().any(|other| other.number < self.number && other.name == waiting[at].name) {
            return false;
        }
        let was_behind = std::mem::take(&mut waiting[at].behind);
        drop(waiting);
        if was_behind {
            self.recall = Recall::begin(&self.owner.runtime.threads, &self.home);
        }
        !was_behind
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.owner.entrance.0.lock();
        let Some(at) = waiting.iter().position(|own| own.number == self.number) else { return };
        let own = waiting.swap_remove(at);
        let same = waiting.iter().filter(|other| other.name == own.name);
        let next = same.min_by_key(|other| other.number).map(|other| other.home.clone());
        drop(waiting);
        if let Some(home) = next {
            home.drive(Cause::Recalled);
        }
    }
}
