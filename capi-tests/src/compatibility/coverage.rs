//! Which tests name what.

use std::fs;
use std::path::Path;

/// The files of tests, and what is in them.
pub(super) struct Coverage {
    files: Vec<(String, String)>,
}

impl Coverage {
    /// Reads all test files at and below these places. What a place is shortened by in the answers is the second.
    pub(super) fn read(root: &Path, places: &[&str]) -> Result<Coverage, String> {
        let mut coverage = Coverage { files: Vec::new() };
        for place in places {
            coverage.add(root, &root.join(place))?;
        }
        coverage.files.sort();
        Ok(coverage)
    }

    fn add(&mut self, root: &Path, path: &Path) -> Result<(), String> {
        let failed = |error| format!("{}: {error}", path.display());
        if path.is_dir() {
            for entry in fs::read_dir(path).map_err(failed)? {
                self.add(root, &entry.map_err(failed)?.path())?;
            }
            return Ok(());
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        // Headers only help; those of some list all names there are.
        if !matches!(extension, Some("c" | "cpp" | "rs" | "py")) {
            return Ok(());
        }
        let mut text = fs::read_to_string(path).map_err(failed)?;
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let is_source = name.starts_with("src/") || name.contains("/src/");
        if is_source && !name.contains("tests.rs") && !name.contains("/tests/") {
            // Of the library's own files, only the tests.
            let Some(tests) = text.find("\nmod tests {") else { return Ok(()) };
            text.drain(..tests);
        }
        self.files.push((name, text));
        Ok(())
    }

    /// The files in which any of the words occurs, those first in which they do so most often.
    pub(super) fn of(&self, words: &[String]) -> Vec<&str> {
        let mut found: Vec<(usize, &str)> = self
            .files
            .iter()
            .map(|(file, text)| (words.iter().map(|word| occurrences(text, word)).sum(), file.as_str()))
            .filter(|&(count, _)| count > 0)
            .collect();
        found.sort_by_key(|&(count, file)| (std::cmp::Reverse(count), file));
        found.into_iter().map(|(_, file)| file).collect()
    }
}

/// How often a word occurs as a whole.
fn occurrences(text: &str, word: &str) -> usize {
    let is_inside =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = text.as_bytes();
    text.match_indices(word)
        .filter(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let after = bytes.get(at + word.len());
            (!is_inside(before) || word.starts_with('.')) && (!is_inside(after) || word.ends_with('/'))
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words() {
        assert_eq!(occurrences("zmq_send (zmq_sendmsg, xzmq_send); zmq_send", "zmq_send"), 2);
        assert_eq!(occurrences("options.linger = x; .lingers", ".linger"), 1);
        assert_eq!(occurrences("\"tcp://127.0.0.1\", xtcp://", "tcp://"), 1);
        assert_eq!(occurrences("", "x"), 0);
    }
}
