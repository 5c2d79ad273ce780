//! Users: names, passwords, deletion. <https://learn.microsoft.com/graph/api/user-post-users>

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::user_registration_details::REGISTERED;
use super::{
    Action, Behavior, Create, Deletion, LinkEdit, Written, mail, membership, now, soft, synchronized,
};
use crate::graph::{Directory, Draft, Failure, LinkChange, Request, Response, conflicts};
use crate::licensing;
use crate::schema::bad_request;
use crate::store::{Change, Object};

pub(crate) const BEHAVIOR: Behavior = Behavior {
    create: Create::Object(create),
    update: Some(update),
    delete: Some(delete),
    link,
    restore,
    seed,
    kept: &[REGISTERED],
    actions: &[
        Action { name: "revokeSignInSessions", run: revoke_sign_in_sessions },
        licensing::ASSIGN_TO_USER,
        licensing::REPROCESS,
        membership::CHECK_GROUPS,
        membership::CHECK_OBJECTS,
        membership::GET_GROUPS,
        membership::GET_OBJECTS,
    ],
    views: &[licensing::DETAILS],
    ..Behavior::PLAIN
};

/// What stays writable on a user who is mastered on premises.
const CLOUD_PROPERTIES: &[&str] = &[
    "ageGroup",
    "consentProvidedForMinor",
    "customSecurityAttributes",
    "passwordPolicies",
    "preferredDataLocation",
    "usageLocation",
    "userType",
];

fn create(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    if !draft.sends("passwordProfile") {
        return Err(bad_request("A password must be specified to create a new user.")
            .with_detail("InvalidValue", "passwordProfile"));
    }
    check_password(draft, true)?;
    check_principal_name(directory, &draft.object)?;
    check_nickname(&draft.object)?;
    check_usage_location(draft)?;
    let object = &mut draft.object;
    object.default("userType", "Member");
    object.set("securityIdentifier", security_identifier(object.id));
    object.set("signInSessionsValidFromDateTime", now());
    mail::set_primary(object);
    Ok(())
}

fn update(directory: &Directory<'_>, draft: &mut Draft) -> Result<(), Failure> {
    synchronized::check(draft, CLOUD_PROPERTIES)?;
    check_password(draft, false)?;
    if draft.sends("userPrincipalName") {
        check_principal_name(directory, &draft.object)?;
    }
    if draft.sends("mailNickname") {
        check_nickname(&draft.object)?;
    }
    check_usage_location(draft)?;
    if draft.sends("mail") {
        mail::set_primary(&mut draft.object);
    }
    Ok(())
}

/// The name is taken out of the way, so that a new user can have it at once.
fn delete(_: &Directory<'_>, object: &Object) -> Result<Deletion, Failure> {
    let Deletion::Soft(mut deleted) = soft(object) else {
        return Ok(Deletion::Hard);
    };
    let name = object.text("userPrincipalName").unwrap_or_default();
    deleted.set("userPrincipalName", format!("{}{name}", object.id.simple()));
    Ok(Deletion::Soft(deleted))
}

fn restore(directory: &Directory<'_>, object: &mut Object, request: &Request) -> Result<(), Failure> {
    let body = request.optional_object()?;
    let prefix = object.id.simple().to_string();
    let plain = object.text("userPrincipalName").unwrap_or_default().trim_start_matches(&prefix).to_owned();
    let name = body.get("newUserPrincipalName").and_then(Value::as_str).map_or(plain, str::to_owned);
    object.set("userPrincipalName", name);
    check_principal_name(directory, object)?;
    if body.get("autoReconcileProxyConflict") == Some(&Value::Bool(true)) {
        let id = object.id;
        mail::drop_taken(object, |address| {
            directory.primary.holder("proxyAddresses", address).is_some_and(|holder| holder.id != id)
        });
    }
    conflicts(directory, object)
}

fn link(_: &Directory<'_>, user: &Object, change: &LinkChange, _: LinkEdit) -> Result<(), Failure> {
    if change.navigation.name == "manager" && synchronized::is_synchronized(user) {
        return Err(synchronized::refusal());
    }
    Ok(())
}

