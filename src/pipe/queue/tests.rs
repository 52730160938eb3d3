//! Tests of the queue, with one thread or two as they come; loom_tests.rs has every order.
#![forbid(unsafe_code)]

use super::slotted::Whole;
use super::*;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize as Counter;

struct Counted<'a>(&'a Counter);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Queues whose count is at its beginning and about to wrap.
fn queues<T: Slotted>() -> [(Producer<T>, Consumer<T>); 2] {
    [queue(), queue_from(0usize.wrapping_sub(10 * ONE))]
}

#[test]
fn values_come_out_in_order_across_segments() {
    for ends in queues() {
        in_order_across_segments(ends);
    }
}

fn in_order_across_segments((mut tx, mut rx): (Producer<usize>, Consumer<usize>)) {
    let mut expected = 0;
    let mut next = 0;
    for round in 0..if cfg!(miri) { 50 } else { 200 } {
        for _ in 0..round {
            tx.push(next);
            next += 1;
        }
        assert_eq!(rx.pop(), None, "nothing is visible before it is published");
        assert!(!tx.publish());
        for _ in 0..round {
            assert_eq!(rx.peek().as_deref(), Some(&expected));
            assert_eq!(rx.pop(), Some(expected));
            expected += 1;
        }
    }
}

#[test]
fn unpublished_values_can_be_taken_back_over_many_segments() {
    let [_, (mut tx, mut rx)] = queues::<Whole<String>>();
    for size in [0, 1, 15, 16, 17, if cfg!(miri) { 100 } else { 1000 }] {
        tx.push(Whole("kept".into()));
        assert!(!tx.publish());
        for i in 0..size {
            tx.push(Whole(i.to_string()));
        }
        for i in (0..size).rev() {
            assert_eq!(tx.unpush(), Some(Whole(i.to_string())));
        }
        assert_eq!(tx.unpush(), None);
        assert_eq!(rx.pop(), Some(Whole("kept".into())));
        assert_eq!(rx.pop(), None);
    }
}

#[test]
fn a_sleeper_is_reported_to_exactly_one_publication() {
    for ends in queues() {
        reported_to_exactly_one_publication(ends);
    }
}

fn reported_to_exactly_one_publication((mut tx, mut rx): (Producer<usize>, Consumer<usize>)) {
    for value in 0..20 {
        tx.push(value);
        assert!(!tx.publish());
        assert_eq!(rx.sleep(), Sleep::Ready);
        assert_eq!(rx.pop(), Some(value));
    }
    assert_eq!(rx.sleep(), Sleep::Asleep);
    assert_eq!(rx.sleep(), Sleep::Asleep);
    tx.push(1);
    assert!(tx.publish());
    tx.push(2);
    assert!(!tx.publish());
    assert_eq!(rx.sleep(), Sleep::Ready);
    assert_eq!((rx.pop(), rx.pop()), (Some(1), Some(2)));
    assert_eq!(rx.sleep(), Sleep::Asleep);
    assert!(tx.close());
    assert_eq!(rx.sleep(), Sleep::Closed);
    assert!(rx.is_finished());
}

#[test]
fn every_value_is_dropped_once_whoever_goes_first() {
    for (consumer_first, taken) in [(true, 0), (false, 0), (true, 100), (false, 100), (true, 700)] {
        let drops = Counter::new(0);
        let [_, (mut tx, mut rx)] = queues();
        for _ in 0..1000 {
            tx.push(Whole(Counted(&drops)));
        }
        let _ = tx.publish();
        tx.push(Whole(Counted(&drops))); // never published
        for _ in 0..taken {
            drop(rx.pop());
        }
        if consumer_first {
            drop(rx);
            tx.push(Whole(Counted(&drops)));
            let _ = tx.publish();
            drop(tx);
            assert_eq!(drops.load(Ordering::Relaxed), 1002);
        } else {
            drop(tx);
            drop(rx);
            assert_eq!(drops.load(Ordering::Relaxed), 1001);
        }
    }
}

#[test]
fn runs_are_as_long_as_they_may_be_and_fit() {
    for (mut tx, mut rx) in queues::<usize>() {
        assert_eq!(tx.push_run(9, |_| unreachable!("there is no segment yet")), 0);
        let (mut next, mut expected) = (0, 0);
        for round in 0..if cfg!(miri) { 30 } else { 300 } {
            tx.push(next);
            let (from, end) = (next + 1, next + 1 + round % 11);
            next = from;
            let count = tx.push_run(round % 7, |place| {
                let value = Some(next).filter(|next| *next < end)?;
                next += 1;
                Some(place.put(value))
            });
            assert!(count == next - from && count <= round % 7 && count <= round % 11);
            assert_eq!(rx.run_max(), 0, "nothing is seen before it is published");
            assert!(!tx.publish());
            while rx.peek().is_some() {
                let mut taken = Vec::new();
                let (max, unfit) = (expected % 5, expected + 3);
                let count = rx.pop_run(max, |value| *value != unfit, |value| taken.push(value));
                assert_eq!(taken, (expected..expected + count).collect::<Vec<_>>());
                assert!(count <= max.min(3));
                expected += count;
                if count == 0 {
                    assert_eq!(rx.pop(), Some(expected));
                    expected += 1;
                }
            }
            assert_eq!(next, expected);
        }
    }
}

#[test]
fn of_a_run_that_panics_no_value_is_dropped_twice() {
    let drops = Counter::new(0);
    let (mut tx, mut rx) = queue();
    for _ in 0..4 {
        tx.push(Whole(Counted(&drops)));
    }
    assert!(!tx.publish() && rx.peek().is_some());
    for panics_in_fit in [true, false] {
        let calls = Cell::new(0);
        let panic_at_second = |here| {
            calls.set(calls.get() + usize::from(here));
            assert!(calls.get() < 2, "as it should");
        };
        let fit = |_: &_| {
            panic_at_second(panics_in_fit);
            true
        };
        // A value that was taken is dropped by whoever has it, panic or not.
        let taken = |_value| panic_at_second(!panics_in_fit);
        let run = AssertUnwindSafe(|| rx.pop_run(9, fit, taken));
        assert!(catch_unwind(run).is_err());
        assert_eq!(drops.load(Ordering::Relaxed), if panics_in_fit { 1 } else { 3 });
    }
    drop((tx, rx));
    assert_eq!(drops.load(Ordering::Relaxed), 4);
}

#[test]
fn two_threads_and_a_million_values() {
    let count = if cfg!(miri) { 2_000 } else { 1_000_000 };
    let (mut tx, mut rx) = queue::<usize>();
    let producer = std::thread::spawn(move || {
        for i in 0..count {
            tx.push(i);
            if i % 7 != 0 {
                let _ = tx.publish();
            }
        }
        let _ = tx.publish();
        let _ = tx.close();
    });
    let mut next = 0;
    loop {
        match rx.pop() {
            Some(value) => {
                assert_eq!(value, next);
                next += 1;
            }
            None if rx.is_finished() => break,
            None => std::thread::yield_now(),
        }
    }
    assert_eq!(next, count);
    producer.join().unwrap();
}
