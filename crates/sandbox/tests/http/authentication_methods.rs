//! The authentication methods policy and the configuration of each method.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, signed_in_with};

const POLICY: &str = "/policies/authenticationMethodsPolicy";
const METHODS: &str = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations";

fn of(method: &str, mut change: Value) -> Value {
    change["@odata.type"] = format!("#microsoft.graph.{method}AuthenticationMethodConfiguration").into();
    change
}

async fn method(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.get(&format!("{METHODS}/{id}")).await.1
}

#[tokio::test]
async fn every_built_in_method_is_inline_and_has_an_address() {
    let sandbox = Sandbox::contoso().await;
    let (status, policy) = sandbox.get(POLICY).await;
    assert_eq!((status, &policy["id"]), (200, &json!("authenticationMethodsPolicy")), "{policy}");
    let inline = policy["authenticationMethodConfigurations"].as_array().unwrap();
    let ids: Vec<&str> = inline.iter().map(|method| method["id"].as_str().unwrap()).collect();
    let expected = [
        "Email",
        "Fido2",
        "MicrosoftAuthenticator",
        "QRCodePin",
        "Sms",
        "SoftwareOath",
        "TemporaryAccessPass",
        "VerifiableCredentials",
        "Voice",
        "X509Certificate",
    ];
    assert_eq!(ids, expected);
    for of_policy in inline {
        let mut alone = method(&sandbox, of_policy["id"].as_str().unwrap()).await;
        alone.as_object_mut().unwrap().remove("@odata.context");
        assert_eq!(&alone, of_policy);
    }
    assert_eq!(sandbox.get(METHODS).await.1["value"].as_array().unwrap().len(), expected.len());
    assert_eq!(method(&sandbox, "fido2").await["id"], "Fido2");
    assert_eq!(sandbox.get(&format!("{METHODS}/Fax")).await.0, 404);
}

#[tokio::test]
async fn a_policy_is_merged_at_the_top_and_replaced_below() {
    let sandbox = Sandbox::contoso().await;
    let campaign = json!({ "state": "enabled", "snoozeDurationInDays": 3, "excludeTargets": [],
        "includeTargets": [{ "id": "all_users", "targetType": "group", "targetedAuthenticationMethod": "fido2" }] });
    let change =
        json!({ "registrationEnforcement": { "authenticationMethodsRegistrationCampaign": campaign } });
    assert_eq!(sandbox.patch(POLICY, change.clone()).await.0, 204);
    let (_, policy) = sandbox.get(POLICY).await;
    assert_eq!(policy["registrationEnforcement"], change["registrationEnforcement"]);
    assert_eq!(policy["reconfirmationInDays"], 0);
    let less = json!({ "registrationEnforcement": { "authenticationMethodsRegistrationCampaign": { "state": "disabled" } } });
    assert_eq!(sandbox.patch(POLICY, less.clone()).await.0, 204);
    assert_eq!(sandbox.get(POLICY).await.1["registrationEnforcement"], less["registrationEnforcement"]);
    let mut long = change.clone();
    long["registrationEnforcement"]["authenticationMethodsRegistrationCampaign"]["snoozeDurationInDays"] =
        15.into();
    assert_eq!(sandbox.patch(POLICY, long).await.0, 400);
    assert_eq!(sandbox.patch(POLICY, json!({ "policyMigrationState": "done" })).await.0, 400);
}

#[tokio::test]
async fn a_change_names_the_type_of_the_method() {
    let sandbox = Sandbox::contoso().await;
    let path = format!("{METHODS}/Sms");
    assert_eq!(sandbox.patch(&path, json!({ "state": "enabled" })).await.0, 400);
    assert_eq!(sandbox.patch(&path, of("voice", json!({ "state": "enabled" }))).await.0, 400);
    assert_eq!(sandbox.patch(&path, of("sms", json!({ "isOfficePhoneAllowed": true }))).await.0, 400);
    let targets = json!([{ "id": "all_users", "targetType": "group", "isUsableForSignIn": true }]);
    let change = of("sms", json!({ "state": "enabled", "includeTargets": targets }));
    assert_eq!(sandbox.patch(&path, change).await, (204, Value::Null));
    let found = method(&sandbox, "Sms").await;
    assert_eq!((&found["state"], &found["includeTargets"]), (&json!("enabled"), &targets));
    let unknown = sandbox.patch(&format!("{METHODS}/Fax"), of("sms", json!({}))).await;
    assert_eq!(unknown.0, 404);
}

#[tokio::test]
async fn deleting_a_built_in_method_brings_its_defaults_back() {
    let sandbox = Sandbox::contoso().await;
    let path = format!("{METHODS}/TemporaryAccessPass");
    let before = method(&sandbox, "TemporaryAccessPass").await;
    let change = of("temporaryAccessPass", json!({ "state": "enabled", "defaultLength": 12 }));
    assert_eq!(sandbox.patch(&path, change).await.0, 204);
    assert_eq!(method(&sandbox, "TemporaryAccessPass").await["defaultLength"], 12);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(method(&sandbox, "TemporaryAccessPass").await, before);
}

