//! What a country code says: its English name and its continent.
//! Promise: a code that is not in ISO 3166-1 says nothing.

mod table;

/// English name of the country with this ISO 3166-1 alpha-2 code (upper case); empty if unknown.
pub fn country_name(code: &str) -> &'static str {
    find(code).map_or("", |(_, _, name)| name)
}

/// Continent of the country with this code: `AF AN AS EU NA OC SA`; empty if unknown.
pub fn continent_of(code: &str) -> &'static str {
    find(code).map_or("", |(_, continent, _)| continent)
}

fn find(code: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let at = table::COUNTRIES.binary_search_by(|(known, _, _)| (*known).cmp(code)).ok()?;
    table::COUNTRIES.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names_and_continents() {
        for (code, name, continent) in [
            ("US", "United States", "NA"),
            ("DE", "Germany", "EU"),
            ("BR", "Brazil", "SA"),
            ("JP", "Japan", "AS"),
            ("NG", "Nigeria", "AF"),
            ("NZ", "New Zealand", "OC"),
            ("AQ", "Antarctica", "AN"),
            ("ZZ", "", ""),
            ("us", "", ""),
            ("", "", ""),
        ] {
            assert_eq!((country_name(code), continent_of(code)), (name, continent), "{code}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(table::COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(table::COUNTRIES.len(), 250);
    }
}
