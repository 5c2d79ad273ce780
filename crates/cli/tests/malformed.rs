//! Malformed configurations against the real binary and a local tenant.
//!
//! Each folder of `tests/malformed` is a configuration with mistakes, and `stderr.txt` beside them is all that people
//! see of it. A line that ends in `# !` carries a mistake: it must be shown, and no other line may be accused. Folders
//! whose names begin with `tenant-` are wrong only in the eyes of a tenant, `seed.json` where there is one and Contoso
//! elsewhere; everything else must be found before the first request.
//!
//! `SNAPSHOTS=overwrite cargo test -p tenantry --test malformed` writes `stderr.txt` anew. Read it before keeping it.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its report; helpers are outside #[test]")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snapbox::{Assert, Data, data::DataFormat};
use tempfile::TempDir;
use tenantry_sandbox::{Options, Running, Seed, Stats};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/malformed");

/// How a line says that a mistake is on it.
const MARK: &str = "# !";

/// Beside the configuration in a case's folder, and no part of it.
const EXPECTED: &str = "stderr.txt";
const SEED: &str = "seed.json";

/// What a run of the binary left behind.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A line of a file of the configuration, counted from 1.
type Line = (String, usize);

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_shown_with_its_place_before_the_first_request() {
    let tenant = sandbox(Seed::Contoso).await;
    let mut failures = Vec::new();
    for name in cases(|name| !name.starts_with("tenant-")) {
        let folder = configuration(&name);
        let (plan, asked) = counted(&tenant, || run("plan", &folder, &name, &tenant));
        let mut complaints = check(&name, &plan);
        if asked != Stats::default() {
            complaints.push(format!("the tenant was asked for something: {asked:?}"));
        }
        let (validate, _) = counted(&tenant, || run("validate", &folder, &name, &tenant));
        if (validate.code, &validate.stderr) != (plan.code, &plan.stderr) {
            complaints.push(format!("validate says otherwise than plan:\n{}", validate.stderr));
        }
        failures.extend(complaints.into_iter().map(|complaint| format!("{name}: {complaint}")));
    }
    tenant.stop().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_that_only_a_tenant_shows_have_their_place_and_nothing_is_written() {
    let mut failures = Vec::new();
    for name in cases(|name| name.starts_with("tenant-")) {
        let seed = Path::new(CASES).join(&name).join(SEED);
        let tenant = sandbox(if seed.is_file() { Seed::File(seed) } else { Seed::Contoso }).await;
        let folder = configuration(&name);
        let (validate, _) = counted(&tenant, || run("validate", &folder, &name, &tenant));
        let mut complaints = Vec::new();
        if validate.code != Some(0) {
            complaints.push(format!("not fine without a tenant:\n{}", validate.stderr));
        }
        let (plan, asked) = counted(&tenant, || run("plan", &folder, &name, &tenant));
        complaints.extend(check(&name, &plan));
        if asked.requests == 0 {
            complaints.push("the tenant was not asked".to_owned());
        }
        if asked.writes > 0 {
            complaints.push(format!("the tenant was written to: {asked:?}"));
        }
        failures.extend(complaints.into_iter().map(|complaint| format!("{name}: {complaint}")));
        tenant.stop().await;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_suite_covers_at_least_sixty_malformed_configurations() {
    assert!(cases(|_| true).len() >= 60);
    let accused = cases(|_| true).iter().map(|name| marked(name).len()).sum::<usize>();
    assert!(accused >= 300, "{accused} mistakes are marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_does_not_exist_and_a_file_in_its_place_are_errors() {
    let tenant = sandbox(Seed::Contoso).await;
    let folder = configuration("values-of-ids");
    let here = folder.path();
    for (given, shown) in [
        ("nowhere", "error: `nowhere` is not a folder; give the folder that holds tenantry.toml\n"),
        (
            "values-of-ids/tenantry.toml",
            "error: `values-of-ids/tenantry.toml` is not a folder; give the folder that holds tenantry.toml\n",
        ),
        (
            "no\u{1b}[31m\u{202e}where",
            "error: `no\\u{1b}[31m\\u{202e}where` is not a folder; give the folder that holds tenantry.toml\n",
        ),
    ] {
        for command in ["plan", "validate"] {
            let ran = run_in(here, command, given, &tenant);
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), shown), "{command} {given:?}");
        }
    }
    assert_eq!(tenant.stats(), Stats::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_or_a_secret_key_in_a_configuration_is_reported_and_not_repeated() {
    let tenant = sandbox(Seed::Contoso).await;
    for (name, secret) in [
        ("secrets-a-password", "battery"),
        ("secrets-an-age-secret-key", "1QQPQQPQQ"),
        ("secrets-an-age-secret-key", "SECRET0"),
        ("secrets-in-broken-syntax", "battery"),
        ("secrets-in-the-wrong-place", "1QQPQQPQQ"),
    ] {
        let folder = configuration(name);
        let ran = run("plan", &folder, name, &tenant);
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains(secret), "{name} shows what it found:\n{}", ran.stderr);
    }
    assert_eq!(tenant.stats(), Stats::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_mistakes_in_one_file_are_all_counted() {
    const MISTAKES: usize = 10_000;
    let tenant = sandbox(Seed::Contoso).await;
    for wrong in ["dispaly_name = \"x\"", "city = Rome"] {
        let users: String =
            (0..MISTAKES).map(|number| format!("[users.\"user{number}@contoso.com\"]\n{wrong}\n")).collect();
        let folder = generated(&[("tenantry.toml", users.as_bytes())]);
        let ran = run("plan", &folder, GENERATED, &tenant);
        assert_eq!(ran.code, Some(1));
        let (accused, _) = places(&ran.stderr);
        let even = (1..=MISTAKES).map(|number| number * 2).collect::<Vec<_>>();
        assert_eq!(accused.into_iter().map(|((_, line), _)| line).collect::<Vec<_>>(), even, "{wrong}");
        let count = "\n10000 problems; nothing was planned or changed\n";
        assert!(ran.stderr.ends_with(count), "{wrong}: {:?}", ran.stderr.lines().next_back());
    }
    assert_eq!(tenant.stats(), Stats::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_too_large_to_be_written_by_people_is_refused_unread() {
    let tenant = sandbox(Seed::Contoso).await;
    let text = vec![b'#'; 16 * 1024 * 1024 + 1];
    let folder = generated(&[("tenantry.toml", b""), ("people.toml", &text)]);
    for command in ["plan", "validate"] {
        let ran = run(command, &folder, GENERATED, &tenant);
        assert_eq!(ran.code, Some(1));
        let expected = "error: `people.toml` has 16777217 bytes; configuration files may have 16777216\n";
        assert_eq!(ran.stderr, expected);
    }
    assert_eq!(tenant.stats(), Stats::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn nesting_of_any_depth_is_a_mistake_and_no_crash() {
    const DEPTH: usize = 100_000;
    let tenant = sandbox(Seed::Contoso).await;
    for (what, value) in [
        ("lists", format!("x = {}{}", "[".repeat(DEPTH), "]".repeat(DEPTH))),
        ("open lists", format!("x = {}", "[".repeat(DEPTH))),
        ("tables", format!("x = {}1{}", "{ x = ".repeat(DEPTH), " }".repeat(DEPTH))),
        ("dotted keys", format!("x{} = 1", ".x".repeat(DEPTH))),
        ("headers", format!("[x{}]", ".x".repeat(DEPTH))),
        ("open headers", "[".repeat(DEPTH)),
    ] {
        let folder = generated(&[("tenantry.toml", value.as_bytes())]);
        let ran = run("plan", &folder, GENERATED, &tenant);
        assert_eq!(ran.code, Some(1), "{what}");
        assert!(ran.stderr.contains("tenantry.toml:1:"), "{what} have no place: {}", ran.stderr);
        assert!(ran.stderr.len() < 100_000, "{what} are shown in {} bytes", ran.stderr.len());
    }
    assert_eq!(tenant.stats(), Stats::default());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn hostile_file_names_are_shown_escaped() {
    let tenant = sandbox(Seed::Contoso).await;
    let name = "people\u{1b}[31m\n\u{202e}.toml";
    let folder =
        generated(&[("tenantry.toml", b""), (name, b"[users.\"adele.vance@contoso.com\"]\ncity = 7\n")]);
    let ran = run("plan", &folder, GENERATED, &tenant);
    assert_eq!(ran.code, Some(1));
    assert_eq!(raw(&ran.stderr), None, "{:?}", ran.stderr);
    assert!(ran.stderr.contains("people\\u{1b}[31m\\n\\u{202e}.toml:2:8"), "{}", ran.stderr);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_file_is_part_of_the_configuration() {
    let tenant = sandbox(Seed::Contoso).await;
    let folder = generated(&[("shared/users.toml.in", b"[users.\"adele.vance@contoso.com\"]\ncity = 7\n")]);
    let configuration = folder.path().join(GENERATED);
    for link in ["tenantry.toml", "users.toml"] {
        std::os::unix::fs::symlink("shared/users.toml.in", configuration.join(link)).unwrap();
        let ran = run("plan", &folder, GENERATED, &tenant);
        assert_eq!(ran.code, Some(1), "{link} is left out: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{link}:2:8")), "{}", ran.stderr);
    }
}

/// What is wrong with what a case's run of `plan` showed.
fn check(name: &str, plan: &Ran) -> Vec<String> {
    let mut complaints = Vec::new();
    if plan.code != Some(1) {
        complaints.push(format!("the exit code is {:?}, not 1:\n{}", plan.code, plan.stdout));
    }
    if !plan.stdout.is_empty() {
        complaints.push(format!("something stands on standard output:\n{}", plan.stdout));
    }
    if plan.stderr.contains("panicked") || plan.stderr.contains("RUST_BACKTRACE") {
        complaints.push("it panicked".to_owned());
    }
    if let Some(character) = raw(&plan.stderr) {
        complaints.push(format!("{character:?} reaches the terminal raw"));
    }
    let (accused, shown) = places(&plan.stderr);
    let marked = marked(name);
    for (file, line) in &marked {
        let told = plan.stderr.contains(&format!("{file}:{line}: "));
        if !told && !shown.contains(&(file.clone(), *line)) {
            complaints.push(format!("the mistake at {file}:{line} is not shown"));
        }
    }
    let mut before = BTreeSet::new();
    for (line, column) in accused {
        if !marked.contains(&line) {
            complaints.push(format!("{}:{} is accused and carries no mistake", line.0, line.1));
        }
        if !before.insert((line.clone(), column)) && !name.starts_with("cycle") {
            complaints.push(format!("{}:{}:{column} is accused twice", line.0, line.1));
        }
    }
    let expected = Path::new(CASES).join(name).join(EXPECTED);
    let expected = Data::read_from(&expected, Some(DataFormat::Text)).raw();
    let same = Assert::new().action_env("SNAPSHOTS").try_eq(
        Some(&"standard error"),
        Data::text(&plan.stderr),
        expected,
    );
    complaints.extend(same.err().map(|difference| format!("other words than expected\n{difference}")));
    complaints
}

/// The lines that mistakes are said to be on, each with the column; and all lines that carry a remark.
fn places(stderr: &str) -> (Vec<(Line, usize)>, BTreeSet<Line>) {
    let (mut accused, mut shown) = (Vec::new(), BTreeSet::new());
    let (mut file, mut last) = (String::new(), None);
    for text in stderr.lines() {
        let text = text.trim_start();
        if let Some(place) = text.strip_prefix("--> ").or_else(|| text.strip_prefix("::: ")) {
            let mut parts = place.rsplitn(3, ':');
            let column = parts.next().and_then(|column| column.parse().ok());
            let line = parts.next().and_then(|line| line.parse().ok());
            parts.next().unwrap_or_default().clone_into(&mut file);
            if let (Some(line), Some(column), true) = (line, column, text.starts_with('-')) {
                accused.push(((file.clone(), line), column));
            }
            continue;
        }
        let Some((gutter, remark)) = text.split_once('|') else { continue };
        match gutter.trim().parse::<usize>() {
            Ok(line) => last = Some(line),
            Err(_) if remark.contains(['^', '-']) => {
                shown.extend(last.map(|line| (file.clone(), line)));
            }
            Err(_) => {}
        }
    }
    (accused, shown)
}

/// The first character that a terminal might act on, if there is one.
fn raw(text: &str) -> Option<char> {
    let acts = |character: &char| {
        (character.is_control() && *character != '\n')
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().find(acts)
}

/// The names of the cases that `wanted` takes, in order.
fn cases(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| wanted(name))
        .collect();
    names.sort();
    names
}

/// The files of a case's configuration, by name with `/` between segments.
fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                collect(&entry.path(), &format!("{name}/"), files);
            } else if name != EXPECTED && name != SEED {
                files.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(CASES).join(name), "", &mut found);
    found
}

/// The lines of a case that say they carry a mistake.
fn marked(name: &str) -> BTreeSet<Line> {
    let mut marked = BTreeSet::new();
    for (file, bytes) in files(name) {
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        let wrong = lines.filter(|(_, line)| line.trim_ascii_end().ends_with(MARK.as_bytes()));
        marked.extend(wrong.map(|(index, _)| (file.clone(), index + 1)));
    }
    marked
}

/// A copy of a case's configuration, in a folder of the case's name.
fn configuration(name: &str) -> TempDir {
    let temporary = TempDir::new().unwrap();
    write(&temporary.path().join(name), &files(name));
    temporary
}

/// What made-up configurations are called.
const GENERATED: &str = "generated";

/// A configuration made of these files.
fn generated(files: &[(&str, &[u8])]) -> TempDir {
    let temporary = TempDir::new().unwrap();
    let files: Vec<_> = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    write(&temporary.path().join(GENERATED), &files);
    temporary
}

fn write(folder: &Path, files: &[(String, Vec<u8>)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in files {
        let path: PathBuf = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

async fn sandbox(seed: Seed) -> Running {
    tenantry_sandbox::start(Options { seed, ..Options::default() }).await.unwrap()
}

/// What `work` gave, and what the tenant was asked meanwhile.
fn counted<T>(tenant: &Running, work: impl FnOnce() -> T) -> (T, Stats) {
    let before = tenant.stats();
    let done = work();
    let mut asked = tenant.stats();
    if asked == before {
        return (done, Stats::default());
    }
    asked.requests -= before.requests;
    asked.writes -= before.writes;
    (done, asked)
}

/// Runs a command of the binary on the copy of a configuration.
fn run(command: &str, temporary: &TempDir, name: &str, tenant: &Running) -> Ran {
    run_in(temporary.path(), command, name, tenant)
}

fn run_in(working: &Path, command: &str, folder: &str, tenant: &Running) -> Ran {
    use secrecy::ExposeSecret as _;

    let credentials = tenant.credentials();
    let output = Command::new(env!("CARGO_BIN_EXE_tenantry"))
        .args(["--color", "never", command, folder])
        .current_dir(working)
        .env_clear()
        .env("TENANTRY_GRAPH_ENDPOINT", tenant.graph_endpoint())
        .env("AZURE_AUTHORITY_HOST", tenant.authority_host())
        .env("AZURE_TENANT_ID", &credentials.tenant_id)
        .env("AZURE_CLIENT_ID", &credentials.client_id)
        .env("AZURE_CLIENT_SECRET", credentials.client_secret.expose_secret())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: undated(String::from_utf8(output.stderr).unwrap()),
    }
}

/// What is said of today, without the day.
fn undated(text: String) -> String {
    const TODAY: &str = "today is ";
    let Some(at) = text.find(TODAY).map(|at| at + TODAY.len()) else { return text };
    format!("{}####-##-##{}", &text[..at], &text[at + "2026-01-31".len()..])
}
