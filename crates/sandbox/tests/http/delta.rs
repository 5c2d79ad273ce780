//! Delta queries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tenantry_sandbox::{Delta, Options, Seed};

use crate::support::{Sandbox, answer, code, new_user};

/// One round: every page, and the link to the next round.
struct Round {
    pages: Vec<Vec<Value>>,
    link: String,
}

impl Round {
    /// Follows the pages from `start` to the delta link.
    async fn of(sandbox: &Sandbox, start: &str) -> Self {
        Self::preferring(sandbox, start, "").await
    }

    async fn preferring(sandbox: &Sandbox, start: &str, preference: &str) -> Self {
        let (mut pages, mut next) = (Vec::new(), start.to_owned());
        loop {
            let request = sandbox.request(Method::GET, &next).header("Prefer", preference);
            let (status, page) = answer(request).await;
            assert_eq!(status, 200, "{page}");
            pages.push(page["value"].as_array().unwrap().clone());
            match (page["@odata.nextLink"].as_str(), page["@odata.deltaLink"].as_str()) {
                (Some(link), None) => next = link.to_owned(),
                (None, Some(link)) => return Self { pages, link: link.to_owned() },
                _ => panic!("a page has one link: {page}"),
            }
        }
    }

    fn items(&self) -> impl Iterator<Item = &Value> {
        self.pages.iter().flatten()
    }

    fn ids(&self) -> BTreeSet<&str> {
        self.items().map(|item| item["id"].as_str().unwrap()).collect()
    }

    /// The only item with this id.
    fn item(&self, id: &str) -> &Value {
        let mut found = self.items().filter(|item| item["id"] == id);
        let item = found.next().unwrap_or_else(|| panic!("{id} is not in {:?}", self.pages));
        assert!(found.next().is_none(), "{id} comes twice");
        item
    }
}

/// What is left when every entry of a relationship has been merged.
fn linked<'a>(items: impl Iterator<Item = &'a Value>, relation: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in items.filter_map(|item| item[format!("{relation}@delta")].as_array()).flatten() {
        assert!(entry["@odata.type"].as_str().unwrap().starts_with("#microsoft.graph."), "{entry}");
        let id = entry["id"].as_str().unwrap().to_owned();
        match entry.get("@removed") {
            None => drop(found.insert(id)),
            Some(removed) => {
                assert_eq!(removed, &json!({ "reason": "deleted" }));
                found.remove(&id);
            }
        }
    }
    found
}

async fn members(sandbox: &Sandbox, group: &str) -> BTreeSet<String> {
    let pages = sandbox.pages(&format!("/groups/{group}/members?$top=999&$select=id")).await;
    pages.iter().flatten().map(|member| member["id"].as_str().unwrap().to_owned()).collect()
}

async fn with(delta: Delta) -> Sandbox {
    Sandbox::with(Options { seed: Seed::Contoso, delta, ..Options::default() }).await
}

async fn add(sandbox: &Sandbox, group: &str, member: &str) {
    let path = format!("/groups/{group}/members/$ref");
    assert_eq!(sandbox.post(&path, sandbox.reference(member)).await.0, 204);
}

async fn expire(sandbox: &Sandbox) {
    let url = format!("{}/sandbox/delta/expire", sandbox.running.graph_endpoint());
    assert_eq!(answer(sandbox.client.post(url)).await.0, 204);
}

#[tokio::test]
async fn the_first_round_lists_everything_and_the_next_one_nothing() {
    let sandbox = Sandbox::contoso().await;
    for path in ["/users/delta", "/users/delta()", "/users/microsoft.graph.delta()"] {
        let first = Round::of(&sandbox, path).await;
        assert_eq!((first.items().count(), first.ids().len()), (32, 32), "{path}");
        assert!(first.link.contains("/v1.0/users/delta?$deltatoken="), "{}", first.link);
        let second = Round::of(&sandbox, &first.link).await;
        assert_eq!(second.items().count(), 0);
    }
}

