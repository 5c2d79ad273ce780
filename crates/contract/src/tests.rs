//! A small schema of our own, and requests that each break it in one place.

use serde_json::{Value, json};

use crate::{Beta, Direction, Recording, Request, Schema};

const SCHEMA: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EnumType Name="color"><Member Name="red" Value="0" /><Member Name="green" Value="1" /></EnumType>
      <EnumType Name="days" IsFlags="true"><Member Name="odd" Value="1" /><Member Name="even" Value="2" /></EnumType>
      <EntityType Name="entity" Abstract="true">
        <Key><PropertyRef Name="id" /></Key>
        <Property Name="id" Type="Edm.String" Nullable="false" />
      </EntityType>
      <EntityType Name="thing" BaseType="graph.entity" OpenType="true">
        <Property Name="deletedOn" Type="Edm.DateTimeOffset" />
      </EntityType>
      <EntityType Name="person" BaseType="graph.thing" OpenType="true">
        <Property Name="name" Type="Edm.String" Nullable="false" />
        <Property Name="handle" Type="Edm.String" />
        <Annotation Term="Org.OData.Core.V1.AlternateKeys">
          <Collection><Record><PropertyValue Property="Key"><Collection><Record>
            <PropertyValue Property="Alias" String="handle" />
            <PropertyValue Property="Name" PropertyPath="handle" />
          </Record></Collection></PropertyValue></Record></Collection>
        </Annotation>
        <Property Name="active" Type="Edm.Boolean" />
        <Property Name="age" Type="Edm.Int32" />
        <Property Name="key" Type="Edm.Guid" />
        <Property Name="born" Type="Edm.DateTimeOffset" />
        <Property Name="color" Type="graph.color" />
        <Property Name="days" Type="graph.days" />
        <Property Name="aliases" Type="Collection(Edm.String)" Nullable="false" />
        <Property Name="home" Type="graph.address" />
        <Property Name="homes" Type="Collection(graph.address)" Nullable="false" />
        <Property Name="private" Type="graph.dictionary" />
        <NavigationProperty Name="boss" Type="graph.thing" />
        <NavigationProperty Name="notes" Type="Collection(graph.note)" ContainsTarget="true" />
      </EntityType>
      <EntityType Name="team" BaseType="graph.thing">
        <Property Name="title" Type="Edm.String" />
        <NavigationProperty Name="members" Type="Collection(graph.thing)" />
      </EntityType>
      <EntityType Name="note" BaseType="graph.entity"><Property Name="text" Type="Edm.String" /></EntityType>
      <EntityType Name="cellar" BaseType="graph.entity">
        <NavigationProperty Name="deleted" Type="Collection(graph.thing)" ContainsTarget="true" />
      </EntityType>
      <ComplexType Name="address">
        <Property Name="street" Type="Edm.String" />
        <Property Name="number" Type="Edm.Int32" Nullable="false" />
      </ComplexType>
      <ComplexType Name="dictionary" OpenType="true" />
      <Action Name="restore" IsBound="true">
        <Parameter Name="bindingParameter" Type="graph.thing" Nullable="false" />
        <Parameter Name="newHandle" Type="Edm.String"><Annotation Term="Org.OData.Core.V1.OptionalParameter" /></Parameter>
        <ReturnType Type="graph.thing" />
      </Action>
      <Action Name="byIds" IsBound="true">
        <Parameter Name="bindingParameter" Type="Collection(graph.thing)" Nullable="false" />
        <Parameter Name="ids" Type="Collection(Edm.String)" Nullable="false" />
        <ReturnType Type="Collection(graph.thing)" Nullable="false" />
      </Action>
      <Function Name="delta" IsBound="true">
        <Parameter Name="bindingParameter" Type="Collection(graph.team)" />
        <ReturnType Type="Collection(graph.team)" />
      </Function>
      <Function Name="delta" IsBound="true">
        <Parameter Name="bindingParameter" Type="Collection(graph.team)" />
        <Parameter Name="token" Type="Edm.String" />
        <ReturnType Type="Collection(graph.team)" />
      </Function>
      <EntityContainer Name="Service">
        <EntitySet Name="things" EntityType="microsoft.graph.thing" />
        <EntitySet Name="people" EntityType="microsoft.graph.person"><NavigationPropertyBinding Path="boss" Target="things" /></EntitySet>
        <EntitySet Name="teams" EntityType="microsoft.graph.team" />
        <Singleton Name="cellar" Type="microsoft.graph.cellar" />
      </EntityContainer>
    </Schema>
    <Schema Namespace="microsoft.graph.other" Alias="self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EntityType Name="person" BaseType="self.base"><Property Name="elsewhere" Type="Edm.String" /></EntityType>
      <EntityType Name="base" BaseType="graph.entity" />
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>"#;

