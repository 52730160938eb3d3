//! Writes docs/compatibility.md: what of both ABIs works, differs, or is absent.

use std::process::ExitCode;

fn main() -> ExitCode {
    match oxmq_capi_tests::compatibility::page() {
        Ok(page) => {
            let path = oxmq_capi_tests::root().join(oxmq_capi_tests::compatibility::PAGE);
            if let Err(error) = std::fs::write(&path, page) {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            wrong.iter().for_each(|line| eprintln!("{line}"));
            ExitCode::FAILURE
        }
    }
}
