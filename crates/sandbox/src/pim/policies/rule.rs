//! The 17 rules of every policy, and what they say before anybody touches them.
//! <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>

use serde_json::{Map, Value, json};

use crate::schema::Complex;
use crate::schema::policy_rule::{APPROVAL, AUTHENTICATION_CONTEXT, ENABLEMENT, EXPIRATION, NOTIFICATION};

/// Whose settings they are, as `scopeType` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeType {
    DirectoryRole,
    Group,
}

impl ScopeType {
    /// The name in answers and in ids.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DirectoryRole => "DirectoryRole",
            Self::Group => "Group",
        }
    }
}

/// What tells the rules of a policy apart.
#[derive(Debug)]
pub(super) struct Rule {
    /// For example `Expiration_EndUser_Assignment`.
    pub(super) id: &'static str,
    /// Which sort of rule it is.
    pub(super) sort: &'static Complex,
    /// Whose requests it is about: `Admin` or `EndUser`.
    caller: &'static str,
    /// What they ask for: `Eligibility` or `Assignment`.
    level: &'static str,
    /// Its settings in a new tenant.
    initial: Initial,
}

/// Settings in a new tenant, of roles and of groups.
#[derive(Debug, Clone, Copy)]
enum Initial {
    Expiration { roles: bool, groups: bool, maximum: &'static str },
    Enablement { roles: &'static [&'static str], groups: &'static [&'static str] },
    Approval,
    AuthenticationContext,
    Notification { recipient: &'static str },
}

const MFA: &str = "MultiFactorAuthentication";
const JUSTIFICATION: &str = "Justification";

const fn rule(
    id: &'static str,
    sort: &'static Complex,
    target: (&'static str, &'static str),
    initial: Initial,
) -> Rule {
    Rule { id, sort, caller: target.0, level: target.1, initial }
}

const fn notification(
    id: &'static str,
    target: (&'static str, &'static str),
    recipient: &'static str,
) -> Rule {
    rule(id, &NOTIFICATION, target, Initial::Notification { recipient })
}

const ELIGIBLE: (&str, &str) = ("Admin", "Eligibility");
const ACTIVE: (&str, &str) = ("Admin", "Assignment");
const ACTIVATION: (&str, &str) = ("EndUser", "Assignment");

/// Every rule of a policy.
pub(super) static RULES: &[Rule] = &[
    rule(
        "Expiration_Admin_Eligibility",
        &EXPIRATION,
        ELIGIBLE,
        Initial::Expiration { roles: false, groups: true, maximum: "P365D" },
    ),
    rule(
        "Enablement_Admin_Eligibility",
        &ENABLEMENT,
        ELIGIBLE,
        Initial::Enablement { roles: &[], groups: &[] },
    ),
    notification("Notification_Admin_Admin_Eligibility", ELIGIBLE, "Admin"),
    notification("Notification_Requestor_Admin_Eligibility", ELIGIBLE, "Requestor"),
    notification("Notification_Approver_Admin_Eligibility", ELIGIBLE, "Approver"),
    rule(
        "Expiration_Admin_Assignment",
        &EXPIRATION,
        ACTIVE,
        Initial::Expiration { roles: false, groups: true, maximum: "P180D" },
    ),
    rule(
        "Enablement_Admin_Assignment",
        &ENABLEMENT,
        ACTIVE,
        Initial::Enablement { roles: &[JUSTIFICATION], groups: &[JUSTIFICATION] },
    ),
    notification("Notification_Admin_Admin_Assignment", ACTIVE, "Admin"),
    notification("Notification_Requestor_Admin_Assignment", ACTIVE, "Requestor"),
    notification("Notification_Approver_Admin_Assignment", ACTIVE, "Approver"),
    rule(
        "Expiration_EndUser_Assignment",
        &EXPIRATION,
        ACTIVATION,
        Initial::Expiration { roles: true, groups: true, maximum: "PT8H" },
    ),
    rule(
        "Enablement_EndUser_Assignment",
        &ENABLEMENT,
        ACTIVATION,
        Initial::Enablement { roles: &[MFA, JUSTIFICATION], groups: &[JUSTIFICATION] },
    ),
    rule("Approval_EndUser_Assignment", &APPROVAL, ACTIVATION, Initial::Approval),
    rule(
        "AuthenticationContext_EndUser_Assignment",
        &AUTHENTICATION_CONTEXT,
        ACTIVATION,
        Initial::AuthenticationContext,
    ),
    notification("Notification_Admin_EndUser_Assignment", ACTIVATION, "Admin"),
    notification("Notification_Requestor_EndUser_Assignment", ACTIVATION, "Requestor"),
    notification("Notification_Approver_EndUser_Assignment", ACTIVATION, "Approver"),
];

