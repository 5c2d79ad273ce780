//! Methods of authentication: who may use which, and how.
//!
//! Surprises: every method is of a type of its own, which every write names; lists are replaced whole; nothing is created or
//! deleted, methods are on or off; everybody is called `all_users` where groups are named.

use serde_json::Value;
use uuid::Uuid;

use super::attribute::{Attribute, Type, anything, checked, text};
use super::{Clear, Default, KeyRule, Kind, Lookup, Shape, Side, Wanted};
use crate::desired::Declared;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::snapshot::TenantFacts;
use crate::text::{nearest, terminal};

pub(super) static KIND: Kind = Kind {
    name: "authentication_method",
    table: "authentication_methods",
    entity: "authenticationMethodConfiguration",
    path: "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations",
    shape: Shape::Fixed,
    types: TYPES,
    summary: "Methods of authentication, by id: whether each is on, who may use it, and what it asks of them.",
    documentation: "https://learn.microsoft.com/graph/api/resources/authenticationmethodconfiguration",
    example: EXAMPLE,
    plan_permissions: &["Policy.Read.AuthenticationMethod"],
    apply_permissions: &["Policy.ReadWrite.AuthenticationMethod"],
    keys: &[KeyRule {
        property: super::ID,
        lookup: Lookup::Filter,
        attribute: None,
        from_key: graph_id,
        unique: true,
        applies: |_| true,
    }],
    attributes: ATTRIBUTES,
    always_read: &["id"],
    check,
    settle,
    ..super::SINGLE
};

const EXAMPLE: &str = r#"[authentication_methods.fido2]
state = "enabled"
include_targets = ["all_users"]
is_attestation_enforced = true
key_restrictions = { is_enforced = true, enforcement_type = "allow", aa_guids = ["90a3ccdf-635c-4729-a248-9b709135078f"] }
default_passkey_profile = "00000000-0000-0000-0000-000000000001"
passkey_profiles = [{ id = "00000000-0000-0000-0000-000000000001", name = "Keys", passkey_types = ["device_bound"], attestation_enforcement = "registration_only" }]

[authentication_methods.microsoft_authenticator]
state = "enabled"
include_targets = [{ ref = "all_users", authentication_mode = "any" }]
is_software_oath_enabled = false
feature_settings = { display_app_information = { state = "enabled", include_target = { target_type = "group", id = "all_users" } } }

[authentication_methods.temporary_access_pass]
state = "enabled"
minimum_lifetime_in_minutes = 60
default_lifetime_in_minutes = 60
maximum_lifetime_in_minutes = 480
default_length = 12
is_usable_once = true

[authentication_methods.voice]
is_office_phone_allowed = false

[authentication_methods.email]
allow_external_id_to_use_email_otp = "default"

[authentication_methods.qr_code_pin]
pin_length = 8
standard_qr_code_lifetime_in_days = 365

[authentication_methods.x509_certificate]
certificate_user_bindings = [{ x509_certificate_field = "PrincipalName", user_property = "userPrincipalName", priority = 1, trust_affinity_level = "low" }]
authentication_mode_configuration = { default_mode = "x509_certificate_multi_factor", rules = [] }
certificate_authority_scopes = []
issuer_hints_configuration = { state = "enabled" }
crl_validation_configuration = { state = "enabled", exempted_certificate_authorities = [] }
"#;

/// A method: what it is called in TOML and what of the table's attributes it has beside those that every method has.
struct Method {
    key: &'static str,
    /// The attributes of its own.
    attributes: &'static [&'static str],
    /// What a target of it says beside whom.
    targets: &'static [&'static str],
}

