//! Requests and replies: who may do what when, envelopes, and any number of hops.

use crate::common::raw::{COMMAND, Raw, Role, command, frames};
use crate::common::{Context, LOOPBACK, bind, recv, recv_all, recv_text, send, send_all, try_send, within};
use crate::over_each;
use oxmq::{Error, SocketHandle, SocketType, proxy};

#[test]
fn each_in_its_turn() {
    over_each(|transport| {
        let place = transport.place();
        let (req, rep) = (place.client().socket(SocketType::Req), place.server.socket(SocketType::Rep));
        place.join(rep, req);
        for _ in 0..3 {
            assert_eq!(req.recv(true).err(), Some(Error::WrongState), "no request was sent");
            assert_eq!(try_send(rep, "x"), Err(Error::WrongState), "no request has come");
            send(req, "question");
            assert_eq!(try_send(req, "x"), Err(Error::WrongState), "a reply is to come");
            assert_eq!(recv(rep), b"question");
            assert_eq!(rep.recv(true).err(), Some(Error::WrongState), "a reply is owed");
            send(rep, "answer");
            assert_eq!(try_send(rep, "x"), Err(Error::WrongState), "it was given");
            assert_eq!(recv(req), b"answer");
        }
    });
}

#[test]
fn in_the_middle_of_a_message_it_is_nobody_elses_turn() {
    let context = Context::new();
    let (rep, endpoint) = context.bound(SocketType::Rep);
    let req = context.connected(SocketType::Req, &endpoint);
    crate::common::send_part(req, b"one", true, true).expect("send");
    assert_eq!(req.recv(false).err(), Some(Error::WrongState));
    send(req, "two");
    assert_eq!(recv(rep), b"one");
    assert_eq!(try_send(rep, "x"), Err(Error::WrongState));
    assert_eq!(recv(rep), b"two");
    crate::common::send_part(rep, b"three", true, true).expect("send");
    assert_eq!(rep.recv(false).err(), Some(Error::WrongState));
    send(rep, "four");
    assert_eq!(recv_all(req), [&b"three"[..], b"four"]);
}

/// A message that is none of REQ's or REP's is not shown to the application.
#[test]
fn messages_without_an_envelope_are_ignored() {
    let context = Context::new();
    for role in [Role::EngineBinds, Role::EngineConnects] {
        let rep = context.socket(SocketType::Rep);
        let mut peer = Raw::meet(rep, role);
        peer.open_v2(SocketType::Dealer as u8);
        peer.write(frames(&["no delimiter"]));
        peer.write(frames(&["none", "here", "either"]));
        peer.write(frames(&["", "question"]));
        assert_eq!(recv_all(rep), [b"question"]);
        send(rep, "answer");
        assert_eq!(peer.read_message(), [&b""[..], b"answer"]);

        let req = context.socket(SocketType::Req);
        let mut peer = Raw::meet(req, role);
        peer.open_v3(1, "REP");
        // Nobody has asked yet. The answer to the PING shows that the engine has read what was before it.
        peer.write(frames(&["", "an answer before its question"]));
        peer.write(command("PING", b"\0\0"));
        assert_eq!(peer.read_frame(), (COMMAND, b"\x04PONG".to_vec()));
        send(req, "question");
        assert_eq!(peer.read_message(), [&b""[..], b"question"]);
        peer.write(frames(&["no delimiter"]));
        peer.write(frames(&["", "answer"]));
        assert_eq!(recv_all(req), [b"answer"]);
    }
}

/// A client that goes before its reply: the reply is dropped, the service goes on.
#[test]
fn a_reply_for_nobody_is_dropped() {
    over_each(|transport| {
        let place = transport.place();
        let rep = place.server.socket(SocketType::Rep);
        let endpoint = bind(rep, &place.endpoint);
        for _ in 0..20 {
            let hasty = place.client().connected(SocketType::Req, &endpoint);
            send(hasty, "never mind");
            assert_eq!(recv(rep), b"never mind");
            hasty.close().expect("close");
            send(rep, "too late");
            let patient = place.client().connected(SocketType::Req, &endpoint);
            send(patient, "question");
            assert_eq!(recv(rep), b"question");
            send(rep, "answer");
            assert_eq!(recv(patient), b"answer");
            patient.close().expect("close");
        }
    });
}

