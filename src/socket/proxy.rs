//! The proxy: moves messages between two sockets, both ways, until the context ends (zmq_device, zmq_proxy).
#![forbid(unsafe_code)]

use super::SocketHandle;
use super::core::Events;
use super::poll::{Interest, PollItem, PollOn, poll};
use crate::error::Result;
use std::convert::Infallible;

/// Messages moved one way before the other way has its turn.
const BURST: usize = 256;

/// Moves messages between the two sockets until one of them fails. A message is only taken from one when
/// the other can take it, so a peer that does not keep up holds up its own direction and no other.
///
/// # Errors
/// [`Terminated`](crate::Error::Terminated) when the context ends, as a rule.
pub fn proxy(front: SocketHandle, back: SocketHandle) -> Result<Infallible> {
    loop {
        let moved = forward(front, back)? + forward(back, front)?;
        if moved > 0 {
            continue;
        }
        let (at_front, at_back) = (front.events()?, back.events()?);
        if movable(at_front, at_back) || movable(at_back, at_front) {
            continue;
        }
        poll(&mut [wait_for(front, at_front, at_back), wait_for(back, at_back, at_front)], None)?;
    }
}

fn movable(from: Events, to: Events) -> bool {
    from.readable && to.writable
}

/// What has to change at a socket before something can move: it gets a message, or it gets room for one
/// that the other has.
fn wait_for(socket: SocketHandle, own: Events, other: Events) -> PollItem {
    let want = Interest { readable: !own.readable, writable: !own.writable && other.readable, error: false };
    PollItem { on: PollOn::Socket(socket), want, got: Interest::default() }
}

/// Moves whole messages as long as there are some, and room for them. Gives how many.
fn forward(from: SocketHandle, to: SocketHandle) -> Result<usize> {
    for moved in 0..BURST {
        if !movable(from.events()?, to.events()?) {
            return Ok(moved);
        }
        loop {
            let mut part = from.recv(true)?;
            let more = part.more();
            to.send(&mut part, true)?;
            if !more {
                break;
            }
        }
    }
    Ok(BURST)
}
