//! Tests of the swap: alone against a simple model, and behind the queue of a pipe.
#![forbid(unsafe_code)]

use super::swap::Swap;
use super::swap_file::Ring;
use super::{Beyond, Bounds, Notify, Pipe, Signal, pipe};
use crate::message::{Kind, Message};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A small generator of pseudo-random numbers (xorshift), the same in every run.
struct Random(u64);
impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn is_swapping(pipe: &Pipe) -> bool {
    matches!(pipe.link.flows[0].beyond.as_deref(), Some(Beyond::Swap(swap)) if swap.is_active())
}

fn part(serial: u64, len: usize, more: bool) -> Message {
    let mut body = vec![serial as u8; len];
    let stamp = serial.to_le_bytes();
    let stamped = len.min(stamp.len());
    body[..stamped].copy_from_slice(&stamp[..stamped]);
    let mut message = Message::copy_from(&body).unwrap();
    message.set_more(more);
    message
}

fn assert_same(got: &Message, expected: &Message) {
    assert_eq!((got.more(), got.kind()), (expected.more(), expected.kind()));
    assert!(got.as_bytes() == expected.as_bytes(), "{got:?} is not {expected:?}");
}

fn load(swap: &Swap) -> (VecDeque<Message>, bool) {
    let mut batch = VecDeque::new();
    let writer_has_room = swap.load(&mut batch, || false);
    (batch, writer_has_room)
}

#[test]
fn any_mix_of_messages_comes_back_as_it_went() {
    for (seed, capacity) in [(1, 1_000), (2, 100_000), (3, 1_000_000), (4, 5_000_000)] {
        let swap = Swap::create(capacity).unwrap();
        let mut random = Random(seed);
        let (mut model, mut got) = (VecDeque::new(), VecDeque::new());
        let (mut serial, mut refused, mut emptied) = (0, 0, 0);
        for _ in 0..3_000 {
            if random.below(2) == 0 {
                if !swap.has_room() {
                    refused += 1;
                    assert!(swap.is_active(), "an empty swap has room");
                    continue;
                }
                let count = 1 + random.below(4);
                let mut message = Vec::new();
                for left in (0..count).rev() {
                    let bound = [10, 300, 5_000, 200_000][random.below(4) as usize];
                    message.push(part(serial, random.below(bound) as usize, left > 0));
                    serial += 1;
                }
                model.extend(message.iter().cloned());
                swap.store(&mut message);
                assert!(message.is_empty() && swap.is_active());
            } else {
                let was_active = swap.is_active();
                let (batch, _) = load(&swap);
                assert_eq!(batch.is_empty(), !was_active);
                assert!(batch.back().is_none_or(|last| !last.more()), "whole messages only");
                got.extend(batch);
                emptied += u32::from(was_active && !swap.is_active());
                while let Some(message) = got.pop_front() {
                    assert_same(&message, &model.pop_front().unwrap());
                }
                assert_eq!(swap.is_active(), !model.is_empty());
            }
        }
        assert!(emptied > 0, "it started anew");
        assert!(refused > 0 || capacity > 1_000_000, "the limit was met");
    }
}

#[test]
fn kinds_survive() {
    let swap = Swap::create(1000).unwrap();
    let kinds = [Kind::Identity, Kind::Subscribe, Kind::Cancel, Kind::Data];
    for kind in kinds {
        swap.store(&mut vec![part(1, 3, false).with_kind(kind)]);
    }
    let (batch, _) = load(&swap);
    assert!(batch.iter().map(Message::kind).eq(kinds));
}

#[test]
fn a_message_larger_than_the_swap_passes_alone() {
    let swap = Swap::create(100).unwrap();
    for serial in 0..3 {
        assert!(swap.has_room());
        swap.store(&mut vec![part(serial, 500, true), part(serial, 300_000, false)]);
        assert!(!swap.has_room(), "there is room for one only");
        let (batch, writer_has_room) = load(&swap);
        assert!(writer_has_room && !swap.is_active());
        assert_same(&batch[0], &part(serial, 500, true));
        assert_same(&batch[1], &part(serial, 300_000, false));
    }
}

