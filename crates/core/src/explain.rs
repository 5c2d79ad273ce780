//! Reference text for people: `tenantry explain TOPIC`, made from the kind table and the table of settings.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::kinds::{
    self, Attribute, Clear, Default, KINDS, Kind, Link, Mastered, Mode, Named, ScheduleOf,
    SeparatePermission, Type, snake_case,
};
use crate::manual::Unreachable;
use crate::rule;
use crate::settings_reference::{self, Keys, SETTINGS, Setting, SettingsTable, lifecycle};
use crate::text::{nearest, terminal};

/// A topic that nothing is known about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing called `{}` to explain", terminal(.topic))]
pub struct UnknownTopic {
    /// The topic as given.
    pub topic: String,
    /// The topic that was probably meant.
    pub suggestion: Option<String>,
}

/// Explains a kind (`user`, `users`), an attribute (`user.department`, `user.employee_org_data.division`), a key that
/// every object takes (`user.absent`) or a table of settings (`limits`), in lines of at most `width` columns where
/// words and TOML allow.
pub fn explain(topic: &str, width: usize) -> Result<String, UnknownTopic> {
    let page = Page::new(width);
    match resolve(topic) {
        Ok(Topic::Kind(kind)) => Ok(kind_page(page, kind)),
        Ok(Topic::Attribute(path)) => Ok(attribute_page(page, &path)),
        Ok(Topic::Lifecycle(kind, setting)) => Ok(lifecycle_page(page, kind, setting)),
        Ok(Topic::Settings(table)) => Ok(settings_page(page, table)),
        Err(suggestion) => Err(UnknownTopic { topic: topic.to_owned(), suggestion }),
    }
}

/// What can be explained: the kinds, then the tables of settings.
pub fn topics() -> Vec<String> {
    let kinds = KINDS.iter().map(|kind| kind.name);
    kinds.chain(SETTINGS.iter().map(|table| table.name)).map(str::to_owned).collect()
}

/// One line for each topic, for when none is given.
pub fn overview(width: usize) -> String {
    let mut page = Page::new(width);
    page.paragraph("", "A configuration declares objects and has settings.");
    page.heading("Objects");
    page.facts(&KINDS.iter().map(|kind| (kind.name, kind.summary.to_owned())).collect::<Vec<_>>());
    page.heading("Settings");
    page.facts(&SETTINGS.iter().map(|table| (table.name, table.summary.to_owned())).collect::<Vec<_>>());
    page.heading("Application permissions for everything");
    page.facts(&[
        ("to plan", permissions(|kind| kind.plan_permissions, |needed| needed.read)),
        ("to apply too", permissions(|kind| kind.apply_permissions, |needed| needed.write)),
    ]);
    let example = "`tenantry explain user` lists the attributes of a user; `tenantry explain user.department` describes one.";
    page.blank();
    page.paragraph("", example);
    page.text
}

/// The permissions of all kinds, each once; those that single attributes take come last.
fn permissions(
    of: impl Fn(&Kind) -> &'static [&'static str],
    separate: impl Fn(SeparatePermission) -> &'static str,
) -> String {
    let all: BTreeSet<&str> = KINDS.iter().flat_map(|kind| of(kind)).copied().collect();
    let attributes = KINDS.iter().flat_map(|kind| kind.attributes);
    let single =
        attributes.filter_map(|attribute| Some((separate(attribute.separate_permission?), attribute.name)));
    let single = single.map(|(permission, name)| format!("{permission} (only for {name})"));
    all.into_iter().map(str::to_owned).chain(single).collect::<Vec<_>>().join(", ")
}

