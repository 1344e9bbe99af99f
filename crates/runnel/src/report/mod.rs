//! Reports: query (closed lists) → select (engine-free) → store → rows that balance.
//! Promise: sums only; ratios are recomputed at every level; no text of a caller becomes a query.

mod answer;
mod check;
mod columns;
mod drilldown;
mod export;
mod grouping;
mod log;
mod make;
mod names;
pub mod query;
mod zone;

pub use answer::{Answer, Line};
pub use check::Listed;
pub use columns::{Column, ColumnKind};
pub use drilldown::EXACT_VISITORS_ROWS;
pub use export::{ExportParameters, Format, export};
pub use log::{EventLine, Events, HitLine, Hits, LogQuery, Sender, events, hits};
pub use make::{make, problem};
