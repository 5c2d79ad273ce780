//! The page behind `verification_uri`, for trying a device code by hand.

use super::Authority;
use super::device::Decision;
use super::form::Form;
use crate::store::Store;

impl Authority {
    /// POST of the page's form: approves or declines a code.
    pub(super) fn decide_on_page(&self, store: &Store, form: &Form) -> String {
        let code = form.field("user_code").unwrap_or_default();
        let name = form.field("user").unwrap_or_default();
        let person = store.holder("userPrincipalName", name).filter(|person| !person.is_deleted());
        let decision = match (form.field("decision"), person) {
            (Some("decline"), _) => Decision::Declined,
            (_, Some(person)) => Decision::Approved(person.id),
            (_, None) => return page("No such person in this tenant."),
        };
        match self.session.devices.decide(code, decision) {
            true => page("Done. You can close this page."),
            false => page("No device waits with this code."),
        }
    }
}

/// The page; `note` is text of the sandbox's own.
pub(super) fn page(note: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tenantry sandbox: sign in</title>\
         <h1>Sign in on another device</h1><p>{note}</p><form method=\"post\">\
         <p><label>Code <input name=\"user_code\" required></label></p>\
         <p><label>User principal name <input name=\"user\"></label></p>\
         <p><button name=\"decision\" value=\"approve\">Approve</button> \
         <button name=\"decision\" value=\"decline\">Decline</button></p></form></html>"
    )
}
