//! Who has registered which methods of authentication, and may use them.

use serde_json::{Value, json};
use tenantry_sandbox::{License, Options, Pim, Seed};

use crate::support::{Sandbox, code, signed_in_with};

const REPORT: &str = "/reports/authenticationMethods/userRegistrationDetails";
const METHODS: &str = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations";

fn seed() -> Value {
    json!({
        "users": [
            { "userPrincipalName": "megan.bowen@contoso.com", "displayName": "Megan Bowen",
                "methodsRegistered": ["microsoftAuthenticatorPush", "email"] },
            { "userPrincipalName": "alex.wilber@contoso.com", "displayName": "Alex Wilber",
                "methodsRegistered": ["email"] },
            { "userPrincipalName": "lee.gu@contoso.com", "displayName": "Lee Gu",
                "methodsRegistered": ["fido2SecurityKey"] },
            { "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance", "userType": "Guest" },
            { "userPrincipalName": "joni.sherman@contoso.com", "displayName": "Joni Sherman", "accountEnabled": false } ],
        "groups": [{ "displayName": "Keys", "uniqueName": "keys", "members": ["lee.gu@contoso.com"] }],
        "roleAssignmentSchedules": [
            { "principal": "alex.wilber@contoso.com", "roleDefinition": "User Administrator" }],
    })
}

async fn of(sandbox: &Sandbox, name: &str) -> Value {
    let filter = format!("{REPORT}?$filter=userPrincipalName eq '{name}@contoso.com'");
    let (status, found) = sandbox.get(&filter).await;
    assert_eq!(status, 200, "{found}");
    found["value"][0].clone()
}

#[tokio::test]
async fn it_tells_what_people_registered_and_whether_it_is_a_second_factor() {
    let sandbox = Sandbox::from_seed(seed()).await;
    let list = sandbox.get(&format!("{REPORT}?$orderby=userPrincipalName")).await.1;
    let people: Vec<_> = list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["userDisplayName"].as_str().unwrap())
        .collect();
    assert_eq!(people, ["Adele Vance", "Alex Wilber", "Lee Gu", "Megan Bowen"]);

    let megan = of(&sandbox, "megan.bowen").await;
    assert_eq!(megan["methodsRegistered"], json!(["microsoftAuthenticatorPush", "email"]));
    assert_eq!((&megan["isMfaRegistered"], &megan["isAdmin"]), (&json!(true), &json!(false)));
    let user = sandbox.get("/users/megan.bowen@contoso.com?$select=id").await.1;
    assert_eq!(megan["id"], user["id"]);

    let alex = of(&sandbox, "alex.wilber").await;
    assert_eq!((&alex["isMfaRegistered"], &alex["isAdmin"]), (&json!(false), &json!(true)));
    assert_eq!(alex["isSsprRegistered"], true);
    let adele = of(&sandbox, "adele.vance").await;
    assert_eq!((&adele["methodsRegistered"], &adele["userType"]), (&json!([]), &json!("guest")));
    assert_eq!(sandbox.get("/users/megan.bowen@contoso.com").await.1.get("methodsRegistered"), None);
}

#[tokio::test]
async fn a_method_counts_where_the_tenant_allows_it() {
    let sandbox = Sandbox::from_seed(seed()).await;
    let fido = |change: Value| {
        let mut body = change;
        body["@odata.type"] = "#microsoft.graph.fido2AuthenticationMethodConfiguration".into();
        body
    };
    let path = format!("{METHODS}/Fido2");
    let group = sandbox.get("/groups(uniqueName='keys')").await.1["id"].clone();
    let target = json!([{ "id": group, "targetType": "group" }]);
    let is_capable = async || of(&sandbox, "lee.gu").await["isMfaCapable"].clone();

    assert_eq!(sandbox.patch(&path, fido(json!({ "state": "disabled" }))).await.0, 204);
    assert_eq!(
        (is_capable().await, of(&sandbox, "lee.gu").await["isMfaRegistered"].clone()),
        (json!(false), json!(true))
    );
    assert_eq!(sandbox.patch(&path, fido(json!({ "state": "enabled" }))).await.0, 204);
    assert_eq!(
        (is_capable().await, of(&sandbox, "lee.gu").await["isPasswordlessCapable"].clone()),
        (json!(true), json!(true))
    );
    assert_eq!(sandbox.patch(&path, fido(json!({ "excludeTargets": target }))).await.0, 204);
    assert_eq!(is_capable().await, json!(false));
}

#[tokio::test]
async fn it_is_filtered_and_paged_and_nothing_else() {
    let sandbox = Sandbox::from_seed(seed()).await;
    let (_, found) = sandbox.get(&format!("{REPORT}?$filter=isMfaRegistered eq true&$top=1")).await;
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let next = sandbox.get(found["@odata.nextLink"].as_str().unwrap()).await.1;
    assert_eq!((next["value"].as_array().unwrap().len(), &next["@odata.nextLink"]), (1, &Value::Null));
    assert_eq!(sandbox.get(&format!("{REPORT}?$select=id")).await.0, 400);
    let id = found["value"][0]["id"].as_str().unwrap();
    assert_eq!(sandbox.get(&format!("{REPORT}/{id}")).await.1["id"], id);
    assert_eq!(sandbox.post(REPORT, json!({})).await.0, 405);
}

#[tokio::test]
async fn it_takes_a_permission_and_a_licence() {
    for (permission, expected) in [("Policy.Read.All", 403), ("AuditLog.Read.All", 200)] {
        let mut sandbox = Sandbox::contoso().await;
        sandbox.token = signed_in_with(&sandbox, permission).await;
        assert_eq!(sandbox.get(REPORT).await.0, expected, "{permission}");
    }

    let pim = Pim { license: License::Products, ..Pim::default() };
    let sandbox = Sandbox::with(Options { seed: Seed::Empty, pim, ..Options::default() }).await;
    let (status, refused) = sandbox.get(REPORT).await;
    assert_eq!(
        (status, code(&refused)),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        "{refused}"
    );
}
