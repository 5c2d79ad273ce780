//! The scenario folders themselves.

use crate::harness::scenario::{PARTS, root};
use crate::harness::tests;

tests![every_scenario_has_its_parts_and_nothing_else];

fn every_scenario_has_its_parts_and_nothing_else() {
    let mut scenarios = 0;
    for entry in std::fs::read_dir(root()).unwrap() {
        let folder = entry.unwrap().path();
        assert!(folder.is_dir(), "{} is no scenario", folder.display());
        for part in std::fs::read_dir(&folder).unwrap() {
            let name = part.unwrap().file_name().into_string().unwrap();
            assert!(PARTS.contains(&name.as_str()), "{}: {name} is no part of a scenario", folder.display());
        }
        assert!(folder.join("config").exists(), "{} has no configuration", folder.display());
        assert!(folder.join("plan.txt").is_file(), "{} expects no plan", folder.display());
        scenarios += 1;
    }
    assert!(scenarios > 0, "there are no scenarios");
}
