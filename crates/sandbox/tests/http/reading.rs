//! Lists, filters, selection and expansion.

use crate::support::{Sandbox, answer, code, message, names, new_user};
use serde_json::json;
use tenantry_sandbox::{Faults, Options, Seed};

#[tokio::test]
async fn a_list_without_select_has_the_default_set_and_nothing_else() {
    let sandbox = Sandbox::contoso().await;
    let (_, user) = sandbox.get("/users/adele.vance@contoso.com").await;
    let mut found: Vec<_> = user.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    let expected = [
        "@odata.context",
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    assert_eq!(found, expected);
    assert!(user["@odata.context"].as_str().unwrap().ends_with("/v1.0/$metadata#users/$entity"));
}

#[tokio::test]
async fn select_shows_unset_properties_as_null_or_empty() {
    let sandbox = Sandbox::contoso().await;
    let (_, user) =
        sandbox.get("/users/adele.vance@contoso.com?$select=faxNumber,otherMails,department").await;
    assert_eq!((&user["faxNumber"], &user["otherMails"]), (&json!(null), &json!([])));
    assert_eq!(user["department"], "Retail");
    assert!(user.get("displayName").is_none());
}

#[tokio::test]
async fn select_of_an_unknown_property_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let (status, body) = sandbox.get("/users?$select=shoeSize").await;
    assert_eq!((status, code(&body)), (400, "BadRequest"));
    assert!(message(&body).contains("shoeSize"));
}

#[tokio::test]
async fn passwords_are_never_read_back() {
    let sandbox = Sandbox::contoso().await;
    sandbox.post("/users", new_user("Sonia Test")).await;
    let (_, user) = sandbox.get("/users/sonia.test@contoso.com?$select=passwordProfile").await;
    assert_eq!(user["passwordProfile"], json!(null));
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition_while_the_tenant_changes() {
    let seed = Seed::Synthetic { users: 250, groups: 0, members: 0, seed_number: 1 };
    let sandbox = Sandbox::with(Options { seed, ..Options::default() }).await;
    let (_, first) = sandbox.get("/users?$top=100").await;
    let seen: Vec<_> = first["value"].as_array().unwrap().iter().map(|user| user["id"].clone()).collect();
    assert_eq!(seen.len(), 100);
    sandbox.delete(&format!("/users/{}", seen[10].as_str().unwrap())).await;
    sandbox.post("/users", new_user("Late Comer")).await;
    let rest = sandbox.pages(first["@odata.nextLink"].as_str().unwrap()).await;
    let rest: Vec<_> =
        rest.into_iter().flatten().filter(|user| user["displayName"] != "Late Comer").collect();
    assert_eq!(rest.len(), 150);
    assert!(rest.iter().all(|user| !seen.contains(&user["id"])));
}

#[tokio::test]
async fn the_page_size_has_limits() {
    let sandbox = Sandbox::contoso().await;
    for (top, status) in [("0", 400), ("1", 200), ("999", 200), ("1000", 400), ("x", 400)] {
        assert_eq!(sandbox.get(&format!("/users?$top={top}")).await.0, status, "$top={top}");
    }
    let (_, body) = sandbox.get("/users?$top=1000").await;
    assert_eq!(message(&body), "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.");
}

#[tokio::test]
async fn a_page_token_that_was_never_handed_out_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let (status, body) = sandbox.get("/users?$skiptoken=nonsense").await;
    assert_eq!((status, message(&body)), (400, "The page token is not valid."));
}

#[tokio::test]
async fn short_pages_cap_what_top_asks_for() {
    let sandbox = Sandbox::faulty(Faults { short_pages: Some(7), ..Faults::default() }).await;
    let pages = sandbox.pages("/users?$top=999").await;
    assert!(pages.len() > 3);
    assert!(pages.iter().all(|page| page.len() <= 7));
}

#[tokio::test]
async fn filters_find_what_they_describe() {
    let sandbox = Sandbox::contoso().await;
    let sales = ["Ben Walters", "Bianca Pisani", "Cameron White", "Isaiah Langer"];
    let cases: &[(&str, &[&str])] = &[
        ("department eq 'sales'", &sales),
        ("department eq 'Sales' and city eq 'Seattle'", &["Ben Walters", "Cameron White"]),
        ("startsWith(displayName,'me') or startswith(givenName,'nes')", &["Megan Bowen", "Nestor Wilke"]),
        ("displayName in ('Lee Gu','Adele Vance')", &["Adele Vance", "Lee Gu"]),
        ("userType eq 'Guest'", &["Delia Dennis"]),
        ("onPremisesSyncEnabled eq true", &["Gerhart Moller", "Raul Razo"]),
        ("proxyAddresses/any(p:p eq 'SMTP:lee.gu@contoso.com')", &["Lee Gu"]),
        ("otherMails/any(m:startsWith(m,'delia'))", &["Delia Dennis"]),
        ("userPrincipalName ge 'pradeep' and userPrincipalName lt 'raul.z'", &["Pradeep Gupta", "Raul Razo"]),
        (
            "(city eq 'Tokyo' or city eq 'Cairo') and department eq 'Finance'",
            &["Emily Braun", "Pradeep Gupta"],
        ),
        ("createdDateTime ge 2030-01-01T00:00:00Z", &[]),
    ];
    for (filter, expected) in cases {
        let (status, found) = sandbox.get(&format!("/users?$filter={filter}")).await;
        assert_eq!(status, 200, "{filter}: {found}");
        assert_eq!(names(&found), *expected, "{filter}");
    }
}

