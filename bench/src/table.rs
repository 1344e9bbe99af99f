//! Figures as one Markdown table.

use std::process::Command;
use std::time::Duration;

/// The rows, in the order in which they were measured.
#[derive(Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// Notes a figure, what it is to be, and whether it is.
    pub fn row(&mut self, what: &str, figure: String, target: &str, holds: Option<bool>) {
        let verdict = holds.map_or("", |holds| if holds { "holds" } else { "missed" });
        eprintln!("{what}: {figure} ({target} {verdict})");
        self.0.push([what.into(), figure, target.into(), verdict.into()]);
    }

    /// Prints it.
    pub fn print(&self) {
        println!("Machine: {}. Commit: {}.\n", machine(), commit());
        println!("| what | figure | target | |\n|---|---|---|---|");
        for row in &self.0 {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// A latency in milliseconds.
pub fn ms(latency: Duration) -> String {
    format!("{:.1} ms", latency.as_secs_f64() * 1e3)
}

fn machine() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(": ")).map_or("unknown", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {model}")
}

fn commit() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".into())
}
