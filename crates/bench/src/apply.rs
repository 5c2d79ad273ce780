//! An apply of 10,000 new users and 100,000 memberships under the published write quota.
//!
//! The quota's windows pass some times faster than the service's, in the sandbox and in the client alike; what is said
//! of rates is in the service's time.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Error;
use crate::args::{Run, Size};
use crate::bound::{self, WRITE_BUCKET, WRITES_PER_SECOND};
use crate::budget;
use crate::configuration::{Profile, State, User};
use crate::measure;
use crate::plan::unexpected;
use crate::record::{Record, Report};
use crate::sandbox::Sandbox;

/// What is in the tenant before: more than 500 users, so that the quotas are those of a large one.
const BEFORE: Size = Size { users: 1_000, groups: 2_000, memberships: 0 };

/// What is added.
const USERS: usize = 10_000;
const MEMBERS_A_GROUP: usize = 50;

/// How often the sandbox is asked how far the writes are.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How fast an apply wrote, in the service's time.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rate {
    /// How many times faster than the service's the quota windows passed.
    quota_scale: f64,
    /// From the first write to the last, in seconds.
    write_seconds: f64,
    writes_per_second: f64,
    /// What the quota lets through in that time from a full bucket.
    quota_writes: f64,
    /// Writes divided by `quota_writes`.
    quota_share: f64,
    /// The shortest time for the lower bound of writes, in seconds.
    quota_seconds: f64,
}

pub(crate) async fn run(tenantry: &Path, run: &Run, report: &mut Report) -> Result<(), Error> {
    let scale = run.quota_scale.to_string();
    let sandbox = Sandbox::start(tenantry, BEFORE, &["--quota", "--quota-scale", &scale]).await?;
    let state = with_new_users(State::read(&sandbox.state().await?)?);
    let folder = run.configuration(sandbox.folder(), "apply");
    state.write(&folder)?;
    sandbox.reset_stats().await?;
    let (log, figures) = (sandbox.folder().join("apply.log"), sandbox.folder().join("measured.json"));
    let mut command = measure::command(tenantry, &figures)?;
    command.args(["apply", "--yes"]).arg(&folder).env("TENANTRY_QUOTA_SCALE", &scale);
    sandbox.environment(&mut command);
    let output = std::fs::File::create(&log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let finished = measure::finished(command.spawn()?, &figures);
    let (usage, seconds) = watched(&sandbox, finished).await?;
    if usage.exit_code != Some(0) {
        return Err(unexpected("apply", usage, &log));
    }
    let stats = sandbox.stats().await?;
    let groups: Vec<usize> = state.groups.iter().map(|group| group.members.len()).collect();
    let bound = bound::writes(USERS, &groups);
    let rate = Rate::of(stats.writes, bound.least, seconds, run.quota_scale);
    let record = Record::new("apply: 10,000 users, 100,000 memberships", usage, stats).bounded(bound);
    report.add(record.of(BEFORE).at(rate).within(budget::apply()))?;
    sandbox.stop().await?;
    Ok(())
}

/// The groups of the tenant, filled with people who are new.
fn with_new_users(state: State) -> State {
    let users: Vec<User> = (1..=USERS).map(new_user).collect();
    let mut groups = state.groups;
    for (number, group) in groups.iter_mut().enumerate() {
        let members = (0..MEMBERS_A_GROUP).map(|place| (number * MEMBERS_A_GROUP + place) % USERS);
        group.members = members.filter_map(|number| users.get(number)).map(|user| user.id.clone()).collect();
    }
    State { users, groups }
}

fn new_user(number: usize) -> User {
    let nickname = format!("new{number:06}");
    User {
        id: nickname.clone(),
        user_principal_name: format!("{nickname}@contoso.com"),
        profile: Profile {
            display_name: format!("New {number:06}"),
            account_enabled: true,
            mail_nickname: nickname,
            user_type: "member".to_owned(),
            given_name: "New".to_owned(),
            surname: format!("{number:06}"),
            department: "Benchmarks".to_owned(),
            city: "London".to_owned(),
            usage_location: "GB".to_owned(),
        },
    }
}

/// Looks at the sandbox while a command runs: the seconds from its first write to its last.
async fn watched<T>(
    sandbox: &Sandbox,
    command: impl Future<Output = Result<T, Error>>,
) -> Result<(T, f64), Error> {
    let mut command = std::pin::pin!(command);
    let (mut first, mut last, mut writes) = (None, Instant::now(), 0);
    let result = loop {
        tokio::select! {
            result = command.as_mut() => break result?,
            () = tokio::time::sleep(BETWEEN_LOOKS) => {}
        }
        let now = sandbox.stats().await?.writes;
        if now > writes {
            (writes, last) = (now, Instant::now());
            first = first.or(Some(last));
        }
    };
    let seconds = first.map_or(0.0, |first| last.duration_since(first).as_secs_f64());
    Ok((result, seconds))
}

impl Rate {
    fn of(writes: u64, least: u64, wall_seconds: f64, quota_scale: f64) -> Self {
        let write_seconds = wall_seconds * quota_scale;
        let quota_writes = WRITE_BUCKET + WRITES_PER_SECOND * write_seconds;
        Self {
            quota_scale,
            write_seconds,
            writes_per_second: writes as f64 / write_seconds.max(f64::EPSILON),
            quota_writes,
            quota_share: writes as f64 / quota_writes,
            quota_seconds: bound::seconds_for(least),
        }
    }
}
