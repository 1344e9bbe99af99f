//! Who goes first when there is more to do than processors: visitors and networks before reports,
//! sealing and the writing of sessions.
//! Promise: best effort. Where the system does not allow it, everything runs as before.

use std::path::Path;
use tokio::sync::oneshot;

/// The lowest of Unix' priorities ("nice").
const LAST: i32 = 19;
/// Threads of libraries that work behind, by the start of their names.
const BEHIND: [&str; 2] = ["journal-tend", "fjall"];

/// Lets the calling thread, and those it starts from now on, run only when no other wants to.
pub fn lower() {
    // On Linux a priority belongs to a thread.
    if cfg!(target_os = "linux") {
        let _ = rustix::process::setpriority_process(None, LAST);
    }
}

/// Does so for the threads of libraries that work behind.
pub fn lower_libraries() {
    for thread in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        if is_behind(&thread.path())
            && let Some(id) = thread.file_name().to_str().and_then(|id| id.parse().ok())
        {
            let _ = rustix::process::setpriority_process(rustix::process::Pid::from_raw(id), LAST);
        }
    }
}

fn is_behind(thread: &Path) -> bool {
    let name = std::fs::read_to_string(thread.join("comm")).unwrap_or_default();
    BEHIND.iter().any(|start| name.starts_with(start))
}

/// Runs `work` on a thread of low priority; nothing if there is none or it breaks off.
pub async fn behind<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, finished) = oneshot::channel();
    let run = move || {
        lower();
        let _ = done.send(work());
    };
    std::thread::Builder::new().name("behind".into()).spawn(run).ok()?;
    finished.await.ok()
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn what_runs_behind_is_answered_and_what_breaks_off_is_nothing() {
        assert_eq!(super::behind(|| 7).await, Some(7));
        let breaking = || -> u8 { std::panic::resume_unwind(Box::new("broken")) };
        assert_eq!(super::behind(breaking).await, None);
    }
}
