//! Bad configurations and bad requests, each with the exact messages.

use super::{bad_machine, bad_root, bad_services, one, problems};
use crate::cli::BuildArgs;

#[test]
fn every_problem_is_named_with_place_and_fix() {
    for (table, expected) in bad_root::CASES.iter().chain(bad_services::CASES).chain(bad_machine::CASES) {
        let text = format!("[package]\nname = \"agent\"\n[package.metadata.winsvc]\n{table}");
        assert_eq!(&problems(&BuildArgs::default(), &one(&text)), expected, "{table}");
    }
}
