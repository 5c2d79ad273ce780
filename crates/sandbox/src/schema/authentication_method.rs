//! `authenticationMethodConfiguration`: one method, who may use it, and what is particular to it.
//! <https://learn.microsoft.com/graph/api/resources/authenticationmethodconfiguration>

use super::property::{boolean, integer, structure, structures, text, texts};
use super::{Complex, EntityType, PIM_PAGE, Property, no_extra_keys};
use crate::quirks;

pub(super) static TYPE: EntityType = EntityType {
    name: "authenticationMethodConfiguration",
    collection: "policies/authenticationMethodsPolicy/authenticationMethodConfigurations",
    single: false,
    directory_object: false,
    properties: &[
        structures("excludeTargets", &EXCLUDED).default_set(),
        text("state").default_set().one_of(&["enabled", "disabled"]),
    ],
    navigations: &[],
    alternate_keys: &[],
    segment_key: None,
    upsert_key: None,
    open: false,
    page: PIM_PAGE,
    delta: None,
    behavior: quirks::authentication_method::BEHAVIOR,
    extra_keys: no_extra_keys,
};

const TARGET_TYPES: &[&str] = &["group", "user"];

/// Who is left out.
pub(super) static EXCLUDED: Complex = Complex {
    name: "excludeTarget",
    properties: &[text("id").not_null(), text("targetType").not_null().one_of(TARGET_TYPES)],
};

/// What every target has.
const ID: Property = text("id").not_null();
const IS_REQUIRED: Property = boolean("isRegistrationRequired").not_null();
const TARGET_TYPE: Property = text("targetType").not_null().one_of(TARGET_TYPES);

static TARGET: Complex =
    Complex { name: "authenticationMethodTarget", properties: &[ID, IS_REQUIRED, TARGET_TYPE] };

/// The targets of a method that adds nothing to them.
const TARGETS: Property = structures("includeTargets", &TARGET).default_set();

/// The types of methods.
pub(crate) static SORTS: &[&Complex] = &[
    &EMAIL,
    &EXTERNAL,
    &FIDO2,
    &MICROSOFT_AUTHENTICATOR,
    &QR_CODE_PIN,
    &SMS,
    &SOFTWARE_OATH,
    &TEMPORARY_ACCESS_PASS,
    &VERIFIABLE_CREDENTIALS,
    &VOICE,
    &X509_CERTIFICATE,
];

static EMAIL: Complex = Complex {
    name: "emailAuthenticationMethodConfiguration",
    properties: &[
        text("allowExternalIdToUseEmailOtp").default_set().one_of(&["default", "enabled", "disabled"]),
        TARGETS,
    ],
};

/// Methods of other providers: the only ones that come and go.
pub(crate) static EXTERNAL: Complex = Complex {
    name: "externalAuthenticationMethodConfiguration",
    properties: &[
        text("appId").default_set().required(),
        text("displayName").default_set().required(),
        TARGETS,
        structure("openIdConnectSetting", &OPEN_ID_CONNECT).default_set().required(),
    ],
};

static OPEN_ID_CONNECT: Complex = Complex {
    name: "openIdConnectSetting",
    properties: &[text("clientId").not_null(), text("discoveryUrl").not_null()],
};

static FIDO2: Complex = Complex {
    name: "fido2AuthenticationMethodConfiguration",
    properties: &[
        text("defaultPasskeyProfile").default_set(),
        structures("includeTargets", &PASSKEY_TARGET).default_set(),
        boolean("isAttestationEnforced").default_set(),
        boolean("isSelfServiceRegistrationAllowed").default_set(),
        structure("keyRestrictions", &KEY_RESTRICTIONS).default_set(),
        structures("passkeyProfiles", &PASSKEY_PROFILE).default_set().most(3),
    ],
};

static PASSKEY_TARGET: Complex = Complex {
    name: "passkeyAuthenticationMethodTarget",
    properties: &[texts("allowedPasskeyProfiles"), ID, IS_REQUIRED, TARGET_TYPE],
};

static KEY_RESTRICTIONS: Complex = Complex {
    name: "fido2KeyRestrictions",
    properties: &[
        texts("aaGuids"),
        text("enforcementType").one_of(&["allow", "block"]),
        boolean("isEnforced"),
    ],
};

static PASSKEY_PROFILE: Complex = Complex {
    name: "passkeyProfile",
    properties: &[
        text("attestationEnforcement").not_null().one_of(&["disabled", "registrationOnly"]),
        text("id").not_null(),
        structure("keyRestrictions", &KEY_RESTRICTIONS),
        text("name"),
        text("passkeyTypes").flags_of(&["deviceBound", "synced"]),
    ],
};

static MICROSOFT_AUTHENTICATOR: Complex = Complex {
    name: "microsoftAuthenticatorAuthenticationMethodConfiguration",
    properties: &[
        structure("featureSettings", &FEATURES).default_set(),
        structures("includeTargets", &AUTHENTICATOR_TARGET).default_set(),
        boolean("isSoftwareOathEnabled").default_set(),
    ],
};

static AUTHENTICATOR_TARGET: Complex = Complex {
    name: "microsoftAuthenticatorAuthenticationMethodTarget",
    properties: &[
        text("authenticationMode").not_null().one_of(&["deviceBasedPush", "push", "any"]),
        ID,
        IS_REQUIRED,
        TARGET_TYPE,
    ],
};

