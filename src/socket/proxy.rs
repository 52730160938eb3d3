//! The proxy: moves messages between two sockets, both ways, until the context ends (zmq_proxy), or somebody tells
//! it to through a third socket (zmq_proxy_steerable).
#![forbid(unsafe_code)]

use super::SocketHandle;
use super::core::Events;
use super::kind::SocketType;
use super::poll::{Interest, PollItem, PollOn, poll};
use super::tags::Tags;
use crate::error::{Error, Result};
use crate::io::line::Gathering;
use crate::message::Message;
use std::convert::Infallible;

/// Messages moved one way before the other way has its turn.
const BURST: usize = 256;

/// Moves messages between the two sockets until one of them fails. A message is only taken from one when
/// the other can take it, so a peer that does not keep up holds up its own direction and no other. What is moved is
/// sent to `capture` as well, which waits for it.
///
/// # Errors
/// [`Terminated`](crate::Error::Terminated) when the context ends, as a rule.
pub fn proxy(front: SocketHandle, back: SocketHandle, capture: Option<SocketHandle>) -> Result<Infallible> {
    let mut proxy = Proxy::new(front, back, capture)?;
    loop {
        if let Some(mut waits) = proxy.work()? {
            poll(&mut waits, None)?;
        }
    }
}

/// As [`proxy`], and obeys what comes from `control`: `PAUSE`, `RESUME`, `TERMINATE`, and `STATISTICS`, which is
/// answered with eight numbers: messages and bytes received from, and sent to, the front and the back. A REP gets an
/// empty answer to everything else.
///
/// # Errors
/// As [`proxy`].
pub fn proxy_steerable(
    front: SocketHandle,
    back: SocketHandle,
    capture: Option<SocketHandle>,
    control: SocketHandle,
) -> Result<()> {
    let mut proxy = Proxy::new(front, back, capture)?;
    let mut paused = false;
    let want = Interest { readable: true, ..Interest::default() };
    let orders = PollItem { on: PollOn::Socket(control), want, got: Interest::default() };
    loop {
        while control.events()?.readable {
            match receive_order(control)? {
                Order::Pause => paused = true,
                Order::Resume => paused = false,
                Order::Terminate => {
                    acknowledge(control)?;
                    return Ok(());
                }
                Order::Statistics => {
                    answer(control, &proxy.statistics())?;
                    continue;
                }
                Order::Unknown => {}
            }
            acknowledge(control)?;
        }
        if paused {
            poll(&mut [orders], None)?;
        } else if let Some([front, back]) = proxy.work()? {
            poll(&mut [orders, front, back], None)?;
        }
    }
}

/// What went through a socket one way.
#[derive(Default, Clone, Copy)]
struct Traffic {
    messages: u64,
    bytes: u64,
}

/// The two sockets, and what went from each to the other.
struct Proxy {
    front: SocketHandle,
    back: SocketHandle,
    way: Way,
    from_front: Traffic,
    from_back: Traffic,
}

/// How messages are moved.
#[derive(Clone, Copy)]
struct Way {
    capture: Option<SocketHandle>,
    /// Whether messages have tags, which the other side is to see too.
    tagged: bool,
    /// Whether front and back are one socket, which answers each message with itself. A REP has room for an answer
    /// only once it has the whole request.
    single: bool,
}

impl Way {
    fn movable(self, from: Events, to: Events) -> bool {
        from.readable && (to.writable || self.single)
    }

