//! The devices: which sockets each has, and running one between its endpoints.
#![forbid(unsafe_code)]

use crate::args::{Attachment, Device, Manner, Plan, Side};
use crate::failure::Failure;
use oxmq::{ContextHandle, Error, Options, SocketHandle, SocketType};
use std::convert::Infallible;

/// Opens the device's two sockets, announces its endpoints in one line where that is wanted, and moves messages
/// until something ends it: the context's termination, as a rule. The sockets are closed then.
pub fn run(context: ContextHandle, plan: &Plan, announce: impl FnOnce(&str)) -> Result<Infallible, Failure> {
    let (front_kind, back_kind) = socket_types(plan);
    let front = open(context, plan, Side::Frontend, front_kind)?;
    let back = match open(context, plan, Side::Backend, back_kind) {
        Ok(back) => back,
        Err(failure) => {
            close(front);
            return Err(failure);
        }
    };
    let end = attach_both(plan, front, back).and_then(|endpoints| {
        if plan.verbose {
            announce(&endpoints);
        }
        move_messages(front, back)
    });
    close(front);
    close(back);
    end
}

/// The types of the frontend's and the backend's socket.
fn socket_types(plan: &Plan) -> (SocketType, SocketType) {
    match plan.device {
        Device::Queue => (SocketType::Router, SocketType::Dealer),
        // With filters of its own the device subscribes once and for all. Without, it hands its subscribers'
        // subscriptions on, so that publishers send it only what somebody behind it wants.
        Device::Forwarder if plan.subscriptions.is_empty() => (SocketType::Xsub, SocketType::Xpub),
        Device::Forwarder => (SocketType::Sub, SocketType::Pub),
        Device::Streamer => (SocketType::Pull, SocketType::Push),
    }
}

fn open(context: ContextHandle, plan: &Plan, side: Side, kind: SocketType) -> Result<SocketHandle, Failure> {
    let options = Options {
        send_hwm: plan.hwm,
        recv_hwm: plan.hwm,
        linger: Some(plan.linger),
        identity: plan.identity.clone(),
        ..Options::for_2x()
    };
    context
        .socket(kind, options)
        .map_err(|error| Failure::new(format!("create the {side}'s {} socket", kind.wire_name()), error))
}

/// Subscribes, then binds and connects both sides; gives the line that says to what.
fn attach_both(plan: &Plan, front: SocketHandle, back: SocketHandle) -> Result<String, Failure> {
    for prefix in &plan.subscriptions {
        front.subscribe(prefix).map_err(|error| Failure::new("subscribe", error))?;
    }
    let front_endpoints = attach(front, Side::Frontend, &plan.frontend)?;
    let back_endpoints = attach(back, Side::Backend, &plan.backend)?;
    Ok(format!("{}: frontend {front_endpoints}; backend {back_endpoints}", plan.device))
}

/// Binds and connects a socket to its endpoints; gives them in words, each with the port that it really has.
fn attach(socket: SocketHandle, side: Side, attachments: &[Attachment]) -> Result<String, Failure> {
    let mut done = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        let endpoint = attachment.endpoint.as_str();
        let text = match attachment.manner {
            Manner::Bind => socket
                .bind(endpoint)
                .and_then(|()| socket.last_endpoint())
                .map(|resolved| format!("bound to {resolved}")),
            Manner::Connect => socket.connect(endpoint).map(|()| format!("connected to {endpoint}")),
        };
        done.push(text.map_err(|error| Failure::of_endpoint(side, attachment, error))?);
    }
    Ok(done.join(", "))
}

fn move_messages(front: SocketHandle, back: SocketHandle) -> Result<Infallible, Failure> {
    loop {
        match oxmq::proxy(front, back, None) {
            // The process was stopped and goes on
            Err(Error::Interrupted) => continue,
            Err(error) => return Err(Failure::new("go on moving messages", error)),
            Ok(never) => match never {},
        }
    }
}

fn close(socket: SocketHandle) {
    // That the handle is not a socket's is the only way to fail, and these are ours
    let closed = socket.close();
    debug_assert_eq!(closed, Ok(()), "the device's own socket could not be closed");
}
