//! Conversions by postback, browser and action: every rule of product.md §6 and §7 through HTTP.

mod desk;
mod postback;
