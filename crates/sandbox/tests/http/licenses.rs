//! Products, seats, and licences assigned to people directly.

use serde_json::{Value, json};

use crate::support::{Answer, Sandbox, code, message};

pub(crate) const E1: &str = "18181a46-0d4e-45cd-891e-60aabd171b4e";
pub(crate) const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
pub(crate) const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
pub(crate) const AUDIO: &str = "0c266dff-15dd-4b49-8397-2bb16070ed52";
const EMS: &str = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e";
const TEAMS1: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const YAMMER_ENTERPRISE: &str = "7547a3fe-08ee-4ccb-b430-5077c5041653";
const INTUNE_O365: &str = "882e1d05-acd1-4ccb-8708-6ee03664b117";
const EXCHANGE_S_STANDARD: &str = "9aaf7827-d63c-4b61-89c3-182f06f82e5c";
const EXCHANGE_S_ENTERPRISE: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
const MCOSTANDARD: &str = "0feaeb32-d00e-4d66-bd5a-43b5b83db82c";

const STATES: &str = "assignedLicenses,licenseAssignmentStates,assignedPlans,usageLocation";

/// A tenant with Megan, Alex and Lee, and seats as given.
pub(crate) fn tenant(seats: &[(&str, u32)]) -> Value {
    let person = |name: &str, display: &str| json!({ "userPrincipalName": format!("{name}@contoso.com"), "displayName": display, "usageLocation": "US" });
    let product =
        |(name, seats): &(&str, u32)| json!({ "skuPartNumber": name, "prepaidUnits": { "enabled": seats } });
    json!({
        "organization": { "displayName": "Contoso", "countryLetterCode": "US" },
        "users": [
            person("megan.bowen", "Megan Bowen"),
            person("alex.wilber", "Alex Wilber"),
            person("lee.gu", "Lee Gu"),
        ],
        "subscribedSkus": seats.iter().map(product).collect::<Vec<_>>(),
    })
}

impl Sandbox {
    pub(crate) async fn license(&self, nickname: &str, add: Value, remove: Value) -> Answer {
        let path = format!("/users/{nickname}@contoso.com/assignLicense");
        self.post(&path, json!({ "addLicenses": add, "removeLicenses": remove })).await
    }

    /// A person with everything about licences.
    pub(crate) async fn licensed(&self, nickname: &str) -> Value {
        let (status, user) = self.get(&format!("/users/{nickname}@contoso.com?$select={STATES}")).await;
        assert_eq!(status, 200, "{user}");
        user
    }

    /// Seats of a product in use.
    pub(crate) async fn consumed(&self, part_number: &str) -> i64 {
        let (_, products) = self.get("/subscribedSkus?$select=skuPartNumber,consumedUnits").await;
        let mut products = products["value"].as_array().unwrap().iter();
        products.find(|product| product["skuPartNumber"] == part_number).unwrap()["consumedUnits"]
            .as_i64()
            .unwrap()
    }
}

/// A product to add, all plans on.
pub(crate) fn all_of(sku: &str) -> Value {
    json!({ "skuId": sku, "disabledPlans": [] })
}

/// The status of a plan of a user.
fn plan<'a>(user: &'a Value, id: &str) -> Option<&'a str> {
    let mut plans = user["assignedPlans"].as_array().unwrap().iter();
    plans.find(|plan| plan["servicePlanId"] == id)?["capabilityStatus"].as_str()
}

#[tokio::test]
async fn products_count_the_people_who_have_them() {
    let sandbox = Sandbox::contoso().await;
    let (_, users) = sandbox.get("/users?$select=assignedLicenses&$top=999").await;
    let has_e5 = |user: &&Value| user["assignedLicenses"][0]["skuId"] == E5;
    let expected = users["value"].as_array().unwrap().iter().filter(has_e5).count();
    assert_eq!(sandbox.consumed("SPE_E5").await, i64::try_from(expected).unwrap());
    let (status, _) = sandbox.delete("/users/adele.vance@contoso.com").await;
    assert_eq!((status, sandbox.consumed("SPE_E5").await), (204, i64::try_from(expected).unwrap() - 1));
    let (_, deleted) = sandbox.get("/directory/deletedItems/microsoft.graph.user").await;
    let found = deleted["value"].as_array().unwrap().iter().find(|user| user["displayName"] == "Adele Vance");
    let path = format!("/directory/deletedItems/{}/restore", found.unwrap()["id"].as_str().unwrap());
    assert_eq!(sandbox.post(&path, json!({})).await.0, 200);
    assert_eq!(sandbox.consumed("SPE_E5").await, i64::try_from(expected).unwrap());
}

