//! JSON Schema for editors: `tenantry schema`, made from the kind table and the table of settings.
//!
//! It uses only keywords that mean the same in every draft since 4 (`definitions`, no `const`), because TOML editors
//! stand at different drafts. It says what a value looks like; what takes several attributes or a tenant to know is
//! left to `tenantry validate`.

use serde_json::{Map, Value, json};

use crate::config::REF;
use crate::explain::{is_relationship, remarks, type_in_words};
use crate::kinds::comparison::{AT_LEAST, NEVER};
use crate::kinds::{
    ALL_USERS, Assignments, Attribute, Clear, KINDS, Kind, Link, Named, ScheduleOf, Schedules, Shape, Type,
    collections, snake_case,
};
use crate::pim;
use crate::rule;
use crate::settings_reference::{Keys, SETTINGS, Setting, SettingsTable, lifecycle};

/// The JSON Schema of a configuration file. TOML's dates reach a validator as text.
pub fn json_schema() -> Value {
    let settings = SETTINGS.iter().map(|table| (table.name.to_owned(), settings_table(table)));
    let kinds = KINDS.iter().map(|kind| (kind.table.to_owned(), kind_table(kind)));
    let mut schema = object(settings.chain(kinds).collect());
    put(&mut schema, "$schema", json!("https://json-schema.org/draft/2020-12/schema"));
    put(&mut schema, "title", json!("Tenantry configuration"));
    put(
        &mut schema,
        "description",
        json!("Objects of a Microsoft 365 tenant as they shall be, and settings."),
    );
    put(&mut schema, "definitions", definitions());
    schema
}

fn settings_table(table: &SettingsTable) -> Value {
    let properties = match &table.keys {
        Keys::Named(settings) => settings.iter().map(setting).collect(),
        Keys::PerKind(each) => {
            let description = format!("{} Unless given, {}.", each.summary, each.default);
            collections()
                .map(|kind| (kind.table.to_owned(), described((each.schema)(kind), &description, None)))
                .collect()
        }
        Keys::Entries(entries) => {
            let schema = json!({ "type": "object", "additionalProperties": entry_of(entries.settings) });
            return described(schema, table.summary, None);
        }
    };
    described(object(properties), table.summary, None)
}

fn entry_of(settings: &[Setting]) -> Value {
    let mut schema = object(settings.iter().map(setting).collect());
    let required = settings.iter().filter(|setting| setting.is_required());
    put(&mut schema, "required", json!(required.map(|setting| setting.name).collect::<Vec<_>>()));
    schema
}

fn setting(setting: &Setting) -> (String, Value) {
    let description = format!("{} Unless given, {}.", setting.summary, setting.default);
    (setting.name.to_owned(), described((setting.schema)(), &description, None))
}

fn kind_table(kind: &Kind) -> Value {
    let schema = match kind.shape.is_single() {
        true => reference_to(kind.name),
        false => json!({ "type": "object", "additionalProperties": reference_to(kind.name) }),
    };
    described(schema, kind.summary, Some(kind.documentation))
}

fn definitions() -> Value {
    let mut definitions = Map::new();
    for kind in KINDS {
        definitions.insert(kind.name.to_owned(), kind_object(kind));
        if kind.shape == Shape::Collection {
            definitions.insert(format!("{}_defaults", kind.name), kind_defaults(kind));
        }
        for link in kind.attributes.iter().filter_map(Attribute::link) {
            definitions.insert(reference_name(link.targets), reference(link.targets));
            definitions.insert(entry_name(link), entry(link));
        }
    }
    Value::Object(definitions)
}

/// An object of a kind: its attributes and the keys of every object.
fn kind_object(kind: &Kind) -> Value {
    let attributes = kind.attributes.iter().map(|attribute| {
        let anchor = if is_relationship(attribute) { "relationships" } else { "properties" };
        let documentation = format!("{}#{anchor}", kind.documentation);
        let description = description(kind, attribute);
        let schema = described(attribute_schema(kind, attribute), &description, Some(&documentation));
        (attribute.name.to_owned(), schema)
    });
    let schema = object(attributes.chain(lifecycle(kind.shape).map(setting)).collect());
    with_extensions(kind, schema)
}

/// What `[defaults.<kind>]` takes: the attributes alone.
fn kind_defaults(kind: &Kind) -> Value {
    let attributes = kind.attributes.iter().map(|attribute| {
        let path = format!("{}/properties/{}", kind.name, attribute.name);
        (attribute.name.to_owned(), reference_to(&path))
    });
    with_extensions(kind, object(attributes.collect()))
}

