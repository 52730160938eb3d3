//! What the command says on its output and by its exit status: help, usage errors, failures, signals.
#![forbid(unsafe_code)]

mod common;

use common::{ANY_PORT, Daemon, Peers, TempDir, recv, run, send};
use oxmq::SocketType;
use std::net::TcpListener;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the command prints text")
}

#[test]
fn help_goes_to_standard_output() {
    for option in ["--help", "-h"] {
        let output = run(&[option]);
        assert_eq!(output.status.code(), Some(0));
        let help = text(&output.stdout);
        for word in ["queue", "forwarder", "streamer", "--subscribe", "--hwm", "connect:"] {
            assert!(help.contains(word), "the help does not mention {word}");
        }
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn the_version_is_one_line() {
    let output = run(&["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), format!("zmq_deviced {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn usage_errors_exit_with_2_and_point_to_the_help() {
    let cases: [(&[&str], &str); 5] = [
        (&[], "which device"),
        (&["broker", ANY_PORT, ANY_PORT], "no device 'broker'"),
        (&["queue", ANY_PORT], "needs a BACKEND"),
        (&["queue", "nonsense", ANY_PORT], "'nonsense' is not an endpoint"),
        (&["streamer", "--subscribe", "a", ANY_PORT, ANY_PORT], "for a forwarder"),
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let complaint = text(&output.stderr);
        assert!(complaint.starts_with("zmq_deviced: ") && complaint.contains(expected), "{complaint}");
        assert!(complaint.contains("--help") && output.stdout.is_empty());
    }
}

#[test]
fn a_taken_port_is_named_with_a_remedy() {
    let mut peers = Peers::new();
    let (_holder, endpoint) = peers.bound(SocketType::Pull);
    let output = run(&["queue", ANY_PORT, &endpoint]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = text(&output.stderr);
    assert!(complaint.contains(&format!("cannot bind the backend to {endpoint}: ")), "{complaint}");
    assert!(complaint.contains("another port"), "{complaint}");
}

#[test]
fn refused_endpoints_exit_with_1_and_are_named() {
    let dir = TempDir::new();
    let nowhere = dir.ipc("missing/endpoint");
    // 192.0.2.0/24 is set aside for documentation: no machine has such an address
    for (endpoint, remedy) in [
        ("tcp://192.0.2.1:5555", "address of this machine"),
        ("tcp://127.0.0.1:notaport", "tcp://ADDRESS:PORT"),
        ("carrier-pigeon://coop", "tcp:// or ipc://"),
        (&nowhere, "create the directory"),
    ] {
        let output = run(&["streamer", endpoint, ANY_PORT]);
        assert_eq!(output.status.code(), Some(1), "{endpoint}");
        let complaint = text(&output.stderr);
        assert!(complaint.contains(&format!("cannot bind the frontend to {endpoint}: ")), "{complaint}");
        assert!(complaint.contains(remedy), "{complaint}");
    }
}

#[test]
fn a_device_that_cannot_start_leaves_no_ipc_file() {
    let dir = TempDir::new();
    let output = run(&["queue", &dir.ipc("front"), "tcp://192.0.2.1:5555"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!dir.join("front").exists());
}

#[test]
fn the_announcement_names_the_device_and_its_real_ports() {
    let daemon = Daemon::start(&["queue", ANY_PORT, &format!("{ANY_PORT},connect:tcp://127.0.0.1:9")]);
    assert!(daemon.announcement.starts_with("zmq_deviced: queue: frontend bound to tcp://127.0.0.1:"));
    assert!(!daemon.announcement.contains('*'), "{}", daemon.announcement);
    assert_eq!((daemon.frontend.len(), daemon.backend.len()), (1, 2));
    assert!(daemon.announcement.contains("connected to tcp://127.0.0.1:9"), "{}", daemon.announcement);
    daemon.stop();
}

#[test]
fn both_signals_end_it_cleanly() {
    for signal in ["INT", "TERM"] {
        let dir = TempDir::new();
        let mut daemon = Daemon::start(&["forwarder", &dir.ipc("front"), &dir.ipc("back")]);
        assert!(dir.join("front").exists() && dir.join("back").exists());
        daemon.signal(signal);
        assert_eq!(daemon.wait().code(), Some(0), "after SIG{signal}");
        assert!(!dir.join("front").exists() && !dir.join("back").exists(), "its files are gone");
    }
}

#[test]
fn a_signal_ends_it_while_peers_talk() {
    let daemon = Daemon::start(&["queue", ANY_PORT, ANY_PORT]);
    let mut peers = Peers::new();
    let client = peers.connected(SocketType::Req, &daemon.frontend[0]);
    let service = peers.connected(SocketType::Rep, &daemon.backend[0]);
    send(client, &[b"request"]);
    assert_eq!(recv(service), [b"request"]);
    // In the middle of a request
    daemon.stop();
}

#[test]
fn undelivered_messages_do_not_hold_the_exit_up() {
    // One worker works, the other never greets: what the device has for that one waits inside the device
    let mute = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mute_endpoint = format!("tcp://{}", mute.local_addr().expect("its address"));
    let mut peers = Peers::new();
    let (worker, worker_endpoint) = peers.bound(SocketType::Pull);
    let workers = format!("connect:{mute_endpoint},connect:{worker_endpoint}");
    let mut daemon = Daemon::start(&["streamer", ANY_PORT, &workers, "--linger", "50"]);

    let pusher = peers.connected(SocketType::Push, &daemon.frontend[0]);
    for task in [b"1", b"2", b"3", b"4"] {
        send(pusher, &[task]);
    }
    // Tasks go to the two in turn, so that between any two of this worker there is one of the other
    recv(worker);
    recv(worker);
    daemon.signal("TERM");
    assert_eq!(daemon.wait().code(), Some(0));
}
