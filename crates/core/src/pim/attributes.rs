//! The attributes: one table for roles and groups.

use super::{PolicyPart, Relation, Section};
use crate::kinds::attribute::{anything, checked};
use crate::kinds::{Attribute, Clear, Type};

/// `activation` of a role.
pub(crate) const ACTIVATION: Attribute = of_role(
    "activation",
    "activation",
    Section::Activation,
    ACTIVATION_MEMBERS,
    "What activating the role takes: how long it lasts, what it asks for, who approves it.",
);

/// `eligibility` of a role.
pub(crate) const ELIGIBILITY: Attribute = of_role(
    "eligibility",
    "eligibility",
    Section::Eligibility,
    ASSIGNMENT_MEMBERS,
    "How long somebody may be eligible for the role, and what making somebody eligible asks for.",
);

/// `active_settings` of a role.
pub(crate) const ACTIVE_SETTINGS: Attribute = of_role(
    "active_settings",
    "activeSettings",
    Section::Active,
    ASSIGNMENT_MEMBERS,
    "How long somebody may be assigned the role, and what assigning it asks for. The same may stand in `active` beside \
     `at_least` and `never`.",
);

/// `notifications` of a role.
pub(crate) const NOTIFICATIONS: Attribute = of_role(
    "notifications",
    "notifications",
    Section::Notifications,
    NOTIFICATION_MEMBERS,
    "Who is told by mail what happens to assignments of the role.",
);

/// `member_settings` of a group.
pub(crate) const MEMBER_SETTINGS: Attribute = of_group(
    "member_settings",
    "memberSettings",
    Relation::Member,
    "PIM settings of membership: what activating it takes, how long it may last, who is told.",
);

/// `owner_settings` of a group.
pub(crate) const OWNER_SETTINGS: Attribute = of_group(
    "owner_settings",
    "ownerSettings",
    Relation::Owner,
    "PIM settings of ownership: what activating it takes, how long it may last, who is told.",
);

const fn of_role(
    name: &'static str,
    graph: &'static str,
    section: Section,
    members: &'static [Attribute],
    summary: &'static str,
) -> Attribute {
    Attribute::new(name, graph, Type::Record(members), summary)
        .not_clearable()
        .needs("RoleManagement.Read.Directory", "RoleManagementPolicy.ReadWrite.Directory")
        .in_policy(PolicyPart { relation: Relation::Role, section: Some(section) })
}

const fn of_group(
    name: &'static str,
    graph: &'static str,
    relation: Relation,
    summary: &'static str,
) -> Attribute {
    Attribute::new(name, graph, Type::Record(SECTIONS), summary)
        .not_clearable()
        .needs("RoleManagementPolicy.Read.AzureADGroup", "RoleManagementPolicy.ReadWrite.AzureADGroup")
        .in_policy(PolicyPart { relation, section: None })
}

static SECTIONS: &[Attribute] = &[
    part("activation", ACTIVATION_MEMBERS, "What an activation takes."),
    part("eligibility", ASSIGNMENT_MEMBERS, "How long somebody may be eligible, and what that asks for."),
    part("active", ASSIGNMENT_MEMBERS, "How long somebody may be assigned, and what that asks for."),
    part("notifications", NOTIFICATION_MEMBERS, "Who is told by mail what happens."),
];

static ACTIVATION_MEMBERS: &[Attribute] = &[
    Attribute::new(
        "maximum_duration",
        "maximumDuration",
        Type::Duration { check: activation_length, word: None },
        "Longest activation, `PT30M` to `P1D` in steps of half an hour.",
    )
    .not_clearable(),
    REQUIRE,
    flag(
        "approval_required",
        "approvalRequired",
        "Whether somebody has to approve an activation; follows from `approvers` where these are given.",
    ),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "approvers",
            "approvers",
            Type::References(&["user", "group"]),
            "Who may approve: one of them is enough. Where approval is required and nobody is named, Global \
             Administrators and Privileged Role Administrators approve.",
        )
    },
    flag(
        "requestor_justification_required",
        "requestorJustificationRequired",
        "Whether who asks for approval says why.",
    ),
    flag(
        "approver_justification_required",
        "approverJustificationRequired",
        "Whether who approves or denies says why.",
    ),
    Attribute::new(
        "approval_stage_time_out_in_days",
        "approvalStageTimeOutInDays",
        Type::Integer { min: 1, max: 30 },
        "Days after which a request that nobody answered is denied.",
    )
    .not_clearable(),
    flag(
        "approval_required_for_extension",
        "approvalRequiredForExtension",
        "Whether extending takes approval as well.",
    ),
    Attribute::new(
        "authentication_context",
        "authenticationContext",
        checked(3, context),
        "Authentication context of Conditional Access that an activation takes, `c1` to `c99`, instead of `mfa` in \
         `require`; `\"\"` for none.",
    ),
];

