//! Tests of pipes, without swaps.
#![forbid(unsafe_code)]

use super::*;
use parking_lot::Mutex;

#[derive(Default)]
pub(super) struct Log(pub(super) Mutex<Vec<(usize, Signal)>>);
impl Notify for Log {
    fn notify(&self, key: usize, signal: Signal) {
        self.0.lock().push((key, signal));
    }
}

fn message(n: usize, more: bool) -> Message {
    let mut message = Message::copy_from(&n.to_le_bytes()).unwrap();
    message.set_more(more);
    message
}

fn number(message: &Message) -> usize {
    usize::from_le_bytes(message.as_bytes().try_into().unwrap())
}

/// The two ends of a pipe, and what they are told: the first is 1, the second 2.
pub(super) fn pair(hwm: usize) -> (Pipe, Pipe, Arc<Log>) {
    let (a, b) = pipe([Bounds { hwm, swap: None }, Bounds { hwm, swap: None }]);
    let log = Arc::new(Log::default());
    a.set_owner(log.clone(), 1);
    b.set_owner(log.clone(), 2);
    (a, b, log)
}

#[test]
fn the_high_water_mark_holds_and_reading_lifts_it() {
    for hwm in [1, 2, 3, 10, 1000] {
        let (mut a, mut b, log) = pair(hwm);
        let mut written = 0;
        while a.can_write() {
            a.write(message(written, true));
            a.write(message(written, false));
            a.flush();
            written += 1;
        }
        assert_eq!(written, hwm, "counted in whole messages");
        assert!(!a.can_write());
        for i in 0..hwm {
            assert_eq!(number(&b.read().unwrap()), i);
            assert_eq!(number(&b.read().unwrap()), i);
        }
        assert!(b.read().is_none());
        assert_eq!(*log.0.lock(), [(1, Signal::Writable)], "told once, by the reader");
        assert!(a.can_write());
    }
}

#[test]
fn room_that_was_promised_is_not_the_last_that_is_looked_for() {
    let (mut a, _b, _) = pair(2);
    for write in [Pipe::write, Pipe::write_anyway] {
        assert!(a.can_write());
        // The other end has changed its marks, or is quick.
        a.reconsider();
        write(&mut a, message(0, false));
    }
    assert!(!a.has_room() && !a.can_write(), "two are under way");
    a.write_run(|place| Some(place.put(message(1, false))));
    assert_eq!(a.written(), 2);
}

#[test]
fn a_mark_that_is_changed_counts_what_is_under_way() {
    let (mut a, mut b, log) = pair(0);
    for i in 0..100 {
        assert!(a.can_write());
        a.write(message(i, false));
    }
    a.flush();
    a.set_marks(Some(10), None);
    assert!(!a.can_write(), "a hundred are under way");
    for i in 0..100 {
        assert_eq!(number(&b.read().unwrap()), i);
    }
    assert!(b.read().is_none());
    assert!(log.0.lock().contains(&(1, Signal::Writable)));
    log.0.lock().clear();
    a.set_marks(Some(0), None);
    assert_eq!(*log.0.lock(), [], "nobody waits");
    for i in 0..100 {
        a.write(message(i, false));
    }
    a.flush();
    while b.read().is_some() {}
    // What was read without a mark does not count against one that is set later.
    a.set_marks(Some(10), None);
    let room = std::iter::from_fn(|| a.can_write().then(|| a.write(message(0, false)))).count();
    assert_eq!(room, 10);
    a.set_marks(Some(0), None);
    assert!(log.0.lock().contains(&(1, Signal::Writable)), "a writer that waits is told");
    assert!(a.can_write());
}

#[test]
fn a_shared_part_that_others_follow_is_no_marker() {
    let (mut a, mut b, _) = pair(0);
    for body in [vec![1], vec![1; 100]] {
        let mut first = Message::from_vec(body.clone());
        first.set_more(true);
        a.write(first.share());
        a.write(first.share());
        a.write(message(3, false));
        a.flush();
        for _ in 0..2 {
            assert_eq!(b.read().unwrap().as_bytes(), body);
        }
        assert_eq!(number(&b.read().unwrap()), 3);
    }
}

#[test]
fn parts_are_seen_together_or_not_at_all() {
    let (mut a, mut b, log) = pair(0);
    assert!(b.read().is_none());
    a.write(message(1, false));
    a.write(message(2, true));
    a.flush();
    assert!(b.read().is_none(), "the second message is not whole");
    a.rollback();
    a.flush();
    assert_eq!(*log.0.lock(), [(2, Signal::Readable)]);
    assert_eq!(number(&b.read().unwrap()), 1);
    assert!(b.read().is_none());
}

#[test]
fn closing_tells_the_other_end_which_still_reads() {
    let (mut a, mut b, log) = pair(0);
    a.write(message(7, false));
    a.flush();
    a.write(message(8, true));
    drop(a);
    assert_eq!(*log.0.lock(), [(2, Signal::Closed)]);
    assert!(b.is_abandoned() && !b.is_finished());
    assert_eq!(number(&b.read().unwrap()), 7);
    assert!(b.read().is_none() && b.is_finished());
}

