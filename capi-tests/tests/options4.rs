//! Every socket option of the 4.x ABI, beside Debian's library: types, sizes, ranges, defaults, errors.

use oxmq_capi_tests::{FOUR, Scratch, cc, root, run_ok};
use std::process::Command;

/// What a line says.
struct Line<'a> {
    option: i32,
    what: &'a str,
    outcome: &'a str,
}

impl Line<'_> {
    fn parse(line: &str) -> Line<'_> {
        let mut fields = line.splitn(3, ' ');
        let [Some(_), Some(option), Some(rest)] = [(); 3].map(|()| fields.next()) else { panic!("{line}") };
        let (what, outcome) = rest.split_once(';').unwrap_or_else(|| panic!("{line}"));
        Line { option: option.parse().unwrap_or_else(|_| panic!("{line}")), what, outcome }
    }

    /// What ours is meant to say here.
    fn expected(&self) -> Expected {
        let meant = match self.option {
            // There is no GSSAPI.
            62..=65 | 90 | 91 => return Expected::Unknown,
            // A ZMQ_MAXMSGSIZE below -1 is read back as -1.
            22 => self.what == "int64 -2",
            // What is no key leaves the old one as it was.
            48..=50 => self.what == "no key",
            // Names of machines and devices are text, which ends at its zero byte.
            68 | 92 => match self.what {
                "a zero byte" | "a zero byte last" | "127.0.0.1/8 and its end" => true,
                "a key" | "no key" => self.option == 68,
                what => what.starts_with("int"),
            },
            _ => false,
        };
        if meant { Expected::Other } else { Expected::Same }
    }
}

enum Expected {
    /// What theirs says.
    Same,
    /// That there is no such option.
    Unknown,
    /// Something else.
    Other,
}

fn compile(scratch: &Scratch, source: &str, ours: bool) -> Command {
    let program = scratch.join(if ours { "ours" } else { "theirs" });
    let mut compile = cc();
    compile.args(["-D_XOPEN_SOURCE=700", "-D_DEFAULT_SOURCE"]);
    if ours {
        compile.arg("-I").arg(FOUR.include_dir());
    }
    compile.arg(root().join("capi-tests/side_by_side").join(source)).arg("-o").arg(&program);
    run_ok(if ours { FOUR.link(&mut compile) } else { compile.arg("-lzmq") });
    let mut command = Command::new(program);
    command.env_remove("LD_LIBRARY_PATH").env_remove("LD_PRELOAD");
    command
}

#[test]
fn they_are_those_of_the_original() {
    let scratch = Scratch::new("options");
    let theirs = run_ok(&mut compile(&scratch, "options.c", false));
    let ours = run_ok(&mut compile(&scratch, "options.c", true));
    assert_eq!(ours.lines().count(), theirs.lines().count());
    assert!(ours.lines().count() > 50_000);
    let mut wrong = Vec::new();
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        let line = Line::parse(ours);
        let right = match line.expected() {
            Expected::Same => ours == theirs,
            Expected::Unknown => !line.outcome.contains("ok") && !line.outcome.contains('='),
            Expected::Other => ours != theirs,
        };
        if !right {
            wrong.push(format!("theirs: {theirs}\nours:   {ours}"));
        }
    }
    let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} lines are wrong:\n{}", wrong.len(), shown.join("\n"));
}

#[test]
fn drafts() {
    let scratch = Scratch::new("drafts");
    run_ok(&mut compile(&scratch, "drafts.c", true));
}
