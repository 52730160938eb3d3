//! Models of how threads that wait are woken: the parker, and the mailbox of a socket in front of it. Run
//! by `scripts/loom.sh`; a lost wake shows as a deadlock.
#![forbid(unsafe_code)]

use super::mailbox::{Event, Mailbox};
use crate::io::parker::Parker;
use crate::io::sys_wait::Waited;
use crate::message::Message;
use crate::pattern::PipeId;
use crate::pipe::{Bounds, Pipe, Signal, pipe};
use crate::sync::{AtomicBool, Ordering, model};
use loom::thread;
use std::sync::Arc;

#[test]
fn loom_a_parker_that_is_told_before_or_after_it_sleeps_looks() {
    model(|| {
        let parker = Arc::new(Parker::new());
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let (theirs, told) = (parker.clone(), flags.clone());
        let teller = thread::spawn(move || {
            for flag in told.iter() {
                flag.store(true, Ordering::Relaxed);
                theirs.unpark();
            }
        });
        for flag in flags.iter() {
            // Relaxed: it is the parker that makes what was done before the telling visible.
            while !flag.load(Ordering::Relaxed) {
                assert_eq!(parker.park(None), Waited::Look);
            }
        }
        teller.join().unwrap();
    });
}

fn event(key: usize) -> Event {
    Event::Pipe(PipeId::from_key(key), Signal::Readable)
}

/// Waits as a socket's call does, until `wanted` finds what it wants among the events.
fn wait_for(mailbox: &Mailbox, parker: &Arc<Parker>, mut wanted: impl FnMut(Event) -> bool) {
    let mut events = Vec::new();
    loop {
        mailbox.take(&mut events);
        let mut found = false;
        for event in events.drain(..) {
            found |= wanted(event);
        }
        if found {
            return;
        }
        parker.forget();
        if mailbox.begin_wait(parker) {
            parker.park(None);
            mailbox.end_wait(parker);
        }
    }
}

#[test]
fn loom_a_thread_that_waits_on_a_mailbox_hears_of_every_event() {
    model(|| {
        let mailbox = Arc::new(Mailbox::default());
        let theirs = mailbox.clone();
        let poster = thread::spawn(move || {
            for key in 0..2 {
                assert!(theirs.post(event(key)));
            }
        });
        let parker = Arc::new(Parker::new());
        let mut next = 0;
        while next < 2 {
            wait_for(&mailbox, &parker, |event| {
                assert!(matches!(event, Event::Pipe(id, Signal::Readable) if id.key() == next));
                next += 1;
                true
            });
        }
        poster.join().unwrap();
    });
}

#[test]
fn loom_two_posters_and_one_thread_that_waits() {
    model(|| {
        let mailbox = Arc::new(Mailbox::default());
        let posters = [0, 1].map(|key| {
            let theirs = mailbox.clone();
            thread::spawn(move || assert!(theirs.post(event(key))))
        });
        let parker = Arc::new(Parker::new());
        let mut seen = [false; 2];
        while seen != [true; 2] {
            wait_for(&mailbox, &parker, |event| {
                let Event::Pipe(id, _) = event else { unreachable!("nothing else is posted") };
                assert!(!std::mem::replace(&mut seen[id.key()], true), "every event comes once");
                true
            });
        }
        for poster in posters {
            poster.join().unwrap();
        }
    });
}

#[test]
fn loom_one_thread_that_waits_on_two_mailboxes() {
    model(|| {
        let mailboxes = [Arc::new(Mailbox::default()), Arc::new(Mailbox::default())];
        let theirs = mailboxes.clone();
        let poster = thread::spawn(move || {
            for (key, mailbox) in theirs.iter().enumerate() {
                assert!(mailbox.post(event(key)));
            }
        });
        // As zmq_poll does it: look at all, register with all, sleep once.
        let parker = Arc::new(Parker::new());
        let mut events = Vec::new();
        let mut seen = 0;
        while seen < 2 {
            for mailbox in &mailboxes {
                mailbox.take(&mut events);
            }
            seen += events.drain(..).count();
            if seen < 2 {
                parker.forget();
                let registered = mailboxes.iter().take_while(|mailbox| mailbox.begin_wait(&parker)).count();
                if registered == mailboxes.len() {
                    parker.park(None);
                }
                for mailbox in &mailboxes[..registered] {
                    mailbox.end_wait(&parker);
                }
            }
        }
        poster.join().unwrap();
    });
}

#[test]
fn loom_two_threads_that_wait_on_one_mailbox_are_both_woken() {
    model(|| {
        let mailbox = Arc::new(Mailbox::default());
        let waiters = [(); 2].map(|()| {
            let theirs = mailbox.clone();
            thread::spawn(move || {
                let parker = Arc::new(Parker::new());
                if theirs.begin_wait(&parker) {
                    parker.park(None);
                    theirs.end_wait(&parker);
                }
            })
        });
        assert!(mailbox.post(event(0)));
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn loom_closing_a_mailbox_wakes_who_waits_and_refuses_the_rest() {
    model(|| {
        let mailbox = Arc::new(Mailbox::default());
        let theirs = mailbox.clone();
        let waiter = thread::spawn(move || {
            let parker = Arc::new(Parker::new());
            if theirs.begin_wait(&parker) {
                parker.park(None);
                theirs.end_wait(&parker);
            }
            assert!(!theirs.begin_wait(&parker), "the event is there, or the mailbox is closed");
        });
        assert!(mailbox.post(event(0)));
        mailbox.close();
        assert!(!mailbox.post(event(1)));
        waiter.join().unwrap();
    });
}

/// Sends whole messages as a socket does, waiting for room.
fn send_all(end: &mut Pipe, mailbox: &Mailbox, parker: &Arc<Parker>, count: u8) {
    for value in 0..count {
        while !end.can_write() {
            wait_for(mailbox, parker, |_| true);
        }
        end.write(Message::copy_from(&[value]).unwrap());
        end.flush();
    }
}

#[test]
fn loom_two_sockets_with_a_pipe_between_them() {
    model(|| {
        let (mut a, mut b) = pipe([Bounds { hwm: 1, swap: None }, Bounds::default()]);
        let mailboxes = [Arc::new(Mailbox::default()), Arc::new(Mailbox::default())];
        a.set_owner(mailboxes[0].clone(), 0);
        b.set_owner(mailboxes[1].clone(), 1);
        let [ours, theirs] = mailboxes;
        let sender = thread::spawn(move || {
            let parker = Arc::new(Parker::new());
            send_all(&mut a, &ours, &parker, 2);
        });
        let parker = Arc::new(Parker::new());
        let mut got = Vec::new();
        while !b.is_finished() {
            match b.read() {
                Some(part) => got.push(part.as_bytes()[0]),
                None if b.is_finished() => break,
                None => wait_for(&theirs, &parker, |_| true),
            }
        }
        assert_eq!(got, [0, 1]);
        sender.join().unwrap();
    });
}
