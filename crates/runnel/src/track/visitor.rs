//! Who is it? A link's `vid`, the cookie, or somebody new.
//! Promise: an ID that was never issued is ignored; somebody who arrives with a copied address gets
//! an ID of their own (product.md §2).

use crate::app::App;
use rules::facts::Facts;
use rules::ids::Vid;
use rules::session::Session;

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Their ID.
    pub vid: Vid,
    /// Whether it was issued just now.
    pub new: bool,
}

/// Decides between the `linked` ID, the `cookie`'s, and a new one.
pub fn who(
    app: &App,
    linked: Option<Vid>,
    cookie: Option<Vid>,
    facts: &Facts,
    at_ms: u64,
) -> Visitor {
    let known = |vid| Visitor { vid, new: false };
    match (linked, cookie) {
        // Their own cookie says otherwise: the address was copied.
        (_, Some(own)) => known(own),
        (Some(linked), None) if !app.sessions.look(linked, |session| copied(session, facts)) => {
            known(linked)
        }
        _ => Visitor { vid: Vid::new(at_ms, app.clock.random(), &app.keys), new: true },
    }
}

/// Whether somebody with this `cookie` may be `vid`: who has another of their own is somebody else.
pub fn may_be(vid: Vid, cookie: Option<Vid>) -> bool {
    cookie.is_none_or(|own| own == vid)
}

/// Whether device and network both differ from those of the session's latest visit.
fn copied(session: &Session, facts: &Facts) -> bool {
    session.visits.last().is_some_and(|visit| {
        let own = &visit.facts;
        let device =
            (own.device, &own.os, &own.browser) != (facts.device, &facts.os, &facts.browser);
        let network = own.ip != facts.ip && (own.asn != facts.asn || own.asn == 0);
        device && network
    })
}
