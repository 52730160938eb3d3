//! zmq.h of the 4.x ABI against the Rust types it was made from, the draft API included: every constant, and the
//! size, alignment and fields of every structure, as the C compiler sees them.
// ctest writes most of it.
#![allow(missing_docs, unused, clippy::all, clippy::undocumented_unsafe_blocks)]

#[path = "../src/types.rs"]
mod types;

use oxmq_capi_header4 as _; // ctest has its C code linked to that crate.
use std::ffi::{c_int, c_short};
use types::abi::*;
use types::draft::*;

include!(concat!(env!("OUT_DIR"), "/header.rs"));