/// Runs a queue between the two sockets, until the end of the context.
fn spawn_queue(context: &Context, front: &str, back: &str) -> std::thread::JoinHandle<Error> {
    let (frontend, backend) = (context.socket(SocketType::Router), context.socket(SocketType::Dealer));
    frontend.bind(front).expect("bind");
    backend.connect(back).expect("connect");
    std::thread::spawn(move || {
        let Err(error) = proxy(frontend, backend, None);
        frontend.close().expect("close");
        backend.close().expect("close");
        error
    })
}

#[test]
fn through_any_number_of_hops() {
    for hops in 0..5 {
        let context = Context::new();
        let rep = context.socket(SocketType::Rep);
        rep.bind("inproc://hop 0").expect("bind");
        let queues: Vec<_> = (0..hops)
            .map(|hop| {
                spawn_queue(&context, &format!("inproc://hop {}", hop + 1), &format!("inproc://hop {hop}"))
            })
            .collect();
        let clients: Vec<SocketHandle> =
            (0..3).map(|_| context.connected(SocketType::Req, &format!("inproc://hop {hops}"))).collect();
        for round in 0..20 {
            for (number, client) in clients.iter().enumerate() {
                send_all(*client, &[format!("{number}"), format!("{round}"), String::new()]);
            }
            for _ in &clients {
                let request = recv_all(rep);
                assert_eq!(request.len(), 3);
                send_all(rep, &[&b"to"[..], &request[0], &request[1]]);
            }
            for (number, client) in clients.iter().enumerate() {
                let expected =
                    [b"to".to_vec(), format!("{number}").into_bytes(), format!("{round}").into_bytes()];
                assert_eq!(recv_all(*client), expected);
            }
        }
        clients.iter().for_each(|client| client.close().expect("close"));
        rep.close().expect("close");
        let handle = context.handle;
        within("terminate", move || handle.terminate()).expect("terminate");
        for queue in queues {
            assert_eq!(queue.join().expect("a queue"), Error::Terminated);
        }
        context.has_ended();
    }
}

/// Clients and workers on a queue over TCP: each reply finds its way, all workers have work.
#[test]
fn a_queue_between_clients_and_workers() {
    let context = Context::with_threads(2);
    let (frontend, backend) = (context.socket(SocketType::Router), context.socket(SocketType::Dealer));
    let (front, back) = (bind(frontend, LOOPBACK), bind(backend, LOOPBACK));
    let queue = std::thread::spawn(move || {
        let Err(error) = proxy(frontend, backend, None);
        frontend.close().expect("close");
        backend.close().expect("close");
        error
    });
    let workers: Vec<_> = (0..3)
        .map(|number| {
            let rep = context.connected(SocketType::Rep, &back);
            std::thread::spawn(move || {
                loop {
                    match rep.recv(true) {
                        Ok(request) => {
                            let reply =
                                format!("{} by {number}", String::from_utf8_lossy(request.as_bytes()));
                            send(rep, reply);
                        }
                        Err(error) => {
                            assert_eq!(error, Error::Terminated);
                            rep.close().expect("close");
                            return;
                        }
                    }
                }
            })
        })
        .collect();
    let clients: Vec<_> = (0..6)
        .map(|number| {
            let req = context.connected(SocketType::Req, &front);
            std::thread::spawn(move || {
                for round in 0..100 {
                    let question = format!("{number} asks {round}");
                    send(req, &question);
                    let answer = recv_text(req);
                    assert!(answer.starts_with(&format!("{question} by ")), "{answer} to {question}");
                }
                req.close().expect("close");
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().expect("a client"));
    let handle = context.handle;
    within("terminate", move || handle.terminate()).expect("terminate");
    workers.into_iter().for_each(|worker| worker.join().expect("a worker"));
    assert_eq!(queue.join().expect("the queue"), Error::Terminated);
    context.has_ended();
}
