//! What may stand in a configuration besides objects, described once for [`crate::explain`] and [`crate::schema`].

use serde_json::{Value, json};

use crate::config;
use crate::kinds::{Kind, Shape, collections};
use crate::manual::{UNREACHABLE, Unreachable};

/// A table of settings.
#[derive(Debug)]
pub struct SettingsTable {
    /// The table at the top level of TOML: `limits`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The keys it takes.
    pub keys: Keys,
}

/// The keys of a settings table.
#[derive(Debug)]
pub enum Keys {
    /// These and no others.
    Named(&'static [Setting]),
    /// The table names of the kinds of which a tenant has any number of objects.
    PerKind(PerKind),
    /// Names that people choose.
    Entries(Entries),
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The key.
    pub name: &'static str,
    /// Its type in words.
    pub value: &'static str,
    /// What holds when it is not given, in words.
    pub default: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// An example of the value, as TOML.
    pub example: &'static str,
    /// The JSON Schema of the value.
    pub schema: fn() -> Value,
}

/// A setting that each kind has for itself, under its table's name.
#[derive(Debug)]
pub struct PerKind {
    /// Its type in words.
    pub value: &'static str,
    /// What holds when it is not given, in words.
    pub default: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// An example of the whole settings table, as TOML.
    pub example: &'static str,
    /// The JSON Schema of the value.
    pub schema: fn(&Kind) -> Value,
}

/// Tables under names that people choose, each with the same settings.
#[derive(Debug)]
pub struct Entries {
    /// An example of a name.
    pub name: &'static str,
    /// The settings of each.
    pub settings: &'static [Setting],
    /// What belongs here, for people to choose from.
    pub belongs: &'static [Unreachable],
}

/// What stands for a default where there is none.
const REQUIRED: &str = "it is an error";

impl Setting {
    /// Whether it has to be given.
    pub fn is_required(&self) -> bool {
        self.default == REQUIRED
    }
}

impl SettingsTable {
    /// The header under which its settings stand, without brackets: `limits`, `manual."…"`.
    pub fn header(&self, name: &str) -> String {
        match &self.keys {
            Keys::Entries(_) => format!("{}.\"{name}\"", self.name),
            Keys::Named(_) | Keys::PerKind(_) => self.name.to_owned(),
        }
    }

    /// An example of the table, as TOML.
    pub fn example(&self) -> String {
        let (name, settings) = match &self.keys {
            Keys::PerKind(each) => return each.example.to_owned(),
            Keys::Named(settings) => ("", *settings),
            Keys::Entries(entries) => (entries.name, entries.settings),
        };
        let lines = settings.iter().map(|setting| format!("{} = {}\n", setting.name, setting.example));
        format!("[{}]\n{}", self.header(name), lines.collect::<String>())
    }
}

/// The keys, beside its attributes, that an object of this shape takes.
pub fn lifecycle(shape: Shape) -> impl Iterator<Item = &'static Setting> {
    let taken = config::lifecycle_of(shape);
    LIFECYCLE.iter().filter(move |setting| taken.contains(&setting.name))
}

/// The table of settings with this name.
pub fn by_name(name: &str) -> Option<&'static SettingsTable> {
    SETTINGS.iter().find(|table| table.name == name)
}

