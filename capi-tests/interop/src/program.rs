//! Builds the C program once against each library.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose library a peer runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// This project's, with the 2.x ABI.
    Ours,
    /// This project's, with the 4.x ABI.
    OursFour,
    /// The system's libzmq, with the 4.x ABI.
    Theirs,
}

impl Library {
    /// Whether it is one of this project's.
    pub fn is_ours(self) -> bool {
        self != Library::Theirs
    }

    /// How its version begins.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Library::Ours => "2.",
            Library::OursFour => "4.3.5",
            Library::Theirs => "4.",
        }
    }
}

/// The C program, built for each library.
pub struct Programs {
    ours: Option<[PathBuf; 2]>,
    theirs: PathBuf,
}

const NO_ORIGINAL: &str = "the original libzmq is needed as the other end: install libzmq3-dev";

impl Programs {
    /// Builds the programs in `directory`.
    ///
    /// # Panics
    /// With a text that says what is missing, when one of the libraries or the compiler is.
    pub fn build_in(directory: &Path) -> Programs {
        let four =
            build_ours(directory, "peer-ours-4", "OXMQ_LIB4_DIR", "build/lib4/libzmq.so.5", "include/zmq4");
        let two = build_ours(directory, "peer-ours", "OXMQ_LIB_DIR", "build/lib/libzmq.so.1", "include");
        Programs { ours: Some([two, four]), theirs: build_theirs(directory) }
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
        let ours = || self.ours.as_ref().expect("built for the original only");
        match library {
            Library::Ours => &ours()[0],
            Library::OursFour => &ours()[1],
            Library::Theirs => &self.theirs,
        }
    }
}

/// A file of the project's directory.
fn of_the_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Builds it for a library that `make` builds at `default`, unless `variable` says that it is elsewhere.
fn build_ours(directory: &Path, name: &str, variable: &str, default: &str, headers: &str) -> PathBuf {
    let default = of_the_project(default);
    let library = match std::env::var_os(variable) {
        Some(place) => Path::new(&place).join(default.file_name().expect("a library has a name")),
        None => default,
    };
    let library = library
        .canonicalize()
        .unwrap_or_else(|_| panic!("{} is missing: run `make` first, or set {variable}", library.display()));
    let folder = library.parent().expect("a library is in a directory").display().to_string();
    let include = format!("-I{}", of_the_project(headers).display());
    let search_at_run_time = format!("-Wl,-rpath,{folder}");
    let library = library.display().to_string();
    compile(directory, name, &[&include, &library, &search_at_run_time])
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
