//! The settings of each ad platform. What they mean to the platform stands in docs/integrations.md.

use super::{Mapping, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Meta Conversions API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Meta {
    /// ID of the dataset (pixel).
    pub pixel_id: String,
    /// Access token of the dataset.
    pub access_token: Secret,
    /// Code of the *Test events* tab: everything sent while it is set is shown there.
    pub test_event_code: String,
    /// What of ours becomes what.
    pub mapping: Mapping,
}

/// Google Ads: offline and enhanced conversions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Google {
    /// The account with the conversion actions, ten digits without dashes.
    pub customer_id: String,
    /// The manager account by which the user reaches it; empty without.
    pub login_customer_id: String,
    /// Which of Google's interfaces takes new conversions.
    pub uploads: GoogleUploads,
    /// Developer token of the Google Ads API: needed for its uploads and for retractions.
    pub developer_token: Secret,
    /// OAuth client.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// Refresh token with the scopes `datamanager` and, with a developer token, `adwords`.
    pub refresh_token: Secret,
    /// What of ours becomes what: events are numbers of conversion actions.
    pub mapping: Mapping,
}

/// Google's two interfaces for offline conversions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GoogleUploads {
    /// The Data Manager API: the only one for accounts that begin after 2026-06-15.
    #[default]
    DataManager,
    /// `UploadClickConversions` of the Google Ads API: for accounts that used it before.
    GoogleAds,
}

/// TikTok Events API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Tiktok {
    /// The pixel's code.
    pub pixel_code: String,
    /// Access token of the Events API.
    pub access_token: Secret,
    /// Code of the *Test events* tab: everything sent while it is set is shown there.
    pub test_event_code: String,
    /// What of ours becomes what.
    pub mapping: Mapping,
}

/// Microsoft Advertising: offline conversions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Microsoft {
    /// The manager account (`CID` in the address bar).
    pub customer_id: String,
    /// The ad account (`AID` in the address bar).
    pub account_id: String,
    /// Developer token.
    pub developer_token: Secret,
    /// OAuth client.
    pub client_id: String,
    /// The client's secret; empty for a public client.
    pub client_secret: Secret,
    /// Refresh token with the scope `msads.manage`.
    pub refresh_token: Secret,
    /// What of ours becomes what: events are names of offline conversion goals.
    pub mapping: Mapping,
}

/// Snapchat Conversions API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Snapchat {
    /// The pixel.
    pub pixel_id: String,
    /// Token of the Conversions API.
    pub access_token: Secret,
    /// What of ours becomes what.
    pub mapping: Mapping,
}

/// Pinterest API for conversions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Pinterest {
    /// The ad account.
    pub ad_account_id: String,
    /// Conversion token.
    pub access_token: Secret,
    /// What of ours becomes what.
    pub mapping: Mapping,
}

/// Reddit Conversions API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Reddit {
    /// The pixel.
    pub pixel_id: String,
    /// Conversion access token.
    pub access_token: Secret,
    /// ID of the event testing tool: everything sent while it is set is shown there.
    pub test_id: String,
    /// What of ours becomes what.
    pub mapping: Mapping,
}
