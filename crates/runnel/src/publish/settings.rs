//! The account's settings: one document, edited like an asset.

use super::{Edit, Findings};
use crate::error::{Fault, Problem};
use crate::store::audit;
use crate::store::catalog::{self, SettingsRow};
use rules::assets::Settings;
use rules::money::Micros;
use std::sync::Arc;

/// Longest session in seconds: a year.
const LONGEST_SESSION_SECONDS: u64 = 366 * 24 * 3600;
/// Longest retention of the postback and delivery logs, in days.
const LONGEST_LOG_DAYS: u32 = 3_660;
const MOST_RATES: usize = 300;
const MOST_SCHEMES: usize = 50;
const MOST_SITES: usize = 1_000;
/// Schemes that run code or read files in the visitor's browser (product.md §3.3).
const NEVER: [&str; 7] = ["javascript", "data", "vbscript", "blob", "file", "about", "filesystem"];

/// Replaces the settings, which the client saw at `version` (0 before the first save). Returns
/// the new version and warnings.
/// # Errors
/// They have faults, or somebody saved others since.
pub async fn update_settings(
    edit: Edit,
    version: i64,
    settings: Settings,
) -> Result<(i64, Vec<Fault>), Problem> {
    let picture = edit.picture();
    let mut findings = Findings::default();
    check(&settings, &mut findings);
    if !findings.faults.is_empty() {
        return Err(Problem::invalid(findings.faults));
    }
    let before = super::edit::value(&*picture.settings)?;
    let after = super::edit::value(&settings)?;
    let row =
        SettingsRow { version: version + 1, body: after.to_string(), updated_ms: edit.now_ms };
    let mut candidate = (*picture).clone();
    candidate.settings = Arc::new(settings);
    super::guard::unbroken(&picture, &candidate, None)?;
    let task = tokio::spawn(async move {
        let mut transaction = edit.app.database.pool.begin().await?;
        if !catalog::save_settings(&mut transaction, version, &row).await? {
            let title = "Somebody has changed the settings since: load them anew.";
            return Err(Problem::conflict(title));
        }
        let (caller, values) = (&edit.caller, (Some(&before), Some(&after)));
        audit::record(
            &mut transaction,
            caller,
            "update",
            "settings",
            "settings",
            values.0,
            values.1,
        )
        .await?;
        transaction.commit().await?;
        edit.enforce(candidate).await;
        Ok(())
    });
    task.await.map_err(Problem::internal)??;
    Ok((version + 1, findings.warnings))
}

fn check(settings: &Settings, findings: &mut Findings) {
    check_homepage(&settings.default_homepage, findings);
    let ttl = settings.session_ttl_seconds;
    let odd = !(60..=LONGEST_SESSION_SECONDS).contains(&ttl);
    findings.fault_if(odd, "sessionTtlSeconds", "must lie between a minute and 366 days");
    findings.amount("pendingRevenue", Some(settings.pending_revenue));
    findings.amount("maximumCost", Some(settings.maximum_cost));
    findings.fault_if(!is_code(&settings.currency), "currency", "is no currency code such as EUR");
    check_rates(settings, findings);
    check_schemes(&settings.app_schemes, findings);
    check_sites(&settings.tag.sites, findings);
    let odd = !(1..=LONGEST_LOG_DAYS).contains(&settings.postback_log_days);
    findings.fault_if(odd, "postbackLogDays", "must lie between 1 and 3660 days");
    let odd = !(1..=LONGEST_LOG_DAYS).contains(&settings.delivery_log_days);
    findings.fault_if(odd, "deliveryLogDays", "must lie between 1 and 3660 days");
}

fn check_homepage(url: &str, findings: &mut Findings) {
    if url.is_empty() {
        return;
    }
    for finding in rules::destination::check_url(url, &[], &[]) {
        if finding.is_fault() {
            findings.fault("defaultHomepage", finding.message());
        } else {
            findings.warn("defaultHomepage", finding.message());
        }
    }
}

fn check_rates(settings: &Settings, findings: &mut Findings) {
    let rates = &settings.exchange_rates;
    findings.fault_if(rates.len() > MOST_RATES, "exchangeRates", "has more than 300 currencies");
    for (code, rate) in rates {
        let at = format!("exchangeRates.{code}");
        findings.fault_if(!is_code(code), &at, "is no currency code such as EUR");
        findings.fault_if(*rate <= Micros::ZERO, &at, "must be more than 0");
        findings.fault_if(*rate > Micros::LARGEST, &at, "is more than 10,000,000");
        let own = *code == settings.currency && *rate != Micros(1_000_000);
        findings.fault_if(own, &at, "is the account's own currency, which is worth 1");
    }
}

fn check_schemes(schemes: &[String], findings: &mut Findings) {
    findings.fault_if(schemes.len() > MOST_SCHEMES, "appSchemes", "has more than 50 schemes");
    for (i, scheme) in schemes.iter().enumerate() {
        let at = format!("appSchemes[{i}]");
        let begins = scheme.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
        let valid = begins && scheme.len() <= 40 && scheme.chars().all(rest);
        findings.fault_if(!valid, &at, "is no scheme in lower case such as market");
        findings.fault_if(
            NEVER.contains(&scheme.as_str()),
            &at,
            "is never allowed: it can run code",
        );
    }
}

fn check_sites(sites: &[String], findings: &mut Findings) {
    findings.fault_if(sites.len() > MOST_SITES, "tag.sites", "has more than 1,000 sites");
    for (i, site) in sites.iter().enumerate() {
        let parsed = url::Url::parse(&format!("https://{site}/")).ok();
        let same = parsed.is_some_and(|url| url.host_str() == Some(site));
        let at = format!("tag.sites[{i}]");
        findings.fault_if(!same, &at, "is no host name in lower case such as shop.example.com");
    }
}

fn is_code(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}
