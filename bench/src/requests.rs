//! Requests made before the measurement, dealt out so that no two connections send the same.

use std::sync::Arc;

/// Requests in the order in which they are sent. Clones share them.
#[derive(Clone)]
pub struct Requests {
    all: Arc<Vec<Box<[u8]>>>,
    /// Whether the first follows the last.
    again: bool,
}

impl Requests {
    /// Requests that are repeated when all are sent.
    pub fn repeated(all: Vec<Box<[u8]>>) -> Self {
        Self { all: Arc::new(all), again: true }
    }

    /// Requests of which each is sent at most once.
    pub fn once(all: Vec<Box<[u8]>>) -> Self {
        Self { all: Arc::new(all), again: false }
    }

    /// Request number `index`.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let index = if self.again { index % self.all.len() } else { index };
        self.all.get(index).map(|request| &**request)
    }
}
