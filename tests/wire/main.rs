//! The bytes on the wire, with peers of each ZMTP version made by hand, in the bind and the connect role.
#![forbid(unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

mod drafts;
mod heartbeats;
mod v1;
mod v2;
mod v3;

use common::raw::{ROLES, Role};

/// Bodies around every border of the framing, and of the engine's own sizes.
fn bodies() -> Vec<Vec<u8>> {
    let lengths = [0, 1, 30, 31, 252, 253, 254, 255, 256, 257, 8191, 8192, 65_535, 65_536, 300_000];
    lengths.iter().map(|length| (0..*length).map(|at| (at % 251) as u8).collect()).collect()
}

/// The bodies as messages of one, two and three parts.
fn messages() -> Vec<Vec<Vec<u8>>> {
    let mut messages: Vec<Vec<Vec<u8>>> = bodies().into_iter().map(|body| vec![body]).collect();
    messages.extend(bodies().chunks(3).map(<[_]>::to_vec));
    messages.push(vec![vec![], vec![]]);
    messages
}

/// Runs a test in both roles.
fn in_both_roles(test: impl Fn(Role)) {
    for role in ROLES {
        println!("{role:?}");
        test(role);
    }
}
