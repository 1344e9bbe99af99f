//! What the checks of an edit found: faults refuse it, warnings are told with the answer.

use crate::error::Fault;
use crate::snapshot::Snapshot;
use rules::destination::check_url;
use rules::money::Micros;
use std::collections::BTreeMap;

/// Most characters of a name or a category.
pub const MOST_NAME_CHARS: usize = 200;
/// Most parameters of one asset.
pub const MOST_PARAMETERS: usize = 200;
/// Most bytes of a parameter's value.
pub const MOST_VALUE_BYTES: usize = 2 * 1024;

/// Faults and warnings, each at its field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Why the edit is refused.
    pub faults: Vec<Fault>,
    /// What may not be as meant.
    pub warnings: Vec<Fault>,
}

impl Findings {
    /// Refuses the edit.
    pub fn fault(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.faults.push(Fault::new(field, message));
    }

    /// Tells something that does not stop the edit.
    pub fn warn(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.warnings.push(Fault::new(field, message));
    }

    /// Refuses the edit if `wrong`.
    pub fn fault_if(&mut self, wrong: bool, field: impl Into<String>, message: &str) {
        if wrong {
            self.fault(field, message);
        }
    }

    /// A name: something to read, within bounds.
    pub fn name(&mut self, field: &str, name: &str) {
        self.fault_if(name.trim().is_empty(), field, "must not be empty");
        self.text(field, name);
    }

    /// A short text: within bounds, no control characters.
    pub fn text(&mut self, field: &str, text: &str) {
        let long = text.chars().count() > MOST_NAME_CHARS;
        self.fault_if(long, field, "is longer than 200 characters");
        self.fault_if(text.chars().any(char::is_control), field, "holds control characters");
    }

    /// A destination with tokens.
    pub fn url(&mut self, field: &str, url: &str, among: &Snapshot) {
        let aliases = among.field_aliases();
        for finding in check_url(url, &among.settings.app_schemes, &aliases) {
            if finding.is_fault() {
                self.fault(field, finding.message());
            } else {
                self.warn(field, finding.message());
            }
        }
    }

    /// Parameters added to a URL.
    pub fn parameters(&mut self, field: &str, parameters: &BTreeMap<String, String>) {
        self.fault_if(parameters.len() > MOST_PARAMETERS, field, "has more than 200 parameters");
        for (name, value) in parameters {
            let at = format!("{field}.{name}");
            self.fault_if(name.trim().is_empty(), &at, "must have a name");
            self.text(&at, name);
            self.fault_if(value.len() > MOST_VALUE_BYTES, &at, "is longer than 2 KiB");
            self.fault_if(value.chars().any(char::is_control), &at, "holds control characters");
        }
    }

    /// An amount of money that cannot be negative.
    pub fn amount(&mut self, field: &str, amount: Option<Micros>) {
        let amount = amount.unwrap_or(Micros::ZERO);
        self.fault_if(amount < Micros::ZERO, field, "must not be negative");
        self.fault_if(amount > Micros::LARGEST, field, "is more than 10,000,000");
    }

    /// An ISO 4217 code that the account can convert; empty where nothing is said.
    pub fn currency(&mut self, field: &str, code: &str, among: &Snapshot) {
        if code.is_empty() {
            return;
        }
        let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        self.fault_if(!known, field, "is not a currency code such as EUR");
        let settings = &among.settings;
        if known && code != settings.currency && !settings.exchange_rates.contains_key(code) {
            let text = "has no exchange rate in the settings: its amounts stay unbooked until then";
            self.warn(field, text);
        }
    }
}
