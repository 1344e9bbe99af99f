//! Conversions: one road for postbacks, JavaScript, builder actions and uploads.