/// Every method, in the order of [`TYPES`].
const METHODS: &[Method] = &[
    Method {
        key: "fido2",
        attributes: &[
            "is_self_service_registration_allowed",
            "is_attestation_enforced",
            "key_restrictions",
            "default_passkey_profile",
            "passkey_profiles",
        ],
        targets: &["allowed_passkey_profiles"],
    },
    Method {
        key: "microsoft_authenticator",
        attributes: &["is_software_oath_enabled", "feature_settings"],
        targets: &["is_registration_required", "authentication_mode"],
    },
    Method { key: "sms", attributes: &[], targets: &["is_usable_for_sign_in"] },
    Method { key: "voice", attributes: &["is_office_phone_allowed"], targets: &[] },
    Method {
        key: "temporary_access_pass",
        attributes: &[LIFETIMES[0], LIFETIMES[1], LIFETIMES[2], "default_length", "is_usable_once"],
        targets: &[],
    },
    Method { key: "software_oath", attributes: &[], targets: &[] },
    Method { key: "email", attributes: &["allow_external_id_to_use_email_otp"], targets: &[] },
    Method {
        key: "x509_certificate",
        attributes: &[
            "certificate_user_bindings",
            "authentication_mode_configuration",
            "certificate_authority_scopes",
            "issuer_hints_configuration",
            "crl_validation_configuration",
        ],
        targets: &[],
    },
    Method {
        key: "qr_code_pin",
        attributes: &["pin_length", "standard_qr_code_lifetime_in_days"],
        targets: &[],
    },
    Method { key: "verifiable_credentials", attributes: &[], targets: &["verified_id_profiles"] },
];

/// The type of each method, by its id.
const TYPES: &[(&str, &str)] = &[
    ("fido2AuthenticationMethodConfiguration", "Fido2"),
    ("microsoftAuthenticatorAuthenticationMethodConfiguration", "MicrosoftAuthenticator"),
    ("smsAuthenticationMethodConfiguration", "Sms"),
    ("voiceAuthenticationMethodConfiguration", "Voice"),
    ("temporaryAccessPassAuthenticationMethodConfiguration", "TemporaryAccessPass"),
    ("softwareOathAuthenticationMethodConfiguration", "SoftwareOath"),
    ("emailAuthenticationMethodConfiguration", "Email"),
    ("x509CertificateAuthenticationMethodConfiguration", "X509Certificate"),
    ("qrCodePinAuthenticationMethodConfiguration", "QRCodePin"),
    ("verifiableCredentialsAuthenticationMethodConfiguration", "VerifiableCredentials"),
];

/// The attributes that every method has.
const COMMON: &[&str] = &["state", "include_targets", "exclude_targets"];

/// From the least to the most.
const LIFETIMES: [&str; 3] =
    ["minimum_lifetime_in_minutes", "default_lifetime_in_minutes", "maximum_lifetime_in_minutes"];

