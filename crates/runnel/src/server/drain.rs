//! Connections that are told when the server ends, and waited for.
//! Promise: telling costs a connection nothing while nobody ends: it looks at a flag. (Asking a channel
//! at each of its steps takes a lock that all threads share.)

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::sync::watch;

/// Ends connections.
#[derive(Default)]
pub(super) struct Drain {
    ending: Arc<AtomicBool>,
    alarm: watch::Sender<()>,
}

/// What a connection is told by. Dropping it says that the connection is over.
pub(super) struct Guard {
    ending: Arc<AtomicBool>,
    alarm: watch::Receiver<()>,
}

impl Drain {
    /// For one more connection.
    pub(super) fn guard(&self) -> Guard {
        Guard { ending: self.ending.clone(), alarm: self.alarm.subscribe() }
    }

    /// Tells all connections, and waits until they are over.
    pub(super) async fn end(self) {
        self.ending.store(true, Ordering::Release);
        self.alarm.send_replace(());
        self.alarm.closed().await;
    }
}

impl Guard {
    /// Polls a connection until it is over. `step` is one poll of it, told whether the server is ending;
    /// it is polled when that begins, too. Await it in a fresh task: one that has used up its turn registers
    /// nothing.
    pub(super) async fn watch(mut self, mut step: impl FnMut(&mut Context<'_>, bool) -> Poll<()>) {
        let ending = self.ending;
        let mut alarm = pin!(self.alarm.changed());
        let mut listens = false;
        std::future::poll_fn(|context| {
            // Once is enough: it wakes the task, whoever polls it by then.
            if !std::mem::replace(&mut listens, true) {
                let _ = alarm.as_mut().poll(context);
            }
            step(context, ending.load(Ordering::Acquire))
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::task::Waker;
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    /// A connection that ends once it is told to; `waker` gets its waker, as a socket would.
    fn connection(guard: Guard, waker: Arc<Mutex<Option<Waker>>>) -> impl Future<Output = ()> {
        guard.watch(move |context, ending| {
            *waker.lock().unwrap() = Some(context.waker().clone());
            if ending { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    #[tokio::test]
    async fn who_sleeps_is_woken_by_the_end_and_the_end_waits_for_who_is_busy() {
        let drain = Drain::default();
        let waker = Arc::<Mutex<Option<Waker>>>::default();
        let idle = tokio::spawn(connection(drain.guard(), waker.clone()));
        let (free, busy) = oneshot::channel::<()>();
        let mut busy = Box::pin(busy);
        let busy = drain.guard().watch(move |context, _| busy.as_mut().poll(context).map(drop));
        let busy = tokio::spawn(busy);
        yield_now().await;
        // Something else wakes it first: it must hear of the end all the same.
        waker.lock().unwrap().take().expect("it was polled").wake();
        yield_now().await;
        assert!(!idle.is_finished());
        let end = tokio::spawn(drain.end());
        idle.await.unwrap();
        yield_now().await;
        assert!(!end.is_finished() && !busy.is_finished(), "one is busy");
        free.send(()).unwrap();
        busy.await.unwrap();
        end.await.unwrap();
    }

    #[tokio::test]
    async fn who_comes_as_the_end_begins_is_told() {
        let drain = Drain::default();
        let guard = drain.guard();
        let end = tokio::spawn(drain.end());
        yield_now().await;
        connection(guard, Arc::default()).await;
        end.await.unwrap();
    }
}
