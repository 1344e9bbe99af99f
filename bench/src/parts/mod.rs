//! The parts of a run, in order: each starts the program anew on an empty folder.

mod lag;
mod latency;
mod postbacks;
mod redirects;
mod slow;

use crate::settings::Settings;
use crate::table::Table;

/// Runs the parts that are wanted and prints what they measured.
/// # Errors
/// The program does not do what it is asked.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let mut table = Table::default();
    type Part = fn(&Settings, &mut Table) -> anyhow::Result<()>;
    let parts: [(&str, Part); 7] = [
        ("entrances", redirects::entrances),
        ("actions", redirects::actions),
        ("views", redirects::views),
        ("latency", latency::measure),
        ("postbacks", postbacks::measure),
        ("lag", lag::measure),
        ("slow", slow::measure),
    ];
    for (name, part) in parts {
        if settings.wants(name) {
            part(settings, &mut table)?;
        }
    }
    table.print();
    Ok(())
}
