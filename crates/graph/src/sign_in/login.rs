//! The login of a person, kept between commands: a refresh token in the operating system's keyring, or in a file.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use keyring::v1::Entry;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::Error;

/// How long the keyring may take: it may be locked, with nobody there to unlock it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Service and user of the keyring's entry.
const ENTRY: (&str, &str) = ("tenantry", "login");

/// Who logged in where, with what renews the login. Not to be printed whole.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who.
    pub account: Account,
    /// Buys access tokens.
    pub(crate) refresh_token: SecretString,
}

/// Who logged in where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The authority, such as `https://login.microsoftonline.com/`: the refresh token goes nowhere else.
    pub authority: String,
    /// The tenant, a GUID.
    pub tenant_id: String,
    /// The application that the person logged in to, a GUID.
    pub client_id: String,
    /// The person's userPrincipalName.
    #[serde(default)]
    pub user_principal_name: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    account: Account,
    refresh_token: String,
}

/// Where a login is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginPlace {
    /// The operating system's keyring.
    Keyring,
    /// A file that only its owner can read.
    File(PathBuf),
}

impl fmt::Display for LoginPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => formatter.write_str("the operating system's keyring"),
            Self::File(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// Keeps one login.
#[derive(Clone, Debug)]
pub struct LoginStore {
    file: PathBuf,
    keyring: bool,
}

impl LoginStore {
    /// A store in the operating system's keyring; where there is none, or `keyring` is false, in `file`.
    pub fn new(file: PathBuf, keyring: bool) -> Self {
        Self { file, keyring }
    }

    /// The login and its place, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::LoginStore`] when the file cannot be read, or others than its owner can read it.
    pub fn load(&self) -> Result<Option<(Login, LoginPlace)>, Error> {
        if let Some(text) = self.in_keyring(|entry| entry.get_password()) {
            return Ok(read(&text).map(|login| (login, LoginPlace::Keyring)));
        }
        match self.read_file() {
            Ok(text) => Ok(read(&text).map(|login| (login, LoginPlace::File(self.file.clone())))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed("read", source)),
        }
    }

    /// Keeps a login in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`Error::LoginStore`] when there is no keyring and the file cannot be written.
    pub fn save(&self, login: &Login) -> Result<LoginPlace, Error> {
        let refresh_token = login.refresh_token.expose_secret().to_owned();
        let kept = Kept { account: login.account.clone(), refresh_token };
        let text = serde_json::to_string(&kept).map_err(|error| self.failed("write", error.into()))?;
        let secret = text.clone();
        if self.in_keyring(move |entry| entry.set_password(&secret)).is_some() {
            self.remove_file()?;
            return Ok(LoginPlace::Keyring);
        }
        self.write(&text).map_err(|source| self.failed("write", source))?;
        Ok(LoginPlace::File(self.file.clone()))
    }

    /// Forgets the login; true when there was one.
    ///
    /// # Errors
    ///
    /// [`Error::LoginStore`] when the file cannot be removed.
    pub fn clear(&self) -> Result<bool, Error> {
        let from_keyring = self.in_keyring(|entry| entry.delete_credential()).is_some();
        Ok(self.remove_file()? || from_keyring)
    }

    /// Works on the keyring's entry; `None` when that fails, takes too long, or there is no keyring.
    fn in_keyring<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Entry) -> keyring::v1::Result<T> + Send + 'static,
    ) -> Option<T> {
        if !self.keyring {
            return None;
        }
        let (sender, receiver) = mpsc::channel();
        // A thread of its own, which is left behind should the keyring never answer.
        std::thread::spawn(move || {
            let done = Entry::new(ENTRY.0, ENTRY.1).and_then(|entry| work(&entry));
            sender.send(done.ok()).ok();
        });
        receiver.recv_timeout(PATIENCE).ok().flatten()
    }

    /// Writes the file whole or not at all; it is its owner's from the first byte on.
    fn write(&self, text: &str) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.file)?;
        Ok(())
    }

    /// The file's text, unless others than its owner may have read it too.
    fn read_file(&self) -> std::io::Result<String> {
        let mut file = std::fs::File::open(&self.file)?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
            let advice = "others than its owner have access to it: run `tenantry logout`, then log in again";
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, advice));
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    fn remove_file(&self) -> Result<bool, Error> {
        match std::fs::remove_file(&self.file) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.failed("remove", source)),
        }
    }

    fn failed(&self, doing: &'static str, source: std::io::Error) -> Error {
        Error::LoginStore { doing, file: self.file.display().to_string(), reason: source.to_string() }
    }
}

/// What another version wrote, or a hand, is no login.
fn read(text: &str) -> Option<Login> {
    let kept: Kept = serde_json::from_str(text).ok()?;
    Some(Login { account: kept.account, refresh_token: kept.refresh_token.into() })
}

#[cfg(test)]
mod tests {
    use super::{Account, Login, LoginPlace, LoginStore};
    use secrecy::ExposeSecret as _;

    fn login(refresh_token: &str) -> Login {
        let account = Account {
            authority: "https://login.microsoftonline.com/".into(),
            tenant_id: "t".into(),
            client_id: "a".into(),
            user_principal_name: Some("adele.vance@contoso.com".into()),
        };
        Login { account, refresh_token: refresh_token.into() }
    }

    #[test]
    fn a_login_is_kept_in_a_file_of_its_owner_and_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new/login.json");
        let store = LoginStore::new(file.clone(), false);
        assert!(store.load().unwrap().is_none());
        for token in ["first", "second"] {
            assert_eq!(store.save(&login(token)).unwrap(), LoginPlace::File(file.clone()));
            let (kept, place) = store.load().unwrap().unwrap();
            assert_eq!((kept.refresh_token.expose_secret(), place), (token, LoginPlace::File(file.clone())));
            assert_eq!(kept.account, login("").account);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
            let refused = store.load().unwrap_err().to_string();
            assert!(refused.contains("others than its owner"), "{refused}");
        }
        assert!(store.clear().unwrap());
        assert!(!store.clear().unwrap());
        assert!(store.load().unwrap().is_none());
    }

    #[test]
    fn what_is_no_login_is_none_and_a_login_is_not_printed() {
        let directory = tempfile::tempdir().unwrap();
        let store = LoginStore::new(directory.path().join("login.json"), false);
        store.write("{}").unwrap();
        assert!(store.load().unwrap().is_none());
        assert!(!format!("{:?}", login("hunter2")).contains("hunter2"));
    }
}
