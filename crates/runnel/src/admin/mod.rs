//! The admin API: one file per resource, each with its handlers and wire types.
