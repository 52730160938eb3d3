//! Secured connections that a waiting thread reads by itself.
#![forbid(unsafe_code)]

use crate::common::{Context, LOOPBACK, Random, TempDir, asleep_on_connections, bind, recv, send};
use crate::{handler, pairs};
use oxmq::SocketType;

/// Messages of all sizes are read by threads that sleep on the connection, which is lost and made again now and then.
#[test]
fn a_thread_sleeps_on_a_secured_connection() {
    let directory = TempDir::new();
    for (number, (server, client, _)) in pairs().into_iter().enumerate() {
        for endpoint in [LOOPBACK.to_owned(), directory.ipc(&number.to_string())] {
            let context = Context::new();
            let requests = handler::bound(&context, SocketType::Rep);
            let handler = handler::answer(requests, 6, |_| "200");
            let there = server.socket(&context, SocketType::Dealer);
            let endpoint = bind(there, &endpoint);
            let mut random = Random(0xC1A1 + number as u64);
            for _ in 0..3 {
                let here = client.socket(&context, SocketType::Dealer);
                here.connect(&endpoint).expect("connect");
                send(here, "hello");
                assert_eq!(recv(there), b"hello");
                for size in [0, 1, 30, 31, 255, 256, 8191, 8192, 70_000, 300_000] {
                    let (asked, answered) = (random.bytes(size), random.bytes(size / 2));
                    let receiver = asleep_on_connections(move || recv(here));
                    let expected = asked.clone();
                    let server = asleep_on_connections(move || assert!(recv(there) == expected));
                    send(here, &asked);
                    server.join().expect("the server");
                    send(there, &answered);
                    assert!(receiver.join().expect("the client") == answered);
                }
                // Many, written and read in batches.
                let receiver = asleep_on_connections(move || {
                    (0..5000u32).for_each(|number| assert_eq!(recv(there), number.to_le_bytes()));
                });
                (0..5000u32).for_each(|number| send(here, number.to_le_bytes()));
                receiver.join().expect("the receiver");
                let waiting = asleep_on_connections(move || recv(there));
                here.close().expect("close");
                let other = client.socket(&context, SocketType::Dealer);
                other.connect(&endpoint).expect("connect");
                send(other, "another");
                assert_eq!(waiting.join().expect("the server"), b"another");
                other.close().expect("close");
            }
            handler.join().expect("the handler");
        }
    }
}
