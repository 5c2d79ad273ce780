//! Takes out of a text what differs from run to run.

/// Replaces durations, request counts, ids and the names of runs by placeholders, and leaves out waits for a quota, which a
/// slow machine does without.
pub(crate) fn redacted(text: &str) -> String {
    let text = masked(text, "########-####-####-####-############", |c| c.is_ascii_hexdigit());
    let text = masked(&text, "########T######Z-xxxxxxxx", |c| c.is_ascii_hexdigit());
    let text = masked(&text, "####-##-##T##:##:##.", |c| c.is_ascii_digit());
    let lines = text.lines().filter(|line| !line.starts_with("  waiting for Graph's quota"));
    lines.map(|line| counts(line) + "\n").collect()
}

/// Replaces every stretch that has the form of `mask`: `#` and `x` stand for a digit, the rest for itself.
fn masked(text: &str, mask: &str, digit: fn(&char) -> bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mask: Vec<char> = mask.chars().collect();
    let fits = |window: &[char]| {
        window.iter().zip(&mask).all(|(c, m)| if matches!(m, '#' | 'x') { digit(c) } else { c == m })
    };
    let mut masked = String::new();
    let mut index = 0;
    while index < characters.len() {
        match characters.get(index..index + mask.len()) {
            Some(window) if fits(window) => {
                masked.extend(&mask);
                index += mask.len();
            }
            _ => {
                masked.push(characters[index]);
                index += 1;
            }
        }
    }
    masked
}

/// Masks the numbers in `0.4 s` and `9 requests`.
fn counts(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let masked = words.iter().enumerate().map(|(index, word)| {
        let unit = words.get(index + 1).copied().unwrap_or_default().trim_end_matches([';', ',', '.']);
        let is_measured = match unit {
            "s" => word.contains('.'),
            "request" | "requests" => true,
            _ => false,
        };
        let numeric = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
        if is_measured && numeric {
            if unit == "s" { "#.#".to_owned() } else { "#".to_owned() }
        } else {
            (*word).to_owned()
        }
    });
    masked.collect::<Vec<_>>().join(" ")
}
