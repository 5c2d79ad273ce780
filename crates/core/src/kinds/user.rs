//! Users: members by POST, guests by invitation.
//!
//! Surprises: the password is needed at creation and can never be read; `mail` adds a proxy address; a soft-deleted
//! user's name carries its id in front; changing a user who holds a privileged role takes a directory role on the
//! application, not only a permission. `POST /users` must not make guests: an `invitation` does.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attribute::{Attribute, Link, LinkWrite, Type, anything, checked, folded, text};
use super::licenses::licenses;
use super::text_rules::{alias, country_code, language, mail_address, web_address};
use super::{Clear, Creation, KeyRule, Kind, Lookup, Shape, Side, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::{Observed, TenantFacts};

pub(super) static KIND: Kind = Kind {
    name: "user",
    table: "users",
    entity: "user",
    path: "/users",
    shape: Shape::Collection,
    types: &[],
    whole: false,
    among: None,
    declares: None,
    refuses_nulls: false,
    delta: true,
    synchronised: true,
    summary: "People and service accounts: members of the organisation and invited guests.",
    documentation: "https://learn.microsoft.com/graph/api/resources/user",
    example: EXAMPLE,
    licence: "none (licenses needs usage_location)",
    plan_permissions: &["User.Read.All", "Organization.Read.All"],
    apply_permissions: &["User.ReadWrite.All", "User.Invite.All", "User.DeleteRestore.All"],
    keys: &[
        KeyRule {
            property: "userPrincipalName",
            lookup: Lookup::Filter,
            attribute: Some("user_principal_name"),
            from_key: str::to_owned,
            unique: true,
            applies: |_| true,
        },
        // An invited person is known by the address that was invited, whatever the service made of it.
        KeyRule {
            property: "mail",
            lookup: Lookup::Filter,
            attribute: None,
            from_key: str::to_owned,
            unique: false,
            applies: is_invited,
        },
    ],
    name_attribute: "user_principal_name",
    attributes: ATTRIBUTES,
    always_read: &[
        "id",
        "userPrincipalName",
        "mail",
        "userType",
        "onPremisesSyncEnabled",
        "isManagementRestricted",
    ],
    extensions: true,
    check,
    settle,
    removable: |live| !live.text("@odata.type").ends_with("agentUser") && !live.is_synchronised(),
    accepts_link: |_, _, _| Ok(()),
    links_read: super::declared_links,
    restorable: |_, _| true,
    creation,
};

const EXAMPLE: &str = r#"[users."adele.vance@contoso.com"]
display_name = "Adele Vance"
department = "Retail"
usage_location = "US"
licenses = [{ sku = "SPE_E5", disabled_plans = ["YAMMER_ENTERPRISE"] }]
manager = "user:miriam.graham@contoso.com"

[users."sara.davis@fabrikam.com"]
display_name = "Sara Davis (Fabrikam)"
invitation = { send_invitation_message = true }

[users."lee.gu@contoso.com"]
absent = true
"#;

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "user_principal_name",
        "userPrincipalName",
        folded(113, principal_name),
        "Sign-in name `alias@domain`; the table's key unless given. The domain must \
         be verified. Guests keep the name the service gave them.",
    )
    .not_clearable(),
    Attribute::new(
        "display_name",
        "displayName",
        text(256),
        "Name shown in the address book; required at creation.",
    )
    .not_clearable(),
    Attribute::new(
        "account_enabled",
        "accountEnabled",
        Type::Boolean,
        "Whether the account may sign in; `true` at creation unless given.",
    )
    .not_clearable(),
    Attribute::new(
        "mail_nickname",
        "mailNickname",
        checked(64, alias),
        "Mail alias; the part of the user principal name before `@` at creation \
         unless given.",
    )
    .not_clearable(),
    Attribute::new(
        "user_type",
        "userType",
        Type::Enumeration(&["Member", "Guest"]),
        "`member` or `guest`; does not change how the person signs in.",
    )
    .not_clearable(),
    Attribute::new("given_name", "givenName", text(64), "First name."),
    Attribute::new("surname", "surname", text(64), "Family name."),
    Attribute::new("job_title", "jobTitle", text(128), "Job title."),
    Attribute::new("department", "department", text(64), "Department."),
    Attribute::new("company_name", "companyName", text(64), "Company; for guests, usually their own."),
    Attribute::new("office_location", "officeLocation", text(128), "Office."),
    Attribute::new("street_address", "streetAddress", text(1024), "Street address."),
    Attribute::new("city", "city", text(128), "City."),
    Attribute::new("state", "state", text(128), "State or province."),
    Attribute::new("postal_code", "postalCode", text(40), "Postal code."),
    Attribute::new("country", "country", text(128), "Country or region, as a name."),
    Attribute::new(
        "usage_location",
        "usageLocation",
        folded(2, country_code),
        "Country whose law governs the services (ISO 3166-1 alpha-2); required before \
         a licence works. Can be changed, never unset.",
    )
    .not_clearable()
    .cloud(),
    licenses("licenseAssignmentStates", &["usageLocation"], false),
    Attribute::new(
        "preferred_language",
        "preferredLanguage",
        checked(35, language),
        "Preferred language, `xx` or `xx-XX`.",
    ),
    Attribute::new(
        "preferred_data_location",
        "preferredDataLocation",
        text(16),
        "Geography of the data in a multi-geo tenant.",
    ),
    Attribute::new(
        "mail",
        "mail",
        folded(254, mail_address),
        "Primary e-mail address; setting it adds a proxy address.",
    ),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "other_mails",
            "otherMails",
            Type::Texts { max_items: 250, max: 250, check: mail_address, members: &[] },
            "Further e-mail addresses.",
        )
    },
    Attribute::new("mobile_phone", "mobilePhone", text(64), "Mobile phone."),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "business_phones",
            "businessPhones",
            Type::Texts { max_items: 1, max: 64, check: anything, members: &[] },
            "Business phone: a list of at most one.",
        )
    },
    Attribute::new("fax_number", "faxNumber", text(64), "Fax number."),
    Attribute::new("employee_id", "employeeId", text(16), "Employee number, as text."),
    Attribute::new(
        "employee_type",
        "employeeType",
        text(64),
        "Kind of employment, free text such as `Employee` or `Contractor`.",
    ),
    Attribute::new("employee_hire_date", "employeeHireDate", Type::DateTime, "First day of work."),
    Attribute::new(
        "employee_leave_date_time",
        "employeeLeaveDateTime",
        Type::DateTime,
        "When the person leaves.",
    )
    .needs("User-LifeCycleInfo.Read.All", "User-LifeCycleInfo.ReadWrite.All"),
    Attribute::new(
        "employee_org_data",
        "employeeOrgData",
        Type::Record(&[
            Attribute::new("division", "division", text(64), "Division."),
            Attribute::new("cost_center", "costCenter", text(64), "Cost center."),
        ]),
        "Division and cost center.",
    ),
    Attribute::new(
        "age_group",
        "ageGroup",
        Type::Enumeration(&["Minor", "NotAdult", "Adult"]),
        "Age group, for parental consent rules.",
    ),
    Attribute::new(
        "consent_provided_for_minor",
        "consentProvidedForMinor",
        Type::Enumeration(&["Granted", "Denied", "NotRequired"]),
        "Parental consent.",
    ),
    Attribute::new(
        "password_policies",
        "passwordPolicies",
        Type::Flags(&["DisablePasswordExpiration", "DisableStrongPassword"]),
        "Exceptions from the password policy: a list of `disable_password_expiration` \
         and `disable_strong_password`; `[]` for none.",
    ),
    Attribute::new(
        "on_premises_immutable_id",
        "onPremisesImmutableId",
        checked(256, immutable_id),
        "Anchor to the on-premises account; required at creation when the domain is \
         federated.",
    ),
    Attribute::new(
        "on_premises_extension_attributes",
        "onPremisesExtensionAttributes",
        Type::Record(EXTENSION_ATTRIBUTES),
        "Extension attributes 1 to 15, writable for accounts that were never synchronised.",
    )
    .not_clearable(),
    Attribute::new(
        "custom_security_attributes",
        "customSecurityAttributes",
        Type::SecurityAttributes,
        "Custom security attributes by set and name: `{ Engineering = { Project = \
         [\"Alpine\"] } }`.",
    )
    .not_clearable()
    .cloud()
    .needs("CustomSecAttributeAssignment.Read.All", "CustomSecAttributeAssignment.ReadWrite.All"),
    Attribute::new(
        "authorization_info",
        "authorizationInfo",
        Type::Record(&[Attribute {
            clear: Clear::Empty,
            ..Attribute::new(
                "certificate_user_ids",
                "certificateUserIds",
                Type::Texts { max_items: 10, max: 1024, check: anything, members: &[] },
                "Identifiers that bind certificates to the account, such as \
         `X509:<PN>name@contoso.com`.",
            )
        }]),
        "Certificate bindings for certificate-based authentication.",
    ),
    Attribute::new(
        "identities",
        "identities",
        Type::Records(&[
            Attribute::new(
                "sign_in_type",
                "signInType",
                text(64),
                "`emailAddress`, `userName`, `federated` and so on.",
            )
            .not_clearable(),
            Attribute::new("issuer", "issuer", text(512), "Issuer of the identity, a domain.")
                .not_clearable(),
            Attribute::new(
                "issuer_assigned_id",
                "issuerAssignedId",
                text(64),
                "The identifier the issuer assigned.",
            )
            .not_clearable(),
        ]),
        "Sign-in identities besides the user principal name.",
    )
    .not_clearable(),
    Attribute::new(
        "manager",
        "manager",
        Type::Link(Link {
            targets: &["user"],
            max: 1,
            write: LinkWrite::Single,
            at_creation: true,
            cycle: Some("report to each other"),
            keeps_one: None,
            delta: true,
        }),
        "The person's manager.",
    ),
    Attribute::new(
        "sponsors",
        "sponsors",
        Type::Link(Link {
            targets: &["user", "group"],
            max: 5,
            write: LinkWrite::Reference,
            at_creation: false,
            cycle: None,
            keeps_one: None,
            delta: false,
        }),
        "Who is responsible for a guest: users or groups.",
    )
    .cloud(),
    Attribute::new(
        "password_profile",
        "passwordProfile",
        Type::Record(&[
            Attribute::new(
                "force_change_password_next_sign_in",
                "forceChangePasswordNextSignIn",
                Type::Boolean,
                "Whether the first sign-in asks for a new password; `true` unless given.",
            ),
            Attribute::new(
                "force_change_password_next_sign_in_with_mfa",
                "forceChangePasswordNextSignInWithMfa",
                Type::Boolean,
                "The same, after multifactor authentication.",
            ),
        ]),
        "How the initial password behaves. The password itself is generated and never \
         stands in a configuration.",
    )
    .at_creation()
    .not_clearable(),
    Attribute::new(
        "invitation",
        "invitation",
        Type::Record(&[
            Attribute::new(
                "invite_redirect_url",
                "inviteRedirectUrl",
                checked(2048, web_address),
                "Where the guest lands after accepting; `https://myapps.microsoft.com` unless \
         given.",
            ),
            Attribute::new(
                "send_invitation_message",
                "sendInvitationMessage",
                Type::Boolean,
                "Whether Microsoft mails the invitation; `false` unless given.",
            ),
            Attribute::new(
                "customized_message_body",
                "customizedMessageBody",
                text(5000),
                "Text of the message, plain.",
            ),
            Attribute::new(
                "message_language",
                "messageLanguage",
                checked(35, language),
                "Language of the standard message; ignored when there is a text.",
            ),
        ]),
        "Makes the user a guest, invited at the e-mail address that is the table's \
         key (sugar for Graph's invitations).",
    )
    .at_creation()
    .not_clearable(),
];

