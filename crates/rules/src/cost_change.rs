//! What visits cost, as said afterwards: a selector over what their entrances recorded, and an
//! amount (product.md §9).
//! Promise: the changes in their order decide the cost of every visit; taking one back leaves what
//! the others say. A total is spread to the last micro-unit.

use crate::assets::Field;
use crate::ids::EntityId;
use crate::money::Micros;
use serde::{Deserialize, Serialize};

/// One bulk change, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostChange {
    /// Its ID.
    pub id: EntityId,
    /// What it does.
    pub does: CostAct,
}

/// What a bulk change does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CostAct {
    /// Sets the cost of the visits that fit.
    Set(CostSetting),
    /// Takes an earlier change back.
    Undo(EntityId),
}

/// A cost for all visits that fit. Empty lists fit everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostSetting {
    /// First moment of their entrances, Unix milliseconds.
    pub from_ms: i64,
    /// The moment after the last.
    pub to_ms: i64,
    /// Their funnels.
    pub funnels: Vec<EntityId>,
    /// Their traffic sources.
    pub sources: Vec<EntityId>,
    /// Their countries.
    pub countries: Vec<String>,
    /// Values of their tracking fields.
    pub fields: Vec<(Field, Vec<String>)>,
    /// What they cost.
    pub amount: CostAmount,
    /// Only visits whose entrance has a record number below this: those known when it was said.
    pub below_record: u64,
}

/// What visits cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CostAmount {
    /// This much together.
    Total(Micros),
    /// This much each.
    Each(Micros),
}

impl CostAmount {
    /// What each of `visits` costs, and how many of the first cost one micro-unit more.
    pub fn shared(self, visits: i64) -> (Micros, i64) {
        match self {
            Self::Each(amount) => (amount, 0),
            Self::Total(_) if visits <= 0 => (Micros::ZERO, 0),
            Self::Total(Micros(total)) => {
                (Micros(total.div_euclid(visits)), total.rem_euclid(visits))
            }
        }
    }

    /// What `visits` cost together.
    pub fn together(self, visits: i64) -> Micros {
        match self {
            Self::Each(Micros(each)) => Micros(each.saturating_mul(visits)),
            Self::Total(total) => total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_total_is_spread_to_the_last_micro_unit(total in 0i64..1 << 50, visits in 1i64..1 << 20) {
            let (each, more) = CostAmount::Total(Micros(total)).shared(visits);
            prop_assert_eq!(each.0 * visits + more, total);
            prop_assert!((0..visits).contains(&more));
        }
    }

    #[test]
    fn a_cost_of_each_is_the_same_for_all() {
        let each = CostAmount::Each(Micros(50_000));
        assert_eq!(each.shared(3), (Micros(50_000), 0));
        assert_eq!(each.together(3), Micros(150_000));
        assert_eq!(CostAmount::Total(Micros(10)).shared(3), (Micros(3), 1));
    }
}
