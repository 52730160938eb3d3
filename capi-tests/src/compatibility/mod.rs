//! The page docs/compatibility.md: what of both ABIs works, differs, or is absent. What there is, the headers say,
//! the original's among them; what works, the built libraries; what is tested, the tests; what differs, and why
//! something is absent, stands in `compatibility/notes.txt`.

mod coverage;
mod header;
mod notes;
mod probe;
mod table;

use crate::{Abi, FOUR, TWO, root};
use coverage::Coverage;
use header::{Header, Name};
use std::collections::BTreeSet;
use std::fs;
use table::Table;

/// Where the page is, below the project's directory.
pub const PAGE: &str = "docs/compatibility.md";

const NOTES: &str = "capi-tests/compatibility/notes.txt";

const TOP: &str = "\
# Compatibility

What of both ABIs works as the original does, what differs and how, and what is absent and why. `make compatibility`
writes this page from the headers (the original's too), from what the built libraries say when they are asked, from the
tests, and, for what differs or is absent, from `capi-tests/compatibility/notes.txt`; a test fails when it is not current.

The last column names up to three tests: those that show the difference, and those in which the name occurs most often;
`...` says that there are more. `c/`, `c4/`, `interop/`, `side_by_side/` and `original/` are below
`capi-tests/`. An option that only `side_by_side/options.c` or `option_table.rs` tests is tested for its values and errors,
not for its effect. Programs of `c4/` run on Debian's libzmq5 too, and print the
same there. \"Draft\": declared only for those who define `ZMQ_BUILD_DRAFT_API`.
";

/// What constants are, and so how it is found out whether they work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SocketType,
    Option,
    ContextOption,
    /// A number that has no call of its own to be asked with: that the header has it is enough.
    Number,
}

/// Constants that belong together: some ranges of the header.
struct Group {
    title: &'static str,
    kind: Kind,
    ranges: &'static [(&'static str, &'static str)],
}

/// What the page says of an ABI is made from this.
struct Part {
    abi: &'static Abi,
    title: &'static str,
    /// Its section in the notes.
    section: &'static str,
    header: &'static str,
    groups: &'static [Group],
    transports: &'static [(&'static str, &'static str)],
    /// Each with an option that has to do with it, by which its tests are found.
    mechanisms: &'static [(&'static str, &'static str)],
    tests: &'static [&'static str],
    /// What is said of names that the original does not have.
    newer: &'static str,
}

const ADDRESS: &str = "127.0.0.1:*";