fn with_extensions(kind: &Kind, mut schema: Value) -> Value {
    if kind.extensions {
        let extension = json!({ "type": ["string", "integer", "boolean"] });
        let extension = described(extension, "A directory extension, as the tenant defines it.", None);
        put(&mut schema, "patternProperties", json!({ "^extension_[0-9A-Fa-f]{32}_.+$": extension }));
    }
    schema
}

fn description(kind: &Kind, attribute: &Attribute) -> String {
    let words = [vec![type_in_words(attribute)], remarks(kind, attribute)].concat();
    format!("{} ({})", attribute.summary, words.join("; "))
}

/// What the attribute takes, with what clears it.
fn attribute_schema(kind: &Kind, attribute: &Attribute) -> Value {
    let clearable = attribute.clear != Clear::Never;
    let least = usize::from(!clearable);
    match &attribute.value {
        Type::Boolean => or_cleared(clearable, json!({ "type": "boolean" })),
        Type::Text { max, .. } => json!({ "type": "string", "minLength": least, "maxLength": max }),
        Type::Enumeration(members) => {
            let cleared = clearable.then(String::new);
            json!({ "enum": words(members).into_iter().chain(cleared).collect::<Vec<_>>() })
        }
        Type::Words(words) => {
            let cleared = clearable.then_some("");
            json!({ "enum": words.iter().map(|word| word.name).chain(cleared).collect::<Vec<_>>() })
        }
        Type::Flags(members) => {
            json!({ "type": "array", "maxItems": members.len(), "items": { "enum": words(members) } })
        }
        Type::Rule => json!({ "type": "string", "minLength": least, "maxLength": rule::LONGEST }),
        Type::DateTime => json!({ "type": "string", "minLength": least }),
        Type::Duration { word, .. } => {
            let words: Vec<&str> = word.iter().copied().chain(clearable.then_some("")).collect();
            let words: String = words.iter().map(|word| format!("|{word}")).collect();
            json!({ "type": "string", "pattern": format!("^(P[0-9DTHMS]+{words})$") })
        }
        Type::Texts { max_items, max, members, .. } => {
            let list = json!({ "type": "array", "maxItems": max_items, "items": item(*max, members) });
            if attribute.in_part { part_of(list) } else { list }
        }
        Type::Record(members) => or_cleared(clearable, record(kind, members)),
        Type::Records(members) => {
            json!({ "type": "array", "minItems": least, "items": record(kind, members) })
        }
        Type::Item(member) => attribute_schema(kind, member),
        Type::Ranges { max_items, .. } => {
            let range = json!({ "type": "string", "minLength": 1 });
            json!({ "type": "array", "minItems": least, "maxItems": max_items, "items": range })
        }
        Type::SecurityAttributes => or_cleared(clearable, security_attributes()),
        Type::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Type::Reference(targets) => or_cleared(clearable, reference(targets)),
        Type::References(targets) => json!({ "type": "array", "items": reference(targets) }),
        Type::Named(named) if named.single => or_cleared(clearable, meant(named)),
        Type::Named(named) => json!({ "type": "array", "items": meant(named) }),
        Type::Member(member) => attribute_schema(kind, member),
        Type::Targets { kinds, members } => json!({ "type": "array", "items": target(kind, kinds, members) }),
        Type::Extension => json!({ "type": ["string", "integer", "boolean"] }),
        Type::Licenses { .. } => licenses(),
        Type::Assignments(of) => assignments(of),
        Type::Schedules(of) => schedules(kind, attribute, of),
        Type::Link(link) => links(link),
    }
}

/// A word, or a reference.
fn meant(named: &Named) -> Value {
    let words: Vec<&str> = named.words.iter().map(|word| word.name).collect();
    match (words.is_empty(), named.targets.is_empty()) {
        (true, _) => reference(named.targets),
        (_, true) => json!({ "enum": words }),
        _ => json!({ "anyOf": [{ "enum": words }, reference(named.targets)] }),
    }
}

