//! Reports: query (closed lists) → select (engine-free) → sql (dialect) → run.