const BETA: &[Beta] = &[Beta { path: "/experiments/", reason: "not in v1.0" }];

fn schema() -> Schema {
    Schema::parse(SCHEMA).unwrap()
}

/// What is wrong with a request below `/v1.0`.
fn breaches(method: &str, path: &str, body: Option<Value>) -> Vec<String> {
    let request =
        Request { method: method.to_owned(), url: format!("/v1.0{path}"), user_agent: String::new(), body };
    schema().check_request(&request, BETA).iter().map(ToString::to_string).collect()
}

#[track_caller]
fn fits(method: &str, path: &str, body: Option<Value>) {
    assert_eq!(breaches(method, path, body.clone()), Vec::<String>::new(), "{method} {path} {body:?}");
}

#[track_caller]
fn breaks(method: &str, path: &str, body: Option<Value>, expected: &str) {
    assert_eq!(breaches(method, path, body.clone()), [expected], "{method} {path} {body:?}");
}

#[test]
fn paths_resolve() {
    for path in [
        "/people",
        "/people/ada",
        "/people/ada%2Flovelace%40contoso.com",
        "/people(handle='a,b')",
        "/people('ada')",
        "/people/$count",
        "/people/ada/boss",
        "/people/ada/boss/$ref",
        "/people/ada/boss/microsoft.graph.person",
        "/people/ada/home/street",
        "/people/ada/name/$value",
        "/people/ada/notes/1",
        "/teams/1/members/microsoft.graph.person?$select=name",
        "/teams/1/members/microsoft.graph.person/$count",
        "/teams/delta",
        "/teams/delta()",
        "/teams/microsoft.graph.delta(token='latest')",
        "/cellar/deleted/microsoft.graph.team",
        "/cellar/deleted/1/microsoft.graph.team/members",
    ] {
        fits("GET", path, None);
    }
}

#[test]
fn paths_that_lead_nowhere_are_caught() {
    breaks("GET", "/persons", None, "path: there is no entity set or singleton `persons`");
    breaks("GET", "/people/ada/bos", None, "path: microsoft.graph.person has no property or operation `bos`");
    breaks("GET", "/people(name='x')", None, "path: `name` is no key of microsoft.graph.person");
    breaks("GET", "/cellar('x')", None, "path: a singleton takes no key");
    breaks(
        "GET",
        "/people/ada/$ref",
        None,
        "path: microsoft.graph.person has no property or operation `$ref`",
    );
    breaks("GET", "/people//boss", None, "path: a key of microsoft.graph.person is empty");
    let cast = "path: microsoft.graph.team cannot be cast to microsoft.graph.person";
    breaks("GET", "/teams/microsoft.graph.person", None, cast);
    breaks("GET", "/teams/delta(age=3)", None, "path: no `delta` of microsoft.graph.team takes age");
    breaks("GET", "/teams/1/members/$count/x", None, "path: nothing follows before `x`");
    // The person of another namespace is another type.
    breaks(
        "GET",
        "/people?$select=elsewhere",
        None,
        "$select: microsoft.graph.person has no property `elsewhere`",
    );
}

#[test]
fn methods_that_do_not_go_there_are_caught() {
    let address = json!({ "@odata.id": "https://graph.example/v1.0/things/1" });
    fits("DELETE", "/teams/1/members/2/$ref", None);
    let object = "method: DELETE: reaches the object behind `members`, not the link: /$ref is missing";
    breaks("DELETE", "/teams/1/members/2", None, object);
    fits("POST", "/teams/1/members/$ref", Some(address.clone()));
    breaks("PUT", "/teams/1/members/$ref", Some(address.clone()), "method: PUT: does not go there");
    fits("PUT", "/people/1/boss/$ref", Some(address.clone()));
    breaks("POST", "/people/1/boss/$ref", Some(address), "method: POST: does not go there");
    breaks("DELETE", "/teams/1/members/$ref", None, "method: DELETE: does not go there");
    breaks("DELETE", "/people", None, "method: DELETE: does not go there");
    breaks(
        "GET",
        "/cellar/deleted/1/restore",
        None,
        "method: GET: microsoft.graph.restore is an action, which is posted",
    );
    breaks("POST", "/teams/delta", None, "method: POST: does not go there");
    breaks(
        "POST",
        "/teams/1/members",
        Some(json!({})),
        "method: POST: `members` takes references: /$ref is missing",
    );
    fits("POST", "/people/1/notes", Some(json!({ "text": "x" })));
    fits("DELETE", "/cellar/deleted/1", None);
    breaks("GET", "/people", Some(json!({})), "body: none is expected");
}

