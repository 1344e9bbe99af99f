//! Funnels from outside: examples worked out by hand, and properties over random funnels.

mod examples;
mod generate;
mod logic;
mod properties;
mod rules;
mod universe;
mod validity;
