//! Has ctest write and compile the comparison of zmq.h with the Rust types; tests/header.rs runs it.

fn main() {
    println!("cargo::rerun-if-changed=../include/zmq.h");
    println!("cargo::rerun-if-changed=../capi/zmq2/src/abi.rs");

    let mut header = ctest::TestGenerator::new();
    header.header("zmq.h").include("../include").edition(2024);
    // The structures are typedefs without a tag.
    header.rename_struct_ty(|name| Some(name.to_owned()));
    // Rust's names of what C calls otherwise.
    header.rename_type(|name| (name == "Fd").then(|| "zmq_fd_t".to_owned()));
    header.rename_alias(|alias| (alias.ident() == "Fd").then(|| "zmq_fd_t".to_owned()));
    ctest::generate_test(&mut header, "../capi/zmq2/src/abi.rs", "header.rs")
        .unwrap_or_else(|error| panic!("comparing zmq.h with abi.rs: {error}"));
}