#[test]
fn names_in_options_are_those_of_the_type() {
    fits("GET", "/people?$select=id,name,home/street,deletedOn&$top=999&$count=true", None);
    fits("GET", "/people?$select=extension_00000000000000000000000000000001_shoe", None);
    // A list of things can be asked for what only some of them have.
    fits("GET", "/teams/1/members?$select=id,name,title", None);
    fits("GET", "/teams?$expand=members($select=id,name;$top=5)&$orderby=title%20desc", None);
    fits("GET", "/teams/delta?$select=title,members&$deltatoken=x", None);
    fits("GET", "/people?$search=%22name:ada%22%20OR%20%22handle:b%22", None);
    let unknown = "$select: microsoft.graph.person has no property `shoe`";
    breaks("GET", "/people?$select=id,shoe", None, unknown);
    breaks(
        "GET",
        "/people?$select=home/shoe",
        None,
        "$select: microsoft.graph.address has no property `shoe`",
    );
    let navigation = "$select: `members` of microsoft.graph.team is a navigation, which $expand reads";
    breaks("GET", "/teams?$select=members", None, navigation);
    breaks("GET", "/teams?$expand=title", None, "$expand: microsoft.graph.team has no navigation `title`");
    let nested = "$select: microsoft.graph.thing has no property `shoe`";
    breaks("GET", "/teams?$expand=members($select=shoe)", None, nested);
    breaks("GET", "/teams?$orderby=name", None, "$orderby: microsoft.graph.team has no property `name`");
    breaks("GET", "/teams?$orderby=title%20down", None, "$orderby: `down` is no direction");
    breaks(
        "GET",
        "/people?$search=%22shoe:x%22",
        None,
        "$search: microsoft.graph.person has no property `shoe`",
    );
    breaks("GET", "/people?$topp=3", None, "$topp: is no system query option");
    breaks("GET", "/people?$top=many", None, "$top: `many` is no number");
    let other = "$select: microsoft.graph.team has no property `extension_00000000000000000000000000000001`";
    breaks("GET", "/teams?$select=extension_00000000000000000000000000000001", None, other);
}

#[test]
fn filters_name_properties_and_compare_with_their_types() {
    for filter in [
        "name eq 'O''Neil'",
        "name in ('a','b') and not (active eq true)",
        "startsWith(name,'a') or endswith(handle,'b') eq true",
        "aliases/any(a:startsWith(a,'x') and a ne 'y')",
        "homes/any(h:h/street eq 'x' and h/number gt 3)",
        "aliases/$count eq 0",
        "key eq 00000000-0000-0000-0000-000000000001",
        "born ge 2027-01-01T00:00:00Z and age lt 7",
        "color eq 'red'",
        "handle eq null",
        "boss/id eq '1'",
    ] {
        fits("GET", &format!("/people?$filter={}", filter.replace(' ', "%20")), None);
    }
    for (filter, expected) in [
        ("shoe eq 'x'", "$filter: microsoft.graph.person has no property `shoe`"),
        ("name eq 3", "$filter: `name` is Edm.String and is compared with Number"),
        ("active eq 'true'", "$filter: `active` is Edm.Boolean and is compared with Text(\"true\")"),
        ("color eq 'blue'", "$filter: `color` is microsoft.graph.color, which has no member `blue`"),
        ("aliases eq 'x'", "$filter: `aliases` is a collection and is compared with one value"),
        ("aliases/any(a:a eq 3)", "$filter: `a` is Edm.String and is compared with Number"),
        ("homes/any(h:h/shoe eq 'x')", "$filter: microsoft.graph.address has no property `shoe`"),
        ("name/any(n:n eq 'x')", "$filter: `name` is no collection and has no any or all"),
        ("name eq 'x' also active", "$filter: cannot be read from ` also active` on"),
        ("name eq", "$filter: cannot be read from `name eq` on"),
    ] {
        let found = breaches("GET", &format!("/people?$filter={}", filter.replace(' ', "%20")), None);
        let [found] = found.as_slice() else { panic!("{filter}: {found:?}") };
        assert!(
            found.starts_with("$filter: cannot") && expected.starts_with("$filter: cannot")
                || found == expected,
            "{filter}: {found}"
        );
    }
}

