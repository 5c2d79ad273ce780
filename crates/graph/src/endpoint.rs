//! Where Graph and its sign-in service live.

use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use crate::Error;

/// A Microsoft cloud with a Graph of its own; a token of one is refused by the others.
///
/// Written `global`, `usgov`, `usgov_dod` or `china`. Source: "National cloud deployments",
/// <https://learn.microsoft.com/graph/deployments>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// The worldwide service, Microsoft 365 GCC included.
    #[default]
    Global,
    /// US Government L4, also called GCC High.
    UsGov,
    /// US Government L5, the Department of Defense.
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// Every cloud.
    pub const ALL: [Self; 4] = [Self::Global, Self::UsGov, Self::UsGovDod, Self::China];

    /// The name, such as `usgov_dod`.
    pub fn name(self) -> &'static str {
        match self {
            Cloud::Global => "global",
            Cloud::UsGov => "usgov",
            Cloud::UsGovDod => "usgov_dod",
            Cloud::China => "china",
        }
    }

    /// The host of its Graph, such as `graph.microsoft.com`.
    pub(crate) fn graph_host(self) -> &'static str {
        self.graph().trim_start_matches("https://")
    }

    /// True for its authority; China has an older one besides.
    pub(crate) fn has_authority(self, authority: &Url) -> bool {
        let older = self == Cloud::China && authority.as_str() == "https://login.chinacloudapi.cn/";
        older || authority.as_str().trim_end_matches('/') == self.authority()
    }

    fn graph(self) -> &'static str {
        match self {
            Cloud::Global => "https://graph.microsoft.com",
            Cloud::UsGov => "https://graph.microsoft.us",
            Cloud::UsGovDod => "https://dod-graph.microsoft.us",
            Cloud::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    fn authority(self) -> &'static str {
        match self {
            Cloud::Global => "https://login.microsoftonline.com",
            Cloud::UsGov | Cloud::UsGovDod => "https://login.microsoftonline.us",
            Cloud::China => "https://login.partner.microsoftonline.cn",
        }
    }
}

impl FromStr for Cloud {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let cloud = Cloud::ALL.into_iter().find(|cloud| cloud.name() == name);
        cloud.ok_or_else(|| Error::UnknownCloud { name: name.to_owned() })
    }
}

/// A Graph root and the authority host that issues tokens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    graph: Url,
    authority: Url,
}

impl Endpoint {
    /// The published addresses of a Microsoft cloud.
    #[expect(clippy::expect_used, reason = "the addresses are constants, and a test parses them all")]
    pub fn of_cloud(cloud: Cloud) -> Self {
        Self::new(cloud.graph(), cloud.authority()).expect("published addresses are valid")
    }

    /// Addresses of one's own, for a proxy or a local Graph: `https://host[:port]`, without version segment.
    ///
    /// # Errors
    ///
    /// [`Error::Endpoint`] unless both are `https`, or plain `http` to a loopback host (`localhost`,
    /// `127.0.0.0/8`, `::1`): a client secret and bearer tokens travel over them.
    pub fn new(graph: &str, authority: &str) -> Result<Self, Error> {
        Ok(Self { graph: root(graph)?, authority: root(authority)? })
    }

    /// The Graph root, without version segment: `https://graph.microsoft.com/`.
    pub fn graph(&self) -> &Url {
        &self.graph
    }

    /// The host that issues tokens: `https://login.microsoftonline.com/`.
    pub fn authority(&self) -> &Url {
        &self.authority
    }

    /// An address of the authority below a tenant, such as `oauth2/v2.0/token`.
    pub(crate) fn of_tenant(&self, tenant_id: &str, path: &str) -> Result<Url, Error> {
        let refuse = || Error::InvalidTenant { tenant_id: tenant_id.to_owned() };
        let spelled = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !tenant_id.chars().all(spelled) || !tenant_id.contains(|c: char| c.is_ascii_alphanumeric()) {
            return Err(refuse());
        }
        let authority = self.authority.as_str().trim_end_matches('/');
        Url::parse(&format!("{authority}/{tenant_id}/{path}")).map_err(|_| refuse())
    }

