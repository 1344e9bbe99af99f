//! A disk that forgets, tears, reorders, fails and lies, and a model that says what a journal on it
//! must still hold. Everything that happens follows from one number.

mod chance;
mod disk;
mod flips;
mod model;
mod spares;
mod stories;

use chance::Chance;
use disk::{HostileDisk, Ill};
