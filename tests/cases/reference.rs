//! The commands that need no tenant.

use serde_json::Value;

use crate::harness::{Folder, tests};

tests![
    example_is_valid,
    invalid_configuration_shows_every_mistake_with_its_place,
    folder_that_is_no_configuration_says_what_is_missing,
    schema_is_a_json_schema,
    completions_are_a_script,
    explain_describes_kinds_and_attributes,
    unknown_topic_is_an_error_with_a_suggestion,
    help_names_the_exit_codes,
    wrong_usage_is_an_error_and_does_not_look_like_changes,
    links_to_folders_are_not_left_out_silently,
];

fn example_is_valid() {
    Folder::example()
        .run(&["validate", "config"])
        .run()
        .exits_with(0)
        .says("valid: 24 objects declared in 4 files");
}

fn invalid_configuration_shows_every_mistake_with_its_place() {
    let folder = Folder::example();
    folder.write(
        "more.toml",
        "[users.\"adele.vance@contoso.com\"]\ncity = \"Bellevue\"\n\n[groups.\"Legal\"]\nmembers = 7\n",
    );
    let invalid = folder.run(&["validate", "config"]).run().exits_with(1);
    invalid.warns("more.toml:1").warns("users.toml:8").warns("more.toml:5").warns("2 problems");
}

fn folder_that_is_no_configuration_says_what_is_missing() {
    let folder = Folder::example();
    folder.run(&["validate", "."]).run().exits_with(1).warns("tenantry.toml");
    folder.run(&["plan", "nowhere", "--sandbox"]).run().exits_with(1).warns("nowhere");
}

fn schema_is_a_json_schema() {
    let schema = Folder::example().run(&["schema"]).run().exits_with(0).stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"), "{schema}");
    assert!(schema["properties"]["users"].is_object() && schema["properties"]["groups"].is_object());
}

fn completions_are_a_script() {
    let folder = Folder::example();
    folder.run(&["completions", "bash"]).run().exits_with(0).says("_tenantry()").says("--detailed-exitcode");
    folder.run(&["completions", "zsh"]).run().exits_with(0).says("#compdef tenantry");
}

fn explain_describes_kinds_and_attributes() {
    let folder = Folder::example();
    folder.run(&["explain"]).run().exits_with(0).says("user").says("group");
    let user =
        folder.run(&["explain", "user"]).run().exits_with(0).says("display_name").says("User.Read.All");
    crate::harness::text::assert_fits_80_columns(&user.stdout);
    folder.run(&["explain", "group.members"]).run().exits_with(0).says("at_least");
    folder.run(&["explain", "limits"]).run().exits_with(0).says("remove_members");
    folder.run(&["explain", "manual"]).run().exits_with(0).says("My Groups").says("because");
}

fn unknown_topic_is_an_error_with_a_suggestion() {
    Folder::example().run(&["explain", "usr"]).run().exits_with(1).warns("user");
}

fn help_names_the_exit_codes() {
    Folder::example().run(&["--help"]).run().exits_with(0).says("130");
}

fn wrong_usage_is_an_error_and_does_not_look_like_changes() {
    let folder = Folder::example();
    folder.run(&["plan", "config", "--as-of", "2026-13-01"]).run().exits_with(1).warns("--as-of");
    folder.run(&["plam"]).run().exits_with(1).warns("plan");
    folder.run(&["--version"]).run().exits_with(0).says("tenantry");
}

fn links_to_folders_are_not_left_out_silently() {
    let folder = Folder::example();
    let (linked, elsewhere) = (folder.path().join("config/more"), folder.path().join("elsewhere"));
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("people.toml"), "").unwrap();
    std::os::unix::fs::symlink(&elsewhere, linked).unwrap();
    folder.run(&["validate", "config"]).run().exits_with(1).warns("more").warns("link to a folder");
}
