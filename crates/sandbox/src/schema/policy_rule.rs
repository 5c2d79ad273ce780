//! The five sorts of rules in the settings of a role.
//! <https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicyrule>

use super::property::{boolean, duration, integer, structure, structures, text, texts};
use super::{Complex, Property};

/// Every sort of rule.
#[cfg(test)]
pub(super) static SORTS: &[&Complex] =
    &[&EXPIRATION, &ENABLEMENT, &APPROVAL, &AUTHENTICATION_CONTEXT, &NOTIFICATION];

/// How long something may last.
pub(crate) static EXPIRATION: Complex = Complex {
    name: "unifiedRoleManagementPolicyExpirationRule",
    properties: &[ID, boolean("isExpirationRequired").not_null(), duration("maximumDuration"), TARGET],
};

/// What has to be given.
pub(crate) static ENABLEMENT: Complex = Complex {
    name: "unifiedRoleManagementPolicyEnablementRule",
    properties: &[
        texts("enabledRules").one_of(&["MultiFactorAuthentication", "Justification", "Ticketing"]),
        ID,
        TARGET,
    ],
};

/// Who has to agree.
pub(crate) static APPROVAL: Complex = Complex {
    name: "unifiedRoleManagementPolicyApprovalRule",
    properties: &[ID, structure("setting", &SETTING), TARGET],
};

/// Which authentication context has to be met.
pub(crate) static AUTHENTICATION_CONTEXT: Complex = Complex {
    name: "unifiedRoleManagementPolicyAuthenticationContextRule",
    properties: &[text("claimValue").may_be_empty(), ID, boolean("isEnabled").not_null(), TARGET],
};

/// Who is told.
pub(crate) static NOTIFICATION: Complex = Complex {
    name: "unifiedRoleManagementPolicyNotificationRule",
    properties: &[
        ID,
        boolean("isDefaultRecipientsEnabled").not_null(),
        text("notificationLevel").not_null().one_of(&["None", "Critical", "All"]),
        texts("notificationRecipients"),
        text("notificationType").not_null().one_of(&["Email"]),
        text("recipientType").not_null().one_of(&["Admin", "Requestor", "Approver"]),
        TARGET,
    ],
};

const ID: Property = text("id").not_null();

const TARGET: Property = structure("target", &RULE_TARGET);

static RULE_TARGET: Complex = Complex {
    name: "unifiedRoleManagementPolicyRuleTarget",
    properties: &[
        text("caller").one_of(&["None", "Admin", "EndUser"]),
        texts("enforcedSettings"),
        texts("inheritableSettings"),
        text("level").one_of(&["Eligibility", "Assignment"]),
        texts("operations").one_of(&[
            "all",
            "activate",
            "deactivate",
            "assign",
            "update",
            "remove",
            "extend",
            "renew",
        ]),
    ],
};

static SETTING: Complex = Complex {
    name: "approvalSettings",
    properties: &[
        text("approvalMode").one_of(&["NoApproval", "SingleStage", "Serial", "Parallel"]),
        structures("approvalStages", &STAGE),
        boolean("isApprovalRequired"),
        boolean("isApprovalRequiredForExtension"),
        boolean("isRequestorJustificationRequired"),
    ],
};

static STAGE: Complex = Complex {
    name: "unifiedApprovalStage",
    properties: &[
        integer("approvalStageTimeOutInDays"),
        structures("escalationApprovers", &SUBJECTS),
        integer("escalationTimeInMinutes"),
        boolean("isApproverJustificationRequired"),
        boolean("isEscalationEnabled"),
        structures("primaryApprovers", &SUBJECTS),
    ],
};

/// Users and members of groups, told apart by `@odata.type`.
static SUBJECTS: Complex = Complex { name: "subjectSet", properties: &[] };
