//! zmq.h against the Rust types it was made from: every constant, and the size, alignment and fields of every
//! structure, as the C compiler sees them.
// ctest writes most of it.
#![allow(missing_docs, unused, clippy::all, clippy::undocumented_unsafe_blocks)]

#[path = "../../capi/zmq2/src/abi.rs"]
mod abi;

use abi::*;
use oxmq_capi_tests as _; // ctest has its C code linked to that crate.
use std::ffi::c_short;

include!(concat!(env!("OUT_DIR"), "/header.rs"));
