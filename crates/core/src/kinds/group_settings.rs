//! Settings of the template Group.Unified: who may create Microsoft 365 groups, how they are called and classified, and
//! what guests may do in them.
//!
//! Surprises: they bind people, not applications, and take effect within a quarter of an hour; a default classification
//! is accepted only together with the list it is from.

use serde_json::Value;

use super::attribute::{Attribute, Type, checked};
use super::settings::{OF_TENANT, without_comma};
use super::text_rules::web_address;
use super::{Clear, Default, Kind, Shape, Template};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::naming::GROUP_NAME;

pub(super) static KIND: Kind = Kind {
    name: "group_settings",
    table: "group_settings",
    shape: Shape::Settings(Template { id: "62375ab9-6b52-47ed-826b-58e47e0e304b", separator: ',' }),
    summary: "Settings of Microsoft 365 groups in the whole tenant (template Group.Unified); `absent = true` goes back \
         to the template's defaults.",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1, but for enable_group_creation and allow_guests_to_access_groups",
    attributes: ATTRIBUTES,
    check,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[group_settings]
enable_group_creation = false
group_creation_allowed_group = "group:Retail Managers"
allow_to_add_guests = false
classification_list = ["Low", "High"]
classification_descriptions = "Low:For everybody,High:For a few"
default_classification = "Low"
prefix_suffix_naming_requirement = "GRP_[GroupName]_[Department]"
custom_blocked_words_list = { at_least = ["CEO", "Payroll"] }
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "enable_group_creation",
        "EnableGroupCreation",
        Type::Boolean,
        "Whether everybody may create Microsoft 365 groups.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute::new(
        "group_creation_allowed_group",
        "GroupCreationAllowedGroupId",
        Type::Reference(&["group"]),
        "The security group whose direct members may create Microsoft 365 groups although not everybody may.",
    ),
    Attribute::new(
        "allow_to_add_guests",
        "AllowToAddGuests",
        Type::Boolean,
        "Whether guests may be added to groups; `false` here outweighs `true` at a group.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute::new(
        "allow_guests_to_access_groups",
        "AllowGuestsToAccessGroups",
        Type::Boolean,
        "Whether guests may reach what belongs to groups.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute::new(
        "allow_guests_to_be_group_owner",
        "AllowGuestsToBeGroupOwner",
        Type::Boolean,
        "Whether guests may own groups.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false)),
    Attribute::new(
        "usage_guidelines_url",
        "UsageGuidelinesUrl",
        checked(2048, web_address),
        "Address of the rules for using groups.",
    ),
    Attribute::new(
        "guest_usage_guidelines_url",
        "GuestUsageGuidelinesUrl",
        checked(2048, web_address),
        "Address of the rules for guests in groups.",
    ),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "classification_list",
            "ClassificationList",
            Type::Texts { max_items: 100, max: 256, check: without_comma, members: &[] },
            "Classifications that a group can have.",
        )
    },
    Attribute::new(
        "classification_descriptions",
        "ClassificationDescriptions",
        checked(300, descriptions),
        "What the classifications mean: `Low:For everybody,High:For a few`.",
    ),
    Attribute::new(
        "default_classification",
        "DefaultClassification",
        checked(256, without_comma),
        "The classification of a group that is given none: one of `classification_list`.",
    ),
    Attribute::new(
        "prefix_suffix_naming_requirement",
        "PrefixSuffixNamingRequirement",
        checked(64, naming),
        "What is put around the names of groups: fixed text and attributes of whoever creates one around `[GroupName]`.",
    ),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "custom_blocked_words_list",
            "CustomBlockedWordsList",
            Type::Texts { max_items: 5000, max: 256, check: without_comma, members: &[] },
            "Words that no group may be called; upper and lower case alike, and the whole name only.",
        )
        .in_part()
    },
    Attribute::new(
        "enable_ms_standard_blocked_words",
        "EnableMSStandardBlockedWords",
        Type::Boolean,
        "Deprecated by Microsoft.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false)),
    Attribute::new(
        "enable_mip_labels",
        "EnableMIPLabels",
        Type::Boolean,
        "Whether sensitivity labels can be given to groups; they then take the place of classifications.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false)),
    Attribute::new(
        "new_unified_group_writeback_default",
        "NewUnifiedGroupWritebackDefault",
        Type::Boolean,
        "Whether new groups are written back to the on-premises directory.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
];

fn naming(text: &str) -> Result<(), String> {
    match text.matches(GROUP_NAME).count() {
        1 => Ok(()),
        count => Err(format!("`{GROUP_NAME}` stands in it {count} times, and must stand there once")),
    }
}

fn descriptions(text: &str) -> Result<(), String> {
    let described = |part: &str| part.split_once(':').is_some_and(|(name, _)| !name.trim().is_empty());
    match text.split(',').all(described) {
        true => Ok(()),
        false => Err("write `Classification:Description`, with a comma between and none inside".to_owned()),
    }
}

/// What stands under a classification that is declared has to be in the list that is declared.
fn check(settings: &Declared, diagnostics: &mut Diagnostics) {
    let Some(list) = settings.value("classification_list").and_then(Value::as_array) else { return };
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let described = settings.text("classification_descriptions").unwrap_or_default();
    let described = described.split(',').filter_map(|part| part.split_once(':')).map(|(name, _)| name.trim());
    let used = described.map(|name| ("classification_descriptions", name));
    let default = settings.text("default_classification").map(|name| ("default_classification", name));
    for (attribute, name) in used.chain(default).filter(|(_, name)| !names.contains(name)) {
        let message = format!("`{}` is not in `classification_list`", crate::text::terminal(name));
        let diagnostic =
            Diagnostic::error("contradiction", message, settings.place_of(attribute), "names it");
        diagnostics.push(diagnostic.also(settings.place_of("classification_list"), "does not have it"));
    }
}
