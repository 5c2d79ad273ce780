//! OData as the directory speaks it: annotations, casts, keys and limits.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Sandbox, answer, code, message, names, new_user, security_group};

#[tokio::test]
async fn annotations_come_in_three_degrees() {
    let sandbox = Sandbox::contoso().await;
    let read = async |level: &str| {
        let accept = format!("application/json;odata.metadata={level}");
        let path = "/users?$top=2&$select=id,displayName";
        let response = sandbox.request(Method::GET, path).header("Accept", accept).send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(response.headers()["odata-version"], "4.0");
        assert!(
            content_type.starts_with(&format!("application/json;odata.metadata={level};")),
            "{content_type}"
        );
        response.json::<Value>().await.unwrap()
    };
    let none = read("none").await;
    assert!(none.get("@odata.context").is_none() && none["@odata.nextLink"].is_string());
    let minimal = read("minimal").await;
    assert!(minimal["@odata.context"].is_string() && minimal["value"][0].get("@odata.type").is_none());
    let full = read("full").await;
    let user = &full["value"][0];
    assert_eq!(user["@odata.type"], "#microsoft.graph.user");
    assert!(user["@odata.id"].as_str().unwrap().contains(user["id"].as_str().unwrap()));
    assert!(user["manager@odata.navigationLink"].is_string());
}

#[tokio::test]
async fn an_id_comes_only_when_it_is_selected() {
    let sandbox = Sandbox::contoso().await;
    for path in ["/users?$select=displayName", "/groups?$select=displayName"] {
        let (_, list) = sandbox.get(path).await;
        assert_eq!(
            list["value"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["displayName"],
            "{path}"
        );
    }
    let (_, user) = sandbox.get("/users/lee.gu@contoso.com?$select=displayName").await;
    assert!(user.get("id").is_none());
}

#[tokio::test]
async fn contexts_name_set_selection_and_cast() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Retail").await;
    let cases = [
        ("/users".to_owned(), "users"),
        ("/users?$select=id,displayName".to_owned(), "users(id,displayName)"),
        (format!("/groups/{id}"), "groups/$entity"),
        (format!("/groups/{id}?$select=id"), "groups(id)/$entity"),
        (format!("/groups/{id}/members"), "directoryObjects"),
        (format!("/groups/{id}/members/microsoft.graph.user"), "users"),
    ];
    for (path, expected) in cases {
        let (_, body) = sandbox.get(&path).await;
        let context = body["@odata.context"].as_str().unwrap();
        assert!(context.ends_with(&format!("/v1.0/$metadata#{expected}")), "{path}: {context}");
    }
}

#[tokio::test]
async fn counts_are_text_and_need_the_header() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Retail").await;
    for path in ["/users/$count".to_owned(), format!("/groups/{id}/members/microsoft.graph.user/$count")] {
        let (status, body) = sandbox.get(&path).await;
        assert_eq!((status, code(&body)), (400, "Request_BadRequest"));
        assert_eq!(message(&body), "$count is not currently supported.");
        let request = sandbox.request(Method::GET, &path).header("ConsistencyLevel", "eventual");
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert!(response.text().await.unwrap().parse::<usize>().unwrap() > 1);
    }
}

#[tokio::test]
async fn a_count_comes_with_the_first_page_of_an_advanced_query_only() {
    let sandbox = Sandbox::contoso().await;
    let (_, plain) = sandbox.get("/users?$count=true").await;
    assert!(plain.get("@odata.count").is_none());
    let (_, first) = sandbox.get_advanced("/users?$count=true&$top=20").await;
    assert_eq!(first["@odata.count"], 32);
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert!(sandbox.get_advanced(link).await.1.get("@odata.count").is_none());
}

#[tokio::test]
async fn the_header_is_not_remembered_from_page_to_page() {
    let sandbox = Sandbox::contoso().await;
    let (_, first) = sandbox.get_advanced("/users?$count=true&$top=5&$filter=userType ne 'Guest'").await;
    let link = first["@odata.nextLink"].as_str().unwrap();
    let (status, body) = sandbox.get(link).await;
    assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"));
    assert_eq!(sandbox.get_advanced(link).await.0, 200);
}