#[tokio::test]
async fn products_are_complete_and_cannot_be_filtered() {
    let sandbox = Sandbox::from_seed(tenant(&[("spe_e3", 25)])).await;
    let (_, products) = sandbox.get("/subscribedSkus").await;
    let product = &products["value"][0];
    let tenant = &sandbox.running.credentials().tenant_id;
    assert_eq!(product["id"], format!("{tenant}_{E3}"));
    assert_eq!((&product["skuId"], &product["skuPartNumber"]), (&json!(E3), &json!("SPE_E3")));
    assert_eq!((&product["appliesTo"], &product["capabilityStatus"]), (&json!("User"), &json!("Enabled")));
    let units = json!({ "enabled": 25, "lockedOut": 0, "suspended": 0, "warning": 0 });
    assert_eq!((&product["prepaidUnits"], &product["consumedUnits"]), (&units, &json!(0)));
    let plans = product["servicePlans"].as_array().unwrap();
    let teams = plans.iter().find(|plan| plan["servicePlanName"] == "TEAMS1").unwrap();
    let expected = json!({
        "appliesTo": "User", "provisioningStatus": "Success", "servicePlanId": TEAMS1, "servicePlanName": "TEAMS1"
    });
    assert_eq!(*teams, expected);
    let (status, refusal) = sandbox.get("/subscribedSkus?$filter=skuPartNumber eq 'SPE_E3'").await;
    assert_eq!((status, code(&refusal)), (400, "Request_UnsupportedQuery"));
    let (status, selected) = sandbox.get(&format!("/subscribedSkus/{tenant}_{E3}?$select=skuId")).await;
    assert_eq!((status, &selected["skuId"], selected.get("servicePlans")), (200, &json!(E3), None));
}

#[tokio::test]
async fn a_license_is_assigned_at_once() {
    let sandbox = Sandbox::from_seed(tenant(&[("SPE_E3", 1)])).await;
    let add = json!([{ "skuId": E3, "disabledPlans": [YAMMER_ENTERPRISE] }]);
    let (status, answer) = sandbox.license("megan.bowen", add, json!([])).await;
    assert_eq!((status, &answer["displayName"]), (200, &json!("Megan Bowen")), "{answer}");
    assert!(answer.get("assignedLicenses").is_none());
    let user = sandbox.licensed("megan.bowen").await;
    assert_eq!(user["assignedLicenses"], json!([{ "skuId": E3, "disabledPlans": [YAMMER_ENTERPRISE] }]));
    let state = &user["licenseAssignmentStates"][0];
    assert_eq!(
        (&state["assignedByGroup"], &state["state"], &state["error"]),
        (&Value::Null, &json!("Active"), &json!("None"))
    );
    assert_eq!((plan(&user, TEAMS1), plan(&user, YAMMER_ENTERPRISE)), (Some("Enabled"), None));
    assert_eq!(sandbox.consumed("SPE_E3").await, 1);
    let filter = format!("/users?$filter=assignedLicenses/any(s:s/skuId eq {E3})&$select=displayName");
    let (_, found) = sandbox.get(&filter).await;
    assert_eq!(found["value"].as_array().unwrap().len(), 1, "{found}");
}