#[tokio::test]
async fn what_was_never_set_is_absent_and_what_was_cleared_is_null() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.user("adele.vance").await;
    let first = Round::of(&sandbox, "/users/delta?$select=displayName,department,faxNumber,otherMails").await;
    let expected = json!({ "displayName": "Adele Vance", "department": "Retail", "id": id });
    assert_eq!(first.item(&id), &expected);
    let change = json!({ "department": null, "faxNumber": "+1 206 555 0100" });
    assert_eq!(sandbox.patch(&format!("/users/{id}"), change).await.0, 204);
    let second = Round::of(&sandbox, &first.link).await;
    let expected =
        json!({ "displayName": "Adele Vance", "department": null, "faxNumber": "+1 206 555 0100", "id": id });
    assert_eq!((second.items().count(), second.item(&id)), (1, &expected));
}

#[tokio::test]
async fn return_minimal_shows_only_what_changed() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.user("adele.vance").await;
    let first = Round::of(&sandbox, "/users/delta?$select=displayName,department").await;
    sandbox.patch(&format!("/users/{id}"), json!({ "department": "Sales" })).await;
    let minimal = Round::preferring(&sandbox, &first.link, "return=minimal").await;
    assert_eq!(minimal.item(&id), &json!({ "department": "Sales", "id": id }));
    let response = sandbox.request(Method::GET, &first.link).header("Prefer", "return=minimal").send().await;
    assert_eq!(response.unwrap().headers()["preference-applied"], "return=minimal");
    let usual = Round::of(&sandbox, &first.link).await;
    assert_eq!(usual.item(&id), &json!({ "displayName": "Adele Vance", "department": "Sales", "id": id }));
}

#[tokio::test]
async fn changes_of_what_was_not_selected_are_not_reported() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.user("adele.vance").await;
    let first = Round::of(&sandbox, "/users/delta?$select=displayName").await;
    sandbox.patch(&format!("/users/{id}"), json!({ "department": "Sales" })).await;
    let second = Round::of(&sandbox, &first.link).await;
    assert_eq!(second.items().count(), 0);
    sandbox.patch(&format!("/users/{id}"), json!({ "displayName": "Adele V." })).await;
    assert_eq!(Round::of(&sandbox, &second.link).await.item(&id)["displayName"], "Adele V.");
}

#[tokio::test]
async fn the_same_value_again_is_no_change() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.user("adele.vance").await;
    let first = Round::of(&sandbox, "/users/delta").await;
    sandbox.patch(&format!("/users/{id}"), json!({ "displayName": "Adele Vance" })).await;
    assert_eq!(Round::of(&sandbox, &first.link).await.items().count(), 0);
}

#[tokio::test]
async fn objects_come_go_and_come_back() {
    let sandbox = Sandbox::contoso().await;
    let first = Round::of(&sandbox, "/users/delta?$select=displayName").await;
    let (_, created) = sandbox.post("/users", new_user("New Hire")).await;
    let id = created["id"].as_str().unwrap();
    let second = Round::of(&sandbox, &first.link).await;
    assert_eq!(second.item(id), &json!({ "displayName": "New Hire", "id": id }));

    sandbox.delete(&format!("/users/{id}")).await;
    let third = Round::of(&sandbox, &second.link).await;
    assert_eq!(third.item(id), &json!({ "id": id, "@removed": { "reason": "changed" } }));

    sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    let fourth = Round::preferring(&sandbox, &third.link, "return=minimal").await;
    assert_eq!(fourth.item(id), &json!({ "displayName": "New Hire", "id": id }));

    sandbox.delete(&format!("/users/{id}")).await;
    sandbox.delete(&format!("/directory/deletedItems/{id}")).await;
    let fifth = Round::of(&sandbox, &fourth.link).await;
    assert_eq!(fifth.item(id), &json!({ "id": id, "@removed": { "reason": "deleted" } }));
}