#[tokio::test]
async fn casts_take_options_only_in_advanced_queries() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Retail").await;
    let cast = format!("/groups/{id}/members/microsoft.graph.group");
    assert_eq!(names(&sandbox.get(&cast).await.1), ["Retail Managers"]);
    let (status, body) = sandbox.get(&format!("{cast}?$select=displayName")).await;
    assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"));
    assert_eq!(sandbox.get_advanced(&format!("{cast}?$select=displayName&$count=true")).await.0, 200);
}

#[tokio::test]
async fn a_cast_to_a_type_without_objects_is_empty_and_to_nonsense_refused() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users/lee.gu@contoso.com/memberOf";
    let (status, roles) = sandbox.get(&format!("{path}/microsoft.graph.directoryRole")).await;
    assert_eq!((status, &roles["value"]), (200, &json!([])));
    let (_, all) = sandbox.get(&format!("{path}/microsoft.graph.directoryObject")).await;
    assert_eq!(all["value"], sandbox.get(path).await.1["value"]);
    assert_eq!(sandbox.get(&format!("{path}/microsoft.graph.crocodile")).await.0, 400);
}

#[tokio::test]
async fn names_that_begin_with_a_dollar_sign_need_parentheses() {
    let sandbox = Sandbox::contoso().await;
    assert_eq!(sandbox.get("/users/$lee@contoso.com").await.0, 400);
    assert_eq!(sandbox.get("/users('$lee@contoso.com')").await.0, 404);
    assert_eq!(sandbox.get("/users('lee.gu@contoso.com')").await.0, 200);
}

#[tokio::test]
async fn segments_are_read_without_regard_to_case() {
    let sandbox = Sandbox::contoso().await;
    assert_eq!(sandbox.get("/Users/lee.gu@contoso.com/MemberOf").await.0, 200);
    assert_eq!(sandbox.get("/directory/deleteditems/microsoft.graph.user").await.0, 200);
}

#[tokio::test]
async fn sign_in_activity_makes_pages_smaller() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users?$select=id,signInActivity";
    assert_eq!(sandbox.get(&format!("{path}&$top=500")).await.0, 200);
    let (status, body) = sandbox.get(&format!("{path}&$top=501")).await;
    assert_eq!(
        (status, message(&body)),
        (400, "Invalid page size specified: '501'. Must be between 1 and 500 inclusive.")
    );
}

#[tokio::test]
async fn what_is_kept_elsewhere_is_read_one_user_at_a_time() {
    let sandbox = Sandbox::contoso().await;
    let (status, body) = sandbox.get("/users?$select=id,skills").await;
    assert_eq!((status, code(&body)), (501, "NotImplemented"));
    let (status, user) =
        sandbox.get("/users/lee.gu@contoso.com?$select=aboutMe,skills,mailboxSettings").await;
    assert_eq!((status, &user["aboutMe"], &user["skills"]), (200, &json!(null), &json!([])));
}

#[tokio::test]
async fn long_operands_and_long_addresses_have_their_limits() {
    let sandbox = Sandbox::contoso().await;
    let long = "x".repeat(121);
    assert_eq!(sandbox.get(&format!("/users?$filter=displayName eq '{}'", &long[1..])).await.0, 200);
    let filter = format!("/users?$count=true&$filter=displayName eq '{long}'");
    assert_eq!(code(&sandbox.get(&filter).await.1), "Request_UnsupportedQuery");
    assert_eq!(sandbox.get_advanced(&filter).await.0, 200);

    let names: Vec<_> = (0..60).map(|number| format!("'A name of some length {number:020}'")).collect();
    let path = format!("/users?$count=true&$filter=displayName in ({})", names.join(","));
    let (status, body) = sandbox.get_advanced(&path).await;
    assert_eq!((status, code(&body)), (400, "Request_InvalidRequestUrl"));
    let item =
        json!({ "id": "1", "method": "GET", "url": path, "headers": { "ConsistencyLevel": "eventual" } });
    let (_, batch) = sandbox.post("/$batch", json!({ "requests": [item] })).await;
    assert_eq!(batch["responses"][0]["status"], 200);
}

