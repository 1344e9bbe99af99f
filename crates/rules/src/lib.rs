//! The pure part of Runnel: rules that turn what is known into what is decided.
//! Promise: no file, socket, clock or chance is touched here; time and seeds are arguments,
//! so the same inputs give the same answer on every machine, for ever.

pub mod amount;
pub mod apply;
pub mod assets;
pub mod cap;
pub mod cost;
pub mod cost_change;
pub mod country;
pub mod credit;
pub mod destination;
pub mod entry;
pub mod facts;
pub mod funnel;
pub mod ids;
pub mod money;
pub mod notice;
pub mod owed;
pub mod record;
pub mod session;
mod shared;
pub mod status;
pub mod template;
pub mod told;
