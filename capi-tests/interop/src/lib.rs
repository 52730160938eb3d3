//! Peers for interoperability tests: one C program, built against this library and against the original.
#![forbid(unsafe_code)]

mod case;
mod peer;
mod program;

pub use case::{Case, Transport, pairings, secure_pairings};
pub use peer::{Peer, hex};
pub use program::{Library, Programs};
