//! What the libraries show to the linker: the functions of the ABI, and nothing else.

use oxmq_capi_tests::{FOUR, TWO, run_ok};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The functions of 2.2.
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

/// The draft functions of 4.3.5, which Debian's library does not have.
const DRAFTS: [&str; 27] = [
    "zmq_connect_peer",
    "zmq_ctx_get_ext",
    "zmq_ctx_set_ext",
    "zmq_disconnect_peer",
    "zmq_join",
    "zmq_leave",
    "zmq_msg_group",
    "zmq_msg_init_buffer",
    "zmq_msg_routing_id",
    "zmq_msg_set_group",
    "zmq_msg_set_routing_id",
    "zmq_poller_add",
    "zmq_poller_add_fd",
    "zmq_poller_destroy",
    "zmq_poller_fd",
    "zmq_poller_modify",
    "zmq_poller_modify_fd",
    "zmq_poller_new",
    "zmq_poller_remove",
    "zmq_poller_remove_fd",
    "zmq_poller_size",
    "zmq_poller_wait",
    "zmq_poller_wait_all",
    "zmq_ppoll",
    "zmq_socket_get_peer_state",
    "zmq_socket_monitor_pipes_stats",
    "zmq_socket_monitor_versioned",
];

fn exported(library: &Path) -> BTreeSet<String> {
    symbols(Command::new("nm").args(["-D", "--defined-only"]).arg(library))
}

fn archived(archive: &Path) -> BTreeSet<String> {
    symbols(Command::new("nm").args(["-g", "--defined-only"]).arg(archive))
}

/// What Debian's library shows of the ABI, and the drafts.
fn functions_of_4x() -> BTreeSet<String> {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/lib64"];
    let libraries = places.map(|dir| Path::new(dir).join(FOUR.soname));
    let original = libraries.iter().find(|library| library.exists()).expect("libzmq5 is installed");
    let functions: BTreeSet<String> =
        exported(original).into_iter().filter(|name| name.starts_with("zmq_")).collect();
    assert!(functions.len() > 60, "{functions:?}");
    functions.into_iter().chain(DRAFTS.map(str::to_owned)).collect()
}

#[test]
fn the_shared_libraries_export_the_abi_only() {
    assert_eq!(exported(&TWO.lib_dir().join(TWO.soname)), FUNCTIONS.map(str::to_owned).into());
    assert_eq!(exported(&FOUR.lib_dir().join(FOUR.soname)), functions_of_4x());
}

#[test]
fn the_archives_export_the_abi_only() {
    assert_eq!(archived(&TWO.lib_dir().join("libzmq.a")), FUNCTIONS.map(str::to_owned).into());
    assert_eq!(archived(&FOUR.lib_dir().join("libzmq.a")), functions_of_4x());
}

#[test]
fn the_sonames_are_those_of_the_originals() {
    for abi in [&TWO, &FOUR] {
        let dynamic = run_ok(Command::new("readelf").arg("-d").arg(abi.lib_dir().join(abi.soname)));
        assert!(dynamic.contains(&format!("Library soname: [{}]", abi.soname)), "{dynamic}");
    }
}

/// Nobody who wants the 2.x ABI has to have libsodium.
#[test]
fn only_the_library_that_encrypts_needs_libsodium() {
    for (abi, needs) in [(&TWO, false), (&FOUR, true)] {
        let dynamic = run_ok(Command::new("readelf").arg("-d").arg(abi.lib_dir().join(abi.soname)));
        assert_eq!(dynamic.contains("Shared library: [libsodium.so"), needs, "{dynamic}");
    }
}