fn seed(user: &mut Object, nickname: &str) {
    user.default("mailNickname", nickname);
    user.default("securityIdentifier", security_identifier(user.id));
    user.default("userType", "Member");
    mail::set_primary(user);
}

fn revoke_sign_in_sessions(
    _: &Directory<'_>,
    user: &Arc<Object>,
    request: &Request,
) -> Result<Written, Failure> {
    let mut object = Object::clone(user);
    object.set("signInSessionsValidFromDateTime", now());
    let context = format!("{}/$metadata#Edm.Boolean", request.root);
    Ok(Written {
        changes: vec![Change::Put(Arc::new(object))],
        response: Response::json(json!({ "@odata.context": context, "value": true })),
    })
}

fn check_principal_name(directory: &Directory<'_>, user: &Object) -> Result<(), Failure> {
    let name = user.text("userPrincipalName").unwrap_or_default();
    let invalid = |why: &str| bad_request(why).with_detail("InvalidValue", "userPrincipalName");
    let Some((local, domain)) = name.rsplit_once('@') else {
        return Err(invalid("Property userPrincipalName is invalid."));
    };
    let legal = |character: char| character.is_ascii_alphanumeric() || "'.-_!#^~".contains(character);
    let fits = (1..=64).contains(&local.len()) && domain.len() <= 48;
    if !fits || !local.chars().all(legal) || local.ends_with('.') {
        return Err(invalid("Property userPrincipalName is invalid."));
    }
    if !directory.domains(None).iter().any(|known| known.eq_ignore_ascii_case(domain)) {
        return Err(invalid(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified \
             domain names in your organization.",
        ));
    }
    Ok(())
}

fn check_nickname(user: &Object) -> Result<(), Failure> {
    let nickname = user.text("mailNickname").unwrap_or_default();
    if nickname.chars().any(|character| !character.is_ascii() || "@()\\[]\";:<>, ".contains(character)) {
        return Err(bad_request("Invalid value specified for property 'mailNickname' of resource 'User'.")
            .with_detail("InvalidValue", "mailNickname"));
    }
    Ok(())
}

fn check_usage_location(draft: &Draft) -> Result<(), Failure> {
    let Some(location) = draft.sent.get("usageLocation").and_then(Value::as_str) else {
        return Ok(());
    };
    if location.len() == 2 && location.chars().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(bad_request("Invalid value specified for property 'usageLocation' of resource 'User'.")
        .with_detail("InvalidValue", "usageLocation"))
}

/// At least eight ASCII characters of three of the four classes.
fn check_password(draft: &Draft, required: bool) -> Result<(), Failure> {
    let Some(profile) = draft.sent.get("passwordProfile").filter(|profile| !profile.is_null()) else {
        return Ok(());
    };
    let weak = || {
        bad_request(
            "The specified password does not comply with password complexity requirements. Please provide a \
             different password.",
        )
        .with_detail("InvalidValue", "passwordProfile")
    };
    let Some(password) = profile.get("password").and_then(Value::as_str) else {
        return if required { Err(weak()) } else { Ok(()) };
    };
    let classes: [fn(char) -> bool; 4] = [
        |character| character.is_ascii_lowercase(),
        |character| character.is_ascii_uppercase(),
        |character| character.is_ascii_digit(),
        |character| character.is_ascii_punctuation() || character == ' ',
    ];
    let used = classes.iter().filter(|class| password.chars().any(class)).count();
    if password.len() < 8 || !password.is_ascii() || used < 3 {
        return Err(weak());
    }
    Ok(())
}

/// The SID Entra derives from an object id: its 16 bytes as four little-endian numbers.
pub(crate) fn security_identifier(id: Uuid) -> String {
    let bytes = id.to_bytes_le();
    let parts = bytes.chunks_exact(4).map(|chunk| {
        let number = chunk.iter().rev().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
        number.to_string()
    });
    parts.fold("S-1-12-1".to_owned(), |sid, part| format!("{sid}-{part}"))
}
