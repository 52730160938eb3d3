//! Models of the queue and of the pipe's sleep/wake protocol: every order of the two threads' steps is
//! tried. Run by `scripts/loom.sh`.
//!
//! Segments have two slots here, so that a few values cross several of them. A lost wake shows as a
//! deadlock, which loom reports; a slot that both threads touch, as a causality violation.
#![forbid(unsafe_code)]

use super::queue::slotted::Whole;
use super::queue::{Consumer, Producer, Sleep, queue};
use super::swap::Swap;
use super::{Bounds, Notify, Pipe, Signal, pipe, pipe_with};
use crate::message::Message;
use crate::sync::model;
use loom::sync::{Condvar, Mutex};
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts wakes, one by one.
#[derive(Default)]
struct Wakes {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Wakes {
    fn new() -> Arc<Wakes> {
        Arc::new(Wakes::default())
    }

    fn wake(&self) {
        *self.count.lock().unwrap() += 1;
        self.changed.notify_one();
    }

    /// Waits for a wake and takes it.
    fn wait(&self) {
        let mut count = self.count.lock().unwrap();
        while *count == 0 {
            count = self.changed.wait(count).unwrap();
        }
        *count -= 1;
    }

    fn left(&self) -> usize {
        *self.count.lock().unwrap()
    }
}

impl Notify for Wakes {
    fn notify(&self, _: usize, _: Signal) {
        self.wake();
    }
}

/// Publishes, and wakes the consumer if told to.
fn publish(tx: &mut Producer<usize>, wakes: &Wakes) {
    if tx.publish() {
        wakes.wake();
    }
}

/// Takes values until the producer has closed, sleeping in between.
fn take_all(rx: &mut Consumer<usize>, wakes: &Wakes) -> Vec<usize> {
    let mut got = Vec::new();
    loop {
        while let Some(value) = rx.pop() {
            got.push(value);
        }
        match rx.sleep() {
            Sleep::Ready => {}
            Sleep::Asleep => wakes.wait(),
            Sleep::Closed => return got,
        }
    }
}

#[test]
fn loom_values_cross_segments_in_order() {
    model(|| {
        let (mut tx, mut rx) = queue();
        let producer = thread::spawn(move || {
            for value in 0..7 {
                tx.push(value);
                if value != 3 {
                    let _ = tx.publish();
                }
            }
            tx
        });
        let mut next = 0;
        for _ in 0..4 {
            if let Some(value) = rx.pop() {
                assert_eq!(value, next);
                next += 1;
            }
        }
        // Segments that were emptied meanwhile were used again, or not, or freed.
        let _tx = producer.join().unwrap();
        while let Some(value) = rx.pop() {
            assert_eq!(value, next);
            next += 1;
        }
        assert_eq!(next, 7);
    });
}

#[test]
fn loom_values_are_taken_back_while_the_consumer_takes_others() {
    model(|| {
        let (mut tx, mut rx) = queue();
        let producer = thread::spawn(move || {
            tx.push(0);
            let _ = tx.publish();
            for value in [10, 11, 12, 13] {
                tx.push(value);
            }
            for value in [13, 12, 11, 10] {
                assert_eq!(tx.unpush(), Some(value));
            }
            assert_eq!(tx.unpush(), None);
            tx.push(1);
            tx.push(2);
            let _ = tx.publish();
            tx
        });
        let mut got: Vec<usize> = (0..3).filter_map(|_| rx.pop()).collect();
        let _tx = producer.join().unwrap();
        got.extend(std::iter::from_fn(|| rx.pop()));
        assert_eq!(got, [0, 1, 2]);
    });
}

#[test]
fn loom_every_value_is_dropped_once_whoever_goes_first() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (mut tx, mut rx) = queue();
        let counter = drops.clone();
        let producer = thread::spawn(move || {
            for _ in 0..4 {
                tx.push(Whole(Counted(counter.clone())));
                let _ = tx.publish();
            }
            tx.push(Whole(Counted(counter)));
            let _ = tx.close();
        });
        let taken = (0..3).filter_map(|_| rx.pop()).count();
        drop(rx);
        producer.join().unwrap();
        assert!(taken <= 3);
        assert_eq!(drops.load(Ordering::Relaxed), 5, "{taken} were taken");
    });
}

#[test]
fn loom_no_wake_is_lost_and_none_is_sent_twice() {
    wakes_are_as_many_as_sleeps(false);
}

/// While it flows, a consumer that finds something after all when it has said that it will sleep may be woken for
/// nothing, once.
#[test]
fn loom_no_wake_is_lost_while_the_queue_flows() {
    wakes_are_as_many_as_sleeps(true);
}

fn wakes_are_as_many_as_sleeps(flows: bool) {
    model(move || {
        let (mut tx, mut rx) = queue();
        tx.may_flow = flows;
        let wakes = Wakes::new();
        let theirs = wakes.clone();
        let producer = thread::spawn(move || {
            for value in 0..3 {
                tx.push(value);
                publish(&mut tx, &theirs);
            }
            if tx.close() {
                theirs.wake();
            }
        });
        assert_eq!(take_all(&mut rx, &wakes), [0, 1, 2]);
        assert!(rx.is_finished());
        producer.join().unwrap();
        assert!(flows || wakes.left() == 0, "as many wakes as sleeps");
    });
}

