//! What the sandbox answers, against the schema that Microsoft publishes.

use serde_json::{Value, json};
use tenantry_contract::{Breach, Direction, Schema};

use crate::harness::Sandbox;

crate::harness::tests! {
    answers_fit_the_schema,
}

/// The entity sets the sandbox serves for reading.
const SETS: &[&str] = &[
    "organization",
    "users",
    "groups",
    "servicePrincipals",
    "devices",
    "subscribedSkus",
    "groupSettingTemplates",
    "directoryRoleTemplates",
];

fn answers_fit_the_schema() {
    let Some(schema) = tenantry_contract::schema_for("answers of the sandbox") else { return };
    let sandbox = Sandbox::contoso();
    let mut answers = Answers { sandbox: &sandbox, schema: &schema, checked: 0, breaches: Vec::new() };
    for set in SETS {
        answers.check_set(set);
    }
    answers.check_writes();
    answers.check_governance();
    answers.check_licenses();
    answers.check_privileged_groups();
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

    /// What governs groups and people: policies, settings, units, and the roles held in them.
    fn check_governance(&mut self) {
        let policy = self.sandbox.graph("GET", "/policies/authorizationPolicy", None);
        self.check("microsoft.graph.authorizationPolicy", "/policies/authorizationPolicy", &policy);
        let methods = "/policies/authenticationMethodsPolicy";
        let policy = self.sandbox.graph("GET", methods, None);
        self.check("microsoft.graph.authenticationMethodsPolicy", methods, &policy);
        let template = "62375ab9-6b52-47ed-826b-58e47e0e304b";
        let settings =
            json!({ "templateId": template, "values": [{ "name": "AllowToAddGuests", "value": "False" }] });
        self.create("/groupSettings", "groupSetting", &settings);
        let lifecycle = json!({ "groupLifetimeInDays": 180, "managedGroupTypes": "All" });
        self.create("/groupLifecyclePolicies", "groupLifecyclePolicy", &lifecycle);
        let unit = json!({ "displayName": "Retail", "membershipType": "Assigned" });
        let unit = self.create("/directory/administrativeUnits", "administrativeUnit", &unit);
        let role = json!({ "roleTemplateId": "729827e3-9c14-49f7-bb1b-9608f156bbb8" });
        let role = self.create("/directoryRoles", "directoryRole", &role);
        let adele = self.sandbox.graph("GET", "/users/adele.vance@contoso.com", None);
        let membership = json!({ "roleId": role["id"], "roleMemberInfo": { "id": adele["id"] } });
        let held = format!(
            "/directory/administrativeUnits/{}/scopedRoleMembers",
            unit["id"].as_str().expect("an id")
        );
        self.create(&held, "scopedRoleMembership", &membership);
        let roles = self.sandbox.graph("GET", "/roleManagement/directory/roleDefinitions", None);
        self.check_list("microsoft.graph.unifiedRoleDefinition", "roleDefinitions", &roles);
        let assignment = json!({ "roleDefinitionId": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
            "principalId": adele["id"], "directoryScopeId": "/" });
        self.create("/roleManagement/directory/roleAssignments", "unifiedRoleAssignment", &assignment);
        self.check_privileged(&adele["id"]);
    }

    /// Requests about roles, the schedules they make, and what is in force.
    fn check_privileged(&mut self, principal: &Value) {
        for (prefix, entity) in
            [("roleEligibility", "unifiedRoleEligibility"), ("roleAssignment", "unifiedRoleAssignment")]
        {
            let set = |name: &str| format!("/roleManagement/directory/{prefix}{name}");
            let request = json!({
                "action": "adminAssign", "principalId": principal, "directoryScopeId": "/", "justification": "Cover",
                "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
                "ticketInfo": { "ticketNumber": "INC-1", "ticketSystem": "Service desk" },
                "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "P90D" } },
            });
            self.create(&set("ScheduleRequests"), &format!("{entity}ScheduleRequest"), &request);
            for name in ["Schedules", "ScheduleInstances"] {
                let path = format!("{}?$expand=principal", set(name));
                let list = self.sandbox.graph("GET", &path, None);
                let entity = format!("microsoft.graph.{entity}{}", name.trim_end_matches('s'));
                self.check_list(&entity, &path, &list);
            }
        }
    }

    /// Creates an object and checks it as it is answered and as it is listed.
    fn create(&mut self, path: &str, entity: &str, body: &Value) -> Value {
        let entity = format!("microsoft.graph.{entity}");
        let created = self.sandbox.graph("POST", path, Some(body));
        self.check(&entity, &format!("POST {path}"), &created);
        let list = self.sandbox.graph("GET", path, None);
        self.check_list(&entity, path, &list);
        created
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

    /// What privileged identity management answers about groups, and the settings of roles and groups.
    fn check_privileged_groups(&mut self) {
        let root = "/identityGovernance/privilegedAccess/group";
        let group = self.sandbox.graph("GET", "/groups?$filter=displayName eq 'Finance'", None);
        let group = group["value"][0]["id"].as_str().expect("an id").to_owned();
        let adele = self.sandbox.graph("GET", "/users/adele.vance@contoso.com", None);
        let body = json!({ "action": "adminAssign", "accessId": "member", "groupId": group, "principalId": adele["id"],
            "justification": "Cover", "ticketInfo": { "ticketNumber": "7", "ticketSystem": "Desk" },
            "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "P30D" } } });
        for (path, entity) in [("assignment", "Assignment"), ("eligibility", "Eligibility")] {
            let entity = format!("microsoft.graph.privilegedAccessGroup{entity}Schedule");
            let requests = format!("{root}/{path}ScheduleRequests");
            let made = self.sandbox.graph("POST", &requests, Some(&body));
            self.check(&format!("{entity}Request"), &requests, &made);
            for (list, suffix) in
                [("Schedules", ""), ("ScheduleInstances", "Instance"), ("ScheduleRequests", "Request")]
            {
                let place = format!("{root}/{path}{list}?$filter=groupId eq '{group}'");
                let list = self.sandbox.graph("GET", &place, None);
                self.check_list(&format!("{entity}{suffix}"), &place, &list);
            }
        }
        let policies = "/policies/roleManagementPolicyAssignments";
        for scope in [
            "scopeId eq '/' and scopeType eq 'DirectoryRole'".to_owned(),
            format!("scopeId eq '{group}' and scopeType eq 'Group'"),
        ] {
            let path = format!("{policies}?$filter={scope}&$expand=policy($expand=rules)");
            let list = self.sandbox.graph("GET", &path, None);
            self.check_list("microsoft.graph.unifiedRoleManagementPolicyAssignment", policies, &list);
        }
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
