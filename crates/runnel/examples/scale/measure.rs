//! Sizes of folders, and the table that is printed in the end.

use std::path::Path;

/// Bytes of a file, or of all files in a folder.
pub fn bytes_of(path: &Path) -> anyhow::Result<u64> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    std::fs::read_dir(path)?.map(|entry| bytes_of(&entry?.path())).sum()
}

/// Figures in the order in which they were measured.
#[derive(Default)]
pub struct Table(Vec<(String, String)>);

impl Table {
    /// Adds a figure, and prints it at once.
    pub fn line(&mut self, name: &str, value: f64, unit: &str) {
        let value = match value {
            value if value >= 1000.0 => format!("{value:.0}"),
            value if value >= 10.0 => format!("{value:.1}"),
            value => format!("{value:.3}"),
        };
        println!("{name}: {value} {unit}");
        self.0.push((name.to_owned(), format!("{value} {unit}")));
    }

    /// Prints it in Markdown.
    pub fn print(&self) {
        println!("\n| figure | value |\n|---|---|");
        self.0.iter().for_each(|(name, value)| println!("| {name} | {} |", value.trim()));
    }
}
