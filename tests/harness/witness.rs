//! An independent witness: reads the tenant after an apply and compares it with the TOML, knowing neither the kind
//! table nor the client. It speaks through curl where there is one.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use toml::Table;

use super::{Sandbox, http};

/// Attributes that no read shows, and words that are not attributes.
const UNSEEN: &[&str] = &[
    "id",
    "absent",
    "previously",
    "invitation",
    "password_profile",
    "custom_security_attributes",
    "identities",
    "licenses",
    "member_settings",
    "owner_settings",
];

/// Whether curl can be run here.
pub(crate) static HAS_CURL: LazyLock<bool> = LazyLock::new(|| {
    Command::new("curl").arg("--version").output().is_ok_and(|output| output.status.success())
});

/// Attributes that are schedules of privileged access.
const SCHEDULED: &[&str] = &["eligible_members", "eligible_owners", "active_members", "active_owners"];

/// Asserts that the tenant shows every user and group as the configuration declares them.
#[track_caller]
pub(crate) fn assert_as_declared(configuration: &Path, sandbox: &Sandbox) {
    let mut files = Vec::new();
    toml_files(configuration, &mut files);
    for file in files {
        for (collection, key_property) in [("users", "userPrincipalName"), ("groups", "displayName")] {
            let Some(objects) = file.get(collection).and_then(toml::Value::as_table) else { continue };
            for (key, object) in objects {
                let object = object.as_table().expect("an object is a table");
                compare(sandbox, collection, key_property, key, object);
            }
        }
    }
}

