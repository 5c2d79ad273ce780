//! A sign-in to the tenant: what the policies say of it today, and what they will once the configuration is applied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use tenantry_core::address::Target;
use tenantry_core::conditional_access::{Case, CaseResult, Id, Origin, SignIn};
use tenantry_core::plan::{Action, Plan};
use tenantry_core::privilege;
use tenantry_core::sign_in::{self, Roles, Side, State};
use tenantry_core::text::terminal;
use tenantry_graph::Client;
use tenantry_live::Progress as _;

use super::{case, line};
use crate::args::{AnswerFormat, Scope, SignIn as Asked, UserAction, WhatIf};
use crate::commands::plan::{self, Unplanned};
use crate::configuration;
use crate::connect;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::progress::Shown;

/// What is said of the sign-in, before and after: nothing when there is nobody to sign in.
struct Answer {
    who: Target,
    today: Option<CaseResult>,
    planned: Option<CaseResult>,
    /// What has to be said beside it.
    remarks: Vec<String>,
}

/// Who it is about, and the tenant around them.
struct Found {
    who: Target,
    app: Option<String>,
    states: [State; 2],
    roles: [BTreeMap<Target, Roles>; 2],
}

/// What keeps a question from being answered.
enum Unanswered {
    /// There is no plan.
    Unplanned(Unplanned),
    /// Something that was asked about is not there.
    Unknown(CliError),
}

impl From<tenantry_live::Error> for Unanswered {
    fn from(error: tenantry_live::Error) -> Self {
        Self::Unplanned(Unplanned::Live(error))
    }
}

pub(crate) async fn in_tenant(arguments: &WhatIf, output: &Output) -> Result<ExitCode, CliError> {
    let directory = arguments.source.as_deref().unwrap_or(Path::new("."));
    let scope = Scope::default();
    let mut configuration = plan::load(directory, &scope)?;
    let declared = &configuration.tenant;
    let connection =
        connect::connect(&arguments.tenant, declared, Some(&configuration), directory, output).await?;
    configuration.tenant.cloud = connection.cloud.clone().or(configuration.tenant.cloud);
    let progress = Shown::new(output);
    let work = async {
        let made = plan::make(&configuration, &connection, &scope, directory, &progress).await;
        let (plan, _) = made.map_err(Unanswered::Unplanned)?;
        progress.show(tenantry_live::Event::Reading("sign-in"));
        find(&connection.client, &plan, &arguments.sign_in).await
    };
    let found = progress.during(&connection.client, work).await;
    progress.finish();
    connection.close().await;
    let found = found.map_err(|error| match error {
        Unanswered::Unplanned(error) => plan::with_sources(error, configuration),
        Unanswered::Unknown(error) => error,
    })?;
    show(&answer(&found, &arguments.sign_in)?, arguments, output);
    Ok(ExitCode::Done)
}

/// Reads what the answer rests on.
async fn find(client: &Client, plan: &Plan, asked: &Asked) -> Result<Found, Unanswered> {
    let name = asked.user.as_deref().unwrap_or_default();
    let name = name.strip_prefix("user:").unwrap_or(name);
    let who = match tenantry_live::user(client, name).await? {
        Some(user) => user,
        None => created(plan, name).ok_or_else(|| {
            Unanswered::Unknown(CliError::hinted(
                format!("nobody is called {}, in the tenant or the configuration", terminal(name)),
                "give the user principal name, such as adele.vance@contoso.com, or the object id",
            ))
        })?,
    };
    let app = match &asked.app {
        Some(name) => Some(application(client, name).await?),
        None => None,
    };
    let people: BTreeSet<_> = who.id.iter().cloned().collect();
    let state = tenantry_live::sign_in(client, &people).await?;
    let mut needs = privilege::Needs::of(plan);
    needs.principals.extend(people);
    let holders = tenantry_live::privilege(client, &needs).await?;
    let unreadable: BTreeSet<&str> =
        state.unreadable.iter().chain(&holders.unreadable).map(String::as_str).collect();
    if !unreadable.is_empty() {
        let unreadable = unreadable.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Unanswered::Unknown(CliError::hinted(
            format!("this identity may not read {unreadable}, on which the answer rests"),
            "grant it the permissions to read them",
        )));
    }
    let after = holders.after(plan, configuration::today());
    let roles = [sign_in::roles(&holders), sign_in::roles(&after)];
    let states = [state.clone(), state.after(plan)];
    Ok(Found { who, app, states, roles })
}