#[tokio::test]
async fn advanced_filters_need_the_header_and_the_count() {
    let sandbox = Sandbox::contoso().await;
    let cases: &[(&str, &[&str])] = &[
        ("endsWith(mail,'@fabrikam.com')", &["Delia Dennis"]),
        ("companyName eq 'Fabrikam'", &["Delia Dennis"]),
        ("department eq null and userType ne 'Guest'", &["Break glass 1", "Break glass 2"]),
        ("not(startsWith(userPrincipalName,'breakglass')) and usageLocation eq null", &["Delia Dennis"]),
        (
            "assignedLicenses/$count eq 0 and department eq 'Operations' and city eq 'Seattle'",
            &["Nestor Wilke"],
        ),
    ];
    for (filter, expected) in cases {
        let (status, refused) = sandbox.get(&format!("/users?$filter={filter}")).await;
        assert_eq!((status, code(&refused)), (400, "Request_UnsupportedQuery"), "{filter}");
        let (status, found) = sandbox.get_advanced(&format!("/users?$count=true&$filter={filter}")).await;
        assert_eq!(status, 200, "{filter}: {found}");
        assert_eq!(
            (names(&found), &found["@odata.count"]),
            (expected.to_vec(), &json!(expected.len())),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn impossible_filters_are_refused_even_as_advanced_queries() {
    let sandbox = Sandbox::contoso().await;
    let filters = [
        "aboutMe eq 'x'",
        "nonsense eq 'x'",
        "displayName eq 1",
        "accountEnabled eq 'true'",
        "displayName eq",
        "otherMails eq 'x'",
        "contains(displayName,'x')",
        "accountEnabled ge true",
        "groups/any(g:g eq 'x')",
    ];
    for filter in filters {
        let (status, body) = sandbox.get_advanced(&format!("/users?$count=true&$filter={filter}")).await;
        assert_eq!(status, 400, "{filter}: {body}");
    }
}

#[tokio::test]
async fn more_than_fifteen_alternatives_need_an_advanced_query() {
    let sandbox = Sandbox::contoso().await;
    let list = |count: usize| (0..count).map(|number| format!("'{number}'")).collect::<Vec<_>>().join(",");
    assert_eq!(sandbox.get(&format!("/users?$filter=displayName in ({})", list(15))).await.0, 200);
    let (status, body) = sandbox.get(&format!("/users?$filter=displayName in ({})", list(16))).await;
    assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"));
    let advanced = format!("/users?$count=true&$filter=displayName in ({})", list(16));
    assert_eq!(sandbox.get_advanced(&advanced).await.0, 200);
}

#[tokio::test]
async fn counting_needs_the_header() {
    let sandbox = Sandbox::contoso().await;
    let (status, body) = sandbox.get("/users/$count").await;
    assert_eq!((status, message(&body)), (400, "$count is not currently supported."));
    assert_eq!(sandbox.get_advanced("/users/$count").await, (200, json!(32)));
    let (_, silent) = sandbox.get("/users?$count=true").await;
    assert!(silent.get("@odata.count").is_none());
}

#[tokio::test]
async fn a_count_may_be_filtered_by_what_needs_an_advanced_query() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users/$count?$filter=userType ne 'Guest' and endsWith(userPrincipalName,'@contoso.com')";
    assert_eq!(sandbox.get_advanced(path).await, (200, json!(31)));
}

#[tokio::test]
async fn a_misspelt_query_option_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let (status, body) = sandbox.get("/users?$selct=id").await;
    assert_eq!((status, code(&body)), (400, "BadRequest"));
}

#[tokio::test]
async fn sorting_is_stable_over_pages() {
    let sandbox = Sandbox::contoso().await;
    let pages = sandbox.pages("/users?$orderby=displayName desc&$top=5").await;
    let found: Vec<_> = pages.iter().flatten().map(|user| user["displayName"].as_str().unwrap()).collect();
    let mut expected = found.clone();
    expected.sort_unstable();
    expected.reverse();
    assert_eq!((found.len(), &found), (32, &expected));
    let (status, _) = sandbox.get("/users?$orderby=city").await;
    assert_eq!(status, 400);
    let (status, _) = sandbox.get("/users?$orderby=displayName&$filter=city eq 'Seattle'").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn search_finds_words_and_needs_the_header() {
    let sandbox = Sandbox::contoso().await;
    assert_eq!(code(&sandbox.get("/users?$search=\"displayName:wil\"").await.1), "Request_UnsupportedQuery");
    let (_, found) = sandbox.get_advanced("/users?$search=\"displayName:wil\"").await;
    assert_eq!(names(&found), ["Alex Wilber", "Nestor Wilke"]);
}

#[tokio::test]
async fn expand_shows_the_manager_with_the_selected_properties() {
    let sandbox = Sandbox::contoso().await;
    let (_, user) =
        sandbox.get("/users/alex.wilber@contoso.com?$expand=manager($select=id,displayName)").await;
    let expected = json!({
        "@odata.type": "#microsoft.graph.user",
        "id": sandbox.user("megan.bowen").await,
        "displayName": "Megan Bowen",
    });
    assert_eq!(user["manager"], expected);
    let (_, president) = sandbox.get("/users/patti.fernandez@contoso.com?$expand=manager").await;
    assert!(president.get("manager").is_none());
}

#[tokio::test]
async fn expand_shows_at_most_twenty_objects() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("All employees").await;
    let (_, group) = sandbox.get(&format!("/groups/{id}?$expand=members($select=id)")).await;
    assert_eq!(group["members"].as_array().unwrap().len(), 20);
    let (_, members) = sandbox.get(&format!("/groups/{id}/members")).await;
    assert_eq!(members["value"].as_array().unwrap().len(), 29);
}

#[tokio::test]
async fn expand_of_something_unknown_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let (status, body) = sandbox.get("/users?$expand=friends").await;
    assert_eq!((status, code(&body)), (400, "ExpandNotSupported"));
}

