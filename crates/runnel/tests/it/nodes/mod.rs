//! Nodes that reach beyond rules: logic, webhook, middleware.

mod logic;