macro_rules! extension_attribute {
    ($($toml:literal $graph:literal),+ $(,)?) => {
        &[$(Attribute::new($toml, $graph, text(1024), "Free text.")),+]
    };
}

static EXTENSION_ATTRIBUTES: &[Attribute] = extension_attribute![
    "extension_attribute1" "extensionAttribute1", "extension_attribute2" "extensionAttribute2",
    "extension_attribute3" "extensionAttribute3", "extension_attribute4" "extensionAttribute4",
    "extension_attribute5" "extensionAttribute5", "extension_attribute6" "extensionAttribute6",
    "extension_attribute7" "extensionAttribute7", "extension_attribute8" "extensionAttribute8",
    "extension_attribute9" "extensionAttribute9", "extension_attribute10" "extensionAttribute10",
    "extension_attribute11" "extensionAttribute11", "extension_attribute12" "extensionAttribute12",
    "extension_attribute13" "extensionAttribute13", "extension_attribute14" "extensionAttribute14",
    "extension_attribute15" "extensionAttribute15",
];

/// A user principal name: allowed characters, lengths, no dot before the `@`.
fn principal_name(name: &str) -> Result<(), String> {
    let Some((local, domain)) = name.rsplit_once('@') else {
        return Err("a user principal name is `alias@domain`".to_owned());
    };
    if local.is_empty() || domain.is_empty() {
        return Err("a user principal name is `alias@domain`".to_owned());
    }
    if local.chars().count() > 64 || domain.chars().count() > 48 {
        return Err("a user principal name has at most 64 characters before the `@` and 48 after".to_owned());
    }
    if local.ends_with('.') {
        return Err("no dot may stand right before the `@`".to_owned());
    }
    let allowed = |character: &char| character.is_ascii_alphanumeric() || "'.-_!#^~".contains(*character);
    if let Some(character) = local.chars().find(|character| !allowed(character)) {
        let shown = crate::text::terminal(&character.to_string());
        return Err(format!(
            "`{shown}` is not allowed in a user principal name (letters, digits and ' . - \
         _ ! # ^ ~ are)"
        ));
    }
    let labels =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !domain.split('.').all(labels) || !domain.contains('.') {
        return Err(format!("`{}` is not a domain name", crate::text::terminal(domain)));
    }
    Ok(())
}

