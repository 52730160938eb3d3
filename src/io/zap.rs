//! Asking a handler of ZAP, a socket of the same context, whether a peer may come in, and not waiting for it.
#![forbid(unsafe_code)]

use super::Cause;
use super::owner::{Home, Owner};
use crate::message::{Kind, Message};
use crate::pipe::{Notify, Pipe, Signal};
use crate::socket::kind::SocketType;
use crate::transport::inproc::Party;
use crate::wire::zap::{Answer, ENDPOINT};
use std::sync::Arc;

/// The types that a handler's socket may have.
const HANDLERS: [SocketType; 2] = [SocketType::Rep, SocketType::Router];

/// A request that is under way. The handler sees a DEALER for each.
pub(crate) struct Inquiry {
    /// This side's end of the pipe to the handler; `None` when there is nobody to ask.
    pipe: Option<Pipe>,
    /// The frames of the reply that have come.
    reply: Vec<Vec<u8>>,
}

/// Has the session driven when the handler has answered.
struct Caller(Home);

impl Notify for Caller {
    fn notify(&self, _key: usize, _signal: Signal) {
        self.0.drive(Cause::Answered);
    }
}

impl Inquiry {
    /// Sends a request, if there is a handler. The session at `home` is driven when there is an answer.
    pub(crate) fn begin(owner: &Owner, home: &Home, request: Vec<Vec<u8>>) -> Inquiry {
        let party = Party::without_socket(SocketType::Dealer);
        let mut pipe = owner.directory.connect_bound(ENDPOINT, &party, &HANDLERS);
        if let Some(pipe) = &mut pipe {
            pipe.set_owner(Arc::new(Caller(home.clone())), home.key);
            let last = request.len().saturating_sub(1);
            for (index, frame) in request.iter().enumerate() {
                match Message::copy_from(frame) {
                    Ok(mut part) => {
                        part.set_more(index < last);
                        pipe.write(part);
                    }
                    // Without memory there is no answer either, as if the handler were gone.
                    Err(_) => pipe.close(),
                }
            }
            pipe.flush();
        }
        Inquiry { pipe, reply: Vec::new() }
    }

    /// The answer, once there is one.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let Some(pipe) = &mut self.pipe else { return Some(Answer::Nobody) };
        while let Some(part) = pipe.read() {
            if part.kind() == Kind::Data {
                self.reply.push(part.as_bytes().to_vec());
                if !part.more() {
                    return Some(Answer::Reply(std::mem::take(&mut self.reply)));
                }
            }
        }
        (pipe.is_abandoned() && pipe.is_finished()).then_some(Answer::Gone)
    }
}