enum Topic {
    Kind(&'static Kind),
    Attribute(Path),
    Lifecycle(&'static Kind, &'static Setting),
    Settings(&'static SettingsTable),
}

/// An attribute, or a member of a record, by the names that lead to it.
struct Path {
    kind: &'static Kind,
    names: Vec<String>,
    /// The kind's own attribute: it decides when and how the whole value is written.
    root: &'static Attribute,
    /// The last one.
    attribute: &'static Attribute,
}

/// The topic, or what was probably meant.
fn resolve(topic: &str) -> Result<Topic, Option<String>> {
    let mut names = topic.split('.');
    let first = names.next().unwrap_or_default();
    let rest: Vec<&str> = names.collect();
    if let Some(table) = settings_reference::by_name(first) {
        return settings_topic(table, &rest);
    }
    match kinds::by_name(first).or_else(|| kinds::by_table(first)) {
        Some(kind) => kind_topic(kind, &rest),
        None => Err(near_topic(first, &rest)),
    }
}

/// A table of settings; naming one of its keys is the same.
fn settings_topic(table: &'static SettingsTable, rest: &[&str]) -> Result<Topic, Option<String>> {
    let known: Vec<&str> = match &table.keys {
        Keys::Named(settings) => settings.iter().map(|setting| setting.name).collect(),
        Keys::PerKind(_) => kinds::collections().map(|kind| kind.table).collect(),
        Keys::Entries(entries) => entries.settings.iter().map(|setting| setting.name).collect(),
    };
    match rest {
        [] => Ok(Topic::Settings(table)),
        [key] if known.contains(key) => Ok(Topic::Settings(table)),
        _ => Err(Some(table.name.to_owned())),
    }
}

fn kind_topic(kind: &'static Kind, rest: &[&str]) -> Result<Topic, Option<String>> {
    let Some((first, members)) = rest.split_first() else { return Ok(Topic::Kind(kind)) };
    if members.is_empty()
        && let Some(setting) = lifecycle(kind.shape).find(|setting| setting.name == *first)
    {
        return Ok(Topic::Lifecycle(kind, setting));
    }
    let Some(root) = kind.attribute_or_extension(first) else {
        let known = kind.attributes.iter().map(|attribute| attribute.name);
        let near = nearest(first, known.chain(lifecycle(kind.shape).map(|setting| setting.name)));
        return Err(Some(near.map_or(kind.name.to_owned(), |near| format!("{}.{near}", kind.name))));
    };
    let mut path = Path { kind, names: vec![(*first).to_owned()], root, attribute: root };
    for name in members {
        let known = members_of(path.attribute);
        let Some(member) = known.iter().find(|member| member.name == *name) else {
            let near = nearest(name, known.iter().map(|member| member.name));
            let whole = path.topic();
            return Err(Some(near.map_or(whole.clone(), |near| format!("{whole}.{near}"))));
        };
        path.names.push(member.name.to_owned());
        path.attribute = member;
    }
    Ok(Topic::Attribute(path))
}

/// The nearest kind or table of settings, or an attribute that was named without its kind.
fn near_topic(first: &str, rest: &[&str]) -> Option<String> {
    let tables = KINDS.iter().flat_map(|kind| [kind.name, kind.table]);
    if let Some(near) = nearest(first, tables.chain(SETTINGS.iter().map(|table| table.name))) {
        let whole = [&[near], rest].concat().join(".");
        return Some(if resolve(&whole).is_ok() { whole } else { near.to_owned() });
    }
    let kind = KINDS.iter().find(|kind| kind.attribute(first).is_some())?;
    Some(format!("{}.{first}", kind.name))
}

impl Path {
    fn topic(&self) -> String {
        format!("{}.{}", self.kind.name, self.names.join("."))
    }
}

fn kind_page(mut page: Page, kind: &Kind) -> String {
    page.paragraph("", &format!("{}: {}", kind.name, kind.summary));
    page.blank();
    page.facts(&[
        ("TOML table", table_header(kind)),
        ("Graph", kind.path.to_owned()),
        ("documentation", kind.documentation.to_owned()),
        ("licence", kind.licence.to_owned()),
        ("plan needs", kind.plan_permissions.join(", ")),
        ("apply needs", kind.apply_permissions.join(", ")),
    ]);
    page.heading("Attributes");
    page.blank();
    let owned = if kind.synchronised {
        ", and the on-premises directory owns it on a synchronised object"
    } else {
        ""
    };
    let first = kind.attributes.first().map_or("", |attribute| attribute.name);
    page.paragraph("  ", &format!("Unless one says otherwise, it can be written at any time, and `\"\"` (for a list, `[]`) clears it{owned}. `tenantry explain {}.{first}` says more about one.", kind.name));
    attribute_list(&mut page, kind, kind.attributes);
    if kind.extensions {
        page.blank();
        page.paragraph("  ", "Directory extensions stand in the same table under their full name: extension_{application id}_{name}.");
    }
    if lifecycle(kind.shape).next().is_some() {
        page.heading("Keys beside its attributes");
        settings_list(&mut page, lifecycle(kind.shape));
    }
    page.heading("Example");
    page.code(kind.example);
    page.text
}

fn table_header(kind: &Kind) -> String {
    match kind.shape.is_single() {
        true => format!("[{}]", kind.table),
        false => format!("[{}.\"…\"]", kind.table),
    }
}

fn attribute_list(page: &mut Page, kind: &Kind, attributes: &[Attribute]) {
    for attribute in attributes {
        page.blank();
        page.paragraph("  ", attribute.name);
        page.paragraph("      ", attribute.summary);
        let remarks = remarks(kind, attribute);
        let words = [vec![type_in_words(attribute)], remarks].concat();
        page.paragraph("      ", &words.join("; "));
    }
}

fn settings_list<'a>(page: &mut Page, settings: impl IntoIterator<Item = &'a Setting>) {
    for setting in settings {
        page.blank();
        page.paragraph("  ", setting.name);
        page.paragraph("      ", setting.summary);
        page.paragraph("      ", &format!("{}; unless given, {}", setting.value, setting.default));
    }
}

/// What belongs among the settings of a table, for people to choose from.
fn belonging(page: &mut Page, belongs: &[Unreachable]) {
    page.heading("What belongs here");
    for Unreachable { setting, place, why } in belongs {
        page.blank();
        page.paragraph("  ", setting);
        page.paragraph("      ", &format!("in: {place}"));
        page.paragraph("      ", &format!("because {why}"));
    }
}

fn attribute_page(mut page: Page, path: &Path) -> String {
    let Path { kind, root, attribute, .. } = path;
    page.paragraph("", &format!("{}: {}", path.topic(), attribute.summary));
    page.blank();
    let mut facts = vec![("type", type_in_words(attribute)), ("written", when_written(root).to_owned())];
    if root.mode == Mode::Update {
        facts.push(("cleared", how_cleared(attribute).to_owned()));
    }
    if root.mode == Mode::Update && kind.synchronised {
        facts.push(("synchronised", who_owns(root).to_owned()));
    }
    if let Some(permission) = root.separate_permission {
        facts.push((
            "needs",
            format!("{} to plan, {} to apply, beside what the kind needs", permission.read, permission.write),
        ));
    }
    facts.push(("Graph", graph_name(path)));
    facts.push(("documentation", kind.documentation.to_owned()));
    page.facts(&facts);
    let members = members_of(attribute);
    if !members.is_empty() {
        page.heading("Members");
        attribute_list(&mut page, kind, members);
    }
    page.heading("Example");
    page.code(&example(kind, &path.names, attribute));
    page.text
}

/// Whether Graph has a relationship behind an attribute, rather than a property.
pub(crate) fn is_relationship(attribute: &Attribute) -> bool {
    attribute.link().is_some()
        || attribute.assignments().is_some()
        || attribute.schedules().is_some()
        || matches!(attribute.value, Type::Member(_))
}

fn graph_name(path: &Path) -> String {
    if let Some(schedules) = path.attribute.schedules() {
        return format!("schedules at {}", schedules.path());
    }
    let what = if is_relationship(path.attribute) { "relationship" } else { "property" };
    if path.root.policy.is_some() {
        let rules = crate::pim::rules_behind(path.root, &path.names[1..]);
        return format!("{} of unifiedRoleManagementPolicy", rules.join(", "));
    }
    match path.names.as_slice() {
        // A directory extension is its own name.
        [name] if path.kind.attribute(name).is_none() => format!("{what} {name}"),
        _ if path.names.len() > 1 => format!("{what} {} in {}", path.attribute.graph, path.root.graph),
        _ => format!("{what} {}", path.attribute.graph),
    }
}

fn lifecycle_page(mut page: Page, kind: &Kind, setting: &Setting) -> String {
    page.paragraph("", &format!("{}.{}: {}", kind.name, setting.name, setting.summary));
    page.blank();
    page.facts(&[("type", setting.value.to_owned()), ("unless given", setting.default.to_owned())]);
    page.heading("Example");
    let key = example_keys(kind).into_iter().next().unwrap_or_default();
    let header = if kind.shape.is_single() { kind.table.to_owned() } else { format!("{}.{key}", kind.table) };
    page.code(&format!("[{header}]\n{} = {}\n", setting.name, setting.example));
    page.text
}

fn settings_page(mut page: Page, table: &SettingsTable) -> String {
    page.paragraph("", &format!("{}: {}", table.name, table.summary));
    page.blank();
    page.facts(&[("TOML table", format!("[{}]", table.header("…")))]);
    match &table.keys {
        Keys::Named(settings) => {
            page.heading("Settings");
            settings_list(&mut page, *settings);
        }
        Keys::PerKind(each) => {
            let tables: Vec<&str> = kinds::collections().map(|kind| kind.table).collect();
            page.heading(&format!("For each of {}", tables.join(", ")));
            page.blank();
            page.paragraph("  ", each.summary);
            page.paragraph("  ", &format!("{}; unless given, {}", each.value, each.default));
        }
        Keys::Entries(entries) => {
            page.heading("Settings of each");
            settings_list(&mut page, entries.settings);
            belonging(&mut page, entries.belongs);
        }
    }
    page.heading("Example");
    page.code(&table.example());
    page.text
}

/// The type of an attribute, in words.
pub(crate) fn type_in_words(attribute: &Attribute) -> String {
    match &attribute.value {
        Type::Boolean => "`true` or `false`".to_owned(),
        Type::Text { max, ignore_case, .. } => {
            let case = if *ignore_case { ", upper and lower case alike" } else { "" };
            format!("text of at most {max} characters{case}")
        }
        Type::Enumeration(members) => format!("one of {}", words(members)),
        Type::Words(words) => {
            let names: Vec<String> = words.iter().map(|word| format!("`{}`", word.name)).collect();
            format!("one of {}", names.join(", "))
        }
        Type::Flags(members) => format!("list of any of {}", words(members)),
        Type::Rule => format!("rule of dynamic membership, at most {} characters", rule::LONGEST),
        Type::DateTime => "date such as 2027-01-31, or time with offset such as 2027-01-31T08:00:00Z".to_owned(),
        Type::Duration { word, .. } => {
            let word = word.map(|word| format!(", or `{word}`")).unwrap_or_default();
            format!("length of time such as `P90D` or `PT8H`{word}")
        }
        Type::Texts { max_items, max, members: [], .. } => {
            let part = if attribute.in_part { ", or `{ at_least, never }` for a part of it" } else { "" };
            format!("list of at most {max_items} texts of at most {max} characters each{part}")
        }
        Type::Texts { members, .. } => format!("list of any of {}", words(members)),
        Type::Record(members) => format!("table with {}", names(members)),
        Type::Records(members) => format!("list of tables with {}", names(members)),
        Type::Item(member) => type_in_words(member),
        Type::Ranges { max_items, min_prefix } => {
            format!("list of at most {max_items} ranges of addresses, with prefixes from /{min_prefix} on")
        }
        Type::Integer { min, max } => format!("whole number from {min} to {max}"),
        Type::Reference(targets) => format!("reference to {}", targets_in_words(targets)),
        Type::References(targets) => format!("list of references to {}", targets_in_words(targets)),
        Type::Named(named) => {
            let words = named.words.iter().map(|word| format!("`{}`", word.name));
            let references = (!named.targets.is_empty()).then(|| targets_in_words(named.targets));
            let choices = words.chain(references).collect::<Vec<_>>().join(", ");
            if named.single { format!("one of {choices}") } else { format!("list of any of {choices}") }
        }
        Type::Member(member) => type_in_words(member),
        Type::Targets { kinds, members } => {
            let whom = format!("list of `all_users` and references to {}", targets_in_words(kinds));
            if members.is_empty() { whom } else { format!("{whom}, each also as a table with `ref`, {}", names(members)) }
        }
        Type::SecurityAttributes => {
            "table of attribute sets, each a table with `true` or `false`, integers, texts, and lists of integers or texts"
                .to_owned()
        }
        Type::Extension => "text, integer, or `true` or `false`, as the tenant defines it".to_owned(),
        Type::Licenses { .. } => {
            "list of products, each text or a table with `sku` and `disabled_plans` or `enabled_plans`".to_owned()
        }
        Type::Assignments(of) => format!(
            "list of tables with `role` and `member` ({}), and perhaps `until` and `reason`",
            targets_in_words(of.members)
        ),
        Type::Schedules(of) => {
            let scope = if of.of == ScheduleOf::Role { "`scope`, " } else { "" };
            format!(
                "list of references to {}, each also as a table with `ref` and perhaps {scope}`until` or `duration`, \
                 `justification`, `ticket`; or `{{ at_least, never }}` for a part of it",
                targets_in_words(of.members)
            )
        }
        Type::Link(link) => link_in_words(link),
    }
}

fn targets_in_words(targets: &[&str]) -> String {
    let targets: Vec<String> = targets.iter().map(|target| format!("`{target}:`")).collect();
    format!("{} or `id:`", targets.join(", "))
}

fn link_in_words(link: &Link) -> String {
    let targets = targets_in_words(link.targets);
    match link.max {
        1 => format!("reference to {targets}"),
        usize::MAX => format!("list of references to {targets}"),
        max => format!("list of at most {max} references to {targets}"),
    }
}

fn words(members: &[&str]) -> String {
    members.iter().map(|member| format!("`{}`", snake_case(member))).collect::<Vec<_>>().join(", ")
}

fn names(members: &[Attribute]) -> String {
    members.iter().map(|member| format!("`{}`", member.name)).collect::<Vec<_>>().join(", ")
}

fn members_of(attribute: &Attribute) -> &'static [Attribute] {
    match attribute.value {
        Type::Record(members) | Type::Records(members) => members,
        _ => &[],
    }
}