static PARTS: [Part; 2] = [
    Part {
        abi: &FOUR,
        title: "The 4.x ABI, libzmq.so.5",
        section: "4.x",
        header: "include/zmq4/zmq.h",
        groups: &[
            Group {
                title: "Socket types",
                kind: Kind::SocketType,
                ranges: &[("ZMQ_PAIR", "ZMQ_XREP"), ("ZMQ_SERVER", "ZMQ_CHANNEL")],
            },
            Group {
                title: "Socket options",
                kind: Kind::Option,
                ranges: &[
                    ("ZMQ_AFFINITY", "ZMQ_BINDTODEVICE"),
                    ("ZMQ_IDENTITY", "ZMQ_DELAY_ATTACH_ON_CONNECT"),
                    ("ZMQ_FAIL_UNROUTABLE", "ZMQ_ROUTER_BEHAVIOR"),
                    ("ZMQ_ZAP_ENFORCE_DOMAIN", "ZMQ_TOPICS_COUNT"),
                ],
            },
            Group {
                title: "Context options",
                kind: Kind::ContextOption,
                ranges: &[
                    ("ZMQ_IO_THREADS", "ZMQ_THREAD_NAME_PREFIX"),
                    ("ZMQ_BLOCKY", "ZMQ_BLOCKY"),
                    ("ZMQ_IPV6", "ZMQ_IPV6"),
                    ("ZMQ_ZERO_COPY_RECV", "ZMQ_ZERO_COPY_RECV"),
                ],
            },
            Group {
                title: "Properties of messages",
                kind: Kind::Number,
                ranges: &[("ZMQ_MORE", "ZMQ_SHARED"), ("ZMQ_SRCFD", "ZMQ_SRCFD")],
            },
            Group {
                title: "Events of monitors",
                kind: Kind::Number,
                ranges: &[
                    ("ZMQ_EVENT_CONNECTED", "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH"),
                    ("ZMQ_EVENT_PIPES_STATS", "ZMQ_EVENT_PIPES_STATS"),
                ],
            },
            Group { title: "Devices", kind: Kind::Number, ranges: &[("ZMQ_STREAMER", "ZMQ_QUEUE")] },
        ],
        transports: &[
            ("tcp", ADDRESS),
            ("ipc", "*"),
            ("inproc", "compatibility"),
            ("udp", "127.0.0.1:25555"),
            ("ws", ADDRESS),
            ("wss", ADDRESS),
            ("pgm", "127.0.0.1;239.192.1.1:5555"),
            ("epgm", "127.0.0.1;239.192.1.1:5555"),
            ("norm", "1,127.0.0.1;239.192.1.1:5555"),
            ("tipc", "{5560,0,0}"),
            ("vmci", "*:5555"),
            ("vsock", "*:5555"),
            ("hvsocket", "*:5555"),
        ],
        mechanisms: &[
            ("NULL", "ZMQ_NULL"),
            ("PLAIN", "ZMQ_PLAIN_SERVER"),
            ("CURVE", "ZMQ_CURVE_SERVER"),
            ("GSSAPI", "ZMQ_GSSAPI_SERVER"),
        ],
        tests: &[
            "capi-tests/c4",
            "capi-tests/side_by_side",
            "capi-tests/interop",
            "capi-tests/install",
            "capi/zmq4/src",
            "realworld",
        ],
        newer: "newer than the header of 4.3.4",
    },
    Part {
        abi: &TWO,
        title: "The 2.x ABI, libzmq.so.1",
        section: "2.x",
        header: "include/zmq.h",
        groups: &[
            Group {
                title: "Socket types",
                kind: Kind::SocketType,
                ranges: &[("ZMQ_PAIR", "ZMQ_DOWNSTREAM")],
            },
            Group {
                title: "Socket options",
                kind: Kind::Option,
                ranges: &[("ZMQ_HWM", "ZMQ_LAST_ENDPOINT")],
            },
            Group { title: "Flags", kind: Kind::Number, ranges: &[("ZMQ_NOBLOCK", "ZMQ_POLLERR")] },
            Group { title: "Devices", kind: Kind::Number, ranges: &[("ZMQ_STREAMER", "ZMQ_QUEUE")] },
        ],
        transports: &[
            ("tcp", ADDRESS),
            ("ipc", "*"),
            ("inproc", "compatibility"),
            ("pgm", "127.0.0.1;239.192.1.1:5555"),
            ("epgm", "127.0.0.1;239.192.1.1:5555"),
        ],
        mechanisms: &[],
        tests: &["capi-tests/c", "capi-tests/interop", "capi-tests/original", "c-examples", "capi/zmq2/src"],
        newer: "an extension",
    },
];

/// Makes the page; or says what is wrong.
///
/// # Errors
/// Names that are absent or that no test names, without a note; notes about names that do not exist, or that are not
/// true any more; what cannot be read.
pub fn page() -> Result<String, Vec<String>> {
    let mut sections = notes::parse(&read(NOTES)?)?;
    let mut page = TOP.to_owned();
    let mut wrong = Vec::new();
    for part in &PARTS {
        let notes = sections.remove(part.section).unwrap_or_default();
        match write_part(part, notes, &mut page) {
            Ok(mut mistakes) => wrong.append(&mut mistakes),
            Err(mistake) => wrong.push(mistake),
        }
    }
    wrong.extend(sections.into_keys().map(|section| format!("notes: there is no part '{section}'")));
    if wrong.is_empty() { Ok(page) } else { Err(wrong) }
}

