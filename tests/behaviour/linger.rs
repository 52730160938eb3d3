//! What becomes of messages that were sent when their socket is closed.

use crate::common::{Context, own_tcp_endpoint, recv, send, within};
use crate::over_each;
use oxmq::{SocketHandle, SocketType};
use std::time::{Duration, Instant};

fn set_linger(socket: SocketHandle, linger: Option<Duration>) {
    socket
        .set_options(|options| {
            options.linger = linger;
            Ok(())
        })
        .expect("options");
}

/// A socket with messages for somebody who is not there.
fn with_undelivered(context: &Context, linger: Option<Duration>) -> (SocketHandle, String) {
    let endpoint = own_tcp_endpoint();
    let push = context.connected(SocketType::Push, &endpoint);
    set_linger(push, linger);
    (0..100).for_each(|number| send(push, format!("{number}")));
    (push, endpoint)
}

#[test]
fn zero_drops_them_at_once() {
    let context = Context::new();
    let (push, _) = with_undelivered(&context, Some(Duration::ZERO));
    push.close().expect("close");
    context.end();
}

#[test]
fn a_short_one_waits_so_long_and_then_drops_them() {
    let context = Context::new();
    let linger = Duration::from_millis(300);
    let (push, _) = with_undelivered(&context, Some(linger));
    let start = Instant::now();
    push.close().expect("close");
    context.end();
    assert!(start.elapsed() >= linger, "lingered for only {:?}", start.elapsed());
}

#[test]
fn without_a_limit_they_are_delivered_however_late() {
    let context = Context::new();
    let (push, endpoint) = with_undelivered(&context, None);
    push.close().expect("close");
    let handle = context.handle;
    let termination = std::thread::spawn(move || handle.terminate());
    let receiver = Context::new();
    let pull = receiver.socket(SocketType::Pull);
    // It cannot have ended: nobody has taken the messages.
    assert!(!termination.is_finished());
    pull.bind(&endpoint).expect("bind");
    for number in 0..100 {
        assert_eq!(recv(pull), format!("{number}").into_bytes());
    }
    within("terminate", || termination.join()).expect("no panic").expect("terminate");
    context.has_ended();
}

#[test]
fn what_is_under_way_is_delivered() {
    over_each(|transport| {
        for sender_binds in [true, false] {
            let place = transport.place();
            let (push, pull) =
                (place.client().socket(SocketType::Push), place.server.socket(SocketType::Pull));
            if sender_binds {
                place.join(push, pull)
            } else {
                place.join(pull, push)
            };
            let body = vec![b'b'; 100_000];
            for _ in 0..200 {
                send(push, &body);
            }
            push.close().expect("close");
            for number in 0..200 {
                assert!(recv(pull) == body, "message {number}");
            }
        }
    });
}

/// The option that counts is the one at the time of closing.
#[test]
fn it_can_be_changed_until_the_end() {
    let context = Context::new();
    let (push, _) = with_undelivered(&context, None);
    set_linger(push, Some(Duration::ZERO));
    push.close().expect("close");
    context.end();
}
