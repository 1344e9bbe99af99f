//! Rules of conditions: from the text people wrote to a check that takes nanoseconds.
//! Promise: a rule is valid exactly if it compiles; a valid one always has an answer.
//!
//! What is compared with what (product.md §4):
//! - Texts compare without case. `is`, `contains`, `starts`, `ends`, `matches` and `in-list` hold
//!   if any of the values fits; `is-not` holds if none does, also where the text is unknown.
//!   `is` with an empty value means *unknown*, `exists` means *known*.
//! - `<` `<=` `>` `>=` compare numbers if the rule's value is one (a text that is none then does
//!   not hold), versions part by part (`9` < `10.1`, `17` = `17.0`), else texts by code points.
//! - Addresses are tested against addresses and CIDR networks. Where privacy truncates addresses,
//!   networks narrower than what is kept cannot be told apart.
//! - `time` takes `HH:MM` and ranges `HH:MM-HH:MM` (start included, end not, midnight may lie
//!   between); `weekday` takes `monday`…, `mon`… or 1 (Monday) to 7; `date` takes `YYYY-MM-DD`.
//!   Each in the rule's zone.
//! - `random` compares a draw between 0 and 100 (percent), anew for each rule.

mod check;
mod compile;
mod hold;
mod subject;
mod text;
mod times;

pub use subject::{Takes, Test, tests};

pub(super) use check::Check;
pub(super) use hold::{local, text};
pub(super) use subject::Subject;
pub(super) use times::zone;
