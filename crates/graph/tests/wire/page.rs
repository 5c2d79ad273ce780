//! Lists: every page, the right headers, and no step to another host.

use serde_json::{Value, json};
use tenantry_graph::{Error, Page, Request};

use crate::server::{Answer, Seen, Server};

/// A page of `values` whose next link is `path` on the server that was asked.
fn page(seen: &Seen, values: Value, path: Option<&str>) -> Answer {
    let mut body = json!({ "value": values });
    if let Some(path) = path {
        body["@odata.nextLink"] = format!("http://{}{path}", seen.header("host")).into();
    }
    Answer::json(&body)
}

#[tokio::test]
async fn all_pages_are_read_with_the_headers_of_the_first() {
    let server = Server::start(|seen, before| match before {
        0 => page(seen, json!([1, 2]), Some("/v1.0/things?$skiptoken=a%2Fb&$top=2")),
        1 => page(seen, json!([]), Some("/v1.0/things?$skiptoken=c")),
        _ => page(seen, json!([3]), None),
    })
    .await;
    let client = server.client();
    let request = Request::get("/things?$top=2").header("ConsistencyLevel", "eventual");
    assert_eq!(client.list(request).await.unwrap(), [json!(1), json!(2), json!(3)]);
    let seen = server.seen();
    let paths: Vec<_> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/v1.0/things?$top=2", "/v1.0/things?$skiptoken=a%2Fb&$top=2", "/v1.0/things?$skiptoken=c"]
    );
    assert!(seen.iter().all(|seen| seen.header("consistencylevel") == "eventual"));
    assert!(seen.iter().all(|seen| seen.header("authorization") == "Bearer token-0"));
    assert_eq!(client.traffic().operations, 3);
}

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_nothing_is_sent_there() {
    let elsewhere = Server::start(|_, _| Answer::json(&json!({"value": []}))).await;
    let port = elsewhere.root.rsplit(':').next().unwrap().to_owned();
    for link in [
        format!("{}/v1.0/things", elsewhere.root),
        format!("http://localhost:{port}/v1.0/things"),
        "https://127.0.0.1/v1.0/things".to_owned(),
        "/v1.0/things?$skiptoken=a".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let shown = link.clone();
        let server =
            Server::start(move |_, _| Answer::json(&json!({"value": [1], "@odata.nextLink": link}))).await;
        let error = server.client().list(Request::get("/things")).await.unwrap_err();
        assert!(matches!(error, Error::Page { .. }), "{shown}: {error:?}");
        assert_eq!(server.seen().len(), 1, "{shown}");
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_link_with_a_user_name_is_refused() {
    let server = Server::start(|seen, _| {
        let link = format!("http://me:pass@{}/v1.0/things", seen.header("host"));
        Answer::json(&json!({"value": [], "@odata.nextLink": link}))
    })
    .await;
    assert!(server.client().list(Request::get("/things")).await.is_err());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_list_whose_place_was_forgotten_is_read_again_from_its_beginning() {
    for (code, message) in [
        ("Directory_ExpiredPageToken", "expired"),
        ("DirectoryPageTokenNotFoundException", "gone"),
        ("Request_BadRequest", "The page token is not valid."),
    ] {
        let server = Server::start(move |seen, before| match before {
            0 => page(seen, json!(["old"]), Some("/v1.0/things?$skiptoken=old")),
            1 => Answer::error(400, code, message),
            2 => page(seen, json!(["a"]), Some("/v1.0/things?$skiptoken=new")),
            _ => page(seen, json!(["b"]), None),
        })
        .await;
        let values = server.client().list(Request::get("/things")).await.unwrap();
        assert_eq!(values, [json!("a"), json!("b")], "{code}");
        assert_eq!(server.seen()[2].path, "/v1.0/things");
    }
}

#[tokio::test]
async fn a_list_is_restarted_only_once() {
    let server = Server::start(|seen, _| match seen.path.contains("skiptoken") {
        false => page(seen, json!([1]), Some("/v1.0/things?$skiptoken=a")),
        true => Answer::error(400, "Directory_ExpiredPageToken", ""),
    })
    .await;
    let error = server.client().list(Request::get("/things")).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things: 400 Directory_ExpiredPageToken");
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_page_is_repeated_after_passing_trouble() {
    let server = Server::start(|seen, before| match before {
        0 => page(seen, json!([1]), Some("/v1.0/things?$skiptoken=a")),
        1 => Answer::trouble(503),
        _ => page(seen, json!([2]), None),
    })
    .await;
    let values = server.client().list(Request::get("/things")).await.unwrap();
    assert_eq!(values, [json!(1), json!(2)]);
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end() {
    let server = Server::start(|seen, _| page(seen, json!([1]), Some("/v1.0/things?$skiptoken=same"))).await;
    let error = server.client().list(Request::get("/things")).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things: the pages lead in a circle");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_an_error() {
    let server = Server::start(|_, _| Answer::json(&json!({"id": "1"}))).await;
    let error = server.client().list(Request::get("/things/1")).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things/1: the answer is not a list: it has no value array");
}

#[tokio::test]
async fn a_list_begun_in_a_batch_is_continued() {
    let server = Server::start(|seen, _| page(seen, json!([2]), None)).await;
    let first = json!({"value": [1], "@odata.nextLink": format!("{}/v1.0/things?$skiptoken=a", server.root)});
    let request = Request::get("/things").header("ConsistencyLevel", "eventual");
    let values = server.client().continue_list(first, &request).await.unwrap();
    assert_eq!(values, [json!(1), json!(2)]);
    assert_eq!(server.seen()[0].header("consistencylevel"), "eventual");
    let all = server.client().continue_list(json!({"value": [7]}), &request).await.unwrap();
    assert_eq!(all, [json!(7)]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn pages_come_one_at_a_time_and_a_failed_one_can_be_asked_for_again() {
    let server = Server::start(|seen, before| match before {
        0 => page(seen, json!([1]), Some("/v1.0/things?$skiptoken=a")),
        1 => Answer::error(403, "Authorization_RequestDenied", ""),
        _ => page(seen, json!([2]), None),
    })
    .await;
    let mut pages = server.client().pages(Request::get("/things"));
    assert_eq!(pages.next().await.unwrap().unwrap().values, [json!(1)]);
    assert_eq!(server.seen().len(), 1);
    assert!(pages.next().await.unwrap_err().is_forbidden());
    assert_eq!(pages.next().await.unwrap(), Some(Page { values: vec![json!(2)], delta_link: None }));
    assert_eq!(pages.next().await.unwrap(), None);
    let paths: Vec<_> = server.seen().iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(paths, ["/v1.0/things", "/v1.0/things?$skiptoken=a", "/v1.0/things?$skiptoken=a"]);
}

#[tokio::test]
async fn a_stream_says_that_its_place_was_forgotten_rather_than_begin_again() {
    let server = Server::start(|seen, before| match before {
        0 => page(seen, json!([1]), Some("/v1.0/things?$skiptoken=a")),
        _ => Answer::error(400, "Directory_ExpiredPageToken", ""),
    })
    .await;
    let mut pages = server.client().pages(Request::get("/things"));
    pages.next().await.unwrap();
    let error = pages.next().await.unwrap_err();
    assert!(error.is_page_token_refused() && !error.is_resync_required());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_delta_ends_with_the_link_it_goes_on_from() {
    let server = Server::start(|seen, before| match before {
        0 => page(seen, json!([1]), Some("/v1.0/users/delta?$skiptoken=a")),
        1 => {
            let link = format!("http://{}/v1.0/users/delta?$deltatoken=d", seen.header("host"));
            Answer::json(&json!({"value": [], "@odata.deltaLink": link}))
        }
        _ => page(seen, json!([3]), None),
    })
    .await;
    let client = server.client();
    let request = Request::get("/users/delta?$select=id").header("Prefer", "return=minimal");
    let mut pages = client.pages(request.clone());
    assert_eq!(pages.next().await.unwrap().unwrap().delta_link, None);
    let link = pages.next().await.unwrap().unwrap().delta_link.unwrap();
    assert_eq!(pages.next().await.unwrap(), None);
    let mut later = client.pages_from(&link, request).unwrap();
    assert_eq!(later.next().await.unwrap().unwrap().values, [json!(3)]);
    let last = server.seen().pop().unwrap();
    assert_eq!(
        (last.path.as_str(), last.header("prefer")),
        ("/v1.0/users/delta?$deltatoken=d", "return=minimal")
    );
}

#[tokio::test]
async fn a_saved_link_to_another_host_is_refused_before_anything_is_sent() {
    let server = Server::start(|seen, _| page(seen, json!([]), None)).await;
    let client = server.client();
    for link in ["https://evil.example/v1.0/users/delta?$deltatoken=d", "/users/delta?$deltatoken=d", ""] {
        let error = client.pages_from(link, Request::get("/users/delta")).unwrap_err();
        assert!(matches!(error, Error::Page { .. }), "{link}: {error:?}");
    }
    assert!(server.seen().is_empty() && server.sign_ins().is_empty());
}

#[tokio::test]
async fn every_spelling_of_a_lost_delta_token_asks_for_everything_anew() {
    for (status, code, expected) in [
        (410, "Gone", true),
        (410, "resyncRequired", true),
        (400, "syncStateNotFound", true),
        (404, "ResyncRequired", true),
        (400, "Request_BadRequest", false),
        (404, "Request_ResourceNotFound", false),
    ] {
        // Where it would lead is of no interest, wherever it is: the token stays here.
        let server = Server::start(move |_, _| {
            Answer::error(status, code, "").header("Location", "http://evil.example/users/delta?$deltatoken=")
        })
        .await;
        let link = format!("{}/v1.0/users/delta?$deltatoken=old", server.root);
        let mut pages = server.client().pages_from(&link, Request::get("/users/delta")).unwrap();
        let error = pages.next().await.unwrap_err();
        assert_eq!(error.is_resync_required(), expected, "{status} {code}");
        assert_eq!(server.seen().len(), 1, "{status} {code}");
    }
}
