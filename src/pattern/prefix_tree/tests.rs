//! Tests of the prefix tree: small cases, and against a `BTreeMap` as a model.
#![forbid(unsafe_code)]

use super::*;
use crate::pattern::testing::Random;
use std::collections::BTreeMap;

impl<T> PrefixTree<T> {
    /// Checks what must hold of every tree.
    fn check(&self) {
        let mut free = 0;
        let mut node = self.free;
        while node != NONE {
            free += 1;
            node = self.node(node).parent;
        }
        let (mut live, mut values, mut label_bytes) = (0, 0, 0);
        let mut stack = vec![ROOT];
        while let Some(node) = stack.pop() {
            live += 1;
            values += usize::from(self.node(node).value.is_some());
            label_bytes += self.label(node).len();
            let children = self.children.all(self.node(node).children);
            for child in children {
                assert_eq!(self.node(*child).parent, node);
                let first = self.label(*child)[0];
                assert_eq!(self.children.get(self.node(node).children, first), Some(*child));
            }
            assert!(node == ROOT || self.node(node).value.is_some() || children.len() > 1, "a useless node");
            stack.extend_from_slice(children);
        }
        assert_eq!(live + free, self.nodes.len(), "no node is lost");
        assert_eq!(values, self.values);
        assert_eq!(label_bytes + self.garbage, self.labels.len(), "no byte is lost");
    }

    fn all(&self) -> Vec<(Vec<u8>, T)>
    where
        T: Copy,
    {
        let mut all = Vec::new();
        self.for_each(|prefix, value| all.push((prefix.to_vec(), *value)));
        all
    }

    fn matches(&self, bytes: &[u8]) -> Vec<T>
    where
        T: Copy,
    {
        let mut values = Vec::new();
        self.matching(bytes, |value| values.push(*value));
        values
    }

    fn set(&mut self, prefix: &[u8], value: T) -> NodeId
    where
        T: Copy,
    {
        let (node, there) = self.entry(prefix, || value).unwrap();
        *there = value;
        node
    }
}

#[test]
fn every_prefix_of_the_bytes_matches_and_no_other() {
    let mut tree = PrefixTree::new();
    for (n, prefix) in ["abc", "abd", "ab", "", "abcdef", "b", "\0", "\0\0"].iter().enumerate() {
        tree.set(prefix.as_bytes(), n);
        tree.check();
    }
    assert_eq!(tree.matches(b""), [3]);
    assert_eq!(tree.matches(b"a"), [3]);
    assert_eq!(tree.matches(b"abcd"), [3, 2, 0]);
    assert_eq!(tree.matches(b"abcdefg"), [3, 2, 0, 4]);
    assert_eq!(tree.matches(b"\0\0\xff"), [3, 6, 7]);
    assert_eq!(tree.matches(b"c"), [3]);
    assert!(tree.any_matching(b"b", |n| *n == 5) && !tree.any_matching(b"a", |n| *n == 5));
    assert_eq!((tree.get(b"ab"), tree.get(b"a"), tree.get(b"abcx"), tree.len()), (Some(&2), None, None, 8));
}

#[test]
fn a_node_keeps_its_name_while_others_come_and_go() {
    let mut tree = PrefixTree::new();
    let node = tree.set(b"abcdef", 1);
    for other in ["abc", "ab", "abcdefgh", "abx", ""] {
        tree.set(other.as_bytes(), 2);
        assert_eq!((tree.prefix(node), *tree.value_mut(node)), (b"abcdef".to_vec(), 1));
    }
    for other in ["ab", "abcdefgh", "", "abc", "abx"] {
        let other = tree.find(other.as_bytes()).unwrap();
        assert_eq!(tree.remove(other), 2);
        tree.check();
        assert_eq!((tree.prefix(node), *tree.value_mut(node)), (b"abcdef".to_vec(), 1));
    }
    assert_eq!(tree.remove(node), 1);
    tree.check();
    assert_eq!((tree.len(), tree.find(b"abcdef"), tree.find(b"")), (0, None, None));
}

#[test]
fn one_node_may_have_a_child_for_every_byte() {
    let mut tree = PrefixTree::new();
    for n in 0..=255u8 {
        tree.set(&[7, n], n);
    }
    tree.check();
    for n in 0..=255u8 {
        assert_eq!(tree.matches(&[7, n, n]), [n]);
    }
    for n in (0..=255u8).rev() {
        let node = tree.find(&[7, n]).unwrap();
        tree.remove(node);
        tree.check();
    }
    assert_eq!(tree.len(), 0);
}

