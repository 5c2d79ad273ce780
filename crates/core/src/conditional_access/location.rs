//! Where a sign-in comes from.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use super::id::Id;

/// The well-known location of the trusted addresses of the MFA service, which no list contains.
pub const MFA_TRUSTED_IPS: &str = "00000000-0000-0000-0000-000000000000";

/// A named location. <https://learn.microsoft.com/graph/api/resources/namedlocation>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedLocation {
    /// Its object id.
    pub id: Option<Id>,
    /// Networks, of an `ipNamedLocation`.
    pub ip_ranges: Vec<IpRange>,
    /// Whether its networks are trusted.
    pub is_trusted: bool,
    /// Country codes, of a `countryNamedLocation`.
    pub countries_and_regions: Vec<String>,
    /// Whether addresses that belong to no known country are part of it.
    pub include_unknown_countries_and_regions: bool,
}

/// A range of a named location.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpRange {
    /// In CIDR notation.
    pub cidr_address: Network,
}

/// A network; bits behind the prefix do not count, an address alone is a network of one.
#[derive(Debug, Clone, Copy)]
pub struct Network(IpNet);

impl Network {
    /// The addresses at which membership in it can change: its first, and the one behind its last.
    pub(crate) fn edges(&self) -> [IpAddr; 2] {
        let behind = match self.0.broadcast() {
            IpAddr::V4(last) => IpAddr::V4(u32::from(last).wrapping_add(1).into()),
            IpAddr::V6(last) => IpAddr::V6(u128::from(last).wrapping_add(1).into()),
        };
        [self.0.network(), behind]
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let network =
            IpNet::from_str(text.trim()).or_else(|_| text.trim().parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| {
            serde::de::Error::custom(format!("{text:?} is no range of addresses such as 203.0.113.0/24"))
        })
    }
}

/// What is known of where a sign-in comes from.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Origin {
    /// The public address.
    pub ip: Option<IpAddr>,
    /// The country that the address or the person's phone tells, as a code such as `DE`; none when it tells none.
    pub country: Option<String>,
}

impl NamedLocation {
    pub(crate) fn covers_network(&self, origin: &Origin) -> bool {
        covered(origin, self.ip_ranges.iter().map(|range| &range.cidr_address))
    }

    pub(crate) fn covers_country(&self, origin: &Origin) -> bool {
        match &origin.country {
            Some(country) => super::id::find(&self.countries_and_regions, country).is_some(),
            None => self.include_unknown_countries_and_regions,
        }
    }
}

fn covered<'a>(origin: &Origin, mut networks: impl Iterator<Item = &'a Network>) -> bool {
    origin.ip.is_some_and(|address| networks.any(|network| network.contains(address.to_canonical())))
}

/// The locations that a sign-in comes from.
#[derive(Debug)]
pub(super) struct Places<'a> {
    within: BTreeSet<&'a str>,
    is_trusted: bool,
}

impl<'a> Places<'a> {
    pub(super) fn new(origin: &Origin, named: &'a [NamedLocation], trusted: &[Network]) -> Self {
        let mut places = Self { within: BTreeSet::new(), is_trusted: false };
        if covered(origin, trusted.iter()) {
            places.within.insert(MFA_TRUSTED_IPS);
            places.is_trusted = true;
        }
        for location in named {
            let by_network = location.covers_network(origin);
            if let Some(id) = location.id.as_ref().filter(|_| by_network || location.covers_country(origin)) {
                places.within.insert(id.as_str());
            }
            places.is_trusted |= by_network && location.is_trusted;
        }
        places
    }

    /// Whether the sign-in comes from a location of a policy.
    pub(super) fn are_in(&self, location: &Id) -> bool {
        location.is("All")
            || (location.is("AllTrusted") && self.is_trusted)
            || self.within.contains(location.as_str())
    }
}
