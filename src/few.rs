//! Lists of which many have one entry: a client's socket has one peer, and there may be thousands of such sockets.
#![forbid(unsafe_code)]

/// Adds an entry. The first one gets room for itself only, where a `Vec` by itself would take room for four.
#[inline]
pub(crate) fn push<T>(list: &mut Vec<T>, entry: T) {
    if list.capacity() == 0 {
        list.reserve_exact(1);
    }
    list.push(entry);
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_entry_has_room_for_itself_only() {
        let mut list = Vec::new();
        super::push(&mut list, "one");
        assert_eq!(list.capacity(), 1);
        super::push(&mut list, "two");
        assert_eq!(list, ["one", "two"]);
    }
}