    /// The audience that tokens of other issuers must have to be exchanged in this cloud.
    /// Source: <https://learn.microsoft.com/graph/api/resources/federatedidentitycredential>.
    pub(crate) fn token_exchange_audience(&self) -> &'static str {
        match self.cloud() {
            Some(Cloud::UsGov | Cloud::UsGovDod) => "api://AzureADTokenExchangeUSGov",
            Some(Cloud::China) => "api://AzureADTokenExchangeChina",
            Some(Cloud::Global) | None => "api://AzureADTokenExchange",
        }
    }

    /// True when `url` has the Graph root's scheme, host and port and carries no credentials of its own,
    /// so that the bearer token may go there.
    pub(crate) fn trusts(&self, url: &Url) -> bool {
        url.origin() == self.graph.origin() && url.username().is_empty() && url.password().is_none()
    }

    /// True when Graph is on this machine, so that it is not Microsoft's.
    pub(crate) fn is_graph_local(&self) -> bool {
        is_loopback(&self.graph)
    }

    /// The cloud whose Graph this is; none for a Graph of one's own.
    pub fn cloud(&self) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| self.resource() == cloud.graph())
    }

    /// True when both hosts are this machine.
    pub(crate) fn is_all_local(&self) -> bool {
        is_loopback(&self.graph) && is_loopback(&self.authority)
    }

    /// True when one of the hosts is this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.graph) || is_loopback(&self.authority)
    }

    /// True when nothing travels over TLS, so that no certificate roots are needed.
    pub(crate) fn is_without_tls(&self) -> bool {
        self.graph.scheme() == "http" && self.authority.scheme() == "http"
    }

    /// The scope that asks for all application permissions granted at this Graph.
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.resource())
    }

    /// The name of this Graph among the resources that tokens are for: its root without a slash at the end.
    pub(crate) fn resource(&self) -> &str {
        self.graph.as_str().trim_end_matches('/')
    }
}

fn root(address: &str) -> Result<Url, Error> {
    let url = safe(address.trim_end_matches('/'))?;
    if url.query().is_some() || url.fragment().is_some() {
        let reason = "must not hold a query or fragment";
        return Err(Error::Endpoint { address: address.to_owned(), reason });
    }
    Ok(url)
}

/// An address that secrets may travel to: `https`, or plain `http` to a loopback host.
pub(crate) fn safe(address: &str) -> Result<Url, Error> {
    checked(address, is_loopback)
}

/// As [`safe`], or plain `http` to the machine's own link, which no router passes on.
pub(crate) fn safe_or_nearby(address: &str) -> Result<Url, Error> {
    checked(address, |url| is_loopback(url) || is_link_local(url))
}

fn checked(address: &str, may_be_plain: fn(&Url) -> bool) -> Result<Url, Error> {
    let refuse = |reason| Error::Endpoint { address: address.to_owned(), reason };
    let mut url = Url::parse(address)
        .map_err(|_| refuse("is not an absolute URL such as https://graph.microsoft.com"))?;
    if !url.username().is_empty() || url.password().is_some() {
        url.set_username("").and_then(|()| url.set_password(None)).ok();
        return Err(Error::Endpoint { address: url.into(), reason: "must not hold a user name or password" });
    }
    match url.scheme() {
        "https" if url.host().is_some() => {}
        "http" if may_be_plain(&url) => {}
        "http" => return Err(refuse("must use https: plain http is allowed only for a loopback host")),
        _ => return Err(refuse("must use https")),
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local())
}

#[cfg(test)]
mod tests {
    use super::{Cloud, Endpoint};
    use url::Url;

    const LOGIN: &str = "https://login.microsoftonline.com";

    #[test]
    fn every_cloud_has_an_endpoint() {
        for name in ["global", "usgov", "usgov_dod", "china"] {
            let endpoint = Endpoint::of_cloud(name.parse().unwrap());
            assert_eq!(endpoint.graph().scheme(), "https", "{name}");
        }
        assert_eq!(Endpoint::of_cloud(Cloud::UsGovDod).scope(), "https://dod-graph.microsoft.us/.default");
        let error = "germany".parse::<Cloud>().unwrap_err().to_string();
        assert_eq!(error, "unknown cloud \"germany\": expected global, usgov, usgov_dod or china");
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for root in ["http://localhost:8080", "http://127.0.0.1:1/", "http://[::1]:5000"] {
            assert!(Endpoint::new(root, root).is_ok(), "{root}");
        }
        for root in [
            "http://graph.microsoft.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "ftp://a",
            "a b",
        ] {
            assert!(Endpoint::new(root, LOGIN).is_err(), "{root}");
            assert!(Endpoint::new("https://graph.microsoft.com", root).is_err(), "{root}");
        }
        let error = Endpoint::new("http://graph.example.com", LOGIN).unwrap_err().to_string();
        assert_eq!(
            error,
            "address http://graph.example.com must use https: plain http is allowed only for a loopback host"
        );
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = Endpoint::new("https://me:hunter2@graph.example.com", LOGIN).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn only_the_graph_origin_is_trusted() {
        let endpoint = Endpoint::of_cloud(Cloud::Global);
        let trusts = |url: &str| endpoint.trusts(&Url::parse(url).unwrap());
        assert!(trusts("https://graph.microsoft.com:443/beta/x"));
        assert!(!trusts("http://graph.microsoft.com/v1.0/x"));
        assert!(!trusts("https://graph.microsoft.com:8443/v1.0/x"));
        assert!(!trusts("https://graph.microsoft.com.evil.example/v1.0/x"));
        assert!(!trusts("https://evil@graph.microsoft.com/v1.0/x"));
    }
}