fn read(path: &str) -> Result<String, Vec<String>> {
    let path = root().join(path);
    fs::read_to_string(&path).map_err(|error| vec![format!("{}: {error}", path.display())])
}

/// Adds a part to the page, and says what is wrong with its notes and tests.
fn write_part(part: &Part, notes: notes::Notes, page: &mut String) -> Result<Vec<String>, String> {
    let header = Header::parse(&read(part.header).map_err(|mut wrong| wrong.remove(0))?);
    let original = original(part)?;
    let coverage = Coverage::read(root(), part.tests)?;
    let engine = Coverage::read(root(), &["tests", "src"])?;
    let there = probe::ask(part, &header)?;
    let mut table = Table::new(part, notes, &there, &coverage, &engine)?;
    page.push_str(&format!("\n## {}\n", part.title));

    table.start("Functions");
    let mut seen = BTreeSet::new();
    for name in header.functions.iter().chain(&original.functions) {
        if seen.insert(name.name.as_str()) {
            let is_newer = !original.functions.iter().any(|other| other.name == name.name);
            table.add(name, None, is_newer);
        }
    }
    table.finish(page);

    for group in part.groups {
        table.start(group.title);
        for (first, last) in group.ranges {
            for name in header.range(first, last)? {
                let alias = header.constants.iter().find(|other| other.name == name.value);
                let is_newer = !original.constants.iter().any(|other| other.name == name.name);
                table.add(name, alias.map(|alias| alias.name.as_str()), is_newer);
            }
        }
        table.finish(page);
    }

    table.start("Transports");
    for (transport, _) in part.transports {
        let name = format!("{transport}://");
        table.add_word(&name, &name);
    }
    table.finish(page);
    if !part.mechanisms.is_empty() {
        table.start("Mechanisms");
        part.mechanisms.iter().for_each(|(mechanism, option)| table.add_word(mechanism, option));
        table.finish(page);
    }

    table.start("Other constants");
    let (ours, theirs) = (header.numbers(), original.numbers());
    for name in &original.constants {
        match (ours.get(name.name.as_str()), theirs.get(name.name.as_str())) {
            _ if !header.constants.iter().any(|other| other.name == name.name) => {
                table.add(name, None, false)
            }
            (Some(ours), Some(theirs)) if ours != theirs => table.add_other_number(name, *ours, *theirs),
            _ => {}
        }
    }
    table.finish(page);
    table.write_topics(page);
    Ok(table.into_mistakes())
}

/// What the original's headers name.
fn original(part: &Part) -> Result<Header, String> {
    let read = |path: &std::path::Path| {
        fs::read_to_string(path).map_err(|error| format!("{} is needed: {error}", path.display()))
    };
    if part.section == FOUR_SECTION {
        return Ok(Header::parse(&read("/usr/include/zmq.h".as_ref())?));
    }
    // Of 2.x the tests have an interface and a list of all constants, written from its documentation.
    let mut header = Header::default();
    let name =
        |name: &str, value: &str| Name { name: name.to_owned(), value: value.to_owned(), is_draft: false };
    let dir = root().join("capi-tests/original");
    for line in read(&dir.join("constants.h"))?.lines() {
        let fields = line.strip_prefix("EACH (").and_then(|line| line.strip_suffix(')'));
        if let Some((constant, value)) = fields.and_then(|fields| fields.rsplit_once(", "))
            && header::is_constant(constant)
        {
            header.constants.push(name(constant, value));
        }
    }
    for line in read(&dir.join("zmq.h"))?.lines() {
        if let Some(start) = line.find("zmq_").filter(|_| line.ends_with(");"))
            && let Some((function, _)) = line[start..].split_once(" (")
            && !line.starts_with("typedef")
        {
            header.functions.push(name(function, ""));
        }
    }
    Ok(header)
}

const FOUR_SECTION: &str = "4.x";
