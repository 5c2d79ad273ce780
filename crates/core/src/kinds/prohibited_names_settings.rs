//! Settings of the template Prohibited Names Settings: what no application may be called.

use super::attribute::{Attribute, Type};
use super::settings::{OF_TENANT, without_comma};
use super::{Clear, Kind, Shape, Template};

pub(super) static KIND: Kind = Kind {
    name: "prohibited_names_settings",
    table: "prohibited_names_settings",
    shape: Shape::Settings(Template { id: "80661d51-be2f-4d46-9713-98a2fcaec5bc", separator: ',' }),
    summary: "Names that applications must not have (template Prohibited Names Settings); `absent = true` goes back to the template's defaults.",
    example: EXAMPLE,
    attributes: ATTRIBUTES,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[prohibited_names_settings]
custom_blocked_whole_words_list = ["Contoso"]
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "custom_blocked_sub_strings_list",
            "CustomBlockedSubStringsList",
            WORDS,
            "Texts that no application's name may hold.",
        )
        .in_part()
    },
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "custom_blocked_whole_words_list",
            "CustomBlockedWholeWordsList",
            WORDS,
            "Words that no application's name may hold.",
        )
        .in_part()
    },
];

const WORDS: Type = Type::Texts { max_items: 1000, max: 256, check: without_comma, members: &[] };
