//! `tenantry access`: who reaches a role, or which roles somebody reaches, and by which paths.

use tenantry_core::privilege::{About, Needs, Paths, Picture, State};
use tenantry_core::text::terminal;
use tenantry_live::Progress;

use super::plan::{self, Unplanned};
use crate::args::{Access, AccessFormat, Scope};
use crate::configuration;
use crate::connect;
use crate::error::CliError;
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::progress::Shown;

pub(crate) async fn run(arguments: &Access, output: &Output) -> Result<ExitCode, CliError> {
    let scope = Scope::default();
    let mut configuration = plan::load(&arguments.directory, &scope)?;
    let declared = &configuration.tenant;
    let directory = &arguments.directory;
    let connection =
        connect::connect(&arguments.tenant, declared, Some(&configuration), directory, output).await?;
    configuration.tenant.cloud = connection.cloud.clone().or(configuration.tenant.cloud);
    let progress = Shown::new(output);
    let work = async {
        progress.show(tenantry_live::Event::Reading("access"));
        if !arguments.planned {
            let state = tenantry_live::privilege(&connection.client, &Needs::default()).await;
            return state.map_err(Unplanned::Live);
        }
        let made = plan::make(&configuration, &connection, &scope, directory, &progress).await;
        let (plan, _) = made?;
        let state = tenantry_live::privilege(&connection.client, &Needs::of(&plan)).await;
        Ok(state.map_err(Unplanned::Live)?.after(&plan, configuration::today()))
    };
    let state = progress.during(&connection.client, work).await;
    progress.finish();
    connection.close().await;
    show(arguments, &state.map_err(|error| plan::with_sources(error, configuration))?, output)
}

fn show(arguments: &Access, state: &State, output: &Output) -> Result<ExitCode, CliError> {
    for what in &state.unreadable {
        output
            .note(&format!("this identity may not read {}: what follows from it is missing", terminal(what)));
    }
    let paths = Paths::new(state);
    let about = About::find(&arguments.name, state, &paths).map_err(|unknown| {
        let near = unknown.suggestion.as_ref().map(|near| format!("did you mean `{}`?", terminal(near)));
        let hint = near.unwrap_or_else(|| "give a role such as \"Global Administrator\", or a user, group or app such as user:adele.vance@contoso.com".to_owned());
        CliError::hinted(unknown.to_string(), &hint)
    })?;
    let picture = Picture::new(state, &paths, &about);
    let shown = match arguments.format {
        AccessFormat::Text => picture.text(),
        AccessFormat::Json => format!("{:#}\n", picture.json()),
        AccessFormat::Dot => picture.dot(),
        AccessFormat::Mermaid => picture.mermaid(),
    };
    output.out(&shown);
    Ok(ExitCode::Done)
}
