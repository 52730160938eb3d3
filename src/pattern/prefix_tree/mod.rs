//! `PrefixTree`: values found by prefix, compact enough for millions of subscriptions.
//!
//! A path-compressed radix tree. Its nodes are in one vector and refer to each other by index, the bytes
//! of their labels are in another. Nothing recurses, however long the prefixes are. A node without a
//! value has at least two children, except the root. A node keeps its index as long as it has a value.
#![forbid(unsafe_code)]

mod children;

use children::{Children, Table};

/// The most nodes in a tree.
const NODES_MAX: usize = 1 << 30;
/// How many unused bytes of labels are tolerated in any case.
const GARBAGE_BYTES_MIN: usize = 4096;
/// The node whose label is empty.
const ROOT: u32 = 0;
/// No node: the end of the chain of free ones.
const NONE: u32 = u32::MAX;

/// Names a node while it has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(u32);

struct Node<T> {
    value: Option<T>,
    /// Where in `labels` the bytes are that lead here from the parent.
    label_at: usize,
    label_len: u32,
    /// The next free node when this one is free.
    parent: u32,
    children: Table,
}

/// See the module's documentation.
pub(super) struct PrefixTree<T> {
    nodes: Vec<Node<T>>,
    children: Children,
    labels: Vec<u8>,
    /// Bytes of `labels` that no node uses.
    garbage: usize,
    /// The first free node.
    free: u32,
    /// How many values there are.
    values: usize,
}

impl<T> PrefixTree<T> {
    pub(super) fn new() -> PrefixTree<T> {
        let root = Node { value: None, label_at: 0, label_len: 0, parent: NONE, children: Table::default() };
        PrefixTree {
            nodes: vec![root],
            children: Children::new(),
            labels: Vec::new(),
            garbage: 0,
            free: NONE,
            values: 0,
        }
    }

    /// How many prefixes have a value.
    pub(super) fn len(&self) -> usize {
        self.values
    }

    /// The node of the prefix, and its value, made by `default` if there is none yet. `None` when the
    /// prefix is longer, or the tree larger, than can be (4 GB, a thousand million nodes).
    pub(super) fn entry(&mut self, prefix: &[u8], default: impl FnOnce() -> T) -> Option<(NodeId, &mut T)> {
        if u32::try_from(prefix.len()).is_err() || self.nodes.len() + 2 > NODES_MAX || self.children.is_full()
        {
            return None;
        }
        let node = self.make_path(prefix);
        let value = &mut self.nodes[node as usize].value;
        if value.is_none() {
            self.values += 1;
        }
        Some((NodeId(node), value.get_or_insert_with(default)))
    }

    /// The node of the prefix, if it has a value.
    pub(super) fn find(&self, prefix: &[u8]) -> Option<NodeId> {
        let (mut node, mut rest) = (ROOT, prefix);
        while let Some(first) = rest.first() {
            node = self.children.get(self.node(node).children, *first)?;
            rest = rest.strip_prefix(self.label(node))?;
        }
        self.node(node).value.is_some().then_some(NodeId(node))
    }

    /// The value of the prefix, if it has one.
    #[cfg(test)]
    pub(super) fn get(&self, prefix: &[u8]) -> Option<&T> {
        self.find(prefix).and_then(|NodeId(node)| self.node(node).value.as_ref())
    }

    /// The node's value, to be changed.
    pub(super) fn value_mut(&mut self, node: NodeId) -> &mut T {
        self.nodes[node.0 as usize].value.as_mut().expect("a named node has a value")
    }

    /// The node's prefix.
    pub(super) fn prefix(&self, node: NodeId) -> Vec<u8> {
        let mut path = Vec::new();
        let mut node = node.0;
        while node != ROOT {
            path.push(node);
            node = self.node(node).parent;
        }
        path.iter().rev().flat_map(|node| self.label(*node)).copied().collect()
    }

    /// Takes the node's value out; the node is not used any more.
    pub(super) fn remove(&mut self, node: NodeId) -> T {
        let NodeId(node) = node;
        let value = self.nodes[node as usize].value.take().expect("a named node has a value");
        self.values -= 1;
        if self.values == 0 {
            // Gives the memory back too.
            *self = PrefixTree::new();
        } else {
            self.prune(node);
            self.collect_garbage();
        }
        value
    }

    /// Gives the value of every prefix of `bytes` to `found`, the shortest first.
    #[inline]
    pub(super) fn matching(&self, bytes: &[u8], mut found: impl FnMut(&T)) {
        self.any_matching(bytes, |value| {
            found(value);
            false
        });
    }

    /// Whether `found` says so of the value of any prefix of `bytes`, the shortest first.
    #[inline]
    pub(super) fn any_matching(&self, bytes: &[u8], mut found: impl FnMut(&T) -> bool) -> bool {
        let (mut node, mut rest) = (self.node(ROOT), bytes);
        loop {
            if let Some(value) = &node.value
                && found(value)
            {
                return true;
            }
            let Some(first) = rest.first() else { return false };
            let Some(child) = self.children.get(node.children, *first) else { return false };
            let Some(behind) = rest.strip_prefix(self.label(child)) else { return false };
            (node, rest) = (self.node(child), behind);
        }
    }