/// In what an attribute differs from most.
pub(crate) fn remarks(kind: &Kind, attribute: &Attribute) -> Vec<String> {
    let mut remarks = Vec::new();
    match attribute.mode {
        Mode::CreateOnly => remarks.push("at creation only".to_owned()),
        Mode::AtCreation => remarks.push("an instruction for the creation".to_owned()),
        Mode::Update if attribute.clear == Clear::Never => remarks.push("cannot be cleared".to_owned()),
        Mode::Update => {}
    }
    match attribute.default {
        Default::Nothing => {}
        Default::Unknown => remarks.push("unless set, what the tenant or its cloud decides".to_owned()),
        default => remarks.push(format!("unless set, {}", default.value())),
    }
    if kind.synchronised && attribute.mode == Mode::Update && attribute.mastered == Mastered::Cloud {
        remarks.push("written on synchronised objects too".to_owned());
    }
    remarks.extend(attribute.separate_permission.map(|permission| format!("needs {}", permission.write)));
    remarks
}

fn when_written(attribute: &Attribute) -> &'static str {
    match attribute.mode {
        Mode::Update => "at any time",
        Mode::CreateOnly => "at creation only: no object is ever replaced to change it",
        Mode::AtCreation => "an instruction for the creation, never read or compared",
    }
}

