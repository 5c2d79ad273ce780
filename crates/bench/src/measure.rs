//! Measures one command: a small process of its own that runs it and asks the kernel what its children used.
//!
//! The kernel counts the largest resident size since the process was forked, when it still was its parent's image; a
//! parent that holds little keeps that out of the number.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command as Process, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeVal;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

use crate::Error;
use crate::args::Measured;

/// What a command used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// From start to end, in seconds.
    pub(crate) wall_seconds: f64,
    /// In user and in system mode together, in seconds.
    pub(crate) cpu_seconds: f64,
    /// Largest resident set, in MiB.
    pub(crate) peak_memory_mib: f64,
    /// The command's own exit code; none when a signal ended it.
    pub(crate) exit_code: Option<i32>,
}

/// What this process has used of the processors so far, in seconds.
pub(crate) fn own_cpu_seconds() -> Result<f64, Error> {
    let used = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(seconds(used.user_time()) + seconds(used.system_time()))
}

/// Runs a command and writes down what it used.
pub(crate) fn wrap(measured: &Measured) -> Result<ExitCode, Error> {
    let [program, arguments @ ..] = measured.command.as_slice() else { return Err("no command".into()) };
    let began = Instant::now();
    let mut child = Process::new(program).args(arguments).stdin(Stdio::null()).spawn()?;
    if measured.until_input_closes {
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        std::thread::spawn(move || {
            // However reading ends, nobody is there any more.
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap_or_default();
            kill(pid, Signal::SIGTERM).unwrap_or_default();
        });
    }
    let status = child.wait()?;
    let wall_seconds = began.elapsed().as_secs_f64();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let usage = Usage {
        wall_seconds,
        cpu_seconds: seconds(used.user_time()) + seconds(used.system_time()),
        peak_memory_mib: mebibytes(used.max_rss()),
        exit_code: status.code(),
    };
    std::fs::write(&measured.report, serde_json::to_vec(&usage)?)?;
    Ok(ExitCode::SUCCESS)
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1_000_000.0
}

/// Linux counts in KiB, macOS in bytes.
fn mebibytes(largest: i64) -> f64 {
    let units = if cfg!(target_os = "macos") { 1024.0 * 1024.0 } else { 1024.0 };
    largest as f64 / units
}

/// The command that runs `program` under this program's eyes.
pub(crate) fn command(program: &Path, report: &Path) -> Result<Command, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("measure").arg("--report").arg(report).arg("--").arg(program);
    Ok(command)
}

/// The same for a server, which ends when the standard input that is left here closes.
pub(crate) fn server(program: &Path, report: &Path) -> Result<Command, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("measure").arg("--report").arg(report).arg("--until-input-closes").arg("--").arg(program);
    command.stdin(Stdio::piped());
    Ok(command)
}

/// Waits for a measured command and reads what it used.
pub(crate) async fn finished(mut child: Child, report: &Path) -> Result<Usage, Error> {
    let status = child.wait().await?;
    if !status.success() {
        return Err(format!("measuring failed: {status}").into());
    }
    Ok(serde_json::from_slice(&std::fs::read(report)?)?)
}
