//! Handlers of ZAP that answer, that refuse, that take their time, and that are gone.

use crate::common::raw::{Raw, command, frame, greeting_v3, ready};
use crate::common::{Context, LOOPBACK, TempDir, bind, recv, recv_all, send, send_all, try_recv};
use crate::handler::{self, answer, answer_while_open, reply};
use crate::{Side, pairs};
use oxmq::SocketType;
use std::time::Duration;

#[test]
fn who_is_let_in_talks() {
    let directory = TempDir::new();
    for handler_kind in [SocketType::Rep, SocketType::Router] {
        for (server, client, known) in pairs() {
            for endpoint in [LOOPBACK.to_owned(), directory.ipc("talk")] {
                let context = Context::with_threads(2);
                let zap = handler::bound(&context, handler_kind);
                let known = known.clone();
                let handler = answer(zap, 1, move |last| if last == known { "200" } else { "400" });
                let rep = server.socket(&context, SocketType::Rep);
                let endpoint = bind(rep, &endpoint);
                let req = client.socket(&context, SocketType::Req);
                req.connect(&endpoint).expect("connect");
                for len in [0, 1, 100, 5000, 1_000_000] {
                    let body = vec![b'x'; len];
                    send_all(req, &[&body[..], b"end"]);
                    assert!(recv_all(rep) == [&body[..], b"end"]);
                    send(rep, &body);
                    assert!(recv(req) == body);
                }
                handler.join().expect("the handler");
            }
        }
    }
}

/// The frames of a request, by transport.
#[test]
fn what_a_handler_is_asked() {
    let directory = TempDir::new();
    let context = Context::new();
    let zap = handler::bound(&context, SocketType::Rep);
    for endpoint in [LOOPBACK.to_owned(), directory.ipc("ask")] {
        let pull = Side::PlainServer.socket_with(&context, SocketType::Pull, |options| {
            options.security.zap_domain = b"domain".to_vec();
            options.identity = b"server".to_vec();
        });
        let endpoint = bind(pull, &endpoint);
        let push = Side::PlainClient("secret").socket_with(&context, SocketType::Push, |options| {
            options.identity = b"client".to_vec();
        });
        push.connect(&endpoint).expect("connect");
        let request = recv_all(zap);
        let address = String::from_utf8(request[3].clone()).expect("text");
        let expected =
            [b"1.0", &b"1"[..], b"domain", address.as_bytes(), b"server", b"PLAIN", b"user", b"secret"];
        assert_eq!(request, expected);
        if endpoint.starts_with("tcp") {
            assert_eq!(address, "127.0.0.1");
        } else {
            let process = format!(":{}", std::process::id());
            assert!(address.starts_with("localhost:") && address.ends_with(&process), "{address}");
        }
        reply(zap, &request, "200");
        send(push, "in");
        assert_eq!(recv(pull), b"in");
    }
}

/// Refused clients ask again, and are let in once the handler has changed its mind. Nothing of them was heard.
#[test]
fn who_is_refused_may_try_again() {
    for status in ["300", "400", "500", "no status"] {
        for (server, client, _) in pairs() {
            let context = Context::new();
            let zap = handler::bound(&context, SocketType::Rep);
            let pull = server.socket(&context, SocketType::Pull);
            let endpoint = bind(pull, LOOPBACK);
            let push = client.socket(&context, SocketType::Push);
            push.connect(&endpoint).expect("connect");
            send(push, "in");
            for _ in 0..3 {
                let request = recv_all(zap);
                assert_eq!(try_recv(pull), None);
                reply(zap, &request, status);
            }
            let request = recv_all(zap);
            assert_eq!(try_recv(pull), None);
            reply(zap, &request, "200");
            assert_eq!(recv(pull), b"in");
        }
    }
}

/// A handler may think about many at once, and answer in any order.
#[test]
fn many_wait_at_once() {
    const CLIENTS: usize = 20;
    for (server, client, _) in pairs() {
        let context = Context::with_threads(2);
        let zap = handler::bound(&context, SocketType::Router);
        let pull = server.socket(&context, SocketType::Pull);
        let endpoint = bind(pull, LOOPBACK);
        for number in 0..CLIENTS {
            let push = client.socket(&context, SocketType::Push);
            push.connect(&endpoint).expect("connect");
            send(push, [number as u8]);
        }
        let mut requests: Vec<_> = (0..CLIENTS).map(|_| recv_all(zap)).collect();
        assert_eq!(try_recv(pull), None);
        requests.reverse();
        requests.iter().for_each(|request| reply(zap, request, "200"));
        let mut seen: Vec<u8> = (0..CLIENTS).map(|_| recv(pull)[0]).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..CLIENTS as u8).collect::<Vec<_>>());
    }
}

#[test]
fn a_handler_that_ends_is_a_refusal() {
    for (server, client, _) in pairs() {
        let context = Context::new();
        let pull = server.socket(&context, SocketType::Pull);
        let endpoint = bind(pull, LOOPBACK);
        let mut zap = handler::bound(&context, SocketType::Rep);
        let push = client.socket(&context, SocketType::Push);
        push.connect(&endpoint).expect("connect");
        send(push, "in");
        for _ in 0..3 {
            recv_all(zap);
            zap.unbind(handler::ENDPOINT).expect("unbind");
            let next = handler::bound(&context, SocketType::Rep);
            // The one that was asked goes, and the peer with it; it asks the next.
            zap.close().expect("close");
            zap = next;
        }
        let request = recv_all(zap);
        reply(zap, &request, "200");
        assert_eq!(recv(pull), b"in");
    }
}

