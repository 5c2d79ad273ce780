//! Licences that follow groups.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry_sandbox::{Options, Seed};

use crate::licenses::{AUDIO, E1, E3, E5, all_of, tenant};
use crate::support::{Answer, Sandbox, message};

/// A tenant whose group Sales has Megan, Alex and Lee for members.
fn with_sales(seats: &[(&str, u32)]) -> Value {
    let mut seed = tenant(seats);
    seed["groups"] = json!([
        { "displayName": "Sales", "members": ["megan.bowen@contoso.com", "alex.wilber@contoso.com", "lee.gu@contoso.com"] },
        { "displayName": "Support", "members": ["megan.bowen@contoso.com"] },
    ]);
    seed
}

impl Sandbox {
    async fn license_group(&self, name: &str, add: Value, remove: Value) -> Answer {
        let path = format!("/groups/{}/assignLicense", self.group(name).await);
        self.post(&path, json!({ "addLicenses": add, "removeLicenses": remove })).await
    }

    /// Waits until the licences of a group are processed.
    async fn processed(&self, name: &str) -> Value {
        let path =
            format!("/groups/{}?$select=id,assignedLicenses,licenseProcessingState", self.group(name).await);
        for _ in 0..500 {
            let (_, group) = self.get(&path).await;
            if group["licenseProcessingState"]["state"] == "ProcessingComplete" {
                return group;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the licences of {name} are not processed");
    }

    /// Licenses a group and waits for its members.
    async fn license_and_process(&self, name: &str, add: Value, remove: Value) {
        let (status, answer) = self.license_group(name, add, remove).await;
        assert_eq!(status, 202, "{answer}");
        self.processed(name).await;
    }

    /// State and error of each path on which a person has, or should have, a product.
    async fn paths(&self, nickname: &str) -> Vec<(String, String, String)> {
        let user = self.licensed(nickname).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let states = user["licenseAssignmentStates"].as_array().unwrap().iter();
        let mut paths: Vec<_> = states
            .map(|state| (text(&state["skuId"]), text(&state["state"]), text(&state["error"])))
            .collect();
        paths.sort();
        paths
    }

    /// Waits until a person has as many paths to products.
    async fn until_paths(&self, nickname: &str, count: usize) -> Vec<(String, String, String)> {
        for _ in 0..500 {
            let paths = self.paths(nickname).await;
            if paths.len() == count {
                return paths;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{nickname} has {:?}", self.paths(nickname).await);
    }

    /// Display names of the members of a group in error, and of the groups with such members.
    async fn errors(&self, group: &str) -> (Vec<String>, Vec<String>) {
        let path = format!("/groups/{}/membersWithLicenseErrors", self.group(group).await);
        let (status, members) = self.get(&path).await;
        assert_eq!(status, 200, "{members}");
        let (_, groups) = self.get("/groups?$filter=hasMembersWithLicenseErrors eq true").await;
        let owned = |list: &Value| crate::support::names(list).into_iter().map(str::to_owned).collect();
        (owned(&members), owned(&groups))
    }
}

fn path(sku: &str, state: &str, error: &str) -> (String, String, String) {
    (sku.to_owned(), state.to_owned(), error.to_owned())
}

#[tokio::test]
async fn members_get_what_their_group_is_given() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3)])).await;
    let (status, answer) = sandbox.license_group("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!((status, &answer["displayName"]), (202, &json!("Sales")), "{answer}");
    let group = sandbox.processed("Sales").await;
    assert_eq!(group["assignedLicenses"], json!([all_of(E3)]));
    let user = sandbox.licensed("lee.gu").await;
    assert_eq!(user["assignedLicenses"], json!([all_of(E3)]));
    let state = &user["licenseAssignmentStates"][0];
    assert_eq!((&state["assignedByGroup"], &state["state"]), (&group["id"], &json!("Active")));
    assert_eq!(sandbox.consumed("SPE_E3").await, 3);
    let (status, refusal) = sandbox.license("lee.gu", json!([]), json!([E3])).await;
    assert_eq!(status, 400);
    assert!(message(&refusal).contains("inherited from a group"), "{refusal}");
}