#[tokio::test]
async fn disabled_plans_are_replaced_or_kept_and_lost_plans_stay_as_deleted() {
    let sandbox = Sandbox::from_seed(tenant(&[("SPE_E3", 1)])).await;
    let only = |plan: &str| json!([{ "skuId": E3, "disabledPlans": [plan] }]);
    let disabled = async || sandbox.licensed("lee.gu").await["assignedLicenses"][0]["disabledPlans"].clone();
    sandbox.license("lee.gu", only(YAMMER_ENTERPRISE), json!([])).await;
    assert_eq!(sandbox.license("lee.gu", json!([{ "skuId": E3 }]), json!([])).await.0, 200);
    assert_eq!(disabled().await, json!([YAMMER_ENTERPRISE]));
    assert_eq!(sandbox.license("lee.gu", only(TEAMS1), json!([])).await.0, 200);
    assert_eq!(disabled().await, json!([TEAMS1]));
    let user = sandbox.licensed("lee.gu").await;
    assert_eq!((plan(&user, TEAMS1), plan(&user, YAMMER_ENTERPRISE)), (Some("Deleted"), Some("Enabled")));
    assert_eq!(sandbox.license("lee.gu", json!([all_of(E3)]), json!([])).await.0, 200);
    assert_eq!(disabled().await, json!([]));
    assert_eq!(sandbox.license("lee.gu", json!([]), json!([E3])).await.0, 200);
    let user = sandbox.licensed("lee.gu").await;
    assert_eq!((&user["assignedLicenses"], plan(&user, TEAMS1)), (&json!([]), Some("Deleted")));
    assert_eq!(sandbox.consumed("SPE_E3").await, 0);
}

#[tokio::test]
async fn what_cannot_be_assigned_is_refused_as_a_whole() {
    let seats = [("SPE_E3", 5), ("SPE_E5", 0), ("STANDARDPACK", 5), ("MCOMEETADV", 5), ("EMS", 5)];
    let sandbox = Sandbox::from_seed(tenant(&seats)).await;
    let unknown = "11111111-2222-4333-8444-555555555555";
    let cases = [
        (
            json!([all_of(E5)]),
            json!([]),
            format!("Subscription with SKU {E5} does not have any available licenses."),
        ),
        (
            json!([all_of(unknown)]),
            json!([]),
            format!("License {unknown} does not correspond to a valid company License."),
        ),
        (json!([]), json!([E3]), "User does not have a corresponding license.".to_owned()),
        (
            json!([all_of(E3), all_of(E1)]),
            json!([]),
            format!(
                "License assignment failed because service plans {EXCHANGE_S_ENTERPRISE} and {EXCHANGE_S_STANDARD} are mutually exclusive."
            ),
        ),
        (
            json!([all_of(AUDIO)]),
            json!([]),
            format!(
                "License assignment failed because service plan 3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40 depends on the service plan(s) {MCOSTANDARD}."
            ),
        ),
        (
            json!([{ "skuId": E3, "disabledPlans": [INTUNE_O365] }]),
            json!([]),
            format!(
                "The service plan {INTUNE_O365} applies to the company and cannot be disabled for the License {E3}."
            ),
        ),
        (
            json!([{ "skuId": EMS, "disabledPlans": [TEAMS1] }]),
            json!([]),
            format!("The service plan {TEAMS1} is not part of the License {EMS}."),
        ),
        (
            json!([all_of(EMS), all_of(E3)]),
            json!([EMS]),
            format!("The license {EMS} is named more than once."),
        ),
    ];
    for (add, remove, expected) in cases {
        let (status, refusal) = sandbox.license("alex.wilber", add, remove).await;
        assert_eq!((status, code(&refusal)), (400, "Request_BadRequest"), "{expected}: {refusal}");
        assert_eq!(message(&refusal), expected);
    }
    assert_eq!(sandbox.licensed("alex.wilber").await["assignedLicenses"], json!([]));
}

#[tokio::test]
async fn both_lists_are_mandatory() {
    let sandbox = Sandbox::from_seed(tenant(&[("SPE_E3", 1)])).await;
    for body in [
        json!({ "addLicenses": [all_of(E3)] }),
        json!({ "removeLicenses": [] }),
        json!({ "addLicenses": null, "removeLicenses": [] }),
        json!({ "addLicenses": [all_of(E3)], "removeLicenses": [], "more": 1 }),
        json!({ "addLicenses": [{ "disabledPlans": [] }], "removeLicenses": [] }),
        json!({ "addLicenses": [{ "skuId": "SPE_E3" }], "removeLicenses": [] }),
    ] {
        let (status, refusal) = sandbox.post("/users/lee.gu@contoso.com/assignLicense", body.clone()).await;
        assert_eq!(status, 400, "{body}: {refusal}");
    }
}

