//! The OpenID Connect token of an Azure Pipelines job.
//!
//! Source: "Oidctoken - Create", <https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>.

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::github_actions::bearer;
use super::service::{Ask, Service, failed, is_trouble, json};
use crate::Error;

/// The version of the interface.
const API_VERSION: &str = "7.1";

/// Where a job gets its token.
#[derive(Clone, Debug)]
pub struct AzurePipelines {
    /// `SYSTEM_OIDCREQUESTURI`: `https`, or plain `http` to a loopback host.
    pub request_url: Url,
    /// `SYSTEM_ACCESSTOKEN`.
    pub access_token: SecretString,
    /// The id of the Azure Resource Manager service connection, a GUID.
    pub service_connection_id: String,
}

impl AzurePipelines {
    pub(crate) async fn token(&self, service: &Service, ask: Ask<'_>) -> Result<SecretString, Error> {
        let mut url = self.request_url.clone();
        url.query_pairs_mut()
            .append_pair("api-version", API_VERSION)
            .append_pair("serviceConnectionId", &self.service_connection_id);
        let mut request = reqwest::Request::new(reqwest::Method::POST, url.clone());
        request.headers_mut().insert(AUTHORIZATION, bearer(&url, &self.access_token)?);
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        // Otherwise a refusal is a redirect to a sign-in page.
        request.headers_mut().insert("x-tfs-fedauthredirect", HeaderValue::from_static("Suppress"));
        let answer = json(&url, &service.fetch(request, ask, is_trouble).await?)?;
        let token = answer.get("oidcToken").and_then(Value::as_str).map(SecretString::from);
        token.ok_or_else(|| failed(&url, "the answer holds no token in \"oidcToken\"", None))
    }
}
