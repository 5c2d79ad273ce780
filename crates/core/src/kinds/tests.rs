//! What every kind owes the rest of the program, checked over the whole table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tenantry_contract::{Member, Schema, TypeRef};

use super::Named;
use super::comparison::same;
use super::{Attribute, Clear, KINDS, Kind, LinkWrite, Mode, Shape, Type, snake_case};
use crate::config::{self, LoadError};
use crate::desired::{Configuration, Declared};
use crate::diagnostic::SourceFile;
use crate::explain;
use crate::schema::json_schema;

/// Files in this folder that are not kinds.
const NOT_KINDS: &[&str] =
    &["mod", "attribute", "comparison", "licenses", "text_rules", "tests", "reference", "settings"];

/// Attributes whose TOML name is not the snake_case of Graph's, and why: (kind, attribute path, reason).
const RENAMED: &[(&str, &str, &str)] = &[
    ("custom_role", "permissions", "the one member that counts of the one item of a list"),
    ("authorization_policy", "guest_user_role", "words for the three roles instead of their ids"),
    ("group_settings", "group_creation_allowed_group", "a reference instead of an id"),
    ("group_settings", "enable_mip_labels", "two words that Graph writes as one"),
    ("group_settings", "enable_ms_standard_blocked_words", "two words that Graph writes as one"),
    (
        "consent_policy_settings",
        "constrain_group_specific_consent_to_members_of_group",
        "a reference instead of an id",
    ),
    ("policy", "applications.include", SHORT),
    ("policy", "applications.exclude", SHORT),
    ("policy", "applications.user_actions", SHORT),
    ("policy", "applications.authentication_contexts", SHORT),
    ("policy", "applications.filter", SHORT),
    ("policy", "platforms.include", SHORT),
    ("policy", "platforms.exclude", SHORT),
    ("policy", "locations.include", SHORT),
    ("policy", "locations.exclude", SHORT),
    ("policy", "client_applications.include", SHORT),
    ("policy", "client_applications.exclude", SHORT),
    ("policy", "client_applications.filter", SHORT),
    ("policy", "devices.filter", SHORT),
    ("policy", "grant", SHORT),
    ("policy", "session", SHORT),
    ("policy", "users.include_guests_or_external_users.types", SHORT),
    ("policy", "users.exclude_guests_or_external_users.types", SHORT),
    ("authentication_method", "feature_settings.display_app_information", LONG),
    ("authentication_method", "feature_settings.display_location_information", LONG),
    ("authentication_method", "authentication_mode_configuration.default_mode", LONG),
    ("authentication_method", "authentication_mode_configuration.default_required_affinity_level", LONG),
    ("authentication_method", "authentication_mode_configuration.rules.rule_type", LONG),
    ("authentication_method", "authentication_mode_configuration.rules.authentication_mode", LONG),
    ("authentication_method", "authentication_mode_configuration.rules.required_affinity_level", LONG),
    ("authentication_method", "crl_validation_configuration.exempted_certificate_authorities", LONG),
    ("authentication_methods_policy", "registration_enforcement.campaign", LONG),
    ("authentication_method", "standard_qr_code_lifetime_in_days", "two words that Graph writes as one"),
    ("user", "licenses", "licenseAssignmentStates tells direct from inherited; assignLicense writes"),
    ("group", "licenses", "assignedLicenses is what is read; assignLicense writes"),
];

/// What a member stands in says the rest of Graph's name.
const SHORT: &str = "said by what it stands in";
/// Why a name says less than Graph's.
const LONG: &str = "what the names around it say is left out, so that a line has room for it";

/// Attributes that Graph's metadata does not have on the entity, and why: (kind, attribute, reason).
const NOT_IN_METADATA: &[(&str, &str, &str)] = &[
    ("user", "invitation", "an entity of its own, /invitations, that makes the user"),
    ("group", "allow_to_add_guests", "a value of settings that the group has of its own"),
    ("group_lifecycle_policy", "groups", "written by actions, read from the groups"),
    ("group", "member_settings", POLICY),
    ("group", "owner_settings", POLICY),
    ("custom_role", "activation", POLICY),
    ("custom_role", "eligibility", POLICY),
    ("custom_role", "active_settings", POLICY),
    ("custom_role", "notifications", POLICY),
    ("policy", "users.include_guests_or_external_users.external_tenants.members", "a derived type has it"),
    ("policy", "users.exclude_guests_or_external_users.external_tenants.members", "a derived type has it"),
    ("role", "activation", POLICY),
    ("role", "eligibility", POLICY),
    ("role", "active_settings", POLICY),
    ("role", "notifications", POLICY),
    ("custom_role", "activation", POLICY),
    ("custom_role", "eligibility", POLICY),
    ("custom_role", "active_settings", POLICY),
    ("custom_role", "notifications", POLICY),
];

