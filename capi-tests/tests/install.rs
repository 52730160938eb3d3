//! `make install`, and what a packager or a C programmer then does with it.

use oxmq_capi_tests::{Scratch, make, root, run_ok};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PREFIX: &str = "/opt/zmq";

/// The library installed below a directory of its own.
struct Installed(Scratch);

impl Installed {
    fn new() -> Installed {
        let installed = Installed(Scratch::new("install"));
        installed.make("install");
        installed
    }

    fn make(&self, target: &str) {
        let (prefix, destdir) = (format!("PREFIX={PREFIX}"), format!("DESTDIR={}", self.0.path().display()));
        make(&[target, "ABI=2", &prefix, &destdir]);
    }

    fn path(&self, below_prefix: &str) -> PathBuf {
        self.0.path().join(PREFIX.trim_start_matches('/')).join(below_prefix)
    }

    /// What pkg-config says, as words.
    fn pkg_config(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = Command::new("pkg-config");
        command.env("PKG_CONFIG_LIBDIR", self.path("lib/pkgconfig"));
        command.env("PKG_CONFIG_SYSROOT_DIR", self.0.path());
        run_ok(command.args(arguments).arg("libzmq")).split_whitespace().map(str::to_owned).collect()
    }

    /// Compiles a program of c/ as a programmer would, and gives the executable.
    fn compile(&self, compiler: &str, source: &str, pkg_config: &[&str], more: &[&str]) -> PathBuf {
        let program = self.0.join(format!("{source}-{}", more.len()));
        let mut compile = Command::new(compiler);
        compile.args(["-Wall", "-Werror"]).arg(root().join("capi-tests/c").join(source));
        compile.arg("-o").arg(&program).args(more).args(self.pkg_config(pkg_config)).arg("-pthread");
        run_ok(&mut compile);
        program
    }
}

/// All files and links below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("the directory can be read").path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn what_is_installed_works_and_can_be_removed() {
    let installed = Installed::new();
    for file in [
        "lib/libzmq.so",
        "lib/libzmq.so.1",
        "lib/libzmq.a",
        "include/zmq.h",
        "include/zmq_utils.h",
        "bin/zmq_deviced",
    ] {
        assert!(installed.path(file).exists(), "{file}");
    }
    assert_eq!(installed.pkg_config(&["--modversion"]), ["2.2.0"]);
    let pkg_config = fs::read_to_string(installed.path("lib/pkgconfig/libzmq.pc")).expect("it is installed");
    // Where it will be, not where the packager put it for now.
    assert!(pkg_config.starts_with(&format!("prefix={PREFIX}\n")), "{pkg_config}");
    assert!(!pkg_config.contains('@'), "{pkg_config}");

    for (compiler, source) in [("cc", "messages.c"), ("c++", "cplusplus.cpp")] {
        let program = installed.compile(compiler, source, &["--cflags", "--libs"], &[]);
        run_ok(Command::new(&program).env("LD_LIBRARY_PATH", installed.path("lib")));
        // Nothing of the library is looked for at run time.
        let program = installed.compile(compiler, source, &["--cflags", "--libs", "--static"], &["-static"]);
        run_ok(Command::new(&program).env("LD_LIBRARY_PATH", "/nonexistent"));
    }

    installed.make("uninstall");
    assert_eq!(files(&installed.path("")), Vec::<PathBuf>::new());
}

#[test]
fn the_archive_alone_is_enough() {
    let installed = Installed::new();
    // Only our library is static, as in a program that is to run wherever there is a C library.
    let archive = installed.path("lib/libzmq.a");
    let program = installed.0.join("program");
    let mut compile = Command::new("cc");
    compile.arg(root().join("capi-tests/c/messages.c")).arg("-I").arg(installed.path("include"));
    run_ok(compile.arg(archive).arg("-pthread").arg("-o").arg(&program));
    run_ok(&mut Command::new(&program));
    let needed = run_ok(Command::new("readelf").arg("-d").arg(&program));
    assert!(!needed.contains("libzmq"), "{needed}");
}
