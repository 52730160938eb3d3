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

/// Slots are made in blocks of this many.
const BLOCK_SLOTS: usize = 1 << BLOCK_BITS;
/// How many blocks can be made, where nothing else is said: a million slots in all.
const BLOCKS_MAX: usize = 1 << (SLOT_BITS - BLOCK_BITS);
/// Bits of a slot's number that say where in its block it is.
const BLOCK_BITS: u32 = 7;
/// Bits of a handle that give its slot.
const SLOT_BITS: u32 = if usize::BITS == 64 { 20 } else { 14 };

/// How long a forked child waits for a turn.
const FORKED_TURN_MAX: Duration = Duration::from_secs(1);

/// Values, each with a handle that names no other value, ever. A table has room for 128 times `BLOCKS`, a power
/// of two, values.
pub struct Table<T, const BLOCKS: usize = BLOCKS_MAX> {
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

/// The turn of a handle's value: nobody else uses it meanwhile.
pub struct Turn<'a, T>(turn::Turn<'a, Entry<T>>);

/// The block of the slot that a handle names, and the place in it.
#[inline]
fn place<const BLOCKS: usize>(handle: usize) -> (usize, usize) {
    const { assert!(BLOCKS.is_power_of_two() && BLOCKS <= BLOCKS_MAX, "handles name each slot") };
    ((handle >> BLOCK_BITS) % BLOCKS, handle % BLOCK_SLOTS)
}

impl<T, const BLOCKS: usize> Default for Table<T, BLOCKS> {
    fn default() -> Table<T, BLOCKS> {
        Table::new()
    }
}

impl<T, const BLOCKS: usize> Table<T, BLOCKS> {
    /// A table without values.
    pub const fn new() -> Table<T, BLOCKS> {
        Table {
            blocks: [const { OnceLock::new() }; BLOCKS],
            free: Mutex::new(Free { slots: Vec::new(), used: 0, serial: 0 }),
        }
    }

    /// Adds a value and gives its handle, which is not 0.
    ///
    /// # Errors
    /// The value, when the table is full.
    pub fn insert(&self, value: T) -> Result<usize, T> {
        let mut free = self.free.lock();
        if free.serial == 0 {
            // Handles of another run, or of another copy of the library, are not ours.
            free.serial = RandomState::new().hash_one(0u8) as usize >> (SLOT_BITS + 8);
        }
        let slot = match free.slots.pop() {
            Some(slot) => slot,
            None if free.used < BLOCKS * BLOCK_SLOTS => {
                free.used += 1;
                free.used - 1
            }
            None => return Err(value),
        };
        let (block, index) = place::<BLOCKS>(slot);
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
    #[inline(always)]
    pub fn get(&self, handle: usize) -> Option<Turn<'_, T>> {
        if let Some(entry) = self.slot(handle)?.take_at_once()
            && entry.handle == handle
            && handle != 0
            && fd::forks() == 0
        {
            return Some(Turn(entry));
        }
        // Any turn that was taken is given back.
        self.get_after_all(handle)
    }

    #[inline]
    fn slot(&self, handle: usize) -> Option<&InTurn<Entry<T>>> {
        let (block, index) = place::<BLOCKS>(handle);
        Some(&self.blocks[block].get()?[index])
    }

    #[cold]
    fn get_after_all(&self, handle: usize) -> Option<Turn<'_, T>> {
        let slot = self.slot(handle)?;
        // In a forked child, a turn that another thread of the parent had is never given back.
        let entry = if fd::forks() == 0 { slot.take() } else { slot.take_within(FORKED_TURN_MAX)? };
        if entry.handle == handle && handle != 0 { Some(Turn(entry)) } else { None }
    }

    /// Takes the value out; the handle is void from then on.
    pub fn remove(&self, handle: usize) -> Option<T> {
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
    fn a_small_table_gets_full_and_its_handles_stay_apart() {
        let table: Table<usize, 2> = Table::new();
        let handles: Vec<usize> = (0..2 * BLOCK_SLOTS).map(|i| table.insert(i).unwrap()).collect();
        assert_eq!(table.insert(7), Err(7));
        for (i, handle) in handles.iter().enumerate() {
            assert_eq!(*table.get(*handle).unwrap(), i);
            assert!(table.get(handle ^ (2 * BLOCK_SLOTS)).is_none());
        }
        assert_eq!(table.remove(handles[0]), Some(0));
        assert!(table.insert(7).is_ok());
    }

    #[test]
    fn every_slot_has_a_place_of_its_own() {
        let places: std::collections::HashSet<_> = (0..1 << SLOT_BITS).map(place::<BLOCKS_MAX>).collect();
        assert_eq!(places.len(), 1 << SLOT_BITS);
        assert!(places.iter().all(|(block, index)| *block < BLOCKS_MAX && *index < BLOCK_SLOTS));
    }
}
