//! Authentication strengths and the configurations of their combinations.

use serde_json::{Value, json};

use crate::support::{Sandbox, message, names};

const SET: &str = "/policies/authenticationStrengthPolicies";
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";

fn strength(combinations: &[&str]) -> Value {
    json!({ "displayName": "Keys of ours", "description": "", "allowedCombinations": combinations })
}

/// Creates a strength and returns its path.
async fn created(sandbox: &Sandbox, combinations: &[&str]) -> String {
    let (status, made) = sandbox.post(SET, strength(combinations)).await;
    assert_eq!(status, 201, "{made}");
    format!("{SET}/{}", made["id"].as_str().unwrap())
}

#[tokio::test]
async fn three_are_built_in_and_never_change() {
    let sandbox = Sandbox::empty().await;
    let (_, all) = sandbox.get(SET).await;
    assert_eq!(names(&all), ["Multifactor authentication", "Passwordless MFA", "Phishing-resistant MFA"]);
    let path = format!("{SET}/{PHISHING_RESISTANT}");
    let (_, found) = sandbox.get(&path).await;
    let expected = json!(["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]);
    assert_eq!((&found["allowedCombinations"], &found["policyType"]), (&expected, &json!("builtIn")));
    assert_eq!(sandbox.patch(&path, json!({ "displayName": "Mine" })).await.0, 400);
    assert_eq!(sandbox.delete(&path).await.0, 400);
    let action = format!("{path}/updateAllowedCombinations");
    assert_eq!(sandbox.post(&action, json!({ "allowedCombinations": ["fido2"] })).await.0, 400);
    let configuration = json!({ "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": ["fido2"], "allowedAAGUIDs": [] });
    assert_eq!(sandbox.post(&format!("{path}/combinationConfigurations"), configuration).await.0, 400);
    let state = sandbox.state().await;
    assert_eq!(state["authenticationStrengthPolicies"], json!([]), "what is built in is no part of a tenant");
}

#[tokio::test]
async fn a_custom_one_changes_its_combinations_by_an_action() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, &["fido2", "password, softwareOath"]).await;
    let (_, found) = sandbox.get(&path).await;
    assert_eq!((&found["policyType"], &found["requirementsSatisfied"]), (&json!("custom"), &json!("mfa")));
    let refused = sandbox.patch(&path, json!({ "allowedCombinations": ["fido2"] })).await;
    assert_eq!(refused.0, 400, "{refused:?}");
    assert_eq!(sandbox.patch(&path, json!({ "displayName": "Keys or codes" })).await.0, 204);
    let action = format!("{path}/updateAllowedCombinations");
    let (status, answer) = sandbox.post(&action, json!({ "allowedCombinations": ["fido2", "sms"] })).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["previousCombinations"], json!(["fido2", "password, softwareOath"]));
    assert_eq!(answer["currentCombinations"], json!(["fido2", "sms"]));
    assert_eq!(answer["conditionalAccessReferences"], json!([]));
    let (_, found) = sandbox.get(&path).await;
    assert_eq!(
        (&found["displayName"], &found["requirementsSatisfied"]),
        (&json!("Keys or codes"), &json!("none"))
    );
    assert_eq!(sandbox.get(&format!("{path}/usage")).await.1["mfa"], json!([]));
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&path).await.0, 404);
}

#[tokio::test]
async fn impossible_strengths_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let long = "x".repeat(31);
    for (name, value) in [
        ("allowedCombinations", json!([])),
        ("allowedCombinations", json!(["retina"])),
        ("allowedCombinations", json!(["fido2,sms"])),
        ("allowedCombinations", Value::Null),
        ("displayName", json!(long)),
        ("displayName", Value::Null),
        ("policyType", json!("builtIn")),
        ("requirementsSatisfied", json!("mfa")),
    ] {
        let mut body = strength(&["fido2"]);
        body[name] = value;
        assert_eq!(sandbox.post(SET, body.clone()).await.0, 400, "{body}");
    }
    for _ in 0..15 {
        created(&sandbox, &["fido2"]).await;
    }
    let (status, refused) = sandbox.post(SET, strength(&["fido2"])).await;
    assert_eq!(status, 400);
    assert!(message(&refused).contains("15"), "{refused}");
}

#[tokio::test]
async fn combinations_are_configured_one_by_one() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, &["fido2", "x509CertificateMultiFactor"]).await;
    let set = format!("{path}/combinationConfigurations");
    let keys = json!({ "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": ["fido2"], "allowedAAGUIDs": ["de1e552d-db1d-4423-a619-566b625cdc84"] });
    let (status, made) = sandbox.post(&set, keys.clone()).await;
    assert_eq!(status, 201, "{made}");
    let certificates = json!({ "@odata.type": "#microsoft.graph.x509CertificateCombinationConfiguration",
        "appliesToCombinations": ["x509CertificateMultiFactor"], "allowedPolicyOIDs": ["1.2.3.4"] });
    assert_eq!(sandbox.post(&set, certificates.clone()).await.0, 201);
    let (_, all) = sandbox.get(&set).await;
    assert_eq!(all["value"].as_array().unwrap().len(), 2, "{all}");
    for (base, name, value) in [
        (&keys, "appliesToCombinations", json!(["sms"])),
        (&keys, "appliesToCombinations", json!(["x509CertificateMultiFactor"])),
        (&keys, "appliesToCombinations", json!([])),
        (&keys, "allowedAAGUIDs", json!(["mine"])),
        (&keys, "@odata.type", Value::Null),
        (&certificates, "allowedPolicyOIDs", json!(["1", "2", "3", "4", "5", "6"])),
        (&certificates, "allowedAAGUIDs", json!([])),
    ] {
        let mut body = base.clone();
        body[name] = value;
        assert_eq!(sandbox.post(&set, body.clone()).await.0, 400, "{body}");
    }
    let one = format!("{set}/{}", made["id"].as_str().unwrap());
    let change = json!({ "@odata.type": keys["@odata.type"], "allowedAAGUIDs": [] });
    assert_eq!(sandbox.patch(&one, change).await.0, 204);
    let (_, found) = sandbox.get(&one).await;
    assert_eq!(found["@odata.type"], keys["@odata.type"]);
    assert_eq!(found["allowedAAGUIDs"], json!([]));
    assert_eq!(sandbox.delete(&one).await.0, 204);
    let (_, all) = sandbox.get(&format!("{path}?$expand=combinationConfigurations")).await;
    assert_eq!(all["combinationConfigurations"].as_array().unwrap().len(), 1, "{all}");
}

#[tokio::test]
async fn they_stand_in_seeds() {
    let configuration = json!({ "id": "71111111-1111-1111-1111-111111111111",
        "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": ["fido2"], "allowedAAGUIDs": ["de1e552d-db1d-4423-a619-566b625cdc84"] });
    let mut own = strength(&["fido2"]);
    own["combinationConfigurations"] = json!(["71111111-1111-1111-1111-111111111111"]);
    let seed =
        json!({ "authenticationStrengthPolicies": [own], "combinationConfigurations": [configuration] });
    let sandbox = Sandbox::from_seed(seed).await;
    let (_, all) = sandbox.get(SET).await;
    assert_eq!(names(&all).len(), 4, "{all}");
    let state = sandbox.state().await;
    let again = Sandbox::from_seed(state.clone()).await;
    for section in ["authenticationStrengthPolicies", "combinationConfigurations"] {
        assert_eq!(state[section].as_array().unwrap().len(), 1);
        assert_eq!(again.state().await[section], state[section]);
    }
}
