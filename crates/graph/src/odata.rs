//! Spelling of values inside OData URLs.
//!
//! Source: OASIS OData 4.01 URL Conventions, sections 2 and 5.1.1.14; RFC 3986 for percent-encoding.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything except RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An OData string literal, quotes included: `O'Neil` becomes `'O''Neil'`.
///
/// The result still needs [`query`] or [`segment`] before it goes into a URL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Percent-encodes the value of a query option, such as all that follows `$filter=`.
pub fn query(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Percent-encodes one path segment or the inside of a key: `adele@contoso.com` becomes `adele%40contoso.com`.
///
/// A `/` is encoded too, so the text cannot reach another resource. The segments `.` and `..` have no encoded
/// form in URLs; a request whose path holds one is refused before it is sent.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::{literal, query, segment};

    #[test]
    fn quotes_inside_a_literal_are_doubled() {
        assert_eq!(literal("O'Neil"), "'O''Neil'");
        assert_eq!(literal(""), "''");
    }

    #[test]
    fn a_filter_survives_characters_with_a_meaning_in_urls() {
        let filter = format!("displayName eq {}", literal("R&D + #1?"));
        assert_eq!(query(&filter), "displayName%20eq%20%27R%26D%20%2B%20%231%3F%27");
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(segment("a/b#c@d.e"), "a%2Fb%23c%40d.e");
        assert_eq!(segment("Zürich"), "Z%C3%BCrich");
    }
}
