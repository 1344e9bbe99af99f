//! Codes to be copied: what they say for each platform, that the documentation shows the same, and that
//! the template for Tag Manager and the plug-in for WordPress are sound.

use crate::office::{As, Office};
use runnel::admin::Role;
use runnel::links::STUB;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Shop {
    office: Office,
    who: As,
    lander: String,
    offer: String,
    funnel: String,
    source: String,
}

impl Shop {
    async fn open() -> Self {
        let office = Office::open().await;
        let who = office.key(Role::Admin).await;
        let make = async |kind: &str, body: Value| {
            let reply = office.call(&who, "POST", &format!("/{kind}"), body).await;
            assert_eq!(reply.status, 201, "{}", reply.body);
            reply.body["id"].as_str().unwrap().to_owned()
        };
        make("domains", json!({"name": "go.example.com"})).await;
        make("events", json!({"name": "lead"})).await;
        let lander = json!({"id": "lander000001", "name": "L", "url": "https://l.example/"});
        let lander = make("landers", lander).await;
        let network = json!({"name": "N", "postback": {"hit": "{{clickid}}", "rev": "{{payout}}"}});
        let network = make("offer-sources", network).await;
        let offer = json!({"id": "offer0000001", "name": "O", "url": "https://o.example/",
            "offerSource": network, "payout": "5"});
        let offer = make("offers", offer).await;
        let source = make("traffic-sources", json!({"id": "source000001", "name": "S"})).await;
        let funnel = json!({"id": "funnel000001", "name": "F", "nodes": [
                {"id": "nodeRoot0001", "kind": "traffic"},
                {"id": "nodeLander01", "kind": "lander", "pages": [{"page": lander, "weight": 1}]},
                {"id": "nodeOffer001", "kind": "offer", "pages": [{"page": offer, "weight": 1}]}],
            "connections": [
                {"id": "connRoot0001", "from": "nodeRoot0001", "to": "nodeLander01", "weight": 1},
                {"id": "connOffer001", "from": "nodeLander01", "to": "nodeOffer001",
                    "actions": [2, 3]}]});
        let funnel = make("funnels", funnel).await;
        Self { office, who, lander, offer, funnel, source }
    }

