//! The ways to sign in, each against the sandbox's token endpoint, which verifies what it is shown.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::harness::{Folder, Sandbox, Tenantry, folder, tests};

tests![
    certificates_of_either_form_sign_in,
    certificate_that_is_not_the_applications_is_refused,
    token_file_signs_in_and_another_subject_is_refused_by_name,
    github_actions_job_signs_in,
    person_logs_in_with_a_code_and_is_logged_in_until_the_logout,
    person_who_declines_is_not_logged_in,
];

const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "repo:contoso/tenant:ref:refs/heads/main";
const AUDIENCE: &str = "api://AzureADTokenExchange";

fn certificate(name: &str) -> PathBuf {
    folder::repository().join("tests/certificates").join(name)
}

/// Registers an application; its client id.
fn register(sandbox: &Sandbox, mut description: Value) -> String {
    description["displayName"] = json!("Deployer");
    description["roles"] =
        json!(["User.Read.All", "Group.Read.All", "Organization.Read.All", "Directory.Read.All"]);
    let application = sandbox.control("POST", "/sandbox/applications", Some(&description));
    application["appId"].as_str().unwrap().to_owned()
}

/// `whoami` as an application of the sandbox, with the variables of one way to sign in.
fn whoami(folder: &Folder, sandbox: &Sandbox, client_id: &str, variables: &[(&str, &str)]) -> Tenantry {
    let command = folder
        .run(&["whoami"])
        .variable("AZURE_AUTHORITY_HOST", &sandbox.base())
        .variable("AZURE_TENANT_ID", sandbox.tenant())
        .variable("AZURE_CLIENT_ID", client_id);
    variables.iter().fold(command, |command, (name, value)| command.variable(name, value))
}

fn key_credentials() -> Value {
    let pem = std::fs::read_to_string(certificate("certificate.pem")).unwrap();
    json!({ "keyCredentials": [{ "key": pem }] })
}

fn certificates_of_either_form_sign_in() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let client_id = register(&sandbox, key_credentials());
    for name in ["application.pem", "application-pkcs1.pem", "application.pfx", "legacy.pfx"] {
        let path = certificate(name);
        let mut variables = vec![("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap())];
        if name.ends_with(".pfx") {
            variables.push(("AZURE_CLIENT_CERTIFICATE_PASSWORD", "pass-of-the-file"));
        }
        let shown = whoami(&folder, &sandbox, &client_id, &variables).run().exits_with(0);
        shown.says(&format!("Application {client_id}")).says("Method client_certificate");
    }
}

fn certificate_that_is_not_the_applications_is_refused() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let client_id = register(&sandbox, json!({}));
    let path = certificate("application.pem");
    let variables = [("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap())];
    let refused = whoami(&folder, &sandbox, &client_id, &variables).run().exits_with(1);
    refused.warns("AADSTS700027").warns("the certificate is not known to the application");
}

/// An application that trusts the tokens of [`token`].
fn trusting(sandbox: &Sandbox) -> String {
    let components: PublicKeyComponents<Vec<u8>> = key().public().into();
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = (encode(&components.n), encode(&components.e));
    let jwks =
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "n": n, "e": e }] });
    let trust = json!({ "name": "main", "issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE], "jwks": jwks });
    register(sandbox, json!({ "federatedIdentityCredentials": [trust] }))
}

fn key() -> RsaKeyPair {
    let pem = std::fs::read(certificate("application.pem")).unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).unwrap();
    RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap()
}

/// A token of the issuer for a subject.
fn token(subject: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "k" });
    let claims = json!({
        "iss": ISSUER, "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, "jti": "1",
    });
    let part = |part: Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn token_file_signs_in_and_another_subject_is_refused_by_name() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let client_id = trusting(&sandbox);
    let file = folder.path().join("token");
    let variables = [("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap())];
    std::fs::write(&file, token(SUBJECT)).unwrap();
    let shown = whoami(&folder, &sandbox, &client_id, &variables).run().exits_with(0);
    shown.says("Method workload_identity").says("User.Read.All");

    let other = "repo:contoso/another:pull_request";
    std::fs::write(&file, token(other)).unwrap();
    let refused = whoami(&folder, &sandbox, &client_id, &variables).run().exits_with(1);
    refused.warns("AADSTS70").warns(&format!("subject \"{other}\"")).warns(ISSUER).warns(AUDIENCE);
}

/// Answers one request as GitHub's token service does; gives the head of the request.
fn github(answer: String) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token?api-version=2.0", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        let length = answer.len();
        let kind = "Content-Type: application/json";
        write!(
            stream,
            "HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
        )
        .unwrap();
        head
    });
    (url, thread)
}

