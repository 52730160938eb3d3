//! The headers of the 4.x ABI, as C and C++ compilers of every age see them: they compile without a warning, and have
//! all that the original's header has, with its numbers, layout and functions; each function is documented.

use oxmq_capi_tests::{FOUR, Scratch, cc, cxx, run, run_ok};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Debian's header, of 4.3.4.
const ORIGINAL: &str = "/usr/include/zmq.h";
const DRAFTS: &str = "-DZMQ_BUILD_DRAFT_API";

/// What differs from it: 4.3.5 has more, and a flag has a bit of its own there.
const NEWER: [&str; 10] = [
    "ZMQ_VERSION",
    "ZMQ_VERSION_PATCH",
    "ZMQ_BUSY_POLL",
    "ZMQ_HICCUP_MSG",
    "ZMQ_XSUB_VERBOSE_UNSUBSCRIBE",
    "ZMQ_TOPICS_COUNT",
    "ZMQ_RECONNECT_STOP_AFTER_DISCONNECT",
    "ZMQ_HAVE_PPOLL",
    "zmq_ppoll",
    "zmq_disconnect_peer",
];

fn ours() -> String {
    FOUR.include_dir().join("zmq.h").display().to_string()
}

fn check_syntax(mut compiler: Command, language: &str, source: &str) {
    let scratch = Scratch::new("syntax");
    let file = scratch.join("source");
    fs::write(&file, source).expect("the scratch directory can be written");
    compiler.arg("-fsyntax-only").arg("-I").arg(FOUR.include_dir()).args(["-x", language]).arg(file);
    run_ok(&mut compiler);
}

/// The macros that a header defines, and what they stand for.
fn macros(header: &str, drafts: &[&str]) -> BTreeMap<String, String> {
    let defined = run_ok(cc().args(["-E", "-dM", "-xc"]).args(drafts).arg(header));
    let name_and_value = |line: &str| {
        let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
        let own = name.starts_with("ZMQ_") || ["EFSM", "ENOCOMPATPROTO", "ETERM", "EMTHREAD"].contains(&name);
        (own && name != "ZMQ_BUILD_DRAFT_API").then(|| (name.to_owned(), value.to_owned()))
    };
    defined.lines().filter_map(name_and_value).collect()
}

/// The functions that a header declares, by name.
fn functions(header: &str, drafts: &[&str]) -> BTreeMap<String, String> {
    let text = run_ok(cc().args(["-E", "-P", "-xc"]).args(drafts).arg(header)).replace('\n', " ");
    let declaration = |text: &str| {
        let text = text.replace("__attribute__ ((visibility (\"default\")))", "");
        let name = text.split('(').next()?.split([' ', '*']).rfind(|word| !word.is_empty())?.to_owned();
        let declares = name.starts_with("zmq_") && text.ends_with(')') && !text.contains("typedef");
        declares.then(|| (name, text.trim().to_owned()))
    };
    text.split(';').filter_map(declaration).collect()
}

