//! What a program holds of a socket: the address of a word that has the socket's number.
//!
//! A number alone would do for this library, but not for programs that look at the memory that a socket points to. CZMQ
//! does, to tell a socket of libzmq from one of its own. A word is used again only after many others, so that who
//! uses a socket after closing it does not find another.
#![forbid(unsafe_code)]

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As many as there can be sockets.
const WORDS: usize = 1 << 20;
/// How many words are used once before one is used again.
const WORDS_BEFORE_REUSE: usize = 1 << 15;

/// All zero, and so in no file and in no memory until they are used.
static NUMBERS: [AtomicUsize; WORDS] = [const { AtomicUsize::new(0) }; WORDS];

static FREE: Mutex<Free> = Mutex::new(Free { used: 0, closed: VecDeque::new() });

struct Free {
    /// Words that were ever used.
    used: usize,
    /// Those whose sockets were closed, the one longest ago first.
    closed: VecDeque<u32>,
}

impl Free {
    fn take(&mut self) -> Option<usize> {
        let fresh = self.used < WORDS;
        if (!fresh || self.used >= WORDS_BEFORE_REUSE)
            && let Some(word) = self.closed.pop_front()
        {
            return Some(word as usize);
        }
        if !fresh {
            return None;
        }
        self.used += 1;
        Some(self.used - 1)
    }
}

/// The handle of a socket with this number; none when there are too many.
pub(crate) fn give(number: usize) -> Option<*mut c_void> {
    let word = &NUMBERS[FREE.lock().take()?];
    word.store(number, Ordering::Relaxed);
    Some(ptr::from_ref(word).cast_mut().cast())
}

/// The place of the word that a handle points to, if it is a handle.
#[inline]
fn place(handle: *mut c_void) -> usize {
    // What is below the words, or not at the beginning of one, becomes a large number.
    handle
        .addr()
        .wrapping_sub(NUMBERS.as_ptr().addr())
        .rotate_right(size_of::<AtomicUsize>().trailing_zeros())
}

/// The number of the socket with this handle; 0, which no socket has, for what is no handle. That of a socket that
/// was closed remains until the word is used again.
#[inline]
pub(crate) fn number(handle: *mut c_void) -> usize {
    NUMBERS.get(place(handle)).map_or(0, |word| word.load(Ordering::Relaxed))
}

/// The socket was closed. Called once for each.
pub(crate) fn closed(handle: *mut c_void) {
    if let Ok(word) = u32::try_from(place(handle)) {
        FREE.lock().closed.push_back(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_leads_to_its_number() {
        let [first, second] = [17, 18].map(|number| give(number).unwrap());
        assert_ne!(first, second);
        assert_eq!((number(first), number(second)), (17, 18));
        closed(first);
        assert_eq!(number(first), 17, "until it is used again");
        for _ in 0..100 {
            let next = give(19).unwrap();
            assert_ne!(next, first, "not soon");
            closed(next);
        }
    }

    #[test]
    fn what_is_no_handle_leads_to_nothing() {
        let handle = give(20).unwrap();
        for garbage in [0, 1, usize::MAX, handle.addr() + 1, handle.addr() - 3, NUMBERS.as_ptr().addr() - 8] {
            assert_eq!(number(ptr::without_provenance_mut(garbage)), 0);
        }
        let end = NUMBERS.as_ptr_range().end.addr();
        assert_eq!(number(ptr::without_provenance_mut(end)), 0);
    }

    #[test]
    fn words_are_used_again_in_the_end() {
        let mut free = Free { used: 0, closed: VecDeque::new() };
        for word in 0..WORDS_BEFORE_REUSE {
            assert_eq!(free.take(), Some(word));
        }
        free.closed.extend([5, 6]);
        assert_eq!([free.take(), free.take(), free.take()], [5, 6, WORDS_BEFORE_REUSE].map(Some));
        free.used = WORDS;
        assert_eq!(free.take(), None);
        free.closed.push_back(7);
        assert_eq!(free.take(), Some(7));
    }
}
