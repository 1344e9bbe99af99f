//! What a visit costs at its entrance, and what a conversion costs (product.md §9).
//! Promise: funnel's override for the source → URL → source default → funnel default; a value that
//! cannot be believed is dropped with its reason and the next in the order applies; `0` counts.

use crate::amount::Amount;
use crate::assets::{CostModel, CostRule, TrafficSource};
use crate::money::Micros;

/// What the configuration says about cost, for one funnel and traffic source.
#[derive(Clone, Copy, Debug)]
pub struct CostRules<'a> {
    /// The funnel's override for the source.
    pub funnel_override: Option<&'a CostRule>,
    /// The traffic source.
    pub source: &'a TrafficSource,
    /// The funnel's default.
    pub funnel_default: Option<&'a CostRule>,
}

/// Cost of an entrance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntranceCost {
    /// What the visit costs; none where nothing says, or where conversions are paid for.
    pub amount: Option<Micros>,
    /// Why the URL's value was not believed; to be counted.
    pub dropped: Option<Dropped>,
}

/// Why a cost in a URL is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// Below zero.
    Negative,
    /// Not an amount, or a macro that was not replaced.
    Unreadable,
    /// Over the account's setting.
    Absurd,
}

impl Dropped {
    /// The word in counters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Unreadable => "unreadable",
            Self::Absurd => "absurd",
        }
    }
}

/// Cost that a conversion causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConversionCost {
    /// None: visits are paid for.
    #[default]
    None,
    /// CPA: this much, once.
    Each(Micros),
    /// Revenue share: so many percent of the revenue (6 places).
    Share {
        /// Percent, in millionths.
        percent: Micros,
    },
}

impl CostRules<'_> {
    /// What an entrance costs, with `c` as its URL gave it. `maximum` is the account's setting.
    pub fn of_entrance(&self, c: Option<&str>, maximum: Micros) -> EntranceCost {
        let url = read(c, maximum);
        let amount = match (self.funnel_override, url) {
            (Some(rule), _) => at_entrance(rule.model, rule.amount),
            (None, Ok(Some(amount))) => Some(amount),
            (None, _) => self.standing_rule().and_then(|rule| at_entrance(rule.model, rule.amount)),
        };
        EntranceCost { amount: amount.map(|cost| self.modified(cost)), dropped: url.err() }
    }

    /// What a conversion costs. A visit that was paid for at its entrance (its record has a cost,
    /// be it zero) is not paid for again.
    pub fn of_conversion(&self, paid_at_entrance: bool) -> ConversionCost {
        let standing = || self.funnel_override.copied().or_else(|| self.standing_rule());
        let rule = if paid_at_entrance { None } else { standing() };
        match rule.map(|rule| (rule.model, self.modified(rule.amount))) {
            Some((CostModel::Cpa, each)) => ConversionCost::Each(each),
            Some((CostModel::Revshare, percent)) => ConversionCost::Share { percent },
            _ => ConversionCost::None,
        }
    }

    /// The source's default, else the funnel's.
    fn standing_rule(&self) -> Option<CostRule> {
        let of_source = self
            .source
            .default_cost
            .map(|amount| CostRule { model: self.source.cost_model, amount });
        of_source.or(self.funnel_default.copied())
    }

    fn modified(&self, cost: Micros) -> Micros {
        cost.percent((100 + i64::from(self.source.cost_modifier_percent)).max(0))
    }
}

fn at_entrance(model: CostModel, amount: Micros) -> Option<Micros> {
    match model {
        CostModel::Cpe => Some(amount),
        CostModel::Cpm => Some(per_thousand(amount)),
        CostModel::Cpa | CostModel::Revshare => None,
    }
}

fn per_thousand(amount: Micros) -> Micros {
    Micros(amount.0 / 1_000)
}

/// Reads `c=`: `0.05`, or `cpm_12.34`.
fn read(c: Option<&str>, maximum: Micros) -> Result<Option<Micros>, Dropped> {
    let text = c.unwrap_or_default().trim();
    let prefix = text.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("cpm_"));
    let cost = match Amount::read(Some(prefix.map_or(text, |_| &text[4..]))) {
        Amount::Value(amount) if prefix.is_some() => per_thousand(amount),
        Amount::Value(amount) => amount,
        Amount::Absent { flagged: false } if prefix.is_none() => return Ok(None),
        Amount::Delete | Amount::Refund(_) => return Err(Dropped::Negative),
        Amount::Absent { .. } | Amount::Unreadable => return Err(Dropped::Unreadable),
    };
    if cost > maximum { Err(Dropped::Absurd) } else { Ok(Some(cost)) }
}

impl ConversionCost {
    /// The cost of a normal conversion that earned `revenue`, given what it cost `before` (zero if
    /// it was not normal).
    pub(crate) fn of_normal(self, revenue: Micros, before: Micros, was_normal: bool) -> Micros {
        match self {
            Self::Share { percent } => share(revenue, percent),
            Self::Each(_) | Self::None if was_normal || before != Micros::ZERO => before,
            Self::Each(each) => each,
            Self::None => Micros::ZERO,
        }
    }
}

