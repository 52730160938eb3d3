//! What people have written down about names: how they differ, or why they are absent.

use std::collections::BTreeMap;

/// What a note says of its names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Works,
    Differs,
    Absent,
}

impl State {
    pub(super) fn text(self) -> &'static str {
        match self {
            State::Works => "works",
            State::Differs => "differs",
            State::Absent => "absent",
        }
    }
}

/// A note about a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    pub(super) line: usize,
    pub(super) state: State,
    pub(super) text: String,
    /// Tests that show it.
    pub(super) tests: Vec<String>,
}

/// The notes of one ABI.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) names: BTreeMap<String, Note>,
    /// What belongs to no name in particular, in the file's order.
    pub(super) topics: Vec<(String, Note)>,
}

/// Reads the notes; the key is what stands in the brackets of a section.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Notes>, Vec<String>> {
    let mut sections: BTreeMap<String, Notes> = BTreeMap::new();
    let mut section = String::new();
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        if let Err(what) = parse_line(sections.entry(section.clone()).or_default(), number, line) {
            wrong.push(format!("notes, line {number}: {what}"));
        }
    }
    if wrong.is_empty() { Ok(sections) } else { Err(wrong) }
}

fn parse_line(notes: &mut Notes, line: usize, text: &str) -> Result<(), String> {
    let fields: Vec<&str> = text.split(" | ").map(str::trim).collect();
    let (names, state, text, tests) = match fields[..] {
        [names, state, text] => (names, state, text, ""),
        [names, state, text, tests] => (names, state, text, tests),
        _ => return Err("it is: names | differs, absent or topic | how or why | test files".into()),
    };
    if text.is_empty() {
        return Err("it does not say how, or why".into());
    }
    let text = text.to_owned();
    let tests = tests.split_whitespace().map(str::to_owned).collect();
    let state = match state {
        "works" => State::Works,
        "differs" => State::Differs,
        "absent" => State::Absent,
        "topic" => {
            notes.topics.push((names.to_owned(), Note { line, state: State::Differs, text, tests }));
            return Ok(());
        }
        other => return Err(format!("what is '{other}'?")),
    };
    let note = Note { line, state, text, tests };
    for name in names.split_whitespace() {
        if notes.names.insert(name.to_owned(), note.clone()).is_some() {
            return Err(format!("there is a note about {name} already"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_mistakes() {
        let sections =
            parse("# x\n[4.x]\na b | differs | so | t.c u.c\nAll in all | topic | thus\n").unwrap();
        let notes = &sections["4.x"];
        assert_eq!(notes.names["a"], notes.names["b"]);
        assert_eq!(notes.names["a"].tests, ["t.c", "u.c"]);
        assert_eq!(notes.topics[0].0, "All in all");
        for mistake in ["a | differs", "a | is new | so", "a | absent |  | x", "a a | absent | so"] {
            assert_eq!(parse(mistake).map(|_| ()).unwrap_err().len(), 1, "{mistake}");
        }
    }
}
