//! The installation checker against real pages on loopback: present, missing, foreign, blocked, waiting.

use crate::office::{As, Office};
use axum::Router;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use http::HeaderName;
use runnel::admin::Role;
use runnel::config::Config;
use serde_json::{Value, json};
use std::net::SocketAddr;

const TAG: &str = r#"<script async src="http://127.0.0.1:8080/js/flux.js"></script>"#;

struct Scene {
    office: Office,
    who: As,
}

impl Scene {
    async fn open() -> Self {
        let outbound_allow = vec!["127.0.0.1".to_owned().try_into().unwrap()];
        let office = Office::with(Config { outbound_allow, ..Config::default() }).await;
        let who = office.key(Role::Admin).await;
        let scene = Self { office, who };
        scene
            .make(
                "landers",
                json!({"id": "lander000001", "name": "Quiz",
            "url": "http://127.0.0.1/"}),
            )
            .await;
        scene
    }

    async fn make(&self, kind: &str, body: Value) {
        let reply = self.office.call(&self.who, "POST", &format!("/{kind}"), body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
    }

    async fn check(&self, url: &str) -> Value {
        let body = json!({"url": url});
        let reply = self.office.call(&self.who, "POST", "/installation-check", body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// Checks a page with this text and these headers.
    async fn page(&self, headers: &[(&'static str, &'static str)], text: &str) -> Value {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), *value)).collect();
        let text = text.to_owned();
        let serve = async move || {
            let mut response = Html(text).into_response();
            for (name, value) in headers {
                response.headers_mut().append(name, value.parse().unwrap());
            }
            response
        };
        let at = serve_pages(Router::new().route("/", get(serve))).await;
        self.check(&format!("http://{at}/")).await
    }
}

async fn serve_pages(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// `code` of every finding that is not just information.
fn faults(checked: &Value) -> Vec<&str> {
    let findings = checked["findings"].as_array().unwrap().iter();
    findings.filter(|f| f["level"] != "info").map(|f| f["code"].as_str().unwrap()).collect()
}

fn said<'a>(checked: &'a Value, code: &str) -> &'a str {
    let found = checked["findings"].as_array().unwrap().iter().find(|f| f["code"] == code);
    found.unwrap_or_else(|| panic!("{code}: {checked:#}"))["text"].as_str().unwrap()
}

