//! Build script of the ABI packages: the soname of the shared library, and its C headers by cbindgen.
//!
//! The headers go to OUT_DIR, and also to the directory that `OXMQ_HEADER_DIR` names, which is how the
//! Makefile gets at them. What a package needs of its own is in [`ABIS`] and in its cbindgen-*.toml files.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A package that this script builds for.
struct Abi {
    package: &'static str,
    soname: &'static str,
    headers: &'static [Header],
}

/// A header, and the sources that it tells of, in its order.
struct Header {
    name: &'static str,
    config: &'static str,
    sources: &'static [&'static str],
}

const ABIS: &[Abi] = &[
    Abi {
        package: "oxmq-zmq2",
        soname: "libzmq.so.1",
        headers: &[
            Header {
                name: "zmq.h",
                config: "cbindgen.toml",
                sources: &[
                    "src/abi.rs",
                    "src/errno.rs",
                    "src/context.rs",
                    "src/message.rs",
                    "src/socket.rs",
                    "src/option.rs",
                    "src/poll.rs",
                ],
            },
            Header { name: "zmq_utils.h", config: "cbindgen-utils.toml", sources: &["src/util.rs"] },
        ],
    },
    Abi {
        package: "oxmq-zmq4",
        soname: "libzmq.so.5",
        headers: &[
            Header {
                name: "zmq4/zmq.h",
                config: "cbindgen.toml",
                sources: &[
                    "src/abi.rs",
                    "src/draft.rs",
                    "src/errno.rs",
                    "src/context.rs",
                    "src/message.rs",
                    "src/property.rs",
                    "src/socket.rs",
                    "src/option.rs",
                    "src/peer.rs",
                    "src/transfer.rs",
                    "src/poll.rs",
                    "src/proxy.rs",
                    "src/poller.rs",
                    "src/monitor.rs",
                    "src/z85.rs",
                    "src/curve.rs",
                    "src/counter.rs",
                    "src/timers.rs",
                    "src/util.rs",
                ],
            },
            Header { name: "zmq4/zmq_utils.h", config: "cbindgen-utils.toml", sources: &[] },
        ],
    },
];

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let package = variable("CARGO_PKG_NAME");
    let abi = ABIS
        .iter()
        .find(|abi| abi.package == package)
        .unwrap_or_else(|| panic!("build.rs has no entry for {package}"));

    if variable("CARGO_CFG_TARGET_OS") == "linux" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,{}", abi.soname);
        // Threads of the library outlive a dlclose: its code must stay where it is.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }

    // What is marked with it goes behind ZMQ_BUILD_DRAFT_API in the header. It is always in the library.
    println!("cargo::rustc-check-cfg=cfg(drafts)");
    println!("cargo::rustc-cfg=drafts");

    println!("cargo::rerun-if-changed=../../build.rs");
    println!("cargo::rerun-if-env-changed=OXMQ_HEADER_DIR");
    let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out_dirs = [Some(variable("OUT_DIR")), env::var("OXMQ_HEADER_DIR").ok()];
    for header in abi.headers {
        let text = generate(&manifest_dir, header);
        for dir in out_dirs.iter().flatten() {
            write_if_changed(&Path::new(dir).join(header.name), &text);
        }
    }
}

fn generate(manifest_dir: &Path, header: &Header) -> String {
    let config = manifest_dir.join(header.config);
    println!("cargo::rerun-if-changed={}", config.display());
    let config = cbindgen::Config::from_file(&config).unwrap_or_else(|error| panic!("{error}"));
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in header.sources {
        let source = manifest_dir.join(source);
        println!("cargo::rerun-if-changed={}", source.display());
        builder = builder.with_src(source);
    }
    let bindings = builder.generate().unwrap_or_else(|error| panic!("{}: {error}", header.name));
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = for_c_programmers(&String::from_utf8(text).expect("cbindgen writes UTF-8"));
    // Neighbours that stand behind the same condition stand behind it together.
    text.replace(&format!("#endif\n\n{DRAFTS}\n"), "\n")
}

/// What stands before a declaration of the draft API.
const DRAFTS: &str = "#if defined(ZMQ_BUILD_DRAFT_API)";

/// Rewrites the documentation for readers of C. cbindgen gives each comment as lines between `/*` and `*/`.
fn for_c_programmers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == "/*" {
            let comment: Vec<&str> = lines.by_ref().map(str::trim).take_while(|line| *line != "*/").collect();
            write_comment(&mut out, line.trim_end_matches("/*"), &comment);
        } else {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// A comment as C programmers write it. What `# Safety` says is for Rust only; other headings lose their marks.
fn write_comment(out: &mut String, indent: &str, lines: &[&str]) {
    let for_c = lines.iter().position(|line| *line == "# Safety").map_or(lines, |safety| &lines[..safety]);
    let text: Vec<String> = for_c
        .iter()
        .map(|line| line.strip_prefix("* ").unwrap_or(line).trim_start_matches('*'))
        .map(|line| line.strip_prefix("# ").map_or(line.to_owned(), |heading| format!("{heading}:")))
        .collect();
    let end = text.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    match &text[..end] {
        [] => {}
        [line] => out.push_str(&format!("{indent}/* {line} */\n")),
        lines => {
            out.push_str(&format!("{indent}/*\n"));
            for line in lines {
                out.push_str(format!("{indent} * {line}").trim_end());
                out.push('\n');
            }
            out.push_str(&format!("{indent} */\n"));
        }
    }
}

/// Leaves a file that is as it should be alone, so that nothing is built again because of it.
fn write_if_changed(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    }
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
