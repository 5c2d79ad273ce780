//! Named locations and authentication contexts of Conditional Access.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, code, message, names, signed_in_with};

const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";
const CONTEXTS: &str = "/identity/conditionalAccess/authenticationContextClassReferences";

fn range(version: u8, cidr: &str) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.iPv{version}CidrRange"), "cidrAddress": cidr })
}

fn office(trusted: bool) -> Value {
    json!({ "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Head office", "isTrusted": trusted,
        "ipRanges": [range(4, "203.0.113.0/24"), range(6, "2001:db8::/32")] })
}

fn countries() -> Value {
    json!({ "@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Where we sell",
        "countriesAndRegions": ["DE", "FR"] })
}

/// Creates a location and returns its path.
async fn created(sandbox: &Sandbox, body: Value) -> String {
    let (status, made) = sandbox.post(LOCATIONS, body).await;
    assert_eq!(status, 201, "{made}");
    format!("{LOCATIONS}/{}", made["id"].as_str().unwrap())
}

#[tokio::test]
async fn locations_are_of_two_sorts() {
    let sandbox = Sandbox::contoso().await;
    let office_path = created(&sandbox, office(false)).await;
    let countries_path = created(&sandbox, countries()).await;
    let (_, found) = sandbox.get(&office_path).await;
    assert_eq!(found["@odata.type"], "#microsoft.graph.ipNamedLocation");
    assert_eq!(found["ipRanges"], office(false)["ipRanges"]);
    assert_eq!((&found["isTrusted"], &found["modifiedDateTime"]), (&json!(false), &Value::Null));
    assert!(found.get("countriesAndRegions").is_none(), "{found}");
    let (_, found) = sandbox.get(&countries_path).await;
    assert_eq!(found["countryLookupMethod"], "clientIpAddress");
    assert_eq!(found["includeUnknownCountriesAndRegions"], false);
    assert!(found.get("ipRanges").is_none(), "{found}");
    let (_, all) = sandbox.get(LOCATIONS).await;
    assert_eq!(names(&all), ["Head office", "Where we sell"]);
    let (_, one) =
        sandbox.get(&format!("{LOCATIONS}?$filter=displayName eq 'Head office'&$select=ipRanges")).await;
    assert_eq!(one["value"].as_array().unwrap().len(), 1, "{one}");
    assert_eq!(one["value"][0]["ipRanges"], office(false)["ipRanges"]);
}

#[tokio::test]
async fn an_update_names_the_sort_and_replaces_the_ranges() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, office(false)).await;
    let mut change = json!({ "ipRanges": [range(4, "198.51.100.0/24")] });
    assert_eq!(sandbox.patch(&path, change.clone()).await.0, 400);
    change["@odata.type"] = countries()["@odata.type"].clone();
    assert_eq!(sandbox.patch(&path, change.clone()).await.0, 400);
    change["@odata.type"] = office(false)["@odata.type"].clone();
    assert_eq!(sandbox.patch(&path, change.clone()).await.0, 204);
    let (_, found) = sandbox.get(&path).await;
    assert_eq!((&found["ipRanges"], &found["displayName"]), (&change["ipRanges"], &json!("Head office")));
    assert!(found["modifiedDateTime"].is_string(), "{found}");
}

#[tokio::test]
async fn impossible_locations_are_refused() {
    let sandbox = Sandbox::contoso().await;
    for (base, name, value) in [
        (office(false), "@odata.type", json!("#microsoft.graph.namedLocation")),
        (office(false), "@odata.type", Value::Null),
        (office(false), "displayName", Value::Null),
        (office(false), "ipRanges", json!([])),
        (office(false), "ipRanges", Value::Null),
        (office(false), "ipRanges", json!([range(4, "10.0.0.0/8")])),
        (office(false), "ipRanges", json!([range(4, "203.0.113.0")])),
        (office(false), "ipRanges", json!([range(4, "203.0.113.0/33")])),
        (office(false), "ipRanges", json!([range(4, "2001:db8::/32")])),
        (office(false), "ipRanges", json!([{ "cidrAddress": "203.0.113.0/24" }])),
        (office(false), "ipRanges", Value::from(vec![range(4, "203.0.113.0/24"); 2_001])),
        (office(false), "countriesAndRegions", json!(["DE"])),
        (countries(), "countriesAndRegions", json!([])),
        (countries(), "countriesAndRegions", json!(["Germany"])),
        (countries(), "countryLookupMethod", json!("guess")),
        (countries(), "isTrusted", json!(true)),
    ] {
        let mut body = base;
        body[name] = value;
        let (status, refused) = sandbox.post(LOCATIONS, body.clone()).await;
        assert_eq!((status, code(&refused)), (400, "BadRequest"), "{body}: {refused}");
        let inner = refused["error"]["innerError"]["message"].as_str().unwrap();
        assert!(inner.starts_with("1007: "), "{inner}");
    }
    let (_, none) = sandbox.get(LOCATIONS).await;
    assert_eq!(none["value"], json!([]));
}

