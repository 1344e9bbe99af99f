//! The report store: wide rows in DuckDB that only ever add up. Derived; can be rebuilt.