#[test]
fn a_long_chain_of_prefixes_is_no_problem() {
    let count = if cfg!(miri) { 100 } else { 2_000 };
    let bytes = vec![b'x'; count];
    let mut tree = PrefixTree::new();
    for len in 0..count {
        tree.set(&bytes[..len], len);
    }
    assert_eq!(tree.matches(&bytes).len(), count);
    assert_eq!(tree.all().len(), count);
    for len in (0..count).step_by(2) {
        let node = tree.find(&bytes[..len]).unwrap();
        assert_eq!(tree.remove(node), len);
    }
    tree.check();
    assert_eq!(tree.matches(&bytes).len(), count / 2);
}

/// Prefixes over alphabets of several sizes, so that there are long common parts and broad nodes.
fn random_prefix(random: &mut Random) -> Vec<u8> {
    let (letters, len_max) = [(2, 12), (3, 6), (256, 3)][random.below(3)];
    (0..random.below(len_max + 1)).map(|_| random.below(letters) as u8).collect()
}

#[test]
fn agrees_with_a_model_under_random_operations() {
    let mut random = Random::new(2024);
    let mut tree = PrefixTree::new();
    let mut model: BTreeMap<Vec<u8>, (u64, NodeId)> = BTreeMap::new();
    for step in 0..if cfg!(miri) { 300 } else { 40_000u64 } {
        // Growth and decline alternate, down to the empty tree and the reuse of everything.
        let declining = step / 2_000 % 3 == 2;
        let prefix = random_prefix(&mut random);
        if random.below(10) < if declining { 1 } else { 6 } {
            let node = tree.set(&prefix, step);
            if let Some((_, before)) = model.insert(prefix, (step, node)) {
                assert_eq!(before, node);
            }
        } else {
            let prefix = match model.range(prefix.clone()..).next() {
                Some((there, _)) if declining || random.below(2) == 0 => there.clone(),
                _ => prefix,
            };
            let removed = tree.find(&prefix).map(|node| (tree.prefix(node), tree.remove(node), node));
            let expected = model.remove(&prefix).map(|(value, node)| (prefix, value, node));
            assert_eq!(removed, expected);
        }
        let bytes = random_prefix(&mut random);
        let expected: Vec<u64> =
            (0..=bytes.len()).filter_map(|len| model.get(&bytes[..len])).map(|(value, _)| *value).collect();
        assert_eq!(tree.matches(&bytes), expected);
        assert_eq!(tree.get(&bytes), model.get(&bytes).map(|(value, _)| value));
        assert_eq!(tree.len(), model.len());
        if step % 500 == 0 {
            tree.check();
            let expected: Vec<_> =
                model.iter().map(|(prefix, (value, _))| (prefix.clone(), *value)).collect();
            assert_eq!(tree.all(), expected, "all prefixes, in order");
        }
    }
    tree.check();
}

#[test]
fn a_million_prefixes_are_compact() {
    let count = match (cfg!(miri), cfg!(debug_assertions)) {
        (true, _) => 500,
        (_, true) => 100_000,
        _ => 1_000_000usize,
    };
    let mut random = Random::new(1);
    let random_bytes: Vec<Vec<u8>> =
        (0..count).map(|_| (0..20).map(|_| random.next() as u8).collect()).collect();
    let numbered: Vec<Vec<u8>> =
        (0..count).map(|n| format!("topic/{:08}/value", n * 7).into_bytes()).collect();
    for prefixes in [random_bytes, numbered] {
        let mut tree = PrefixTree::<u32>::new();
        for (n, prefix) in prefixes.iter().enumerate() {
            assert_eq!(prefix.len(), 20);
            tree.set(prefix, n as u32);
        }
        assert_eq!(tree.len(), count);
        let each = tree.memory() / count;
        assert!(each < 150 || count < 1_000, "{each} bytes a prefix");
        let mut bytes = [0; 25];
        for (n, prefix) in prefixes.iter().enumerate() {
            bytes[..20].copy_from_slice(prefix);
            assert_eq!(tree.matches(&bytes), [n as u32]);
        }
        for (n, prefix) in prefixes.iter().enumerate().skip(10) {
            let node = tree.find(prefix).unwrap();
            assert_eq!(tree.remove(node), n as u32);
        }
        tree.check();
        assert!(tree.labels.len() <= 2 * GARBAGE_BYTES_MIN, "the labels of what is gone are given back");
        for prefix in &prefixes[..10] {
            let node = tree.find(prefix).unwrap();
            tree.remove(node);
        }
        assert!(tree.memory() < 4096, "an empty tree gives all its memory back");
    }
}
