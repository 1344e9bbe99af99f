//! The session cookie: out of reach of scripts and of other sites' requests.

use crate::admin::authenticate::COOKIE;
use crate::admin::client::Client;
use crate::store::people::sessions::LIFE_MS;
use axum::http::{HeaderName, header};

/// A header that sets the cookie.
pub type SetCookie = [(HeaderName, String); 1];

/// Keeps `token`. `Secure` only where the client came by https: elsewhere a browser would drop it.
pub fn keeping(token: &str, client: &Client) -> SetCookie {
    let (seconds, secure) = (LIFE_MS / 1000, if client.secure { "; Secure" } else { "" });
    let flags = format!("Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    [(header::SET_COOKIE, format!("{COOKIE}={token}; {flags}"))]
}

/// Drops the cookie.
pub fn dropping() -> SetCookie {
    let flags = "Path=/; Max-Age=0; HttpOnly; SameSite=Strict";
    [(header::SET_COOKIE, format!("{COOKIE}=; {flags}"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_and_no_other_site_gets_at_it() {
        let client = |secure| {
            let (address, agent) = ([192, 0, 2, 1].into(), String::new());
            keeping("t", &Client { address, secure, agent })[0].1.clone()
        };
        let plain = "runnel_session=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict";
        assert_eq!(client(false), plain);
        assert_eq!(client(true), format!("{plain}; Secure"));
    }
}
