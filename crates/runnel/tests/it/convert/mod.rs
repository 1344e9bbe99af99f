//! Conversions by postback, browser and action: every rule of product.md §6 and §7 through HTTP.

mod actions;
mod admin;
mod browser;
mod desk;
mod ledger;
mod postback;
mod repeated;
mod repeats;
mod replays;
mod uploads;
mod visitor;
