//! What the tests share: where the library is, compiling a C program, running it within a time limit.

pub mod compatibility;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

/// How long a program may run. It is there for programs that hang: none comes near it otherwise.
const RUN_TIME_MAX: Duration = Duration::from_secs(240);

/// The project's directory.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is below the project's directory")
}

/// One of the two C ABIs: what the library and its headers are called, and where they are.
pub struct Abi {
    /// What make calls it.
    pub number: &'static str,
    /// The name that programs ask the loader for.
    pub soname: &'static str,
    /// The version that it reports.
    pub version: &'static str,
    include: &'static str,
    /// What the Makefile says where the libraries are, and where it puts them.
    variable: &'static str,
    built: &'static str,
    dir: OnceLock<PathBuf>,
}

/// The ABI of 0MQ 2.x.
pub static TWO: Abi = Abi {
    number: "2",
    soname: "libzmq.so.1",
    version: "2.2.0",
    include: "include",
    variable: "OXMQ_LIB_DIR",
    built: "build/lib",
    dir: OnceLock::new(),
};

/// The ABI of libzmq 4.3.
pub static FOUR: Abi = Abi {
    number: "4",
    soname: "libzmq.so.5",
    version: "4.3.5",
    include: "include/zmq4",
    variable: "OXMQ_LIB4_DIR",
    built: "build/lib4",
    dir: OnceLock::new(),
};

impl Abi {
    /// Where its libraries are: where the Makefile says, or else they are built now.
    pub fn lib_dir(&self) -> &Path {
        self.dir.get_or_init(|| {
            if let Some(dir) = env::var_os(self.variable) {
                return dir.into();
            }
            make(&["lib", &format!("ABI={}", self.number)]);
            root().join(self.built)
        })
    }

    /// Where its headers are.
    pub fn include_dir(&self) -> PathBuf {
        root().join(self.include)
    }

    /// Adds what links a program to the library, and finds it when it runs.
    pub fn link<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let dir = self.lib_dir();
        command.arg("-L").arg(dir).arg("-lzmq").arg("-pthread").arg(format!("-Wl,-rpath,{}", dir.display()))
    }
}

/// Where `libzmq.so.1` is.
pub fn lib_dir() -> &'static Path {
    TWO.lib_dir()
}

/// Runs make in the project's directory, for as long as the compiler takes.
pub fn make(arguments: &[&str]) {
    let mut command = Command::new("make");
    command.arg("-C").arg(root()).args(arguments).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    succeeded(&command, &output);
}

/// A directory for one test, removed with everything in it when it goes out of scope.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty directory whose name starts with `name`.
    pub fn new(name: &str) -> Scratch {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = env::temp_dir().join(format!("oxmq-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        Scratch(dir)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of `name` in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is in the system's directory for temporary files: no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The C compiler, strict, with our header's directory.
pub fn cc() -> Command {
    compiler("CC", "cc", "-std=c99")
}

/// The C++ compiler, likewise.
pub fn cxx() -> Command {
    compiler("CXX", "c++", "-std=c++11")
}

fn compiler(variable: &str, default: &str, standard: &str) -> Command {
    let mut command = Command::new(env::var_os(variable).unwrap_or_else(|| default.into()));
    command.args([standard, "-pedantic", "-Wall", "-Wextra", "-Werror", "-g"]);
    command
}

/// Adds what links a program to the library of 2.x, and finds it when it runs.
pub fn link(command: &mut Command) -> &mut Command {
    TWO.link(command)
}

/// The same for the library of the 4.x ABI, and its headers.
pub fn link4(command: &mut Command) -> &mut Command {
    FOUR.link(command.arg("-I").arg(FOUR.include_dir()))
}

/// Links a program to the system's libzmq.
///
/// # Panics
/// When there is none.
pub fn link_original(command: &mut Command) -> &mut Command {
    assert!(Path::new("/usr/include/zmq.h").exists(), "the original is needed: install libzmq3-dev");
    command.arg("-lzmq").arg("-pthread")
}

/// Runs a command to its end, or to [`RUN_TIME_MAX`].
pub fn run(command: &mut Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let deadline = Instant::now() + RUN_TIME_MAX;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            other => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{command:?} did not end: {other:?}");
            }
        }
    };
    let text = |thread: thread::JoinHandle<Vec<u8>>| thread.join().expect("reading does not panic");
    Output { status, stdout: text(stdout), stderr: text(stderr) }
}

/// Reads what a program writes, so that it never waits for us.
fn drain<R: io::Read + Send + 'static>(stream: Option<R>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // A stream that breaks off gives what it gave: the exit status tells the rest.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Runs a command that must succeed, and gives what it wrote to its standard output.
pub fn run_ok(command: &mut Command) -> String {
    let output = run(command);
    succeeded(command, &output)
}

/// The standard output of a command that must have succeeded.
fn succeeded(command: &Command, output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout
}