#[tokio::test]
async fn an_element_is_negated_as_a_whole() {
    let sandbox = Sandbox::contoso().await;
    let ne = "/users?$count=true&$filter=otherMails/any(m:m ne 'x')";
    assert_eq!(sandbox.get_advanced(ne).await.0, 400);
    let not = "/users?$count=true&$filter=not(otherMails/any(m:m eq 'x'))";
    assert_eq!(sandbox.get_advanced(not).await.0, 200);
}

#[tokio::test]
async fn properties_without_an_index_say_so() {
    let sandbox = Sandbox::contoso().await;
    let (_, body) = sandbox.get_advanced("/users?$count=true&$filter=preferredDataLocation eq 'x'").await;
    assert_eq!(
        (code(&body), message(&body)),
        ("Request_UnsupportedQuery", "The request uses a filter property that is not indexed.")
    );
}

#[tokio::test]
async fn dates_are_listed_only_in_advanced_queries() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users?$count=true&$filter=createdDateTime in (2025-01-01T00:00:00Z)";
    assert_eq!(sandbox.get(path).await.0, 400);
    assert_eq!(sandbox.get_advanced(path).await.0, 200);
}

#[tokio::test]
async fn levels_show_the_chain_of_managers() {
    let sandbox = Sandbox::contoso().await;
    let expand = "$expand=manager($levels=max;$select=displayName)&$select=displayName";
    let path = format!("/users/alex.wilber@contoso.com?$count=true&{expand}");
    assert_eq!(code(&sandbox.get(&path).await.1), "Request_UnsupportedQuery");
    let (status, user) = sandbox.get_advanced(&path).await;
    assert_eq!((status, &user["manager"]["displayName"]), (200, &json!("Megan Bowen")));
    let mut last = &user;
    while last.get("manager").is_some() {
        last = &last["manager"];
    }
    assert_eq!(last["displayName"], "Patti Fernandez");
    let (_, list) = sandbox.get_advanced(&format!("/users?$count=true&{expand}")).await;
    assert!(list["value"].as_array().unwrap().iter().any(|user| user["manager"]["manager"].is_object()));
    let one = format!("/users/alex.wilber@contoso.com?$count=true&{}", expand.replace("max", "1"));
    assert!(sandbox.get_advanced(&one).await.1["manager"].get("manager").is_none());
}

#[tokio::test]
async fn one_relationship_is_expanded_and_not_in_advanced_queries() {
    let sandbox = Sandbox::contoso().await;
    assert_eq!(code(&sandbox.get("/users?$expand=manager,directReports").await.1), "ExpandNotSupported");
    assert_eq!(sandbox.get("/users?$expand=manager($expand=manager)").await.0, 400);
    let (status, body) = sandbox.get_advanced("/users?$expand=manager&$count=true").await;
    assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"));
}

#[tokio::test]
async fn new_objects_are_at_an_internal_address() {
    let sandbox = Sandbox::contoso().await;
    let request = sandbox.request(Method::POST, "/groups").json(&security_group("Somewhere"));
    let response = request.send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let id = response.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let tenant = &sandbox.running.credentials().tenant_id;
    let expected = format!("/v2/{tenant}/directoryObjects/{id}/Microsoft.DirectoryServices.Group");
    assert!(location.ends_with(&expected), "{location}");
}

#[tokio::test]
async fn references_are_read_whatever_their_host() {
    let sandbox = Sandbox::contoso().await;
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    let body = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{lee}") });
    assert_eq!(sandbox.post(&format!("/groups/{finance}/members/$ref"), body).await.0, 204);
    let (_, links) = sandbox.get(&format!("/groups/{finance}/members/$ref")).await;
    let ends =
        |link: &Value| link["@odata.id"].as_str().unwrap().ends_with(&format!("/directoryObjects/{lee}"));
    assert!(links["value"].as_array().unwrap().iter().any(ends));
}

