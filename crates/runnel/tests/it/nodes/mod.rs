//! Nodes that reach beyond rules: logic, middleware, webhook; and webhooks as assets.

mod logic;
mod middleware;
mod service;
mod webhooks;
