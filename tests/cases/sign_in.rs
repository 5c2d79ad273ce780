//! Signing in, and being asked.

use crate::harness::{Folder, Sandbox, tests};

tests![
    missing_credentials_are_named_and_the_sandbox_is_offered,
    wrong_secret_keeps_the_words_of_the_identity_platform,
    unknown_directory_keeps_the_words_of_the_identity_platform,
    unknown_application_keeps_the_words_of_the_identity_platform,
    secret_appears_nowhere,
    apply_without_a_terminal_needs_a_yes,
    service_that_is_not_there_is_an_error,
];

fn missing_credentials_are_named_and_the_sandbox_is_offered() {
    let folder = Folder::example();
    for command in ["plan", "apply"] {
        let refused = folder.run(&[command, "config"]).run().exits_with(1);
        refused.warns("AZURE_CLIENT_ID").warns("AZURE_CLIENT_SECRET").warns("--sandbox");
    }
}

fn wrong_secret_keeps_the_words_of_the_identity_platform() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let plan = folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_SECRET", "wrong-one");
    let refused = plan.run().exits_with(1).warns("AADSTS7000215");
    assert!(!refused.stderr.contains("wrong-one"), "{}", refused.stderr);
    assert_eq!(sandbox.stats()["requests"], 0);
}

fn unknown_directory_keeps_the_words_of_the_identity_platform() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let nowhere = "11111111-2222-4333-8444-555555555555";
    folder.plan(&sandbox, &[]).variable("AZURE_TENANT_ID", nowhere).run().exits_with(1).warns("AADSTS90002");
}

fn unknown_application_keeps_the_words_of_the_identity_platform() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let nobody = "11111111-2222-4333-8444-555555555555";
    folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_ID", nobody).run().exits_with(1).warns("AADSTS700016");
}

fn secret_appears_nowhere() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let [.., (_, secret)] = sandbox.exports();
    let planned = folder.plan(&sandbox, &["--out", "plan.json", "--format", "json"]).run().exits_with(0);
    let applied = folder.apply(&sandbox, &[]).run().exits_with(0);
    let journal = format!("{:?}", super::bulk::journals(&folder));
    let saved = std::fs::read_to_string(folder.path().join("plan.json")).unwrap();
    for text in [planned.stdout, planned.stderr, applied.stdout, applied.stderr, journal, saved] {
        assert!(!text.contains(&secret) && !text.contains(sandbox.token()), "{text}");
        assert!(!text.contains("Bearer"), "{text}");
    }
}

fn apply_without_a_terminal_needs_a_yes() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let asked = folder.run(&["apply", "config"]).signed_in_to(&sandbox).run().exits_with(1);
    asked.says("to add").warns("nothing was applied").warns("--yes");
    assert_eq!(sandbox.writes(), 0);
}

fn service_that_is_not_there_is_an_error() {
    let folder = Folder::example();
    let sandbox = Sandbox::contoso();
    // Port 1 of this machine: nobody listens there.
    let plan = folder.plan(&sandbox, &[]).variable("TENANTRY_GRAPH_ENDPOINT", "http://127.0.0.1:1");
    let refused = plan.run().exits_with(1);
    assert!(refused.stderr.contains("cannot connect to 127.0.0.1"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
}
