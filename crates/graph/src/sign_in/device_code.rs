//! A person, by a code typed into a browser.
//!
//! Source: "OAuth 2.0 device authorization grant flow",
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oauth2::{DeviceCodeErrorResponse, RequestTokenError, StandardDeviceAuthorizationResponse};

use super::challenge::claims_parameter;
use super::credential::NoToken;
use super::error::SignInError;
use super::identity::Identity;
use super::login::{Account, Login, LoginPlace, LoginStore};
use super::oauth::{Answer, OAuth, Poster, Trouble};
use super::service::{Ask, Grant, Service, TokenRequest, failed};
use crate::text::escaped;
use crate::transport::Transport;
use crate::{Endpoint, Error, Settings};

/// Any tenant: that of whoever logs in.
const ANY_TENANT: &str = "organizations";

/// What a person has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePrompt {
    /// The page to open, such as `https://microsoft.com/devicelogin`.
    pub verification_uri: String,
    /// The code to type there.
    pub user_code: String,
    /// How long the code is good for.
    pub expires_in: Duration,
}

/// Shows a person what to do.
#[derive(Clone)]
pub struct Prompter(Arc<dyn Fn(&DevicePrompt) + Send + Sync>);

impl Prompter {
    /// Shows it by calling `show`.
    pub fn new(show: impl Fn(&DevicePrompt) + Send + Sync + 'static) -> Self {
        Self(Arc::new(show))
    }
}

impl fmt::Debug for Prompter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Prompter")
    }
}

/// A person's login, kept or new.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// The tenant: its GUID or one of its domains; without it, that of the login.
    pub tenant_id: Option<String>,
    /// The application to log in to, a GUID: a public client; without it, that of the login.
    pub client_id: Option<String>,
    /// Where the login is kept.
    pub store: LoginStore,
    /// Asks the person when no login is kept; without it, there is no token then.
    pub prompter: Option<Prompter>,
}

/// Who logged in, and where that is kept.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// Who.
    pub identity: Identity,
    /// Where the login is kept; none when the service gave nothing to keep.
    pub place: Option<LoginPlace>,
}

/// Logs a person in anew and keeps the login.
///
/// # Errors
///
/// [`Error::SignIn`] when the person declined, took too long or is not let in.
pub async fn log_in(
    endpoint: &Endpoint,
    settings: Settings,
    tenant_id: Option<&str>,
    client_id: &str,
    store: &LoginStore,
    prompter: &Prompter,
) -> Result<LoggedIn, Error> {
    let transport = Transport::new(endpoint, &settings)?;
    let service = Service { endpoint: endpoint.clone(), settings, transport };
    let tenant_id = tenant_id.unwrap_or(ANY_TENANT);
    let answer = authorize(&service, tenant_id, client_id, &claims_parameter(None), prompter).await?;
    let identity = Identity::of_token(answer.access_token.secret());
    let place = keep(&service, store, client_id, tenant_id, &answer)?;
    Ok(LoggedIn { identity, place })
}

impl DeviceCode {
    pub(crate) async fn token(&self, service: &Service, ask: Ask<'_>) -> Result<Answer, NoToken> {
        let (why_not, kept_client) = match self.kept(service) {
            Ok(login) => match self.renew(&login, service, ask).await {
                Ok(answer) => return Ok(answer),
                Err(error @ Error::SignIn(_)) => (error.into(), Some(login.account.client_id)),
                Err(error) => return Err(error.into()),
            },
            Err(NoToken::Failed(error)) => return Err(error.into()),
            Err(none) => (none, None),
        };
        match (&self.prompter, self.client_id.as_ref().or(kept_client.as_ref())) {
            (Some(prompter), Some(client_id)) => Ok(self.ask_anew(service, ask, client_id, prompter).await?),
            _ => Err(why_not),
        }
    }

