//! The identity that Azure gives a machine, an app or a function.
//!
//! Sources: "How to use managed identities on an Azure VM to acquire an access token",
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>; "REST endpoint
//! reference", <https://learn.microsoft.com/azure/app-service/overview-managed-identity>.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::credential::NoToken;
use super::oauth::Answer;
use super::service::{Ask, Service, failed, json};
use crate::text::escaped;
use crate::transport::{Connection, Reply, Transport};

/// How long a machine's metadata service may take to show that it is there.
const PROBE: Duration = Duration::from_secs(1);

/// The path of the metadata service's token endpoint.
const IMDS_PATH: &str = "/metadata/identity/oauth2/token";

/// From this lifetime on, in seconds, a token is renewed at half of it, so that changes of rights show.
const LONG_LIVED: u64 = 7200;

/// Which identity, and who hands out its tokens.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// The client id of a user-assigned identity, a GUID; without it, the one assigned by the system.
    pub client_id: Option<String>,
    /// Who hands out its tokens.
    pub source: ManagedIdentitySource,
}

/// Who hands out a managed identity's tokens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ManagedIdentitySource {
    /// The Instance Metadata Service of a virtual machine: `http://169.254.169.254`.
    Imds(Url),
    /// The endpoint of an app or function.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        endpoint: Url,
        /// `IDENTITY_HEADER`, which proves that the caller runs inside the app.
        header: SecretString,
    },
}

impl ManagedIdentity {
    pub(crate) async fn token(&self, service: &Service, ask: Ask<'_>) -> Result<Answer, NoToken> {
        let (url, name, value) = match &self.source {
            ManagedIdentitySource::Imds(host) => {
                probe(host, service).await.map_err(NoToken::Unavailable)?;
                (self.query(with_path(host), "2018-02-01", service), "metadata", "true")
            }
            ManagedIdentitySource::AppService { endpoint, header } => {
                let url = self.query(endpoint.clone(), "2019-08-01", service);
                (url, "x-identity-header", header.expose_secret())
            }
        };
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| failed(&url, "IDENTITY_HEADER does not fit a header", None))?;
        value.set_sensitive(true);
        let mut request = reqwest::Request::new(reqwest::Method::GET, url.clone());
        request.headers_mut().insert(HeaderName::from_static(name), value);
        let reply = service.fetch(request, ask, is_passing).await?;
        match (&self.source, reply.status) {
            (ManagedIdentitySource::Imds(_), 400) => Err(NoToken::Unavailable(explanation(&reply))),
            (_, 200..300) => read(&url, &reply),
            (_, status) => {
                let reason = format!("status {status}, {}", explanation(&reply));
                Err(failed(&url, reason, None).into())
            }
        }
    }

    fn query(&self, mut url: Url, version: &str, service: &Service) -> Url {
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", service.endpoint.resource());
        if let Some(client_id) = &self.client_id {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        url
    }
}

/// Off Azure nobody answers at the address, or somebody else does: other clouds have their own service there, a network
/// its proxy. A request without its header is refused at once with 400, by Azure's service alone.
async fn probe(host: &Url, service: &Service) -> Result<(), String> {
    let name = host.host_str().unwrap_or_default();
    let nobody = || format!("no metadata service answers at {name}");
    let request = reqwest::Request::new(reqwest::Method::GET, with_path(host));
    let transport = Transport::beside(host, &service.settings).map_err(|error| error.to_string())?;
    let reply =
        transport.exchange(request, Connection::Pooled, PROBE, 64 * 1024).await.map_err(|_| nobody())?;
    match reply.status {
        400 | 410 | 429 | 500 => Ok(()),
        status => Err(format!("what answers at {name} is not Azure's metadata service: status {status}")),
    }
}

fn with_path(host: &Url) -> Url {
    let mut url = host.clone();
    url.set_path(IMDS_PATH);
    url
}

/// The service is being updated (410), has not got the identity yet (404), or has a passing trouble.
fn is_passing(status: u16) -> bool {
    matches!(status, 404 | 410 | 429 | 500..)
}

fn read(url: &Url, reply: &Reply) -> Result<Answer, NoToken> {
    let answer = serde_json::from_value::<Answer>(json(url, reply)?);
    // The body holds a token, and the parser's message may hold a piece of it.
    let mut answer = answer.map_err(|_| failed(url, "the answer holds no token", None))?;
    answer.refresh_in =
        answer.lifetime().filter(|lifetime| *lifetime >= LONG_LIVED).map(|lifetime| lifetime / 2);
    Ok(answer.checked().map_err(|reason| failed(url, reason, None))?)
}

/// What the service says about a refusal, in either of its forms.
fn explanation(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text =
        ["error_description", "message", "error"].into_iter().find_map(|name| body.get(name)?.as_str());
    escaped(text.and_then(|text| text.lines().next()).unwrap_or("the service does not say why"), 300)
}
