//! The tests of python3-zmq, on the system's libzmq and with this library preloaded: none fails that passes there. And
//! those of a pyzmq that is built against this library's header, with the draft API.
#![forbid(unsafe_code)]

use oxmq_capi_tests::{Scratch, make};
use oxmq_realworld::{file, library, python};
use std::process::Command;

/// The script has limits of its own for what it runs.
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    println!("{said}");
}

fn compare(arguments: &[&str]) {
    run(python().arg(file("pyzmq/compare.py")).arg("--library").arg(library()).args(arguments));
}

/// Those that are over in seconds, as the system's package has them.
#[test]
fn the_quick_ones() {
    compare(&["--quick"]);
}

/// All, from the source package of the same version.
#[test]
#[ignore = "takes minutes, and fetches the source package: make realworld"]
fn all() {
    compare(&[]);
}

/// The system's python3-zmq was built without the draft API, and so are its tests of it for nothing.
#[test]
#[ignore = "takes minutes, and fetches the source package: make realworld"]
fn built_with_the_draft_api() {
    let scratch = Scratch::new("pyzmq-drafts");
    let prefix = scratch.join("prefix");
    make(&["install", "ABI=4", &format!("PREFIX={}", prefix.display())]);
    run(python().arg(file("pyzmq/compare.py")).arg("--build-with").arg(prefix));
}