    /// Takes a part from a socket, which may have none if it is the first of a message.
    fn take(self, from: SocketHandle, part: &mut Message, tags: &mut Tags, first: bool) -> Result<bool> {
        let result =
            if self.tagged { from.recv_tagged(part, tags, !first) } else { from.recv_into(part, !first) };
        match result {
            // Types that only send never have one.
            Err(Error::WouldBlock | Error::WrongState | Error::NotSupported) if first => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Says whether the next message is known to have room.
    fn pass_on(self, to: SocketHandle, part: &mut Message, tags: &Tags) -> Result<bool> {
        if self.tagged {
            to.send_tagged(part, tags, true).map(|()| false)
        } else {
            to.send_and_look(part, true)
        }
    }
}

impl Proxy {
    fn new(front: SocketHandle, back: SocketHandle, capture: Option<SocketHandle>) -> Result<Proxy> {
        // The types that threads may share are those that know tags.
        let tagged = front.kind()?.is_thread_safe() || back.kind()?.is_thread_safe();
        let (from_front, from_back) = (Traffic::default(), Traffic::default());
        Ok(Proxy { front, back, way: Way { capture, tagged, single: front == back }, from_front, from_back })
    }

    /// Moves what can be moved, for a while. When nothing can be, gives what has to change before.
    fn work(&mut self) -> Result<Option<[PollItem; 2]>> {
        let (front, back) = (self.front, self.back);
        let gathering = Gathering::begin();
        let there = forward(front, back, self.way, &mut self.from_front)?;
        let moved = there + forward(back, front, self.way, &mut self.from_back)?;
        drop(gathering);
        if moved > 0 {
            return Ok(None);
        }
        let (at_front, at_back) = (front.events()?, back.events()?);
        if self.way.movable(at_front, at_back) || self.way.movable(at_back, at_front) {
            return Ok(None);
        }
        Ok(Some([wait_for(front, at_front, at_back), wait_for(back, at_back, at_front)]))
    }

    fn statistics(&self) -> [u64; 8] {
        let (front, back) = (self.from_front, self.from_back);
        // What came from the one went to the other.
        let at_front = [front.messages, front.bytes, back.messages, back.bytes];
        let [received, bytes_received, sent, bytes_sent] = at_front;
        [received, bytes_received, sent, bytes_sent, sent, bytes_sent, received, bytes_received]
    }
}

/// What has to change at a socket before something can move: it gets a message, or it gets room for one
/// that the other has.
fn wait_for(socket: SocketHandle, own: Events, other: Events) -> PollItem {
    let want = Interest {
        readable: !own.readable,
        writable: !own.writable && other.readable,
        ..Interest::default()
    };
    PollItem { on: PollOn::Socket(socket), want, got: Interest::default() }
}

/// Moves whole messages as long as there are some, and room for them. Gives how many.
fn forward(from: SocketHandle, to: SocketHandle, way: Way, traffic: &mut Traffic) -> Result<usize> {
    if way.single {
        return answer_with_itself(from, way, traffic);
    }
    let mut has_room = false;
    for moved in 0..BURST {
        if !has_room && !to.events_among(false, true)?.writable {
            return Ok(moved);
        }
        // It is asked for each message: a peer may go, and its room with it.
        let pass = |part: &mut Message, tags: &Tags| {
            has_room = way.pass_on(to, part, tags)?;
            Ok(())
        };
        if !pass_message(from, way, traffic, pass)? {
            return Ok(moved);
        }
    }
    Ok(BURST)
}

/// As [`forward`], from a socket to itself: it has room for an answer only once it has the whole request.
fn answer_with_itself(socket: SocketHandle, way: Way, traffic: &mut Traffic) -> Result<usize> {
    for moved in 0..BURST {
        let mut held = Vec::new();
        let hold = |part: &mut Message, tags: &Tags| {
            held.push((part.take(), tags.clone()));
            Ok(())
        };
        if !pass_message(socket, way, traffic, hold)? {
            return Ok(moved);
        }
        for (mut part, tags) in held {
            way.pass_on(socket, &mut part, &tags)?;
        }
    }
    Ok(BURST)
}

/// Gives the parts of the next message to `pass`. False: there is none.
fn pass_message(
    from: SocketHandle,
    way: Way,
    traffic: &mut Traffic,
    mut pass: impl FnMut(&mut Message, &Tags) -> Result<()>,
) -> Result<bool> {
    let mut first = true;
    loop {
        let (mut part, mut tags) = (Message::new(), Tags::default());
        if !way.take(from, &mut part, &mut tags, first)? {
            return Ok(false);
        }
        first = false;
        let more = part.more();
        traffic.bytes += part.len() as u64;
        if let Some(capture) = way.capture {
            copy_to(capture, &part)?;
        }
        pass(&mut part, &tags)?;
        if !more {
            break;
        }
    }
    traffic.messages += 1;
    Ok(true)
}

/// Sends a copy of a part, which is neither lost nor sent in halves when a signal comes.
fn copy_to(capture: SocketHandle, part: &Message) -> Result<()> {
    let mut copy = part.clone();
    loop {
        match capture.send(&mut copy, true) {
            Err(Error::Interrupted) => {}
            sent => return sent,
        }
    }
}

/// What a steerable proxy is told to do.
enum Order {
    Pause,
    Resume,
    Terminate,
    Statistics,
    Unknown,
}

/// Receives an order: a message of one part.
fn receive_order(control: SocketHandle) -> Result<Order> {
    let part = control.recv(true)?;
    let mut alone = true;
    while control.more()? {
        control.recv(true)?;
        alone = false;
    }
    Ok(match part.as_bytes() {
        b"PAUSE" if alone => Order::Pause,
        b"RESUME" if alone => Order::Resume,
        b"TERMINATE" if alone => Order::Terminate,
        b"STATISTICS" if alone => Order::Statistics,
        _ => Order::Unknown,
    })
}

/// A REP owes an answer to whatever it receives.
fn acknowledge(control: SocketHandle) -> Result<()> {
    if control.kind()? != SocketType::Rep {
        return Ok(());
    }
    tolerate(control.send(&mut Message::new(), false))
}

fn answer(control: SocketHandle, numbers: &[u64]) -> Result<()> {
    let last = numbers.len().saturating_sub(1);
    for (index, number) in numbers.iter().enumerate() {
        let mut part = Message::copy_from(&number.to_ne_bytes())?;
        part.set_more(index < last);
        match control.send(&mut part, false) {
            Ok(()) => {}
            refused => return tolerate(refused),
        }
    }
    Ok(())
}

/// Who cannot be answered, now or ever, goes without: the proxy is not held up.
fn tolerate(sent: Result<()>) -> Result<()> {
    match sent {
        Err(Error::WouldBlock | Error::NotSupported | Error::WrongState | Error::Unroutable) => Ok(()),
        other => other,
    }
}