/// Every table of settings.
pub static SETTINGS: &[SettingsTable] = &[
    SettingsTable {
        name: "tenant",
        summary: "Which tenant the configuration describes.",
        keys: Keys::Named(&[
            Setting {
                name: "id",
                value: "text: a verified domain or the tenant's GUID",
                default: "the tenant one signs in to",
                summary: "The tenant; a plan for another one is refused.",
                example: r#""contoso.onmicrosoft.com""#,
                schema: || json!({ "type": "string", "pattern": "^[A-Za-z0-9.-]+$" }),
            },
            Setting {
                name: "cloud",
                value: "one of `global`, `usgov`, `usgov_dod`, `china`",
                default: "`global`",
                summary: "The Microsoft cloud that the tenant is in.",
                example: r#""global""#,
                schema: || json!({ "enum": ["global", "usgov", "usgov_dod", "china"] }),
            },
        ]),
    },
    SettingsTable {
        name: "protect",
        summary: "What no plan may touch.",
        keys: Keys::Named(&[
            Setting {
                name: "emergency_access",
                value: "list of references to `user:` or `id:`",
                default: "`[]`",
                summary: "Emergency access accounts: no plan deletes or disables one, or takes it out of a group that can hold directory roles.",
                example: r#"["user:breakglass1@contoso.com", "user:breakglass2@contoso.com"]"#,
                schema: || json!({ "type": "array", "items": { "type": "string", "pattern": "^(user|id):.+" } }),
            },
            Setting {
                name: "never_delete",
                value: "list of patterns `kind:name`, in which `*` stands for any text",
                default: "`[]`",
                summary: "Objects that no plan deletes.",
                example: r#"["group:Tier 0*"]"#,
                schema: || json!({ "type": "array", "items": { "type": "string", "pattern": address_pattern() } }),
            },
        ]),
    },
    SettingsTable {
        name: "limits",
        summary: "How much one plan may change, per kind; a plan that exceeds a limit is refused. A share counts once 10 or more of what it is a share of exist in the tenant.",
        keys: Keys::Named(&[
            Setting {
                name: "update",
                value: LIMIT,
                default: "`\"30%\"`",
                summary: "Most objects changed, of those that exist and are managed.",
                example: r#""30%""#,
                schema: limit,
            },
            Setting {
                name: "delete",
                value: LIMIT,
                default: "`\"10%\"`",
                summary: "Most objects deleted, of those that exist and are managed.",
                example: "5",
                schema: limit,
            },
            Setting {
                name: "remove_members",
                value: LIMIT,
                default: "`\"25%\"`",
                summary: "Most members, owners and other references removed, of those the plan read.",
                example: r#""25%""#,
                schema: limit,
            },
        ]),
    },
    SettingsTable {
        name: "manage",
        summary: "What happens to objects that no configuration declares.",
        keys: Keys::PerKind(PerKind {
            value: "one of `declared`, `exact`",
            default: "`declared`",
            summary: "`declared` leaves undeclared objects of the kind alone; `exact` plans their removal.",
            example: r#"[manage]
groups = "exact"
"#,
            schema: |_| json!({ "enum": ["declared", "exact"] }),
        }),
    },
    SettingsTable {
        name: "defaults",
        summary: "Attributes that every declared object of a kind has unless it says otherwise.",
        keys: Keys::PerKind(PerKind {
            value: "table of the kind's attributes",
            default: "no attributes",
            summary: "An attribute that the object gives replaces the default whole.",
            example: r#"[defaults.users]
usage_location = "US"
"#,
            schema: |kind| json!({ "$ref": format!("#/definitions/{}_defaults", kind.name) }),
        }),
    },
    SettingsTable {
        name: "handover",
        summary: "Who receives the initial passwords of new users.",
        keys: Keys::Named(&[Setting {
            name: "recipients",
            value: "list of age public keys, `age1…`",
            default: "`[]`",
            summary: "Keys to which initial passwords are encrypted; never a secret key.",
            example: r#"["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]"#,
            schema: || json!({ "type": "array", "items": { "type": "string", "pattern": "^age1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58}$" } }),
        }]),
    },
    SettingsTable {
        name: "manual",
        summary: "The manual register: settings that Graph lets no application write, so that people look after them. Every plan shows them, and warns of those that somebody has to look at again.",
        keys: Keys::Entries(Entries {
            name: "SSPR scope",
            settings: &[
                Setting {
                    name: "owner",
                    value: "text, or reference to `user:`, `group:` or `id:`",
                    default: REQUIRED,
                    summary: "Who looks after it; a reference that leads nowhere stops the plan.",
                    example: r#""user:adele.vance@contoso.com""#,
                    schema: || json!({ "type": "string", "minLength": 1 }),
                },
                Setting {
                    name: "expected",
                    value: "text",
                    default: REQUIRED,
                    summary: "How it shall be, in words.",
                    example: r#""Selected: the group All employees""#,
                    schema: || json!({ "type": "string", "minLength": 1 }),
                },
                Setting {
                    name: "checked",
                    value: "date",
                    default: "it was never checked, which is overdue",
                    summary: "The day on which somebody looked last and found it as expected.",
                    example: "2026-10-01",
                    schema: || json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
                },
                Setting {
                    name: "every",
                    value: "days, weeks, months or years, such as `\"90d\"`, `\"6 months\"` or `\"P1Y\"`",
                    default: "`\"90d\"`",
                    summary: "How long a look is good for.",
                    example: r#""90d""#,
                    schema: || json!({ "type": "string", "minLength": 2 }),
                },
            ],
            belongs: UNREACHABLE,
        }),
    },
    SettingsTable {
        name: "licensing",
        summary: "How products are called.",
        keys: Keys::Named(&[Setting {
            name: "product_names",
            value: "path of a CSV file, from the configuration folder",
            default: "products go by part number and id",
            summary: "Microsoft's table \"Product names and service plan identifiers for licensing\": plans then show product names, and `licenses` takes them.",
            example: r#""product-names.csv""#,
            schema: || json!({ "type": "string", "minLength": 1 }),
        }]),
    },
];

