//! Tries the expression of a logic node on a made-up visitor, without saving anything.

use crate::admin::{AdminRouter, Body, Role};
use crate::app::App;
use crate::error::{Fault, Problem};
use axum::Json;
use axum::extract::State;
use rules::assets::Field;
use rules::facts::{Device, Facts};
use rules::funnel::{Sample, Tried, try_logic};
use rules::ids::EntityId;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// An expression and the visitor to try it on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogicTest {
    /// The expression.
    expression: String,
    /// The node's keys.
    #[serde(default)]
    routes: Vec<String>,
    /// Zone of its time variables, IANA; empty means UTC.
    #[serde(default)]
    timezone: String,
    /// The visitor; what is left out is unknown.
    #[serde(default)]
    sample: LogicSample,
}

/// A made-up visitor.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct LogicSample {
    /// What is known of the sender, by the names of variables: `{"country": "US", "device": "mobile"}`.
    facts: BTreeMap<String, String>,
    /// Tracking fields by key: `{"campaign": "spring", "c1": "zone"}`.
    fields: BTreeMap<String, String>,
    /// The session's buffer.
    data: BTreeMap<String, String>,
    /// Traffic source.
    source: Option<EntityId>,
    /// Tags, nodes and pages seen, and offers converted.
    has: Vec<EntityId>,
    /// Whether the visitor is new.
    new_visitor: bool,
    /// The URL asked for.
    url: String,
    /// Its referrer.
    referrer: String,
    /// Host of the tracking domain.
    domain: String,
    /// The chance behind `random`.
    seed: u64,
    /// The moment; now if it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<jiff::Timestamp>,
}

/// Try a logic node's expression on a made-up visitor
///
/// Answers the route that would be taken, or the error with its line and column.
#[utoipa::path(post, path = "/funnels/logic-test", request_body = LogicTest,
    responses((status = 200, body = Tried)))]
async fn try_out(
    State(app): State<Arc<App>>,
    Body(test): Body<LogicTest>,
) -> Result<Json<Tried>, Problem> {
    let LogicTest { expression, routes, timezone, sample } = test;
    let sample = sample.read(app.clock.now_ms())?;
    Ok(Json(try_logic(&expression, &timezone, &routes, &sample)))
}

impl LogicSample {
    fn read(self, now_ms: u64) -> Result<Sample, Problem> {
        let mut faults = Vec::new();
        let mut facts = Facts::default();
        for (name, value) in &self.facts {
            if let Err(message) = set(&mut facts, name, value) {
                faults.push(Fault::new(format!("sample.facts.{name}"), message));
            }
        }
        let mut fields = Vec::new();
        for (key, value) in self.fields {
            match key.parse::<Field>() {
                Ok(field) => fields.push((field, value.into())),
                Err(error) => {
                    faults.push(Fault::new(format!("sample.fields.{key}"), error.to_string()))
                }
            }
        }
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let at_ms = self.at.and_then(|at| u64::try_from(at.as_millisecond()).ok());
        Ok(Sample {
            facts,
            source: self.source,
            fields,
            domain: self.domain,
            data: self.data,
            has: self.has,
            new_visitor: self.new_visitor,
            url: self.url,
            referrer: self.referrer,
            seed: self.seed,
            at_ms: at_ms.unwrap_or(now_ms),
        })
    }
}

const DEVICES: [Device; 7] = [
    Device::Desktop,
    Device::Mobile,
    Device::Tablet,
    Device::Tv,
    Device::Console,
    Device::Wearable,
    Device::Other,
];

/// Sets the fact that a variable shows.
fn set(facts: &mut Facts, name: &str, value: &str) -> Result<(), &'static str> {
    let text = match name {
        "continent" => &mut facts.continent,
        "country" => &mut facts.country,
        "region" => &mut facts.region,
        "city" => &mut facts.city,
        "timezone" => &mut facts.timezone,
        "isp" => &mut facts.isp,
        "connection" => &mut facts.connection,
        "brand" => &mut facts.brand,
        "model" => &mut facts.model,
        "os" => &mut facts.os,
        "os_version" => &mut facts.os_version,
        "browser" => &mut facts.browser,
        "browser_version" => &mut facts.browser_version,
        "language" => &mut facts.language,
        "bot" => &mut facts.bot,
        "ip" => {
            facts.ip = Some(value.parse().map_err(|_| "is no address")?);
            return Ok(());
        }
        "asn" => {
            facts.asn = value.parse().map_err(|_| "is no number")?;
            return Ok(());
        }
        "device" => {
            let known = DEVICES.into_iter().find(|device| device.as_str() == value);
            facts.device = known.ok_or("is no kind of device")?;
            return Ok(());
        }
        _ => return Err("is no fact"),
    };
    *text = value.into();
    Ok(())
}

pub(super) fn routes() -> AdminRouter {
    AdminRouter::new().at(Role::Viewer, routes!(try_out))
}
