//! A configuration with enough in it to be interrupted: sixty new people with managers, ten new groups.

use std::fmt::Write as _;

use serde_json::Value;

use crate::harness::tree;
use crate::harness::{Folder, Sandbox};

const FIRST: &[&str] =
    &["Adele", "Alex", "Bianca", "Debra", "Grady", "Irvin", "Joni", "Lee", "Megan", "Nestor"];
const LAST: &[&str] = &["Archie", "Berger", "Gu", "Pisani", "Sherman", "Wilke"];

/// New people, by user principal name.
pub(crate) fn people() -> Vec<(String, String)> {
    let pairs = LAST.iter().flat_map(|last| FIRST.iter().map(move |first| (first, last)));
    let people = pairs.map(|(first, last)| {
        let alias = format!("{}.{}.new", first.to_lowercase(), last.to_lowercase());
        (format!("{alias}@contoso.com"), format!("{first} {last}"))
    });
    people.collect()
}

/// The configuration, in a folder of its own; its limits let half a tenant be completed.
pub(crate) fn folder() -> Folder {
    let limits = "\n[limits]\nupdate = \"100%\"\nremove_members = \"100%\"\n";
    Folder::of(&format!("{}{limits}", configuration()))
}

/// The configuration with the limits that a configuration has when it names none.
pub(crate) fn configuration() -> String {
    let mut text = String::from("[tenant]\nid = \"contoso.onmicrosoft.com\"\n");
    let people = people();
    for (index, (key, name)) in people.iter().enumerate() {
        let manager = if index < 10 { "patti.fernandez@contoso.com" } else { &people[index % 10].0 };
        let _ = write!(
            text,
            "\n[users.\"{key}\"]\ndisplay_name = \"{name}\"\ndepartment = \"Stores\"\nmanager = \"user:{manager}\"\n"
        );
    }
    for number in 0..10 {
        let members: Vec<String> =
            people.iter().skip(number).step_by(2).map(|(key, _)| format!("\"user:{key}\"")).collect();
        let _ = write!(
            text,
            "\n[groups.\"Store {number:02}\"]\nowners = [\"user:miriam.graham@contoso.com\"]\nmembers = [{}, \"user:adele.vance@contoso.com\"]\n",
            members.join(", ")
        );
    }
    text
}

/// Asserts that planning again finds nothing, that everything is there once, and that groups hold whom they should.
#[track_caller]
pub(crate) fn assert_converged(folder: &Folder, sandbox: &Sandbox) {
    sandbox.well_behaved();
    folder.plan(sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    let state = sandbox.state();
    tree::assert_no_duplicates(&state);
    for (_, name) in people() {
        let others = usize::from(tree::find(&state, "users", &existing(&name)).is_some());
        assert_eq!(tree::count(&state, "users", &name), 1 + others, "{name}");
    }
    for number in 0..10 {
        let name = format!("Store {number:02}");
        assert_eq!(tree::count(&state, "groups", &name), 1, "{name}");
        let members = tree::find(&state, "groups", &name).and_then(|group| group["members"].as_array());
        let wanted = 1 + (60 - number as usize).div_ceil(2);
        assert_eq!(members.map(Vec::len), Some(wanted), "members of {name}");
    }
}

/// The name that somebody at Contoso with this display name signs in with already.
fn existing(name: &str) -> String {
    format!("{}@contoso.com", name.to_lowercase().replace(' ', "."))
}

/// The journals of a folder, each as its events.
pub(crate) fn journals(folder: &Folder) -> Vec<Vec<Value>> {
    let Ok(entries) = std::fs::read_dir(folder.config().join(".tenantry/journal")) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let events = |text: String| text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    paths.iter().map(|path| events(std::fs::read_to_string(path).unwrap())).collect()
}

/// Waits until a sandbox has taken this many writes while `running`; false when the command ended before.
pub(crate) fn wait_for_writes(
    sandbox: &Sandbox,
    writes: u64,
    running: &mut crate::harness::command::Started,
) -> bool {
    for _ in 0..6000 {
        if sandbox.writes() >= writes {
            return true;
        }
        if !running.is_running() {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the sandbox took {} writes, not {writes}, in half a minute", sandbox.writes());
}