#[tokio::test]
async fn a_trusted_location_has_to_be_untrusted_before_it_goes() {
    let sandbox = Sandbox::contoso().await;
    let path = created(&sandbox, office(true)).await;
    let (status, refused) = sandbox.delete(&path).await;
    assert_eq!(status, 400, "{refused}");
    assert!(message(&refused).contains("trusted"), "{refused}");
    let change = json!({ "@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": false });
    assert_eq!(sandbox.patch(&path, change).await.0, 204);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    let (status, gone) = sandbox.get(&path).await;
    assert_eq!((status, code(&gone)), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn there_are_at_most_195_locations() {
    let sandbox = Sandbox::contoso().await;
    for _ in 0..195 {
        created(&sandbox, countries()).await;
    }
    assert_eq!(sandbox.post(LOCATIONS, countries()).await.0, 400);
}

#[tokio::test]
async fn contexts_are_created_by_post_and_by_patch() {
    let sandbox = Sandbox::contoso().await;
    let body = json!({ "id": "c1", "displayName": "Confidential", "description": "", "isAvailable": true });
    let (status, made) = sandbox.post(CONTEXTS, body.clone()).await;
    assert_eq!((status, &made["id"]), (201, &json!("c1")), "{made}");
    assert_eq!(sandbox.post(CONTEXTS, body).await.0, 400);
    let path = format!("{CONTEXTS}/c99");
    assert_eq!(sandbox.get(&path).await.0, 404);
    assert_eq!(sandbox.patch(&path, json!({ "displayName": "Step up" })).await.0, 204);
    assert_eq!(sandbox.patch(&path, json!({ "description": "With a key" })).await.0, 204);
    let (_, found) = sandbox.get(&path).await;
    let shown = ["id", "displayName", "description"].map(|name| found[name].as_str().unwrap());
    assert_eq!((shown, &found["isAvailable"]), (["c99", "Step up", "With a key"], &json!(false)));
    for id in ["c0", "c01", "c100", "c", "d1", "C1", "c+1"] {
        let (status, refused) = sandbox.post(CONTEXTS, json!({ "id": id, "displayName": "Never" })).await;
        assert_eq!((status, code(&refused)), (400, "BadRequest"), "{id}: {refused}");
        assert_ne!(sandbox.patch(&format!("{CONTEXTS}/{id}"), json!({ "id": "c5" })).await.0, 204);
    }
}

#[tokio::test]
async fn a_context_has_to_be_hidden_before_it_goes() {
    let sandbox = Sandbox::contoso().await;
    let body = json!({ "id": "c7", "displayName": "Confidential", "isAvailable": true });
    assert_eq!(sandbox.post(CONTEXTS, body).await.0, 201);
    let path = format!("{CONTEXTS}/c7");
    assert_eq!(sandbox.delete(&path).await.0, 400);
    assert_eq!(sandbox.patch(&path, json!({ "isAvailable": false })).await.0, 204);
    assert_eq!(sandbox.delete(&path).await.0, 204);
    assert_eq!(sandbox.get(&path).await.0, 404);
}

#[tokio::test]
async fn they_stand_in_seeds() {
    let mut location = office(true);
    location["id"] = json!("61111111-1111-1111-1111-111111111111");
    let context = json!({ "id": "c1", "displayName": "Confidential", "isAvailable": true });
    let seed = json!({ "namedLocations": [location, countries()],
        "authenticationContextClassReferences": [context] });
    let sandbox = Sandbox::from_seed(seed).await;
    let (_, found) = sandbox.get(&format!("{LOCATIONS}/61111111-1111-1111-1111-111111111111")).await;
    assert_eq!((&found["ipRanges"], &found["isTrusted"]), (&office(true)["ipRanges"], &json!(true)));
    assert_eq!(sandbox.get(&format!("{CONTEXTS}/c1")).await.1["displayName"], "Confidential");
    let state = sandbox.state().await;
    let again = Sandbox::from_seed(state.clone()).await;
    assert_eq!(again.state().await["namedLocations"], state["namedLocations"]);
    assert_eq!(again.get(LOCATIONS).await.1["value"], sandbox.get(LOCATIONS).await.1["value"]);
}

#[tokio::test]
async fn each_takes_its_permissions() {
    let sandbox = Sandbox::contoso().await;
    let reader = signed_in_with(&sandbox, "Policy.Read.All").await;
    let writer = signed_in_with(&sandbox, "Policy.ReadWrite.ConditionalAccess").await;
    let contexts_reader = signed_in_with(&sandbox, "AuthenticationContext.Read.All").await;
    let contexts_writer = signed_in_with(&sandbox, "AuthenticationContext.ReadWrite.All").await;
    let context = json!({ "id": "c1", "displayName": "Confidential" });
    for (token, method, path, body, expected) in [
        (&reader, Method::GET, LOCATIONS, Value::Null, 200),
        (&contexts_writer, Method::GET, LOCATIONS, Value::Null, 403),
        (&reader, Method::POST, LOCATIONS, countries(), 403),
        // Writing alone is not enough: it takes to read policies and applications too.
        (&writer, Method::POST, LOCATIONS, countries(), 403),
        (&contexts_reader, Method::POST, CONTEXTS, context.clone(), 403),
        (&contexts_writer, Method::POST, CONTEXTS, context, 201),
        (&contexts_reader, Method::GET, CONTEXTS, Value::Null, 200),
    ] {
        let url = format!("{}/v1.0{path}", sandbox.running.graph_endpoint());
        let request = sandbox.client.request(method.clone(), url).bearer_auth(token).json(&body);
        assert_eq!(answer(request).await.0, expected, "{method} {path}");
    }
}
