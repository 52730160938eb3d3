//! Tells an operator what happens to connections: a line each on standard error, where OXMQ_TRACE is set.
#![forbid(unsafe_code)]

use std::fmt;
use std::io::Write;
use std::sync::OnceLock;

/// Whether the environment variable OXMQ_TRACE asks for the lines (set, and neither empty nor `0`).
/// Looked at once.
pub(crate) fn enabled() -> bool {
    static ENABLED: OnceLock<bool> = OnceLock::new();
    *ENABLED
        .get_or_init(|| std::env::var_os("OXMQ_TRACE").is_some_and(|value| !value.is_empty() && value != "0"))
}

/// Writes a line, if lines are asked for. One write each, so that lines of several threads do not mix.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    if enabled() {
        let text = format!("oxmq[{}]: {line}\n", std::process::id());
        // Nobody can be told that telling failed.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