/// Products by name, each alone or with its service plans.
fn licenses() -> Value {
    let name = json!({ "type": "string", "minLength": 1 });
    let names = json!({ "type": "array", "items": name });
    let mut entry = object(Map::from_iter([
        ("sku".to_owned(), described(name.clone(), "Part number, SKU id or product name.", None)),
        ("disabled_plans".to_owned(), described(names.clone(), "Service plans that are off.", None)),
        ("enabled_plans".to_owned(), described(names.clone(), "The only service plans that are on.", None)),
    ]));
    put(&mut entry, "required", json!(["sku"]));
    put(&mut entry, "not", json!({ "required": ["disabled_plans", "enabled_plans"] }));
    let entries = json!({ "type": "array", "items": { "anyOf": [name, entry] } });
    let part = Map::from_iter([
        ("at_least".to_owned(), described(entries.clone(), "Products that shall be assigned.", None)),
        ("never".to_owned(), described(names, "Products that shall not be assigned.", None)),
    ]);
    json!({ "anyOf": [entries, object(part)] })
}

/// Roles and who holds them, perhaps for a time.
fn assignments(of: &Assignments) -> Value {
    let parts = Map::from_iter([
        ("role".to_owned(), described(reference(&["role"]), "The role.", None)),
        ("member".to_owned(), described(reference(of.members), "Who holds it.", None)),
    ]);
    let required = json!(parts.keys().collect::<Vec<_>>());
    let mut entry = object(parts.into_iter().chain(for_a_time()).collect());
    put(&mut entry, "required", required);
    let entries = json!({ "type": "array", "items": entry });
    let part = Map::from_iter([
        ("at_least".to_owned(), described(entries.clone(), "Assignments that shall be there.", None)),
        ("never".to_owned(), described(entries.clone(), "Assignments that shall not be there.", None)),
    ]);
    json!({ "anyOf": [entries, object(part)] })
}

/// Who holds something, over what, and for how long.
fn schedules(kind: &Kind, attribute: &Attribute, of: &Schedules) -> Value {
    let text = || json!({ "type": "string" });
    let ticket = Map::from_iter([
        ("number".to_owned(), described(text(), "Its number.", None)),
        ("system".to_owned(), described(text(), "The system that it is in.", None)),
    ]);
    let duration = json!({ "type": "string", "pattern": "^P" });
    let until = json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" });
    let mut parts = Map::from_iter([
        ("ref".to_owned(), described(reference(of.members), "Who holds it.", None)),
        ("until".to_owned(), described(until, "The last day on which it holds, or an instant.", None)),
        ("duration".to_owned(), described(duration, "How long it holds, such as P90D.", None)),
        ("reason".to_owned(), described(text(), "Why it is there.", None)),
        ("justification".to_owned(), described(text(), "What the request says why; else `reason`.", None)),
        ("ticket".to_owned(), described(object(ticket), "The ticket that the request names.", None)),
    ]);
    if of.of == ScheduleOf::Role {
        let what = "What the role is held over instead of the whole tenant.";
        parts.insert("scope".to_owned(), described(reference(of.scopes), what, None));
    }
    let mut entry = object(parts);
    put(&mut entry, "required", json!(["ref"]));
    put(&mut entry, "not", json!({ "required": ["until", "duration"] }));
    let entries = json!({ "type": "array", "items": { "anyOf": [reference(of.members), entry] } });
    let mut part = Map::from_iter([
        ("at_least".to_owned(), described(entries.clone(), "Who shall hold it.", None)),
        ("never".to_owned(), described(entries.clone(), "Who shall not hold it.", None)),
    ]);
    if let Some(Attribute { value: Type::Record(members), .. }) = pim::beside(kind, attribute) {
        let settings = members.iter().map(|member| {
            let schema = attribute_schema(kind, member);
            (member.name.to_owned(), described(schema, &description(kind, member), None))
        });
        part.extend(settings);
    }
    json!({ "anyOf": [entries, object(part)] })
}

/// What an entry of a list says of its time.
fn for_a_time() -> [(String, Value); 2] {
    let date = json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
    [
        ("until".to_owned(), described(date, "The last day on which it holds, such as 2027-03-31.", None)),
        ("reason".to_owned(), described(json!({ "type": "string" }), "Why it is there, for people.", None)),
    ]
}

fn or_cleared(clearable: bool, schema: Value) -> Value {
    if clearable { json!({ "anyOf": [schema, { "enum": [""] }] }) } else { schema }
}

/// A list, or what of it shall be there and what shall not.
fn part_of(list: Value) -> Value {
    let part = Map::from_iter([
        (AT_LEAST.to_owned(), described(list.clone(), "What shall be there.", None)),
        (NEVER.to_owned(), described(list.clone(), "What shall not be there.", None)),
    ]);
    json!({ "anyOf": [list, object(part)] })
}

fn words(members: &[&str]) -> Vec<String> {
    members.iter().map(|member| snake_case(member)).collect()
}

