//! Somebody in the middle of an encrypted connection who alters, repeats and withholds what passes.

use crate::common::raw::LONG;
use crate::common::{Context, LOOPBACK, bind, eventually, port, recv_all, send_all, try_recv};
use crate::{Side, keys};
use oxmq::SocketType;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads one frame with its header; `None` at the end.
fn read_frame(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame).ok()?;
    let length = if frame[0] & LONG == 0 {
        usize::from(frame[1])
    } else {
        frame.resize(9, 0);
        from.read_exact(&mut frame[2..]).ok()?;
        u64::from_be_bytes(frame[1..].try_into().expect("eight bytes")) as usize
    };
    let header = frame.len();
    frame.resize(header + length, 0);
    from.read_exact(&mut frame[header..]).ok()?;
    Some(frame)
}

/// Passes everything on, messages of the first connection through `tamper`: it is given the number of the message
/// and all that went before, and says what goes on instead.
fn relay(
    server: u16,
    tamper: impl Fn(usize, &[Vec<u8>]) -> Vec<Vec<u8>> + Send + Sync + 'static,
) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let endpoint = format!("tcp://{}", listener.local_addr().expect("an address"));
    let done = Arc::new(AtomicBool::new(false));
    let (tampered, tamper) = (done.clone(), Arc::new(tamper));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { return };
            let (mut back_from, mut back_to) =
                (server.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut back_from, &mut back_to);
                let _ = back_to.shutdown(Shutdown::Both);
            });
            let (tampered, tamper) = (tampered.clone(), tamper.clone());
            std::thread::spawn(move || {
                pass(&mut client, &mut server, |number, frames| {
                    if tampered.load(Ordering::SeqCst) {
                        return frames[number..].to_vec();
                    }
                    let passed = tamper(number, frames);
                    if passed[..] != frames[number..] {
                        tampered.store(true, Ordering::SeqCst);
                    }
                    passed
                });
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    (endpoint, done)
}

fn pass(
    from: &mut TcpStream,
    to: &mut TcpStream,
    tamper: impl Fn(usize, &[Vec<u8>]) -> Vec<Vec<u8>>,
) -> Option<()> {
    // The greeting goes on byte by byte: each side waits for the other's before it says the rest.
    for _ in 0..64 {
        let mut byte = [0];
        from.read_exact(&mut byte).ok()?;
        to.write_all(&byte).ok()?;
    }
    let mut frames = Vec::new();
    loop {
        let frame = read_frame(from)?;
        if frame[0] & 4 != 0 {
            to.write_all(&frame).ok()?;
            continue;
        }
        frames.push(frame);
        for frame in tamper(frames.len() - 1, &frames) {
            to.write_all(&frame).ok()?;
        }
    }
}

/// Sends numbers over a connection that is tampered with once. What arrives are numbers that were sent, in order,
/// none twice; and after the connection was made again, all of them.
fn arrives_unharmed(tamper: impl Fn(usize, &[Vec<u8>]) -> Vec<Vec<u8>> + Send + Sync + 'static) {
    let context = Context::new();
    let (server, client) = (keys(), keys());
    let pull = Side::CurveServer(server).socket(&context, SocketType::Pull);
    let bound = bind(pull, LOOPBACK);
    let (endpoint, tampered) = relay(port(&bound), tamper);
    let push = Side::CurveClient(client, server.0).socket(&context, SocketType::Push);
    push.connect(&endpoint).expect("connect");
    let message = |number: u64| [number.to_be_bytes().to_vec(), vec![number as u8; 1000]];
    let (mut next, mut last) = (0, None);
    let mut check = |message: Vec<Vec<u8>>| {
        let number = u64::from_be_bytes(message[0][..].try_into().expect("a number"));
        assert!(message[1] == vec![number as u8; 1000] && message.len() == 2);
        assert!(last < Some(number), "{number} came behind {last:?}");
        last = Some(number);
        number
    };
    eventually("the connection was tampered with, and made again", || {
        send_all(push, &message(next));
        next += 1;
        // What was sent before the connection was made again, at the least its last messages, may be lost.
        let again = tampered.load(Ordering::SeqCst);
        let mut arrived = false;
        while let Some(first) = try_recv(pull) {
            let rest = recv_all(pull);
            arrived = check([vec![first], rest].concat()) + 5 > next;
        }
        again && arrived
    });
    let end = next;
    send_all(push, &message(end));
    while check(recv_all(pull)) != end {}
}

fn all_of(number: usize, frames: &[Vec<u8>]) -> Vec<Vec<u8>> {
    frames[number..].to_vec()
}

#[test]
fn an_altered_message_ends_the_connection() {
    for at in [2, 10, 17, 18, 34, 42] {
        arrives_unharmed(move |number, frames| {
            let mut passed = all_of(number, frames);
            if number == 6 {
                passed[0][at] ^= 1;
            }
            passed
        });
    }
}

#[test]
fn a_message_that_comes_twice_ends_the_connection() {
    arrives_unharmed(|number, frames| match number {
        6 => vec![frames[6].clone(), frames[6].clone()],
        _ => all_of(number, frames),
    });
    arrives_unharmed(|number, frames| match number {
        7 => vec![frames[0].clone(), frames[1].clone(), frames[7].clone()],
        _ => all_of(number, frames),
    });
}

#[test]
fn messages_in_another_order_end_the_connection() {
    arrives_unharmed(|number, frames| match number {
        6 => vec![frames[6].clone(), frames[4].clone()],
        _ => all_of(number, frames),
    });
}

#[test]
fn a_message_that_is_withheld_ends_the_connection() {
    // A part of one, and a whole one.
    arrives_unharmed(|number, frames| if number == 6 { vec![] } else { all_of(number, frames) });
    arrives_unharmed(|number, frames| if number == 7 { vec![] } else { all_of(number, frames) });
}

#[test]
fn messages_in_the_clear_end_the_connection() {
    arrives_unharmed(|number, frames| match number {
        6 => vec![b"\x01\x08\0\0\0\0\0\0\xff\xff".to_vec(), frames[6].clone()],
        _ => all_of(number, frames),
    });
}
