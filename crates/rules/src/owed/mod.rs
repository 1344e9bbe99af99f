//! Whether a destination is to be told of a change: (its wishes, the change, what it was told before)
//! → what is owed, or why nothing is (product.md §10, §6.9).
//! Promise: decided from these alone, so that what is owed commits with the change that causes it;
//! nothing is withheld without a reason.

mod held_back;
mod key;
#[cfg(test)]
mod tests;
mod wish;

pub use held_back::HeldBack;
pub use key::{Destination, NotADestination};
pub use wish::Wish;

use crate::assets::{PendingAmount, TellWhen};
use crate::entry::{Standing, Status};
use crate::money::Micros;
use crate::told::Change;

/// Whether an entry tells the traffic source (product.md §6.9, §15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    None,
    /// As the destination wishes.
    Once,
    /// Also where it was told before.
    All,
}

impl Notify {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Once => "once",
            Self::All => "all",
        }
    }
}

/// A change of a conversion or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Its standing after the change.
    pub after: Standing,
    /// What the call says about telling.
    pub notify: Notify,
    /// When the converting hit was made, Unix milliseconds.
    pub hit_at_ms: u64,
    /// Now, Unix milliseconds.
    pub now_ms: u64,
}

/// What a destination was told of a conversion before, delivered or still owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knows {
    /// Nothing.
    #[default]
    Nothing,
    /// It stands so.
    Stands {
        /// The status told.
        status: Status,
        /// The revenue told, after the modifier.
        revenue: Micros,
    },
    /// It was told, then taken back.
    Retracted,
    /// Somebody cancelled what it was to be told: it hears of this one no more on its own.
    Withheld,
}

/// A delivery that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// What it is to the destination.
    pub change: Change,
    /// The status told.
    pub status: Status,
    /// The revenue as the ledger has it.
    pub revenue_true: Micros,
    /// The revenue told.
    pub revenue: Micros,
    /// The click is older than the destination takes: kept, marked, not sent.
    pub too_late: bool,
}

/// What is owed to a destination with the wishes `wish` that `knows` so much.
/// # Errors
/// Nothing is owed; why not.
pub fn owed(wish: &Wish, happened: &Happened, knows: Knows) -> Result<Owed, HeldBack> {
    if happened.notify == Notify::None && !wish.owner {
        return Err(HeldBack::AskedFor);
    }
    let status = happened.after.status.ok_or(HeldBack::Nothing)?;
    let change = match status {
        Status::Rejected => taken_back(wish, knows)?,
        Status::Pending | Status::Approved | Status::Refunded => {
            counted(wish, happened, status, knows)?
        }
    };
    let revenue_true = wish.amount(&happened.after);
    let revenue = wish.modified(revenue_true);
    let age_ms = happened.now_ms.saturating_sub(happened.hit_at_ms);
    let too_late = wish.maximum_age_ms.is_some_and(|most| age_ms > most);
    Ok(Owed { change, status, revenue_true, revenue, too_late })
}

/// What the traffic source takes a conversion to have earned, by what each of its destinations knows (its
/// postback first, then its ad platform). The first that was ever told counts, and only it: two that hear
/// of one conversion say the same thing twice. Where somebody cancelled its word, or it came too late, the
/// figure stays what it was `before`.
pub fn told(before: Micros, known: impl IntoIterator<Item = Knows>) -> Micros {
    let first = known.into_iter().find(|knows| *knows != Knows::Nothing);
    first.map_or(before, |knows| match knows {
        Knows::Stands { revenue, .. } => revenue,
        Knows::Retracted => Micros::ZERO,
        Knows::Withheld | Knows::Nothing => before,
    })
}

/// A rejected conversion is news only to who was told of it, or asked for rejections by name.
fn taken_back(wish: &Wish, knows: Knows) -> Result<Change, HeldBack> {
    let every = wish.tell == TellWhen::EveryChange;
    let named = wish.statuses.contains(&Status::Rejected);
    match knows {
        Knows::Stands { .. } if wish.retracts => Ok(Change::Retracted),
        Knows::Stands { .. } if !every => Err(HeldBack::NoReversal),
        Knows::Stands { .. } if wish.hears_of(Status::Rejected) => Ok(Change::Retracted),
        Knows::Stands { .. } => Err(HeldBack::Status),
        Knows::Nothing if every && named => Ok(Change::New),
        Knows::Nothing => Err(HeldBack::NeverTold),
        Knows::Retracted => Err(HeldBack::TakenBack),
        Knows::Withheld => Err(HeldBack::GivenUp),
    }
}

fn counted(
    wish: &Wish,
    happened: &Happened,
    status: Status,
    knows: Knows,
) -> Result<Change, HeldBack> {
    let revenue = wish.modified(wish.amount(&happened.after));
    if wish.skip_zero && revenue == Micros::ZERO {
        return Err(HeldBack::Zero);
    }
    let first = wish.begins_with(status);
    match knows {
        Knows::Nothing | Knows::Retracted => first.map(|()| Change::New),
        Knows::Withheld => Err(HeldBack::GivenUp),
        Knows::Stands { status: before, revenue: told } => {
            let hears_all = wish.tell == TellWhen::EveryChange && wish.hears_of(status);
            let differs = (before, told) != (status, revenue);
            let adjusted = wish.adjusts && told != revenue;
            let again = happened.notify == Notify::All && first.is_ok();
            match (hears_all && differs) || adjusted || again {
                true => Ok(Change::Adjusted),
                false => Err(wish.nothing_more(status)),
            }
        }
    }
}

impl Wish {
    /// Whether the first that it hears of a conversion may be this status.
    fn begins_with(&self, status: Status) -> Result<(), HeldBack> {
        let early = self.tell == TellWhen::FirstNormal && status == Status::Pending;
        match (self.hears_of(status), early) {
            (false, _) => Err(HeldBack::Status),
            (true, true) => Err(HeldBack::Pending),
            (true, false) => Ok(()),
        }
    }

    /// Why it hears no more of a conversion that it was told of, and that has this status now.
    fn nothing_more(&self, status: Status) -> HeldBack {
        if !self.hears_of(status) {
            return HeldBack::Status;
        }
        match self.tell == TellWhen::EveryChange || self.adjusts {
            true => HeldBack::Unchanged,
            false => HeldBack::ToldBefore,
        }
    }

    fn hears_of(&self, status: Status) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&status)
    }

    /// What is told of the amount, before the modifier.
    fn amount(&self, standing: &Standing) -> Micros {
        let pending = standing.status == Some(Status::Pending);
        match self.pending_amount {
            PendingAmount::Expected if pending => standing.expected,
            PendingAmount::Expected | PendingAmount::Pending => standing.revenue,
        }
    }

    fn modified(&self, revenue: Micros) -> Micros {
        revenue.percent(100 + i64::from(self.revenue_modifier_percent))
    }
}
