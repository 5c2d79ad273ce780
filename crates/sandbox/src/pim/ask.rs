//! A request as it was sent, read as far as that needs no other knowledge.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{Action, Family, Target};
use crate::graph::Failure;
use crate::schema::{parse_date, parse_duration};
use crate::store::Object;

/// How long ago a start may be; it is then taken to be now.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) family: Family,
    pub(crate) action: Action,
    pub(crate) target: Target,
    pub(crate) principal: Uuid,
    /// From when on; never before now.
    pub(crate) start: Timestamp,
    /// Until when; `None` for ever.
    pub(crate) end: Option<Timestamp>,
}

impl Ask {
    /// How long it is to last; `None` for ever.
    pub(crate) fn length(&self) -> Option<SignedDuration> {
        self.end.map(|end| end.duration_since(self.start))
    }
}

/// When a request wants something to begin and end. Without an expiration nothing ends.
pub(crate) fn times(
    action: Action,
    request: &Object,
    now: Timestamp,
) -> Result<(Timestamp, Option<Timestamp>), Failure> {
    if action.removes() {
        return Ok((now, None));
    }
    let info = request.get("scheduleInfo").ok_or_else(|| invalid("scheduleInfo is required"))?;
    if info.get("recurrence").is_some_and(|recurrence| !recurrence.is_null()) {
        return Err(invalid("recurrence is not supported"));
    }
    let given = date(&info["startDateTime"]);
    let creates = matches!(action, Action::AdminAssign | Action::SelfActivate);
    if creates && given.is_some_and(|given| now.duration_since(given) > TOLERANCE) {
        return Err(invalid_schedule("the start is in the past"));
    }
    let start = given.map_or(now, |given| given.max(now));
    let expiration = &info["expiration"];
    let end = match expiration["type"].as_str().unwrap_or("notSpecified") {
        "afterDateTime" => {
            Some(date(&expiration["endDateTime"]).ok_or_else(|| invalid_schedule("endDateTime is missing"))?)
        }
        "afterDuration" => {
            let duration = expiration["duration"].as_str().and_then(parse_duration);
            let duration = duration.ok_or_else(|| invalid_schedule("duration is missing"))?;
            Some(start.checked_add(duration).map_err(|_| invalid_schedule("duration is too long"))?)
        }
        _ => None,
    };
    if end.is_some_and(|end| end <= start) {
        return Err(invalid_schedule("the end is not after the start"));
    }
    Ok((start, end))
}

fn date(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(parse_date)
}

/// The refusal of a request that does not make sense.
pub(crate) fn invalid(why: &str) -> Failure {
    Failure::new(
        400,
        "InvalidRoleAssignmentRequest",
        format!("The role assignment request is invalid: {why}."),
    )
}

fn invalid_schedule(why: &str) -> Failure {
    let message = format!("The schedule of the role assignment request is invalid: {why}.");
    Failure::new(400, "InvalidRoleAssignmentRequestSchedule", message)
}