fn item(max: usize, members: &[&str]) -> Value {
    match members {
        [] => json!({ "type": "string", "maxLength": max }),
        members => json!({ "enum": words(members) }),
    }
}

fn record(kind: &Kind, members: &[Attribute]) -> Value {
    let member = |member: &Attribute| {
        (member.name.to_owned(), described(attribute_schema(kind, member), &description(kind, member), None))
    };
    object(members.iter().map(member).collect())
}

/// Everybody, or a reference, alone or with what is said of it.
fn target(kind: &Kind, kinds: &[&str], members: &[Attribute]) -> Value {
    let whom = json!({ "anyOf": [{ "enum": [ALL_USERS] }, reference(kinds)] });
    if members.is_empty() {
        return whom;
    }
    let mut table = record(kind, members);
    if let Some(properties) = table.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(REF.to_owned(), described(whom.clone(), "Whom it is about.", None));
    }
    put(&mut table, "required", json!([REF]));
    json!({ "anyOf": [whom, table] })
}

fn security_attributes() -> Value {
    let scalar = json!({ "type": ["string", "integer", "boolean"] });
    let list = |item: &str| json!({ "type": "array", "items": { "type": item } });
    let value = json!({ "anyOf": [scalar, list("string"), list("integer")] });
    json!({ "type": "object", "additionalProperties": { "type": "object", "additionalProperties": value } })
}

fn links(link: &Link) -> Value {
    let entry = reference_to(&entry_name(link));
    if link.max == 1 {
        return json!({ "anyOf": [entry, { "enum": [""] }] });
    }
    let mut entries = json!({ "type": "array", "items": entry });
    if link.max != usize::MAX {
        put(&mut entries, "maxItems", json!(link.max));
    }
    let never = json!({ "type": "array", "items": reference_to(&reference_name(link.targets)) });
    let some = Map::from_iter([
        ("at_least".to_owned(), described(entries.clone(), "References that shall be there.", None)),
        ("never".to_owned(), described(never, "References that shall not be there.", None)),
    ]);
    json!({ "anyOf": [entries, object(some)] })
}

/// One reference of a list: bare, or with its last day and its reason.
fn entry(link: &Link) -> Value {
    let reference = reference_to(&reference_name(link.targets));
    let target = ("ref".to_owned(), described(reference.clone(), "What it refers to.", None));
    let mut table = object([target].into_iter().chain(for_a_time()).collect());
    put(&mut table, "required", json!(["ref"]));
    json!({ "anyOf": [reference, table] })
}

fn reference(targets: &[&str]) -> Value {
    let pattern = format!("^({}|id):.+", targets.join("|"));
    described(json!({ "type": "string", "pattern": pattern }), "A reference `kind:key` or `id:GUID`.", None)
}

fn reference_name(targets: &[&str]) -> String {
    format!("reference_to_{}", targets.join("_or_"))
}

fn entry_name(link: &Link) -> String {
    format!("entry_for_{}", link.targets.join("_or_"))
}

fn reference_to(definition: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{definition}") })
}

