//! The closed list of columns and their formulas (product.md §11).
//! Promise: each formula is written once, as data: reports compute with it and stores sort by it.
//! Ratios are recomputed at every level, never averaged; 0 when the divisor is 0.

use crate::store::facts::Measure as M;
use crate::store::facts::select::{Figure, Order};
use rules::assets::Event;
use rules::ids::EntityId;
use rules::money::Micros;
use serde::Serialize;
use serde_json::{Value, json};

/// A column of a report.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Column {
    /// Its name in `metrics`.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What its values are.
    pub kind: ColumnKind,
    #[serde(skip)]
    formula: Formula,
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A whole number.
    Count,
    /// A decimal string of the account's currency.
    Money,
    /// A number, 100 for the whole.
    Percent,
}

/// Figures with their signs.
type Terms = Vec<(Figure, i64)>;

#[derive(Clone, Debug, PartialEq)]
enum Formula {
    Sum(Terms),
    Ratio(Terms, Terms),
}

impl Column {
    fn new(name: &str, label: &str, kind: ColumnKind, formula: Formula) -> Self {
        Self { name: name.into(), label: label.into(), kind, formula }
    }

    /// The figures it is computed from.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        let (above, below): (&[_], &[_]) = match &self.formula {
            Formula::Sum(terms) => (terms, &[]),
            Formula::Ratio(above, below) => (above, below),
        };
        above.iter().chain(below).map(|(figure, _)| figure)
    }

    /// Its value in the API. `sums` belong to `figures`.
    pub fn value(&self, figures: &[Figure], sums: &[i64]) -> Value {
        match (self.kind, self.parts(figures, sums)) {
            (ColumnKind::Count, (above, _)) => json!(above),
            (ColumnKind::Money, (above, below)) => json!(Micros(divided(above, below))),
            (ColumnKind::Percent, (_, 0)) => json!(0.0),
            (ColumnKind::Percent, (above, below)) => json!(100.0 * above as f64 / below as f64),
        }
    }

    /// What rows are sorted by.
    pub fn weight(&self, figures: &[Figure], sums: &[i64]) -> f64 {
        match self.parts(figures, sums) {
            (_, 0) => 0.0,
            (above, below) => above as f64 / below as f64,
        }
    }

    fn parts(&self, figures: &[Figure], sums: &[i64]) -> (i64, i64) {
        let total = |terms: &Terms| {
            let signed = |(figure, sign): &(Figure, i64)| {
                figures.iter().position(|f| f == figure).map_or(0, |i| sign * sums[i])
            };
            terms.iter().map(signed).fold(0i64, i64::saturating_add)
        };
        match &self.formula {
            Formula::Sum(terms) => (total(terms), 1),
            Formula::Ratio(above, below) => (total(above), total(below)),
        }
    }

    /// The same for the store. Every figure must be among `figures`.
    pub fn order(&self, figures: &[Figure]) -> Order {
        let placed = |terms: &Terms| {
            let place = |(figure, sign): &(Figure, i64)| {
                figures.iter().position(|f| f == figure).map(|i| (i, *sign))
            };
            terms.iter().filter_map(place).collect()
        };
        match &self.formula {
            Formula::Sum(terms) => Order::Sum(placed(terms)),
            Formula::Ratio(above, below) => Order::Ratio(placed(above), placed(below)),
        }
    }
}

/// Rounded half away from zero; 0 when the divisor is 0.
fn divided(above: i64, below: i64) -> i64 {
    if below == 0 {
        return 0;
    }
    let (wide_above, wide_below) = (i128::from(above).abs(), i128::from(below).abs());
    let size = (2 * wide_above + wide_below) / (2 * wide_below);
    let sign = above.signum() * below.signum();
    i64::try_from(size).unwrap_or(i64::MAX) * sign
}

/// All columns: the fixed ones, then five of each custom event.
pub fn all<'a>(events: impl Iterator<Item = (EntityId, &'a Event)>) -> Vec<Column> {
    let mut columns = fixed();
    columns.extend(events.flat_map(|(id, event)| of_event(id, &event.name)));
    columns
}