/// Somebody whom the plan creates.
fn created(plan: &Plan, name: &str) -> Option<Target> {
    let is_it = |text: &str| text.eq_ignore_ascii_case(name);
    let mut steps = plan.steps.iter().filter(|step| step.address.kind == "user");
    let step = steps.find(|step| {
        let upn = step.after("user_principal_name").and_then(Value::as_str);
        step.action == Action::Create && (is_it(&step.address.key) || upn.is_some_and(is_it))
    })?;
    Some(Target::created(&step.address))
}

/// The application id of an application.
async fn application(client: &Client, name: &str) -> Result<String, Unanswered> {
    let name = name.strip_prefix("app:").unwrap_or(name);
    if tenantry_core::address::ObjectId::parse(name).is_some() {
        return Ok(name.to_owned());
    }
    let mut found = tenantry_live::applications(client, name).await?;
    found.sort_unstable();
    let (problem, help) = match found.as_slice() {
        [one] => return Ok(one.clone()),
        [] => (
            format!("no application of the tenant is called {}", terminal(name)),
            "give its display name as the portal shows it under Enterprise applications, or its application id"
                .to_owned(),
        ),
        several => (
            format!("{} applications are called {}", several.len(), terminal(name)),
            format!("give the application id of one: {}", several.join(", ")),
        ),
    };
    Err(Unanswered::Unknown(CliError::hinted(problem, help)))
}

fn answer(found: &Found, asked: &Asked) -> Result<Answer, CliError> {
    let sign_in = sign_in_of(found, asked);
    let mut remarks = Vec::new();
    let mut results = Vec::new();
    for ((state, roles), when) in found.states.iter().zip(&found.roles).zip(["today", "then"]) {
        let Some(person) = state.person(&found.who) else {
            results.push(None);
            continue;
        };
        if !person.enabled {
            remarks.push(format!("{when} the account is disabled: nobody signs in with it"));
        }
        let side = Side::new(state, &BTreeMap::new(), &BTreeSet::new());
        if let Some((policy, error)) = side.unread.first() {
            return Err(CliError::hinted(
                format!("{} is not understood: {error}", terminal(&policy.name)),
                "look at it in the portal",
            ));
        }
        let held = roles.get(&found.who).cloned().unwrap_or_default();
        if !held.eligible.is_empty() {
            let what = "roles that have to be activated first count for nothing";
            remarks.push(format!("{when} {what}"));
        }
        let principal = state.principal(&found.who, &held.active);
        results.push(Some(Case::new(side.tenant, principal, sign_in.clone()).evaluate()));
    }
    let planned = results.pop().flatten();
    Ok(Answer { who: found.who.clone(), today: results.pop().flatten(), planned, remarks })
}

fn sign_in_of(found: &Found, asked: &Asked) -> SignIn {
    let action = asked.user_action.map(|action| match action {
        UserAction::RegisterSecurityInfo => Id::new("urn:user:registersecurityinfo"),
        UserAction::RegisterDevice => Id::new("urn:user:registerdevice"),
    });
    let mut device: serde_json::Map<String, Value> = asked.device.iter().cloned().collect();
    if !device.is_empty() {
        device.entry("registered").or_insert(true.into());
    }
    SignIn {
        app_id: found.app.as_deref().map(Id::new),
        user_action: action,
        authentication_context: asked.authentication_context.as_deref().map(Id::new),
        client_app_type: Some(asked.client_app.clone()),
        platform: Some(asked.platform.clone()),
        location: Origin { ip: asked.ip, country: asked.country.clone() },
        user_risk: asked.user_risk.clone(),
        sign_in_risk: asked.sign_in_risk.clone(),
        insider_risk: asked.insider_risk.clone(),
        authentication_flow: asked.authentication_flow.clone(),
        device,
        ..SignIn::default()
    }
}

fn show(answer: &Answer, arguments: &WhatIf, output: &Output) {
    for remark in &answer.remarks {
        output.note(remark);
    }
    if arguments.format == AnswerFormat::Json {
        let id = answer.who.id.as_ref().map(|id| id.as_str());
        let user = json!({"name": answer.who.name.as_str(), "id": id});
        let shown = json!({"user": user, "today": answer.today, "planned": answer.planned});
        return output.out(&format!("{shown}\n"));
    }
    let columns = output.columns();
    let told = |when: &str, result: &Option<CaseResult>| match result {
        None => line(&format!("{when} there is nobody by that name"), "", columns),
        Some(result) => {
            let name = Some(json!(format!("{when}:")));
            case(&CaseResult { name, ..result.clone() }, columns)
        }
    };
    let planned = "once the configuration is applied";
    output.out(&if answer.today == answer.planned {
        told(&format!("today, and {planned}"), &answer.today)
    } else {
        format!("{}\n{}", told("today", &answer.today), told(planned, &answer.planned))
    });
}
