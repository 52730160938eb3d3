//! `Subscribers`: the pipes that have subscribed to one prefix. Mostly there is one.
#![forbid(unsafe_code)]

/// A pipe, by its slot, and where among the pipe's own subscriptions this one is.
#[derive(Clone, Copy)]
struct Entry {
    slot: u32,
    place: u32,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Subscribers(Set);

#[derive(Default)]
enum Set {
    #[default]
    None,
    One(Entry),
    /// Two or more, sorted by slot. Boxed, because that is rare and prefixes are many.
    #[allow(clippy::box_collection)]
    Many(Box<Vec<Entry>>),
}

impl Subscribers {
    /// Whether there is nobody.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.0, Set::None)
    }

    /// The slots of the pipes.
    #[inline]
    pub(super) fn slots(&self) -> impl Iterator<Item = usize> {
        self.entries().iter().map(|entry| entry.slot as usize)
    }

    /// Adds a pipe. False: it is there already.
    pub(super) fn insert(&mut self, slot: usize, place: usize) -> bool {
        let number = |n| u32::try_from(n).expect("slots and a tree's nodes are limited in number");
        let entry = Entry { slot: number(slot), place: number(place) };
        match &mut self.0 {
            Set::None => self.0 = Set::One(entry),
            Set::One(one) if one.slot == entry.slot => return false,
            Set::One(one) => {
                let mut both = vec![*one, entry];
                both.sort_unstable_by_key(|entry| entry.slot);
                self.0 = Set::Many(Box::new(both));
            }
            Set::Many(many) => match many.binary_search_by_key(&entry.slot, |entry| entry.slot) {
                Ok(_) => return false,
                Err(at) => many.insert(at, entry),
            },
        }
        true
    }

    /// Takes a pipe out; gives the place that it was inserted with, or that was set since.
    pub(super) fn remove(&mut self, slot: usize) -> Option<usize> {
        let at = self.find(slot)?;
        let place = self.entries()[at].place as usize;
        match &mut self.0 {
            Set::Many(many) => {
                many.remove(at);
                if let [one] = many[..] {
                    self.0 = Set::One(one);
                }
            }
            _ => self.0 = Set::None,
        }
        Some(place)
    }

    /// Says that the pipe keeps this subscription in another place now.
    pub(super) fn set_place(&mut self, slot: usize, place: usize) {
        if let Some(at) = self.find(slot) {
            let entry = match &mut self.0 {
                Set::None => return,
                Set::One(one) => one,
                Set::Many(many) => &mut many[at],
            };
            entry.place = u32::try_from(place).expect("a pipe's subscriptions are limited in number");
        }
    }

    #[inline]
    fn entries(&self) -> &[Entry] {
        match &self.0 {
            Set::None => &[],
            Set::One(one) => std::slice::from_ref(one),
            Set::Many(many) => many,
        }
    }

    fn find(&self, slot: usize) -> Option<usize> {
        self.entries().binary_search_by_key(&slot, |entry| entry.slot as usize).ok()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::pattern::testing::Random;
    use std::collections::BTreeMap;

    #[test]
    fn agrees_with_a_model_and_is_small() {
        assert_eq!(size_of::<Option<Subscribers>>(), 16);
        let mut random = Random::new(3);
        let (mut subscribers, mut model) = (Subscribers::default(), BTreeMap::new());
        for step in 0..if cfg!(miri) { 200 } else { 20_000usize } {
            let slot = random.below(6) * 1000;
            match random.below(3) {
                0 => {
                    assert_eq!(subscribers.insert(slot, step), !model.contains_key(&slot));
                    model.entry(slot).or_insert(step);
                }
                1 => assert_eq!(subscribers.remove(slot), model.remove(&slot)),
                _ => {
                    subscribers.set_place(slot, step);
                    model.entry(slot).and_modify(|place| *place = step);
                }
            }
            assert!(subscribers.slots().eq(model.keys().copied()), "in order");
            assert_eq!(subscribers.is_empty(), model.is_empty());
        }
    }
}
