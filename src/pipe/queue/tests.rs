//! Tests of the queue, with one thread or two as they come; loom_tests.rs has every order.
#![forbid(unsafe_code)]

use super::slotted::Whole;
use super::*;
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
