//! Snippets for Google Tag Manager: the template to import, its fields, and a tag for containers that
//! take no templates.

use super::{About, Kind, Snippet};

const TEMPLATE: &str = include_str!("../../../../tag/gtm/template.tpl");

/// Template, settings, and a plain tag.
pub(super) fn of(about: &About) -> Vec<Snippet> {
    let import =
        "Template: save it as template.tpl, then Templates → Tag templates → New → ⋮ → Import";
    let plain = "Custom HTML tag, where templates are not wanted";
    vec![
        Snippet::new("template", import, "text", TEMPLATE),
        Snippet::new(
            "settings",
            "Fields of the tag, on trigger “All pages”",
            "text",
            fields(about),
        ),
        Snippet::new("custom-html", plain, "html", custom_html(about)),
    ]
}

fn fields(about: &About) -> String {
    let report = match about.kind {
        Kind::Offer => "Conversion",
        Kind::Lander | Kind::Global => "Page view",
    };
    let mut lines = vec![
        format!("Tracking domain: {}", about.base.host()),
        format!("What to report: {report}"),
    ];
    if about.kind == Kind::Offer {
        lines.push("Revenue: {{VALUE}}".into());
        lines.push("Transaction ID: {{REPLACE}}".into());
    }
    lines.extend(about.place().into_iter().map(|(name, id)| {
        let title = match name {
            "f" => "Funnel ID",
            "ts" => "Traffic source ID",
            "n" => "Node ID",
            _ => "Lander or offer ID",
        };
        format!("{title}: {id}")
    }));
    lines.join("\n")
}

/// Tag Manager drops attributes of scripts, so the place stands in the script's address.
fn custom_html(about: &About) -> String {
    let place: Vec<_> =
        about.place().into_iter().map(|(name, id)| format!("{name}={id}")).collect();
    let query = if place.is_empty() { String::new() } else { format!("?{}", place.join("&amp;")) };
    format!("<script async src=\"{}/js/flux.js{query}\"></script>", about.base.as_str())
}