fn how_cleared(attribute: &Attribute) -> &'static str {
    match (&attribute.value, attribute.clear) {
        (Type::Link(link), _) if link.max > 1 => "with `[]`",
        (Type::Link(_), _) => "with `\"\"`",
        (_, Clear::Never) => "cannot be cleared",
        (
            Type::Texts { .. }
            | Type::Records(_)
            | Type::References(_)
            | Type::Named(Named { single: false, .. })
            | Type::Targets { .. }
            | Type::Flags(_)
            | Type::Licenses { .. }
            | Type::Assignments(_)
            | Type::Schedules(_),
            _,
        ) => "with `[]`",
        _ => "with `\"\"`",
    }
}

fn who_owns(attribute: &Attribute) -> &'static str {
    match attribute.mastered {
        Mastered::Cloud => "owned by the cloud: written on synchronised objects too",
        Mastered::OnPremises => "owned by the on-premises directory: not written on synchronised objects",
    }
}

/// TOML that declares an object of the kind with the attribute at the end of `names`: from the kind's own example when
/// it shows the attribute, else with a made-up value.
pub(crate) fn example(kind: &Kind, names: &[String], attribute: &Attribute) -> String {
    let (key, value) = shown(kind, names).unwrap_or_else(|| {
        let key = example_key(kind, names).unwrap_or_default();
        (key, sample(attribute))
    });
    declaration(kind, &key, names, value)
}

