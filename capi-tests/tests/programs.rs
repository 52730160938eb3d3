//! The C programs of c/: each compiled against our header, linked to the built library, and run.

use oxmq_capi_tests::{Scratch, cc, cxx, link, root, run_ok};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A test for each program.
macro_rules! programs {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            compile_and_run(concat!(stringify!($name), ".c"));
        })*

        const PROGRAMS: &[&str] = &[$(concat!(stringify!($name), ".c")),*];
    };
}

programs! {
    device endpoints forked handles interrupt large leaks limits messages misuse multipart options poll queues
    routing states subscriptions terminate timeouts utils zero_copy
}

fn compile_and_run(source: &str) {
    let scratch = Scratch::new("program");
    let program = scratch.join("program");
    let mut compile = cc();
    compile.args(["-D_XOPEN_SOURCE=700", "-D_DEFAULT_SOURCE", "-I"]).arg(root().join("include"));
    compile.arg(sources().join(source)).arg("-o").arg(&program);
    run_ok(link(&mut compile));
    // Programs make their ipc files, if any, in the directory that they run in.
    run_ok(Command::new(&program).current_dir(scratch.path()));
}

fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/c"))
}

#[test]
fn every_program_is_run() {
    let files: BTreeSet<String> = std::fs::read_dir(sources())
        .expect("the directory is part of the package")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".c"))
        .collect();
    assert_eq!(files, PROGRAMS.iter().map(|name| name.to_string()).collect());
}

#[test]
fn a_cxx_program() {
    let scratch = Scratch::new("cxx");
    let program = scratch.join("program");
    let mut compile = cxx();
    compile.arg("-I").arg(root().join("include")).arg(sources().join("cplusplus.cpp"));
    run_ok(link(compile.arg("-o").arg(&program)));
    run_ok(&mut Command::new(&program));
}