const SWITCH: &[&str] = &["enabled", "disabled"];
const MANAGED: &[&str] = &["default", "enabled", "disabled"];

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("state", "state", Type::Enumeration(SWITCH), "Whether people may use the method.").not_clearable(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "include_targets",
            "includeTargets",
            Type::Targets { kinds: &["group"], members: TARGET },
            "Who may use the method: groups, or `all_users`; the whole list.",
        )
    },
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "exclude_targets",
            "excludeTargets",
            Type::Targets { kinds: &["group", "user"], members: &[] },
            "Who may not use it, even when included; the whole list.",
        )
    },
    flag(
        "is_self_service_registration_allowed",
        "isSelfServiceRegistrationAllowed",
        "Whether people may register passkeys themselves.",
    ),
    flag(
        "is_attestation_enforced",
        "isAttestationEnforced",
        "Whether a passkey has to prove its model when it is registered.",
    ),
    Attribute::new("key_restrictions", "keyRestrictions", Type::Record(KEY_RESTRICTIONS), "Which models of passkeys.")
        .not_clearable(),
    Attribute::new(
        "default_passkey_profile",
        "defaultPasskeyProfile",
        checked(36, guid),
        "The id of the profile of those targets that name none.",
    )
    .not_clearable(),
    Attribute {
        clear: Clear::Never,
        ..Attribute::new(
            "passkey_profiles",
            "passkeyProfiles",
            Type::Records(PASSKEY_PROFILE),
            "Profiles that targets can name, three at most; the whole list. A tenant that has some never goes back.",
        )
    },
    flag(
        "is_software_oath_enabled",
        "isSoftwareOathEnabled",
        "Whether the codes that Microsoft Authenticator shows are taken too.",
    ),
    Attribute::new("feature_settings", "featureSettings", Type::Record(FEATURES), "What a notification of Microsoft Authenticator shows.")
        .not_clearable(),
    flag("is_office_phone_allowed", "isOfficePhoneAllowed", "Whether office phones can be called too."),
    lifetime(LIFETIMES[0], "minimumLifetimeInMinutes", "Shortest life of a pass, in minutes."),
    lifetime(LIFETIMES[1], "defaultLifetimeInMinutes", "Life of a pass unless chosen, in minutes."),
    lifetime(LIFETIMES[2], "maximumLifetimeInMinutes", "Longest life of a pass, in minutes."),
    Attribute::new("default_length", "defaultLength", Type::Integer { min: 8, max: 48 }, "Characters of a pass.")
        .not_clearable(),
    flag("is_usable_once", "isUsableOnce", "Whether every pass is good for one sign-in only."),
    Attribute::new(
        "allow_external_id_to_use_email_otp",
        "allowExternalIdToUseEmailOtp",
        Type::Enumeration(MANAGED),
        "Whether guests may sign in with a code sent by e-mail; as long as they may, the method cannot be disabled.",
    )
    .not_clearable(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "certificate_user_bindings",
            "certificateUserBindings",
            Type::Records(USER_BINDING),
            "Which field of a certificate names which property of its user; the whole list.",
        )
    },
    Attribute::new(
        "authentication_mode_configuration",
        "authenticationModeConfiguration",
        Type::Record(CERTIFICATE_MODE),
        "Whether a certificate counts as one factor or as two.",
    )
    .not_clearable(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "certificate_authority_scopes",
            "certificateAuthorityScopes",
            Type::Records(AUTHORITY_SCOPE),
            "Which groups may use certificates of which authority; the whole list.",
        )
    },
    Attribute::new(
        "issuer_hints_configuration",
        "issuerHintsConfiguration",
        Type::Record(&[state(SWITCH, "Whether only certificates of trusted authorities are offered.")]),
        "Which certificates people are offered.",
    )
    .not_clearable(),
    Attribute::new(
        "crl_validation_configuration",
        "crlValidationConfiguration",
        Type::Record(CRL_VALIDATION),
        "Whether authorities have to publish lists of revoked certificates.",
    )
    .not_clearable(),
    Attribute::new("pin_length", "pinLength", Type::Integer { min: 8, max: 20 }, "Digits of a PIN.").not_clearable(),
    Attribute::new(
        "standard_qr_code_lifetime_in_days",
        "standardQRCodeLifetimeInDays",
        Type::Integer { min: 1, max: 395 },
        "Life of a standard QR code, in days.",
    )
    .not_clearable(),
];

/// What targets say beside whom, of all methods.
static TARGET: &[Attribute] = &[
    flag("is_registration_required", "isRegistrationRequired", "Whether these people are made to register."),
    Attribute::new(
        "authentication_mode",
        "authenticationMode",
        Type::Enumeration(&["deviceBasedPush", "push", "any"]),
        "How Microsoft Authenticator asks: without a password, after one, or either.",
    )
    .not_clearable(),
    flag(
        "is_usable_for_sign_in",
        "isUsableForSignIn",
        "Whether the number is good for sign-in without a password.",
    ),
    ids(
        "allowed_passkey_profiles",
        "allowedPasskeyProfiles",
        "Ids of the passkey profiles that these people may use.",
    ),
    ids(
        "verified_id_profiles",
        "verifiedIdProfiles",
        "Ids of the profiles of Verified ID that these people may use.",
    ),
];

