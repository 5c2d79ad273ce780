//! Runs the command with nothing in its environment but what a test gives it.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Sandbox, contract};

/// Longest time a command may take before it is killed and the test fails.
const LONGEST: Duration = Duration::from_secs(90);

/// A command about to run.
pub(crate) struct Tenantry {
    command: Command,
}

/// A command that is running; killed when dropped.
pub(crate) struct Started {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    shown: String,
}

/// A command that ended.
pub(crate) struct Finished {
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    shown: String,
}

impl Tenantry {
    /// `tenantry` with these arguments, uncoloured, in `folder`, which is its home too.
    pub(crate) fn new<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("TENANTRY_SANDBOX_RECORD", contract::record());
        for name in ["PATH", "SystemRoot"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Self { command }
    }

    /// Gives the command the exports that `sandbox serve` prints.
    pub(crate) fn signed_in_to(mut self, sandbox: &Sandbox) -> Self {
        self.command.envs(sandbox.exports());
        self
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives the command a file as its standard input.
    pub(crate) fn reading(mut self, file: &Path) -> Self {
        self.command.stdin(std::fs::File::open(file).expect("the file can be opened"));
        self
    }

    pub(crate) fn start(mut self) -> Started {
        let shown = format!("{:?}", self.command);
        let mut child = self.command.spawn().expect("the command starts");
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().map(collect);
        Started { child, stdout, stderr, shown }
    }

    /// Starts the command with its standard output for the caller to read.
    pub(crate) fn serve(mut self) -> (Started, std::process::ChildStdout) {
        let shown = format!("{:?}", self.command);
        let mut child = self.command.spawn().expect("the command starts");
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let stderr = child.stderr.take().map(collect);
        (Started { child, stdout: None, stderr, shown }, stdout)
    }

    /// Starts the command with its standard error for the caller to read.
    pub(crate) fn prompt(mut self) -> (Started, std::process::ChildStderr) {
        let shown = format!("{:?}", self.command);
        let mut child = self.command.spawn().expect("the command starts");
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().expect("standard error is a pipe");
        (Started { child, stdout, stderr: None, shown }, stderr)
    }

    /// Runs the command to its end.
    pub(crate) fn run(self) -> Finished {
        self.start().wait()
    }
}

impl Started {
    /// Waits for the end; a command that takes too long is killed, and the test fails.
    pub(crate) fn wait(mut self) -> Finished {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the command can be waited for") {
                break status;
            }
            if began.elapsed() > LONGEST {
                self.child.kill().ok();
                panic!("{} did not end within {} s", self.shown, LONGEST.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let text = |reader: Option<JoinHandle<String>>| {
            reader.map(|reader| reader.join().expect("the output is read")).unwrap_or_default()
        };
        Finished {
            code: status.code(),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
            shown: std::mem::take(&mut self.shown),
        }
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("a shell runs");
        assert!(status.success(), "{kill}: {status}");
    }

    /// Ends the command at once, as a crash or a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the command can be killed");
        self.child.wait().expect("the command can be waited for");
    }

    /// Whether the command is still running.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the command can be waited for").is_none()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Most have ended by now, which is no error.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Finished {
    /// Asserts how it ended.
    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.shown,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Asserts that standard output says this, however its lines are broken.
    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert!(words(stdout).contains(&words(what)), "`{what}` is not in:\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Asserts that standard error says this, however its lines are broken.
    #[track_caller]
    pub(crate) fn warns(self, what: &str) -> Self {
        assert!(words(&self.stderr).contains(&words(what)), "`{what}` is not in:\n{}", self.stderr);
        self
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the output is read");
        String::from_utf8(bytes).expect("the output is UTF-8")
    })
}
