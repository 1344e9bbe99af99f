//! The data about addresses and browsers: there, readable, and not too old.

use super::Finding;
use crate::config::Config;
use crate::enrich::knowledge_folder;
use maxminddb::Reader;
use std::path::Path;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Addresses change hands: after this many days countries are noticeably wrong.
const OLD_AFTER_DAYS: u64 = 120;

/// One finding per file.
pub(super) fn files(config: &Config, now: SystemTime) -> Vec<Finding> {
    let folder = knowledge_folder(config);
    let addresses = ["country.mmdb", "asn.mmdb"].map(|name| addresses(&folder.join(name), now));
    let patterns = ["user-agents.json", "bots.json"].map(|name| patterns(&folder.join(name)));
    let city = &config.city_database;
    let own = (!city.as_os_str().is_empty()).then(|| self::addresses(city, now));
    addresses.into_iter().chain(patterns).chain(own).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn addresses(path: &Path, now: SystemTime) -> Finding {
    let database = match Reader::open_readfile(path) {
        Ok(database) => database,
        Err(error) => return unreadable(path, &error),
    };
    let built = SystemTime::UNIX_EPOCH + Duration::from_secs(database.metadata().build_epoch);
    judge_age(&name(path), now.duration_since(built).unwrap_or_default())
}

fn judge_age(subject: &str, age: Duration) -> Finding {
    let days = age.as_secs() / DAY.as_secs();
    let text = format!("{days} days old");
    if days > OLD_AFTER_DAYS {
        Finding::warn(subject, text, "Fetch newer data (`make setup` in a checkout).")
    } else {
        Finding::ok(subject, text)
    }
}

fn patterns(path: &Path) -> Finding {
    let read = std::fs::read(path).map_err(|error| error.to_string()).and_then(|bytes| {
        serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).map_err(|error| error.to_string())
    });
    match read {
        Ok(_) => Finding::ok(&name(path), "is readable"),
        Err(error) => unreadable(path, &error),
    }
}

/// Without data the server works, and knows less of visitors.
fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Finding {
    let advice = "What it knows of visitors stays unknown. Put it there or set `knowledge`.";
    Finding::warn(&name(path), format!("{} is not readable: {error}", path.display()), advice)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn missing_and_broken_data_warns_and_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("country.mmdb"), "no database").unwrap();
        std::fs::write(folder.path().join("bots.json"), "{").unwrap();
        std::fs::write(folder.path().join("user-agents.json"), "{}").unwrap();
        let config = Config { knowledge: folder.path().into(), ..Config::default() };
        let found = files(&config, SystemTime::now());
        let verdicts: Vec<_> = found.iter().map(|f| (f.subject.as_str(), f.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                ("country.mmdb", Verdict::Warn),
                ("asn.mmdb", Verdict::Warn),
                ("user-agents.json", Verdict::Ok),
                ("bots.json", Verdict::Warn),
            ]
        );
    }

    #[test]
    fn data_is_old_after_four_months() {
        assert_eq!(judge_age("x", DAY * 120).verdict, Verdict::Ok);
        assert_eq!(judge_age("x", DAY * 121).verdict, Verdict::Warn);
    }
}
