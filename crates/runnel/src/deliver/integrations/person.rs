//! What is known of a person → the hashed identifiers that Meta, Snapchat and Pinterest share by name.

use super::hashing::{self, Normalise, hashed};
use rules::assets::integration::Mapping;
use rules::told::Told;
use serde_json::{Map, Value, json};

/// The identifiers that are hashed, each with its normal form.
const HASHED: [(&str, Normalise); 11] = [
    ("em", hashing::email),
    ("ph", hashing::phone_digits),
    ("fn", hashing::letters),
    ("ln", hashing::letters),
    ("ge", hashing::gender),
    ("db", hashing::birthday),
    ("ct", hashing::letters),
    ("st", hashing::letters),
    ("zp", hashing::postcode),
    ("country", hashing::country),
    ("external_id", hashing::id),
];

/// Every identifier that there is, as a list of one hash, and the address and browser as they are.
pub fn user_data(mapping: &Mapping, told: &Told) -> Map<String, Value> {
    let found = HASHED.iter().filter_map(|(name, normalise)| {
        let hash = hashed(mapping.person(told, name)?, *normalise)?;
        Some(((*name).to_owned(), json!([hash])))
    });
    let mut data: Map<_, _> = found.collect();
    put(&mut data, "client_ip_address", &told.ip());
    put(&mut data, "client_user_agent", &told.user_agent);
    data
}

/// One identifier under the platform's own rule.
pub fn hash_of(mapping: &Mapping, told: &Told, name: &str, normalise: Normalise) -> Option<String> {
    hashed(mapping.person(told, name)?, normalise)
}

/// Adds a text that is not empty.
pub fn put(to: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.is_empty() {
        to.insert(name.into(), text.into());
    }
}