fn github_actions_job_signs_in() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let client_id = trusting(&sandbox);
    let (url, asked) = github(json!({ "count": 1, "value": token(SUBJECT) }).to_string());
    let variables =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token")];
    let shown = whoami(&folder, &sandbox, &client_id, &variables).run().exits_with(0);
    shown.says("Method github_actions").says(&client_id);
    let asked = asked.join().unwrap().to_lowercase();
    assert!(asked.contains("audience=api%3a%2f%2fazureadtokenexchange"), "{asked}");
    assert!(asked.contains("authorization: bearer job-token"), "{asked}");
}

/// Starts a login, and lets a person decide about the code that it shows; how it ended.
fn log_in(folder: &Folder, sandbox: &Sandbox, decision: &Value) -> crate::harness::command::Finished {
    sandbox.control("PATCH", "/sandbox/sign-in", Some(&json!({ "device_interval_s": 1 })));
    let application = sandbox.control(
        "POST",
        "/sandbox/applications",
        Some(&json!({
            "displayName": "Command line",
            "isFallbackPublicClient": true,
            "scopes": ["User.Read.All", "Group.Read.All", "Organization.Read.All", "Directory.Read.All",
                "RoleManagement.Read.Directory", "RoleAssignmentSchedule.Read.Directory",
                "RoleEligibilitySchedule.Read.Directory", "RoleManagementPolicy.Read.Directory"],
        })),
    );
    let client_id = application["appId"].as_str().unwrap().to_owned();
    let command = person(folder, sandbox, &["login", "--client-id", &client_id]);
    let (started, stderr) = command.prompt();
    let mut lines = BufReader::new(stderr);
    let mut prompt = String::new();
    lines.read_line(&mut prompt).unwrap();
    let code = prompt.split("type the code ").nth(1).and_then(|rest| rest.split(' ').next());
    let code = code.unwrap_or_else(|| panic!("no code is shown: {prompt}"));
    sandbox.control("POST", &format!("/sandbox/device/{code}"), Some(decision));
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let mut finished = started.wait();
    finished.stderr = rest;
    finished
}

/// A command of a person at a terminal of this folder.
fn person(folder: &Folder, sandbox: &Sandbox, arguments: &[&str]) -> Tenantry {
    folder
        .run(arguments)
        .variable("AZURE_AUTHORITY_HOST", &sandbox.base())
        .variable("AZURE_TENANT_ID", sandbox.tenant())
        .variable("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
        .variable("TENANTRY_LOGIN_STORE", "file")
        .variable("PATH", folder.path().to_str().unwrap())
}

fn person_logs_in_with_a_code_and_is_logged_in_until_the_logout() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    let approved = json!({ "decision": "approve", "user": "adele.vance@contoso.com" });
    let login = log_in(&folder, &sandbox, &approved).exits_with(0);
    login.says("as adele.vance@contoso.com").says("login.json");
    for _ in 0..2 {
        let shown = person(&folder, &sandbox, &["whoami"]).run().exits_with(0);
        shown.says("User adele.vance@contoso.com").says("Method device_code").says("User.Read.All");
    }
    let plan = person(&folder, &sandbox, &["plan", "config", "--target", "user:adele*"]);
    plan.variable("TENANTRY_GRAPH_ENDPOINT", &sandbox.base()).run().exits_with(0).says("Plan");
    person(&folder, &sandbox, &["logout"]).run().exits_with(0).says("logged out");
    person(&folder, &sandbox, &["whoami"]).run().exits_with(1).warns("nobody is logged in");
}

fn person_who_declines_is_not_logged_in() {
    let (folder, sandbox) = (Folder::example(), Sandbox::contoso());
    log_in(&folder, &sandbox, &json!({ "decision": "decline" })).exits_with(1).warns("declined");
    person(&folder, &sandbox, &["whoami"]).run().exits_with(1).warns("nobody is logged in");
}