static KEY_RESTRICTIONS: &[Attribute] = &[
    flag("is_enforced", "isEnforced", "Whether the list of models counts."),
    Attribute::new(
        "enforcement_type",
        "enforcementType",
        Type::Enumeration(&["allow", "block"]),
        "Whether only the listed models are allowed, or those are blocked.",
    )
    .not_clearable(),
    ids("aa_guids", "aaGuids", "The models, by Authenticator Attestation GUID; the whole list."),
];

static PASSKEY_PROFILE: &[Attribute] = &[
    Attribute::new("id", "id", checked(36, guid), "Its GUID.").not_clearable(),
    Attribute::new("name", "name", text(256), "Its name.").not_clearable(),
    Attribute::new(
        "passkey_types",
        "passkeyTypes",
        Type::Flags(&["deviceBound", "synced"]),
        "Whether passkeys stay on one device or are synced.",
    )
    .not_clearable(),
    Attribute::new(
        "attestation_enforcement",
        "attestationEnforcement",
        Type::Enumeration(&["disabled", "registrationOnly"]),
        "Whether a passkey has to prove its model.",
    )
    .not_clearable(),
    Attribute::new(
        "key_restrictions",
        "keyRestrictions",
        Type::Record(KEY_RESTRICTIONS),
        "Which models of passkeys.",
    )
    .not_clearable(),
];

static FEATURES: &[Attribute] = &[
    feature("display_app_information", "displayAppInformationRequiredState", "The application's name."),
    feature(
        "display_location_information",
        "displayLocationInformationRequiredState",
        "The place of the sign-in.",
    ),
];

static FEATURE: &[Attribute] = &[
    state(MANAGED, "Whether it is shown; `default` leaves it to Microsoft."),
    feature_target("include_target", "includeTarget", "To whom it is shown."),
    feature_target("exclude_target", "excludeTarget", "To whom it is not shown."),
];

static FEATURE_TARGET: &[Attribute] = &[
    Attribute::new(
        "target_type",
        "targetType",
        Type::Enumeration(&["group", "administrativeUnit", "role"]),
        "What the id is of.",
    )
    .not_clearable(),
    Attribute::new(
        "id",
        "id",
        checked(36, everybody_or_guid),
        "A GUID, `all_users`, or `00000000-0000-0000-0000-000000000000` for nobody.",
    )
    .not_clearable(),
];

static USER_BINDING: &[Attribute] = &[
    Attribute::new(
        "x509_certificate_field",
        "x509CertificateField",
        text(64),
        "The field of the certificate.",
    )
    .not_clearable(),
    Attribute::new("user_property", "userProperty", text(64), "The property of the user.").not_clearable(),
    Attribute::new(
        "priority",
        "priority",
        Type::Integer { min: 1, max: 20 },
        "Its turn; the least comes first.",
    )
    .not_clearable(),
    affinity("trust_affinity_level", "trustAffinityLevel"),
];

static CERTIFICATE_MODE: &[Attribute] = &[
    mode("default_mode", "x509CertificateAuthenticationDefaultMode"),
    affinity("default_required_affinity_level", "x509CertificateDefaultRequiredAffinityLevel"),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "rules",
            "rules",
            Type::Records(RULE),
            "Certificates that count otherwise; the whole list.",
        )
    },
];

static RULE: &[Attribute] = &[
    Attribute::new(
        "rule_type",
        "x509CertificateRuleType",
        Type::Enumeration(&["issuerSubject", "policyOID", "issuerSubjectAndPolicyOID"]),
        "What tells these certificates from others.",
    )
    .not_clearable(),
    Attribute::new(
        "identifier",
        "identifier",
        text(1024),
        "The issuer's key identifier or the policy's OID.",
    ),
    Attribute::new("issuer_subject_identifier", "issuerSubjectIdentifier", text(1024), "The issuer."),
    Attribute::new("policy_oid_identifier", "policyOidIdentifier", text(256), "The policy's OID."),
    mode("authentication_mode", "x509CertificateAuthenticationMode"),
    affinity("required_affinity_level", "x509CertificateRequiredAffinityLevel"),
];