/// Whether a live user came by invitation: a guest, or a member from another organisation.
fn is_invited(live: &Observed) -> bool {
    live.text("userType") == "Guest" || live.text("userPrincipalName").to_uppercase().contains("#EXT#")
}

/// What an invitation takes beyond an e-mail address: no special characters, no dot or hyphen at the ends of the name.
fn invitable(address: &str) -> Result<(), String> {
    let local = address.split('@').next().unwrap_or_default();
    if local.starts_with(['.', '-']) || local.ends_with(['.', '-']) {
        return Err("no dot or hyphen may begin or end the part before the `@`".to_owned());
    }
    match address.chars().find(|character| "~!#$%^&*()+=[]{}\\/|;:\"<>?,".contains(*character)) {
        Some(character) => Err(format!("`{character}` is not allowed in the address of an invitation")),
        None => Ok(()),
    }
}

fn immutable_id(text: &str) -> Result<(), String> {
    if text.contains(['$', '_']) {
        Err("`$` and `_` are not allowed in an immutable id".to_owned())
    } else {
        Ok(())
    }
}

fn check(user: &Declared, diagnostics: &mut Diagnostics) {
    let key = &user.address.key;
    let wrong = if user.declares("invitation") {
        mail_address(key).and_then(|()| invitable(key)).err()
    } else if user.id.is_none() && !user.declares("user_principal_name") {
        principal_name(key).err()
    } else {
        None
    };
    if let Some(wrong) = wrong {
        let message = format!("`{}` is not a valid key for a user", crate::text::terminal(key));
        let diagnostic = Diagnostic::error("invalid-key", message, &user.place, wrong);
        diagnostics.push(diagnostic.help(
            "the key of a user is the user principal name; of an invited guest, the \
         e-mail address",
        ));
    }
    for name in ["user_principal_name", "mail"] {
        if !user.declares("invitation") || !user.declares(name) {
            continue;
        }
        let place = user.place_of(name);
        let message = format!("a guest's `{name}` follows from the invitation");
        diagnostics.push(Diagnostic::error("guest-name", message, place, "remove this, or the `invitation`"));
    }
    if incomplete_identity(user) {
        let message = "an identity needs `sign_in_type`, `issuer` and `issuer_assigned_id`";
        diagnostics.push(Diagnostic::error(
            "missing-attribute",
            message,
            user.place_of("identities"),
            "one is missing",
        ));
    }
}

