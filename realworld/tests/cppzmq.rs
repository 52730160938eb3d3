//! C++ with cppzmq, compiled against this project's header and linked to this library. (It has no support for 2.x.)
#![forbid(unsafe_code)]

use oxmq_capi_tests::{Scratch, link4, run_ok};
use oxmq_realworld::file;
use std::process::Command;

fn compile_and_run(arguments: &[&str]) {
    let scratch = Scratch::new("cppzmq");
    let program = scratch.join("program");
    let mut compile = Command::new("c++");
    compile.args(["-std=c++17", "-Wall", "-Werror", "-g"]).args(arguments);
    compile.arg(file("cppzmq/program.cpp")).arg("-o").arg(&program);
    run_ok(link4(&mut compile));
    assert_eq!(run_ok(Command::new(&program).current_dir(scratch.path())), "all is well\n");
}

#[test]
fn stable() {
    compile_and_run(&[]);
}

#[test]
fn with_the_draft_api() {
    compile_and_run(&["-DZMQ_BUILD_DRAFT_API"]);
}
