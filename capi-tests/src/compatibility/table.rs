//! The rows of the page's tables: for each name what the library, the tests and the notes say, and whether they agree.

use super::coverage::Coverage;
use super::header::Name;
use super::notes::{Note, Notes, State};
use super::{FOUR_SECTION, Part};
use crate::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

/// How many tests a row names.
const TESTS_MAX: usize = 3;

const SIDE_BY_SIDE: &str = "capi-tests/side_by_side/options.c";

/// Rows as they are made.
pub(super) struct Table<'a> {
    part: &'a Part,
    notes: Notes,
    used: BTreeSet<String>,
    /// What the library says that it has, or has not.
    there: &'a BTreeMap<String, bool>,
    coverage: &'a Coverage,
    engine: &'a Coverage,
    /// What the engine calls an option.
    fields: BTreeMap<String, String>,
    /// Options with numbers up to this are compared with the original's, all of them.
    compared: i64,
    title: &'a str,
    rows: String,
    count: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        part: &'a Part,
        notes: Notes,
        there: &'a BTreeMap<String, bool>,
        coverage: &'a Coverage,
        engine: &'a Coverage,
    ) -> Result<Table<'a>, String> {
        let is_four = part.section == FOUR_SECTION;
        let text =
            |path: &str| fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"));
        let fields = if is_four { fields(&text("capi/zmq4/src/option_table.rs")?) } else { BTreeMap::new() };
        let compared = if is_four { last_compared(&text(SIDE_BY_SIDE)?)? } else { -1 };
        let (used, rows, count, wrong) = Default::default();
        let title = "";
        Ok(Table { part, notes, used, there, coverage, engine, fields, compared, title, rows, count, wrong })
    }

    pub(super) fn start(&mut self, title: &'a str) {
        self.title = title;
        self.rows.clear();
        self.count.clear();
    }

    /// Adds the table to the page, unless it is empty.
    pub(super) fn finish(&mut self, page: &mut String) {
        if self.rows.is_empty() {
            return;
        }
        let counts: Vec<String> =
            self.count.iter().rev().map(|(state, count)| format!("{state}: {count}")).collect();
        let _ = write!(page, "\n### {}\n\n{}.\n\n", self.title, counts.join(", "));
        let _ = write!(page, "| name | | how, or why | tests |\n|---|---|---|---|\n{}", self.rows);
    }

    /// A function or constant.
    pub(super) fn add(&mut self, name: &Name, alias: Option<&str>, is_newer: bool) {
        let is_function = name.value.is_empty();
        let is_there = self.there.get(&name.name).copied();
        // What the library cannot be asked is there if the header has it: the caller's business.
        let is_there = is_there.unwrap_or(!is_function && self.title != "Other constants");
        let mut remarks = Vec::new();
        if name.is_draft {
            remarks.push("draft".to_owned());
        }
        if is_newer {
            remarks.push(self.part.newer.to_owned());
        }
        if let Some(alias) = alias {
            remarks.push(format!("another name of `{alias}`"));
        }
        let mut words = vec![name.name.clone()];
        let mut tests: Vec<String> = self.tests(&words);
        if let Some(field) = self.fields.get(&name.name) {
            words = vec![format!(".{field}")];
            tests.extend(self.engine.of(&words).into_iter().map(str::to_owned));
        }
        let number: Option<i64> = name.value.parse().ok();
        if self.title == "Socket options"
            && number.is_some_and(|number| number <= self.compared)
            && !tests.iter().any(|test| test == SIDE_BY_SIDE)
        {
            tests.push(SIDE_BY_SIDE.to_owned());
        }
        self.row(&name.name, is_there, alias.is_some(), &remarks, tests);
    }

    /// A transport or mechanism, and what its tests are found by.
    pub(super) fn add_word(&mut self, word: &str, in_tests: &str) {
        let is_there = self.there.get(word).copied().unwrap_or(false);
        let tests = self.tests(&[in_tests.to_owned()]);
        self.row(word, is_there, false, &[], tests);
    }

    /// A constant that is another number than the original's.
    pub(super) fn add_other_number(&mut self, name: &Name, ours: i64, theirs: i64) {
        let tests = self.tests(std::slice::from_ref(&name.name));
        let remark = format!("{ours}; in the original {theirs}");
        if !self.notes.names.contains_key(&name.name) {
            self.wrong.push(format!("{} is {remark}, and there is no note", name.name));
        }
        self.row(&name.name, true, false, &[remark], tests);
    }

    fn tests(&self, words: &[String]) -> Vec<String> {
        self.coverage.of(words).into_iter().map(str::to_owned).collect()
    }

    fn row(&mut self, name: &str, is_there: bool, is_alias: bool, remarks: &[String], tests: Vec<String>) {
        let note = self.notes.names.get(name).cloned();
        if note.is_some() {
            self.used.insert(name.to_owned());
        }
        let state = match &note {
            Some(note) => note.state,
            None if is_there => State::Works,
            None => State::Absent,
        };
        let mut how = remarks.join("; ");
        let mut all = Vec::new();
        if let Some(note) = &note {
            self.check_tests(name, note);
            if !how.is_empty() {
                how.push_str(": ");
            }
            how.push_str(&note.text);
            all.clone_from(&note.tests);
        } else if !is_there {
            self.wrong.push(format!("{name} is absent, and there is no note that says why"));
        }
        if is_there == (state == State::Absent) {
            let what = if is_there { "is there" } else { "is absent" };
            self.wrong.push(format!("{name} {what}, and the note says '{}'", state.text()));
        }
        all.extend(
            tests.into_iter().filter(|test| !note.as_ref().is_some_and(|note| note.tests.contains(test))),
        );
        if all.is_empty() && note.is_none() && !is_alias {
            self.wrong.push(format!("no test names {name}, and there is no note"));
        }
        *self.count.entry(state.text()).or_default() += 1;
        let _ = writeln!(self.rows, "| `{name}` | {} | {how} | {} |", state.text(), listed(&all));
    }

    /// The tests that a note names must exist.
    fn check_tests(&mut self, name: &str, note: &Note) {
        for test in &note.tests {
            if !root().join(test).exists() {
                self.wrong.push(format!("notes, line {}: {name}: there is no {test}", note.line));
            }
        }
    }

    /// Adds what belongs to no name in particular.
    pub(super) fn write_topics(&mut self, page: &mut String) {
        let topics = std::mem::take(&mut self.notes.topics);
        if topics.is_empty() {
            return;
        }
        page.push_str("\n### What differs otherwise\n\n| what | how | tests |\n|---|---|---|\n");
        for (topic, note) in &topics {
            self.check_tests(topic, note);
            let _ = writeln!(page, "| {topic} | {} | {} |", note.text, listed(&note.tests));
        }
    }

    /// What is wrong, notes that nobody needed included.
    pub(super) fn into_mistakes(mut self) -> Vec<String> {
        for (name, note) in &self.notes.names {
            if !self.used.contains(name) {
                let section = self.part.section;
                self.wrong.push(format!("notes, line {}: the {section} ABI has no {name}", note.line));
            }
        }
        self.wrong
    }
}