    async fn ask(&self, query: &str) -> Value {
        let reply = self.office.get(&self.who, &format!("/snippets?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.body);
        reply.body
    }

    /// The text of one snippet.
    async fn text(&self, query: &str, name: &str) -> String {
        let told = self.ask(query).await;
        let all = told["snippets"].as_array().unwrap().clone();
        let named = all.iter().find(|snippet| snippet["name"] == name);
        let named = named.unwrap_or_else(|| panic!("{query}: no {name} in {all:#?}"));
        named["text"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_offers_snippet_is_the_tag_followed_by_its_conversion() {
    let shop = Shop::open().await;
    let expected = format!(
        "<!-- Universal tag -->\n<script>{STUB}</script>\n\
         <script async src=\"https://go.example.com/js/flux.js\"></script>\n\
         <!-- Conversion event -->\n<script>\nflux.track(\"conversion\",{{rev:\"VALUE\"}})\n</script>"
    );
    let query = format!("kind=offer&platform=html&page={}", shop.offer);
    assert_eq!(shop.text(&query, "conversion").await, expected);
    let of_page = shop.text(&query, "page-conversion").await;
    assert!(of_page.contains("{rev:\"VALUE\",p:\"offer0000001\"}"), "{of_page}");
    let strict = shop.text(&query, "strict-conversion").await;
    assert_eq!(
        strict,
        "<script async src=\"https://go.example.com/js/flux.js\" data-track=\"conversion\" \
         data-rev=\"VALUE\" data-p=\"offer0000001\"></script>"
    );
    let codes = format!("/offers/{}/tracking-codes", shop.offer);
    let codes = shop.office.get(&shop.who, &codes).await.body;
    let (tag, script) = (&codes["universalTag"], &codes["conversionScript"]);
    assert_eq!(expected, format!("{}\n{}", tag.as_str().unwrap(), script.as_str().unwrap()));
}

#[tokio::test]
async fn a_landers_snippets_say_where_it_is_and_link_to_its_actions() {
    let shop = Shop::open().await;
    let (funnel, source) = (&shop.funnel, &shop.source);
    let place = format!("funnel={funnel}&node=nodeLander01&source={source}&page={}", shop.lander);
    let query = format!("kind=lander&platform=html&{place}");
    let tag = shop.text(&query, "tag").await;
    let script = "<script async src=\"https://go.example.com/js/flux.js\" data-f=\"funnel000001\" \
        data-ts=\"source000001\" data-n=\"nodeLander01\"></script>";
    assert!(tag.ends_with(script), "{tag}");
    let told = shop.ask(&query).await;
    let names: Vec<_> = told["snippets"].as_array().unwrap().iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["tag", "action-2", "action-3", "event-lead"]);
    let link = "<a href=\"https://go.example.com/action/2\">Continue</a>";
    assert_eq!(shop.text(&query, "action-2").await, link);
    let alone = format!("kind=lander&platform=html&page={}", shop.lander);
    let script = " data-p=\"lander000001\"></script>";
    assert!(shop.text(&alone, "tag").await.ends_with(script));
    let plain = format!("kind=lander&platform=gtm&{place}");
    assert_eq!(
        shop.text(&plain, "custom-html").await,
        "<script async src=\"https://go.example.com/js/flux.js?f=funnel000001&amp;ts=source000001\
         &amp;n=nodeLander01\"></script>"
    );
    let settings = "Tracking domain: go.example.com\nWhat to report: Page view\n\
        Funnel ID: funnel000001\nTraffic source ID: source000001\nNode ID: nodeLander01";
    assert_eq!(shop.text(&plain, "settings").await, settings);
}

#[tokio::test]
async fn servers_call_with_the_networks_macros() {
    let shop = Shop::open().await;
    let query = format!("kind=offer&platform=curl&page={}", shop.offer);
    let url = "curl \"https://go.example.com/pb/?hit={{clickid}}&rev={{payout}}\"";
    assert_eq!(shop.text(&query, "conversion").await, url);
    let visitor =
        "curl \"https://go.example.com/pb/?vid=REPLACE&p=offer0000001&tx=REPLACE&rev=REPLACE\"";
    assert_eq!(shop.text(&query, "visitor").await, visitor);
    let event = "curl \"https://go.example.com/pb/?hit=REPLACE&event=lead&tx=REPLACE&rev=REPLACE\"";
    assert_eq!(shop.text("kind=global&platform=curl", "event-lead").await, event);
}

#[tokio::test]
async fn what_does_not_exist_gets_no_snippet() {
    let shop = Shop::open().await;
    for (query, field) in [
        ("kind=offer&platform=html&page=lander000001", "page"),
        ("kind=lander&platform=html&page=offer0000001", "page"),
        ("kind=global&platform=html&page=nothing00001", "page"),
        ("kind=global&platform=html&source=nothing00001", "source"),
        ("kind=global&platform=html&funnel=nothing00001", "funnel"),
        ("kind=global&platform=html&node=nodeLander01", "node"),
        ("kind=global&platform=html&funnel=funnel000001&node=nodeNowhere1", "node"),
        ("kind=global&platform=html&domain=other.example", "domain"),
        ("kind=global", "platform"),
    ] {
        let reply = shop.office.get(&shop.who, &format!("/snippets?{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![field]), "{query}");
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Each `<!-- QUERY name -->` in the documentation is followed by exactly that snippet.
#[tokio::test]
async fn the_documentation_shows_the_same_snippets() {
    let shop = Shop::open().await;
    let text = std::fs::read_to_string(repository().join("docs/snippets.md")).unwrap();
    let shown: Vec<_> = text.split("<!-- snippet ").skip(1).collect();
    assert!(shown.len() >= 8, "the marks were not found");
    for part in shown {
        let (mark, rest) = part.split_once(" -->\n```").unwrap();
        let (query, name) = mark.split_once(' ').unwrap();
        let block = rest.split_once('\n').unwrap().1.split("\n```").next().unwrap();
        assert_eq!(block, shop.text(query, name).await, "{mark}");
    }
}

#[tokio::test]
async fn template_and_plug_in_are_those_of_the_repository() {
    let shop = Shop::open().await;
    for (query, name, file) in [
        ("kind=global&platform=gtm", "template", "tag/gtm/template.tpl"),
        ("kind=global&platform=wordpress", "plug-in", "tag/wordpress/runnel/runnel.php"),
    ] {
        let kept = std::fs::read_to_string(repository().join(file)).unwrap();
        assert_eq!(shop.text(query, name).await, kept);
    }
}

/// The parts of a template, in the order in which Tag Manager writes them.
const PARTS: [&str; 6] = [
    "INFO",
    "TEMPLATE_PARAMETERS",
    "SANDBOXED_JS_FOR_WEB_TEMPLATE",
    "WEB_PERMISSIONS",
    "TESTS",
    "NOTES",
];

#[test]
fn the_template_has_its_parts_and_asks_for_the_permissions_that_its_code_needs() {
    let text = std::fs::read_to_string(repository().join("tag/gtm/template.tpl")).unwrap();
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    for name in PARTS {
        rest = rest.split_once(&format!("___{name}___\n")).unwrap_or_else(|| panic!("{name}")).1;
        parts.push(rest.split("\n___").next().unwrap());
    }
    let info: Value = serde_json::from_str(parts[0]).unwrap();
    assert_eq!((&info["type"], &info["containerContexts"]), (&json!("TAG"), &json!(["WEB"])));
    let parameters: Value = serde_json::from_str(parts[1]).unwrap();
    let permissions: Value = serde_json::from_str(parts[3]).unwrap();
    let permissions: Vec<_> = permissions.as_array().unwrap().iter().collect();
    let asked = |name: &str| {
        let found = permissions.iter().find(|p| p["instance"]["key"]["publicId"] == name);
        found.unwrap_or_else(|| panic!("{name} is not asked for")).to_string()
    };
    assert_eq!(permissions.len(), 2, "more is asked for than is needed");
    let globals = asked("access_globals");
    assert!(globals.contains("\"flux\"") && globals.contains("\"flux.q\""), "{globals}");
    assert!(asked("inject_script").contains("https://*/js/flux.js"));
    let mut named = Vec::new();
    names(&parameters, &mut named);
    for used in parts[2].split("data.").skip(1) {
        let used: String = used.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(used.starts_with("gtmOn") || named.contains(&used), "data.{used}");
    }
}

/// Names of parameters, those in groups too.
fn names(parameters: &Value, found: &mut Vec<String>) {
    for parameter in parameters.as_array().into_iter().flatten() {
        found.push(parameter["name"].as_str().unwrap().to_owned());
        names(&parameter["subParams"], found);
    }
}

#[test]
fn the_plug_in_queues_calls_with_the_same_stub() {
    let kept = repository().join("tag/wordpress/runnel/runnel.php");
    let text = std::fs::read_to_string(kept).unwrap();
    assert!(text.contains(&format!("const RUNNEL_STUB = '{STUB}';")));
}

/// Template and plug-in do what they say; where node or PHP is not installed, their own tests are left
/// to `node tag/gtm/test.mjs` and `php tag/wordpress/test.php`.
#[test]
fn template_and_plug_in_pass_their_own_tests_where_they_can_run() {
    for (program, file) in [("node", "tag/gtm/test.mjs"), ("php", "tag/wordpress/test.php")] {
        match Command::new(program).arg(repository().join(file)).output() {
            Ok(output) => assert!(
                output.status.success(),
                "{file}: {}",
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{file}"),
        }
    }
}
