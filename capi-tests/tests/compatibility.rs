//! docs/compatibility.md is what the headers, the libraries, the tests and the notes say now.

use oxmq_capi_tests::{compatibility, root};

#[test]
fn the_page_is_current() {
    let page = compatibility::page().unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")));
    let there = std::fs::read_to_string(root().join(compatibility::PAGE)).expect("the page can be read");
    for (number, (there, now)) in there.lines().zip(page.lines()).enumerate() {
        assert_eq!(there, now, "line {}: run 'make compatibility'", number + 1);
    }
    assert!(there == page, "run 'make compatibility'");
}