#[tokio::test]
async fn members_are_followed_by_default_and_owners_when_selected() {
    let sandbox = Sandbox::contoso().await;
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    let first = Round::of(&sandbox, "/groups/delta").await;
    let owners = Round::of(&sandbox, "/groups/delta?$select=owners").await;
    let item = first.item(&finance);
    assert_eq!(linked(std::iter::once(item), "members"), members(&sandbox, &finance).await);
    assert!(item.get("owners@delta").is_none() && item["displayName"] == "Finance");
    assert!(owners.items().all(|item| item.get("members@delta").is_none()));
    assert!(owners.items().any(|item| !linked(std::iter::once(item), "owners").is_empty()));

    add(&sandbox, &finance, &lee).await;
    let second = Round::preferring(&sandbox, &first.link, "return=minimal").await;
    let entry = json!({ "@odata.type": "#microsoft.graph.user", "id": lee });
    assert_eq!(second.item(&finance), &json!({ "id": finance, "members@delta": [entry] }));
    assert_eq!(Round::of(&sandbox, &owners.link).await.items().count(), 0);

    sandbox.delete(&format!("/groups/{finance}/members/{lee}/$ref")).await;
    let third = Round::of(&sandbox, &second.link).await;
    let entry =
        json!({ "@odata.type": "#microsoft.graph.user", "id": lee, "@removed": { "reason": "deleted" } });
    let item = third.item(&finance);
    assert_eq!((&item["members@delta"], &item["displayName"]), (&json!([entry]), &json!("Finance")));
}

#[tokio::test]
async fn a_group_without_members_does_not_mention_them() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.new_group("Nobody").await;
    let first = Round::of(&sandbox, "/groups/delta?$select=members").await;
    assert_eq!(first.item(&id), &json!({ "id": id }));
}

#[tokio::test]
async fn a_new_manager_is_a_change_of_the_user_when_selected() {
    let sandbox = Sandbox::contoso().await;
    let (lee, adele) = (sandbox.user("lee.gu").await, sandbox.user("adele.vance").await);
    let first = Round::of(&sandbox, "/users/delta?$select=id,manager").await;
    let before = linked(std::iter::once(first.item(&lee)), "manager");
    assert_eq!(before.len(), 1);
    sandbox.put(&format!("/users/{lee}/manager/$ref"), sandbox.reference(&adele)).await;
    let second = Round::of(&sandbox, &first.link).await;
    let entries = second.item(&lee)["manager@delta"].as_array().unwrap();
    let gone: Vec<_> = entries.iter().filter(|entry| entry.get("@removed").is_some()).collect();
    assert_eq!((entries.len(), gone.len()), (2, 1));
    assert!(before.contains(gone[0]["id"].as_str().unwrap()));
}

#[tokio::test]
async fn only_a_purge_takes_a_user_out_of_groups() {
    let sandbox = Sandbox::contoso().await;
    let (finance, lee) = (sandbox.group("Finance").await, sandbox.user("lee.gu").await);
    add(&sandbox, &finance, &lee).await;
    let first = Round::of(&sandbox, "/groups/delta?$select=members").await;
    sandbox.delete(&format!("/users/{lee}")).await;
    let second = Round::of(&sandbox, &first.link).await;
    assert_eq!(second.items().count(), 0);
    sandbox.post(&format!("/directory/deletedItems/{lee}/restore"), json!({})).await;
    assert_eq!(Round::of(&sandbox, &second.link).await.items().count(), 0);
    sandbox.delete(&format!("/users/{lee}")).await;
    sandbox.delete(&format!("/directory/deletedItems/{lee}")).await;
    let third = Round::of(&sandbox, &second.link).await;
    let entry = &third.item(&finance)["members@delta"][0];
    assert_eq!((&entry["id"], &entry["@removed"]), (&json!(lee), &json!({ "reason": "deleted" })));
}

#[tokio::test]
async fn a_restored_group_comes_back_with_its_members() {
    let sandbox = with(Delta { page: Some(4), ..Delta::default() }).await;
    let id = sandbox.group("All employees").await;
    let before = members(&sandbox, &id).await;
    let first = Round::of(&sandbox, "/groups/delta").await;
    sandbox.delete(&format!("/groups/{id}")).await;
    let second = Round::of(&sandbox, &first.link).await;
    assert_eq!(second.item(&id)["@removed"]["reason"], "changed");
    sandbox.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    let third = Round::of(&sandbox, &second.link).await;
    assert_eq!(linked(third.items(), "members"), before);
    assert!(third.pages.len() > 5 && third.items().all(|item| item["displayName"] == "All employees"));
}