/// TOML that declares an object under `key` (quotes included) with a value, itself TOML, at the end of `names`.
pub(crate) fn declaration(kind: &Kind, key: &str, names: &[String], value: String) -> String {
    let Some((first, members)) = names.split_first() else { return String::new() };
    let value = match kind.attribute(first) {
        Some(root) => nested(root, members, value),
        None => value,
    };
    let header = if kind.shape.is_single() { kind.table.to_owned() } else { format!("{}.{key}", kind.table) };
    format!("[{header}]\n{first} = {value}\n")
}

fn nested(attribute: &Attribute, names: &[String], value: String) -> String {
    let Some((name, rest)) = names.split_first() else { return value };
    let value = match members_of(attribute).iter().find(|member| member.name == *name) {
        Some(member) => nested(member, rest, value),
        None => value,
    };
    match attribute.value {
        Type::Records(members) => {
            // An entry of a list says all of its members.
            let others = members.iter().filter(|member| member.name != *name);
            let others = others.map(|member| format!(", {} = {}", member.name, sample(member)));
            format!("[{{ {name} = {value}{} }}]", others.collect::<String>())
        }
        _ => format!("{{ {name} = {value} }}"),
    }
}

/// The key and the value of an attribute in the kind's example, as written there.
fn shown(kind: &Kind, names: &[String]) -> Option<(String, String)> {
    let document = DeTable::parse(kind.example).ok()?;
    let table = document.get_ref().get(kind.table)?;
    let text = |object| {
        let value = names.iter().try_fold(object, |value: &Spanned<DeValue<'_>>, name| {
            value.get_ref().as_table()?.get(name.as_str())
        })?;
        // A table under a header of its own has no text that could stand behind `=`.
        let text = kind.example.get(value.span())?;
        (!value.get_ref().is_table() || text.starts_with('{')).then(|| text.to_owned())
    };
    if kind.shape.is_single() {
        return Some((String::new(), text(table)?));
    }
    let mut objects = table.get_ref().as_table()?.iter();
    objects.find_map(|(key, object)| Some((kind.example.get(key.span())?.to_owned(), text(object)?)))
}

