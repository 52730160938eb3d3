//! libzmq.so.1: the C ABI of 0MQ 2.x, as thin as it can be: each entry point checks its arguments,
//! calls the engine, and says the outcome C's way. Whatever takes thought is in the engine.
//!
//! Handles are never dereferenced here: the engine looks them up in a table. Messages are the only
//! structures of the application that are written to.

mod abi;
mod context;
mod errno;
mod message;
mod option;
mod poll;
mod socket;
mod util;
