//! What is remembered of a visitor: a fold over records.