#[test]
fn marks_are_taken_out_and_count_for_nothing() {
    let (mut a, mut b, log) = pair(2);
    b.set_origin(9);
    assert!(a.can_write());
    a.write(message(1, false));
    assert!(a.has_written_since_mark());
    a.mark(7);
    assert!(!a.has_written_since_mark());
    assert!(a.can_write());
    a.write(message(2, true));
    a.write(message(3, false));
    a.flush();
    assert!(!a.can_write(), "two are under way");
    let read = |b: &mut Pipe| b.read().map(|part| (number(&part), part.more(), b.origin()));
    assert_eq!(read(&mut b), Some((1, false, 9)));
    assert_eq!(read(&mut b), Some((2, true, 7)));
    assert_eq!(read(&mut b), Some((3, false, 7)));
    assert_eq!(read(&mut b), None);
    assert!(a.can_write());
    a.mark(8);
    a.mark(10);
    a.flush();
    assert!(!b.can_read() && b.peek(|_| ()).is_none(), "a mark is nothing to read");
    assert_eq!(b.origin(), 10);
    a.mark(11);
    a.close();
    assert!(b.is_finished());
    assert!(read(&mut b).is_none());
    assert!(log.0.lock().contains(&(2, Signal::Closed)));
}

#[test]
fn a_mark_that_is_rolled_back_is_known_to_be_gone() {
    let (mut a, mut b, _log) = pair(0);
    assert!(a.can_write());
    a.write(message(1, false));
    a.mark(7);
    assert!(a.can_write());
    a.write(message(2, true));
    a.rollback();
    assert!(a.has_written_since_mark());
    a.flush();
    assert_eq!(b.read().map(|part| number(&part)), Some(1));
    assert!(b.read().is_none());
    assert_eq!(b.origin(), 0);
}

#[test]
fn what_waits_is_counted_in_whole_messages() {
    let (mut a, mut b, _log) = pair(0);
    assert_eq!((a.waiting(), b.waiting()), ((0, 0), (0, 0)));
    for i in 0..300 {
        if i % 100 == 0 {
            a.mark(i as u64 + 1);
        }
        assert!(a.can_write());
        a.write(message(i, true));
        a.write(message(i, false));
    }
    assert_eq!(b.waiting(), (0, 0), "not published");
    a.flush();
    assert_eq!((a.waiting(), b.waiting()), ((300, 0), (0, 300)));
    for left in (0..300).rev() {
        b.read().unwrap();
        assert_eq!(b.waiting(), (0, left + 1));
        b.read().unwrap();
        assert_eq!(b.waiting(), (0, left));
    }
    assert!(b.read().is_none());
    assert_eq!(a.waiting(), (0, 0), "the reader has said so");
}

#[test]
fn a_reader_and_a_writer_that_sleep_are_woken() {
    struct Unpark(Mutex<Vec<std::thread::Thread>>);
    impl Notify for Unpark {
        fn notify(&self, key: usize, _: Signal) {
            self.0.lock()[key].unpark();
        }
    }
    let (a, b) = pipe([Bounds { hwm: 10, swap: None }, Bounds::default()]);
    let count = if cfg!(miri) { 500 } else { 200_000 };
    let unpark = Arc::new(Unpark(Mutex::new(Vec::new())));
    a.set_owner(unpark.clone(), 0);
    b.set_owner(unpark.clone(), 1);
    let mut threads = unpark.0.lock();
    let start = Arc::new(std::sync::Barrier::new(3));
    let (s1, s2) = (start.clone(), start.clone());
    let (mut a, mut b) = (a, b);
    let writer = std::thread::spawn(move || {
        s1.wait();
        for i in 0..count {
            while !a.can_write() {
                std::thread::park();
            }
            a.write(message(i, false));
            a.flush();
        }
    });
    let reader = std::thread::spawn(move || {
        s2.wait();
        let mut next = 0;
        loop {
            match b.read() {
                Some(part) => {
                    assert_eq!(number(&part), next);
                    next += 1;
                }
                None if b.is_finished() => return next,
                None => std::thread::park(),
            }
        }
    });
    threads.push(writer.thread().clone());
    threads.push(reader.thread().clone());
    drop(threads);
    start.wait();
    writer.join().unwrap();
    assert_eq!(reader.join().unwrap(), count);
}

#[test]
fn the_marks_of_both_ends_add_up() {
    let (mut a, mut b, log) = pair(0);
    let room =
        |a: &mut Pipe| std::iter::from_fn(|| a.can_write().then(|| a.write(message(0, false)))).count();
    a.set_marks(Some(2), None);
    b.set_marks(None, Some(3));
    assert_eq!(room(&mut a), 5);
    b.set_marks(None, Some(4));
    assert_eq!(*log.0.lock(), [(1, Signal::Writable)]);
    assert_eq!(room(&mut a), 1);
    a.set_marks(Some(5), None);
    assert_eq!(room(&mut a), 3);
    log.0.lock().clear();
    b.set_marks(None, Some(1));
    assert_eq!(*log.0.lock(), [(1, Signal::Tightened)]);
    a.reconsider();
    a.flush();
    assert_eq!(std::iter::from_fn(|| b.read()).count(), 9);
    assert_eq!(room(&mut a), 6);
    b.set_marks(Some(1), Some(0));
    assert!(a.can_write() && b.can_write());
}

