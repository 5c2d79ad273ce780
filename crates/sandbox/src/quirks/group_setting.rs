//! Group settings: strings by the names of a template, for the tenant or for one group.
//! <https://learn.microsoft.com/graph/group-directory-settings>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behavior, Create};
use crate::graph::{Directory, Draft, Failure};
use crate::schema::{self, bad_request};
use crate::store::{Object, Store, id_of};

pub(crate) const BEHAVIOR: Behavior =
    Behavior { create: Create::Object(create), update: Some(update), ..Behavior::PLAIN };

/// The template whose settings are for Microsoft 365 groups in the whole tenant.
const UNIFIED: Uuid = Uuid::from_u128(0x62375ab9_6b52_47ed_826b_58e47e0e304b);

/// The only template whose settings a single group can have.
const UNIFIED_GUEST: Uuid = Uuid::from_u128(0x08d542b9_071f_4e16_94b0_74abb372e3d9);

/// Whether guests may be added to Microsoft 365 groups.
const ALLOW_GUESTS: &str = "AllowToAddGuests";

/// Stands for the name somebody typed.
pub(crate) const GROUP_NAME: &str = "[GroupName]";

/// Most phrases that names must not be.
const BLOCKED_WORDS: usize = 5000;

/// Most terms that passwords must not hold.
const BANNED_PASSWORDS: usize = 1000;

/// Longest texts in characters.
const LONGEST: &[(&str, usize)] =
    &[("ClassificationDescriptions", 300), ("PrefixSuffixNamingRequirement", 64)];

/// The values of a settings object by name.
type Values = BTreeMap<String, String>;

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let template = template(directory.primary, &draft.object)?;
    let owner = draft.owner.as_ref().map(|(owner, _)| owner.id);
    if (template.id == UNIFIED_GUEST) != owner.is_some() {
        return Err(bad_request(format!(
            "The settings of template '{}' cannot be created here.",
            template.text("displayName").unwrap_or_default()
        ))
        .with_detail("InvalidValue", "templateId"));
    }
    if settings(directory.primary, owner, template.id).is_some() {
        return Err(bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        )
        .with_detail("ConflictingObjects", "templateId"));
    }
    complete(directory.primary, &mut draft.object)
}

/// A value that an update leaves out goes back to its default.
fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    complete(directory.primary, &mut draft.object)
}

/// The settings that the tenant, or one group, has of a template.
pub(crate) fn settings(store: &Store, group: Option<Uuid>, template: Uuid) -> Option<&Arc<Object>> {
    let kind = schema::by_name("groupSetting")?;
    let of_group = group.into_iter().flat_map(|group| store.targets(group, "settings"));
    let of_tenant = store.ids(kind, false, None).filter(|id| group.is_none() && store.owner(*id).is_none());
    let mut found = of_group.chain(of_tenant).filter_map(|id| store.live(id));
    found.find(|settings| settings.text("templateId").map(id_of) == Some(template))
}

/// Whether guests may be added to a group: neither the tenant nor the group forbids it.
pub(crate) fn allows_guests(store: &Store, group: Uuid) -> bool {
    let of_group =
        settings(store, Some(group), UNIFIED_GUEST).and_then(|own| values(own).remove(ALLOW_GUESTS));
    let forbids = |value: &str| value.eq_ignore_ascii_case("false");
    !forbids(&of_tenant(store, ALLOW_GUESTS)) && !of_group.is_some_and(|value| forbids(&value))
}

/// One value of the tenant's settings for Microsoft 365 groups; empty when it has no such settings.
pub(crate) fn of_tenant(store: &Store, name: &str) -> String {
    let settings = settings(store, None, UNIFIED);
    settings.and_then(|settings| values(settings).remove(name)).unwrap_or_default()
}

fn template<'a>(store: &'a Store, settings: &Object) -> Result<&'a Arc<Object>, Failure> {
    let id = settings.text("templateId").unwrap_or_default();
    let found = store.live(id_of(id)).filter(|found| found.entity.name == "groupSettingTemplate");
    found.ok_or_else(|| {
        bad_request(format!("The template '{id}' does not exist.")).with_detail("InvalidValue", "templateId")
    })
}

