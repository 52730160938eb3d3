//! Programs on the system's libczmq, with this library preloaded: its own tests, and one with actors and CURVE.
#![forbid(unsafe_code)]

use oxmq_capi_tests::{Scratch, run_ok};
use oxmq_realworld::{file, preloaded};
use std::path::PathBuf;
use std::process::Command;

fn compiled(scratch: &Scratch, source: &str) -> PathBuf {
    let program = scratch.join("program");
    let mut compile = Command::new("cc");
    compile.args(["-Wall", "-Werror", "-g", "-o"]).arg(&program).arg(file(source)).args(["-lczmq", "-lzmq"]);
    run_ok(&mut compile);
    program
}

#[test]
fn its_own_tests() {
    let scratch = Scratch::new("czmq");
    let program = compiled(&scratch, "czmq/selftest.c");
    let names = run_ok(&mut Command::new(&program));
    assert!(names.lines().count() > 20, "{names}");
    for name in names.lines() {
        println!("{name}");
        run_ok(preloaded(Command::new(&program).arg(name).current_dir(scratch.path())));
    }
}

#[test]
fn actors() {
    let scratch = Scratch::new("czmq-actors");
    let program = compiled(&scratch, "czmq/actors.c");
    let said = run_ok(preloaded(Command::new(&program).current_dir(scratch.path())));
    assert_eq!(said, "proxied\nauthenticated\nlooped\ngossiped\n");
}
