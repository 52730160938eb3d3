//! The headers, as C and C++ compilers of every age see them: they compile without a warning, they have 2.2's
//! numbers and layout, and each function in them is documented.

use oxmq_capi_tests::{cc, cxx, root, run, run_ok};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const HEADERS: [&str; 2] = ["zmq.h", "zmq_utils.h"];

fn original(file: &str) -> PathBuf {
    root().join("capi-tests/original").join(file)
}

fn check_syntax(mut compiler: Command, language: &str, source: &str) {
    let scratch = oxmq_capi_tests::Scratch::new("syntax");
    let file = scratch.join("source");
    fs::write(&file, source).expect("the scratch directory can be written");
    compiler.arg("-fsyntax-only").arg("-I").arg(root().join("include")).args(["-x", language]).arg(file);
    run_ok(&mut compiler);
}

#[test]
fn the_layout_is_that_of_2_2() {
    for standard in ["-std=c89", "-std=c99", "-std=c11"] {
        let mut compile = cc();
        compile.args([standard, "-fsyntax-only", "-I"]).arg(root().join("include"));
        run_ok(compile.arg("-I").arg(original("")).arg(original("layout.c")));
    }
}

#[test]
fn the_layout_test_can_fail() {
    // A structure that is one byte longer, and a function that takes something else.
    for wrong in ["-Dvsm_data=more,vsm_data", "-Dnitems=nitems,..."] {
        let mut compile = cc();
        compile.args(["-fsyntax-only", wrong, "-w", "-I"]).arg(root().join("include"));
        compile.arg("-I").arg(original("")).arg(original("layout.c"));
        assert!(!run(&mut compile).status.success(), "{wrong}");
    }
}

#[test]
fn each_header_stands_alone_in_every_c_and_cxx() {
    for header in HEADERS {
        let source = format!("#include <{header}>\n#include <{header}>\nint unused;\n");
        for standard in ["c89", "gnu89", "c99", "c11", "c17"] {
            let mut compiler = cc();
            compiler.arg(format!("-std={standard}"));
            check_syntax(compiler, "c", &source);
        }
        for standard in ["c++98", "c++11", "c++17"] {
            let mut compiler = cxx();
            compiler.arg(format!("-std={standard}"));
            check_syntax(compiler, "c++", &source);
        }
    }
}

#[test]
fn each_function_is_documented() {
    for header in HEADERS {
        let path = root().join("include").join(header);
        let text = fs::read_to_string(&path).expect("the headers are part of the project");
        let mut functions = 0;
        let mut before = "";
        for line in text.lines() {
            if line.starts_with("ZMQ_EXPORT") {
                assert!(before.ends_with("*/"), "{header}: no documentation before: {line}");
                functions += 1;
            }
            before = line;
        }
        assert!(functions >= 3, "{header} has {functions} functions");
        assert!(!text.contains("Safety") && !text.contains('`'), "{header} is for C programmers");
    }
}