/// The key of the first object in the kind's example that has the attribute, else of the first at all.
pub(crate) fn example_key(kind: &Kind, names: &[String]) -> Option<String> {
    let showing = shown(kind, names.get(..1)?).map(|(key, _)| key);
    showing.or_else(|| example_keys(kind).into_iter().next())
}

/// The keys of the kind's example as written there, quotes included, in its order.
fn example_keys(kind: &Kind) -> Vec<String> {
    let Ok(document) = DeTable::parse(kind.example) else { return Vec::new() };
    let objects = document.get_ref().get(kind.table).and_then(|objects| objects.get_ref().as_table());
    let mut spans: Vec<_> = objects.into_iter().flatten().map(|(key, _)| key.span()).collect();
    spans.sort_by_key(|span| span.start);
    spans.into_iter().filter_map(|span| kind.example.get(span)).map(str::to_owned).collect()
}

/// A made-up value of the attribute's type, as TOML.
fn sample(attribute: &Attribute) -> String {
    let record = |members: &[Attribute]| {
        let members: Vec<String> =
            members.iter().take(3).map(|member| format!("{} = {}", member.name, sample(member))).collect();
        format!("{{ {} }}", members.join(", "))
    };
    match &attribute.value {
        Type::Boolean => "true".to_owned(),
        Type::Text { max, check, .. } => sample_text(*max, *check),
        Type::Enumeration(members) => sample_word(members),
        Type::Words(words) => format!("\"{}\"", words.first().map_or("", |word| word.name)),
        Type::Texts { max, check, members: [], .. } => format!("[{}]", sample_text(*max, *check)),
        Type::Flags(members) | Type::Texts { members, .. } => format!("[{}]", sample_word(members)),
        Type::Rule => r#"'user.department -eq "Retail"'"#.to_owned(),
        Type::DateTime => "2027-01-31".to_owned(),
        Type::Duration { check, .. } => {
            let fits = |text: &&&str| check(text).is_ok();
            format!("\"{}\"", ["P90D", "PT4H"].iter().find(fits).unwrap_or(&"P1D"))
        }
        Type::Record(members) => record(members),
        Type::Records(members) => format!("[{}]", record(members)),
        Type::Item(member) => sample(member),
        Type::Ranges { .. } => r#"["203.0.113.0/24"]"#.to_owned(),
        Type::SecurityAttributes => r#"{ Engineering = { Project = ["Alpine"] } }"#.to_owned(),
        Type::Extension => r#""…""#.to_owned(),
        Type::Licenses { .. } => r#"["SPE_E5"]"#.to_owned(),
        Type::Assignments(of) => {
            let (role, member) = (sample_reference(&["role"]), sample_reference(of.members));
            format!("[{{ role = {role}, member = {member} }}]")
        }
        Type::Schedules(of) => {
            format!("[{{ ref = {}, until = 2027-03-31 }}]", sample_reference(of.members))
        }
        Type::Integer { min, .. } => min.to_string(),
        Type::Reference(targets) => sample_reference(targets),
        Type::References(targets) => format!("[{}]", sample_reference(targets)),
        Type::Member(member) => sample(member),
        Type::Named(named) => {
            let word = named.words.first().map(|word| format!("\"{}\"", word.name));
            let one = word.unwrap_or_else(|| sample_reference(named.targets));
            if named.single { one } else { format!("[{one}]") }
        }
        Type::Targets { .. } => r#"["all_users"]"#.to_owned(),
        Type::Link(link) if link.max == 1 => sample_reference(link.targets),
        Type::Link(link) => format!("[{}]", sample_reference(link.targets)),
    }
}

