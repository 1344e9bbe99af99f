//! Nodes that reach beyond rules: logic, middleware, webhook; and webhooks as assets.

mod logic;
mod middleware;
mod notices;
mod service;
mod webhooks;