/// What the compiler makes of a header: each macro's number or text, each structure's size and places.
fn values(header: &str, names: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let mut program =
        format!("#include \"{header}\"\n#include <stdio.h>\n#include <stddef.h>\nint main (void)\n{{\n");
    for name in names {
        let printed = if name.starts_with("ZMQ_MSG_PROPERTY_") {
            format!("printf (\"{name} %s\\n\", {name});")
        } else {
            format!("printf (\"{name} %lld\\n\", (long long) ({name}));")
        };
        writeln!(program, "    {printed}").expect("a string can be written to");
    }
    for layout in [
        "sizeof (zmq_msg_t)",
        "sizeof (zmq_pollitem_t)",
        "offsetof (zmq_pollitem_t, fd)",
        "offsetof (zmq_pollitem_t, events)",
        "offsetof (zmq_pollitem_t, revents)",
        "sizeof (zmq_poller_event_t)",
        "offsetof (zmq_poller_event_t, fd)",
        "offsetof (zmq_poller_event_t, user_data)",
        "offsetof (zmq_poller_event_t, events)",
        "sizeof (zmq_fd_t)",
        "sizeof (((zmq_msg_t *) 0)->_)",
        "_Alignof (zmq_msg_t)",
        "sizeof (struct zmq_msg_t)",
        "sizeof (struct zmq_pollitem_t)",
        "sizeof (struct zmq_poller_event_t)",
        "ZMQ_MAKE_VERSION (4, 3, 5)",
    ] {
        let label = layout.replace(' ', "");
        writeln!(program, "    printf (\"{label} %lld\\n\", (long long) ({layout}));").expect("as above");
    }
    program.push_str("    return 0;\n}\n");
    let scratch = Scratch::new("values");
    let (source, built) = (scratch.join("values.c"), scratch.join("values"));
    fs::write(&source, program).expect("the scratch directory can be written");
    run_ok(cc().args(["-std=c11", DRAFTS]).arg(source).arg("-o").arg(&built));
    let printed = run_ok(&mut Command::new(built));
    let pairs = printed.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Whether a macro is a number or a text, rather than nothing or a function.
fn has_value(name: &str, value: &str) -> bool {
    !name.contains('(') && !value.is_empty()
}

#[test]
fn every_macro_of_the_original_is_there_with_its_value() {
    for drafts in [&[][..], &[DRAFTS]] {
        let (theirs, ours) = (macros(ORIGINAL, drafts), macros(&ours(), drafts));
        let names = |macros: &BTreeMap<String, String>| -> BTreeSet<String> {
            let name = |name: &String| name.split('(').next().unwrap_or_default().to_owned();
            macros.keys().map(name).filter(|name| !NEWER.contains(&name.as_str())).collect()
        };
        assert!(theirs.len() > 100, "the original has {} macros", theirs.len());
        assert_eq!(names(&ours), names(&theirs));
    }
    let drafts = [DRAFTS];
    let theirs = macros(ORIGINAL, &drafts);
    let compared = || {
        let named =
            theirs.iter().filter(|(name, value)| has_value(name, value)).map(|(name, _)| name.clone());
        named.filter(|name| !NEWER.contains(&name.as_str()))
    };
    let original = values(ORIGINAL, compared());
    assert!(original.len() > 200, "the original has {} values", original.len());
    assert_eq!(values(&ours(), compared()), original);
    let newer = values(&ours(), NEWER.iter().take(7).map(|name| name.to_string()));
    let expected = ["40305", "5", "113", "114", "115", "116", "4"];
    let found: Vec<&str> = NEWER.iter().take(7).map(|name| newer[*name].as_str()).collect();
    assert_eq!(found, expected);
}

/// A second declaration of another type is an error.
fn declares_all(more: &[&str]) -> bool {
    let mut source = format!("#include \"{}\"\n", ours());
    for declaration in functions(ORIGINAL, &[DRAFTS]).into_values() {
        writeln!(source, "{declaration};").expect("a string can be written to");
    }
    let scratch = Scratch::new("functions");
    let file = scratch.join("functions.c");
    fs::write(&file, source).expect("the scratch directory can be written");
    run(cc().args(["-fsyntax-only", DRAFTS]).args(more).arg(file)).status.success()
}

#[test]
fn every_function_of_the_original_is_there_with_its_type() {
    for drafts in [&[][..], &[DRAFTS]] {
        let names = |header: &str| -> BTreeSet<String> {
            functions(header, drafts).into_keys().filter(|name| !NEWER.contains(&name.as_str())).collect()
        };
        let theirs = names(ORIGINAL);
        assert!(theirs.len() > 60, "the original has {} functions", theirs.len());
        assert_eq!(names(&ours()), theirs);
    }
    assert!(declares_all(&[]));
    assert!(!declares_all(&["-w", "-Dnitems=nitems,..."]), "this test can fail");
}

#[test]
fn each_header_stands_alone_in_every_c_and_cxx() {
    for header in ["zmq.h", "zmq_utils.h"] {
        for drafts in ["", "#define ZMQ_BUILD_DRAFT_API\n"] {
            let source = format!("{drafts}#include <{header}>\n#include <{header}>\nint unused;\n");
            for standard in ["c89", "gnu89", "c99", "c11", "c17"] {
                let mut compiler = cc();
                compiler.arg(format!("-std={standard}"));
                check_syntax(compiler, "c", &source);
            }
            for standard in ["c++98", "c++11", "c++17", "c++20"] {
                let mut compiler = cxx();
                compiler.arg(format!("-std={standard}"));
                check_syntax(compiler, "c++", &source);
            }
        }
    }
}

/// The functions are extern "C", and what names a function can declare one.
#[test]
fn a_cxx_program_can_declare_with_it() {
    let source = "#include <zmq.h>\nzmq_free_fn freed;\nzmq_thread_fn run;\nzmq_timer_fn tick;\n\
                  extern \"C\" int zmq_poll (zmq_pollitem_t *, int, long);\nstruct zmq_msg_t;\n\
                  uint32_t a; uint64_t b; zmq_fd_t c = -1;\n";
    check_syntax(cxx(), "c++", source);
}

#[test]
fn each_function_is_documented() {
    let text = fs::read_to_string(ours()).expect("the headers are part of the project");
    let mut functions = 0;
    let mut before = "";
    for line in text.lines() {
        if line.starts_with("ZMQ_EXPORT") {
            assert!(before.ends_with("*/"), "no documentation before: {line}");
            functions += 1;
        }
        before = line;
    }
    assert!(functions >= 90, "{functions} functions");
    assert!(!text.contains("Safety") && !text.contains('`'), "the header is for C programmers");
}

/// The C++ binding that most programs use.
#[test]
fn the_cxx_binding_compiles_with_it() {
    if !Path::new("/usr/include/zmq.hpp").exists() {
        eprintln!("zmq.hpp is not installed: not looked at");
        return;
    }
    for drafts in ["", "#define ZMQ_BUILD_DRAFT_API\n"] {
        let mut compiler = cxx();
        compiler.arg("-std=c++17");
        check_syntax(compiler, "c++", &format!("{drafts}#include <zmq.hpp>\n#include <zmq_addon.hpp>\n"));
    }
}
