//! One message of a gigabyte. A test binary of its own, for the memory it takes.
#![forbid(unsafe_code)]

mod common;

use common::{Context, PATIENCE, recv};
use oxmq::{Message, SocketType};

const BLOCK_BYTES: usize = 1 << 20;
const BLOCKS: usize = 1 << 10;

/// A block that tells which one it is.
fn block(number: usize, pattern: &[u8]) -> Vec<u8> {
    let mut block = pattern.to_vec();
    block[..8].copy_from_slice(&number.to_le_bytes());
    block
}

#[test]
fn a_message_of_a_gigabyte() {
    let pattern: Vec<u8> = (0..BLOCK_BYTES).map(|at| ((at * 31) >> 3) as u8).collect();
    let mut body = Vec::with_capacity(BLOCK_BYTES * BLOCKS);
    (0..BLOCKS).for_each(|number| body.extend(block(number, &pattern)));
    let (server, client) = (Context::new(), Context::new());
    let pull = server.socket_with(SocketType::Pull, |options| options.recv_timeout = Some(PATIENCE * 5));
    let endpoint = common::bind(pull, common::LOOPBACK);
    let push = client.connected(SocketType::Push, &endpoint);
    // Not copied: it is the sender's memory that is written.
    push.send(&mut Message::from_vec(body), true).expect("send");
    let got = pull.recv(true).expect("recv");
    assert_eq!(got.len(), BLOCK_BYTES * BLOCKS);
    for (number, bytes) in got.as_bytes().chunks_exact(BLOCK_BYTES).enumerate() {
        assert!(bytes == block(number, &pattern), "block {number}");
    }
    drop(got);
    // And the connection serves as before.
    common::send(push, "small");
    assert_eq!(recv(pull), b"small");
}
