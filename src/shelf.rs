//! The shelf: where the buffers of large bodies are kept for the bodies that come next.
//!
//! The allocator gives large buffers back to the system, and takes new ones from there: each page of a body is then a
//! page fault, which costs as much as to copy its bytes. So some buffers are kept, a few megabytes in a process and no more.
#![forbid(unsafe_code)]

use parking_lot::Mutex;
use std::mem::take;

/// Bodies from this length on have buffers of the shelf's.
pub(crate) const BODY_BYTES_MIN: usize = 64 * 1024;
/// The largest buffer that is kept.
const BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many bytes are kept in all.
const SHELF_BYTES_MAX: usize = 8 * 1024 * 1024;

static SHELF: Mutex<Shelf> = Mutex::new(Shelf { buffers: Vec::new(), bytes: 0 });

struct Shelf {
    /// The one that was used last comes last: the processor may still have it in its cache.
    buffers: Vec<Vec<u8>>,
    /// The sum of their capacities.
    bytes: usize,
}

impl Shelf {
    /// A buffer with room for so many bytes, and not for much more.
    fn take(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let fits = |buffer: &Vec<u8>| buffer.capacity() >= bytes && buffer.capacity() / 2 <= bytes;
        let buffer = self.buffers.remove(self.buffers.iter().rposition(fits)?);
        self.bytes -= buffer.capacity();
        Some(buffer)
    }

    /// Keeps a buffer; gives it back when there is no place for it.
    fn put(&mut self, mut buffer: Vec<u8>) -> Option<Vec<u8>> {
        let bytes = buffer.capacity();
        if !(BODY_BYTES_MIN..=BUFFER_BYTES_MAX).contains(&bytes) || self.bytes + bytes > SHELF_BYTES_MAX {
            return Some(buffer);
        }
        buffer.clear();
        self.bytes += bytes;
        self.buffers.push(buffer);
        None
    }
}

/// An empty buffer with room for so many bytes, of the shelf's if that has one. `None`: there is no memory for it.
pub(crate) fn buffer(bytes: usize) -> Option<Vec<u8>> {
    // Nobody waits for the shelf.
    let kept = SHELF.try_lock().and_then(|mut shelf| shelf.take(bytes));
    kept.or_else(|| {
        let mut fresh = Vec::new();
        fresh.try_reserve_exact(bytes).is_ok().then_some(fresh)
    })
}

/// A buffer that goes (back) to the shelf when it is dropped.
pub(crate) struct Shelved(pub(crate) Vec<u8>);

impl AsRef<[u8]> for Shelved {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Shelved {
    fn drop(&mut self) {
        let buffer = take(&mut self.0);
        let left = match SHELF.try_lock() {
            Some(mut shelf) => shelf.put(buffer),
            None => Some(buffer),
        };
        // Freed here, if at all: not while others find the shelf locked.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf {
        Shelf { buffers: Vec::new(), bytes: 0 }
    }

    #[test]
    fn what_fits_is_used_again_the_last_first() {
        let mut shelf = shelf();
        for bytes in [100_000, 150_000, 1_000_000] {
            assert!(shelf.put(Vec::with_capacity(bytes)).is_none());
        }
        assert!(shelf.take(400_000).is_none(), "more than twice as large is too large");
        assert!(shelf.take(1_000_001).is_none());
        assert_eq!(shelf.take(90_000).map(|buffer| buffer.capacity()), Some(150_000));
        assert_eq!(shelf.take(90_000).map(|buffer| buffer.capacity()), Some(100_000));
        assert!(shelf.take(90_000).is_none());
        assert_eq!(
            shelf.take(1_000_000).map(|buffer| (buffer.capacity(), buffer.len())),
            Some((1_000_000, 0))
        );
        assert_eq!(shelf.bytes, 0);
    }

    #[test]
    fn it_keeps_no_more_than_it_may() {
        let mut shelf = shelf();
        assert!(shelf.put(Vec::with_capacity(BODY_BYTES_MIN - 1)).is_some());
        assert!(shelf.put(Vec::with_capacity(BUFFER_BYTES_MAX + 1)).is_some());
        let refused = (0..100).filter(|_| shelf.put(vec![1; 1 << 20]).is_some()).count();
        assert_eq!((refused, shelf.bytes), (92, SHELF_BYTES_MAX));
    }

    #[test]
    fn a_buffer_has_room() {
        for bytes in [BODY_BYTES_MIN, 100_000, BUFFER_BYTES_MAX + 1] {
            let buffer = buffer(bytes).unwrap();
            assert!(buffer.is_empty() && buffer.capacity() >= bytes);
            drop(Shelved(buffer));
        }
        assert!(buffer(usize::MAX).is_none());
    }
}
