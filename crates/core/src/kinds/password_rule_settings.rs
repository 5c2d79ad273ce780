//! Settings of the template Password Rule Settings: banned passwords and the lockout after wrong ones.
//!
//! Surprises: terms are separated by tabs; the second mode on-premises is spelled in two ways; how many wrong passwords
//! lock an account by default depends on the cloud, so nothing is assumed of it.

use super::attribute::{Attribute, Type, Word};
use super::settings::{OF_TENANT, without_tab};
use super::{Clear, Default, Kind, Shape, Template};

pub(super) static KIND: Kind = Kind {
    name: "password_rule_settings",
    table: "password_rule_settings",
    shape: Shape::Settings(Template { id: "5cf42378-d67d-4f36-ba46-e8b86229381d", separator: '\t' }),
    summary: "Banned passwords and the lockout after wrong ones (template Password Rule Settings); `absent = true` goes \
         back to the template's defaults.",
    example: EXAMPLE,
    licence: "Microsoft Entra ID P1",
    attributes: ATTRIBUTES,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[password_rule_settings]
banned_password_check_on_premises_mode = "enforce"
enable_banned_password_check = true
banned_password_list = ["contoso", "seattle"]
lockout_threshold = 8
lockout_duration_in_seconds = 90
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "enable_banned_password_check",
        "EnableBannedPasswordCheck",
        Type::Boolean,
        "Whether `banned_password_list` is looked at.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "banned_password_list",
            "BannedPasswordList",
            Type::Texts { max_items: 1000, max: 16, check: term, members: &[] },
            "Terms of 4 to 16 characters that passwords must not be made of; upper and lower case alike.",
        )
        .in_part()
    },
    Attribute::new(
        "enable_banned_password_check_on_premises",
        "EnableBannedPasswordCheckOnPremises",
        Type::Boolean,
        "Whether the agents on domain controllers look at passwords too.",
    )
    .not_clearable()
    .unless_set(Default::Flag(true)),
    Attribute::new(
        "banned_password_check_on_premises_mode",
        "BannedPasswordCheckOnPremisesMode",
        Type::Words(&[
            Word { name: "audit", graph: &["Audit"] },
            Word { name: "enforce", graph: &["Enforce", "Enforced"] },
        ]),
        "What the agents do about a banned password: write it down, or refuse it.",
    )
    .not_clearable()
    .unless_set(Default::Text("Audit")),
    Attribute::new(
        "lockout_threshold",
        "LockoutThreshold",
        Type::Integer { min: 1, max: i32::MAX as i64 },
        "Wrong passwords until an account is locked; with pass-through authentication fewer than on-premises.",
    )
    .not_clearable(),
    Attribute::new(
        "lockout_duration_in_seconds",
        "LockoutDurationInSeconds",
        Type::Integer { min: 1, max: i32::MAX as i64 },
        "How long the first lock lasts, in seconds; with pass-through authentication longer than on-premises.",
    )
    .not_clearable()
    .unless_set(Default::Number(60)),
];

fn term(text: &str) -> Result<(), String> {
    match text.chars().count() {
        0..4 => Err("a term has at least 4 characters".to_owned()),
        _ => without_tab(text),
    }
}
