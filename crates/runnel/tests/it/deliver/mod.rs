//! What traffic sources are told, through real HTTP: by which rules, when, in which order, and what
//! happens when they do not listen.

mod faults;
mod killed;
mod retention;
mod rules;
mod schedule;
mod shop;
mod told;
mod withheld;
