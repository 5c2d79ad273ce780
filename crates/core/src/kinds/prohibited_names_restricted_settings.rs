//! Settings of the template Prohibited Names Restricted Settings: what applications may be called after all.

use super::attribute::{Attribute, Type};
use super::settings::{OF_TENANT, without_comma};
use super::{Clear, Default, Kind, Shape, Template};

pub(super) static KIND: Kind = Kind {
    name: "prohibited_names_restricted_settings",
    table: "prohibited_names_restricted_settings",
    shape: Shape::Settings(Template { id: "aad3907d-1d1a-448b-b3ef-7bf7f63db63b", separator: ',' }),
    summary: "Names that applications may have although they are prohibited (template Prohibited Names Restricted Settings); `absent = true` goes back to the template's defaults.",
    example: EXAMPLE,
    attributes: ATTRIBUTES,
    ..OF_TENANT
};

const EXAMPLE: &str = r#"[prohibited_names_restricted_settings]
custom_allowed_whole_words_list = ["Contoso"]
do_not_validate_against_trademark = false
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "custom_allowed_sub_strings_list",
            "CustomAllowedSubStringsList",
            WORDS,
            "Texts that an application's name may hold.",
        )
        .in_part()
    },
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "custom_allowed_whole_words_list",
            "CustomAllowedWholeWordsList",
            WORDS,
            "Words that an application's name may hold.",
        )
        .in_part()
    },
    Attribute::new(
        "do_not_validate_against_trademark",
        "DoNotValidateAgainstTrademark",
        Type::Boolean,
        "Whether names that are trademarks are let through.",
    )
    .not_clearable()
    .unless_set(Default::Flag(false)),
];

const WORDS: Type = Type::Texts { max_items: 1000, max: 256, check: without_comma, members: &[] };
