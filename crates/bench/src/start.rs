//! How long `tenantry --help` takes.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use tokio::process::Command;

use crate::Error;
use crate::measure;
use crate::record::Record;

/// How often it is started.
const TIMES: usize = 50;

pub(crate) async fn help(tenantry: &Path) -> Result<Record, Error> {
    let folder = tempfile::tempdir()?;
    let figures = folder.path().join("measured.json");
    let mut command = measure::command(tenantry, &figures)?;
    command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null());
    let mut usage = measure::finished(command.spawn()?, &figures).await?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut command = Command::new(tenantry);
        command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.status().await?;
        times.push(began.elapsed().as_secs_f64());
        if !status.success() {
            return Err(format!("tenantry --help ended with {status}").into());
        }
    }
    times.sort_by(f64::total_cmp);
    usage.wall_seconds = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok(Record::start(usage))
}
