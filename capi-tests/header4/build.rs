//! Has ctest write and compile the comparison of zmq.h with the Rust types; tests/header.rs runs it.

fn main() {
    // What is marked so in the sources is behind ZMQ_BUILD_DRAFT_API in the header.
    println!("cargo::rustc-check-cfg=cfg(drafts)");
    println!("cargo::rustc-cfg=drafts");
    for source in ["../../include/zmq4/zmq.h", "../../capi/zmq4/src/abi.rs", "../../capi/zmq4/src/draft.rs"] {
        println!("cargo::rerun-if-changed={source}");
    }

    let mut header = ctest::TestGenerator::new();
    header.header_with_defines("zmq.h", ["ZMQ_BUILD_DRAFT_API"]).include("../../include/zmq4");
    header.edition(2024).cfg("drafts", None);
    // Rust's names of what C calls otherwise.
    header.rename_type(|name| (name == "Fd").then(|| "zmq_fd_t".to_owned()));
    header.rename_alias(|alias| (alias.ident() == "Fd").then(|| "zmq_fd_t".to_owned()));
    header.rename_struct_field(|_, field| (field.ident() == "bytes").then(|| "_".to_owned()));
    // Functions are named without a pointer in C.
    header.skip_alias(|alias| alias.ident().ends_with("Fn"));
    ctest::generate_test(&mut header, "src/types.rs", "header.rs")
        .unwrap_or_else(|error| panic!("comparing zmq.h with abi.rs and draft.rs: {error}"));
}
