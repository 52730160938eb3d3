//! Builds the C program once against each library.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose library a peer runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// This project's, with the 2.x ABI.
    Ours,
    /// The system's libzmq, with the 4.x ABI.
    Theirs,
}

/// The C program, built for both libraries.
pub struct Programs {
    ours: Option<PathBuf>,
    theirs: PathBuf,
}

const NO_ORIGINAL: &str = "the original libzmq is needed as the other end: install libzmq3-dev";

impl Programs {
    /// Builds the programs in `directory`.
    ///
    /// # Panics
    /// With a text that says what is missing, when one of the libraries or the compiler is.
    pub fn build_in(directory: &Path) -> Programs {
        Programs { ours: Some(build_ours(directory)), theirs: build_theirs(directory) }
    }

    /// Builds the program for the original only.
    ///
    /// # Panics
    /// As [`Programs::build_in`].
    pub fn of_theirs_in(directory: &Path) -> Programs {
        Programs { ours: None, theirs: build_theirs(directory) }
    }

    /// The program that runs on `library`.
    ///
    /// # Panics
    /// When it was not built.
    pub fn path(&self, library: Library) -> &Path {
        match library {
            Library::Ours => self.ours.as_deref().expect("built for the original only"),
            Library::Theirs => &self.theirs,
        }
    }
}

/// A directory given by the environment, or else one of those that `make` fills.
fn directory_of(variable: &str, default: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(default),
    }
}

fn must_exist(path: &Path, variable: &str) {
    assert!(path.exists(), "{} is missing: run `make` first, or set {variable}", path.display());
}

fn build_ours(directory: &Path) -> PathBuf {
    let libraries = directory_of("OXMQ_LIB_DIR", "build/lib");
    let headers = directory_of("OXMQ_INCLUDE_DIR", "build/include");
    let library = libraries.join("libzmq.so.1");
    must_exist(&library, "OXMQ_LIB_DIR");
    must_exist(&headers.join("zmq.h"), "OXMQ_INCLUDE_DIR");
    let library = library.canonicalize().expect("the library's path");
    let folder = library.parent().expect("a library is in a directory").display().to_string();
    let include = format!("-I{}", headers.display());
    let search_at_run_time = format!("-Wl,-rpath,{folder}");
    let library = library.display().to_string();
    compile(directory, "peer-ours", &[&include, &library, &search_at_run_time])
        .unwrap_or_else(|said| panic!("the peer does not build against this library:\n{said}"))
}

fn build_theirs(directory: &Path) -> PathBuf {
    let library = Command::new(compiler())
        .arg("-print-file-name=libzmq.so.5")
        .output()
        .unwrap_or_else(|error| panic!("no C compiler `{}`: {error}", compiler()));
    let library = String::from_utf8_lossy(&library.stdout).trim().to_string();
    // A compiler that does not find the file gives the bare name back.
    assert!(Path::new(&library).is_absolute() && Path::new("/usr/include/zmq.h").exists(), "{NO_ORIGINAL}");
    compile(directory, "peer-theirs", &[&library]).unwrap_or_else(|said| panic!("{NO_ORIGINAL}\n{said}"))
}

fn compiler() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".into())
}

/// Compiles the program; on failure, what the compiler said.
fn compile(directory: &Path, name: &str, arguments: &[&str]) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c/peer.c");
    let program = directory.join(name);
    // Built aside and then moved into place: another run of the tests may be using the program.
    let aside = directory.join(format!("{name}.{}", std::process::id()));
    let output = Command::new(compiler())
        .args(["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&aside)
        .arg(&source)
        .args(arguments)
        .arg("-lpthread")
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    std::fs::rename(&aside, &program).map_err(|error| error.to_string())?;
    Ok(program)
}
