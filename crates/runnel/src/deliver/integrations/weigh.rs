//! What is sent to a platform at all: events it has a name for, in time, with the visitor's wishes
//! respected (product.md §10, §13).
//! Promise: whatever is not sent says why, in words for people.

use crate::deliver::Verdict;
use rules::assets::integration::{Mapping, Privacy};
use rules::told::{Change, Told};
use std::time::Duration;

/// What a platform takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Takes {
    /// Its event for a conversion where the settings name none.
    pub usual_event: &'static str,
    /// The oldest that it takes.
    pub age_max: Option<Duration>,
    /// Whether it takes corrections of what it was told.
    pub corrections: bool,
    /// Whether it has a flag for limited use of data.
    pub limited_use: bool,
}

/// Something that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth<'a> {
    /// The platform's name for it.
    pub event: &'a str,
    /// What the visitor wants.
    pub wish: Wish,
}

/// What a visitor wants of their data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// They have said nothing.
    Unknown,
    /// They have agreed.
    Granted,
    /// It is used for as little as the platform can.
    Limited,
}

/// Words of a `consent` parameter, in lower case.
const REFUSALS: [&str; 6] = ["0", "no", "false", "denied", "refused", "rejected"];
const AGREEMENTS: [&str; 6] = ["1", "yes", "true", "granted", "agreed", "accepted"];

/// Weighs `told` for a platform that takes `takes`.
/// # Errors
/// It is not sent; the verdict says why.
pub fn weigh<'a>(
    told: &Told,
    mapping: &'a Mapping,
    takes: Takes,
    now_ms: u64,
) -> Result<Worth<'a>, Verdict> {
    let event = mapping.event(&told.what, takes.usual_event);
    let event =
        event.ok_or_else(|| refused("the settings name no event of the platform for it"))?;
    if told.change != Change::New && !takes.corrections {
        return Err(refused("the platform takes no corrections"));
    }
    if takes.age_max.is_some_and(|most| age(told, now_ms) > most) {
        let days = takes.age_max.unwrap_or_default().as_secs() / 86_400;
        let reason = format!("the platform takes nothing older than {days} days");
        return Err(Verdict::TooLate { reason });
    }
    let wish = wish(told);
    let wish = match (mapping.privacy, wish) {
        (Privacy::Ignore, Wish::Limited) => Wish::Unknown,
        (Privacy::Withhold, Wish::Limited) => return Err(withheld(told)),
        (Privacy::Respect, Wish::Limited) if !takes.limited_use => return Err(withheld(told)),
        _ => wish,
    };
    Ok(Worth { event, wish })
}

fn age(told: &Told, now_ms: u64) -> Duration {
    Duration::from_millis(now_ms.saturating_sub(told.at_ms))
}

/// Global Privacy Control, or a `consent` parameter of the visit or the call.
fn wish(told: &Told) -> Wish {
    let said = said_consent(told);
    if told.consent.gpc || REFUSALS.contains(&said.as_str()) {
        Wish::Limited
    } else if AGREEMENTS.contains(&said.as_str()) {
        Wish::Granted
    } else {
        Wish::Unknown
    }
}

fn said_consent(told: &Told) -> String {
    let said = told.parameters.get("consent").or_else(|| told.buffer.get("consent"));
    said.map(|word| word.trim().to_lowercase()).unwrap_or_default()
}

fn withheld(told: &Told) -> Verdict {
    refused(match told.consent.gpc {
        true => "withheld: the visitor's browser sends Global Privacy Control",
        false => "withheld: the visitor refused consent",
    })
}

fn refused(reason: &str) -> Verdict {
    Verdict::Refused { reason: reason.into() }
}
