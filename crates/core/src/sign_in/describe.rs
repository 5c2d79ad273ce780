//! A class of sign-ins in words.

use std::collections::BTreeMap;

use super::Lockout;

impl Lockout {
    /// Such as `to Payroll, with browser, on windows`: what of the class is not every sign-in. Applications go by the names
    /// that are given, by application id.
    pub fn describe(&self, applications: &BTreeMap<String, String>) -> String {
        let sign_in = &self.sign_in;
        let app = sign_in.app_id.as_ref().map(|id| match (id.as_str(), applications.get(id.as_str())) {
            (_, Some(name)) => format!("to {name}"),
            ("zz", None) => "to an application that no policy names".to_owned(),
            (id, None) => format!("to the application {id}"),
        });
        let action = sign_in.user_action.as_ref().map(|action| format!("for {}", action.as_str()));
        let context =
            sign_in.authentication_context.as_ref().map(|id| format!("with the context {}", id.as_str()));
        let target = [app, action, context].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let place = match (&sign_in.location.ip, &sign_in.location.country) {
            (Some(ip), Some(country)) => format!("from {ip} in {country}"),
            (Some(ip), None) => format!("from {ip} in no known country"),
            _ => String::new(),
        };
        let text = |before: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{before} {value}")).unwrap_or_default()
        };
        let device = match sign_in.device.is_empty() {
            true => "from a device that is not registered".to_owned(),
            false => format!("from a device with {}", serde_json::Value::Object(sign_in.device.clone())),
        };
        let parts = [
            target,
            text("on", &sign_in.platform),
            device,
            text("with", &sign_in.client_app_type),
            place,
            text("at the sign-in risk", &sign_in.sign_in_risk),
            text("at the user risk", &sign_in.user_risk),
            String::new(),
            text("at the insider risk", &sign_in.insider_risk),
            text("by the flow", &sign_in.authentication_flow),
        ];
        let told =
            parts.into_iter().zip(&self.narrowed).filter(|(part, narrowed)| **narrowed && !part.is_empty());
        let told: Vec<String> = told.map(|(part, _)| part).collect();
        if told.is_empty() { "at all".to_owned() } else { told.join(", ") }
    }
}
