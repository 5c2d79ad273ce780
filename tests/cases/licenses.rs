//! Licences beyond what one plan and one apply show: seats counted by the service, members who do not get theirs.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, scenario, tests};

tests![
    seats_after_an_apply_are_those_that_the_plan_said,
    members_in_error_are_a_failure_with_the_cause_in_words,
    member_without_a_seat_gets_the_one_that_is_given_up,
    lost_answers_to_assignments_are_settled_by_reading,
    products_go_by_the_names_of_microsofts_table,
];

/// Scenarios about licences that are applied.
fn scenarios() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(scenario::root()).expect("there is a folder of scenarios");
    let folders = entries.map(|entry| entry.expect("the folder is read").path());
    let licensed = |folder: &PathBuf| {
        let seed = std::fs::read_to_string(folder.join("seed.json")).unwrap_or_default();
        seed.contains("subscribedSkus") && !folder.join("options.toml").exists()
    };
    folders.filter(licensed).collect()
}

/// Seats taken by part number, as the service counts them.
fn seats(sandbox: &Sandbox) -> Vec<(String, u64)> {
    let skus = sandbox.graph("GET", "/subscribedSkus", None);
    let skus = skus["value"].as_array().expect("a list");
    let mut seats: Vec<(String, u64)> = skus
        .iter()
        .map(|sku| {
            let name = sku["skuPartNumber"].as_str().unwrap_or_default().to_owned();
            (name, sku["consumedUnits"].as_u64().expect("a number"))
        })
        .collect();
    seats.sort();
    seats
}

/// Seats once they are as expected, or after ten seconds: members are processed in the background.
fn settled(sandbox: &Sandbox, expected: &[(String, u64)]) -> Vec<(String, u64)> {
    for _ in 0..200 {
        if seats(sandbox) == expected {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    seats(sandbox)
}

fn seats_after_an_apply_are_those_that_the_plan_said() {
    let scenarios = scenarios();
    assert!(scenarios.len() >= 4, "{scenarios:?}");
    for folder in scenarios {
        let sandbox = Sandbox::seeded(&folder.join("seed.json"));
        let config = Folder::copy_of(&folder.join("config"));
        let plan = config.plan(&sandbox, &["--format", "json"]).run().exits_with(0);
        let plan: Value = serde_json::from_str(&plan.stdout).expect("the plan is JSON");
        let said = plan["impact"]["seats"].as_array().cloned().unwrap_or_default();
        let mut expected = seats(&sandbox);
        for (name, taken) in &mut expected {
            let Some(seats) = said.iter().find(|seats| seats["sku"]["sku"] == **name) else { continue };
            assert_eq!(seats["now"], json!(*taken), "{name} in {}", folder.display());
            *taken = seats["after"].as_u64().expect("a number");
        }
        config.apply(&sandbox, &[]).run().exits_with(0);
        assert_eq!(settled(&sandbox, &expected), expected, "{}", folder.display());
    }
}

/// Adele Vance has Office 365 E1, which does not go with E3.
const SEED: &str = r#"{
  "organization": {"displayName": "Contoso", "countryLetterCode": "US", "verifiedDomains": [{"name": "contoso.com", "isDefault": true, "isInitial": false}, {"name": "contoso.onmicrosoft.com", "isDefault": false, "isInitial": true}]},
  "users": [
    {"userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance", "usageLocation": "US", "assignedLicenses": [{"skuId": "18181a46-0d4e-45cd-891e-60aabd171b4e", "disabledPlans": []}]},
    {"userPrincipalName": "lee.gu@contoso.com", "displayName": "Lee Gu", "usageLocation": "US"}
  ],
  "groups": [
    {"displayName": "Sales", "uniqueName": "sales", "members": ["adele.vance@contoso.com", "lee.gu@contoso.com"]}
  ],
  "subscribedSkus": [
    {"skuPartNumber": "STANDARDPACK", "prepaidUnits": {"enabled": 5}},
    {"skuPartNumber": "ENTERPRISEPACK", "prepaidUnits": {"enabled": 5}},
    {"skuPartNumber": "EMS", "prepaidUnits": {"enabled": 5}}
  ]
}"#;

const SALES: &str = r#"
[tenant]
id = "contoso.onmicrosoft.com"

[groups.Sales]
licenses = ["ENTERPRISEPACK", "EMS"]
"#;

fn members_in_error_are_a_failure_with_the_cause_in_words() {
    let sandbox = Sandbox::of(SEED);
    let folder = Folder::of(SALES);
    folder.plan(&sandbox, &[]).run().exits_with(0).says("exclude each other");
    let failed = folder.apply(&sandbox, &[]).run().exits_with(4);
    for words in [
        "assigned, but 1 member did not get everything",
        "user:adele.vance@contoso.com",
        "EMS: another product of the same group could not be assigned (Other)",
        "ENTERPRISEPACK: a service plan conflicts with one from another product (MutuallyExclusiveViolation)",
    ] {
        assert!(plain(&failed.stdout).contains(words), "{words}: {}", failed.stdout);
    }
    // The assignment stands, so there is nothing to do for it; what is the matter is said all the same.
    let again = folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0);
    let again = plain(&again.says("nothing to do").stdout);
    assert!(again.contains("1 member of group:Sales did not get ENTERPRISEPACK"), "{again}");
    // Once what stands in the way is taken away, the service is asked to try again.
    folder.write("people.toml", "[users.\"adele.vance@contoso.com\"]\nlicenses = []\n");
    let fixed = folder.apply(&sandbox, &[]).run().exits_with(0);
    let fixed = fixed.warns("remove STANDARDPACK for user:adele.vance");
    let fixed = fixed.warns("reprocess the licences of user:adele.vance");
    assert!(!fixed.stdout.contains("did not get"), "{}", fixed.stdout);
    let last = folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert!(!last.stdout.contains("did not get"), "{}", last.stdout);
    assert!(plain(&fixed.stdout).contains("EMS 1 → 2 of 5 seats"), "{}", fixed.stdout);
}

