//! Models of threads that sleep on a connection which they read by themselves, while it is taken back, lost, or used by
//! another thread. Run by `scripts/loom.sh`; a wake that is lost shows as a deadlock, a descriptor that is closed under
//! a sleeper as a panic.
#![forbid(unsafe_code)]

use super::loom_world::{Sleeper, Task, World, part, with_io};
use crate::pattern::PipeId;
use crate::pipe::Signal;
use crate::socket::mailbox::Event;
use crate::sync::model;
use loom::thread;

/// A thread goes to sleep on a connection that is being taken back, and into which something comes.
#[test]
fn loom_a_sleeper_hears_of_a_message_on_a_connection_that_is_taken_back() {
    model(|| {
        let (world, connection) = World::new();
        with_io(&world, || {
            let theirs = world.clone();
            let peer = thread::spawn(move || {
                theirs.post(Task::Recall);
                theirs.arrive(&connection, Some(7));
            });
            assert_eq!(world.recv(&Sleeper::new()), 7);
            peer.join().unwrap();
        });
        world.settle();
    });
}

/// The same where the thread has looked away for so long that the I/O thread's timer takes it back.
#[test]
fn loom_a_sleeper_hears_of_a_message_on_a_connection_that_it_had_left_alone() {
    model(|| {
        let (world, connection) = World::new();
        world.pull();
        with_io(&world, || {
            let theirs = world.clone();
            let peer = thread::spawn(move || {
                theirs.post(Task::Tick);
                theirs.post(Task::Tick);
                theirs.arrive(&connection, Some(7));
            });
            assert_eq!(world.recv(&Sleeper::new()), 7);
            peer.join().unwrap();
        });
        world.settle();
    });
}

/// Another thread gives the connection back, as when its descriptor is asked for.
#[test]
fn loom_a_sleeper_hears_of_a_message_on_a_connection_that_is_given_back() {
    model(|| {
        let (world, connection) = World::new();
        with_io(&world, || {
            let theirs = world.clone();
            let other = thread::spawn(move || {
                theirs.give_back(&mut theirs.held.lock().unwrap());
                theirs.arrive(&connection, Some(7));
            });
            assert_eq!(world.recv(&Sleeper::new()), 7);
            other.join().unwrap();
        });
        world.settle();
    });
}

/// Something happens on another pipe of the socket, and then on the connection, where the thread may have turned to
/// something else.
#[test]
fn loom_a_sleeper_hears_of_other_pipes() {
    for receives in [true, false] {
        model(move || {
            let (world, connection) = World::new();
            with_io(&world, || {
                let theirs = world.clone();
                let other = thread::spawn(move || {
                    assert!(theirs.mailbox.post(Event::Pipe(PipeId::from_key(2), Signal::Readable)));
                    theirs.arrive(&connection, Some(7));
                });
                let sleeper = Sleeper::new();
                world.wait(&sleeper, |turn| (turn.others == 1).then_some(()));
                if receives {
                    assert_eq!(world.recv(&sleeper), 7);
                }
                other.join().unwrap();
            });
            world.settle();
            if !receives {
                // The I/O thread has read it.
                let part = world.turn.lock().unwrap().pipe.as_mut().unwrap().read();
                assert_eq!(part.unwrap().as_bytes(), [7]);
            }
        });
    }
}

/// The connection is lost under a sleeper, whoever finds out; the peer comes back on another.
#[test]
fn loom_a_sleeper_hears_of_the_connection_that_follows_one_that_is_lost() {
    model(|| {
        let (world, connection) = World::new();
        world.held.lock().unwrap().answer = Some((usize::MAX, 7));
        with_io(&world, || {
            let theirs = world.clone();
            let peer = thread::spawn(move || {
                theirs.arrive(&connection, None);
                drop(connection);
                // A heartbeat's timer, or a recall: the I/O thread may find out first.
                theirs.post(Task::Again);
            });
            assert_eq!(world.recv(&Sleeper::new()), 7);
            peer.join().unwrap();
        });
        world.settle();
    });
}

/// Nobody comes back: the sleeper sees the end of the pipe.
#[test]
fn loom_a_sleeper_hears_that_the_peer_has_gone_for_good() {
    model(|| {
        let (world, connection) = World::new();
        with_io(&world, || {
            let theirs = world.clone();
            let peer = thread::spawn(move || {
                theirs.arrive(&connection, Some(7));
                theirs.arrive(&connection, None);
            });
            let sleeper = Sleeper::new();
            assert_eq!(world.recv(&sleeper), 7);
            world.wait(&sleeper, |turn| turn.pipe.as_mut()?.is_abandoned().then_some(()));
            peer.join().unwrap();
        });
        world.settle();
    });
}

/// The context is terminated, or the socket closed, while two threads sleep on one connection.
#[test]
fn loom_termination_ends_all_sleeps() {
    model(|| {
        let (world, connection) = World::new();
        drop(connection);
        with_io(&world, || {
            let theirs = world.clone();
            let other = thread::spawn(move || {
                let sleeper = Sleeper::new();
                theirs.wait(&sleeper, |turn| turn.terminated.then_some(()));
                // It closes the socket, on whose connection the first may still sleep.
                drop(theirs.turn.lock().unwrap().pipe.take());
                theirs.mailbox.close();
            });
            assert!(world.mailbox.post(Event::Terminate));
            let sleeper = Sleeper::new();
            world.wait(&sleeper, |turn| turn.terminated.then_some(()));
            other.join().unwrap();
        });
        world.settle();
        assert!(world.held.lock().unwrap().link.is_none());
    });
}

/// A thread streams, leaves something, and goes on to other things, while another sleeps on the connection: the peer,
/// which answers once it has all, is heard.
#[test]
fn loom_a_sleeper_hears_the_answer_to_what_another_thread_has_left() {
    model(|| {
        let (world, connection) = World::new();
        drop(connection);
        world.held.lock().unwrap().answer = Some((2, 7));
        with_io(&world, || {
            let theirs = world.clone();
            let sender = thread::spawn(move || {
                theirs.press(0);
                {
                    let mut turn = theirs.turn.lock().unwrap();
                    let near = turn.pipe.as_mut().unwrap();
                    near.write(part(1));
                    near.flush();
                }
                // It does not come back, and so the timer does its work, if it runs.
                theirs.post(Task::Tick);
                theirs.post(Task::Tick);
            });
            assert_eq!(world.recv(&Sleeper::new()), 7);
            sender.join().unwrap();
        });
        world.settle();
        assert_eq!(world.held.lock().unwrap().sent, [0, 1], "all, once, in order");
    });
}

/// Two threads wait on one socket, and each gets one of two messages.
#[test]
fn loom_two_sleepers_on_one_connection() {
    model(|| {
        let (world, connection) = World::new();
        with_io(&world, || {
            let theirs = world.clone();
            let other = thread::spawn(move || theirs.recv(&Sleeper::new()));
            world.arrive(&connection, Some(1));
            world.arrive(&connection, Some(2));
            let mine = world.recv(&Sleeper::new());
            assert_eq!(mine + other.join().unwrap(), 3, "each message once");
        });
        world.settle();
    });
}