#[tokio::test]
async fn members_carry_their_type_and_can_be_cast() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Retail").await;
    let (_, members) = sandbox.get(&format!("/groups/{id}/members?$select=id,displayName,mailEnabled")).await;
    let types: std::collections::BTreeSet<_> = members["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["@odata.type"].as_str().unwrap())
        .collect();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["#microsoft.graph.group", "#microsoft.graph.user"]);
    let (_, groups) = sandbox.get(&format!("/groups/{id}/members/microsoft.graph.group")).await;
    assert_eq!(names(&groups), ["Retail Managers"]);
}

#[tokio::test]
async fn transitive_members_reach_through_nested_groups() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Retail").await;
    let user = sandbox.user("lynne.robbins").await;
    sandbox.delete(&format!("/groups/{id}/members/{user}/$ref")).await;
    let (_, direct) = sandbox.get(&format!("/groups/{id}/members")).await;
    assert!(!names(&direct).contains(&"Lynne Robbins"));
    let (_, reached) = sandbox.get(&format!("/groups/{id}/transitiveMembers")).await;
    assert!(names(&reached).contains(&"Lynne Robbins"));
    let (_, groups) = sandbox.get(&format!("/users/{user}/transitiveMemberOf")).await;
    assert!(names(&groups).contains(&"Retail"));
}

#[tokio::test]
async fn alternate_keys_and_unknown_segments() {
    let sandbox = Sandbox::contoso().await;
    let by_key = "/users(userPrincipalName='lee.gu@contoso.com')";
    assert_eq!(sandbox.get(by_key).await.1["displayName"], "Lee Gu");
    assert_eq!(
        sandbox.get("/groups(uniqueName='retail-managers')").await.1["displayName"],
        "Retail Managers"
    );
    let graph = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";
    assert_eq!(sandbox.get(graph).await.1["displayName"], "Microsoft Graph");
    let (status, body) = sandbox.get("/peoples").await;
    assert_eq!((status, code(&body)), (400, "BadRequest"));
    assert_eq!(message(&body), "Resource not found for the segment 'peoples'.");
    let (status, body) = sandbox.get("/users/nobody@contoso.com").await;
    assert_eq!((status, code(&body)), (404, "Request_ResourceNotFound"));
}

#[tokio::test]
async fn guests_are_found_by_their_encoded_name() {
    let sandbox = Sandbox::contoso().await;
    let (status, guest) =
        sandbox.get("/users/delia.dennis_fabrikam.com%23EXT%23@contoso.onmicrosoft.com").await;
    assert_eq!((status, guest["displayName"].as_str()), (200, Some("Delia Dennis")));
}