static AUTHORITY_SCOPE: &[Attribute] = &[
    Attribute::new("subject_key_identifier", "subjectKeyIdentifier", text(256), "The authority's key.")
        .not_clearable(),
    Attribute::new(
        "public_key_infrastructure_identifier",
        "publicKeyInfrastructureIdentifier",
        text(256),
        "The public key infrastructure that the authority is in.",
    )
    .not_clearable(),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "include_targets",
            "includeTargets",
            Type::Targets { kinds: &["group"], members: &[] },
            "Who may use its certificates.",
        )
    },
];

static CRL_VALIDATION: &[Attribute] = &[
    state(SWITCH, "Whether an authority without a list is refused."),
    Attribute {
        clear: Clear::Empty,
        ..Attribute::new(
            "exempted_certificate_authorities",
            "exemptedCertificateAuthoritiesSubjectKeyIdentifiers",
            Type::Texts { max_items: 100, max: 256, check: anything, members: &[] },
            "Keys of the authorities that need none; the whole list.",
        )
    },
];

const fn flag(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, Type::Boolean, summary).not_clearable().unless_set(Default::Flag(false))
}

const fn lifetime(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, Type::Integer { min: 10, max: 43_200 }, summary).not_clearable()
}

const fn ids(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    let list = Type::Texts { max_items: 200, max: 36, check: guid, members: &[] };
    let mut ids = Attribute::new(name, graph, list, summary);
    ids.clear = Clear::Empty;
    ids
}

const fn state(words: &'static [&'static str], summary: &'static str) -> Attribute {
    Attribute::new("state", "state", Type::Enumeration(words), summary).not_clearable()
}

const fn feature(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, Type::Record(FEATURE), summary).not_clearable()
}

const fn feature_target(name: &'static str, graph: &'static str, summary: &'static str) -> Attribute {
    Attribute::new(name, graph, Type::Record(FEATURE_TARGET), summary).not_clearable()
}

const fn mode(name: &'static str, graph: &'static str) -> Attribute {
    const MODES: &[&str] = &["x509CertificateSingleFactor", "x509CertificateMultiFactor"];
    Attribute::new(name, graph, Type::Enumeration(MODES), "How many factors a certificate counts as.")
        .not_clearable()
}

const fn affinity(name: &'static str, graph: &'static str) -> Attribute {
    const LEVELS: &[&str] = &["low", "high"];
    Attribute::new(name, graph, Type::Enumeration(LEVELS), "How closely a certificate is bound to its user.")
        .not_clearable()
}

fn guid(text: &str) -> Result<(), String> {
    Uuid::try_parse(text).map(|_| ()).map_err(|_| "this is a GUID".to_owned())
}

fn everybody_or_guid(text: &str) -> Result<(), String> {
    if text == super::ALL_USERS { Ok(()) } else { guid(text) }
}

/// The method that a key means, however its words are put together, with its id.
fn method(key: &str) -> Option<(&'static Method, &'static str)> {
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    let all = METHODS.iter().zip(TYPES).map(|(method, (_, id))| (method, *id));
    all.into_iter().find(|(method, _)| plain(method.key) == plain(key))
}

fn graph_id(key: &str) -> String {
    method(key).map_or(key, |(_, id)| id).to_owned()
}

