//! `PipeMap`: what a pattern knows about each of its pipes, found by the pipe's slot, without hashing.
#![forbid(unsafe_code)]

use super::PipeId;
use crate::few;

/// A value for each of some pipes.
pub(super) struct PipeMap<T> {
    slots: Vec<Option<(PipeId, T)>>,
}

impl<T> Default for PipeMap<T> {
    fn default() -> PipeMap<T> {
        PipeMap { slots: Vec::new() }
    }
}

impl<T> PipeMap<T> {
    /// Gives the pipe a value.
    pub(super) fn insert(&mut self, id: PipeId, value: T) {
        while self.slots.len() <= id.slot() {
            few::push(&mut self.slots, None);
        }
        self.slots[id.slot()] = Some((id, value));
    }

    /// Takes the pipe's value out.
    pub(super) fn remove(&mut self, id: PipeId) -> Option<T> {
        self.get(id)?;
        self.slots[id.slot()].take().map(|(_, value)| value)
    }

    /// The pipe's value, if it has one.
    #[inline]
    pub(super) fn get(&self, id: PipeId) -> Option<&T> {
        match self.slots.get(id.slot()) {
            Some(Some((there, value))) if *there == id => Some(value),
            _ => None,
        }
    }

    /// The pipe's value, if it has one, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, id: PipeId) -> Option<&mut T> {
        match self.slots.get_mut(id.slot()) {
            Some(Some((there, value))) if *there == id => Some(value),
            _ => None,
        }
    }

    /// The value of whichever pipe has the slot now.
    #[inline]
    pub(super) fn in_slot(&self, slot: usize) -> Option<&T> {
        self.slots.get(slot)?.as_ref().map(|(_, value)| value)
    }
}