/// The first tests, by their short names.
fn listed(tests: &[String]) -> String {
    // The project's own tests/ must not be taken for those of capi-tests/.
    let short = |test: &String| match test.strip_prefix("capi-tests/") {
        Some(short) if !short.starts_with("tests/") => format!("`{short}`"),
        _ => format!("`{test}`"),
    };
    let mut list: Vec<String> = tests.iter().take(TESTS_MAX).map(short).collect();
    if tests.len() > TESTS_MAX {
        list.push("...".to_owned());
    }
    list.join(" ")
}

/// What the engine calls each option, out of the option table's source: the first field after the option's name.
fn fields(table: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let table =
        table.split("static TABLE").nth(1).and_then(|table| table.split("\n];").next()).unwrap_or_default();
    let starts = ["number", "flag", "any_flag", "switch", "text", "written", "key", "Entry"];
    let mut entry = String::new();
    let mut note = |entry: &str| {
        let word = |text: &str, is_inside: fn(char) -> bool| -> String {
            text.chars().take_while(|&c| is_inside(c)).collect()
        };
        let Some(name) = entry.find("ZMQ_") else { return };
        let name = word(&entry[name..], |c| c.is_ascii_alphanumeric() || c == '_');
        let field =
            entry.match_indices("o.").find(|(at, _)| !entry[..*at].ends_with(|c: char| c.is_alphanumeric()));
        if let Some((at, _)) = field {
            let field = word(&entry[at + 2..], |c| c.is_ascii_lowercase() || c == '_' || c == '.');
            // A method of the field's is none of its name.
            let is_call = entry[at + 2 + field.len()..].starts_with('(');
            let field = if is_call { field.rsplit_once('.').map_or("", |(field, _)| field) } else { &field };
            fields.insert(name, field.to_owned());
        }
    };
    for line in table.lines() {
        let is_start =
            line.strip_prefix("    ").is_some_and(|line| starts.iter().any(|start| line.starts_with(start)));
        if is_start {
            note(&entry);
            entry.clear();
        }
        entry.push_str(line);
    }
    note(&entry);
    fields
}

/// The last option that the program beside the original's tries.
fn last_compared(program: &str) -> Result<i64, String> {
    let last = program.lines().find_map(|line| line.strip_prefix("#define LAST "));
    last.and_then(|last| last.trim().parse().ok()).ok_or_else(|| format!("{SIDE_BY_SIDE} defines no LAST"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_calls_options() {
        let table = "x\nstatic TABLE: &[Entry] = &[\n    number(ZMQ_A, 0, |o| from_size(o.send_hwm), |o, v| x),\n    \
                     Entry {\n        number: ZMQ_B,\n        get: |o| o.routing.name.as_bytes(),\n    },\n    \
                     written(ZMQ_C, ALL, add),\n];\nstatic";
        let pairs = [("ZMQ_A", "send_hwm"), ("ZMQ_B", "routing.name")];
        assert_eq!(fields(table), pairs.map(|(name, field)| (name.to_owned(), field.to_owned())).into());
        assert_eq!(last_compared("#define FIRST 1\n#define LAST 93\n"), Ok(93));
        assert!(last_compared("").is_err());
    }
}
