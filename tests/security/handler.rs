//! A handler of ZAP on a thread of its own.

use crate::common::{Context, recv_all, send_all};
use oxmq::{SocketHandle, SocketType};
use std::thread::JoinHandle;

pub const ENDPOINT: &str = "inproc://zeromq.zap.01";

/// A socket that is bound where handlers are.
pub fn bound(context: &Context, kind: SocketType) -> SocketHandle {
    let socket = context.socket(kind);
    socket.bind(ENDPOINT).expect("bind");
    socket
}

/// Answers `count` requests with the status that `judge` gives to the last frame of their credentials.
pub fn answer(
    socket: SocketHandle,
    count: usize,
    judge: impl Fn(&[u8]) -> &'static str + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for _ in 0..count {
            let request = recv_all(socket);
            let status = judge(request.last().expect("a request has frames"));
            reply(socket, &request, status);
        }
    })
}

/// Lets in those of whom `judge` likes the last frame of their credentials, and says nothing of the others, as long as
/// the context lasts.
pub fn answer_while_open(
    socket: SocketHandle,
    judge: impl Fn(&[u8]) -> bool + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        while let Ok(first) = socket.recv(true) {
            let mut request = vec![first.as_bytes().to_vec()];
            request.extend(recv_all(socket));
            if judge(request.last().expect("a request has frames")) {
                reply(socket, &request, "200");
            }
        }
    })
}

/// Answers a request that came to a REP, or with its envelope to a ROUTER.
pub fn reply(socket: SocketHandle, request: &[Vec<u8>], status: &str) {
    let envelope = request.iter().position(|frame| frame == b"1.0").expect("a version");
    let (envelope, request) = request.split_at(envelope);
    let frames = [&request[0][..], &request[1], status.as_bytes(), b"text", b"user", b""];
    let envelope = envelope.iter().map(Vec::as_slice);
    send_all(socket, &envelope.chain(frames).collect::<Vec<_>>());
}
