//! What policies ask for, and who can never give it.
//! <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant>

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::policy::{AuthenticationStrength, GrantControls, Operator};
use super::principal::{Account, ExternalType};
use super::sign_in::SignIn;

/// One control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// `mfa`, `compliantDevice` and others.
    BuiltIn(String),
    /// A strength of authentication: its id, and whether somebody of another tenant could show it here.
    Strength(String, Showable),
    /// The id of an agreement.
    TermsOfUse(String),
    /// The id of a control of others.
    CustomFactor(String),
}

/// Where people of other tenants can show a strength of authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showable {
    /// In this tenant.
    Here,
    /// Only at home: none of its methods can be registered here by them.
    AtHome,
}

impl fmt::Display for Control {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(name) => out.write_str(name),
            Self::Strength(id, _) => write!(out, "authenticationStrength:{id}"),
            Self::TermsOfUse(id) => write!(out, "termsOfUse:{id}"),
            Self::CustomFactor(id) => write!(out, "customAuthenticationFactor:{id}"),
        }
    }
}

impl Serialize for Control {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What one policy requires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Requirement {
    /// This.
    One(Control),
    /// One of these; at least two.
    AnyOf {
        /// They.
        #[serde(rename = "anyOf")]
        any_of: Vec<Control>,
    },
}

impl Requirement {
    /// The controls of which one is enough.
    pub fn alternatives(&self) -> &[Control] {
        match self {
            Self::One(control) => std::slice::from_ref(control),
            Self::AnyOf { any_of } => any_of,
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.alternatives().iter().map(Control::to_string).collect();
        out.write_str(&names.join(" or "))
    }
}

impl GrantControls {
    /// Whether they let nobody in.
    pub fn block(&self) -> bool {
        super::id::find(&self.built_in_controls, "block").is_some()
    }

    /// What they require.
    pub fn requirements(&self) -> Vec<Requirement> {
        let mut controls = self.controls();
        match self.operator {
            Operator::Or if controls.len() > 1 => vec![Requirement::AnyOf { any_of: controls }],
            _ => controls.drain(..).map(Requirement::One).collect(),
        }
    }

    fn controls(&self) -> Vec<Control> {
        let built_in = self.built_in_controls.iter().cloned().map(Control::BuiltIn);
        let strength = self.authentication_strength.as_ref();
        let strength = strength.map(|strength| Control::Strength(strength.id.clone(), strength.showable()));
        let terms = self.terms_of_use.iter().cloned().map(Control::TermsOfUse);
        let factors = self.custom_authentication_factors.iter().cloned().map(Control::CustomFactor);
        let mut controls: Vec<Control> = Vec::new();
        for control in built_in.chain(strength).chain(terms).chain(factors) {
            if !controls.contains(&control) {
                controls.push(control);
            }
        }
        controls
    }
}

/// The methods that people of other tenants can use here.
/// <https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-external-users>
const METHODS_HERE: [&str; 6] =
    ["password", "federatedSingleFactor", "sms", "voice", "microsoftAuthenticatorPush", "softwareOath"];

/// Passwordless and phishing-resistant, whose combinations are known.
const BUILT_IN_AT_HOME: [&str; 2] =
    ["00000000-0000-0000-0000-000000000003", "00000000-0000-0000-0000-000000000004"];

impl AuthenticationStrength {
    fn showable(&self) -> Showable {
        let is_here = |combination: &String| {
            combination.split(',').all(|method| METHODS_HERE.iter().any(|here| method.trim() == *here))
        };
        let at_home = match self.allowed_combinations.as_slice() {
            [] => BUILT_IN_AT_HOME.contains(&self.id.as_str()),
            combinations => !combinations.iter().any(is_here),
        };
        if at_home { Showable::AtHome } else { Showable::Here }
    }
}

/// Which claims of other tenants are trusted, as Graph says it.
/// <https://learn.microsoft.com/graph/api/resources/crosstenantaccesspolicyinboundtrust>
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InboundTrust {
    /// That MFA was done.
    pub is_mfa_accepted: bool,
    /// That a device is compliant.
    pub is_compliant_device_accepted: bool,
    /// That a device is hybrid joined.
    #[serde(rename = "isHybridAzureADJoinedDeviceAccepted")]
    pub is_hybrid_azure_ad_joined_device_accepted: bool,
}

/// Why an account can never meet a control in a sign-in; nothing when it can.
pub(super) fn obstacle(
    control: &Control,
    account: Account,
    sign_in: &SignIn,
    trust: InboundTrust,
) -> Option<&'static str> {
    let is = |name: &str| matches!(control, Control::BuiltIn(own) if own.eq_ignore_ascii_case(name));
    let needs_device = is("compliantDevice") || is("domainJoinedDevice");
    match account {
        Account::ServicePrincipal => Some("which no service principal can do"),
        _ if sign_in.is_legacy() => Some("which no legacy client can do"),
        _ if needs_device && sign_in.is_device_code_flow() => Some("which the device code flow cannot show"),
        Account::External(external) => external_obstacle(control, external, trust),
        Account::Internal => None,
    }
}

fn external_obstacle(control: &Control, external: ExternalType, trust: InboundTrust) -> Option<&'static str> {
    let is_direct = external == ExternalType::B2bDirectConnectUser;
    let untrusted = "which is trusted from no other tenant";
    match control {
        Control::Strength(_, Showable::AtHome) => (!trust.is_mfa_accepted).then_some(untrusted),
        Control::Strength(..) => (is_direct && !trust.is_mfa_accepted).then_some(untrusted),
        Control::TermsOfUse(_) | Control::CustomFactor(_) => {
            is_direct.then_some("which B2B direct connect does not support")
        }
        Control::BuiltIn(name) => match name.to_ascii_lowercase().as_str() {
            "mfa" => (is_direct && !trust.is_mfa_accepted).then_some(untrusted),
            "compliantdevice" => (!trust.is_compliant_device_accepted).then_some(untrusted),
            "domainjoineddevice" => (!trust.is_hybrid_azure_ad_joined_device_accepted).then_some(untrusted),
            "approvedapplication" | "compliantapplication" | "passwordchange" | "riskremediation" => {
                Some("which no external user can do")
            }
            _ => None,
        },
    }
}
