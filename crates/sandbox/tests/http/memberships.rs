//! Actions about transitive memberships.

use serde_json::{Value, json};

use crate::support::{Sandbox, code};

fn ids(answer: &Value) -> Vec<&str> {
    let mut found: Vec<_> =
        answer["value"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn checks_and_lists_reach_through_nested_groups() {
    let sandbox = Sandbox::contoso().await;
    let (retail, managers) = (sandbox.group("Retail").await, sandbox.group("Retail Managers").await);
    let (finance, lynne) = (sandbox.group("Finance").await, sandbox.user("lynne.robbins").await);
    sandbox.delete(&format!("/groups/{retail}/members/{lynne}/$ref")).await;
    for object in [format!("/users/{lynne}"), format!("/directoryObjects/{lynne}")] {
        let check = json!({ "groupIds": [retail, finance] });
        let (status, found) = sandbox.post(&format!("{object}/checkMemberGroups"), check).await;
        assert_eq!((status, ids(&found)), (200, vec![retail.as_str()]));
        let check = json!({ "ids": [managers, finance] });
        let (_, found) = sandbox.post(&format!("{object}/microsoft.graph.checkMemberObjects"), check).await;
        assert_eq!(ids(&found), [managers.as_str()]);
        let all = json!({ "securityEnabledOnly": false });
        let (_, groups) = sandbox.post(&format!("{object}/getMemberGroups"), all.clone()).await;
        assert!(ids(&groups).contains(&retail.as_str()) && !ids(&groups).contains(&finance.as_str()));
        assert_eq!(
            sandbox.post(&format!("{object}/getMemberObjects"), all).await.1["value"],
            groups["value"]
        );
        let (_, security) =
            sandbox.post(&format!("{object}/getMemberGroups"), json!({ "securityEnabledOnly": true })).await;
        assert!(ids(&security).len() <= ids(&groups).len());
    }
    let (_, of_group) = sandbox
        .post(&format!("/groups/{managers}/getMemberGroups"), json!({ "securityEnabledOnly": false }))
        .await;
    assert!(ids(&of_group).contains(&retail.as_str()));
}

#[tokio::test]
async fn a_check_takes_twenty_groups() {
    let sandbox = Sandbox::contoso().await;
    let path = "/users/lee.gu@contoso.com/checkMemberGroups";
    let ids =
        |count: u128| (0..count).map(|number| uuid::Uuid::from_u128(number).to_string()).collect::<Vec<_>>();
    assert_eq!(sandbox.post(path, json!({ "groupIds": ids(20) })).await.0, 200);
    let (status, body) = sandbox.post(path, json!({ "groupIds": ids(21) })).await;
    assert_eq!((status, code(&body)), (400, "Request_BadRequest"));
    assert_eq!(sandbox.post(path, json!({})).await.0, 400);
}