fn sample_word(members: &[&str]) -> String {
    format!("\"{}\"", members.first().map(|member| snake_case(member)).unwrap_or_default())
}

/// The first of a few texts that the attribute accepts.
fn sample_text(max: usize, check: fn(&str) -> Result<(), String>) -> String {
    const TEXTS: &[&str] = &[
        "…",
        "sample-name",
        "name@contoso.com",
        "https://www.contoso.com",
        "en-US",
        "US",
        "Teal",
        "c1",
        "b1e2d3c4-5f60-4a7b-8c9d-0e1f2a3b4c5d",
    ];
    let fits = |text: &&&str| text.chars().count() <= max && check(text).is_ok();
    format!("\"{}\"", TEXTS.iter().find(fits).unwrap_or(&"…"))
}

/// A reference to the first object in the example of the first kind that may be referenced.
fn sample_reference(targets: &[&str]) -> String {
    let target = targets.first().and_then(|target| kinds::by_name(target));
    let key = target.and_then(|kind| {
        let document = DeTable::parse(kind.example).ok()?;
        let objects = document.get_ref().get(kind.table).map(|objects| objects.get_ref())?;
        let DeValue::Table(objects) = objects else { return None };
        let first = objects.keys().min_by_key(|key| key.span().start)?;
        Some(format!("\"{}:{}\"", kind.name, first.get_ref()))
    });
    key.unwrap_or_else(|| "\"id:2f1a7c3e-58d0-4b9e-9c61-0d8a4e7b2f35\"".to_owned())
}

/// Text under construction, wrapped to a width.
struct Page {
    width: usize,
    text: String,
}

impl Page {
    /// Below this many columns wrapping does more harm than good.
    const NARROWEST: usize = 40;

    fn new(width: usize) -> Self {
        Self { width: width.max(Self::NARROWEST), text: String::new() }
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.paragraph("", text);
    }

    fn paragraph(&mut self, indent: &str, text: &str) {
        self.wrapped(indent, indent, text);
    }

    /// Names in a column, what is said of them beside it.
    fn facts(&mut self, facts: &[(&str, String)]) {
        let column = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let hanging = " ".repeat(column + 4);
        for (name, text) in facts {
            self.wrapped(&format!("  {name:column$}  "), &hanging, text);
        }
    }

