//! Answers visitors: a redirect, the default homepage, or a plain refusal.
//! Promise: never cached; no control byte reaches a header (product.md §3.3).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use rules::assets::RedirectMode;

const NO_STORE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

const ACCEPT_CH: HeaderName = HeaderName::from_static("accept-ch");
const HINTS: HeaderValue = HeaderValue::from_static(
    "Sec-CH-UA-Full-Version-List, Sec-CH-UA-Model, Sec-CH-UA-Platform, Sec-CH-UA-Platform-Version",
);

/// Sends the visitor to `url`; nothing if the URL cannot stand in a header.
pub fn redirect(url: &str, mode: RedirectMode) -> Option<Response> {
    let location = HeaderValue::try_from(url).ok()?;
    let moved =
        |status: StatusCode| (status, [NO_STORE, (header::LOCATION, location)]).into_response();
    Some(match mode {
        RedirectMode::Found => moved(StatusCode::FOUND),
        RedirectMode::Temporary => moved(StatusCode::TEMPORARY_REDIRECT),
        RedirectMode::Meta => meta_refresh(url),
    })
}

/// A page that goes on at once and tells the destination no referrer.
fn meta_refresh(url: &str) -> Response {
    let url = escaped(url);
    let page = format!(
        "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>\
         <meta http-equiv=refresh content=\"0;url={url}\"><a href=\"{url}\" rel=noreferrer>→</a>"
    );
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let quiet = HeaderValue::from_static("no-referrer");
    let headers = [NO_STORE, (header::CONTENT_TYPE, html), (header::REFERRER_POLICY, quiet)];
    (headers, page).into_response()
}

fn escaped(url: &str) -> String {
    url.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Where a visitor goes whom no funnel takes: the default homepage, else 404.
pub fn nowhere(homepage: &str) -> Response {
    let home = Some(homepage).filter(|url| !url.is_empty());
    home.and_then(|url| redirect(url, RedirectMode::Found))
        .unwrap_or_else(|| refused(StatusCode::NOT_FOUND, "Not found"))
}

/// A plain text with `status`.
pub fn refused(status: StatusCode, text: &'static str) -> Response {
    (status, [NO_STORE], text).into_response()
}

/// Asks the browser to name its device with its next request. Browsers do so over https only.
pub fn asking_for_hints(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(ACCEPT_CH, HINTS);
    response
}

/// Adds the visitor's cookies.
pub fn with_cookies(mut response: Response<Body>, cookies: [HeaderValue; 2]) -> Response<Body> {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_byte_never_reaches_a_header() {
        assert!(redirect("https://a.example/\r\nSet-Cookie: x=1", RedirectMode::Found).is_none());
        assert!(redirect("https://a.example/\0", RedirectMode::Temporary).is_none());
        assert!(redirect("https://a.example/\n", RedirectMode::Meta).is_none());
    }

    #[tokio::test]
    async fn a_page_that_goes_on_quotes_its_url() {
        let page = redirect("https://a.example/?a=\"><script>&b=1", RedirectMode::Meta).unwrap();
        let body = axum::body::to_bytes(page.into_body(), 9999).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("?a=&quot;&gt;&lt;script&gt;&amp;b=1\""), "{text}");
    }
}
