//! Invitations: they make guests. <https://learn.microsoft.com/graph/api/invitation-post>

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::user::security_identifier;
use super::{Behavior, Create, Written, mail, now, self_service};
use crate::graph::{Directory, Draft, Failure, LinkChange, Request, Response, conflicts};
use crate::schema::{self, bad_request};
use crate::store::{Change, Object};

pub(crate) const BEHAVIOR: Behavior = Behavior { create: Create::Instead(invite), ..Behavior::READ_ONLY };

/// Characters an invited address may not hold.
const REFUSED: &str = "~!#$%^&*()+=[]{}\\/|;:\"<>?, ";

/// Creates the guest, or finds the one already invited under the address.
fn invite(directory: &Directory<'_>, draft: &Draft, request: &Request) -> Result<Written, Failure> {
    let text = |name: &str| draft.object.text(name).unwrap_or_default().to_owned();
    let address = text("invitedUserEmailAddress");
    check_address(&address)?;
    self_service::check_invitation(directory)?;
    let mut changes = Vec::new();
    let guest = match directory.primary.holder("proxyAddresses", &address) {
        Some(holder) if holder.text("userType") == Some("Guest") && !holder.is_deleted() => {
            Arc::clone(holder)
        }
        Some(_) => {
            return Err(bad_request(
                "The invited user already exists in the directory as object with the same address.",
            )
            .with_detail("ObjectConflict", "invitedUserEmailAddress"));
        }
        None => {
            let guest = Arc::new(new_guest(directory, draft, &address)?);
            changes.push(Change::Put(Arc::clone(&guest)));
            changes.extend(sponsors(directory, draft, guest.id)?);
            guest
        }
    };
    let id = Uuid::new_v4();
    let response = json!({
        "@odata.context": format!("{}/$metadata#invitations/$entity", request.root),
        "id": id,
        "inviteRedeemUrl": format!("https://login.microsoftonline.com/redeem?rd={}", id.simple()),
        "invitedUserDisplayName": guest.text("displayName"),
        "invitedUserEmailAddress": address,
        "invitedUserType": guest.text("userType"),
        "inviteRedirectUrl": text("inviteRedirectUrl"),
        "invitedUserMessageInfo": draft.object.get("invitedUserMessageInfo"),
        "resetRedemption": draft.object.flag("resetRedemption"),
        "sendInvitationMessage": draft.object.flag("sendInvitationMessage"),
        "status": guest.text("externalUserState"),
        "invitedUser": { "id": guest.id },
    });
    let location = format!("{}/invitations/{id}", request.root);
    Ok(Written { changes, response: Response::created(location, response) })
}

fn new_guest(directory: &Directory<'_>, draft: &Draft, address: &str) -> Result<Object, Failure> {
    let kind = schema::by_name("user").ok_or_else(|| Failure::unknown_segment("users"))?;
    let initial = directory.domains(Some("isInitial")).into_iter().next().unwrap_or_default();
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let mut guest = Object::new(kind, Uuid::new_v4());
    let display_name = draft.object.text("invitedUserDisplayName").unwrap_or(local);
    guest.set("accountEnabled", true);
    guest.set("createdDateTime", now());
    guest.set("creationType", "Invitation");
    guest.set("displayName", display_name);
    guest.set("externalUserState", "PendingAcceptance");
    guest.set("externalUserStateChangeDateTime", now());
    guest.set("mail", address);
    guest.set("mailNickname", format!("{local}_{domain}#EXT#"));
    guest.set("otherMails", Value::from(vec![address]));
    guest.set("securityIdentifier", security_identifier(guest.id));
    guest.set("userPrincipalName", format!("{local}_{domain}#EXT#@{initial}"));
    guest.set("userType", draft.object.text("invitedUserType").unwrap_or("Guest"));
    mail::set_primary(&mut guest);
    conflicts(directory, &guest)?;
    Ok(guest)
}

/// The sponsors bound in the body, as links of the guest.
fn sponsors(directory: &Directory<'_>, draft: &Draft, guest: Uuid) -> Result<Option<Change>, Failure> {
    let bound = draft.links.iter().find(|change| change.navigation.name == "invitedUserSponsors");
    let Some(LinkChange { targets, .. }) = bound else {
        return Ok(None);
    };
    if let Some(missing) = targets.iter().find(|id| directory.primary.live(**id).is_none()) {
        return Err(crate::graph::resource_not_found(&missing.to_string()).with_status(400));
    }
    Ok(Some(Change::Link { source: guest, relation: "sponsors", targets: targets.clone() }))
}

fn check_address(address: &str) -> Result<(), Failure> {
    let edge = |part: &str| part.starts_with(['.', '-']) || part.ends_with(['.', '-']);
    let valid = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !edge(local)
            && !edge(domain)
            && !address.contains(|character: char| REFUSED.contains(character) || !character.is_ascii())
    });
    if valid {
        return Ok(());
    }
    Err(bad_request("The invited user email address is not valid.")
        .with_detail("InvalidValue", "invitedUserEmailAddress"))
}