/// Every identity says all three of its members.
fn incomplete_identity(user: &Declared) -> bool {
    let identities = user.value("identities").and_then(Value::as_array).into_iter().flatten();
    let mut parts = identities
        .map(|identity| ["signInType", "issuer", "issuerAssignedId"].map(|part| identity.get(part)));
    parts.any(|parts| parts.iter().any(Option::is_none))
}

fn settle(side: &Side<'_>, tenant: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let (Some(user), live) = (side.declared, side.live) else { return };
    let guest = user.declares("invitation") || live.is_some_and(is_invited);
    if !guest {
        let name = user.text("user_principal_name").unwrap_or(&user.address.key);
        // A pinned account may stand under any word.
        if user.id.is_none() || principal_name(name).is_ok() {
            wanted.values.entry("user_principal_name".to_owned()).or_insert_with(|| json!(name));
            if live.is_none_or(|live| !live.text("userPrincipalName").eq_ignore_ascii_case(name)) {
                verified_domain(user, name, tenant, diagnostics);
            }
        }
    }
    if let (Some(live), Some(Value::Array(identities))) = (live, wanted.values.get_mut("identities")) {
        let own = live.property("identities").as_array().into_iter().flatten();
        identities.extend(own.filter(|identity| identity["signInType"] == "userPrincipalName").cloned());
    }
    if live.is_none() {
        settle_creation(user, guest, wanted, diagnostics);
    }
}

