// Microsoft's clients sign in to the sandbox and work on users and groups as a program of anybody's would.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const { before, test } = require("node:test");
const { ClientCertificateCredential, ClientSecretCredential } = require("@azure/identity");
const { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } =
  require("@microsoft/microsoft-graph-client");
const { TokenCredentialAuthenticationProvider } =
  require("@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials");

const { AZURE_AUTHORITY_HOST, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, CERTIFICATE } = process.env;
const endpoint = process.env.TENANTRY_GRAPH_ENDPOINT;
const scope = "https://graph.microsoft.com/.default";

// MSAL asks login.microsoftonline.com about authorities it does not know, unless told not to.
const authority = { authorityHost: AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true };

function graph(credential) {
  return Client.initWithMiddleware({
    baseUrl: `${endpoint}/`,
    customHosts: new Set([new URL(endpoint).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [scope] }),
  });
}

const client = graph(new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, authority));
let domain;

function person(name) {
  const nickname = name.toLowerCase().replace(" ", ".");
  return {
    accountEnabled: true,
    displayName: name,
    mailNickname: nickname,
    userPrincipalName: `${nickname}@${domain}`,
    passwordProfile: { password: "Correct-Horse-7" },
  };
}

function securityGroup(name) {
  return { displayName: name, mailNickname: name.toLowerCase(), mailEnabled: false, securityEnabled: true };
}

function reference(object) {
  return { "@odata.id": `${endpoint}/v1.0/directoryObjects/${object.id}` };
}

async function register(application) {
  const response = await fetch(`${endpoint}/sandbox/applications`, {
    method: "POST",
    body: JSON.stringify(application),
  });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

async function everything(path) {
  const items = [];
  const first = await client.api(path).get();
  await new PageIterator(client, first, (item) => items.push(item) > 0).iterate();
  return items;
}

async function fails(promise, status, code) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof GraphError, String(error));
    assert.equal(error.statusCode, status);
    assert.equal(error.code, code);
    return true;
  });
}

before(async () => {
  const organization = await client.api("/organization").get();
  domain = organization.value[0].verifiedDomains.find((found) => found.isDefault).name;
  await client.api("/users").post(person("Adele Vance"));
});

test("a certificate signs in", async () => {
  const certificate = fs.readFileSync(CERTIFICATE, "utf8");
  const { appId } = await register({
    displayName: "Certificate holder",
    roles: ["User.Read.All"],
    keyCredentials: [{ key: certificate }],
  });
  const credential = new ClientCertificateCredential(AZURE_TENANT_ID, appId, CERTIFICATE, authority);
  const user = await graph(credential).api(`/users/adele.vance@${domain}`).get();
  assert.equal(user.displayName, "Adele Vance");
  await fails(graph(credential).api("/groups").get(), 403, "Authorization_RequestDenied");
});

test("a certificate of another application is refused", async () => {
  const { appId } = await register({ displayName: "Somebody else" });
  const credential = new ClientCertificateCredential(AZURE_TENANT_ID, appId, CERTIFICATE, authority);
  await assert.rejects(credential.getToken(scope), /AADSTS700027/);
});

test("a wrong secret is refused", async () => {
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, "wrong", authority);
  await assert.rejects(credential.getToken(scope), /AADSTS7000215/);
});

test("a user is created, read, changed, deleted and restored", async () => {
  const created = await client.api("/users").post(person("Alex Wilber"));
  const path = `/users/${created.id}`;
  await client.api(path).patch({ jobTitle: "Marketing Assistant", department: "Marketing" });
  const read = await client.api(path).select(["id", "jobTitle", "accountEnabled"]).get();
  assert.deepEqual(
    { jobTitle: read.jobTitle, accountEnabled: read.accountEnabled },
    { jobTitle: "Marketing Assistant", accountEnabled: true },
  );
  assert.equal((await client.api(`/users/${created.userPrincipalName}`).get()).id, created.id);
  await client.api(path).delete();
  await fails(client.api(path).get(), 404, "Request_ResourceNotFound");
  const deleted = await client.api("/directory/deletedItems/microsoft.graph.user").get();
  assert.ok(deleted.value.some((item) => item.id === created.id));
  await client.api(`/directory/deletedItems/${created.id}/restore`).post({});
  assert.equal((await client.api(path).get()).id, created.id);
  await fails(client.api("/users").post(person("Alex Wilber")), 400, "Request_BadRequest");
});

