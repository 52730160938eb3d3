//! What C headers name: functions and constants.

use std::collections::BTreeMap;

/// A header's names, in its order.
#[derive(Default)]
pub(super) struct Header {
    pub(super) functions: Vec<Name>,
    pub(super) constants: Vec<Name>,
}

/// A name, and what is said with it.
pub(super) struct Name {
    pub(super) name: String,
    /// What a constant is.
    pub(super) value: String,
    /// Whether it is there only for those who define ZMQ_BUILD_DRAFT_API.
    pub(super) is_draft: bool,
}

impl Header {
    pub(super) fn parse(text: &str) -> Header {
        let mut header = Header::default();
        let text = without_comments(text);
        // What of the conditions that are open is the draft API's.
        let mut conditions: Vec<bool> = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let is_draft = conditions.contains(&true);
            if line.starts_with("#if") {
                conditions.push(line.contains("ZMQ_BUILD_DRAFT_API"));
            } else if line.starts_with("#endif") {
                conditions.pop();
            } else if let Some(definition) = line.strip_prefix("#define ") {
                let (name, value) = definition.split_once(char::is_whitespace).unwrap_or((definition, ""));
                if is_constant(name) {
                    let value = value.trim().to_owned();
                    header.constants.push(Name { name: name.to_owned(), value, is_draft });
                }
            } else if line.starts_with("ZMQ_EXPORT") {
                let mut declaration = line.to_owned();
                while !declaration.contains('(') {
                    let Some(line) = lines.next() else { break };
                    declaration.push(' ');
                    declaration.push_str(line);
                }
                let before = declaration.split('(').next().unwrap_or_default();
                let name = before.split([' ', '*']).rfind(|word| !word.is_empty()).unwrap_or_default();
                let value = String::new();
                header.functions.push(Name { name: name.to_owned(), value, is_draft });
            }
        }
        header
    }

    /// The constants' numbers, as far as they are one, or another constant, or an "or" of such.
    pub(super) fn numbers(&self) -> BTreeMap<&str, i64> {
        let mut numbers = BTreeMap::new();
        for constant in &self.constants {
            if let Some(number) = number(&constant.value, &numbers) {
                numbers.insert(constant.name.as_str(), number);
            }
        }
        numbers
    }

    /// The constants from one to another.
    pub(super) fn range(&self, first: &str, last: &str) -> Result<&[Name], String> {
        let place = |name: &str| {
            let place = self.constants.iter().position(|constant| constant.name == name);
            place.ok_or_else(|| format!("the header has no {name}"))
        };
        let found = self.constants.get(place(first)?..=place(last)?).filter(|found| !found.is_empty());
        found.ok_or_else(|| format!("{last} is before {first}"))
    }
}

/// Whether it is a constant of the interface, rather than the header's own business.
pub(super) fn is_constant(name: &str) -> bool {
    let own = ["ZMQ_EXPORT", "ZMQ_DEFINED_STDINT", "ZMQ_MAKE_VERSION", "ZMQ_VERSION"];
    name.starts_with("ZMQ_") && !name.contains('(') && !own.iter().any(|own| name.starts_with(own))
}

fn number(value: &str, known: &BTreeMap<&str, i64>) -> Option<i64> {
    let value = value.trim_matches(['(', ')']);
    let mut sum = 0;
    for term in value.split('|').map(str::trim) {
        sum |= match term.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16).ok()?,
            None => term.parse().ok().or_else(|| known.get(term).copied())?,
        };
    }
    Some(sum)
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(start) = rest.find("/*") {
        kept.push_str(&rest[..start]);
        rest = rest[start..].split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let header = Header::parse(
            "#ifndef A\n#define ZMQ_ONE 0x10 /* #define ZMQ_NONE 1 */\n#ifdef ZMQ_BUILD_DRAFT_API\n\
             #define ZMQ_TWO ZMQ_ONE | 2\nZMQ_EXPORT int\nzmq_f (void *a_,\n int b);\n#endif\n\
             ZMQ_EXPORT const char *zmq_g (int);\n#endif\n",
        );
        let functions: Vec<_> = header.functions.iter().map(|f| (f.name.as_str(), f.is_draft)).collect();
        assert_eq!(functions, [("zmq_f", true), ("zmq_g", false)]);
        assert_eq!(header.numbers(), BTreeMap::from([("ZMQ_ONE", 16), ("ZMQ_TWO", 18)]));
        assert_eq!(header.range("ZMQ_ONE", "ZMQ_TWO").map(<[Name]>::len), Ok(2));
        assert!(header.range("ZMQ_TWO", "ZMQ_ONE").is_err());
    }
}
