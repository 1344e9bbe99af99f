//! What holds for every endpoint, generated from the OpenAPI document.

mod canary;
mod document;
mod hostile;
mod roles;
mod sample;

use serde_json::Value;

/// One endpoint of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// With `{names}`, without `/api/v1`.
    pub path: String,
    /// Its description.
    pub about: Value,
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn role(&self) -> &str {
        self.about["x-role"].as_str().unwrap_or_default()
    }

    /// The path with every `{name}` replaced.
    pub fn path_with(&self, value: &str) -> String {
        let mut path = self.path.clone();
        while let Some((start, rest)) = path.split_once('{') {
            let end = rest.split_once('}').unwrap().1;
            path = format!("{start}{value}{end}");
        }
        path
    }

    /// The parameters in the path or the query.
    pub fn parameters(&self, place: &str) -> Vec<&str> {
        let all = self.about["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let here = all.iter().filter(|parameter| parameter["in"] == place);
        here.map(|parameter| parameter["name"].as_str().unwrap()).collect()
    }

    /// The schema of its JSON body, if it takes one.
    pub fn body(&self) -> Option<&Value> {
        self.about["requestBody"]["content"].get("application/json").map(|json| &json["schema"])
    }

    /// Whether the body may not be left out.
    pub fn needs_body(&self) -> bool {
        self.about["requestBody"]["required"] == true
    }
}

/// The document as it is generated.
pub fn document() -> Value {
    serde_json::from_str(&runnel::admin::openapi_json()).unwrap()
}

pub fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let path = path.strip_prefix("/api/v1").unwrap_or_else(|| panic!("{path} is elsewhere"));
        item.as_object().unwrap().iter().map(move |(method, about)| Operation {
            method: method.to_uppercase(),
            path: path.to_owned(),
            about: about.clone(),
        })
    });
    let all: Vec<_> = all.collect();
    assert!(all.len() > 40, "only {} endpoints were found", all.len());
    all
}
