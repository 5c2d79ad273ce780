//! A third party's client, curl, reads the tenant after an apply.

use libtest_mimic::Trial;

use crate::harness::witness::{HAS_CURL, curl};
use crate::harness::{Folder, Sandbox};

/// The tests of this module; without curl on this machine they are listed as ignored.
pub(crate) fn tests() -> Vec<Trial> {
    let tests: [(&str, fn()); 2] = [
        ("curl_sees_what_the_example_declares_of_people", people),
        ("curl_sees_what_the_example_declares_of_groups", groups),
    ];
    let trials = tests.map(|(name, run)| crate::harness::test(module_path!(), name, run));
    trials.into_iter().map(|trial| trial.with_ignored_flag(!*HAS_CURL)).collect()
}

fn applied() -> Sandbox {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    folder.apply(&sandbox, &[]).run().exits_with(0);
    sandbox
}

fn people() {
    let sandbox = applied();
    let person = "/users/sonia.rees@contoso.com?$select=displayName,jobTitle,companyName,employeeOrgData";
    let (status, sonia) = curl(&sandbox, &format!("{person}&$expand=manager($select=userPrincipalName)"));
    assert_eq!(status, 200, "{sonia}");
    assert_eq!(sonia["displayName"], "Sonia Rees");
    assert_eq!(sonia["jobTitle"], "Buyer");
    assert_eq!(sonia["companyName"], "Contoso", "from the defaults");
    assert_eq!(sonia["employeeOrgData"]["costCenter"], "1020");
    assert_eq!(sonia["manager"]["userPrincipalName"], "adele.vance@contoso.com");
    let (_, adele) = curl(&sandbox, "/users/adele.vance@contoso.com?$select=jobTitle");
    assert_eq!(adele["jobTitle"], "Store Manager");
    let (_, brian) = curl(&sandbox, "/users/brian.johnson@contoso.com?$select=id,jobTitle");
    assert_eq!(
        brian["id"], "f64c4da7-5c86-5bfc-b2ce-3400dc6bdd58",
        "the person who was deleted, and no other"
    );
    let (_, guests) =
        curl(&sandbox, "/users?$filter=mail%20eq%20'sara.davis@fabrikam.com'&$select=userType,displayName");
    assert_eq!(guests["value"][0]["userType"], "Guest", "{guests}");
    let (status, gone) = curl(&sandbox, "/users/mallory.cortez@contoso.com");
    assert_eq!(status, 404, "{gone}");
}

fn groups() {
    let sandbox = applied();
    let group = |name: &str, select: &str| {
        let name = name.replace(' ', "%20");
        let filter = format!("/groups?$filter=displayName%20eq%20'{name}'&$select=id,{select}");
        let (status, found) = curl(&sandbox, &filter);
        assert_eq!(status, 200, "{found}");
        assert_eq!(found["value"].as_array().unwrap().len(), 1, "{found}");
        found["value"][0].clone()
    };
    let members = |name: &str| {
        let id = group(name, "displayName")["id"].as_str().unwrap().to_owned();
        let (_, members) = curl(&sandbox, &format!("/groups/{id}/members?$select=displayName"));
        let members = members["value"].as_array().unwrap().clone();
        let mut names: Vec<String> =
            members.iter().map(|member| member["displayName"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(members("Retail Managers"), ["Adele Vance", "Lee Gu"]);
    assert_eq!(members("Store openings"), ["Alex Wilber", "Sonia Rees"]);
    assert!(!members("All employees").contains(&"Mallory Cortez".to_owned()));
    let sales = group("Sales", "membershipRule");
    assert_eq!(sales["membershipRule"], "user.department -in [\"Sales\", \"Retail\"]");
    let openings = group("Store openings", "groupTypes,visibility,uniqueName,mailEnabled");
    assert_eq!(openings["groupTypes"], serde_json::json!(["Unified"]));
    assert_eq!(
        (&openings["visibility"], &openings["uniqueName"]),
        (&"Private".into(), &"store-openings".into())
    );
}
