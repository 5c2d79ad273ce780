//! App registrations, service principals and the app roles granted to them.

use serde_json::{Value, json};

use crate::support::{Sandbox, code, message, registered};

const GRAPH: &str = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";

fn values(list: &Value) -> &[Value] {
    list["value"].as_array().unwrap()
}

/// Microsoft Graph's service principal and the id of one of its permissions.
async fn permission(sandbox: &Sandbox, name: &str) -> (String, String) {
    let (status, graph) = sandbox.get(GRAPH).await;
    assert_eq!(status, 200, "{graph}");
    let role = graph["appRoles"].as_array().unwrap().iter().find(|role| role["value"] == name).unwrap();
    (graph["id"].as_str().unwrap().to_owned(), role["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_application_is_registered_and_comes_into_the_tenant() {
    let sandbox = Sandbox::contoso().await;
    let (status, application) = sandbox.post("/applications", json!({ "displayName": "Deploy" })).await;
    assert_eq!(status, 201, "{application}");
    let app_id = application["appId"].as_str().unwrap();
    assert_ne!(application["id"], app_id, "the object has an id of its own");
    assert_eq!(application["publisherDomain"], "contoso.onmicrosoft.com");
    let by_key = sandbox.get(&format!("/applications(appId='{app_id}')")).await;
    assert_eq!((by_key.0, &by_key.1["id"]), (200, &application["id"]));

    let (status, principal) = sandbox.post("/servicePrincipals", json!({ "appId": app_id })).await;
    assert_eq!(status, 201, "{principal}");
    assert_eq!(principal["displayName"], "Deploy");
    assert_eq!(principal["servicePrincipalNames"], json!([app_id]));
    let by_key = sandbox.get(&format!("/servicePrincipals(appId='{app_id}')")).await;
    assert_eq!((by_key.0, &by_key.1["id"]), (200, &principal["id"]));

    let (status, again) = sandbox.post("/servicePrincipals", json!({ "appId": app_id })).await;
    assert_eq!((status, code(&again)), (400, "Request_BadRequest"));
    assert!(message(&again).contains("already in use"), "{again}");
    let unknown = json!({ "appId": "11111111-1111-1111-1111-111111111111" });
    let (status, refused) = sandbox.post("/servicePrincipals", unknown).await;
    assert_eq!((status, code(&refused)), (400, "Request_BadRequest"));
}

#[tokio::test]
async fn applications_and_service_principals_have_owners() {
    let sandbox = Sandbox::contoso().await;
    let (_, application) = sandbox.post("/applications", json!({ "displayName": "Deploy" })).await;
    let (_, principal) = sandbox.post("/servicePrincipals", json!({ "appId": application["appId"] })).await;
    let adele = sandbox.user("adele.vance").await;
    for (set, object) in [("applications", &application), ("servicePrincipals", &principal)] {
        let owners = format!("/{set}/{}/owners", object["id"].as_str().unwrap());
        let added = sandbox.post(&format!("{owners}/$ref"), sandbox.reference(&adele)).await;
        assert_eq!(added.0, 204, "{set}: {}", added.1);
        let (_, list) = sandbox.get(&owners).await;
        assert_eq!(values(&list)[0]["displayName"], "Adele Vance");
        assert_eq!(sandbox.delete(&format!("{owners}/{adele}/$ref")).await.0, 204);
        assert!(values(&sandbox.get(&owners).await.1).is_empty());
    }
}

#[tokio::test]
async fn a_granted_permission_shows_at_both_ends_until_it_is_taken_away() {
    let sandbox = Sandbox::contoso().await;
    let (_, application) = sandbox.post("/applications", json!({ "displayName": "Deploy" })).await;
    let (_, principal) = sandbox.post("/servicePrincipals", json!({ "appId": application["appId"] })).await;
    let principal = principal["id"].as_str().unwrap();
    let (graph, role) = permission(&sandbox, "RoleManagement.ReadWrite.Directory").await;
    let body = json!({ "principalId": principal, "resourceId": graph, "appRoleId": role });
    let held = format!("/servicePrincipals/{principal}/appRoleAssignments");

    let (status, granted) = sandbox.post(&held, body.clone()).await;
    assert_eq!(status, 201, "{granted}");
    assert_eq!(granted["principalDisplayName"], "Deploy");
    assert_eq!(granted["principalType"], "ServicePrincipal");
    assert_eq!(granted["resourceDisplayName"], "Microsoft Graph");
    let given = format!("/servicePrincipals/{graph}/appRoleAssignedTo");
    let (status, again) = sandbox.post(&given, body).await;
    assert_eq!((status, message(&again)), (400, "Permission being assigned already exists on the object"));

    let of_principal =
        |list: &Value| values(list).iter().filter(|one| one["principalId"] == principal).count();
    assert_eq!(of_principal(&sandbox.get(&held).await.1), 1);
    assert_eq!(of_principal(&sandbox.get(&given).await.1), 1);
    let one = format!("{given}/{}", granted["id"].as_str().unwrap());
    assert_eq!(sandbox.delete(&one).await.0, 204);
    assert_eq!(of_principal(&sandbox.get(&held).await.1), 0);
    assert_eq!(of_principal(&sandbox.get(&given).await.1), 0);
}

#[tokio::test]
async fn only_what_is_offered_is_granted_and_only_to_the_one_addressed() {
    let sandbox = Sandbox::contoso().await;
    let (graph, role) = permission(&sandbox, "User.Read.All").await;
    let own = &sandbox.running.credentials().client_id;
    let (_, own) = sandbox.get(&format!("/servicePrincipals(appId='{own}')")).await;
    let own = own["id"].as_str().unwrap();
    let path = format!("/servicePrincipals/{own}/appRoleAssignments");
    let unknown = "11111111-1111-1111-1111-111111111111";
    let body = json!({ "principalId": own, "resourceId": graph, "appRoleId": unknown });
    let (status, refused) = sandbox.post(&path, body).await;
    assert_eq!((status, message(&refused)), (400, "Permission being assigned was not found on application."));
    let body = json!({ "principalId": graph, "resourceId": graph, "appRoleId": role });
    let (status, refused) = sandbox.post(&path, body).await;
    assert_eq!((status, message(&refused)), (400, "Not a valid reference update."));
}

#[tokio::test]
async fn permissions_of_a_registered_application_are_grants_and_follow_its_changes() {
    let sandbox = Sandbox::contoso().await;
    let application =
        registered(&sandbox, json!({ "displayName": "Deployer", "roles": ["User.Read.All"] })).await;
    let app_id = application["appId"].as_str().unwrap();
    let held = format!("/servicePrincipals(appId='{app_id}')/appRoleAssignments");
    let (_, role) = permission(&sandbox, "User.Read.All").await;
    let (status, list) = sandbox.get(&held).await;
    assert_eq!(status, 200, "{list}");
    assert_eq!(values(&list).iter().map(|one| &one["appRoleId"]).collect::<Vec<_>>(), [&json!(role)]);

    let url = format!("{}/sandbox/applications/{app_id}", sandbox.running.graph_endpoint());
    let change = json!({ "roles": ["RoleManagement.ReadWrite.Directory"] });
    assert_eq!(sandbox.client.patch(url).json(&change).send().await.unwrap().status(), 200);
    let (_, role) = permission(&sandbox, "RoleManagement.ReadWrite.Directory").await;
    let (_, list) = sandbox.get(&held).await;
    assert_eq!(values(&list).iter().map(|one| &one["appRoleId"]).collect::<Vec<_>>(), [&json!(role)]);
}

#[tokio::test]
async fn a_seed_has_applications_and_grants() {
    let sandbox = Sandbox::from_seed(json!({
        "users": [{ "userPrincipalName": "adele.vance@contoso.com", "displayName": "Adele Vance" }],
        "applications": [{ "displayName": "Deploy", "appId": "0f0e0d0c-0000-4000-8000-000000000001",
            "owners": ["adele.vance@contoso.com"] }],
        "servicePrincipals": [
            { "displayName": "Deploy", "appId": "0f0e0d0c-0000-4000-8000-000000000001",
              "owners": ["adele.vance@contoso.com"] },
            { "displayName": "Microsoft Graph", "appId": "00000003-0000-0000-c000-000000000000" }],
        "registeredApplications": [{ "displayName": "Backup", "roles": ["Directory.Read.All"] }],
        "groups": [{ "displayName": "Machines", "members": ["0f0e0d0c-0000-4000-8000-000000000001"] }]
    }))
    .await;
    let deploy = "(appId='0f0e0d0c-0000-4000-8000-000000000001')";
    for set in ["applications", "servicePrincipals"] {
        let (_, owners) = sandbox.get(&format!("/{set}{deploy}/owners")).await;
        assert_eq!(values(&owners)[0]["displayName"], "Adele Vance", "{set}");
    }
    let (_, groups) = sandbox.get(&format!("/servicePrincipals{deploy}/memberOf")).await;
    assert_eq!(values(&groups)[0]["displayName"], "Machines");
    let (_, granted) = sandbox.get(&format!("{GRAPH}/appRoleAssignedTo")).await;
    assert!(values(&granted).iter().any(|one| one["principalDisplayName"] == "Backup"));
    let again = Sandbox::from_seed(sandbox.state().await).await;
    let (_, granted_again) = again.get(&format!("{GRAPH}/appRoleAssignedTo")).await;
    assert_eq!(values(&granted_again).len(), values(&granted).len(), "what is dumped is a seed");
}