#[test]
fn a_way_that_is_shut_lets_nothing_more_through() {
    for hwm in [0, 10] {
        let (mut a, mut b, log) = pair(hwm);
        a.write(message(1, true));
        b.shut(true);
        assert_eq!(*log.0.lock(), [(1, Signal::Tightened)]);
        a.reconsider();
        assert!(a.can_write(), "what was begun is finished");
        a.write(message(2, false));
        a.flush();
        assert!(!a.can_write());
        a.set_marks(Some(20), None);
        assert!(!a.can_write(), "whatever the marks are");
        assert_eq!(
            (b.read().map(|part| number(&part)), b.read().map(|part| number(&part))),
            (Some(1), Some(2))
        );
        assert!(!a.can_write(), "nor when all is read");
        log.0.lock().clear();
        b.shut(false);
        assert_eq!(*log.0.lock(), [(1, Signal::Writable)]);
        assert_eq!(
            std::iter::from_fn(|| a.can_write().then(|| a.write(message(0, false)))).take(30).count(),
            20
        );
    }
}

#[test]
fn a_conflated_way_keeps_the_last_part_of_the_last_message() {
    let (mut a, mut b) =
        pipe_with([Bounds { hwm: 1, swap: None }, Bounds { hwm: 1, swap: None }], [true, false]);
    let log = Arc::new(Log::default());
    a.set_owner(log.clone(), 1);
    b.set_owner(log.clone(), 2);
    let mut write = |number, more| {
        assert!(a.can_write());
        a.write(message(number, more));
        a.flush();
    };
    assert!(b.read().is_none());
    write(1, false);
    assert_eq!(*log.0.lock(), [(2, Signal::Readable)]);
    write(2, true);
    assert_eq!(b.peek(number), Some(1), "the next is not whole");
    write(3, false);
    let last = b.read().unwrap();
    assert_eq!((number(&last), last.more()), (3, false), "also when an earlier one was looked at");
    assert!(b.read().is_none());
    (4..100).for_each(|number| write(number, false));
    a.write(message(100, true));
    a.rollback();
    a.write(message(0, false).with_kind(Kind::Identity));
    a.flush();
    drop(a);
    assert_eq!(b.read().unwrap().kind(), Kind::Identity, "what is no data is kept");
    assert_eq!(b.read().map(|part| number(&part)), Some(99));
    assert!(b.read().is_none() && b.is_finished());
    assert!(b.can_write());
    b.write(message(0, false));
    assert!(!b.can_write(), "the other way is as usual");
}

#[test]
fn what_is_written_anyway_counts_and_hides_no_mark() {
    for before in 0..4 {
        let (mut a, mut b, _) = pair(2);
        (0..before).for_each(|number| a.write_anyway(message(number, false)));
        let room = std::iter::from_fn(|| a.can_write().then(|| a.write(message(9, false)))).take(10).count();
        assert_eq!(room, 2usize.saturating_sub(before));
        a.write_anyway(message(10, false));
        assert!(!a.can_write());
        a.flush();
        assert_eq!(std::iter::from_fn(|| b.read()).count(), before + room + 1);
    }
}

#[test]
fn an_epitaph_is_read_last() {
    let (mut a, mut b, _) = pair(0);
    b.set_epitaph(Some(message(9, false)));
    a.write(message(1, false));
    drop(a);
    assert_eq!(b.read().map(|part| number(&part)), Some(1));
    assert!(!b.is_finished() && b.can_read());
    assert_eq!(b.peek(number), Some(9));
    assert_eq!(b.read().map(|part| number(&part)), Some(9));
    assert!(b.read().is_none() && b.is_finished());
}

#[test]
fn a_reader_of_a_conflated_way_misses_no_wake() {
    struct Unpark(Mutex<Option<std::thread::Thread>>);
    impl Notify for Unpark {
        fn notify(&self, _: usize, _: Signal) {
            if let Some(thread) = &*self.0.lock() {
                thread.unpark();
            }
        }
    }
    let (mut a, mut b) = pipe_with([Bounds::default(), Bounds::default()], [true, true]);
    let reader = Arc::new(Unpark(Mutex::new(Some(std::thread::current()))));
    b.set_owner(reader, 0);
    let count = if cfg!(miri) { 200 } else { 100_000 };
    let writer = std::thread::spawn(move || {
        for n in 1..=count {
            a.write(message(n, false));
            a.flush();
        }
        a
    });
    let mut last = 0;
    while last < count {
        match b.read() {
            Some(part) => {
                assert!(number(&part) > last, "in order, each once");
                last = number(&part);
            }
            None => std::thread::park(),
        }
    }
    drop(writer.join().unwrap());
}