#[tokio::test]
async fn a_seat_is_taken_once_however_many_paths_there_are() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3)])).await;
    assert_eq!(sandbox.license("megan.bowen", json!([all_of(E3)]), json!([])).await.0, 200);
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    sandbox.license_and_process("Support", json!([all_of(E3)]), json!([])).await;
    assert_eq!((sandbox.paths("megan.bowen").await.len(), sandbox.consumed("SPE_E3").await), (3, 3));
    assert_eq!(sandbox.license("megan.bowen", json!([]), json!([E3])).await.0, 200);
    sandbox.license_and_process("Support", json!([]), json!([E3])).await;
    assert_eq!((sandbox.paths("megan.bowen").await.len(), sandbox.consumed("SPE_E3").await), (1, 3));
}

#[tokio::test]
async fn a_plan_is_on_when_one_path_grants_it() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3)])).await;
    let (teams, yammer) = ("57ff2da0-773e-42df-b2af-ffb7a2317929", "7547a3fe-08ee-4ccb-b430-5077c5041653");
    let without = |plans: Value| json!([{ "skuId": E3, "disabledPlans": plans }]);
    sandbox.license_and_process("Sales", without(json!([teams, yammer])), json!([])).await;
    sandbox.license_and_process("Support", without(json!([teams])), json!([])).await;
    let megan = sandbox.licensed("megan.bowen").await;
    assert_eq!(megan["assignedLicenses"], without(json!([teams])));
    assert_eq!(sandbox.licensed("lee.gu").await["assignedLicenses"], without(json!([teams, yammer])));
}

#[tokio::test]
async fn members_beyond_the_last_seat_are_in_error_until_they_are_reprocessed() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 2)])).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    let (members, groups) = sandbox.errors("Sales").await;
    assert_eq!((members.len(), groups), (1, vec!["Sales".to_owned()]));
    assert_eq!(sandbox.consumed("SPE_E3").await, 2);
    let nickname = members[0].to_lowercase().replace(' ', ".");
    assert_eq!(sandbox.paths(&nickname).await, [path(E3, "Error", "CountViolation")]);
    let lucky = ["megan.bowen", "alex.wilber", "lee.gu"].into_iter().find(|name| *name != nickname).unwrap();
    assert_eq!(sandbox.delete(&format!("/users/{lucky}@contoso.com")).await.0, 204);
    assert_eq!(sandbox.paths(&nickname).await, [path(E3, "Error", "CountViolation")]);
    let reprocess = format!("/users/{nickname}@contoso.com/reprocessLicenseAssignment");
    let (status, user) = sandbox
        .request(reqwest::Method::POST, &reprocess)
        .send()
        .await
        .map(|answer| (answer.status().as_u16(), answer))
        .unwrap();
    let user: Value = user.json().await.unwrap();
    assert_eq!((status, &user["displayName"]), (200, &json!(members[0])));
    assert_eq!(sandbox.paths(&nickname).await, [path(E3, "Active", "None")]);
    assert_eq!(sandbox.errors("Sales").await, (vec![], vec![]));
}

#[tokio::test]
async fn one_failing_product_blocks_the_others_of_the_group() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3), ("MCOMEETADV", 2)])).await;
    sandbox.license_and_process("Sales", json!([all_of(E3), all_of(AUDIO)]), json!([])).await;
    let (failing, _) = sandbox.errors("Sales").await;
    assert_eq!(failing.len(), 1);
    let nickname = failing[0].to_lowercase().replace(' ', ".");
    let expected = [path(E3, "Error", "Other"), path(AUDIO, "Error", "CountViolation")];
    assert_eq!(sandbox.paths(&nickname).await, expected);
    assert_eq!((sandbox.consumed("SPE_E3").await, sandbox.consumed("MCOMEETADV").await), (2, 2));
}

#[tokio::test]
async fn conflicts_and_missing_prerequisites_are_told_member_by_member() {
    let seats = [("SPE_E3", 3), ("STANDARDPACK", 3), ("MCOMEETADV", 3)];
    let sandbox = Sandbox::from_seed(with_sales(&seats)).await;
    assert_eq!(sandbox.license("lee.gu", json!([all_of(E1)]), json!([])).await.0, 200);
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    let expected = [path(E3, "Error", "MutuallyExclusiveViolation"), path(E1, "Active", "None")];
    assert_eq!(sandbox.paths("lee.gu").await, expected);
    sandbox.license_and_process("Support", json!([all_of(AUDIO)]), json!([])).await;
    let megan = sandbox.paths("megan.bowen").await;
    assert!(megan.contains(&path(AUDIO, "Error", "DependencyViolation")), "{megan:?}");
    sandbox.license_and_process("Support", json!([all_of(E3)]), json!([])).await;
    let megan = sandbox.paths("megan.bowen").await;
    assert!(
        megan.iter().all(|(_, state, error)| (state.as_str(), error.as_str()) == ("Active", "None")),
        "{megan:?}"
    );
}