#[test]
fn batches_are_bounded_and_the_queue_goes_first() {
    let swap = Swap::create(1 << 30).unwrap();
    for serial in 0..10_000 {
        swap.store(&mut vec![part(serial, 8, false)]);
    }
    let mut batch = VecDeque::new();
    assert!(!swap.load(&mut batch, || true));
    assert!(batch.is_empty(), "what is in the queue is older");
    assert!(!swap.load(&mut batch, || false), "nobody waits for room");
    assert!((1..1000).contains(&batch.len()));
}

#[test]
fn what_is_beyond_the_limit_waits_and_then_the_writer_is_told() {
    let swap = Swap::create(300_000).unwrap();
    let mut stored = 0;
    while swap.has_room() {
        swap.store(&mut vec![part(stored, 1000, false)]);
        stored += 1;
    }
    assert!((290..=310).contains(&stored), "{stored} messages of 1000 bytes in 300,000");
    let (mut told, mut loaded) = (0, 0);
    while swap.is_active() {
        let (batch, writer_has_room) = load(&swap);
        for message in &batch {
            assert_same(message, &part(loaded, 1000, false));
            loaded += 1;
        }
        told += u32::from(writer_has_room);
    }
    assert_eq!((loaded, told), (stored, 1));
}

#[test]
fn a_full_disk_holds_the_writer_back_and_loses_nothing() {
    // A disk that is full from the start, and one that fills up and has space again later.
    let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
    let swap = Swap::on(Ring::on(full, 1 << 30));
    let mut stored = 0;
    while swap.has_room() {
        swap.store(&mut vec![part(stored, 100, true), part(stored, 5_000, false)]);
        stored += 1;
        assert!(stored < 1_000, "what stays in memory is bounded");
    }
    let mut loaded = 0;
    while swap.is_active() {
        for pair in load(&swap).0.make_contiguous().chunks(2) {
            assert_same(&pair[0], &part(loaded, 100, true));
            assert_same(&pair[1], &part(loaded, 5_000, false));
            loaded += 1;
        }
    }
    assert_eq!(loaded, stored);
    assert!(swap.has_room());
}

#[test]
fn a_disk_that_fills_up_and_is_cleared() {
    for body in [700, 150_000] {
        let mut ring = Ring::create(1 << 30).unwrap();
        ring.disk_bytes = 1_000_000;
        let swap = Swap::on(ring);
        let mut stored = 0;
        let fill = |stored: &mut u64| {
            while swap.has_room() {
                swap.store(&mut vec![part(*stored, 8, true), part(*stored, body, false)]);
                *stored += 1;
            }
        };
        fill(&mut stored);
        assert!(stored * body as u64 > 900_000 && stored * (body as u64) < 1_500_000, "{stored} of {body}");
        swap.line.lock().ring.disk_bytes = 2_000_000;
        let before = stored;
        fill(&mut stored);
        assert!(stored > before, "more space is used when it is there");
        let mut loaded = 0;
        while swap.is_active() {
            for pair in load(&swap).0.make_contiguous().chunks(2) {
                assert_same(&pair[0], &part(loaded, 8, true));
                assert_same(&pair[1], &part(loaded, body, false));
                loaded += 1;
            }
        }
        assert_eq!(loaded, stored);
    }
}

#[test]
fn what_cannot_be_read_now_is_kept() {
    // Writes succeed, reads do not: the descriptor is for writing only.
    let path = std::env::temp_dir().join(format!("oxmq-unreadable-{}", std::process::id()));
    let unreadable = OpenOptions::new().write(true).create_new(true).open(&path).unwrap();
    let readable = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let swap = Swap::on(Ring::on(unreadable, 1 << 30));
    for serial in 0..10 {
        swap.store(&mut vec![part(serial, 100, true), part(serial, 100_000, false)]);
    }
    for _ in 0..3 {
        assert!(load(&swap).0.is_empty() && swap.is_active());
    }
    swap.line.lock().ring.replace_file(readable);
    let mut loaded = 0;
    while swap.is_active() {
        for pair in load(&swap).0.make_contiguous().chunks(2) {
            assert_same(&pair[0], &part(loaded, 100, true));
            assert_same(&pair[1], &part(loaded, 100_000, false));
            loaded += 1;
        }
    }
    assert_eq!(loaded, 10);
}

/// Unparks the thread that uses an end.
#[derive(Default)]
struct Unpark(Mutex<Option<Thread>>);
impl Notify for Unpark {
    fn notify(&self, _: usize, _: Signal) {
        if let Some(thread) = &*self.0.lock() {
            thread.unpark();
        }
    }
}
impl Unpark {
    fn own(end: &Pipe) -> Arc<Unpark> {
        let unpark = Arc::new(Unpark::default());
        end.set_owner(unpark.clone(), 0);
        unpark
    }
}