static ASSIGNMENT_MEMBERS: &[Attribute] = &[
    Attribute::new(
        "maximum",
        "maximum",
        Type::Duration { check: assignment_length, word: Some(super::rules::PERMANENT) },
        "Longest time, such as `P365D`, after which it ends unless it is renewed; `permanent` where it need not end.",
    )
    .not_clearable(),
    REQUIRE,
];

static NOTIFICATION_MEMBERS: &[Attribute] = &[
    part("eligible_assigned", RECIPIENTS, "When somebody is made eligible."),
    part("active_assigned", RECIPIENTS, "When somebody is assigned."),
    part("activated", RECIPIENTS_OF_ACTIVATION, "When somebody activates."),
];

static RECIPIENTS: &[Attribute] = &[
    part("admins", MAIL, "Mail to administrators."),
    part("assignee", MAIL, "Mail to whom it is about."),
    part("approvers", MAIL, "Mail to who approves renewals and extensions."),
];

static RECIPIENTS_OF_ACTIVATION: &[Attribute] = &[
    part("admins", MAIL, "Mail to administrators."),
    part("assignee", MAIL, "Mail to whom it is about."),
    part("approvers", MAIL_TO_APPROVERS, "Mail to who approves the activation; nobody else can be told."),
];

static MAIL: &[Attribute] = &[
    LEVEL,
    DEFAULT_RECIPIENTS,
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "recipients",
            "recipients",
            Type::Texts { max_items: 100, max: 256, check: mail, members: &[] },
            "Further mail addresses.",
        )
    },
];

static MAIL_TO_APPROVERS: &[Attribute] = &[LEVEL, DEFAULT_RECIPIENTS];

const LEVEL: Attribute = Attribute::new(
    "level",
    "level",
    Type::Enumeration(&["None", "Critical", "All"]),
    "Which mails are sent: `all`, `critical` ones, `none`.",
)
.not_clearable();

const DEFAULT_RECIPIENTS: Attribute = flag(
    "default_recipients",
    "defaultRecipients",
    "Whether the service's own recipients get them, beside those listed.",
);

const REQUIRE: Attribute = Attribute {
    clear: Clear::Empty,
    ..Attribute::new(
        "require",
        "require",
        Type::Texts {
            max_items: 3,
            max: 32,
            check: anything,
            members: &["Mfa", "Justification", "Ticketing"],
        },
        "What is asked for: `mfa` multifactor authentication, `justification` a reason, `ticketing` a ticket.",
    )
};

const fn part(name: &'static str, members: &'static [Attribute], summary: &'static str) -> Attribute {
    Attribute::new(name, graph_of(name), Type::Record(members), summary).not_clearable()
}

/// The names in plans of the parts whose TOML name has two words.
const fn graph_of(name: &'static str) -> &'static str {
    match name.as_bytes() {
        b"eligible_assigned" => "eligibleAssigned",
        b"active_assigned" => "activeAssigned",
        _ => name,
    }
}

const fn flag(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, Type::Boolean, summary).not_clearable()
}

/// Minutes of an activation: what the portal offers.
const HALF_AN_HOUR: i64 = 30;
const A_DAY: i64 = 24 * 60;

fn activation_length(text: &str) -> Result<(), String> {
    let minutes = super::rules::minutes(text);
    match minutes.filter(|minutes| (HALF_AN_HOUR..=A_DAY).contains(minutes) && minutes % HALF_AN_HOUR == 0) {
        Some(_) => Ok(()),
        None => Err("an activation lasts `PT30M` to `P1D`, in steps of half an hour".to_owned()),
    }
}

fn assignment_length(text: &str) -> Result<(), String> {
    match super::rules::minutes(text).filter(|minutes| *minutes > 0) {
        Some(_) => Ok(()),
        None if text == super::rules::PERMANENT => Ok(()),
        None => Err("write days, such as `P90D` or `P365D`, or `permanent`".to_owned()),
    }
}

fn context(text: &str) -> Result<(), String> {
    let number = text.strip_prefix('c').filter(|digits| !digits.starts_with(['0', '+']));
    match number.and_then(|digits| digits.parse::<u8>().ok()).filter(|number| (1..=99).contains(number)) {
        Some(_) => Ok(()),
        None => Err("an authentication context is one of `c1` to `c99`".to_owned()),
    }
}

fn mail(text: &str) -> Result<(), String> {
    match text.split_once('@').filter(|(name, domain)| !name.is_empty() && domain.contains('.')) {
        Some((_, domain)) if !domain.contains(['@', ' ']) => Ok(()),
        _ => Err("write a mail address, `name@contoso.com`".to_owned()),
    }
}