#[tokio::test]
async fn a_license_needs_a_place_where_it_is_used() {
    let mut seed = tenant(&[("SPE_E3", 5)]);
    seed["users"][0]["usageLocation"] = Value::Null;
    seed["users"][1]["usageLocation"] = json!("KP");
    let sandbox = Sandbox::from_seed(seed).await;
    for nickname in ["megan.bowen", "alex.wilber"] {
        let (status, refusal) = sandbox.license(nickname, json!([all_of(E3)]), json!([])).await;
        let expected = "License assignment cannot be done for user with invalid usage location.";
        assert_eq!((status, message(&refusal)), (400, expected), "{nickname}");
    }
    let path = "/users/megan.bowen@contoso.com";
    assert_eq!(sandbox.patch(path, json!({ "usageLocation": "DE" })).await.0, 204);
    assert_eq!(sandbox.license("megan.bowen", json!([all_of(E3)]), json!([])).await.0, 200);
}

#[tokio::test]
async fn products_are_swapped_in_one_call_and_add_ons_go_first() {
    let sandbox = Sandbox::from_seed(tenant(&[("SPE_E3", 1), ("STANDARDPACK", 1), ("MCOMEETADV", 1)])).await;
    assert_eq!(sandbox.license("lee.gu", json!([all_of(E1), all_of(AUDIO)]), json!([])).await.0, 200);
    let (status, refusal) = sandbox.license("lee.gu", json!([]), json!([E1])).await;
    assert_eq!(status, 400);
    assert!(message(&refusal).contains("depends on"), "{refusal}");
    assert_eq!(sandbox.license("lee.gu", json!([all_of(E3)]), json!([])).await.0, 400);
    assert_eq!(sandbox.license("lee.gu", json!([all_of(E3)]), json!([E1])).await.0, 200);
    let seats = (sandbox.consumed("SPE_E3").await, sandbox.consumed("STANDARDPACK").await);
    assert_eq!(seats, (1, 0));
    assert_eq!(sandbox.license("lee.gu", json!([]), json!([AUDIO, E3])).await.0, 200);
}

#[tokio::test]
async fn license_details_show_every_plan_with_its_status() {
    let sandbox = Sandbox::from_seed(tenant(&[("SPE_E3", 1)])).await;
    let add = json!([{ "skuId": E3, "disabledPlans": [TEAMS1] }]);
    sandbox.license("megan.bowen", add, json!([])).await;
    let (status, details) = sandbox.get("/users/megan.bowen@contoso.com/licenseDetails").await;
    let detail = &details["value"][0];
    assert_eq!((status, &detail["skuPartNumber"], &detail["skuId"]), (200, &json!("SPE_E3"), &json!(E3)));
    let status = |id: &str| {
        let mut plans = detail["servicePlans"].as_array().unwrap().iter();
        plans.find(|plan| plan["servicePlanId"] == id).unwrap()["provisioningStatus"].clone()
    };
    assert_eq!((status(TEAMS1), status(MCOSTANDARD)), (json!("Disabled"), json!("Success")));
    assert_eq!(status(INTUNE_O365), "PendingActivation");
}

#[tokio::test]
async fn license_properties_only_come_when_asked_for() {
    let sandbox = Sandbox::contoso().await;
    let (_, user) = sandbox.get("/users/adele.vance@contoso.com").await;
    let (_, group) = sandbox.get(&format!("/groups/{}", sandbox.group("Finance").await)).await;
    for name in ["assignedLicenses", "licenseAssignmentStates", "assignedPlans", "provisionedPlans"] {
        assert!(user.get(name).is_none(), "{name}");
    }
    for name in ["assignedLicenses", "licenseProcessingState", "hasMembersWithLicenseErrors"] {
        assert!(group.get(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn licenses_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::in_directory(directory.path()).await;
    let expected = sandbox.consumed("SPE_E5").await - 1;
    assert_eq!(sandbox.license("adele.vance", json!([]), json!([E5])).await.0, 200);
    sandbox.running.stop().await;
    let sandbox = Sandbox::in_directory(directory.path()).await;
    assert_eq!(sandbox.consumed("SPE_E5").await, expected);
    assert_eq!(plan(&sandbox.licensed("adele.vance").await, TEAMS1), Some("Deleted"));
}
