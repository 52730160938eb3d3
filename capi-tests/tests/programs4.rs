//! The C programs of c4/: each runs on the system's libzmq and on the built library of the 4.x ABI, and prints the same.

use oxmq_capi_tests::{Scratch, cc, link_original, link4, run, run_ok};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A test for each program: those that run on both libraries, and those of what Debian's has not, the draft API and
/// extensions.
macro_rules! programs {
    (both: $($name:ident)* ; ours: $($draft:ident)*) => {
        $(#[test]
        fn $name() {
            both_print_the_same(stringify!($name));
        })*

        $(#[test]
        fn $draft() {
            output(&Scratch::new("program4"), stringify!($draft), "ours", link4);
        })*

        const PROGRAMS: &[&str] = &[$(stringify!($name),)* $(stringify!($draft)),*];
    };
}

programs! {
    both: blocking connections contexts devices endpoints handshakes messages metadata monitor options pipelines poll
        proxy requests routers security stream subscriptions transfer utilities wire;
    ours: draft_messages draft_monitor draft_options draft_poller draft_types extensions
}

fn both_print_the_same(name: &str) {
    let scratch = Scratch::new("program4");
    let theirs = output(&scratch, name, "theirs", link_original);
    let ours = output(&scratch, name, "ours", link4);
    let mut theirs = theirs.lines();
    let mut before = Vec::new();
    for (number, line) in ours.lines().enumerate() {
        match theirs.next() {
            Some(same) if same == line => before.push(line),
            Some(other) => differs(name, number, &before, line, other),
            None => differs(name, number, &before, line, "(the end)"),
        }
    }
    if let Some(other) = theirs.next() {
        differs(name, before.len(), &before, "(the end)", other);
    }
}

fn differs(name: &str, number: usize, before: &[&str], ours: &str, theirs: &str) -> ! {
    let context = before[before.len().saturating_sub(5)..].join("\n");
    panic!("{name}, line {}:\n{context}\nours:   {ours}\ntheirs: {theirs}", number + 1);
}

/// What the program prints when it is linked so. It must succeed.
fn output(scratch: &Scratch, name: &str, library: &str, link: fn(&mut Command) -> &mut Command) -> String {
    let program = scratch.join(library);
    let mut compile = cc();
    compile.args(["-D_XOPEN_SOURCE=700", "-D_DEFAULT_SOURCE"]);
    compile.arg(sources().join(format!("{name}.c"))).arg("-o").arg(&program);
    run_ok(link(&mut compile));
    // Programs make their ipc files, if any, in the directory that they run in.
    let place: PathBuf = scratch.join(format!("{library}-files"));
    std::fs::create_dir(&place).expect("the directory is new");
    let mut command = Command::new(&program);
    command.current_dir(&place).env_remove("OXMQ_OURS").env("TMPDIR", &place);
    let ours = library == "ours";
    if ours {
        command.env("OXMQ_OURS", "1");
    }
    let output = run(&mut command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} on {library}: {}\n{}{errors}", output.status, last_lines(&text));
    if ours {
        // The original leaves its ipc files behind.
        let left: Vec<_> = std::fs::read_dir(&place).expect("it is there").collect();
        assert!(left.is_empty(), "{name} left behind: {left:?}");
    }
    text
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].iter().map(|line| format!("{line}\n")).collect()
}

fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/c4"))
}

#[test]
fn every_program_is_run() {
    let files: BTreeSet<String> = std::fs::read_dir(sources())
        .expect("the directory is part of the package")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".c").map(String::from))
        .collect();
    assert_eq!(files, PROGRAMS.iter().map(|name| name.to_string()).collect());
}