/// Keys that every object takes beside the attributes of its kind.
pub static LIFECYCLE: &[Setting] = &[
    Setting {
        name: "id",
        value: "text: an object id (a GUID)",
        default: "the object is found by its key",
        summary: "The live object it is, whatever the live object is called.",
        example: r#""2f1a7c3e-58d0-4b9e-9c61-0d8a4e7b2f35""#,
        schema: || json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" }),
    },
    Setting {
        name: "previously",
        value: "list of earlier keys, as text",
        default: "`[]`",
        summary: "Keys under which the live object may still be found; it is renamed in place.",
        example: r#"["earlier key"]"#,
        schema: || json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }),
    },
    Setting {
        name: "absent",
        value: "`true` or `false`",
        default: "`false`",
        summary: "Whether the object shall not exist: `true` plans its deletion, and no attributes may stand beside it.",
        example: "true",
        schema: || json!({ "type": "boolean" }),
    },
];

const LIMIT: &str = "share such as `\"30%\"`, or number of objects";

fn limit() -> Value {
    json!({ "anyOf": [
        { "type": "string", "pattern": "^(100|[0-9]{1,2})%$" },
        { "type": "integer", "minimum": 0 },
    ] })
}

fn address_pattern() -> String {
    let kinds: Vec<&str> = collections().map(|kind| kind.name).collect();
    format!("^({}):", kinds.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, LoadError};
    use crate::desired::{Configuration, Limit, Limits};
    use crate::diagnostic::SourceFile;
    use crate::kinds::KINDS;

    fn parse(text: &str) -> Result<Configuration, LoadError> {
        config::parse(vec![SourceFile::new("tenantry.toml", text.as_bytes().to_vec())])
    }

    /// What the reader says may stand where it found something wrong.
    fn choices(text: &str, before: &str) -> Vec<String> {
        let Err(LoadError::Invalid(invalid)) = parse(text) else { panic!("accepted: {text}") };
        let help = invalid.diagnostics[0].help.clone().unwrap();
        let choices = help.strip_prefix(before).unwrap_or_else(|| panic!("{text}: {help}"));
        choices.split(", ").map(str::to_owned).collect()
    }

    #[test]
    fn the_reader_knows_the_same_tables_and_settings() {
        let tables = SETTINGS.iter().map(|table| table.name).chain(KINDS.iter().map(|kind| kind.table));
        assert_eq!(choices("zzzzzz = {}", "known here: "), tables.collect::<Vec<_>>());
        for table in SETTINGS {
            let names: Vec<&str> = match &table.keys {
                Keys::Named(settings) => settings.iter().map(|setting| setting.name).collect(),
                Keys::PerKind(_) => collections().map(|kind| kind.table).collect(),
                Keys::Entries(entries) => entries.settings.iter().map(|setting| setting.name).collect(),
            };
            let before = match &table.keys {
                Keys::Entries(_) => table.example(),
                Keys::Named(_) | Keys::PerKind(_) => format!("[{}]\n", table.name),
            };
            assert_eq!(choices(&format!("{before}zzzzzz = 1"), "known here: "), names);
        }
    }

    #[test]
    fn the_reader_knows_the_same_clouds() {
        let clouds = choices("[tenant]\ncloud = \"mars\"", "one of ");
        let Some(SettingsTable { keys: Keys::Named(settings), .. }) = by_name("tenant") else { panic!() };
        let cloud = settings.iter().find(|setting| setting.name == "cloud").unwrap();
        assert_eq!((cloud.schema)()["enum"], json!(clouds));
        assert_eq!(cloud.value, format!("one of `{}`", clouds.join("`, `")));
    }

    #[test]
    fn examples_are_read_without_mistakes() {
        for table in SETTINGS {
            assert!(parse(&table.example()).is_ok(), "{}", table.example());
        }
        for setting in LIFECYCLE {
            let text = format!("[groups.Sales]\n{} = {}", setting.name, setting.example);
            assert!(parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_limits_given_are_those_that_hold() {
        let Limits { update, delete, remove_members } = Limits::default();
        let Some(SettingsTable { keys: Keys::Named(settings), .. }) = by_name("limits") else { panic!() };
        for (setting, limit) in settings.iter().zip([update, delete, remove_members]) {
            let Limit::Percent(percent) = limit else { panic!("{limit:?}") };
            assert_eq!(setting.default, format!("`\"{percent}%\"`"), "{}", setting.name);
        }
    }
}
