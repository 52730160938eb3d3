//! A table of things that the application names by opaque handles.
//!
//! A handle holds a slot and a serial number. Slots are never freed, only used again under another
//! number, so a handle that is stale, foreign or garbage finds nothing, and never memory that is gone.
#![forbid(unsafe_code)]

use crate::io::fd;
use parking_lot::{Mutex, MutexGuard};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Duration;

/// Slots in the first block; each further block has twice as many.
const FIRST_BLOCK_SLOTS: usize = 64;
/// Bits of a handle that give its slot.
const SLOT_BITS: u32 = if usize::BITS == 64 { 24 } else { 14 };
/// Blocks that hold 2^SLOT_BITS slots and a bit.
const BLOCKS: usize = SLOT_BITS as usize - 5;

/// How long a forked child waits for a turn.
const FORKED_TURN_MAX: Duration = Duration::from_secs(1);

/// See the module's documentation.
pub(crate) struct Table<T> {
    blocks: [OnceLock<Block<T>>; BLOCKS],
    free: Mutex<Free>,
}

/// Slots; each has a turn of its own.
type Block<T> = Box<[Mutex<Entry<T>>]>;

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

/// The value of a handle, locked: its holder has the turn.
pub(crate) struct Turn<'a, T>(MutexGuard<'a, Entry<T>>);

fn place(slot: usize) -> (usize, usize) {
    let number = slot / FIRST_BLOCK_SLOTS + 1;
    let block = number.ilog2() as usize;
    (block, slot - FIRST_BLOCK_SLOTS * ((1 << block) - 1))
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
            let slots = FIRST_BLOCK_SLOTS << block;
            (0..slots).map(|_| Mutex::new(Entry { handle: 0, value: None })).collect()
        });
        free.serial = (free.serial + 1) & (usize::MAX >> (SLOT_BITS + 1));
        let handle = (free.serial.max(1)) << SLOT_BITS | slot;
        *block[index].lock() = Entry { handle, value: Some(value) };
        Ok(handle)
    }

    /// Takes the turn of the value with this handle.
    #[inline]
    pub(crate) fn get(&self, handle: usize) -> Option<Turn<'_, T>> {
        let (block, index) = place(handle & ((1 << SLOT_BITS) - 1));
        let slot = self.blocks.get(block)?.get()?.get(index)?;
        // In a forked child, a turn that another thread of the parent had is never given back.
        let entry = if fd::forks() == 0 { slot.lock() } else { slot.try_lock_for(FORKED_TURN_MAX)? };
        if entry.handle == handle && handle != 0 { Some(Turn(entry)) } else { None }
    }

    /// Takes the value out; the handle is void from then on.
    pub(crate) fn remove(&self, handle: usize) -> Option<T> {
        let mut turn = self.get(handle)?;
        turn.0.handle = 0;
        let value = turn.0.value.take();
        drop(turn);
        self.free.lock().slots.push(handle & ((1 << SLOT_BITS) - 1));
        value
    }
}

impl<T> std::ops::Deref for Turn<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.value.as_ref().expect("an entry with a handle has a value")
    }
}

impl<T> std::ops::DerefMut for Turn<'_, T> {
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
    fn every_slot_has_its_place() {
        let mut expected = (0, 0);
        for slot in 0..100_000 {
            assert_eq!(place(slot), expected);
            expected.1 += 1;
            if expected.1 == FIRST_BLOCK_SLOTS << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert!(place((1 << SLOT_BITS) - 1).0 < BLOCKS);
    }
}