/// What the service insists on at creation and people need not say.
fn settle_creation(user: &Declared, guest: bool, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let default = |wanted: &mut Wanted, attribute: &str, value: Value| {
        wanted.values.entry(attribute.to_owned()).or_insert(value);
    };
    if guest {
        default(wanted, "mail", json!(user.address.key));
        default(wanted, "user_type", json!("Guest"));
        return;
    }
    if user.id.is_none() && !user.declares("display_name") {
        let message =
            format!("{} is not in the tenant and cannot be created without a display_name", user.address);
        let diagnostic = Diagnostic::error(
            "missing-attribute",
            crate::text::terminal(&message),
            &user.place,
            "declared here",
        );
        diagnostics.push(diagnostic.help(
            "add `display_name = \"…\"`; for a guest, add `invitation = {}`; if the user \
         exists under another name, add `previously = [\"…\"]`",
        ));
    }
    let name = user.text("user_principal_name").unwrap_or(&user.address.key);
    let nickname: String = name
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| alias(&c.to_string()).is_ok())
        .collect();
    default(wanted, "account_enabled", json!(true));
    default(wanted, "mail_nickname", json!(nickname));
}

fn verified_domain(user: &Declared, name: &str, tenant: &TenantFacts, diagnostics: &mut Diagnostics) {
    let domain = name.rsplit('@').next().unwrap_or_default();
    if !tenant.domains.is_empty()
        && !tenant.domains.iter().any(|verified| verified.eq_ignore_ascii_case(domain))
    {
        let message = format!("`{}` is not a verified domain of this tenant", crate::text::terminal(domain));
        let diagnostic =
            Diagnostic::error("unverified-domain", message, &user.place, "no account can have this name");
        let verified: Vec<String> =
            tenant.domains.iter().map(|domain| crate::text::terminal(domain)).collect();
        diagnostics.push(diagnostic.help(format!(
            "verified domains: {}; to invite a guest, add `invitation = {{}}`",
            verified.join(", ")
        )));
    }
}

