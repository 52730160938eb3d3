//! `make install`, and what a packager or a C programmer then does with it.

use oxmq_capi_tests::{Abi, FOUR, Scratch, TWO, make, root, run, run_ok};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PREFIX: &str = "/opt/zmq";

/// The library installed below a directory of its own.
struct Installed {
    abi: &'static Abi,
    place: Scratch,
}

impl Installed {
    fn new(abi: &'static Abi) -> Installed {
        let installed = Installed { abi, place: Scratch::new("install") };
        installed.make("install");
        installed
    }

    fn make(&self, target: &str) {
        let abi = format!("ABI={}", self.abi.number);
        let destdir = format!("DESTDIR={}", self.place.path().display());
        make(&[target, &abi, &format!("PREFIX={PREFIX}"), &destdir]);
    }

    fn path(&self, below_prefix: &str) -> PathBuf {
        self.place.path().join(PREFIX.trim_start_matches('/')).join(below_prefix)
    }

    /// What pkg-config says, as words.
    fn pkg_config(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = Command::new("pkg-config");
        command.env("PKG_CONFIG_LIBDIR", self.path("lib/pkgconfig"));
        command.env("PKG_CONFIG_SYSROOT_DIR", self.place.path());
        run_ok(command.args(arguments).arg("libzmq")).split_whitespace().map(str::to_owned).collect()
    }

    /// Compiles a program of c/ as a programmer would, and gives the executable.
    fn compile(&self, compiler: &str, source: &str, pkg_config: &[&str], more: &[&str]) -> PathBuf {
        let program = self.place.join(format!("{}-{}", source.replace('/', "-"), more.len()));
        let mut compile = Command::new(compiler);
        compile.args(["-Wall", "-Werror"]).arg(root().join("capi-tests").join(source));
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

/// Compiles programs with the installed library, and uninstalls it.
fn works_and_can_be_removed(installed: &Installed, programs: [(&str, &str); 2]) {
    let soname = format!("lib/{}", installed.abi.soname);
    for file in ["lib/libzmq.so", &soname, "lib/libzmq.a", "include/zmq.h", "include/zmq_utils.h"] {
        assert!(installed.path(file).exists(), "{file}");
    }
    assert!(installed.path("bin/zmq_deviced").exists());
    assert_eq!(installed.pkg_config(&["--modversion"]), [installed.abi.version]);
    let pkg_config = fs::read_to_string(installed.path("lib/pkgconfig/libzmq.pc")).expect("it is installed");
    // Where it will be, not where the packager put it for now.
    assert!(pkg_config.starts_with(&format!("prefix={PREFIX}\n")), "{pkg_config}");
    assert!(!pkg_config.contains('@'), "{pkg_config}");

    for (compiler, source) in programs {
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
fn what_is_installed_of_2x_works_and_can_be_removed() {
    let programs = [("cc", "c/messages.c"), ("c++", "c/cplusplus.cpp")];
    works_and_can_be_removed(&Installed::new(&TWO), programs);
}

#[test]
fn what_is_installed_of_4x_works_and_can_be_removed() {
    let programs = [("cc", "install/echo.c"), ("c++", "install/echo.cpp")];
    works_and_can_be_removed(&Installed::new(&FOUR), programs);
}

#[test]
fn the_archives_need_no_more_than_they_say() {
    let programs = [(&TWO, "c/messages.c", &[][..]), (&FOUR, "install/echo.c", &["-lsodium"])];
    for (abi, source, libraries) in programs {
        let installed = Installed::new(abi);
        // Only our library is static, as in a program that is to run wherever there is a C library.
        let archive = installed.path("lib/libzmq.a");
        let program = installed.place.join("program");
        let mut compile = Command::new("cc");
        compile.arg(root().join("capi-tests").join(source)).arg("-I").arg(installed.path("include"));
        run_ok(compile.arg(archive).args(libraries).args(["-pthread", "-lm", "-o"]).arg(&program));
        run_ok(&mut Command::new(&program));
        let needed = run_ok(Command::new("readelf").arg("-d").arg(&program));
        assert!(!needed.contains("libzmq"), "{needed}");
    }
}

/// Has CMake look for the package, in a version, and gives the directory of what it built, if it found it.
fn cmake(installed: &Installed, version: &str) -> Option<PathBuf> {
    let built = installed.place.join(format!("cmake-{version}"));
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(root().join("capi-tests/install")).arg("-B").arg(&built);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", installed.path("").display()));
    // The system's own package is not to be found instead.
    configure.arg("-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF").arg(format!("-DASKED_FOR={version}"));
    if !run(&mut configure).status.success() {
        return None;
    }
    run_ok(Command::new("cmake").arg("--build").arg(&built));
    Some(built)
}

#[test]
fn cmake_finds_it() {
    let installed = Installed::new(&FOUR);
    for version in ["4.3.5", "4.0", "4"] {
        let built = cmake(&installed, version).unwrap_or_else(|| panic!("version {version} is there"));
        for program in ["shared", "static"] {
            run_ok(Command::new(built.join(program)).env_remove("LD_LIBRARY_PATH"));
        }
        let needed = run_ok(Command::new("readelf").arg("-d").arg(built.join("shared")));
        assert!(needed.contains("[libzmq.so.5]"), "{needed}");
    }
    for version in ["4.3.6", "5", "3.2"] {
        assert_eq!(cmake(&installed, version), None, "version {version} is not there");
    }
}
