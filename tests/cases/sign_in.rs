//! Signing in, and being asked.

use std::process::Command;

use serde_json::json;

use crate::harness::sandbox::APPLICATION;
use crate::harness::{Folder, Sandbox, Tenantry, tests};

tests![
    without_credentials_each_way_is_named_with_its_reason,
    azure_cli_signs_in_to_the_tenant_of_the_configuration,
    azure_cli_without_login_is_explained,
    azure_cli_that_does_not_answer_is_given_up,
    forced_method_takes_its_own_variables_only,
    credential_that_is_set_in_part_stops_the_search,
    whoami_shows_who_how_and_with_what,
    logout_forgets_and_login_asks_for_an_application,
    wrong_secret_keeps_the_words_of_the_identity_platform,
    unknown_directory_keeps_the_words_of_the_identity_platform,
    unknown_application_keeps_the_words_of_the_identity_platform,
    secret_appears_nowhere,
    apply_without_a_terminal_needs_a_yes,
    service_that_is_not_there_is_an_error,
];

/// A command that finds no credential on this machine: no metadata service, no Azure CLI, no keyring.
fn alone(command: Tenantry, folder: &Folder, sandbox: &Sandbox) -> Tenantry {
    let programs = folder.path().join("bin");
    command
        .variable("AZURE_AUTHORITY_HOST", &sandbox.base())
        .variable("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
        .variable("TENANTRY_LOGIN_STORE", "file")
        .variable("PATH", programs.to_str().unwrap())
}

/// Puts an Azure CLI into the folder: a shell script.
fn install_az(folder: &Folder, script: &str) {
    let program = folder.path().join("bin/az");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
}

fn without_credentials_each_way_is_named_with_its_reason() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    for command in ["plan", "apply"] {
        let command = alone(folder.run(&[command, "config"]), &folder, &sandbox);
        let refused = command.run().exits_with(1).warns("no way to sign in is configured or available");
        let refused = refused
            .warns("client_secret skipped: AZURE_CLIENT_SECRET is not set")
            .warns("client_certificate skipped: AZURE_CLIENT_CERTIFICATE_PATH is not set")
            .warns("workload_identity skipped: AZURE_FEDERATED_TOKEN_FILE is not set")
            .warns("github_actions skipped: ACTIONS_ID_TOKEN_REQUEST_URL is not set")
            .warns("azure_pipelines skipped: SYSTEM_OIDCREQUESTURI is not set")
            .warns("managed_identity failed: no metadata service answers at 127.0.0.1")
            .warns("azure_cli failed: the Azure CLI (az) is not installed")
            .warns("device_code failed: nobody is logged in: run `tenantry login`");
        refused.warns("AZURE_CLIENT_ID").warns("AZURE_CLIENT_SECRET").warns("--sandbox");
    }
    assert_eq!(sandbox.stats()["requests"], 0);
}

fn azure_cli_signs_in_to_the_tenant_of_the_configuration() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let asked = folder.path().join("asked");
    let answer =
        json!({ "accessToken": sandbox.token(), "expires_on": 4_102_444_800_u32, "tokenType": "Bearer" });
    install_az(&folder, &format!("echo \"$@\" > '{}'\necho '{answer}'", asked.display()));
    let command = folder.run(&["plan", "config", "--target", "user:adele*"]);
    let command = command.variable("TENANTRY_GRAPH_ENDPOINT", &sandbox.base());
    alone(command, &folder, &sandbox).run().exits_with(0).says("Plan");
    let expected = format!(
        "account get-access-token --output json --resource {} --tenant contoso.onmicrosoft.com\n",
        sandbox.base()
    );
    assert_eq!(std::fs::read_to_string(asked).unwrap(), expected);
    // Here nothing names the Graph but the tenant's OpenID document.
    let who = folder.run(&["whoami"]).variable("AZURE_TENANT_ID", sandbox.tenant());
    alone(who, &folder, &sandbox).run().exits_with(0).says("Method azure_cli").says(APPLICATION);
}

fn azure_cli_without_login_is_explained() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    install_az(&folder, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let command = alone(folder.run(&["plan", "config", "--auth", "azure_cli"]), &folder, &sandbox);
    let refused = command.run().exits_with(1).warns("azure_cli failed: nobody is signed in to the Azure CLI");
    assert!(!refused.stderr.contains("device_code failed"), "{}", refused.stderr);
}

fn azure_cli_that_does_not_answer_is_given_up() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    install_az(&folder, "exec /bin/sleep 60");
    let command = alone(folder.run(&["plan", "config", "--auth", "azure_cli"]), &folder, &sandbox);
    command.run().exits_with(1).warns("az did not answer within 10 seconds");
}

fn forced_method_takes_its_own_variables_only() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let forced = folder.plan(&sandbox, &["--auth", "client_certificate"]);
    forced.run().exits_with(1).warns("not set in the environment: AZURE_CLIENT_CERTIFICATE_PATH");
    let forced = folder.plan(&sandbox, &[]).variable("TENANTRY_AUTH", "workload_identity");
    forced.run().exits_with(1).warns("not set in the environment: AZURE_FEDERATED_TOKEN_FILE");
    let both = folder.plan(&sandbox, &["--auth", "client_secret"]).variable("TENANTRY_AUTH", "azure_cli");
    both.run().exits_with(0);
    let unknown = folder.plan(&sandbox, &["--auth", "password"]);
    unknown.run().exits_with(1).warns("device_code").warns("managed_identity");
}

fn credential_that_is_set_in_part_stops_the_search() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let command = folder.plan(&sandbox, &[]).variable("AZURE_CLIENT_ID", "");
    command.run().exits_with(1).warns("not set in the environment: AZURE_CLIENT_ID");
}

fn whoami_shows_who_how_and_with_what() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let shown = folder.run(&["whoami"]).signed_in_to(&sandbox).run().exits_with(0);
    let shown =
        shown.says(&format!("Application {APPLICATION}")).says(&format!("Tenant {}", sandbox.tenant()));
    shown.says("Method client_secret").says("User.ReadWrite.All").says(&sandbox.base());
}

fn logout_forgets_and_login_asks_for_an_application() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let run = |arguments: &[&str]| alone(folder.run(arguments), &folder, &sandbox).run();
    run(&["logout"]).exits_with(0).says("nobody was logged in");
    run(&["login"]).exits_with(1).warns("--client-id").warns("public client");
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
