//! Service plans that exclude or need one another. Microsoft publishes no such list, and lets more plans stand beside
//! each other every year: what is found here is worth a look and refuses nothing.
//!
//! Source: "Identify and resolve license assignment problems for a group",
//! <https://learn.microsoft.com/entra/fundamentals/licensing-groups-resolve-problems>.

/// Of each row, a person is meant to have one.
const EXCLUSIVE: &[&[&str]] = &[EXCHANGE, SHAREPOINT, &["MCOIMP", "MCOSTANDARD"]];

const EXCHANGE: &[&str] = &["EXCHANGE_S_DESKLESS", "EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE"];
const SHAREPOINT: &[&str] = &["SHAREPOINTDESKLESS", "SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE"];

/// The first needs one of the others.
const NEEDS: &[(&str, &[&str])] = &[
    ("EXCHANGE_S_ARCHIVE_ADDON", EXCHANGE),
    ("MCOEV", &["MCOSTANDARD"]),
    ("MCOMEETADV", &["MCOSTANDARD"]),
    ("RMS_S_PREMIUM", &["RMS_S_ENTERPRISE"]),
    ("SHAREPOINTWAC", SHAREPOINT),
    ("WORKPLACE_ANALYTICS", &["EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE"]),
];

/// A plan that comes and one that is there, which exclude each other.
pub(crate) fn conflict<'a>(coming: &[&'a str], all: &[&'a str]) -> Option<(&'a str, &'a str)> {
    EXCLUSIVE.iter().find_map(|row| {
        let mine = coming.iter().find(|plan| row.contains(*plan))?;
        let other = all.iter().find(|plan| *plan != mine && row.contains(*plan))?;
        Some((*mine, *other))
    })
}

/// A plan that needs others of which none is there, and those others.
pub(crate) fn lack<'a>(all: &[&'a str]) -> Option<(&'a str, &'static [&'static str])> {
    let lacks =
        |needs: &&(&str, &[&str])| all.contains(&needs.0) && !needs.1.iter().any(|plan| all.contains(plan));
    let (plan, needed) = NEEDS.iter().find(lacks)?;
    Some((all.iter().copied().find(|other| other == plan)?, needed))
}