#[tokio::test]
async fn a_tag_in_its_place_works() {
    let scene = Scene::open().await;
    let page = format!(
        "<html><head><script>window.flux=window.flux||{{q:[]}};</script>{}</head></html>",
        TAG.replace("></script>", " data-p=\"lander000001\"></script>")
    );
    let checked = scene.page(&[], &page).await;
    assert_eq!((&checked["works"], faults(&checked)), (&json!(true), vec![]), "{checked:#}");
    assert_eq!(checked["tag"]["address"], "http://127.0.0.1:8080/js/flux.js");
    assert_eq!(
        (&checked["tag"]["stub"], &checked["tag"]["consent"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(said(&checked, "reports"), "Views count for the page “Quiz”.");
}

#[tokio::test]
async fn a_missing_tag_is_missing_also_in_comments_and_texts() {
    let scene = Scene::open().await;
    for page in [
        "<p>Hello</p>".to_owned(),
        format!("<!-- {TAG} -->"),
        format!("<textarea>{TAG}</textarea>"),
        format!("<script>var s='{}'</script>", TAG.replace("</script>", "")),
    ] {
        let checked = scene.page(&[], &page).await;
        assert_eq!(
            (&checked["works"], faults(&checked)),
            (&json!(false), vec!["tag_missing"]),
            "{page}"
        );
    }
    let container = "<script src='https://www.googletagmanager.com/gtm.js?id=GTM-AB12'></script>";
    let checked = scene.page(&[], container).await;
    assert_eq!(faults(&checked), ["tag_manager"]);
    assert!(said(&checked, "tag_manager").contains("GTM-AB12"));
}

#[tokio::test]
async fn a_foreign_domain_and_an_unknown_page_are_named() {
    let scene = Scene::open().await;
    let page = "<script src='//other.example/js/flux.js?f=nothing00001' data-n=x></script>";
    let checked = scene.page(&[], page).await;
    assert_eq!(faults(&checked), ["wrong_domain", "unknown_funnel", "unknown_node"]);
    assert!(said(&checked, "wrong_domain").contains("http://127.0.0.1:8080"));
    assert_eq!(checked["tag"]["place"]["funnel"], "nothing00001");
}

#[tokio::test]
async fn a_policy_that_refuses_the_tag_is_quoted_with_the_remedy() {
    let scene = Scene::open().await;
    let csp = "content-security-policy";
    let own = "http://127.0.0.1:8080";
    for (policy, expected) in [
        ("default-src 'self'", vec!["csp_script", "csp_connect"]),
        ("script-src 'self'", vec!["csp_script"]),
        ("script-src 'none'; connect-src *", vec!["csp_script"]),
        ("script-src http://127.0.0.1:8080; connect-src 'self'", vec!["csp_connect"]),
        ("script-src http://127.0.0.1:8080; connect-src http://127.0.0.1:8080", vec![]),
        ("script-src http:; object-src 'none'", vec![]),
        ("script-src 'strict-dynamic' 'nonce-abc' http:", vec!["csp_script"]),
        ("img-src 'self'", vec![]),
        ("script-src *, script-src 'self'", vec!["csp_script"]),
    ] {
        let checked = scene.page(&[(csp, policy)], TAG).await;
        assert_eq!(faults(&checked), expected, "{policy}");
        if expected.contains(&"csp_connect") {
            assert!(said(&checked, "csp_connect").contains(&format!("add {own} to connect-src")));
        }
    }
    let with_nonce = TAG.replace("async", "async nonce=abc");
    let policy = "script-src 'strict-dynamic' 'nonce-abc'";
    assert_eq!(faults(&scene.page(&[(csp, policy)], &with_nonce).await), [""; 0]);
    let meta =
        format!("<meta http-equiv=Content-Security-Policy content=\"script-src 'self'\">{TAG}");
    assert_eq!(faults(&scene.page(&[], &meta).await), ["csp_script"]);
    let stub = format!("<script>window.flux=window.flux||{{q:[]}}</script>{TAG}");
    let checked = scene.page(&[(csp, "script-src http://127.0.0.1:8080")], &stub).await;
    assert_eq!(faults(&checked), ["csp_inline"]);
    assert_eq!(checked["works"], true, "the tag itself works");
}

#[tokio::test]
async fn consent_that_is_pending_is_said() {
    let scene = Scene::open().await;
    for page in [
        TAG.replace("></script>", " data-consent=required></script>"),
        TAG.replace("flux.js", "flux.js?consent=required"),
        TAG.replace("async", "async type='text/plain'"),
    ] {
        let checked = scene.page(&[], &page).await;
        assert_eq!((&checked["works"], &checked["tag"]["consent"]), (&json!(true), &json!(true)));
        assert!(said(&checked, "consent_pending").starts_with("Consent is pending"));
    }
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_each_is_judged() {
    let scene = Scene::open().await;
    let hop = |to: &'static str| get(async move || Redirect::temporary(to));
    let pages = Router::new()
        .route("/1", hop("/2"))
        .route("/2", hop("/3?p=lander000001"))
        .route("/3", get(async || Html(TAG)))
        .route("/round", hop("/round"))
        .route("/inside", hop("http://127.0.0.2:1/secret"))
        .route("/metadata", hop("http://169.254.169.254/latest/meta-data/"))
        .route("/file", hop("file:///etc/passwd"));
    let at = serve_pages(pages).await;
    let checked = scene.check(&format!("http://{at}/1")).await;
    assert_eq!(checked["url"], format!("http://{at}/3?p=lander000001"));
    assert_eq!(checked["redirects"], json!([format!("http://{at}/1"), format!("http://{at}/2")]));
    assert_eq!(
        (&checked["works"], &checked["tag"]["place"]["page"]),
        (&json!(true), &json!("lander000001"))
    );
    let round = scene.check(&format!("http://{at}/round")).await;
    assert_eq!(faults(&round), ["redirects"]);
    for path in ["/inside", "/metadata", "/file"] {
        let checked = scene.check(&format!("http://{at}{path}")).await;
        assert_eq!(faults(&checked), ["page_unreachable"], "{path}");
    }
    let metadata = scene.check(&format!("http://{at}/metadata")).await;
    assert!(said(&metadata, "page_unreachable").contains("cloud metadata (169.254.169.254)"));
}

#[tokio::test]
async fn pages_that_are_none_and_sites_that_are_unknown_are_told() {
    let scene = Scene::open().await;
    let pages = Router::new()
        .route("/gone", get(async || (http::StatusCode::NOT_FOUND, Html(TAG))))
        .route("/text", get(async || TAG));
    let at = serve_pages(pages).await;
    let faults_at = async |path: &str| {
        let checked = scene.check(&format!("http://{at}{path}")).await;
        faults(&checked).join(" ")
    };
    assert_eq!(faults_at("/gone").await, "page_status");
    assert_eq!(faults_at("/text").await, "no_html");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let checked = scene.check(&format!("http://{free}/?token=s3cret")).await;
    assert_eq!(faults(&checked), ["page_unreachable"]);
    let reply = scene.office.get(&scene.who, "/landers/lander000001").await;
    let version = reply.body["version"].clone();
    let moved = json!({"version": version, "name": "Quiz", "url": "https://quiz.example/"});
    let reply = scene.office.call(&scene.who, "PUT", "/landers/lander000001", moved).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    scene.make("domains", json!({"name": "go.example.com"})).await;
    let page = "<script src=https://go.example.com/js/flux.js></script>";
    assert_eq!(faults(&scene.page(&[], page).await), ["unknown_site"]);
}

#[tokio::test]
async fn addresses_that_are_none_and_callers_who_may_not_are_refused() {
    let scene = Scene::open().await;
    for url in ["", "nonsense", "ftp://a.example/", "file:///etc/passwd", "javascript:1"] {
        let body = json!({"url": url});
        let reply = scene.office.call(&scene.who, "POST", "/installation-check", body).await;
        assert_eq!((reply.status, reply.fields()), (400, vec!["url"]), "{url}");
    }
    let body = json!({"url": "http://127.0.0.1:1/"});
    for (role, status) in [(Role::Analyst, 403), (Role::Editor, 200)] {
        let who = scene.office.key(role).await;
        let reply = scene.office.call(&who, "POST", "/installation-check", body.clone()).await;
        assert_eq!(reply.status, status, "{role}");
    }
}