/// `percent` (in millionths) of `revenue`, rounded towards zero.
fn share(revenue: Micros, percent: Micros) -> Micros {
    Micros((i128::from(revenue.0) * i128::from(percent.0) / 100_000_000) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAXIMUM: Micros = Micros(1_000_000_000);

    fn money(text: &str) -> Micros {
        text.parse().unwrap()
    }

    fn source(model: CostModel, cost: Option<&str>, modifier: i32) -> TrafficSource {
        TrafficSource {
            cost_model: model,
            default_cost: cost.map(money),
            cost_modifier_percent: modifier,
            ..Default::default()
        }
    }

    fn rule(model: CostModel, amount: &str) -> CostRule {
        CostRule { model, amount: money(amount) }
    }

    fn cost_of(c: &str) -> EntranceCost {
        let source = source(CostModel::Cpe, Some("0.30"), 0);
        let rules = CostRules { funnel_override: None, source: &source, funnel_default: None };
        rules.of_entrance(Some(c), MAXIMUM)
    }

    #[test]
    fn the_url_names_the_cost_per_entrance_or_per_thousand() {
        for (c, cost) in
            [("0.05", "0.05"), ("cpm_12.34", "0.01234"), ("CPM_5", "0.005"), ("0", "0")]
        {
            let expected = EntranceCost { amount: Some(money(cost)), dropped: None };
            assert_eq!(cost_of(c), expected, "{c}");
        }
    }

    #[test]
    fn what_cannot_be_believed_is_dropped_with_its_reason_and_the_next_applies() {
        for (c, why) in [
            ("-0.05", Dropped::Negative),
            ("-1", Dropped::Negative),
            ("cpm_-3", Dropped::Negative),
            ("cheap", Dropped::Unreadable),
            ("{cost}", Dropped::Unreadable),
            ("cpm_", Dropped::Unreadable),
            ("1000.01", Dropped::Absurd),
        ] {
            let expected = EntranceCost { amount: Some(money("0.30")), dropped: Some(why) };
            assert_eq!(cost_of(c), expected, "{c}");
        }
        assert_eq!(cost_of("").dropped, None);
        assert_eq!(cost_of("1000").amount, Some(money("1000")));
    }

    #[test]
    fn override_then_url_then_source_then_funnel() {
        let (silent, dear) =
            (source(CostModel::Cpe, None, 0), source(CostModel::Cpm, Some("3"), 0));
        let (over, last) = (rule(CostModel::Cpe, "0.40"), rule(CostModel::Cpe, "0.10"));
        let cost = |funnel_override, source, c: Option<&str>| {
            let rules = CostRules { funnel_override, source, funnel_default: Some(&last) };
            rules.of_entrance(c, MAXIMUM).amount.map(|m| m.to_string())
        };
        assert_eq!(cost(Some(&over), &dear, Some("0.05")).as_deref(), Some("0.40"));
        assert_eq!(cost(None, &dear, Some("0.05")).as_deref(), Some("0.05"));
        assert_eq!(cost(None, &dear, None).as_deref(), Some("0.003"));
        assert_eq!(cost(None, &silent, None).as_deref(), Some("0.10"));
        assert_eq!(
            cost(None, &source(CostModel::Cpe, Some("0"), 0), None).as_deref(),
            Some("0.00")
        );
    }

    #[test]
    fn conversions_are_paid_for_where_visits_are_not() {
        let cpa = source(CostModel::Cpa, Some("4"), 25);
        let rules = CostRules { funnel_override: None, source: &cpa, funnel_default: None };
        assert_eq!(rules.of_entrance(None, MAXIMUM).amount, None);
        assert_eq!(rules.of_conversion(false), ConversionCost::Each(money("5")));
        assert_eq!(rules.of_conversion(true), ConversionCost::None);
        let share = rule(CostModel::Revshare, "20");
        let rules = CostRules { funnel_override: Some(&share), ..rules };
        assert_eq!(rules.of_entrance(Some("0.05"), MAXIMUM).amount, None);
        assert_eq!(rules.of_conversion(false), ConversionCost::Share { percent: money("25") });
    }

    #[test]
    fn the_modifier_raises_and_lowers_but_never_below_zero() {
        for (modifier, cost) in [(0, "0.20"), (10, "0.22"), (-10, "0.18"), (-150, "0.00")] {
            let source = source(CostModel::Cpe, None, modifier);
            let rules = CostRules { funnel_override: None, source: &source, funnel_default: None };
            let amount = rules.of_entrance(Some("0.20"), MAXIMUM).amount.unwrap();
            assert_eq!(amount.to_string(), cost);
        }
    }

    #[test]
    fn revenue_share_follows_the_revenue() {
        let share = ConversionCost::Share { percent: money("12.5") };
        assert_eq!(share.of_normal(money("8"), Micros::ZERO, false), money("1"));
        assert_eq!(share.of_normal(money("16"), money("1"), true), money("2"));
    }
}