test("lists come page by page, filtered, counted and searched", async () => {
  const names = ["Megan Bowen", "Lee Gu", "Lynne Robbins", "Diego Siciliani", "Grady Archie"];
  for (const name of names) {
    await client.api("/users").post(person(name));
  }
  const first = await client.api("/users").top(2).get();
  assert.equal(first.value.length, 2);
  assert.ok(first["@odata.nextLink"]);
  const listed = (await everything("/users?$top=2&$select=displayName")).map((user) => user.displayName);
  assert.ok(names.every((name) => listed.includes(name)), listed.join());

  const filtered = await client.api("/users").filter("startswith(displayName,'L')").select("displayName").get();
  assert.deepEqual(filtered.value.map((user) => user.displayName).sort(), ["Lee Gu", "Lynne Robbins"]);
  const counted = await client.api("/users").header("ConsistencyLevel", "eventual").count(true)
    .filter("endsWith(userPrincipalName,'@" + domain + "')").get();
  assert.equal(counted["@odata.count"], counted.value.length);
  const found = await client.api("/users").header("ConsistencyLevel", "eventual")
    .search('"displayName:Megan"').get();
  assert.deepEqual(found.value.map((user) => user.displayName), ["Megan Bowen"]);
});

test("a batch keeps to the order asked for and answers each request by its id", async () => {
  // The client strips the host and nothing else; inside a batch there is no version.
  const request = (path, method, body) => new Request(`${endpoint}${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const content = new BatchRequestContent([
    { id: "1", request: request("/groups", "POST", securityGroup("Batched")) },
    { id: "2", request: request("/groups?$filter=displayName eq 'Batched'", "GET"), dependsOn: ["1"] },
    { id: "3", request: request("/groups/00000000-0000-0000-0000-000000000001", "GET"), dependsOn: ["2"] },
  ]);
  const answer = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  assert.equal(answer.getResponseById("1").status, 201);
  assert.equal((await answer.getResponseById("2").json()).value.length, 1);
  assert.equal(answer.getResponseById("3").status, 404);
});

test("a group has members, and delta tells what changed", async () => {
  const user = await client.api("/users").post(person("Johanna Lorenz"));
  const group = await client.api("/groups").post(securityGroup("Delta"));

  let link;
  const round = async (path) => {
    const changes = [];
    let page = await client.api(path).get();
    changes.push(...page.value);
    while (page["@odata.nextLink"]) {
      page = await client.api(page["@odata.nextLink"]).get();
      changes.push(...page.value);
    }
    link = page["@odata.deltaLink"];
    assert.ok(link);
    return changes;
  };
  const initial = await round("/groups/delta?$select=displayName,members");
  assert.ok(initial.some((item) => item.id === group.id));
  assert.deepEqual(await round(link), []);

  await client.api(`/groups/${group.id}/members/$ref`).post(reference(user));
  const members = await client.api(`/groups/${group.id}/members`).get();
  assert.deepEqual(members.value.map((member) => member.id), [user.id]);
  const [added] = await round(link);
  assert.equal(added.id, group.id);
  assert.deepEqual(added["members@delta"].map((member) => member.id), [user.id]);

  await client.api(`/groups/${group.id}/members/${user.id}/$ref`).delete();
  const [removed] = await round(link);
  assert.equal(removed["members@delta"][0]["@removed"].reason, "deleted");

  await client.api(`/groups/${group.id}`).delete();
  const [gone] = await round(link);
  assert.equal(gone.id, group.id);
  assert.ok(gone["@removed"]);
});
