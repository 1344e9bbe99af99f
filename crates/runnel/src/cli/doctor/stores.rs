//! The stores: journal, database, reports.

use super::Finding;
use crate::store::examine::quick_check;
use crate::store::facts::Facts;
use journal::{Journal, JournalError};
use std::path::Path;

/// What was found of the journal, whose lock also tells whether a server runs.
pub(super) struct JournalFound {
    pub(super) finding: Finding,
    pub(super) in_use: bool,
}

/// Reads the journal the way a start does, unless a server has it.
pub(super) fn journal(data: &Path) -> JournalFound {
    let (subject, folder) = ("journal", data.join("journal"));
    if !folder.exists() {
        let finding = Finding::ok(subject, "none yet; the first start makes it");
        return JournalFound { finding, in_use: false };
    }
    match Journal::open(&folder, journal::Options::default()) {
        Ok((journal, recovery)) => {
            let closed = journal.close();
            let finding = judge_recovery(&recovery, closed.is_ok());
            JournalFound { finding, in_use: false }
        }
        Err(JournalError::InUse(_)) => JournalFound {
            finding: Finding::ok(subject, "in use by a running server"),
            in_use: true,
        },
        Err(error) => {
            let advice = "Look at the disk; restore a backup if the folder cannot be read.";
            JournalFound { finding: Finding::fail(subject, error, advice), in_use: false }
        }
    }
}

fn judge_recovery(recovery: &journal::Recovery, synced: bool) -> Finding {
    let subject = "journal";
    if !synced {
        return Finding::fail(subject, "cannot be synced", "Look at the disk.");
    }
    if recovery.damaged > 0 || recovery.unusable_segments > 0 {
        let advice = "Damaged records are skipped. Restore a backup if they matter.";
        return Finding::warn(subject, recovery, advice);
    }
    Finding::ok(subject, recovery.to_string())
}

/// Lets SQLite look through the database.
pub(super) async fn database(data: &Path) -> Finding {
    let subject = "database";
    let advice = "Stop the server and restore a backup.";
    match quick_check(data).await {
        Ok(None) => Finding::ok(subject, "none yet; the first start makes it"),
        Ok(Some(faults)) if faults.is_empty() => Finding::ok(subject, "is sound"),
        Ok(Some(faults)) => {
            Finding::fail(subject, format!("is damaged: {}", faults.join("; ")), advice)
        }
        Err(error) => Finding::fail(subject, format!("does not open: {error}"), advice),
    }
}

/// Opens the report store for reading, unless a server has it (`runs`).
pub(super) fn reports(data: &Path, runs: bool) -> Finding {
    let subject = "report store";
    if runs {
        return Finding::ok(subject, "in use by a running server");
    }
    match Facts::examine(data) {
        Ok(None) => Finding::ok(subject, "none yet; the first start makes it"),
        Ok(Some(lacking)) if lacking.count == 0 => Finding::ok(subject, "opens"),
        Ok(Some(lacking)) => {
            let (count, first) = (lacking.count, lacking.first.join(", "));
            let advice =
                "They stay where they are. With a program that can read them, `runnel rebuild`.";
            Finding::warn(subject, format!("lacks {count} unreadable items: {first}"), advice)
        }
        Err(error) => {
            let advice = "It is derived: the next start sets it aside and fills it anew.";
            Finding::warn(subject, format!("does not open: {error}"), advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[tokio::test]
    async fn garbage_is_found_in_each_store() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        assert_eq!(database(data).await.verdict, Verdict::Ok);
        assert_eq!(reports(data, false).verdict, Verdict::Ok);
        assert_eq!(journal(data).finding.verdict, Verdict::Ok);
        std::fs::write(data.join("runnel.db"), "no database, but long enough ".repeat(100))
            .unwrap();
        std::fs::write(data.join("facts.duckdb"), "no database").unwrap();
        std::fs::write(data.join("journal"), "no folder").unwrap();
        assert_eq!(database(data).await.verdict, Verdict::Fail);
        assert_eq!(reports(data, false).verdict, Verdict::Warn);
        assert_eq!(journal(data).finding.verdict, Verdict::Fail);
    }

    #[test]
    fn damage_in_the_journal_warns_and_says_how_much() {
        let recovery = journal::Recovery { records: 5, damaged: 2, ..Default::default() };
        let finding = judge_recovery(&recovery, true);
        assert_eq!(finding.verdict, Verdict::Warn);
        assert!(finding.text.contains("2 damaged"), "{}", finding.text);
        assert_eq!(judge_recovery(&recovery, false).verdict, Verdict::Fail);
    }

    #[test]
    fn a_journal_in_use_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        let held = Journal::open(&folder.path().join("journal"), journal::Options::default());
        let found = journal(folder.path());
        assert!(found.in_use && found.finding.verdict == Verdict::Ok);
        drop(held);
    }
}
