//! A table of things that the application names by opaque handles.
//!
//! A handle holds a slot and a serial number. Slots are never freed, only used again under another
//! number, so a handle that is stale, foreign or garbage finds nothing, and never memory that is gone.
#![forbid(unsafe_code)]

use super::turn::{self, InTurn};
use crate::io::fd;
use crossbeam_utils::CachePadded;
use parking_lot::Mutex;
use std::hash::{BuildHasher, RandomState};
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;
use std::time::Duration;

/// Slots are made in blocks of this many, and so many blocks can be made: a million slots in all.
const BLOCK_SLOTS: usize = 1 << BLOCK_BITS;
const BLOCKS: usize = 1 << (SLOT_BITS - BLOCK_BITS);
/// Bits of a slot's number that say where in its block it is.
const BLOCK_BITS: u32 = 7;
/// Bits of a handle that give its slot.
const SLOT_BITS: u32 = if usize::BITS == 64 { 20 } else { 14 };

/// How long a forked child waits for a turn.
const FORKED_TURN_MAX: Duration = Duration::from_secs(1);

/// See the module's documentation.
pub(crate) struct Table<T> {
    blocks: [OnceLock<Box<Block<T>>>; BLOCKS],
    free: Mutex<Free>,
}

/// Slots. Each has a turn of its own, and a cache line, for neighbours are used by different threads.
type Block<T> = [CachePadded<InTurn<Entry<T>>>; BLOCK_SLOTS];

struct Entry<T> {
    /// The handle under which the value is known; 0: none.
    handle: usize,
    value: Option<T>,
}

struct Free {
    slots: Vec<usize>,
    /// Slots that were ever used.
    used: usize,
    serial: usize,
}

/// The turn of a handle's value.
pub(crate) struct Turn<'a, T>(turn::Turn<'a, Entry<T>>);

/// The block of the slot that a handle names, and the place in it.
#[inline]
fn place(handle: usize) -> (usize, usize) {
    ((handle >> BLOCK_BITS) % BLOCKS, handle % BLOCK_SLOTS)
}

impl<T> Table<T> {
    pub(crate) const fn new() -> Table<T> {
        Table {
            blocks: [const { OnceLock::new() }; BLOCKS],
            free: Mutex::new(Free { slots: Vec::new(), used: 0, serial: 0 }),
        }
    }

    /// Adds a value, or gives it back when the table is full.
    pub(crate) fn insert(&self, value: T) -> Result<usize, T> {
        let mut free = self.free.lock();
        if free.serial == 0 {
            // Handles of another run, or of another copy of the library, are not ours.
            free.serial = RandomState::new().hash_one(0u8) as usize >> (SLOT_BITS + 8);
        }
        let slot = match free.slots.pop() {
            Some(slot) => slot,
            None if free.used < 1 << SLOT_BITS => {
                free.used += 1;
                free.used - 1
            }
            None => return Err(value),
        };
        let (block, index) = place(slot);
        let block = self.blocks[block].get_or_init(|| {
            let slot = |_| CachePadded::new(InTurn::new(Entry { handle: 0, value: None }));
            let slots: Box<[_]> = (0..BLOCK_SLOTS).map(slot).collect();
            slots.try_into().unwrap_or_else(|_| unreachable!("it has as many slots as a block"))
        });
        free.serial = (free.serial + 1) & (usize::MAX >> (SLOT_BITS + 1));
        let handle = (free.serial.max(1)) << SLOT_BITS | slot;
        *block[index].take() = Entry { handle, value: Some(value) };
        Ok(handle)
    }

    /// Takes the turn of the value with this handle.
    #[inline]
    pub(crate) fn get(&self, handle: usize) -> Option<Turn<'_, T>> {
        let (block, index) = place(handle);
        let slot = &self.blocks[block].get()?[index];
        // In a forked child, a turn that another thread of the parent had is never given back.
        let entry = if fd::forks() == 0 { slot.take() } else { slot.take_within(FORKED_TURN_MAX)? };
        if entry.handle == handle && handle != 0 { Some(Turn(entry)) } else { None }
    }

    /// Takes the value out; the handle is void from then on.
    pub(crate) fn remove(&self, handle: usize) -> Option<T> {
        let mut turn = self.get(handle)?;
        turn.0.handle = 0;
        let value = turn.0.value.take();
        drop(turn);
        self.free.lock().slots.push(handle % (1 << SLOT_BITS));
        value
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.value.as_ref().expect("an entry with a handle has a value")
    }
}

impl<T> DerefMut for Turn<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0.value.as_mut().expect("an entry with a handle has a value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_name_one_value_ever() {
        static TABLE: Table<usize> = Table::new();
        let first = TABLE.insert(1).unwrap();
        assert_eq!(*TABLE.get(first).unwrap(), 1);
        assert_eq!(TABLE.remove(first), Some(1));
        assert!(TABLE.get(first).is_none() && TABLE.remove(first).is_none());
        let handles: Vec<usize> = (0..1000).map(|i| TABLE.insert(i).unwrap()).collect();
        assert!(!handles.contains(&first));
        for (i, handle) in handles.iter().enumerate() {
            assert_eq!(*TABLE.get(*handle).unwrap(), i);
            *TABLE.get(*handle).unwrap() += 1;
        }
        for (i, handle) in handles.into_iter().enumerate() {
            assert_eq!(TABLE.remove(handle), Some(i + 1));
        }
        for garbage in [0, 1, 0xdead_beef, usize::MAX, usize::MAX >> 1, first ^ 1] {
            assert!(TABLE.get(garbage).is_none());
        }
    }

    #[test]
    fn every_slot_has_a_place_of_its_own() {
        let places: std::collections::HashSet<_> = (0..1 << SLOT_BITS).map(place).collect();
        assert_eq!(places.len(), 1 << SLOT_BITS);
        assert!(places.iter().all(|(block, index)| *block < BLOCKS && *index < BLOCK_SLOTS));
    }
}
