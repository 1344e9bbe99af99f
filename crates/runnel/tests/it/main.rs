//! One test program for the whole product: each file tells one story through real HTTP.

mod api;
mod binary;
mod catalog;
mod command_line;
mod convert;
mod costs;
mod crediting;
mod deliver;
mod demo;
mod hostile;
mod integrations;
mod killed;
mod nodes;
mod office;
mod origin;
mod people;
mod receiver;
mod reports;
mod road;
mod routing;
mod secrets;
mod tidy;
mod tracking;
mod welcome;
mod world;
