//! Snippets for a page's own HTML.

use super::{About, Kind, Snippet};
use crate::links::{conversion_script, event_script};

/// The tag, what is reported below it, and the links that go on.
pub(super) fn of(about: &About) -> Vec<Snippet> {
    let mut snippets = match about.kind {
        Kind::Lander => lander(about),
        Kind::Offer => offer(about),
        Kind::Global => global(about),
    };
    snippets.extend(about.events.iter().map(|name| {
        let title = format!("Custom event “{name}”: below the tag, where it happens");
        Snippet::new(&format!("event-{name}"), &title, "html", event_script(name))
    }));
    snippets
}

fn lander(about: &About) -> Vec<Snippet> {
    let numbers = if about.actions.is_empty() { &[1][..] } else { &about.actions };
    let link = |number: &u8| {
        let address = about.base.action(*number);
        let title = format!("Link to what follows on action {number}");
        let text = format!("<a href=\"{address}\">Continue</a>");
        Snippet::new(&format!("action-{number}"), &title, "html", text)
    };
    let mut snippets = vec![tag(about)];
    snippets.extend(numbers.iter().map(link));
    snippets
}

fn offer(about: &About) -> Vec<Snippet> {
    let title = "Conversion: on the page that follows a sale (VALUE: its revenue, or \
                 empty for the offer's payout)";
    let converts = |script: String| format!("{}\n{script}", about.base.tag());
    let mut snippets =
        vec![Snippet::new("conversion", title, "html", converts(conversion_script(None)))];
    if about.page.is_some() {
        let title = "Conversion of this very offer, where visitors have seen several";
        let text = converts(conversion_script(about.page));
        snippets.push(Snippet::new("page-conversion", title, "html", text));
    }
    let mut attributes = vec![("data-track", "conversion"), ("data-rev", "VALUE")];
    let page = about.page.map(|page| page.to_string());
    attributes.extend(page.iter().map(|page| ("data-p", page.as_str())));
    let title = "Conversion without a script of the page's own (strict Content-Security-Policy)";
    snippets.push(Snippet::new("strict-conversion", title, "html", about.base.script(&attributes)));
    snippets.push(tag(about));
    snippets
}

fn global(about: &About) -> Vec<Snippet> {
    let title = "Conversion: below the tag, on the page that follows a sale";
    vec![
        tag(about),
        Snippet::new("conversion", title, "html", conversion_script(about.page)),
        Snippet::new("action-1", "Link to what follows on action 1", "html", {
            format!("<a href=\"{}\">Continue</a>", about.base.action(1))
        }),
    ]
}

fn tag(about: &About) -> Snippet {
    let place = about.place();
    let named: Vec<_> =
        place.iter().map(|(name, id)| (format!("data-{name}"), id.as_str())).collect();
    let attributes: Vec<_> = named.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    let text = about.base.tag_at(&attributes);
    Snippet::new("tag", "Universal tag: into the head of the page", "html", text)
}
