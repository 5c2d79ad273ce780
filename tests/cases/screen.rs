//! What the screen shows: colour, width, harmless text.

use crate::harness::text::{assert_fits_80_columns, assert_harmless};
use crate::harness::{Folder, Sandbox, tests};

tests![
    output_is_coloured_only_when_asked_off_a_terminal,
    example_fits_80_columns,
    colour_never_changes_a_word,
];

const ESCAPE: char = '\u{1b}';

fn output_is_coloured_only_when_asked_off_a_terminal() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let plan = |arguments: &[&str]| folder.run(&["plan", "config"]).and(arguments).signed_in_to(&sandbox);
    let auto = plan(&[]).run().exits_with(0);
    assert!(!auto.stdout.contains(ESCAPE) && !auto.stderr.contains(ESCAPE));
    let always = plan(&["--color", "always"]).run().exits_with(0);
    assert!(always.stdout.contains(ESCAPE), "{}", always.stdout);
    let no_colour = plan(&[]).variable("NO_COLOR", "1").variable("CLICOLOR_FORCE", "1").run().exits_with(0);
    assert!(!no_colour.stdout.contains(ESCAPE), "{}", no_colour.stdout);
    let never = plan(&["--color", "never"]).variable("CLICOLOR_FORCE", "1").run().exits_with(0);
    assert!(!never.stdout.contains(ESCAPE), "{}", never.stdout);
}

fn colour_never_changes_a_word() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let plan = |color: &str| {
        let plan = folder.run(&["plan", "config", "--color", color]).signed_in_to(&sandbox);
        crate::harness::redact::redacted(&plan.run().exits_with(0).stdout)
    };
    let coloured = plan("always");
    let mut plain = String::new();
    let mut characters = coloured.chars();
    while let Some(character) = characters.next() {
        if character == ESCAPE {
            characters.by_ref().find(|character| *character == 'm');
        } else {
            plain.push(character);
        }
    }
    assert_eq!(plain, plan("never"));
}

fn example_fits_80_columns() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    for arguments in [&[][..], &["--unmanaged"], &["--full"]] {
        let plan = folder.plan(&sandbox, arguments).run().exits_with(0);
        assert_fits_80_columns(&plan.stdout);
        assert_harmless(&plan.stdout);
    }
}