fn creation(values: &BTreeMap<String, Value>) -> Creation {
    let property = |name: &str| values.get(name).cloned().unwrap_or(Value::Null);
    let profile: Map<String, Value> = values
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "invitation" | "password_profile"))
        .map(|(name, value)| (KIND.graph_name(name).to_owned(), value.clone()))
        .collect();
    if values.contains_key("invitation") {
        return invitation(property("invitation"), profile);
    }
    let name = property("user_principal_name").as_str().unwrap_or_default().to_owned();
    let mut password = json!({ "forceChangePasswordNextSignIn": true });
    if let (Some(password), Value::Object(given)) = (password.as_object_mut(), property("password_profile")) {
        password.extend(given);
    }
    let mut body = profile;
    body.insert("passwordProfile".to_owned(), password);
    // Certificate bindings can only be written to a user who exists.
    let afterwards = body.remove_entry("authorizationInfo").into_iter().collect();
    Creation {
        word: "create",
        path: "/users",
        body,
        afterwards,
        id_pointer: "/id",
        identified_by: ("userPrincipalName", Lookup::AlternateKey, name),
        binds: true,
        password_pointer: Some("/passwordProfile/password"),
    }
}

/// An invitation takes the address and the name; the rest of the profile follows in a PATCH.
fn invitation(given: Value, mut profile: Map<String, Value>) -> Creation {
    let mail = profile.remove("mail").and_then(|mail| mail.as_str().map(str::to_owned)).unwrap_or_default();
    let user_type = profile.remove("userType").unwrap_or_else(|| json!("Guest"));
    let part = |name: &str| given.get(name).cloned();
    let mut body = Map::new();
    body.insert("invitedUserEmailAddress".to_owned(), json!(mail));
    body.insert("invitedUserType".to_owned(), user_type);
    body.insert(
        "inviteRedirectUrl".to_owned(),
        part("inviteRedirectUrl").unwrap_or_else(|| json!("https://myapps.microsoft.com")),
    );
    body.insert("sendInvitationMessage".to_owned(), part("sendInvitationMessage").unwrap_or(json!(false)));
    if let Some(name) = profile.remove("displayName") {
        body.insert("invitedUserDisplayName".to_owned(), name);
    }
    let message: Map<String, Value> = ["customizedMessageBody", "messageLanguage"]
        .into_iter()
        .filter_map(|name| part(name).map(|value| (name.to_owned(), value)))
        .collect();
    if !message.is_empty() {
        body.insert("invitedUserMessageInfo".to_owned(), Value::Object(message));
    }
    Creation {
        word: "invite",
        path: "/invitations",
        body,
        afterwards: profile,
        id_pointer: "/invitedUser/id",
        identified_by: ("mail", Lookup::Filter, mail),
        binds: false,
        password_pointer: None,
    }
}

#[cfg(test)]
mod tests {
    use super::principal_name;

    #[test]
    fn principal_names_follow_the_service_rules() {
        for fine in ["a@contoso.com", "o'neil.a_b-c!#^~@sub.contoso.onmicrosoft.com"] {
            assert!(principal_name(fine).is_ok(), "{fine}");
        }
        let long = format!("{}@contoso.com", "a".repeat(65));
        for wrong in [
            "a",
            "@contoso.com",
            "a@",
            "a.@contoso.com",
            "a b@contoso.com",
            "ä@contoso.com",
            "a@contoso",
            "a@con_toso.com",
            &long,
        ] {
            assert!(principal_name(wrong).is_err(), "{wrong}");
        }
    }
}
