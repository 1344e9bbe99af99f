//! Load on the real program, the client's own books of what was answered, and a disk whose power can be
//! cut: afterwards what was answered is compared with what is there. And somebody who guesses hits, and
//! a second opinion on addresses.
//! `main.rs` is `make soak`; a short run of [`kills`] is among the tests of the program.
//! Promise: nothing here knows how the program works inside; it talks HTTP, kills, and reads the log.

pub mod addresses;
pub mod books;
pub mod chance;
#[cfg(target_os = "linux")]
pub mod cuts;
pub mod guesses;
#[cfg(target_os = "linux")]
pub mod ills;
pub mod kills;
pub mod load;
#[cfg(target_os = "linux")]
pub mod lossy;
pub mod server;