/// Checks the values, and fills in those of the template for the ones left out.
pub(crate) fn complete(store: &Store, settings: &mut Object) -> Result<(), Failure> {
    let template = template(store, settings)?;
    let sent = values(settings);
    if list(settings).len() != sent.len() {
        return Err(bad_request("The collection 'values' names a setting more than once."));
    }
    check(&sent, list(template))?;
    let completed = list(template).iter().map(|setting| {
        let name = text(setting, "name");
        let value = sent.get(name).map_or_else(|| text(setting, "defaultValue"), String::as_str);
        json!({ "name": name, "value": value })
    });
    settings.set("values", completed.collect::<Value>());
    settings.set("displayName", template.text("displayName").unwrap_or_default());
    Ok(())
}

/// Checks values by what the template declares, and those with rules of their own.
fn check(sent: &Values, declared: &[Value]) -> Result<(), Failure> {
    for (name, value) in sent {
        let setting = declared.iter().find(|setting| text(setting, "name") == name);
        let setting = setting.ok_or_else(|| invalid(name, "the template has no such setting"))?;
        check_type(name, text(setting, "type"), value)?;
    }
    check_texts(sent)?;
    check_classification(sent)
}

/// The `values` of settings or a template.
fn list(object: &Object) -> &[Value] {
    object.get("values").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(setting: &'a Value, name: &str) -> &'a str {
    setting[name].as_str().unwrap_or_default()
}

fn values(settings: &Object) -> Values {
    list(settings)
        .iter()
        .map(|entry| (text(entry, "name").to_owned(), text(entry, "value").to_owned()))
        .collect()
}

fn check_type(name: &str, kind: &str, value: &str) -> Result<(), Failure> {
    let fits = match kind {
        "System.Boolean" => ["true", "false"].contains(&value.to_lowercase().as_str()),
        "System.Int32" => value.parse::<i32>().is_ok_and(|number| number >= 0),
        "System.Guid" => value.is_empty() || Uuid::try_parse(value).is_ok(),
        _ => true,
    };
    if fits { Ok(()) } else { Err(invalid(name, &format!("a value of type {kind} is expected"))) }
}

fn check_texts(sent: &Values) -> Result<(), Failure> {
    for (name, longest) in LONGEST {
        if sent.get(*name).is_some_and(|text| text.chars().count() > *longest) {
            return Err(invalid(name, &format!("at most {longest} characters are allowed")));
        }
    }
    let given = |name: &str| sent.get(name).map(String::as_str).filter(|text| !text.is_empty());
    if let Some(requirement) = given("PrefixSuffixNamingRequirement")
        && requirement.matches(GROUP_NAME).count() != 1
    {
        return Err(invalid("PrefixSuffixNamingRequirement", "it must contain [GroupName] once"));
    }
    if given("CustomBlockedWordsList").is_some_and(|words| words.split(',').count() > BLOCKED_WORDS) {
        return Err(invalid(
            "CustomBlockedWordsList",
            &format!("at most {BLOCKED_WORDS} phrases are allowed"),
        ));
    }
    if given("BannedPasswordList").is_some_and(|terms| terms.split('\t').count() > BANNED_PASSWORDS) {
        return Err(invalid("BannedPasswordList", &format!("at most {BANNED_PASSWORDS} terms are allowed")));
    }
    // Both spellings of the second mode are in use.
    let modes = ["Audit", "Enforce", "Enforced"];
    match given("BannedPasswordCheckOnPremisesMode") {
        Some(mode) if !modes.contains(&mode) => {
            Err(invalid("BannedPasswordCheckOnPremisesMode", "allowed values are Audit, Enforce"))
        }
        _ => Ok(()),
    }
}

/// A default classification has to be one of the list in the same request, and descriptions too.
fn check_classification(sent: &Values) -> Result<(), Failure> {
    let list = sent.get("ClassificationList").map(String::as_str).unwrap_or_default();
    if let Some(default) = sent.get("DefaultClassification").filter(|text| !text.is_empty())
        && !names(list).any(|name| name == default)
    {
        return Err(invalid("DefaultClassification", "it is not in the ClassificationList of the request"));
    }
    let descriptions = sent.get("ClassificationDescriptions").map(String::as_str).unwrap_or_default();
    let described = |part: &str| {
        part.split_once(':').is_some_and(|(name, _)| names(list).any(|known| known == name.trim()))
    };
    match names(descriptions).all(described) {
        true => Ok(()),
        false => Err(invalid("ClassificationDescriptions", "each part must be Classification:Description")),
    }
}

/// The parts of a list separated by commas.
pub(crate) fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn invalid(name: &str, why: &str) -> Failure {
    bad_request(format!("Invalid value specified for setting '{name}': {why}."))
        .with_detail("InvalidValue", name)
}
