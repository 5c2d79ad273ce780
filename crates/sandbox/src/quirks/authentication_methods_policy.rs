//! The authentication methods policy: always there, its methods inline, and no larger than it may be.
//! <https://learn.microsoft.com/graph/api/authenticationmethodspolicy-update>

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Behavior, now};
use crate::graph::{Directory, Draft, Failure, Selection, entity};
use crate::schema::{self, bad_request};
use crate::store::Object;

pub(crate) const BEHAVIOR: Behavior = Behavior {
    update: Some(update),
    seed: |policy, _| fill(policy),
    replaces_nested: true,
    ..Behavior::SINGLETON
};

/// Where the policy shows its methods.
const METHODS: &str = "authenticationMethodConfigurations";

/// Most bytes of the policy with its methods.
/// <https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods-manage>
const LARGEST: usize = 20 * 1024;

/// Longest that people can put off registering, in days.
const LONGEST_SNOOZE: i64 = 14;

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let campaign = draft.object.get("registrationEnforcement");
    let campaign = campaign.and_then(|found| found.get("authenticationMethodsRegistrationCampaign"));
    if let Some(campaign) = campaign {
        check_campaign(campaign)?;
    }
    draft.object.set("lastModifiedDateTime", now());
    check_size(directory, &draft.object)
}

fn check_campaign(campaign: &Value) -> Result<(), Failure> {
    let snooze = campaign["snoozeDurationInDays"].as_i64();
    if snooze.is_some_and(|days| !(0..=LONGEST_SNOOZE).contains(&days)) {
        return Err(bad_request(format!("'snoozeDurationInDays' is 0 to {LONGEST_SNOOZE}.")));
    }
    let mut methods =
        campaign["includeTargets"].as_array().into_iter().flatten().map(|target| {
            target["targetedAuthenticationMethod"].as_str().unwrap_or("microsoftAuthenticator")
        });
    let first = methods.next().unwrap_or("microsoftAuthenticator");
    if !["microsoftAuthenticator", "fido2"].contains(&first) || methods.any(|method| method != first) {
        return Err(bad_request("The targets of a campaign are of one method, which it can be for."));
    }
    Ok(())
}

/// Refuses a policy that has become too large with this object in it.
pub(super) fn check_size(directory: &Directory<'_>, changed: &Object) -> Result<(), Failure> {
    let size = |object: &Object| Value::Object(entity(object, &Selection::Default, false)).to_string().len();
    let kinds = ["authenticationMethodsPolicy", "authenticationMethodConfiguration"];
    let kinds = kinds.into_iter().filter_map(schema::by_name);
    let others = kinds.flat_map(|kind| directory.primary.ids(kind, false, None));
    let others = others.filter(|id| *id != changed.id).filter_map(|id| directory.primary.live(id));
    if others.map(|object| size(object)).sum::<usize>() + size(changed) > LARGEST {
        return Err(bad_request(format!(
            "The authentication methods policy is larger than {LARGEST} bytes."
        )));
    }
    Ok(())
}

/// Adds the methods to what is shown of the policy.
pub(crate) fn complete(directory: &Directory<'_>, members: &mut Map<String, Value>) {
    let kind = schema::by_name("authenticationMethodConfiguration");
    let ids = kind.into_iter().flat_map(|kind| directory.visible.ids(kind, false, None));
    let shown = ids.filter_map(|id| directory.visible.live(id));
    let mut shown: Vec<&Arc<Object>> = shown.collect();
    shown.sort_by_key(|method| method.id_text());
    let shown = shown.into_iter().map(|method| Value::Object(entity(method, &Selection::Default, true)));
    members.insert(METHODS.to_owned(), shown.collect());
}

/// Fills in the values of a new tenant.
fn fill(policy: &mut Object) {
    policy.default("displayName", "Authentication Methods Policy");
    policy.default("description", "Which methods of authentication people may use, and who may use them.");
    policy.default("policyVersion", "1.5");
    policy.default("policyMigrationState", "migrationComplete");
    policy.default("reconfirmationInDays", 0);
    policy.default(
        "registrationEnforcement",
        json!({ "authenticationMethodsRegistrationCampaign": {
            "state": "default",
            "snoozeDurationInDays": 1,
            "includeTargets": [{ "id": "all_users", "targetType": "group",
                "targetedAuthenticationMethod": "microsoftAuthenticator" }],
            "excludeTargets": [],
        } }),
    );
}
