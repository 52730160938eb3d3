//! Asks a built library what it has, by a C program, and by its list of functions.

use super::header::Header;
use super::{Kind, Part};
use crate::{Scratch, cc, root, run_ok};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;

/// For each name of functions, types, options, transports (with "://") and mechanisms, whether the library has it.
/// A name that is an option both of contexts and of sockets is there if either has it.
pub(super) fn ask(part: &Part, header: &Header) -> Result<BTreeMap<String, bool>, String> {
    let mut names = String::new();
    // Types first: options are asked of sockets of all of them.
    for kind in [Kind::SocketType, Kind::Option, Kind::ContextOption] {
        let call = match kind {
            Kind::SocketType => "TYPE",
            Kind::Option => "OPTION",
            Kind::ContextOption | Kind::Number => "CONTEXT",
        };
        for (first, last) in
            part.groups.iter().filter(|group| group.kind == kind).flat_map(|group| group.ranges)
        {
            for constant in header.range(first, last)? {
                let _ = writeln!(names, "{call} ({})", constant.name);
            }
        }
    }
    for (transport, address) in part.transports {
        let _ = writeln!(names, "TRANSPORT (\"{transport}\", \"{address}\")");
    }

    let scratch = Scratch::new("compatibility");
    let place = scratch.join("names.h");
    fs::write(&place, names).map_err(|error| format!("{}: {error}", place.display()))?;
    let program = scratch.join("probe");
    let mut compile = cc();
    compile.arg("-I").arg(part.abi.include_dir()).arg("-I").arg(scratch.path());
    compile.arg(root().join("capi-tests/compatibility/probe.c")).arg("-o").arg(&program);
    run_ok(part.abi.link(&mut compile));
    let mut command = Command::new(program);
    command.current_dir(scratch.path()).env_remove("LD_LIBRARY_PATH").env_remove("LD_PRELOAD");
    let said = run_ok(&mut command);

    let mut there: BTreeMap<String, bool> = BTreeMap::new();
    for line in said.lines() {
        let (name, is_there) = line.rsplit_once(' ').ok_or_else(|| format!("what is '{line}'?"))?;
        let name = name.split_once("://").map_or(name.to_owned(), |(transport, _)| format!("{transport}://"));
        *there.entry(name).or_default() |= is_there == "1";
    }
    let library = part.abi.lib_dir().join(part.abi.soname);
    let list = run_ok(Command::new("nm").args(["-D", "--defined-only"]).arg(library));
    there.extend(
        list.lines().filter_map(|line| line.split_whitespace().nth(2)).map(|name| (name.to_owned(), true)),
    );
    Ok(there)
}
