//! Writes the configuration that declares everything a sandbox holds.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Objects in one file: a file stays below the size that is read, and like something people would keep.
const USERS_A_FILE: usize = 5_000;
const GROUPS_A_FILE: usize = 1_000;

/// The tenant as the sandbox's control plane shows it, as far as it is declared.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct State {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
}

/// A user in Graph's words.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) user_principal_name: String,
    #[serde(flatten)]
    pub(crate) profile: Profile,
}

/// The attributes of a synthetic user that can be declared.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase", serialize = "snake_case"))]
pub(crate) struct Profile {
    pub(crate) display_name: String,
    pub(crate) account_enabled: bool,
    pub(crate) mail_nickname: String,
    pub(crate) user_type: String,
    pub(crate) given_name: String,
    pub(crate) surname: String,
    pub(crate) department: String,
    pub(crate) city: String,
    pub(crate) usage_location: String,
}

/// A group in Graph's words.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) unique_name: String,
    pub(crate) mail_nickname: String,
    pub(crate) security_enabled: bool,
    /// Ids of its members.
    #[serde(default)]
    pub(crate) members: Vec<String>,
}

/// A group in TOML's words.
#[derive(Serialize)]
struct GroupTable<'a> {
    unique_name: &'a str,
    mail_nickname: &'a str,
    security_enabled: bool,
    members: Vec<String>,
}

impl State {
    /// Reads what the control plane answered.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Error> {
        Ok(serde_json::from_slice(json)?)
    }

    /// Writes the whole configuration.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("tenantry.toml"), ROOT)?;
        for number in 0..self.users.chunks(USERS_A_FILE).len() {
            self.write_users(folder, number)?;
        }
        for number in 0..self.groups.chunks(GROUPS_A_FILE).len() {
            self.write_groups(folder, number)?;
        }
        Ok(())
    }

    /// Edits one user and one membership, and writes the two files again that hold them.
    pub(crate) fn edit(&mut self, folder: &Path) -> Result<(), Error> {
        let (user, group) = (self.users.len() / 2, self.groups.len() / 2);
        if let Some(user) = self.users.get_mut(user) {
            "Benchmarks".clone_into(&mut user.profile.department);
        }
        if let Some(group) = self.groups.get_mut(group) {
            group.members.pop();
        }
        self.write_users(folder, user / USERS_A_FILE)?;
        self.write_groups(folder, group / GROUPS_A_FILE)
    }

    fn write_users(&self, folder: &Path, number: usize) -> Result<(), Error> {
        let chunk = self.users.chunks(USERS_A_FILE).nth(number).unwrap_or_default();
        let tables: BTreeMap<&str, &Profile> =
            chunk.iter().map(|user| (user.user_principal_name.as_str(), &user.profile)).collect();
        let text = toml::to_string(&BTreeMap::from([("users", tables)]))?;
        Ok(std::fs::write(folder.join(format!("users-{number:03}.toml")), text)?)
    }

    fn write_groups(&self, folder: &Path, number: usize) -> Result<(), Error> {
        let names: BTreeMap<&str, &str> =
            self.users.iter().map(|user| (user.id.as_str(), user.user_principal_name.as_str())).collect();
        let chunk = self.groups.chunks(GROUPS_A_FILE).nth(number).unwrap_or_default();
        let tables: BTreeMap<&str, GroupTable<'_>> =
            chunk.iter().map(|group| (group.display_name.as_str(), table(group, &names))).collect();
        let text = toml::to_string(&BTreeMap::from([("groups", tables)]))?;
        Ok(std::fs::write(folder.join(format!("groups-{number:03}.toml")), text)?)
    }
}

fn table<'a>(group: &'a Group, names: &BTreeMap<&str, &str>) -> GroupTable<'a> {
    let members = group.members.iter().filter_map(|id| names.get(id.as_str()));
    GroupTable {
        unique_name: &group.unique_name,
        mail_nickname: &group.mail_nickname,
        security_enabled: group.security_enabled,
        members: members.map(|name| format!("user:{name}")).collect(),
    }
}

/// Limits stand open: what the benchmark changes, it means.
const ROOT: &str = r#"[tenant]
id = "contoso.onmicrosoft.com"

[limits]
update = "100%"
remove_members = "100%"
"#;