#[tokio::test]
async fn members_without_a_place_are_where_the_tenant_is() {
    let mut seed = with_sales(&[("SPE_E3", 3)]);
    seed["users"][0]["usageLocation"] = Value::Null;
    seed["users"][1]["usageLocation"] = json!("KP");
    let sandbox = Sandbox::from_seed(seed.clone()).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.paths("megan.bowen").await, [path(E3, "Active", "None")]);
    let barred = [path(E3, "Error", "ProhibitedInUsageLocationViolation")];
    assert_eq!(sandbox.paths("alex.wilber").await, barred);
    seed["organization"]["countryLetterCode"] = Value::Null;
    let sandbox = Sandbox::from_seed(seed).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.paths("megan.bowen").await, barred);
}

#[tokio::test]
async fn an_address_that_is_taken_keeps_the_mailbox_away() {
    let mut seed = with_sales(&[("SPE_E3", 3)]);
    seed["users"][2]["proxyAddresses"] = json!(["smtp:megan.bowen@contoso.onmicrosoft.com"]);
    let sandbox = Sandbox::from_seed(seed).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.paths("megan.bowen").await, [path(E3, "Error", "UniquenessViolation")]);
    assert_eq!(sandbox.paths("lee.gu").await, [path(E3, "Active", "None")]);
}

#[tokio::test]
async fn licenses_come_and_go_with_membership() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3), ("SPE_E5", 1)])).await;
    sandbox.license_and_process("Support", json!([all_of(E5)]), json!([])).await;
    let (group, lee) = (sandbox.group("Support").await, sandbox.user("lee.gu").await);
    let megan = sandbox.user("megan.bowen").await;
    let remove = format!("/groups/{group}/members/{megan}/$ref");
    assert_eq!(sandbox.delete(&remove).await.0, 204);
    sandbox.until_paths("megan.bowen", 0).await;
    let add = format!("/groups/{group}/members/$ref");
    assert_eq!(sandbox.post(&add, sandbox.reference(&lee)).await.0, 204);
    assert_eq!(sandbox.until_paths("lee.gu", 1).await, [path(E5, "Active", "None")]);
    assert_eq!(sandbox.consumed("SPE_E5").await, 1);
    // A group inside the group passes nothing on.
    let nested = sandbox.group("Sales").await;
    assert_eq!(sandbox.post(&add, sandbox.reference(&nested)).await.0, 204);
    assert_eq!(sandbox.paths("alex.wilber").await, []);
}

#[tokio::test]
async fn a_person_who_comes_back_has_what_the_groups_grant_by_now() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3), ("SPE_E5", 3)])).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    let lee = sandbox.user("lee.gu").await;
    assert_eq!(sandbox.delete(&format!("/users/{lee}")).await.0, 204);
    assert_eq!(sandbox.consumed("SPE_E3").await, 2);
    sandbox.license_and_process("Sales", json!([all_of(E5)]), json!([E3])).await;
    let restore = format!("/directory/deletedItems/{lee}/restore");
    assert_eq!(sandbox.post(&restore, json!({})).await.0, 200);
    for _ in 0..500 {
        if sandbox.paths("lee.gu").await == [path(E5, "Active", "None")] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(sandbox.paths("lee.gu").await, [path(E5, "Active", "None")]);
    assert_eq!((sandbox.consumed("SPE_E3").await, sandbox.consumed("SPE_E5").await), (0, 3));
}

#[tokio::test]
async fn products_of_a_group_are_swapped_in_one_call() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3), ("SPE_E5", 3)])).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    sandbox.license_and_process("Sales", json!([all_of(E5)]), json!([E3])).await;
    assert_eq!((sandbox.consumed("SPE_E3").await, sandbox.consumed("SPE_E5").await), (0, 3));
    assert_eq!(sandbox.paths("lee.gu").await, [path(E5, "Active", "None")]);
}

