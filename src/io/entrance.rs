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
}

/// A peer's place at the entrance.
pub(crate) struct Place {
    owner: Arc<Owner>,
    home: Home,
    name: Arc<[u8]>,
    number: u64,
    recall: Weak<Recall>,
    /// It has waited for somebody, whose connection may have come to its end now.
    behind: bool,
}

impl Place {
    /// A place for the peer of a session whose connection began as the socket's `number`th.
    pub(crate) fn new(owner: &Arc<Owner>, home: &Home, name: &[u8], number: u64) -> Place {
        let name: Arc<[u8]> = name.into();
        owner.entrance.0.lock().push(Waiting { number, name: name.clone(), home: home.clone() });
        let recall = Recall::begin(&owner.runtime.threads, home);
        Place { owner: owner.clone(), home: home.clone(), name, number, recall, behind: false }
    }

    /// Whether the peer is to be let in now. If not, its session is driven when it may be.
    pub(crate) fn is_open(&mut self) -> bool {
        if self.recall.strong_count() > 0 {
            return false;
        }
        let is_before = |other: &Waiting| other.number < self.number && other.name == self.name;
        if self.owner.entrance.0.lock().iter().any(is_before) {
            self.behind = true;
            return false;
        }
        if std::mem::take(&mut self.behind) {
            self.recall = Recall::begin(&self.owner.runtime.threads, &self.home);
            return false;
        }
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.owner.entrance.0.lock();
        waiting.retain(|other| other.number != self.number);
        let same = waiting.iter().filter(|other| other.name == self.name);
        let next = same.min_by_key(|other| other.number).map(|other| other.home.clone());
        drop(waiting);
        if let Some(home) = next {
            home.drive(Cause::Recalled);
        }
    }
}
