//! Text from outside, made safe to print on one line.

/// Escapes what could steer a terminal or reorder a line, and cuts after `limit` characters.
///
/// Control characters, line separators and bidirectional overrides become `\n` or `\u{…}`.
pub(crate) fn escaped(text: &str, limit: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(limit));
    for (position, character) in text.chars().enumerate() {
        if position == limit {
            safe.push('…');
            break;
        }
        if is_steering(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The first 200 characters of a body that was not what it should be.
pub(crate) fn excerpt(body: &[u8]) -> String {
    escaped(&String::from_utf8_lossy(body), 200)
}

fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn control_characters_and_overrides_are_escaped() {
        assert_eq!(escaped("a\u{1b}[31m\nb\u{202e}c", 100), "a\\u{1b}[31m\\nb\\u{202e}c");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(escaped("äöüß", 2), "äö…");
    }
}