#[tokio::test]
async fn a_group_goes_only_after_its_licenses() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3)])).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    let group = format!("/groups/{}", sandbox.group("Sales").await);
    assert_eq!(sandbox.delete(&group).await.0, 400);
    sandbox.license_and_process("Sales", json!([]), json!([E3])).await;
    assert_eq!(sandbox.delete(&group).await.0, 204);
    assert_eq!((sandbox.paths("lee.gu").await, sandbox.consumed("SPE_E3").await), (vec![], 0));
}

#[tokio::test]
async fn what_a_direct_product_needs_is_not_taken_away() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3), ("MCOMEETADV", 1)])).await;
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.license("lee.gu", json!([all_of(AUDIO)]), json!([])).await.0, 200);
    sandbox.license_and_process("Sales", json!([]), json!([E3])).await;
    let expected = [path(E3, "ActiveWithError", "DependencyViolation"), path(AUDIO, "Active", "None")];
    assert_eq!(sandbox.paths("lee.gu").await, expected);
    let group = format!("/groups/{}", sandbox.group("Sales").await);
    assert_eq!(sandbox.delete(&group).await.0, 400);
    assert_eq!(sandbox.license("lee.gu", json!([]), json!([AUDIO])).await.0, 200);
    let reprocess = "/users/lee.gu@contoso.com/reprocessLicenseAssignment";
    assert_eq!(sandbox.post(reprocess, json!({})).await.0, 200);
    assert_eq!(sandbox.paths("lee.gu").await, []);
    assert_eq!(sandbox.delete(&group).await.0, 204);
}