fn fixed() -> Vec<Column> {
    use ColumnKind::{Count, Money, Percent};
    let of = |measure| vec![(Figure::Measure(measure), 1)];
    let sum =
        |name, label, kind, measure| Column::new(name, label, kind, Formula::Sum(of(measure)));
    let visits = || vec![(Figure::Visits, 1)];
    let profit = || vec![(Figure::Measure(M::Revenue), 1), (Figure::Measure(M::Cost), -1)];
    let several = |measures: &[M]| measures.iter().map(|m| (Figure::Measure(*m), 1)).collect();
    let ratio = |name, label, kind, above, below| {
        Column::new(name, label, kind, Formula::Ratio(above, below))
    };
    let lifetime = several(&[M::Conversions, M::Indirect]);
    let judged = several(&[M::Pending, M::Approved, M::Rejected, M::Refunded]);
    vec![
        Column::new("visits", "Visits", Count, Formula::Sum(visits())),
        Column::new("visitors", "Visitors", Count, Formula::Sum(vec![(Figure::Visitors, 1)])),
        sum("landerViews", "Lander views", Count, M::LanderViews),
        sum("landerViewsUnique", "Unique lander views", Count, M::LanderViewsUnique),
        sum("landerClicks", "Lander clicks", Count, M::LanderClicks),
        sum("landerClicksUnique", "Unique lander clicks", Count, M::LanderClicksUnique),
        sum("offerViews", "Offer views", Count, M::OfferViews),
        sum("offerViewsUnique", "Unique offer views", Count, M::OfferViewsUnique),
        sum("offerClicks", "Offer clicks", Count, M::OfferClicks),
        sum("offerClicksUnique", "Unique offer clicks", Count, M::OfferClicksUnique),
        sum("conversions", "Conversions", Count, M::Conversions),
        sum("indirect", "Indirect conversions", Count, M::Indirect),
        Column::new("lifetime", "Lifetime conversions", Count, Formula::Sum(lifetime)),
        sum("pending", "Pending", Count, M::Pending),
        sum("approved", "Approved", Count, M::Approved),
        sum("rejected", "Rejected", Count, M::Rejected),
        sum("refunded", "Refunded", Count, M::Refunded),
        ratio("approval", "Approval %", Percent, of(M::Approved), judged),
        sum("expectedRevenue", "Expected revenue", Money, M::Expected),
        sum("revenue", "Revenue", Money, M::Revenue),
        sum("revenueTold", "Revenue told to the source", Money, M::Told),
        sum("cost", "Cost", Money, M::Cost),
        Column::new("profit", "Profit", Money, Formula::Sum(profit())),
        ratio("roi", "ROI %", Percent, profit(), of(M::Cost)),
        ratio("cv", "CV %", Percent, of(M::Conversions), visits()),
        ratio("landerCtr", "Lander CTR %", Percent, of(M::LanderClicks), of(M::LanderViews)),
        ratio("offerCtr", "Offer CTR %", Percent, of(M::OfferClicks), of(M::OfferViews)),
        ratio("epv", "EPV", Money, of(M::Revenue), visits()),
        ratio("epc", "EPC", Money, of(M::Revenue), of(M::LanderClicks)),
        ratio("cpv", "CPV", Money, of(M::Cost), visits()),
        ratio("cpc", "CPC", Money, of(M::Cost), of(M::LanderClicks)),
        ratio("cpa", "CPA", Money, of(M::Cost), of(M::Conversions)),
        ratio("aov", "AOV", Money, of(M::Revenue), of(M::Conversions)),
    ]
}

fn of_event(id: EntityId, name: &str) -> [Column; 5] {
    let count = || vec![(Figure::EventCount(id.to_string()), 1)];
    let column = |part: &str, label: String, kind, formula| Column {
        name: format!("event.{id}.{part}"),
        label,
        kind,
        formula,
    };
    let revenue = vec![(Figure::EventRevenue(id.to_string()), 1)];
    let told = vec![(Figure::EventTold(id.to_string()), 1)];
    let rate = Formula::Ratio(count(), vec![(Figure::Visits, 1)]);
    let cost = Formula::Ratio(vec![(Figure::Measure(M::Cost), 1)], count());
    [
        column("count", name.into(), ColumnKind::Count, Formula::Sum(count())),
        column("revenue", format!("{name}: revenue"), ColumnKind::Money, Formula::Sum(revenue)),
        column(
            "revenueTold",
            format!("{name}: revenue told"),
            ColumnKind::Money,
            Formula::Sum(told),
        ),
        column("rate", format!("{name}: rate %"), ColumnKind::Percent, rate),
        column("cost", format!("{name}: cost per"), ColumnKind::Money, cost),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_sums_and_zero_without_a_divisor() {
        let figures = [Figure::Visits, Figure::Measure(M::Revenue), Figure::Measure(M::Cost)];
        let columns = fixed();
        let value = |name: &str, sums: &[i64]| {
            columns.iter().find(|c| c.name == name).unwrap().value(&figures, sums)
        };
        // 10 visits earned 12.50 and cost 0.50.
        let sums = [10, 12_500_000, 500_000];
        assert_eq!(value("profit", &sums), json!("12.00"));
        assert_eq!(value("roi", &sums), json!(2400.0));
        assert_eq!(value("epv", &sums), json!("1.25"));
        assert_eq!(value("cpv", &sums), json!("0.05"));
        assert_eq!(value("epv", &[0, 5, 5]), json!("0.00"));
        assert_eq!(value("roi", &[0, 5, 0]), json!(0.0));
    }

    #[test]
    fn money_ratios_round_half_away_from_zero() {
        for (above, below, rounded) in
            [(1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (7, 1, 7), (5, 0, 0)]
        {
            assert_eq!(divided(above, below), rounded, "{above} / {below}");
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names: Vec<_> = fixed().into_iter().map(|c| c.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), fixed().len());
    }
}