#[test]
fn loom_a_nudge_wakes_a_sleeper_that_has_something_else_to_look_at() {
    model(|| {
        let (mut tx, mut rx) = queue::<usize>();
        let (wakes, elsewhere) = (Wakes::new(), Arc::new(loom::sync::atomic::AtomicBool::new(false)));
        let (theirs, flag) = (wakes.clone(), elsewhere.clone());
        let producer = thread::spawn(move || {
            flag.store(true, Ordering::Relaxed);
            if tx.nudge() {
                theirs.wake();
            }
            tx
        });
        while !elsewhere.load(Ordering::Relaxed) {
            assert_eq!(rx.sleep(), Sleep::Asleep);
            // Marked asleep first, looked again second: the producer does it the other way round.
            if !elsewhere.load(Ordering::Relaxed) {
                wakes.wait();
            }
        }
        drop(producer.join().unwrap());
    });
}

fn part(value: u8, more: bool) -> Message {
    let mut message = Message::copy_from(&[value]).unwrap();
    message.set_more(more);
    message
}

/// A pipe with its first end bounded, and what wakes either end.
fn pipe_of(bounds: Bounds) -> (Pipe, Arc<Wakes>, Pipe, Arc<Wakes>) {
    let (a, b) = pipe([bounds, Bounds::default()]);
    let (wake_a, wake_b) = (Wakes::new(), Wakes::new());
    a.set_owner(wake_a.clone(), 0);
    b.set_owner(wake_b.clone(), 1);
    (a, wake_a, b, wake_b)
}

/// Writes whole messages of one part, waiting for room.
fn write_all(end: &mut Pipe, wakes: &Wakes, values: std::ops::Range<u8>) {
    for value in values {
        while !end.can_write() {
            wakes.wait();
        }
        end.write(part(value, false));
        end.flush();
    }
}

/// Reads until the other end has closed.
fn read_all(end: &mut Pipe, wakes: &Wakes) -> Vec<u8> {
    let mut got = Vec::new();
    loop {
        match end.read() {
            Some(message) => got.push(message.as_bytes()[0]),
            None if end.is_finished() => return got,
            None => wakes.wait(),
        }
    }
}

#[test]
fn loom_a_writer_at_the_mark_and_its_reader_wake_each_other() {
    for hwm in [1, 2] {
        model(move || {
            let (mut a, wake_a, mut b, wake_b) = pipe_of(Bounds { hwm, swap: None });
            let writer = thread::spawn(move || write_all(&mut a, &wake_a, 0..3));
            assert_eq!(read_all(&mut b, &wake_b), [0, 1, 2]);
            writer.join().unwrap();
        });
    }
}

#[test]
fn loom_a_reader_sees_whole_messages_and_the_end() {
    model(|| {
        let (mut a, _, mut b, wake_b) = pipe_of(Bounds::default());
        let writer = thread::spawn(move || {
            a.write(part(0, true));
            a.write(part(1, false));
            a.flush();
            a.write(part(9, true));
            a.close();
        });
        assert_eq!(read_all(&mut b, &wake_b), [0, 1], "the message that was begun is never seen");
        writer.join().unwrap();
    });
}

#[test]
fn loom_a_reader_that_goes_frees_the_writer() {
    model(|| {
        let (mut a, wake_a, mut b, _) = pipe_of(Bounds { hwm: 1, swap: None });
        let writer = thread::spawn(move || {
            for value in 0..2 {
                while !a.can_write() {
                    if a.is_finished() {
                        return;
                    }
                    wake_a.wait();
                }
                a.write(part(value, false));
                a.flush();
            }
        });
        let _ = b.read();
        drop(b);
        writer.join().unwrap();
    });
}

#[test]
fn loom_an_owner_is_told_of_a_close_or_sees_it() {
    model(|| {
        let (a, mut b) = pipe([Bounds::default(), Bounds::default()]);
        let wakes = Wakes::new();
        let closer = thread::spawn(move || drop(a));
        b.set_owner(wakes.clone(), 0);
        if !b.is_finished() {
            wakes.wait();
            assert!(b.is_finished());
        }
        closer.join().unwrap();
    });
}

#[test]
fn loom_a_mark_that_the_reader_lifts_frees_the_writer() {
    model(|| {
        let (mut a, wake_a, mut b, _wake_b) = pipe_of(Bounds { hwm: 1, swap: None });
        let writer = thread::spawn(move || {
            write_all(&mut a, &wake_a, 0..2);
            a
        });
        b.set_marks(None, Some(0));
        drop((writer.join().unwrap(), b));
    });
}

#[test]
fn loom_the_swap_keeps_order_and_loses_no_wake() {
    // With room for all, and with room for one message at a time.
    for bytes in [1000, 1] {
        model(move || {
            let swap = Some(Swap::create(bytes).unwrap());
            let (mut a, wake_a, mut b, wake_b) = pipe_of(Bounds { hwm: 1, swap });
            let writer = thread::spawn(move || write_all(&mut a, &wake_a, 0..4));
            assert_eq!(read_all(&mut b, &wake_b), [0, 1, 2, 3]);
            writer.join().unwrap();
        });
    }
}

#[test]
fn loom_a_reader_of_a_conflated_way_gets_the_last_message() {
    model(|| {
        let (mut a, mut b) = pipe_with([Bounds::default(), Bounds::default()], [true, false]);
        let wakes = Wakes::new();
        b.set_owner(wakes.clone(), 0);
        let writer = thread::spawn(move || {
            for number in 0..2 {
                a.write(Message::copy_from(&[number]).unwrap());
                a.flush();
            }
            a
        });
        loop {
            match b.read() {
                Some(part) if part.as_bytes() == [1] => break,
                Some(_) => {}
                None => wakes.wait(),
            }
        }
        drop(writer.join().unwrap());
    });
}