#[tokio::test]
async fn a_large_group_repeats_over_pages() {
    let seed = Seed::Synthetic { users: 1300, groups: 3, members: 3900, seed_number: 7 };
    let sandbox = Sandbox::with(Options { seed, ..Options::default() }).await;
    let round = Round::of(&sandbox, "/groups/delta?$select=displayName,members").await;
    let mut by_group: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for item in round.items() {
        assert!(item["displayName"].is_string());
        by_group
            .entry(item["id"].as_str().unwrap())
            .or_default()
            .extend(linked(std::iter::once(item), "members"));
    }
    assert_eq!(by_group.values().map(BTreeSet::len).collect::<Vec<_>>(), [1300, 1300, 1300]);
    let entries = |page: &Vec<Value>| {
        page.len()
            + page.iter().filter_map(|item| item["members@delta"].as_array()).map(Vec::len).sum::<usize>()
    };
    let sizes: Vec<_> = round.pages.iter().map(entries).collect();
    assert!(sizes.iter().rev().skip(1).all(|size| *size == 500), "{sizes:?}");
}

#[tokio::test]
async fn many_changes_come_in_pages_too() {
    let sandbox = with(Delta { page: Some(3), ..Delta::default() }).await;
    let first = Round::of(&sandbox, "/users/delta?$select=city").await;
    assert_eq!((first.pages.len(), first.ids().len()), (11, 32));
    for id in first.ids().into_iter().take(10) {
        sandbox.patch(&format!("/users/{id}"), json!({ "city": "Oslo" })).await;
    }
    let second = Round::of(&sandbox, &first.link).await;
    let changed = second.items().filter(|item| item["city"] == "Oslo").count();
    assert!(second.pages.len() >= 3 && second.pages.iter().all(|page| page.len() <= 3));
    assert!(changed >= 8, "the synchronised users refuse: {changed}");
}

#[tokio::test]
async fn what_changes_between_pages_is_in_the_next_round_at_the_latest() {
    let sandbox = with(Delta { page: Some(10), ..Delta::default() }).await;
    let (_, page) = sandbox.get("/users/delta?$select=displayName").await;
    let shown = page["value"][0]["id"].as_str().unwrap().to_owned();
    sandbox.patch(&format!("/users/{shown}"), json!({ "displayName": "Changed" })).await;
    let (_, late) = sandbox.post("/users", new_user("Late Comer")).await;
    let rest = Round::of(&sandbox, page["@odata.nextLink"].as_str().unwrap()).await;
    let next = Round::of(&sandbox, &rest.link).await;
    assert_eq!(next.item(&shown)["displayName"], "Changed");
    assert_eq!(next.item(late["id"].as_str().unwrap())["displayName"], "Late Comer");
}

#[tokio::test]
async fn latest_begins_with_what_happens_from_now_on() {
    let sandbox = Sandbox::contoso().await;
    let id = sandbox.user("adele.vance").await;
    let now = Round::of(&sandbox, "/users/delta?$deltatoken=latest&$select=displayName,department").await;
    assert_eq!(now.items().count(), 0);
    sandbox.patch(&format!("/users/{id}"), json!({ "department": "Sales", "city": "Oslo" })).await;
    let round = Round::of(&sandbox, &now.link).await;
    let expected = json!({ "displayName": "Adele Vance", "department": "Sales", "id": id });
    assert_eq!((round.items().count(), round.item(&id)), (1, &expected));
}

#[tokio::test]
async fn options_are_read_only_once() {
    let sandbox = Sandbox::contoso().await;
    let first = Round::of(&sandbox, "/users/delta?$select=displayName&$top=1").await;
    assert_eq!(first.pages.len(), 1, "$top is ignored");
    let id = sandbox.user("adele.vance").await;
    sandbox.patch(&format!("/users/{id}"), json!({ "displayName": "Adele V." })).await;
    let later = Round::of(&sandbox, &format!("{}&$select=department&$expand=manager", first.link)).await;
    assert_eq!(later.item(&id), &json!({ "displayName": "Adele V.", "id": id }));
}

