//! One test program for the whole product: each file tells one story through real HTTP.
mod catalog;
mod reports;
mod convert;
mod tidy;