    /// Gives every prefix and its value to `visit`, in the prefixes' order.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&[u8], &T)) {
        let mut prefix = Vec::new();
        // The nodes still to visit, and how long the prefix of their parent is.
        let mut stack = vec![(ROOT, 0)];
        while let Some((node, parent_len)) = stack.pop() {
            prefix.truncate(parent_len);
            prefix.extend_from_slice(self.label(node));
            if let Some(value) = &self.node(node).value {
                visit(&prefix, value);
            }
            let children = self.children.all(self.node(node).children);
            stack.extend(children.iter().rev().map(|child| (*child, prefix.len())));
        }
    }

    #[inline]
    fn node(&self, node: u32) -> &Node<T> {
        &self.nodes[node as usize]
    }

    #[inline]
    fn label(&self, node: u32) -> &[u8] {
        let node = self.node(node);
        &self.labels[node.label_at..node.label_at + node.label_len as usize]
    }

    /// The node that the bytes lead to, made if need be.
    fn make_path(&mut self, prefix: &[u8]) -> u32 {
        let (mut node, mut rest) = (ROOT, prefix);
        while let Some(first) = rest.first() {
            let Some(child) = self.children.get(self.node(node).children, *first) else {
                return self.add_leaf(node, rest);
            };
            let common = self.label(child).iter().zip(rest).take_while(|(a, b)| a == b).count();
            node = if common == self.label(child).len() { child } else { self.split(child, common) };
            rest = &rest[common..];
        }
        node
    }

    fn add_leaf(&mut self, parent: u32, label: &[u8]) -> u32 {
        let label_at = self.labels.len();
        grow(&mut self.labels, label.len());
        self.labels.extend_from_slice(label);
        let leaf = self.new_node(label_at, label.len() as u32, parent);
        self.children.insert(&mut self.nodes[parent as usize].children, label[0], leaf);
        leaf
    }

    /// Puts a node between this one and its parent, `common` bytes of label from the parent.
    fn split(&mut self, node: u32, common: usize) -> u32 {
        let first = self.label(node)[0];
        let next = self.label(node)[common];
        let (parent, label_at) = (self.node(node).parent, self.node(node).label_at);
        let middle = self.new_node(label_at, common as u32, parent);
        self.children.replace(self.node(parent).children, first, middle);
        let lower = &mut self.nodes[node as usize];
        lower.parent = middle;
        lower.label_at += common;
        lower.label_len -= common as u32;
        self.children.insert(&mut self.nodes[middle as usize].children, next, node);
        middle
    }

    fn new_node(&mut self, label_at: usize, label_len: u32, parent: u32) -> u32 {
        let node = Node { value: None, label_at, label_len, parent, children: Table::default() };
        if self.free == NONE {
            grow(&mut self.nodes, 1);
            self.nodes.push(node);
            // `entry` has seen to it that there are fewer nodes than a u32 can count.
            (self.nodes.len() - 1) as u32
        } else {
            let at = self.free;
            self.free = self.node(at).parent;
            self.nodes[at as usize] = node;
            at
        }
    }

    /// Takes out of the tree what it does not need any more now that the node has no value.
    fn prune(&mut self, node: u32) {
        if node == ROOT {
            return;
        }
        match self.node(node).children.len() {
            0 => {
                let parent = self.node(node).parent;
                let first = self.label(node)[0];
                self.children.remove(&mut self.nodes[parent as usize].children, first);
                self.free_node(node);
                let above = self.node(parent);
                if parent != ROOT && above.value.is_none() && above.children.len() == 1 {
                    self.merge(parent);
                }
            }
            1 => self.merge(node),
            _ => (),
        }
    }

    /// Puts the node's only child in its place.
    fn merge(&mut self, node: u32) {
        let child = self.children.all(self.node(node).children)[0];
        let first = self.label(node)[0];
        let (upper, lower) = (self.node(node), self.node(child));
        let (upper_at, upper_len) = (upper.label_at, upper.label_len as usize);
        let (lower_at, lower_len) = (lower.label_at, lower.label_len as usize);
        let parent = upper.parent;
        let label_at = if upper_at + upper_len == lower_at {
            upper_at
        } else {
            let label_at = self.labels.len();
            grow(&mut self.labels, upper_len + lower_len);
            self.labels.extend_from_within(upper_at..upper_at + upper_len);
            self.labels.extend_from_within(lower_at..lower_at + lower_len);
            self.garbage += upper_len + lower_len;
            label_at
        };
        let merged = &mut self.nodes[child as usize];
        merged.label_at = label_at;
        // The sum is the length of a part of one prefix, which fits.
        merged.label_len += upper_len as u32;
        merged.parent = parent;
        self.children.replace(self.node(parent).children, first, child);
        // Its label is the child's now, or counted as garbage already.
        self.nodes[node as usize].label_len = 0;
        self.free_node(node);
    }

    fn free_node(&mut self, node: u32) {
        let freed = &mut self.nodes[node as usize];
        self.garbage += freed.label_len as usize;
        freed.label_len = 0;
        freed.parent = self.free;
        self.children.release(&mut freed.children);
        self.free = node;
    }

    /// Moves the labels together when most of their bytes are unused.
    fn collect_garbage(&mut self) {
        if self.garbage < GARBAGE_BYTES_MIN || self.garbage <= self.labels.len() / 2 {
            return;
        }
        let mut labels = Vec::with_capacity(self.labels.len() - self.garbage);
        for node in &mut self.nodes {
            let label = node.label_at..node.label_at + node.label_len as usize;
            node.label_at = labels.len();
            labels.extend_from_slice(&self.labels[label]);
        }
        self.labels = labels;
        self.garbage = 0;
    }

    /// How many bytes of memory are in use, apart from what values own.
    #[cfg(test)]
    fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node<T>>() + self.labels.capacity() + self.children.memory()
    }
}

/// Makes room for some more elements by a quarter at a time: where there are millions, doubling wastes.
fn grow<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        vec.reserve_exact(more.max(vec.len() / 4).max(8));
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