#[tokio::test]
async fn a_filter_by_id_narrows_every_round() {
    let sandbox = Sandbox::contoso().await;
    let (finance, legal) = (sandbox.group("Finance").await, sandbox.group("Legal").await);
    let (retail, lee) = (sandbox.group("Retail").await, sandbox.user("lee.gu").await);
    let path =
        format!("/groups/delta?$select=displayName,members&$filter=id eq '{finance}' or id eq '{legal}'");
    let first = Round::of(&sandbox, &path).await;
    assert_eq!(first.ids(), BTreeSet::from([finance.as_str(), legal.as_str()]));
    for group in [&finance, &retail] {
        add(&sandbox, group, &lee).await;
    }
    let second = Round::of(&sandbox, &first.link).await;
    assert_eq!(second.ids(), BTreeSet::from([finance.as_str()]));
}

#[tokio::test]
async fn a_filter_takes_fifty_ids_and_nothing_else() {
    let sandbox = Sandbox::contoso().await;
    let ids = |count: u128| {
        let terms = (0..count).map(|number| format!("id eq '{}'", uuid::Uuid::from_u128(number)));
        terms.collect::<Vec<_>>().join(" or ")
    };
    assert_eq!(sandbox.get(&format!("/users/delta?$filter={}", ids(50))).await.0, 200);
    let other = ["displayName eq 'x'", "id eq 'x' and id eq 'y'", "id in ('x')"].map(str::to_owned);
    for filter in other.into_iter().chain([ids(51)]) {
        let (status, body) = sandbox.get(&format!("/users/delta?$filter={filter}")).await;
        assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"), "{filter}");
    }
}

#[tokio::test]
async fn a_knob_refuses_links_together_with_ids() {
    let sandbox = with(Delta { refuses_links_by_id: true, ..Delta::default() }).await;
    let id = sandbox.group("Finance").await;
    let filter = format!("$filter=id eq '{id}'");
    assert_eq!(sandbox.get(&format!("/groups/delta?$select=displayName&{filter}")).await.0, 200);
    for path in [format!("/groups/delta?$select=members&{filter}"), format!("/groups/delta?{filter}")] {
        assert_eq!(code(&sandbox.get(&path).await.1), "Request_UnsupportedQuery");
    }
}

#[tokio::test]
async fn what_a_delta_query_cannot_do_is_refused() {
    let sandbox = Sandbox::contoso().await;
    let options =
        ["$expand=manager", "$orderby=displayName", "$search=\"displayName:a\"", "$select=memberOf"];
    for option in options {
        let (status, body) = sandbox.get(&format!("/users/delta?{option}")).await;
        assert_eq!((status, code(&body)), (400, "Request_UnsupportedQuery"), "{option}");
    }
    assert_eq!(sandbox.get("/users/delta?$select=shoeSize").await.0, 400);
    assert_eq!(sandbox.get("/organization/delta").await.0, 404, "that is an id like any other");
    assert_eq!(sandbox.post("/users/delta", json!({})).await.0, 405);
}

#[tokio::test]
async fn tokens_of_others_are_refused_and_so_are_changed_ones() {
    let sandbox = Sandbox::contoso().await;
    let groups = Round::of(&sandbox, "/groups/delta").await;
    let token = groups.link.split_once("$deltatoken=").unwrap().1.to_owned();
    let mut changed = token.clone();
    changed.replace_range(60..61, if &token[60..61] == "A" { "B" } else { "A" });
    let elsewhere = Sandbox::contoso().await;
    let foreign = Round::of(&elsewhere, "/groups/delta").await.link;
    let foreign = foreign.split_once("$deltatoken=").unwrap().1.to_owned();
    for (path, token) in [("users", &token), ("groups", &changed), ("groups", &foreign)] {
        let (status, body) = sandbox.get(&format!("/{path}/delta?$deltatoken={token}")).await;
        assert_eq!((status, code(&body)), (400, "Request_BadRequest"));
    }
    assert_eq!(sandbox.get("/groups/delta?$skiptoken=nonsense").await.0, 400);
}