#[tokio::test]
async fn external_methods_come_and_go() {
    let sandbox = Sandbox::contoso().await;
    let body = of(
        "external",
        json!({ "displayName": "Adatum", "appId": "83f0fa2c-9a8f-4bfb-9b2d-6c3a5d7e1f00", "state": "enabled",
            "openIdConnectSetting": { "clientId": "contoso", "discoveryUrl": "https://id.adatum.com/.well-known/openid-configuration" } }),
    );
    let (status, made) = sandbox.post(METHODS, body).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("{METHODS}/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&path).await.1["displayName"], "Adatum");
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&path).await.0, 404);
    assert_eq!(sandbox.post(METHODS, of("sms", json!({ "state": "enabled" }))).await.0, 400);
}

#[tokio::test]
async fn impossible_methods_are_refused() {
    let sandbox = Sandbox::contoso().await;
    let group = |id: &str| json!([{ "id": id, "targetType": "group" }]);
    let profile = |id: &str| json!({ "id": id, "name": id, "attestationEnforcement": "disabled" });
    let profiles = ["1", "2", "3", "4"].map(profile);
    for (id, name, change) in [
        ("TemporaryAccessPass", "temporaryAccessPass", json!({ "defaultLength": 7 })),
        ("TemporaryAccessPass", "temporaryAccessPass", json!({ "minimumLifetimeInMinutes": 120 })),
        ("TemporaryAccessPass", "temporaryAccessPass", json!({ "maximumLifetimeInMinutes": 43_201 })),
        ("QRCodePin", "qrCodePin", json!({ "pinLength": 21 })),
        ("Email", "email", json!({ "state": "disabled", "allowExternalIdToUseEmailOtp": "enabled" })),
        ("Voice", "voice", json!({ "includeTargets": group("Sales") })),
        ("Voice", "voice", json!({ "state": "perhaps" })),
        ("Voice", "voice", json!({ "includeTargets": [{ "id": "all_users", "targetType": "user" }] })),
        ("Fido2", "fido2", json!({ "keyRestrictions": { "aaGuids": ["key"] } })),
        ("Fido2", "fido2", json!({ "defaultPasskeyProfile": "1" })),
        ("Fido2", "fido2", json!({ "passkeyProfiles": profiles })),
    ] {
        let (status, answer) = sandbox.patch(&format!("{METHODS}/{id}"), of(name, change.clone())).await;
        assert_eq!(status, 400, "{change}: {answer}");
    }
}

#[tokio::test]
async fn passkey_profiles_stay() {
    let sandbox = Sandbox::contoso().await;
    let path = format!("{METHODS}/Fido2");
    let id = "00000000-0000-0000-0000-000000000001";
    let profiles = json!([{ "id": id, "name": "Default", "attestationEnforcement": "disabled", "passkeyTypes": "deviceBound" }]);
    let change = of("fido2", json!({ "passkeyProfiles": profiles, "defaultPasskeyProfile": id }));
    assert_eq!(sandbox.patch(&path, change).await.0, 204);
    assert_eq!(sandbox.patch(&path, of("fido2", json!({ "passkeyProfiles": [] }))).await.0, 400);
}

#[tokio::test]
async fn the_policy_is_no_larger_than_20_kilobytes() {
    let sandbox = Sandbox::contoso().await;
    let groups = |count: usize| -> Value {
        (0..count).map(|_| json!({ "id": uuid::Uuid::new_v4(), "targetType": "group" })).collect()
    };
    let path = format!("{METHODS}/Voice");
    assert_eq!(sandbox.patch(&path, of("voice", json!({ "excludeTargets": groups(100) }))).await.0, 204);
    let (status, answer) = sandbox.patch(&path, of("voice", json!({ "excludeTargets": groups(400) }))).await;
    assert_eq!(status, 400, "{answer}");
}

#[tokio::test]
async fn reading_and_writing_take_permissions_of_their_own() {
    let sandbox = Sandbox::contoso().await;
    let reader = signed_in_with(&sandbox, "Policy.Read.AuthenticationMethod").await;
    let writer = signed_in_with(&sandbox, "Policy.ReadWrite.AuthenticationMethod").await;
    let other = signed_in_with(&sandbox, "User.Read.All").await;
    let voice = format!("{METHODS}/Voice");
    let change = of("voice", json!({ "state": "enabled" }));
    let confirm = json!({ "reconfirmationInDays": 30 });
    for (token, method, path, body, expected) in [
        (&reader, Method::GET, POLICY, Value::Null, 200),
        (&reader, Method::GET, &voice, Value::Null, 200),
        (&other, Method::GET, &voice, Value::Null, 403),
        (&reader, Method::PATCH, &voice, change.clone(), 403),
        (&reader, Method::PATCH, POLICY, confirm.clone(), 403),
        (&writer, Method::PATCH, &voice, change, 204),
        (&writer, Method::PATCH, POLICY, confirm, 204),
        (&reader, Method::DELETE, &voice, Value::Null, 403),
        (&writer, Method::DELETE, &voice, Value::Null, 204),
    ] {
        let url = format!("{}/v1.0{path}", sandbox.running.graph_endpoint());
        let request = sandbox.client.request(method.clone(), url).bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(&body) };
        assert_eq!(answer(request).await.0, expected, "{method} {path}");
    }
}
