//! Query options: whether the names in them exist on what the path leads to.

use crate::Breach;
use crate::path::Resource;
use crate::schema::Schema;

/// System query options, and the tokens that links in answers carry.
const OPTIONS: &[&str] = &[
    "$count",
    "$deltatoken",
    "$expand",
    "$filter",
    "$format",
    "$orderby",
    "$search",
    "$select",
    "$skip",
    "$skiptoken",
    "$top",
];

impl Schema {
    /// Checks decoded query options.
    pub(crate) fn check_options(
        &self,
        resource: &Resource<'_>,
        options: &[(String, String)],
        breaches: &mut Vec<Breach>,
    ) {
        for (name, value) in options {
            self.check_option(resource.subject(), resource.is_delta(), name, value, breaches);
        }
    }

    fn check_option(
        &self,
        subject: Option<&str>,
        delta: bool,
        name: &str,
        value: &str,
        breaches: &mut Vec<Breach>,
    ) {
        if !OPTIONS.contains(&name) {
            breaches.push(Breach::new(name, "is no system query option"));
            return;
        }
        let Some(of) = subject else { return };
        match name {
            "$select" => {
                let paths = value.split(',');
                paths.for_each(|path| self.check_selected(path.trim(), of, delta, name, breaches));
            }
            "$orderby" => {
                for item in value.split(',') {
                    let (path, direction) = item.trim().split_once(' ').unwrap_or((item.trim(), "asc"));
                    if !matches!(direction, "asc" | "desc") {
                        breaches.push(Breach::new(name, format!("`{direction}` is no direction")));
                    }
                    self.check_selected(path, of, false, name, breaches);
                }
            }
            "$expand" => split_outside(value, ',')
                .into_iter()
                .for_each(|item| self.check_expanded(item.trim(), of, breaches)),
            "$filter" => self.check_filter(value, of, breaches),
            "$search" => self.check_search(value, of, breaches),
            "$count" if !matches!(value, "true" | "false") => {
                breaches.push(Breach::new(name, format!("`{value}` is neither true nor false")));
            }
            "$top" | "$skip" if value.parse::<u32>().is_err() => {
                breaches.push(Breach::new(name, format!("`{value}` is no number")));
            }
            _ => {}
        }
    }

    /// A path of properties; `navigations` may end it in a delta.
    fn check_selected(
        &self,
        path: &str,
        of: &str,
        navigations: bool,
        place: &str,
        breaches: &mut Vec<Breach>,
    ) {
        if path == "*" {
            return;
        }
        let mut of = of.to_owned();
        for name in path.split('/') {
            if self.has_type(name) {
                name.clone_into(&mut of);
                continue;
            }
            if self.is_extension(&of, name) {
                return;
            }
            match self.member_of_any(&of, name) {
                Some(member) if member.navigation && !navigations => {
                    let what = format!("`{name}` of {of} is a navigation, which $expand reads");
                    return breaches.push(Breach::new(place, what));
                }
                Some(member) => member.of.name.clone_into(&mut of),
                None => return breaches.push(Breach::new(place, format!("{of} has no property `{name}`"))),
            }
        }
    }

    /// `members($select=id;$top=5)`.
    fn check_expanded(&self, item: &str, of: &str, breaches: &mut Vec<Breach>) {
        let (name, inner) = match item.split_once('(') {
            Some((name, inner)) => (name, inner.strip_suffix(')')),
            None => (item, Some("")),
        };
        let name = name.trim_end_matches("/$ref");
        let Some(inner) = inner else {
            return breaches.push(Breach::new("$expand", format!("`{item}` has no closing parenthesis")));
        };
        let navigation = self.member_of_any(of, name).filter(|member| member.navigation);
        let Some(navigation) = navigation else {
            return breaches.push(Breach::new("$expand", format!("{of} has no navigation `{name}`")));
        };
        for option in split_outside(inner, ';').into_iter().filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some((option, value)) => {
                    self.check_option(Some(&navigation.of.name), false, option.trim(), value, breaches);
                }
                None => breaches.push(Breach::new("$expand", format!("`{option}` has no value"))),
            }
        }
    }

    /// `"displayName:word" OR "mail:word"`.
    fn check_search(&self, value: &str, of: &str, breaches: &mut Vec<Breach>) {
        for clause in value.split(" OR ").flat_map(|side| side.split(" AND ")) {
            let inner = clause.trim().strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
            match inner.and_then(|inner| inner.split_once(':')) {
                Some((name, _)) => self.check_selected(name, of, false, "$search", breaches),
                None => breaches.push(Breach::new("$search", format!("`{clause}` is not \"property:text\""))),
            }
        }
    }

    /// Whether the name is a directory extension, whose definition is the tenant's, on a type that can carry one.
    pub(crate) fn is_extension(&self, of: &str, name: &str) -> bool {
        let application = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_'));
        let named = application.is_some_and(|(id, name)| {
            id.len() == 32 && id.chars().all(|digit| digit.is_ascii_hexdigit()) && !name.is_empty()
        });
        named && self.is_open(of)
    }
}

/// Splits at a character that stands in no parentheses.
fn split_outside(text: &str, at: char) -> Vec<&str> {
    let mut depth = 0_usize;
    let pieces = text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == at && depth == 0
    });
    pieces.collect()
}