#[test]
fn bodies_have_members_of_the_right_type() {
    let whole = json!({
        "name": "Ada", "handle": null, "active": true, "age": 36, "born": "2027-01-01T00:00:00Z",
        "key": "00000000-0000-0000-0000-000000000001", "color": "red", "days": "odd,even", "aliases": ["a"],
        "home": { "street": null, "number": 3 }, "homes": [{ "number": 4 }], "private": { "anything": { "x": 1 } },
        "extension_00000000000000000000000000000001_shoe": 9,
        "boss@odata.bind": "https://graph.example/v1.0/things/1",
    });
    fits("POST", "/people", Some(whole));
    for (body, expected) in [
        (json!({ "shoe": 1 }), "body/shoe: microsoft.graph.person has no property `shoe`"),
        (json!({ "name": null }), "body/name: is not nullable"),
        (json!({ "name": 1 }), "body/name: 1 is no Edm.String"),
        (json!({ "active": "true" }), "body/active: \"true\" is no Edm.Boolean"),
        (json!({ "age": 3000000000_u32 }), "body/age: 3000000000 is no Edm.Int32"),
        (json!({ "key": "x" }), "body/key: \"x\" is no Edm.Guid"),
        (json!({ "born": "2027-01-01" }), "body/born: \"2027-01-01\" is no Edm.DateTimeOffset"),
        (json!({ "color": "blue" }), "body/color: microsoft.graph.color: `blue` is no member"),
        (json!({ "color": "red,green" }), "body/color: microsoft.graph.color: `red,green` is no member"),
        (json!({ "days": "odd,late" }), "body/days: microsoft.graph.days: `late` is no member"),
        (json!({ "aliases": null }), "body/aliases: a collection is never null"),
        (json!({ "aliases": "a" }), "body/aliases: a collection of Edm.String is an array"),
        (json!({ "aliases": [null] }), "body/aliases/0: null is no Edm.String"),
        (json!({ "home": { "number": null } }), "body/home/number: is not nullable"),
        (json!({ "home": { "shoe": 1 } }), "body/home/shoe: microsoft.graph.address has no property `shoe`"),
        (json!({ "homes": [{ "street": 1 }] }), "body/homes/0/street: 1 is no Edm.String"),
        (json!({ "home": "x" }), "body/home: microsoft.graph.address is an object, not \"x\""),
        (
            json!({ "@odata.type": "#microsoft.graph.team" }),
            "body/@odata.type: `microsoft.graph.team` is no type that derives from microsoft.graph.person",
        ),
        (json!({ "@odata.etag": "x" }), "body/@odata.etag: is no annotation of a request"),
        (
            json!({ "extension_1_shoe": 9 }),
            "body/extension_1_shoe: microsoft.graph.person has no property `extension_1_shoe`",
        ),
    ] {
        breaks("PATCH", "/people/1", Some(body), expected);
    }
    breaks("POST", "/people", None, "body: an object is expected");
    breaks("POST", "/people", Some(json!([])), "body: an object is expected");
}

#[test]
fn references_lead_to_what_the_navigation_holds() {
    let to = |path: &str| format!("https://graph.example/v1.0{path}");
    fits("PATCH", "/teams/1", Some(json!({ "members@odata.bind": [to("/things/1"), to("/people/2")] })));
    for (path, body, expected) in [
        (
            "/teams/1",
            json!({ "members@odata.bind": to("/things/1") }),
            "body/members@odata.bind: leads to many and binds an array",
        ),
        (
            "/people/1",
            json!({ "boss@odata.bind": [to("/things/1")] }),
            "body/boss@odata.bind: leads to one and binds one address",
        ),
        (
            "/people/1",
            json!({ "name@odata.bind": to("/things/1") }),
            "body/name@odata.bind: microsoft.graph.person has no navigation `name`",
        ),
        (
            "/people/1",
            json!({ "boss@odata.bind": to("/people/1/notes/2") }),
            "body/boss@odata.bind: leads to microsoft.graph.thing, not to microsoft.graph.note",
        ),
        (
            "/people/1",
            json!({ "boss@odata.bind": to("/people") }),
            "body/boss@odata.bind: `https://graph.example/v1.0/people`: names no entity",
        ),
    ] {
        breaks("PATCH", path, Some(body), expected);
    }
    let both = json!({ "@odata.id": to("/things/1"), "name": "x" });
    let alone = "body: a reference is an object with @odata.id and nothing else";
    breaks("PUT", "/people/1/boss/$ref", Some(both), alone);
    let note = json!({ "@odata.id": to("/people/1/notes/2") });
    breaks(
        "PUT",
        "/people/1/boss/$ref",
        Some(note),
        "body/@odata.id: leads to microsoft.graph.thing, not to microsoft.graph.note",
    );
}

