//! `Rotation`: pipes that take turns, in constant time however many they are.
//!
//! The pipes that have something to do, the active ones, are a prefix of the vector. Activating and
//! deactivating a pipe swaps it across the end of that prefix. Nobody is starved by the swaps: while a
//! pipe is active, its turn comes after at most two rounds.
#![forbid(unsafe_code)]

use super::PipeId;
use super::pipe_map::PipeMap;
use crate::few;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Rotation {
    /// All pipes, the active ones first.
    pipes: Vec<PipeId>,
    /// How many are active.
    active: usize,
    /// The active pipe whose turn it is; 0 when there is none.
    turn: usize,
    /// Where in `pipes` each pipe is.
    places: PipeMap<usize>,
}

impl Rotation {
    /// Whether there is no pipe, active or not.
    pub(super) fn is_empty(&self) -> bool {
        self.pipes.is_empty()
    }

    /// Whether the pipe is one of these.
    pub(super) fn contains(&self, id: PipeId) -> bool {
        self.places.get(id).is_some()
    }

    /// The active pipe whose turn it is.
    #[inline]
    pub(super) fn current(&self) -> Option<PipeId> {
        if self.turn < self.active { self.pipes.get(self.turn).copied() } else { None }
    }

    /// The active pipe, where there is one only.
    #[inline]
    pub(super) fn only(&self) -> Option<PipeId> {
        if self.active == 1 { self.current() } else { None }
    }

    /// Ends the turn of the current pipe.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.turn += 1;
        if self.turn >= self.active {
            self.turn = 0;
        }
    }

    /// Adds a pipe, active.
    pub(super) fn insert(&mut self, id: PipeId) {
        assert!(!self.contains(id), "a pipe is attached once");
        self.places.insert(id, self.pipes.len());
        few::push(&mut self.pipes, id);
        self.activate(id);
    }

    /// Makes the pipe active, at the end of the round.
    pub(super) fn activate(&mut self, id: PipeId) {
        if let Some(&place) = self.places.get(id)
            && place >= self.active
        {
            self.swap(place, self.active);
            self.active += 1;
        }
    }

    /// Makes the current pipe inactive, which ends its turn.
    pub(super) fn deactivate_current(&mut self) {
        if self.turn < self.active {
            self.deactivate(self.turn);
        }
    }

    /// Takes a pipe out. False: it was not there. When it was not the current one, the turn stays where
    /// it is.
    pub(super) fn remove(&mut self, id: PipeId) -> bool {
        let Some(&place) = self.places.get(id) else { return false };
        let place = if place < self.active { self.deactivate(place) } else { place };
        self.swap(place, self.pipes.len() - 1);
        self.pipes.pop();
        self.places.remove(id);
        true
    }

    /// Moves an active pipe behind the active ones; gives its new place.
    fn deactivate(&mut self, place: usize) -> usize {
        self.active -= 1;
        let last = self.active;
        self.swap(place, last);
        // The last one has moved: if it was its turn, it still is.
        if self.turn == last {
            self.turn = place;
        }
        if self.turn >= self.active {
            self.turn = 0;
        }
        last
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        self.pipes.swap(a, b);
        for place in [a, b] {
            if let Some(at) = self.places.get_mut(self.pipes[place]) {
                *at = place;
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::Random;

    fn id(n: usize) -> PipeId {
        PipeId(1 << super::super::SLOT_BITS | n)
    }

    #[test]
    fn turns_go_round_the_active_pipes() {
        let mut rotation = Rotation::default();
        assert!(rotation.is_empty() && rotation.current().is_none());
        (0..3).for_each(|n| rotation.insert(id(n)));
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(rotation.current().unwrap());
            rotation.advance();
        }
        assert_eq!(seen, [0, 1, 2, 0, 1, 2].map(id));
        rotation.deactivate_current();
        assert_eq!(rotation.current(), Some(id(2)), "the last takes the place of the one that rests");
        rotation.activate(id(0));
        rotation.activate(id(0));
        rotation.activate(id(9));
        assert!(rotation.remove(id(1)) && !rotation.remove(id(1)));
        assert_eq!(rotation.current(), Some(id(2)), "the removal of another leaves the turn alone");
    }

    #[test]
    fn whatever_happens_no_active_pipe_waits_longer_than_two_rounds() {
        const PIPES: usize = 12;
        let mut random = Random::new(0x5eed);
        let mut rotation = Rotation::default();
        // The model: for each pipe whether it is there, whether it is active, and since when it waits.
        let mut model = [(false, false, 0usize); PIPES];
        for _ in 0..if cfg!(miri) { 500 } else { 50_000 } {
            let n = random.below(PIPES);
            let (there, active, _) = model[n];
            match random.below(8) {
                0 if !there => {
                    rotation.insert(id(n));
                    model[n] = (true, true, 0);
                }
                1 if random.below(4) == 0 => {
                    let turn = rotation.current();
                    assert_eq!(rotation.remove(id(n)), there);
                    assert!(turn == Some(id(n)) || rotation.current() == turn, "the turn stays");
                    model[n] = (false, false, 0);
                    model.iter_mut().for_each(|pipe| pipe.2 = 0);
                }
                2 | 3 if there && !active => {
                    rotation.activate(id(n));
                    model[n] = (true, true, 0);
                }
                4 => {
                    if let Some(now) = rotation.current() {
                        rotation.deactivate_current();
                        model[now.slot()].1 = false;
                    }
                }
                _ => {
                    if let Some(now) = rotation.current() {
                        model.iter_mut().for_each(|pipe| pipe.2 += 1);
                        model[now.slot()].2 = 0;
                        rotation.advance();
                    }
                }
            }
            assert_eq!(rotation.is_empty(), model.iter().all(|pipe| !pipe.0));
            match rotation.current() {
                Some(now) => assert!(model[now.slot()].1, "it is the turn of an active pipe"),
                None => assert!(model.iter().all(|pipe| !pipe.1), "an active pipe has a turn"),
            }
            assert!(model.iter().all(|pipe| !pipe.1 || pipe.2 <= 2 * PIPES), "nobody starves");
        }
    }
}