#[tokio::test]
async fn preferences_the_directory_does_not_know_change_nothing() {
    let sandbox = Sandbox::contoso().await;
    let patch = sandbox.request(Method::PATCH, "/users/lee.gu@contoso.com").json(&json!({ "city": "Oslo" }));
    assert_eq!(answer(patch.header("Prefer", "return=representation")).await.0, 204);
    let response = sandbox.request(Method::GET, "/users/lee.gu@contoso.com").send().await.unwrap();
    assert!(!response.headers().contains_key("etag"));
}

#[tokio::test]
async fn a_body_of_more_than_four_megabytes_is_too_large() {
    let sandbox = Sandbox::contoso().await;
    let mut body = new_user("Large");
    body["displayName"] = json!("x".repeat(5 * 1024 * 1024));
    let (status, body) = sandbox.post("/users", body).await;
    assert_eq!((status, body["error"]["innerError"]["request-id"].is_string()), (413, true));
}

#[tokio::test]
async fn a_nickname_of_a_deleted_microsoft_365_group_stays_taken() {
    let sandbox = Sandbox::contoso().await;
    let body = json!({ "displayName": "Team", "mailNickname": "team-one", "mailEnabled": true, "securityEnabled": false, "groupTypes": ["Unified"] });
    let (_, group) = sandbox.post("/groups", body.clone()).await;
    let id = group["id"].as_str().unwrap();
    assert_eq!(sandbox.delete(&format!("/groups/{id}")).await.0, 204);
    let (status, refused) = sandbox.post("/groups", body.clone()).await;
    assert_eq!((status, &refused["error"]["details"][0]["code"]), (400, &json!("ObjectConflict")));
    assert_eq!(sandbox.delete(&format!("/directory/deletedItems/{id}")).await.0, 204);
    assert_eq!(sandbox.post("/groups", body).await.0, 201);
}

#[tokio::test]
async fn a_list_of_deleted_objects_takes_options() {
    let sandbox = Sandbox::contoso().await;
    sandbox.delete("/users/lee.gu@contoso.com").await;
    sandbox.delete("/users/adele.vance@contoso.com").await;
    let path = "/directory/deletedItems/microsoft.graph.user";
    let (_, filtered) =
        sandbox.get(&format!("{path}?$filter=displayName eq 'Lee Gu'&$select=id,displayName")).await;
    assert_eq!(names(&filtered), ["Lee Gu"]);
    let ordered = format!("{path}?$orderby=deletedDateTime&$count=true&$select=displayName");
    assert_eq!(sandbox.get(&ordered).await.0, 400);
    let (_, ordered) = sandbox.get_advanced(&ordered).await;
    assert_eq!(
        (names(&ordered), &ordered["@odata.count"]),
        (vec!["Adele Vance", "Brian Johnson", "Lee Gu"], &json!(3))
    );
    assert_eq!(sandbox.get("/directory/deletedItems").await.0, 400);
}

#[tokio::test]
async fn what_is_deleted_is_gone_when_its_time_has_come() {
    let sandbox = Sandbox::contoso().await;
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    sandbox.post(&format!("/groups/{finance}/members/$ref"), sandbox.reference(&lee)).await;
    sandbox.delete(&format!("/users/{lee}")).await;
    let path = format!("/directory/deletedItems/{lee}");
    assert_eq!(sandbox.get(&path).await.0, 200);
    let knobs = format!("{}/sandbox/faults", sandbox.running.graph_endpoint());
    let request = sandbox.client.patch(knobs).json(&json!({ "retention_ms": 1 }));
    assert_eq!(answer(request).await.0, 200);
    let mut tries = 0;
    while sandbox.get(&path).await.0 == 200 && tries < 100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        tries += 1;
    }
    assert_eq!(sandbox.get(&path).await.0, 404);
}