/// Relationships of Graph's that travel inline.
const INLINE: &[&str] = &["includeTargets", "passkeyProfiles"];

const POLICY: &str = "values of the rules of a policy about it";

/// An attribute with the names that lead to it: members of records included.
fn every_attribute(kind: &Kind) -> Vec<(Vec<String>, &'static Attribute)> {
    fn walk(
        names: &[String],
        attributes: &'static [Attribute],
        found: &mut Vec<(Vec<String>, &'static Attribute)>,
    ) {
        for attribute in attributes {
            let names = [names, &[attribute.name.to_owned()]].concat();
            found.push((names.clone(), attribute));
            if let Type::Record(members) | Type::Records(members) = &attribute.value {
                walk(&names, members, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&[], kind.attributes, &mut found);
    found
}

fn read(text: &str) -> Configuration {
    let text = format!("[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n{text}");
    let source = SourceFile::new("tenantry.toml", text.as_bytes().to_vec());
    config::parse(vec![source]).unwrap_or_else(|error| panic!("{error:#?}\n{text}"))
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn toml_files(folder: &Path) -> Vec<String> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    files
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "toml"))
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect()
}

#[test]
fn every_file_is_a_kind_in_the_table() {
    let files: BTreeSet<String> = fs::read_dir(folder("src/kinds"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !NOT_KINDS.contains(&name.as_str()))
        .collect();
    let kinds: BTreeSet<String> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(files, kinds, "a kind's file is called like the kind and has a line in KINDS");
}

#[test]
fn names_and_tables_are_unique_and_tables_are_plurals() {
    let settings = crate::settings_reference::SETTINGS.iter().map(|table| table.name);
    let mut seen: BTreeSet<&str> = settings.chain(["id"]).collect();
    for kind in KINDS {
        for name in BTreeSet::from([kind.name, kind.table]) {
            assert_eq!(name, snake_case(name), "{name} is not snake_case");
            assert!(seen.insert(name), "{name} is taken");
        }
        if kind.shape.is_single() {
            assert_eq!(kind.name, kind.table, "one object is called like its kind");
        } else {
            assert!(kind.table.ends_with('s'), "{} is not a plural", kind.table);
        }
    }
}

#[test]
fn attributes_are_unique_and_called_as_in_graph() {
    for kind in KINDS {
        let mut seen: BTreeSet<Vec<String>> =
            crate::settings_reference::LIFECYCLE.iter().map(|key| vec![key.name.to_owned()]).collect();
        for (names, attribute) in every_attribute(kind) {
            let path = names.join(".");
            let renamed = RENAMED.iter().any(|(of, name, _)| *of == kind.name && *name == path);
            assert!(seen.insert(names), "{}.{path} is taken", kind.name);
            // Schedules are no property of the object, so Graph has no name for them on it.
            if attribute.schedules().is_some() {
                continue;
            }
            let expected = snake_case(attribute.graph.rsplit('.').next().unwrap());
            assert_eq!(attribute.name != expected, renamed, "{}.{path}: Graph's is {expected}", kind.name);
        }
        let named = kind.attribute(kind.name_attribute).is_some();
        let nameless = kind.shape.is_single() || (kind.is_keyed_by_id() && !named);
        assert_eq!(named, !nameless, "{} and its name attribute", kind.name);
    }
}

#[test]
fn summaries_are_sentences() {
    let summaries = |kind: &Kind| {
        let attributes = every_attribute(kind).into_iter().map(|(_, attribute)| attribute.summary);
        attributes.chain([kind.summary]).collect::<Vec<_>>()
    };
    for summary in KINDS.iter().flat_map(|kind| summaries(kind)) {
        let start = summary.chars().next().unwrap();
        assert!(start.is_uppercase() || matches!(start, '`' | '"'), "starts in the middle: {summary}");
        assert!(summary.ends_with('.'), "has no full stop: {summary}");
    }
}

#[test]
fn what_clears_an_attribute_fits_its_type() {
    for kind in KINDS {
        for (names, attribute) in every_attribute(kind) {
            let is_set = matches!(
                attribute.value,
                Type::Texts { .. }
                    | Type::Records(_)
                    | Type::References(_)
                    | Type::Named(Named { single: false, .. })
                    | Type::Targets { .. }
                    | Type::Item(_)
                    | Type::Ranges { .. }
                    | Type::Licenses { .. }
                    | Type::Assignments(_)
                    | Type::Schedules(_)
            );
            let fits = match attribute.clear {
                Clear::Empty => is_set,
                Clear::Null => !is_set,
                Clear::Never => true,
            };
            assert!(fits, "{}.{}: {:?}", kind.name, names.join("."), attribute.clear);
        }
    }
}

#[test]
fn every_kind_has_an_example_that_is_read_without_mistakes() {
    for kind in KINDS {
        let configuration = read(kind.example);
        let declared = configuration.objects.keys().filter(|address| address.kind == kind.name);
        assert!(declared.count() > 0, "the example of {} declares none", kind.name);
    }
}

#[test]
fn every_kind_explains_itself_and_is_in_the_schema() {
    let schema = json_schema();
    for kind in KINDS {
        let page = explain::explain(kind.name, 100).unwrap();
        assert_eq!(page, explain::explain(kind.table, 100).unwrap());
        assert!(schema["properties"][kind.table].is_object(), "{}", kind.table);
        for attribute in kind.attributes {
            assert!(page.contains(&format!("\n  {}\n", attribute.name)), "{}", attribute.name);
            let properties = &schema["definitions"][kind.name]["properties"];
            assert!(properties[attribute.name].is_object(), "{}", attribute.name);
        }
        for (names, _) in every_attribute(kind) {
            let topic = format!("{}.{}", kind.name, names.join("."));
            assert!(explain::explain(&topic, 100).is_ok(), "{topic}");
        }
    }
}

/// The examples of `explain` are read, and what they say does not differ from itself. A kind whose values are too
/// particular to be made up shows them in its own example.
#[test]
fn every_attribute_has_an_example_that_is_read_and_equals_itself() {
    for kind in KINDS {
        for (names, attribute) in every_attribute(kind) {
            let text = explain::example(kind, &names, attribute);
            let configuration = read(&text);
            let declared = configuration.objects.values().next().unwrap();
            let root = kind.attribute(&names[0]).unwrap();
            if matches!(root.value, Type::Licenses { .. }) {
                assert!(!declared.licenses.as_ref().unwrap().entries.is_empty(), "{text}");
            } else if root.assignments().is_some() {
                assert!(!declared.assignments[root.name].entries.is_empty(), "{text}");
            } else if root.schedules().is_some() {
                assert!(!declared.schedules[root.name].entries.is_empty(), "{text}");
            } else if root.link().is_some() {
                assert!(!declared.links[root.name].entries.is_empty(), "{text}");
            } else {
                let wanted = declared.value(root.name).unwrap();
                assert!(same(&root.value, wanted, wanted), "{text}");
            }
        }
    }
}

#[test]
fn every_member_of_an_enumeration_is_read_back_as_graph_spells_it() {
    for kind in KINDS {
        for (names, attribute) in every_attribute(kind) {
            let (members, list) = match &attribute.value {
                Type::Enumeration(members) => (*members, false),
                Type::Flags(members) | Type::Texts { members, .. } => (*members, true),
                _ => continue,
            };
            for member in members {
                let word = format!("\"{}\"", snake_case(member));
                let value = if list { format!("[{word}]") } else { word };
                let key = explain::example_key(kind, &names).filter(|_| kind.is_keyed_by_id());
                let key = key.unwrap_or_else(|| "\"name@contoso.com\"".to_owned());
                let text = explain::declaration(kind, &key, &names, value);
                let spelled = match attribute.value {
                    Type::Texts { .. } => json!([member]),
                    _ => json!(member),
                };
                assert_reads(kind, &names, &spelled, &text);
            }
        }
    }
}

/// A member that contradicts the absence of other attributes is known all the same.
fn assert_reads(kind: &Kind, names: &[String], spelled: &Value, text: &str) {
    let source = SourceFile::new("tenantry.toml", text.as_bytes().to_vec());
    match config::parse(vec![source]) {
        Ok(configuration) => {
            let declared = configuration.objects.values().next().unwrap();
            assert_eq!(value_at(kind, declared, names), Some(spelled), "{text}");
        }
        Err(LoadError::Invalid(invalid)) => {
            let contradictions = invalid.diagnostics.iter().all(|found| found.code == "contradiction");
            assert!(contradictions, "{text}{:#?}", invalid.diagnostics);
        }
        Err(error) => panic!("{text}{error}"),
    }
}

/// The declared value at the end of `names`, in the first of a set of records.
fn value_at<'a>(kind: &Kind, declared: &'a Declared, names: &[String]) -> Option<&'a Value> {
    let (first, members) = names.split_first()?;
    let mut attribute = kind.attribute(first)?;
    let mut value = declared.value(first)?;
    for name in members {
        let (Type::Record(members) | Type::Records(members)) = &attribute.value else { return None };
        attribute = members.iter().find(|member| member.name == *name)?;
        value = value.get(0).unwrap_or(value).get(attribute.graph)?;
    }
    Some(value)
}

#[test]
fn every_kind_has_a_scenario() {
    let scenarios = folder("../../tests/scenarios");
    if !scenarios.is_dir() {
        println!("skipped: there are no scenarios yet");
        return;
    }
    let files = toml_files(&scenarios);
    for kind in KINDS {
        let header = match kind.shape.is_single() {
            true => format!("[{}]", kind.table),
            false => format!("[{}.", kind.table),
        };
        assert!(files.iter().any(|file| file.contains(&header)), "no scenario declares {}", kind.table);
    }
}

#[test]
fn graphs_schema_has_every_attribute_with_a_type_that_fits() {
    let Some(schema) = tenantry_contract::schema_for("attributes of kinds") else { return };
    let graph = Graph(schema);
    let mut wrong = Vec::new();
    for kind in KINDS {
        let entity = qualified(kind.entity);
        assert_eq!(graph.at(kind.path), Some(entity.as_str()), "{}", kind.path);
        let types: Vec<String> =
            [entity].into_iter().chain(kind.types.iter().map(|(name, _)| qualified(name))).collect();
        for (name, property) in kind.types.iter().filter(|_| !kind.is_keyed_by_id()) {
            assert!(graph.0.member(&qualified(name), property).is_some(), "{name}.{property}");
        }
        // The values of settings have names that only the tenant's templates know.
        if !matches!(kind.shape, Shape::Settings(_)) {
            graph.compare(kind.name, &types, kind.attributes, &mut wrong);
        }
        for property in kind.always_read {
            if graph.member(&types, property).is_none() {
                wrong.push(format!("{}: {property} is read always and not there", kind.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The schema that Microsoft publishes.
struct Graph(Schema);

impl Graph {
    /// The type of what a path leads to.
    fn at(&self, path: &str) -> Option<&str> {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let root = self.0.root(segments.next()?)?;
        let end = segments.try_fold(root, |of, segment| Some(&self.0.member(&of.name, segment)?.of));
        Some(end?.name.as_str())
    }

    /// A member of one of these types.
    fn member(&self, of: &[String], name: &str) -> Option<&Member> {
        of.iter().find_map(|of| self.0.member(of, name))
    }

    fn compare(&self, path: &str, of: &[String], attributes: &[Attribute], wrong: &mut Vec<String>) {
        for attribute in attributes {
            let path = format!("{path}.{}", attribute.name);
            if let Some(schedules) = attribute.schedules() {
                let there = [schedules.path(), schedules.requests()].map(|path| self.at(path).is_some());
                assert_eq!(there, [true, true], "{path}");
                continue;
            }
            let inside = attribute.graph.split_once('.');
            let member = match inside {
                None => self.member(of, attribute.graph),
                Some((outer, inner)) => {
                    let outer = self.member(of, outer);
                    outer.and_then(|outer| self.0.member(&outer.of.name, inner))
                }
            };
            let excepted = NOT_IN_METADATA.iter().any(|(kind, name, _)| format!("{kind}.{name}") == path);
            match member {
                Some(_) if excepted => wrong.push(format!("{path}: is there, and excepted")),
                None if excepted => {
                    let action =
                        attribute.link().is_some_and(|link| matches!(link.write, LinkWrite::Action(_)));
                    let settings = attribute.settings.is_some() || attribute.policy.is_some();
                    let derived = path.ends_with("external_tenants.members");
                    assert!(attribute.mode == Mode::AtCreation || action || settings || derived, "{path}");
                }
                None => wrong.push(format!("{path}: {of:?} has no {}", attribute.graph)),
                Some(member) => self.compare_type(&path, attribute, member, wrong),
            }
        }
    }

    fn compare_type(&self, path: &str, attribute: &Attribute, member: &Member, wrong: &mut Vec<String>) {
        let TypeRef { name: edm, collection } = &member.of;
        let one = |fits: bool| fits && !collection;
        let many = |fits: bool| fits && *collection;
        let inline = INLINE.contains(&attribute.graph);
        let fits = (inline || member.navigation == explain::is_relationship(attribute))
            && match &attribute.value {
                Type::Boolean => one(edm == "Edm.Boolean"),
                Type::Text { .. } | Type::Rule => one(edm == "Edm.String"),
                Type::Integer { .. } => one(matches!(edm.as_str(), "Edm.Int16" | "Edm.Int32" | "Edm.Int64")),
                Type::Reference(_) => one(matches!(edm.as_str(), "Edm.String" | "Edm.Guid")),
                Type::References(_) => many(matches!(edm.as_str(), "Edm.String" | "Edm.Guid")),
                Type::Named(named) if named.single => one(matches!(edm.as_str(), "Edm.String" | "Edm.Guid")),
                Type::Named(_) => many(matches!(edm.as_str(), "Edm.String" | "Edm.Guid")),
                Type::Member(member) => one(self.0.member(edm, member.graph).is_some()),
                Type::Targets { .. } => many(self.0.has_type(edm)),
                Type::DateTime => one(edm == "Edm.DateTimeOffset"),
                Type::Duration { .. } => one(edm == "Edm.Duration"),
                Type::Words(_) => one(matches!(edm.as_str(), "Edm.String" | "Edm.Guid")),
                Type::Enumeration(members) | Type::Flags(members) => one(self.is_one_of(edm, members)),
                Type::Texts { members, .. } => many(self.is_one_of(edm, members)),
                Type::Record(_) => one(self.0.has_type(edm)),
                Type::Records(_) => many(self.0.has_type(edm)),
                Type::Ranges { .. } => many(edm == &qualified("ipRange")),
                Type::Item(member) => {
                    many(self.0.member(edm, member.graph).is_some_and(|found| found.of.collection))
                }
                Type::SecurityAttributes => one(edm == &qualified("customSecurityAttributeValue")),
                Type::Licenses { .. } => {
                    many(edm.ends_with("icense") || edm.ends_with("icenseAssignmentState"))
                }
                Type::Assignments(_) => many(edm == &qualified("scopedRoleMembership")),
                Type::Schedules(_) => false,
                Type::Extension => false,
                Type::Link(link) => *collection == (link.max > 1),
            };
        if !fits {
            wrong.push(format!("{path}: {:?} does not fit {edm}", attribute.value));
        } else if attribute.clear == Clear::Null && !member.nullable {
            wrong.push(format!("{path}: is cleared by null, which {edm} there is not"));
        } else if let Type::Record(members) | Type::Records(members) = &attribute.value {
            self.compare(path, std::slice::from_ref(edm), members, wrong);
        }
    }

    /// Text, or an enumeration that has these members.
    fn is_one_of(&self, edm: &str, members: &[&str]) -> bool {
        let known = self.0.enumeration(edm);
        edm == "Edm.String"
            || known.is_some_and(|known| {
                members.iter().flat_map(|member| member.split(',')).all(|flag| known.members.contains(flag))
            })
    }
}

fn qualified(name: &str) -> String {
    format!("microsoft.graph.{name}")
}
