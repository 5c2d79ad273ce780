//! What the manual register is for: settings of the identity phase that an application can write nowhere in Graph.

/// A setting, or a few that stand together, that no application can write.
#[derive(Debug)]
pub struct Unreachable {
    /// What it is called.
    pub setting: &'static str,
    /// Where people find it.
    pub place: &'static str,
    /// Why no configuration can hold it.
    pub why: &'static str,
}

const GROUPS: &str = "Entra admin center, Groups, General";
const PASSWORD_RESET: &str = "Entra admin center, Password reset";
const CONNECT: &str = "Entra admin center, Entra Connect";
const IDENTITY_PROTECTION: &str = "Entra admin center, ID Protection";
const MFA_SERVICE: &str = "Entra admin center, Multifactor authentication";

/// Every such setting that is known.
pub static UNREACHABLE: &[Unreachable] = &[
    Unreachable {
        setting: "Group owners can manage membership requests",
        place: GROUPS,
        why: "Graph has no property for it, nor for approving a request to join a group",
    },
    Unreachable {
        setting: "Restricted access to the My Groups portal",
        place: GROUPS,
        why: "Graph has no property for it",
    },
    Unreachable {
        setting: "Who may reset their password: nobody, one group, everybody",
        place: PASSWORD_RESET,
        why: "Graph has no property for it: allowed_to_use_sspr of the authorization policy is about administrators \
              only. The report userRegistrationDetails tells, person by person, who is enabled",
    },
    Unreachable {
        setting: "Password reset: number of methods, security questions, registration at sign-in, days until \
                  people confirm their details again, notifications, help desk link",
        place: PASSWORD_RESET,
        why: "Graph has no properties for them; which methods there are is in the authentication methods policy \
              once its migration is complete",
    },
    Unreachable {
        setting: "Password writeback",
        place: PASSWORD_RESET,
        why: "the agent on-premises decides; Graph's passwordWritebackEnabled has no effect, and reading it takes a \
              signed-in person",
    },
    Unreachable {
        setting: "Microsoft 365 groups: senders from outside, subscription of new members, hiding from address lists \
                  and from Outlook",
        place: "Exchange admin center, Groups",
        why: "Exchange keeps allowExternalSenders, autoSubscribeNewMembers, hideFromAddressLists and \
              hideFromOutlookClients, and takes them only from a signed-in person",
    },
    Unreachable {
        setting: "Sensitivity labels of groups",
        place: "Microsoft Purview portal; the group's properties",
        why: "Graph takes assignedLabels only from a signed-in person",
    },
    Unreachable {
        setting: "Distribution lists and mail-enabled security groups",
        place: "Exchange admin center, Groups",
        why: "Exchange owns them; Graph shows them and refuses every write",
    },
    Unreachable {
        setting: "Staged rollout of cloud authentication",
        place: CONNECT,
        why: "Graph shows and takes featureRolloutPolicies only for a signed-in person",
    },
    Unreachable {
        setting: "Seamless single sign-on and pass-through authentication",
        place: CONNECT,
        why: "the agents on-premises decide; Graph v1.0 has no object for either",
    },
    Unreachable {
        setting: "Features of directory synchronisation, accidental deletion prevention among them",
        place: CONNECT,
        why: "Graph shows and takes onPremisesSynchronization only for a signed-in person",
    },
    Unreachable {
        setting: "Service settings of MFA: trusted IPs, remembered devices, older verification options, app passwords",
        place: MFA_SERVICE,
        why: "Graph has no properties for them; a policy can name the trusted IPs as mfa_trusted_ips and cannot say \
              which they are",
    },
    Unreachable {
        setting: "Account lockout, blocked users and notifications of MFA",
        place: MFA_SERVICE,
        why: "Graph has no properties for them",
    },
    Unreachable {
        setting: "Registration policy of multifactor authentication",
        place: IDENTITY_PROTECTION,
        why: "Graph has no object for it; the registration campaign of the authentication methods policy is another \
              thing, and a Conditional Access policy can protect the registration itself",
    },
    Unreachable {
        setting: "User risk and sign-in risk policies of their own, as they were before Conditional Access had risk levels",
        place: IDENTITY_PROTECTION,
        why: "Graph has no objects for them; the same is a Conditional Access policy with user_risk_levels or \
              sign_in_risk_levels",
    },
    Unreachable {
        setting: "Who is alerted of users at risk, from which level on, and who gets the weekly digest",
        place: IDENTITY_PROTECTION,
        why: "Graph has no properties for them",
    },
    Unreachable {
        setting: "Whether a password change on-premises ends a user's risk",
        place: IDENTITY_PROTECTION,
        why: "Graph has no property for it",
    },
];