fn toml_files(folder: &Path, files: &mut Vec<Table>) {
    for entry in std::fs::read_dir(folder).expect("the configuration is a folder") {
        let path = entry.expect("the folder is read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let own = path.join("tenantry.toml").exists();
        if path.is_dir() && !name.starts_with('.') && !own {
            toml_files(&path, files);
        } else if name.ends_with(".toml") {
            let text = std::fs::read_to_string(&path).expect("the file is read");
            files.push(text.parse().expect("the file is TOML"));
        }
    }
}

fn compare(sandbox: &Sandbox, collection: &str, key_property: &str, key: &str, object: &Table) {
    let given = object.get(snake_case(key_property).as_str()).and_then(toml::Value::as_str);
    let (property, value) = match object.get("id").and_then(toml::Value::as_str) {
        Some(id) => ("id", id),
        None if object.contains_key("invitation") => ("mail", key),
        None => (key_property, given.unwrap_or(key)),
    };
    let filter = encoded(&format!("{property} eq '{}'", value.replace('\'', "''")));
    let found = get(sandbox, &format!("/{collection}?$filter={filter}&$select=id"));
    let found = found["value"].as_array().expect("a list");
    if object.get("absent") == Some(&toml::Value::Boolean(true)) {
        assert!(found.is_empty(), "{key} is declared absent and is there");
        return;
    }
    assert_eq!(found.len(), 1, "{key} is there once: {found:?}");
    let id = found[0]["id"].as_str().expect("an id");
    for (attribute, wanted) in object.iter().filter(|(name, _)| !UNSEEN.contains(&name.as_str())) {
        let property = camel_case(attribute);
        if matches!(attribute.as_str(), "members" | "owners" | "sponsors" | "manager") {
            // Entries that end by a date are the scenario's own expectation.
            if let Some(references) = references(wanted) {
                let mut shown = linked(sandbox, collection, id, &property);
                if collection == "groups" {
                    let passing = for_a_time(sandbox, id, attribute.trim_end_matches('s'));
                    shown.retain(|name| !passing.contains(name));
                }
                assert_eq!(shown, references, "{attribute} of {key}");
            }
            continue;
        }
        if let Some((family, access)) =
            attribute.split_once('_').filter(|_| SCHEDULED.contains(&attribute.as_str()))
        {
            // Lists in part, and entries that have ended, are the scenario's own expectation.
            if let Some(entries) = wanted.as_array() {
                let held = scheduled(sandbox, id, family, access.trim_end_matches('s'));
                assert_eq!(held.len(), entries.len(), "{attribute} of {key}: {held:?}");
            }
            continue;
        }
        if attribute == "allow_to_add_guests" {
            assert_eq!(Some(guests_allowed(sandbox, id)), wanted.as_bool(), "{attribute} of {key}");
            continue;
        }
        let shown = get(sandbox, &format!("/{collection}/{id}?$select={property}"));
        assert!(
            agrees(wanted, &shown[&property]),
            "{attribute} of {key} is declared as {wanted:?} and is {}",
            shown[&property]
        );
    }
}

/// The schedules of a group that somebody gave: eligible ones, or active ones that end.
fn scheduled(sandbox: &Sandbox, group: &str, family: &str, access: &str) -> Vec<Value> {
    let list = if family == "eligible" { "eligibilitySchedules" } else { "assignmentSchedules" };
    let filter = encoded(&format!("groupId eq '{group}'"));
    let path =
        format!("/identityGovernance/privilegedAccess/group/{list}?$filter={filter}&$expand=principal");
    let rows = get(sandbox, &path);
    let ends = |row: &Value| !row["scheduleInfo"]["expiration"]["endDateTime"].is_null();
    let given = |row: &&Value| {
        row["accessId"] == access
            && row["memberType"] == "direct"
            && (family == "eligible" || (row["assignmentType"] == "assigned" && ends(row)))
    };
    rows["value"].as_array().expect("a list").iter().filter(given).cloned().collect()
}

/// Who is in a group only for a time: by an activation, or assigned until some day.
fn for_a_time(sandbox: &Sandbox, group: &str, access: &str) -> Vec<String> {
    let filter = encoded(&format!("groupId eq '{group}'"));
    let path = format!(
        "/identityGovernance/privilegedAccess/group/assignmentSchedules?$filter={filter}&$expand=principal"
    );
    let (status, rows) = try_get(sandbox, &path);
    let rows = if status == 200 { rows["value"].as_array().cloned().unwrap_or_default() } else { Vec::new() };
    let passing = rows.iter().filter(|row| {
        row["accessId"] == access && !row["scheduleInfo"]["expiration"]["endDateTime"].is_null()
    });
    passing.filter_map(|row| row["principal"]["userPrincipalName"].as_str().map(str::to_lowercase)).collect()
}

/// What a group's own settings say of guests; without any they may be added.
fn guests_allowed(sandbox: &Sandbox, group: &str) -> bool {
    let settings = get(sandbox, &format!("/groups/{group}/settings"));
    let settings = settings["value"].as_array().expect("a list");
    let values = settings.iter().flat_map(|settings| settings["values"].as_array().expect("values"));
    let mut guests = values.filter(|value| value["name"] == "AllowToAddGuests");
    guests
        .next()
        .is_none_or(|value| value["value"].as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// The names in a list of plain references, sorted; `None` for anything less plain.
fn references(wanted: &toml::Value) -> Option<Vec<String>> {
    let list = match wanted {
        toml::Value::String(text) if text.is_empty() => Vec::new(),
        toml::Value::String(_) => vec![wanted.clone()],
        toml::Value::Array(list) => list.clone(),
        _ => return None,
    };
    let names = list.iter().map(|entry| {
        let (kind, name) = entry.as_str()?.split_once(':')?;
        (kind != "id").then(|| name.to_lowercase())
    });
    let mut names = names.collect::<Option<Vec<String>>>()?;
    names.sort();
    Some(names)
}

fn linked(sandbox: &Sandbox, collection: &str, id: &str, navigation: &str) -> Vec<String> {
    let name = |entry: &Value| {
        let guest = entry["userPrincipalName"].as_str().is_some_and(|name| name.contains("#EXT#"));
        let properties: &[&str] = if guest { &["mail"] } else { &["userPrincipalName", "displayName"] };
        properties.iter().find_map(|property| entry[*property].as_str()).unwrap_or_default().to_lowercase()
    };
    if navigation == "manager" {
        return match try_get(sandbox, &format!("/{collection}/{id}/manager")) {
            (404, _) => Vec::new(),
            (_, manager) => vec![name(&manager)],
        };
    }
    let mut names = Vec::new();
    let mut path = format!("/{collection}/{id}/{navigation}?$top=999");
    loop {
        let page = get(sandbox, &path);
        names.extend(page["value"].as_array().expect("a list").iter().map(name));
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.split_once("/v1.0").expect("a link into the same version").1.to_owned();
    }
    names.sort();
    names
}

/// Whether a value that Graph shows is what TOML says, up to spelling: `hidden_membership` is `HiddenMembership`.
fn agrees(wanted: &toml::Value, shown: &Value) -> bool {
    let plain = |text: &str| text.replace(['_', ' '], "").to_lowercase();
    match (wanted, shown) {
        (toml::Value::String(wanted), Value::Null) => wanted.is_empty(),
        (toml::Value::Boolean(wanted), Value::Null) => !wanted,
        (toml::Value::String(wanted), Value::String(shown)) => plain(wanted) == plain(shown),
        (toml::Value::Boolean(wanted), Value::Bool(shown)) => wanted == shown,
        (toml::Value::Datetime(wanted), Value::String(shown)) => {
            shown.starts_with(wanted.to_string().trim_end_matches('Z'))
        }
        (toml::Value::Array(wanted), Value::Array(shown)) => {
            wanted.iter().all(|wanted| shown.iter().any(|shown| agrees(wanted, shown)))
                && wanted.len() <= shown.len()
                && (!wanted.is_empty() || shown.is_empty())
        }
        (toml::Value::Array(wanted), Value::String(shown)) => {
            let shown: Vec<String> = shown.split(',').map(plain).filter(|flag| flag != "none").collect();
            let wanted: Vec<String> = wanted.iter().filter_map(toml::Value::as_str).map(plain).collect();
            shown.len() == wanted.len() && wanted.iter().all(|flag| shown.contains(flag))
        }
        (toml::Value::Array(wanted), Value::Null) => wanted.is_empty(),
        (toml::Value::Table(wanted), shown) => {
            wanted.iter().all(|(name, wanted)| agrees(wanted, &shown[camel_case(name)]))
        }
        _ => false,
    }
}

/// One GET below `/v1.0`, which must succeed.
#[track_caller]
pub(crate) fn get(sandbox: &Sandbox, path: &str) -> Value {
    let (status, answer) = try_get(sandbox, path);
    assert_eq!(status, 200, "GET {path}: {answer}");
    answer
}

fn try_get(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    if !*HAS_CURL {
        return http::send(&sandbox.base(), "GET", &format!("/v1.0{path}"), Some(sandbox.token()), None);
    }
    curl(sandbox, path)
}

/// One GET by curl.
pub(crate) fn curl(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--globoff", "--noproxy", "*", "--max-time", "30"])
        .args(["--write-out", "\n%{http_code}"])
        .args(["--header", &format!("Authorization: Bearer {}", sandbox.token())])
        .arg(format!("{}/v1.0{}", sandbox.base(), path.replace(' ', "%20")))
        .output()
        .expect("curl runs");
    assert!(output.status.success(), "curl {path}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the answer is UTF-8");
    let (body, status) = text.rsplit_once('\n').expect("curl writes the status last");
    (status.parse().expect("a status"), serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Text as it stands in a query.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~'".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn camel_case(snake: &str) -> String {
    if snake.starts_with("extension_") && snake.matches('_').count() > 1 {
        return snake.to_owned();
    }
    let mut words = snake.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn snake_case(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