#[tokio::test]
async fn a_group_passes_through_every_state_of_processing() {
    let sandbox = Sandbox::from_seed(with_sales(&[("SPE_E3", 3)])).await;
    sandbox.turn(json!({ "processing_delay_ms": 300 })).await;
    sandbox.license_group("Sales", json!([all_of(E3)]), json!([])).await;
    let path = format!("/groups/{}?$select=licenseProcessingState", sandbox.group("Sales").await);
    let mut seen = Vec::new();
    for _ in 0..500 {
        let state = sandbox.get(&path).await.1["licenseProcessingState"]["state"].clone();
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        if seen.len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(seen, ["QueuedForProcessing", "ProcessingInProgress", "ProcessingComplete"]);
}

#[tokio::test]
async fn a_rule_decides_about_licenses_and_licenses_about_rules() {
    let mut seed = with_sales(&[("SPE_E3", 3)]);
    let dynamic = |name: &str, rule: &str| {
        json!({
            "displayName": name, "groupTypes": ["DynamicMembership"], "membershipRule": rule,
            "membershipRuleProcessingState": "On",
        })
    };
    let teams = r#"user.assignedPlans -any (assignedPlan.servicePlanId -eq "57ff2da0-773e-42df-b2af-ffb7a2317929" -and assignedPlan.capabilityStatus -eq "Enabled")"#;
    seed["groups"] =
        json!([dynamic("Retail", r#"user.department -eq "Retail""#), dynamic("Teams users", teams)]);
    let sandbox = Sandbox::from_seed(seed).await;
    sandbox.license_and_process("Retail", json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.consumed("SPE_E3").await, 0);
    let lee = "/users/lee.gu@contoso.com";
    assert_eq!(sandbox.patch(lee, json!({ "department": "Retail" })).await.0, 204);
    let state = sandbox.running.graph_endpoint() + "/sandbox/process";
    sandbox.client.post(&state).send().await.unwrap();
    assert_eq!(sandbox.until_paths("lee.gu", 1).await, [path(E3, "Active", "None")]);
    let members = format!("/groups/{}/members", sandbox.group("Teams users").await);
    assert_eq!(crate::support::names(&sandbox.get(&members).await.1), ["Lee Gu"]);
    assert_eq!(sandbox.patch(lee, json!({ "department": "Sales" })).await.0, 204);
    sandbox.client.post(&state).send().await.unwrap();
    assert_eq!(sandbox.until_paths("lee.gu", 0).await, []);
    assert_eq!(sandbox.get(&members).await.1["value"], json!([]));
}

#[tokio::test]
async fn large_groups_are_processed_to_the_last_member() {
    let (users, seed_number) = (2_500, 1);
    let seed = Seed::Synthetic { users, groups: 1, members: users, seed_number };
    let sandbox = Sandbox::with(Options { seed, ..Options::default() }).await;
    let name = "Group 000001";
    sandbox.license_and_process(name, json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.consumed("SPE_E3").await, 2_500);
    sandbox.license_and_process(name, json!([all_of(E5)]), json!([E3])).await;
    assert_eq!((sandbox.consumed("SPE_E3").await, sandbox.consumed("SPE_E5").await), (0, 2_500));
    assert_eq!(sandbox.errors(name).await, (vec![], vec![]));
}

#[tokio::test]
async fn what_a_killed_sandbox_left_undone_is_done_at_the_next_start() {
    let (killed, next) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hour = Duration::from_secs(3600);
    let options = Options {
        seed: Seed::Contoso,
        state: Some(killed.path().into()),
        processing_delay: hour,
        ..Options::default()
    };
    let sandbox = Sandbox::with(options).await;
    let p2 = "84a661c4-e949-4bd2-a560-ed7766fcaf2b";
    assert_eq!(sandbox.license_group("Finance", json!([all_of(p2)]), json!([])).await.0, 202);
    assert_eq!(sandbox.consumed("AAD_PREMIUM_P2").await, 0);
    for file in std::fs::read_dir(killed.path()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), next.path().join(file.file_name())).unwrap();
    }
    let sandbox = Sandbox::in_directory(next.path()).await;
    sandbox.processed("Finance").await;
    let members = format!("/groups/{}/members/microsoft.graph.user", sandbox.group("Finance").await);
    let (_, members) = sandbox.get(&members).await;
    let count = i64::try_from(members["value"].as_array().unwrap().len()).unwrap();
    assert!(count > 0);
    assert_eq!(sandbox.consumed("AAD_PREMIUM_P2").await, count.min(5));
}

#[tokio::test]
async fn overlapping_calls_can_be_lost_without_a_word() {
    let seats = [("SPE_E3", 3), ("AAD_PREMIUM_P2", 3)];
    let p2 = "84a661c4-e949-4bd2-a560-ed7766fcaf2b";
    for (loses, after, count) in [(true, vec![], 1), (true, vec!["1"], 2), (false, vec![], 2)] {
        let sandbox = Sandbox::from_seed(with_sales(&seats)).await;
        sandbox.turn(json!({ "lose_licenses": loses })).await;
        let group = sandbox.group("Sales").await;
        let item = |id: &str, sku: &str, after: &[&str]| {
            json!({
                "id": id, "method": "POST", "url": format!("/groups/{group}/assignLicense"), "dependsOn": after,
                "headers": { "Content-Type": "application/json" },
                "body": { "addLicenses": [all_of(sku)], "removeLicenses": [] },
            })
        };
        let batch = json!({ "requests": [item("1", E3, &[]), item("2", p2, &after)] });
        let (_, answer) = sandbox.post("/$batch", batch).await;
        for response in answer["responses"].as_array().unwrap() {
            assert_eq!(response["status"], 202, "{answer}");
        }
        let licensed = sandbox.processed("Sales").await;
        assert_eq!(licensed["assignedLicenses"].as_array().unwrap().len(), count, "{after:?} {licensed}");
    }
}

#[tokio::test]
async fn only_security_enabled_groups_have_licenses() {
    let mut seed = with_sales(&[("SPE_E3", 3)]);
    seed["groups"][0]["groupTypes"] = json!(["Unified"]);
    let sandbox = Sandbox::from_seed(seed).await;
    let (status, refusal) = sandbox.license_group("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!(status, 400, "{refusal}");
    let (status, refusal) = sandbox.license_group("Support", json!([]), json!([E3])).await;
    assert_eq!((status, message(&refusal)), (400, "Group does not have a corresponding license."));
    let group = format!("/groups/{}", sandbox.group("Sales").await);
    assert_eq!(sandbox.patch(&group, json!({ "securityEnabled": true })).await.0, 204);
    sandbox.license_and_process("Sales", json!([all_of(E3)]), json!([])).await;
    assert_eq!(sandbox.patch(&group, json!({ "securityEnabled": false })).await.0, 400);
}
