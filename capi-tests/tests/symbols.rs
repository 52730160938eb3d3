//! What the libraries show to the linker: the functions of the ABI, and nothing else.

use oxmq_capi_tests::{lib_dir, run_ok};
use std::collections::BTreeSet;
use std::process::Command;

const FUNCTIONS: [&str; 26] = [
    "zmq_bind",
    "zmq_close",
    "zmq_connect",
    "zmq_device",
    "zmq_errno",
    "zmq_getsockopt",
    "zmq_init",
    "zmq_msg_close",
    "zmq_msg_copy",
    "zmq_msg_data",
    "zmq_msg_init",
    "zmq_msg_init_data",
    "zmq_msg_init_size",
    "zmq_msg_move",
    "zmq_msg_size",
    "zmq_poll",
    "zmq_recv",
    "zmq_send",
    "zmq_setsockopt",
    "zmq_sleep",
    "zmq_socket",
    "zmq_stopwatch_start",
    "zmq_stopwatch_stop",
    "zmq_strerror",
    "zmq_term",
    "zmq_version",
];

fn symbols(list: &mut Command) -> BTreeSet<String> {
    // A line is: address, type, name.
    run_ok(list)
        .lines()
        .filter_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_, _, name] => Some(name.to_owned()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_shared_library_exports_the_abi_only() {
    let found = symbols(Command::new("nm").args(["-D", "--defined-only"]).arg(lib_dir().join("libzmq.so.1")));
    assert_eq!(found, FUNCTIONS.map(str::to_owned).into());
}

#[test]
fn the_archive_exports_the_abi_only() {
    let found = symbols(Command::new("nm").args(["-g", "--defined-only"]).arg(lib_dir().join("libzmq.a")));
    assert_eq!(found, FUNCTIONS.map(str::to_owned).into());
}

#[test]
fn the_soname_is_that_of_2_x() {
    let dynamic = run_ok(Command::new("readelf").arg("-d").arg(lib_dir().join("libzmq.so.1")));
    assert!(dynamic.contains("Library soname: [libzmq.so.1]"), "{dynamic}");
}