#[tokio::test]
async fn the_organization_and_its_products_can_be_read() {
    let sandbox = Sandbox::contoso().await;
    let (_, organization) = sandbox.get("/organization").await;
    let tenant = &organization["value"][0];
    assert_eq!(tenant["id"], sandbox.running.credentials().tenant_id);
    assert_eq!(tenant["verifiedDomains"][0]["name"], "contoso.com");
    let (_, products) = sandbox.get("/subscribedSkus").await;
    let product =
        products["value"].as_array().unwrap().iter().find(|sku| sku["skuPartNumber"] == "SPE_E5").unwrap();
    let expected =
        format!("{}_{}", sandbox.running.credentials().tenant_id, product["skuId"].as_str().unwrap());
    assert_eq!(product["id"], expected);
}

#[tokio::test]
async fn errors_have_the_full_envelope_and_echo_the_client_request_id() {
    let sandbox = Sandbox::contoso().await;
    let request = sandbox.request(reqwest::Method::GET, "/users/nobody").header("client-request-id", "abc");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["client-request-id"], "abc");
    let request_id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let body: serde_json::Value = response.json().await.unwrap();
    let inner = &body["error"]["innerError"];
    assert_eq!((&inner["request-id"], &inner["client-request-id"]), (&json!(request_id), &json!("abc")));
    assert!(inner["date"].as_str().unwrap().len() == "2026-03-29T13:23:55".len());
}

#[tokio::test]
async fn get_by_ids_answers_with_what_exists() {
    let sandbox = Sandbox::contoso().await;
    let (user, group) = (sandbox.user("lee.gu").await, sandbox.group("Finance").await);
    let missing = "99999999-9999-9999-9999-999999999999";
    let ids = json!({ "ids": [user, group, missing] });
    let (status, found) = sandbox.post("/directoryObjects/getByIds", ids).await;
    assert_eq!((status, names(&found)), (200, vec!["Finance", "Lee Gu"]));
    let typed = json!({ "ids": [user, group], "types": ["group"] });
    assert_eq!(names(&sandbox.post("/directoryObjects/getByIds", typed).await.1), ["Finance"]);
}

#[tokio::test]
async fn both_versions_answer_alike() {
    let sandbox = Sandbox::contoso().await;
    let url =
        format!("{}/beta/users/lee.gu@contoso.com?$select=displayName", sandbox.running.graph_endpoint());
    let (status, user) = answer(sandbox.request(reqwest::Method::GET, &url)).await;
    assert_eq!((status, user["displayName"].as_str()), (200, Some("Lee Gu")));
}

#[tokio::test]
async fn narrowing_members_needs_an_advanced_query() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("Engineering").await;
    let filter = "$filter=startsWith(displayName,'Lee')";
    let (status, body) = sandbox.get(&format!("/groups/{id}/members?{filter}")).await;
    assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"));
    let cast = format!("/groups/{id}/members/microsoft.graph.user?$count=true&{filter}");
    assert_eq!(names(&sandbox.get_advanced(&cast).await.1), ["Lee Gu"]);
}

#[tokio::test]
async fn an_index_finds_no_more_and_no_less_than_a_search_through_everything() {
    let sandbox = Sandbox::contoso().await;
    let (lee, adele, group) =
        (sandbox.user("lee.gu").await, sandbox.user("adele.vance").await, sandbox.group("Finance").await);
    let cases: &[(String, &[&str])] = &[
        (format!("id eq '{lee}'"), &["Lee Gu"]),
        (format!("id in ('{lee}','{adele}','{lee}')"), &["Adele Vance", "Lee Gu"]),
        (format!("id eq '{group}'"), &[]),
        (format!("id eq '{lee}' and city eq 'Tokyo'"), &[]),
        (format!("id eq '{lee}' or city eq 'Tokyo'"), &["Emily Braun", "Lee Gu"]),
        ("userPrincipalName eq 'LEE.GU@contoso.com'".to_owned(), &["Lee Gu"]),
    ];
    for (filter, expected) in cases {
        let (status, found) = sandbox.get(&format!("/users?$filter={filter}")).await;
        assert_eq!((status, names(&found)), (200, expected.to_vec()), "{filter}");
    }
}

#[tokio::test]
async fn members_come_in_pages_too() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.group("All employees").await;
    let pages = sandbox.pages(&format!("/groups/{id}/members?$top=7&$select=id")).await;
    let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
    let ids: std::collections::BTreeSet<_> =
        pages.iter().flatten().map(|member| member["id"].as_str().unwrap()).collect();
    assert_eq!((sizes, ids.len()), (vec![7, 7, 7, 7, 1], 29));
}

#[tokio::test]
async fn a_filter_nested_without_end_is_refused() {
    let sandbox = Sandbox::empty().await;
    let filter = format!("{}mail eq 'a'", "(".repeat(20_000));
    assert_eq!(sandbox.get(&format!("/users?$filter={filter}")).await.0, 400);
    assert_eq!(sandbox.get("/users").await.0, 200);
}
