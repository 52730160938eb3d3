//! The tests of python3-zmq, on the system's libzmq and with this library preloaded: none fails that passes there.
#![forbid(unsafe_code)]

use oxmq_capi_tests::run_ok;
use oxmq_realworld::{file, library, python};

fn compare(arguments: &[&str]) {
    let mut command = python();
    command.arg(file("pyzmq/compare.py")).arg("--library").arg(library()).args(arguments);
    println!("{}", run_ok(&mut command));
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
