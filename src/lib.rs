//! oxmq: a ØMQ messaging engine. Sockets, patterns and transports in safe, typed Rust.
//!
//! The modules, in the order that a message meets them:
//!
//! | module | what it is |
//! |---|---|
//! | [`message`] | the unit that is moved: one part of a message |
//! | [`metadata`] | what is known of the connection that a message came over |
//! | [`socket`] | what the application's thread holds: options, send, receive, poll, proxy |
//! | `pattern` | which pipe a message takes: one file a messaging pattern |
//! | `pipe` | the queues between a socket and a peer |
//! | `io` | the threads that drive connections |
//! | `wire` | ZMTP, every version, as functions of bytes |
//! | `transport` | endpoint addresses: tcp, ipc, inproc |
//! | [`metadata`] | what is known of the peer that a message came from |
//! | [`timers`] | callbacks at intervals, for programs that ask for them |
//! | [`context`] | what holds it all together, and ends it |
//! | `curve` | the keys of encrypted connections; with the feature `curve`, which is on unless it is switched off |
//!
//! ```
//! use oxmq::{ContextHandle, Message, Options, SocketType};
//!
//! let context = ContextHandle::new_context(1)?;
//! let service = context.socket(SocketType::Rep, Options::default())?;
//! service.bind("tcp://127.0.0.1:*")?;
//! let client = context.socket(SocketType::Req, Options::default())?;
//! client.connect(&service.last_endpoint()?)?;
//!
//! client.send(&mut Message::copy_from(b"Hello")?, true)?;
//! assert_eq!(service.recv(true)?.as_bytes(), b"Hello");
//! service.send(&mut Message::copy_from(b"World")?, true)?;
//! assert_eq!(client.recv(true)?.as_bytes(), b"World");
//!
//! client.close()?;
//! service.close()?;
//! context.terminate()?;
//! # Ok::<(), oxmq::Error>(())
//! ```

pub mod context;
mod context_options;
#[cfg(feature = "curve")]
pub mod curve;
pub mod error;
mod few;
mod io;
pub mod message;
pub mod metadata;
mod pattern;
mod pipe;
mod shelf;
pub mod socket;
mod sync;
pub mod timers;
mod trace;
mod transport;
mod wire;

#[cfg(fuzzing)]
pub use wire::fuzzing;

pub use context::ContextHandle;
pub use context_options::ContextOptions;
pub use error::{Error, Result};
pub use message::Message;
pub use socket::core::Events;
pub use socket::kind::SocketType;
pub use socket::options::Options;
pub use socket::tags::Tags;
pub use socket::{Call, SocketHandle, poll, proxy, proxy_steerable};
pub use wire::error::protocol_error;
