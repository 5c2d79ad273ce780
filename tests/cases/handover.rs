//! Initial passwords: handed over encrypted, or not at all, and written nowhere else.

use std::io::Read as _;
use std::path::PathBuf;

use age::secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::harness::{Folder, Sandbox, tests};

tests![
    recipients_alone_read_the_initial_passwords,
    without_recipients_nobody_gets_a_password_and_the_plan_says_so,
];

const PEOPLE: &str = r#"
[users."sonia.rees@contoso.com"]
display_name = "Sonia Rees"

[users."preston.morales@contoso.com"]
display_name = "Preston Morales"
"#;

fn handovers(folder: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.config().join(".tenantry/handover"));
    entries.map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

fn recipients_alone_read_the_initial_passwords() {
    let (helpdesk, stranger) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
    let text = format!("[handover]\nrecipients = [\"{}\"]\n{PEOPLE}", helpdesk.to_public());
    let (folder, sandbox) = (Folder::of(&text), Sandbox::contoso());
    folder
        .plan(&sandbox, &[])
        .run()
        .exits_with(0)
        .says("2 initial passwords")
        .says("encrypted to 1 recipient");
    let applied = folder.apply(&sandbox, &[]).run().exits_with(0);
    let files = handovers(&folder);
    assert_eq!(files.len(), 1);
    assert!(applied.stdout.contains(files[0].file_name().unwrap().to_str().unwrap()), "{}", applied.stdout);

    assert!(decrypt(&files[0], &stranger).is_none(), "a stranger read it");
    let entries: Value = serde_json::from_str(&decrypt(&files[0], &helpdesk).unwrap()).unwrap();
    let mut people = Vec::new();
    for entry in entries.as_array().unwrap() {
        let password = entry["password"].as_str().unwrap();
        assert!(password.len() >= 16, "{password}");
        people.push(entry["user"].as_str().unwrap());
        for text in [&applied.stdout, &applied.stderr, &everything_in(&folder), &sandbox.state_text()] {
            assert!(!text.contains(password), "a password leaked");
        }
    }
    people.sort_unstable();
    assert_eq!(people, ["preston.morales@contoso.com", "sonia.rees@contoso.com"]);
    let secret = helpdesk.to_string();
    assert!(!everything_in(&folder).contains(secret.expose_secret()));
}

fn decrypt(file: &PathBuf, identity: &age::x25519::Identity) -> Option<String> {
    let encrypted = std::fs::read(file).unwrap();
    let decryptor = age::Decryptor::new(&encrypted[..]).unwrap();
    let mut plain = String::new();
    let mut reader = decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).ok()?;
    reader.read_to_string(&mut plain).unwrap();
    Some(plain)
}

/// Every file below the folder as text, encrypted ones included.
fn everything_in(folder: &Folder) -> String {
    fn read(path: &std::path::Path, all: &mut String) {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, all);
            } else {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut all = String::new();
    read(folder.path(), &mut all);
    all
}

fn without_recipients_nobody_gets_a_password_and_the_plan_says_so() {
    let (folder, sandbox) = (Folder::of(PEOPLE), Sandbox::contoso());
    folder
        .plan(&sandbox, &[])
        .run()
        .exits_with(0)
        .says("2 initial passwords will be generated and handed to nobody");
    folder.apply(&sandbox, &[]).run().exits_with(0);
    assert!(handovers(&folder).is_empty());
}
