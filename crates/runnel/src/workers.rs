//! Threads that serve visitors: one for each processor, each with a runtime of its own.
//! Promise: a connection stays on the thread it was given to. What a click needs is then in that
//! processor's cache when the disk has its record, and no thread looks for others' work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

/// The running threads, each with a `T` of its own. Dropping it ends them, with whatever they serve
/// then.
pub struct Workers<T> {
    workers: Vec<(Handle, T)>,
    next: AtomicUsize,
    _stop: watch::Sender<()>,
}

impl<T> Workers<T> {
    /// Starts as many as there are processors; `own` makes what belongs to one.
    /// # Errors
    /// The system gives no thread or no file handle.
    pub fn start(own: impl Fn() -> T) -> std::io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let (stop, stopped) = watch::channel(());
        let start = |number| Ok((start(number, stopped.clone())?, own()));
        let workers = (0..count).map(start).collect::<std::io::Result<_>>()?;
        Ok(Self { workers, next: AtomicUsize::new(0), _stop: stop })
    }

    /// Where the next connection goes.
    pub fn next(&self) -> &(Handle, T) {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        &self.workers[next % self.workers.len()]
    }
}

fn start(number: usize, stopped: watch::Receiver<()>) -> std::io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let name = format!("serve-{number}");
    thread::Builder::new().name(name).spawn(move || run(runtime, stopped))?;
    Ok(handle)
}

fn run(runtime: Runtime, mut stopped: watch::Receiver<()>) {
    // Ends with an error once there is nobody who could stop it.
    runtime.block_on(async { while stopped.changed().await.is_ok() {} });
    // Whoever reads a disk right now is not waited for.
    runtime.shutdown_background();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn connections_go_to_each_thread_in_turn_and_end_with_it() {
        let workers = Workers::start(|| ()).unwrap();
        let threads = workers.workers.len();
        let mut served = BTreeMap::new();
        for _ in 0..2 * threads {
            let name = async { thread::current().name().map(str::to_owned) };
            let name = workers.next().0.spawn(name).await.unwrap();
            *served.entry(name.unwrap()).or_insert(0) += 1;
        }
        let expected = (0..threads).map(|number| (format!("serve-{number}"), 2)).collect();
        assert_eq!(served, expected);
        let (held, dropped) = oneshot::channel::<()>();
        workers.next().0.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        drop(workers);
        assert!(dropped.await.is_err(), "what it served ended with it");
    }
}
