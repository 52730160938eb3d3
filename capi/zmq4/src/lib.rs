//! libzmq.so.5: the C ABI of libzmq 4.3, as thin as it can be: each entry point checks its arguments, calls the
//! engine, and says the outcome C's way. Whatever takes thought is in the engine.
//!
//! Handles are never dereferenced here: the engine looks them up in a table. Messages, and what a function is given
//! to write to, are the only memory of the application that is touched.

mod abi;
mod context;
mod counter;
mod curve;
mod draft;
mod errno;
mod handles;
mod message;
mod monitor;
mod option;
mod option_table;
mod option_values;
mod peer;
mod poll;
mod poller;
mod property;
mod proxy;
mod security;
mod socket;
mod timers;
mod transfer;
mod util;
mod z85;
