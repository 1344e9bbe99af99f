//! Snippets for servers: the calls as curl makes them.

use super::{About, Kind, Snippet};

/// Calls that report what only a server knows.
pub(super) fn of(about: &About) -> Vec<Snippet> {
    let base = &about.base;
    let get = |url: &str| format!("curl \"{url}\"");
    let mut snippets = Vec::new();
    let mut add = |name: &str, title: &str, text: String| {
        snippets.push(Snippet::new(name, title, "shell", text));
    };
    add("conversion", "A conversion, by the hit that your page or network was given", {
        get(&about.postback)
    });
    if about.kind != Kind::Lander {
        let url = base.to_replace(&["hit", "tx", "rev", "status"]);
        add("status", "A conversion whose status may change", get(&url));
    }
    let by_visitor = base.visitor_postback(about.page);
    add("visitor", "A conversion, by the visitor", get(&by_visitor));
    add("json", "The same with a JSON body", json(about));
    for name in &about.events {
        let title = format!("Custom event “{name}”");
        add(&format!("event-{name}"), &title, get(&base.event_postback(name)));
    }
    let url = format!("{}&test=1", about.postback);
    add("test", "Shows what would be booked, and books nothing", get(&url));
    snippets
}

fn json(about: &About) -> String {
    format!(
        "curl \"{}/pb/?format=json\" -H \"content-type: application/json\" \\\n  \
         -d '{{\"hit\": \"REPLACE\", \"tx\": \"REPLACE\", \"rev\": \"VALUE\"}}'",
        about.base.as_str()
    )
}
