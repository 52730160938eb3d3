//! x
#![allow(dead_code)]
pub mod message;
mod pipe;
mod sync;
