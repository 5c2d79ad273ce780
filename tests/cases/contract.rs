//! What the sandbox answers, against the schema that Microsoft publishes.

use serde_json::{Value, json};
use tenantry_contract::{Breach, Direction, Schema};

use crate::harness::Sandbox;

crate::harness::tests! {
    answers_fit_the_schema,
}

/// The entity sets the sandbox serves for reading.
const SETS: &[&str] = &["organization", "users", "groups", "servicePrincipals", "devices", "subscribedSkus"];

fn answers_fit_the_schema() {
    let Some(schema) = tenantry_contract::schema_for("answers of the sandbox") else { return };
    let sandbox = Sandbox::contoso();
    let mut answers = Answers { sandbox: &sandbox, schema: &schema, checked: 0, breaches: Vec::new() };
    for set in SETS {
        answers.check_set(set);
    }
    answers.check_writes();
    answers.check_licenses();
    assert!(answers.checked > 200, "only {} objects were there to check", answers.checked);
    assert_eq!(answers.breaches, Vec::<Breach>::new());
}

struct Answers<'a> {
    sandbox: &'a Sandbox,
    schema: &'a Schema,
    checked: usize,
    breaches: Vec<Breach>,
}

impl Answers<'_> {
    /// A set as it is listed, then property by property, so that those are seen that come only when asked for.
    fn check_set(&mut self, set: &str) {
        let entity = self.schema.root(set).expect("it is an entity set").name.clone();
        let list = self.sandbox.graph("GET", &format!("/{set}"), None);
        self.check_list(&entity, set, &list);
        for member in self.schema.members(&entity) {
            let option = if member.navigation { "expand" } else { "select" };
            let path = format!("/{set}?${option}={}", member.name);
            // The sandbox need not have everything there is.
            if let Some(list) = self.sandbox.try_graph(&path) {
                self.check_list(&entity, &path, &list);
            }
        }
    }

    /// What creating and changing answers.
    fn check_writes(&mut self) {
        let guest = json!({ "invitedUserEmailAddress": "adele@fabrikam.com", "inviteRedirectUrl": "https://contoso.com" });
        let group = json!({ "displayName": "Sailing", "mailEnabled": false, "mailNickname": "sailing", "securityEnabled": true });
        let user = json!({
            "displayName": "Lynne Robbins", "accountEnabled": true, "mailNickname": "lynne",
            "userPrincipalName": "lynne@contoso.com", "passwordProfile": { "password": "Tide-and-7-knots" },
        });
        for (set, body) in [("invitations", guest), ("groups", group), ("users", user)] {
            let entity = self.schema.root(set).expect("it is an entity set").name.clone();
            let created = self.sandbox.graph("POST", &format!("/{set}"), Some(&body));
            self.check(&entity, &format!("POST /{set}"), &created);
            if set != "invitations" {
                let id = created["id"].as_str().expect("it has an id");
                self.sandbox.graph("DELETE", &format!("/{set}/{id}"), None);
                let deleted = format!("/directory/deletedItems/{}", entity);
                let list = self.sandbox.graph("GET", &deleted, None);
                self.check_list(&entity, &deleted, &list);
            }
        }
    }

    /// What is answered about licences, besides properties.
    fn check_licenses(&mut self) {
        let adele = "/users/adele.vance@contoso.com";
        let details = self.sandbox.graph("GET", &format!("{adele}/licenseDetails"), None);
        assert_eq!(details["value"].as_array().map(Vec::len), Some(1), "Adele has a licence");
        self.check_list("microsoft.graph.licenseDetails", "licenseDetails", &details);
        let nothing = json!({ "addLicenses": [], "removeLicenses": [] });
        let user = self.sandbox.graph("POST", &format!("{adele}/assignLicense"), Some(&nothing));
        self.check("microsoft.graph.user", "assignLicense", &user);
    }

    fn check_list(&mut self, entity: &str, place: &str, list: &Value) {
        for object in list["value"].as_array().expect("a list") {
            self.check(entity, place, object);
        }
    }

    fn check(&mut self, entity: &str, place: &str, object: &Value) {
        let object = object.as_object().expect("an object");
        self.schema.check_object(entity, object, Direction::Response, place, &mut self.breaches);
        self.checked += 1;
    }
}
