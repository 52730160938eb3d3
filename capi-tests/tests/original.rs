//! A program that was built for the original library runs with ours in the original's place.

use oxmq_capi_tests::{Scratch, cc, lib_dir, root, run, run_ok};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What the program's exit status is when it meets the stand-in.
const MET_STAND_IN: i32 = 3;

/// A program and the stand-in of the original library that it was linked to, in a directory.
struct Original {
    scratch: Scratch,
    program: PathBuf,
}

impl Original {
    /// Builds both, the library under the name `soname`.
    fn build(soname: &str) -> Original {
        let scratch = Scratch::new("original");
        let source = root().join("capi-tests/original");
        let library = scratch.join(soname);
        let mut compile = cc();
        compile.args(["-shared", "-fPIC"]).arg(format!("-Wl,-soname,{soname}"));
        run_ok(compile.arg(source.join("stand_in.c")).arg("-o").arg(&library));

        let program = scratch.join("program");
        let mut compile = cc();
        compile.arg("-D_XOPEN_SOURCE=700").arg(source.join("program.c")).arg(&library);
        run_ok(compile.arg("-pthread").arg("-o").arg(&program));
        Original { scratch, program }
    }

    /// The program, as it will be run, with the original in reach.
    fn program(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("LD_LIBRARY_PATH", self.scratch.path()).env_remove("LD_PRELOAD");
        command
    }
}

#[test]
fn in_place_of_the_original_file() {
    let original = Original::build("libzmq.so.1");
    assert_eq!(run(&mut original.program()).status.code(), Some(MET_STAND_IN), "it met the original first");
    fs::copy(lib_dir().join("libzmq.so.1"), original.scratch.join("libzmq.so.1"))
        .expect("it can be replaced");
    assert_eq!(run_ok(&mut original.program()), "all replies came\n");
}

#[test]
fn earlier_in_the_library_path() {
    let original = Original::build("libzmq.so.1");
    let path = format!("{}:{}", lib_dir().display(), original.scratch.path().display());
    assert_eq!(run_ok(original.program().env("LD_LIBRARY_PATH", path)), "all replies came\n");
}

#[test]
fn preloaded() {
    let original = Original::build("libzmq.so.1");
    let library = lib_dir().join("libzmq.so.1");
    assert_eq!(run_ok(original.program().env("LD_PRELOAD", library)), "all replies came\n");
}

#[test]
fn a_program_of_2_0_asks_for_another_soname() {
    let original = Original::build("libzmq.so.0");
    let library = lib_dir().join("libzmq.so.1");
    assert_eq!(run_ok(original.program().env("LD_PRELOAD", library)), "all replies came\n");
    assert_eq!(run_ok(original.program().env("LD_LIBRARY_PATH", lib_dir())), "all replies came\n");
}
