//! A Jupyter kernel, with this library preloaded into it and into the one who asks it.
#![forbid(unsafe_code)]

use oxmq_capi_tests::{Scratch, run_ok};
use oxmq_realworld::{file, preloaded, python};

#[test]
fn a_kernel_computes() {
    let scratch = Scratch::new("jupyter");
    let mut command = python();
    command.arg(file("jupyter/compute.py")).arg("4.3.5").current_dir(scratch.path());
    // It keeps its files in the home directory.
    command.env("HOME", scratch.path()).env("JUPYTER_RUNTIME_DIR", scratch.path());
    command.env("PYDEVD_DISABLE_FILE_VALIDATION", "1");
    let said = run_ok(preloaded(&mut command));
    let expected = "6*7 gives ['42'] ok\nprint('x' * 5) gives ['xxxxx'] ok\n1/0 gives ['ZeroDivisionError'] error\n\
                    asynchronously, 6*7 gives 42\n";
    assert_eq!(said, expected);
}
