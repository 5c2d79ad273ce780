//! What is asserted of every text the command prints.

use unicode_width::UnicodeWidthStr as _;

/// Asserts that no line is wider than a terminal.
#[track_caller]
pub(crate) fn assert_fits_80_columns(text: &str) {
    for line in text.lines() {
        assert!(line.width() <= 80, "{} columns: {line}", line.width());
    }
}

/// Asserts that nothing in a text acts on a terminal or hides from its reader.
#[track_caller]
pub(crate) fn assert_harmless(text: &str) {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(u32::from(c), 0x61C | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x2069 | 0xFEFF | 0xE0000..=0xE007F)
    };
    for line in text.lines() {
        assert!(!line.chars().any(hidden), "a hidden character is in {line:?}");
    }
}

/// Asserts that Markdown holds no markup but its own headings, lists and emphasis: no HTML, link, table, code or mention.
#[track_caller]
pub(crate) fn assert_no_markup(markdown: &str) {
    for line in markdown.lines() {
        assert!(!line.contains(['<', '>', '[', ']', '|', '`', '@', '~']), "markup is in {line}");
        assert!(!line.contains("://") && !line.contains("www."), "a link is in {line}");
    }
}