/// Parks until `ready` gives something; a lost wake fails the test.
fn wait_for<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = ready() {
            return value;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "a wake was lost");
        thread::park_timeout(left);
    }
}

fn swapped_pipe(hwm: usize, bytes: u64) -> (Pipe, Pipe) {
    let swap = Some(Swap::create(bytes).unwrap());
    pipe([Bounds { hwm, swap }, Bounds::default()])
}

fn two_threads(messages: u64, swap_bytes: u64, body: usize, writer_pause: u64, reader_pause: u64) {
    let (mut a, mut b) = swapped_pipe(10, swap_bytes);
    let (wake_writer, wake_reader) = (Unpark::own(&a), Unpark::own(&b));
    let writer = thread::spawn(move || {
        *wake_writer.0.lock() = Some(thread::current());
        let mut random = Random(11);
        for serial in 0..messages {
            wait_for(|| a.can_write().then_some(()));
            let parts = 1 + serial % 3;
            for left in (0..parts).rev() {
                a.write(part(serial, body, left > 0));
            }
            a.flush();
            if random.below(writer_pause) == 0 {
                thread::yield_now();
            }
        }
    });
    *wake_reader.0.lock() = Some(thread::current());
    let mut random = Random(13);
    for serial in 0..messages {
        for left in (0..1 + serial % 3).rev() {
            let got = wait_for(|| b.read());
            assert_same(&got, &part(serial, body, left > 0));
        }
        if random.below(reader_pause) == 0 {
            thread::yield_now();
        }
        if random.below(reader_pause * 400) == 0 {
            thread::sleep(Duration::from_micros(random.below(500)));
        }
    }
    writer.join().unwrap();
    assert!(b.read().is_none());
    assert!(b.is_finished());
}

#[test]
fn a_slow_reader_gets_everything_in_order_over_the_swap() {
    two_threads(100_000, 1 << 20, 20, 100, 2);
}

#[test]
fn a_swap_that_is_often_full_loses_no_message_and_no_wake() {
    two_threads(100_000, 500, 20, 1_000, 50);
    two_threads(5_000, 300_000, 10_000, 1_000, 50);
}

#[test]
fn the_queue_is_used_again_once_the_swap_is_empty() {
    let (mut a, mut b) = swapped_pipe(10, 1 << 20);
    for round in 0..100 {
        for serial in 0..300 {
            assert!(a.can_write());
            a.write(part(round + serial, 100, false));
            a.flush();
        }
        assert!(is_swapping(&a));
        for serial in 0..300 {
            assert_same(&b.read().unwrap(), &part(round + serial, 100, false));
        }
        assert!(b.read().is_none());
        assert!(!is_swapping(&a));
    }
}

#[test]
fn a_message_that_is_rolled_back_on_its_way_to_the_swap_is_never_seen() {
    let (mut a, mut b) = swapped_pipe(2, 1 << 20);
    for serial in 0..5 {
        assert!(a.can_write());
        a.write(part(serial, 10, true));
        a.write(part(serial, 70_000, true));
        a.flush();
        a.rollback();
        a.write(part(serial, 20, true));
        a.write(part(serial, 20, false));
        a.flush();
    }
    a.write(part(9, 10, true));
    a.flush();
    drop(a);
    for serial in 0..5 {
        assert!(!b.is_finished());
        assert_same(&b.read().unwrap(), &part(serial, 20, true));
        assert_same(&b.read().unwrap(), &part(serial, 20, false));
    }
    assert!(b.read().is_none() && b.is_finished(), "the writer closed in the middle of the last");
}

#[test]
fn a_writer_that_is_refused_has_shown_what_it_wrote() {
    let (mut a, mut b) = swapped_pipe(1, 10);
    let mut written = 0;
    while a.can_write() {
        a.write(part(written, 20, false));
        written += 1;
    }
    assert_eq!(written, 2, "one in the queue, one in memory behind it");
    // Not flushed by us: being refused showed the reader what there is.
    for serial in 0..written {
        assert_same(&b.read().unwrap(), &part(serial, 20, false));
    }
    assert!(b.read().is_none() && a.can_write());
}
