//! The properties that rules know, and where Microsoft Graph keeps each.
//!
//! Rules use the names of an older directory schema: `mobile` is Graph's `mobilePhone`.
//! <https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership#supported-properties>

use std::borrow::Cow;

use super::language::Language;
use super::tree::ObjectKind;
use crate::text::nearest;

/// What values a property has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// Text.
    Text,
    /// A point in time.
    DateTime,
    /// Texts.
    Texts,
    /// Service plans.
    Plans,
    /// The groups whose direct member the object is.
    Groups,
}

impl Type {
    /// Whether `-any` and `-all` go with it.
    pub fn is_collection(self) -> bool {
        matches!(self, Self::Texts | Self::Plans | Self::Groups)
    }

    /// What it is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Text => "text",
            Self::DateTime => "a date",
            Self::Texts => "a collection of texts",
            Self::Plans => "a collection of service plans",
            Self::Groups => "a collection of groups",
        }
    }
}

/// Where Graph keeps a property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A property of the object.
    Member(&'static str),
    /// The first value of a collection.
    First(&'static str),
    /// A member of a complex property.
    Nested(&'static str, String),
    /// A directory extension.
    Extension(String),
    /// The object id.
    Id,
    /// The relationship `memberOf`.
    Groups,
    /// Nowhere: always null.
    Nowhere,
}

/// A property that rules know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Property {
    /// Whose property it is.
    pub object: ObjectKind,
    /// Its canonical name, without `user.` or `device.`.
    pub name: Cow<'static, str>,
    /// What values it has.
    pub value: Type,
    pub(super) source: Source,
}

impl Property {
    /// The Graph property to select for it; none for relationships.
    pub fn graph_name(&self) -> Option<&str> {
        match &self.source {
            Source::Member(name) | Source::First(name) | Source::Nested(name, _) => Some(name),
            Source::Extension(name) => Some(name),
            Source::Id => Some("id"),
            Source::Groups | Source::Nowhere => None,
        }
    }

    /// The member that may carry it too, beside the one of its name, where objects are described in the rules' names.
    pub(super) fn other_member(&self) -> Option<&'static str> {
        (self.name == "objectId").then_some("id")
    }
}

type Row = (&'static str, Type, Source);

const fn same(name: &'static str, value: Type) -> Row {
    (name, value, Source::Member(name))
}

const fn renamed(name: &'static str, value: Type, graph: &'static str) -> Row {
    (name, value, Source::Member(graph))
}

/// Properties of users, beside extension attributes and directory extensions.
static USER: &[Row] = &[
    same("accountEnabled", Type::Boolean),
    same("assignedPlans", Type::Plans),
    same("city", Type::Text),
    same("companyName", Type::Text),
    same("country", Type::Text),
    same("department", Type::Text),
    renamed("dirSyncEnabled", Type::Boolean, "onPremisesSyncEnabled"),
    same("displayName", Type::Text),
    same("employeeHireDate", Type::DateTime),
    same("employeeId", Type::Text),
    renamed("facsimileTelephoneNumber", Type::Text, "faxNumber"),
    same("givenName", Type::Text),
    same("jobTitle", Type::Text),
    same("mail", Type::Text),
    renamed("mailNickName", Type::Text, "mailNickname"),
    ("memberOf", Type::Groups, Source::Groups),
    renamed("mobile", Type::Text, "mobilePhone"),
    ("objectId", Type::Text, Source::Id),
    same("onPremisesDistinguishedName", Type::Text),
    same("onPremisesSecurityIdentifier", Type::Text),
    same("otherMails", Type::Texts),
    same("passwordPolicies", Type::Text),
    renamed("physicalDeliveryOfficeName", Type::Text, "officeLocation"),
    same("postalCode", Type::Text),
    same("preferredLanguage", Type::Text),
    same("proxyAddresses", Type::Texts),
    ("sipProxyAddress", Type::Text, Source::First("imAddresses")),
    same("state", Type::Text),
    same("streetAddress", Type::Text),
    same("surname", Type::Text),
    ("telephoneNumber", Type::Text, Source::First("businessPhones")),
    same("usageLocation", Type::Text),
    same("userPrincipalName", Type::Text),
    same("userType", Type::Text),
];

/// Properties of devices, beside extension attributes.
static DEVICE: &[Row] = &[
    same("accountEnabled", Type::Boolean),
    same("deviceCategory", Type::Text),
    same("deviceId", Type::Text),
    renamed("deviceManagementAppId", Type::Text, "mdmAppId"),
    renamed("deviceManufacturer", Type::Text, "manufacturer"),
    renamed("deviceModel", Type::Text, "model"),
    renamed("deviceOSType", Type::Text, "operatingSystem"),
    renamed("deviceOSVersion", Type::Text, "operatingSystemVersion"),
    same("deviceOwnership", Type::Text),
    renamed("devicePhysicalIds", Type::Texts, "physicalIds"),
    renamed("deviceTrustType", Type::Text, "trustType"),
    same("displayName", Type::Text),
    same("enrollmentProfileName", Type::Text),
    same("isRooted", Type::Boolean),
    same("managementType", Type::Text),
    ("memberOf", Type::Groups, Source::Groups),
    ("objectId", Type::Text, Source::Id),
    // Accepted since long ago, and never filled.
    ("organizationalUnit", Type::Text, Source::Nowhere),
    same("profileType", Type::Text),
    same("systemLabels", Type::Texts),
];

/// Properties of devices in the filter of Conditional Access, beside extension attributes.
static FILTERED_DEVICE: &[Row] = &[
    same("deviceId", Type::Text),
    same("deviceOwnership", Type::Text),
    same("displayName", Type::Text),
    same("enrollmentProfileName", Type::Text),
    same("isCompliant", Type::Boolean),
    same("manufacturer", Type::Text),
    same("mdmAppId", Type::Text),
    same("model", Type::Text),
    same("operatingSystem", Type::Text),
    same("operatingSystemVersion", Type::Text),
    same("physicalIds", Type::Texts),
    same("profileType", Type::Text),
    same("systemLabels", Type::Texts),
    same("trustType", Type::Text),
];

fn table(language: Language, object: ObjectKind) -> &'static [Row] {
    match object {
        ObjectKind::User => USER,
        ObjectKind::Device if language == Language::DeviceFilter => FILTERED_DEVICE,
        ObjectKind::Device => DEVICE,
        ObjectKind::ServicePrincipal => &[],
    }
}