/// The third member of a group that has two seats waits until somebody leaves.
fn member_without_a_seat_gets_the_one_that_is_given_up() {
    let seed = SEED
        .replace(r#"{"userPrincipalName": "lee.gu"#, r#"{"userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen", "usageLocation": "US"},
    {"userPrincipalName": "lee.gu"#)
        .replace(r#"["adele.vance@contoso.com", "lee.gu@contoso.com"]"#, r#"["megan.bowen@contoso.com", "lee.gu@contoso.com"], "assignedLicenses": [{"skuId": "efccb6f7-5641-4e0e-bd10-b4976e1bf68e", "disabledPlans": []}]"#)
        .replace(r#""EMS", "prepaidUnits": {"enabled": 5}"#, r#""EMS", "prepaidUnits": {"enabled": 1}"#);
    let sandbox = Sandbox::of(&seed);
    let sales = "[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n[groups.Sales]\nlicenses = [\"EMS\"]\n";
    let folder = Folder::of(sales);
    let waits = folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    let waits = plain(&waits.stdout);
    assert!(waits.contains("did not get EMS, because no seats are left (CountViolation)"), "{waits}");
    let (left, stays) = match waits.contains("user:lee.gu@contoso.com") {
        true => ("lee.gu", "megan.bowen"),
        false => ("megan.bowen", "lee.gu"),
    };
    folder
        .write("tenantry.toml", &format!("{sales}members = {{ never = [\"user:{stays}@contoso.com\"] }}\n"));
    let applied = folder.apply(&sandbox, &[]).run().exits_with(0);
    let applied = applied.warns(&format!("reprocess the licences of user:{left}"));
    assert!(plain(&applied.stdout).contains("EMS 1 → 1 of 1 seats"), "{}", applied.stdout);
    let last = folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
    assert!(!last.stdout.contains("did not get"), "{}", last.stdout);
}

/// Text without the breaks that a screen's width puts into it.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lost_answers_to_assignments_are_settled_by_reading() {
    let sandbox = Sandbox::of(SEED);
    let users = ["adele.vance", "lee.gu"]
        .map(|name| format!("[users.\"{name}@contoso.com\"]\nlicenses = [\"EMS\"]\n"))
        .concat();
    let folder = Folder::of(&format!("[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n{users}"));
    sandbox.faults(&json!({ "lose_every": 2 }));
    folder.apply(&sandbox, &[]).run().exits_with(0).says("2 of 2 steps");
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}

fn products_go_by_the_names_of_microsofts_table() {
    let sandbox = Sandbox::of(SEED);
    let folder = Folder::of(
        "[tenant]\nid = \"contoso.onmicrosoft.com\"\n\n[licensing]\nproduct_names = \"names.csv\"\n\n\
         [groups.Sales]\nlicenses = [\"enterprise mobility + security e3\"]\n",
    );
    let columns = "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names";
    let ems = "Enterprise Mobility + Security E3,EMS,efccb6f7-5641-4e0e-bd10-b4976e1bf68e,MFA_PREMIUM,8a256a2b-b617-496d-b51b-e76466e88db0,MFA";
    folder.write("names.csv", &format!("\u{feff}{columns}\r\n{ems}\r\n"));
    let plan = folder.plan(&sandbox, &[]).run().exits_with(0);
    let plan = plan.says("+ EMS (Enterprise Mobility + Security E3)");
    assert!(
        plain(&plan.stdout).contains("Impact EMS (Enterprise Mobility + Security E3) 0 → 2 of 5"),
        "{}",
        plan.stdout
    );
    folder.apply(&sandbox, &[]).run().exits_with(0);
    folder.plan(&sandbox, &["--detailed-exitcode"]).run().exits_with(0).says("nothing to do");
}
