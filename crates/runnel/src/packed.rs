//! Something written → its bytes, as long as they are: for what stays a while.
//! Promise: nothing grows on the way. Each thread writes into the same room and copies out of it.

use bytes::Bytes;
use std::cell::RefCell;

thread_local! {
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The bytes that `write` appends to the empty room it gets; none if it gives none back.
pub fn packed(write: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> Option<Bytes> {
    ROOM.with_borrow_mut(|room| {
        room.clear();
        *room = write(std::mem::take(room))?;
        Some(Bytes::copy_from_slice(room))
    })
}