impl Rule {
    /// Finds a rule, as its id is written.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    /// Its type as answers name it.
    pub(super) fn odata_type(&self) -> String {
        format!("#microsoft.graph.{}", self.sort.name)
    }

    /// What it is about. Roles write the operations otherwise than groups.
    pub(super) fn target(&self, of: ScopeType) -> Value {
        let operations = match of {
            ScopeType::DirectoryRole => "all",
            ScopeType::Group => "All",
        };
        json!({
            "caller": self.caller,
            "operations": [operations],
            "level": self.level,
            "inheritableSettings": [],
            "enforcedSettings": [],
        })
    }

    /// The whole rule before anybody touches it.
    pub(super) fn untouched(&self, of: ScopeType) -> Map<String, Value> {
        let is_role = of == ScopeType::DirectoryRole;
        let settings = match self.initial {
            Initial::Expiration { roles, groups, maximum } => json!({
                "isExpirationRequired": if is_role { roles } else { groups },
                "maximumDuration": maximum,
            }),
            Initial::Enablement { roles, groups } => {
                json!({ "enabledRules": if is_role { roles } else { groups } })
            }
            Initial::Approval => json!({ "setting": untouched_approval() }),
            // The value of a context that is off is empty in some policies and absent in others.
            Initial::AuthenticationContext => {
                json!({ "isEnabled": false, "claimValue": if is_role { json!("") } else { Value::Null } })
            }
            Initial::Notification { recipient } => json!({
                "notificationType": "Email",
                "recipientType": recipient,
                "notificationLevel": "All",
                "isDefaultRecipientsEnabled": true,
                "notificationRecipients": [],
            }),
        };
        let mut whole = Map::new();
        whole.insert("@odata.type".to_owned(), self.odata_type().into());
        whole.insert("id".to_owned(), self.id.into());
        whole.extend(settings.as_object().cloned().unwrap_or_default());
        whole.insert("target".to_owned(), self.target(of));
        whole
    }
}

/// Settings of an approval that nobody touched; what a write leaves out goes back to them.
pub(super) fn untouched_approval() -> Value {
    json!({
        "isApprovalRequired": false,
        "isApprovalRequiredForExtension": false,
        "isRequestorJustificationRequired": true,
        "approvalMode": "SingleStage",
        "approvalStages": [untouched_stage()],
    })
}

/// The one stage of an approval that nobody touched.
pub(super) fn untouched_stage() -> Value {
    json!({
        "approvalStageTimeOutInDays": 1,
        "isApproverJustificationRequired": true,
        "escalationTimeInMinutes": 0,
        "primaryApprovers": [],
        "isEscalationEnabled": false,
        "escalationApprovers": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{self, Kind, Property};

    /// The declaration of a value of this sort.
    fn whole(sort: &'static Complex) -> Property {
        let any = schema::by_name("unifiedRoleManagementPolicy").unwrap().property("lastModifiedBy").unwrap();
        Property { name: "rule", kind: Kind::Structure(sort), ..*any }
    }

    #[test]
    fn untouched_rules_are_accepted_as_they_are() {
        assert_eq!(RULES.len(), 17);
        for rule in RULES {
            for of in [ScopeType::DirectoryRole, ScopeType::Group] {
                let value = Value::Object(rule.untouched(of));
                schema::check(&whole(rule.sort), &value).expect(rule.id);
            }
        }
    }

    #[test]
    fn ids_say_what_the_targets_say() {
        for rule in RULES {
            assert!(rule.id.ends_with(&format!("_{}_{}", rule.caller, rule.level)), "{}", rule.id);
        }
    }
}
