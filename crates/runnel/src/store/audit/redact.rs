//! Blanks the secrets in a before or after picture, at any depth, by the name of their field.

use serde_json::Value;

/// What stands in place of a secret.
const BLANK: &str = "•••";

/// Fields whose value is a secret wherever they occur, in lower case without separators.
const SECRET_FIELDS: &[&str] = &[
    "password",
    "newpassword",
    "currentpassword",
    "secret",
    "totpsecret",
    "token",
    "accesstoken",
    "refreshtoken",
    "developertoken",
    "apikey",
    "clientsecret",
    "authorization",
    "signingkey",
    "privatekey",
];

/// A copy in which every secret is blanked; whether one was set stays visible (empty and null stay).
pub fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, inner)| (name.clone(), field(name, inner)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(redacted).collect(),
        plain => plain.clone(),
    }
}

fn field(name: &str, value: &Value) -> Value {
    let empty = value.is_null() || value.as_str() == Some("");
    if is_secret(name) && !empty && !value.is_boolean() { BLANK.into() } else { redacted(value) }
}

fn is_secret(name: &str) -> bool {
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    SECRET_FIELDS.contains(&bare.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_go_at_any_depth_and_the_rest_stays() {
        let before = json!({"name": "A", "token": "t0p", "list": [{"access_token": "x", "n": 1}],
            "totp": true, "password": "", "clientSecret": {"deep": "y"}});
        let after = json!({"name": "A", "token": BLANK, "list": [{"access_token": BLANK, "n": 1}],
            "totp": true, "password": "", "clientSecret": BLANK});
        assert_eq!(redacted(&before), after);
    }
}