static FEATURES: Complex = Complex {
    name: "microsoftAuthenticatorFeatureSettings",
    properties: &[
        structure("displayAppInformationRequiredState", &FEATURE),
        structure("displayLocationInformationRequiredState", &FEATURE),
    ],
};

static FEATURE: Complex = Complex {
    name: "authenticationMethodFeatureConfiguration",
    properties: &[
        structure("excludeTarget", &FEATURE_TARGET),
        structure("includeTarget", &FEATURE_TARGET),
        text("state").one_of(&["default", "enabled", "disabled"]),
    ],
};

static FEATURE_TARGET: Complex = Complex {
    name: "featureTarget",
    properties: &[text("id"), text("targetType").one_of(&["group", "administrativeUnit", "role"])],
};

static QR_CODE_PIN: Complex = Complex {
    name: "qrCodePinAuthenticationMethodConfiguration",
    properties: &[
        TARGETS,
        integer("pinLength").default_set(),
        integer("standardQRCodeLifetimeInDays").default_set(),
    ],
};

static SMS: Complex = Complex {
    name: "smsAuthenticationMethodConfiguration",
    properties: &[structures("includeTargets", &SMS_TARGET).default_set()],
};

static SMS_TARGET: Complex = Complex {
    name: "smsAuthenticationMethodTarget",
    properties: &[ID, IS_REQUIRED, boolean("isUsableForSignIn").not_null(), TARGET_TYPE],
};

static SOFTWARE_OATH: Complex =
    Complex { name: "softwareOathAuthenticationMethodConfiguration", properties: &[TARGETS] };

static TEMPORARY_ACCESS_PASS: Complex = Complex {
    name: "temporaryAccessPassAuthenticationMethodConfiguration",
    properties: &[
        integer("defaultLength").default_set(),
        integer("defaultLifetimeInMinutes").default_set(),
        TARGETS,
        boolean("isUsableOnce").default_set(),
        integer("maximumLifetimeInMinutes").default_set(),
        integer("minimumLifetimeInMinutes").default_set(),
    ],
};

static VERIFIABLE_CREDENTIALS: Complex = Complex {
    name: "verifiableCredentialsAuthenticationMethodConfiguration",
    properties: &[structures("includeTargets", &CREDENTIAL_TARGET).default_set()],
};

static CREDENTIAL_TARGET: Complex = Complex {
    name: "verifiableCredentialAuthenticationMethodTarget",
    properties: &[ID, IS_REQUIRED, TARGET_TYPE, texts("verifiedIdProfiles")],
};

static VOICE: Complex = Complex {
    name: "voiceAuthenticationMethodConfiguration",
    properties: &[TARGETS, boolean("isOfficePhoneAllowed").default_set()],
};

static X509_CERTIFICATE: Complex = Complex {
    name: "x509CertificateAuthenticationMethodConfiguration",
    properties: &[
        structure("authenticationModeConfiguration", &CERTIFICATE_MODE).default_set(),
        structures("certificateAuthorityScopes", &AUTHORITY_SCOPE).default_set(),
        structures("certificateUserBindings", &USER_BINDING).default_set(),
        structure("crlValidationConfiguration", &CRL_VALIDATION).default_set().not_null(),
        TARGETS,
        structure("issuerHintsConfiguration", &ISSUER_HINTS).default_set(),
    ],
};

const MODES: &[&str] = &["x509CertificateSingleFactor", "x509CertificateMultiFactor"];
const AFFINITY: &[&str] = &["low", "high"];
const SWITCH: &[&str] = &["disabled", "enabled"];

static CERTIFICATE_MODE: Complex = Complex {
    name: "x509CertificateAuthenticationModeConfiguration",
    properties: &[
        structures("rules", &RULE),
        text("x509CertificateAuthenticationDefaultMode").one_of(MODES),
        text("x509CertificateDefaultRequiredAffinityLevel").one_of(AFFINITY),
    ],
};

static RULE: Complex = Complex {
    name: "x509CertificateRule",
    properties: &[
        text("identifier"),
        text("issuerSubjectIdentifier"),
        text("policyOidIdentifier"),
        text("x509CertificateAuthenticationMode").one_of(MODES),
        text("x509CertificateRequiredAffinityLevel").one_of(AFFINITY),
        text("x509CertificateRuleType").one_of(&["issuerSubject", "policyOID", "issuerSubjectAndPolicyOID"]),
    ],
};

static AUTHORITY_SCOPE: Complex = Complex {
    name: "x509CertificateAuthorityScope",
    properties: &[
        structures("includeTargets", &INCLUDED),
        text("publicKeyInfrastructureIdentifier"),
        text("subjectKeyIdentifier"),
    ],
};

static INCLUDED: Complex = Complex { name: "includeTarget", properties: EXCLUDED.properties };

static USER_BINDING: Complex = Complex {
    name: "x509CertificateUserBinding",
    properties: &[
        integer("priority").not_null(),
        text("trustAffinityLevel").one_of(AFFINITY),
        text("userProperty"),
        text("x509CertificateField"),
    ],
};

static CRL_VALIDATION: Complex = Complex {
    name: "x509CertificateCRLValidationConfiguration",
    properties: &[
        texts("exemptedCertificateAuthoritiesSubjectKeyIdentifiers"),
        text("state").not_null().one_of(SWITCH),
    ],
};

static ISSUER_HINTS: Complex =
    Complex { name: "x509CertificateIssuerHintsConfiguration", properties: &[text("state").one_of(SWITCH)] };