#[test]
fn actions_take_their_parameters() {
    fits("POST", "/things/byIds", Some(json!({ "ids": ["1"] })));
    fits("POST", "/things/microsoft.graph.byIds", Some(json!({ "ids": ["1"] })));
    fits("POST", "/cellar/deleted/1/restore", None);
    fits("POST", "/cellar/deleted/1/restore", Some(json!({ "newHandle": "x" })));
    breaks("POST", "/things/byIds", Some(json!({})), "body: the parameter `ids` is missing");
    breaks("POST", "/things/byIds", Some(json!({ "ids": [1] })), "body/ids/0: 1 is no Edm.String");
    let unknown = "body/shoe: microsoft.graph.restore has no parameter `shoe`";
    breaks("POST", "/cellar/deleted/1/restore", Some(json!({ "shoe": 1 })), unknown);
    // Bound to collections only.
    breaks(
        "POST",
        "/things/1/byIds",
        Some(json!({ "ids": [] })),
        "path: microsoft.graph.thing has no property or operation `byIds`",
    );
}

#[test]
fn beta_is_used_only_where_it_is_declared() {
    let ask = |url: &str| {
        let request =
            Request { method: "GET".to_owned(), url: url.to_owned(), user_agent: String::new(), body: None };
        schema().check_request(&request, BETA).len()
    };
    assert_eq!(ask("/beta/experiments/1"), 0);
    assert_eq!(ask("/beta/people"), 1);
    assert_eq!(ask("/people"), 1);
}

#[test]
fn answers_have_members_of_the_right_type_and_any_annotation() {
    let answer = json!({
        "@odata.context": "x", "id": "1", "members@odata.nextLink": "x",
        "members": [{ "@odata.type": "#microsoft.graph.person", "id": "2", "name": "Ada" }],
    });
    let check = |answer: &Value| {
        let mut breaches = Vec::new();
        let object = answer.as_object().unwrap();
        schema().check_object("microsoft.graph.team", object, Direction::Response, "team", &mut breaches);
        breaches.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(check(&answer), Vec::<String>::new());
    let wrong =
        json!({ "members": [{ "@odata.type": "#microsoft.graph.person", "name": null }], "id": null });
    assert_eq!(check(&wrong), ["team/id: is not nullable", "team/members/0/name: is not nullable"]);
}

#[test]
fn a_recording_counts_what_it_checked_and_lists_what_breaks() {
    let batch = json!({ "requests": [
        { "id": "1", "method": "GET", "url": "/people/1?$select=name" },
        { "id": "2", "method": "GET", "url": "/people/2?$select=name" },
        { "id": "3", "method": "GET", "url": "/people/3?$select=shoe" },
    ] });
    let lines = [
        json!({ "method": "POST", "url": "/v1.0/$batch", "user_agent": "ours/1", "body": batch }),
        json!({ "method": "GET", "url": "/v1.0/people?$filter=shoe%20eq%201", "user_agent": "curl/8" }),
        json!({ "method": "DELETE", "url": "/v1.0/people/1", "user_agent": "ours/1" }),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let recording = Recording::check(&lines, "ours/", &schema(), BETA).unwrap();
    assert_eq!((recording.checked, recording.others, recording.shapes()), (4, 1, 3));
    let breaches = recording.breaches();
    assert_eq!(breaches.len(), 1, "{breaches:?}");
    assert!(
        breaches[0]
            .starts_with("$select: microsoft.graph.person has no property `shoe`\n    GET /v1.0/people/3")
    );
    assert!(Recording::check("{", "ours/", &schema(), BETA).is_err());
    assert!(Schema::parse("<nothing/>").is_err());
}
