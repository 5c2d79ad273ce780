//! The properties that rules know, and where Graph keeps them.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership#supported-properties>

/// What a rule is about; never both in one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Device,
}

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Flag,
    Date,
    Texts,
    /// `user.assignedPlans`.
    Plans,
    /// `memberOf`.
    Groups,
}

/// A property by its name in rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// In lower case.
    pub(super) name: String,
    pub(super) holds: Type,
    pub(super) place: Place,
}

/// Where the directory keeps a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The object's own id.
    Id,
    /// A property by its name in Graph.
    Property(&'static str),
    /// The first element of a collection.
    First(&'static str),
    /// A member of a complex value.
    Member(&'static str, String),
    /// A directory extension by its name in lower case.
    Extension,
    /// A relationship.
    Link,
}

const USER: &[(&str, Type, Place)] = &[
    ("accountEnabled", Type::Flag, Place::Property("accountEnabled")),
    ("assignedPlans", Type::Plans, Place::Property("assignedPlans")),
    ("city", Type::Text, Place::Property("city")),
    ("companyName", Type::Text, Place::Property("companyName")),
    ("country", Type::Text, Place::Property("country")),
    ("department", Type::Text, Place::Property("department")),
    ("dirSyncEnabled", Type::Flag, Place::Property("onPremisesSyncEnabled")),
    ("displayName", Type::Text, Place::Property("displayName")),
    ("employeeHireDate", Type::Date, Place::Property("employeeHireDate")),
    ("employeeId", Type::Text, Place::Property("employeeId")),
    ("facsimileTelephoneNumber", Type::Text, Place::Property("faxNumber")),
    ("givenName", Type::Text, Place::Property("givenName")),
    ("jobTitle", Type::Text, Place::Property("jobTitle")),
    ("mail", Type::Text, Place::Property("mail")),
    ("mailNickName", Type::Text, Place::Property("mailNickname")),
    ("memberOf", Type::Groups, Place::Link),
    ("mobile", Type::Text, Place::Property("mobilePhone")),
    ("objectId", Type::Text, Place::Id),
    ("onPremisesDistinguishedName", Type::Text, Place::Property("onPremisesDistinguishedName")),
    ("onPremisesSecurityIdentifier", Type::Text, Place::Property("onPremisesSecurityIdentifier")),
    ("otherMails", Type::Texts, Place::Property("otherMails")),
    ("passwordPolicies", Type::Text, Place::Property("passwordPolicies")),
    ("physicalDeliveryOfficeName", Type::Text, Place::Property("officeLocation")),
    ("postalCode", Type::Text, Place::Property("postalCode")),
    ("preferredLanguage", Type::Text, Place::Property("preferredLanguage")),
    ("proxyAddresses", Type::Texts, Place::Property("proxyAddresses")),
    ("sipProxyAddress", Type::Text, Place::First("imAddresses")),
    ("state", Type::Text, Place::Property("state")),
    ("streetAddress", Type::Text, Place::Property("streetAddress")),
    ("surname", Type::Text, Place::Property("surname")),
    ("telephoneNumber", Type::Text, Place::First("businessPhones")),
    ("usageLocation", Type::Text, Place::Property("usageLocation")),
    ("userPrincipalName", Type::Text, Place::Property("userPrincipalName")),
    ("userType", Type::Text, Place::Property("userType")),
];

const DEVICE: &[(&str, Type, Place)] = &[
    ("accountEnabled", Type::Flag, Place::Property("accountEnabled")),
    ("deviceCategory", Type::Text, Place::Property("deviceCategory")),
    ("deviceId", Type::Text, Place::Property("deviceId")),
    ("deviceManagementAppId", Type::Text, Place::Property("mdmAppId")),
    ("deviceManufacturer", Type::Text, Place::Property("manufacturer")),
    ("deviceModel", Type::Text, Place::Property("model")),
    ("deviceOSType", Type::Text, Place::Property("operatingSystem")),
    ("deviceOSVersion", Type::Text, Place::Property("operatingSystemVersion")),
    ("deviceOwnership", Type::Text, Place::Property("deviceOwnership")),
    ("devicePhysicalIds", Type::Texts, Place::Property("physicalIds")),
    ("deviceTrustType", Type::Text, Place::Property("trustType")),
    ("displayName", Type::Text, Place::Property("displayName")),
    ("enrollmentProfileName", Type::Text, Place::Property("enrollmentProfileName")),
    ("isRooted", Type::Flag, Place::Property("isRooted")),
    ("managementType", Type::Text, Place::Property("managementType")),
    ("memberOf", Type::Groups, Place::Link),
    ("objectId", Type::Text, Place::Id),
    // Still accepted, although it matches nothing.
    ("organizationalUnit", Type::Text, Place::Property("organizationalUnit")),
    ("profileType", Type::Text, Place::Property("profileType")),
    ("systemLabels", Type::Texts, Place::Property("systemLabels")),
];

/// The property of a name without `user.` or `device.`, in lower case.
pub(super) fn attribute(kind: Kind, name: &str) -> Option<Attribute> {
    let table = match kind {
        Kind::User => USER,
        Kind::Device => DEVICE,
    };
    let found = table.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    let (holds, place) = match found {
        Some((_, holds, place)) => (*holds, place.clone()),
        None => (Type::Text, numbered(kind, name).or_else(|| extension(name))?),
    };
    Some(Attribute { name: name.to_owned(), holds, place })
}

/// `extensionAttribute1` to `extensionAttribute15`.
fn numbered(kind: Kind, name: &str) -> Option<Place> {
    let number = name.strip_prefix("extensionattribute")?;
    let known = (1..=15).find(|known| known.to_string() == number)?;
    let parent = match kind {
        Kind::User => "onPremisesExtensionAttributes",
        Kind::Device => "extensionAttributes",
    };
    Some(Place::Member(parent, format!("extensionAttribute{known}")))
}

/// `extension_`, the application's id without hyphens, and a name.
fn extension(name: &str) -> Option<Place> {
    let (id, property) = name.strip_prefix("extension_")?.split_once('_')?;
    let is_id = id.len() == 32 && id.chars().all(|digit| digit.is_ascii_hexdigit());
    let named = property.starts_with(|first: char| first.is_ascii_alphanumeric()) && !property.contains('.');
    (is_id && named).then_some(Place::Extension)
}
