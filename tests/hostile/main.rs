//! Peers that mean harm, or are broken: their connection ends, a good peer's goes on, memory stays bounded.
#![forbid(unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

mod bytes;
mod handshakes;
mod numbers;
mod victim;
