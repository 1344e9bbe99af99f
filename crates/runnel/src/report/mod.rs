//! Reports: query (closed lists) → select (engine-free) → store → rows that balance.
//! Promise: sums only; ratios are recomputed at every level; no text of a caller becomes a query.

mod answer;
mod columns;
mod drilldown;
mod grouping;
mod make;
mod names;
pub mod query;
mod zone;

pub use answer::{Answer, Line};
pub use columns::{Column, ColumnKind};
pub use drilldown::EXACT_VISITORS_ROWS;
pub use make::make;