#[test]
fn a_handler_that_never_answers_costs_the_handshake_its_time() {
    for (server, client, _) in pairs() {
        let context = Context::new();
        let zap = handler::bound(&context, SocketType::Router);
        let pull = server.socket_with(&context, SocketType::Pull, |options| {
            options.handshake_timeout = Some(Duration::from_millis(50));
        });
        let endpoint = bind(pull, LOOPBACK);
        let push = client.socket(&context, SocketType::Push);
        push.connect(&endpoint).expect("connect");
        send(push, "in");
        // The client was disconnected, and came again.
        let first = recv_all(zap);
        recv_all(zap);
        // Too late: nobody waits for this any more.
        reply(zap, &first, "200");
        let handler = answer_while_open(zap, |_| true);
        assert_eq!(recv(pull), b"in");
        context.handle.shut_down().expect("shut down");
        handler.join().expect("the handler");
    }
}

#[test]
fn without_a_handler_only_plain_is_refused() {
    for (server, client, known) in pairs() {
        let context = Context::new();
        let pull = server.socket(&context, SocketType::Pull);
        let endpoint = bind(pull, LOOPBACK);
        let push = client.socket(&context, SocketType::Push);
        push.connect(&endpoint).expect("connect");
        send(push, "in");
        if matches!(server, Side::PlainServer) {
            let zap = handler::bound(&context, SocketType::Rep);
            let request = recv_all(zap);
            assert_eq!((try_recv(pull), request.last()), (None, Some(&known)));
            reply(zap, &request, "200");
        }
        assert_eq!(recv(pull), b"in");
    }
}

/// One who insists on a handler gets no peers before there is one.
#[test]
fn an_enforced_domain_needs_a_handler() {
    for (server, client, known) in pairs() {
        let context = Context::new();
        let pull = server.socket_with(&context, SocketType::Pull, |options| {
            options.security.zap_domain = b"global".to_vec();
            options.security.zap_enforce_domain = true;
        });
        let endpoint = bind(pull, LOOPBACK);
        // By hand: the connection ends.
        let mut raw = Raw::connect(&endpoint);
        let mechanism = match server {
            Side::Null(_) => "NULL",
            Side::PlainServer => "PLAIN",
            _ => "CURVE",
        };
        raw.write(greeting_v3(1, mechanism));
        raw.write(command("HELLO", b"\x01u\x01p"));
        raw.wait_for_end();
        let push = client.socket(&context, SocketType::Push);
        push.connect(&endpoint).expect("connect");
        send(push, "in");
        let zap = handler::bound(&context, SocketType::Rep);
        let request = recv_all(zap);
        assert_eq!((try_recv(pull), request.last()), (None, Some(&known)));
        reply(zap, &request, "200");
        assert_eq!(recv(pull), b"in");
    }
}

/// A peer that says everything at once, messages included, before anybody has let it in.
#[test]
fn nothing_is_taken_from_or_given_to_a_peer_before_it_is_let_in() {
    for status in ["300", "400", "200"] {
        let context = Context::new();
        let zap = handler::bound(&context, SocketType::Rep);
        let pair = Side::PlainServer.socket(&context, SocketType::Pair);
        let endpoint = bind(pair, LOOPBACK);
        let mut raw = Raw::connect(&endpoint);
        raw.write(greeting_v3(1, "PLAIN"));
        raw.write(command("HELLO", b"\x04user\x06secret"));
        let initiate = ready(&[("Socket-Type", b"PAIR")]);
        let initiate = initiate.windows(5).position(|part| part == b"READY").map(|at| &initiate[at + 5..]);
        let initiate = command("INITIATE", initiate.expect("properties"));
        raw.write([initiate, frame(0, b"early")].concat());
        let request = recv_all(zap);
        assert_eq!(try_recv(pair), None);
        assert!(!pair.events().expect("events").writable, "there is no peer yet");
        reply(zap, &request, status);
        raw.read(64);
        if status == "200" {
            assert_eq!(raw.read_frame().1, b"\x07WELCOME");
            assert!(raw.read_frame().1.starts_with(b"\x05READY"));
            assert_eq!(recv(pair), b"early");
            send(pair, "late");
            assert_eq!(raw.read_frame().1, b"late");
        } else {
            let expected = if status == "400" { command("ERROR", b"\x03400") } else { vec![] };
            // Bytes of the peer that nobody reads may cut the connection off before its end.
            raw.try_read_to_end(&expected);
            assert_eq!(try_recv(pair), None);
        }
    }
}

/// A peer that stalls holds up nobody, and is disconnected in time.
#[test]
fn peers_that_stall_in_the_handshake() {
    for (server, client, _) in pairs() {
        let context = Context::new();
        let zap = handler::bound(&context, SocketType::Router);
        let pull = server.socket_with(&context, SocketType::Pull, |options| {
            options.handshake_timeout = Some(Duration::from_millis(500));
        });
        let endpoint = bind(pull, LOOPBACK);
        let mechanism = match server {
            Side::Null(_) => "NULL",
            Side::PlainServer => "PLAIN",
            _ => "CURVE",
        };
        let says = [greeting_v3(1, mechanism), command("HELLO", b"\x01u\x01p")].concat();
        let mut stalled: Vec<Raw> = (0..=says.len())
            .step_by(9)
            .map(|count| {
                let mut raw = Raw::connect(&endpoint);
                raw.try_write(&says[..count]);
                raw
            })
            .collect();
        let push = client.socket(&context, SocketType::Push);
        push.connect(&endpoint).expect("connect");
        send(push, "in");
        // Those that said enough to be asked about are never answered.
        let handler = answer_while_open(zap, |last| last != b"p");
        assert_eq!(recv(pull), b"in");
        stalled.iter_mut().for_each(Raw::wait_for_end);
        context.handle.shut_down().expect("shut down");
        handler.join().expect("the handler");
    }
}
