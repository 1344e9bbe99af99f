//! Planted secrets: the program logs everything it can, and no line and no problem repeats one.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PASSWORD: &str = "canary-password-1f3a";
const WRONG: &str = "canary-wrong-77aa12";
const TOKEN: &str = "canary-source-token-9b";
const USER_INFO: &str = "canary-user-info-51";
const PLATFORM: &str = "canary-platform-token-e8";
const QUERY: &str = "canary-query-c2";

/// A server that logs at TRACE into a file, and everything it answered.
struct Cage {
    child: Child,
    base: String,
    track: String,
    setup_token: String,
    client: Client,
    problems: Vec<String>,
}

impl Drop for Cage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cage {
    fn start(folder: &Path, log: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runnel"));
        command.arg("--data").arg(folder).arg("serve");
        command.args(["--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).env("RUST_LOG", "trace");
        command.env("RUNNEL_OUTBOUND_ALLOW", "[\"127.0.0.1\"]");
        command.stdout(Stdio::piped()).stderr(File::create(log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut after = |start: &str| {
            let line = lines.find(|line| line.contains(start)).unwrap();
            line.split_once(start).unwrap().1.split(' ').next().unwrap().to_owned()
        };
        let track = after("tracking on ");
        let base = after("API on ");
        let setup_token = after("/setup?token=");
        Self { child, base, track, setup_token, client: Client::new(), problems: Vec::new() }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    /// Sends; keeps the body when it is a problem.
    async fn send(&mut self, request: RequestBuilder, expected: u16) -> Value {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert_eq!(status, expected, "{text}");
        if status >= 400 {
            self.problems.push(text.clone());
        }
        serde_json::from_str(&text).unwrap_or_default()
    }
}

#[tokio::test]
async fn no_log_line_and_no_problem_repeats_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut cage = Cage::start(&folder.path().join("data"), &log);
    let email = "ann@example.com";

    let body = json!({"token": cage.setup_token, "email": email, "password": PASSWORD});
    let request = cage.request("POST", "/setup").json(&body);
    cage.send(request, 201).await;
    let request = cage.request("POST", "/setup").json(&body);
    cage.send(request, 400).await;

    let log_in = |password: Value| json!({"email": email, "password": password});
    for (password, status) in [
        (json!(WRONG), 401),
        (json!([WRONG]), 400),
        (json!({"a": WRONG}), 400),
        (json!(86753091), 400),
    ] {
        let request = cage.request("POST", "/login").json(&log_in(password));
        cage.send(request, status).await;
    }
    let request = cage.request("POST", "/login").json(&log_in(json!(PASSWORD)));
    let response = request.send().await.unwrap();
    let cookie =
        response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let session = |cage: &Cage, method: &str, path: &str| {
        let request = cage.request(method, path).header("cookie", cookie.clone());
        request.header("sec-fetch-site", "same-origin")
    };

    let request = session(&cage, "POST", "/me/totp").json(&json!({"password": PASSWORD}));
    let totp = cage.send(request, 201).await["secret"].as_str().unwrap().to_owned();
    let request = session(&cage, "POST", "/me/totp/confirm").json(&json!({"code": WRONG}));
    cage.send(request, 400).await;
    let change = json!({"current": WRONG, "new": PASSWORD});
    let request = session(&cage, "PUT", "/me/password").json(&change);
    cage.send(request, 400).await;

    let request = session(&cage, "POST", "/api-keys").json(&json!({"role": "owner"}));
    let key = cage.send(request, 201).await["key"].as_str().unwrap().to_owned();
    let source = json!({"name": "Network", "token": {"parameter": "secret", "value": TOKEN}});
    let request = cage.request("POST", "/offer-sources").bearer_auth(&key).json(&source);
    cage.send(request, 201).await;
    let request = cage.request("POST", "/offer-sources").bearer_auth(&key);
    let odd = json!({"name": 5, "token": {"parameter": "secret", "value": TOKEN}});
    cage.send(request.json(&odd), 400).await;
    let request = cage.request("GET", "/users").bearer_auth(format!("{key}0"));
    cage.send(request, 401).await;
    let call = format!("{}/pb/?hit=nonsense&secret={TOKEN}", cage.track);
    assert_eq!(cage.client.get(call).send().await.unwrap().status(), 200);
    let integration = json!({"kind": "meta", "pixelId": "1234567890", "accessToken": PLATFORM});
    let ads = json!({"name": "Ads", "integration": integration});
    let request = cage.request("POST", "/traffic-sources").bearer_auth(&key).json(&ads);
    let made = cage.send(request, 201).await;
    let path = format!("/traffic-sources/{}", made["id"].as_str().unwrap());
    let request = cage.request("GET", &path).bearer_auth(&key);
    let shown = cage.send(request, 200).await;
    assert!(!format!("{made} {shown}").contains(PLATFORM), "an answer shows a platform's token");
    let odd = json!({"name": 5, "integration": integration});
    let request = cage.request("POST", "/traffic-sources").bearer_auth(&key).json(&odd);
    cage.send(request, 400).await;
    // Calls to the outside: a page's address with a user name and a query, on a real connection.
    let page = cage.track.replace("http://", &format!("http://me:{USER_INFO}@"));
    let page = format!("{page}/?key={QUERY}");
    let request = cage.request("POST", "/installation-check").bearer_auth(&key);
    let checked = cage.send(request.json(&json!({"url": page})), 200).await;
    assert_eq!(checked["findings"][0]["code"], "page_status", "{checked}");
    assert!(!checked["findings"].to_string().contains("canary"), "{checked}");
    let audit = cage.request("GET", "/audit?limit=500").bearer_auth(&key);
    let audit = cage.send(audit, 200).await.to_string();

    let (problems, setup_token) = (cage.problems.join("\n"), cage.setup_token.clone());
    drop(cage);
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(logged.contains("TRACE") && logged.contains("DEBUG"), "the log was not at its loudest");
    let cookie = cookie.split_once('=').unwrap().1;
    for secret in [
        PASSWORD,
        WRONG,
        TOKEN,
        PLATFORM,
        USER_INFO,
        QUERY,
        &setup_token,
        &totp,
        &key,
        cookie,
        "86753091",
    ] {
        assert!(!logged.contains(secret), "{secret} is in the log");
        assert!(!problems.contains(secret), "{secret} is in a problem");
        assert!(!audit.contains(secret), "{secret} is in the audit log");
    }
}
