//! x
#![allow(dead_code)]
pub mod error;
pub mod message;
mod pattern;
mod pipe;
mod socket;
mod sync;
mod wire;
