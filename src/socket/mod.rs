//! What the application's thread holds: sockets, their options, and waiting on them.

pub mod kind;
pub mod options;
