//! RADIO and DISH: messages to groups.

use crate::common::{Context, PATIENCE, bind, eventually, recv_text, send, send_part, try_recv, try_send};
use crate::over_each;
use oxmq::{Error, Message, Result, SocketHandle, SocketType, Tags};
use std::time::Duration;

pub fn send_to(radio: SocketHandle, group: &[u8], body: &str) -> Result<()> {
    let tags = Tags { group: Some(group.into()), ..Tags::default() };
    radio.send_tagged(&mut Message::copy_from(body.as_bytes())?, &tags, true)
}

pub fn recv_from(dish: SocketHandle) -> (Vec<u8>, String) {
    let mut tags = Tags::default();
    let mut message = Message::new();
    dish.recv_tagged(&mut message, &mut tags, true).expect("recv");
    assert!(!message.more());
    let group = tags.group.expect("a message of a DISH has a group").into();
    (group, String::from_utf8(message.as_bytes().to_vec()).expect("text"))
}

/// Sends to a group until it arrives: the join is known. Nothing is left under way.
pub fn meet(radio: SocketHandle, dish: SocketHandle, group: &[u8]) {
    eventually("the RADIO knows the DISH", || {
        send_to(radio, group, "hello").expect("send");
        try_recv(dish).is_some()
    });
    send_to(radio, group, "that was the last hello").expect("send");
    while recv_text(dish) != "that was the last hello" {}
}

#[test]
fn a_dish_receives_what_is_sent_to_its_groups() {
    over_each(|transport| {
        let place = transport.place();
        let (radio, dish) = (place.server.socket(SocketType::Radio), place.client().socket(SocketType::Dish));
        dish.join(b"early").unwrap();
        assert_eq!(send_to(radio, b"early", "to nobody"), Ok(()));
        place.join(radio, dish);
        meet(radio, dish, b"early");
        let long = [b'g'; 255];
        for group in [&b"late"[..], b"", &long] {
            dish.join(group).unwrap();
            meet(radio, dish, group);
        }
        for (group, body) in [(&b"late"[..], "1"), (b"other", "2"), (b"lat", "3"), (&long, "4"), (b"", "5")] {
            send_to(radio, group, body).unwrap();
        }
        assert_eq!(recv_from(dish), (b"late".to_vec(), "1".to_string()));
        assert_eq!(recv_from(dish), (long.to_vec(), "4".to_string()));
        assert_eq!(recv_from(dish), (vec![], "5".to_string()));
        dish.leave(b"late").unwrap();
        send_to(radio, b"late", "6").unwrap();
        send_to(radio, b"early", "7").unwrap();
        assert_eq!(recv_from(dish), (b"early".to_vec(), "7".to_string()));
        assert_eq!(try_recv(dish), None);
    });
}

#[test]
fn groups_are_joined_once_and_have_short_names() {
    let context = Context::new();
    let dish = context.socket(SocketType::Dish);
    assert_eq!(dish.join(&[b'g'; 256]), Err(Error::InvalidArgument));
    assert_eq!(dish.leave(&[b'g'; 256]), Err(Error::InvalidArgument));
    assert_eq!((dish.join(b"g"), dish.join(b"g")), (Ok(()), Err(Error::InvalidArgument)));
    assert_eq!((dish.leave(b"g"), dish.leave(b"g")), (Ok(()), Err(Error::InvalidArgument)));
    assert_eq!(try_send(dish, "no"), Err(Error::NotSupported));
    let radio = context.socket(SocketType::Radio);
    assert_eq!(send_to(radio, &[b'g'; 256], "x"), Err(Error::InvalidArgument));
    assert_eq!(send_part(radio, b"x", true, true), Err(Error::InvalidArgument));
    assert_eq!(radio.recv(false).unwrap_err(), Error::NotSupported);
    for kind in SocketType::ALL.into_iter().filter(|kind| *kind != SocketType::Dish) {
        let socket = context.socket(kind);
        assert_eq!(socket.join(b"g"), Err(Error::NotSupported), "{kind:?}");
        assert_eq!(socket.leave(b"g"), Err(Error::NotSupported), "{kind:?}");
    }
}

/// What was joined is told again to a RADIO that comes back.
#[test]
fn groups_outlive_connections() {
    let (first, second, client) = (Context::new(), Context::new(), Context::new());
    let dish = client.socket(SocketType::Dish);
    for group in 0..1000u32 {
        dish.join(&group.to_le_bytes()).unwrap();
    }
    let radio = first.socket(SocketType::Radio);
    let endpoint = bind(radio, "tcp://127.0.0.1:*");
    dish.connect(&endpoint).unwrap();
    meet(radio, dish, &999u32.to_le_bytes());
    first.end();
    dish.leave(&500u32.to_le_bytes()).unwrap();
    let radio = second.socket(SocketType::Radio);
    eventually("the address is free", || radio.bind(&endpoint).is_ok());
    meet(radio, dish, &999u32.to_le_bytes());
    for group in 0..1000u32 {
        send_to(radio, &group.to_le_bytes(), "x").unwrap();
        assert!(group == 500 || recv_from(dish).0 == group.to_le_bytes());
    }
}

/// A DISH that does not read misses messages; the RADIO never waits and the others miss nothing.
#[test]
fn a_slow_dish_holds_nobody_up() {
    over_each(|transport| {
        let place = transport.place();
        let radio = place.server.socket_with(SocketType::Radio, |options| options.send_hwm = 10);
        let slow = place.client().socket_with(SocketType::Dish, |options| options.recv_hwm = 10);
        let fast = place.client().socket_with(SocketType::Dish, |options| options.recv_hwm = 0);
        let endpoint = place.join(radio, slow);
        fast.connect(&endpoint).unwrap();
        for dish in [slow, fast] {
            dish.join(b"g").unwrap();
            meet(radio, dish, b"g");
        }
        eventually("nothing of the meeting is left", || try_recv(slow).is_none());
        let body = "x".repeat(20_000);
        for n in 0..2000 {
            send_to(radio, b"g", &format!("{n} {body}")).unwrap();
            assert!(recv_text(fast).starts_with(&format!("{n} ")));
        }
        let last = "the last";
        eventually("there is room again", || {
            send_to(radio, b"g", last).unwrap();
            let mut count = 0;
            while let Some(got) = try_recv(slow) {
                count += 1;
                if got == last.as_bytes() {
                    return true;
                }
            }
            assert!(count < 2000, "some were dropped");
            false
        });
    });
}

/// Groups are no way around the one who speaks to everybody.
#[test]
fn plain_sends_go_to_the_group_without_a_name() {
    let context = Context::new();
    let (radio, dish) = (context.socket(SocketType::Radio), context.socket(SocketType::Dish));
    dish.set_options(|options| {
        options.recv_timeout = Some(PATIENCE);
        Ok(())
    })
    .unwrap();
    radio.bind("inproc://radio").unwrap();
    dish.connect("inproc://radio").unwrap();
    dish.join(b"").unwrap();
    send(radio, "plain");
    assert_eq!(recv_from(dish), (vec![], "plain".to_string()));
    dish.set_options(|options| {
        options.recv_timeout = Some(Duration::ZERO);
        Ok(())
    })
    .unwrap();
    assert_eq!(dish.recv(true).unwrap_err(), Error::WouldBlock);
}
