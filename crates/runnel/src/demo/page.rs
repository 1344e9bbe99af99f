//! The demo's own landers and offers: plain pages that show the hit and the ways on.
//! Promise: nothing of the address reaches the page but letters and digits of IDs.

use axum::extract::{Path, Query};
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;

/// What a page is told in its address.
#[derive(Debug, Default, Deserialize)]
pub struct Arrived {
    #[serde(default)]
    hit: String,
    #[serde(default)]
    vid: String,
}

/// Answers `/demo/{name}`.
pub async fn page(Path(name): Path<String>, Query(arrived): Query<Arrived>) -> Response {
    let (hit, vid) = (id_in(&arrived.hit), id_in(&arrived.vid));
    let shown = match name.as_str() {
        "lander-a" => lander("Lander A: save on everything", &hit),
        "lander-b" => lander("Lander B: as seen nowhere else", &hit),
        "offer" => offer("The offer", "12.50", &hit, true),
        "upsell" => offer("One more thing", "4.00", &hit, false),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        // The address holds the visitor's ID; only this server may see it.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Html(framed(&shown, &hit, &vid))).into_response()
}

/// The text if it can be an ID, else nothing.
fn id_in(text: &str) -> String {
    let is_id = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_id { text.to_owned() } else { String::new() }
}

struct Shown {
    title: &'static str,
    body: String,
}

fn lander(title: &'static str, hit: &str) -> Shown {
    let body = format!(
        "<p>A lander leads to offers. Its links are action links; this one also fires the event \
         <i>demo-lead</i>.</p><p><a class=go href=\"/action/1?hit={hit}\">Show me the offer</a></p>"
    );
    Shown { title, body }
}

fn offer(title: &'static str, payout: &str, hit: &str, more: bool) -> Shown {
    let call = |rest: &str, text: &str| {
        format!("<li><a href=\"/pb/?hit={hit}&amp;tx=demo-1{rest}\">{text}</a></li>")
    };
    let mut body = format!(
        "<p>An offer earns. When somebody buys, the network calls the postback URL; here you are \
         the network (go back after each call):</p><ul>{}{}{}{}</ul>",
        call("&amp;status=pending", "a sale that is pending"),
        call("", &format!("a sale for the offer's payout, {payout}")),
        call("&amp;rev=20.00", "the same sale, now for 20.00"),
        call("&amp;status=rejected", "the sale is rejected"),
    );
    if more {
        body += &format!(
            "<p><a class=go href=\"/action/1?hit={hit}\">Buy, and see what else there is</a> \
             (action 1, fires <i>demo-upsell</i> with 1.00)</p>"
        );
    }
    Shown { title, body }
}

fn framed(shown: &Shown, hit: &str, vid: &str) -> String {
    let Shown { title, body } = shown;
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;\
         padding:0 1rem}}.go{{display:inline-block;padding:.6rem 1rem;background:#175;color:#fff;\
         border-radius:.3rem}}dt{{color:#666}}dd{{margin:0;font-family:monospace}}</style>\
         <h1>{title}</h1>{body}<hr><dl><dt>hit of this page</dt><dd id=hit>{hit}</dd>\
         <dt>visitor</dt><dd id=vid>{vid}</dd></dl></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn shown(name: &str, hit: &str) -> (StatusCode, String) {
        let arrived = Arrived { hit: hit.into(), vid: String::new() };
        let response = page(Path(name.into()), Query(arrived)).await;
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_is_no_id_never_reaches_the_page() {
        let hit = "0123456789abcdefghjkmnpq";
        assert!(shown("lander-a", hit).await.1.contains(&format!("/action/1?hit={hit}\"")));
        for evil in ["<script>alert(1)</script>", "\"onclick=alert(1)%20x=", "a"] {
            let (status, page) = shown("offer", evil).await;
            assert_eq!(status, StatusCode::OK);
            assert!(!page.contains("alert") && page.contains("hit=&amp;"), "{page}");
        }
        assert_eq!(shown("admin", hit).await.0, StatusCode::NOT_FOUND);
    }
}
