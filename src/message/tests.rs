//! What must hold for messages and arenas.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn bodies_of_every_size_keep_their_bytes() {
    for len in [0, 1, 29, 30, 31, 64, 1023, 1024, 1025, 100_000] {
        let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let message = Message::copy_from(&bytes).unwrap();
        assert_eq!(message.as_bytes(), bytes);
        let copy = message.clone();
        drop(message);
        assert_eq!(copy.as_bytes(), bytes);
        assert!(
            len <= INLINE_MAX || copy.data().addr().is_multiple_of(16),
            "{len} bytes are aligned for structures"
        );
        // SAFETY: taken apart and put together once.
        let again = unsafe { Message::from_raw(copy.into_raw()) };
        assert_eq!(again.as_bytes(), bytes);
    }
}

#[test]
fn inline_bodies_can_be_copied_with_their_headers() {
    let bytes: [u8; INLINE_MAX] = std::array::from_fn(|i| i as u8);
    for len in 0..=INLINE_MAX {
        let mut message = Message::from_inline(&bytes, len);
        message.set_shared();
        assert_eq!(message.as_bytes(), &bytes[..len]);
        let framed = message.framed([0xfe, 0xff]).unwrap();
        assert_eq!(framed.as_flattened(), [&[0xfe, 0xff], &bytes[..]].concat());
        let of_word = Message::of_word(&framed[0], len);
        assert_eq!(of_word.as_ref().map(Message::as_bytes), bytes.get(..len).filter(|_| len <= WORD - 2));
        assert!(of_word.is_none_or(|message| message.is_data() && !message.more() && !message.is_shared()));
    }
    assert_eq!(Message::copy_from(&[7; INLINE_MAX + 1]).unwrap().framed([0, 0]), None);
    assert_eq!(Message::from_owner([7; 3]).framed([0, 0]), None);
    assert!(Message::of_word(&[0xff; WORD], WORD - 1).is_none());
}

#[test]
fn an_owner_is_dropped_once_with_the_last_message() {
    struct Owner(Vec<u8>, Arc<AtomicUsize>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let message = Message::from_owner(Owner(vec![7; 3], drops.clone()));
    let copies: Vec<Message> = (0..10).map(|_| message.clone()).collect();
    drop(message);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    let thread = std::thread::spawn(move || copies.iter().map(|m| m.as_bytes().len()).sum::<usize>());
    assert_eq!(thread.join().unwrap(), 30);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn an_arena_survives_its_messages_and_the_reverse() {
    let mut arena = Arena::new();
    let mut held = Vec::new();
    for i in 0..if cfg!(miri) { 100 } else { 1000usize } {
        let bytes = vec![i as u8; 31 + i % 300];
        let message = arena.copy_from(&bytes).unwrap();
        assert_eq!(message.data() as usize % 16, 0, "bodies are aligned for structures");
        if i % 3 == 0 {
            held.push((message, bytes));
        }
    }
    drop(arena);
    for (message, bytes) in held {
        assert_eq!(message.as_bytes(), bytes);
    }
}

#[test]
fn a_body_that_cannot_be_allocated_is_an_error() {
    // SAFETY: the message is never read: it is never made.
    assert_eq!(unsafe { Message::uninit(usize::MAX - 8) }.err(), Some(OutOfMemory));
}

#[test]
fn flags_do_not_disturb_each_other() {
    let mut message = Message::new();
    assert!(!message.more() && message.kind() == Kind::Data);
    message.set_more(true);
    for kind in [Kind::Identity, Kind::Subscribe, Kind::Cancel, Kind::Data] {
        message = message.with_kind(kind);
        assert!(message.more() && message.kind() == kind);
    }
    message.set_more(false);
    assert!(!message.more());
}

#[test]
fn a_body_is_shared_when_it_was_and_is_not_inline() {
    for (len, shared) in [(0, false), (INLINE_MAX, false), (INLINE_MAX + 1, true), (2000, true)] {
        let mut message = Message::copy_from(&vec![7; len]).unwrap();
        assert!(!message.is_shared());
        let mut copy = message.share().with_kind(Kind::Subscribe);
        copy.set_more(true);
        assert_eq!((message.is_shared(), copy.is_shared()), (shared, shared));
        assert_eq!(copy.as_bytes(), message.as_bytes());
        assert!(copy.more() && copy.kind() == Kind::Subscribe && !message.more());
    }
}