fn check(declared: &Declared, diagnostics: &mut Diagnostics) {
    let Some((method, _)) = method(&declared.address.key) else {
        let message = format!("there is no authentication method `{}`", terminal(&declared.address.key));
        let near = nearest(&declared.address.key, METHODS.iter().map(|method| method.key));
        let all = METHODS.iter().map(|method| method.key).collect::<Vec<_>>().join(", ");
        let help = near.map_or(format!("known are {all}"), |near| format!("did you mean `{near}`?"));
        diagnostics
            .push(Diagnostic::error("invalid-key", message, &declared.place, "no such method").help(help));
        return;
    };
    for (name, given) in &declared.values {
        let name = name.as_ref();
        if !COMMON.contains(&name) && !method.attributes.contains(&name) {
            diagnostics.push(of_another(method, name, declared.place_of(name), |other| other.attributes));
        }
        for member in members_said(name, &given.value).filter(|member| !method.targets.contains(member)) {
            diagnostics.push(of_another(method, member, &given.place, |other| other.targets));
        }
    }
}

/// What the targets of an attribute say beside whom.
fn members_said<'a>(name: &str, value: &'a Value) -> impl Iterator<Item = &'static str> + use<'a> {
    let targets = Some(value).filter(|_| name == "include_targets").and_then(Value::as_array);
    let says = move |member: &&Attribute| {
        targets.into_iter().flatten().any(|target| target.get(member.graph).is_some())
    };
    TARGET.iter().filter(says).map(|member| member.name)
}

fn of_another(
    method: &Method,
    name: &str,
    place: &crate::diagnostic::Place,
    list: fn(&Method) -> &'static [&'static str],
) -> Diagnostic {
    let others = METHODS.iter().filter(|other| list(other).contains(&name)).map(|other| other.key);
    let message = format!("`{name}` is not for {}", method.key);
    let label = format!("only {} has it", others.collect::<Vec<_>>().join(", "));
    let own: Vec<&str> = COMMON.iter().chain(method.attributes).copied().collect();
    Diagnostic::error("contradiction", message, place, label).help(format!(
        "{} has {}",
        method.key,
        own.join(", ")
    ))
}

/// The lifetimes of a pass are in order, those that only the tenant has included.
fn settle(side: &Side<'_>, _: &TenantFacts, wanted: &mut Wanted, diagnostics: &mut Diagnostics) {
    let (Some(declared), Some(live)) = (side.declared, side.live) else { return };
    let lifetime = |name: &str| {
        let there = || live.property(KIND.graph_name(name)).as_i64();
        wanted.values.get(name).and_then(Value::as_i64).or_else(there)
    };
    let lifetimes: Vec<i64> = LIFETIMES.into_iter().filter_map(lifetime).collect();
    let named = LIFETIMES.into_iter().find(|name| declared.declares(name));
    if let Some(name) = named.filter(|_| !lifetimes.is_sorted()) {
        let message = format!("the lifetimes of {} are out of order", declared.address);
        let label = format!("with what the tenant has, they would be {lifetimes:?} minutes");
        let diagnostic = Diagnostic::error("contradiction", message, declared.place_of(name), label);
        diagnostics.push(diagnostic.help("the default lies between the minimum and the maximum"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_its_type_and_every_attribute_its_method() {
        let plain = |text: &str| text.replace('_', "").to_lowercase();
        assert_eq!(METHODS.len(), TYPES.len());
        for (method, (of_type, id)) in METHODS.iter().zip(TYPES) {
            assert_eq!(plain(method.key), plain(id));
            assert_eq!(of_type.to_lowercase(), format!("{}authenticationmethodconfiguration", plain(id)));
        }
        let of = |name: &str| METHODS.iter().filter(|method| method.attributes.contains(&name)).count();
        for attribute in ATTRIBUTES {
            let expected = usize::from(!COMMON.contains(&attribute.name));
            assert_eq!(of(attribute.name), expected, "{}", attribute.name);
        }
        let said = |name: &str| METHODS.iter().any(|method| method.targets.contains(&name));
        assert!(TARGET.iter().all(|member| said(member.name)));
    }
}