    /// TOML, as it stands.
    fn code(&mut self, toml: &str) {
        self.blank();
        for line in toml.lines() {
            let line = format!("    {line}");
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }

    fn wrapped(&mut self, first: &str, rest: &str, text: &str) {
        let options = Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for line in textwrap::wrap(text, options) {
            let _ = writeln!(self.text, "{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_page_says_everything_the_table_knows() {
        let page = explain("users.employee_leave_date_time", 100).unwrap();
        assert_eq!(
            page,
            "\
user.employee_leave_date_time: When the person leaves.

  type           date such as 2027-01-31, or time with offset such as 2027-01-31T08:00:00Z
  written        at any time
  cleared        with `\"\"`
  synchronised   owned by the on-premises directory: not written on synchronised objects
  needs          User-LifeCycleInfo.Read.All to plan, User-LifeCycleInfo.ReadWrite.All to apply,
                 beside what the kind needs
  Graph          property employeeLeaveDateTime
  documentation  https://learn.microsoft.com/graph/api/resources/user

Example

    [users.\"adele.vance@contoso.com\"]
    employee_leave_date_time = 2027-01-31
"
        );
    }

    #[test]
    fn types_are_said_in_words() {
        for (topic, words) in [
            ("user.department", "text of at most 64 characters\n"),
            ("group.visibility", "one of `private`, `public`, `hidden_membership`"),
            ("group.members", "list of references to `user:`, `group:` or `id:`"),
            ("group.owners", "list of at most 100 references to `user:` or `id:`"),
            ("user.manager", "reference to `user:` or `id:`"),
            ("user.employee_org_data", "table with `division`, `cost_center`"),
            ("user.employee_org_data.division", "property division in employeeOrgData"),
            ("group.is_assignable_to_role", "at creation only"),
            ("user.invitation", "an instruction for the creation"),
            ("user.display_name", "cannot be cleared"),
            ("user.business_phones", "with `[]`"),
            ("user.usage_location", "owned by the cloud"),
        ] {
            let page = explain(topic, 1000).unwrap();
            assert!(page.contains(words), "{topic}: no `{words}` in\n{page}");
        }
    }

    #[test]
    fn every_topic_of_the_overview_is_explained() {
        let overview = overview(80);
        for topic in topics() {
            assert!(overview.contains(&topic), "{topic}");
            assert!(explain(&topic, 80).is_ok(), "{topic}");
        }
        for topic in
            ["user.absent", "group.previously", "users.id", "limits.update", "manage.groups", "manual.owner"]
        {
            assert!(explain(topic, 80).is_ok(), "{topic}");
        }
        let extension = format!("user.extension_{}_badge", "0".repeat(32));
        assert!(explain(&extension, 80).unwrap().contains("_badge = "));
    }

    #[test]
    fn pages_keep_to_the_width() {
        let kinds = KINDS.iter().map(|kind| explain(kind.name, 72).unwrap());
        let settings = SETTINGS.iter().map(|table| explain(table.name, 72).unwrap());
        for page in kinds.chain(settings).chain([overview(72)]) {
            let text = page.split("\nExample\n").next().unwrap();
            // A single word is as long as it is, and so is a path.
            let wraps = |line: &&str| {
                line.trim().contains(' ') && !line.contains("https://") && !line.starts_with("  Graph ")
            };
            for line in text.lines().filter(wraps) {
                assert!(line.chars().count() <= 72, "{line}");
            }
        }
    }

    #[test]
    fn a_slip_of_the_hand_gets_a_suggestion() {
        for (topic, suggestion) in [
            ("usr", Some("user")),
            ("grups.members", Some("groups.members")),
            ("user.deparment", Some("user.department")),
            ("user.employee_org_data.divison", Some("user.employee_org_data.division")),
            ("user.department.size", Some("user.department")),
            ("membership_rule", Some("group.membership_rule")),
            ("limts", Some("limits")),
            ("limits.zebra", Some("limits")),
            ("zebra", None),
        ] {
            let error = explain(topic, 80).unwrap_err();
            assert_eq!(error.suggestion.as_deref(), suggestion, "{topic}");
        }
    }

    #[test]
    fn an_unknown_topic_is_shown_escaped() {
        let error = explain("\u{1b}[31m", 80).unwrap_err();
        assert_eq!(error.to_string(), "there is nothing called `\\u{1b}[31m` to explain");
    }
}
