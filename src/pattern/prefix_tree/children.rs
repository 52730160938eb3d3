//! `Children`: which child a node has under which byte, for all the nodes of a tree in two vectors.
//!
//! Each node's table is a block of both vectors, sorted by byte, whose room is a power of two up to 256.
//! Blocks given back are chained for the next table of the same size.
#![forbid(unsafe_code)]

/// No block: the end of a chain.
const NONE: u32 = u32::MAX;
/// Sizes of block: 1, 2, 4 to 256.
const SIZES: usize = 9;

/// One node's children.
#[derive(Clone, Copy, Default)]
pub(super) struct Table {
    /// Where the block is, when there are children.
    at: u32,
    len: u16,
    /// The block's size: 0 for none, otherwise the power of two, plus one.
    size: u8,
}

impl Table {
    /// How many children there are.
    pub(super) fn len(self) -> usize {
        usize::from(self.len)
    }

    fn room(self) -> usize {
        if self.size == 0 { 0 } else { 1 << (self.size - 1) }
    }

    fn range(self) -> std::ops::Range<usize> {
        self.at as usize..self.at as usize + self.len()
    }
}

/// See the module's documentation.
pub(super) struct Children {
    bytes: Vec<u8>,
    nodes: Vec<u32>,
    /// The first free block of each size; the next one stands in its first node.
    free: [u32; SIZES],
}

impl Children {
    pub(super) fn new() -> Children {
        Children { bytes: Vec::new(), nodes: Vec::new(), free: [NONE; SIZES] }
    }

    /// Whether another prefix might need more blocks than can be numbered.
    pub(super) fn is_full(&self) -> bool {
        // At most two tables grow for it, to 256 children at most.
        self.nodes.len() > u32::MAX as usize - 512
    }

    /// The child under `byte`.
    #[inline]
    pub(super) fn get(&self, table: Table, byte: u8) -> Option<u32> {
        let place = self.bytes[table.range()].binary_search(&byte).ok()?;
        Some(self.nodes[table.at as usize + place])
    }

    /// All children, in the order of their bytes.
    pub(super) fn all(&self, table: Table) -> &[u32] {
        &self.nodes[table.range()]
    }

    /// Adds a child under a byte that has none.
    pub(super) fn insert(&mut self, table: &mut Table, byte: u8, node: u32) {
        let Err(place) = self.bytes[table.range()].binary_search(&byte) else {
            panic!("a tree's node has one child a byte");
        };
        if table.len() == table.room() {
            self.resize(table, table.size + 1);
        }
        let (at, end) = (table.at as usize + place, table.range().end);
        self.bytes.copy_within(at..end, at + 1);
        self.nodes.copy_within(at..end, at + 1);
        self.bytes[at] = byte;
        self.nodes[at] = node;
        table.len += 1;
    }

    /// Puts another child under a byte that has one.
    pub(super) fn replace(&mut self, table: Table, byte: u8, node: u32) {
        let at = table.at as usize + self.place(table, byte);
        self.nodes[at] = node;
    }

    /// Takes away the child under a byte that has one.
    pub(super) fn remove(&mut self, table: &mut Table, byte: u8) {
        let (at, end) = (table.at as usize + self.place(*table, byte), table.range().end);
        self.bytes.copy_within(at + 1..end, at);
        self.nodes.copy_within(at + 1..end, at);
        table.len -= 1;
        // Half of the room stays free, lest an insertion follows.
        if table.len() * 4 <= table.room() || table.len == 0 {
            self.resize(table, if table.len == 0 { 0 } else { table.size - 1 });
        }
    }

    /// Gives the block back: the table's node is gone.
    pub(super) fn release(&mut self, table: &mut Table) {
        table.len = 0;
        self.resize(table, 0);
    }

    /// How many bytes of memory are in use.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.nodes.capacity() * size_of::<u32>()
    }

    fn place(&self, table: Table, byte: u8) -> usize {
        self.bytes[table.range()].binary_search(&byte).expect("the child is in its parent's table")
    }

    /// Moves the table to a block of another size.
    fn resize(&mut self, table: &mut Table, size: u8) {
        let mut new = Table { at: 0, len: table.len, size };
        if size > 0 {
            new.at = self.take_block(size);
            self.bytes.copy_within(table.range(), new.at as usize);
            self.nodes.copy_within(table.range(), new.at as usize);
        }
        if table.size > 0 {
            let free = &mut self.free[usize::from(table.size) - 1];
            self.nodes[table.at as usize] = *free;
            *free = table.at;
        }
        *table = new;
    }

    fn take_block(&mut self, size: u8) -> u32 {
        let free = &mut self.free[usize::from(size) - 1];
        if *free != NONE {
            let at = *free;
            *free = self.nodes[at as usize];
            return at;
        }
        let (at, room) = (self.nodes.len(), 1 << (size - 1));
        super::grow(&mut self.bytes, room);
        super::grow(&mut self.nodes, room);
        self.bytes.resize(at + room, 0);
        self.nodes.resize(at + room, NONE);
        u32::try_from(at).expect("a tree that is full takes no prefixes")
    }
}
