//! What service plans demand of each other and of the place where they are used.
//! <https://learn.microsoft.com/entra/fundamentals/licensing-groups-resolve-problems>

use uuid::{Uuid, uuid};

const EXCHANGE_S_ARCHIVE_ADDON: Uuid = uuid!("176a09a6-7ec5-4039-ac02-b2791c6ba793");
const EXCHANGE_S_DESKLESS: Uuid = uuid!("4a82b400-a79f-41a4-b4e2-e94f5787b113");
const EXCHANGE_S_ENTERPRISE: Uuid = uuid!("efb87545-963c-4e0d-99df-69c6916d9eb0");
const EXCHANGE_S_STANDARD: Uuid = uuid!("9aaf7827-d63c-4b61-89c3-182f06f82e5c");
const MCOEV: Uuid = uuid!("4828c8ec-dc2e-4779-b502-87ac9ce28ab7");
const MCOIMP: Uuid = uuid!("afc06cb0-b4f4-4473-8286-d644f70d8faf");
const MCOMEETADV: Uuid = uuid!("3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40");
const MCOSTANDARD: Uuid = uuid!("0feaeb32-d00e-4d66-bd5a-43b5b83db82c");
const RMS_S_ENTERPRISE: Uuid = uuid!("bea4c11e-220a-4e6d-8eb8-8ea15d019f90");
const RMS_S_PREMIUM: Uuid = uuid!("6c57d4b6-3b23-47a5-9bc9-69f17b4947b3");
const SHAREPOINTDESKLESS: Uuid = uuid!("902b47e5-dcb2-4fdc-858b-c63a90a2bdb9");
const SHAREPOINTENTERPRISE: Uuid = uuid!("5dbe027f-2339-4123-9542-606e4d348a72");
const SHAREPOINTSTANDARD: Uuid = uuid!("c7699d2e-19aa-44de-8edf-1736da088ca1");
const SHAREPOINTWAC: Uuid = uuid!("e95bec33-7c88-4a70-8e19-b10bd9d0c014");

/// Plans of which a user can have one, when they come with different products.
const EXCLUSIVE: &[&[Uuid]] = &[
    &[EXCHANGE_S_DESKLESS, EXCHANGE_S_STANDARD, EXCHANGE_S_ENTERPRISE],
    &[SHAREPOINTDESKLESS, SHAREPOINTSTANDARD, SHAREPOINTENTERPRISE],
    &[MCOIMP, MCOSTANDARD],
];

/// Plans that need one of others beside them.
const NEEDS: &[(Uuid, &[Uuid])] = &[
    (EXCHANGE_S_ARCHIVE_ADDON, EXCLUSIVE[0]),
    (MCOEV, &[MCOSTANDARD]),
    (MCOMEETADV, &[MCOSTANDARD]),
    (RMS_S_PREMIUM, &[RMS_S_ENTERPRISE]),
    (SHAREPOINTWAC, EXCLUSIVE[1]),
];

/// Places where no service may be used.
const BARRED: &[&str] = &["CU", "IR", "KP", "SY"];

/// Plans that come with a mailbox.
const MAILBOXES: &[Uuid] = EXCLUSIVE[0];

/// The `service` of plans, by the beginning of their names.
const SERVICES: &[(&str, &str)] = &[
    ("AAD_", "AADPremiumService"),
    ("ADALLOM_", "Adallom"),
    ("BI_AZURE_", "PowerBI"),
    ("Deskless", "Deskless"),
    ("EXCHANGE_", "exchange"),
    ("FLOW_", "ProcessSimple"),
    ("FORMS_", "OfficeForms"),
    ("INTUNE_", "SCO"),
    ("MCO", "MicrosoftCommunicationsOnline"),
    ("MFA_", "MultiFactorService"),
    ("MICROSOFTBOOKINGS", "exchange"),
    ("OFFICESUBSCRIPTION", "MicrosoftOffice"),
    ("POWERAPPS_", "PowerAppsService"),
    ("PROJECTWORKMANAGEMENT", "ProjectWorkManagement"),
    ("RMS_", "RMSOnline"),
    ("SHAREPOINT", "SharePoint"),
    ("STREAM_", "MicrosoftStream"),
    ("SWAY", "Sway"),
    ("TEAMS", "TeamspaceAPI"),
    ("WIN10_", "Windows"),
    ("WINDEFATP", "WindowsDefenderATP"),
    ("YAMMER_", "YammerEnterprise"),
];

/// A product with the plans of it that are switched on.
pub(super) type Enabled = (Uuid, Vec<Uuid>);

/// A plan of `product` and one of another product that exclude each other.
pub(super) fn conflict(product: &Enabled, others: &[Enabled]) -> Option<(Uuid, Uuid)> {
    let others = || others.iter().filter(|other| other.0 != product.0).flat_map(|other| &other.1);
    EXCLUSIVE.iter().find_map(|set| {
        let mine = product.1.iter().find(|plan| set.contains(plan))?;
        let theirs = others().find(|plan| *plan != mine && set.contains(plan))?;
        Some((*mine, *theirs))
    })
}

/// A plan of `product` that needs another, and the ones of which none is among `all`.
pub(super) fn lack(product: &Enabled, all: &[Enabled]) -> Option<(Uuid, &'static [Uuid])> {
    let has = |plan: &Uuid| all.iter().any(|(_, plans)| plans.contains(plan));
    let lacks = |(plan, needed): &&(Uuid, &[Uuid])| product.1.contains(plan) && !needed.iter().any(has);
    NEEDS.iter().find(lacks).copied()
}

/// Whether services may be used in a country.
pub(super) fn is_allowed(location: &str) -> bool {
    !BARRED.contains(&location)
}

/// Whether one of the plans comes with a mailbox, and so with an address.
pub(super) fn has_mailbox(plans: &[Uuid]) -> bool {
    plans.iter().any(|plan| MAILBOXES.contains(plan))
}

/// The `service` that a plan belongs to; its own name where no other is known.
pub(super) fn service(plan_name: &str) -> &str {
    let found = SERVICES.iter().find(|(start, _)| plan_name.starts_with(start));
    found.map_or(plan_name, |(_, service)| service)
}
