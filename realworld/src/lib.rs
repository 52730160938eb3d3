//! Programs that were built for libzmq, run on this library: what their tests share.
#![forbid(unsafe_code)]

use oxmq_capi_tests::FOUR;
use std::path::{Path, PathBuf};
use std::process::Command;

/// This library, as it is preloaded.
///
/// # Panics
/// When it is not there.
pub fn library() -> PathBuf {
    let library = FOUR.lib_dir().join("libzmq.so.5");
    library.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", library.display()))
}

/// A file of this package.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The system's Python, which has the system's python3-zmq.
pub fn python() -> Command {
    Command::new("/usr/bin/python3")
}

/// Has the command run on this library instead of the system's libzmq.
pub fn preloaded(command: &mut Command) -> &mut Command {
    command.env("LD_PRELOAD", library()).env_remove("LD_LIBRARY_PATH")
}