#[tokio::test]
async fn expired_tokens_say_where_to_start_over() {
    let sandbox = Sandbox::contoso().await;
    let first = Round::of(&sandbox, "/users/delta?$select=displayName").await;
    expire(&sandbox).await;
    let response = sandbox.request(Method::GET, &first.link).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(response.status(), 410);
    assert_eq!(code(&response.json().await.unwrap()), "resyncRequired");
    assert!(location.contains("deltatoken=&") || location.ends_with("deltatoken="), "{location}");
    let again = Round::of(&sandbox, &location).await;
    let mut members: Vec<_> = again.pages[0][0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort();
    assert_eq!((again.ids().len(), members), (32, vec!["displayName", "id"]));
}

#[tokio::test]
async fn a_knob_gives_expiry_its_other_name() {
    let sandbox = with(Delta { sync_state_not_found: true, ..Delta::default() }).await;
    let first = Round::of(&sandbox, "/users/delta").await;
    expire(&sandbox).await;
    let (status, body) = sandbox.get(&first.link).await;
    assert_eq!((status, code(&body)), (410, "syncStateNotFound"));
}

#[tokio::test]
async fn replays_deliver_each_change_twice() {
    let sandbox = with(Delta { replays: true, ..Delta::default() }).await;
    let id = sandbox.user("adele.vance").await;
    let mut link = Round::of(&sandbox, "/users/delta").await.link;
    sandbox.patch(&format!("/users/{id}"), json!({ "displayName": "Adele V." })).await;
    let mut counts = Vec::new();
    for _ in 0..4 {
        let round = Round::of(&sandbox, &link).await;
        counts.push(round.items().count());
        link = round.link;
    }
    assert_eq!(counts, [1, 1, 0, 0]);
}

#[tokio::test]
async fn changes_the_replica_has_not_heard_of_come_later_and_are_not_lost() {
    let lag = Duration::from_millis(700);
    let sandbox = Sandbox::lagging(lag).await;
    let first = Round::of(&sandbox, "/users/delta").await;
    sandbox.post("/users", new_user("Late Comer")).await;
    let early = Round::of(&sandbox, &first.link).await;
    assert_eq!(early.items().count(), 0);
    tokio::time::sleep(lag).await;
    for link in [&first.link, &early.link] {
        let later = Round::of(&sandbox, link).await;
        assert_eq!(later.items().next().unwrap()["displayName"], "Late Comer");
    }
}

#[tokio::test]
async fn tokens_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::in_directory(directory.path()).await;
    let first = Round::of(&sandbox, "/users/delta").await;
    let id = sandbox.user("adele.vance").await;
    sandbox.patch(&format!("/users/{id}"), json!({ "displayName": "Adele V." })).await;
    sandbox.running.stop().await;

    let again = Sandbox::in_directory(directory.path()).await;
    let token = first.link.split_once("?").unwrap().1;
    let second = Round::of(&again, &format!("/users/delta?{token}")).await;
    assert_eq!((second.items().count(), &second.item(&id)["displayName"]), (1, &json!("Adele V.")));
    again.running.stop().await;

    let once_more = Sandbox::in_directory(directory.path()).await;
    let (status, _) = once_more.get(&format!("/users/delta?{token}")).await;
    assert_eq!(status, 410, "what changed before the last start but one is forgotten");
    let token = second.link.split_once("?").unwrap().1;
    assert_eq!(Round::of(&once_more, &format!("/users/delta?{token}")).await.items().count(), 0);
}

#[tokio::test]
async fn directory_objects_of_several_types_in_one_query() {
    let sandbox = Sandbox::contoso().await;
    let path =
        "/directoryObjects/delta?$filter=isof('microsoft.graph.user') or isof('microsoft.graph.group')";
    let first = Round::of(&sandbox, path).await;
    let types: BTreeSet<_> = first.items().map(|item| item["@odata.type"].as_str().unwrap()).collect();
    assert_eq!(types, BTreeSet::from(["#microsoft.graph.group", "#microsoft.graph.user"]));
    let id = sandbox.new_group("Fresh").await;
    assert_eq!(Round::of(&sandbox, &first.link).await.item(&id)["displayName"], "Fresh");
}

#[tokio::test]
async fn every_type_with_a_delta_query_answers_one() {
    let sandbox = Sandbox::contoso().await;
    for set in ["users", "groups", "servicePrincipals", "devices", "directoryObjects"] {
        let (status, page) = sandbox.get(&format!("/{set}/delta?$select=displayName")).await;
        assert_eq!(status, 200, "{page}");
        let context = page["@odata.context"].as_str().unwrap();
        assert!(context.ends_with(&format!("/v1.0/$metadata#{set}(displayName)")), "{context}");
    }
}
