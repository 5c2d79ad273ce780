//! Makes text from outside safe to show: a display name is whatever somebody typed, or worse.
//!
//! Terminals act on escape sequences, viewers reorder text around bidirectional marks, Markdown and HTML carry
//! links. Whatever comes from a tenant, a configuration or a service's error passes through here before it is shown.

use std::fmt::Write as _;

/// Escapes `text` for one line of a terminal: control characters, line breaks, bidirectional and invisible
/// characters appear as `\n`, `\t` or `\u{1b}`; everything else stays as it is.
pub fn terminal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            other if is_hidden(other) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(other));
            }
            other => shown.push(other),
        }
    }
    shown
}

/// Escapes `text` for inline Markdown as GitHub and Azure DevOps render it: first as [`terminal`], then every
/// character that could start markup, a mention, a link or an HTML tag becomes a numeric character reference.
pub fn markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut last_word = String::new();
    for character in terminal(text).chars() {
        if character.is_alphanumeric() {
            last_word.push(character.to_ascii_lowercase());
        }
        match character {
            // Viewers look for mentions, issue numbers, addresses and hosts after they have decoded references; the
            // zero-width space keeps them from finding any.
            '@' | '#' => {
                let _ = write!(shown, "&#{};&#8203;", u32::from(character));
            }
            '.' if last_word.ends_with("www") => shown.push_str("&#46;&#8203;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '<' | '>' | '&'
            | '~' | '$' | ':' | '"' | '\'' => {
                let _ = write!(shown, "&#{};", u32::from(character));
            }
            other => shown.push(other),
        }
        if !character.is_alphanumeric() {
            last_word.clear();
        }
    }
    shown
}

/// Whether a character changes how its neighbours look, or cannot be seen at all (Unicode general categories
/// Cc and Cf, the line and paragraph separators, tag and variation characters, Hangul fillers).
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0x00AD | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890 | 0x0891 | 0x08E2 | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180E | 0x200B..=0x200F
            | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF
        )
}

/// The candidate nearest to `given`, when it is near enough to be a slip of the hand.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&given, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= 0.84)
        .max_by(|left, right| left.0.total_cmp(&right.0).then_with(|| right.1.cmp(left.1)))
        .map(|(_, candidate)| candidate)
}

/// `1 group`, `2 groups`: a count with its noun, for sentences.
pub fn counted(count: usize, singular: &str, plural: &str) -> String {
    if count == 1 { format!("1 {singular}") } else { format!("{count} {plural}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_marks_and_line_breaks_never_come_through() {
        let hostile = "\u{1b}[31mred\u{1b}[0m\r\n\u{202e}txt\u{200b}\u{9b}";
        let shown = terminal(hostile);
        assert_eq!(shown, "\\u{1b}[31mred\\u{1b}[0m\\r\\n\\u{202e}txt\\u{200b}\\u{9b}");
        assert!(!shown.chars().any(is_hidden));
    }

    #[test]
    fn format_characters_of_every_script_are_hidden() {
        for character in ['\u{70f}', '\u{600}', '\u{6dd}', '\u{8e2}', '\u{110bd}', '\u{13430}', '\u{e0041}'] {
            assert_eq!(terminal(&character.to_string()), format!("\\u{{{:x}}}", u32::from(character)));
        }
    }

    #[test]
    fn markdown_and_html_lose_their_meaning() {
        let shown = markdown("[x](http://e) <img src=x> **b** | @team `c`\n# h");
        for character in ['[', ']', '(', '<', '>', '*', '|', '@', '`'] {
            assert!(!shown.contains(character), "{character} in {shown}");
        }
        assert!(!shown.contains('\n'));
    }

    #[test]
    fn nearest_suggests_slips_and_nothing_else() {
        assert_eq!(nearest("dispaly_name", ["display_name", "department"]), Some("display_name"));
        assert_eq!(nearest("zebra", ["display_name", "department"]), None);
    }
}
