//! The README's tables of what is supported, against the headers, the libraries and the engine.

use oxmq::{ContextHandle, Error, Options, SocketType};
use oxmq_capi_tests::{compatibility, lib_dir, run_ok};
use std::collections::BTreeSet;
use std::process::Command;

const README: &str = include_str!("../../README.md");
const HEADER: &str = include_str!("../../include/zmq.h");

/// What stands in backquotes in a row of the table.
fn row(title: &str) -> BTreeSet<String> {
    let start = format!("| {title} |");
    let line = README.lines().find(|line| line.starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("the table has a row '{title}'"));
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The constants that the header defines, from one to another.
fn constants(first: &str, last: &str) -> BTreeSet<String> {
    let names = HEADER.lines().filter_map(|line| line.strip_prefix("#define ")?.split_whitespace().next());
    let mut found: Vec<&str> = names.skip_while(|name| *name != first).collect();
    let end = found.iter().position(|name| *name == last);
    found.truncate(end.expect("the last constant comes after the first") + 1);
    found.into_iter().map(str::to_owned).collect()
}

#[test]
fn functions_are_those_of_the_library() {
    let list = run_ok(Command::new("nm").args(["-D", "--defined-only"]).arg(lib_dir().join("libzmq.so.1")));
    let exported =
        list.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect();
    assert_eq!(row("functions"), exported);
}

/// What the 4.x part of docs/compatibility.md, which has a test of its own, says of the names in a table.
fn page(title: &str, state: &str) -> BTreeSet<String> {
    let page = compatibility::page().unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")));
    let table = page.split(&format!("### {title}\n")).nth(1).expect("the page has the table");
    let rows = table.lines().take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| {
        let fields: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, name, said, ..] = fields[..] else { panic!("{row}") };
        let is_absent = said == "absent";
        (is_absent == (state == "absent")).then(|| name.trim_matches('`').to_owned())
    })
    .collect()
}

#[test]
fn of_4x_it_says_what_the_page_says() {
    let types: BTreeSet<String> =
        [row("types"), row("types of the draft API")].into_iter().flatten().collect();
    assert_eq!(types, page("Socket types", "there"));
    assert_eq!(row("options that are absent"), page("Socket options", "absent"));
    for (what, title) in [("transports", "Transports"), ("mechanisms", "Mechanisms")] {
        assert_eq!(row(&format!("{what} that work")), page(title, "there"));
        assert_eq!(row(&format!("{what} that are absent")), page(title, "absent"));
    }
    assert!(page("Functions", "absent").is_empty());
}

#[test]
fn types_options_and_devices_are_those_of_the_header() {
    assert_eq!(row("socket types"), constants("ZMQ_PAIR", "ZMQ_DOWNSTREAM"));
    let kept = "kept and given back, without effect (there is no multicast)";
    let options: BTreeSet<String> =
        [row("socket options"), row(kept), row("extension")].into_iter().flatten().collect();
    assert_eq!(options, constants("ZMQ_HWM", "ZMQ_LAST_ENDPOINT"));
    let mut devices = row("devices");
    assert!(devices.remove("zmq_deviced"), "the command is named beside the devices");
    assert_eq!(devices, constants("ZMQ_STREAMER", "ZMQ_QUEUE"));
}

#[test]
fn transports_work_or_are_refused_as_it_says() -> oxmq::Result<()> {
    let context = ContextHandle::new_context(1)?;
    for transport in row("transports") {
        let socket = context.socket(SocketType::Pull, Options::for_2x())?;
        let address = match transport.as_str() {
            "tcp://" => "127.0.0.1:*",
            "ipc://" => "*",
            _ => "readme",
        };
        socket.bind(&format!("{transport}{address}"))?;
        socket.close()?;
    }
    let socket = context.socket(SocketType::Pull, Options::for_2x())?;
    for transport in row("refused with EPROTONOSUPPORT") {
        let refused = socket.bind(&format!("{transport}127.0.0.1:5555"));
        // The engine knows udp, but not for these types.
        let expected = match transport.as_str() {
            "udp://" => Error::IncompatibleTransport,
            _ => Error::UnknownTransport,
        };
        assert_eq!(refused, Err(expected));
    }
    socket.close()?;
    context.terminate()
}
