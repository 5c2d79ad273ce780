//! A sign-in, and what conditions see of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::id::Id;
use super::location::{Origin, Places};
use super::{Tenant, principal};

/// The application id that stands for the suite of Office 365.
const OFFICE_365: &str = "67ad5377-2d78-4ac2-a867-6300cda00e85";

/// What happens: who does it stands in the principal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignIn {
    /// The application id of what is signed in to.
    pub app_id: Option<Id>,
    /// `urn:user:registersecurityinfo` or `urn:user:registerdevice`, when that is asked for and no application.
    pub user_action: Option<Id>,
    /// `c1` to `c99`, when the application asks for it.
    pub authentication_context: Option<Id>,
    /// Custom security attributes of the application: `{"Set": {"Attribute": …}}`.
    #[serde(deserialize_with = "principal::attributes")]
    pub app_custom_security_attributes: Map<String, Value>,
    /// `browser`, `mobileAppsAndDesktopClients`, `exchangeActiveSync`, `other`.
    pub client_app_type: Option<String>,
    /// `android`, `iOS`, `windows`, `windowsPhone`, `macOS`, `linux`, `unknown`.
    pub platform: Option<String>,
    /// Where it comes from.
    pub location: Origin,
    /// `low`, `medium`, `high`, or none.
    pub user_risk: Option<String>,
    /// `low`, `medium`, `high`, or none.
    pub sign_in_risk: Option<String>,
    /// `low`, `medium`, `high`, or none.
    pub service_principal_risk: Option<String>,
    /// `minor`, `moderate`, `elevated`, or none.
    pub insider_risk: Option<String>,
    /// `none`, `deviceCodeFlow`, `authenticationTransfer`.
    pub authentication_flow: Option<String>,
    /// `registered`, and the device's properties by Graph's names.
    pub device: Map<String, Value>,
}

impl SignIn {
    /// Whether the client can answer no question: it knows a name and a password only.
    /// <https://learn.microsoft.com/entra/identity/conditional-access/policy-block-legacy-authentication>
    pub(crate) fn is_legacy(&self) -> bool {
        self.client_is("other") || self.client_is("exchangeActiveSync") || self.client_is("easSupported")
    }

    pub(crate) fn client_is(&self, client_app_type: &str) -> bool {
        self.client_app_type.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(client_app_type))
    }

    pub(crate) fn is_device_code_flow(&self) -> bool {
        self.authentication_flow.as_deref().is_some_and(|flow| flow.eq_ignore_ascii_case("deviceCodeFlow"))
    }
}

/// A sign-in with what the tenant makes of it: which of its locations it comes from, which suites its application is
/// part of.
#[derive(Debug)]
pub struct Observed<'a> {
    pub(super) sign_in: &'a SignIn,
    pub(super) places: Places<'a>,
    /// The device as filters see it.
    pub(super) device: Map<String, Value>,
    app_groups: &'a BTreeMap<String, Vec<Id>>,
}

impl<'a> Observed<'a> {
    pub(super) fn new(tenant: &'a Tenant, sign_in: &'a SignIn) -> Self {
        Self {
            sign_in,
            places: Places::new(&sign_in.location, &tenant.named_locations, &tenant.mfa_trusted_ips),
            device: filtered(&sign_in.device),
            app_groups: &tenant.app_groups,
        }
    }

    /// Whether what is signed in to is this application, or part of this suite.
    pub(super) fn is_for(&self, application: &Id) -> bool {
        let Some(app) = &self.sign_in.app_id else { return false };
        let mut suites = self.app_groups.iter().filter(|(name, _)| application.is(name));
        let is_suite = application.is("Office365") && app.is(OFFICE_365);
        let is_app = application == app && !application.is("None");
        is_app || is_suite || application.is("All") || suites.any(|(_, members)| members.contains(app))
    }
}

/// The attributes of a device that filters see: none of one that is not registered, and extension attributes only of one
/// that is managed by Intune, compliant or hybrid joined.
/// <https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices#policy-behavior-with-filter-for-devices>
fn filtered(device: &Map<String, Value>) -> Map<String, Value> {
    let is = |name: &str| device.get(name).and_then(Value::as_bool) == Some(true);
    if !is("registered") {
        return Map::new();
    }
    let trust_type = device.get("trustType").and_then(Value::as_str);
    let is_hybrid = trust_type.is_some_and(|trust_type| trust_type.eq_ignore_ascii_case("ServerAD"));
    let mut seen = device.clone();
    if let Some(Value::Object(extensions)) = seen.remove("extensionAttributes") {
        seen.extend(extensions);
    }
    if !(is("managedByIntune") || is("isCompliant") || is_hybrid) {
        seen.retain(|name, _| !name.to_ascii_lowercase().starts_with("extensionattribute"));
    }
    seen.entry("isCompliant").or_insert(Value::Bool(false));
    seen
}
