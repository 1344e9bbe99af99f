//! The data folder: writable, room on its disk, and a clock that agrees with its files.

use super::Finding;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

const GIB: u64 = 1 << 30;
/// Below this a start is pointless: stores could not even write their logs.
const LEAST_FREE_BYTES: u64 = GIB / 2;
/// Below this it is time to make room.
const LITTLE_FREE_BYTES: u64 = 5 * GIB;
/// Files may be this much ahead of the clock: other machines' clocks, coarse file systems.
const TOLERANCE: Duration = Duration::from_secs(60);
/// 2026-01-01T00:00:00Z: this program did not exist before.
const EARLIEST: Duration = Duration::from_secs(1_767_225_600);

/// Whether a file can be written and synced.
pub(super) fn writable(data: &Path) -> Finding {
    let subject = "data folder";
    match probe(data) {
        Ok(()) => Finding::ok(subject, format!("{} can be written", data.display())),
        Err(error) => Finding::fail(
            subject,
            format!("{} cannot be written: {error}", data.display()),
            "Give it to the user that runs the server, or name another with --data.",
        ),
    }
}

fn probe(data: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(data)?;
    let path = data.join(format!("doctor-{}.probe", std::process::id()));
    let written = std::fs::File::create(&path).and_then(|mut file| {
        file.write_all(b"probe")?;
        file.sync_all()
    });
    std::fs::remove_file(&path)?;
    written
}

/// Room on the folder's disk.
pub(super) fn space(data: &Path) -> Finding {
    match rustix::fs::statvfs(data) {
        Ok(disk) => judge_space(disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => {
            let text = format!("cannot be told: {error}");
            Finding::warn("disk space", text, "Look yourself that there is enough.")
        }
    }
}

fn judge_space(free_bytes: u64) -> Finding {
    let subject = "disk space";
    let text = format!("{:.1} GiB free", free_bytes as f64 / GIB as f64);
    if free_bytes < LEAST_FREE_BYTES {
        Finding::fail(subject, text, "Postbacks are refused on a full disk. Make room.")
    } else if free_bytes < LITTLE_FREE_BYTES {
        Finding::warn(subject, text, "Make room soon.")
    } else {
        Finding::ok(subject, text)
    }
}

/// Whether the clock stands after everything that was written.
pub(super) fn clock(data: &Path, now: SystemTime) -> Finding {
    let newest = newest_file(data).unwrap_or(SystemTime::UNIX_EPOCH);
    let advice = "Set the clock (NTP): IDs, sessions and reports depend on it.";
    if now < SystemTime::UNIX_EPOCH + EARLIEST {
        Finding::fail("clock", "stands before 2026", advice)
    } else if newest > now + TOLERANCE {
        let ahead = newest.duration_since(now).unwrap_or_default();
        let text = format!("a file is {} s ahead of it", ahead.as_secs());
        Finding::fail("clock", text, advice)
    } else {
        Finding::ok("clock", "agrees with the files")
    }
}

/// When a file in the folder, or in one of its folders, was last written.
fn newest_file(data: &Path) -> Option<SystemTime> {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let inner = entries(data).flat_map(|entry| entries(&entry.path()));
    let all = entries(data).chain(inner);
    all.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn room_is_judged_by_what_is_free() {
        for (free, verdict) in [
            (GIB / 2 - 1, Verdict::Fail),
            (GIB / 2, Verdict::Warn),
            (5 * GIB - 1, Verdict::Warn),
            (5 * GIB, Verdict::Ok),
        ] {
            assert_eq!(judge_space(free).verdict, verdict, "{free}");
        }
    }

    #[test]
    fn a_clock_behind_its_own_files_or_before_the_program_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_305_600);
        let path = folder.path().join("runnel.db");
        let file = std::fs::File::create(&path).unwrap();
        for (ahead_s, verdict) in [(0, Verdict::Ok), (60, Verdict::Ok), (61, Verdict::Fail)] {
            file.set_modified(now + Duration::from_secs(ahead_s)).unwrap();
            assert_eq!(clock(folder.path(), now).verdict, verdict, "{ahead_s}");
        }
        assert_eq!(clock(Path::new("nowhere"), SystemTime::UNIX_EPOCH).verdict, Verdict::Fail);
    }

    #[test]
    fn a_path_that_is_a_file_cannot_be_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(writable(&file).verdict, Verdict::Fail);
        assert_eq!(writable(folder.path()).verdict, Verdict::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
