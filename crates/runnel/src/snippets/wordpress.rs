//! Snippets for WordPress: the plug-in, its settings, and how one page says where it is.

use super::{About, Snippet};

const PLUG_IN: &str = include_str!("../../../../tag/wordpress/runnel/runnel.php");

/// Plug-in, settings, and a filter for single pages.
pub(super) fn of(about: &About) -> Vec<Snippet> {
    let install = "Plug-in: save it as wp-content/plugins/runnel/runnel.php, then activate Runnel";
    let mut snippets = vec![
        Snippet::new("plug-in", install, "php", PLUG_IN),
        Snippet::new("settings", "Settings → Runnel", "text", settings(about)),
    ];
    let title = "One page says where it is: into the theme's functions.php (REPLACE: its number)";
    snippets.extend(page(about).map(|text| Snippet::new("page", title, "php", text)));
    snippets
}

fn settings(about: &About) -> String {
    let mut lines = vec![format!("Tracking domain: {}", about.base.host())];
    lines.extend(about.funnel.map(|id| format!("Funnel ID: {id}")));
    lines.extend(about.source.map(|id| format!("Traffic source ID: {id}")));
    lines.push("Report WooCommerce orders: yes, if this shop takes them".into());
    lines.join("\n")
}

fn page(about: &About) -> Option<String> {
    let (name, id) = match (about.node, about.page) {
        (Some(node), _) => ("data-n", node),
        (None, Some(page)) => ("data-p", page),
        (None, None) => return None,
    };
    Some(format!(
        "add_filter( 'runnel_attributes', function ( $attributes ) {{\n\t\
         return is_page( REPLACE ) ? array_merge( $attributes, array( '{name}' => '{id}' ) ) : $attributes;\n\
         }} );"
    ))
}
