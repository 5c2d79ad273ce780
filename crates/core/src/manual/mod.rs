//! The manual register: settings that Graph lets no application write, so that people look after them. Plans show each
//! with the day on which somebody has to look again; none of them is ever read from the tenant.

mod unreachable;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::desired::{Configuration, ManualSetting};
use crate::diagnostic::Diagnostic;
use crate::plan::ManualCheck;
use crate::text::terminal;

pub use unreachable::{UNREACHABLE, Unreachable};

/// The register as of `today`, by name.
pub(crate) fn register(configuration: &Configuration, today: Date) -> Vec<ManualCheck> {
    configuration.manual.iter().map(|(name, setting)| check(name, setting, today)).collect()
}

fn check(name: &str, setting: &ManualSetting, today: Date) -> ManualCheck {
    let checked = setting.checked.as_ref().map(|(date, _)| *date);
    let due = checked.map(|checked| checked.saturating_add(setting.every));
    ManualCheck {
        name: name.to_owned(),
        owner: setting.owner.describe(),
        expected: setting.expected.clone(),
        checked,
        due,
        overdue: due.is_none_or(|due| due < today),
    }
}

/// Checks that say they happened on a day that has not begun. `today` is a day in UTC; where it is latest on earth, the
/// next one may have begun.
pub fn dated_ahead(configuration: &Configuration, today: Date) -> Vec<Diagnostic> {
    let latest = today.saturating_add(1.day());
    let ahead = configuration.manual.iter().filter_map(|(name, setting)| {
        let (checked, place) = setting.checked.as_ref().filter(|(checked, _)| *checked > latest)?;
        let message = format!("`manual.{}` was checked on {checked}, which is yet to come", terminal(name));
        let label = format!("today is {today}");
        Some(
            Diagnostic::error("date-ahead", message, place, label)
                .help("give the day on which somebody looked"),
        )
    });
    ahead.collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::config;
    use crate::diagnostic::SourceFile;

    fn configuration(more: &str) -> Configuration {
        let text = format!("[manual.x]\nowner = \"a\"\nexpected = \"b\"\n{more}");
        config::parse(vec![SourceFile::new("tenantry.toml", text.into_bytes())]).unwrap()
    }

    fn is_overdue(more: &str, today: Date) -> bool {
        register(&configuration(more), today)[0].overdue
    }

    #[test]
    fn a_check_is_good_through_its_last_day() {
        let checked = "checked = 2026-01-31\n";
        for (every, last) in [
            ("", date(2026, 5, 1)),
            ("every = \"1 month\"", date(2026, 2, 28)),
            ("every = \"2w\"", date(2026, 2, 14)),
            ("every = \"P1Y\"", date(2027, 1, 31)),
        ] {
            let given = format!("{checked}{every}");
            assert!(!is_overdue(&given, last), "{every}");
            assert!(is_overdue(&given, last.tomorrow().unwrap()), "{every}");
        }
    }

    #[test]
    fn what_was_never_checked_is_overdue() {
        assert!(is_overdue("", date(1, 1, 1)));
    }

    #[test]
    fn a_check_that_outlasts_the_calendar_is_never_overdue() {
        assert!(!is_overdue("checked = 2026-01-31\nevery = \"19000y\"", Date::MAX));
    }

    #[test]
    fn a_day_is_ahead_once_it_has_begun_nowhere() {
        let configuration = configuration("checked = 2026-01-31");
        assert_eq!(dated_ahead(&configuration, date(2026, 1, 30)), []);
        assert_eq!(dated_ahead(&configuration, date(2026, 1, 29)).len(), 1);
        assert_eq!(dated_ahead(&configuration, Date::MAX), []);
    }
}