/// The property that `name` means, in any case.
pub(super) fn find(language: Language, object: ObjectKind, name: &str) -> Option<Property> {
    if object == ObjectKind::ServicePrincipal {
        return custom_security_attribute(name);
    }
    let row = table(language, object).iter().find(|row| row.0.eq_ignore_ascii_case(name));
    let (name, value, source) = match row {
        Some((name, value, source)) => (Cow::Borrowed(*name), *value, source.clone()),
        None => extension_attribute(object, name).or_else(|| directory_extension(name))?,
    };
    Some(Property { object, name, value, source })
}

/// `Set_Attribute`: neither name has an underscore that would tell them apart otherwise.
fn custom_security_attribute(name: &str) -> Option<Property> {
    let (set, attribute) = name.split_once('_')?;
    let name = Cow::Owned(name.to_owned());
    let (object, source) = (ObjectKind::ServicePrincipal, Source::Nowhere);
    (!set.is_empty() && !attribute.is_empty()).then_some(Property { object, name, value: Type::Text, source })
}

/// Every property of a kind of object in rules of dynamic membership, extension attributes included.
pub fn all(object: ObjectKind) -> Vec<Property> {
    let listed = table(Language::Membership, object).iter().map(|row| row.0.to_owned());
    let numbered = (1..=15).map(|number| format!("extensionAttribute{number}"));
    listed.chain(numbered).filter_map(|name| find(Language::Membership, object, &name)).collect()
}

type Found = (Cow<'static, str>, Type, Source);

fn extension_attribute(object: ObjectKind, name: &str) -> Option<Found> {
    let number = strip_prefix(name, "extensionAttribute")?;
    if !(1..=15).any(|known: u8| known.to_string() == number) {
        return None;
    }
    let parent = match object {
        ObjectKind::User => "onPremisesExtensionAttributes",
        ObjectKind::Device | ObjectKind::ServicePrincipal => "extensionAttributes",
    };
    let name = format!("extensionAttribute{number}");
    Some((Cow::Owned(name.clone()), Type::Text, Source::Nested(parent, name)))
}

/// `extension_<application id without hyphens>_<name>`.
fn directory_extension(name: &str) -> Option<Found> {
    let (application, own) = strip_prefix(name, "extension_")?.split_once('_')?;
    let is_id = application.len() == 32 && application.bytes().all(|byte| byte.is_ascii_hexdigit());
    let begins = own.starts_with(|first: char| first.is_ascii_alphanumeric());
    let is_name =
        begins && own.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let name = format!("extension_{}_{own}", application.to_ascii_lowercase());
    (is_id && is_name).then(|| (Cow::Owned(name.clone()), Type::Text, Source::Extension(name)))
}

fn strip_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// What to say of a name that no property has.
pub(super) fn suggestion(language: Language, object: ObjectKind, name: &str) -> Option<String> {
    let prefix = object.prefix();
    if object == ObjectKind::ServicePrincipal {
        return Some("a custom security attribute is CustomSecurityAttribute.Set_Name".to_owned());
    }
    if name.to_ascii_lowercase().starts_with("extension_") {
        return Some(format!(
            "a directory extension is {prefix}.extension_APPID_NAME, the application id in 32 digits without hyphens"
        ));
    }
    if name.to_ascii_lowercase().starts_with("extensionattribute") {
        return Some("extension attributes are extensionAttribute1 to extensionAttribute15".to_owned());
    }
    let graph = |row: &&Row| match &row.2 {
        Source::Id => name.eq_ignore_ascii_case("id"),
        Source::Member(graph) | Source::First(graph) => graph.eq_ignore_ascii_case(name),
        _ => false,
    };
    if let Some((own, ..)) = table(language, object).iter().find(graph) {
        return Some(format!("in rules {name} is called {prefix}.{own}"));
    }
    if name.eq_ignore_ascii_case("manager") {
        return Some("who reports to someone is asked with: Direct Reports for \"OBJECT ID\"".to_owned());
    }
    if language == Language::Membership && find(language, object.other(), name).is_some() {
        return Some(format!("only a {} has {name}", object.other().prefix()));
    }
    let near = nearest(name, table(language, object).iter().map(|row| row.0))?;
    Some(format!("did you mean {prefix}.{near}?"))
}