    /// The kept login, if it is one for this authority and application.
    fn kept(&self, service: &Service) -> Result<Login, NoToken> {
        let Some((login, _)) = self.store.load()? else {
            return Err(NoToken::Unavailable("nobody is logged in: run `tenantry login`".to_owned()));
        };
        let Account { authority, client_id, .. } = &login.account;
        let same_client = self.client_id.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(client_id));
        if authority == service.endpoint.authority().as_str() && same_client {
            return Ok(login);
        }
        let other = escaped(&format!("application {client_id} at {authority}"), 300);
        Err(NoToken::Unavailable(format!("the kept login is one to {other}: run `tenantry login`")))
    }

    /// Buys a token with the kept login.
    async fn renew(&self, login: &Login, service: &Service, ask: Ask<'_>) -> Result<Answer, Error> {
        let Account { tenant_id, client_id, .. } = &login.account;
        let tenant_id = self.tenant_id.as_deref().unwrap_or(tenant_id);
        let grant = Grant::RefreshToken(&login.refresh_token);
        let answer = service.token(TokenRequest { tenant_id, client_id, grant }, ask).await?;
        // The earlier one stays good, so a home that cannot be written is no reason to fail.
        keep(service, &self.store, client_id, tenant_id, &answer).ok();
        Ok(answer)
    }

    async fn ask_anew(
        &self,
        service: &Service,
        ask: Ask<'_>,
        client_id: &str,
        prompter: &Prompter,
    ) -> Result<Answer, Error> {
        let tenant_id = self.tenant_id.as_deref().unwrap_or(ANY_TENANT);
        let answer = authorize(service, tenant_id, client_id, ask.claims, prompter).await?;
        keep(service, &self.store, client_id, tenant_id, &answer)?;
        Ok(answer)
    }
}

/// Keeps what renews the login, if the answer holds it.
fn keep(
    service: &Service,
    store: &LoginStore,
    client_id: &str,
    tenant_id: &str,
    answer: &Answer,
) -> Result<Option<LoginPlace>, Error> {
    let Some(refresh_token) = &answer.refresh_token else { return Ok(None) };
    let identity = Identity::of_token(answer.access_token.secret());
    let account = Account {
        authority: service.endpoint.authority().to_string(),
        tenant_id: identity.tenant_id.unwrap_or_else(|| tenant_id.to_owned()),
        client_id: client_id.to_owned(),
        user_principal_name: identity.user_principal_name,
    };
    store.save(&Login { account, refresh_token: refresh_token.secret().as_str().into() }).map(Some)
}

/// Gets a code, shows it, and waits for the person.
async fn authorize(
    service: &Service,
    tenant_id: &str,
    client_id: &str,
    claims: &str,
    prompter: &Prompter,
) -> Result<Answer, Error> {
    let code_url = service.endpoint.of_tenant(tenant_id, "oauth2/v2.0/devicecode")?;
    let token_url = service.token_url(tenant_id)?;
    let http = Poster { transport: service.transport.clone(), timeout: service.settings.timeout };
    let client = OAuth::new(oauth2::ClientId::new(client_id.to_owned()))
        .set_auth_type(oauth2::AuthType::RequestBody)
        .set_device_authorization_url(oauth2::DeviceAuthorizationUrl::from_url(code_url.clone()))
        .set_token_uri(oauth2::TokenUrl::from_url(token_url.clone()));
    let code: StandardDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scopes(service.scopes_of_people())
        .request_async(&http)
        .await
        .map_err(|refusal| super::service::explain(&code_url, refusal))?;
    prompter.0(&DevicePrompt {
        verification_uri: code.verification_uri().to_string(),
        user_code: code.user_code().secret().clone(),
        expires_in: code.expires_in(),
    });
    let answer = client
        .exchange_device_access_token(&code)
        .add_extra_param("claims", claims)
        .request_async(&http, tokio::time::sleep, None)
        .await
        .map_err(|refusal| explain(&token_url, refusal))?;
    answer.checked().map_err(|reason| failed(&token_url, reason, None))
}

fn explain(url: &url::Url, refusal: RequestTokenError<Trouble, DeviceCodeErrorResponse>) -> Error {
    match refusal {
        RequestTokenError::ServerResponse(answer) => {
            let description = answer.error_description().map(String::as_str).unwrap_or_default();
            Error::SignIn(Box::new(SignInError::read(answer.error().to_string(), description, None, None)))
        }
        RequestTokenError::Request(trouble) => failed(url, trouble.reason, trouble.source),
        // The body may hold a token, and the parser's message a piece of it.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            failed(url, "the answer is not a token answer", None)
        }
    }
}
