//! What people configure, in the shapes the API takes and gives (product.md §15.1).
//! Promise: plain data with serde; what makes an asset valid stands beside it, without I/O.

mod condition;
mod field;
mod funnel;
pub mod integration;
mod pages;
mod postback;
mod settings;
mod sources;
mod webhook;

pub use condition::*;
pub use field::Field;
pub use funnel::*;
pub use integration::Integration;
pub use pages::*;
pub use postback::*;
pub use settings::*;
pub use sources::*;
pub use webhook::*;
