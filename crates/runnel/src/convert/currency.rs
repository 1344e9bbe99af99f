//! Amounts in other currencies → the account's, with the rate that was used.
//! Promise: a code without a rate is never taken for the account's currency (product.md §6.1).

use super::reason::{Reason, Unbooked};
use rules::assets::Settings;
use rules::money::Micros;

/// A currency other than the account's, and what one unit of it is worth there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// ISO 4217, upper case.
    pub code: String,
    /// Micro-units of the account's currency for one unit.
    pub rate: Micros,
}

impl Foreign {
    /// `amount` in the account's currency, rounded to the nearest micro-unit; none if that is beyond
    /// [`Micros::LARGEST`], as such an amount cannot be named in the account's currency either.
    pub fn convert(&self, amount: Micros) -> Option<Micros> {
        let product = i128::from(amount.0) * i128::from(self.rate.0);
        let rounded = (product + product.signum() * 500_000) / 1_000_000;
        let fits = rounded.unsigned_abs() <= u128::from(Micros::LARGEST.0.unsigned_abs());
        i64::try_from(rounded).ok().filter(|_| fits).map(Micros)
    }
}

/// Looks `code` up; none for the account's own currency or an empty code.
/// # Errors
/// The settings know no rate for it.
pub fn foreign(code: &str, settings: &Settings) -> Result<Option<Foreign>, Unbooked> {
    let code = code.trim().to_uppercase();
    if code.is_empty() || code == settings.currency.to_uppercase() {
        return Ok(None);
    }
    let mut rates = settings.exchange_rates.iter();
    let known = rates.find(|(known, rate)| known.to_uppercase() == code && rate.0 > 0);
    match known {
        Some((_, rate)) => Ok(Some(Foreign { code, rate: *rate })),
        None => Err(Unbooked::new(Reason::UnknownCurrency, "currency")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_at_the_accounts_rate_and_refuses_unknown_codes() {
        let settings = Settings {
            exchange_rates: [("EUR".to_owned(), Micros(1_100_000))].into(),
            ..Settings::default()
        };
        let euro = foreign(" eur ", &settings).unwrap().unwrap();
        assert_eq!(euro.convert(Micros(10_000_000)), Some(Micros(11_000_000)));
        assert_eq!(euro.convert(Micros(5)), Some(Micros(6)));
        // 9 million euros are 9.9 million here; 10 million are more than an amount can be.
        assert_eq!(euro.convert(Micros(9_000_000_000_000)), Some(Micros(9_900_000_000_000)));
        for beyond in [Micros::LARGEST, -Micros::LARGEST, Micros(i64::MAX), Micros(i64::MIN)] {
            assert_eq!(euro.convert(beyond), None);
        }
        assert_eq!(foreign("usd", &settings), Ok(None));
        assert_eq!(foreign("", &settings), Ok(None));
        assert_eq!(foreign("XXX", &settings).unwrap_err().reason, Reason::UnknownCurrency);
    }
}