fn object(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// Adds what an editor shows. Before draft 2019-09 nothing may stand beside `$ref`.
fn described(schema: Value, description: &str, documentation: Option<&str>) -> Value {
    let mut schema = if schema.get("$ref").is_some() { json!({ "allOf": [schema] }) } else { schema };
    put(&mut schema, "description", json!(description));
    if let Some(documentation) = documentation {
        put(&mut schema, "x-taplo", json!({ "links": { "key": documentation } }));
    }
    schema
}

fn put(schema: &mut Value, keyword: &str, value: Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(keyword.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jsonschema::{Draft, Validator};

    use super::*;
    use crate::config;
    use crate::diagnostic::SourceFile;

    /// The validators of the oldest and the newest draft that editors use, and of the one between that most do.
    fn validators() -> Vec<Validator> {
        let schema = json_schema();
        [Draft::Draft4, Draft::Draft7, Draft::Draft202012]
            .into_iter()
            .map(|draft| jsonschema::options().with_draft(draft).build(&schema).unwrap())
            .collect()
    }

    fn json_of(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(given) => json!(given.to_string()),
            toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
            toml::Value::Table(table) => {
                Value::Object(table.into_iter().map(|(key, value)| (key, json_of(value))).collect())
            }
            toml::Value::String(text) => json!(text),
            toml::Value::Integer(number) => json!(number),
            toml::Value::Float(number) => json!(number),
            toml::Value::Boolean(value) => json!(value),
        }
    }

    fn document(text: &str) -> Value {
        json_of(toml::Value::Table(text.parse().unwrap()))
    }

    fn assert_accepted(name: &str, text: &str) {
        let document = document(text);
        for validator in validators() {
            let errors: Vec<String> = validator
                .iter_errors(&document)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{name}\n{text}");
        }
    }

    #[test]
    fn the_examples_of_kinds_and_settings_are_valid() {
        for kind in KINDS {
            assert_accepted(kind.name, kind.example);
        }
        for table in SETTINGS {
            assert_accepted(table.name, &table.example());
        }
    }

    #[test]
    fn every_form_of_a_value_is_valid() {
        assert_accepted(
            "forms",
            r#"
[users."a@contoso.com"]
id = "2f1a7c3e-58d0-4b9e-9c61-0d8a4e7b2f35"
previously = ["b@contoso.com"]
department = ""
age_group = ""
employee_hire_date = 2027-01-31T08:00:00Z
employee_org_data = { division = "", cost_center = "4711" }
password_policies = []
manager = { ref = "id:2f1a7c3e-58d0-4b9e-9c61-0d8a4e7b2f35", until = 2027-03-31, reason = "cover" }
custom_security_attributes = { Engineering = { Project = ["Alpine"], Level = 3, Certified = true } }
extension_0123456789abcdef0123456789abcdef_badge = 7

[users."c@contoso.com"]
manager = ""
business_phones = []

[defaults.users]
extension_0123456789abcdef0123456789abcdef_badge = "x"

[defaults.groups]
owners = { at_least = ["user:a@contoso.com"], never = [] }
"#,
        );
    }

    #[test]
    fn mistakes_are_found_as_in_the_configuration_itself() {
        let validators = validators();
        for wrong in [
            "user = {}",
            "[tenant]\nid = 7",
            "[tenant]\ncloud = \"mars\"",
            "[limits]\nupdate = \"130%\"",
            "[limits]\ndelete = -1",
            "[manage]\nusers = \"all\"",
            "[protect]\nemergency_access = [\"group:Tier 0\"]",
            "[protect]\nnever_delete = [\"Tier 0*\"]",
            "[handover]\nrecipients = [\"AGE-SECRET-KEY-1\"]",
            "[manual.x]\nowner = \"y\"",
            "[manual.x]\nowner = \"y\"\nexpected = \"z\"\nchecked = \"today\"",
            "[manual.x]\nowner = \"y\"\nexpected = \"z\"\nevery = 90",
            "[manual]\nowner = \"y\"",
            "[defaults.users]\ndepartmet = \"x\"",
            "[users.\"a@contoso.com\"]\ndepartmet = \"x\"",
            "[users.\"a@contoso.com\"]\ndisplay_name = \"\"",
            "[users.\"a@contoso.com\"]\naccount_enabled = \"yes\"",
            "[users.\"a@contoso.com\"]\nid = \"adele\"",
            "[users.\"a@contoso.com\"]\nbusiness_phones = [\"1\", \"2\"]",
            "[users.\"a@contoso.com\"]\nidentities = []",
            "[users.\"a@contoso.com\"]\nemployee_org_data = { team = \"x\" }",
            "[users.\"a@contoso.com\"]\nmanager = \"group:Sales\"",
            "[groups.Sales]\nvisibility = \"secret\"",
            "[groups.Sales]\nmembers = [\"a@contoso.com\"]",
            "[groups.Sales]\nmembers = [{ until = 2027-03-31 }]",
            "[groups.Sales]\nmembers = { exactly = [] }",
            &format!("[users.\"a@contoso.com\"]\ndepartment = \"{}\"", "x".repeat(65)),
        ] {
            let value = document(wrong);
            assert!(validators.iter().all(|validator| !validator.is_valid(&value)), "accepted: {wrong}");
            let source = SourceFile::new("tenantry.toml", wrong.as_bytes().to_vec());
            assert!(config::parse(vec![source]).is_err(), "parsed: {wrong}");
        }
    }

    #[test]
    fn the_example_configurations_are_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let hidden = |entry: &walkdir::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        let entries = walkdir::WalkDir::new(folder).min_depth(1).into_iter();
        for entry in entries.filter_entry(|entry| !hidden(entry)).flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                assert_accepted(&entry.path().display().to_string(), &text);
            }
        }
    }

    #[test]
    fn the_schema_is_the_same_every_time() {
        assert_eq!(json_schema().to_string(), json_schema().to_string());
    }
}
