//! Initial passwords: made here, handed over only in a file encrypted to named recipients.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use rand::seq::{IndexedRandom as _, SliceRandom as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::error::Error;

/// Characters of generated passwords, by class; letters and digits that are easily confused are left out.
const CLASSES: [&[u8]; 4] =
    [b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"abcdefghijkmnopqrstuvwxyz", b"23456789", b"!#%+-=?@_"];

/// Length of generated passwords.
const LENGTH: usize = 24;

/// A fresh password with characters of all four classes, from the operating system's randomness.
pub(crate) fn password() -> SecretString {
    let mut random = rand::rng();
    let all: Vec<u8> = CLASSES.concat();
    let mut characters: Vec<u8> =
        CLASSES.iter().filter_map(|class| class.choose(&mut random).copied()).collect();
    while characters.len() < LENGTH {
        characters.extend(all.choose(&mut random));
    }
    characters.shuffle(&mut random);
    SecretString::from(String::from_utf8_lossy(&characters).into_owned())
}

/// Writes the passwords, as a JSON array of `{"user", "password"}`, to an age file that only `recipients` can open.
/// It is complete and on disk before the first account is created, so that no crash can lose a password.
pub(crate) fn write(
    folder: &Path,
    run: &str,
    recipients: &[String],
    passwords: &[(String, &SecretString)],
) -> Result<Option<PathBuf>, Error> {
    if recipients.is_empty() || passwords.is_empty() {
        return Ok(None);
    }
    let keys: Result<Vec<age::x25519::Recipient>, Error> = recipients
        .iter()
        .map(|recipient| {
            age::x25519::Recipient::from_str(recipient)
                .map_err(|why| Error::Recipient { recipient: recipient.clone(), why: why.to_owned() })
        })
        .collect();
    let keys = keys?;
    let entries: Vec<_> = passwords
        .iter()
        .map(|(user, password)| json!({ "user": user, "password": password.expose_secret() }))
        .collect();
    let plain = SecretString::from(format!("{:#}\n", json!(entries)));
    let encryptor = age::Encryptor::with_recipients(keys.iter().map(|key| key as &dyn age::Recipient))
        .map_err(|error| Error::Encrypt(error.to_string()))?;
    let mut encrypted = Vec::new();
    let encrypt = |encrypted: &mut Vec<u8>| -> std::io::Result<()> {
        let mut writer = encryptor.wrap_output(encrypted)?;
        std::io::Write::write_all(&mut writer, plain.expose_secret().as_bytes())?;
        writer.finish()?;
        Ok(())
    };
    encrypt(&mut encrypted).map_err(|error| Error::Encrypt(error.to_string()))?;
    let path = folder.join(format!("{run}.json.age"));
    store(folder, &path, &encrypted).map_err(|source| Error::File { path: path.clone(), source })?;
    Ok(Some(path))
}

fn store(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_all_four_classes_and_differ() {
        let passwords: Vec<String> = (0..100).map(|_| password().expose_secret().to_owned()).collect();
        for password in &passwords {
            assert_eq!(password.len(), LENGTH);
            assert!(CLASSES.iter().all(|class| password.bytes().any(|byte| class.contains(&byte))));
        }
        let distinct: std::collections::BTreeSet<&String> = passwords.iter().collect();
        assert_eq!(distinct.len(), passwords.len());
    }
}
