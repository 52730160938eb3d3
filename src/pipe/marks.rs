//! `Marks`: what the two ends of one direction of a pipe say of its high-water mark.
#![forbid(unsafe_code)]

/// The limit where there is no mark.
pub(super) const UNLIMITED: usize = usize::MAX;

/// See the module's documentation.
pub(super) struct Marks {
    /// The mark until an end says something; 0 for none.
    initial: u32,
    /// What the writer's side says: nothing, or a mark, 0 for none.
    writer: Option<u32>,
    reader: Option<u32>,
    /// No more is to be written for now, whatever the mark.
    pub(super) shut: bool,
    /// Where large bodies are under way: the reader says what it has consumed after so many messages.
    pub(super) report_after: usize,
}

/// A mark that is larger than can be kept is none.
fn mark(hwm: usize) -> u32 {
    u32::try_from(hwm).unwrap_or(0)
}

impl Marks {
    /// What holds for a direction with this mark (`0`: none) of which nobody has said anything else.
    pub(super) fn new(hwm: usize) -> Marks {
        Marks { initial: mark(hwm), writer: None, reader: None, shut: false, report_after: usize::MAX }
    }

    /// Sets the share of who writes.
    pub(super) fn of_writer(&mut self, hwm: usize) {
        self.writer = Some(mark(hwm));
    }

    /// Sets the share of who reads.
    pub(super) fn of_reader(&mut self, hwm: usize) {
        self.reader = Some(mark(hwm));
    }

    /// How many whole messages may be under way: the sum of both, without limit if either has no mark.
    pub(super) fn limit(&self) -> usize {
        if self.shut {
            return 0;
        }
        let sum = match (self.writer, self.reader) {
            (Some(0), _) | (_, Some(0)) => 0,
            (Some(writer), Some(reader)) => (writer as usize).saturating_add(reader as usize),
            (one, other) => one.or(other).unwrap_or(self.initial) as usize,
        };
        if sum == 0 { UNLIMITED } else { sum }
    }

    /// After how many messages the reader says what it has consumed: half of what may be under way, or sooner.
    pub(super) fn report_after(&self) -> usize {
        self.limit().div_ceil(2).min(self.report_after)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_sum_of_what_is_said() {
        let mut marks = Marks::new(5);
        assert_eq!(marks.limit(), 5);
        marks.of_reader(2);
        assert_eq!(marks.limit(), 2);
        marks.of_writer(3);
        assert_eq!(marks.limit(), 5);
        marks.shut = true;
        assert_eq!(marks.limit(), 0);
        marks.shut = false;
        marks.of_writer(0);
        assert_eq!(marks.limit(), UNLIMITED);
        assert_eq!(Marks::new(0).limit(), UNLIMITED);
        assert_eq!(Marks::new(usize::MAX).limit(), UNLIMITED);
    }
}
