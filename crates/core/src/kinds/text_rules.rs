//! Rules for texts that several kinds share.

/// A name in Graph's alias alphabet: ASCII without `@ ( ) \ [ ] " ; : < > ,` and space.
pub(super) fn alias(text: &str) -> Result<(), String> {
    match text.chars().find(|character| {
        !character.is_ascii_graphic()
            || matches!(character, '@' | '(' | ')' | '\\' | '[' | ']' | '"' | ';' | ':' | '<' | '>' | ',')
    }) {
        Some(character) => {
            Err(format!("`{}` is not allowed here", crate::text::terminal(&character.to_string())))
        }
        None => Ok(()),
    }
}

/// An SMTP address in ASCII.
pub(super) fn mail_address(text: &str) -> Result<(), String> {
    let Some((local, domain)) = text.split_once('@') else {
        return Err("this is not an e-mail address: it has no `@`".to_owned());
    };
    if local.is_empty()
        || domain.contains('@')
        || !domain.contains('.')
        || domain.starts_with('.')
        || domain.ends_with('.')
    {
        return Err("this is not an e-mail address such as `name@contoso.com`".to_owned());
    }
    match text.chars().find(|character| !character.is_ascii_graphic()) {
        Some(character) => Err(format!(
            "`{}` is not allowed in an e-mail address",
            crate::text::terminal(&character.to_string())
        )),
        None => Ok(()),
    }
}

/// Two letters, as ISO 3166-1 alpha-2 country codes are.
pub(super) fn country_code(text: &str) -> Result<(), String> {
    if text.len() == 2 && text.chars().all(|character| character.is_ascii_alphabetic()) {
        Ok(())
    } else {
        Err("a country is two letters (ISO 3166-1 alpha-2), such as `US`".to_owned())
    }
}

/// A language tag `xx` or `xx-XX`.
pub(super) fn language(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|character| character.is_ascii_alphanumeric())
    };
    match parts.as_slice() {
        [language] if letters(language, 2..=3) => Ok(()),
        [language, region] if letters(language, 2..=3) && letters(region, 2..=4) => Ok(()),
        [language, script, region]
            if letters(language, 2..=3) && letters(script, 4..=4) && letters(region, 2..=3) =>
        {
            Ok(())
        }
        _ => Err("a language is `xx` or `xx-XX`, such as `en-US`".to_owned()),
    }
}

/// An absolute `https` or `http` address.
pub(super) fn web_address(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace) => {
            Ok(())
        }
        _ => Err("this is not an absolute web address such as `https://myapps.microsoft.com`".to_owned()),
    }
}

/// Whether `name` is a directory extension's: `extension_{application id without dashes}_{name}`.
pub(super) fn is_extension(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("extension_") else { return false };
    let Some((application, name)) = rest.split_once('_') else { return false };
    application.len() == 32
        && application.chars().all(|character| character.is_ascii_hexdigit())
        && !name.is_empty()
}

/// An ASCII alias made from a display name: words of letters and digits in lower case with dashes between them. A name
/// that holds anything else gets a short digest of the whole, so that no two names (but for case) give the same alias.
/// At most 64 characters, never empty.
pub(super) fn slug(name: &str) -> String {
    use sha2::Digest as _;
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let slug = words.join("-");
    if lower == words.join(" ") && !slug.is_empty() && slug.len() <= 64 {
        return slug;
    }
    let digest: String =
        sha2::Sha256::digest(lower.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept = slug.get(..slug.len().min(54)).unwrap_or_default().trim_end_matches('-');
    if kept.is_empty() { format!("group-{digest}") } else { format!("{kept}-{digest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_legal_aliases_and_keep_names_apart() {
        assert_eq!(slug("Retail Managers"), "retail-managers");
        for (left, right) in
            [("Café Ops", "Cafe Ops"), ("C", "C++"), ("C#", "C++"), ("a-b", "a b"), ("a  b", "a b")]
        {
            assert_ne!(slug(left), slug(right), "{left} {right}");
        }
        for name in ["Retail Managers", "日本", "a".repeat(300).as_str(), "!!!", "Tier 0: admins (EU)"] {
            let slug = slug(name);
            assert!(!slug.is_empty() && slug.len() <= 64 && alias(&slug).is_ok(), "{slug}");
        }
    }

    #[test]
    fn mail_addresses_have_one_at_sign_and_a_domain() {
        assert!(mail_address("a.b@contoso.com").is_ok());
        for wrong in ["a", "@contoso.com", "a@b", "a@b@c.com", "ü@contoso.com", "a b@contoso.com"] {
            assert!(mail_address(wrong).is_err(), "{wrong}");
        }
    }
}
