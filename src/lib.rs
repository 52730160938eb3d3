//! oxmq: a ØMQ engine in Rust.
#![allow(dead_code)]
pub mod context;
pub mod error;
mod io;
pub mod message;
mod pattern;
mod pipe;
pub mod socket;
mod sync;
mod trace;
mod transport;
mod wire;

pub use context::ContextHandle;
pub use error::{Error, Result};
pub use message::Message;
pub use socket::core::Events;
pub use socket::kind::SocketType;
pub use socket::options::Options;
pub use socket::{SocketHandle, poll, proxy};
