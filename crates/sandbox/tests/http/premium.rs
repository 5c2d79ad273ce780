//! What takes Microsoft Entra ID P1 or P2, where products decide about that.

use serde_json::{Value, json};
use tenantry_sandbox::{License, Options, Pim, Seed};

use crate::support::{Sandbox, code};

const POLICIES: &str = "/identity/conditionalAccess/policies";

/// A tenant with one product of these plans.
async fn with_plans(plans: &[&str]) -> Sandbox {
    let plans: Vec<Value> = plans.iter().map(|name| json!({ "servicePlanName": name })).collect();
    let seed = json!({ "subscribedSkus": [{ "skuPartNumber": "SOME", "skuId": "4b590615-0888-425a-a965-b3bf7789848d",
        "prepaidUnits": { "enabled": 5 }, "servicePlans": plans }] });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.json");
    std::fs::write(&file, seed.to_string()).unwrap();
    let pim = Pim { license: License::Products, ..Pim::default() };
    Sandbox::with(Options { seed: Seed::File(file), pim, ..Options::default() }).await
}

fn policy(risks: Value) -> Value {
    json!({ "displayName": "Everybody proves who they are", "state": "enabledForReportingButNotEnforced",
        "conditions": { "clientAppTypes": ["all"], "applications": { "includeApplications": ["All"] },
            "users": { "includeUsers": ["All"] }, "signInRiskLevels": risks },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] } })
}

#[tokio::test]
async fn policies_take_p1_and_those_about_risks_p2() {
    let (plain, risky) = (policy(json!([])), policy(json!(["high"])));
    let cases = [
        (vec!["EXCHANGE_S_STANDARD"], (403, 403)),
        (vec!["AAD_PREMIUM"], (201, 403)),
        (vec!["AAD_PREMIUM_P2"], (201, 201)),
    ];
    for (plans, expected) in cases {
        let sandbox = with_plans(&plans).await;
        let (first, answer) = sandbox.post(POLICIES, plain.clone()).await;
        let (second, refused) = sandbox.post(POLICIES, risky.clone()).await;
        assert_eq!((first, second), expected, "{plans:?}: {answer} {refused}");
        if second == 403 {
            assert_eq!(code(&refused), "AccessDenied", "{refused}");
        }
    }
}

#[tokio::test]
async fn reading_policies_takes_no_licence() {
    assert_eq!(with_plans(&[]).await.get(POLICIES).await.0, 200);
}
